//! Host and client over a real socket, in one process.
//!
//! Goal: what a client reads and does through the socket is what it would read and do inside. Method: a host on a thread
//! of its own, clients on this one, and for what no client of ours would send, bare connections.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::JoinHandle;

use echo_storage::clock::ClockKind;
use echo_storage::journal::{Head, entries_after};
use echo_storage::names::{Id, MessageId, RoleId, SessionId};
use echo_storage::records::{Address as Addressee, Kind, Party};
use echo_storage::state::{KeyRange, Order};
use echo_storage::{Input, Query, State, Store, table};
use tempfile::TempDir;
use tokio::sync::watch;

use super::address::Address;
use super::client::{Client, ClientError, Found};
use super::host::{HostOptions, Left, Listening, serve};
use super::protocol::{Hello, PROTOCOL, Request, Want, Welcome, WelcomeAnswer};
use crate::doors::mcp::door::Door;
use crate::doors::token::Token;
use crate::drivers::live::Live;
use crate::drivers::simulation::Simulation;
use crate::mind::{Mind, Paced, RulesMind};
use crate::training::samples::{LOCKS, company};
use crate::training::{Playing, Scenario, Stop};

const TOKEN: &str = "a token";

struct Host {
    address: Address,
    tcp_port: u16,
    thread: Option<JoinHandle<Left>>,
    told: watch::Sender<bool>,
    /// Kept for as long as the host.
    directory: TempDir,
}

impl Host {
    fn start(idle_leave_ms: u64) -> Self {
        Self::start_with(idle_leave_ms, TOKEN)
    }

    fn start_with(idle_leave_ms: u64, token: &'static str) -> Self {
        Self::start_of(idle_leave_ms, token, Arc::new(RulesMind))
    }

    fn start_of(idle_leave_ms: u64, token: &'static str, mind: Arc<dyn Mind>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = Address::of(&directory.path().join("org.redb"), directory.path()).unwrap();
        let (told, tell) = watch::channel(false);
        let (ready, is_ready) = std::sync::mpsc::channel();
        let at = address.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.unwrap().block_on(async {
                let store = Arc::new(Store::open(&at.store, &echo_storage::OpenOptions::default()).unwrap());
                let live = Live::start(Arc::new(company()), store.clone(), mind).await.unwrap();
                let listening = Listening::at(&at, Some(0)).await.unwrap();
                ready.send(listening.tcp_port().unwrap()).unwrap();
                let options = HostOptions {
                    idle_leave_ms,
                    token: Token::new(token.to_owned()),
                    person: "ada".to_owned(),
                };
                serve(live, store, listening, options, tell.into()).await.unwrap()
            })
        });
        let tcp_port = is_ready.recv().unwrap();
        Self { address, tcp_port, thread: Some(thread), told, directory }
    }

    fn client(&self) -> Client {
        match Client::connect(&self.address).unwrap() {
            Found::Host(client) => client,
            Found::Left => panic!("it left"),
        }
    }

    fn left(mut self) -> Left {
        self.thread.take().unwrap().join().unwrap()
    }
}

/// Long enough that no test reaches it.
const NEVER_MS: u64 = 600_000;

fn scenario() -> Scenario {
    let organisation = company();
    Scenario::parse("locks", LOCKS, &organisation.role_ids(), &organisation.decision_types()).unwrap()
}

fn post(from: &str, subject: &str) -> Input {
    Input::Post {
        from: Party::Role(RoleId::new(from).unwrap()),
        to: Addressee::Role(RoleId::new("clerk").unwrap()),
        kind: Kind::Notification,
        subject: subject.to_owned(),
        content: "{}".to_owned(),
        in_reply_to: None,
    }
}

