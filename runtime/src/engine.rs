//! The engine: inputs in, one commit, what happened out. It is synchronous and owns no thread.
//!
//! For each input one step runs: decide on a draft, check, append to the batch with its journal entry. Then the batch is
//! committed once, and only then does anybody hear of it.
//!
//! What always holds:
//! - A step that fails or panics while it is decided is dropped with its draft; its failure is journaled, the others of
//!   the batch go on.
//! - If the commit refuses the batch, its steps are tried one by one, so that only the culprit fails.
//! - After the disk failed nothing more is written.
//! - An input whose time has passed (mail that is read, a timer that is cleared, an answer that came too late) is no
//!   step: it is skipped and leaves no trace.

mod aftermath;
mod following;
mod requests;

pub(crate) use aftermath::append_failure;
pub use following::Following;
pub(crate) use requests::recorded;
pub use requests::{Asked, MAX_KEY_CHARS, is_key};

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use echo_storage::clock::Clock;
use echo_storage::journal::{self, Entry, Head};
use echo_storage::names::{MessageId, RoleId, ThoughtId};
use echo_storage::query::MAX_ROWS;
use echo_storage::records::{Config, Party, ThoughtState};
use echo_storage::{Batch, Effect, Input, Query, Snapshot, State, Store, StoreError};

use crate::mind::{self, Asking, Mind, Question};
use crate::organisation::Organisation;
use crate::timers;
use crate::turn::Failure;
use crate::wording::shortened;

/// For how long an organisation may stand still before it counts as having been away, in milliseconds.
pub const NOT_AWAY_MS: u64 = 1_000;
/// How many steps may follow in a batch, so that whoever waits for its commit, or to get into the next one, does not wait
/// for thousands. What is left of a cascade goes on in the next batch, behind the inputs that came meanwhile.
pub const MAX_CASCADE_STEPS: usize = 512;
/// How many steps may lead from a submitted input to the last step of its cascade.
pub const MAX_CASCADE_DEPTH: usize = 6;

/// How much of a failure's reason is written to the log, in characters. The journal has all of it.
const LOGGED_CHARS: usize = 200;

/// Why an input leaves no trace that could not be written down even as a failure.
const TOO_LARGE: &str = "it is too large to be written down: say less";

/// What became of an input.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It was answered by this step.
    Done(Arc<Entry>),
    /// The step failed; the entry records only that.
    Failed(Arc<Entry>),
    /// There was nothing left to do.
    Skipped(&'static str),
}

/// What a batch did, after its commit.
#[derive(Debug, Default)]
pub struct Committed {
    /// What became of each input, in their order; of the first of them only, where the store failed after these had to be
    /// committed one by one.
    pub outcomes: Vec<Outcome>,
    /// Every step of the batch, cascades included, in the journal's order.
    pub entries: Vec<Arc<Entry>>,
    /// The roles that may have mail which the batch could have taken and did not, and which no cascade goes on with.
    pub left: BTreeSet<RoleId>,
    /// The questions that are out and whose answers no cascade goes on with.
    pub asked: BTreeSet<ThoughtId>,
    /// The roles whose step failed in this batch, which pause before they try again.
    pub failed: BTreeSet<RoleId>,
}

/// Which steps may follow within the batch of the step that caused them.
#[derive(Clone, Copy)]
pub struct Cascade<'a> {
    /// Whether a role's agent is ready to take its next message at once.
    pub ready: &'a dyn Fn(&RoleId) -> bool,
    /// Whether the batch may go on with one more step, or whoever waits for its commit has waited long enough. What is left
    /// then is as what does not fit.
    pub has_time: &'a dyn Fn() -> bool,
    /// The mind whose immediate answers enter in the same batch.
    pub mind: &'a dyn Mind,
}

/// Runs steps on a store.
#[derive(Debug)]
pub struct Engine {
    organisation: Arc<Organisation>,
    store: Arc<Store>,
    clock: Arc<Clock>,
}

impl Engine {
    /// An engine for the organisation in this store, by this clock.
    pub fn new(organisation: Arc<Organisation>, store: Arc<Store>, clock: Arc<Clock>) -> Self {
        Self { organisation, store, clock }
    }

