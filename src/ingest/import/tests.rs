//! Whole imports of small files, against a sink that remembers like a store.

use super::*;
use crate::domain::event::{Event, SessionRule};
use crate::domain::identity::{Group, GroupPatch, Profile, ProfilePatch, Upserted};
use arrow::array::{ArrayRef, RecordBatch};
use serde_json::json;
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;

/// What was sent, and what a store would have answered.
#[derive(Default)]
struct Memory {
    ids: HashSet<String>,
    events: Vec<Event>,
    groups: Vec<GroupPatch>,
    profiles: Vec<ProfilePatch>,
    batches: Vec<usize>,
}

impl Memory {
    fn write(&mut self, writes: Vec<Write>) -> Vec<Written> {
        self.batches.push(writes.len());
        writes.into_iter().map(|write| self.write_one(write)).collect()
    }

    fn write_one(&mut self, write: Write) -> Written {
        match write {
            Write::Track(new) => {
                assert!(!new.attach_memberships && new.session == SessionRule::AsGiven);
                let is_new = self.ids.insert(new.event.id.clone());
                let outcome = if is_new { Outcome::Accepted } else { Outcome::Duplicate };
                if is_new {
                    self.events.push(new.event.clone());
                }
                Written::Event { outcome, event: Arc::new(new.event) }
            }
            Write::UpsertGroup(patch) if patch.name == "refused" => {
                Written::Refused { missing: false, invalid: Invalid::new("group", "is refused") }
            }
            Write::UpsertGroup(patch) => {
                self.groups.push(patch.clone());
                let GroupPatch { id, group_type, name, properties, .. } = patch;
                let (created_at, updated_at) = (now(), now());
                let group = Group { id, group_type, name, properties, created_at, updated_at };
                Written::Group { upserted: Upserted::Created, group }
            }
            Write::Identify(patch) => {
                self.profiles.push(patch);
                Written::Profile(Profile::default())
            }
            other => panic!("an import sent {other:?}"),
        }
    }

    fn import(&mut self, source: &Source, mapping: &EventMapping) -> Result<Report, ImportError<Infallible>> {
        let limits = Limits::default();
        import_events(source, mapping, now(), &limits, &mut |_, _| {}, &mut |writes| sent(self.write(writes)))
    }
}

/// A sink that never fails.
#[expect(clippy::unnecessary_wraps, reason = "what a sink returns")]
fn sent(written: Vec<Written>) -> Result<Vec<Written>, Infallible> {
    Ok(written)
}

fn now() -> DateTime<Utc> {
    "2026-06-01T00:00:00Z".parse().expect("an instant")
}

fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, Source) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a file");
    (folder, Source::new(path))
}

fn mapping(groups: &[&str]) -> EventMapping {
    EventMapping {
        name: "name".to_owned(),
        profile: Some("who".to_owned()),
        time: "time".to_owned(),
        group: groups.iter().map(|group| group.parse().expect("TYPE=COL")).collect(),
        ..EventMapping::default()
    }
}

const CSV: &str = "name,who,time,company,plan,seats,zip\n\
    open,u1,2026-01-02,Acme,pro,3,01234\n\
    open,u1,2026-01-02,Acme,pro,3,01234\n\
    close,,2026-01-01T00:00:00Z,Acme,free,3,\n\
    ,u1,2026-01-01,Acme,free,3,\n\
    open,u1,soon,Acme,free,3,\n\
    open,u1,2026-01-03,Acme,free\n\
    open,u2,2026-01-03 12:00:00+02:00,Beta,,,true\n";

