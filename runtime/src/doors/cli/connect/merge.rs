//! Merging entries into a client's file.
//!
//! What always holds: the file is whole at every moment, because it gets its name when it is written and on the disk. What
//! stands in it and is not ours stays, in its order; of an entry of ours that is all but how the program is started.

use std::fs::Permissions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::doors::cli::{Failed, PROGRAM};

/// The mode of a file that is made: what a client starts is its user's business.
const MODE: u32 = 0o600;

/// What became of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Merged {
    /// It says the same already.
    Same,
    /// It was written; what it was lies there, where there was something.
    Written { backup: Option<PathBuf> },
}

/// The same text with the entries below a key; nothing where it holds them already.
fn merged(text: &str, key: &str, entries: Map<String, Value>) -> Result<Option<String>, String> {
    const BY_HAND: &str = "mend it, or put in by hand what this prints without --write";
    let mut all = match text.trim() {
        "" => Value::Object(Map::new()),
        text => serde_json::from_str(text).map_err(|error| format!("it is no JSON ({error}); {BY_HAND}"))?,
    };
    let before = all.clone();
    let top = all.as_object_mut().ok_or_else(|| format!("it is no JSON object; {BY_HAND}"))?;
    let servers = top.entry(key).or_insert_with(|| Value::Object(Map::new()));
    let servers = servers.as_object_mut().ok_or_else(|| format!("`{key}` in it is no object; {BY_HAND}"))?;
    for (name, entry) in entries {
        match servers.get_mut(&name) {
            None => {
                servers.insert(name, entry);
            }
            Some(there) => renew(there, entry).map_err(|other| {
                format!(
                    "`{name}` in it is {other} and not ours: give that another name there, or put ours in by hand under \
                     another name, as this prints it without --write"
                )
            })?,
        }
    }
    if all == before {
        return Ok(None);
    }
    let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
    Ok(Some(format!("{text}\n")))
}

/// Puts what an entry of ours is to say into the one that is there, and leaves what else it says.
///
/// # Errors
/// It is another program's; the words say what it is.
fn renew(there: &mut Value, entry: Value) -> Result<(), String> {
    let program = |entry: &Value| {
        let command = Path::new(entry.get("command")?.as_str()?).to_owned();
        Some(command.file_name()?.to_owned())
    };
    let own = program(there);
    if own.is_none() || (own != program(&entry) && own.is_some_and(|name| name != PROGRAM)) {
        let command = there.get("command").and_then(Value::as_str);
        return Err(command.map_or("a server of another kind".to_owned(), |command| {
            format!("a server that starts {command}")
        }));
    }
    if let (Value::Object(there), Value::Object(entry)) = (there, entry) {
        there.extend(entry);
    }
    Ok(())
}

/// The file that is meant: where it is a link, what it links to.
fn behind_links(file: &Path) -> Result<PathBuf, Failed> {
    if let Ok(target) = file.canonicalize() {
        return Ok(target);
    }
    if !file.is_symlink() {
        return Ok(file.to_owned());
    }
    let target = std::fs::read_link(file).unwrap_or_default();
    Err(Failed::Failure(format!(
        "{} is a link to {}, which is not there: make that file, or remove the link",
        file.display(),
        target.display()
    )))
}

/// Merges entries into a file, which is made where there is none.
pub(super) fn write(file: &Path, key: &str, entries: Map<String, Value>) -> Result<Merged, Failed> {
    let failed = |what: &str, path: &Path, cause: &std::io::Error| {
        Failed::Failure(format!("cannot {what} {}: {cause}", path.display()))
    };
    let file = behind_links(file)?;
    if std::fs::metadata(&file).is_ok_and(|found| !found.is_file()) {
        return Err(Failed::Failure(format!("{} is no file: name one with --file", file.display())));
    }
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(cause) if cause.kind() == ErrorKind::NotFound => None,
        Err(cause) => return Err(failed("read", &file, &cause)),
    };
    let new = merged(text.as_deref().unwrap_or_default(), key, entries)
        .map_err(|why| Failed::Failure(format!("{} was left as it is: {why}", file.display())))?;
    let Some(new) = new else { return Ok(Merged::Same) };
    if let Some(directory) = file.parent() {
        std::fs::create_dir_all(directory).map_err(|cause| failed("create", directory, &cause))?;
    }
    let mut backup = None;
    let mut mode = MODE;
    if text.is_some() {
        mode = std::fs::metadata(&file).map_or(MODE, |found| found.permissions().mode() & 0o7777);
        backup = Some(keep(&file).map_err(|cause| failed("keep a copy of", &file, &cause))?);
    }
    replace(&file, &new, mode).map_err(|cause| failed("write", &file, &cause))?;
    Ok(Merged::Written { backup })
}

/// Copies a file to `FILE.before-1`, or the first number that is free.
fn keep(file: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1_u64;
    loop {
        let aside = ending(file, &format!(".before-{number}"));
        match std::fs::File::options().create_new(true).write(true).mode(MODE).open(&aside) {
            Ok(mut copy) => {
                copy.write_all(&std::fs::read(file)?)?;
                copy.sync_all()?;
                return Ok(aside);
            }
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(cause) => return Err(cause),
        }
    }
}

