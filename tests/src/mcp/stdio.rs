//! A client that starts `echo-org mcp` and talks to it by its standard input and output.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ExitStatus, Stdio as Pipe};
use std::sync::mpsc::{self, Receiver};

use echo_storage::clock::Stopwatch;
use serde_json::{Value, json};

use super::{HANDSHAKE, introduction, request};
use crate::{Home, RUN_LIMIT};

/// The client.
#[derive(Debug)]
pub struct Stdio {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<String>,
    asked: u64,
    /// Notifications and questions that came while an answer was waited for.
    pub heard: Vec<Value>,
}

impl Stdio {
    /// Starts `mcp` with these arguments.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        let mut command = home.command(&[&["mcp"], arguments].concat());
        let child = command.stdin(Pipe::piped()).stdout(Pipe::piped()).stderr(Pipe::inherit()).spawn();
        let mut child = child.expect("the program can be run");
        let to = child.stdin.take();
        let out = BufReader::new(child.stdout.take().expect("its output is piped"));
        let (send, from) = mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, to, from, asked: 0, heard: Vec::new() }
    }

    /// Starts it and shakes hands as a client that can do nothing special.
    pub fn ready(home: &Home, arguments: &[&str]) -> Self {
        let mut client = Self::start(home, arguments);
        client.shake(HANDSHAKE, &json!({}));
        client
    }

    /// Shakes hands; gives what the server said of itself.
    #[track_caller]
    pub fn shake(&mut self, version: &str, capabilities: &Value) -> Value {
        let about = self.ask("initialize", &introduction(version, capabilities));
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        about
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes bytes as they are.
    #[track_caller]
    pub fn write(&mut self, bytes: &[u8]) {
        let to = self.to.as_mut().expect("its input is open");
        to.write_all(bytes).and_then(|()| to.flush()).expect("the bridge reads");
    }

    /// Sends a message.
    #[track_caller]
    pub fn send(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes());
    }

    /// The next message, whatever it is.
    #[track_caller]
    pub fn hears(&mut self) -> Value {
        let line = self.from.recv_timeout(RUN_LIMIT).expect("the bridge says something");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"))
    }

    /// Sends a request without waiting; gives its id.
    #[track_caller]
    pub fn begin(&mut self, method: &str, params: &Value) -> u64 {
        self.asked += 1;
        self.send(&request(self.asked, method, params));
        self.asked
    }

    /// Waits for the answer to a request; what comes in between is kept.
    #[track_caller]
    pub fn answer(&mut self, id: u64) -> Value {
        let stopwatch = Stopwatch::new();
        loop {
            assert!(stopwatch.elapsed() < RUN_LIMIT, "{id} is not answered: {:?}", self.heard);
            let message = self.hears();
            if message.get("method").is_none() && message.get("id").is_some_and(|own| *own == id) {
                return message;
            }
            self.heard.push(message);
        }
    }

    /// Asks, and gives the whole answer.
    #[track_caller]
    pub fn message(&mut self, method: &str, params: &Value) -> Value {
        let id = self.begin(method, params);
        self.answer(id)
    }

    /// Asks, and gives the result, which there must be.
    #[track_caller]
    pub fn ask(&mut self, method: &str, params: &Value) -> Value {
        let message = self.message(method, params);
        message.get("result").unwrap_or_else(|| panic!("{method}: {message}")).clone()
    }

    /// Calls a tool and gives its result.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }))
    }

    /// Says no more, and gives what it said last and how it ended.
    pub fn ends(mut self) -> (Vec<Value>, ExitStatus) {
        drop(self.to.take());
        let mut last = Vec::new();
        while let Ok(line) = self.from.recv_timeout(RUN_LIMIT) {
            last.push(serde_json::from_str(&line).expect("the bridge says JSON"));
        }
        (last, self.child.wait().expect("a child can be waited for"))
    }
}

impl Drop for Stdio {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and that is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
