//! The client: a connection to the host of a store, for programs that are no part of it.
//!
//! What always holds: no call waits without end for a host that does not answer, save those that wait for the
//! organisation itself, whose waits are its own deadlines. After a failure the connection is of no use; whether what was
//! asked was done is then unknown, and the error says so.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream as UnixLines;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use echo_storage::codes::Code;
use echo_storage::journal::{Entry, Head};
use echo_storage::names::{Id, SessionId};
use echo_storage::state::{KeyRange, Order, Row};
use echo_storage::table::TableId;
use echo_storage::{Input, State, StoreError, codec};
use tokio::net::{TcpStream, UnixStream};

use super::address::Address;
use super::protocol::{About, FailureKind, Hello, PROTOCOL, Request, Response, Want, Welcome, WelcomeAnswer};
use super::wire::{Wire, WireError};
use crate::doors::mcp::door::Door;
use crate::drivers::RuntimeError;
use crate::training::Scenario;

/// How long a host may take to answer a connection and its handshake, in milliseconds.
const HANDSHAKE_MS: u64 = 5_000;

/// How long a host may take to answer a reading or an order, in milliseconds.
const ANSWER_MS: u64 = 60_000;

/// Why a host could not be talked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody listens.
    #[error("nobody listens on {0}")]
    Nobody(String),
    /// The host speaks an older protocol.
    #[error(
        "the runtime of this store (process {pid}, version {version}) is of an older version and is busy: end it with its \
         own `stop`, or wait until it is idle"
    )]
    Older {
        /// Its process.
        pid: u32,
        /// Its version.
        version: String,
    },
    /// The host speaks a newer protocol.
    #[error(
        "the runtime of this store (process {pid}, version {version}) is of a newer version than this program ({}): use \
         that version, or end it with its own `stop`",
        env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// Its process.
        pid: u32,
        /// Its version.
        version: String,
    },
    /// The host wants its token.
    #[error("the runtime wants the token that lies beside its store, and it is missing or another one")]
    Forbidden,
    /// The connection failed.
    #[error(
        "the runtime of this store was lost: {0}; whether it did what was asked is not known, and asking again shows it"
    )]
    Wire(#[from] WireError),
    /// The host answered something else than was asked.
    #[error("the runtime of this store answered what was not asked")]
    Confused,
    /// No thread or socket is to be had.
    #[error("cannot talk to the runtime of this store: {0}")]
    Io(#[from] std::io::Error),
}

impl From<ClientError> for RuntimeError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Wire(_) | ClientError::Io(_) => Self::Lost(error.to_string()),
            other => Self::Store(StoreError::Elsewhere(other.to_string())),
        }
    }
}

/// A connection to a host.
pub struct Client {
    talk: Mutex<Talk>,
    welcome: Welcome,
}

struct Talk {
    runtime: tokio::runtime::Runtime,
    wire: Wire,
}

/// What came of asking for a host.
pub enum Found {
    /// It talks.
    Host(Client),
    /// There was one of an older version; it leaves, and the next one may be started.
    Left,
}

impl Client {
    /// Connects to the host of a store.
    ///
    /// # Errors
    /// Nobody listens, the host is of another version, or the connection fails.
    pub fn connect(address: &Address) -> Result<Found, ClientError> {
        match Self::shake(address, Want::Talk)? {
            (talk, welcome) if welcome.answer == WelcomeAnswer::Talk => {
                Ok(Found::Host(Self { talk: Mutex::new(talk), welcome }))
            }
            (_, Welcome { answer: WelcomeAnswer::Forbidden, .. }) => Err(ClientError::Forbidden),
            (_, Welcome { answer: WelcomeAnswer::Leaving, .. }) => Ok(Found::Left),
            (_, Welcome { protocol, pid, version, .. }) if protocol > PROTOCOL => {
                Err(ClientError::Newer { pid, version })
            }
            _ => match Self::shake(address, Want::LeaveIfIdle)?.1 {
                Welcome { answer: WelcomeAnswer::Leaving, .. } => Ok(Found::Left),
                Welcome { pid, version, .. } => Err(ClientError::Older { pid, version }),
            },
        }
    }

