//! A turn: what the code that decides a step works with.
//!
//! What always holds: a turn reads the state before the step plus the step's own effects, knows the configuration
//! and the time as the journal records them, and can do nothing but add effects. So deciding again gives the same.

use std::sync::Arc;

use echo_storage::names::{DecisionId, DecisionType, Id, MessageId, RoleId, ThoughtId, TimerId, Topic};
use echo_storage::quantities::Timestamp;
use echo_storage::records::{
    Address, Config, Decision, Kind, Message, Party, Priority, RoleConfig, Thought, ThoughtKind,
    ThoughtState, Timer, TimerPurpose,
};
use echo_storage::{Draft, Effect, Query, StoreError};

use crate::delegations;

/// The longest subject, in characters.
pub const MAX_SUBJECT_CHARS: usize = 255;

/// Why a step did nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The input asks for what cannot or must not be done.
    #[error("{0}")]
    Refused(String),
    /// The code that decides panicked.
    #[error("panicked: {0}")]
    Panicked(String),
    /// The state could not be read or an effect not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A refusal, with what was wrong and what would be right.
pub fn refuse<T>(why: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Refused(why.into()))
}

/// JSON as text.
fn text(json: &serde_json::Value) -> Result<String, Failure> {
    // Writing it by its `Display` would take twice as long.
    serde_json::to_string(json).map_err(|error| Failure::Refused(format!("it cannot be JSON: {error}")))
}

/// The step that is being decided.
pub struct Turn<'d, 'b> {
    draft: &'d mut Draft<'b>,
    config: Arc<Config>,
}

/// A message that is about to be sent.
pub struct Outgoing {
    /// Who sends it.
    pub from: Party,
    /// To whom.
    pub to: Address,
    /// What for.
    pub kind: Kind,
    /// One line; cut at [`MAX_SUBJECT_CHARS`].
    pub subject: String,
    /// A JSON object.
    pub content: serde_json::Value,
    /// The type of the decision it is about.
    pub about: Option<DecisionType>,
    /// Until when an answer is of use.
    pub deadline: Option<Timestamp>,
    /// The message it answers.
    pub in_reply_to: Option<MessageId>,
}

impl<'d, 'b> Turn<'d, 'b> {
    /// A turn on a draft under the configuration in force there.
    ///
    /// # Errors
    /// In a store that no configuration has been recorded in yet.
    pub fn new(draft: &'d mut Draft<'b>) -> Result<Self, Failure> {
        match draft.config()? {
            Some(config) => Ok(Self { draft, config }),
            None => refuse("the store has no configuration yet: it must be the first input"),
        }
    }

    /// The state, with what this step has done so far.
    pub fn state(&self) -> &Draft<'b> {
        self.draft
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is configured of a role.
    ///
    /// # Errors
    /// A role that there is not.
    pub fn role(&self, id: &RoleId) -> Result<&RoleConfig, Failure> {
        let known = || {
            let ids: Vec<&str> = self.config.roles.iter().map(|role| role.id.as_str()).collect();
            Failure::Refused(format!("there is no role `{id}`; the roles are {}", ids.join(", ")))
        };
        self.config.role(id).ok_or_else(known)
    }

    /// The step's time.
    pub fn now(&self) -> Timestamp {
        self.draft.now()
    }

    /// The step's number.
    pub fn step(&self) -> u64 {
        self.draft.step()
    }

    /// Adds an effect.
    pub fn emit(&mut self, effect: Effect) -> Result<(), Failure> {
        Ok(self.draft.emit(effect)?)
    }

    /// The next id of a kind.
    pub fn new_id<I: Id>(&mut self) -> Result<I, Failure> {
        Ok(self.draft.new_id()?)
    }

    /// Sends a message and gives its id.
    pub fn send(&mut self, outgoing: Outgoing) -> Result<MessageId, Failure> {
        let id = self.new_id()?;
        // A conversation is known by its first message.
        let answered = outgoing.in_reply_to.map(|id| self.draft.message(id)).transpose()?.flatten();
        let thread = answered.map(|message| message.thread.unwrap_or(message.id));
        let message = Message {
            id,
            from: outgoing.from,
            to: outgoing.to,
            kind: outgoing.kind,
            subject: one_line(&outgoing.subject),
            content: text(&outgoing.content)?,
            about: outgoing.about,
            priority: Priority::Normal,
            thread,
            deadline: outgoing.deadline,
            in_reply_to: outgoing.in_reply_to,
            at: self.now(),
        };
        let (from, answers) = (message.from.clone(), message.in_reply_to);
        self.emit(Effect::Send(message))?;
        if let Some(task) = answers {
            delegations::answered(self, &from, task, id)?;
        }
        Ok(id)
    }

    /// Tells a topic something about a decision.
    pub fn publish(
        &mut self,
        from: Party,
        topic: &str,
        about: &Decision,
        content: serde_json::Value,
    ) -> Result<(), Failure> {
        let topic = Topic::new(topic).map_err(|error| Failure::Refused(error.to_string()))?;
        let to = Address::Topic(topic);
        let (subject, about) = (about.proposal.subject.clone(), Some(about.proposal.kind.clone()));
        let kind = Kind::Notification;
        self.send(Outgoing { from, to, kind, subject, content, about, deadline: None, in_reply_to: None })?;
        Ok(())
    }

    /// Asks the role's mind; the answer comes back as an input, or the deadline does.
    pub fn think(&mut self, role: &RoleId, decision: DecisionId, kind: ThoughtKind) -> Result<(), Failure> {
        let id: ThoughtId = self.new_id()?;
        let deadline = self.now().after_ms(self.config.rules.thought_ms);
        let timer = self.set_timer(deadline, TimerPurpose::Thought { thought: id })?;
        self.emit(Effect::Think(Thought {
            id,
            role: role.clone(),
            decision,
            kind,
            asked_at: self.now(),
            deadline,
            timer,
            state: ThoughtState::Out,
        }))
    }

    /// Sets a timer.
    pub fn set_timer(&mut self, due: Timestamp, purpose: TimerPurpose) -> Result<TimerId, Failure> {
        let id = self.new_id()?;
        self.emit(Effect::SetTimer(Timer { id, due, purpose }))?;
        Ok(id)
    }

    /// Clears a timer, where it is still set.
    pub fn clear_timer(&mut self, due: Timestamp, id: TimerId) -> Result<(), Failure> {
        match self.draft.timer(due, id)? {
            Some(timer) => self.emit(Effect::ClearTimer(timer)),
            None => Ok(()),
        }
    }

    /// Tells the one who submitted the input what came of it.
    pub fn reply(&mut self, answer: &serde_json::Value) -> Result<(), Failure> {
        self.emit(Effect::Reply(answer.to_string()))
    }
}

/// A text as a subject: one line, so that no part of it can be taken for another line of a list, and cut.
fn one_line(text: &str) -> String {
    let chars = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    chars.take(MAX_SUBJECT_CHARS).collect()
}
