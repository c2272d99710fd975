//! `memories`: lists what the organisation remembers, or what of it fits some words or a tag.
//!
//! What always holds: looking changes nothing. It finds what the agents' own `recall` finds, in the same order.

use echo_storage::Query;
use echo_storage::names::{DecisionId, MemoryId};
use echo_storage::records::Memory;
use serde::Serialize;

use super::listing::Paging;
use super::look::Look;
use super::table::{Side, Table};
use super::{End, Failed, Invocation, listing};
use crate::memory::{self, Found, MAX_LOOKED, Search};

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org memories
  echo-org memories vendor late
  echo-org memories --tag vendor
  echo-org memories --name \"release day\"

Agents remember with their tool `remember`, and every decision's outcome is remembered with its
reason. Words are ranked: what fits them best comes first.";

/// What `memories` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Words to look for
    #[arg(value_name = "WORDS", conflicts_with_all = ["tag", "name", "before"])]
    words: Vec<String>,
    /// Only those under this tag
    #[arg(long, value_name = "TAG", conflicts_with_all = ["name", "before"])]
    tag: Option<String>,
    /// Only the one that counts under this name
    #[arg(long, value_name = "NAME", conflicts_with = "before")]
    name: Option<String>,
    #[command(flatten)]
    paging: Paging<MemoryId>,
}

/// The memories: the best first where words were given, otherwise the newest first.
#[derive(Serialize)]
struct List {
    memories: Vec<Row>,
    /// How many were looked through; null where a page of all of them was listed.
    looked_through: Option<usize>,
    /// Whether there are older ones that were not.
    #[serde(rename = "older_left_out")]
    is_cut: bool,
    /// The last one of the page, where there are more behind it.
    next: Option<MemoryId>,
}

/// A memory.
#[derive(Serialize)]
struct Row {
    memory: MemoryId,
    by: String,
    name: Option<String>,
    tags: Vec<String>,
    text: String,
    decision: Option<DecisionId>,
    at: String,
    /// How well it fits the words; null where none were given.
    score: Option<u32>,
}

impl Row {
    fn new(memory: Memory, score: Option<u32>) -> Self {
        Self {
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
}

/// Lists.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let look = Look::open(invocation)?;
    let limit = arguments.paging.limit();
    let searched = match (&arguments.name, &arguments.tag, arguments.words.as_slice()) {
        (Some(name), _, _) => Some(memory::by_name(&look.snapshot, name)),
        (None, Some(tag), _) => Some(memory::by_tag(&look.snapshot, tag, limit)),
        (None, None, []) => None,
        (None, None, words) => {
            Some(memory::by_words(&look.snapshot, &words.join(" "), limit, MAX_LOOKED, |_| true))
        }
    };
    let list = if let Some(search) = searched.transpose().map_err(Failed::because)? {
        let Search { found, looked_through, is_cut } = search;
        let rows = found.into_iter().map(|Found { memory, score, .. }| Row::new(memory, score));
        List { memories: rows.collect(), looked_through: Some(looked_through), is_cut, next: None }
    } else {
        let read = |before, limit| look.snapshot.memories(before, limit);
        let listed = arguments.paging.collect(read, |memory| memory.id, |_| Ok(true));
        let listed = listed.map_err(Failed::because)?;
        let memories = listed.rows.into_iter().map(|memory| Row::new(memory, None)).collect();
        List { memories, looked_through: None, is_cut: false, next: listed.next }
    };
    if invocation.json {
        invocation.output.json(&list);
        return Ok(End::Well);
    }
    let mut table = Table::new([
        ("MEMORY", Side::Left),
        ("AT", Side::Left),
        ("BY", Side::Left),
        ("NAME", Side::Left),
        ("TEXT", Side::Left),
    ]);
    for row in &list.memories {
        let name = row.name.clone().unwrap_or_default();
        table.row([row.memory.to_string(), row.at.clone(), row.by.clone(), name, row.text.clone()]);
    }
    let none = match list.looked_through {
        None => "nothing is remembered yet",
        Some(_) => "nothing that is remembered fits",
    };
    let more = list.next.map(|next| arguments.paging.command(&look.place, "memories", next));
    listing::tell(invocation, (!list.memories.is_empty()).then_some(&table), none, more);
    if let Some(looked_through) = list.looked_through.filter(|_| list.is_cut) {
        invocation.output.text(&format!("\nonly the newest {looked_through} were looked through"));
    }
    Ok(End::Well)
}
