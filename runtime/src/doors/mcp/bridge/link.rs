//! The link between a client and the runtime of the moment.
//!
//! What always holds: nobody writes or reads while holding the lock on what is known, so the two directions never wait for
//! each other. A request is registered before it is sent, under an id that no other one waits under; of those registered,
//! the ones that were sent are answered when their runtime is lost, and one that was not is its sender's. An answer is told
//! only to a request that still waits for it, and nothing of a runtime is told once that is counted as lost.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use echo_storage::clock::Stopwatch;
use serde_json::{Value, json};

use super::head::{CANCELLED, Head, INITIALIZED, cancelled, cancelling, refusal, with_id};
use super::{MAX_ANSWER_BYTES, MAX_TRIES, NoRuntime, Waits};
use crate::doors::mcp::lines::line;

/// The code that clients know for a connection that was closed before the answer.
const LOST: i64 = -32_000;
/// The code for what is no request as the protocol has them.
const INVALID: i64 = -32_600;
/// The code for what the side that answers could not do.
const INTERNAL: i64 = -32_603;

/// A link, and the way back to the client.
pub(super) struct Link<W> {
    known: Mutex<Known>,
    out: Mutex<W>,
    waits: Waits,
    /// The client hears no more.
    is_deaf: AtomicBool,
}

/// What is known of the runtime of the moment, and what of the client outlives it.
#[derive(Default)]
struct Known {
    /// Which connection it is, counted.
    number: u64,
    stream: Option<Arc<UnixStream>>,
    /// The client's requests that are not answered, by their ids as text.
    in_flight: HashMap<String, InFlight>,
    /// What the runtime has asked, by the ids under which the client knows it.
    asked: HashMap<String, Value>,
    /// The line that began the handshake, and its id, once a runtime has agreed to it.
    initialize: Option<(Value, Vec<u8>)>,
    /// The line that ended it.
    initialized: Option<Vec<u8>>,
    /// Requests of the bridge's own, whose answers are not for the client.
    own: HashSet<String>,
}

/// A request that is not answered.
struct InFlight {
    id: Value,
    /// Whether the whole line was sent.
    is_sent: bool,
    /// Whether asking it again does nothing a second time.
    may_be_repeated: bool,
    /// Since when it waits; nothing where its answer may take as long as the client likes.
    since: Option<Stopwatch>,
    /// The line, where it begins the handshake.
    handshake: Option<Vec<u8>>,
}

/// What came of sending a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Registered {
    /// It was sent, or is answered.
    Done,
    /// The runtime had gone; it is to be sent to the next.
    Again,
}

impl<W: Write> Link<W> {
    /// A link to nobody yet.
    pub(super) fn new(out: W, waits: Waits) -> Self {
        Self { known: Mutex::default(), out: Mutex::new(out), waits, is_deaf: AtomicBool::new(false) }
    }

    /// How long it waits.
    pub(super) fn waits(&self) -> &Waits {
        &self.waits
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the client hears no more.
    pub(super) fn is_deaf(&self) -> bool {
        self.is_deaf.load(Ordering::Acquire)
    }

    /// Whether there is a runtime.
    pub(super) fn is_up(&self) -> bool {
        self.known().stream.is_some()
    }

    /// Tells the client a line.
    pub(super) fn tell(&self, line: &[u8]) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.write_all(line).and_then(|()| out.flush()).is_err() {
            self.is_deaf.store(true, Ordering::Release);
        }
    }

    /// Takes up a connection and says which it is. The handshake is repeated on it unless the client is about to begin one.
    pub(super) fn take_up(&self, stream: UnixStream, begins: bool) -> (u64, Arc<UnixStream>) {
        let stream = Arc::new(stream);
        let mut handshake = Vec::new();
        let number = {
            let mut known = self.known();
            known.number += 1;
            known.own.clear();
            if let Some((id, line)) = known.initialize.clone().filter(|_| !begins) {
                known.own.insert(id.to_string());
                handshake.extend(line);
                handshake.extend(known.initialized.iter().flatten());
            }
            known.stream = Some(stream.clone());
            known.number
        };
        // Only a socket that is no more refuses these, and that is found so by whoever writes next.
        let _ = stream.set_write_timeout(Some(self.waits.write));
        let _ = stream.set_read_timeout(Some(self.waits.look()));
        if (&*stream).write_all(&handshake).is_err() {
            // So is a runtime that is gone already, or does not take it; nothing may follow a part of a line.
            let _ = stream.shutdown(Shutdown::Both);
        }
        (number, stream)
    }

