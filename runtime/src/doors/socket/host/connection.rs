//! One client's connection: a handshake, then its requests, one after the other.
//!
//! What always holds: what came in through the socket is a person's or a role's doing; what only the runtime itself may
//! say, such as that a mind has answered, is refused. A connection sees one state until it asks for the next, and keeps
//! none for longer than [`SNAPSHOT_MS`], because the file cannot reuse what a snapshot sees.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use echo_storage::codec;
use echo_storage::codes::Code;
use echo_storage::journal::{self, Entry};
use echo_storage::names::{Id, SessionId};
use echo_storage::state::{KeyRange, Order};
use echo_storage::table::{self, TableId};
use echo_storage::{Input, Snapshot, State, StoreError};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::{Kept, MAX_QUEUED_SESSIONS, Shared};
use crate::doors::mcp::door::Door;
use crate::doors::mcp::server::Server;
use crate::doors::socket::protocol::{
    FailureKind, Hello, PROTOCOL, Request, Response, Want, Welcome, WelcomeAnswer,
};
use crate::doors::socket::wire::{Wire, WireError};
use crate::drivers::RuntimeError;
use crate::engine::Asked;
use crate::tool::MAX_ARGUMENTS_BYTES;
use crate::training::{self, Play, Playing, Scenario};

/// How long a client may take over the handshake, in milliseconds.
const HANDSHAKE_MS: u64 = 5_000;

/// How long a snapshot is kept between two readings, in milliseconds.
const SNAPSHOT_MS: u64 = 2_000;

/// How long a client waits for the organisation to have nothing left to do, in milliseconds.
const MAX_SETTLE_MS: u64 = 60_000;

/// How many bytes of rows one response carries at most, but for its first row.
const MAX_ROWS_BYTES: usize = 1024 * 1024;

/// How many steps a follower is sent from one snapshot.
const FOLLOWED_STEPS: usize = 256;

/// Serves a client until it goes away.
pub(super) async fn serve(shared: Arc<Shared>, mut wire: Wire, is_guarded: bool) {
    let kept = is_guarded.then(|| shared.keep());
    let mut connection = Connection { shared: &shared, kept, snapshot: None };
    let mut leave = shared.leaving();
    let greeted = tokio::select! {
        greeted = connection.greet(&mut wire, is_guarded) => greeted,
        // Nothing was asked yet.
        () = leave.wait() => return,
    };
    let served = async { if greeted? { connection.requests(&mut wire).await } else { Ok(None) } };
    match served.await {
        Ok(None) => {}
        Ok(Some(door)) => {
            let leave = shared.leaving();
            Box::pin(Server::at(door, shared.desk.clone()).serve_lines(wire.into_stream(), leave)).await;
        }
        Err(error) => tracing::debug!(%error, "a connection ended"),
    }
}

/// Serves a client on TCP: one that speaks HTTP, or this protocol. The first byte tells: a frame begins with its length, which
/// is less than what its first byte counts.
pub(super) async fn serve_tcp(shared: Arc<Shared>, stream: TcpStream) {
    let mut first = [0; 1];
    let mut leave = shared.leaving();
    let peeked = tokio::select! {
        peeked = tokio::time::timeout(Duration::from_millis(HANDSHAKE_MS), stream.peek(&mut first)) => peeked,
        () = leave.wait() => return,
    };
    match (peeked, &shared.http) {
        (Ok(Ok(1)), Some(http)) if first != [0] => {
            http.serve(stream, leave, || shared.keep()).await;
        }
        (Ok(Ok(1)), _) => Box::pin(serve(shared, Wire::with_stranger(Box::new(stream)), false)).await,
        _ => tracing::debug!("a connection on TCP said nothing"),
    }
}

struct Connection<'a> {
    shared: &'a Arc<Shared>,
    /// Whoever may come in keeps the host.
    kept: Option<Kept<'a>>,
    snapshot: Option<Snapshot>,
}

