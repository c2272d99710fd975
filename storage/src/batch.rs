//! Steps on their way into the store: a draft for each step, a batch for each commit.
//!
//! What always holds: a [`Draft`] reads what it has written itself; a draft that is dropped leaves no trace; a
//! [`Batch`] holds only whole steps, each with its journal entry; nothing of a batch is in the file before
//! [`Store::commit`](crate::Store::commit) returns. The batch's own journal entries are held apart until then: whoever
//! reads the state through it finds the effects of its steps, and not the entries.

mod below;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(crate) use self::below::Known;

use self::below::Below;
use crate::StoreError;
use crate::apply::{self, Place};
use crate::effect::Effect;
use crate::input::Input;
use crate::journal::{self, Chunk, Entry, Head, SealedEntry};
use crate::layer::{self, Changes, Layer};
use crate::names::{Id, RoleId};
use crate::quantities::Timestamp;
use crate::query::{self, CONFIG_KEY};
use crate::records::{Config, RoleConfig};
use crate::state::{KeyRange, Order, Row, State, ValueRow, WriteSet};
use crate::store::Snapshot;
use crate::table::{CONFIG, HEAD, JOURNAL, TOPICS, TableId};
use crate::value::Value;

/// Steps that will be committed together, on the state of the last commit.
#[derive(Debug)]
pub struct Batch {
    below: Below,
    writes: Layer,
    head: Head,
    /// The batch's steps, which are read again by those who are told of them.
    entries: Vec<Arc<Entry>>,
    /// The same steps as they will stand in the journal.
    sealed: Vec<SealedEntry>,
    config: Option<Arc<Config>>,
    /// The roles that have read all their topics, as far as it was asked.
    quiet: RefCell<BTreeSet<RoleId>>,
}

impl Batch {
    pub(crate) fn new(snapshot: Snapshot, known: Known) -> Result<Self, StoreError> {
        let (head, config) = (Head::of(&snapshot)?, snapshot.configuration()?);
        let below = Below::new(snapshot, head, known);
        Ok(Self {
            below,
            writes: Layer::default(),
            head,
            entries: Vec::new(),
            sealed: Vec::new(),
            config,
            quiet: RefCell::default(),
        })
    }

    /// The end of the chain with the batch's steps.
    pub fn head(&self) -> Head {
        self.head
    }

    /// A step that is in the journal, or will be with this batch.
    pub fn entry(&self, step: u64) -> Result<Arc<Entry>, StoreError> {
        let held = self.entries.first().and_then(|first| step.checked_sub(first.step));
        let held = held.and_then(|at| self.entries.get(usize::try_from(at).ok()?));
        match held.or_else(|| self.below.entry(step)) {
            Some(entry) => Ok(entry.clone()),
            None => journal::sealed(&self.below, step)?.entry(step).map(Arc::new),
        }
    }

    /// A draft for the next step, at `clock` or at the time of the step before, whichever is later.
    pub fn draft(&self, clock: Timestamp) -> Draft<'_> {
        Draft {
            below: self,
            writes: Layer::default(),
            effects: Vec::new(),
            step: self.head.step + 1,
            now: self.head.now.max(clock),
            ids: BTreeMap::new(),
        }
    }

    /// Appends a step: its effects' writes, its journal entry and the chain's new head.
    pub fn append(
        &mut self,
        input: Input,
        failure: Option<String>,
        step: Finished,
    ) -> Result<Arc<Entry>, StoreError> {
        let Finished { writes, effects, step, now } = step;
        debug_assert_eq!(step, self.head.step + 1, "a draft is appended to the batch it was made from");
        let mut entry = Entry { step, now, input, failure, effects };
        let sealed = SealedEntry::seal(self.head.hash, &mut entry)?;
        let head = Head { step, now, hash: sealed.hash() };
        let configured = entry.effects.iter().rev().find_map(|effect| match effect {
            Effect::Configure(config) => Some(Arc::new(config.clone())),
            _ => None,
        });
        // Reading more leaves a role as quiet as it was; what is said or configured may not.
        if writes.touches(TOPICS.id) || configured.is_some() {
            self.quiet.get_mut().clear();
        }
        self.writes.absorb(writes);
        self.sealed.push(sealed);
        self.head = head;
        self.config = configured.or_else(|| self.config.take());
        let entry = Arc::new(entry);
        self.entries.push(entry.clone());
        Ok(entry)
    }

    /// Everything that the commit writes, the effects' writes, the journal's chunks and the chain's head; and what is known
    /// of the state after it.
    pub(crate) fn into_writes(self) -> Result<(WriteSet, Known), StoreError> {
        let Self { below, mut writes, head, sealed, entries, .. } = self;
        if !entries.is_empty() {
            let mut changes = Changes::default();
            changes.put(&HEAD, &Head::KEY, head);
            writes.make(changes);
        }
        let sizes: Vec<usize> = sealed.iter().map(SealedEntry::size_bytes).collect();
        let known = below.into_known().after(head, &writes, entries.iter().cloned().zip(sizes));
        let Some(first) = entries.first() else { return Ok((WriteSet::default(), known)) };
        let mut changes = Changes::default();
        for (first, chunk) in Chunk::divide(first.step, sealed) {
            changes.insert(&JOURNAL, &first, chunk);
        }
        writes.make(changes);
        Ok((writes.seal()?, known))
    }
}

