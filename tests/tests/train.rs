//! Training sessions of the real binary: what comes of them, what people read, and what bad input gets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reports what it cannot read by failing"
)]

use std::io::{BufRead, Read};
use std::process::Stdio;

use echo_storage::codec;
use echo_storage::store::{FORMAT, StoreInfo};
use echo_storage::table::{Key, STORE};
use echo_storage::{OpenOptions, Store};
use echo_tests::{Home, scenario};
use serde_json::Value;

/// Those whom the default scenario concerns and those whom it does not, in the order of the roles.
const CONCERNED: [&str; 4] = ["cto", "operations_head", "product_manager", "senior_architect"];
const NOT_CONCERNED: [&str; 4] = ["chro", "uiux_engineer", "senior_developer", "test_lead"];

/// A decision that every role should like: cheap, complete, its risks answered.
const SOUND: &str = "\
name: monitoring
title: Monitoring of the platform
initiator: ceo
decision:
  type: budget_allocation
  subject: Budget for monitoring the platform
  description: >-
    Operations get monitoring and reliability reports for the infrastructure. Technology and security gain from
    them, and the product gets a feature that customers ask for.
  budget_usd: 120000
  impact: Outages are noticed before customers notice them.
  stakeholders: [operations_head, cto, product_manager]
  timeline: 6 months
  risks:
    - {risk: The alarms are too many to be read, mitigation: Two weeks of tuning before the night shift relies on them}
  alternatives: [Buy the service from a vendor for 200000 USD]
  dependencies: [Two engineers for 6 months]
  success_criteria: [Outages are noticed within 2 minutes, 99.9 % availability]
  data: {load_expected: 8000, load_capacity: 10000}
";

/// Plays a scenario in an empty home.
#[track_caller]
fn play(yaml: &str) -> Value {
    let home = Home::default();
    let file = home.write("scenario.yaml", yaml);
    let arguments = ["train".as_ref(), file.as_os_str(), "--json".as_ref()];
    home.run(&arguments).exits(0).json()
}

/// The roles that have one of these parts in a session.
fn roles(session: &Value, parts: &[&str]) -> Vec<String> {
    let agents = session["agents"].as_array().unwrap().iter();
    let with_part = agents.filter(|agent| parts.contains(&text(&agent["as"])));
    with_part.map(|agent| text(&agent["role"]).to_owned()).collect()
}

/// The text of a value that must be one and say something.
#[track_caller]
fn text(value: &Value) -> &str {
    let text = value.as_str().unwrap_or_else(|| panic!("not a text: {value}"));
    assert!(!text.trim().is_empty());
    text
}

/// The scenario without the line that begins with `field`.
fn without(yaml: &str, field: &str) -> String {
    let is_field = |line: &&str| line.trim_start().starts_with(field);
    assert_eq!(yaml.lines().filter(is_field).count(), 1, "{field}");
    yaml.lines().filter(|line| !is_field(line)).fold(String::new(), |text, line| text + line + "\n")
}

/// Goal: the default session does what its scenario expects, and its JSON says so field by field.
/// Method: it is played in an empty home, and everything is looked at that a program may rely on.
#[test]
fn the_default_session_waits_for_a_person() {
    let home = Home::default();
    let session = home.run(&["train", "--json"]).exits(0).json();
    let fields: Vec<&String> = session.as_object().unwrap().keys().collect();
    let expected = ["session", "hash", "store", "duration_ms", "decision", "tally", "agents", "expectations"];
    assert_eq!(fields, expected);
    assert_eq!(session["session"], "ses-1");
    assert_eq!(session["store"], home.store().to_str().unwrap());
    assert!(session["duration_ms"].is_number());
    assert_eq!(text(&session["hash"]).len(), 64);

    let decision = &session["decision"];
    assert_eq!(decision["id"], "dec-1");
    assert_eq!(decision["type"], "company_direction");
    assert_eq!(decision["status"], "escalated");
    assert_eq!(decision["decided_by"], "person");
    assert!(!decision["path"].as_array().unwrap().is_empty());

    let tally = &session["tally"];
    assert_eq!((&tally["participants"], &tally["quorum"]), (&4.into(), &true.into()));
    let heads: u64 = ["approve", "reject", "abstain"].map(|vote| tally[vote].as_u64().unwrap()).iter().sum();
    assert_eq!(heads, 4);
    assert!(!tally["consensus"].is_null());

    assert_eq!(roles(&session, &["initiator"]), ["ceo"]);
    assert_eq!(roles(&session, &["lead", "assistant"]), CONCERNED);
    assert_eq!(roles(&session, &["declined"]), NOT_CONCERNED);
    for agent in session["agents"].as_array().unwrap() {
        text(&agent["reason"]);
        assert_eq!(agent["took_part"], agent["as"] != "declined", "{agent}");
        let votes = agent["as"] == "lead" || agent["as"] == "assistant";
        assert_eq!(votes, agent["vote"].is_string(), "{agent}");
        assert_eq!(votes, agent["rationale"].is_string(), "{agent}");
        assert_eq!(votes, agent["confidence"].is_number(), "{agent}");
    }
    assert_eq!(session["expectations"]["held"], true);
    assert!(!session["expectations"]["checks"].as_array().unwrap().is_empty());
}

