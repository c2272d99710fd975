//! Many bridges around one store, and what becomes of them when its runtime dies.

use std::collections::BTreeSet;
use std::process::Command;

use echo_storage::clock::Stopwatch;
use echo_tests::mcp::Stdio;
use echo_tests::{Home, RUN_LIMIT, processes};
use serde_json::json;

use super::{ROLES, allocation, names};

/// What a bridge may take in memory, in kibibytes.
struct Bounds {
    /// Where pages that several share count in part, with nine of them.
    share: u32,
    /// What it has for itself alone.
    own: u32,
    /// All of it, pages of the program that others share included.
    resident: u32,
}

/// How many kibibytes a megabyte is, nearly.
const MEGABYTE_KIB: u32 = 1_000 * 1_000 / 1_024;

/// The bounds of the program as users run it. How much of its code is resident depends on how the system has the file in
/// memory: up to a third more was seen than in the usual case. One that is built for tests has larger code and more of it to touch.
const BOUNDS: Bounds = if cfg!(debug_assertions) {
    Bounds { share: 6 * MEGABYTE_KIB, own: 4 * MEGABYTE_KIB, resident: 28 * MEGABYTE_KIB }
} else {
    Bounds { share: 3 * MEGABYTE_KIB, own: 2 * MEGABYTE_KIB, resident: 10 * 1_024 }
};

/// The process that has the store open.
fn runtime(home: &Home) -> u32 {
    let about = home.run(&["doctor", "--json"]);
    let holders = processes::with_file(&home.store());
    assert_eq!(holders.len(), 1, "one process has the store open: {holders:?} {}", about.told());
    *holders.first().unwrap()
}

/// Ends a process at once, and waits until it has ended.
fn kill(pid: u32) {
    let status = Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    assert!(status.success());
    // It is another's child, so its end is looked for: the last of its threads has closed what was open.
    let is_there = || {
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        threads > 1 || (threads == 1 && !state.contains(") Z "))
    };
    let stopwatch = Stopwatch::new();
    while is_there() {
        assert!(stopwatch.elapsed() < RUN_LIMIT, "process {pid} does not end");
        std::thread::yield_now();
    }
}

/// Goal: nine clients on a cold store share one runtime, take little, and outlive it. Method: nine bridges at once; the
/// processes that have the store open are counted; the runtime is killed under all of them, twice.
#[test]
fn nine_bridges_share_a_runtime_and_outlive_it() {
    let home = Home::sharing();
    let mut bridges: Vec<Stdio> = ROLES.iter().map(|role| Stdio::start(&home, &["--role", role])).collect();
    let opening: Vec<u64> = bridges
        .iter_mut()
        .map(|bridge| {
            let introduction = echo_tests::mcp::introduction(echo_tests::mcp::HANDSHAKE, &json!({}));
            bridge.begin("initialize", &introduction)
        })
        .collect();
    for (bridge, id) in bridges.iter_mut().zip(opening) {
        assert!(bridge.answer(id).get("result").is_some());
        bridge.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    }
    for bridge in &mut bridges {
        assert!(names(&bridge.ask("tools/list", &json!({}))).contains(&"decision_status"));
    }
    if !processes::ARE_KNOWN {
        return;
    }
    let mut runtimes = BTreeSet::from([runtime(&home)]);
    for _ in 0..2 {
        kill(*runtimes.last().unwrap());
        for (bridge, role) in bridges.iter_mut().zip(ROLES) {
            let status = bridge.call("decision_status", &json!({ "decision": "dec-1" }));
            assert!(status["content"][0]["text"].as_str().is_some(), "{role}: {status}");
        }
        let ceo = &mut bridges[0];
        let done = ceo.call("allocate_budget", &allocation(10));
        assert_eq!(done["structuredContent"]["status"], "approved", "{done}");
        assert!(runtimes.insert(runtime(&home)), "another runtime");
    }
    assert_eq!(processes::with_file(&home.store()).len(), 1);
}

/// Goal: a bridge takes less than ten megabytes, nine of them less than three each, and each less than two of its own. Method:
/// nine of them, after each has carried a list and a call.
#[test]
fn a_bridge_takes_little() {
    let home = Home::sharing();
    let mut bridges: Vec<Stdio> = ROLES.iter().map(|role| Stdio::ready(&home, &["--role", role])).collect();
    for bridge in &mut bridges {
        assert!(names(&bridge.ask("tools/list", &json!({}))).len() > 10);
        assert_eq!(bridge.call("recall", &json!({ "words": "vendor" }))["isError"], false);
    }
    if !processes::ARE_KNOWN {
        return;
    }
    for bridge in &bridges {
        let pid = bridge.pid();
        let taken = (processes::share_kib(pid), processes::own_kib(pid), processes::memory_kib(pid, "VmRSS"));
        let (Some(share), Some(own), Some(resident)) = taken else {
            panic!("{pid} tells nothing: {taken:?}")
        };
        println!("a bridge: {share} KiB in part, {own} KiB of its own, {resident} KiB resident");
        assert!(share < BOUNDS.share && own < BOUNDS.own && resident < BOUNDS.resident, "{taken:?}");
    }
}

/// Goal: a call under a key whose runtime dies before it answers is answered by the bridge, and may be made again. Method: a
/// runtime that is stopped cannot answer; it is killed with the call on its way.
#[test]
fn a_call_whose_runtime_dies_may_be_made_again_under_its_key() {
    let home = Home::sharing();
    let mut ceo = Stdio::ready(&home, &["--role", "ceo"]);
    assert!(!names(&ceo.ask("tools/list", &json!({}))).is_empty());
    if !processes::ARE_KNOWN {
        return;
    }
    let pid = runtime(&home);
    let status = Command::new("kill").args(["-STOP", &pid.to_string()]).status().unwrap();
    assert!(status.success());
    let call = json!({
        "name": "allocate_budget", "arguments": allocation(10), "_meta": { "echo-org/key": "one" },
    });
    let id = ceo.begin("tools/call", &call);
    kill(pid);
    let lost = ceo.answer(id);
    // Where it died before it had the request, the next one has answered it.
    if lost.get("result").is_none() {
        assert_eq!(lost["error"]["data"]["retry"], true, "{lost}");
        assert!(lost["error"]["message"].as_str().unwrap().contains("ask again"), "{lost}");
        let done = ceo.ask("tools/call", &call);
        assert_eq!(done["structuredContent"]["decision"], "dec-1", "{done}");
    }
}

/// Goal: who asks where there never is a runtime is told why, and not to ask again. Method: a process that does everything
/// itself, and a store that lives by virtual time, of which the process that was to start a runtime says so.
#[test]
fn a_store_without_a_runtime_is_told_to_whoever_asks() {
    let virtual_store = Home::sharing();
    let _ = virtual_store.run(&["train", "--virtual-time", "--quiet"]).exits(0);
    for home in [Home::default(), virtual_store] {
        let mut client = Stdio::start(&home, &["--role", "ceo"]);
        let told = client.message("initialize", &echo_tests::mcp::introduction("2025-11-25", &json!({})));
        assert!(told["error"]["message"].as_str().unwrap().contains("ECHO_IN_PROCESS"), "{told}");
        assert_eq!(told["error"]["data"]["retry"], false, "{told}");
    }
}
