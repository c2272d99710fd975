//! Clients on HTTP.

use std::io::{Read, Write};

use echo_runtime::doors::mcp::door::Door;
use echo_runtime::doors::token::Token;
use echo_tests::mcp::{HANDSHAKE, Http, STATELESS, introduction, meta, request};
use echo_tests::{Home, Running, role};
use serde_json::{Value, json};

use super::{ROLES, allocation, names};

/// A runtime that listens on TCP too.
pub(crate) struct Serving {
    pub(crate) running: Running,
    pub(crate) port: u16,
    /// The one in the file.
    pub(crate) token: Token,
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
        Self { running, port, token: Token::new(token) }
    }

    /// A client of a door, with that door's token.
    pub(crate) fn client(&self, path: &str) -> Http {
        let door = match path {
            "/mcp" => Door::Everyone,
            "/mcp/person" => Door::Person,
            "/mcp/delegator" => Door::Delegator,
            of_role => Door::Role(role(of_role.strip_prefix("/mcp/").unwrap())),
        };
        Http::new(self.port, path, self.token.of_door(&door).text())
    }
}

/// A client that has shaken hands; its requests belong to a session.
pub(crate) fn session(client: &Http) -> Http {
    session_of(client, &json!({}))
}

/// A session of a client that can do this.
pub(crate) fn session_of(client: &Http, capabilities: &Value) -> Http {
    let reply = client.post(&request(0, "initialize", &introduction(HANDSHAKE, capabilities)));
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
    let ceo = serving.client("/mcp/ceo");
    let id = cto.headers.iter().find(|(name, _)| name == "Mcp-Session-Id").map(|(_, id)| id.as_str());
    let moved = ceo.with("Mcp-Session-Id", id).post(&request(2, "tools/list", &json!({})));
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
    let token = serving.token.of_door(&Door::Role(role("ceo")));
    check(client.with("Authorization", Some(&format!("Basic {}", token.text()))), 401);
    check(client.at("/"), 404);
    check(client.at("/mcp/../etc"), 404);
    // The file of the token is its owner's alone.
    let file = std::fs::metadata(home.store().with_extension("redb.token")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o777, 0o600);
}

/// Goal: a token opens its own door and no other, and the one in the file none. Method: every token at every door.
#[test]
fn a_token_opens_one_door() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let hello = request(1, "initialize", &introduction(HANDSHAKE, &json!({})));
    let doors: [(&str, &[&str]); 5] = [
        ("/mcp", &[]),
        ("/mcp/ceo", &["--role", "ceo"]),
        ("/mcp/cto", &["--role", "cto"]),
        ("/mcp/person", &["--person"]),
        ("/mcp/delegator", &["--delegator"]),
    ];
    for (path, arguments) in doors {
        let told = home.run(&[&["token"], arguments].concat()).exits(0);
        let client = Http::new(serving.port, path, told.stdout.trim());
        assert!(!serving.token.is(told.stdout.trim()));
        for (other, _) in doors {
            let expected = if other == path { 200 } else { 401 };
            assert_eq!(client.at(other).post(&hello).status, expected, "{path} {other}");
        }
        assert_eq!(Http::new(serving.port, path, serving.token.text()).post(&hello).status, 401, "{path}");
        let told = home.run(&[&["token", "--json"], arguments].concat()).exits(0).json();
        assert_eq!(told["door"], path);
    }
    let _ = home.run(&["token", "--role", "janitor"]).exits(2);
    // A token goes with the runtime that made it, or else with the next one.
    let file = home.store().with_extension("redb.token");
    let _ = home.run(&["stop"]).exits(0);
    assert!(!file.exists());
    let none = |home: &Home| {
        let _ = home.run(&["token"]).exits(1).says(&["listens on TCP", "echo-org serve --tcp"]);
    };
    none(&home);
    std::fs::write(&file, "of one that was killed").unwrap();
    none(&home);
    let mut plain = Running::new(&home, &["serve"]);
    let _ = plain.reaches("process ");
    assert!(!file.exists());
    none(&home);
    none(&Home::default());
}

/// Goal: a runtime takes no token with it but its own. Method: another one's lies there when it leaves.
#[test]
fn a_runtime_leaves_the_token_of_another() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let file = home.store().with_extension("redb.token");
    std::fs::write(&file, "another").unwrap();
    let _ = home.run(&["stop"]).exits(0);
    let _ = serving.running.ends();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "another");
}

