//! The runtime that is measured: the shipped organisation on a store of its own, called inside the process.
//!
//! What always holds: a message counts as processed when the step that acknowledges it is committed, a decision as closed
//! when the step that closes it is.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use echo_runtime::drivers::live::Live;
use echo_runtime::mail::topics;
use echo_runtime::mind::RulesMind;
use echo_storage::journal::Entry;
use echo_storage::names::{Id, MessageId, RoleId, Topic};
use echo_storage::records::{Address, Kind, Party, Phase, Status};
use echo_storage::state::WriteSet;
use echo_storage::{Effect, Input, OpenOptions, Query, Store};

use crate::work::{AGENTS, Bus, Sender, Tracker, content};

/// A decision that all eight others take part in, that one round settles, and that the initiator may approve: it costs
/// nothing.
const DECISION: &str = r#"{
    "type": "company_direction",
    "subject": "Renew the platform",
    "description": "Renew the platform: technology and architecture with each component and its design, the infrastructure, deployment and monitoring, the product and every feature, the interface and its usability, implementation and code, testing and quality, hiring and talent.",
    "impact": "Decides what is built in the next two quarters.",
    "stakeholders": ["cto", "product_manager"],
    "timeline": "6 months",
    "alternatives": ["Leave it as it is"],
    "dependencies": ["The team stays together"],
    "success_criteria": ["12 releases a year", "99 % of requests below 200 ms", "7,500 customers"]
}"#;

/// The running organisation.
pub(crate) struct Ours {
    live: Live,
    roles: Vec<RoleId>,
    watched: Arc<Watched>,
}

/// What is seen of it from outside.
struct Watched {
    tracker: Tracker,
    steps: AtomicU64,
    effects: AtomicU64,
    commits: AtomicU64,
    records: AtomicBool,
    recorded: Mutex<Vec<WriteSet>>,
}

/// What was done so far.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) steps: u64,
    pub(crate) effects: u64,
    pub(crate) commits: u64,
}

impl Counts {
    /// What was done since then.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            steps: self.steps - earlier.steps,
            effects: self.effects - earlier.effects,
            commits: self.commits - earlier.commits,
        }
    }

    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            steps: self.steps + other.steps,
            effects: self.effects + other.effects,
            commits: self.commits + other.commits,
        }
    }
}

impl Ours {
    /// The organisation on the store at this path, which is made if there is none.
    pub(crate) async fn start(path: &Path) -> Self {
        Self::on(Store::open(path, &OpenOptions::default()).expect("a store can be opened")).await
    }

    /// The organisation on an open store.
    pub(crate) async fn on(store: Store) -> Self {
        let watched = Arc::new(Watched {
            tracker: Tracker::new(),
            steps: AtomicU64::new(0),
            effects: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            records: AtomicBool::new(false),
            recorded: Mutex::default(),
        });
        let tapped = watched.clone();
        store.tap(move |writes| tapped.commit(writes));
        let organisation = Arc::new(echo_agents::organisation().expect("the organisation fits together"));
        let roles = organisation.role_ids();
        let live = Live::start(organisation, Arc::new(store), Arc::new(RulesMind));
        let live = live.await.expect("the organisation runs");
        let observed = watched.clone();
        live.observe(move |entry| observed.step(entry));
        live.activate_all().await;
        Self { live, roles, watched }
    }

    /// Stops it and closes the store.
    pub(crate) async fn stop(self: Arc<Self>) {
        let ours = Arc::into_inner(self).expect("every round has ended");
        ours.live.stop().await.expect("the runtime stops");
    }

