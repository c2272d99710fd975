//! A runtime that is killed at random moments while callers post as fast as they can.
//!
//! Goal: what was acknowledged is there, once, under the id that was told; and whoever was not answered can ask again under
//! the same key and is told the truth. Method: `kill -9` after a random while, a new runtime on the same store, everybody
//! asks again what was not answered and goes on; judged from the file at the end. The seed is printed; `ECHO_TEST_SEED`
//! repeats it, `ECHO_TEST_ROUNDS` sets how often the runtime is killed.
#![expect(clippy::unwrap_used, reason = "a test reports what it cannot read by failing")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use echo_runtime::doors::socket::address::Address;
use echo_runtime::doors::socket::client::{Client, Found};
use echo_runtime::replay::replay;
use echo_storage::clock::random_hex;
use echo_storage::journal::{self, Entry, Head};
use echo_storage::names::{MessageId, RoleId};
use echo_storage::records::{Address as To, Kind, Party};
use echo_storage::{Effect, Input, OpenOptions, Store, verify};
use echo_tests::{Home, Running};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// How often the runtime is killed, unless the environment says otherwise.
const ROUNDS: u64 = 50;
/// How many post at once.
const CALLERS: usize = 4;
/// The longest that a runtime is let alone, in microseconds.
const MAX_ROUND_US: u64 = 60_000;

/// One who posts.
#[derive(Default)]
struct Caller {
    number: usize,
    posted: u64,
    /// What was told of each key.
    told: BTreeMap<String, MessageId>,
    /// The key that was asked and not answered.
    open: Option<String>,
    asked_again: u64,
    /// How often it had been done when it was asked again.
    was_done: u64,
}

impl Caller {
    /// Posts until the runtime is lost, or so many times.
    fn post(&mut self, client: &Client, times: u64) {
        if let Some(key) = self.open.take() {
            let before = Head::of(client).map(|head| head.step);
            self.asked_again += 1;
            let Some(entry) = self.ask(client, &key) else { return };
            self.was_done += u64::from(before.is_ok_and(|before| entry.step <= before));
        }
        for _ in 0..times {
            self.posted += 1;
            let key = format!("caller {} post {}", self.number, self.posted);
            if self.ask(client, &key).is_none() {
                return;
            }
        }
    }

    /// Posts under a key; nothing where it was not answered.
    fn ask(&mut self, client: &Client, key: &str) -> Option<Entry> {
        let role = ["ceo", "cto", "chro", "test_lead"].into_iter().cycle().nth(self.number).unwrap();
        let input = Input::Post {
            from: Party::Person("ada".to_owned()),
            to: To::Role(RoleId::new(role).unwrap()),
            kind: Kind::Notification,
            subject: key.to_owned(),
            content: "{}".to_owned(),
            in_reply_to: None,
        };
        let Ok(entry) = client.submit_once(&input, key) else {
            self.open = Some(key.to_owned());
            return None;
        };
        let sent = entry.effects.iter().find_map(|effect| match effect {
            Effect::Send(message) => Some(message.id),
            _ => None,
        });
        assert_eq!(self.told.insert(key.to_owned(), sent.unwrap()), None, "{key}");
        Some(entry)
    }
}

fn connect(home: &Home) -> Client {
    let address = Address::of(&home.store(), home.path()).unwrap();
    match Client::connect(&address).unwrap() {
        Found::Host(client) => client,
        Found::Left => unreachable!("it is of this version"),
    }
}

fn serve(home: &Home) -> Running {
    let mut serving = Running::new(home, &["serve"]);
    serving.reaches("process ");
    serving
}

