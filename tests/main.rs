fn main(){}
mod graphql_groups;
