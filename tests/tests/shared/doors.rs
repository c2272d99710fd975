//! Where the runtime is, who may use it, and what people do with it.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use echo_tests::{Home, Running, processes};

use super::bare::greet;
use super::{SLOW_MS, address, address_of, client, cold, one_has_it_open, pid, until};

#[test]
fn serving_and_stopping_twice() {
    let (home, _) = cold();
    let mut serving = Running::new(&home, &["serve"]);
    serving.reaches("process ");
    let told = format!("is served by process {} already; `echo-org stop` ends that", serving.pid());
    let _ = home.run(&["serve"]).exits(1).says(&[&told]);
    one_has_it_open(&home);
    let stopped = home.run(&["stop"]).exits(0);
    assert_eq!(stopped.stdout, format!("stopped process {}\n", serving.pid()));
    let _ = serving.ends().exits(0).says(&["stopped"]);
    let again = home.run(&["stop"]).exits(0);
    assert_eq!(again.stdout, "no runtime has this store open\n");
    let _ = home.run(&["train", "--fresh", "--quiet"]).exits(0);
}

#[test]
fn what_needs_the_store_for_itself_says_who_has_it() {
    let (home, _) = cold();
    let _ = home.run(&["send", "me", "ceo", "--subject", "hello"]).exits(0);
    let process = format!("in use by process {}", pid(&home));
    let _ = home.run(&["train", "--fresh"]).exits(1).says(&[&process, "`echo-org stop`"]);
    let _ = home.run(&["train", "--pace", "1"]).exits(1).says(&[&process, "`echo-org stop`"]);
}

/// Goal: everybody who watches sees the same, and going away ends nothing. Method: the lines of the one who started the
/// session and of one who came later are compared; then one who started another one is interrupted.
#[test]
fn whoever_watches_sees_the_same_and_may_go_away() {
    let home = Home::sharing();
    let scenario = super::scenario_in(&home);
    let mut serving = Running::new(&home, &["serve", "--pace", "700"]);
    serving.reaches("process ");
    let mut training = Running::new(&home, &["train", &scenario]);
    training.reaches("9 agents ready");
    let watched = Running::new(&home, &["watch"]).ends().exits(0);
    let told = training.ends().exits(0);
    let (lines, last) = watched.stdout.split_once("\n\n").unwrap();
    assert_eq!(last, "ses-1 has ended; `echo-org sessions ses-1` gives its report\n");
    assert!(told.stdout.starts_with(&format!("{lines}\n\n")), "{}\n--- and\n{lines}", told.stdout);
    assert!(lines.lines().count() > 10, "{lines}");
    let _ = home.run(&["watch"]).exits(1).says(&["no session is being played"]);
    let _ = home.run(&["stop"]).exits(0);

    let mut serving = Running::new(&home, &["serve", "--pace", SLOW_MS]);
    serving.reaches("process ");
    let mut training = Running::new(&home, &["train", &scenario]);
    training.reaches("9 agents ready");
    training.signal("-INT");
    let goes_on = format!(
        "ses-2 goes on in the runtime, process {}; watch it with: echo-org watch ses-2",
        serving.pid()
    );
    let _ = training.ends().exits(130).says(&[&goes_on]);
    assert_eq!(client(&home).about().unwrap().playing, 1);
    let mut watching = Running::new(&home, &["watch", "ses-2"]);
    watching.reaches("9 agents ready");
    watching.signal("-TERM");
    let _ = watching.ends().exits(0).says(&["ses-2 goes on"]);
    assert_eq!(client(&home).about().unwrap().playing, 1);
}

/// Goal: whoever goes away before his session began has none. Method: one session stands still, a second client waits
/// behind it and is killed; then the first session is ended.
#[test]
fn a_session_that_nobody_waits_for_any_more_is_not_begun() {
    let home = Home::sharing();
    let scenario = super::scenario_in(&home);
    let mut serving = Running::new(&home, &["serve", "--pace", "300"]);
    serving.reaches("process ");
    let mut first = Running::new(&home, &["train", &scenario]);
    first.reaches("9 agents ready");
    let second = Running::new(&home, &["train", &scenario]);
    let watcher = client(&home);
    until("the second waits", || watcher.about().unwrap().playing == 2);
    drop(second);
    let _ = first.ends().exits(0);
    until("nothing is played", || watcher.about().unwrap().playing == 0);
    assert_eq!(super::stages(&home), ["start", "end"]);
}