    /// What was done so far.
    pub(crate) fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        let watched = &self.watched;
        Counts {
            steps: read(&watched.steps),
            effects: read(&watched.effects),
            commits: read(&watched.commits),
        }
    }

    /// Keeps the writes of every commit from here on.
    pub(crate) fn record(&self) {
        self.watched.records.store(true, Ordering::Release);
    }

    /// Keeps no more, and gives what was kept.
    pub(crate) fn recorded(&self) -> Vec<WriteSet> {
        self.watched.records.store(false, Ordering::Release);
        std::mem::take(&mut *self.watched.recorded.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn send(&self, message: Input) -> u64 {
        let entry = self.live.submit(message).await.expect("a message can be posted");
        let sent = entry.effects.iter().find_map(|effect| match effect {
            Effect::Send(message) => Some(message.id.number()),
            _ => None,
        });
        sent.expect("a post sends a message")
    }
}

/// The input that sends a message to one of these roles.
pub(crate) fn post(roles: &[RoleId], from: Sender, to: usize, number: u64) -> Input {
    let from = match from {
        Sender::Agent(place) => Party::Role(role(roles, place)),
        Sender::Outside(sender) => Party::Person(format!("sender {sender}")),
    };
    message(from, Address::Role(role(roles, to)), number)
}

/// What the recipients of the messages that were sent in these steps do next.
pub(crate) fn takes<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<Input> {
    let sent = entries.flat_map(|entry| &entry.effects).filter_map(|effect| match effect {
        Effect::Send(message) => Some(message),
        _ => None,
    });
    let takes = sent.filter_map(|message| match &message.to {
        Address::Role(role) => Some(Input::Take { role: role.clone(), message: message.id }),
        Address::Topic(_) | Address::Person(_) => None,
    });
    takes.collect()
}

fn message(from: Party, to: Address, number: u64) -> Input {
    let (kind, subject) = (Kind::Notification, "How the platform grows".to_owned());
    Input::Post { from, to, kind, subject, content: content(number), in_reply_to: None }
}

fn role(roles: &[RoleId], place: usize) -> RoleId {
    roles.get(place).expect("there are nine agents").clone()
}

impl Bus for Ours {
    async fn post(&self, from: Sender, to: usize, number: u64) -> u64 {
        self.send(post(&self.roles, from, to, number)).await
    }

    async fn broadcast(&self, number: u64) -> u64 {
        let everybody = Topic::new(topics::ALL).expect("it is a name");
        let from = Party::Person("somebody".to_owned());
        self.send(message(from, Address::Topic(everybody), number)).await
    }

    async fn decide(&self, _: u64) -> u64 {
        let input = Input::Call {
            caller: Party::Role(role(&self.roles, 0)),
            tool: "initiate_decision".to_owned(),
            arguments: DECISION.to_owned(),
        };
        let entry = self.live.submit(input).await.expect("a decision can be opened");
        let opened = entry.effects.iter().find_map(|effect| match effect {
            Effect::PutDecision(decision) => Some(decision.id.number()),
            _ => None,
        });
        opened.expect("the tool opens a decision")
    }

    async fn read(&self, message: u64) {
        let snapshot = self.live.snapshot().expect("the store can be read");
        let message = snapshot.message(MessageId::from_number(message)).expect("the store can be read");
        message.expect("what was acknowledged is there");
    }

    async fn settled(&self) {
        self.live.settled().await.expect("the organisation comes to rest");
    }

    fn tracker(&self) -> &Tracker {
        &self.watched.tracker
    }
}

impl Watched {
    fn commit(&self, writes: &WriteSet) {
        self.commits.fetch_add(1, Ordering::AcqRel);
        if self.records.load(Ordering::Acquire) {
            self.recorded.lock().unwrap_or_else(PoisonError::into_inner).push(writes.clone());
        }
    }

    fn step(&self, entry: &Entry) {
        assert!(entry.failure.is_none(), "step {} failed: {:?}", entry.step, entry.failure);
        self.steps.fetch_add(1, Ordering::AcqRel);
        self.effects.fetch_add(entry.effects.len() as u64, Ordering::AcqRel);
        for effect in &entry.effects {
            match effect {
                Effect::Acknowledge { message, .. } => self.tracker.processed(message.number()),
                Effect::PutDecision(decision) if decision.phase == Phase::Closed => {
                    assert_eq!(
                        decision.status,
                        Status::Approved,
                        "{} is one that agents approve",
                        decision.id
                    );
                    assert_eq!(decision.participants.len(), AGENTS - 1, "{} is everybody's", decision.id);
                    self.tracker.closed(decision.id.number());
                }
                _ => {}
            }
        }
    }
}
