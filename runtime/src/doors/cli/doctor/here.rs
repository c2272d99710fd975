//! What `doctor` says of this machine: the program, its environment, the directories and the disk.
//!
//! What always holds: a directory that is not there yet is looked at where it would be made.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};

use super::{Finding, Patient};
use crate::doors::cli::size;
use crate::doors::socket::protocol::PROTOCOL;

/// With less room than this a store that grows may soon fail to, in bytes.
const LITTLE_BYTES: u64 = 512 * 1024 * 1024;
/// With less room than this a session may fail, in bytes.
const TOO_LITTLE_BYTES: u64 = 16 * 1024 * 1024;

pub(super) fn findings(patient: &Patient<'_, '_, '_>) -> Vec<Finding> {
    let version = env!("CARGO_PKG_VERSION");
    let program = Finding::ok(
        "program",
        format!("version {version}, protocol {PROTOCOL}, process {}", std::process::id()),
    );
    vec![
        program,
        environment(patient),
        directory("directory", parent(&patient.address.store)),
        directory("sessions", &patient.place.sessions()),
        disk(parent(&patient.address.store)),
    ]
}

fn environment(patient: &Patient<'_, '_, '_>) -> Finding {
    let around = &patient.invocation.surroundings;
    let shown = |value: &OsStr| value.to_string_lossy().into_owned();
    let in_process = around.in_process.then(|| "ECHO_IN_PROCESS=1".to_owned());
    let variables = [
        ("ECHO_STORE", around.echo_store.as_deref()),
        ("XDG_DATA_HOME", around.data_home.as_deref()),
        ("XDG_RUNTIME_DIR", around.runtime_directory.as_deref()),
        ("HOME", around.home.as_deref()),
    ];
    let variables =
        variables.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", shown(value?))));
    let all: Vec<String> = in_process.into_iter().chain(variables).collect();
    let all = if all.is_empty() { "no variable that matters is set".to_owned() } else { all.join(", ") };
    let relative = |value: Option<&OsStr>| value.is_some_and(|value| Path::new(value).is_relative());
    if relative(around.data_home.as_deref()) {
        return Finding::warning(
            "environment",
            all,
            "XDG_DATA_HOME is no whole path and counts as not set: set a whole one",
        );
    }
    if relative(around.echo_store.as_deref()) && !patient.place.is_named() {
        let remedy = "ECHO_STORE means another store in each directory: set a whole path";
        return Finding::warning("environment", all, remedy);
    }
    if around.in_process {
        let remedy = "unset ECHO_IN_PROCESS so that commands share one runtime";
        return Finding::warning("environment", all, remedy);
    }
    Finding::ok("environment", all)
}

/// A directory that is written into.
fn directory(about: &'static str, wanted: &Path) -> Finding {
    let shown = wanted.display();
    let there = existing(wanted);
    if !there.is_dir() {
        let found = format!("{} is in the way of {shown}: it is no directory", there.display());
        return Finding::problem(about, found, "move it, or name another store with --store");
    }
    match access(&there, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if there == wanted => Finding::ok(about, format!("{shown} can be written into")),
        Ok(()) => Finding::ok(about, format!("{shown} is not there yet and can be made")),
        Err(cause) => {
            let found = format!("{} cannot be written into: {cause}", there.display());
            Finding::problem(about, found, "give yourself the right to, or name another store with --store")
        }
    }
}

fn disk(directory: &Path) -> Finding {
    let there = existing(directory);
    match statvfs(&there) {
        Ok(disk) if disk.f_blocks == 0 => Finding::warning(
            "disk",
            "this file system does not tell how much room it has",
            "see that there is some",
        ),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            room(free)
        }
        Err(cause) => Finding::warning(
            "disk",
            format!("how much room it has is not known: {cause}"),
            "see that there is some",
        ),
    }
}

/// What so much room means, in bytes.
pub(super) fn room(free: u64) -> Finding {
    let found = format!("{} left beside the store", size::shown(free));
    let remedy = "make room: a write that fails closes the store until the runtime is started again";
    match free {
        0..TOO_LITTLE_BYTES => Finding::problem("disk", found, remedy),
        TOO_LITTLE_BYTES..LITTLE_BYTES => Finding::warning("disk", found, remedy),
        _ => Finding::ok("disk", found),
    }
}

/// The directory, or the nearest one above it that is there.
fn existing(wanted: &Path) -> PathBuf {
    let there = wanted.ancestors().find(|path| path.symlink_metadata().is_ok());
    there.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
