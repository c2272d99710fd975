//! Registers: what a tool has recorded earlier, and what it records now.
//!
//! What always holds: a register belongs to a tool and has one item for each title, so recording again under a title is how
//! an item is changed. A register that is larger than is read says so: what lists it tells, and what would be wrong
//! without all of it is refused. What was recorded in a form that the tool does not know any more is passed over, and counted.

use std::cmp::Reverse;
use std::fmt;

use echo_runtime::tool::Call;
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::WorkId;
use echo_storage::records::{Work, folded};
use echo_storage::{Effect, Query};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::bounds;

/// How many items of a register are looked at: the first by title.
pub(crate) const MAX_ITEMS: usize = 1_000;

/// The longest title of an item, in characters.
pub(crate) const MAX_TITLE_CHARS: usize = 255;

/// As much of a text as a title may have.
pub(crate) fn cut_title(text: &str) -> String {
    text.chars().take(MAX_TITLE_CHARS).collect()
}

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
    /// Its items, the newest first.
    pub(crate) items: Vec<Item<F>>,
    /// How many could not be read.
    pub(crate) unread: usize,
    /// Whether there are more than [`MAX_ITEMS`], of which only so many are here.
    pub(crate) cut: bool,
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
    bounds::text("title", title, MAX_TITLE_CHARS)?;
    let facts = serde_json::to_string(facts)
        .map_err(|error| Failure::Refused(format!("what was worked out cannot be kept: {error}")))?;
    let id: WorkId = call.turn.new_id()?;
    let (role, at) = (call.caller.clone(), call.turn.now());
    let work = Work { id, role, tool: tool.to_owned(), title: title.to_owned(), facts, at };
    call.turn.emit(Effect::PutWork(work))?;
    Ok(id)
}

/// The register of a tool, or as much of it as is read.
pub(crate) fn read<F: DeserializeOwned>(
    state: &(impl Query + ?Sized),
    tool: &str,
) -> Result<Register<F>, Failure> {
    let mut works = state.work(tool, MAX_ITEMS + 1)?;
    let cut = works.len() > MAX_ITEMS;
    works.truncate(MAX_ITEMS);
    works.sort_by_key(|work| Reverse(work.id));
    let mut register = Register { items: Vec::new(), unread: 0, cut };
    for work in works {
        match serde_json::from_str(&work.facts) {
            Ok(facts) => register.items.push(Item { title: work.title, facts }),
            Err(_) => register.unread += 1,
        }
    }
    Ok(register)
}

/// The whole register of a tool, for what would be wrong without all of it.
///
/// # Errors
/// There is more of it than is read.
pub(crate) fn read_whole<F: DeserializeOwned>(
    state: &(impl Query + ?Sized),
    tool: &str,
) -> Result<Vec<Item<F>>, Failure> {
    let register = read(state, tool)?;
    if register.cut {
        return refuse(format!(
            "{tool}: more than {MAX_ITEMS} titles are recorded, and this would need all of them"
        ));
    }
    Ok(register.items)
}

/// The item of a title, if there is one that the tool knows to read.
pub(crate) fn find<F: DeserializeOwned>(
    state: &(impl Query + ?Sized),
    tool: &str,
    title: &str,
) -> Result<Option<Item<F>>, Failure> {
    let Some(work) = state.work_titled(tool, title)? else { return Ok(None) };
    Ok(serde_json::from_str(&work.facts).ok().map(|facts| Item { title: work.title, facts }))
}

/// A name as it is compared: without its case and the blanks around it.
pub(crate) fn key(name: &str) -> String {
    folded(name)
}

/// Says that a list is of a part of a register, where it is.
pub(crate) fn write_cut(f: &mut fmt::Formatter<'_>, cut: bool) -> fmt::Result {
    if cut {
        write!(f, "\nmore than {MAX_ITEMS} are recorded: this is of the first {MAX_ITEMS} by title alone")?;
    }
    Ok(())
}
