//! The tables: all of them are registered here, with the types of their keys and values.
//!
//! What always holds: a table's number is part of the checksum of its values, so numbers are never reused; a table
//! that is given up keeps its line as a comment. Keys sort as their parts do, which is what range reads rely on.

use std::marker::PhantomData;

use crate::codec::{self, CodecError, Record};
use crate::codes::{SECRET_KEY, Secret};
use crate::journal::{Chunk, Head};
use crate::names::{
    ApprovalId, DecisionId, DelegationId, Id, MemoryId, MessageId, RoleId, SessionId, ThoughtId, TimerId,
    Topic, WorkId,
};
use crate::quantities::Timestamp;
use crate::query::CONFIG_KEY;
use crate::records::{
    Agent, Approval, Ballot, Clarification, Config, Cursor, Decision, Delegation, Memory, MessageRef,
    Participation, Receipt, Request, Session, Spend, Task, Thought, Timer, Work,
};
use crate::store::{STORE_KEY, StoreInfo};

/// A table of the file, without its types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableId {
    /// Its number: part of its values' checksums.
    pub number: u8,
    /// Its name in the file.
    pub name: &'static str,
}

impl std::hash::Hash for TableId {
    /// By the number alone, which no two tables share.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

/// A table with the types of its keys and values.
#[derive(Debug)]
pub struct Table<K, V> {
    /// The table of the file; several typed views may share one.
    pub id: TableId,
    types: PhantomData<fn(K) -> V>,
}

macro_rules! tables {
    ($($(#[$doc:meta])* $const:ident: $key:ty => $value:ty = $number:literal $name:literal;)*) => {
        $($(#[$doc])* pub const $const: Table<$key, $value> =
            Table { id: TableId { number: $number, name: $name }, types: PhantomData };)*

        /// A key of a table for people, and whether the row reads.
        pub(crate) fn examine(id: TableId, key: &[u8], value: &[u8]) -> (String, Result<(), CodecError>) {
            if id == STORE.id {
                return examine_meta(key, value);
            }
            $(if id == $const.id {
                return $const.examine(key, value);
            })*
            (format!("{key:02x?}"), Ok(()))
        }
    };
}

tables! {
    /// What the file is.
    STORE: &'static str => StoreInfo = 1 "meta";
    /// What the codes of questions to people are derived from.
    SECRET: &'static str => Secret = 1 "meta";
    /// The end of the chain.
    HEAD: &'static str => Head = 1 "meta";
    /// The configuration in force.
    CONFIG: &'static str => Config = 1 "meta";
    /// The next number of each kind of id and of each topic.
    COUNTERS: String => u64 = 1 "meta";
    /// Every step: the steps of a commit in chunks, by the number of a chunk's first step, from 1.
    JOURNAL: u64 => Chunk = 2 "journal";
    /// Where each message's content stands in the journal.
    MESSAGES: MessageId => MessageRef = 3 "messages";
    /// Direct messages that are not yet handled.
    INBOX: (RoleId, MessageId) => () = 4 "inbox";
    /// The entries of each topic, by number from 0.
    TOPICS: (Topic, u64) => u64 = 5 "topics";
    /// How far each role has read each topic.
    CURSORS: (RoleId, Topic) => Cursor = 6 "cursors";
    /// Failures and dead letters.
    RECEIPTS: (MessageId, RoleId) => Receipt = 7 "receipts";
    /// Decisions.
    DECISIONS: DecisionId => Decision = 8 "decisions";
    /// Who takes part in which decision.
    PARTICIPATIONS: (DecisionId, RoleId) => Participation = 9 "participations";
    /// Ballots, by decision, round and role.
    VOTES: (DecisionId, u64, RoleId) => Ballot = 10 "votes";
    /// Questions to people.
    APPROVALS: ApprovalId => Approval = 11 "approvals";
    /// Money approved, by role and time.
    SPENDING: (RoleId, Timestamp, DecisionId) => Spend = 12 "spending";
    /// What is remembered.
    MEMORIES: MemoryId => Memory = 13 "memories";
    /// Memories by tag.
    MEMORY_TAGS: (String, MemoryId) => () = 14 "memory_tags";
    /// Questions to minds.
    THOUGHTS: ThoughtId => Thought = 15 "thoughts";
    /// Those of them that nobody has answered, by role.
    THOUGHTS_OUT: (RoleId, ThoughtId) => () = 16 "thoughts_out";
    /// Deadlines of the organisation's own, by the moment they are due.
    TIMERS: (Timestamp, TimerId) => Timer = 17 "timers";
    /// Sessions.
    SESSIONS: SessionId => Session = 18 "sessions";
    /// What is known of each role's work.
    AGENTS: RoleId => Agent = 19 "agents";
    /// Questions between roles about a decision, one for each asker and round.
    CLARIFICATIONS: (DecisionId, u64, RoleId) => Clarification = 20 "clarifications";
    /// Requests that were asked under keys, by caller and key.
    REQUESTS: (String, String) => Request = 21 "requests";
    /// What roles work on, by the tool that recorded it and the title as it is compared: one row for each title.
    WORK: (String, String) => Work = 22 "work";
    /// Memories by name.
    MEMORY_NAMES: (String, MemoryId) => () = 23 "memory_names";
    /// Questions to people that nobody has answered.
    APPROVALS_OUT: ApprovalId => () = 24 "approvals_out";
    /// The deadlines that people have, apart from the organisation's own, because there may be thousands of them and none is
    /// work.
    PEOPLE_TIMERS: (Timestamp, TimerId) => Timer = 25 "people_timers";
    /// Questions to minds that nobody has answered, by decision.
    QUESTIONS_OUT: (DecisionId, ThoughtId) => () = 26 "questions_out";
    /// The dead letters of each role.
    DEAD_LETTERS: (RoleId, MessageId) => () = 27 "dead_letters";
    /// Work that agents were picked for.
    DELEGATIONS: DelegationId => Delegation = 28 "delegations";
    /// The tasks of each.
    TASKS: (DelegationId, MessageId) => Task = 29 "tasks";
    /// Which delegation's task a message is.
    TASK_OF: MessageId => u64 = 30 "task_of";
}

/// The tables of the file, each once, by number.
pub const ALL: [TableId; 30] = [
    STORE.id,
    JOURNAL.id,
    MESSAGES.id,
    INBOX.id,
    TOPICS.id,
    CURSORS.id,
    RECEIPTS.id,
    DECISIONS.id,
    PARTICIPATIONS.id,
    VOTES.id,
    APPROVALS.id,
    SPENDING.id,
    MEMORIES.id,
    MEMORY_TAGS.id,
    THOUGHTS.id,
    THOUGHTS_OUT.id,
    TIMERS.id,
    SESSIONS.id,
    AGENTS.id,
    CLARIFICATIONS.id,
    REQUESTS.id,
    WORK.id,
    MEMORY_NAMES.id,
    APPROVALS_OUT.id,
    PEOPLE_TIMERS.id,
    QUESTIONS_OUT.id,
    DEAD_LETTERS.id,
    DELEGATIONS.id,
    TASKS.id,
    TASK_OF.id,
];

/// Whether a row is the file's own and not the journal's: what it says of itself, and its secret.
pub fn is_of_file(id: TableId, key: &[u8]) -> bool {
    id == STORE.id && (key == STORE_KEY.to_bytes() || key == SECRET_KEY.to_bytes())
}

/// The one table whose keys have types of their own.
fn examine_meta(key: &[u8], value: &[u8]) -> (String, Result<(), CodecError>) {
    let Some(name) = String::from_bytes(key) else { return COUNTERS.examine(key, value) };
    let is = |one: &'static str| one == name;
    let number = STORE.id.number;
    let reads = if is(STORE_KEY) {
        codec::open::<StoreInfo>(number, key, value).map(drop)
    } else if is(SECRET_KEY) {
        codec::open::<Secret>(number, key, value).map(drop)
    } else if is(Head::KEY) {
        codec::open::<Head>(number, key, value).map(drop)
    } else if is(CONFIG_KEY) {
        codec::open::<Config>(number, key, value).map(drop)
    } else {
        codec::open::<u64>(number, key, value).map(drop)
    };
    (name, reads)
}

impl<K: Key, V: Record> Table<K, V> {
    fn examine(&self, key: &[u8], value: &[u8]) -> (String, Result<(), CodecError>) {
        let reads = codec::open::<V>(self.id.number, key, value).map(drop);
        match K::from_bytes(key) {
            Some(key) if self.id == JOURNAL.id => (format!("step {}", key.describe()), reads),
            Some(key) => (key.describe(), reads),
            None => {
                let malformed = || CodecError::Malformed("its key is not of the table's form".to_owned());
                (format!("{key:02x?}"), reads.and_then(|()| Err(malformed())))
            }
        }
    }

    /// The error for a value of this table that does not read.
    pub(crate) fn damaged(&self, key: &[u8], cause: CodecError) -> crate::StoreError {
        // Fixed names are never read back, and are texts.
        let shown = K::from_bytes(key).map(|key| key.describe());
        let shown = shown.or_else(|| String::from_bytes(key));
        let key = shown.unwrap_or_else(|| format!("{key:02x?}"));
        crate::StoreError::DamagedValue { table: self.id.name, key, cause }
    }
}

/// A part of a key: its bytes sort as its values do.
pub trait Key: Sized {
    /// Appends the bytes.
    fn append(&self, bytes: &mut Vec<u8>);
    /// Takes the value off the front of bytes.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
    /// The key for people.
    fn describe(&self) -> String;

    /// The whole key.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(24);
        self.append(&mut bytes);
        bytes
    }
    /// The key behind bytes, if they are one.
    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let key = Self::take(&mut bytes)?;
        bytes.is_empty().then_some(key)
    }
}

impl Key for u64 {
    fn append(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_be_bytes());
    }
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk::<8>()?;
        *bytes = rest;
        Some(Self::from_be_bytes(*number))
    }
    fn describe(&self) -> String {
        self.to_string()
    }
}