impl Connection<'_> {
    /// Shakes hands; says whether requests may follow.
    async fn greet(&mut self, wire: &mut Wire, is_guarded: bool) -> Result<bool, WireError> {
        let hello: Hello = wire.receive_json(HANDSHAKE_MS).await?;
        // Without TCP there is no token, and nobody knows it.
        let is_known = is_guarded || hello.token.is_some_and(|shown| self.shared.options.token.is(&shown));
        if is_known && self.kept.is_none() {
            self.kept = Some(self.shared.keep());
        }
        if is_known {
            wire.let_in();
        }
        let answer = match hello.want {
            _ if !is_known => WelcomeAnswer::Forbidden,
            // It serves a file that is there no more; whoever looks for the store must find the one that is.
            _ if !self.shared.has_its_file() => {
                tracing::error!("the file of the store was removed or replaced: this runtime leaves");
                WelcomeAnswer::Leaving
            }
            Want::Talk if hello.protocol == PROTOCOL => WelcomeAnswer::Talk,
            Want::Talk => WelcomeAnswer::OtherProtocol,
            // This connection is one of those that are counted.
            Want::LeaveIfIdle if self.shared.is_needed_by_others().unwrap_or(true) => WelcomeAnswer::Busy,
            Want::LeaveIfIdle => WelcomeAnswer::Leaving,
        };
        let (pid, version) = (std::process::id(), env!("CARGO_PKG_VERSION").to_owned());
        wire.send_json(&Welcome { protocol: PROTOCOL, version, pid, answer: answer.clone() }).await?;
        if answer == WelcomeAnswer::Leaving {
            self.shared.leave.send_replace(true);
        }
        Ok(answer == WelcomeAnswer::Talk)
    }

    /// Answers requests until the client goes away, or asks for a door to MCP.
    async fn requests(&mut self, wire: &mut Wire) -> Result<Option<Door>, WireError> {
        let mut leave = self.shared.leaving();
        loop {
            let kept = Duration::from_millis(SNAPSHOT_MS);
            let next = tokio::select! {
                next = wire.receive() => next?,
                () = tokio::time::sleep(kept), if self.snapshot.is_some() => {
                    self.snapshot = None;
                    continue;
                }
                // Nothing more is taken on; what is being answered is answered.
                () = leave.wait() => return Ok(None),
            };
            let Some(request) = next else { return Ok(None) };
            if let Request::Follow { after } = request {
                self.snapshot = None;
                return self.follow(wire, after).await.map(|()| None);
            }
            if let Request::Mcp(door) = request {
                self.snapshot = None;
                let response = self.door(&door);
                wire.send(&response).await?;
                if response == Response::Done {
                    return Ok(Some(door));
                }
                continue;
            }
            // Whoever goes away while it waits for an answer is not waited for.
            let response = tokio::select! {
                response = self.answer(request) => response,
                _ = wire.receive::<Request>() => return Ok(None),
            };
            wire.send(&response).await?;
        }
    }

    /// Whether there is such a door.
    fn door(&self, door: &Door) -> Response {
        match door {
            Door::Role(role) if !self.shared.desk.organisation().role_ids().contains(role) => {
                failed(&RuntimeError::Refused(format!("there is no role `{role}`")))
            }
            Door::Role(_) | Door::Everyone | Door::Person | Door::Delegator => Response::Done,
        }
    }

    async fn answer(&mut self, request: Request) -> Response {
        let answer = match request {
            Request::Read { table, key } => self.read(table, &key),
            Request::Scan { table, start, end, descending, limit } => {
                self.scan(table, &KeyRange { start, end }, descending, limit)
            }
            Request::Refresh => {
                self.snapshot = None;
                Ok(Response::Done)
            }
            Request::Submit(input) => self.submit(&input, None, None).await,
            Request::SubmitOnce { key, input } => self.submit(&input, Some(key), None).await,
            Request::Answer { key, input, code } => self.submit(&input, Some(key), Some(&code)).await,
            Request::Settle { at_most_ms } => self.settle(at_most_ms).await,
            Request::Play { scenario } => self.play(&scenario).await,
            Request::Resume { session } => self.resume(SessionId::from_number(session)).await,
            Request::Backup { to, replaces } => self.backup(to, replaces).await,
            Request::About => Ok(Response::About(self.shared.about())),
            Request::Stop => {
                self.shared.leave.send_replace(true);
                Ok(Response::Done)
            }
            // These two are seen to before.
            Request::Follow { .. } | Request::Mcp(_) => Ok(Response::Done),
        };
        answer.unwrap_or_else(|error| failed(&error))
    }

    /// The connection's snapshot.
    fn state(&mut self) -> Result<&Snapshot, RuntimeError> {
        if self.snapshot.is_none() {
            self.snapshot = Some(self.shared.store.snapshot()?);
        }
        self.snapshot.as_ref().ok_or(RuntimeError::Stopped)
    }

    fn read(&mut self, table: u8, key: &[u8]) -> Result<Response, RuntimeError> {
        let table = table_of(table)?;
        Ok(Response::Value(self.state()?.read(table, key)?))
    }

    fn scan(
        &mut self,
        table: u8,
        range: &KeyRange,
        descending: bool,
        limit: u64,
    ) -> Result<Response, RuntimeError> {
        let table = table_of(table)?;
        let order = if descending { Order::Descending } else { Order::Ascending };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let mut rows = self.state()?.scan(table, range, order, limit.min(MAX_ROWS))?;
        let found = rows.len();
        let fits = rows.iter().take_while(|(key, value)| {
            bytes += key.len() + value.len();
            bytes <= MAX_ROWS_BYTES
        });
        let fits = fits.count().max(1);
        rows.truncate(fits);
        let more = rows.len() < found || (found == MAX_ROWS && limit > MAX_ROWS);
        Ok(Response::Rows { rows, more })
    }

    async fn submit(
        &mut self,
        input: &[u8],
        key: Option<String>,
        code: Option<&str>,
    ) -> Result<Response, RuntimeError> {
        self.snapshot = None;
        if input.len() > MAX_INPUT_BYTES {
            let what = format!(
                "what was asked takes {} bytes, and at most {MAX_INPUT_BYTES} are taken: say less, or keep long texts in \
                 files of your own and name them",
                input.len()
            );
            return Err(RuntimeError::Refused(what));
        }
        let input: Input = codec::decode(input).map_err(StoreError::from)?;
        if !may_come_through_the_socket(&input) {
            let what = "only the runtime itself can say this; the socket takes calls, mail and verdicts";
            return Err(RuntimeError::Refused(what.to_owned()));
        }
        let code = code.map(str::parse::<Code>).transpose();
        let code = code.map_err(|error| RuntimeError::Refused(error.to_string()))?;
        step(&self.shared.live.submit_asked(Asked { input, key, code }).await?)
    }

    async fn backup(&mut self, to: Vec<u8>, replaces: bool) -> Result<Response, RuntimeError> {
        self.snapshot = None;
        let to = PathBuf::from(OsString::from_vec(to));
        let store = self.shared.store.clone();
        let copied = tokio::task::spawn_blocking(move || store.backup(&to, replaces));
        let copied = copied.await.map_err(|_| RuntimeError::Stopped)??;
        let head = codec::encode(&copied.head).map_err(StoreError::from)?;
        Ok(Response::BackedUp { bytes: copied.bytes, head })
    }

    /// While a session is played there is always something left to do, and whoever sent a message does not wait for it.
    async fn settle(&mut self, at_most_ms: u64) -> Result<Response, RuntimeError> {
        self.snapshot = None;
        let mut leave = self.shared.leaving();
        tokio::select! {
            settled = self.shared.live.settled() => settled.map(|()| Response::Done),
            () = tokio::time::sleep(Duration::from_millis(at_most_ms.min(MAX_SETTLE_MS))) => Ok(Response::Done),
            // What is left to do is done by the next host.
            () = leave.wait() => Ok(Response::Done),
        }
    }

    async fn play(&mut self, scenario: &str) -> Result<Response, RuntimeError> {
        self.snapshot = None;
        let scenario =
            Scenario::from_json(scenario).map_err(|error| RuntimeError::Refused(error.to_string()))?;
        let (started, start) = oneshot::channel();
        self.queue(started, move |shared, started| async move {
            let mut started = Some(started);
            let mut tell = |entry: &Entry| {
                if let (Some(started), Input::StartSession { .. }) = (started.take(), &entry.input) {
                    // The session goes on whether somebody hears of it or not.
                    let _ = started.send(Ok(entry.clone()));
                }
            };
            let played = perform(&shared, Play::New(&scenario), &mut tell).await;
            match (started, played) {
                (Some(started), Err(error)) => drop(started.send(Err(error))),
                (None, Err(error)) => tell_log("a session could not be played to its end", &error),
                (_, Ok(())) => {}
            }
        })?;
        step(&start.await.map_err(|_| RuntimeError::Stopped)??)
    }

    async fn resume(&mut self, session: SessionId) -> Result<Response, RuntimeError> {
        self.snapshot = None;
        let (tell_begun, begun) = oneshot::channel();
        self.queue(tell_begun, move |shared, tell_begun| async move {
            // It goes on whether somebody hears of it or not.
            let _ = tell_begun.send(());
            let rest = Play::Rest { session, seen: u64::MAX };
            if let Err(error) = perform(&shared, rest, &mut |_| {}).await {
                tell_log("a session could not be taken up again", &error);
            }
        })?;
        begun.await.map_err(|_| RuntimeError::Stopped)?;
        Ok(Response::Done)
    }

    /// Queues what is to be played; from when it has the stage, it outlives this connection. Whoever goes away before is told
    /// of nothing, and nothing of it is played; nor is it where the runtime leaves before.
    ///
    /// # Errors
    /// Too many wait already.
    fn queue<T, F>(
        &self,
        told: oneshot::Sender<T>,
        play: impl FnOnce(Arc<Shared>, oneshot::Sender<T>) -> F + Send + 'static,
    ) -> Result<(), RuntimeError>
    where
        T: Send + 'static,
        F: Future<Output = ()>,
    {
        let Ok(seat) = self.shared.seats.clone().try_acquire_owned() else {
            let what = format!(
                "{MAX_QUEUED_SESSIONS} sessions are played or wait for that: ask again when one has ended, which `sessions` \
                 tells"
            );
            return Err(RuntimeError::Refused(what));
        };
        let shared = self.shared.clone();
        self.shared.sessions().spawn(async move {
            let _kept = Kept::by(&shared.playing, &shared.changed);
            let (_seat, mut told, mut leave) = (seat, told, shared.leaving());
            let _stage = tokio::select! {
                biased;
                () = leave.wait() => return,
                () = told.closed() => return,
                stage = shared.stage.lock() => stage,
            };
            // A thread is taken by what is played alone, and not by what waits for it.
            let (runtime, for_play) = (tokio::runtime::Handle::current(), shared.clone());
            let played = tokio::task::spawn_blocking(move || runtime.block_on(play(for_play, told)));
            if let Err(error) = played.await {
                tracing::error!(%error, "a session ended unexpectedly");
            }
        });
        Ok(())
    }

    /// Streams steps until the client goes away.
    async fn follow(&mut self, wire: &mut Wire, mut after: u64) -> Result<(), WireError> {
        let mut head = self.shared.live.head();
        let mut leave = self.shared.leaving();
        loop {
            // Marked as seen before reading: what is committed meanwhile wakes this loop once more.
            head.borrow_and_update();
            let entries = self.shared.store.snapshot();
            let entries = entries.and_then(|state| journal::entries_after(&state, after, FOLLOWED_STEPS));
            let entries = match entries {
                Ok(entries) => entries,
                Err(error) => return wire.send(&failed(&error.into())).await,
            };
            for entry in &entries {
                after = entry.step;
                wire.send(&step(entry).unwrap_or_else(|error| failed(&error))).await?;
            }
            if !entries.is_empty() {
                continue;
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return Ok(()) },
                _ = wire.receive::<Request>() => return Ok(()),
                () = leave.wait() => return Ok(()),
                () = self.shared.live.ended() => return match self.shared.live.why_ended() {
                    RuntimeError::Stopped => Ok(()),
                    why => wire.send(&failed(&why)).await,
                },
            }
        }
    }
}

