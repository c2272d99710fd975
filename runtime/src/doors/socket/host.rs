//! The host: the process that has the store open, and serves everybody else.
//!
//! What always holds: a request is answered or its connection ends; what a client does or fails to do costs its own
//! connection only. The host leaves when for a while nobody was connected, no session was played and no question was out,
//! or when it is told to; it answers what was asked, finishes what it has begun and closes the store either way. Whoever has
//! not shown on TCP that it may come in takes no place of those who came by the socket, and keeps no host.

mod connection;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use echo_storage::clock::Stopwatch;
use echo_storage::{Query, Store};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::{Mutex, Notify, Semaphore, watch};
use tokio::task::JoinSet;

use super::address::Address;
use super::protocol::About;
use super::wire::Wire;
use crate::doors::mcp::http::Http;
use crate::doors::mcp::lines::LAST_WORDS_MS;
use crate::doors::mcp::server::Desk;
use crate::doors::token::Token;
use crate::drivers::RuntimeError;
use crate::drivers::live::Live;
use crate::training::Stop;

/// How many connections there may be at once on the socket; the next ones wait to be accepted.
pub const MAX_CONNECTIONS: usize = 512;

/// How many there may be at once on TCP, those of strangers among them; the next ones wait to be accepted.
pub const MAX_TCP_CONNECTIONS: usize = 256;

/// After how long without anybody a host leaves, in milliseconds, unless it is told otherwise: ten minutes.
pub const IDLE_LEAVE_MS: u64 = 10 * 60 * 1000;

/// How many sessions may wait to be played, the one that is played among them.
pub const MAX_QUEUED_SESSIONS: usize = 64;

/// How long to wait before accepting again when the system has no more connections to give, in milliseconds.
const ACCEPT_AGAIN_MS: u64 = 100;

/// How long a host that leaves waits until everybody has the answer to what was asked, in milliseconds.
const LAST_ANSWERS_MS: u64 = 10_000;

const _: () = assert!(LAST_ANSWERS_MS > LAST_WORDS_MS, "the last lines of a client of MCP fit in");

/// Why a host left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It was told to.
    Told,
    /// Nobody needed it.
    Idle,
    /// The runtime behind it ended by itself: its store failed.
    Failed,
}

/// What a host is told when it starts.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// After how long without anybody it leaves, in milliseconds.
    pub idle_leave_ms: u64,
    /// What a client on TCP must show for this protocol; each door of MCP there has a token of its own that follows from it.
    pub token: Token,
    /// Who runs it.
    pub person: String,
}

/// Where a host listens. The socket's file goes with it.
#[derive(Debug)]
pub struct Listening {
    unix: UnixListener,
    tcp: Option<TcpListener>,
    socket: PathBuf,
    /// Which file the socket is.
    id: Option<(u64, u64)>,
    /// Whose it is.
    owner: Option<u32>,
}

/// Which file lies at a path, whatever it is called: its device and its number there.
fn file_id(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

impl Listening {
    /// Listens at a store's address, and on this port of the loopback interface if one is named. Whoever calls this has
    /// the store open, so a socket that is there is a dead one's and is replaced.
    ///
    /// # Errors
    /// The directory or the socket cannot be made, or the port is taken.
    pub async fn at(address: &Address, tcp_port: Option<u16>) -> std::io::Result<Self> {
        let socket = address.socket.clone();
        if let Some(directory) = socket.parent().filter(|directory| !directory.exists()) {
            std::fs::create_dir_all(directory)?;
            std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
        }
        address.check()?;
        match std::fs::remove_file(&socket) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
            Ok(()) | Err(_) => {}
        }
        let unix = UnixListener::bind(&socket)?;
        std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600))?;
        let tcp = match tcp_port {
            Some(port) => {
                let taken = |cause: std::io::Error| {
                    std::io::Error::new(
                        cause.kind(),
                        format!("port {port} of the loopback interface: {cause}"),
                    )
                };
                Some(TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await.map_err(taken)?)
            }
            None => None,
        };
        let id = file_id(&socket);
        let owner = std::fs::metadata(&socket).ok().map(|file| file.uid());
        Ok(Self { unix, tcp, socket, id, owner })
    }

    /// The socket's file.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The next connection on the socket, and whether it is its owner's, whom its mode lets in.
    async fn accept_unix(&self) -> std::io::Result<(Wire, bool)> {
        let (stream, _) = self.unix.accept().await?;
        // The socket's mode is set a moment after it is made, so who is there is looked at as well.
        let is_owner = stream.peer_cred().is_ok_and(|peer| Some(peer.uid()) == self.owner);
        Ok((Wire::with_stranger(Box::new(stream)), is_owner))
    }

    /// The next connection on TCP.
    async fn accept_tcp(&self) -> std::io::Result<TcpStream> {
        let Some(tcp) = &self.tcp else { return std::future::pending().await };
        let (stream, _) = tcp.accept().await?;
        // Requests are small and waited for: collecting them would cost their latency.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// The port on the loopback interface, if there is one.
    pub fn tcp_port(&self) -> Option<u16> {
        self.tcp.as_ref()?.local_addr().ok().map(|address| address.port())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Another host's socket may lie there by now. A file that stays behind is replaced by the next host.
        if file_id(&self.socket) == self.id {
            let _ = std::fs::remove_file(&self.socket);
        }
    }
}

