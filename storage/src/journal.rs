//! The journal: every step, chained by its hash.
//!
//! What always holds: an entry's hash is BLAKE3 over the hash before it and the entry's own bytes, so no entry can be
//! changed, left out or moved without every later hash changing. The bytes that are hashed are the bytes that are
//! stored, which keeps old entries verifiable when the records they hold have got newer versions.

use std::fmt;

use crate::StoreError;
use crate::codec::{self, Decode, Encode, Record};
use crate::effect::Effect;
use crate::input::Input;
use crate::quantities::Timestamp;
use crate::records::Fact;
use crate::state::{KeyRange, Order, State};
use crate::table::{HEAD, JOURNAL, Key};

/// The hash of a chain up to and including a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of a chain without steps.
    pub fn genesis() -> Self {
        Self(blake3::hash(b"echo-org journal 1").into())
    }

    fn chain(self, body: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        hasher.update(body);
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    /// The number of the last step; 0 when there is none.
    pub step: u64,
    /// Its time, which no later step precedes.
    pub now: Timestamp,
    /// The chain's hash there.
    pub hash: Hash,
}
impl Record for Head {}

impl Head {
    pub(crate) const KEY: &'static str = "head";

    /// The head of a chain without steps.
    pub fn genesis() -> Self {
        Self { step: 0, now: Timestamp::default(), hash: Hash::genesis() }
    }

    /// The head of the chain in this state.
    pub fn of(state: &(impl State + ?Sized)) -> Result<Self, StoreError> {
        Ok(HEAD.get(state, &Self::KEY)?.unwrap_or_else(Self::genesis))
    }
}

/// A step: what came in, when, and what it did.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// Its number, from 1.
    pub step: u64,
    /// Its time.
    pub now: Timestamp,
    /// What came in.
    pub input: Input,
    /// Why it failed, where it did; its effects are then only the record of that failure.
    pub failure: Option<String>,
    /// What it did.
    pub effects: Vec<Effect>,
}

/// What an effect says in the words of its step's input.
enum Repeated {
    /// A message's content.
    Content(String),
    /// A ballot's rationale and facts.
    Ballot(String, Vec<Fact>),
}

impl Entry {
    /// Takes out of the effects what the input says in the same words, and gives it with the places: a message that was posted
    /// is stored once, and so is what a mind says on its ballot.
    fn take_repeated(&mut self) -> Vec<(u32, Repeated)> {
        let Self { input, effects, .. } = self;
        let (posted, balloted) = (input.content(), input.balloted());
        let mut taken = Vec::new();
        for (place, effect) in (0..).zip(effects) {
            let repeated = match effect {
                Effect::Send(message) if Some(message.content.as_str()) == posted => {
                    Repeated::Content(std::mem::take(&mut message.content))
                }
                Effect::PutBallot(ballot)
                    if Some((ballot.rationale.as_str(), ballot.facts.as_slice())) == balloted =>
                {
                    Repeated::Ballot(std::mem::take(&mut ballot.rationale), std::mem::take(&mut ballot.facts))
                }
                _ => continue,
            };
            taken.push((place, repeated));
        }
        taken
    }

    /// Puts back what was taken out.
    fn put_back(&mut self, taken: Vec<(u32, Repeated)>) {
        for (place, repeated) in taken {
            match (self.effects.get_mut(place as usize), repeated) {
                (Some(Effect::Send(message)), Repeated::Content(content)) => message.content = content,
                (Some(Effect::PutBallot(ballot)), Repeated::Ballot(rationale, facts)) => {
                    ballot.rationale = rationale;
                    ballot.facts = facts;
                }
                _ => {}
            }
        }
    }

    /// Says in the effects of these places what the input says.
    fn repeat(&mut self, places: &[u32]) {
        let Self { input, effects, .. } = self;
        for place in places {
            match effects.get_mut(*place as usize) {
                Some(Effect::Send(message)) => {
                    if let Some(posted) = input.content() {
                        posted.clone_into(&mut message.content);
                    }
                }
                Some(Effect::PutBallot(ballot)) => {
                    if let Some((rationale, facts)) = input.balloted() {
                        rationale.clone_into(&mut ballot.rationale);
                        facts.clone_into(&mut ballot.facts);
                    }
                }
                _ => {}
            }
        }
    }

    /// What the one who submitted the input is told.
    pub fn reply(&self) -> Option<&str> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Reply(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

/// An entry as it is stored: its bytes and the chain's hash up to it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SealedEntry {
    body: Vec<u8>,
    hash: Hash,
}

impl SealedEntry {
    /// How many bytes it takes besides its body, about.
    const OVERHEAD_BYTES: usize = 64;