    /// Sends a line.
    pub(super) fn send(&self, head: &Head, line: &[u8]) -> Registered {
        let key = head.asks().map(ToString::to_string);
        let (number, stream) = {
            let mut known = self.known();
            let Some(stream) = known.stream.clone() else { return Registered::Again };
            if let (Some(key), Some(id)) = (&key, head.asks()) {
                let handshake = head.begins().then(|| line.to_vec());
                if known.in_flight.contains_key(key) {
                    drop(known);
                    self.tell(&still_waits(id));
                    return Registered::Done;
                }
                let may_be_repeated = head.may_be_repeated(line);
                let since = (!head.has_time()).then(Stopwatch::new);
                let waiting = InFlight { id: id.clone(), is_sent: false, may_be_repeated, since, handshake };
                known.in_flight.insert(key.clone(), waiting);
            }
            (known.number, stream)
        };
        let sent = write(&stream, line);
        let mut known = self.known();
        if sent == Sent::InPart {
            key.and_then(|key| known.in_flight.remove(&key));
            drop(known);
            self.lose(number);
            return Registered::Again;
        }
        let is_up = known.number == number && known.stream.is_some();
        let unanswered = key.and_then(|key| {
            if is_up {
                known.in_flight.get_mut(&key)?.is_sent = true;
                return None;
            }
            // It may have been read before the runtime was lost.
            known.in_flight.remove(&key)
        });
        drop(known);
        if let Some(waiting) = unanswered {
            self.tell(&waiting.lost());
        }
        if sent == Sent::ButItsEnd {
            self.lose(number);
        }
        Registered::Done
    }

    /// Remembers what of a line outlives the runtime.
    pub(super) fn remember(&self, head: &Head, line: Vec<u8>) {
        if head.id.is_some() {
            return;
        }
        if head.is(INITIALIZED) {
            self.known().initialized = Some(line);
        } else if head.is(CANCELLED)
            && let Some(id) = cancelled(&line)
        {
            // It will not be answered any more.
            self.known().in_flight.remove(&id.to_string());
        }
    }

    /// The client's answer to what a runtime asked, as that runtime knows it; nothing where that runtime is gone.
    pub(super) fn answered(&self, id: &Value, line: &[u8]) -> Option<Vec<u8>> {
        let own = self.known().asked.remove(&id.to_string())?;
        with_id(line, own)
    }

    /// Hands on what the runtime of a connection has said.
    pub(super) fn hear(&self, number: u64, mut said: Vec<u8>) {
        let head = Head::of(&said).unwrap_or_default();
        said.push(b'\n');
        if let Some(said) = self.heard(number, head, said) {
            self.tell(&said);
        }
    }

    /// The line as the client is to hear it; nothing where it is not for the client.
    fn heard(&self, number: u64, head: Head, said: Vec<u8>) -> Option<Vec<u8>> {
        // Each runtime counts its questions from the beginning, so the client knows them by another id.
        let known_as = |id: &Value| Value::String(format!("{number}.{id}"));
        let mut known = self.known();
        if known.number != number || known.stream.is_none() {
            return None;
        }
        if head.is(CANCELLED) && head.id.is_none() {
            let id = known_as(&cancelled(&said)?);
            known.asked.remove(&id.to_string());
            return cancelling(&said, id);
        }
        match (head.id, head.method) {
            (Some(id), Some(_)) => {
                let known_as = known_as(&id);
                let line = with_id(&said, known_as.clone())?;
                known.asked.insert(known_as.to_string(), id);
                Some(line)
            }
            (Some(id), None) => {
                let key = id.to_string();
                if known.own.remove(&key) {
                    return None;
                }
                let waiting = known.in_flight.remove(&key)?;
                if let Some(line) = waiting.handshake.filter(|_| !head.refuses) {
                    known.initialize = Some((waiting.id, line));
                }
                Some(said)
            }
            (None, _) => Some(said),
        }
    }

    /// Answers a request whose answer was too long to be carried.
    pub(super) fn too_long(&self, number: u64, id: &Value) {
        let waiting = {
            let mut known = self.known();
            if known.number != number || known.own.remove(&id.to_string()) {
                return;
            }
            known.in_flight.remove(&id.to_string())
        };
        if let Some(waiting) = waiting {
            self.tell(&too_long(&waiting.id));
        }
    }

    /// Answers what has waited too long. The connection stays: what else was asked may still be answered.
    pub(super) fn answer_overdue(&self) {
        let within = self.waits.answer;
        let is_overdue = |waiting: &InFlight| {
            waiting.is_sent && waiting.since.is_some_and(|since| since.elapsed() >= within)
        };
        let overdue: Vec<InFlight> = {
            let mut known = self.known();
            let overdue = known.in_flight.extract_if(|_, waiting| is_overdue(waiting));
            overdue.map(|(_, waiting)| waiting).collect()
        };
        for waiting in &overdue {
            self.tell(&waiting.overdue(within));
        }
    }