/// How many rows one response carries at most.
const MAX_ROWS: usize = 1_000;

impl Shared {
    /// Whether anybody but the one connection that asks needs the host.
    fn is_needed_by_others(&self) -> Result<bool, RuntimeError> {
        use std::sync::atomic::Ordering;
        if self.connections.load(Ordering::Acquire) > 1 || self.playing.load(Ordering::Acquire) > 0 {
            return Ok(true);
        }
        Ok(!echo_storage::Query::thoughts_out(&self.store.snapshot()?, None, 1)?.is_empty())
    }
}

/// Plays in the host; what stops the host stops the session, which can then be taken up again.
async fn perform(
    shared: &Shared,
    what: Play<'_>,
    watcher: &mut dyn FnMut(&Entry),
) -> Result<(), RuntimeError> {
    let stop = shared.leaving();
    let mut watcher = |entry: &Entry| watcher(entry);
    training::play(&shared.live, Playing { what, watcher: &mut watcher, stop }).await.map(drop)
}

/// Writes to the log what a session has come to. Any client may have refused what it asks for, as often as it likes, so that
/// is not among it.
fn tell_log(what: &str, error: &RuntimeError) {
    match error {
        RuntimeError::Refused(_) => tracing::debug!("{what}: it was refused"),
        RuntimeError::Stopped | RuntimeError::Lost(_) | RuntimeError::Store(_) => {
            tracing::error!(%error, "{what}");
        }
    }
}

