//! Questions that steps and readers ask of the state, each bounded.

use std::sync::Arc;

use crate::StoreError;
use crate::effect::Effect;
use crate::journal;
use crate::names::{
    ApprovalId, DecisionId, DecisionType, DelegationId, Id, MemoryId, MessageId, RoleId, SessionId,
    ThoughtId, TimerId, Topic,
};
use crate::quantities::{Timestamp, Usd};
use crate::records::{
    Agent, Approval, Ballot, Clarification, Config, Decision, Delegation, Memory, Message, Participation,
    Party, Receipt, Request, RoleConfig, Session, Spend, Task, Thought, Timer, Work, folded,
};
use crate::state::{KeyRange, Order, State};
use crate::store::{STORE_KEY, StoreInfo};
use crate::table::{
    AGENTS, APPROVALS, APPROVALS_OUT, CLARIFICATIONS, COUNTERS, CURSORS, DEAD_LETTERS, DECISIONS,
    DELEGATIONS, INBOX, Key, MEMORIES, MEMORY_NAMES, MEMORY_TAGS, MESSAGES, PARTICIPATIONS, PEOPLE_TIMERS,
    QUESTIONS_OUT, RECEIPTS, REQUESTS, SESSIONS, SPENDING, STORE, TASK_OF, TASKS, THOUGHTS, THOUGHTS_OUT,
    TIMERS, TOPICS, VOTES, WORK,
};

/// How many rows one question may read where no smaller bound is natural.
pub const MAX_ROWS: usize = 10_000;

/// The key of the configuration in force.
pub(crate) const CONFIG_KEY: &str = "config";

/// What can be asked of any state.
pub trait Query: State {
    /// What the store says of itself.
    fn store_info(&self) -> Result<StoreInfo, StoreError> {
        let info = STORE.get(self, &STORE_KEY)?;
        info.ok_or_else(|| StoreError::Inconsistent("the store does not say what it is".to_owned()))
    }

    /// The configuration in force; nothing in a store without steps.
    fn config(&self) -> Result<Option<Arc<Config>>, StoreError> {
        self.configuration()
    }

