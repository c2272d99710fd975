//! What processes have open, as Linux tells in `/proc`. Elsewhere nobody has anything open, and [`ARE_KNOWN`] says so.
//!
//! What always holds: a process that ends while it is looked at has nothing open.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Whether this system tells what processes have open.
pub const ARE_KNOWN: bool = cfg!(target_os = "linux");

/// What stands before a socket's number where a process has one open.
const SOCKET: &str = "socket:[";

/// The processes that have this file open.
pub fn with_file(path: &Path) -> BTreeSet<u32> {
    others().filter(|pid| opened(*pid).iter().any(|open| open == path)).collect()
}

/// The processes, besides this one, that have a file below this directory open.
pub fn with_files_below(directory: &Path) -> BTreeSet<u32> {
    others().filter(|pid| opened(*pid).iter().any(|open| open.starts_with(directory))).collect()
}

/// The processes that run this program in this directory.
pub fn running(program: &Path, directory: &Path) -> BTreeSet<u32> {
    let is = |pid: u32, what: &str, path: &Path| {
        std::fs::read_link(format!("/proc/{pid}/{what}")).is_ok_and(|found| found == path)
    };
    others().filter(|pid| is(*pid, "exe", program) && is(*pid, "cwd", directory)).collect()
}

/// The numbers of the sockets of TCP that a process has: those it listens on, and connections.
pub fn tcp_sockets(pid: u32) -> BTreeSet<u64> {
    let all: BTreeSet<u64> =
        ["tcp", "tcp6"].into_iter().flat_map(|table| system_tcp_sockets(pid, table)).collect();
    let sockets = opened(pid)
        .into_iter()
        .filter_map(|open| open.to_str()?.strip_prefix(SOCKET)?.strip_suffix(']')?.parse().ok());
    sockets.filter(|socket| all.contains(socket)).collect()
}

/// The processor time that a process has taken so far, in hundredths of a second, as Linux counts.
pub fn ticks(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in parentheses, may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(number(11)? + number(12)?)
}

/// A figure of a process's status, in kibibytes, such as `VmRSS`.
pub fn memory_kib(pid: u32, name: &str) -> Option<u32> {
    figure_kib(pid, "status", name)
}

/// What a process takes in memory, in kibibytes, where what several processes share counts for each in part.
pub fn share_kib(pid: u32) -> Option<u32> {
    figure_kib(pid, "smaps_rollup", "Pss")
}

/// What a process has in memory for itself alone, in kibibytes.
pub fn own_kib(pid: u32) -> Option<u32> {
    let figure = |name| figure_kib(pid, "smaps_rollup", name);
    Some(figure("Private_Clean")? + figure("Private_Dirty")?)
}

fn figure_kib(pid: u32, file: &str, name: &str) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// What a process has open: files by their paths, others by their names.
fn opened(pid: u32) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    entries.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()).collect()
}

fn others() -> impl Iterator<Item = u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten();
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != std::process::id())
}

fn system_tcp_sockets(pid: u32, table: &str) -> Vec<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
    text.lines().skip(1).filter_map(|line| line.split_whitespace().nth(9)?.parse().ok()).collect()
}