    /// Appends an entry to a chain; the entry is as before when this returns.
    pub fn seal(before: Hash, entry: &mut Entry) -> Result<Self, StoreError> {
        let taken = entry.take_repeated();
        let places: Vec<u32> = taken.iter().map(|(place, _)| *place).collect();
        let body = codec::encode(&(&*entry, &places));
        entry.put_back(taken);
        let body = body?;
        Ok(Self { hash: before.chain(&body), body })
    }

    /// How many bytes it takes, about.
    pub(crate) fn size_bytes(&self) -> usize {
        self.body.len() + Self::OVERHEAD_BYTES
    }

    /// The chain's hash up to and including this entry.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The entry.
    pub fn entry(&self, step: u64) -> Result<Entry, StoreError> {
        let (mut entry, places): (Entry, Vec<u32>) =
            codec::decode(&self.body).map_err(|cause| JOURNAL.damaged(&step.to_bytes(), cause))?;
        entry.repeat(&places);
        if entry.step != step {
            return Err(StoreError::Inconsistent(format!(
                "the journal holds step {} as step {step}",
                entry.step
            )));
        }
        Ok(entry)
    }

    /// Whether the hash is that of this entry behind `before`.
    pub fn continues(&self, before: Hash) -> bool {
        self.hash == before.chain(&self.body)
    }
}

/// Steps of one commit that lie in the file together: a row for each step would cost a commit of many steps half again
/// as much.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Chunk {
    entries: Vec<SealedEntry>,
}
impl Record for Chunk {
    fn size_hint(&self) -> usize {
        self.entries.iter().map(SealedEntry::size_bytes).sum::<usize>() + SealedEntry::OVERHEAD_BYTES
    }
}

impl Chunk {
    /// The most bytes of entries that a chunk begins another entry with: a chunk is read as a whole, also for one step.
    const FULL_BYTES: usize = 16 * 1024;

    /// The steps of a chunk, in order.
    pub fn entries(&self) -> &[SealedEntry] {
        &self.entries
    }

    /// Divides consecutive entries, the first of them with the number `first`, into chunks by their first step.
    pub(crate) fn divide(first: u64, entries: Vec<SealedEntry>) -> Vec<(u64, Self)> {
        let mut chunks: Vec<(u64, Self)> = Vec::new();
        let mut bytes = 0;
        for (step, entry) in (first..).zip(entries) {
            let size = entry.body.len();
            match chunks.last_mut() {
                Some((_, chunk)) if bytes + size <= Self::FULL_BYTES => chunk.entries.push(entry),
                _ => {
                    bytes = 0;
                    chunks.push((step, Self { entries: vec![entry] }));
                }
            }
            bytes += size;
        }
        chunks
    }
}

/// The chunk that holds a step, and its first step.
fn chunk_of(state: &(impl State + ?Sized), step: u64) -> Result<Option<(u64, Chunk)>, StoreError> {
    let range = KeyRange { start: Vec::new(), end: Some(step.saturating_add(1).to_bytes()) };
    let chunk = JOURNAL.range(state, &range, Order::Descending, 1)?.pop();
    Ok(chunk.filter(|(first, chunk)| step - first < chunk.entries.len() as u64))
}

/// The sealed entry of a step.
pub fn sealed(state: &(impl State + ?Sized), step: u64) -> Result<SealedEntry, StoreError> {
    let missing = || StoreError::Inconsistent(format!("step {step} is missing from the journal"));
    let (first, chunk) = chunk_of(state, step)?.ok_or_else(missing)?;
    let at = usize::try_from(step - first).unwrap_or(usize::MAX);
    chunk.entries.into_iter().nth(at).ok_or_else(missing)
}

/// At most `limit` steps behind `after`, in order, their hashes not checked.
pub fn entries_after(
    state: &(impl State + ?Sized),
    after: u64,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let first = after.saturating_add(1);
    let mut chunks = Chunks::from(state, first)?;
    let mut entries = Vec::new();
    while entries.len() < limit
        && let Some((step, sealed)) = chunks.next()?
    {
        if step >= first {
            entries.push(sealed.entry(step)?);
        }
    }
    Ok(entries)
}

/// How many chunks are read at a time.
const CHUNKS: usize = 8;

/// The journal's entries in order, read chunk by chunk.
#[derive(Debug)]
struct Chunks<'a, S: ?Sized> {
    state: &'a S,
    /// Where the next chunks begin.
    rest: KeyRange,
    read: std::collections::VecDeque<(u64, SealedEntry)>,
}

impl<'a, S: State + ?Sized> Chunks<'a, S> {
    /// Those from the chunk that holds `step`, or the first one behind it.
    fn from(state: &'a S, step: u64) -> Result<Self, StoreError> {
        let first = chunk_of(state, step)?.map_or(step, |(first, _)| first);
        let rest = KeyRange { start: first.to_bytes(), end: None };
        Ok(Self { state, rest, read: std::collections::VecDeque::new() })
    }

