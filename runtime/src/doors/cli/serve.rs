//! `serve`: has the store open and serves every other command, until nobody needs it; and `stop`, which ends that.
//!
//! What always holds: one process serves a store. Whoever is not the one says who is, and ends.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use echo_storage::clock::{self, ClockKind, Stopwatch};
use echo_storage::{Durability, OpenOptions, Store, StoreError};
use serde::Serialize;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::place::Place;
use super::{End, Failed, Invocation, interrupt, reach, train};
use crate::doors::socket::address::Address;
use crate::doors::socket::host::{self, HostOptions, Left, Listening};
use crate::doors::socket::start;
use crate::doors::token::Token;
use crate::drivers::live::Live;
use crate::mind::{Mind, Paced, RulesMind};
use crate::training::Stop;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org serve
  echo-org serve --idle-leave 0
  echo-org serve --tcp 7411
  echo-org serve --pace 700              sessions at a pace that people can follow
  echo-org serve --durability interval=200

Commands that act start one in the background by themselves, so this is for whoever wants to see
it at work. Others reach it by the socket beside the store (PATH.sock), which only its owner may
use; on TCP, which is on the loopback interface only, also with a token. MCP clients there show the
one of their door, which `echo-org token` prints; PATH.token is its owner's alone and opens no door.
Ctrl-C, SIGTERM or `echo-org stop` end it: what has begun is finished, sessions can be resumed.";

pub(super) const STOP_EXAMPLES: &str = "\
Examples:
  echo-org stop

What has begun is finished; a session that is being played can be resumed.";

/// The longest that a runtime may be told to stay, in seconds: a year.
const MAX_IDLE_LEAVE_S: u64 = 365 * 24 * 60 * 60;

/// How long a runtime may take to end, in milliseconds.
const STOP_MS: u64 = 30_000;

/// How often to look whether it has, in milliseconds.
const LOOK_EVERY_MS: u64 = 20;

/// What `serve` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Listen on this port of the loopback interface as well; 0 takes one that is free
    #[arg(long, value_name = "PORT")]
    tcp: Option<u16>,
    /// Leave after so many seconds in which nobody needs it; 0 stays until it is stopped
    #[arg(long, value_name = "SECONDS", default_value_t = host::IDLE_LEAVE_MS / 1000)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=MAX_IDLE_LEAVE_S))]
    idle_leave: u64,
    /// Each answer of a mind takes at least this long, in milliseconds, so that one can watch
    #[arg(long, value_name = "MS")]
    #[arg(value_parser = clap::value_parser!(u64).range(..=train::MAX_PACE_MS))]
    pace: Option<u64>,
    /// When what is written is on the disk: at each `commit`, before anybody is told of it; `interval=MS` later at most; or
    /// never: `memory`, in a new store that is gone with the runtime
    #[arg(long, value_name = "LEVEL", default_value_t = Durability::Commit)]
    durability: Durability,
    /// It was started by a command: where another one serves already, that is as good
    #[arg(long, hide = true)]
    for_others: bool,
}

/// What `serve --json` says when it is up.
#[derive(Serialize)]
struct Serving {
    pid: u32,
    store: String,
    socket: String,
    tcp_port: Option<u16>,
}

/// What `stop` says.
#[derive(Serialize)]
struct Stopped {
    /// The process that was stopped; null where there was none.
    pid: Option<u32>,
}

/// Serves.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let place = invocation.place()?;
    let address = place.address(&invocation.surroundings)?;
    let Some(store) = open(invocation, arguments, &place)? else { return Ok(End::Well) };
    if arguments.for_others {
        // Its standard error is the log beside the store.
        let log = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN);
        log.with_writer(std::io::stderr).with_ansi(false).finish().with(logged()).init();
    }
    let stop = if invocation.surroundings.is_interruptible {
        interrupt::listen("stopped at once; what was acknowledged is in the store".to_owned())?
    } else {
        Stop::never()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| Failed::Failure(format!("cannot start threads: {cause}")))?;
    let left = runtime.block_on(serve(invocation, arguments, &address, store, stop))?;
    match left {
        Left::Told => invocation.output.note("stopped"),
        Left::Idle => invocation.output.note("left: nobody needed it any more"),
        Left::Failed => {
            return Err(Failed::Failure("the runtime ended, because one of its tasks did".to_owned()));
        }
    }
    Ok(End::Well)
}

async fn serve(
    invocation: &mut Invocation<'_, '_>,
    arguments: &Arguments,
    address: &Address,
    store: Arc<Store>,
    stop: Stop,
) -> Result<Left, Failed> {
    let cannot_listen = |cause: &std::io::Error| {
        Failed::Failure(format!("cannot listen on {}: {cause}", address.socket.display()))
    };
    // The store is let go last, so that no other runtime has written a token when this one's is removed.
    let _holds = store.clone();
    let token = match arguments.tcp {
        Some(_) => clock::random_hex().map_err(|cause| cannot_listen(&cause))?,
        None => String::new(),
    };
    let _file = TokenFile::write(&address.token, &token)
        .map_err(|cause| Failed::Failure(format!("cannot write {}: {cause}", address.token.display())))?;
    let organisation = invocation.organisation.clone();
    let mut mind: Arc<dyn Mind> = Arc::new(RulesMind);
    if let Some(pace_ms) = arguments.pace {
        mind = Arc::new(Paced::new(mind, Duration::from_millis(pace_ms)));
    }
    let live = Live::start(organisation, store.clone(), mind).await.map_err(Failed::because)?;
    let listening = match Listening::at(address, arguments.tcp).await {
        Ok(listening) => listening,
        Err(cause) => {
            // Why it cannot listen says more than why it could not stop.
            let _ = live.stop().await;
            return Err(cannot_listen(&cause));
        }
    };
    let serving = Serving {
        pid: std::process::id(),
        store: address.store.display().to_string(),
        socket: listening.socket().display().to_string(),
        tcp_port: listening.tcp_port(),
    };
    if invocation.json {
        invocation.output.json(&serving);
    } else {
        let tcp = serving.tcp_port.map(|port| format!(" and on 127.0.0.1:{port}")).unwrap_or_default();
        let Serving { pid, store, socket, .. } = &serving;
        invocation.output.text(&format!("process {pid} serves {store} on {socket}{tcp}"));
    }
    let idle_leave_ms =
        if arguments.idle_leave == 0 { MAX_IDLE_LEAVE_S } else { arguments.idle_leave } * 1000;
    let options =
        HostOptions { idle_leave_ms, token: Token::new(token), person: invocation.surroundings.person() };
    host::serve(live, store, listening, options, stop).await.map_err(Failed::because)
}

