//! Registers: what a tool has recorded earlier, and what it records now.
//!
//! What always holds: a register belongs to a tool; of several items with the same title the newest counts, so recording
//! again under a title is how an item is changed. What was recorded in a form that the tool does not know any more is
//! passed over, and counted.

use std::collections::BTreeSet;

use echo_runtime::tool::Call;
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::WorkId;
use echo_storage::records::Work;
use echo_storage::{Effect, Query};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How many items of a register are looked at: the newest.
pub(crate) const MAX_ITEMS: usize = 1_000;

/// The longest title of an item, in characters.
pub(crate) const MAX_TITLE_CHARS: usize = 255;

/// An item of a register.
#[derive(Debug, Clone)]
pub(crate) struct Item<F> {
    /// What it is called.
    pub(crate) title: String,
    /// What is known of it.
    pub(crate) facts: F,
}

/// A register as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Register<F> {
    /// Its items, the newest first, each title once.
    pub(crate) items: Vec<Item<F>>,
    /// How many could not be read.
    pub(crate) unread: usize,
}

/// Records an item of the caller's.
///
/// # Errors
/// A title that is empty or too long.
pub(crate) fn record<F: Serialize>(
    call: &mut Call<'_, '_, '_>,
    tool: &str,
    title: &str,
    facts: &F,
) -> Result<WorkId, Failure> {
    let title = title.trim();
    let chars = title.chars().count();
    if chars == 0 || chars > MAX_TITLE_CHARS {
        return refuse(format!("title: it has {chars} characters, and needs 1 to {MAX_TITLE_CHARS}"));
    }
    let facts = serde_json::to_string(facts)
        .map_err(|error| Failure::Refused(format!("what was worked out cannot be kept: {error}")))?;
    let id: WorkId = call.turn.new_id()?;
    let (role, at) = (call.caller.clone(), call.turn.now());
    let work = Work { id, role, tool: tool.to_owned(), title: title.to_owned(), facts, at };
    call.turn.emit(Effect::PutWork(work))?;
    Ok(id)
}

/// The register of a tool.
pub(crate) fn read<F: DeserializeOwned>(
    state: &(impl Query + ?Sized),
    tool: &str,
) -> Result<Register<F>, Failure> {
    let mut titles = BTreeSet::new();
    let mut register = Register { items: Vec::new(), unread: 0 };
    for work in state.work(tool, MAX_ITEMS)? {
        if !titles.insert(work.title.to_lowercase()) {
            continue;
        }
        match serde_json::from_str(&work.facts) {
            Ok(facts) => register.items.push(Item { title: work.title, facts }),
            Err(_) => register.unread += 1,
        }
    }
    Ok(register)
}

/// A name as it is compared: without its case and the blanks around it.
pub(crate) fn key(name: &str) -> String {
    name.trim().to_lowercase()
}
