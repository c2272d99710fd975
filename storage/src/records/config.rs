//! The organisation's configuration as a step recorded it: what `decide` knows of roles, limits and rules.
//!
//! The journal holds it because a replay must decide under the rules of its time. Two configurations are the same
//! when they are equal; a different one enters as an input.

use crate::codec::{Decode, Encode, Record};
use crate::names::{DecisionType, Matter, RoleId, Topic};
use crate::quantities::{Confidence, Usd};
use crate::records::{Address, Message, Party};

/// Everything that `decide` takes from the program or its settings and not from earlier steps.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Config {
    /// The meaning of the code; steps recorded under another number are not decided again by a replay.
    pub semantics: u32,
    /// The roles, in their order, which breaks ties.
    pub roles: Vec<RoleConfig>,
    /// The figures of the rules.
    pub rules: Rules,
}
impl Record for Config {}

impl Config {
    /// The role with this id.
    pub fn role(&self, id: &RoleId) -> Option<&RoleConfig> {
        self.roles.iter().find(|role| role.id == *id)
    }

    /// The roles that will find a message unread, in their order: of those who hear its topic, not its sender, nor
    /// those who do not listen for what it is about.
    pub fn readers(&self, message: &Message) -> Vec<RoleId> {
        let Address::Topic(topic) = &message.to else { return self.recipients(&message.to) };
        let listens = |role: &&RoleConfig| {
            let mut heard = role.hears.iter().filter(|one| one.topic == *topic).peekable();
            heard.peek().is_some()
                && heard.all(|one| one.wants(message.about.as_ref()))
                && message.from != Party::Role(role.id.clone())
        };
        self.roles.iter().filter(listens).map(|role| role.id.clone()).collect()
    }

    /// The roles that a message with this address may reach, its sender among them where it hears the topic itself.
    pub fn recipients(&self, to: &Address) -> Vec<RoleId> {
        match to {
            Address::Role(role) => vec![role.clone()],
            Address::Person(_) => Vec::new(),
            Address::Topic(topic) => {
                let hears = |role: &&RoleConfig| role.hears.iter().any(|one| one.topic == *topic);
                self.roles.iter().filter(hears).map(|role| role.id.clone()).collect()
            }
        }
    }
}

/// What a role may do and what it listens to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RoleConfig {
    /// Its id.
    pub id: RoleId,
    /// Its title, for people.
    pub title: String,
    /// The next one up; nothing means a person.
    pub escalates_to: Option<RoleId>,
    /// Up to what it may approve in 24 hours; nothing means that any amount escalates.
    pub budget_limit: Option<Usd>,
    /// Below which confidence it does not decide by itself.
    pub threshold: Confidence,
    /// The decision types of its own.
    pub may_decide: Vec<DecisionType>,
    /// Those of them that are about money, so that a decision must say how much.
    pub spends: Vec<DecisionType>,
    /// What it may not decide alone, whatever its limits.
    pub matters: Vec<MatterRule>,
    /// The words by which it knows that it is concerned.
    pub keywords: Vec<String>,
    /// How much it weighs each kind of fact.
    pub concerns: Concerns,
    /// The topics it hears.
    pub hears: Vec<Subscription>,
    /// How many questions it may have out at a time.
    pub thought_slots: u32,
}

/// A matter that a role may not decide alone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct MatterRule {
    /// Its name.
    pub matter: Matter,
    /// The words by which a decision is known to touch it; phrases match as consecutive words.
    pub words: Vec<String>,
    /// The decision types that touch it by themselves.
    pub types: Vec<DecisionType>,
    /// Who decides it.
    pub course: Course,
}

/// Who decides a matter that is not for one role alone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Course {
    /// Those concerned vote; these roles are concerned whatever their keywords say.
    With(Vec<RoleId>),
    /// Whoever is above the role.
    Up,
    /// A person, whoever opened it.
    Person,
}

/// A topic that a role hears.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Subscription {
    /// Which.
    pub topic: Topic,
    /// Only about decisions of these types; empty means all.
    pub only: Vec<DecisionType>,
}

impl Subscription {
    /// Whether a message about a decision of this type, or about none, is listened for.
    pub fn wants(&self, about: Option<&DecisionType>) -> bool {
        self.only.is_empty() || about.is_some_and(|kind| self.only.contains(kind))
    }
}

/// How much a role weighs each kind of fact, in percent of the usual weight.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Concerns {
    /// What it costs, against limits and what was spent before.
    pub money: u32,
    /// What may go wrong, and what answers it.
    pub risk: u32,
    /// Whether what is needed is there.
    pub feasibility: u32,
    /// Whether success is defined and can be measured.
    pub outcome: u32,
    /// The figures of its domain among a context's data.
    pub figures: Vec<FigurePair>,
}

/// Two figures of a context's data that belong together: what is needed must not exceed what there is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FigurePair {
    /// The name of the figure that is needed, such as `load_expected`.
    pub needed: String,
    /// The name of the figure that is there, such as `load_capacity`.
    pub available: String,
}