    /// Connects to a host on the loopback interface, with the token that lies beside its store.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub fn connect_tcp(port: u16, token: &str) -> Result<Self, ClientError> {
        let runtime = runtime()?;
        let at = (std::net::Ipv4Addr::LOCALHOST, port);
        let stream = runtime.block_on(async { timely(TcpStream::connect(at)).await })?;
        let wire = Wire::new(Box::new(stream));
        let mut talk = Talk { runtime, wire };
        let welcome = talk.shake(Want::Talk, Some(token.to_owned()))?;
        match welcome.answer {
            WelcomeAnswer::Talk => Ok(Self { talk: Mutex::new(talk), welcome }),
            WelcomeAnswer::Forbidden => Err(ClientError::Forbidden),
            _ => Err(ClientError::Confused),
        }
    }

    /// Greets the host of a store and asks nothing of it, not even to leave where it is of an older version: what it said
    /// to that, and the connection where the two understand each other.
    ///
    /// # Errors
    /// Nobody listens, or the connection fails.
    pub fn greet(address: &Address) -> Result<(Welcome, Option<Self>), ClientError> {
        let (talk, welcome) = Self::shake(address, Want::Talk)?;
        let talks = welcome.answer == WelcomeAnswer::Talk;
        let client = talks.then(|| Self { talk: Mutex::new(talk), welcome: welcome.clone() });
        Ok((welcome, client))
    }

    fn shake(address: &Address, want: Want) -> Result<(Talk, Welcome), ClientError> {
        let nobody = || ClientError::Nobody(address.socket.display().to_string());
        address.check()?;
        let runtime = runtime()?;
        let stream = runtime.block_on(async { timely(UnixStream::connect(&address.socket)).await });
        let stream = stream.map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound
            | std::io::ErrorKind::NotADirectory
            | std::io::ErrorKind::ConnectionRefused => nobody(),
            _ => cause.into(),
        })?;
        let wire = Wire::new(Box::new(stream));
        let mut talk = Talk { runtime, wire };
        match talk.shake(want, None) {
            Ok(welcome) => Ok((talk, welcome)),
            // It left between being found and being greeted; nothing was asked of it yet.
            Err(ClientError::Wire(WireError::Closed | WireError::Io(_))) => Err(nobody()),
            Err(error) => Err(error),
        }
    }

    /// What the host said when it was greeted.
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// What the host says of itself.
    ///
    /// # Errors
    /// The connection fails.
    pub fn about(&self) -> Result<About, ClientError> {
        match self.ask(&Request::About, Some(ANSWER_MS))? {
            Response::About(about) => Ok(about),
            _ => Err(ClientError::Confused),
        }
    }

    /// Tells the host to finish and leave.
    ///
    /// # Errors
    /// The connection fails.
    pub fn stop(&self) -> Result<(), ClientError> {
        match self.ask(&Request::Stop, Some(ANSWER_MS))? {
            Response::Done => Ok(()),
            _ => Err(ClientError::Confused),
        }
    }

    /// Runs one input; gives its step, which is durable.
    ///
    /// # Errors
    /// The input was refused, the store failed, or the connection did; then it may have been done.
    pub fn submit(&self, input: &Input) -> Result<Entry, RuntimeError> {
        let input = codec::encode(input).map_err(StoreError::from)?;
        self.step(&Request::Submit(input))
    }

    /// As [`Client::submit`], under a key of the caller's: when the connection is lost, the same can be asked again, of this
    /// host or the next, and is not done again.
    ///
    /// # Errors
    /// As those of [`Client::submit`]; or the key was used for another request.
    pub fn submit_once(&self, input: &Input, key: &str) -> Result<Entry, RuntimeError> {
        let input = codec::encode(input).map_err(StoreError::from)?;
        self.step(&Request::SubmitOnce { key: key.to_owned(), input })
    }

    /// As [`Client::submit_once`], of a verdict with the code of its question.
    ///
    /// # Errors
    /// As those of [`Client::submit_once`]; or the code is another.
    pub fn answer(&self, input: &Input, key: &str, code: Code) -> Result<Entry, RuntimeError> {
        let input = codec::encode(input).map_err(StoreError::from)?;
        self.step(&Request::Answer { key: key.to_owned(), input, code: code.to_string() })
    }

    /// Waits until the organisation has nothing left to do, at most so many milliseconds.
    ///
    /// # Errors
    /// The store failed or the connection did.
    pub fn settle(&self, at_most_ms: u64) -> Result<(), RuntimeError> {
        match self.told(self.ask(&Request::Settle { at_most_ms }, None)?)? {
            Response::Done => Ok(()),
            _ => Err(ClientError::Confused.into()),
        }
    }

    /// Starts a session, which the host sees to its end; gives the step that started it. Waits for the sessions that are
    /// being played.
    ///
    /// # Errors
    /// The scenario was refused, the store failed or the connection did.
    pub fn play(&self, scenario: &Scenario) -> Result<Entry, RuntimeError> {
        self.step(&Request::Play { scenario: scenario.to_json() })
    }

    /// Has the host go on with an interrupted session.
    ///
    /// # Errors
    /// The store failed or the connection did.
    pub fn resume(&self, session: SessionId) -> Result<(), RuntimeError> {
        match self.told(self.ask(&Request::Resume { session: session.number() }, None)?)? {
            Response::Done => Ok(()),
            _ => Err(ClientError::Confused.into()),
        }
    }

    /// Has the host copy the store into a file, between two commits; says how large the copy is and where its journal ends.
    ///
    /// # Errors
    /// There is a file already, the store or a disk failed, or the connection did.
    pub fn backup(&self, to: &Path, replaces: bool) -> Result<(u64, Head), RuntimeError> {
        let to = to.as_os_str().as_bytes().to_vec();
        match self.told(self.ask(&Request::Backup { to, replaces }, None)?)? {
            Response::BackedUp { bytes, head } => {
                Ok((bytes, codec::decode(&head).map_err(StoreError::from)?))
            }
            _ => Err(ClientError::Confused.into()),
        }
    }

    /// Lets the state go that was read so far; the next reading is of the last commit by then.
    ///
    /// # Errors
    /// The connection fails.
    pub fn refresh(&self) -> Result<(), ClientError> {
        match self.ask(&Request::Refresh, Some(ANSWER_MS))? {
            Response::Done => Ok(()),
            _ => Err(ClientError::Confused),
        }
    }

    /// Turns the connection into a stream of the steps behind `after`.
    ///
    /// # Errors
    /// The connection fails.
    pub fn follow(self, after: u64) -> Result<Follower, ClientError> {
        let mut talk = self.talk.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Talk { runtime, wire } = &mut talk;
        runtime.block_on(wire.send(&Request::Follow { after }))?;
        Ok(Follower { talk })
    }

    /// Turns the connection into one that carries the lines of an MCP client.
    ///
    /// # Errors
    /// The connection fails, or the host has no such door.
    pub fn into_mcp(self, door: Door) -> Result<UnixLines, ClientError> {
        match self.ask(&Request::Mcp(door), Some(ANSWER_MS))? {
            Response::Done => {}
            _ => return Err(ClientError::Confused),
        }
        let talk = self.talk.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Talk { runtime, wire } = talk;
        let _inside = runtime.enter();
        wire.into_stream().into_unix().ok_or(ClientError::Confused)
    }

    fn step(&self, request: &Request) -> Result<Entry, RuntimeError> {
        match self.told(self.ask(request, None)?)? {
            Response::Step(step) => Ok(codec::decode(&step).map_err(StoreError::from)?),
            _ => Err(ClientError::Confused.into()),
        }
    }

    /// What the host was asked for, or why it was not done.
    #[expect(clippy::unused_self, reason = "an answer belongs to the connection it came through")]
    fn told(&self, response: Response) -> Result<Response, RuntimeError> {
        match response {
            Response::Failed { kind: FailureKind::Refused, text } => Err(RuntimeError::Refused(text)),
            Response::Failed { kind: FailureKind::Store, text } => Err(StoreError::Elsewhere(text).into()),
            Response::Failed { kind: FailureKind::Stopped, .. } => Err(RuntimeError::Stopped),
            other => Ok(other),
        }
    }

    fn ask(&self, request: &Request, timeout_ms: Option<u64>) -> Result<Response, ClientError> {
        let mut talk = self.talk();
        let Talk { runtime, wire } = &mut *talk;
        runtime.block_on(async {
            wire.send(request).await?;
            let answer = wire.receive::<Response>();
            let answer = match timeout_ms {
                None => answer.await,
                Some(after_ms) => {
                    let timed = tokio::time::timeout(Duration::from_millis(after_ms), answer).await;
                    timed.unwrap_or(Err(WireError::TimedOut { what: "answered", after_ms }))
                }
            };
            answer?.ok_or(ClientError::Wire(WireError::Closed))
        })
    }

    fn talk(&self) -> MutexGuard<'_, Talk> {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Talk {
    fn shake(&mut self, want: Want, token: Option<String>) -> Result<Welcome, ClientError> {
        let Self { runtime, wire } = self;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(runtime.block_on(async {
            wire.send_json(&Hello { protocol: PROTOCOL, version, want, token }).await?;
            wire.receive_json(HANDSHAKE_MS).await
        })?)
    }
}