impl State for Batch {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        layer::bytes(table, key, self.value(table, key)?)
    }
    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        layer::row_bytes(table, self.values(table, range, order, limit)?)
    }
    fn value(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.writes.value_over(&self.below, table, key)
    }
    fn values(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<ValueRow>, StoreError> {
        self.writes.values_over(&self.below, table, range, order, limit)
    }
    fn held_effect(&self, step: u64, index: u32) -> Option<&Effect> {
        let Some(at) = self.entries.first().and_then(|first| step.checked_sub(first.step)) else {
            return self.below.held_effect(step, index);
        };
        self.entries.get(usize::try_from(at).ok()?)?.effects.get(index as usize)
    }
    fn has_read_topics(&self, role: &RoleConfig) -> Result<bool, StoreError> {
        if self.quiet.borrow().contains(&role.id) {
            return Ok(true);
        }
        let has_read = query::has_read_topics(self, role)?;
        if has_read {
            self.quiet.borrow_mut().insert(role.id.clone());
        }
        Ok(has_read)
    }
    fn configuration(&self) -> Result<Option<Arc<Config>>, StoreError> {
        Ok(self.config.clone())
    }
}

/// A step that is being decided: the state it sees and the effects it has had so far.
pub struct Draft<'a> {
    below: &'a Batch,
    writes: Layer,
    effects: Vec<Effect>,
    step: u64,
    now: Timestamp,
    /// The last number given of each kind of id.
    ids: BTreeMap<&'static str, u64>,
}

/// A step that has been decided.
#[derive(Debug)]
pub struct Finished {
    writes: Layer,
    effects: Vec<Effect>,
    step: u64,
    now: Timestamp,
}

impl Finished {
    /// What the step does.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }
}

impl Draft<'_> {
    /// The step's number.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The step's time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The state before this step.
    pub fn before(&self) -> &Batch {
        self.below
    }

    /// What the step does so far.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Adds an effect; the draft reads its writes from here on.
    pub fn emit(&mut self, effect: Effect) -> Result<(), StoreError> {
        let index = u32::try_from(self.effects.len()).unwrap_or(u32::MAX);
        let changes = apply::apply(&*self, &effect, Place { step: self.step, effect: index })?;
        self.writes.make(changes);
        self.effects.push(effect);
        Ok(())
    }

    /// The next id of a kind; two calls give two ids.
    pub fn new_id<I: Id>(&mut self) -> Result<I, StoreError> {
        let free = apply::next_number::<I>(self)?;
        let given = self.ids.entry(I::PREFIX).or_insert(0);
        *given = free.max(*given + 1);
        Ok(I::from_number(*given))
    }

    /// Ends the deciding.
    pub fn finish(self) -> Finished {
        Finished { writes: self.writes, effects: self.effects, step: self.step, now: self.now }
    }
}

impl State for Draft<'_> {
    fn read(&self, table: TableId, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        layer::bytes(table, key, self.value(table, key)?)
    }
    fn scan(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        layer::row_bytes(table, self.values(table, range, order, limit)?)
    }
    fn value(&self, table: TableId, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.writes.value_over(self.below, table, key)
    }
    fn values(
        &self,
        table: TableId,
        range: &KeyRange,
        order: Order,
        limit: usize,
    ) -> Result<Vec<ValueRow>, StoreError> {
        self.writes.values_over(self.below, table, range, order, limit)
    }
    fn held_effect(&self, step: u64, index: u32) -> Option<&Effect> {
        if step == self.step { self.effects.get(index as usize) } else { self.below.held_effect(step, index) }
    }
    fn configuration(&self) -> Result<Option<Arc<Config>>, StoreError> {
        if self.effects.iter().any(|effect| matches!(effect, Effect::Configure(_))) {
            return Ok(CONFIG.get(self, &CONFIG_KEY)?.map(Arc::new));
        }
        self.below.configuration()
    }
}