    /// The state of the last commit.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.store.snapshot()
    }

    /// The input that a store needs before anything else: the organisation's configuration, where it is another than
    /// the one in force.
    pub fn configuration(&self) -> Result<Option<Input>, StoreError> {
        let wanted = self.organisation.config();
        let same = self.snapshot()?.config()?.as_deref() == Some(wanted);
        Ok((!same).then(|| Input::Configure(wanted.clone())))
    }

    /// The input by which the deadlines of an organisation that nobody ran for a while are put off, or the next of them
    /// where one is not enough; nothing where it has none, or was away for no longer than [`NOT_AWAY_MS`]. To be run, and
    /// asked for again, before anything else; whoever was ended in between goes on with the next.
    pub fn take_up(&self) -> Result<Option<Input>, StoreError> {
        let snapshot = self.snapshot()?;
        // Where nothing is due, nobody need look into the journal, which may be damaged.
        if snapshot.config()?.is_none() || !has_work_due(&snapshot)? {
            return Ok(None);
        }
        let head = Head::of(&snapshot)?;
        if let Some(before_last) = head.step.checked_sub(1)
            && let Some(last) = journal::entries_after(&snapshot, before_last, 1)?.first()
            && let Some(rest) = timers::rest_of_put_off(last)
        {
            return Ok(Some(rest));
        }
        let away_ms = self.clock.now().ms().saturating_sub(head.now.ms());
        Ok((away_ms > NOT_AWAY_MS).then_some(Input::TakeUp { away_ms }))
    }

    /// Runs the inputs in their order, without keys; see [`Engine::run_asked`].
    ///
    /// # Errors
    /// The store failed: nothing of the batch was told to anybody.
    pub fn run(&self, inputs: &[Input], cascade: Option<Cascade<'_>>) -> Result<Committed, StoreError> {
        let asked: Vec<Asked> = inputs.iter().cloned().map(Asked::from).collect();
        self.run_asked(&asked, cascade)
    }

    /// Runs the inputs in their order, in one commit, with the steps that follow from them at once; one by one where the
    /// database refuses what they write. What was asked before under the same key is no step: its outcome is the one that it
    /// had.
    ///
    /// # Errors
    /// The store failed: nothing of the batch was told to anybody.
    pub fn run_asked(&self, inputs: &[Asked], cascade: Option<Cascade<'_>>) -> Result<Committed, StoreError> {
        let mut following = Following::default();
        match self.attempt(inputs, cascade, &mut following) {
            Ok(mut committed) => {
                following.leave(&mut committed);
                Ok(committed)
            }
            Err(StoreError::Unstorable(_)) if inputs.len() > 1 => {
                let mut all = Committed::default();
                for input in inputs {
                    let one = match self.run_asked(std::slice::from_ref(input), cascade) {
                        // What is committed must be told; whoever asks next hears of the failure.
                        Err(_) if !all.outcomes.is_empty() => break,
                        one => one?,
                    };
                    all.outcomes.extend(one.outcomes);
                    all.entries.extend(one.entries);
                    all.left.extend(one.left);
                    all.asked.extend(one.asked);
                    all.failed.extend(one.failed);
                }
                Ok(all)
            }
            // What follows may be the culprit: it is left to its agent, whose step then fails alone.
            Err(StoreError::Unstorable(_)) if cascade.is_some() => self.run_asked(inputs, None),
            Err(StoreError::Unstorable(cause)) => match self.record_unstorable(inputs, &cause.to_string()) {
                Err(StoreError::Unstorable(_)) => {
                    let outcomes = vec![Outcome::Skipped(TOO_LARGE); inputs.len()];
                    Ok(Committed { outcomes, ..Committed::default() })
                }
                recorded => recorded,
            },
            Err(error) => Err(error),
        }
    }

    /// As [`Engine::run_asked`], and goes on with what follows from earlier batches. What this one has no room for stays in
    /// `following` for the next. That is a hint only: whoever loses it finds the same mail and questions in the store.
    ///
    /// # Errors
    /// As those of [`Engine::run_asked`].
    pub fn run_on(
        &self,
        inputs: &[Asked],
        cascade: Cascade<'_>,
        following: &mut Following,
    ) -> Result<Committed, StoreError> {
        let kept = following.clone();
        match self.attempt(inputs, Some(cascade), following) {
            // What followed may be the culprit: it is left to its agents and the pool.
            Err(StoreError::Unstorable(_)) => {
                *following = Following::default();
                let mut committed = self.run_asked(inputs, Some(cascade))?;
                kept.leave(&mut committed);
                Ok(committed)
            }
            other => other,
        }
    }

    /// First the inputs, then what follows, so that nobody's input waits for what follows from another's.
    fn attempt(
        &self,
        inputs: &[Asked],
        cascade: Option<Cascade<'_>>,
        following: &mut Following,
    ) -> Result<Committed, StoreError> {
        let mut batch = self.store.batch()?;
        let mut committed = Committed::default();
        for input in inputs {
            let first_new = committed.entries.len();
            if let Some(outcome) = requests::answered(&batch, input)? {
                committed.outcomes.push(outcome);
                continue;
            }
            if let Some(why) = obsolete(&batch, &input.input)? {
                committed.outcomes.push(Outcome::Skipped(why));
                continue;
            }
            let outcome = self.step(&mut batch, &input.input, input.request(), &mut committed.entries)?;
            committed.outcomes.push(outcome);
            follow(&batch, &mut committed, first_new, 0, cascade, following)?;
        }
        if let Some(Cascade { ready, has_time, .. }) = cascade {
            for _ in 0..MAX_CASCADE_STEPS {
                if !has_time() {
                    break;
                }
                let Some((input, depth)) = following.next(&batch, ready, &mut committed)? else { break };
                let first_new = committed.entries.len();
                self.step(&mut batch, &input, None, &mut committed.entries)?;
                follow(&batch, &mut committed, first_new, depth, cascade, following)?;
            }
        }
        self.store.commit(batch)?;
        Ok(committed)
    }

    /// Decides one step and appends it to the batch, or its failure.
    fn step(
        &self,
        batch: &mut Batch,
        input: &Input,
        request: Option<(Party, &str)>,
        entries: &mut Vec<Arc<Entry>>,
    ) -> Result<Outcome, StoreError> {
        let now = self.clock.now();
        let mut draft = batch.draft(now);
        let failure = match decide(&self.organisation, &mut draft, input, request) {
            Ok(()) => {
                let finished = draft.finish();
                match batch.append(input.clone(), None, finished) {
                    Ok(entry) => {
                        entries.push(entry.clone());
                        return Ok(Outcome::Done(entry));
                    }
                    Err(error) => Failure::Store(error),
                }
            }
            Err(failure) => failure,
        };
        let reason = match failure {
            // What cannot be stored is the step's own fault; anything else of the store is not.
            Failure::Store(error @ StoreError::Unstorable(_)) => {
                let reason = error.to_string();
                tracing::warn!(reason = shortened(&reason, LOGGED_CHARS), "a step could not be stored");
                reason
            }
            Failure::Store(error) => return Err(error),
            panicked @ Failure::Panicked(_) => {
                let reason = panicked.to_string();
                tracing::warn!(reason = shortened(&reason, LOGGED_CHARS), "a step panicked");
                reason
            }
            // Whoever is refused is told why, and the journal keeps it. Anybody can be refused without end, in words of its
            // own, so the log has neither.
            Failure::Refused(reason) => {
                tracing::debug!("a step was refused");
                reason
            }
        };
        match append_failure(batch, now, input.clone(), reason) {
            Ok(entry) => {
                entries.push(entry.clone());
                Ok(Outcome::Failed(entry))
            }
            // The input itself has no room in the journal; the others of the batch go on.
            Err(StoreError::Unstorable(_)) => Ok(Outcome::Skipped(TOO_LARGE)),
            Err(error) => Err(error),
        }
    }

    /// The commit refused a single step: its failure is recorded in its place.
    fn record_unstorable(&self, inputs: &[Asked], reason: &str) -> Result<Committed, StoreError> {
        let mut batch = self.store.batch()?;
        let mut committed = Committed::default();
        for input in inputs {
            let entry = append_failure(&mut batch, self.clock.now(), input.input.clone(), reason.to_owned())?;
            let first_new = committed.entries.len();
            committed.entries.push(entry.clone());
            committed.outcomes.push(Outcome::Failed(entry));
            follow(&batch, &mut committed, first_new, 0, None, &mut Following::default())?;
        }
        self.store.commit(batch)?;
        Ok(committed)
    }
}

