//! What happened between two steps, read from the journal.
//!
//! What always holds: each step is read once, in order and in pages; nothing of other steps is read. A message's fate is
//! what it was when the last of them was done.

use std::collections::BTreeMap;

use echo_storage::journal::{self, Entry};
use echo_storage::names::{MessageId, RoleId, ThoughtId};
use echo_storage::records::{
    Agent, Config, Decision, Message, Participation, Party, Phase, Session, Stance, Thought, ThoughtKind,
    ThoughtState,
};
use echo_storage::{Effect, Input, State, StoreError};

use super::{
    BreakerChange, Events, FailedStep, Fate, MAX_CONTENT_BYTES, MAX_EVENTS, Mark, MarkKind, Moment,
    PhaseStart, Sent, Thinking,
};
use crate::deliveries::{Delivery, DeliveryState};
use crate::training::breakers::BreakerNews;

/// How many steps of the journal are read at once.
const READ_STEPS: usize = 256;

/// What happened from a session's first step to this one.
pub(super) fn gather(
    state: &(impl State + ?Sized),
    config: &Config,
    session: &Session,
    last_step: u64,
) -> Result<Events, StoreError> {
    let mut reader = Reader::new(config, session, last_step);
    let mut after = session.first_step.saturating_sub(1);
    loop {
        let entries = journal::entries_after(state, after, READ_STEPS)?;
        for entry in entries.iter().take_while(|entry| entry.step <= last_step) {
            reader.read(entry);
        }
        match entries.last().map(|entry| entry.step) {
            Some(step) if step < last_step => after = step,
            _ => return Ok(reader.events),
        }
    }
}

/// Reads steps, one after the other.
struct Reader<'a> {
    config: &'a Config,
    session: &'a Session,
    last_step: u64,
    events: Events,
    content_bytes: usize,
    /// Where a message or a thought stands among the events.
    messages: BTreeMap<MessageId, usize>,
    thoughts: BTreeMap<ThoughtId, usize>,
    breakers: BreakerNews,
}

impl<'a> Reader<'a> {
    fn new(config: &'a Config, session: &'a Session, last_step: u64) -> Self {
        Self {
            config,
            session,
            last_step,
            events: Events::default(),
            content_bytes: 0,
            messages: BTreeMap::new(),
            thoughts: BTreeMap::new(),
            breakers: BreakerNews::default(),
        }
    }

    fn read(&mut self, entry: &Entry) {
        let now = Moment { step: entry.step, at: entry.now };
        let before = self.count();
        if let Some(reason) = &entry.failure {
            self.failed(entry, reason, now);
        }
        for effect in &entry.effects {
            self.happened(effect, now);
        }
        let is_end = entry.step == self.session.first_step || entry.step == self.last_step;
        let ended_thought = entry.effects.iter().any(|effect| matches!(effect, Effect::EndThought { .. }));
        if is_end || ended_thought || self.count() > before {
            self.events.clock.push(now);
        }
    }

    fn count(&self) -> usize {
        let Events { phases, messages, marks, thoughts, failures, breakers, .. } = &self.events;
        phases.len() + messages.len() + marks.len() + thoughts.len() + failures.len() + breakers.len()
    }

    fn happened(&mut self, effect: &Effect, now: Moment) {
        match effect {
            Effect::Send(message) => self.sent(message, now),
            Effect::Acknowledge { role, message } => {
                if let Some(Fate { delivery, handled }) = self.fate(role, *message) {
                    if delivery.state != DeliveryState::Dead {
                        delivery.state = DeliveryState::Read;
                    }
                    *handled = Some(now);
                }
            }
            Effect::PutReceipt(receipt) => {
                if let Some(Fate { delivery, .. }) = self.fate(&receipt.role, receipt.message) {
                    delivery.state = DeliveryState::of(receipt);
                    delivery.attempts = receipt.attempts;
                    delivery.reason = Some(receipt.reason.clone());
                }
            }
            Effect::Redeliver { role, message } => {
                if let Some(Fate { delivery, handled }) = self.fate(role, *message) {
                    delivery.state = DeliveryState::Unread;
                    *handled = None;
                }
            }
            Effect::Think(thought) => self.asked(thought, now),
            Effect::EndThought { thought, state } => self.thought_ended(*thought, state, now),
            Effect::PutDecision(decision) if decision.id == self.session.decision => {
                self.moved(decision, now);
            }
            Effect::PutParticipation(row) if row.decision == self.session.decision => self.answered(row, now),
            Effect::PutBallot(ballot) if ballot.decision == self.session.decision => {
                let what = MarkKind::Voted { round: ballot.round, vote: ballot.vote };
                self.mark(&ballot.role, what, now);
            }
            Effect::PutClarification(one) if one.decision == self.session.decision => match one.reply {
                None => self.mark(&one.asker, MarkKind::Asked, now),
                Some(_) => self.mark(&one.inquiry.to, MarkKind::Answered, now),
            },
            Effect::PutAgent(agent) => self.breaker(agent, now),
            _ => {}
        }
    }

    fn sent(&mut self, message: &Message, now: Moment) {
        let bytes = self.content_bytes.saturating_add(message.content.len());
        if bytes > MAX_CONTENT_BYTES || self.events.messages.len() >= MAX_EVENTS {
            self.events.left_out += 1;
            return;
        }
        self.content_bytes = bytes;
        let readers = self.config.readers(message).into_iter();
        let fates = readers.map(|role| Fate { delivery: Delivery::new(role), handled: None });
        self.messages.insert(message.id, self.events.messages.len());
        let sent = Sent { message: message.clone(), step: now.step, fates: fates.collect() };
        self.events.messages.push(sent);
    }

