//! Finding the host of a store, or starting one in the background.
//!
//! What always holds: however many processes look for a host at once, one is started, because whoever starts one holds a
//! lock until it listens. A host that was started in the background belongs to nobody: it outlives its starter, and what it
//! has to say goes to the log beside the store.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use echo_storage::clock;

use super::address::Address;
use super::client::{Client, ClientError, Found};

/// How long a host may take to listen, in milliseconds. Opening a large store after a kill is what takes longest.
pub const START_MS: u64 = 15_000;

/// How often to look whether it listens, in milliseconds.
const LOOK_EVERY_MS: u64 = 10;

/// How much of the end of a log is shown, in bytes.
const SHOWN_LOG_BYTES: u64 = 2_000;

/// Why there is no host.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is one, and it could not be talked to.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// It could not be started.
    #[error(
        "cannot {what} {path}: {cause}; a runtime needs to write there, so give it the right to or name another store with --store"
    )]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: String,
        /// Why not.
        cause: std::io::Error,
    },
    /// It was started and ended at once.
    #[error("the runtime that was started for {store} ended at once: {said}")]
    Ended {
        /// The store.
        store: String,
        /// What it said.
        said: String,
    },
    /// It was started and does not listen.
    #[error("the runtime that was started for {store} does not listen after {START_MS} ms; its log is {log}")]
    Silent {
        /// The store.
        store: String,
        /// Its log.
        log: String,
    },
}

/// The host of the store, if there is one.
///
/// # Errors
/// There is one, and it cannot be talked to.
pub fn find(address: &Address) -> Result<Option<Client>, ClientError> {
    match Client::connect(address) {
        Ok(Found::Host(client)) => Ok(Some(client)),
        Ok(Found::Left) | Err(ClientError::Nobody(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The host of the store; where there is none, one is started by running `program` with `arguments`, which must make it
/// serve at this address.
///
/// # Errors
/// There is one that cannot be talked to, or none could be started.
pub fn find_or_start(
    address: &Address,
    program: &Path,
    arguments: &[std::ffi::OsString],
) -> Result<Client, StartError> {
    if let Some(client) = find(address)? {
        return Ok(client);
    }
    if let Some(directory) = address.starting.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(failed("create the directory", directory))?;
    }
    let options =
        || File::options().create(true).truncate(false).write(true).mode(0o600).open(&address.starting);
    let lock = options().map_err(failed("open", &address.starting))?;
    let mut waited_ms = 0;
    while waited_ms < START_MS {
        match lock.try_lock() {
            Ok(()) => {
                // Somebody else may have started one before this got the lock.
                if let Some(client) = find(address)? {
                    return Ok(client);
                }
                return start(address, program, arguments);
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(cause)) => return Err(failed("lock", &address.starting)(cause)),
        }
        clock::pause_ms(LOOK_EVERY_MS);
        waited_ms += LOOK_EVERY_MS;
        if let Some(client) = find(address)? {
            return Ok(client);
        }
    }
    Err(silent(address))
}

/// Starts a host and waits until it listens.
fn start(address: &Address, program: &Path, arguments: &[std::ffi::OsString]) -> Result<Client, StartError> {
    let log = File::options().create(true).append(true).mode(0o600).open(&address.log);
    let mut log = log.map_err(failed("open", &address.log))?;
    let said_before = log.seek(SeekFrom::End(0)).map_err(failed("read", &address.log))?;
    let for_errors = log.try_clone().map_err(failed("open", &address.log))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::from(log)).stderr(Stdio::from(for_errors));
    // It outlives its starter, and should keep no directory from being removed or unmounted.
    command.current_dir("/");
    // Ctrl-C in the terminal of whoever starts it is not meant for it.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut host = command.spawn().map_err(failed("start", program))?;
    let mut waited_ms = 0;
    while waited_ms < START_MS {
        if let Some(client) = find(address)? {
            return Ok(client);
        }
        if has_ended(&mut host) {
            // It may have found another one in its place.
            if let Some(client) = find(address)? {
                return Ok(client);
            }
            let store = address.store.display().to_string();
            return Err(StartError::Ended { store, said: said_since(&address.log, said_before) });
        }
        clock::pause_ms(LOOK_EVERY_MS);
        waited_ms += LOOK_EVERY_MS;
    }
    Err(silent(address))
}

fn has_ended(host: &mut Child) -> bool {
    matches!(host.try_wait(), Ok(Some(_)) | Err(_))
}

/// What a log says behind a position, its end where that is long.
fn said_since(log: &Path, position: u64) -> String {
    let read = || -> std::io::Result<String> {
        let mut file = File::open(log)?;
        let end = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(position.max(end.saturating_sub(SHOWN_LOG_BYTES))))?;
        let mut said = Vec::new();
        file.take(SHOWN_LOG_BYTES).read_to_end(&mut said)?;
        Ok(String::from_utf8_lossy(&said).trim().to_owned())
    };
    match read() {
        Ok(said) if !said.is_empty() => said,
        Ok(_) | Err(_) => format!("it said nothing; its log is {}", log.display()),
    }
}

fn silent(address: &Address) -> StartError {
    StartError::Silent { store: address.store.display().to_string(), log: address.log.display().to_string() }
}

fn failed(what: &'static str, path: &Path) -> impl Fn(std::io::Error) -> StartError {
    let path = path.display().to_string();
    move |cause| StartError::Io { what, path: path.clone(), cause }
}
