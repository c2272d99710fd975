//! Every tool of every role, called through the real binary.
//!
//! Goal: what each tool prints is known, fits what it says of itself, and reads well. Method: `fixtures/tool-calls.yaml` holds
//! a good and a bad call of each; what is printed is a snapshot for each role. A tool without an entry fails a test
//! that names it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test reports what it cannot do or read by failing"
)]

#[path = "every_tool/rounds.rs"]
mod rounds;

use std::collections::{BTreeMap, BTreeSet};

use echo_tests::{Home, root};
use rounds::Stage;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The file of calls.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calls {
    /// Stands there to be referred to.
    #[serde(rename = "case")]
    _case: Value,
    /// What is opened in the stores with a round.
    discussed: Value,
    /// By role, the tools that it does not share with every other.
    roles: BTreeMap<String, Vec<Case>>,
    common: Vec<Case>,
}

/// A tool, called well and badly.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    tool: String,
    #[serde(rename = "as")]
    caller: Option<String>,
    store: Option<Stage>,
    #[serde(default)]
    before: Vec<Earlier>,
    good: Map<String, Value>,
    /// The one argument that differs.
    bad: Map<String, Value>,
}

/// A call that another one needs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Earlier {
    #[serde(rename = "as")]
    caller: Option<String>,
    tool: String,
    with: Value,
}

fn calls() -> Calls {
    let path = root().join("tests/fixtures/tool-calls.yaml");
    serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).expect("the calls can be read")
}

/// Makes a test of each role, and a list of them.
macro_rules! roles {
    ($($role:ident)*) => {
        const ROLES: &[&str] = &[$(stringify!($role)),*];
        $(
            #[test]
            fn $role() {
                let calls = calls();
                let text = play(stringify!($role), &calls.roles[stringify!($role)], &calls.discussed);
                insta::assert_snapshot!(stringify!($role), text);
            }
        )*
    };
}

roles! {
    ceo cto chro operations_head product_manager senior_architect uiux_engineer senior_developer test_lead
}

#[test]
fn common() {
    let calls = calls();
    let text = play("", &calls.common, &calls.discussed);
    insta::assert_snapshot!("common", text);
}

#[test]
fn every_tool_of_every_role_has_a_case() {
    let all = Home::default().run(&["tools", "--json"]).exits(0).json();
    let of = |tool: &Value| -> Vec<String> { serde_json::from_value(tool["roles"].clone()).unwrap() };
    let tools = all["tools"].as_array().unwrap();
    let roles: BTreeSet<String> = tools.iter().flat_map(of).collect();
    let mut expected = BTreeSet::new();
    for tool in tools {
        let name = tool["tool"].as_str().unwrap();
        let holders = of(tool);
        if holders.len() == roles.len() {
            expected.insert(format!("every role: {name}"));
        } else {
            expected.extend(holders.iter().map(|role| format!("{role}: {name}")));
        }
    }
    let calls = calls();
    let names = |role: &str, cases: &[Case]| -> Vec<String> {
        cases.iter().map(|case| format!("{role}: {}", case.tool)).collect()
    };
    let own = calls.roles.iter().flat_map(|(role, cases)| names(role, cases));
    let given: Vec<String> = own.chain(names("every role", &calls.common)).collect();
    let once: BTreeSet<String> = given.iter().cloned().collect();
    let lacking: Vec<&String> = expected.difference(&once).collect();
    assert!(lacking.is_empty(), "tests/fixtures/tool-calls.yaml has no call of {lacking:#?}");
    let unknown: Vec<&String> = once.difference(&expected).collect();
    assert!(unknown.is_empty(), "there are calls of tools that are not there: {unknown:#?}");
    assert_eq!(given.len(), once.len(), "a tool is there twice: {given:#?}");
    let tested: BTreeSet<String> = ROLES.iter().map(|role| (*role).to_owned()).collect();
    assert_eq!(tested, roles, "each role has its test here");
}

