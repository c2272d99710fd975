//! Backups of a store at work, and a disk that fills up under it.
//!
//! Goal: a copy holds everything acknowledged before it began, and a full disk loses nothing that was acknowledged. Method:
//! the real binary serves a store, messages are posted to it through its socket, and what it leaves is judged from outside.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reports what it cannot do by failing"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use echo_storage::names::{Id, MessageId};
use echo_storage::store::BALLAST_BYTES;
use echo_storage::{OpenOptions, Query, Store, verify};
use echo_tests::{Home, Running};

/// How many backups are made while messages are posted.
const BACKUPS: usize = 5;

/// How large the disk is that fills up, in kibibytes.
const DISK_KIB: u64 = 48 * 1024;

/// Posts one message; gives its number once it is acknowledged, or what went wrong.
fn post(home: &Home, store: &Path, content: &str) -> Result<u64, String> {
    let store = store.to_str().unwrap();
    let run = home.run(&[
        "send",
        "me",
        "cto",
        "--subject",
        "News",
        "--content",
        &format!("{{\"text\": \"{content}\"}}"),
        "--store",
        store,
        "--json",
    ]);
    if !run.status.success() {
        return Err(run.stderr);
    }
    let told = run.json();
    let id = told["message"].as_str().unwrap();
    Ok(id.trim_start_matches("msg-").parse().unwrap())
}

fn open(path: &Path) -> Store {
    let options = OpenOptions { create: false, read_only: true, ..OpenOptions::default() };
    Store::open(path, &options).unwrap()
}

/// Ends the posting, also where the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn every_backup_of_a_store_at_work_is_whole() {
    let home = Home::sharing();
    let mut host = Running::new(&home, &["serve"]);
    host.reaches("process ");
    let store = home.store();
    let (acknowledged, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                acknowledged.fetch_max(post(&home, &store, "news").unwrap(), Ordering::AcqRel);
            }
        });
        let _over = Over(&is_over);
        for number in 0..BACKUPS {
            let before = acknowledged.load(Ordering::Acquire);
            // Relative to the directory of whoever asks, which is not that of the runtime.
            let name = format!("copy-{number}.redb");
            let told = home.run(&["backup", &name, "--json"]).exits(0).json();
            let copy = home.path().join(&name);
            let verified = verify::file(&copy, 0).unwrap();
            assert!(verified.is_whole(), "{:?}", verified.findings);
            assert_eq!(
                (told["steps"].as_u64(), told["head"].as_str()),
                (Some(verified.steps), Some(&*verified.head.unwrap().to_string()))
            );
            let copy = open(&copy);
            let found = copy.snapshot().unwrap();
            for number in 1..=before {
                assert!(
                    found.message(MessageId::from_number(number)).unwrap().is_some(),
                    "msg-{number} is gone"
                );
            }
        }
    });
    assert!(acknowledged.load(Ordering::Acquire) > 0);
    let refused = home.run(&["backup", "copy-0.redb"]).exits(1);
    assert!(refused.stderr.contains("there is a file already"), "{}", refused.told());
    let _ = home.run(&["backup", "copy-0.redb", "--force"]).exits(0);
    let _ = home.run(&["stop"]).exits(0);
    assert!(host.ends().status.success());
    // Nobody has it open now.
    let _ = home.run(&["backup", "last.redb"]).exits(0);
    let _ = home.run(&["verify", "--store", "last.redb"]).exits(0);
    let _ = home.run(&["replay", "--store", "last.redb"]).exits(0);
}