#[test]
fn a_csv_file_becomes_events_and_groups_with_their_history() {
    let (_folder, source) = file("events.csv", CSV);
    let mut memory = Memory::default();
    let mut mapping = mapping(&["company=company"]);
    mapping.group_property = vec!["company.plan=plan".parse().expect("TYPE.KEY=COL")];
    let report = memory.import(&source, &mapping).expect("an import");
    assert_eq!((report.rows, report.accepted, report.duplicates, report.bad, report.groups), (7, 4, 0, 3, 2));
    let lines: Vec<u64> = report.reasons.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [5, 6, 7]);
    assert!(report.reasons[0].reason.starts_with("name: is empty"));
    assert!(report.reasons[1].reason.starts_with("time: \"soon\" is no time"));
    assert!(report.reasons[2].reason.contains("5 fields where the header has 7"));

    let [first, repeat, anonymous, beta] = memory.events.as_slice() else { panic!("four events") };
    assert_eq!(json!(first.properties), json!({"seats": 3, "zip": "01234"}));
    assert_eq!(
        (first.groups.as_slice(), first.profile_id.as_deref()),
        (&["company:Acme".to_owned()][..], Some("u1"))
    );
    assert_eq!(first.received_at, now());
    let repeated = Event { id: first.id.clone(), ..repeat.clone() };
    assert!(repeated == *first && repeat.id != first.id);
    assert_eq!(anonymous.profile_id, None);
    assert_eq!(json!(beta.properties), json!({"zip": true}));
    assert_eq!(beta.occurred_at.to_rfc3339(), "2026-01-03T10:00:00+00:00");

    let groups: Vec<_> = memory
        .groups
        .iter()
        .map(|group| {
            assert_eq!(group.id, format!("company:{}", group.name));
            let day = group.effective_at.expect("an instant").date_naive().to_string();
            (group.name.as_str(), day, json!(group.properties))
        })
        .collect();
    let expected = [
        ("Acme", "2026-01-01".to_owned(), json!({"plan": "free"})),
        ("Acme", "2026-01-02".to_owned(), json!({"plan": "pro"})),
        ("Beta", "2026-01-03".to_owned(), json!({})),
    ];
    assert_eq!(groups, expected);
}

#[test]
fn an_import_that_is_repeated_stores_nothing_twice() {
    let (_folder, source) = file("events.csv", CSV);
    let mut memory = Memory::default();
    let first = memory.import(&source, &mapping(&[])).expect("an import");
    let again = memory.import(&source, &mapping(&["company=company"])).expect("an import");
    assert_eq!((first.accepted, first.duplicates), (4, 0));
    assert_eq!((again.accepted, again.duplicates, again.bad), (0, 4, 3));
    // The file has grown by an exact repeat.
    let grown = format!("{CSV}open,u1,2026-01-02,Acme,pro,3,01234\n");
    let (_folder, source) = file("events.csv", grown);
    let grown = memory.import(&source, &mapping(&[])).expect("an import");
    assert_eq!((grown.accepted, grown.duplicates), (1, 4));
}

#[test]
fn a_missing_column_fails_before_anything_is_sent() {
    let json = "{\"name\": \"open\", \"who\": \"u1\"}\n{\"when\": 1}\n";
    for (name, content) in [("a.csv", "name,who,when\nopen,u1,1\n"), ("a.ndjson", json)] {
        let (_folder, source) = file(name, content);
        let mut memory = Memory::default();
        let error = memory.import(&source, &mapping(&[])).expect_err("no column time");
        let ImportError::Invalid(invalid) = error else { panic!("another error: {error}") };
        assert_eq!(invalid.field, "--time");
        assert!(invalid.reason.ends_with("it has: name, who, when"), "{}", invalid.reason);
        assert!(memory.batches.is_empty());
    }
    let (_folder, source) = file("a.csv", "name,who,name\n");
    let error = Memory::default().import(&source, &mapping(&[])).expect_err("two columns of one name");
    assert!(error.to_string().contains("two columns \"name\""));
    let (_folder, source) = file("a.txt", "");
    let error = Memory::default().import(&source, &mapping(&[])).expect_err("no format");
    assert!(error.to_string().contains("--format csv, tsv, ndjson or parquet"));
}

#[test]
fn json_keeps_its_types_and_lists_of_groups() {
    let content = r#"{"name":"open","who":7,"time":1767225600000,"id":"e1","ids":["g1","company:A","g1"],"co":"A","n":1.50,"o":{"a":[null]},"z":"007","gone":null}
        {"name":"open","who":"u","time":"2026-01-01","id":"e1","rev":1999}
        {"name":"open","who":"u","time":"2026-01-01","rev":1999.5,"id":"e2"}
        {"name":"open","who":"u","time":"2026-01-01"}
        {"name":"open","who":{"id":1},"time":"2026-01-01","id":"e3"}"#;
    let (_folder, source) = file("events.jsonl", content);
    let mut mapping = mapping(&["company=co"]);
    (mapping.id, mapping.groups) = (Some("id".to_owned()), Some("ids".to_owned()));
    mapping.revenue = Some("rev".to_owned());
    let mut memory = Memory::default();
    let report = memory.import(&source, &mapping).expect("an import");
    assert_eq!((report.rows, report.accepted, report.duplicates, report.bad), (5, 1, 1, 3));
    assert_eq!(report.reasons.iter().map(|bad| bad.line).collect::<Vec<_>>(), [3, 4, 5]);
    let event = &memory.events[0];
    assert_eq!((event.id.as_str(), event.profile_id.as_deref()), ("e1", Some("7")));
    assert_eq!(event.groups, ["company:A", "g1"]);
    assert_eq!(json!(event.properties), json!({"n": 1.5, "o": {"a": [null]}, "z": "007"}));
    assert_eq!(event.occurred_at.to_rfc3339(), "2026-01-01T00:00:00+00:00");
    // Groups of a list are not created.
    assert_eq!(memory.groups.iter().map(|group| group.id.as_str()).collect::<Vec<_>>(), ["company:A"]);
}