fn table_of(number: u8) -> Result<TableId, RuntimeError> {
    let table = table::ALL.iter().find(|table| table.number == number);
    table.copied().ok_or_else(|| RuntimeError::Refused(format!("there is no table {number}")))
}

/// How large an input may be that comes through the socket, encoded: the longest arguments with what stands around them. It is
/// journaled also where it is refused.
const MAX_INPUT_BYTES: usize = MAX_ARGUMENTS_BYTES + 8 * 1024;

/// What a person or a role may say. That a timer fired or a mind answered is known to the runtime alone.
fn may_come_through_the_socket(input: &Input) -> bool {
    match input {
        Input::Call { .. }
        | Input::Verdict { .. }
        | Input::Post { .. }
        | Input::Retry { .. }
        | Input::Delegate { .. } => true,
        // Sessions are started and ended by whoever plays them, which is this runtime.
        Input::StartSession { .. }
        | Input::EndSession { .. }
        | Input::Configure(_)
        | Input::Take { .. }
        | Input::Answer { .. }
        | Input::Timer { .. }
        | Input::TakeUp { .. }
        | Input::PutOff { .. } => false,
    }
}

fn step(entry: &Entry) -> Result<Response, RuntimeError> {
    Ok(Response::Step(codec::encode(entry).map_err(StoreError::from)?))
}

fn failed(error: &RuntimeError) -> Response {
    let kind = match error {
        RuntimeError::Store(_) | RuntimeError::Lost(_) => FailureKind::Store,
        RuntimeError::Stopped => FailureKind::Stopped,
        RuntimeError::Refused(_) => FailureKind::Refused,
    };
    Response::Failed { kind, text: error.to_string() }
}