/// Gives a file a content, at once: it is on the disk before it gets its name.
fn replace(file: &Path, content: &str, mode: u32) -> std::io::Result<()> {
    let unfinished = ending(file, &format!(".{}.unfinished", std::process::id()));
    let write = || {
        let mut new = std::fs::File::options().create_new(true).write(true).mode(MODE).open(&unfinished)?;
        new.write_all(content.as_bytes())?;
        // Asked for when it is made, a mode is narrowed by the umask.
        new.set_permissions(Permissions::from_mode(mode))?;
        new.sync_all()?;
        std::fs::rename(&unfinished, file)
    };
    // What a process of the same number has left behind.
    let _ = std::fs::remove_file(&unfinished);
    let written = write();
    if written.is_err() {
        // What matters is why it could not be written.
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}

fn ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entries() -> Map<String, Value> {
        Map::from_iter([("echo".to_owned(), json!({ "command": "/bin/echo-org" }))])
    }

    #[test]
    fn what_is_there_stays_and_the_same_changes_nothing() {
        let check = |text: &str, expected: Result<Option<Value>, &str>| {
            let found = merged(text, "servers", entries());
            match expected {
                Ok(expected) => {
                    let found = found.unwrap().map(|text| serde_json::from_str::<Value>(&text).unwrap());
                    assert_eq!(found, expected, "{text}");
                }
                Err(why) => assert!(found.unwrap_err().contains(why), "{text}"),
            }
        };
        let ours = json!({ "command": "/bin/echo-org" });
        check("", Ok(Some(json!({ "servers": { "echo": ours } }))));
        check("{}", Ok(Some(json!({ "servers": { "echo": ours } }))));
        check(
            r#"{"theme": "dark", "servers": {"other": {"command": "x"}}}"#,
            Ok(Some(json!({ "theme": "dark", "servers": { "other": { "command": "x" }, "echo": ours } }))),
        );
        check(
            r#"{"servers": {"echo": {"command": "/old/echo-org"}}}"#,
            Ok(Some(json!({ "servers": { "echo": ours } }))),
        );
        check(
            r#"{"servers": {"echo": {"env": {"A": "1"}, "command": "echo-org", "disabled": true, "timeout": 9}}}"#,
            Ok(Some(json!({ "servers": { "echo": {
                "env": { "A": "1" }, "command": "/bin/echo-org", "disabled": true, "timeout": 9
            } } }))),
        );
        check(
            r#"{"servers": {"echo": {"command": "/bin/echo"}}}"#,
            Err("`echo` in it is a server that starts /bin/echo and not ours: give that another name"),
        );
        for other in [r#"{"url": "http://localhost"}"#, "3", "{}", r#"{"command": 3}"#, r#"{"command": "/"}"#]
        {
            check(&format!(r#"{{"servers": {{"echo": {other}}}}}"#), Err("and not ours"));
        }
        check(r#"{"servers": {"echo": {"command": "/bin/echo-org"}}}"#, Ok(None));
        check("// a comment\n{}", Err("no JSON"));
        check("[]", Err("no JSON object"));
        check(r#"{"servers": []}"#, Err("`servers` in it is no object"));
    }

    #[test]
    fn a_file_is_written_once_and_what_it_was_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("deep/servers.json");
        assert_eq!(write(&file, "servers", entries()).unwrap(), Merged::Written { backup: None });
        assert_eq!(write(&file, "servers", entries()).unwrap(), Merged::Same);
        for number in 1..3 {
            std::fs::write(&file, r#"{"mine": 1}"#).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
            let Merged::Written { backup: Some(backup) } = write(&file, "servers", entries()).unwrap() else {
                panic!("there was something")
            };
            assert!(backup.ends_with(format!("servers.json.before-{number}")));
            assert_eq!(std::fs::read_to_string(backup).unwrap(), r#"{"mine": 1}"#);
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        }
        assert_eq!(
            std::fs::read_dir(file.parent().unwrap()).unwrap().count(),
            3,
            "nothing unfinished is left"
        );
        std::fs::write(&file, "{").unwrap();
        let refused = write(&file, "servers", entries()).unwrap_err().to_string();
        assert!(refused.contains("left as it is"), "{refused}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{");
    }

    #[test]
    fn a_mode_is_kept_whatever_the_umask_says() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("servers.json");
        for mode in [0o600, 0o666, 0o440] {
            std::fs::write(&file, "{}").unwrap();
            std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            let written = write(&file, "servers", entries()).unwrap();
            assert!(matches!(written, Merged::Written { backup: Some(_) }), "{mode:o}");
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, mode);
            std::fs::remove_file(&file).unwrap();
        }
    }

    #[test]
    fn a_link_stays_and_what_it_means_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let (link, target) = (directory.path().join("link.json"), directory.path().join("dotfiles.json"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let refused = write(&link, "servers", entries()).unwrap_err().to_string();
        assert!(refused.contains("dotfiles.json, which is not there: make that file"), "{refused}");
        assert!(link.is_symlink() && !target.exists());
        std::fs::write(&target, "{}").unwrap();
        assert!(matches!(write(&link, "servers", entries()).unwrap(), Merged::Written { .. }));
        assert!(link.is_symlink() && !target.is_symlink());
        assert!(std::fs::read_to_string(&target).unwrap().contains("/bin/echo-org"));
    }

    /// A directory is never read, so a device is tried, which would read as an empty file.
    #[test]
    fn what_is_no_file_is_left_alone() {
        let Err(Failed::Failure(why)) = write(Path::new("/dev/null"), "servers", entries()) else {
            panic!("it was replaced")
        };
        assert!(why.contains("/dev/null is no file"), "{why}");
    }
}