/// Everybody posts; after a while the runtime is killed, if it is to be.
fn round(home: &Home, callers: &mut [Caller], kill_after: Option<Duration>) {
    let serving = serve(home);
    let clients: Vec<Client> = callers.iter().map(|_| connect(home)).collect();
    let times = if kill_after.is_some() { u64::MAX } else { 1 };
    std::thread::scope(|scope| {
        for (caller, client) in callers.iter_mut().zip(&clients) {
            scope.spawn(move || caller.post(client, times));
        }
        if let Some(after) = kill_after {
            // Nobody sends anything: only the time passes.
            let (_kept, nothing) = channel::<()>();
            assert_eq!(nothing.recv_timeout(after), Err(RecvTimeoutError::Timeout));
            serving.signal("-KILL");
        }
    });
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|number| number.parse().ok())
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_asked_again_is_done_twice() {
    let random = || u64::from_str_radix(random_hex().unwrap().get(..15).unwrap(), 16).unwrap();
    let seed = number("ECHO_TEST_SEED").unwrap_or_else(random);
    let rounds = number("ECHO_TEST_ROUNDS").unwrap_or(ROUNDS);
    println!("ECHO_TEST_SEED={seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let home = Home::sharing();
    let mut callers: Vec<Caller> =
        (0..CALLERS).map(|number| Caller { number, ..Caller::default() }).collect();
    for _ in 0..rounds {
        round(&home, &mut callers, Some(Duration::from_micros(random.next_u64() % MAX_ROUND_US)));
    }
    round(&home, &mut callers, None);

    let verified = verify::file(&home.store(), 5_000).unwrap();
    assert!(verified.is_whole(), "seed {seed}: {verified:?}");
    let options = OpenOptions { create: false, ..OpenOptions::default() };
    let store = Store::open(&home.store(), &options).unwrap();
    let state = store.snapshot().unwrap();
    let mut sent: BTreeMap<String, Vec<MessageId>> = BTreeMap::new();
    let mut handled = BTreeSet::new();
    for next in journal::walk(&state) {
        for effect in next.unwrap().0.effects {
            match effect {
                Effect::Send(message) => sent.entry(message.subject).or_default().push(message.id),
                Effect::Acknowledge { role, message } => {
                    assert!(
                        handled.insert((role.clone(), message)),
                        "{role} handled {message} twice, seed {seed}"
                    );
                }
                _ => {}
            }
        }
    }
    for caller in &callers {
        assert_eq!(caller.open, None, "the last runtime was left alone, seed {seed}");
        for (key, told) in &caller.told {
            assert_eq!(sent.remove(key).unwrap_or_default(), [*told], "{key}, seed {seed}");
        }
    }
    assert!(sent.is_empty(), "nobody was told of these, seed {seed}: {sent:?}");
    let replayed = replay(&echo_agents::organisation().unwrap(), &state, None).unwrap();
    assert_eq!(replayed.head, Head::of(&state).unwrap().hash);

    let sum = |of: fn(&Caller) -> u64| callers.iter().map(of).sum::<u64>();
    let told = sum(|caller| caller.told.len() as u64);
    let (again, done) = (sum(|caller| caller.asked_again), sum(|caller| caller.was_done));
    println!("{rounds} kills, {told} messages acknowledged, {again} asked again, {done} of them done before");
    assert!(told >= rounds * 4 && again >= rounds, "too little happened: {told} told, {again} asked again");
    assert!(rounds < ROUNDS || done > 0, "no kill struck between a commit and its answer");
}

#[test]
fn a_message_that_is_sent_again_under_its_key_is_sent_once() {
    for home in [Home::sharing(), Home::default()] {
        let _ = home.run(&["train", "--quiet"]).exits(0);
        let send = |subject: &str, key: &str| {
            home.run(&["send", "me", "ceo", "--subject", subject, "--key", key, "--json"])
        };
        let first = send("Hello", "letter 1").exits(0).json();
        assert_eq!(send("Hello", "letter 1").exits(0).json()["message"], first["message"]);
        let _ = send("Goodbye", "letter 1").exits(1).says(&["this key has been used for another request"]);
        assert_ne!(send("Goodbye", "letter 2").exits(0).json()["message"], first["message"]);
        let _ = send("Hello", "").exits(2).says(&["a key has 1 to 255 characters"]);
    }
}
