//! What the store and the runtime cost, beside what they replace and beside the disk.
//!
//! `cargo bench -p echo-tests --bench store` runs every case against PostgreSQL with Redis, against a bare database that
//! makes the same commits, and against the disk's own sync. A number is the length of a round in milliseconds, names are
//! the cases to run: `cargo bench -p echo-tests --bench store -- 200 broadcast decisions`.
//!
//! The files lie in the directory for temporary files, which `TMPDIR` names: it should be on a disk. A peer that is missing
//! is skipped aloud.
//!
//! A decision of ours does more than one of the pair's: each role says first whether it takes part, ballots have
//! confidence, facts and reasons, the initiator puts the count into words, and the outcome is remembered, counted to its
//! approver's record and told to everybody. How many steps and effects that takes is printed with its figures.
#![expect(clippy::expect_used, reason = "a benchmark that cannot measure says so and ends")]

#[path = "store/bare.rs"]
mod bare;
#[path = "store/cases.rs"]
mod cases;
#[path = "store/disk.rs"]
mod disk;
#[path = "store/ours.rs"]
mod ours;
#[path = "store/pair.rs"]
mod pair;
#[path = "store/servers.rs"]
mod servers;
#[path = "store/table.rs"]
mod table;
#[path = "store/work.rs"]
mod work;

use std::path::Path;

use cases::{Bench, NAMES, TURNS};
use servers::Servers;

/// How long a round takes, in milliseconds.
const DEFAULT_ROUND_MS: u64 = 1_000;
/// How often the disk's sync is timed for the heading.
const SYNCS: usize = 200;
/// How many bytes each of them makes durable.
const SYNC_BYTES: u64 = 4_096;

fn main() {
    let (mut round_ms, mut names) = (DEFAULT_ROUND_MS, Vec::new());
    // Cargo adds arguments of its own.
    for argument in std::env::args().skip(1).filter(|argument| argument != "--bench") {
        if let Ok(number) = argument.parse() {
            round_ms = number;
        } else if NAMES.contains(&argument.as_str()) {
            names.push(argument);
        } else {
            println!("no case `{argument}`: give a round's milliseconds, or of {}", NAMES.join(", "));
            return;
        }
    }
    let directory = tempfile::Builder::new().prefix("echo-bench-").tempdir();
    let directory = directory.expect("a temporary directory can be made");
    open_to_servers(directory.path());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be had");
    machine(directory.path());
    let servers = match Servers::start(directory.path()) {
        Ok(servers) => {
            println!("the pair: {}, their defaults, local sockets", servers.versions);
            Some(servers)
        }
        Err(reason) => {
            println!("SKIPPED: PostgreSQL and Redis: {reason}");
            None
        }
    };
    println!("rounds of {round_ms} ms, {TURNS} of each side, which take turns; medians");
    let bench = Bench { runtime, directory: directory.path().to_owned(), servers, round_ms };
    for name in NAMES.iter().filter(|name| names.is_empty() || names.iter().any(|one| one == **name)) {
        bench.run(name);
    }
}

/// Who runs PostgreSQL in place of root must get to its directory.
fn open_to_servers(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory, all).expect("a directory of ours can be opened to others");
}

fn machine(directory: &Path) {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let system = disk::file_system(directory).unwrap_or_else(|| "a file system unknown".to_owned());
    let path = directory.join("disk");
    let sync = table::median(&disk::Disk::create(&path).sync(SYNC_BYTES, SYNCS));
    let _ = std::fs::remove_file(path);
    println!(
        "machine: {cores} cores, {} {}, {system}; fdatasync of {SYNC_BYTES} bytes {sync:.3} ms (p50)",
        std::env::consts::OS,
        kernel.trim()
    );
}
