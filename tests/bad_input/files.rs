//! Files that cannot be imported, or not to their end.

use super::World;
use crate::server::{muster, out, stderr};

const MAPPING: [&str; 10] =
    ["--project", "p", "--name", "name", "--profile", "who", "--time", "at", "--id", "id"];

#[test]
fn a_broken_line_costs_itself_and_is_told_with_its_number() {
    let world = World::start();
    let time = "2026-01-01T10:00:00Z";
    let lines = [
        "id,name,who,at,amount".to_owned(),
        format!("e1,signup,u1,{time},1"),
        "e2,signup,u2".to_owned(),
        format!("e3,signup,u3,{time},1,more"),
        format!("e4,\"never closed,u4,{time},1"),
        format!("e5,signup,u5,{time},1"),
        "e6,signup,u6,banana,1".to_owned(),
        format!("e7,,u7,{time},1"),
        format!("e8,a\u{1}b,u8,{time},1"),
        format!("e9,{},u9,{time},1", "x".repeat(10_240)),
        format!("{},signup,u10,{time},1", "x".repeat(513)),
        format!("e11,signup,u11,{time},\"a \"\"quoted\"\" word\""),
    ];
    let file = world.data().join("events.csv");
    let mut bytes = lines.join("\n").into_bytes();
    bytes.extend(b"\ne12,sign\xffup,u12,2026-01-01T10:00:00Z,1\ne13,signup,u13,2026-01-01T10:00:00Z,1\n");
    std::fs::write(&file, bytes).expect("written");
    let path = file.to_str().expect("UTF-8");
    let told = out(&muster(world.data(), &[&["import", path][..], &MAPPING].concat()));
    assert!(told.contains("13 rows: 4 events stored, 0 stored before, 9 bad"), "{told}");
    for part in [
        "line 3: has 3 fields where the header has 5",
        "line 4: has 6 fields where the header has 5",
        "line 5: ",
        "line 7: at: \"banana\" is no time; write RFC 3339",
        "line 8: name: is empty",
        "line 9: name: contains a line break or control character; remove it",
        "line 10: name: has 10240 characters; a name may have 80 at most",
        "line 11: id: has 513 bytes; an id may have 512 at most",
        "line 13: name: is no UTF-8",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let again = out(&muster(world.data(), &[&["import", path][..], &MAPPING].concat()));
    assert!(again.contains("13 rows: 0 events stored, 4 stored before, 9 bad"), "{again}");
}

#[test]
fn a_file_that_does_not_fit_its_mapping_fails_before_anything_is_stored() {
    let world = World::start();
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(world.data().join(name), bytes).expect("written");
    };
    write("events.csv", b"id,name,who,at\ne1,a,u,2026-01-01T00:00:00Z\n");
    write("empty.csv", b"");
    write("twice.csv", b"id,id,name,who,at\n");
    write("semicolons.csv", b"id;name;who;at\n1;a;u;2026-01-01\n");
    write("latin.csv", b"id,n\xe4me,who,at\n");
    write("no.parquet", b"this is no parquet file");
    write("no.xlsx", b"PK");
    for (file, other, code, part) in [
        ("missing.csv", &[][..], 1, "missing.csv"),
        ("no.xlsx", &[], 2, "add --format csv, tsv, ndjson or parquet"),
        ("no.parquet", &[], 1, "Parquet"),
        ("empty.csv", &[], 2, "its first line must name the columns"),
        ("twice.csv", &[], 2, "has two columns \"id\"; rename one"),
        ("semicolons.csv", &[], 2, "names the column \"name\", which the file lacks"),
        ("latin.csv", &[], 2, "save the file in the encoding UTF-8"),
        ("events.csv", &["--revenue", "price"], 2, "--revenue: names the column \"price\""),
        ("events.csv", &["--group", "company"], 2, "write TYPE=COL"),
        ("events.csv", &["--group-property", "company.plan=who"], 2, "add --group company=COL"),
        ("events.csv", &["--group", "company=who", "--number", "who", "--text", "who"], 2, "choose one"),
    ] {
        let path = world.data().join(file);
        let path = path.to_str().expect("UTF-8");
        let told = muster(world.data(), &[&["import", path][..], &MAPPING, other].concat());
        let said = stderr(&told);
        assert_eq!(told.status.code(), Some(code), "{file} {other:?}: {said}");
        assert!(said.contains(part), "{file} {other:?}: {said}");
        assert!(told.stdout.is_empty(), "{file} {other:?}");
    }
    world.end();
}
