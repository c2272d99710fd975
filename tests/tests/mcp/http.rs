//! Clients on HTTP.

use echo_tests::mcp::{HANDSHAKE, Http, STATELESS, introduction, meta, request};
use echo_tests::{Home, Running};
use serde_json::{Value, json};

use super::{ROLES, allocation, names};

/// A runtime that listens on TCP too.
pub(crate) struct Serving {
    pub(crate) running: Running,
    pub(crate) port: u16,
    pub(crate) token: String,
}

impl Serving {
    pub(crate) fn start(home: &Home) -> Self {
        Self::start_with(home, &[])
    }

    /// With these arguments of `serve` besides.
    pub(crate) fn start_with(home: &Home, arguments: &[&str]) -> Self {
        let mut running = Running::new(home, &[&["serve", "--tcp", "0"], arguments].concat());
        let about = running.reaches("process ");
        let port = about.trim_end().rsplit(':').next().unwrap().parse().unwrap();
        let token = std::fs::read_to_string(home.store().with_extension("redb.token")).unwrap();
        Self { running, port, token }
    }

    /// A client of a door.
    pub(crate) fn client(&self, path: &str) -> Http {
        Http::new(self.port, path, &self.token)
    }
}

/// A client that has shaken hands; its requests belong to a session.
pub(crate) fn session(client: &Http) -> Http {
    let reply = client.post(&request(0, "initialize", &introduction(HANDSHAKE, &json!({}))));
    assert_eq!(reply.result()["protocolVersion"], HANDSHAKE, "{reply:?}");
    let session = client.with("Mcp-Session-Id", reply.header("mcp-session-id"));
    let session = session.with("MCP-Protocol-Version", Some(HANDSHAKE));
    let told = session.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    assert_eq!(told.status, 202, "{told:?}");
    session
}

fn call(client: &Http, tool: &str, arguments: &Value) -> Value {
    let reply = client.post(&request(9, "tools/call", &json!({ "name": tool, "arguments": arguments })));
    reply.result().clone()
}

#[test]
fn each_door_has_its_tools_in_a_session() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    for role in ROLES {
        let client = session(&serving.client(&format!("/mcp/{role}")));
        let listed = client.post(&request(1, "tools/list", &json!({})));
        assert!(names(listed.result()).contains(&"decision_status"), "{role}");
    }
    let everyone = session(&serving.client("/mcp"));
    let done = call(&everyone, "ceo_allocate_budget", &allocation(1_000));
    assert_eq!(done["structuredContent"]["decided_by"], "ceo", "{done}");
    // A session ends when its client says so.
    assert!(everyone.request("DELETE", b"").status < 300);
    assert_eq!(everyone.post(&request(2, "tools/list", &json!({}))).status, 404);
}

#[test]
fn the_new_era_needs_no_session() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = serving.client("/mcp/ceo").with("MCP-Protocol-Version", Some(STATELESS));
    let params = json!({ "_meta": meta(&json!({})) });
    let found =
        client.with("Mcp-Method", Some("server/discover")).post(&request(1, "server/discover", &params));
    let about = &found.result()["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(about["name"], "echo-org", "{found:?}");
    let listed = client.with("Mcp-Method", Some("tools/list")).post(&request(2, "tools/list", &params));
    assert!(names(listed.result()).contains(&"allocate_budget"), "{listed:?}");
    let params =
        json!({ "_meta": meta(&json!({})), "name": "allocate_budget", "arguments": allocation(1_000) });
    let calling = client.with("Mcp-Method", Some("tools/call")).with("Mcp-Name", Some("allocate_budget"));
    let done = calling.post(&request(3, "tools/call", &params));
    assert_eq!(done.result()["structuredContent"]["status"], "approved", "{done:?}");
    assert!(done.header("mcp-session-id").is_none());
}

/// Goal: a caller acts in the name of its door. Method: it names other roles and other doors' sessions.
#[test]
fn a_caller_acts_only_as_its_door() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let cto = session(&serving.client("/mcp/cto"));
    for name in ["ceo_allocate_budget", "allocate_budget", "approve", "cto_decision_status"] {
        let reply = cto.post(&request(1, "tools/call", &json!({ "name": name, "arguments": allocation(1) })));
        assert!(reply.answer().get("error").is_some(), "{name}: {reply:?}");
    }
    // A session of one door is none at another.
    let moved = cto.at("/mcp/ceo").post(&request(2, "tools/list", &json!({})));
    assert_eq!(moved.status, 404, "{moved:?}");
    let nobody = serving.client("/mcp/janitor").post(&request(3, "tools/list", &json!({})));
    assert_eq!(nobody.status, 404, "{nobody:?}");
}

#[test]
fn a_request_from_elsewhere_or_without_the_token_is_refused() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = serving.client("/mcp/ceo");
    let hello = request(1, "initialize", &introduction(HANDSHAKE, &json!({})));
    let check = |client: Http, expected: u16| {
        let reply = client.post(&hello);
        assert_eq!(reply.status, expected, "{client:?} {reply:?}");
        if expected != 200 {
            assert!(
                reply.answer()["error"]["message"].as_str().is_some_and(|why| why.len() > 10),
                "{reply:?}"
            );
        }
    };
    check(client.clone(), 200);
    check(client.with("Host", Some("evil.example")), 403);
    check(client.with("Host", None), 403);
    check(client.with("Origin", Some("https://evil.example")), 403);
    check(client.with("Origin", Some("null")), 403);
    check(client.with("Origin", Some(&format!("http://localhost:{}", serving.port))), 200);
    check(client.with("Authorization", None), 401);
    check(client.with("Authorization", Some("Bearer ")), 401);
    check(client.with("Authorization", Some("Bearer 00000000000000000000000000000000")), 401);
    check(client.with("Authorization", Some(&format!("Basic {}", serving.token))), 401);
    check(client.at("/"), 404);
    check(client.at("/mcp/../etc"), 404);
    // The file of the token is its owner's alone.
    let file = std::fs::metadata(home.store().with_extension("redb.token")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o777, 0o600);
}
