//! What the tests of the whole share: the real binary, and a home to run it in.
//!
//! In reading order: [`Program`] is the real binary, built once for each test run; [`Home`] is a machine's user for
//! it, with nothing but an empty directory; [`Run`] is what came of running it there; [`Running`] is a run that is not
//! over yet. [`processes`] tells what processes have open. [`Browser`] opens pages. [`mcp`] has clients of
//! MCP.
//!
//! What always holds: a run sees no environment but its [`Home`], reads an empty standard input, and ends within
//! [`RUN_LIMIT`] or fails its test.
#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a harness reports what it cannot do by failing the test"
)]

mod browser;
mod company;
pub mod mcp;
pub mod processes;
mod running;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

pub use browser::Browser;
pub use company::{HEAD, WORKER, block_on, company, role, start_a_plan};
pub use running::Running;

/// How long a run of the binary may take before its test fails.
pub const RUN_LIMIT: Duration = Duration::from_secs(60);

/// The profile that cargo calls `dev` puts its files into a directory of another name.
const DEV_DIRECTORY: &str = "debug";

/// The top of the source tree.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}

/// A file among those that a test run leaves behind to be looked at, below `target/artefacts`.
pub fn artefact(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a file");
    let target = test.ancestors().nth(3).expect("cargo puts tests below its target directory");
    let directory = target.join("artefacts");
    std::fs::create_dir_all(&directory).expect("a directory can be made in the target directory");
    directory.join(name)
}

/// The text of a shipped scenario, by its name.
pub fn scenario(name: &str) -> String {
    let path = root().join(format!("agents/scenarios/{name}.yaml"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// A question that engineering, operations and product discuss, with these figures, as the text of a scenario.
pub fn move_the_platform(name: &str, data: &str) -> String {
    format!(
        "\
name: {name}
title: Move the platform
initiator: cto
decision:
  type: infrastructure_architecture
  subject: Move the platform to the new deployment
  description: >-
    The product and its features move to the new infrastructure for our customers. The architecture and the
    integration stay; monitoring and deployment change.
  budget_usd: 900000
  impact: Releases take minutes.
  stakeholders: [operations_head, product_manager, senior_architect]
  timeline: 12 months
  risks:
    - The move interrupts the product
    - It takes longer
  success_criteria: [12 releases a year]
  data: {{{data}}}
expect: {{}}
"
    )
}

/// The binary `echo-org`.
#[derive(Debug, Clone, Copy)]
pub struct Program(&'static Path);

impl Program {
    /// The one built with the profile of the running test.
    pub fn of_this_profile() -> Self {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        Self(BUILT.get_or_init(|| build(&profile())))
    }

    /// The one that users run.
    pub fn released() -> Self {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        Self(BUILT.get_or_init(|| build("release")))
    }

    /// Where it lies.
    pub fn path(self) -> &'static Path {
        self.0
    }
}

/// The running test lies in `target/DIRECTORY/deps`, also below a target triple.
fn profile() -> String {
    let test = std::env::current_exe().expect("a running test has a file");
    let directory = test.ancestors().nth(2).and_then(Path::file_name).expect("cargo puts tests into deps");
    let directory = directory.to_string_lossy();
    if directory == DEV_DIRECTORY { "dev".to_owned() } else { directory.into_owned() }
}

/// Builds the binary, which takes a moment where it is up to date. Cargo sets no `CARGO_BIN_EXE_echo-org` here: the
/// binary belongs to another package.
fn build(profile: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--package", "echo-agents", "--bin", "echo-org", "--profile", profile])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo can be run");
    assert!(output.status.success(), "echo-org does not build: {}", output.status);
    let messages = String::from_utf8_lossy(&output.stdout);
    let executable = messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    });
    executable.expect("cargo names the executable that it built")
}

/// A user with an empty home directory, which is gone when this is dropped.
#[derive(Debug)]
pub struct Home {
    program: Program,
    directory: TempDir,
    /// Commands share a runtime, which is ended when this is dropped.
    shares: bool,
}

impl Default for Home {
    fn default() -> Self {
        Self::new(Program::of_this_profile())
    }
}

