fn main(){}
mod graphql_groups;
mod graphql_people;