/// Decides a step. A panic is a failure like any other: it drops the draft, and with it all that the step had touched.
pub(crate) fn decide(
    organisation: &Organisation,
    draft: &mut echo_storage::Draft<'_>,
    input: &Input,
    request: Option<(Party, &str)>,
) -> Result<(), Failure> {
    let decided = catch_unwind(AssertUnwindSafe(|| {
        organisation.decide(draft, input)?;
        if let Some((caller, key)) = request {
            requests::record(draft, caller, key)?;
        }
        Ok(())
    }));
    decided.unwrap_or_else(|panic| Err(Failure::Panicked(panic_text(&*panic))))
}

/// Whether a deadline is set by which the organisation must have done something. One that has so many others before it that
/// they are not all looked at counts as at work.
fn has_work_due(state: &dyn State) -> Result<bool, StoreError> {
    let timers = state.timers(MAX_ROWS)?;
    Ok(timers.len() == MAX_ROWS || timers.iter().any(|timer| timer.purpose.is_work()))
}

/// Whether nothing is left to do: no question is out, no agent that can be reached has mail, and no deadline is set but
/// the end of a pause and those that people have.
pub(crate) fn is_settled(state: &dyn State, config: &Config) -> Result<bool, StoreError> {
    if !state.thoughts_out(None, 1)?.is_empty() {
        return Ok(false);
    }
    if has_work_due(state)? {
        return Ok(false);
    }
    for role in &config.roles {
        if next_mail(state, config, &role.id)?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The role's next message, if its agent may take it now: its breaker must let mail through and a thought slot be free.
pub(crate) fn next_mail(
    state: &dyn State,
    config: &Config,
    role: &RoleId,
) -> Result<Option<MessageId>, StoreError> {
    let Some(role) = config.role(role) else { return Ok(None) };
    if state.agent(&role.id)?.is_some_and(|agent| agent.down().is_some()) {
        return Ok(None);
    }
    let slots = role.thought_slots as usize;
    if state.thoughts_out(Some(&role.id), slots)?.len() >= slots {
        return Ok(None);
    }
    Ok(state.unread(role, 1)?.first().copied())
}

/// Why an input is no step any more, or not yet.
fn obsolete(state: &dyn State, input: &Input) -> Result<Option<&'static str>, StoreError> {
    Ok(match input {
        Input::Take { role, message } => {
            let Some(config) = state.config()? else { return Ok(None) };
            let next = next_mail(state, &config, role)?;
            (next != Some(*message))
                .then_some("not the role's next message, no thought slot is free, or the agent is down")
        }
        Input::Timer { due, timer } => {
            state.timer(*due, *timer)?.is_none().then_some("the timer is not set any more")
        }
        Input::Answer { thought, .. } => {
            let thought = state.thought(*thought)?;
            let out = thought.is_some_and(|thought| thought.state == ThoughtState::Out);
            (!out).then_some("the question is not out any more")
        }
        _ => None,
    })
}

/// What follows at once from the steps behind `first_new`: ready recipients take their next message, and immediate
/// minds answer. Whoever may have mail and does not get to it, because no cascade is wanted here any more or its agent is
/// not ready, is among those who are left.
fn follow(
    batch: &Batch,
    committed: &mut Committed,
    first_new: usize,
    depth: usize,
    cascade: Option<Cascade<'_>>,
    following: &mut Following,
) -> Result<(), StoreError> {
    let Some(config) = batch.config()? else { return Ok(()) };
    for entry in committed.entries.iter().skip(first_new) {
        // An agent whose step failed pauses before it tries again.
        if let (Some(_), Input::Take { role, .. }) = (&entry.failure, &entry.input) {
            committed.failed.insert(role.clone());
        }
        for effect in &entry.effects {
            match effect {
                Effect::Think(thought) => {
                    if let Some(cascade) =
                        cascade.filter(|_| depth < MAX_CASCADE_DEPTH && following.has_room())
                        && let Some(question) = Question::of(batch, thought)?
                        && let Asking::Now(answer) = mind::ask(cascade.mind, &question)
                    {
                        following.answer(thought.id, cascade.mind.name(), answer, depth + 1);
                    } else {
                        committed.asked.insert(thought.id);
                    }
                }
                Effect::EndThought { thought, .. } => drop(committed.asked.remove(thought)),
                _ => {}
            }
        }
        for role in concerned(batch, &config, entry)? {
            // Whoever took a message goes on with the next, which need not follow from this step.
            let goes_on = matches!(&entry.input, Input::Take { role: taker, .. } if *taker == role);
            let depth = if goes_on { depth } else { depth + 1 };
            let has_failed = committed.failed.contains(&role);
            let is_ready = |cascade: Cascade<'_>| !has_failed && (cascade.ready)(&role);
            if depth <= MAX_CASCADE_DEPTH && cascade.is_some_and(is_ready) {
                following.take_mail(role, depth);
            } else {
                committed.left.insert(role);
            }
        }
    }
    Ok(())
}

/// The roles that may take mail because of a step: it reached them, or its step, question or pause is over.
fn concerned(batch: &Batch, config: &Config, entry: &Entry) -> Result<Vec<RoleId>, StoreError> {
    let mut roles = Vec::new();
    for effect in &entry.effects {
        match effect {
            Effect::Send(message) => roles.extend(config.recipients(&message.to)),
            Effect::Acknowledge { role, .. } | Effect::Redeliver { role, .. } => roles.push(role.clone()),
            Effect::PutAgent(agent) if agent.down().is_none() => roles.push(agent.role.clone()),
            Effect::EndThought { thought, .. } => {
                roles.extend(batch.thought(*thought)?.map(|thought| thought.role));
            }
            _ => {}
        }
    }
    if let (Some(_), Input::Take { role, .. }) = (&entry.failure, &entry.input) {
        roles.push(role.clone());
    }
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