#[test]
fn a_session_through_the_socket_is_one_inside() {
    let host = Host::start(NEVER_MS);
    let mut follower = host.client().follow(0).unwrap();
    let client = host.client();
    let started = client.play(&scenario()).unwrap();
    assert!(matches!(started.input, Input::StartSession { .. }));
    let mut seen = Vec::new();
    while !matches!(seen.last(), Some(echo_storage::journal::Entry { input: Input::EndSession { .. }, .. })) {
        seen.extend(follower.next(60_000).unwrap());
    }
    client.refresh().unwrap();
    let state = &client;
    assert_eq!(seen, entries_after(state, 0, usize::MAX).unwrap());
    assert_eq!(Head::of(state).unwrap().step, seen.len() as u64);
    let decision = state.decisions(None, 1).unwrap().remove(0);

    let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
    let mut simulation = Simulation::new(Arc::new(company()), store.clone(), Arc::new(RulesMind), 0).unwrap();
    let playing = Playing {
        what: crate::training::Play::New(&scenario()),
        watcher: &mut |_: &_| {},
        stop: Stop::never(),
    };
    crate::training::simulate(&mut simulation, playing).unwrap();
    let alone = store.snapshot().unwrap().decisions(None, 1).unwrap().remove(0);
    assert_eq!((decision.status, decision.tally), (alone.status, alone.tally));
    client.stop().unwrap();
    assert_eq!(host.left(), Left::Told);
}

#[test]
fn rows_come_in_parts_and_in_order() {
    // Together their steps are more than one response carries.
    const NOTES: usize = 24;
    let host = Host::start(NEVER_MS);
    let client = host.client();
    for number in 0..NOTES {
        let Input::Post { from, to, kind, in_reply_to, .. } = post("chief", "") else { panic!() };
        let content = serde_json::json!({ "text": "x".repeat(60_000) }).to_string();
        let subject = format!("note {number}");
        client.submit(&Input::Post { from, to, kind, subject, content, in_reply_to }).unwrap();
    }
    client.settle(60_000).unwrap();
    client.refresh().unwrap();
    let state = &client;
    let all = KeyRange { start: Vec::new(), end: None };
    for id in table::ALL {
        let up = state.scan(id, &all, Order::Ascending, 5_000).unwrap();
        let mut down = state.scan(id, &all, Order::Descending, 5_000).unwrap();
        down.reverse();
        assert_eq!(up, down, "{}", id.name);
        assert!(up.is_sorted_by(|one, next| one.0 < next.0), "{}", id.name);
        for (key, value) in &up {
            assert_eq!(state.read(id, key).unwrap().as_ref(), Some(value));
        }
        let two = state.scan(id, &all, Order::Ascending, 2).unwrap();
        assert_eq!(two, up.iter().take(2).cloned().collect::<Vec<_>>());
    }
    assert_eq!(state.messages(None, 100).unwrap().len(), NOTES);
    assert_eq!(entries_after(state, 0, usize::MAX).unwrap().len() as u64, Head::of(state).unwrap().step);
    assert!(state.message(MessageId::from_number(99)).unwrap().is_none());
    assert!(state.session(SessionId::from_number(1)).unwrap().is_none());
}

/// Goal: nobody sends what a step cannot hold. Method: a call of more than that is refused at the door, and one below
/// it is heard.
#[test]
fn what_is_too_large_is_refused_at_the_socket() {
    let host = Host::start(NEVER_MS);
    let client = host.client();
    let refused = |bytes: usize| {
        let caller = Party::Role(RoleId::new("chief").unwrap());
        let arguments = "x".repeat(bytes);
        let call = Input::Call { caller, tool: "no_such_tool".to_owned(), arguments };
        client.submit(&call).unwrap_err().to_string()
    };
    let why = refused(128 * 1024);
    assert!(why.contains("no tool `no_such_tool`"), "{why}");
    let why = refused(136 * 1024);
    assert!(why.contains("at most 139264 are taken: say less"), "{why}");
    assert_eq!(Head::of(&client).unwrap().step, 2);
}

