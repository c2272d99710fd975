//! `remember`: keeps something for later, for every role.
//!
//! What always holds: who remembers is the caller; of several memories under one name the newest counts, so that what has
//! changed is remembered again under its name; nobody can remember an outcome that there was not, because outcomes are
//! kept by the organisation itself, under tags that no caller can give.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::MemoryId;
use echo_storage::records::{Memory, Party};
use echo_storage::{Effect, Query};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "remember";
const DESCRIPTION: &str = "Keeps something for later, for every role: recall finds it by its name, by a tag or by its \
words. Of several under one name the newest counts.";

/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 255;
/// The longest text, in characters.
const MAX_TEXT_CHARS: usize = 4_000;
/// How many tags one has at most.
const MAX_TAGS: usize = 16;
/// The longest tag, in characters.
const MAX_TAG_CHARS: usize = 64;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, remember)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What is to be remembered, in words.
    #[schemars(length(min = 1, max = 4000))]
    text: String,
    /// The name under which it counts until something else is remembered under it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 255))]
    name: Option<String>,
    /// What else it is found by: words of small letters, digits, hyphens and underscores.
    #[serde(default)]
    #[schemars(length(max = 16))]
    tags: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Remembered {
    /// The memory's id.
    memory: MemoryId,
    /// Its tags, sorted, each once.
    tags: Vec<String>,
    /// The memory that counted under its name until now, if there was one.
    replaces: Option<MemoryId>,
}

impl fmt::Display for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.replaces {
            Some(old) => write!(f, "remembered as {}, in place of {old}", self.memory),
            None => write!(f, "remembered as {}", self.memory),
        }
    }
}

fn remember(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Remembered, Failure> {
    let Arguments { text, name, tags } = arguments;
    let text = bounded("text", &text, MAX_TEXT_CHARS)?;
    let name = name.map(|name| bounded("name", &name, MAX_NAME_CHARS)).transpose()?;
    if name.as_ref().is_some_and(|name| name.contains(char::is_control)) {
        return refuse("name: it is one line, without control characters");
    }
    if tags.len() > MAX_TAGS {
        return refuse(format!("tags: there are {}, and {MAX_TAGS} at most", tags.len()));
    }
    let mut tags = tags.iter().enumerate().map(tag).collect::<Result<Vec<_>, _>>()?;
    tags.sort_unstable();
    tags.dedup();
    let older = name.as_deref().map(|name| call.turn.state().remembered_as(name, 1)).transpose()?;
    let replaces = older.and_then(|older| older.first().map(|memory| memory.id));
    let (id, by, at) = (call.turn.new_id()?, Party::Role(call.caller.clone()), call.turn.now());
    let memory = Memory { id, by, name, tags: tags.clone(), text, outcome: None, at };
    call.turn.emit(Effect::PutMemory(memory))?;
    Ok(Remembered { memory: id, tags, replaces })
}

fn bounded(field: &str, text: &str, most: usize) -> Result<String, Failure> {
    let text = text.trim();
    let chars = text.chars().count();
    if (1..=most).contains(&chars) && !text.contains('\0') {
        return Ok(text.to_owned());
    }
    refuse(format!("{field}: it has {chars} characters, and needs 1 to {most}, none of them a zero"))
}

fn tag((place, tag): (usize, &String)) -> Result<String, Failure> {
    let is_word = |char: char| char.is_lowercase() || char.is_numeric() || char == '-' || char == '_';
    if (1..=MAX_TAG_CHARS).contains(&tag.chars().count()) && tag.chars().all(is_word) {
        return Ok(tag.clone());
    }
    refuse(format!(
        "tags[{place}]: a tag has 1 to {MAX_TAG_CHARS} small letters, digits, hyphens and underscores"
    ))
}
