//! A cohort's rule as it is typed, checked.

use crate::analytics::filter::{FilterInput, RangeInput, parse_own_filter};
use crate::analytics::operators::CohortPropertyInput;
use crate::analytics::scalars::Duration;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use crate::domain::time::Range;
use crate::engine::cohort::{Deed, During, Rule};
use crate::engine::filter::{Field, Subject, Test};
use crate::engine::scope::Condition;
use async_graphql::{ID, InputObject, OneofObject};

/// Something the profile or group did, so many times.
#[derive(Debug, Clone, InputObject)]
pub struct CohortDeedInput {
    /// Name of the event; any event unless given.
    pub event: Option<String>,
    /// What else must hold of the event. It cannot name a cohort.
    pub filter: Option<FilterInput>,
    /// At least so many times.
    pub at_least: Option<i32>,
    /// At most so many times; none at all counts too.
    pub at_most: Option<i32>,
    /// In the last days or hours before the end of the asking analysis's range. Over all time before it without this
    /// and `range`.
    pub last: Option<Duration>,
    /// In this range.
    pub range: Option<RangeInput>,
}

/// Who is in a cohort. Exactly one field is given.
#[derive(Debug, Clone, OneofObject)]
pub enum CohortRuleInput {
    /// All of these hold.
    And(Vec<CohortRuleInput>),
    /// At least one of these holds.
    Or(Vec<CohortRuleInput>),
    /// This does not hold.
    Not(Box<CohortRuleInput>),
    /// A test on the profile or group itself.
    Property(CohortPropertyInput),
    /// What the profile or group did.
    Deed(CohortDeedInput),
    /// A static list: exactly these ids.
    Ids(Vec<ID>),
}

/// Checks a rule of a cohort of profiles or groups; complaints name the argument `rule`.
pub(super) fn parse_rule(input: &CohortRuleInput, of: &Subject, limits: &Limits) -> Result<Rule, Invalid> {
    let rules = count(input);
    if rules > limits.cohort_rules {
        let reason =
            format!("has {rules} tests, deeds and lists; {} at most are allowed", limits.cohort_rules);
        return Err(Invalid::new("rule", reason));
    }
    parse_part("rule", input, of, limits)
}

/// How many tests, deeds and lists there are. An empty `and` or `or` counts, too.
fn count(input: &CohortRuleInput) -> usize {
    match input {
        CohortRuleInput::And(inputs) | CohortRuleInput::Or(inputs) => {
            inputs.iter().map(count).sum::<usize>().max(1)
        }
        CohortRuleInput::Not(input) => count(input),
        CohortRuleInput::Property(_) | CohortRuleInput::Deed(_) | CohortRuleInput::Ids(_) => 1,
    }
}

fn parse_part(place: &str, input: &CohortRuleInput, of: &Subject, limits: &Limits) -> Result<Rule, Invalid> {
    let parts = |word: &str, inputs: &[CohortRuleInput]| {
        let each = inputs.iter().enumerate();
        each.map(|(i, input)| parse_part(&format!("{place}.{word}[{i}]"), input, of, limits))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match input {
        CohortRuleInput::And(inputs) => Rule::And(parts("and", inputs)?),
        CohortRuleInput::Or(inputs) => Rule::Or(parts("or", inputs)?),
        CohortRuleInput::Not(input) => {
            Rule::Not(Box::new(parse_part(&format!("{place}.not"), input, of, limits)?))
        }
        CohortRuleInput::Property(input) => {
            Rule::Property(parse_property(&format!("{place}.property"), input, of)?)
        }
        CohortRuleInput::Deed(input) => Rule::Deed(parse_deed(&format!("{place}.deed"), input, limits)?),
        CohortRuleInput::Ids(ids) => {
            let place = format!("{place}.ids");
            if ids.len() > limits.cohort_ids {
                let reason = format!("lists {} ids; {} at most are allowed", ids.len(), limits.cohort_ids);
                return Err(Invalid::new(place, reason));
            }
            for (i, id) in ids.iter().enumerate() {
                limits.check_id(&format!("{place}[{i}]"), id)?;
            }
            Rule::Ids(ids.iter().map(|id| id.0.clone()).collect())
        }
    })
}

fn parse_property(place: &str, input: &CohortPropertyInput, of: &Subject) -> Result<Test, Invalid> {
    let wrong = |field: &str, other: &str| {
        let reason = format!("is no field of a cohort of {other}; leave it out or change input.unit");
        Err(Invalid::new(format!("{place}.{field}"), reason))
    };
    let (field, name) = if *of == Subject::Profile {
        if input.group_field.is_some() {
            return wrong("groupField", "profiles");
        }
        (input.profile_field.map(Field::from), "profileField")
    } else {
        if input.profile_field.is_some() {
            return wrong("profileField", "groups");
        }
        (input.group_field.map(Field::from), "groupField")
    };
    Ok(Test { of: of.clone(), key: input.key(place, field, name)?, operator: input.operator(place)? })
}

fn parse_deed(place: &str, input: &CohortDeedInput, limits: &Limits) -> Result<Deed, Invalid> {
    let times = |field: &str, given: Option<i32>| {
        let times = given.map(u32::try_from).transpose();
        times.map_err(|_| Invalid::new(format!("{place}.{field}"), "is negative; count from 0"))
    };
    let (at_least, at_most) = (times("atLeast", input.at_least)?, times("atMost", input.at_most)?);
    if at_least.is_none() && at_most.is_none() {
        return Err(Invalid::new(place, "needs atLeast or atMost: how many times"));
    }
    if at_most.is_some_and(|most| most < at_least.unwrap_or(0)) {
        return Err(Invalid::new(format!("{place}.atMost"), "is less than atLeast; nobody can be in it"));
    }
    if let Some(event) = &input.event {
        limits.check_event_name(&format!("{place}.event"), event)?;
    }
    let during = match (input.range, &input.last) {
        (Some(_), Some(_)) => {
            let reason = "is given together with range; give one of the two, or none";
            return Err(Invalid::new(format!("{place}.last"), reason));
        }
        (Some(range), None) => {
            During::Range(Range::new(range.from.0, range.to.0).map_err(|invalid| invalid.within(place))?)
        }
        (None, Some(last)) => During::Last(last.parse_as(&format!("{place}.last"))?),
        (None, None) => During::Ever,
    };
    let filter = parse_own_filter(&format!("{place}.filter"), input.filter.as_ref())?;
    let condition = Condition { event: input.event.clone(), filter };
    Ok(Deed { condition, at_least: at_least.unwrap_or(0), at_most, during })
}
