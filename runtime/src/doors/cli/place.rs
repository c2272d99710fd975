//! Where the store is, and making room for a fresh one.
//!
//! What always holds: finding the place makes nothing. A fresh start deletes nothing: a store that is in the way is moved
//! aside with the files of its sessions, and a file that is no store, or one that is in use or damaged, is refused and left
//! as it is.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use echo_storage::clock::ClockKind;
use echo_storage::{OpenOptions, Store, StoreError};

use super::Failed;
use crate::doors::socket::address::Address;

/// The store below the directory for the data of programs.
const FILE: &str = "echo-org/org.redb";

/// What stands behind the store's name in that of the directory with the files of its sessions.
const SESSIONS: &str = ".sessions";

/// What stands behind its name in that of the directory with the stores of scenarios that are all played.
const SCENARIOS: &str = ".scenarios";

/// What stands behind its name in that of its mark of doubt.
const DOUBT: &str = ".doubt";

/// The environment of the process, as far as it matters here.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    /// `ECHO_STORE`.
    pub(super) echo_store: Option<OsString>,
    /// `XDG_DATA_HOME`.
    pub(super) data_home: Option<OsString>,
    /// `XDG_CONFIG_HOME`.
    pub(super) config_home: Option<OsString>,
    /// `HOME`.
    pub(super) home: Option<OsString>,
    /// Who is logged in.
    pub(super) user: Option<String>,
    /// The terminal that the standard output is; nothing where it is a file or a pipe, or a terminal that only prints.
    pub(super) terminal: Option<Terminal>,
    /// Signals that ask this process to end reach the command, which then ends in order.
    pub(super) is_interruptible: bool,
    /// `XDG_RUNTIME_DIR`.
    pub(super) runtime_directory: Option<OsString>,
    /// This program, by which a runtime can be started in the background; nothing where none may be.
    pub(super) program: Option<PathBuf>,
    /// `ECHO_IN_PROCESS`: commands do their work themselves and start no runtime.
    pub(super) in_process: bool,
}

/// A terminal that can show a picture that changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    /// Whether it may be coloured.
    pub(super) has_colours: bool,
    /// Its columns and rows at the moment; nothing where it does not say.
    pub(super) size: fn() -> Option<(u16, u16)>,
}

impl Terminal {
    /// That of this process.
    fn of_process() -> Option<Self> {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let prints_only = std::env::var_os("TERM").is_none_or(|name| name.is_empty() || name == "dumb");
        if prints_only || !std::io::stdout().is_terminal() {
            return None;
        }
        Some(Self { has_colours: !is_set("NO_COLOR"), size: || ratatui::crossterm::terminal::size().ok() })
    }
}

impl Surroundings {
    /// Those of this process. A variable that is empty counts as one that is not set.
    pub(super) fn of_process() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let user = ["USER", "LOGNAME"].into_iter().find_map(variable);
        Self {
            echo_store: variable("ECHO_STORE"),
            data_home: variable("XDG_DATA_HOME"),
            config_home: variable("XDG_CONFIG_HOME"),
            home: variable("HOME"),
            user: user.map(|user| user.to_string_lossy().into_owned()),
            terminal: Terminal::of_process(),
            is_interruptible: true,
            runtime_directory: variable("XDG_RUNTIME_DIR"),
            program: std::env::current_exe().ok(),
            in_process: variable("ECHO_IN_PROCESS").is_some(),
        }
    }

    /// Where sockets lie whose own place has too long a path.
    fn short_directory(&self) -> PathBuf {
        match &self.runtime_directory {
            Some(directory) => Path::new(directory).join("echo-org"),
            None => std::env::temp_dir().join(format!("echo-org-{}", self.person())),
        }
    }

    /// The name under which this person answers.
    pub(super) fn person(&self) -> String {
        self.user.clone().unwrap_or_else(|| "unknown".to_owned())
    }

    /// Where programs of this user keep what they are told; a relative `XDG_CONFIG_HOME` is none.
    pub(super) fn config_directory(&self) -> Option<PathBuf> {
        let of_home = |below: &str| self.home.as_ref().map(|home| Path::new(home).join(below));
        if cfg!(target_os = "macos") {
            return of_home("Library/Application Support");
        }
        let of_variable = self.config_home.as_ref().map(PathBuf::from).filter(|path| path.is_absolute());
        of_variable.or_else(|| of_home(".config"))
    }

    /// Where programs keep their data; a relative `XDG_DATA_HOME` is none, as its specification says.
    fn data_directory(&self) -> Option<PathBuf> {
        let of_variable = self.data_home.as_ref().map(PathBuf::from).filter(|path| path.is_absolute());
        let of_home = || {
            let below =
                if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/share" };
            self.home.as_ref().map(|home| Path::new(home).join(below))
        };
        of_variable.or_else(of_home)
    }
}

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    path: PathBuf,
    /// It was named on the command line, so whoever wants it again must name it again.
    named: bool,
}