/// Goal: whoever shows no token is let go. Method: a request that asks to keep its connection, with a token and without.
#[test]
fn a_stranger_is_told_no_and_let_go() {
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = serving.client("/mcp/ceo");
    let body = request(1, "initialize", &introduction(HANDSHAKE, &json!({}))).to_string();
    let kept = |client: &Http| client.head("POST", body.len()).replace("Connection: close\r\n", "");
    for stranger in
        [client.with("Authorization", None), client.with("Host", Some("evil.example")), client.at("/x")]
    {
        let mut stream = stranger.connect();
        stream.write_all(format!("{}{body}", kept(&stranger)).repeat(2).as_bytes()).unwrap();
        let mut told = String::new();
        let _ = stream.read_to_string(&mut told);
        assert!(told.starts_with("HTTP/1.1 40") && told.matches("HTTP/1.1").count() == 1, "{told}");
    }
    // Whoever showed it may ask again.
    let mut stream = client.connect();
    let asked = format!("{}{body}", kept(&client));
    let last = format!("{}{body}", client.head("POST", body.len()));
    stream.write_all(format!("{asked}{last}").as_bytes()).unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    assert_eq!(told.matches("HTTP/1.1 200").count(), 2, "{told}");
}

/// Goal: strangers take nobody's place. Method: as many connections on TCP as there may be, which say nothing or begin and
/// go no further, while others come by the socket.
#[test]
fn strangers_take_no_place_at_the_socket() {
    const STRANGERS: usize = 600;
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = serving.client("/mcp/ceo");
    let strangers: Vec<_> = (0..STRANGERS)
        .filter_map(|number| {
            let mut stream = std::net::TcpStream::connect(("127.0.0.1", serving.port)).ok()?;
            if number % 2 == 0 {
                stream.write_all(b"POST /mcp/ceo HTTP/1.1\r\n").ok()?;
            }
            Some(stream)
        })
        .collect();
    let _ = home.run(&["send", "me", "ceo", "--subject", "hello"]).exits(0);
    let mut ceo = echo_tests::mcp::Stdio::ready(&home, &["--role", "ceo"]);
    assert!(!names(&ceo.ask("tools/list", &json!({}))).is_empty());
    drop(strangers);
    let _ = session(&client);
}

/// Goal: there are so many sessions at a door and not one more, also where many begin at once. Method: more of them than
/// there may be, by several at once; then one ends.
#[test]
fn a_door_has_so_many_sessions_and_no_more() {
    const CALLERS: usize = 8;
    const EACH: usize = 40;
    const MAX: usize = 256;
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let client = serving.client("/mcp/ceo");
    let hello = request(1, "initialize", &introduction(HANDSHAKE, &json!({})));
    let begin = || {
        let reply = client.post(&hello);
        (reply.status, reply.header("mcp-session-id").map(str::to_owned))
    };
    let replies: Vec<_> = std::thread::scope(|scope| {
        let callers: Vec<_> =
            (0..CALLERS).map(|_| scope.spawn(|| (0..EACH).map(|_| begin()).collect::<Vec<_>>())).collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    let taken = replies.iter().filter(|(status, _)| *status == 200).count();
    let refused = replies.iter().filter(|(status, _)| *status == 503).count();
    assert_eq!((taken, refused), (MAX, CALLERS * EACH - MAX));
    // Another door is served.
    let _ = session(&serving.client("/mcp/cto"));
    let one = replies.iter().find_map(|(_, id)| id.clone()).unwrap();
    assert!(client.with("Mcp-Session-Id", Some(&one)).request("DELETE", b"").status < 300);
    // Its server ends a moment later.
    while begin().0 != 200 {}
    assert_eq!(begin().0, 503);
}

/// Goal: a session that asks too much costs another at the same door nothing. Method: one asks until it is refused, on one
/// connection and without waiting for answers.
#[test]
fn each_session_has_limits_of_its_own() {
    const REQUESTS: usize = 6_000;
    let home = Home::sharing();
    let serving = Serving::start(&home);
    let (greedy, modest) = (session(&serving.client("/mcp/ceo")), session(&serving.client("/mcp/ceo")));
    let body = request(1, "prompts/list", &json!({})).to_string();
    let head = greedy.head("POST", body.len()).replace("Connection: close\r\n", "");
    let mut stream = greedy.connect();
    let mut to = stream.try_clone().unwrap();
    let asks = std::thread::spawn(move || {
        // It ends where the other side has heard enough.
        let _ = (0..REQUESTS).try_for_each(|_| to.write_all(format!("{head}{body}").as_bytes()));
    });
    let mut said = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    while !String::from_utf8_lossy(&said).contains("-32029") {
        let kept = said.len().saturating_sub(16);
        said.drain(..kept);
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "it was never refused");
        said.extend_from_slice(&buffer[..count]);
    }
    let listed = modest.post(&request(2, "prompts/list", &json!({})));
    assert!(listed.result()["prompts"].is_array(), "{listed:?}");
    let _ = stream.shutdown(std::net::Shutdown::Both);
    asks.join().unwrap();
}
