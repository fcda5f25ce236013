//! Which column of a file means what: the arguments of an event import.

use super::values::Typing;
use crate::domain::Invalid;
use std::collections::{HashMap, HashSet};
use std::str::FromStr;

/// The columns of an event import. Columns that no flag names become event properties.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct EventMapping {
    /// Column of the event's name
    #[arg(long, value_name = "COL")]
    pub name: String,
    /// Column of the profile's id; an empty cell is an anonymous event
    #[arg(long, value_name = "COL", required_unless_present = "device")]
    pub profile: Option<String>,
    /// Column of the event's own time: RFC 3339, a date, or a number since 1970
    #[arg(long, value_name = "COL")]
    pub time: String,
    /// Column of the event's id; without it an event is known by its whole row
    #[arg(long, value_name = "COL")]
    pub id: Option<String>,
    /// Column of the session's id
    #[arg(long, value_name = "COL")]
    pub session: Option<String>,
    /// Column of the device's id
    #[arg(long, value_name = "COL")]
    pub device: Option<String>,
    /// Column of the page's or screen's path
    #[arg(long, value_name = "COL")]
    pub path: Option<String>,
    /// Column of the revenue in whole minor units (cents)
    #[arg(long, value_name = "COL")]
    pub revenue: Option<String>,
    /// Column that names a group of a type: the group TYPE:VALUE is created and put on the event
    #[arg(long = "group", value_name = "TYPE=COL")]
    pub group: Vec<GroupColumn>,
    /// Column that lists ids of groups (a JSON list or comma-separated); none is created
    #[arg(long, value_name = "COL")]
    pub groups: Option<String>,
    /// Column that is a property of the row's group of a type, from the row's time on
    #[arg(long = "group-property", value_name = "TYPE.KEY=COL")]
    pub group_property: Vec<GroupProperty>,
    /// Property column whose every cell is a number
    #[arg(long, value_name = "COL")]
    pub number: Vec<String>,
    /// Property column whose every cell is text, digits too
    #[arg(long, value_name = "COL")]
    pub text: Vec<String>,
}

/// `TYPE=COL`: the cells of a column name groups of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupColumn {
    /// The groups' type.
    pub group_type: String,
    /// The column whose cell is the group's name and, after `TYPE:`, its id.
    pub column: String,
}

impl FromStr for GroupColumn {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts = text.split_once('=').filter(|(kind, column)| !kind.is_empty() && !column.is_empty());
        let (group_type, column) = parts.ok_or_else(|| {
            Invalid::new("--group", format!("is \"{text}\"; write TYPE=COL, e.g. company=customer"))
        })?;
        if group_type.contains([':', '.']) {
            let reason = format!("has the type \"{group_type}\"; a type here has no \":\" and no \".\"");
            return Err(Invalid::new("--group", reason));
        }
        Ok(Self { group_type: group_type.to_owned(), column: column.to_owned() })
    }
}

/// `TYPE.KEY=COL`: the cells of a column are a property of the row's group of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupProperty {
    /// The group's type.
    pub group_type: String,
    /// The property's key.
    pub key: String,
    /// The column of its values.
    pub column: String,
}

impl FromStr for GroupProperty {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let parts = text.split_once('=').and_then(|(property, column)| {
            let (group_type, key) = property.split_once('.')?;
            let is_whole = !group_type.is_empty() && !key.is_empty() && !column.is_empty();
            is_whole.then(|| (group_type.to_owned(), key.to_owned(), column.to_owned()))
        });
        let (group_type, key, column) = parts.ok_or_else(|| {
            let reason = format!("is \"{text}\"; write TYPE.KEY=COL, e.g. company.plan=customer_plan");
            Invalid::new("--group-property", reason)
        })?;
        Ok(Self { group_type, key, column })
    }
}

impl EventMapping {
    /// Every named column with the flag that names it.
    pub(super) fn wanted(&self) -> Vec<(String, &str)> {
        let one = [("--name", &self.name), ("--time", &self.time)];
        let optional = [
            ("--profile", &self.profile),
            ("--id", &self.id),
            ("--session", &self.session),
            ("--device", &self.device),
            ("--path", &self.path),
            ("--revenue", &self.revenue),
            ("--groups", &self.groups),
        ];
        let optional = optional.iter().filter_map(|(flag, column)| Some((*flag, column.as_ref()?)));
        let groups = self.group.iter().map(|group| ("--group", &group.column));
        let properties = self.group_property.iter().map(|property| ("--group-property", &property.column));
        let typed = self.number.iter().map(|column| ("--number", column));
        let typed = typed.chain(self.text.iter().map(|column| ("--text", column)));
        let all = one.into_iter().chain(optional).chain(groups).chain(properties).chain(typed);
        all.map(|(flag, column)| (flag.to_owned(), column.as_str())).collect()
    }

    /// The columns that are something else than an event property.
    pub(super) fn taken(&self) -> HashSet<&str> {
        let typed_only = ["--number", "--text"];
        let all = self.wanted().into_iter().filter(|(flag, _)| !typed_only.contains(&flag.as_str()));
        all.map(|(_, column)| column).collect()
    }

