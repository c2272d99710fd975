//! How fast the released binary is: nine agents ready, the default session done, and the memory that takes.
//!
//! `cargo bench -p echo-tests --bench startup -- 50` makes fifty runs of each kind instead of twenty, each on a store
//! that does not exist yet. Time counts from before the process is spawned. Memory is read from runs of their own,
//! because reading it while time counts would take one of the cores.
#![expect(clippy::expect_used, reason = "a benchmark that cannot measure says so and ends")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use echo_storage::clock::Stopwatch;
use echo_tests::{Home, Program};

const DEFAULT_RUNS: usize = 20;

/// What the program prints when its agents can take messages.
const READY: &str = "agents ready";

/// What is aimed for, on two cores.
const READY_AIM_MS: f64 = 10.0;
const SESSION_AIM_MS: f64 = 200.0;
const MEMORY_AIM_MB: f64 = 30.0;

fn main() {
    // Cargo adds arguments of its own, which are no numbers.
    let runs = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let runs = runs.unwrap_or(DEFAULT_RUNS).max(1);
    let program = Program::released();
    // The first run reads the binary from the disk; that is the disk's time.
    session(program);
    let (ready, done): (Vec<f64>, Vec<f64>) = (0..runs).map(|_| session(program)).unzip();
    let memory = (0..runs).map(|_| peak_memory_mb(program)).collect();

    println!("{:<28}{:>12}{:>24}{:>12}   {runs} runs each", "", "median", "min .. max", "aim");
    report("start to nine agents ready", "ms", ready, READY_AIM_MS);
    report("default session, whole run", "ms", done, SESSION_AIM_MS);
    report("peak resident memory", "MB", memory, MEMORY_AIM_MB);
}

/// Runs the default session and says after how many milliseconds its agents were ready, and when it had ended.
fn session(program: Program) -> (f64, f64) {
    let home = Home::new(program);
    let watch = Stopwatch::new();
    let (mut child, output) = spawn(&home);
    let mut ready_ms = None;
    for line in output.lines() {
        let line = line.expect("the session can be listened to");
        if ready_ms.is_none() && line.contains(READY) {
            ready_ms = Some(watch.elapsed().as_secs_f64() * 1e3);
        }
    }
    finish(&mut child);
    let done_ms = watch.elapsed().as_secs_f64() * 1e3;
    (ready_ms.expect("the session says when its agents are ready"), done_ms)
}

/// Runs the default session and says how much memory it had at most, in megabytes.
fn peak_memory_mb(program: Program) -> f64 {
    let home = Home::new(program);
    let (mut child, mut output) = spawn(&home);
    // Nobody listens until it has ended, which its output is too short to be held up by.
    let path = format!("/proc/{}/status", child.id());
    let mut peak_kb: u32 = 0;
    // The line is gone when the process has given its memory back.
    while let Some(kb) = std::fs::read_to_string(&path).ok().as_deref().and_then(peak_of) {
        peak_kb = peak_kb.max(kb);
    }
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("the session can be listened to");
    finish(&mut child);
    f64::from(peak_kb) * 1024.0 / 1e6
}

/// The highest resident size that a process's status tells.
fn peak_of(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn spawn(home: &Home) -> (Child, BufReader<ChildStdout>) {
    let mut child = home.command(&["train"]).stdout(Stdio::piped()).spawn().expect("the program can be run");
    let output = child.stdout.take().expect("its output is piped");
    (child, BufReader::new(output))
}

fn finish(child: &mut Child) {
    let status = child.wait().expect("a child can be waited for");
    assert!(status.success(), "the default session ended with {status}");
}

fn report(what: &str, unit: &str, mut figures: Vec<f64>, aim: f64) {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    let (below, above) = figures.split_at(middle);
    let (Some(least), Some(most), Some(upper)) = (figures.first(), figures.last(), above.first()) else {
        return;
    };
    let median = match below.last() {
        Some(lower) if figures.len().is_multiple_of(2) => f64::midpoint(*lower, *upper),
        _ => *upper,
    };
    let verdict = if median <= aim { "within" } else { "above" };
    println!(
        "{what:<28}{:>12}{:>24}{:>12}   {verdict}",
        format!("{median:.1} {unit}"),
        format!("{least:.1} .. {most:.1} {unit}"),
        format!("{aim:.0} {unit}"),
    );
}