/// What the connections of a host share.
struct Shared {
    live: Live,
    store: Arc<Store>,
    options: HostOptions,
    /// What MCP clients are served from.
    desk: Arc<Desk>,
    /// Their doors on TCP; nothing where nobody listens there.
    http: Option<Arc<Http>>,
    up: Stopwatch,
    connections: AtomicU64,
    playing: AtomicU64,
    /// Something began or ended that keeps the host.
    changed: Notify,
    /// It is to leave.
    leave: watch::Sender<bool>,
    /// Which file the store is.
    file: Option<(u64, u64)>,
    /// Sessions are played one after the other.
    stage: Mutex<()>,
    /// The sessions that may still be queued.
    seats: Arc<Semaphore>,
    /// Sessions that go on whether their client stays or not.
    sessions: std::sync::Mutex<JoinSet<()>>,
}

/// Serves until it is told to leave, nobody needs it any more, or the runtime ends. It leaves as well when
/// `told` says so, which is for whoever runs it.
///
/// # Errors
/// The store failed while it was looked at.
pub async fn serve(
    live: Live,
    store: Arc<Store>,
    listening: Listening,
    options: HostOptions,
    mut told: Stop,
) -> Result<Left, RuntimeError> {
    let file = store.path().and_then(file_id);
    let desk = Desk::new(live.handle(), options.person.clone());
    let leaving = watch::Sender::new(false);
    let http =
        listening.tcp.is_some().then(|| Http::new(&desk, &options.token, &Stop::from(leaving.subscribe())));
    let shared = Arc::new(Shared {
        http,
        desk,
        live,
        store,
        options,
        up: Stopwatch::new(),
        connections: AtomicU64::new(0),
        playing: AtomicU64::new(0),
        changed: Notify::new(),
        leave: leaving,
        file,
        stage: Mutex::new(()),
        seats: Arc::new(Semaphore::new(MAX_QUEUED_SESSIONS)),
        sessions: std::sync::Mutex::new(JoinSet::new()),
    });
    let (mut unix, mut tcp) = (JoinSet::new(), JoinSet::new());
    let left = receive(&shared, &listening, &mut unix, &mut tcp, &mut told).await?;
    // Nobody new comes in; the socket's file goes first, so that whoever looks for a host starts the next one.
    drop(listening);
    let _ = shared.leave.send_replace(true);
    // Nothing more is taken on, and whoever waits for an answer gets it, or is told why there is none.
    let answered = async {
        while unix.join_next().await.is_some() {}
        while tcp.join_next().await.is_some() {}
    };
    if tokio::time::timeout(Duration::from_millis(LAST_ANSWERS_MS), answered).await.is_err() {
        tracing::warn!("some connections were ended before they had all their answers");
    }
    unix.shutdown().await;
    tcp.shutdown().await;
    let sessions = std::mem::take(&mut *shared.sessions());
    end(sessions).await;
    let store = shared.store.clone();
    match Arc::into_inner(shared) {
        Some(shared) => shared.live.stop().await?,
        // Somebody still holds it; what waits for the disk must come there all the same.
        None => store.failure().map_or_else(|| store.flush(), Err)?,
    }
    Ok(left)
}