/// What is written to the log. Libraries tell of every message on the levels below, and a message may hold what is nobody's
/// business. The SDK of MCP warns of each refusal, with the client's own words, and calls each client that goes away an error,
/// so any client could fill the log: what matters of one is told by the doors themselves.
fn logged() -> Targets {
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("rmcp", LevelFilter::OFF)
        .with_target("hyper", LevelFilter::ERROR)
        .with_target("hyper_util", LevelFilter::ERROR)
}

/// The store; nothing where another process serves it and that is as good.
fn open(
    invocation: &mut Invocation<'_, '_>,
    arguments: &Arguments,
    place: &Place,
) -> Result<Option<Arc<Store>>, Failed> {
    let stopwatch = Stopwatch::new();
    loop {
        let options = OpenOptions {
            clock: Some(ClockKind::Real),
            durability: arguments.durability,
            ballast: true,
            ..OpenOptions::default()
        };
        let error = match place.open_as(&options) {
            Ok(store) => {
                note_doubt(invocation, &store);
                return Ok(Some(Arc::new(store)));
            }
            Err(error @ StoreError::InUse { .. }) => error,
            Err(error) => return Err(Failed::because(error)),
        };
        match reach::find(&invocation.surroundings, place)? {
            Some(_) if arguments.for_others => return Ok(None),
            Some(client) => {
                return Err(Failed::Failure(format!(
                    "{} is served by process {} already; `{}` ends that",
                    place.shown(),
                    client.welcome().pid,
                    place.command("stop")
                )));
            }
            // Commands that read just now hold it for a moment each; its starter waits as long as this.
            None if arguments.for_others && stopwatch.elapsed().as_millis() < u128::from(start::START_MS) => {
            }
            None => return Err(Failed::because(error)),
        }
    }
}

/// Says that a commit had been in doubt, where one was.
pub(super) fn note_doubt(invocation: &mut Invocation<'_, '_>, store: &Store) {
    if let Some(doubt) = store.settled_doubt() {
        let checked = "every page, every value and the journal were checked, and the store is whole";
        invocation.output.note(&format!("a commit had been in doubt ({doubt}): {checked}"));
    }
}

/// The file of what clients on TCP must show. It goes with the runtime that made it.
struct TokenFile {
    path: PathBuf,
    token: String,
}

impl TokenFile {
    /// Writes it, readable by this user alone; where there is no token, there is no file either. One that lies there is a dead
    /// runtime's, because whoever calls this has the store open.
    fn write(path: &Path, token: &str) -> std::io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
            Ok(()) | Err(_) => {}
        }
        if !token.is_empty() {
            let file = std::fs::File::options().create_new(true).write(true).mode(0o600).open(path);
            file?.write_all(token.as_bytes())?;
        }
        Ok(Self { path: path.to_owned(), token: token.to_owned() })
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        let is_own = std::fs::read_to_string(&self.path).is_ok_and(|there| there == self.token);
        // One that stays behind opens nothing, and is removed by the next runtime.
        if is_own && !self.token.is_empty() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Stops the runtime of the store.
pub(super) fn stop(invocation: &mut Invocation<'_, '_>) -> Result<End, Failed> {
    let place = invocation.place()?;
    let client = reach::find(&invocation.surroundings, &place)?;
    let pid = client.as_ref().map(|client| client.welcome().pid);
    if client.is_none()
        && let Err(StoreError::InUse { holder, .. }) = place.read()
    {
        return Err(Failed::Failure(format!(
            "{} is held by {holder}, which does not listen: a command that ends by itself, or a runtime whose socket is \
             gone; to free the store, end that process",
            place.shown()
        )));
    }
    if let Some(client) = client {
        client.stop().map_err(Failed::because)?;
        drop(client);
        let stopwatch = Stopwatch::new();
        // Whoever types this wants to open the store next, so it waits until the store is closed.
        while place.is_held().map_err(Failed::because)? {
            let next = reach::find(&invocation.surroundings, &place).ok().flatten();
            if next.is_some_and(|next| Some(next.welcome().pid) != pid) {
                // It has ended, and somebody else has started the next one meanwhile.
                break;
            }
            if stopwatch.elapsed().as_millis() > u128::from(STOP_MS) {
                let pid = pid.unwrap_or_default();
                return Err(Failed::Failure(format!("process {pid} has not ended after {STOP_MS} ms")));
            }
            clock::pause_ms(LOOK_EVERY_MS);
        }
    }
    if invocation.json {
        invocation.output.json(&Stopped { pid });
    } else {
        match pid {
            Some(pid) => invocation.output.text(&format!("stopped process {pid}")),
            None => invocation.output.text("no runtime has this store open"),
        }
    }
    Ok(End::Well)
}
