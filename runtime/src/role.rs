//! How a role is declared: a constant from which configuration, actors, tools and help are derived.

use echo_storage::names::{self, DecisionType, NameError, RoleId, Topic};
use echo_storage::quantities::{Confidence, Usd};
use echo_storage::records::{self, Concerns, FigurePair, MatterRule, Message, RoleConfig, Subscription};

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
    /// Those of them that are about money, so that a decision must say how much.
    pub spends: &'static [&'static str],
    /// What it may not decide alone, whatever its limits.
    pub matters: &'static [Matter],
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

/// A matter that a role may not decide alone. A decision touches it by its author's word, by its type, or by its own
/// words.
#[derive(Debug, Clone, Copy)]
pub struct Matter {
    /// Its name.
    pub name: &'static str,
    /// The words that tell of it in a decision's subject, description or impact; phrases match as consecutive words.
    pub words: &'static [&'static str],
    /// The decision types that touch it by themselves.
    pub types: &'static [&'static str],
    /// Who decides it.
    pub course: Course,
}

/// Who decides a matter that is not for one role alone; see [`records::Course`].
#[derive(Debug, Clone, Copy)]
pub enum Course {
    /// Those concerned vote, and these are concerned.
    With(&'static [&'static str]),
    /// Whoever is above the role.
    Up,
    /// A person.
    Person,
}

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
            spends: types(self.spends)?,
            matters: self.matters.iter().map(Matter::rule).collect::<Result<_, _>>()?,
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

impl Matter {
    fn rule(&self) -> Result<MatterRule, NameError> {
        Ok(MatterRule {
            matter: names::Matter::new(self.name)?,
            words: self.words.iter().map(|word| (*word).to_owned()).collect(),
            types: types(self.types)?,
            course: match self.course {
                Course::With(roles) => records::Course::With(
                    roles.iter().map(|role| RoleId::new(role)).collect::<Result<_, _>>()?,
                ),
                Course::Up => records::Course::Up,
                Course::Person => records::Course::Person,
            },
        })
    }
}

fn types(names: &[&str]) -> Result<Vec<DecisionType>, NameError> {
    names.iter().map(|name| DecisionType::new(name)).collect()
}