impl Place {
    /// The place that was named, or the one that the environment gives.
    pub(super) fn find(named: Option<&Path>, surroundings: &Surroundings) -> Result<Self, Failed> {
        if let Some(path) = named {
            return Ok(Self { path: followed(path), named: true });
        }
        let of_variable = surroundings.echo_store.as_ref().map(PathBuf::from);
        let path =
            of_variable.or_else(|| surroundings.data_directory().map(|directory| directory.join(FILE)));
        let path = path.ok_or_else(|| {
            Failed::Failure(
                "there is no place for the store: HOME is not set; name a file with --store PATH or in ECHO_STORE"
                    .to_owned(),
            )
        })?;
        Ok(Self { path: followed(&path), named: false })
    }

    /// The place of the store in which a shipped scenario is played for itself, in a directory beside this one's.
    pub(super) fn of_scenario(&self, name: &str) -> Self {
        let path = with_ending(&self.path, SCENARIOS).join(name).join("org.redb");
        Self { path, named: true }
    }

    /// For people and reports: the whole path.
    pub(super) fn shown(&self) -> String {
        std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone()).display().to_string()
    }

    /// Whether the command line names it.
    pub(super) fn is_named(&self) -> bool {
        self.named
    }

    /// Where the files of its sessions are.
    pub(super) fn sessions(&self) -> PathBuf {
        with_ending(&self.path, SESSIONS)
    }

    /// A command line that means this store.
    pub(super) fn command(&self, command: &str) -> String {
        let store = if self.named { format!(" --store {}", quoted(&self.path)) } else { String::new() };
        format!("{} {command}{store}", super::PROGRAM)
    }

    /// Opens the store that is there for reading only.
    pub(super) fn read(&self) -> Result<Store, StoreError> {
        let options = OpenOptions { create: false, read_only: true, ..OpenOptions::default() };
        Store::open(&self.path, &options)
    }

    /// The clock that the store lives by; nothing where there is no store.
    pub(super) fn clock(&self) -> Result<Option<ClockKind>, StoreError> {
        match self.read() {
            Ok(store) => Ok(Some(store.info().clock)),
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a process has the store open.
    pub(super) fn is_held(&self) -> Result<bool, StoreError> {
        let options = OpenOptions { create: false, wait_ms: 0, read_only: true, ..OpenOptions::default() };
        match Store::open(&self.path, &options) {
            Err(StoreError::InUse { .. }) => Ok(true),
            Ok(_) | Err(StoreError::Missing { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Where the socket of the store is.
    pub(super) fn address(&self, surroundings: &Surroundings) -> Result<Address, Failed> {
        Address::of(&self.path, &surroundings.short_directory())
            .map_err(|cause| Failed::Failure(format!("cannot look for {}: {cause}", self.path.display())))
    }

    /// The file of the store.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the store that is there, whatever clock it lives by.
    pub(super) fn open(&self) -> Result<Store, Failed> {
        self.open_by(None)
    }

    /// Opens the store that is there, which must live by this clock where one is named.
    pub(super) fn open_by(&self, clock: Option<ClockKind>) -> Result<Store, Failed> {
        let options = OpenOptions { create: false, clock, ..OpenOptions::default() };
        Store::open(&self.path, &options).map_err(Failed::because)
    }

    /// Opens the store, or makes it, in this way.
    pub(super) fn open_as(&self, options: &OpenOptions) -> Result<Store, StoreError> {
        Store::open(&self.path, options)
    }

    /// Moves a store that is there to `PATH.before-1`, or the first number that is free, and the files of its sessions
    /// with it. Says where the store is now.
    pub(super) fn make_room(&self) -> Result<Option<PathBuf>, Failed> {
        let failed = |what: &str, path: &Path, cause: &std::io::Error| {
            Failed::Failure(format!("cannot {what} {}: {cause}", path.display()))
        };
        let is_there = |path: &Path| match std::fs::symlink_metadata(path) {
            Ok(_) => Ok(true),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(cause) => Err(failed("look for", path, &cause)),
        };
        let (has_store, has_sessions) = (is_there(&self.path)?, is_there(&self.sessions())?);
        if !has_store && !has_sessions {
            return Ok(None);
        }
        // Only a store of ours that nobody uses is moved; one that is damaged or of another format is no use to anybody here.
        if has_store {
            let options =
                OpenOptions { create: false, wait_ms: 0, read_only: true, ..OpenOptions::default() };
            match Store::open(&self.path, &options) {
                Ok(_)
                | Err(
                    StoreError::DamagedFile { .. }
                    | StoreError::DamagedValue { .. }
                    | StoreError::OlderFormat { .. }
                    | StoreError::NewerFormat { .. },
                ) => {}
                Err(error) => return Err(Failed::because(error)),
            }
        }
        let mut number = 1_u64;
        let aside = loop {
            let aside = with_ending(&self.path, &format!(".before-{number}"));
            if !is_there(&aside)? && !is_there(&with_ending(&aside, SESSIONS))? {
                break aside;
            }
            number += 1;
        };
        let rename = |from: &Path, to: &Path| {
            std::fs::rename(from, to).map_err(|cause| failed("move aside", from, &cause))
        };
        if has_store {
            rename(&self.path, &aside)?;
            let mark = with_ending(&self.path, DOUBT);
            if is_there(&mark)? {
                rename(&mark, &with_ending(&aside, DOUBT))?;
            }
        }
        // Files of sessions without a store are of one that is gone; the next store must not write over them.
        if has_sessions {
            rename(&self.sessions(), &with_ending(&aside, SESSIONS))?;
        }
        Ok(has_store.then_some(aside))
    }
}

/// The file that a symbolic link means: what belongs to a store lies beside the store, not beside the link.
fn followed(path: &Path) -> PathBuf {
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink());
    let target = if is_link { path.canonicalize().ok() } else { None };
    target.unwrap_or_else(|| path.to_owned())
}

/// A path with something behind its last name.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    PathBuf::from(name)
}

/// A path as a shell reads it back.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./+:=@%,".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(echo_store: &str, data_home: &str, home: &str) -> Surroundings {
        let some = |text: &str| Some(OsString::from(text)).filter(|text| !text.is_empty());
        Surroundings {
            echo_store: some(echo_store),
            data_home: some(data_home),
            home: some(home),
            ..Surroundings::default()
        }
    }

    #[test]
    fn the_store_is_named_or_found() {
        let check = |named: &str, surroundings: Surroundings, expected: &str| {
            let named = Some(Path::new(named)).filter(|path| !path.as_os_str().is_empty());
            let place = Place::find(named, &surroundings);
            assert_eq!(place.map(|place| place.path).ok(), Some(PathBuf::from(expected)), "{surroundings:?}");
        };
        check("here.redb", surroundings("/e.redb", "/data", "/home/me"), "here.redb");
        check("", surroundings("/e.redb", "/data", "/home/me"), "/e.redb");
        check("", surroundings("", "/data", "/home/me"), "/data/echo-org/org.redb");
        if !cfg!(target_os = "macos") {
            check("", surroundings("", "data", "/home/me"), "/home/me/.local/share/echo-org/org.redb");
        }
        let error = Place::find(None, &surroundings("", "", "")).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no place for the store: HOME is not set; name a file with --store PATH or in ECHO_STORE"
        );
    }

    #[test]
    fn commands_name_the_store_where_they_must() {
        let check = |path: &str, named: bool, expected: &str| {
            assert_eq!(Place { path: path.into(), named }.command("replay"), expected);
        };
        check("/a/b.redb", false, "echo-org replay");
        check("/a/b.redb", true, "echo-org replay --store /a/b.redb");
        check("/a b/it's", true, r"echo-org replay --store '/a b/it'\''s'");
    }

    #[test]
    fn a_store_in_the_way_is_moved_aside_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place { path: directory.path().join("org.redb"), named: true };
        assert_eq!(place.make_room().unwrap(), None);
        for number in 1..=2 {
            drop(
                place
                    .open_as(&OpenOptions { clock: Some(ClockKind::Virtual), ..OpenOptions::default() })
                    .unwrap(),
            );
            let report = place.sessions().join("ses-1/report.md");
            std::fs::create_dir_all(report.parent().unwrap()).unwrap();
            std::fs::write(&report, "a report").unwrap();
            let aside = directory.path().join(format!("org.redb.before-{number}"));
            assert_eq!(place.make_room().unwrap(), Some(aside));
            assert!(!place.path.exists() && !place.sessions().exists());
            let moved = directory.path().join(format!("org.redb.before-{number}.sessions/ses-1/report.md"));
            assert_eq!(std::fs::read_to_string(moved).unwrap(), "a report");
        }
        // Reports whose store is gone are not written over, and are not called a store.
        std::fs::create_dir(place.sessions()).unwrap();
        assert_eq!(place.make_room().unwrap(), None);
        assert!(directory.path().join("org.redb.before-3.sessions").exists());
        std::fs::write(&place.path, "a letter").unwrap();
        assert!(place.make_room().unwrap_err().to_string().contains("is not a store"));
        assert_eq!(std::fs::read_to_string(&place.path).unwrap(), "a letter");

        let place = Place { path: directory.path().join("used.redb"), named: true };
        let store = place
            .open_as(&OpenOptions { clock: Some(ClockKind::Virtual), ..OpenOptions::default() })
            .unwrap();
        assert!(place.make_room().unwrap_err().to_string().contains("in use"));
        drop(store);
    }
}