    /// A message, read from the step that sent it.
    fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let Some(place) = MESSAGES.get(self, &id)? else { return Ok(None) };
        let lost =
            || StoreError::Inconsistent(format!("{id} is not where step {} should hold it", place.step));
        if let Some(effect) = self.held_effect(place.step, place.effect) {
            return if let Effect::Send(message) = effect { Ok(Some(message.clone())) } else { Err(lost()) };
        }
        let entry = journal::sealed(self, place.step)?.entry(place.step)?;
        match entry.effects.into_iter().nth(place.effect as usize) {
            Some(Effect::Send(message)) if message.id == id => Ok(Some(message)),
            _ => Err(lost()),
        }
    }

    /// At most `limit` messages that the role has not handled, oldest first.
    fn unread(&self, role: &RoleConfig, limit: usize) -> Result<Vec<MessageId>, StoreError> {
        let direct = INBOX.rows(self, role.id.to_bytes(), Order::Ascending, limit)?;
        let mut unread: Vec<MessageId> = direct.into_iter().map(|((_, id), ())| id).collect();
        // Nearly always everything is read, and then the topics need not be looked into.
        let heard = if self.has_read_topics(role)? { &[] } else { role.hears.as_slice() };
        for subscription in heard {
            let topic = &subscription.topic;
            let cursor = CURSORS.get(self, &(role.id.clone(), topic.clone()))?.unwrap_or_default();
            let range = KeyRange {
                start: (topic.clone(), cursor.next).to_bytes(),
                end: KeyRange::prefix(topic.to_bytes()).end,
            };
            let wanted = limit.saturating_add(cursor.read_beyond.len());
            let entries = TOPICS.range(self, &range, Order::Ascending, wanted)?;
            let new = entries.into_iter().filter(|((_, entry), _)| !cursor.has_read(*entry));
            unread.extend(new.map(|(_, message)| MessageId::from_number(message)));
        }
        unread.sort_unstable();
        unread.truncate(limit);
        Ok(unread)
    }

    /// Whether a role has yet to handle a message; not so where the message never reached it.
    fn is_unread(&self, role: &RoleConfig, id: MessageId) -> Result<bool, StoreError> {
        if INBOX.get(self, &(role.id.clone(), id))?.is_some() {
            return Ok(true);
        }
        let Some((topic, entry)) = MESSAGES.get(self, &id)?.and_then(|place| place.topic) else {
            return Ok(false);
        };
        if !role.hears.iter().any(|one| one.topic == topic) {
            return Ok(false);
        }
        Ok(!CURSORS.get(self, &(role.id.clone(), topic))?.unwrap_or_default().has_read(entry))
    }

    /// What became of a message that a role failed to handle.
    fn receipt(&self, message: MessageId, role: &RoleId) -> Result<Option<Receipt>, StoreError> {
        RECEIPTS.get(self, &(message, role.clone()))
    }

    /// A decision.
    fn decision(&self, id: DecisionId) -> Result<Option<Decision>, StoreError> {
        DECISIONS.get(self, &id)
    }

    /// Who has said whether they take part, sorted by role.
    fn participations(&self, id: DecisionId) -> Result<Vec<Participation>, StoreError> {
        let rows = PARTICIPATIONS.rows(self, id.to_bytes(), Order::Ascending, MAX_ROWS)?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Whether a role takes part.
    fn participation(&self, id: DecisionId, role: &RoleId) -> Result<Option<Participation>, StoreError> {
        PARTICIPATIONS.get(self, &(id, role.clone()))
    }

    /// The ballots of a round, sorted by role.
    fn ballots(&self, id: DecisionId, round: u32) -> Result<Vec<Ballot>, StoreError> {
        let rows = VOTES.rows(self, (id, u64::from(round)).to_bytes(), Order::Ascending, MAX_ROWS)?;
        Ok(rows.into_iter().map(|(_, ballot)| ballot).collect())
    }

    /// What was asked with the ballots of a round, sorted by asker.
    fn clarifications(&self, id: DecisionId, round: u32) -> Result<Vec<Clarification>, StoreError> {
        let prefix = (id, u64::from(round)).to_bytes();
        let rows = CLARIFICATIONS.rows(self, prefix, Order::Ascending, MAX_ROWS)?;
        Ok(rows.into_iter().map(|(_, clarification)| clarification).collect())
    }

    /// A question to people.
    fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        APPROVALS.get(self, &id)
    }

    /// At most `limit` decisions, newest first, from behind the one named.
    fn decisions(&self, before: Option<DecisionId>, limit: usize) -> Result<Vec<Decision>, StoreError> {
        let rows = DECISIONS.range(self, &older_than(before), Order::Descending, limit)?;
        Ok(rows.into_iter().map(|(_, decision)| decision).collect())
    }

    /// At most `limit` messages, newest first, from behind the one named.
    fn messages(&self, before: Option<MessageId>, limit: usize) -> Result<Vec<Message>, StoreError> {
        let rows = MESSAGES.range(self, &older_than(before), Order::Descending, limit)?;
        let lost = |id| StoreError::Inconsistent(format!("{id} is listed and not there"));
        rows.into_iter().map(|(id, _)| self.message(id)?.ok_or_else(|| lost(id))).collect()
    }

    /// At most `limit` receipts of failures, dead letters among them, newest message first, from behind the one named.
    fn receipts(&self, before: Option<MessageId>, limit: usize) -> Result<Vec<Receipt>, StoreError> {
        let rows = RECEIPTS.range(self, &older_than(before), Order::Descending, limit)?;
        Ok(rows.into_iter().map(|(_, receipt)| receipt).collect())
    }

    /// At most `limit` deadlines of the organisation's own, the next one first; not those that people have.
    fn timers(&self, limit: usize) -> Result<Vec<Timer>, StoreError> {
        let rows = TIMERS.rows(self, Vec::new(), Order::Ascending, limit)?;
        Ok(rows.into_iter().map(|(_, timer)| timer).collect())
    }

    /// At most `limit` deadlines of the organisation's own, the last one first, from before the one named.
    fn timers_before(
        &self,
        before: Option<(Timestamp, TimerId)>,
        limit: usize,
    ) -> Result<Vec<Timer>, StoreError> {
        let range = KeyRange { start: Vec::new(), end: before.map(|key| key.to_bytes()) };
        let rows = TIMERS.range(self, &range, Order::Descending, limit)?;
        Ok(rows.into_iter().map(|(_, timer)| timer).collect())
    }

    /// At most `limit` deadlines that people have, the next one first.
    fn people_timers(&self, limit: usize) -> Result<Vec<Timer>, StoreError> {
        let rows = PEOPLE_TIMERS.rows(self, Vec::new(), Order::Ascending, limit)?;
        Ok(rows.into_iter().map(|(_, timer)| timer).collect())
    }

    /// At most `limit` questions to people, answered or not, newest first, from behind the one named.
    fn approvals(&self, before: Option<ApprovalId>, limit: usize) -> Result<Vec<Approval>, StoreError> {
        let rows = APPROVALS.range(self, &older_than(before), Order::Descending, limit)?;
        Ok(rows.into_iter().map(|(_, approval)| approval).collect())
    }

    /// At most `limit` questions that people have yet to answer, oldest first, from behind the one named.
    fn approvals_out(&self, after: Option<ApprovalId>, limit: usize) -> Result<Vec<ApprovalId>, StoreError> {
        let start = after.map(|id| ApprovalId::from_number(id.number().saturating_add(1)));
        let start = start.map(|id| id.to_bytes()).unwrap_or_default();
        let rows = APPROVALS_OUT.range(self, &KeyRange { start, end: None }, Order::Ascending, limit)?;
        Ok(rows.into_iter().map(|(id, ())| id).collect())
    }

    /// The approvals of money by a role since a moment, oldest first, at most [`MAX_ROWS`].
    fn spending_since(&self, role: &RoleId, since: Timestamp) -> Result<Vec<Spend>, StoreError> {
        let range =
            KeyRange { start: (role.clone(), since).to_bytes(), end: KeyRange::prefix(role.to_bytes()).end };
        let rows = SPENDING.range(self, &range, Order::Ascending, MAX_ROWS)?;
        Ok(rows.into_iter().map(|(_, spend)| spend).collect())
    }

    /// What a role has approved since a moment.
    fn spent_since(&self, role: &RoleId, since: Timestamp) -> Result<Usd, StoreError> {
        let spending = self.spending_since(role, since)?;
        // Too many to read is too much to know: then all of it counts as spent.
        if spending.len() == MAX_ROWS {
            return Ok(Usd::MAX);
        }
        Ok(spending.iter().fold(Usd::ZERO, |sum, spend| sum.plus(spend.amount)))
    }

    /// What is known of a role's work.
    fn agent(&self, role: &RoleId) -> Result<Option<Agent>, StoreError> {
        AGENTS.get(self, role)
    }

    /// A memory.
    fn memory(&self, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        MEMORIES.get(self, &id)
    }

    /// At most `limit` memories under a tag, newest first.
    fn remembered(&self, tag: &str, limit: usize) -> Result<Vec<Memory>, StoreError> {
        let tagged = MEMORY_TAGS.rows(self, tag.to_owned().to_bytes(), Order::Descending, limit)?;
        let memories = tagged.into_iter().map(|((_, id), ())| {
            MEMORIES
                .get(self, &id)?
                .ok_or_else(|| StoreError::Inconsistent(format!("{id} is tagged `{tag}` and not there")))
        });
        memories.collect()
    }

    /// At most `limit` memories under a name, newest first.
    fn remembered_as(&self, name: &str, limit: usize) -> Result<Vec<Memory>, StoreError> {
        let named = MEMORY_NAMES.rows(self, name.to_owned().to_bytes(), Order::Descending, limit)?;
        let memories = named.into_iter().map(|((_, id), ())| {
            MEMORIES
                .get(self, &id)?
                .ok_or_else(|| StoreError::Inconsistent(format!("{id} is named `{name}` and not there")))
        });
        memories.collect()
    }

    /// At most `limit` memories, newest first, from behind the one named.
    fn memories(&self, before: Option<MemoryId>, limit: usize) -> Result<Vec<Memory>, StoreError> {
        let rows = MEMORIES.range(self, &older_than(before), Order::Descending, limit)?;
        Ok(rows.into_iter().map(|(_, memory)| memory).collect())
    }

    /// At most `limit` items that a tool has recorded, by title; of each title the newest.
    fn work(&self, tool: &str, limit: usize) -> Result<Vec<Work>, StoreError> {
        let rows = WORK.rows(self, tool.to_owned().to_bytes(), Order::Ascending, limit)?;
        Ok(rows.into_iter().map(|(_, work)| work).collect())
    }

    /// What a tool has recorded under a title, in whichever case: the newest.
    fn work_titled(&self, tool: &str, title: &str) -> Result<Option<Work>, StoreError> {
        WORK.get(self, &(tool.to_owned(), folded(title)))
    }

    /// A question to a mind.
    fn thought(&self, id: ThoughtId) -> Result<Option<Thought>, StoreError> {
        THOUGHTS.get(self, &id)
    }

    /// At most `limit` questions that nobody has answered, of one role or of all, by role and age.
    fn thoughts_out(&self, role: Option<&RoleId>, limit: usize) -> Result<Vec<ThoughtId>, StoreError> {
        let prefix = role.map(Key::to_bytes).unwrap_or_default();
        let rows = THOUGHTS_OUT.rows(self, prefix, Order::Ascending, limit)?;
        Ok(rows.into_iter().map(|((_, id), ())| id).collect())
    }

    /// At most `limit` questions that nobody has answered, with who was asked, by role and age, from behind the one named.
    fn thoughts_out_after(
        &self,
        after: Option<&(RoleId, ThoughtId)>,
        limit: usize,
    ) -> Result<Vec<(RoleId, ThoughtId)>, StoreError> {
        let all = KeyRange::prefix(Vec::new());
        let range = after.map_or(all.clone(), |key| all.behind(key.to_bytes(), Order::Ascending));
        let rows = THOUGHTS_OUT.range(self, &range, Order::Ascending, limit)?;
        Ok(rows.into_iter().map(|(key, ())| key).collect())
    }

    /// At most `limit` questions about a decision that nobody has answered, oldest first.
    fn questions_out(&self, about: DecisionId, limit: usize) -> Result<Vec<ThoughtId>, StoreError> {
        let rows = QUESTIONS_OUT.rows(self, about.to_bytes(), Order::Ascending, limit)?;
        Ok(rows.into_iter().map(|((_, id), ())| id).collect())
    }

    /// At most `limit` dead letters of a role, oldest first.
    fn dead_letters(&self, role: &RoleId, limit: usize) -> Result<Vec<MessageId>, StoreError> {
        let rows = DEAD_LETTERS.rows(self, role.to_bytes(), Order::Ascending, limit)?;
        Ok(rows.into_iter().map(|((_, id), ())| id).collect())
    }

    /// The timer that is due first.
    fn next_timer(&self) -> Result<Option<Timer>, StoreError> {
        let own = self.timers(1)?.into_iter();
        let of_people = self.people_timers(1)?.into_iter();
        Ok(own.chain(of_people).min_by_key(|timer| (timer.due, timer.id)))
    }

    /// A timer that is set, by the moment it is due and its id.
    fn timer(&self, due: Timestamp, id: TimerId) -> Result<Option<Timer>, StoreError> {
        match TIMERS.get(self, &(due, id))? {
            None => PEOPLE_TIMERS.get(self, &(due, id)),
            own => Ok(own),
        }
    }

    /// A session.
    fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        SESSIONS.get(self, &id)
    }

    /// At most `limit` sessions, newest first, from behind the one named.
    fn sessions(&self, before: Option<SessionId>, limit: usize) -> Result<Vec<Session>, StoreError> {
        let rows = SESSIONS.range(self, &older_than(before), Order::Descending, limit)?;
        Ok(rows.into_iter().map(|(_, session)| session).collect())
    }

    /// A delegation.
    fn delegation(&self, id: DelegationId) -> Result<Option<Delegation>, StoreError> {
        DELEGATIONS.get(self, &id)
    }

    /// At most `limit` delegations, newest first, from behind the one named.
    fn delegations(&self, before: Option<DelegationId>, limit: usize) -> Result<Vec<Delegation>, StoreError> {
        let rows = DELEGATIONS.range(self, &older_than(before), Order::Descending, limit)?;
        Ok(rows.into_iter().map(|(_, delegation)| delegation).collect())
    }

    /// At most `limit` tasks of a delegation, oldest first.
    fn tasks(&self, id: DelegationId, limit: usize) -> Result<Vec<Task>, StoreError> {
        let rows = TASKS.rows(self, id.to_bytes(), Order::Ascending, limit)?;
        Ok(rows.into_iter().map(|(_, task)| task).collect())
    }

    /// The task that a message is, where it is one.
    fn task(&self, message: MessageId) -> Result<Option<Task>, StoreError> {
        match TASK_OF.get(self, &message)? {
            Some(delegation) => TASKS.get(self, &(DelegationId::from_number(delegation), message)),
            None => Ok(None),
        }
    }

    /// What a caller asked under a key of its own, once it is done.
    fn request(&self, caller: &Party, key: &str) -> Result<Option<Request>, StoreError> {
        REQUESTS.get(self, &(caller.to_string(), key.to_owned()))
    }

    /// The track record of a role for a type: approvals that stand, and those that were reversed.
    fn track(&self, role: &RoleId, kind: &DecisionType) -> Result<(u32, u32), StoreError> {
        let agent = self.agent(role)?;
        let track = agent.and_then(|agent| agent.track.into_iter().find(|track| track.kind == *kind));
        Ok(track.map_or((0, 0), |track| (track.stood, track.reversed)))
    }
}

impl<S: State + ?Sized> Query for S {}

/// Whether a role has handled everything in the topics that it hears.
pub(crate) fn has_read_topics(state: &(impl State + ?Sized), role: &RoleConfig) -> Result<bool, StoreError> {
    for subscription in &role.hears {
        let topic = &subscription.topic;
        let cursor = CURSORS.get(state, &(role.id.clone(), topic.clone()))?.unwrap_or_default();
        if cursor.next + (cursor.read_beyond.len() as u64) < topic_end(state, topic)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The counter of a topic's entries.
pub(crate) fn topic_counter(topic: &Topic) -> String {
    format!("topic {topic}")
}

/// The number that the next entry of a topic gets.
pub(crate) fn topic_end(state: &(impl State + ?Sized), topic: &Topic) -> Result<u64, StoreError> {
    Ok(COUNTERS.get(state, &topic_counter(topic))?.unwrap_or(0))
}

/// The keys before an id's own; all of them where there is none.
fn older_than<I: Id + Key>(before: Option<I>) -> KeyRange {
    let end = before.map(|id| id.to_bytes());
    KeyRange { start: Vec::new(), end }
}
