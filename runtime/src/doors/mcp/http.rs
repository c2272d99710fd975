//! HTTP on the loopback interface: `/mcp`, `/mcp/ROLE`, `/mcp/person` and `/mcp/delegator`, as the protocol's streamable HTTP.
//!
//! | asked | answered |
//! |---|---|
//! | with a Host or an Origin that is not of this machine | 403: a page elsewhere may have made its name mean this machine |
//! | for another path | 404 |
//! | without the token of this door | 401 |
//! | with a body that is too long, or that does not come in time | 413, 408 |
//! | for one more session than there may be | 503 |
//! | under an id that a request of the same session has, which is being answered | 400 |
//! | otherwise | what the SDK's service says |
//!
//! What always holds: where a request claims to come from, its path and its token are all that is looked at of it before the
//! token proves to be that of the door. Whoever has shown none keeps a connection for ten seconds at most, is told no
//! and let go, and keeps no runtime up. Each door has sessions of its own, so a session of one is none at another, and each
//! session has limits of its own.

mod gate;

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::budget::{BUSY, Budget};
use super::door::Door;
use super::limits::Caller;
use super::lines::MAX_LINE_BYTES;
use super::server::{Desk, Server, quoted};
use super::taken::{TAKE_MS, Taken};
use crate::doors::token::Token;
use crate::training::Stop;

/// How many sessions a door may have.
const MAX_SESSIONS: usize = 256;
/// After how long without a message a session ends, in milliseconds.
const SESSION_IDLE_MS: u64 = 15 * 60 * 1000;
/// How long a connection is kept on which no token was shown, in milliseconds.
const STRANGER_MS: u64 = 10_000;
/// How long a client may take over the head of a request, in milliseconds; a connection is kept open as long between two.
const HEAD_MS: u64 = 60_000;
/// How long it may take over the body, in milliseconds.
const BODY_MS: u64 = 10_000;
/// The longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// The header by which a request names its session.
const SESSION: &str = "mcp-session-id";

const _: () = assert!(STRANGER_MS < HEAD_MS);

type Answer = Response<BoxBody<Bytes, Infallible>>;

tokio::task_local! {
    /// Who asks, while a request is handed to the SDK: it has a server made for each session, and for each request that
    /// belongs to none.
    static CALLER: Caller;
}

/// The doors on HTTP.
pub struct Http {
    doors: HashMap<String, At>,
    budget: Budget,
}

/// What stands behind a path.
struct At {
    token: Token,
    service: StreamableHttpService<Server, LocalSessionManager>,
    /// Whoever asks without a session.
    caller: Caller,
    /// The sessions that there may still be.
    seats: Arc<Semaphore>,
    /// The requests of sessions that are being answered.
    open: Arc<Mutex<HashSet<Asked>>>,
}

/// A request of a session: the session, and the request's id as JSON.
type Asked = (HeaderValue, String);

/// Keeps a request among those that are being answered.
struct Open {
    of_door: Arc<Mutex<HashSet<Asked>>>,
    asked: Asked,
}

impl Open {
    /// Of two requests with one id the SDK would answer one alone, so the second has to wait; nothing for that one.
    fn first(of_door: &Arc<Mutex<HashSet<Asked>>>, asked: Asked) -> Option<Self> {
        let is_first = of_door.lock().unwrap_or_else(PoisonError::into_inner).insert(asked.clone());
        is_first.then(|| Self { of_door: of_door.clone(), asked })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.of_door.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.asked);
    }
}

impl At {
    fn door(door: Door, desk: &Arc<Desk>, token: Token, leave: &Stop) -> Self {
        let mut sessions = LocalSessionManager::default();
        sessions.session_config.keep_alive = Some(Duration::from_millis(SESSION_IDLE_MS));
        // A request that was cancelled is not taken up again, so nothing of it is kept; an answered one keeps nothing anyway.
        sessions.session_config.completed_cache_ttl = Duration::ZERO;
        // The gate has looked at the Host, the Origin and the length already, and tells what helps.
        let config = StreamableHttpServerConfig::default().with_max_request_body_bytes(MAX_LINE_BYTES);
        let (desk, leave) = (desk.clone(), leave.clone());
        let server = move || {
            let caller = CALLER.try_with(Caller::clone).map_err(std::io::Error::other)?;
            Ok(Server::for_caller(caller, door.clone(), desk.clone(), leave.clone()))
        };
        Self {
            token,
            service: StreamableHttpService::new(server, Arc::new(sessions), config),
            caller: Caller::new(),
            seats: Arc::new(Semaphore::new(MAX_SESSIONS)),
            open: Arc::default(),
        }
    }
}

/// What is known of a connection.
struct Visit<K> {
    /// What its token was worth, once a right one was shown.
    kept: OnceLock<K>,
    /// It does nothing but listen to what may come.
    listens: AtomicBool,
}

/// What matters of a message before the SDK sees it.
#[derive(Deserialize)]
struct Head {
    method: String,
    id: Option<serde_json::Value>,
}

impl Http {
    /// The doors of a runtime: one for everyone, one for people, one that delegates, one for each role. `token` is the store's, of which each
    /// door has its own.
    pub fn new(desk: &Arc<Desk>, token: &Token, leave: &Stop) -> Arc<Self> {
        let roles = desk.organisation().role_ids().into_iter().map(Door::Role);
        let doors = roles.chain([Door::Everyone, Door::Person, Door::Delegator]);
        let doors = doors.map(|door| {
            let of_door = token.of_door(&door);
            (door.path(), At::door(door, desk, of_door, leave))
        });
        Arc::new(Self { doors: doors.collect(), budget: desk.budget.clone() })
    }