impl Key for Timestamp {
    fn append(&self, bytes: &mut Vec<u8>) {
        self.ms().append(bytes);
    }
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        u64::take(bytes).map(Self::from_ms)
    }
    fn describe(&self) -> String {
        self.to_string()
    }
}

/// Texts end with a zero byte, which no key's text contains, so that no text is the beginning of another.
fn append_text(text: &str, bytes: &mut Vec<u8>) {
    if text.as_bytes().contains(&0) {
        bytes.extend(text.bytes().filter(|byte| *byte != 0));
    } else {
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.push(0);
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let (text, rest) = bytes.split_at_checked(end)?;
    *bytes = rest.get(1..)?;
    std::str::from_utf8(text).ok()
}

impl Key for String {
    fn append(&self, bytes: &mut Vec<u8>) {
        append_text(self, bytes);
    }
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        take_text(bytes).map(str::to_owned)
    }
    fn describe(&self) -> String {
        self.clone()
    }
}

impl Key for &'static str {
    fn append(&self, bytes: &mut Vec<u8>) {
        append_text(self, bytes);
    }
    /// A fixed name is looked up, never read back.
    fn take(_: &mut &[u8]) -> Option<Self> {
        None
    }
    fn describe(&self) -> String {
        (*self).to_owned()
    }
}

