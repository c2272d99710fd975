//! HTTP on the loopback interface: `/mcp`, `/mcp/ROLE`, `/mcp/person` and `/mcp/delegator`, as the protocol's streamable HTTP.
//!
//! | asked | answered |
//! |---|---|
//! | with a Host or an Origin that is not of this machine | 403: a page elsewhere may have made its name mean this machine |
//! | without the token, or with another | 401 |
//! | for another path | 404 |
//! | with a body that is too long, or that does not come in time | 413, 408 |
//! | for one more session than there may be | 503 |
//! | otherwise | what the SDK's service says |
//!
//! What always holds: nothing of a request is looked at before its caller has shown the token, but where it claims to come
//! from. Each door has sessions and limits of its own, so a session of one is none at another.

mod gate;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::door::Door;
use super::lines::MAX_LINE_BYTES;
use super::server::{Desk, Server};
use crate::doors::token::Token;
use crate::training::Stop;

/// How many connections of HTTP there may be at once; further ones are closed.
const MAX_CONNECTIONS: usize = 256;
/// How many sessions a door may have.
const MAX_SESSIONS: usize = 256;
/// After how long without a message a session ends, in milliseconds.
const SESSION_IDLE_MS: u64 = 15 * 60 * 1000;
/// How long a client may take over the head of a request, in milliseconds; a connection is kept open as long between two.
const HEAD_MS: u64 = 60_000;
/// How long it may take over the body, in milliseconds.
const BODY_MS: u64 = 10_000;
/// The longest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// The header by which a request names its session.
const SESSION: &str = "mcp-session-id";

type Answer = Response<BoxBody<Bytes, Infallible>>;

/// The doors on HTTP.
pub struct Http {
    token: Token,
    doors: HashMap<String, At>,
    connections: Semaphore,
}

/// What stands behind a path.
struct At {
    service: StreamableHttpService<Server, LocalSessionManager>,
    sessions: Arc<LocalSessionManager>,
}

impl At {
    fn door(door: Door, desk: &Arc<Desk>) -> Self {
        // Copies of one server are one caller, so the limits are those of the door.
        let server = Server::at(door, desk.clone());
        let mut sessions = LocalSessionManager::default();
        sessions.session_config.keep_alive = Some(Duration::from_millis(SESSION_IDLE_MS));
        let sessions = Arc::new(sessions);
        // The gate has looked at the Host, the Origin and the length already, and tells what helps.
        let config = StreamableHttpServerConfig::default().with_max_request_body_bytes(MAX_LINE_BYTES);
        let service = StreamableHttpService::new(move || Ok(server.clone()), sessions.clone(), config);
        Self { service, sessions }
    }
}

/// What matters of a message that belongs to no session.
#[derive(Deserialize)]
struct Method {
    method: String,
}

impl Http {
    /// The doors of a runtime: one for everyone, one for people, one for each role.
    pub fn new(desk: &Arc<Desk>, token: Token) -> Arc<Self> {
        let roles = desk.organisation().role_ids().into_iter();
        let mut doors: HashMap<String, At> =
            roles.map(|role| (format!("/mcp/{role}"), At::door(Door::Role(role), desk))).collect();
        doors.insert("/mcp".to_owned(), At::door(Door::Everyone, desk));
        doors.insert("/mcp/person".to_owned(), At::door(Door::Person, desk));
        doors.insert("/mcp/delegator".to_owned(), At::door(Door::Delegator, desk));
        Arc::new(Self { token, doors, connections: Semaphore::new(MAX_CONNECTIONS) })
    }

    /// Serves a connection until its client has gone, or the runtime leaves.
    pub async fn serve(self: Arc<Self>, stream: TcpStream, mut leave: Stop) {
        let Ok(_kept) = self.connections.try_acquire() else { return };
        let answering = service_fn(|request| {
            let http = self.clone();
            async move { Ok::<_, Infallible>(http.answer(request).await) }
        });
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_millis(HEAD_MS));
        builder.max_buf_size(MAX_HEAD_BYTES).half_close(true);
        let mut served = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), answering));
        let ended = tokio::select! {
            ended = &mut served => ended,
            () = leave.wait() => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection of HTTP ended");
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        if let Err(why) = gate::check(&request) {
            return refuse(StatusCode::FORBIDDEN, why);
        }
        let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.split_once(' '));
        let is_known = shown.is_some_and(|(scheme, shown)| {
            scheme.eq_ignore_ascii_case("bearer") && self.token.is(shown.trim())
        });
        if !is_known {
            let why = "send the token that lies beside the store: `Authorization: Bearer TOKEN`";
            let mut answer = refuse(StatusCode::UNAUTHORIZED, why);
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return answer;
        }
        let path = request.uri().path();
        let Some(at) = self.doors.get(path.strip_suffix('/').unwrap_or(path)) else {
            return refuse(
                StatusCode::NOT_FOUND,
                "the doors are /mcp, /mcp/ROLE, /mcp/person and /mcp/delegator",
            );
        };
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
        if !head.headers.contains_key(SESSION) && begins_session(&body) {
            let sessions = at.sessions.sessions.read().await.len();
            if sessions >= MAX_SESSIONS {
                let why = "there are too many sessions at this door: end one, or wait until one has ended";
                return refuse(StatusCode::SERVICE_UNAVAILABLE, why);
            }
        }
        at.service.handle(Request::from_parts(head, Full::new(body))).await
    }
}

fn begins_session(body: &[u8]) -> bool {
    serde_json::from_slice::<Method>(body).is_ok_and(|message| message.method == "initialize")
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
