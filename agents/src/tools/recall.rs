//! `recall`: finds what is remembered, by its name, by a tag, or by its words.
//!
//! What always holds: it only reads; of several memories under one name the newest is found; the answer says how many
//! memories were looked through, and whether there are older ones that were not.

use std::fmt;

use echo_runtime::memory::{self, Found, MAX_LOOKED, Search};
use echo_runtime::tool::{Look, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::{DecisionId, MemoryId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "recall";
const DESCRIPTION: &str = "Finds what is remembered: the newest under a name, those under a tag, or those that fit some \
words best. How decisions ended is remembered as well. Give one of name, tag and words.";

/// How many memories are given unless said.
const DEFAULT_LIMIT: usize = 5;
/// How many memories are given at most.
const MAX_LIMIT: usize = 50;
/// The longest text that is looked for, in characters.
const MAX_WORDS_CHARS: usize = 4_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::reads(NAME, DESCRIPTION, recall)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// The name under which it was remembered.
    #[serde(default)]
    name: Option<String>,
    /// A tag, such as `vendor`; outcomes have that of their type, such as `outcome hiring`.
    #[serde(default)]
    tag: Option<String>,
    /// Words; what fits them best comes first.
    #[serde(default)]
    #[schemars(length(max = 4000))]
    words: Option<String>,
    /// How many memories at most: 1 to 50.
    #[serde(default)]
    #[schemars(range(min = 1, max = 50))]
    limit: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Recalled {
    /// The memories: the best first where words were given, otherwise the newest first.
    memories: Vec<Recollection>,
    /// How many memories were looked through: the newest.
    looked_through: usize,
    /// Whether there are older ones that were not looked through.
    older_left_out: bool,
}

/// A memory.
#[derive(Serialize, JsonSchema)]
struct Recollection {
    /// Its id.
    memory: MemoryId,
    /// Who remembers it: a role, or `system` for outcomes.
    by: String,
    /// Its name; null where it has none.
    name: Option<String>,
    /// Its tags.
    tags: Vec<String>,
    /// What is remembered.
    text: String,
    /// The decision whose outcome it is; null where it is none.
    decision: Option<DecisionId>,
    /// When, in UTC.
    at: String,
    /// How well it fits the words, in thousandths, comparable within this answer; null where no words were given.
    score: Option<u32>,
}

impl fmt::Display for Recalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.memories.is_empty() {
            f.write_str("nothing is remembered that fits")?;
        }
        for (place, Recollection { memory, by, name, text, .. }) in self.memories.iter().enumerate() {
            let name = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            let line = if place == 0 { "" } else { "\n" };
            write!(f, "{line}{memory}{name}, {by}: {text}")?;
        }
        if self.older_left_out {
            write!(f, "\nonly the newest {} were looked through", self.looked_through)?;
        }
        Ok(())
    }
}

fn recall(look: &Look<'_>, arguments: Arguments) -> Result<Recalled, Failure> {
    let limit = arguments.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return refuse(format!("limit: it is {limit}, and may be 1 to {MAX_LIMIT}"));
    }
    let search = match (&arguments.name, &arguments.tag, &arguments.words) {
        (Some(name), None, None) => memory::by_name(look.state, given("name", name)?)?,
        (None, Some(tag), None) => memory::by_tag(look.state, given("tag", tag)?, limit)?,
        (None, None, Some(words)) => {
            memory::by_words(look.state, given("words", words)?, limit, MAX_LOOKED, |_| true)?
        }
        _ => return refuse("arguments: give one of name, tag and words"),
    };
    let Search { found, looked_through, is_cut } = search;
    let memories = found.into_iter().map(recollection).collect();
    Ok(Recalled { memories, looked_through, older_left_out: is_cut })
}

fn given<'a>(field: &str, text: &'a str) -> Result<&'a str, Failure> {
    let text = text.trim();
    if (1..=MAX_WORDS_CHARS).contains(&text.chars().count()) {
        return Ok(text);
    }
    refuse(format!("{field}: it needs 1 to {MAX_WORDS_CHARS} characters"))
}

fn recollection(Found { memory, score, .. }: Found) -> Recollection {
    Recollection {
        memory: memory.id,
        by: memory.by.to_string(),
        name: memory.name,
        tags: memory.tags,
        text: memory.text,
        decision: memory.outcome.map(|outcome| outcome.decision),
        at: memory.at.to_string(),
        score,
    }
}
