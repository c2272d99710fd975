//! What `doctor` says of who may do what with the store's directory and the files in it. The socket and the token are looked
//! at where they are told of.
//!
//! What always holds: what is not there is not spoken of. A directory that others may look into is as its owner wants it,
//! unless the program made it for itself.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Finding, Patient};

/// The bits of a mode by which anybody but the owner may do something.
const OTHERS: u32 = 0o077;
/// Those by which anybody but the owner may change something.
const OTHERS_CHANGE: u32 = 0o022;

pub(super) fn findings(patient: &Patient<'_, '_, '_>) -> Vec<Finding> {
    let store = &patient.address.store;
    let lock = beside(store, ".lock");
    let mut seen = Vec::new();
    let mut findings = Vec::new();
    let directory = store.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some((directory, mode)) = directory.and_then(|path| Some((path, mode(path)?))) {
        seen.push(format!("directory {mode:04o}"));
        findings.extend(of_directory(directory, mode, !patient.place.is_named()));
    }
    let files = [
        ("store", store, "read what is in it, and with it the codes of questions to people"),
        ("lock", &lock, "hold it, so that nobody can open the store"),
        ("log", &patient.address.log, "read what the runtime has said"),
    ];
    for (name, path, may) in files {
        let Some(mode) = mode(path) else { continue };
        seen.push(format!("{name} {mode:04o}"));
        if mode & OTHERS != 0 {
            let shown = path.display();
            let found = format!("{shown} has mode {mode:04o}, so others may {may}");
            findings.push(Finding::problem("modes", found, format!("chmod 600 {shown}")));
        }
    }
    if findings.is_empty() && !seen.is_empty() {
        findings.push(Finding::ok("modes", seen.join(", ")));
    }
    findings
}

fn of_directory(path: &Path, mode: u32, is_our_own: bool) -> Option<Finding> {
    let shown = path.display();
    if mode & OTHERS_CHANGE != 0 {
        let found =
            format!("{shown} has mode {mode:04o}, so others may put files of theirs beside the store");
        let remedy = format!("chmod go-w {shown}, or have the store in a directory of your own");
        return Some(Finding::problem("modes", found, remedy));
    }
    (is_our_own && mode & OTHERS != 0).then(|| {
        let found = format!("{shown} has mode {mode:04o}, so others may see what lies in it");
        Finding::warning("modes", found, format!("chmod 700 {shown}"))
    })
}

fn mode(path: &Path) -> Option<u32> {
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o777)
}

fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