#[test]
fn limits_make_bad_rows_and_a_bad_row_creates_no_group() {
    let long = "x".repeat(81);
    let content = format!(
        "name\twho\ttime\tco\n{long}\tu\t2026-01-01\tA\nopen\tu\t2026-06-03\tB\nopen\tu\t2026-01-01\tC\n"
    );
    let (_folder, source) = file("events.tsv", content);
    let mut memory = Memory::default();
    let report = memory.import(&source, &mapping(&["company=co"])).expect("an import");
    assert_eq!((report.accepted, report.bad, report.groups), (1, 2, 1));
    assert!(report.reasons[0].reason.contains("81 characters"));
    assert!(report.reasons[1].reason.contains("24 hours ahead"));
    assert_eq!(memory.groups[0].id, "company:C");
}

#[test]
fn batches_are_small_and_only_ten_reasons_are_kept() {
    let mut content = "name,who,time,co\n".to_owned();
    for n in 0..12_000 {
        content.extend(["open,u", &n.to_string(), ",2026-01-01,refused\n"]);
    }
    content += &"bad,line\n".repeat(20);
    let (_folder, source) = file("events.csv", &content);
    let mut memory = Memory::default();
    let mut told = Vec::new();
    let limits = Limits::default();
    let report = import_events(
        &source,
        &mapping(&["company=co"]),
        now(),
        &limits,
        &mut |done, total| told.push((done, total)),
        &mut |writes| sent(memory.write(writes)),
    );
    let report = report.expect("an import");
    assert_eq!(memory.batches, [5_000, 5_000, 2_001]);
    assert_eq!((report.rows, report.accepted, report.bad, report.refused_groups), (12_020, 12_000, 20, 1));
    assert_eq!(report.reasons.len(), 10);
    assert_eq!((report.reasons[0].line, report.reasons[9].line), (12_002, 12_011));
    assert!(told.is_sorted() && told.len() > 10);
    assert_eq!(told.last(), Some(&(content.len() as u64, content.len() as u64)));
}

#[test]
fn a_failed_batch_ends_the_import() {
    let (_folder, source) = file("events.csv", CSV);
    let limits = Limits::default();
    let failed = import_events(&source, &mapping(&[]), now(), &limits, &mut |_, _| {}, &mut |_| Err("full"));
    assert!(matches!(failed, Err(ImportError::Send("full"))));
    let missing = Source::new("/nowhere/events.csv");
    let failed = Memory::default().import(&missing, &mapping(&[]));
    assert!(matches!(failed, Err(ImportError::File { .. })));
}

#[test]
fn parquet_keeps_its_types_in_every_compression() {
    use ::parquet::basic::{Compression, GzipLevel, ZstdLevel};
    use arrow::array::{self, types::Int32Type};
    let nanos = 1_767_225_600_123_456_789;
    let names: ArrayRef = Arc::new(array::DictionaryArray::<Int32Type>::from_iter(["open", "close", "open"]));
    let who: ArrayRef = Arc::new(array::Float64Array::from(vec![Some(7.0), None, Some(8.0)]));
    let time = array::TimestampNanosecondArray::from(vec![Some(nanos), Some(nanos), None]);
    let lists = vec![Some(vec![Some(1), None]), None, Some(vec![])];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("name", names),
        ("who", who),
        ("time", Arc::new(time.with_timezone("Europe/Berlin"))),
        ("list", Arc::new(array::ListArray::from_iter_primitive::<Int32Type, _, _>(lists))),
        ("day", Arc::new(array::Date32Array::from(vec![-1, 20_454, 0]))),
        ("at", Arc::new(array::TimestampMillisecondArray::from(vec![-1, 0, 0]))),
        (
            "price",
            Arc::new(
                array::Decimal128Array::from(vec![1999, -5, 0]).with_precision_and_scale(9, 2).expect("fits"),
            ),
        ),
        ("narrow", Arc::new(array::Float32Array::from(vec![0.1, f32::NAN, 2.0]))),
        ("raw", Arc::new(array::BinaryArray::from(vec![&b"text"[..], &b"\xFF\x00"[..], &b""[..]]))),
        ("zip", Arc::new(array::StringArray::from(vec!["007", "1", ""]))),
        ("yes", Arc::new(array::BooleanArray::from(vec![true, false, true]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut memory = Memory::default();
    for (round, compression) in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
    ]
    .into_iter()
    .enumerate()
    {
        let properties =
            ::parquet::file::properties::WriterProperties::builder().set_compression(compression).build();
        let mut bytes = Vec::new();
        let mut writer = ::parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties))
            .expect("a writer");
        writer.write(&batch).expect("memory");
        writer.close().expect("memory");
        let (_folder, source) = file("events.parquet", &bytes);
        let report = memory.import(&source, &mapping(&[])).expect("an import");
        let new = if round == 0 { 2 } else { 0 };
        assert_eq!((report.rows, report.accepted, report.duplicates, report.bad), (3, new, 2 - new, 1));
        assert_eq!(report.reasons[0].line, 3);
    }
    let [first, second] = memory.events.as_slice() else { panic!("two events") };
    assert_eq!((first.name.as_str(), first.profile_id.as_deref()), ("open", Some("7")));
    assert_eq!(format!("{:?}", first.occurred_at), "2026-01-01T00:00:00.123456Z");
    let expected = json!({
        "list": [1, null], "day": "1969-12-31", "at": "1969-12-31T23:59:59.999", "price": 19.99, "narrow": 0.1,
        "raw": "text", "zip": "007", "yes": true
    });
    assert_eq!(json!(first.properties), expected);
    assert_eq!(second.profile_id, None);
    let expected = json!({
        "day": "2026-01-01", "at": "1970-01-01T00:00:00", "price": -0.05, "raw": "ff00", "zip": "1", "yes": false
    });
    assert_eq!(json!(second.properties), expected);
}