/// A small runtime: one connection needs no threads of its own.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()
}

async fn timely<T>(connecting: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
    let timed = tokio::time::timeout(Duration::from_millis(HANDSHAKE_MS), connecting).await;
    timed.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
}

impl Client {
    fn ask_for_state(&self, request: &Request) -> Result<Response, StoreError> {
        match self.ask(request, Some(ANSWER_MS)) {
            Ok(Response::Failed { text, .. }) => Err(StoreError::Elsewhere(text)),
            Ok(response) => Ok(response),
            Err(error) => Err(StoreError::Elsewhere(error.to_string())),
        }
    }
}

/// The store's state, as its host sees it: that of one commit, until [`Client::refresh`] or anything but a reading is asked
/// for.
impl State for Client {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.ask_for_state(&Request::Read { table: table.number, key: key.to_vec() })? {
            Response::Value(value) => Ok(value),
            _ => Err(StoreError::Elsewhere(ClientError::Confused.to_string())),
        }
    }

    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut range = range.clone();
        let mut found: Vec<Row> = Vec::new();
        while found.len() < limit {
            let request = Request::Scan {
                table: table.number,
                start: range.start.clone(),
                end: range.end.clone(),
                descending: order == Order::Descending,
                limit: (limit - found.len()) as u64,
            };
            let Response::Rows { rows, more } = self.ask_for_state(&request)? else {
                return Err(StoreError::Elsewhere(ClientError::Confused.to_string()));
            };
            let Some((last, _)) = rows.last() else { break };
            match order {
                // The smallest key behind one is that key and a zero.
                Order::Ascending => range.start = [last.as_slice(), &[0]].concat(),
                Order::Descending => range.end = Some(last.clone()),
            }
            found.extend(rows);
            if !more {
                break;
            }
        }
        Ok(found)
    }
}

/// A stream of steps.
pub struct Follower {
    talk: Talk,
}

impl Follower {
    /// The next step; nothing if none has come within this many milliseconds.
    ///
    /// # Errors
    /// The connection fails, or the host left.
    pub fn next(&mut self, wait_ms: u64) -> Result<Option<Entry>, RuntimeError> {
        let Talk { runtime, wire } = &mut self.talk;
        let response = runtime.block_on(async {
            tokio::time::timeout(Duration::from_millis(wait_ms), wire.receive::<Response>()).await
        });
        let Ok(response) = response else { return Ok(None) };
        match response.map_err(ClientError::from)? {
            None => Err(RuntimeError::Stopped),
            Some(Response::Step(step)) => Ok(Some(codec::decode(&step).map_err(StoreError::from)?)),
            Some(Response::Failed { text, .. }) => Err(StoreError::Elsewhere(text).into()),
            Some(_) => Err(ClientError::Confused.into()),
        }
    }
}