/// Goal: who takes part is the organisation's own judgement. Method: the default scenario without the line that tells
/// some to stay away gives the same participants, and the others decline for want of relevance.
#[test]
fn roles_know_by_themselves_that_they_are_not_concerned() {
    let session = play(&without(&scenario("revenue-growth"), "not_concerned:"));
    assert_eq!(roles(&session, &["lead", "assistant"]), CONCERNED);
    assert_eq!(roles(&session, &["declined"]), NOT_CONCERNED);
    for agent in session["agents"].as_array().unwrap() {
        assert!(!text(&agent["reason"]).contains("told by the author"), "{agent}");
    }
    assert_eq!(session["expectations"]["held"], true);
    let checks = session["expectations"]["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["verdict"] == "held"), "{checks:?}");
}

/// Goal: a person's verdict ends what waits for it, once. Method: the default session is approved, approved and
/// rejected again, and replayed.
#[test]
fn the_first_answer_of_a_person_counts() {
    let home = Home::default();
    let session = home.run(&["train", "--json"]).exits(0).json();
    let waiting = home.run(&["approvals", "--json"]).exits(0).json();
    let waiting = waiting["approvals"].as_array().unwrap();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert_eq!(waiting[0]["decision"], session["decision"]["id"]);
    let approval = text(&waiting[0]["approval"]).to_owned();

    let code = text(&waiting[0]["code"]).to_owned();

    let _ = home.run(&["approve", &approval]).exits(2).says(&["CODE is missing", "echo-org approvals"]);
    let _ = home.run(&["approve", &approval, "0000-0000"]).exits(1).says(&["not the code"]);
    let _ = home.run(&["approve", &approval, &code]).exits(0);
    let waiting = home.run(&["approvals", "--json"]).exits(0).json();
    assert_eq!(waiting["approvals"], Value::Array(Vec::new()));
    for again in ["approve", "reject"] {
        let arguments = [again, &approval, &code, "--note", "too late"];
        let _ = home.run(&arguments).exits(1).says(&["approved by", "the first answer counts"]);
    }
    let _ = home.run(&["approve", "apr-99", &code]).exits(1).says(&["apr-99"]);

    let replayed = home.run(&["replay", "--json"]).exits(0).json();
    assert_eq!(replayed["recorded_hash"], session["hash"]);
    assert_eq!(replayed["replayed_hash"], session["hash"]);
    assert_eq!(replayed["equal"], true);
    assert_eq!(replayed["model_calls"], 0);
}

/// Goal: a seed fixes a session. Method: each of some seeds is played twice on stores of their own.
#[test]
fn the_same_seed_gives_the_same_session() {
    let hash = |seed: &str| {
        let arguments = ["train", "--virtual-time", "--seed", seed, "--json"];
        text(&Home::default().run(&arguments).exits(0).json()["hash"]).to_owned()
    };
    for seed in ["0", "1", "2", "7", "42", "1000003", "18446744073709551615"] {
        assert_eq!(hash(seed), hash(seed), "seed {seed}");
    }
}

/// Goal: a session that comes otherwise than its author expected says so to programs. Method: the default scenario with
/// another expectation; the session itself is as it was.
#[test]
fn an_expectation_that_fails_is_told_by_the_exit_code() {
    let home = Home::default();
    let yaml = scenario("revenue-growth").replace("status: escalated", "status: approved");
    let file = home.write("scenario.yaml", &yaml);
    let session = home.run(&["train".as_ref(), file.as_os_str(), "--json".as_ref()]).exits(1).json();
    assert_eq!(session["expectations"]["held"], false);
    assert_eq!(session["decision"]["status"], "escalated");
    let _ = home.run(&["replay"]).exits(0);
}

#[test]
fn a_sound_budget_within_the_limits_is_approved_by_a_role() {
    let session = play(SOUND);
    assert_eq!(session["decision"]["status"], "approved", "{session:#}");
    assert_eq!(session["decision"]["decided_by"], "ceo");
}

#[test]
fn a_reckless_budget_is_rejected() {
    for yaml in [
        SOUND.replace("budget_usd: 120000", "budget_usd: 50000000"),
        scenario("revenue-growth")
            .replace("budget_usd: 2000000", "budget_usd: 50000000")
            .split("expect:")
            .next()
            .unwrap()
            .to_owned(),
    ] {
        let session = play(&yaml);
        assert_eq!(session["decision"]["status"], "rejected", "{session:#}");
        assert_eq!(session["tally"]["approve"], 0);
    }
}

#[test]
fn an_incomplete_proposal_is_rejected_and_says_what_is_missing() {
    let session = play(&without(SOUND, "impact:"));
    assert_eq!(session["decision"]["status"], "rejected", "{session:#}");
    let path = session["decision"]["path"].to_string();
    assert!(path.contains("incomplete") && path.contains("impact"), "{path}");
    assert!(!path.contains("stakeholders"), "{path}");
}

/// Goal: whoever writes a wrong scenario hears where it is wrong, and nothing is started. Method: each mistake is one
/// change of a sound scenario, and the home holds nothing but the file afterwards.
#[test]
fn wrong_scenarios_are_refused_with_their_place() {
    let check = |yaml: &str, place: &str, words: &[&str]| {
        let home = Home::default();
        let file = home.write("wrong.yaml", yaml);
        let run = home.run(&["train".as_ref(), file.as_os_str()]).exits(2).says(words);
        let place = format!("wrong.yaml:{place}:");
        assert!(run.stderr.contains(&place), "no {place} in\n{}", run.told());
        assert_eq!(home.files().into_keys().collect::<Vec<_>>(), [file]);
    };
    let changed = |from: &str, to: &str| {
        assert_eq!(SOUND.matches(from).count(), 1, "{from}");
        SOUND.replace(from, to)
    };
    check(&changed("initiator: ceo", "initiator: cheo"), "3", &["cheo", "ceo"]);
    check(
        &changed("[operations_head, cto, product_manager]", "[cto]\n  not_concerned: [cfo]"),
        "13",
        &["cfo"],
    );
    check(&changed("budget_usd: 120000", "budget_usd: -5"), "10", &["budget_usd", "-5"]);
    check(&changed("  impact: ", "  impacts: "), "11", &["impacts", "impact"]);
    check(&changed("type: budget_allocation", "type: budget_alocation"), "5", &["budget_alocation"]);
    check(&changed("decision:", "decision: ["), "6", &["not YAML"]);
    check("", "1", &["empty"]);
}

#[test]
fn a_scenario_that_is_not_there_is_a_mistake_of_usage() {
    let home = Home::default();
    let run = home.run(&["train", "missing.yaml"]).exits(2).says(&["missing.yaml", "revenue-growth"]);
    assert!(home.files().is_empty(), "{}", run.told());
}

#[test]
fn a_question_on_the_command_line_is_a_scenario() {
    let question = "Do we move the infrastructure and its monitoring to a cheaper vendor, at what cost?";
    let arguments =
        ["train", "--ask", question, "--type", "vendor_management", "--budget", "90000", "--json"];
    let session = Home::default().run(&arguments).exits(0).json();
    assert_eq!(session["decision"]["type"], "vendor_management", "{session:#}");
    assert_eq!(session["expectations"]["checks"], Value::Array(Vec::new()));
    let _ = Home::default().run(&["train", "--ask", question, "--budget", "-5"]).exits(2).says(&["-5"]);
    let _ =
        Home::default().run(&["train", "--ask", question, "--type", "nothing"]).exits(2).says(&["nothing"]);
}

/// Goal: two processes never write one store. Method: the test holds it, and a session is told who does.
#[test]
fn a_store_in_use_names_its_holder() {
    let home = Home::default();
    let held = Store::open(&home.store(), &OpenOptions::default()).unwrap();
    let holder = format!("process {}", std::process::id());
    for command in ["train", "replay"] {
        let _ = home.run(&[command]).exits(1).says(&["in use by", &holder, "--store"]);
    }
    drop(held);
    let _ = home.run(&["train"]).exits(0);
}

/// Every command that opens a store refuses these bytes with these words, and leaves them as they are.
#[track_caller]
fn check_refused(bytes: &[u8], words: &[&str]) {
    let home = Home::default();
    std::fs::create_dir_all(home.store().parent().unwrap()).unwrap();
    std::fs::write(home.store(), bytes).unwrap();
    for command in [&["train"] as &[&str], &["approvals"], &["approve", "apr-1", "0000-0000"], &["replay"]] {
        let _ = home.run(command).exits(1).says(words);
        assert!(std::fs::read(home.store()).unwrap() == bytes, "{command:?} changed the file");
    }
}

#[test]
fn a_file_that_is_no_store_is_left_as_it_is() {
    check_refused(b"These are the minutes.\n", &["is not a store of this program", "another kind"]);
    check_refused(b"", &["is not a store of this program", "an empty file"]);
}

#[test]
fn a_store_that_was_cut_off_is_left_as_it_is() {
    let trained = trained();
    for length in [16, 4096, trained.len() / 2, trained.len() - 4096, trained.len() - 1] {
        check_refused(&trained[..length], &["damaged"]);
    }
}

#[test]
fn a_store_of_a_newer_format_is_left_as_it_is() {
    let newer = of_newer_format(&trained());
    check_refused(&newer, &[&format!("format {}", FORMAT + 1), "newer program"]);
}

/// The bytes of a store after the default session.
fn trained() -> Vec<u8> {
    let home = Home::default();
    let _ = home.run(&["train"]).exits(0);
    std::fs::read(home.store()).unwrap()
}

/// The store with the description of itself that a newer program would write.
fn of_newer_format(store: &[u8]) -> Vec<u8> {
    let home = Home::default();
    let path = home.path().join("old.redb");
    std::fs::write(&path, store).unwrap();
    let info = Store::open(&path, &OpenOptions::default()).unwrap().info().clone();
    let sealed = |info: &StoreInfo| codec::seal(STORE.id.number, &"store".to_bytes(), info).unwrap();
    let (old, new) = (sealed(&info), sealed(&StoreInfo { format: FORMAT + 1, ..info.clone() }));
    let mut bytes = store.to_vec();
    let places = replace(&mut bytes, &old, &new);
    assert!(places > 0, "the store's description of itself is somewhere in it");
    bytes
}

/// Replaces every occurrence of `old` by `new`, which is as long, and says how many there were.
fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) -> usize {
    let starts: Vec<usize> =
        bytes.windows(old.len()).enumerate().filter(|(_, at)| *at == old).map(|(at, _)| at).collect();
    for at in &starts {
        bytes[*at..*at + new.len()].copy_from_slice(new);
    }
    starts.len()
}

/// Goal: whoever stops listening, as `head` does, gets no panic. Method: the reading end of the output is closed before
/// the first line, and once after it.
#[test]
fn an_output_that_nobody_reads_any_more_is_no_panic() {
    for lines in [0, 1] {
        let home = Home::default();
        let mut child =
            home.command(&["train"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        drop(std::io::BufReader::with_capacity(1, output).lines().take(lines).collect::<Vec<_>>());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = child.wait().unwrap();
        assert!(!stderr.contains("panicked"), "{status}\n{stderr}");
        assert_ne!(status.code(), Some(101), "{stderr}");
        // Whatever was cut off was the report, never the session.
        let _ = home.run(&["replay"]).exits(0);
    }
}
