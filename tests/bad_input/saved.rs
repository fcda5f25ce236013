//! Saved queries that are not there, or have other variables: by address and on the command line.

use super::World;
use crate::server::{muster, stderr};

#[test]
fn a_saved_query_that_is_not_there_or_has_a_wrong_variable_is_told_so() {
    let world = World::start();
    let thousand = format!("steps={}", vec!["a"; 1000].join(","));
    let long = format!("steps=a,{}", "x".repeat(10_240));
    for (name, variable, status, argument, part) in [
        ("Nothing", "", 404, "name", "there are ActivationFunnel, "),
        ("funnel", "", 404, "name", "did you mean Funnel?"),
        ("Funnel", "shoe=5", 400, "shoe", "is no variable of this query; it has steps, window"),
        ("Funnel", "window=0", 400, "window", "write an ISO 8601 duration"),
        ("Funnel", "window=banana", 400, "window", "write an ISO 8601 duration"),
        ("Funnel", "unit=BANANA", 400, "unit", "must be one of PROFILE, SESSION, GROUP"),
        ("Funnel", "unit=GROUP", 400, "unitGroupType", "is missing"),
        ("Funnel", "top=banana", 400, "top", "give an Int such as 10"),
        ("Funnel", "top=-1", 400, "top", "1 to "),
        ("Funnel", "since=9999-01-01", 400, "since", "choose one inside"),
        ("Funnel", "since=2200-01-01", 400, "until", "is reversed"),
        ("Funnel", "zone=Mars", 400, "zone", "IANA name"),
        ("Funnel", &thousand, 400, "steps", "a funnel has 2 to 32"),
        ("Funnel", &long, 400, "steps", "item 2: has 10240 characters"),
        ("CompanyActivity", "every=DECADE", 400, "every", "HOUR"),
        ("CompanyActivity", "last=P1Y", 400, "last", "give a Duration"),
        ("CompanyActivationFunnel", "window=P0D", 400, "window", "give a Duration"),
    ] {
        for extension in ["json", "csv"] {
            let told = world.get(&format!("/queries/{name}.{extension}?{variable}"), Some(&world.read));
            let error = told.json()["error"].clone();
            let message = error["message"].as_str().unwrap_or_default();
            let is_well = told.status == status && error["argument"] == argument && message.contains(part);
            world.expect(is_well, &format!("{name}?{variable:.40}"), &told);
        }
        let mut arguments = vec!["query", name, "--project", "p"];
        if !variable.is_empty() {
            arguments.extend(["--var", variable]);
        }
        let told = muster(world.data(), &arguments);
        let said = stderr(&told);
        let code = if status == 404 { 1 } else { 2 };
        assert_eq!(told.status.code(), Some(code), "{name} {variable:.40}: {said}");
        assert!(said.contains(part) && said.lines().count() == 1, "{name} {variable:.40}: {said}");
        assert!(told.stdout.is_empty(), "{name} {variable:.40}");
    }
    for path in ["/queries/Funnel", "/queries/Funnel.xlsx", "/queries/..%2F..%2Fetc%2Fpasswd.csv"] {
        let told = world.get(path, Some(&world.read));
        let is_well = told.status == 404 && told.json()["error"]["code"] == "NOT_FOUND";
        world.expect(is_well, path, &told);
    }
    let told = muster(world.data(), &["query", "Funnel", "--project", "p", "--var", "window"]);
    assert!(told.status.code() == Some(2) && stderr(&told).contains("write NAME=VALUE"), "{}", stderr(&told));
    world.end();
}
