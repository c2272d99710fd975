//! The command line of a tiny company: what people type, and what they read.

mod acting;
mod handmade;
mod looking;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::*;
use crate::training::samples::{LOCKS, company};

/// What a command did.
pub(super) struct Run {
    pub(super) code: u8,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Run {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}{}", self.stdout, self.stderr))
    }
}

/// Somebody with a home directory.
pub(super) struct Home(tempfile::TempDir);

impl Home {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn store(&self) -> PathBuf {
        self.path().join("echo-org/org.redb")
    }

    fn surroundings(&self) -> Surroundings {
        let data_home = Some(self.path().as_os_str().to_owned());
        Surroundings { data_home, user: Some("ada".to_owned()), ..Surroundings::default() }
    }

    pub(super) fn run(&self, line: &[&str]) -> Run {
        run_in(self.surroundings(), line)
    }

    /// Runs a command that must end with this code; its output with what changes from run to run taken out.
    #[track_caller]
    pub(super) fn tells(&self, line: &[&str], code: u8) -> String {
        let run = self.run(line);
        assert_eq!(run.code, code, "{}\n{}", run.stdout, run.stderr);
        let told =
            format!("{}{}", run.stdout, run.stderr).replace(&self.path().display().to_string(), "HOME");
        let lines: Vec<String> = told.lines().map(steady).collect();
        lines.join("\n")
    }

    /// The code of a question that waits.
    pub(super) fn code(&self, approval: &str) -> String {
        let list = self.run(&["approvals", "--json"]).json();
        let waiting = list["approvals"].as_array().unwrap();
        let one = waiting.iter().find(|one| one["approval"] == approval).unwrap();
        one["code"].as_str().unwrap().to_owned()
    }

    pub(super) fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path().join("echo-org")) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

pub(super) fn run_in(surroundings: Surroundings, line: &[&str]) -> Run {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut output = Output::new(&mut stdout, &mut stderr);
    let arguments = std::iter::once(PROGRAM).chain(line.iter().copied()).map(OsString::from);
    let code = execute(company(), arguments, surroundings, &mut output);
    let code = output.finish(code);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code, stdout: text(stdout), stderr: text(stderr) }
}