    fn fate(&mut self, role: &RoleId, message: MessageId) -> Option<&mut Fate> {
        let sent = self.events.messages.get_mut(*self.messages.get(&message)?)?;
        sent.fates.iter_mut().find(|fate| fate.delivery.role == *role)
    }

    fn asked(&mut self, thought: &Thought, now: Moment) {
        let next = self.events.thoughts.len();
        let thinking = Thinking {
            id: thought.id,
            role: thought.role.clone(),
            about: about(&thought.kind),
            asked: now,
            ended: None,
            outcome: Err("it had not answered when the session ended".to_owned()),
        };
        if keep(&mut self.events.thoughts, thinking, &mut self.events.left_out) {
            self.thoughts.insert(thought.id, next);
        }
    }

    fn thought_ended(&mut self, id: ThoughtId, state: &ThoughtState, now: Moment) {
        let place = self.thoughts.get(&id);
        let Some(thinking) = place.and_then(|place| self.events.thoughts.get_mut(*place)) else { return };
        thinking.ended = Some(now);
        thinking.outcome = match state {
            ThoughtState::Answered { mind } => Ok(mind.clone()),
            ThoughtState::GivenUp { reason } => Err(reason.clone()),
            ThoughtState::Out => return,
        };
    }

    fn moved(&mut self, decision: &Decision, now: Moment) {
        // A step may write a decision more than once; the last is what it came to. Only the count is told even where
        // the decision has moved on in the step that counted, because nobody was there to sum it up.
        let is_passed = |last: &PhaseStart| last.start == now && last.phase != Phase::Synthesising;
        if self.events.phases.last().is_some_and(is_passed) {
            self.events.phases.pop();
        }
        let is_new = self.events.phases.last().is_none_or(|last| last.phase != decision.phase);
        if is_new {
            let start = PhaseStart { phase: decision.phase.clone(), start: now };
            keep(&mut self.events.phases, start, &mut self.events.left_out);
        }
    }

    fn answered(&mut self, row: &Participation, now: Moment) {
        let what = if row.stance == Stance::Assist { MarkKind::Joined } else { MarkKind::Declined };
        self.mark(&row.role, what, now);
    }

    fn mark(&mut self, role: &RoleId, what: MarkKind, now: Moment) {
        let mark = Mark { role: role.clone(), when: now, what };
        keep(&mut self.events.marks, mark, &mut self.events.left_out);
    }

    fn failed(&mut self, entry: &Entry, reason: &str, now: Moment) {
        let (role, what) = self.tried(&entry.input);
        let failed = FailedStep { when: now, role, what, reason: reason.to_owned() };
        keep(&mut self.events.failures, failed, &mut self.events.left_out);
    }

    /// Whose step an input was, and what it was to do.
    fn tried(&self, input: &Input) -> (Option<RoleId>, String) {
        match input {
            Input::Configure(_) => (None, "take up the configuration".to_owned()),
            Input::Take { role, message } => (Some(role.clone()), format!("take {message}")),
            Input::Call { caller, tool, .. } => {
                let role = if let Party::Role(role) = caller { Some(role.clone()) } else { None };
                (role, format!("call the tool {tool}"))
            }
            Input::Answer { thought, mind, .. } => {
                let place = self.thoughts.get(thought).and_then(|place| self.events.thoughts.get(*place));
                let role = place.map(|thinking| thinking.role.clone());
                (role, format!("take the answer of {mind} to {thought}"))
            }
            Input::Timer { timer, .. } => (None, format!("answer the deadline {timer}")),
            Input::Verdict { approval, person, .. } => {
                (None, format!("take the verdict of {person} on {approval}"))
            }
            Input::StartSession { .. } => (None, "start a session".to_owned()),
            Input::EndSession { session } => (None, format!("end {session}")),
            Input::Post { from, to, .. } => (None, format!("post a message of {from} to {to}")),
            Input::TakeUp { .. } | Input::PutOff { .. } => (None, "take up what was left".to_owned()),
            Input::Delegate { by, .. } => (None, format!("do what {by} asks of a delegation")),
            Input::Retry { role, .. } => (Some(role.clone()), "try again what failed".to_owned()),
        }
    }

    fn breaker(&mut self, agent: &Agent, now: Moment) {
        if let Some(what) = self.breakers.of(agent, now.at) {
            let change = BreakerChange { role: agent.role.clone(), when: now, what };
            keep(&mut self.events.breakers, change, &mut self.events.left_out);
        }
    }
}

/// Keeps an event if there is room, and counts it otherwise.
fn keep<T>(events: &mut Vec<T>, event: T, left_out: &mut usize) -> bool {
    let has_room = events.len() < MAX_EVENTS;
    if has_room {
        events.push(event);
    } else {
        *left_out += 1;
    }
    has_room
}

/// What a question is about, in words.
fn about(kind: &ThoughtKind) -> String {
    match kind {
        ThoughtKind::Relevance { .. } => "whether it is concerned".to_owned(),
        ThoughtKind::Ballot { round: 0, .. } => "whether it decides it by itself".to_owned(),
        ThoughtKind::Ballot { round, .. } => format!("its ballot of round {round}"),
        ThoughtKind::Clarification { asker, .. } => format!("its answer to {asker}"),
        ThoughtKind::Synthesis => "its words on the count".to_owned(),
    }
}
