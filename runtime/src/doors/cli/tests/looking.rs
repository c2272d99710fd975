//! The commands that look: what they tell of a store in which something has happened.

use super::*;

/// A home in which three sessions have been played: one waits for a person, one was approved, one was incomplete.
fn lived_in() -> Home {
    let home = Home::new();
    let _ = home.tells(&["train", "--virtual-time", "--quiet"], 0);
    let _ = home.tells(&["train", "desks", "--virtual-time", "--quiet"], 1);
    let bare = LOCKS.replace("  impact: Nobody enters the archive unseen.\n", "");
    let bare = bare.split("expect:").next().unwrap().replace("New locks for every", "Locks for one");
    let file = home.path().join("bare.yaml");
    std::fs::write(&file, bare).unwrap();
    let _ = home.tells(&["train", file.to_str().unwrap(), "--virtual-time", "--quiet"], 0);
    home
}

#[test]
fn lists_read_well() {
    let home = lived_in();
    insta::assert_snapshot!("agents", home.tells(&["agents"], 0));
    insta::assert_snapshot!("agent", home.tells(&["agents", "clerk"], 0));
    insta::assert_snapshot!("messages", home.tells(&["messages", "--limit", "5"], 0));
    insta::assert_snapshot!("messages_of_role", home.tells(&["messages", "guard", "--limit", "4"], 0));
    insta::assert_snapshot!("message", home.tells(&["messages", "msg-2"], 0));
    insta::assert_snapshot!("decisions", home.tells(&["decisions"], 0));
    insta::assert_snapshot!("decision", home.tells(&["decisions", "dec-1"], 0));
    insta::assert_snapshot!("sessions", home.tells(&["sessions"], 0));
    insta::assert_snapshot!("session", home.tells(&["sessions", "ses-2"], 0));
    insta::assert_snapshot!("scenarios", home.tells(&["scenarios"], 0));
    assert_eq!(home.tells(&["messages", "chief", "--unread"], 0), "chief has no unread mail");
    assert_eq!(home.tells(&["decisions", "--status", "pending"], 0), "no decision is pending");
    assert_eq!(home.tells(&["dead-letters"], 0), "no message was given up");
    assert_eq!(home.tells(&["scenarios", "show", "locks"], 0), LOCKS.trim_end());
}

#[test]
fn the_way_to_an_outcome_reads_as_an_argument() {
    let home = lived_in();
    insta::assert_snapshot!("why_escalated", home.tells(&["why", "dec-1"], 0));
    insta::assert_snapshot!("why_approved", home.tells(&["why", "dec-2"], 0));
    insta::assert_snapshot!("why_incomplete", home.tells(&["why", "dec-3"], 0));
    let _ = home.tells(&["reject", "apr-1", &home.code("apr-1"), "--note", "not this year"], 0);
    insta::assert_snapshot!("why_person", home.tells(&["why", "dec-1"], 0));
}

#[test]
fn status_fits_on_a_screen() {
    let home = lived_in();
    let status = home.tells(&["status"], 0);
    assert!(status.lines().count() <= 24, "{status}");
    let is_steady = |line: &&str| !line.starts_with("  organisation") && !line.starts_with("  size");
    let steady: Vec<&str> = status.lines().filter(is_steady).collect();
    insta::assert_snapshot!("status", steady.join("\n"));
    let json = home.run(&["status", "--json"]).json();
    let file = std::fs::metadata(home.store()).unwrap().len();
    assert_eq!((&json["file_bytes"], &json["clock"]), (&file.into(), &"virtual".into()));
    assert_eq!(json["decisions"]["escalated"], 1);
    assert_eq!(json["waiting"][0]["approval"], "apr-1");
    assert_eq!((&json["interrupted"], &json["resume"]), (&serde_json::json!([]), &serde_json::Value::Null));
}

#[test]
fn pages_follow_each_other() {
    let home = lived_in();
    let check = |command: &[&str], rows: &str, id: &str| {
        let all = home.run(&[command, &["--json"]].concat()).json();
        assert_eq!(all["next"], serde_json::Value::Null, "{command:?}");
        let (mut paged, mut before) = (Vec::new(), None::<String>);
        loop {
            let mut line = [command, &["--json", "--limit", "2"]].concat();
            if let Some(before) = &before {
                line.extend(["--before", before]);
            }
            let page = home.run(&line).json();
            paged.extend(page[rows].as_array().unwrap().clone());
            // The text names the command that shows what the JSON calls next.
            line.retain(|word| *word != "--json");
            let text = home.run(&line).stdout;
            before = page["next"].as_str().map(str::to_owned);
            let Some(next) = &before else {
                assert!(!text.contains("more:"), "{text}");
                break;
            };
            let more = format!("more: echo-org {} --limit 2 --before {next}\n", command.join(" "));
            assert!(text.ends_with(&more), "{text}");
            assert_eq!(*next, paged.last().unwrap()[id]);
        }
        assert!(paged.len() > 2, "{command:?}");
        assert_eq!(serde_json::Value::Array(paged), all[rows], "{command:?}");
    };
    check(&["messages"], "messages", "message");
    check(&["messages", "guard"], "messages", "message");
    check(&["decisions"], "decisions", "decision");
    check(&["sessions"], "sessions", "session");
}