/// The line without hashes and durations.
fn steady(line: &str) -> String {
    if line.starts_with("took ") {
        return "took     (some time)".to_owned();
    }
    // Whole, as the table of sessions shows it, and an organisation's id.
    let is_hash =
        |word: &str| [64, 12, 32].contains(&word.len()) && word.chars().all(|c| c.is_ascii_hexdigit());
    let words = line.split(' ').map(|word| if is_hash(word) { "(hash)" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_parser_fits_together() {
    command(&company()).debug_assert();
}

#[test]
fn help_tells_what_there_is() {
    let home = Home::new();
    insta::assert_snapshot!("help", home.tells(&["--help"], 0));
    for name in names_of(&command(&company())) {
        let line: Vec<&str> = name.split(' ').chain(["--help"]).collect();
        let snapshot = format!("help_{}", name.replace([' ', '-'], "_"));
        insta::assert_snapshot!(snapshot, home.tells(&line, 0));
    }
    assert_eq!(home.tells(&["--version"], 0), format!("echo-org {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(home.files(), Vec::<String>::new());
}

/// The command lines of all commands below one.
fn names_of(command: &clap::Command) -> Vec<String> {
    let mut names = Vec::new();
    for one in command.get_subcommands() {
        names.push(one.get_name().to_owned());
        names.extend(names_of(one).into_iter().map(|name| format!("{} {name}", one.get_name())));
    }
    names
}

/// Goal: the way of a question through a person reads well on every command. Method: it is walked in virtual time.
#[test]
fn from_a_session_to_a_verdict() {
    let home = Home::new();
    insta::assert_snapshot!("train", home.tells(&["train", "--virtual-time"], 0));
    let code = home.code("apr-1");
    insta::assert_snapshot!("approvals", home.tells(&["approvals"], 0).replace(&code, "(code)"));
    insta::assert_snapshot!("no_code", home.tells(&["approve", "apr-1"], USAGE));
    insta::assert_snapshot!("wrong_code", home.tells(&["approve", "apr-1", "0000-0000"], FAILURE));
    assert!(home.tells(&["approvals"], 0).contains(&code), "a wrong code changes nothing");
    insta::assert_snapshot!("reject", home.tells(&["reject", "dec-1", &code, "--note", "not this year"], 0));
    insta::assert_snapshot!("reject_again", home.tells(&["reject", "dec-1", &code, "--note", "never"], 1));
    assert!(home.tells(&["approve", "apr-1", &code], 1).contains("the first answer counts"));
    assert_eq!(home.tells(&["approvals"], 0), "nothing waits for a person");
    insta::assert_snapshot!("replay", home.tells(&["replay"], 0));
    assert_eq!(home.files(), ["org.redb", "org.redb.lock", "org.redb.sessions"]);
}

#[test]
fn programs_read_json_and_nothing_else() {
    let home = Home::new();
    let session = home.run(&["train", "--json"]);
    assert_eq!((session.code, session.stderr.as_str()), (0, ""));
    let session = session.json();
    assert_eq!(session["decision"]["status"], "escalated");
    let waiting = home.run(&["approvals", "--json"]).json();
    insta::assert_snapshot!("approvals_json", {
        let mut waiting = waiting.clone();
        for changing in ["asked_at", "next_reminder_at", "until_at", "waits_ms", "code"] {
            waiting["approvals"][0][changing] = "(another one each time)".into();
        }
        serde_json::to_string_pretty(&waiting).unwrap()
    });
    let code = home.code("apr-1");
    let approved = home.run(&["--json", "approve", "apr-1", &code, "--note", "go on"]).json();
    insta::assert_snapshot!("approve_json", serde_json::to_string_pretty(&approved).unwrap());
    let replayed = home.run(&["replay", "--session", "ses-1", "--json"]);
    assert_eq!(replayed.code, 0);
    let replayed = replayed.json();
    assert_eq!(
        (&replayed["recorded_hash"], &replayed["replayed_hash"]),
        (&session["hash"], &session["hash"])
    );
    assert_eq!((&replayed["equal"], &replayed["difference"]), (&true.into(), &serde_json::Value::Null));
    assert_ne!(replayed["head"], session["hash"], "the verdict came after the session");
}

/// Goal: every scenario is played, and one that comes otherwise than expected is told. Method: one of the company's does.
#[test]
fn all_scenarios_are_played_each_in_a_store_of_its_own() {
    let home = Home::new();
    let line = ["train", "--all", "--virtual-time"];
    let run = home.run(&line);
    assert_eq!((run.code, run.stderr.as_str()), (FAILURE, ""), "{}", run.stdout);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("SCENARIO  OUTCOME    DECIDED BY  EXPECTATIONS"), "{}", run.stdout);
    assert!(lines[1].starts_with("locks     escalated  person      6 held"), "{}", run.stdout);
    assert!(lines[2].starts_with("desks     approved   chief       2 of 2 FAILED"), "{}", run.stdout);
    assert_eq!(lines[3], "desks: participate porter: expected takes part, found declined");
    assert_eq!(home.files(), ["org.redb.scenarios"]);
    let of_desks = home.path().join("echo-org/org.redb.scenarios/desks/org.redb");
    let of_desks = of_desks.to_str().unwrap();
    assert_eq!(home.run(&["sessions", "ses-1", "--store", of_desks]).code, 0);
    // A second time starts afresh, and moves aside what is there.
    let again = home.run(&[line.as_slice(), &["--json"]].concat());
    assert_eq!(again.code, FAILURE);
    assert!(again.stderr.contains("org.redb.before-1"), "{}", again.stderr);
    let rows = again.json();
    assert_eq!(rows["scenarios"][0]["held"], true);
    assert_eq!(rows["scenarios"][1]["decided_by"], "chief");
    assert_eq!(rows["scenarios"][1]["failed"].as_array().unwrap().len(), 2);
    let leaves_nothing = Home::new();
    let line = ["train", "--all", "--durability", "memory", "--json"];
    assert_eq!(leaves_nothing.run(&line).code, FAILURE);
    assert_eq!(leaves_nothing.files(), Vec::<String>::new());
}

#[test]
fn outcomes_are_remembered_and_found_by_their_words() {
    let home = Home::new();
    let _ = home.tells(&["train", "locks", "--virtual-time", "--quiet"], 0);
    assert_eq!(home.tells(&["memories"], 0), "nothing is remembered yet");
    let code = home.code("apr-1");
    let _ = home.tells(&["reject", "apr-1", &code, "--note", "the doors are too old"], 0);
    insta::assert_snapshot!("memories", home.tells(&["memories", "old", "doors"], 0));
    let found = home.run(&["memories", "--tag", "outcome purchases", "--json"]).json();
    assert_eq!((&found["memories"][0]["decision"], &found["looked_through"]), (&"dec-1".into(), &1.into()));
    assert_eq!(home.tells(&["memories", "weather"], 0), "nothing that is remembered fits");
}

#[test]
fn the_exit_code_of_a_session_tells_whether_it_came_as_expected() {
    let home = Home::new();
    assert!(home.tells(&["train", "desks", "--quiet"], 1).contains("FAILED"));
    assert!(home.run(&["train", "locks", "--quiet"]).stdout.starts_with("ses-2  New locks"));
}

#[test]
fn a_question_of_ones_own() {
    let home = Home::new();
    let question = "Do we buy a desk\nfor the archive, and paper for it?";
    let line = ["train", "--ask", question, "--virtual-time", "--quiet", "--budget", "900.50"];
    insta::assert_snapshot!("ask", home.tells(&line, 0));
    let line = ["train", "--virtual-time", "--json", "--ask", question, "--type", "stationery"];
    let more = ["--initiator", "clerk", "--impact", "order", "--stakeholder", "all", "--risk", "cost"];
    let run = home.run(&[line.as_slice(), more.as_slice()].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(run.json()["decision"]["type"], "stationery");
    assert_eq!(run.json()["agents"][1]["as"], "initiator");
    let run = home.run(&["train", "--virtual-time", "--json", "--ask", question]);
    assert!(run.stderr.contains("note: no --impact was given"), "{}", run.stderr);
    run.json();
}

/// Goal: what means nothing is refused with the remedy, before anything is made. Method: one mistake at a time.
#[test]
fn mistakes_are_told_and_make_nothing() {
    let home = Home::new();
    let check = |line: &[&str], words: &[&str]| {
        let run = home.run(line);
        assert_eq!((run.code, run.stdout.as_str()), (USAGE, ""), "{line:?}\n{}", run.stderr);
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
        for word in words {
            assert!(run.stderr.contains(word), "no {word} in\n{}", run.stderr);
        }
    };
    check(&["trian"], &["trian", "train"]);
    check(&["train", "lock"], &["no scenario and no file `lock`", "locks, desks"]);
    check(&["train", "missing.yaml"], &["missing.yaml", "locks, desks"]);
    check(&["train", home.path().to_str().unwrap()], &["cannot read the scenario"]);
    check(&["train", "locks", "--ask", "Why?"], &["cannot be used with"]);
    check(&["train", "--budget", "5"], &["--ask"]);
    check(&["train", "--seed", "5"], &["--virtual-time", "--resume"]);
    check(&["train", "--resume", "dec-1"], &["dec-1", "ses-1"]);
    for other in [&["--resume", "--fresh"] as &[&str], &["locks", "--resume"], &["--ask", "Why?", "--resume"]]
    {
        check(&[&["train"], other].concat(), &["cannot be used with", "--resume"]);
    }
    check(&["train", "--virtual-time", "--pace", "5"], &["cannot be used with", "--pace"]);
    check(&["train", "--pace", "60001"], &["60001", "0..=60000"]);
    check(&["train", "--pace", "slow"], &["slow"]);
    check(&["train", "--virtual-time", "--seed", "-5"], &["-5"]);
    check(&["train", "--ask", " \n"], &["the question is empty"]);
    check(&["train", "--ask", "Why?", "--budget", "-5"], &["an amount cannot be negative: -5"]);
    check(&["train", "--ask", "Why?", "--budget", "2M"], &["a number of dollars"]);
    check(
        &["train", "--ask", "Why?", "--type", "war"],
        &["no type `war`", "house_rules, purchases, stationery"],
    );
    check(&["train", "--ask", "Why?", "--initiator", "x"], &["no role `x`", "chief, clerk, guard, porter"]);
    check(&["approve"], &["<ID>"]);
    check(&["approve", "7"], &["apr-1", "dec-1"]);
    check(&["approve", "apr-1"], &["CODE is missing", "echo-org approvals"]);
    check(&["approve", "apr-1", "1234"], &["8 letters and digits"]);
    check(&["reject", "apr-1"], &["--note"]);
    check(&["tools", "boss"], &["no role `boss`", "chief, clerk, guard, porter"]);
    check(&["tool", "boss", "x"], &["no role `boss`", "chief, clerk, guard, porter"]);
    check(&["tool", "clerk", "x"], &["clerk has no tool `x`"]);
    check(&["train", "--all", "locks"], &["cannot be used with"]);
    check(&["memories", "lock", "--tag", "x"], &["cannot be used with"]);
    check(&["replay", "--session", "last"], &["ses-1"]);
    check(&["approvals", "--store", ""], &["--store"]);
    check(&["agents", "boss"], &["no role `boss`", "chief, clerk, guard, porter"]);
    check(&["messages", "boss"], &["no role `boss`", "chief, clerk, guard, porter"]);
    check(&["messages", "msg-0"], &["`msg-0`", "msg-1"]);
    check(&["messages", "--unread"], &["<ROLE|ID>"]);
    check(&["messages", "msg-1", "--unread"], &["--unread", "of a role"]);
    check(&["messages", "--limit", "0"], &["0", "1..=1000"]);
    check(&["messages", "--limit", "1001"], &["1001", "1..=1000"]);
    check(&["decisions", "--before", "msg-3"], &["msg-3", "dec-1"]);
    check(&["decisions", "dec-1", "--status", "pending"], &["--status"]);
    check(&["decisions", "--status", "open"], &["open", "pending, approved, rejected, escalated"]);
    check(&["decisions", "three"], &["three", "dec-1"]);
    check(&["why"], &["<DECISION>"]);
    check(&["sessions", "dec-1"], &["dec-1", "ses-1"]);
    check(&["dead-letters", "boss"], &["no role `boss`"]);
    check(&["retry"], &["MESSAGE", "--agent", "--all"]);
    check(&["retry", "--all", "--agent", "clerk"], &["cannot be used with"]);
    check(&["retry", "--agent", "boss"], &["no role `boss`"]);
    check(&["send", "me"], &["<TO>", "--subject"]);
    check(&["send", "boss", "clerk", "--subject", "x"], &["FROM", "no role `boss`"]);
    check(&["send", "me", "boss", "--subject", "x"], &["TO", "the roles are chief", "messages:all"]);
    check(&["send", "me", "clerk", "--subject", " "], &["--subject", "it says nothing"]);
    check(&["send", "me", "clerk", "--subject", &"x".repeat(256)], &["--subject", "256"]);
    check(&["send", "me", "clerk", "--subject", "x", "--content", "7"], &["JSON object"]);
    check(&["send", "me", "clerk", "--subject", "x", "--text", "a", "--content", "{}"], &["cannot be used"]);
    check(&["send", "me", "clerk", "--subject", "x", "--kind", "shout"], &["shout", "request, response"]);
    check(&["scenarios", "show", "lock"], &["no scenario `lock`", "locks, desks"]);
    check(&["scenarios", "new", "My Own"], &["`My Own`", "lower-case"]);
    check(&["completions", "tcsh"], &["tcsh", "bash"]);
    assert_eq!(home.files(), Vec::<String>::new());
}

#[test]
fn scenario_files_are_read_with_a_bound() {
    let home = Home::new();
    let check = |content: &[u8], code: u8, words: &str| {
        let file = home.path().join("mine.yaml");
        std::fs::write(&file, content).unwrap();
        let run = home.run(&["train", file.to_str().unwrap(), "--virtual-time", "--quiet"]);
        assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(words), "{}", run.stderr);
    };
    check(LOCKS.as_bytes(), 0, "");
    check(b"name: [", USAGE, "mine.yaml:1:");
    check(b"name: \xff", USAGE, "it is not UTF-8 text, from byte 7 on");
    check(&vec![b'#'; 256 * 1024 + 1], USAGE, "it has more than 262144 bytes");
}

#[test]
fn who_only_reads_makes_no_store() {
    let home = Home::new();
    for line in [
        &["approvals"] as &[&str],
        &["replay"],
        &["approve", "apr-1", "0000-0000"],
        &["reject", "dec-1", "0000-0000", "--note", "no"],
        &["memories"],
        &["status"],
        &["agents"],
        &["agents", "clerk"],
        &["messages"],
        &["messages", "msg-1"],
        &["decisions"],
        &["decisions", "dec-1"],
        &["why", "dec-1"],
        &["sessions"],
        &["sessions", "ses-1"],
        &["delegations"],
        &["delegations", "del-1"],
        &["dead-letters"],
        &["retry", "--all"],
        &["send", "me", "clerk", "--subject", "Hello"],
        &["report"],
    ] {
        let run = home.run(line);
        assert_eq!((run.code, run.stdout.as_str()), (FAILURE, ""), "{line:?}");
        assert!(run.stderr.starts_with("error: there is no store at "), "{}", run.stderr);
    }
    assert!(!home.path().join("echo-org").exists());
    let run = run_in(Surroundings::default(), &["replay"]);
    assert_eq!(run.code, FAILURE);
    assert!(run.stderr.contains("HOME is not set; name a file with --store"), "{}", run.stderr);
}

#[test]
fn a_fresh_start_moves_a_store_aside() {
    let home = Home::new();
    let fresh = ["train", "--virtual-time", "--fresh", "--quiet", "--json"];
    let first = home.run(&fresh);
    assert_eq!((first.code, first.stderr.as_str()), (0, ""));
    let second = home.run(&fresh);
    assert!(second.stderr.contains("org.redb.before-1"), "{}", second.stderr);
    assert_eq!(
        first.json()["hash"],
        second.json()["hash"],
        "equal seeds on empty stores give equal journals"
    );
    let beside = ["org.redb.before-1", "org.redb.before-1.sessions", "org.redb.lock", "org.redb.sessions"];
    assert_eq!(home.files(), [&["org.redb"], beside.as_slice()].concat());
    // What was moved aside is whole.
    let aside = home.store().with_file_name("org.redb.before-1");
    let replayed = home.run(&["replay", "--store", aside.to_str().unwrap(), "--json"]).json();
    assert_eq!(replayed["recorded_hash"], first.json()["hash"]);
    // The clock of a store is not changed by an oversight.
    let run = home.run(&["train"]);
    assert_eq!(run.code, FAILURE);
    assert!(run.stderr.contains("--virtual-time"), "{}", run.stderr);
}

#[test]
fn other_seeds_give_other_orders_and_equal_ones_the_same() {
    let hash = |seed: &str| {
        let line = ["train", "--virtual-time", "--seed", seed, "--json"];
        Home::new().run(&line).json()["hash"].to_string()
    };
    assert_eq!(hash("3"), hash("3"));
    assert_ne!(hash("3"), hash("4"));
}

#[test]
fn unknown_sessions_and_decisions_are_told_with_what_there_is() {
    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    let check = |line: &[&str], words: &[&str]| {
        let told = home.tells(line, FAILURE);
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
    };
    check(&["replay", "--session", "ses-9"], &["no session ses-9", "ses-1 (New locks for the archive)"]);
    check(&["report", "ses-9"], &["no session ses-9", "ses-1 (New locks for the archive)"]);
    check(&["approve", "dec-9", "0000-0000"], &["no decision dec-9", "approvals"]);
    check(&["approve", "apr-9", "0000-0000"], &["apr-9", "approvals"]);
}

/// Goal: a step that is decided otherwise today is named. Method: the company's rules are changed behind the journal's
/// back, by a journal entry whose reply is another.
#[test]
fn a_step_that_differs_is_named() {
    use echo_storage::{Effect, Input, OpenOptions, Store};

    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    let store = Store::open(&home.store(), &OpenOptions::default()).unwrap();
    let mut batch = store.batch().unwrap();
    let now = batch.head().now;
    let mut draft = batch.draft(now);
    draft.emit(Effect::Reply("\"forged\"".to_owned())).unwrap();
    let finished = draft.finish();
    let input = Input::Configure(company().config().clone());
    let step = batch.append(input, None, finished).unwrap().step;
    store.commit(batch).unwrap();
    drop(store);

    let text = home.run(&["replay"]);
    assert_eq!((text.code, text.stdout.as_str()), (FAILURE, ""));
    assert!(text.stderr.starts_with(&format!("error: step {step} differs")), "{}", text.stderr);
    let json = home.run(&["replay", "--json"]);
    assert_eq!(json.code, FAILURE);
    assert_eq!((&json.json()["equal"], &json.json()["difference"]["step"]), (&false.into(), &step.into()));
}