#[test]
fn the_socket_and_the_token_are_for_their_owner() {
    let (home, _) = cold();
    let serving = Running::new(&home, &["serve", "--tcp", "0", "--idle-leave", "0", "--json"]);
    until("it listens", || echo_runtime::doors::socket::client::Client::greet(&address(&home)).is_ok());
    let address = address(&home);
    for file in [&address.socket, &address.token] {
        assert_eq!(
            std::fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
    let token = std::fs::read_to_string(&address.token).unwrap();
    assert!(token.len() >= 32, "{token}");
    let _ = home.run(&["stop"]).exits(0);
    let told = serving.ends().exits(0).json();
    assert_ne!(told["tcp_port"], 0, "{told}");

    let mut serving = Running::new(&home, &["serve", "--tcp", "0"]);
    let line = serving.reaches("process ");
    let (_, port) = line.trim().rsplit_once("127.0.0.1:").unwrap();
    let connect = || TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    assert_eq!(greet(&mut connect(), None)["answer"], "forbidden");
    assert_eq!(
        greet(&mut connect(), Some(&token))["answer"],
        "forbidden",
        "each runtime has a token of its own"
    );
    let token = std::fs::read_to_string(&address.token).unwrap();
    assert_eq!(greet(&mut connect(), Some(&token))["answer"], "talk");
    assert!(!processes::ARE_KNOWN || processes::tcp_sockets(serving.pid()).len() == 1);
}

#[test]
fn where_nothing_can_be_written_that_is_said() {
    let home = Home::sharing();
    // A directory that nobody may write into, not even the superuser.
    let nowhere = Path::new("/proc/echo-org/org.redb");
    let nowhere = nowhere.to_str().unwrap();
    let remedy = "name another store with --store";
    let _ = home.run(&["train", "--store", nowhere]).exits(1).says(&["cannot create the directory", remedy]);
    let _ = home
        .run(&["status", "--store", nowhere])
        .exits(1)
        .says(&["there is no store at", "name another with --store"]);

    let (home, _) = cold();
    let directory = home.store().parent().unwrap().to_owned();
    let _ = std::fs::remove_file(directory.join("org.redb.lock"));
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(directory.join("probe"), "").is_err() {
        let _ = home.run(&["send", "me", "ceo", "--subject", "hello"]).exits(1).says(&["org.redb"]);
        let _ = home.run(&["doctor"]).exits(1);
    } else {
        println!("SKIPPED: whoever runs this may write into any directory");
    }
    std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Goal: a store may lie deeper than a socket may. Method: one with a path of 300 bytes, and then a directory for short
/// sockets that is as deep.
#[test]
fn a_path_that_is_too_long_for_a_socket_is_none_for_a_store() {
    let home = Home::sharing();
    let deep = home.path().join("d".repeat(100)).join("e".repeat(100)).join("f".repeat(100));
    let store = deep.join("org.redb");
    let line = store.to_str().unwrap();
    let _ = home.run(&["train", "--quiet", "--store", line]).exits(0);
    let _ = home.run(&["status", "--store", line]).exits(0);
    let socket = address_of(&home, &store).socket;
    assert_eq!(socket.parent(), Some(home.path().join("echo-org").as_path()));
    assert_eq!(std::fs::metadata(socket.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    let doctor = home.run(&["doctor", "--store", line]).exits(0);
    assert!(doctor.stdout.contains("would have more than 103 bytes"), "{}", doctor.stdout);
    let stopped = home.run(&["stop", "--store", line]).exits(0);
    assert!(stopped.stdout.starts_with("stopped process "), "{}", stopped.stdout);
    assert!(!socket.exists());

    let mut command = home.command(&["send", "me", "ceo", "--subject", "hello", "--store", line]);
    let told = command.env("XDG_RUNTIME_DIR", &deep).output().unwrap();
    let told = (told.status.code(), String::from_utf8(told.stderr).unwrap());
    assert!(told.0 == Some(1) && told.1.contains("set XDG_RUNTIME_DIR to a directory"), "{told:?}");
}