/// Goal: what one role is told of is what it sent or what reaches it. Method: the list of each role is compared with
/// the deliveries of each message.
#[test]
fn the_messages_of_a_role_are_those_that_name_it() {
    let home = lived_in();
    let ids = |line: &[&str]| -> Vec<String> {
        let list = home.run(&[line, &["--json", "--limit", "1000"]].concat()).json();
        let rows = list["messages"].as_array().unwrap().iter();
        rows.map(|row| row["message"].as_str().unwrap().to_owned()).collect()
    };
    let all = ids(&["messages"]);
    for role in ["chief", "clerk", "guard", "porter"] {
        let concerns = |id: &&String| {
            let message = home.run(&["messages", id, "--json"]).json();
            let reached = message["deliveries"].as_array().unwrap();
            message["from"] == role || reached.iter().any(|one| one["role"] == role)
        };
        let expected: Vec<&String> = all.iter().filter(concerns).collect();
        let found = ids(&["messages", role]);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{role}");
        assert!(!found.is_empty() && found.len() < all.len(), "{role}");
    }
}

#[test]
fn what_is_not_there_is_told_with_what_there_is() {
    let home = lived_in();
    let check = |line: &[&str], words: &str| {
        let told = home.tells(line, FAILURE);
        assert!(told.contains(words), "{told}");
        // The same for programs: one object, and nothing where the answer would have been.
        let run = home.run(&[line, &["--json"]].concat());
        let failure: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
        assert_eq!(failure["error"]["kind"], "failure", "{failure}");
        assert!(failure["error"]["message"].as_str().unwrap().contains(words), "{failure}");
        assert_eq!((run.code, run.stdout.as_str()), (FAILURE, ""));
    };
    check(&["decisions", "dec-9"], "there is no dec-9; the latest is dec-3");
    check(&["why", "dec-9"], "there is no dec-9; the latest is dec-3");
    check(&["sessions", "ses-9"], "there is no ses-9; the latest is ses-3");
    check(&["messages", "msg-900"], "there is no msg-900; the latest is msg-");
    let run = home.run(&["agents", "boss", "--json"]);
    let failure: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((run.code, &failure["error"]["kind"]), (USAGE, &"usage".into()));
}

#[test]
fn a_session_can_be_reported_again() {
    let home = Home::new();
    let report = home.run(&["train", "--virtual-time", "--json"]).json();
    let mut again = home.run(&["sessions", "ses-1", "--json"]).json();
    again["duration_ms"] = report["duration_ms"].clone();
    assert_eq!(again, report);
}

#[test]
fn a_template_parses_and_plays_as_it_is() {
    let home = Home::new();
    let file = home.path().join("mine.yaml");
    let file = file.to_str().unwrap();
    let line = ["scenarios", "new", "mine", "--output", file];
    assert!(home.tells(&line, 0).contains("echo-org train HOME/mine.yaml"));
    insta::assert_snapshot!("template", std::fs::read_to_string(file).unwrap());
    assert!(home.tells(&line, FAILURE).contains("is there already and was left as it is"));
    let session = home.run(&["train", file, "--virtual-time", "--json"]);
    assert_eq!((session.code, session.stderr.as_str()), (0, ""));
    let session = session.json();
    assert_eq!(session["tally"]["participants"], 2, "{session:#}");
    assert_eq!(session["decision"]["status"], "approved");
}

/// Goal: shells and manuals know every command and option. Method: each of the parser's own is looked for.
#[test]
fn scripts_and_manuals_hold_every_command_and_option() {
    let home = Home::new();
    let mut command = command(&company());
    command.build();
    let names = names_of(&command);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = home.run(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(!run.stdout.contains('\u{fffd}'), "{shell}");
        for name in names.iter().flat_map(|name| name.split(' ')).chain(["resume", "limit", "unread"]) {
            assert!(run.stdout.contains(name), "{shell}: {name}");
        }
    }
    let pages = home.path().join("man");
    let run = home.run(&["man", "--output", pages.to_str().unwrap(), "--json"]);
    assert_eq!(
        run.json()["files"].as_array().unwrap().len(),
        1 + names.iter().filter(|name| of_us(name)).count()
    );
    let check = |path: &str, command: &clap::Command| {
        let page = std::fs::read_to_string(pages.join(format!("{path}.1"))).unwrap().replace("\\-", "-");
        let shown = command.get_arguments().filter(|option| !option.is_hide_set());
        for option in shown.filter_map(clap::Arg::get_long) {
            assert!(page.contains(&format!("--{option}")), "{path}: {option}");
        }
        for one in command.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "help") {
            assert!(page.contains(one), "{path}: {one}");
        }
    };
    check("echo-org", &command);
    for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
        check(&format!("echo-org-{}", one.get_name()), one);
    }
    let main = home.run(&["man"]).stdout;
    assert!(main.contains(".TH echo-org 1") && main.contains("Exit codes"), "{main}");
}

/// Whether a command is one of ours, and not the parser's own help.
fn of_us(name: &str) -> bool {
    !name.split(' ').any(|word| word == "help")
}
