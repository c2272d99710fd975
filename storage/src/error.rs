//! What can go wrong with a store, each with its remedy.

use std::path::PathBuf;

use crate::codec::CodecError;

/// What helps where something in the file is not what was written.
const DAMAGE_REMEDY: &str =
    "see all that is damaged with `verify`, restore a backup, or have `train --fresh` move the store aside";

/// A store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process has it open.
    #[error("the store {} is in use by {holder}; wait for it to end (`echo-org stop` ends a runtime), or name another \
             store with --store", path.display())]
    InUse {
        /// The store.
        path: PathBuf,
        /// Who has it, as far as the lock file tells.
        holder: String,
    },
    /// There is none, and the caller did not ask to make one.
    #[error("there is no store at {}; `train` makes one, or name another with --store", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is one, and the caller wanted a fresh one.
    #[error("somebody else has just made a store at {}; it was left as it is, so try again", path.display())]
    Exists {
        /// The store.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a store of this program ({found}) and was left as it is; name another file with --store", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What was found instead.
        found: String,
    },
    /// The file was written by a program from before the first release.
    #[error("the store {} has format {found}, which only programs from before the first release wrote, and this one \
             reads {known}: use the program that made it, or `train --fresh` to move it aside", path.display())]
    OlderFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The format that is read.
        known: u32,
    },
    /// The store is open in another process, and that process or the way to it failed.
    #[error("{0}")]
    Elsewhere(String),
    /// The file was written by a newer program.
    #[error("the store {} has format {found}, this program reads up to {known}: use the newer program", path.display())]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that is known.
        known: u32,
    },
    /// The store lives by another kind of clock than was asked for.
    #[error("the store {} lives by {has}; {remedy}", path.display())]
    OtherClock {
        /// The store.
        path: PathBuf,
        /// The clock it has, in words.
        has: &'static str,
        /// What to do, in words.
        remedy: &'static str,
    },
    /// The file as a whole does not open.
    #[error("the store {} is damaged ({cause}); it was left as it is: see what is left with `verify`, restore a backup, \
             or have `train --fresh` move it aside", path.display())]
    DamagedFile {
        /// The file.
        path: PathBuf,
        /// What the database says.
        cause: String,
    },
    /// One value is damaged.
    #[error("damaged: the value of `{key}` in table `{table}` is not readable: {cause}; {DAMAGE_REMEDY}")]
    DamagedValue {
        /// The table.
        table: &'static str,
        /// The key, for people.
        key: String,
        /// What is wrong with it.
        cause: CodecError,
    },
    /// Two values contradict each other.
    #[error("damaged: {0}; {DAMAGE_REMEDY}")]
    Inconsistent(String),
    /// A value cannot be stored.
    #[error("cannot be stored: {0}")]
    Unstorable(#[from] CodecError),
    /// The commit of this failed.
    #[error(
        "the disk failed while this was written ({cause}): whether it is on the disk is not known. Mend the disk or make \
         room on it, start again, and ask again then; {}", kept(*waited)
    )]
    InDoubt {
        /// The failure.
        cause: String,
        /// Whether earlier commits still waited for the disk.
        waited: bool,
    },
    /// A write failed before; nothing of this was written.
    #[error(
        "the store is closed for writing since a write failed ({cause}), and nothing of this was written; mend the disk or \
         make room on it, then start again; {}", kept(*waited)
    )]
    Closed {
        /// The failure.
        cause: String,
        /// Whether earlier commits still waited for the disk.
        waited: bool,
    },
    /// There is a file, which a store in memory would hide.
    #[error(
        "there is a store at {}, which a store in memory would hide for as long as it lasts; name another with --store, or \
         leave --durability memory out", path.display()
    )]
    Hidden {
        /// The store.
        path: PathBuf,
    },
    /// A backup is not made.
    #[error("no backup was made at {}: {why}", path.display())]
    NoBackup {
        /// Where it was to lie.
        path: PathBuf,
        /// Why not, and what helps.
        why: &'static str,
    },
    /// The disk or the file system failed.
    #[error("{what} {}: {cause}{}", path.display(), remedy(cause.kind()))]
    Io {
        /// What was attempted, such as `cannot create`.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// The operating system's reason.
        cause: std::io::Error,
    },
    /// The database failed to read.
    #[error("the database failed: {0}")]
    Database(String),
}

impl StoreError {
    /// The same failure, for one more of those whose inputs shared the batch.
    #[must_use]
    pub fn retold(&self) -> Self {
        match self {
            Self::InDoubt { cause, waited } => Self::InDoubt { cause: cause.clone(), waited: *waited },
            Self::Closed { cause, waited } => Self::Closed { cause: cause.clone(), waited: *waited },
            // No write failed, and what helps is something else.
            Self::DamagedFile { path, cause } => {
                Self::DamagedFile { path: path.clone(), cause: cause.clone() }
            }
            Self::DamagedValue { table, key, cause } => {
                Self::DamagedValue { table, key: key.clone(), cause: cause.clone() }
            }
            Self::Inconsistent(what) => Self::Inconsistent(what.clone()),
            Self::Database(cause) => Self::Database(cause.clone()),
            Self::Elsewhere(cause) => Self::Elsewhere(cause.clone()),
            other => Self::Closed { cause: other.to_string(), waited: false },
        }
    }
}

/// What became of what was acknowledged before a failure.
fn kept(waited: bool) -> &'static str {
    if waited {
        "what was acknowledged within the interval before is lost, and everything before that is safe"
    } else {
        "everything acknowledged so far is safe"
    }
}

/// What helps against a failure of the disk or the file system, where that is known.
fn remedy(kind: std::io::ErrorKind) -> &'static str {
    use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match kind {
        StorageFull | QuotaExceeded => "; make room on that disk, and try again",
        PermissionDenied | ReadOnlyFilesystem => "; allow writing there, or name another file with --store",
        _ => "",
    }
}
