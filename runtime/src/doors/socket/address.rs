//! Where the socket of a store is.
//!
//! Beside the store, as `NAME.sock`. The name of a socket may have about a hundred bytes only, less than a path may have;
//! where that is too short it lies in a directory of the user's own for such things, under a name that is made of the
//! store's path, so that everybody who means the same store finds the same socket.
//!
//! What always holds: a socket lies in a directory that only its owner may change, or has a mode by which only its owner
//! may use it; the host sees to both.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// How many bytes the path of a socket may have: the shortest of what the common systems allow (macOS: 104, Linux: 108),
/// less the zero at its end.
pub const MAX_SOCKET_BYTES: usize = 103;

/// How many digits of a hash stand for a path that is too long.
const HASH_DIGITS: usize = 16;

/// Where things about a store lie while it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The store.
    pub store: PathBuf,
    /// Its socket.
    pub socket: PathBuf,
    /// What a host on TCP wants to be shown; it lies beside the store.
    pub token: PathBuf,
    /// What a host in the background has to say; it lies beside the store.
    pub log: PathBuf,
    /// Held by whoever starts a host, so that one is started.
    pub starting: PathBuf,
}

impl Address {
    /// The address of a store. `short` is the directory for sockets whose own place would have too long a path.
    ///
    /// # Errors
    /// The store's directory cannot be looked up.
    pub fn of(store: &Path, short: &Path) -> std::io::Result<Self> {
        let store = whole(store)?;
        let beside = |extension: &str| {
            let mut name = store.as_os_str().to_owned();
            name.push(extension);
            PathBuf::from(name)
        };
        let mut socket = beside(".sock");
        if socket.as_os_str().len() > MAX_SOCKET_BYTES {
            let hash = blake3::hash(store.as_os_str().as_bytes()).to_hex();
            let name: String = hash.chars().take(HASH_DIGITS).collect();
            socket = short.join(format!("{name}.sock"));
        }
        Ok(Self {
            socket,
            token: beside(".token"),
            log: beside(".log"),
            starting: beside(".starting"),
            store,
        })
    }
}

impl Address {
    /// Whether the socket lies in the directory for those whose own place has too long a path.
    pub fn is_short(&self) -> bool {
        self.socket.parent() != self.store.parent()
    }

    /// Sees that the path is short enough and that nobody else may put a socket of his own in this one's place. A socket beside the store is as safe as the
    /// store; the other directory may lie where everybody may write.
    ///
    /// # Errors
    /// The path is too long all the same, the directory belongs to somebody else, or others may write in it.
    pub fn check(&self) -> std::io::Result<()> {
        let Some(directory) = self.socket.parent().filter(|_| self.is_short()) else { return Ok(()) };
        let bytes = self.socket.as_os_str().len();
        if bytes > MAX_SOCKET_BYTES {
            let why = format!(
                "the path of a socket has at most {MAX_SOCKET_BYTES} bytes, and {} has {bytes}: set XDG_RUNTIME_DIR to a \
                 directory with a shorter path, or name a store with a shorter one",
                self.socket.display()
            );
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, why));
        }
        let found = match std::fs::symlink_metadata(directory) {
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        let is_own = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
        if is_own && found.permissions().mode() & OTHERS_MAY_WRITE == 0 {
            return Ok(());
        }
        let why = format!(
            "others may put a socket of theirs into {}: remove it, or set XDG_RUNTIME_DIR to a directory of your own",
            directory.display()
        );
        Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why))
    }
}

/// The bits of a mode by which others than the owner may write.
const OTHERS_MAY_WRITE: u32 = 0o022;

/// The path with its directory resolved, so that the same store has one name from wherever it is named. The store itself
/// need not exist yet.
fn whole(store: &Path) -> std::io::Result<PathBuf> {
    if let Ok(resolved) = store.canonicalize() {
        return Ok(resolved);
    }
    let absolute = std::path::absolute(store)?;
    match (absolute.parent().and_then(|parent| parent.canonicalize().ok()), absolute.file_name()) {
        (Some(parent), Some(name)) => Ok(parent.join(name)),
        _ => Ok(absolute),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_lies_beside_its_store_or_under_a_short_name() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let short = Path::new("/run/short");
        let near = Address::of(&root.join("org.redb"), short).unwrap();
        assert_eq!(near.socket, root.join("org.redb.sock"));

        let deep = root.join("d".repeat(60)).join("e".repeat(60));
        std::fs::create_dir_all(&deep).unwrap();
        let far = Address::of(&deep.join("org.redb"), short).unwrap();
        assert_eq!(far.socket.parent(), Some(short));
        assert!(far.socket.as_os_str().len() <= MAX_SOCKET_BYTES);
        // The same store under another name has the same socket, and another store another one.
        let around = root.join("d".repeat(60)).join("..").join("d".repeat(60)).join("e".repeat(60));
        assert_eq!(Address::of(&around.join("org.redb"), short).unwrap().socket, far.socket);
        assert_ne!(Address::of(&deep.join("other.redb"), short).unwrap().socket, far.socket);
        assert_eq!(far.log, deep.join("org.redb.log"));
        assert!(far.is_short() && !near.is_short());
    }

    #[test]
    fn a_path_that_stays_too_long_is_refused_with_the_remedy() {
        let deep = PathBuf::from("/").join("d".repeat(60)).join("e".repeat(60));
        let check = |short: &str, is_refused: bool| {
            let checked = Address::of(&deep.join("org.redb"), Path::new(short)).unwrap().check();
            assert_eq!(checked.is_err_and(|error| error.to_string().contains("XDG_RUNTIME_DIR")), is_refused);
        };
        check("/run/short", false);
        check(&format!("/run/{}", "s".repeat(90)), true);
    }

    #[test]
    fn a_directory_in_which_others_may_write_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let deep = directory.path().join("d".repeat(60)).join("e".repeat(60));
        std::fs::create_dir_all(&deep).unwrap();
        let short = directory.path().join("short");
        let address = Address::of(&deep.join("org.redb"), &short).unwrap();
        address.check().unwrap();
        std::fs::create_dir(&short).unwrap();
        let check = |mode: u32, is_safe: bool| {
            std::fs::set_permissions(&short, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(address.check().is_ok(), is_safe, "{mode:o}");
        };
        check(0o700, true);
        check(0o755, true);
        check(0o770, false);
        check(0o777, false);
        std::fs::remove_dir(&short).unwrap();
        std::os::unix::fs::symlink(&deep, &short).unwrap();
        let refused = address.check().unwrap_err().to_string();
        assert!(refused.contains("remove it, or set XDG_RUNTIME_DIR"), "{refused}");
    }
}
