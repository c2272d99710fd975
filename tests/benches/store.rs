//! What the store and the runtime cost, beside what they replace and beside the disk.
//!
//! `cargo bench -p echo-tests --bench store` runs every case against PostgreSQL with Redis, against a bare database that
//! makes the same commits, and against the disk's own sync. A number is the length of a round in milliseconds, names are
//! the cases to run: `cargo bench -p echo-tests --bench store -- 200 broadcast decisions`. `history` runs all of it with up
//! to a million messages in the store and opens that store after ends of all kinds; `profile` tells where the time of a
//! step goes.
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
#[path = "store/history.rs"]
mod history;
#[path = "store/latency.rs"]
mod latency;
#[path = "store/options.rs"]
mod options;
#[path = "store/ours.rs"]
mod ours;
#[path = "store/pair.rs"]
mod pair;
#[path = "store/parts.rs"]
mod parts;
#[path = "store/profile.rs"]
mod profile;
#[path = "store/rates.rs"]
mod rates;
#[path = "store/sequence.rs"]
mod sequence;
#[path = "store/servers.rs"]
mod servers;
#[path = "store/table.rs"]
mod table;
#[path = "store/work.rs"]
mod work;

use std::path::Path;

use cases::{Bench, TURNS};
use options::{Mode, Options};
use servers::Servers;

// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often the disk's sync is timed for the heading.
const SYNCS: usize = 200;
/// How many bytes each of them makes durable.
const SYNC_BYTES: u64 = 4_096;
/// What the directory of a run is called.
const PREFIX: &str = "echo-bench-";

fn main() {
    let Options { mode, round_ms } = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("threads can be had");
    if let Mode::Part(part, store) = &mode {
        return parts::play(&runtime, part, store);
    }
    let directory = tempfile::Builder::new().prefix(PREFIX).tempdir();
    let directory = directory.expect("a temporary directory can be made");
    open_to_servers(directory.path());
    machine(directory.path());
    let mut bench =
        Bench { runtime, directory: directory.path().to_owned(), servers: None, round_ms, history: None };
    if matches!(mode, Mode::Profile) {
        return profile::profile(&bench);
    }
    bench.servers = servers(directory.path());
    println!("rounds of {round_ms} ms, {TURNS} of each side, which take turns; medians");
    match mode {
        Mode::Compare(names) => names.into_iter().for_each(|name| drop(bench.run(name))),
        _ => history::history(&mut bench),
    }
}

/// The servers of the pair, or why there are none.
fn servers(directory: &Path) -> Option<Servers> {
    match Servers::start(directory) {
        Ok(servers) => {
            println!("the pair: {}; their defaults, local sockets", servers.versions);
            Some(servers)
        }
        Err(reason) => {
            println!("SKIPPED: PostgreSQL and Redis: {reason}");
            None
        }
    }
}

/// Who runs PostgreSQL in place of root must get to its directory.
fn open_to_servers(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(directory, all).expect("a directory of ours can be opened to others");
}

/// Says on what all this is measured.
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
