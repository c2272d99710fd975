//! The bridge: the process that a client starts and talks to by its standard input and output.
//!
//! ```text
//! client ── lines ──> this thread ──> socket ──> server in the runtime
//!        <── lines ── reading thread <── socket <──
//! ```
//!
//! Desktop clients start a server once and do not restart it, while a runtime leaves when nobody needs it and may be
//! stopped or replaced. So the bridge connects when the client asks something, again whenever the runtime has gone, and
//! repeats the handshake of old to the next one in the client's name; the new era has none.
//!
//! What always holds: each request is answered once, by a runtime or by the bridge, which says of a request whose runtime
//! was lost whether it may be made again: not of a call without a key, which may have been made. A line that is no message needs no runtime to be answered as such. What a runtime
//! asked before it was lost is answered to nobody. A bridge ends when the last answers are told, or have had their time. A
//! runtime that takes nothing of a line, or does not answer, is waited for only so long. Neither direction waits for the other, so a client that does not read
//! stops nothing but itself.

mod head;
mod incoming;
mod link;
#[cfg(test)]
mod tests;

use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use echo_storage::clock::Stopwatch;
use serde_json::Value;

use self::head::Head;
use self::incoming::{Came, Incoming};
use self::link::{Link, Registered};
use super::lines::{MAX_LINE_BYTES, NoMessage};
use super::taken::TAKE_MS;

/// The longest message from a runtime, in bytes: what it reads from the store is bounded, and far less than this.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// How much is read at once, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// How long the last answers may take together after the client has said all it had to say, in milliseconds.
const LAST_ANSWERS_MS: u64 = 30_000;

/// How long it may take to tell a client that does not read what is not answered by then, in milliseconds.
const LAST_WORDS_MS: u64 = 5_000;

/// How long a runtime may take to take anything of a line, in milliseconds. One that waits for a client which does not read
/// takes nothing either, and gives that up first.
const WRITE_MS: u64 = 40_000;

const _: () = assert!(WRITE_MS > TAKE_MS);

/// How long a runtime may take to answer, in milliseconds: far longer than anything does, also what waits for a person.
const ANSWER_MS: u64 = 300_000;

/// How often in that time it is looked for what is not answered.
const LOOKS: u32 = 10;

/// How often a line is handed to a runtime that goes away before it has all of it.
const MAX_TRIES: usize = 3;

/// Why there is no runtime to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRuntime {
    /// In words, with what helps.
    pub why: String,
    /// Whether there may be one when the client asks again, with nothing done about it.
    pub may_change: bool,
}

/// How long a bridge waits.
#[derive(Debug, Clone, Copy)]
struct Waits {
    /// For the last answers, together.
    last: Duration,
    /// For a runtime to take anything of a line.
    write: Duration,
    /// For the answer to a request.
    answer: Duration,
}

impl Waits {
    /// Those of every bridge but a test's.
    const USUAL: Self = Self {
        last: Duration::from_millis(LAST_ANSWERS_MS),
        write: Duration::from_millis(WRITE_MS),
        answer: Duration::from_millis(ANSWER_MS),
    };

    /// Between two looks for what is not answered.
    fn look(&self) -> Duration {
        self.answer / LOOKS
    }
}

/// Carries what a client says and hears, until it has said all and was answered, or hears no more. `dial` gives a connection
/// that carries the lines of an MCP client, or says why there is none.
pub fn run(
    dial: impl FnMut() -> Result<UnixStream, NoRuntime>,
    from: impl Read,
    to: impl Write + Send + 'static,
) {
    run_within(Waits::USUAL, dial, from, to);
}

/// As [`run`], with these waits.
fn run_within(
    waits: Waits,
    mut dial: impl FnMut() -> Result<UnixStream, NoRuntime>,
    mut from: impl Read,
    to: impl Write + Send + 'static,
) {
    let link = Arc::new(Link::new(to, waits));
    let (ended, ends) = mpsc::channel();
    let mut incoming = Incoming::new(MAX_LINE_BYTES);
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut rest = buffer.get(..count).unwrap_or_default();
        while !rest.is_empty() && !link.is_deaf() {
            let (taken, came) = incoming.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            if let Some(came) = came {
                carry(&link, came, &mut dial, &ended);
            }
        }
        if link.is_deaf() {
            return;
        }
    }
    if let Some(came) = incoming.end() {
        carry(&link, came, &mut dial, &ended);
    }
    drop(ended);
    link.say_no_more();
    // Also where no runtime is left: what was lost with it may be on its way to the client.
    if !have_ended(&ends, waits.last) {
        give_up(link);
    }
}

