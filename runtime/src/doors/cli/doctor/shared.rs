//! What `doctor` says of sharing: the runtime, its socket, its token and its log.
//!
//! What always holds: a runtime of another version is greeted and not asked to leave. Of a log a bounded end is read.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use super::kept::Lock;
use super::{Finding, Patient};
use crate::doors::cli::size;
use crate::doors::socket::address::{Address, MAX_SOCKET_BYTES};
use crate::doors::socket::client::{Client, ClientError};
use crate::doors::socket::protocol::{About, PROTOCOL, Welcome};

/// How much of the end of a log is read, in bytes.
const READ_LOG_BYTES: u64 = 64 * 1024;
/// A log that is larger than this is worth a word, in bytes.
const LARGE_LOG_BYTES: u64 = 16 * 1024 * 1024;
/// How much of a line of the log is shown, in characters.
const SHOWN_LINE_CHARS: usize = 160;
/// The bits of a mode by which anybody but the owner may do something.
const OTHERS: u32 = 0o077;

/// Who answers at the socket.
pub(super) enum Host {
    /// No socket is there.
    Nobody,
    /// A socket is there that nobody listens on.
    Stale,
    /// A runtime that this program can talk to.
    Up { welcome: Welcome, about: Box<About> },
    /// A runtime of another version.
    Other(Welcome),
    /// Somebody who does not answer as a runtime does.
    Silent(String),
}

impl Host {
    pub(super) fn of(address: &Address) -> Self {
        match Client::greet(address) {
            Ok((welcome, Some(client))) => match client.about() {
                Ok(about) => Self::Up { welcome, about: Box::new(about) },
                Err(error) => Self::Silent(error.to_string()),
            },
            Ok((welcome, None)) => Self::Other(welcome),
            Err(ClientError::Nobody(_)) if address.socket.symlink_metadata().is_ok() => Self::Stale,
            Err(ClientError::Nobody(_)) => Self::Nobody,
            Err(error) => Self::Silent(error.to_string()),
        }
    }

    /// The process that answers.
    pub(super) fn pid(&self) -> Option<u32> {
        match self {
            Self::Up { welcome, .. } | Self::Other(welcome) => Some(welcome.pid),
            Self::Nobody | Self::Stale | Self::Silent(_) => None,
        }
    }
}

pub(super) fn findings(patient: &Patient<'_, '_, '_>, lock: &Lock, host: &Host) -> Vec<Finding> {
    let mut findings = vec![runtime(patient, host), socket(&patient.address, lock, host)];
    findings.extend(token(&patient.address.token));
    findings.extend(log(&patient.address.log));
    findings
}

fn runtime(patient: &Patient<'_, '_, '_>, host: &Host) -> Finding {
    let stop = patient.place.command("stop");
    match host {
        Host::Nobody | Host::Stale => Finding::ok("runtime", "none is up; a command that acts starts one"),
        Host::Up { about, .. } => {
            let About { pid, version, up_ms, connections, playing, .. } = &**about;
            let found = format!(
                "process {pid}, version {version}, protocol {PROTOCOL}, up {} s, {} besides this one, {} played",
                up_ms / 1000,
                // This one is another than the one that asked.
                counted(connections.saturating_sub(1), "connection"),
                counted(*playing, "session"),
            );
            if version == env!("CARGO_PKG_VERSION") {
                Finding::ok("runtime", found)
            } else {
                Finding::warning(
                    "runtime",
                    found,
                    format!("`{stop}` lets the next command start one of this version"),
                )
            }
        }
        Host::Other(Welcome { protocol, pid, version, .. }) => {
            let found = format!(
                "process {pid}, version {version}, speaks protocol {protocol}, this program {PROTOCOL}"
            );
            let remedy = if *protocol > PROTOCOL {
                format!("use version {version}, or end it with its own `stop`")
            } else {
                "it leaves for a command of this version once it is idle; its own `stop` ends it at once"
                    .to_owned()
            };
            Finding::problem("runtime", found, remedy)
        }
        Host::Silent(why) => Finding::problem("runtime", why.as_str(), "end the process that holds the lock"),
    }
}

fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn socket(address: &Address, lock: &Lock, host: &Host) -> Finding {
    let shown = address.socket.display();
    let place = if address.is_short() {
        format!("{shown}, because a socket beside the store would have more than {MAX_SOCKET_BYTES} bytes")
    } else {
        shown.to_string()
    };
    if let Err(cause) = address.check() {
        return Finding::problem("socket", cause.to_string(), "a runtime does not listen before that");
    }
    let found = match std::fs::symlink_metadata(&address.socket) {
        Ok(found) => found,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return match lock {
                Lock::Held(_) => Finding::warning(
                    "socket",
                    format!("{shown} is not there, and the store is open"),
                    "commands cannot reach the process that has it: wait for it, or end it",
                ),
                Lock::Free { .. } | Lock::Unknown(_) => Finding::ok("socket", format!("will be {place}")),
            };
        }
        Err(cause) => {
            return Finding::problem(
                "socket",
                format!("cannot look at {shown}: {cause}"),
                "give yourself the right to",
            );
        }
    };
    if !found.file_type().is_socket() {
        let found = format!("{shown} is a file of another kind");
        return Finding::warning("socket", found, "move it: the next runtime puts its socket there");
    }
    let mode = found.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        let found = format!("{shown} has mode {mode:04o}, so others may use it");
        return Finding::problem("socket", found, format!("chmod 600 {shown}"));
    }
    if matches!(host, Host::Stale) {
        let found = format!("{shown} was left behind by a process that is gone");
        return Finding::ok("socket", format!("{found}; the next runtime replaces it"));
    }
    Finding::ok("socket", format!("{place}, mode {mode:04o}"))
}

/// What a host on TCP wants to be shown; most stores have none.
fn token(path: &Path) -> Option<Finding> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    let shown = path.display();
    Some(if mode & OTHERS == 0 {
        Finding::ok("token", format!("{shown}, mode {mode:04o}"))
    } else {
        let found = format!("{shown} has mode {mode:04o}, so others may read it");
        Finding::problem(
            "token",
            found,
            format!("remove it and start `serve --tcp` again, which makes another: rm {shown}"),
        )
    })
}

/// What runtimes in the background have said; none has where there is no log.
fn log(path: &Path) -> Option<Finding> {
    let (bytes, end) = match read_end(path) {
        Ok(read) => read,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return None,
        Err(cause) => {
            let found = format!("{} cannot be read: {cause}", path.display());
            return Some(Finding::warning("log", found, "give yourself the right to"));
        }
    };
    let found = format!("{}, {}", path.display(), size::shown(bytes));
    let errors: Vec<&str> = end.lines().filter(|line| is_error(line)).collect();
    Some(match errors.last() {
        Some(last) => {
            let last: String = last.chars().take(SHOWN_LINE_CHARS).collect();
            let found =
                format!("{found}, {} at its end, the last: {last}", counted(errors.len() as u64, "error"));
            Finding::warning("log", found, "read it; once that is settled the file may be removed")
        }
        None if bytes > LARGE_LOG_BYTES => {
            Finding::warning("log", found, "it may be removed while no runtime is up")
        }
        None => Finding::ok("log", format!("{found}, no error at its end")),
    })
}

/// Whether a line tells of an error: one of the runtime's, one that a command ended with, or a panic.
pub(super) fn is_error(line: &str) -> bool {
    line.starts_with("error:") || line.contains(" ERROR ") || line.contains("panicked at")
}

/// How large a file is, and its end.
fn read_end(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let bytes = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(bytes.saturating_sub(READ_LOG_BYTES)))?;
    let mut end = Vec::new();
    file.take(READ_LOG_BYTES).read_to_end(&mut end)?;
    Ok((bytes, String::from_utf8_lossy(&end).into_owned()))
}