#[test]
fn what_only_the_runtime_may_say_is_refused() {
    let host = Host::start(NEVER_MS);
    let client = host.client();
    let config = company().config().clone();
    let refused = client.submit(&Input::Configure(config)).unwrap_err().to_string();
    assert!(refused.contains("only the runtime itself"), "{refused}");
    let refused = client.submit(&post("nobody", "hello")).unwrap_err().to_string();
    assert!(refused.contains("there is no role `nobody`"), "{refused}");
    // The connection is as good as before.
    client.submit(&post("chief", "hello")).unwrap();
}

#[test]
fn nobody_else_may_use_the_socket() {
    let host = Host::start(NEVER_MS);
    let mode = std::fs::metadata(&host.address.socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(matches!(Client::connect_tcp(host.tcp_port, "another"), Err(ClientError::Forbidden)));
    let client = Client::connect_tcp(host.tcp_port, TOKEN).unwrap();
    assert_eq!(client.about().unwrap().pid, std::process::id());
    // A door's token is none of this protocol.
    let of_door = Token::new(TOKEN.to_owned()).of_door(&Door::Person);
    assert!(matches!(Client::connect_tcp(host.tcp_port, of_door.text()), Err(ClientError::Forbidden)));
    // A host without a token has none that could be guessed.
    let host = Host::start_with(NEVER_MS, "");
    assert!(matches!(Client::connect_tcp(host.tcp_port, ""), Err(ClientError::Forbidden)));
}

/// A frame of the handshake, as anybody may send it.
fn say(stream: &mut UnixStream, text: &str) {
    stream.write_all(&u32::try_from(text.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
}

fn hear(stream: &mut UnixStream) -> Option<String> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut text = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut text).ok()?;
    String::from_utf8(text).ok()
}

#[test]
fn other_versions_are_told_and_an_idle_host_leaves_for_a_newer_one() {
    let host = Host::start(NEVER_MS);
    let hello = |protocol, want| {
        let mut stream = UnixStream::connect(&host.address.socket).unwrap();
        let hello = Hello { protocol, version: "9.9.9".to_owned(), want, token: None };
        say(&mut stream, &serde_json::to_string(&hello).unwrap());
        let welcome: Welcome = serde_json::from_str(&hear(&mut stream).unwrap()).unwrap();
        (stream, welcome)
    };
    let (mut stream, welcome) = hello(PROTOCOL + 1, Want::Talk);
    assert_eq!((welcome.protocol, welcome.answer), (PROTOCOL, WelcomeAnswer::OtherProtocol));
    assert_eq!(hear(&mut stream), None, "the connection ends");
    let client = host.client();
    assert_eq!(hello(PROTOCOL + 1, Want::LeaveIfIdle).1.answer, WelcomeAnswer::Busy);
    client.about().unwrap();
    drop(client);
    // The host learns that a client has gone a moment after it has.
    loop {
        match hello(PROTOCOL + 1, Want::LeaveIfIdle).1.answer {
            WelcomeAnswer::Leaving => break,
            other => assert_eq!(other, WelcomeAnswer::Busy),
        }
    }
    assert_eq!(host.left(), Left::Told);
}

#[test]
fn nonsense_costs_its_own_connection_only() {
    let host = Host::start(NEVER_MS);
    let client = host.client();
    for nonsense in ["", "GET / HTTP/1.1\r\n\r\n", "{}", "\u{0}\u{0}\u{0}\u{0}", "null"] {
        let mut stream = UnixStream::connect(&host.address.socket).unwrap();
        say(&mut stream, nonsense);
        assert_eq!(hear(&mut stream), None, "{nonsense}");
    }
    // A frame of four gigabytes, and one that is cut off.
    let mut stream = UnixStream::connect(&host.address.socket).unwrap();
    stream.write_all(&[255; 64]).unwrap();
    assert_eq!(hear(&mut stream), None);
    let mut stream = UnixStream::connect(&host.address.socket).unwrap();
    stream.write_all(&[0, 0, 0, 9, b'{']).unwrap();
    drop(stream);
    // Nonsense after a good handshake.
    let mut stream = UnixStream::connect(&host.address.socket).unwrap();
    let hello = Hello { protocol: PROTOCOL, version: String::new(), want: Want::Talk, token: None };
    say(&mut stream, &serde_json::to_string(&hello).unwrap());
    assert!(hear(&mut stream).is_some());
    say(&mut stream, "\u{7f}\u{7f}\u{7f}");
    assert_eq!(hear(&mut stream), None);
    client.submit(&post("chief", "still here")).unwrap();
}

#[test]
fn a_host_that_nobody_needs_leaves_and_its_socket_with_it() {
    let host = Host::start(1);
    let socket = host.address.socket.clone();
    assert_eq!(host.left(), Left::Idle);
    assert!(!socket.exists());
}

/// Goal: whoever has shown no token keeps no host up. Method: strangers on TCP who say nothing, begin in either protocol, or
/// come again and again, for as long as the host is there.
#[test]
fn a_host_does_not_stay_for_strangers() {
    const IDLE_MS: u64 = 300;
    const LONG_MS: u128 = 8_000;
    let stopwatch = echo_storage::clock::Stopwatch::new();
    let host = Host::start(IDLE_MS);
    let at = (std::net::Ipv4Addr::LOCALHOST, host.tcp_port);
    let mut kept = Vec::new();
    for beginning in ["", "POST /mcp HTTP/1.1\r\n", "\u{0}\u{0}"] {
        let mut stream = std::net::TcpStream::connect(at).unwrap();
        stream.write_all(beginning.as_bytes()).unwrap();
        kept.push(stream);
    }
    let again = std::thread::spawn(move || {
        // Each waits for its refusal, so they do not come without end.
        while let Ok(mut stream) = std::net::TcpStream::connect(at) {
            let _ = stream.write_all(b"GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let _ = stream.read_to_end(&mut Vec::new());
            if stopwatch.elapsed().as_millis() > LONG_MS {
                return;
            }
        }
    });
    assert_eq!(host.left(), Left::Idle);
    assert!(stopwatch.elapsed().as_millis() < LONG_MS, "it stayed for strangers");
    again.join().unwrap();
}

#[test]
fn a_host_that_is_told_by_its_process_leaves() {
    let host = Host::start(NEVER_MS);
    let client = host.client();
    host.told.send_replace(true);
    let address = host.address.clone();
    assert_eq!(host.left(), Left::Told);
    let lost = client.about().unwrap_err().to_string();
    assert!(lost.contains("the runtime of this store was lost"), "{lost}");
    assert!(matches!(Client::connect(&address), Err(ClientError::Nobody(_))));
}

/// Goal: a host whose store's file is gone takes no more work, and leaves another host's socket alone. Method: the file
/// is removed under it, and another file lies where its socket was.
#[test]
fn a_host_whose_file_is_gone_leaves_and_touches_nothing_of_others() {
    let mut host = Host::start(NEVER_MS);
    // It outlives the host.
    let _directory = std::mem::replace(&mut host.directory, tempfile::tempdir().unwrap());
    host.client().submit(&post("chief", "hello")).unwrap();
    std::fs::remove_file(&host.address.store).unwrap();
    std::fs::remove_file(&host.address.socket).unwrap();
    let others = std::os::unix::net::UnixListener::bind(&host.address.socket).unwrap();
    // Through the door that is left: it says that it leaves, whatever is wanted of it.
    let told = Client::connect_tcp(host.tcp_port, TOKEN).err();
    assert!(matches!(told, Some(ClientError::Confused)), "{told:?}");
    let socket = host.address.socket.clone();
    assert_eq!(host.left(), Left::Told);
    assert!(socket.exists(), "it is another's");
    drop(others);
}

#[test]
fn sessions_are_started_and_ended_by_the_runtime_alone() {
    let host = Host::start(NEVER_MS);
    let client = host.client();
    let session = SessionId::from_number(1);
    let refused = client.submit(&Input::EndSession { session }).unwrap_err().to_string();
    assert!(refused.contains("only the runtime itself"), "{refused}");
}

/// Goal: whoever was not let in costs little. Method: strangers at each socket that announce a frame which is longer than any
/// handshake and far shorter than what others may send; they are let go before it could have come.
#[test]
fn a_stranger_sends_no_long_frame() {
    const SOON: std::time::Duration = std::time::Duration::from_secs(2);
    let host = Host::start(NEVER_MS);
    let head = 5_000_u32.to_be_bytes();
    let mut tcp = std::net::TcpStream::connect((std::net::Ipv4Addr::LOCALHOST, host.tcp_port)).unwrap();
    tcp.set_read_timeout(Some(SOON)).unwrap();
    tcp.write_all(&head).unwrap();
    assert_eq!(tcp.read(&mut [0; 1]).unwrap(), 0);
    let mut unix = UnixStream::connect(&host.address.socket).unwrap();
    unix.set_read_timeout(Some(SOON)).unwrap();
    unix.write_all(&head).unwrap();
    assert_eq!(unix.read(&mut [0; 1]).unwrap(), 0);
    // Whoever is let in sends longer ones.
    let mut long = post("chief", "long");
    if let Input::Post { content, .. } = &mut long {
        *content = format!("{{\"words\": \"{}\"}}", "x".repeat(50_000));
    }
    Client::connect_tcp(host.tcp_port, TOKEN).unwrap().submit(&long).unwrap();
}

/// How many sessions are played or wait to be, once there are so many.
fn plays(client: &Client, playing: u64) {
    let stopwatch = echo_storage::clock::Stopwatch::new();
    loop {
        let now = client.about().unwrap().playing;
        if now == playing {
            return;
        }
        assert!(stopwatch.elapsed().as_secs() < 20, "{now} are played or wait, not {playing}");
    }
}

/// Goal: sessions that wait to be played are bounded, and one whose client has gone waits no longer. Method: a mind that does not
/// answer keeps the first one on the stage; others wait behind it, one is too many, and some of their clients go.
#[test]
fn so_many_sessions_wait_and_only_for_those_who_are_there() {
    const QUEUED: u64 = 64;
    let slow = Paced::new(Arc::new(RulesMind), std::time::Duration::from_millis(NEVER_MS));
    let host = Host::start_of(NEVER_MS, TOKEN, Arc::new(slow));
    let client = host.client();
    client.play(&scenario()).unwrap();
    let asks = |request: &Request| {
        let mut stream = UnixStream::connect(&host.address.socket).unwrap();
        let hello = Hello { protocol: PROTOCOL, version: String::new(), want: Want::Talk, token: None };
        say(&mut stream, &serde_json::to_string(&hello).unwrap());
        assert!(hear(&mut stream).is_some());
        let bytes = postcard::to_stdvec(request).unwrap();
        stream.write_all(&u32::try_from(bytes.len()).unwrap().to_be_bytes()).unwrap();
        stream.write_all(&bytes).unwrap();
        stream
    };
    let play = Request::Play { scenario: scenario().to_json() };
    let mut waiting: Vec<UnixStream> = (2..QUEUED).map(|_| asks(&play)).collect();
    waiting.push(asks(&Request::Resume { session: 7 }));
    plays(&client, QUEUED);
    let refused = host.client().play(&scenario()).unwrap_err().to_string();
    assert!(refused.contains("64 sessions"), "{refused}");
    waiting.truncate(1);
    plays(&client, 2);
    waiting.push(asks(&play));
    plays(&client, 3);
    client.stop().unwrap();
    assert_eq!(host.left(), Left::Told);
}