/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The figures of the rules by which the organisation decides.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Rules {
    /// Ballots cast among participants, in thousandths, for a quorum.
    pub quorum: Confidence,
    /// Ballots that a quorum takes at least.
    pub quorum_ballots: u32,
    /// The share of heads that recommends or rejects, in thousandths.
    pub consensus: Confidence,
    /// How long roles may take to say whether they take part.
    pub selection_ms: u64,
    /// How many rounds of ballots there are at most.
    pub rounds: u32,
    /// How long a round of ballots may take.
    pub round_ms: u64,
    /// How long those who were asked something between two rounds may take to answer.
    pub clarification_ms: u64,
    /// How long a mind may take over one question.
    pub thought_ms: u64,
    /// For how long an approval counts against its approver's limit.
    pub spending_window_ms: u64,
    /// How long a question to people may wait before they are reminded, and again.
    pub reminder_ms: u64,
    /// How long it may wait before it is given up and its decision rejected.
    pub approval_ms: u64,
    /// How often a message may fail before it is a dead letter.
    pub attempts: u32,
    /// After how many failures in a row an agent's breaker opens.
    pub breaker_failures: u32,
    /// How long it stays open the first time; each time in a row doubles it.
    pub breaker_ms: u64,
    /// How often in a row it opens before the agent is given up until an operator retries it.
    pub breaker_trips: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            quorum: Confidence::saturating(500),
            quorum_ballots: 2,
            consensus: Confidence::saturating(600),
            selection_ms: 60_000,
            rounds: 3,
            round_ms: 300_000,
            clarification_ms: 120_000,
            thought_ms: 120_000,
            spending_window_ms: DAY_MS,
            reminder_ms: DAY_MS,
            approval_ms: 7 * DAY_MS,
            attempts: 3,
            breaker_failures: 5,
            breaker_ms: 30_000,
            breaker_trips: 6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockKind;
    use crate::effect::Effect;
    use crate::input::Input;
    use crate::names::{Id, MessageId, Topic};
    use crate::quantities::Timestamp;
    use crate::query::Query;
    use crate::records::{Kind, Priority};
    use crate::store::Store;
    use proptest::prelude::*;

    const ROLES: [&str; 3] = ["chief", "clerk", "guard"];
    const TOPICS: [&str; 2] = ["messages:all", "messages:some"];
    const TYPES: [&str; 2] = ["purchases", "hiring"];

    fn role(number: usize, hears: Vec<Subscription>) -> RoleConfig {
        RoleConfig {
            id: RoleId::new(ROLES[number]).unwrap(),
            title: String::new(),
            escalates_to: None,
            budget_limit: None,
            threshold: Confidence::saturating(700),
            spends: Vec::new(),
            matters: Vec::new(),
            may_decide: Vec::new(),
            keywords: Vec::new(),
            concerns: Concerns { money: 0, risk: 0, feasibility: 0, outcome: 0, figures: Vec::new() },
            hears,
            thought_slots: 1,
        }
    }

    fn subscription() -> impl Strategy<Value = Subscription> {
        let only = proptest::sample::subsequence(TYPES.to_vec(), 0..=TYPES.len());
        (proptest::sample::select(TOPICS.to_vec()), only).prop_map(|(topic, only)| Subscription {
            topic: Topic::new(topic).unwrap(),
            only: only.into_iter().map(|kind| DecisionType::new(kind).unwrap()).collect(),
        })
    }

    fn message() -> impl Strategy<Value = Message> {
        let role = || proptest::sample::select(ROLES.to_vec()).prop_map(|id| RoleId::new(id).unwrap());
        let topic = proptest::sample::select(TOPICS.to_vec());
        let to = prop_oneof![
            role().prop_map(Address::Role),
            Just(Address::Person("anna".to_owned())),
            topic.prop_map(|topic| Address::Topic(Topic::new(topic).unwrap())),
        ];
        let from = prop_oneof![role().prop_map(Party::Role), Just(Party::System)];
        let about = proptest::option::of(proptest::sample::select(TYPES.to_vec()));
        (from, to, about).prop_map(|(from, to, about)| Message {
            id: MessageId::from_number(1),
            from,
            to,
            kind: Kind::Notification,
            subject: "Hello".to_owned(),
            content: "{}".to_owned(),
            about: about.map(|kind| DecisionType::new(kind).unwrap()),
            priority: Priority::Normal,
            thread: None,
            deadline: None,
            in_reply_to: None,
            at: Timestamp::default(),
        })
    }

    proptest! {
        /// Goal: who is said to read a message is who finds it unread. Method: it is sent in a store of its own.
        #[test]
        fn readers_are_those_who_find_it_unread(
            hears in proptest::collection::vec(proptest::collection::vec(subscription(), 0..4), ROLES.len()),
            message in message(),
        ) {
            let roles = hears.into_iter().enumerate().map(|(number, hears)| role(number, hears)).collect();
            let config = Config { semantics: 1, roles, rules: Rules::default() };
            let store = Store::in_memory(ClockKind::Virtual).unwrap();
            let mut batch = store.batch().unwrap();
            let mut draft = batch.draft(Timestamp::default());
            draft.emit(Effect::Configure(config.clone())).unwrap();
            draft.emit(Effect::Send(message.clone())).unwrap();
            let finished = draft.finish();
            batch.append(Input::Configure(config.clone()), None, finished).unwrap();
            store.commit(batch).unwrap();
            let state = store.snapshot().unwrap();
            let unread = config.roles.iter().filter(|role| state.is_unread(role, message.id).unwrap());
            let unread: Vec<RoleId> = unread.map(|role| role.id.clone()).collect();
            prop_assert_eq!(config.readers(&message), unread);
        }
    }
}
