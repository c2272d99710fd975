//! The link between a client and the runtime of the moment.
//!
//! What always holds: nobody writes or reads while holding the lock on what is known, so the two directions never wait for
//! each other. A request is registered before it is sent; of those registered, the ones that were sent are answered when
//! their runtime is lost, and one that was not is its sender's.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::Head;
use crate::doors::mcp::lines::line;

/// The request that begins the handshake of old.
pub(super) const INITIALIZE: &str = "initialize";
/// The notification that ends it.
const INITIALIZED: &str = "notifications/initialized";
/// The notification that takes a request back.
const CANCELLED: &str = "notifications/cancelled";

/// The code that clients know for a connection that was closed before the answer.
const LOST: i64 = -32_000;

/// A link, and the way back to the client.
pub(super) struct Link<W> {
    known: Mutex<Known>,
    out: Mutex<W>,
    /// The client hears no more.
    is_deaf: AtomicBool,
}

/// What is known of the runtime of the moment, and what of the client outlives it.
#[derive(Default)]
struct Known {
    /// Which connection it is, counted.
    number: u64,
    stream: Option<Arc<UnixStream>>,
    /// The client's requests that are not answered, by their ids as text; true where the whole line was sent.
    in_flight: HashMap<String, (Value, bool)>,
    /// What the runtime has asked, by the ids under which the client knows it.
    asked: HashMap<String, Value>,
    /// The line that began the handshake, and its id.
    initialize: Option<(Value, Vec<u8>)>,
    /// The line that ended it.
    initialized: Option<Vec<u8>>,
    /// Requests of the bridge's own, whose answers are not for the client.
    own: HashSet<String>,
}

/// What came of sending a line.
pub(super) enum Registered {
    /// It was sent, or is answered.
    Done,
    /// The runtime had gone; it is to be sent to the next.
    Again,
}

impl<W: Write> Link<W> {
    /// A link to nobody yet.
    pub(super) fn new(out: W) -> Self {
        Self { known: Mutex::default(), out: Mutex::new(out), is_deaf: AtomicBool::new(false) }
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
        // A runtime that is gone already is found so by whoever writes next.
        let _ = (&*stream).write_all(&handshake);
        (number, stream)
    }

    /// Sends a line; `id` is that of a request.
    pub(super) fn send(&self, id: Option<&Value>, line: &[u8]) -> Registered {
        let (number, stream) = {
            let mut known = self.known();
            let Some(stream) = known.stream.clone() else { return Registered::Again };
            if let Some(id) = id {
                known.in_flight.insert(id.to_string(), (id.clone(), false));
            }
            (known.number, stream)
        };
        let is_sent = (&*stream).write_all(line).is_ok();
        let mut known = self.known();
        let is_lost = known.number != number || known.stream.is_none();
        match id.map(ToString::to_string) {
            Some(id) if is_sent && !is_lost => {
                if let Some((_, sent)) = known.in_flight.get_mut(&id) {
                    *sent = true;
                }
                Registered::Done
            }
            // It may have been read before the runtime was lost.
            Some(id) if is_sent => {
                let own = known.in_flight.remove(&id);
                drop(known);
                if let Some((id, _)) = own {
                    self.tell(&lost(&id));
                }
                Registered::Done
            }
            Some(id) => {
                known.in_flight.remove(&id);
                drop(known);
                self.lose(number);
                Registered::Again
            }
            None if is_sent => Registered::Done,
            None => {
                drop(known);
                self.lose(number);
                Registered::Again
            }
        }
    }

    /// Remembers what of a line outlives the runtime.
    pub(super) fn remember(&self, head: &Head, line: Vec<u8>) {
        let mut known = self.known();
        match (head.method.as_deref(), &head.id) {
            (Some(INITIALIZE), Some(id)) => {
                known.initialize = Some((id.clone(), line));
                known.initialized = None;
            }
            (Some(INITIALIZED), None) => known.initialized = Some(line),
            (Some(CANCELLED), None) => {
                // It will not be answered any more.
                let id = head.params.as_ref().and_then(|params| params.request_id.as_ref());
                id.and_then(|id| known.in_flight.remove(&id.to_string()));
            }
            _ => {}
        }
    }

    /// The client's answer to what a runtime asked, as that runtime knows it; nothing where that runtime is gone.
    pub(super) fn answered(&self, id: &Value, line: &[u8]) -> Option<Vec<u8>> {
        let own = self.known().asked.remove(&id.to_string())?;
        with_id(line, own)
    }

    /// Hands on what the runtime of a connection has said.
    pub(super) fn hear(&self, number: u64, mut said: Vec<u8>) {
        let head = Head::of(&said);
        said.push(b'\n');
        match head {
            Some(Head { id: Some(id), method: Some(_), .. }) => {
                // Each runtime counts its questions from the beginning, so the client knows them by another id.
                let known_as = Value::String(format!("{number}.{id}"));
                let Some(line) = with_id(&said, known_as.clone()) else { return };
                self.known().asked.insert(known_as.to_string(), id);
                said = line;
            }
            Some(Head { id: Some(id), method: None, .. }) => {
                let id = id.to_string();
                let mut known = self.known();
                if known.own.remove(&id) {
                    return;
                }
                known.in_flight.remove(&id);
            }
            _ => {}
        }
        self.tell(&said);
    }

    /// Counts a runtime as lost, and answers what was sent to it.
    pub(super) fn lose(&self, number: u64) {
        let unanswered: Vec<Value> = {
            let mut known = self.known();
            if known.number != number || known.stream.take().is_none() {
                return;
            }
            known.asked.clear();
            let (sent, unsent) =
                std::mem::take(&mut known.in_flight).into_iter().partition(|(_, (_, sent))| *sent);
            known.in_flight = unsent;
            let sent: HashMap<String, (Value, bool)> = sent;
            sent.into_values().map(|(id, _)| id).collect()
        };
        for id in &unanswered {
            self.tell(&lost(id));
        }
    }

    /// Tells the runtime that the client has said all; whether there is one.
    pub(super) fn say_no_more(&self) -> bool {
        let stream = self.known().stream.clone();
        // One that is gone needs not be told.
        stream.is_some_and(|stream| stream.shutdown(Shutdown::Write).is_ok())
    }
}

/// The same message under another id.
fn with_id(line: &[u8], id: Value) -> Option<Vec<u8>> {
    let mut message: Value = serde_json::from_slice(line).ok()?;
    message.as_object_mut()?.insert("id".to_owned(), id);
    Some(self::line(&message))
}

/// The answer to a request whose runtime went away before it answered.
fn lost(id: &Value) -> Vec<u8> {
    let why = "the runtime went away before it answered: ask again, the next one is started for it. Whether this was done is \
               not known; what was done is in the store";
    error(id, why)
}

/// The answer to a request for which there is no runtime.
pub(super) fn no_runtime(id: &Value, why: &str) -> Vec<u8> {
    error(id, &format!("there is no runtime to ask: {why}"))
}

fn error(id: &Value, why: &str) -> Vec<u8> {
    let error = json!({ "code": LOST, "message": why, "data": { "retry": true } });
    line(&json!({ "jsonrpc": "2.0", "id": id, "error": error }))
}
