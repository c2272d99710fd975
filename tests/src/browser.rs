//! A browser without a window, for tests of pages.
//!
//! What always holds: it has a profile of its own that is gone afterwards, reaches no network, and ends within
//! [`RUN_LIMIT`](crate::RUN_LIMIT) or fails its test.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::{RUN_LIMIT, collect, hung};

/// The names under which a browser of the wanted kind is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A browser that is installed here.
#[derive(Debug)]
pub struct Browser {
    program: PathBuf,
}

impl Browser {
    /// The one that `CHROMIUM` names, or the first that is on the path; nothing where there is none.
    pub fn find() -> Option<Self> {
        if let Some(named) = std::env::var_os("CHROMIUM").filter(|named| !named.is_empty()) {
            let program = PathBuf::from(named);
            assert!(program.is_file(), "CHROMIUM names no file: {}", program.display());
            return Some(Self { program });
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = std::env::split_paths(&path).flat_map(|place| NAMES.map(|name| place.join(name)));
        places.into_iter().find(|place| place.is_file()).map(|program| Self { program })
    }

    /// What a page has become when it is loaded in a window of this width, as text.
    pub fn dump(&self, page: &Path, width: u32) -> String {
        self.run(page, &["--dump-dom".into(), format!("--window-size={width},1000").into()])
    }

    /// A picture of a page in a window of this size, as a PNG.
    pub fn shoot(&self, page: &Path, width: u32, height: u32, is_dark: bool, to: &Path) {
        let mut flag = OsString::from("--screenshot=");
        flag.push(to);
        let scheme = if is_dark { "0" } else { "1" };
        let colours = format!("--blink-settings=preferredColorScheme={scheme}");
        self.run(page, &[flag, format!("--window-size={width},{height}").into(), colours.into()]);
    }

    fn run(&self, page: &Path, flags: &[OsString]) -> String {
        let profile = TempDir::new().expect("a temporary directory can be made");
        let mut own = OsString::from("--user-data-dir=");
        own.push(profile.path());
        let mut address = OsString::from("file://");
        address.push(page);
        let mut child = Command::new(&self.program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
            .args(["--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND"])
            .arg(own)
            .args(flags)
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the browser can be run");
        let stdout = collect(child.stdout.take());
        let Ok(bytes) = stdout.recv_timeout(RUN_LIMIT) else { hung(&mut child) };
        let status = child.wait().expect("a child can be waited for");
        assert!(status.success(), "{}: {status}", self.program.display());
        String::from_utf8(bytes).expect("a page is UTF-8")
    }
}