/// Makes the calls, in their order, in one store, or where they say in one of their own.
fn play(role: &str, cases: &[Case], discussed: &Value) -> String {
    let shared = Home::default();
    let _ = shared.run(&["train", "--virtual-time", "--quiet"]).exits(0);
    let mut told = String::new();
    for case in cases {
        let own = case.store.map(|stage| {
            let home = Home::default();
            rounds::open(&home, stage, discussed);
            home
        });
        let home = own.as_ref().unwrap_or(&shared);
        for earlier in &case.before {
            let caller = earlier.caller.as_deref().unwrap_or(role);
            let _ = call(home, caller, &earlier.tool, &earlier.with, &[]).exits(0);
        }
        told.push_str(&tell(home, case.caller.as_deref().unwrap_or(role), case));
    }
    told
}

fn call(home: &Home, role: &str, tool: &str, arguments: &Value, more: &[&str]) -> echo_tests::Run {
    let arguments = arguments.to_string();
    home.run(&[&["tool", role, tool, "--args", &arguments], more].concat())
}

/// Calls a tool badly and well, checks both against what it says of itself, and tells what it printed.
fn tell(home: &Home, role: &str, case: &Case) -> String {
    let Case { tool, good, bad, .. } = case;
    let shown = home.run(&["tools", role, tool, "--json"]).exits(0).json();
    let mut changed = good.clone();
    changed.extend(bad.clone());
    let (good, changed) = (Value::Object(good.clone()), Value::Object(changed));
    fits(&format!("what is given to {tool}"), &shown["input_schema"], &good);

    let refused = call(home, role, tool, &changed, &[]).exits(1);
    assert_eq!(refused.stdout, "", "{tool}");
    assert_eq!(bad.len(), 1, "one argument makes a call of {tool} a bad one");
    let path = bad.keys().next().unwrap();
    let said = refused.stderr.strip_prefix("error: ").unwrap_or_default();
    let places = [":", ".", "["].map(|after| format!("{path}{after}"));
    assert!(places.iter().any(|place| said.starts_with(place)), "{tool}, {path}: {said}");

    // The same under the same key is done once, so that one call gives both forms; what only reads takes no key.
    let key: &[&str] = if shown["kind"] == "reads" { &[] } else { &["--key", tool] };
    let answered = call(home, role, tool, &good, &[key, &["--json"]].concat()).exits(0);
    let structured = answered.json();
    fits(&format!("what {tool} answers"), &shown["output_schema"], &structured);
    let text = call(home, role, tool, &good, key).exits(0);
    assert_eq!(format!("{}{}", answered.stderr, text.stderr), "", "{tool}");

    let structured = serde_json::to_string_pretty(&structured).unwrap();
    let bad = Value::Object(bad.clone());
    without_times(&format!(
        "=== {role} {tool}\n--- exits with 0\n{}--- exits with 0, --json\n{structured}\n--- exits with 1 for {bad}\n{}\n",
        text.stdout, refused.stderr
    ))
}

/// The text with one word for all moments. Nothing else that a tool prints differs from run to run.
fn without_times(text: &str) -> String {
    const FORM: &str = "0000-00-00 00:00:00 UTC";
    let of_form = |part: &str| {
        part.len() == FORM.len()
            && part.bytes().zip(FORM.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                _ => byte == form,
            })
    };
    let mut steady = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let moment = rest.get(..FORM.len()).filter(|part| of_form(part));
        let (add, skip) =
            moment.map_or((&rest[..first.len_utf8()], first.len_utf8()), |all| ("(time)", all.len()));
        steady.push_str(add);
        rest = &rest[skip..];
    }
    steady
}

#[track_caller]
fn fits(what: &str, schema: &Value, value: &Value) {
    let validator = jsonschema::validator_for(schema).expect("it is a schema");
    let wrong: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{what} does not fit its schema: {wrong:#?}\n{value:#}");
}