    /// Whether the flags agree with each other, whatever the file.
    pub(super) fn check(&self) -> Result<(), Invalid> {
        let mut keys = HashSet::new();
        for GroupProperty { group_type, key, .. } in &self.group_property {
            let columns = self.group.iter().filter(|group| group.group_type == *group_type).count();
            let field = format!("--group-property {group_type}.{key}");
            if columns == 0 {
                return Err(Invalid::new(field, format!("has no group; add --group {group_type}=COL")));
            }
            if columns > 1 {
                let reason =
                    format!("may mean several groups of a row; give one --group {group_type}=COL only");
                return Err(Invalid::new(field, reason));
            }
            if !keys.insert((group_type, key)) {
                return Err(Invalid::new(field, "is given twice; leave one out"));
            }
        }
        if let Some(both) = self.number.iter().find(|column| self.text.contains(column)) {
            return Err(Invalid::new(format!("--number {both}"), "is also given as --text; choose one"));
        }
        Ok(())
    }
}

/// How each property column is typed.
#[derive(Debug)]
pub(super) struct Typings {
    by_column: HashMap<String, Typing>,
    others: Typing,
}

impl Typings {
    /// The flags' columns as they say; the others are told from their digits if the file has no types.
    pub(super) fn new(number: &[String], text: &[String], is_untyped: bool) -> Self {
        let number = number.iter().map(|column| (column.clone(), Typing::Number));
        let text = text.iter().map(|column| (column.clone(), Typing::Text));
        let others = if is_untyped { Typing::Told } else { Typing::Kept };
        Self { by_column: number.chain(text).collect(), others }
    }

    /// How the column is typed.
    pub(super) fn of(&self, column: &str) -> Typing {
        if self.by_column.is_empty() {
            return self.others;
        }
        self.by_column.get(column).copied().unwrap_or(self.others)
    }
}

/// The arguments of a group import. Columns that no flag names become the group's properties.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct GroupMapping {
    /// Column of the group's id
    #[arg(long, value_name = "COL")]
    pub id: String,
    /// Column of the group's type
    #[arg(
        long = "type",
        value_name = "COL",
        required_unless_present = "group_type",
        conflicts_with = "group_type"
    )]
    pub type_column: Option<String>,
    /// The type of all groups of the file
    #[arg(long, value_name = "TYPE")]
    pub group_type: Option<String>,
    /// Column of the group's name; where it is empty, or without it, the name is the id
    #[arg(long, value_name = "COL")]
    pub name: Option<String>,
    /// Property column whose every cell is a number
    #[arg(long, value_name = "COL")]
    pub number: Vec<String>,
    /// Property column whose every cell is text, digits too
    #[arg(long, value_name = "COL")]
    pub text: Vec<String>,
}

/// The arguments of a profile import. Columns that no flag names become the profile's properties.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ProfileMapping {
    /// Column of the profile's id
    #[arg(long, value_name = "COL")]
    pub id: String,
    /// Column of the given name
    #[arg(long, value_name = "COL")]
    pub first_name: Option<String>,
    /// Column of the family name
    #[arg(long, value_name = "COL")]
    pub last_name: Option<String>,
    /// Column of the e-mail address
    #[arg(long, value_name = "COL")]
    pub email: Option<String>,
    /// Column of the URL of a picture
    #[arg(long, value_name = "COL")]
    pub avatar: Option<String>,
    /// Property column whose every cell is a number
    #[arg(long, value_name = "COL")]
    pub number: Vec<String>,
    /// Property column whose every cell is text, digits too
    #[arg(long, value_name = "COL")]
    pub text: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::super::rows::Source;
    use super::*;
    use clap::Parser;

    /// A command of the program.
    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        mapping: EventMapping,
    }

    fn parse(arguments: &str) -> Result<EventMapping, String> {
        let arguments =
            ["import", "f.csv", "--name", "n", "--time", "t"].into_iter().chain(arguments.split(' '));
        Command::try_parse_from(arguments).map(|command| command.mapping).map_err(|error| error.to_string())
    }

    #[test]
    fn groups_and_their_properties_are_read_from_the_command_line() {
        let mapping =
            parse("--profile p --group company=a=b --group team=t --group-property team.size.max=s")
                .expect("all right");
        let company = GroupColumn { group_type: "company".to_owned(), column: "a=b".to_owned() };
        assert_eq!(mapping.group[0], company);
        let size = &mapping.group_property[0];
        assert_eq!((size.key.as_str(), size.column.as_str()), ("size.max", "s"));
        assert_eq!(mapping.check(), Ok(()));
    }

    #[test]
    fn arguments_that_make_no_sense_are_refused() {
        assert!(parse("--group company").is_err_and(|error| error.contains("TYPE=COL")));
        assert!(parse("--group a:b=c").is_err());
        assert!(parse("--group-property plan=c").is_err_and(|error| error.contains("TYPE.KEY=COL")));
        assert!(parse("--session s").is_err_and(|error| error.contains("--profile")));
        assert!(parse("--device d").is_ok());
        let check =
            |arguments| parse(arguments).expect("parsed").check().map_err(|invalid| invalid.to_string());
        assert!(
            check("--profile p --group-property a.k=c").is_err_and(|error| error.contains("--group a=COL"))
        );
        assert!(check("--profile p --group a=x --group a=y --group-property a.k=c").is_err());
        assert!(check("--profile p --group a=x --group-property a.k=c --group-property a.k=d").is_err());
        assert!(check("--profile p --number c --text c").is_err());
        assert!(check("--profile p --group a=x --group a=y").is_ok());
    }

    #[test]
    fn the_help_of_a_command_is_its_own() {
        use clap::CommandFactory;
        let about = Command::command().get_about().map(ToString::to_string);
        assert_eq!(about.as_deref(), Some("A command of the program"));
    }
}