#[test]
fn groups_are_imported_row_by_row() {
    let (_folder, source) =
        file("groups.csv", "id,kind,title,seats,plan\na,company,Acme,5,\nb,,Beta,6,pro\nc,team,,7.10,x\n");
    let mut memory = Memory::default();
    let (limits, text) = (Limits::default(), |text: &str| Some(text.to_owned()));
    let mut mapping = GroupMapping {
        id: "id".to_owned(),
        name: text("title"),
        type_column: text("kind"),
        ..GroupMapping::default()
    };
    mapping.number = vec!["seats".to_owned()];
    let mut run = |mapping: &GroupMapping| {
        import_groups(&source, mapping, &limits, &mut |_, _| {}, &mut |writes| sent(memory.write(writes)))
    };
    let report = run(&mapping).expect("an import");
    assert_eq!((report.rows, report.accepted, report.bad, report.groups), (3, 2, 1, 2));
    assert_eq!(report.reasons[0].line, 3);
    mapping.type_column = None;
    assert!(matches!(run(&mapping), Err(ImportError::Invalid(Invalid { field, .. })) if field == "--type"));
    mapping.group_type = text("workspace");
    assert_eq!(run(&mapping).expect("an import").accepted, 3);
    let first = &memory.groups[0];
    assert_eq!((first.id.as_str(), first.group_type.as_str(), first.name.as_str()), ("a", "company", "Acme"));
    assert_eq!((json!(first.properties), first.effective_at), (json!({"seats": 5}), None));
    let unnamed = &memory.groups[1];
    assert_eq!((unnamed.name.as_str(), json!(unnamed.properties)), ("c", json!({"seats": 7.1, "plan": "x"})));
    let constant = &memory.groups[2];
    assert_eq!(
        (constant.group_type.as_str(), json!(constant.properties)),
        ("workspace", json!({"seats": 5, "kind": "company"}))
    );
}

#[test]
fn profiles_are_imported_row_by_row() {
    let content =
        "{\"id\": 1, \"first\": \"Ada\", \"mail\": null, \"age\": 36, \"old\": null}\n{\"mail\": \"x\"}\n";
    let (_folder, source) = file("profiles.ndjson", content);
    let mut memory = Memory::default();
    let text = |text: &str| Some(text.to_owned());
    let mapping = ProfileMapping {
        id: "id".to_owned(),
        first_name: text("first"),
        email: text("mail"),
        ..ProfileMapping::default()
    };
    let limits = Limits::default();
    let report =
        import_profiles(&source, &mapping, &limits, &mut |_, _| {}, &mut |writes| sent(memory.write(writes)));
    let report = report.expect("an import");
    assert_eq!((report.rows, report.accepted, report.bad), (2, 1, 1));
    let profile = &memory.profiles[0];
    assert_eq!(
        (profile.id.as_str(), profile.first_name.as_deref(), profile.email.as_deref()),
        ("1", Some("Ada"), None)
    );
    assert_eq!(json!(profile.properties), json!({"age": 36}));
}