    fn next(&mut self) -> Result<Option<(u64, SealedEntry)>, StoreError> {
        if self.read.is_empty() {
            // Where one of several is damaged, those before it are read all the same.
            let several = JOURNAL.range(self.state, &self.rest, Order::Ascending, CHUNKS);
            let chunks = several.or_else(|_| JOURNAL.range(self.state, &self.rest, Order::Ascending, 1))?;
            for (first, chunk) in chunks {
                self.rest.start = first.saturating_add(1).to_bytes();
                self.read.extend((first..).zip(chunk.entries));
            }
        }
        Ok(self.read.pop_front())
    }
}

/// Walks the chain and checks that it is whole.
#[derive(Debug)]
pub struct Walk<'a, S: ?Sized> {
    state: &'a S,
    chunks: Option<Chunks<'a, S>>,
    head: Head,
}

/// Walks the chain of `state` from its first step, checking each hash on the way.
pub fn walk<S: State + ?Sized>(state: &S) -> Walk<'_, S> {
    Walk { state, chunks: None, head: Head::genesis() }
}

impl<S: State + ?Sized> Walk<'_, S> {
    /// The next entry and the chain's hash up to it.
    fn step(&mut self) -> Result<Option<(Entry, Hash)>, StoreError> {
        let step = self.head.step + 1;
        let chunks = match &mut self.chunks {
            Some(chunks) => chunks,
            none => none.insert(Chunks::from(self.state, step)?),
        };
        let Some((found, sealed)) = chunks.next()? else {
            let head = Head::of(self.state)?;
            return if head.step == self.head.step && head.hash == self.head.hash {
                Ok(None)
            } else {
                Err(StoreError::Inconsistent(format!(
                    "the journal ends at step {}, its head is at step {}",
                    self.head.step, head.step
                )))
            };
        };
        if found != step {
            return Err(StoreError::Inconsistent(format!(
                "step {step} is missing from the journal, or there twice: step {found} stands in its place"
            )));
        }
        if !sealed.continues(self.head.hash) {
            return Err(StoreError::Inconsistent(format!(
                "the hash of step {step} in the journal does not continue the chain: the step was changed, \
                 or one before it is gone"
            )));
        }
        let entry = sealed.entry(step)?;
        self.head = Head { step, now: entry.now, hash: sealed.hash() };
        Ok(Some((entry, sealed.hash())))
    }
}

impl<S: State + ?Sized> Iterator for Walk<'_, S> {
    type Item = Result<(Entry, Hash), StoreError>;
    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{DecisionId, Id, RoleId, ThoughtId};
    use crate::quantities::Confidence;
    use crate::records::{Answer, Ballot, FactKind, Vote};

    fn ballot(rationale: &str, facts: Vec<Fact>) -> Effect {
        Effect::PutBallot(Ballot {
            decision: DecisionId::from_number(1),
            round: 1,
            role: RoleId::new("clerk").unwrap(),
            vote: Vote::Approve,
            confidence: Confidence::default(),
            rationale: rationale.to_owned(),
            facts,
            mind: "rules".to_owned(),
            at: Timestamp::default(),
        })
    }

    #[test]
    fn what_a_mind_says_on_its_ballot_is_stored_once() {
        let words = "a reason of some length ".repeat(20);
        let fact = Fact {
            name: "locks".to_owned(),
            kind: FactKind::Risk,
            words: words.clone(),
            effect: 1,
            unweighed: 1,
            from: None,
        };
        let answer = Answer::Ballot {
            vote: Vote::Approve,
            confidence: Confidence::default(),
            rationale: words.clone(),
            facts: vec![fact.clone()],
            inquiry: None,
        };
        let entry = |effects: Vec<Effect>| Entry {
            step: 1,
            now: Timestamp::default(),
            input: Input::Answer {
                thought: ThoughtId::from_number(1),
                mind: "rules".to_owned(),
                answer: Ok(answer.clone()),
            },
            failure: None,
            effects,
        };
        let check = |effect: Effect, adds_bytes: std::ops::Range<usize>| {
            let without = SealedEntry::seal(Hash::genesis(), &mut entry(Vec::new())).unwrap();
            let mut with = entry(vec![effect]);
            let sealed = SealedEntry::seal(Hash::genesis(), &mut with).unwrap();
            let added = sealed.body.len() - without.body.len();
            assert!(adds_bytes.contains(&added), "{added}");
            assert_eq!(sealed.entry(1).unwrap(), with, "sealing leaves it as it was, and it reads back so");
        };
        check(ballot(&words, vec![fact.clone()]), 1..64);
        // Another's words, or a fact less, are not what the input says.
        check(ballot("cut", vec![fact]), words.len()..2 * words.len());
        check(ballot(&words, Vec::new()), words.len()..2 * words.len());
    }
}
