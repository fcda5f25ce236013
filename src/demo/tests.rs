//! The demo's promises: it repeats, it is large enough, it is valid, and its stories can be seen.

use super::deeds::FUNNEL;
use super::stage::NEVER_UPSERTED;
use super::stories::Story;
use super::*;
use crate::domain::event::Event;
use crate::domain::limits::Limits;
use chrono::{DateTime, Datelike, Utc, Weekday};
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::hash::{Hash, Hasher};

fn until() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 7, 1).expect("a date")
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("a test instant")
}

fn for_each_write(seed: u64, until: NaiveDate, mut look: impl FnMut(Write)) {
    let done: Result<(), Infallible> =
        Demo::new(seed, until).expect("a day of our time").write_all(|batch| {
            assert!((1..=BATCH).contains(&batch.len()));
            batch.into_iter().for_each(&mut look);
            Ok(())
        });
    assert_eq!(done, Ok(()));
}

fn for_each_event(seed: u64, until: NaiveDate, mut look: impl FnMut(Event)) {
    for_each_write(seed, until, |write| {
        if let Write::Track(new) = write {
            look(new.event);
        }
    });
}

/// Who is in which group from when until when.
type Memberships = HashMap<(String, String), (DateTime<Utc>, Option<DateTime<Utc>>)>;

#[test]
fn one_seed_and_date_make_the_same_writes_and_others_do_not() {
    let fingerprint = |seed, until| {
        let mut hasher = DefaultHasher::new();
        for_each_write(seed, until, |write| format!("{write:?}").hash(&mut hasher));
        hasher.finish()
    };
    assert_eq!(fingerprint(1, until()), fingerprint(1, until()));
    let decided = |seed, until| format!("{:?}", Demo::new(seed, until).expect("a day of our time").people);
    assert_ne!(decided(1, until()), decided(2, until()));
    assert_ne!(decided(1, until()), decided(1, until().succ_opt().expect("a date")));
}

#[test]
fn every_seed_and_season_keeps_the_promised_counts() {
    for (seed, until) in
        [(1, until()), (2, until()), (99, NaiveDate::from_ymd_opt(2028, 3, 1).expect("a date"))]
    {
        let (mut events, mut groups, mut profiles) = (0_u64, HashSet::new(), HashSet::new());
        for_each_write(seed, until, |write| match write {
            Write::Track(_) => events += 1,
            Write::UpsertGroup(patch) => drop(groups.insert((patch.group_type, patch.id))),
            Write::Identify(patch) => drop(profiles.insert(patch.id)),
            _ => {}
        });
        let of_type = |wanted: &str| groups.iter().filter(|(group_type, _)| group_type == wanted).count();
        let estimate = Demo::new(seed, until).expect("a day of our time").total_events();
        assert!(events >= 300_000, "{events} events");
        assert!(events.abs_diff(estimate) * 50 < estimate, "{events} events, {estimate} announced");
        assert!(of_type("company") >= 60, "{} companies", of_type("company"));
        assert!(of_type("workspace") >= 150, "{} workspaces", of_type("workspace"));
        assert!(profiles.len() >= 900, "{} profiles", profiles.len());
    }
}

#[test]
fn events_lie_in_the_range_and_in_order_of_time_with_ids_of_their_own() {
    let (from, to) = (utc("2026-01-02T00:00:00Z"), utc("2026-07-01T00:00:00Z"));
    let (mut before, mut ids, mut days) = (from, HashSet::new(), BTreeSet::new());
    for_each_event(1, until(), |event| {
        assert!(from <= event.occurred_at && event.occurred_at < to, "{event:?}");
        assert!(before <= event.occurred_at, "{event:?} comes after one at {before}");
        assert!(event.occurred_at < event.received_at, "{event:?}");
        before = event.occurred_at;
        days.insert(event.occurred_at.date_naive());
        assert!(ids.insert(event.id));
    });
    assert_eq!(days.len(), 180);
}