/// Waits until every reading thread has ended, and with it every request is answered; whether they have.
fn have_ended(ends: &Receiver<()>, within: Duration) -> bool {
    let stopwatch = Stopwatch::new();
    loop {
        match ends.recv_timeout(within.saturating_sub(stopwatch.elapsed())) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => return true,
            Err(RecvTimeoutError::Timeout) => return false,
        }
    }
}

/// Answers what the runtime of the moment has not answered in all this time, if the client takes it.
fn give_up<W: Write + Send + 'static>(link: Arc<Link<W>>) {
    let (done, is_done) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        link.lose_last();
        drop(done);
    });
    // Either way it is over.
    let _ = is_done.recv_timeout(Duration::from_millis(LAST_WORDS_MS));
}

/// Hands on what the client has said.
fn carry<W: Write + Send + 'static>(
    link: &Arc<Link<W>>,
    came: Came,
    dial: &mut impl FnMut() -> Result<UnixStream, NoRuntime>,
    ended: &Sender<()>,
) {
    let mut said = match came {
        Came::TooLong(head) => {
            return link.tell(&NoMessage::TooLong.answer(head.asks().unwrap_or(&Value::Null)));
        }
        Came::Line(said) if said.trim_ascii().is_empty() => return,
        Came::Line(said) => said,
    };
    let Some(head) = Head::of(&said) else {
        let (what, id) = NoMessage::of(&said);
        return link.tell(&what.answer(&id));
    };
    said.push(b'\n');
    if head.method.is_none()
        && let Some(id) = &head.id
    {
        // An answer to something that a runtime asked.
        match link.answered(id, &said) {
            Some(answer) => said = answer,
            None => return,
        }
    }
    for _ in 0..MAX_TRIES {
        if !link.is_up() {
            // Nobody waits for what a notification leads to, so no runtime is started for one.
            let Some(id) = head.asks() else { return link.remember(&head, said) };
            match dial() {
                Ok(stream) => join(link, stream, &head, ended),
                Err(why) => return link.tell(&link::no_runtime(id, &why)),
            }
        }
        match link.send(&head, &said) {
            Registered::Done => return link.remember(&head, said),
            // It was not there any more, so it has not read this line to its end, and done nothing about it.
            Registered::Again => {}
        }
    }
    if let Some(id) = head.asks() {
        link.tell(&link::all_went(id));
    }
}

/// Takes up a connection: repeats the handshake, and has a thread read what comes.
fn join<W: Write + Send + 'static>(link: &Arc<Link<W>>, stream: UnixStream, head: &Head, ended: &Sender<()>) {
    let (number, stream) = link.take_up(stream, head.begins());
    let (link, ended) = (link.clone(), ended.clone());
    std::thread::spawn(move || {
        read(&link, number, &stream);
        link.lose(number);
        // Whoever waits for it may have gone.
        let _ = ended.send(());
    });
}

/// Hands on what a runtime says, until it says no more.
fn read<W: Write>(link: &Link<W>, number: u64, mut stream: &UnixStream) {
    let mut incoming = Incoming::new(MAX_ANSWER_BYTES);
    let mut buffer = vec![0; READ_BYTES];
    let mut looked = Stopwatch::new();
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => count,
            // Nothing was said for as long as there is between two looks.
            Err(error) if matches!(error.kind(), WouldBlock | TimedOut | Interrupted) => 0,
            Err(_) => return,
        };
        if looked.elapsed() >= link.waits().look() {
            link.answer_overdue();
            looked = Stopwatch::new();
        }
        let mut rest = buffer.get(..count).unwrap_or_default();
        while !rest.is_empty() {
            let (taken, came) = incoming.push(rest);
            rest = rest.get(taken..).unwrap_or_default();
            match came {
                Some(Came::Line(said)) => link.hear(number, said),
                Some(Came::TooLong(head)) => match head.answers() {
                    Some(id) => link.too_long(number, &id),
                    // Nobody can be told but everybody: the connection is given up, which answers whatever waits on it.
                    None => return,
                },
                None => {}
            }
        }
        if link.is_deaf() {
            return;
        }
    }
}