/// Receives connections until there is a reason to leave.
async fn receive(
    shared: &Arc<Shared>,
    listening: &Listening,
    unix: &mut JoinSet<()>,
    tcp: &mut JoinSet<()>,
    told: &mut Stop,
) -> Result<Left, RuntimeError> {
    let mut leave = shared.leaving();
    // Whoever comes and is not let in does not begin it anew.
    let mut idle = std::pin::pin!(idle(shared));
    loop {
        while unix.try_join_next().is_some() {}
        while tcp.try_join_next().is_some() {}
        let (unix_has_room, tcp_has_room) = (unix.len() < MAX_CONNECTIONS, tcp.len() < MAX_TCP_CONNECTIONS);
        let accepted = tokio::select! {
            accepted = listening.accept_unix(), if unix_has_room => accepted.map(|(wire, is_owner)| {
                unix.spawn(connection::serve(shared.clone(), wire, is_owner));
            }),
            accepted = listening.accept_tcp(), if tcp_has_room => accepted.map(|stream| {
                tcp.spawn(connection::serve_tcp(shared.clone(), stream));
            }),
            _ = unix.join_next(), if !unix.is_empty() => Ok(()),
            _ = tcp.join_next(), if !tcp.is_empty() => Ok(()),
            () = leave.wait() => return Ok(Left::Told),
            () = told.wait() => return Ok(Left::Told),
            () = shared.live.ended() => return Ok(Left::Failed),
            idle = &mut idle => return idle.map(|()| Left::Idle),
        };
        if let Err(error) = accepted {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(ACCEPT_AGAIN_MS)).await;
        }
    }
}

/// Sessions are told to stop and are waited for; they stay open and can be taken up again.
async fn end(mut sessions: JoinSet<()>) {
    while sessions.join_next().await.is_some() {}
}

/// Waits until nobody has needed the host for long enough.
async fn idle(shared: &Shared) -> Result<(), RuntimeError> {
    loop {
        let changed = shared.changed.notified();
        let wait = Duration::from_millis(shared.options.idle_leave_ms);
        if shared.is_needed()? {
            // Whether a question is still out is looked at again after the same while.
            let _ = tokio::time::timeout(wait, changed).await;
            continue;
        }
        if tokio::time::timeout(wait, changed).await.is_err() && !shared.is_needed()? {
            return Ok(());
        }
    }
}

impl Shared {
    /// Whether the store that is open is the one that its path names. Where somebody has removed or replaced the file,
    /// what is written into the open one is lost.
    fn has_its_file(&self) -> bool {
        self.store.path().is_none_or(|path| file_id(path) == self.file)
    }

    fn is_needed(&self) -> Result<bool, RuntimeError> {
        let busy = self.connections.load(Ordering::Acquire) > 0 || self.playing.load(Ordering::Acquire) > 0;
        Ok(busy || !self.store.snapshot()?.thoughts_out(None, 1)?.is_empty())
    }

    /// What says when it is to leave.
    fn leaving(&self) -> Stop {
        Stop::from(self.leave.subscribe())
    }

    /// Counts somebody who may be here, for as long as it is kept.
    fn keep(&self) -> Kept<'_> {
        Kept::by(&self.connections, &self.changed)
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        let mut sessions = self.sessions.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Those that have ended are kept no longer.
        while sessions.try_join_next().is_some() {}
        sessions
    }

    fn about(&self) -> About {
        About {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            store: self.store.path().map(|path| path.display().to_string()).unwrap_or_default(),
            up_ms: u64::try_from(self.up.elapsed().as_millis()).unwrap_or(u64::MAX),
            connections: self.connections.load(Ordering::Acquire),
            playing: self.playing.load(Ordering::Acquire),
            idle_leave_ms: self.options.idle_leave_ms,
        }
    }
}

/// Counts something that keeps the host, for as long as it lives.
struct Kept<'a> {
    count: &'a AtomicU64,
    changed: &'a Notify,
}

impl<'a> Kept<'a> {
    fn by(count: &'a AtomicU64, changed: &'a Notify) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        changed.notify_waiters();
        Self { count, changed }
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }
}