#[test]
fn every_write_is_within_the_limits() {
    let limits = Limits::default();
    let check_ids = |ids: &[&str]| ids.iter().try_for_each(|id| limits.check_id("id", id));
    for_each_write(1, until(), |write| {
        let checked = match &write {
            Write::Track(new) => {
                let event = &new.event;
                let optional = [&event.profile_id, &event.device_id, &event.session_id];
                check_ids(&[&event.id])
                    .and_then(|()| optional.into_iter().flatten().try_for_each(|id| check_ids(&[id])))
                    .and_then(|()| limits.check_event_name("name", &event.name))
                    .and_then(|()| limits.check_groups("groups", event.groups.clone()).map(drop))
                    .and_then(|()| limits.check_properties("properties", &event.properties))
            }
            Write::UpsertGroup(patch) => check_ids(&[&patch.id, &patch.group_type, &patch.name])
                .and_then(|()| limits.check_properties("properties", &patch.properties)),
            Write::Identify(patch) => check_ids(&[&patch.id])
                .and_then(|()| limits.check_properties("properties", &patch.properties)),
            Write::JoinGroups { profile_id, group_ids, .. }
            | Write::LeaveGroups { profile_id, group_ids, .. } => check_ids(&[profile_id])
                .and_then(|()| limits.check_groups("groups", group_ids.clone()).map(drop)),
            Write::DeleteGroup { id } => check_ids(&[id]),
            Write::Increment { .. } => unreachable!("the demo increments nothing"),
        };
        assert_eq!(checked, Ok(()), "{write:?}");
    });
}

#[test]
fn nobody_does_anything_in_a_group_before_joining_or_after_leaving_it() {
    let (mut members, mut known, mut left) = (Memberships::new(), HashMap::new(), 0);
    let mut emails = HashSet::new();
    for_each_write(1, until(), |write| match write {
        Write::UpsertGroup(patch) => {
            let since = patch.effective_at.expect("every version has a time");
            assert!(*known.entry(patch.id).or_insert(since) <= since, "versions out of order");
        }
        Write::Identify(patch) => assert!(emails.insert(patch.email.expect("an address"))),
        Write::JoinGroups { profile_id, group_ids, joined_at } => {
            let since = joined_at.expect("every membership has a time");
            for group_id in group_ids {
                assert!(known[&group_id] <= since, "{profile_id} joins {group_id} before it exists");
                assert!(members.insert((profile_id.clone(), group_id), (since, None)).is_none());
            }
        }
        Write::LeaveGroups { profile_id, group_ids, left_at } => {
            left += 1;
            for group_id in group_ids {
                let membership = members.get_mut(&(profile_id.clone(), group_id)).expect("a member leaves");
                assert!(left_at.is_some_and(|left_at| membership.0 < left_at));
                membership.1 = left_at;
            }
        }
        Write::Track(new) => {
            let event = new.event;
            let Some(profile_id) = event.profile_id else { return };
            for group_id in event.groups.iter().filter(|id| !NEVER_UPSERTED.contains(&id.as_str())) {
                let (since, until) = members[&(profile_id.clone(), group_id.clone())];
                assert!(since <= event.occurred_at, "{profile_id} acts in {group_id} before joining");
                assert!(
                    until.is_none_or(|until| event.occurred_at < until),
                    "{profile_id} acts after leaving"
                );
            }
        }
        Write::DeleteGroup { .. } | Write::Increment { .. } => {}
    });
    assert!(left >= 20, "{left} people leave");
}

#[test]
fn the_activation_funnel_converts_and_is_walked_in_many_workspaces() {
    let window = Duration::days(7);
    // Per profile: the sign-up, where it happened, and how far the chain went.
    let mut walks: HashMap<String, (DateTime<Utc>, String, usize)> = HashMap::new();
    for_each_event(1, until(), |event| {
        let Some(profile_id) = event.profile_id else { return };
        if event.name == FUNNEL[0] {
            assert_eq!(event.groups.len(), 2, "a sign-up names a company and a workspace");
            let start = (event.occurred_at, event.groups[1].clone(), 1);
            assert!(walks.insert(profile_id, start).is_none(), "one sign-up each");
        } else if let Some((since, workspace, steps)) = walks.get_mut(&profile_id)
            && FUNNEL.get(*steps) == Some(&event.name.as_str())
            && event.occurred_at <= *since + window
            && event.groups.contains(workspace)
        {
            *steps += 1;
        }
    });
    let reached = |step: usize| walks.values().filter(|(_, _, steps)| *steps >= step).count();
    let percent = |step| reached(step) * 100 / reached(1);
    assert!(reached(1) >= 400, "{} sign-ups", reached(1));
    let rates = (percent(2), percent(3), percent(4));
    assert!(
        (52..=72).contains(&rates.0) && (29..=48).contains(&rates.1) && (14..=29).contains(&rates.2),
        "{rates:?}"
    );
    let workspaces = |step| {
        let there = walks.values().filter(|(_, _, steps)| *steps >= step);
        there.map(|(_, workspace, _)| workspace).collect::<HashSet<_>>().len()
    };
    assert!(workspaces(1) >= 100 && workspaces(4) >= 50, "{} start, {} finish", workspaces(1), workspaces(4));
    let months: HashSet<_> = walks.values().map(|(since, _, _)| since.month()).collect();
    assert_eq!(months.len(), 6);
}