/// A small file system of its own, gone when this is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Nothing where this user may mount none.
    fn mount(at: &Path, kib: u64) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let size = format!("size={kib}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_loses_nothing_and_can_be_cleaned_up() {
    let home = Home::sharing();
    let Some(disk) = SmallDisk::mount(&home.path().join("small"), DISK_KIB) else {
        println!("SKIPPED: this user may mount no file system");
        return;
    };
    let store = disk.0.join("org.redb");
    let ballast = disk.0.join("org.redb.ballast");
    let named = store.to_str().unwrap().to_owned();
    let mut host = Running::new(&home, &["serve", "--store", &named]);
    host.reaches("process ");
    assert!(ballast.exists(), "there is room for a ballast");
    let mut last = post(&home, &store, "first").unwrap();
    // Somebody else fills the disk, to the last byte.
    let filler = disk.0.join("filler");
    let full = std::io::copy(&mut std::io::repeat(7), &mut std::fs::File::create(&filler).unwrap());
    assert_eq!(full.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    let large = "a letter that takes room ".repeat(400);
    let refused = loop {
        match post(&home, &store, &large) {
            Ok(number) => last = number,
            Err(refused) => break refused,
        }
    };
    for words in ["is full", "make room on it"] {
        assert!(refused.contains(words), "no `{words}` in: {refused}");
    }
    let ended = host.ends();
    assert!(!ended.status.success() && ended.stderr.contains("is full"), "{}", ended.told());
    assert!(!ballast.exists(), "the ballast is given up");
    // With the room of the ballast alone it can be looked into; with more of it, everything goes on.
    let _ = home.run(&["verify", "--store", &named]).exits(0);
    let _ = home.run(&["status", "--store", &named]).exits(0);
    std::fs::remove_file(&filler).unwrap();
    let next = post(&home, &store, "after").unwrap();
    assert!(next > last);
    assert!(ballast.exists(), "the ballast is made anew");
    let _ = home.run(&["stop", "--store", &named]).exits(0);
    let left = open(&store);
    let found = left.snapshot().unwrap();
    for number in 1..=last {
        assert!(found.message(MessageId::from_number(number)).unwrap().is_some(), "msg-{number} is gone");
    }
    drop((found, left));
    let _ = home.run(&["replay", "--store", &named]).exits(0);
}

/// Method: a disk that has room for the store and for half a copy of it.
#[test]
fn a_backup_that_does_not_fit_leaves_the_store_its_room() {
    let home = Home::sharing();
    let Some(disk) = SmallDisk::mount(&home.path().join("small"), DISK_KIB) else {
        println!("SKIPPED: this user may mount no file system");
        return;
    };
    let store = disk.0.join("org.redb");
    let named = store.to_str().unwrap().to_owned();
    let mut host = Running::new(&home, &["serve", "--store", &named]);
    host.reaches("process ");
    let first = post(&home, &store, "first").unwrap();
    let bytes = std::fs::metadata(&store).unwrap().len();
    let free = DISK_KIB * 1024 - bytes - BALLAST_BYTES;
    // What others leave of the disk has room for the copy, and for little besides.
    let filler = vec![7; usize::try_from(free - bytes - 1024 * 1024).unwrap()];
    std::fs::write(disk.0.join("filler"), filler).unwrap();
    let copy = disk.0.join("copy.redb");
    let refused = home.run(&["backup", copy.to_str().unwrap(), "--store", &named]).exits(1);
    assert!(refused.stderr.contains("make room on that disk"), "{}", refused.told());
    let left =
        std::fs::read_dir(&disk.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!left.into_iter().any(|name| name.starts_with("copy.redb")));
    assert_eq!(post(&home, &store, "second").unwrap(), first + 1, "the store goes on");
    let _ = home.run(&["stop", "--store", &named]).exits(0);
    assert!(host.ends().status.success());
}

#[test]
fn a_store_that_finds_no_room_is_not_made_by_half() {
    let home = Home::default();
    let Some(disk) = SmallDisk::mount(&home.path().join("small"), 64) else {
        println!("SKIPPED: this user may mount no file system");
        return;
    };
    let store = disk.0.join("org.redb");
    for command in ["train", "serve"] {
        let refused = home.run(&[command, "--store", store.to_str().unwrap()]).exits(1);
        assert!(refused.stderr.contains("make room on that disk"), "{}", refused.told());
    }
    assert!(!store.exists() && !disk.0.join("org.redb.new").exists());
}

#[test]
fn a_damaged_store_is_not_put_over_a_good_backup_nor_a_backup_over_what_belongs_to_the_store() {
    let home = Home::default();
    let _ = home.run(&["train", "--quiet"]).exits(0);
    let good = home.path().join("good.redb");
    let good_name = good.to_str().unwrap();
    let _ = home.run(&["backup", good_name]).exits(0);
    let lock = format!("{}.lock", home.store().display());
    let _ = home.run(&["backup", &lock, "--force"]).exits(1).says(&["that belongs to the store"]);
    // One bit of a value, wherever the file holds it.
    let mut bytes = std::fs::read(home.store()).unwrap();
    let text = b"competitors press harder every quarter";
    let places = bytes.windows(text.len()).enumerate().filter(|(_, window)| *window == text);
    let places: Vec<usize> = places.map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place] ^= 1;
    }
    std::fs::write(home.store(), &bytes).unwrap();
    let before = std::fs::read(&good).unwrap();
    let _ = home.run(&["backup", good_name, "--force"]).exits(1).says(&["the store is damaged"]);
    assert!(std::fs::read(&good).unwrap() == before);
    let left = std::fs::read_dir(home.path()).unwrap().filter_map(Result::ok);
    let left: Vec<_> = left.map(|entry| entry.file_name().into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.contains(".part-")), "{left:?}");
}

/// Whoever reads the file can work out the codes of questions, so only its owner may.
#[test]
fn a_store_its_backup_and_its_log_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::sharing();
    let copy = home.path().join("copy.redb");
    let _ = home.run(&["train", "--quiet"]).exits(0);
    let _ = home.run(&["backup", copy.to_str().unwrap()]).exits(0);
    let log = home.store().with_file_name("org.redb.log");
    for path in [home.store(), copy, log] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
}