macro_rules! name_key {
    ($($name:ident),*) => {$(
        impl Key for $name {
            fn append(&self, bytes: &mut Vec<u8>) {
                append_text(self.as_str(), bytes);
            }
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                Self::new(take_text(bytes)?).ok()
            }
            fn describe(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
name_key!(RoleId, Topic);

macro_rules! id_key {
    ($($id:ident),*) => {$(
        impl Key for $id {
            fn append(&self, bytes: &mut Vec<u8>) {
                self.number().append(bytes);
            }
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                u64::take(bytes).map(Self::from_number)
            }
            fn describe(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
id_key!(MessageId, DecisionId, ApprovalId, ThoughtId, TimerId, MemoryId, SessionId, WorkId, DelegationId);

macro_rules! tuple_key {
    ($($part:ident $at:tt),*) => {
        impl<$($part: Key),*> Key for ($($part,)*) {
            fn append(&self, bytes: &mut Vec<u8>) {
                $(self.$at.append(bytes);)*
            }
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                Some(($($part::take(bytes)?,)*))
            }
            fn describe(&self) -> String {
                [$(self.$at.describe()),*].join(" / ")
            }
        }
    };
}
tuple_key!(A 0, B 1);
tuple_key!(A 0, B 1, C 2);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_names_are_unique() {
        let numbers: std::collections::BTreeSet<u8> = ALL.iter().map(|table| table.number).collect();
        let names: std::collections::BTreeSet<&str> = ALL.iter().map(|table| table.name).collect();
        assert_eq!((numbers.len(), names.len()), (ALL.len(), ALL.len()));
    }

    proptest! {
        #[test]
        fn keys_read_back_and_sort_as_their_parts(
            left in ("[a-z_]{1,6}", any::<u64>(), any::<u64>()),
            right in ("[a-z_]{1,6}", any::<u64>(), any::<u64>()),
        ) {
            let key = |(name, number, id): &(String, u64, u64)| {
                (RoleId::new(name).unwrap(), Timestamp::from_ms(*number), DecisionId::from_number(*id))
            };
            prop_assert_eq!(Key::from_bytes(&key(&left).to_bytes()), Some(key(&left)));
            prop_assert_eq!(key(&left).to_bytes().cmp(&key(&right).to_bytes()), key(&left).cmp(&key(&right)));
        }
    }
}