impl Home {
    /// A home in which this program is run.
    pub fn new(program: Program) -> Self {
        let directory = TempDir::new().expect("a temporary directory can be made");
        Self { program, directory, shares: false }
    }

    /// A home whose commands share a runtime in the background. No process of it is left when it is dropped.
    pub fn sharing() -> Self {
        Self::default().shared()
    }

    /// The home whose commands share a runtime in the background from here on.
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.shares = true;
        self
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The program that is run here.
    pub fn program(&self) -> Program {
        self.program
    }

    /// Where the program keeps its store unless told otherwise.
    pub fn store(&self) -> PathBuf {
        self.path().join("data/echo-org/org.redb")
    }

    /// The code of a question that waits for a person.
    pub fn code(&self, approval: &str) -> String {
        let list = self.run(&["approvals", "--limit", "1000", "--json"]).exits(0).json();
        let waiting = list.get("approvals").and_then(Value::as_array).expect("it is a list");
        let is_meant = |one: &&Value| one.get("approval").is_some_and(|id| id == approval);
        let code = waiting.iter().find(is_meant).and_then(|one| one.get("code")).and_then(Value::as_str);
        code.expect("it waits, and has a code").to_owned()
    }

    /// Writes a file into the directory and says where it is.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).expect("a file can be written in a temporary directory");
        path
    }

    /// Every file below the directory with its content.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut directories = vec![self.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(&directory).expect("a directory can be listed") {
                let path = entry.expect("a directory's entry can be read").path();
                if path.is_dir() {
                    directories.push(path);
                } else {
                    let content = std::fs::read(&path).expect("a file can be read");
                    files.insert(path, content);
                }
            }
        }
        files
    }

    /// The program with these arguments, in this home, ready to be spawned.
    pub fn command<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(self.program.path());
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("XDG_DATA_HOME", self.path().join("data"))
            .env("XDG_RUNTIME_DIR", self.path())
            .current_dir(self.path())
            .stdin(Stdio::null());
        if !self.shares {
            command.env("ECHO_IN_PROCESS", "1");
        }
        command
    }

    /// Runs the program with these arguments.
    pub fn run<A: AsRef<std::ffi::OsStr>>(&self, arguments: &[A]) -> Run {
        let mut child = self
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let mut receive = |stream: &Receiver<Vec<u8>>| match stream.recv_timeout(RUN_LIMIT) {
            Ok(bytes) => String::from_utf8(bytes).expect("the program writes UTF-8"),
            Err(_) => hung(&mut child),
        };
        let (stdout, stderr) = (receive(&stdout), receive(&stderr));
        let status = child.wait().expect("a child can be waited for");
        Run { stdout, stderr, status }
    }
}

impl Drop for Home {
    /// A test that fails must leave no runtime behind, whatever state that is in.
    fn drop(&mut self) {
        if !self.shares {
            return;
        }
        if let Ok(mut stop) = self.command(&["stop"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            let _ = stop.wait();
        }
        for pid in processes::with_files_below(self.path()) {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    }
}

/// Reads a stream to its end, so that a program that writes much is never held up.
fn collect(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // A stream that breaks has ended; what it held until then is what the test gets to see.
            let _ = stream.read_to_end(&mut bytes);
        }
        let _ = send.send(bytes);
    });
    receive
}

fn hung(child: &mut Child) -> ! {
    let _ = child.kill();
    let _ = child.wait();
    panic!("the program had not ended after {RUN_LIMIT:?} and was stopped");
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// What it wrote for the reader.
    pub stdout: String,
    /// What it wrote about itself.
    pub stderr: String,
    /// How it ended.
    pub status: ExitStatus,
}

impl Run {
    /// This run, which must have ended with the exit code.
    #[must_use]
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{}", self.told());
        assert!(!self.stderr.contains("panicked"), "{}", self.told());
        self
    }

    /// This run, whose messages must hold each of these words.
    #[must_use]
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is missing:\n{}", self.told());
        }
        self
    }

    /// What it wrote for the reader, as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}):\n{}", self.told()))
    }

    /// The run in words, for messages of tests that fail.
    pub fn told(&self) -> String {
        format!("{}\n--- stdout\n{}--- stderr\n{}", self.status, self.stdout, self.stderr)
    }
}
