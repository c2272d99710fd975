//! How a role is declared: a constant from which configuration, actors, tools and help are derived.

use echo_storage::names::{DecisionType, NameError, RoleId, Topic};
use echo_storage::quantities::{Confidence, Usd};
use echo_storage::records::{Concerns, FigurePair, Message, RoleConfig, Subscription};

use crate::mail::topics;
use crate::tool::Tool;
use crate::turn::{Failure, Turn};

/// A role, as its file declares it.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its id.
    pub id: &'static str,
    /// Its title, for people.
    pub title: &'static str,
    /// The next one up; nothing means a person.
    pub escalates_to: Option<&'static str>,
    /// Whether it hears `messages:leadership`.
    pub leadership: bool,
    /// Up to how many US dollars it may approve in 24 hours; nothing means that any amount escalates.
    pub budget_limit_usd: Option<u64>,
    /// Below which confidence, in thousandths, it does not decide by itself.
    pub threshold: u16,
    /// The decision types of its own.
    pub may_decide: &'static [&'static str],
    /// The words by which it knows that it is concerned; phrases match as consecutive words.
    pub keywords: &'static [&'static str],
    /// The topics it hears besides those that everybody or the leadership hears.
    pub hears: &'static [Hears],
    /// How it weighs facts, in percent of the usual weight.
    pub weighs: Weighs,
    /// The tools of its own.
    pub tools: fn() -> Vec<Tool>,
    /// What it does with every message that it takes, before what the message asks of it; nothing means no more than
    /// that.
    pub on_message: Option<OnMessage>,
}

/// What a role does with a message. It is pure, as everything that decides is; a failure is the message's, and counts as
/// such.
pub type OnMessage = fn(&mut Turn<'_, '_>, &RoleId, &Message) -> Result<(), Failure>;

/// A topic that a role hears.
#[derive(Debug, Clone, Copy)]
pub struct Hears {
    /// Which.
    pub topic: &'static str,
    /// Only about decisions of these types; empty means all.
    pub only: &'static [&'static str],
}

/// How much a role weighs each kind of fact, in percent; see [`Concerns`].
#[derive(Debug, Clone, Copy)]
pub struct Weighs {
    /// What it costs.
    pub money: u32,
    /// What may go wrong.
    pub risk: u32,
    /// Whether what is needed is there.
    pub feasibility: u32,
    /// Whether success can be measured.
    pub outcome: u32,
    /// The figures of its domain: what is needed, and what there is.
    pub figures: &'static [(&'static str, &'static str)],
}

impl Role {
    /// The configuration that this declaration amounts to.
    ///
    /// # Errors
    /// A name that is not well formed.
    pub fn config(&self) -> Result<RoleConfig, NameError> {
        let everybody = [Hears { topic: topics::ALL, only: &[] }];
        let leaders = [Hears { topic: topics::LEADERSHIP, only: &[] }];
        let leaders = if self.leadership { leaders.as_slice() } else { &[] };
        let hears = everybody.iter().chain(leaders).chain(self.hears);
        let figure = |(needed, available): &(&str, &str)| FigurePair {
            needed: (*needed).to_owned(),
            available: (*available).to_owned(),
        };
        Ok(RoleConfig {
            id: RoleId::new(self.id)?,
            title: self.title.to_owned(),
            escalates_to: self.escalates_to.map(RoleId::new).transpose()?,
            budget_limit: self.budget_limit_usd.map(Usd::dollars),
            threshold: Confidence::saturating(self.threshold.into()),
            may_decide: types(self.may_decide)?,
            keywords: self.keywords.iter().map(|word| (*word).to_owned()).collect(),
            concerns: Concerns {
                money: self.weighs.money,
                risk: self.weighs.risk,
                feasibility: self.weighs.feasibility,
                outcome: self.weighs.outcome,
                figures: self.weighs.figures.iter().map(figure).collect(),
            },
            hears: hears
                .map(|one| Ok(Subscription { topic: Topic::new(one.topic)?, only: types(one.only)? }))
                .collect::<Result<_, NameError>>()?,
            thought_slots: 1,
        })
    }
}

fn types(names: &[&str]) -> Result<Vec<DecisionType>, NameError> {
    names.iter().map(|name| DecisionType::new(name)).collect()
}