    /// Counts a runtime as lost, and answers what was sent to it.
    pub(super) fn lose(&self, number: u64) {
        let (unanswered, asked): (Vec<InFlight>, Vec<String>) = {
            let mut known = self.known();
            if known.number != number {
                return;
            }
            let Some(stream) = known.stream.take() else { return };
            // Where it is still there, whoever reads from it is to end.
            let _ = stream.shutdown(Shutdown::Both);
            let asked = known.asked.drain().map(|(id, _)| id).collect();
            let sent = known.in_flight.extract_if(|_, waiting| waiting.is_sent);
            (sent.map(|(_, waiting)| waiting).collect(), asked)
        };
        for id in &asked {
            self.tell(&taken_back(id));
        }
        for waiting in &unanswered {
            self.tell(&waiting.lost());
        }
    }

    /// Counts the runtime of the moment as lost.
    pub(super) fn lose_last(&self) {
        let number = self.known().number;
        self.lose(number);
    }

    /// Tells the runtime that the client has said all.
    pub(super) fn say_no_more(&self) {
        let stream = self.known().stream.clone();
        if let Some(stream) = stream {
            // One that is gone needs not be told.
            let _ = stream.shutdown(Shutdown::Write);
        }
    }
}

/// What tells a client that a runtime which has gone waits no more for the answer to what it asked, by the id that the client
/// knows, as JSON.
fn taken_back(id: &str) -> Vec<u8> {
    let id: Value = serde_json::from_str(id).unwrap_or_default();
    let params = json!({ "requestId": id, "reason": "the runtime that asked went away" });
    line(&json!({ "jsonrpc": "2.0", "method": CANCELLED, "params": params }))
}

/// What to do about a call of which nobody knows whether it was made.
const LOOK_FIRST: &str = "this call may have been made, and made again it may be made twice: look first, by a tool that reads or \
                          with `echo-org decisions`, and make it again where it was not. A call with a key of its own in its \
                          _meta, under echo-org/key, can always be made again";

impl InFlight {
    /// The answer where its runtime went away before it answered.
    fn lost(&self) -> Vec<u8> {
        let next =
            if self.may_be_repeated { "ask again, the next one is started for it" } else { LOOK_FIRST };
        let why = format!("the runtime went away before it answered: {next}");
        refusal(&self.id, LOST, &why, self.may_be_repeated)
    }

    /// The answer where its runtime is there and does not answer.
    fn overdue(&self, within: Duration) -> Vec<u8> {
        let next = if self.may_be_repeated { "then ask again" } else { LOOK_FIRST };
        let why = format!(
            "the runtime has not answered for {} s, longer than anything takes: `echo-org doctor` names its process; where \
             that is stuck, end it, and the next one is started; {next}",
            within.as_secs()
        );
        refusal(&self.id, LOST, &why, self.may_be_repeated)
    }
}

/// How much of a line was sent.
#[derive(Debug, PartialEq, Eq)]
enum Sent {
    Whole,
    /// All but what ends it: a runtime takes it for a line where nothing follows.
    ButItsEnd,
    /// So little that it is no message.
    InPart,
}

/// Sends as much of a line as is taken.
fn write(mut stream: &UnixStream, line: &[u8]) -> Sent {
    let mut rest = line;
    while !rest.is_empty() {
        match stream.write(rest) {
            Ok(count @ 1..) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => break,
        }
    }
    if rest.is_empty() {
        Sent::Whole
    } else if rest.trim_ascii().is_empty() {
        Sent::ButItsEnd
    } else {
        Sent::InPart
    }
}

/// The answer to a request under the id of one that waits. It is not to be asked again as it is, and where the client takes
/// this for the answer to the first one, neither is that.
fn still_waits(id: &Value) -> Vec<u8> {
    let why = "a request under this id still waits for its answer, so this one was not sent on: give each request an id of \
               its own";
    refusal(id, INVALID, why, false)
}

/// The answer to a request for which there is no runtime. It was not sent, so it can be asked again.
pub(super) fn no_runtime(id: &Value, none: &NoRuntime) -> Vec<u8> {
    refusal(id, LOST, &format!("there is no runtime to ask: {}", none.why), none.may_change)
}

/// The answer to a request that no runtime has lived to read.
pub(super) fn all_went(id: &Value) -> Vec<u8> {
    let why = format!(
        "{MAX_TRIES} runtimes in a row went away before they had read this, so it was not done: ask again, and where that \
         ends the same, `echo-org doctor` and the log beside the store say what ends them"
    );
    refusal(id, LOST, &why, true)
}

/// The answer to a request whose answer is longer than may be.
fn too_long(id: &Value) -> Vec<u8> {
    let why = format!(
        "the answer has more than {MAX_ANSWER_BYTES} bytes and was dropped: ask for less at once, or read it with the \
         `echo-org` command for it. What was asked was done"
    );
    refusal(id, INTERNAL, &why, false)
}
