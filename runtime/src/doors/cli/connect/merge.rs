//! Merging entries into a client's file.
//!
//! What always holds: the file is whole at every moment, because it gets its name when it is written. What stands in it and
//! is not ours stays, in its order.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::doors::cli::Failed;

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
    let mut all = match text.trim() {
        "" => Value::Object(Map::new()),
        text => serde_json::from_str(text).map_err(|error| format!("it is no JSON ({error})"))?,
    };
    let before = all.clone();
    let top = all.as_object_mut().ok_or("it is no JSON object")?;
    let servers = top.entry(key).or_insert_with(|| Value::Object(Map::new()));
    let servers = servers.as_object_mut().ok_or_else(|| format!("`{key}` in it is no object"))?;
    servers.extend(entries);
    if all == before {
        return Ok(None);
    }
    let text = serde_json::to_string_pretty(&all).map_err(|error| error.to_string())?;
    Ok(Some(format!("{text}\n")))
}

/// Merges entries into a file, which is made where there is none.
pub(super) fn write(file: &Path, key: &str, entries: Map<String, Value>) -> Result<Merged, Failed> {
    let failed = |what: &str, path: &Path, cause: &std::io::Error| {
        Failed::Failure(format!("cannot {what} {}: {cause}", path.display()))
    };
    // Where it is a link, what it links to is the file.
    let file = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(cause) if cause.kind() == ErrorKind::NotFound => None,
        Err(cause) => return Err(failed("read", &file, &cause)),
    };
    let new = merged(text.as_deref().unwrap_or_default(), key, entries).map_err(|why| {
        let shown = file.display();
        Failed::Failure(format!(
            "{shown} was left as it is: {why}; mend it, or put in by hand what this prints without --write"
        ))
    })?;
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
                return Ok(aside);
            }
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(cause) => return Err(cause),
        }
    }
}

/// Gives a file a content, at once.
fn replace(file: &Path, content: &str, mode: u32) -> std::io::Result<()> {
    let unfinished = ending(file, &format!(".{}.unfinished", std::process::id()));
    let written = std::fs::File::options()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(mode)
        .open(&unfinished)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .and_then(|()| std::fs::rename(&unfinished, file));
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
            r#"{"servers": {"echo": {"command": "old"}}}"#,
            Ok(Some(json!({ "servers": { "echo": ours } }))),
        );
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
        std::fs::write(&file, "{").unwrap();
        let refused = write(&file, "servers", entries()).unwrap_err().to_string();
        assert!(refused.contains("left as it is"), "{refused}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{");
    }
}