#[test]
fn stories_show_in_the_events() {
    let demo = Demo::new(1, until()).expect("a day of our time");
    let midway = demo.span.midnight(120);
    let last_month = demo.span.midnight(150);
    let mut per_company: HashMap<String, [u64; 3]> = HashMap::new();
    let (mut weekend, mut workday, mut nobody, mut stray, mut revenue) = (0_u64, 0_u64, 0_u64, 0_u64, 0_i64);
    for_each_event(1, until(), |event| {
        if let Some(company) = event.groups.first() {
            let third =
                if event.occurred_at < midway { 0 } else { 1 + usize::from(event.occurred_at >= last_month) };
            per_company.entry(company.clone()).or_default()[third] += 1;
        }
        match event.occurred_at.weekday() {
            Weekday::Sat | Weekday::Sun => weekend += 1,
            _ => workday += 1,
        }
        nobody += u64::from(event.profile_id.is_none());
        stray += u64::from(event.groups.iter().any(|id| NEVER_UPSERTED.contains(&id.as_str())));
        assert_eq!(event.revenue.is_some(), event.name == "revenue");
        revenue += event.revenue.unwrap_or(0);
    });
    let counts = |company: &Company| per_company.get(&company.id).copied().unwrap_or_default();
    for company in &demo.companies {
        let [early, before, last] = counts(company);
        match company.story {
            Story::Silent => assert!(last == 0 && early > 0, "{}: {early} {before} {last}", company.id),
            Story::BrandNew => {
                assert!(early + before == 0 && last > 0, "{}: {early} {before} {last}", company.id);
            }
            Story::Slipping if company.size > 10 => {
                assert!(last * 10 < before * 7, "{}: {before} then {last}", company.id);
            }
            Story::Growing if company.size > 10 => {
                assert!(last * 4 > early * 2, "{}: {early} in four months, then {last} in one", company.id);
            }
            _ => {}
        }
    }
    assert!(weekend * 6 < workday, "{weekend} at weekends, {workday} on workdays");
    assert!(nobody > 10_000 && stray > 500 && revenue > 1_000_000, "{nobody} {stray} {revenue}");
}

#[test]
fn plans_change_while_the_data_run() {
    let mut plans: HashMap<String, Vec<String>> = HashMap::new();
    let (mut deleted, mut names) = (Vec::new(), BTreeSet::new());
    for_each_write(1, until(), |write| match write {
        Write::UpsertGroup(patch) => {
            if let Some(plan) = patch.properties.get("plan").and_then(|plan| plan.as_str()) {
                plans.entry(patch.id).or_default().push(plan.to_owned());
            }
        }
        Write::DeleteGroup { id } => deleted.push(id),
        Write::Track(new) => {
            assert!(deleted.is_empty(), "the deletion comes last");
            names.insert(new.event.name);
        }
        _ => {}
    });
    let changed = plans.values().filter(|plans| plans.windows(2).any(|pair| pair[0] != pair[1])).count();
    assert!(changed >= 10, "{changed} companies change their plan");
    assert_eq!(deleted, ["acme-robotics/sandbox"]);
    assert!(names.len() >= 20, "{names:?}");
}

#[test]
fn dates_at_the_ends_of_the_calendar_still_make_data() {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).expect("a date");
    for until in [day(1980, 1, 1), day(8999, 12, 31)] {
        let mut events = 0_u64;
        for_each_event(1, until, |_| events += 1);
        assert!(events >= 300_000, "{events} events until {until}");
    }
    for beyond in [NaiveDate::MIN, day(1979, 12, 31), day(9000, 1, 1), NaiveDate::MAX] {
        assert!(Demo::new(1, beyond).is_err_and(|invalid| invalid.field == "until"), "{beyond}");
    }
}

#[test]
fn an_error_of_the_receiver_ends_the_writing() {
    let mut batches = 0;
    let refused = Demo::new(1, until()).expect("a day of our time").write_all(|_| {
        batches += 1;
        if batches == 3 { Err("full") } else { Ok(()) }
    });
    assert_eq!((refused, batches), (Err("full"), 3));
}