    /// Serves a connection until its client has gone, or the runtime leaves and what was asked is answered. What `keep` gives
    /// is kept as long, from the first right token on.
    pub async fn serve<K: Send + Sync>(
        &self,
        stream: TcpStream,
        mut leave: Stop,
        keep: impl Fn() -> K + Send + Sync,
    ) {
        let visit = Visit { kept: OnceLock::new(), listens: AtomicBool::new(false) };
        let answering =
            service_fn(|request| async { Ok::<_, Infallible>(self.answer(request, &visit, &keep).await) });
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_millis(HEAD_MS));
        builder.max_buf_size(MAX_HEAD_BYTES).half_close(true);
        let stream = TokioIo::new(Taken::within(stream, Duration::from_millis(TAKE_MS)));
        let mut served = std::pin::pin!(builder.serve_connection(stream, answering));
        let mut too_long = std::pin::pin!(tokio::time::sleep(Duration::from_millis(STRANGER_MS)));
        let (mut may_be_strange, mut leaves) = (true, false);
        let ended = loop {
            tokio::select! {
                ended = &mut served => break ended,
                () = &mut too_long, if may_be_strange => match visit.kept.get() {
                    Some(_) => may_be_strange = false,
                    None => return,
                },
                () = leave.wait(), if !leaves => {
                    if visit.kept.get().is_none() || visit.listens.load(Ordering::Acquire) {
                        return;
                    }
                    leaves = true;
                    served.as_mut().graceful_shutdown();
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection of HTTP ended");
        }
    }

    /// What stands behind the path of a request whose caller has shown its token; or why any other is sent away.
    fn admit<B>(&self, request: &Request<B>) -> Result<&At, (StatusCode, &'static str)> {
        gate::check(request).map_err(|why| (StatusCode::FORBIDDEN, why))?;
        let path = request.uri().path();
        let at = self.doors.get(path.strip_suffix('/').unwrap_or(path));
        let at = at.ok_or((
            StatusCode::NOT_FOUND,
            "the doors are /mcp, /mcp/ROLE, /mcp/person and /mcp/delegator",
        ))?;
        let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.split_once(' '));
        let is_known = shown.is_some_and(|(scheme, shown)| {
            scheme.eq_ignore_ascii_case("bearer") && at.token.is(shown.trim())
        });
        let why = "send the token of this door, which `echo-org token` prints: `Authorization: Bearer TOKEN`";
        is_known.then_some(at).ok_or((StatusCode::UNAUTHORIZED, why))
    }

    async fn answer<K>(&self, request: Request<Incoming>, visit: &Visit<K>, keep: &impl Fn() -> K) -> Answer {
        let at = match self.admit(&request) {
            Ok(at) => at,
            Err((status, why)) => return send_away(status, why),
        };
        visit.kept.get_or_init(keep);
        visit.listens.store(request.method() == Method::GET, Ordering::Release);
        let (head, body) = request.into_parts();
        let body = tokio::time::timeout(
            Duration::from_millis(BODY_MS),
            Limited::new(body, MAX_LINE_BYTES).collect(),
        );
        let body = match body.await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                let why = format!("a message has at most {MAX_LINE_BYTES} bytes");
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, &why);
            }
            Ok(Err(_)) => return refuse(StatusCode::BAD_REQUEST, "the body broke off"),
            Err(_) => return refuse(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
        };
        let Some(part) = self.budget.part(body.len()).await else {
            return refuse(StatusCode::SERVICE_UNAVAILABLE, BUSY);
        };
        let (message, session) = (serde_json::from_slice::<Head>(&body).ok(), head.headers.get(SESSION));
        let open = match (message.as_ref().and_then(|message| message.id.as_ref()), session) {
            (Some(id), Some(session)) => {
                let id = id.to_string();
                let Some(open) = Open::first(&at.open, (session.clone(), id.clone())) else {
                    let why = format!(
                        "a request of this session with the id {} is being answered: give each its own",
                        quoted(&id)
                    );
                    return refuse(StatusCode::BAD_REQUEST, &why);
                };
                Some(open)
            }
            _ => None,
        };
        let begins_session = message.is_some_and(|message| message.method == "initialize");
        let caller = if session.is_none() && begins_session {
            // The seat goes with the session's server, or with this request where none comes of it.
            let Ok(seat) = at.seats.clone().try_acquire_owned() else {
                let why = "there are too many sessions at this door: end one, or wait until one has ended";
                return refuse(StatusCode::SERVICE_UNAVAILABLE, why);
            };
            Caller::seated(seat)
        } else {
            at.caller.clone()
        };
        let answer =
            CALLER.scope(caller, at.service.handle(Request::from_parts(head, Full::new(body)))).await;
        let kept = (open, part);
        answer.map(|body| {
            let kept = move |frame| {
                // It is over when the body goes.
                let _ = &kept;
                frame
            };
            body.map_frame(kept).boxed()
        })
    }
}

/// An answer that refuses a stranger, who is let go behind it.
fn send_away(status: StatusCode, why: &str) -> Answer {
    let mut answer = refuse(status, why);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

/// An answer that refuses, as programs and people read it.
fn refuse(status: StatusCode, why: &str) -> Answer {
    let error = serde_json::json!({ "code": -32_000, "message": why });
    let body = serde_json::json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string();
    let mut answer = Response::new(Full::new(Bytes::from(body)).boxed());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
