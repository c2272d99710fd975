//! Constructing the organisation costs nothing that anybody else could notice.
//!
//! Goal: whoever links the organisation in, a test or a tool, opens no file, starts no thread and makes no file until it
//! uses it. Method: the process's own open files, threads and the places where it could write are listed before and
//! after. The only test of its binary, because other tests open files and start threads as they please.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the process holds and what lies where it could write.
fn footprint() -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for list in ["/proc/self/fd", "/proc/self/task"] {
        // The listing of open files is one itself, always with the first free number.
        found.extend(entries(Path::new(list)));
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| Some(home?.join(".local/share")));
    let data = data.map(|data| data.join("echo-org"));
    let writable = [Some(std::env::current_dir().unwrap()), data];
    found.extend(
        writable.into_iter().flatten().filter(|place| place.is_dir()).flat_map(|place| entries(&place)),
    );
    found
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn constructing_the_organisation_opens_spawns_and_writes_nothing() {
    let before = footprint();
    let organisation = echo_agents::organisation().unwrap();
    let after = footprint();
    assert_eq!(organisation.role_ids().len(), 9);
    assert_eq!(before, after);

    // The same footprint shows a file that is opened and a thread that is started.
    let file = std::fs::File::open("/dev/null").unwrap();
    assert_ne!(before, footprint());
    drop(file);
    assert_eq!(before, footprint());
    let (send, receive) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || receive.recv().is_err());
    assert_ne!(before, footprint());
    drop(send);
    assert!(thread.join().unwrap());
}
