//! A day's events as the columns of a Parquet file.

use super::day::{Day, Session};
use super::population::Population;
use super::vocabulary::{BROWSERS, COUNTRIES, LOCALES, PAID, PLANS, SYSTEMS};
use arrow::array::{
    ArrayRef, Int64Builder, ListBuilder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::error::ArrowError;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// The columns: what an event is, then its properties. Nobody was logged in where `profile_id` is null.
pub(crate) fn schema() -> Arc<Schema> {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let number = |name: &str| Field::new(name, DataType::Int64, true);
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let groups = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
    Arc::new(Schema::new(vec![
        text("id"),
        text("name"),
        text("profile_id"),
        text("device_id"),
        text("session_id"),
        Field::new("groups", groups, true),
        text("path"),
        Field::new("occurred_at", time, true),
        number("revenue"),
        text("plan"),
        text("browser"),
        text("os"),
        text("country"),
        text("locale"),
        text("version"),
        text("feature"),
        text("button"),
        number("duration_ms"),
    ]))
}

/// The columns while they are filled.
#[derive(Default)]
struct Columns {
    id: StringBuilder,
    name: StringBuilder,
    profile_id: StringBuilder,
    device_id: StringBuilder,
    session_id: StringBuilder,
    groups: ListBuilder<StringBuilder>,
    path: StringBuilder,
    occurred_at: TimestampMicrosecondBuilder,
    revenue: Int64Builder,
    properties: Properties,
}

/// The columns of properties. Every event has the first three and up to three of the others.
#[derive(Default)]
struct Properties {
    plan: StringBuilder,
    browser: StringBuilder,
    os: StringBuilder,
    country: StringBuilder,
    locale: StringBuilder,
    version: StringBuilder,
    feature: StringBuilder,
    button: StringBuilder,
    duration_ms: Int64Builder,
}

/// The rows of a day.
pub(crate) fn batch(population: &Population, day: Day) -> Result<RecordBatch, ArrowError> {
    let Day { sessions, events, mut dice } = day;
    let mut columns = Columns::default();
    for event in &events {
        let session = &sessions[event.session];
        columns.id.append_value(super::dice::hex(&mut dice));
        columns.name.append_value(event.name);
        let profile = &population.profile_ids[session.profile];
        columns.profile_id.append_option((!session.is_anonymous).then_some(profile));
        columns.device_id.append_value(&population.device_ids[session.device]);
        columns.session_id.append_value(&session.id);
        columns.groups(population, session);
        columns.path.append_value(&population.paths[population.path_weights.pick(&mut dice)]);
        columns.occurred_at.append_value(event.at_ms * 1_000);
        let is_paid = PAID.contains(&event.name);
        columns.revenue.append_option(is_paid.then(|| dice.random_range(900..90_000)));
        columns.properties.draw(session.traits, &mut dice);
    }
    columns.finish()
}

impl Columns {
    fn groups(&mut self, population: &Population, session: &Session) {
        let groups = self.groups.values();
        groups.append_value(&population.company_ids[session.company]);
        if let Some(workspace) = session.workspace {
            groups.append_value(&population.workspace_ids[workspace]);
        }
        if let Some(team) = session.team {
            groups.append_value(&population.team_ids[team]);
        }
        self.groups.append(true);
    }

    fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let Properties {
            mut plan,
            mut browser,
            mut os,
            mut country,
            mut locale,
            mut version,
            mut feature,
            mut button,
            mut duration_ms,
        } = self.properties;
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(self.id.finish()),
            Arc::new(self.name.finish()),
            Arc::new(self.profile_id.finish()),
            Arc::new(self.device_id.finish()),
            Arc::new(self.session_id.finish()),
            Arc::new(self.groups.finish()),
            Arc::new(self.path.finish()),
            Arc::new(self.occurred_at.finish().with_timezone("UTC")),
            Arc::new(self.revenue.finish()),
            Arc::new(plan.finish()),
            Arc::new(browser.finish()),
            Arc::new(os.finish()),
            Arc::new(country.finish()),
            Arc::new(locale.finish()),
            Arc::new(version.finish()),
            Arc::new(feature.finish()),
            Arc::new(button.finish()),
            Arc::new(duration_ms.finish()),
        ];
        RecordBatch::try_new(schema(), arrays)
    }
}

impl Properties {
    fn draw(&mut self, traits: u64, dice: &mut ChaCha8Rng) {
        let of_session =
            |values: &[&'static str], shift: u32| values[(traits >> shift) as usize % values.len()];
        self.plan.append_value(of_session(&PLANS, 0));
        self.browser.append_value(of_session(&BROWSERS, 16));
        self.os.append_value(of_session(&SYSTEMS, 32));
        // Up to three of the other six, next to each other in a circle.
        let (count, start) = (dice.random_range(0..4), dice.random_range(0..6));
        let has = |place: usize| (place + 6 - start) % 6 < count;
        self.country.append_option(has(0).then(|| COUNTRIES[dice.random_range(0..10)]));
        self.locale.append_option(has(1).then(|| LOCALES[dice.random_range(0..5)]));
        let version = has(2).then(|| format!("2.{}.{}", dice.random_range(0..8), dice.random_range(0..5)));
        self.version.append_option(version);
        self.feature.append_option(has(3).then(|| format!("feature_{}", dice.random_range(0..50))));
        self.button.append_option(has(4).then(|| format!("btn_{}", dice.random_range(0..100))));
        self.duration_ms.append_option(has(5).then(|| 37 * dice.random_range(0..400_i64)));
    }
}
