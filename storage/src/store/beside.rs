//! The files beside a store, which tell the next opening something or keep room for it.
//!
//! | file | what it is |
//! |---|---|
//! | `NAME.doubt` | a commit failed, and whether it is on the disk is not known: what failed, and when |
//! | `NAME.ballast` | room that is given up when the disk is full, so that the store still opens and can be cleaned up |
//!
//! What always holds: all of it is best effort. A mark that could not be left and a ballast that could not be made cost
//! safety that nobody was promised, and never what was.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Advice, fadvise, statvfs};

use crate::clock::Clock;

/// How large the ballast is, in bytes. Opening, bringing in order and a few commits take less.
pub const BALLAST_BYTES: u64 = 4 * 1024 * 1024;

/// How much room there must be before a ballast is made, in bytes: it is there to help, not to fill a disk.
const PLENTY_BYTES: u64 = 4 * BALLAST_BYTES;

const _: () = assert!(PLENTY_BYTES > BALLAST_BYTES);

/// How much of a mark is read, in bytes.
const MAX_MARK_BYTES: u64 = 4096;

static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

/// The path with something behind its last name.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The directory in which a file lies.
pub(super) fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the names in the file's directory durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(directory(path))?.sync_all()
}

/// The mode of a store and of what is copied from it: the secret from which the codes of questions follow is in it.
pub(super) const OWNERS: u32 = 0o600;

/// The mode of a directory that is made for a store.
const OWNERS_DIRECTORY: u32 = 0o700;

/// Makes the directory and those above it that are missing, for their owner alone.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(OWNERS_DIRECTORY).create(path)
}

/// A new file in the place of whatever is there. A link is replaced and not followed, so that nobody can have another file
/// written over.
pub(super) fn create_anew(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        Ok(()) | Err(_) => {}
    }
    File::options().read(true).write(true).create_new(true).mode(OWNERS).open(path)
}

fn mark_of(store: &Path) -> PathBuf {
    with_ending(store, ".doubt")
}

fn ballast_of(store: &Path) -> PathBuf {
    with_ending(store, ".ballast")
}

/// Marks a store of which a commit is in doubt.
pub(super) fn mark_doubt(store: &Path, cause: &str) {
    let write = || -> io::Result<()> {
        let mut file = create_anew(&mark_of(store))?;
        let now = Clock::Real.now();
        let process = std::process::id();
        writeln!(file, "{now}: process {process} (version {}) failed: {cause}", env!("CARGO_PKG_VERSION"))?;
        file.sync_all()?;
        sync_directory(store)
    };
    let _ = write();
}

/// What the mark of a store says, if it has one.
pub(super) fn doubt(store: &Path) -> io::Result<Option<String>> {
    let mut text = Vec::new();
    match File::open(mark_of(store)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => io::copy(&mut io::Read::take(file?, MAX_MARK_BYTES), &mut text)?,
    };
    Ok(Some(String::from_utf8_lossy(&text).trim().to_owned()))
}

/// Takes the mark away.
pub(super) fn settle_doubt(store: &Path) -> io::Result<()> {
    std::fs::remove_file(mark_of(store))?;
    sync_directory(store)
}

/// Has the next readings of a file come from the disk. After a failed sync the system may hold pages that it takes for
/// written and that the disk never got.
pub(super) fn forget_cached(store: &Path) {
    if let Ok(file) = File::open(store) {
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
    }
}

/// Makes the ballast of a store where there is none and room is plenty.
pub(super) fn keep_ballast(store: &Path) {
    let path = ballast_of(store);
    if std::fs::symlink_metadata(&path).is_ok_and(|file| file.is_file() && file.len() == BALLAST_BYTES) {
        return;
    }
    let room = statvfs(directory(store)).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    if !room.is_ok_and(|room| room >= PLENTY_BYTES) {
        return;
    }
    let write = || -> io::Result<()> {
        let mut file = create_anew(&path)?;
        let mut left = BALLAST_BYTES;
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            file.write_all(ZEROS.get(..count).unwrap_or(&ZEROS))?;
            left -= count as u64;
        }
        file.sync_all()
    };
    if write().is_err() {
        give_up_ballast(store);
    }
}

/// Gives the room of the ballast back; says whether there was one.
pub(super) fn give_up_ballast(store: &Path) -> bool {
    std::fs::remove_file(ballast_of(store)).is_ok()
}
