//! A run of the binary that is not over yet.
//!
//! What always holds: nothing waits for a time to pass; a test waits for a line, or for the end. A run that is dropped is
//! killed.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};

use crate::{Home, Run};

/// The binary at work.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: Option<ChildStderr>,
    /// What of the output was read so far.
    told: String,
}

impl Running {
    /// Starts the program with these arguments.
    pub fn new(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.command(arguments);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be run");
        let stdout = BufReader::new(child.stdout.take().expect("its output is piped"));
        let stderr = child.stderr.take();
        Self { child, stdout, stderr, told: String::new() }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line of the output that begins so, and gives it.
    #[track_caller]
    pub fn reaches(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.stdout.read_line(&mut line).expect("the program can be listened to");
            if read == 0 {
                let errors = self.errors();
                panic!("no `{start}` in:\n{}\n{errors}", self.told);
            }
            self.told.push_str(&line);
            if line.starts_with(start) {
                return line;
            }
        }
    }

    /// Sends a signal, such as `-TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.pid().to_string()]).status();
        assert!(status.expect("a signal can be sent").success());
    }

    /// What came of it, once it has ended by itself.
    pub fn ends(mut self) -> Run {
        self.stdout.read_to_string(&mut self.told).expect("the program writes UTF-8");
        let stderr = self.errors();
        let status: ExitStatus = self.child.wait().expect("a child can be waited for");
        Run { stdout: std::mem::take(&mut self.told), stderr, status }
    }

    fn errors(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.stderr.take() {
            stderr.read_to_string(&mut text).expect("the program writes UTF-8");
        }
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and that is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
