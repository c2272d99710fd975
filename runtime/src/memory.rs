//! Memory: finding what the organisation remembers by its words.
//!
//! What people and agents look up is ranked by BM25, with the crate `bm25`: it is pure, needs no file, thread or clock, and builds in seconds,
//! without its default features a matter of one small dependency. `tantivy` is kept by more people and does far more, but
//! is an index with segments, a writer with threads and over a hundred dependencies, for what here are a thousand short
//! texts that are looked through once. The words are those of `keywords`, so that a memory is found by the same words
//! as a decision is.
//!
//! BM25 counts in floating point and takes logarithms, which two machines may round differently. So nothing that is ranked
//! by it decides anything: [`by_words`] is for reading. What a step keeps, the outcomes [`related`] to a decision, is ranked
//! in whole numbers: each different word that is shared counts by how rare it is.
//!
//! What always holds: the same memories and words give the same answer in the same order, because scores are rounded
//! before they are compared and the newer of equals comes first; at most [`MAX_LOOKED`] memories are looked through, the
//! newest, and the answer says how many; of several memories under one name only the newest counts.

use std::collections::{BTreeMap, BTreeSet};

use bm25::{Embedder, EmbedderBuilder, Scorer, TokenEmbedder, Tokenizer};
use echo_storage::names::MemoryId;
use echo_storage::records::Memory;
use echo_storage::{Query, State, StoreError};

use crate::keywords;

/// How many memories are looked through at most: the newest.
pub const MAX_LOOKED: usize = 1_000;

/// Words that stand in any text and say nothing about it.
const EMPTY_WORDS: [&str; 46] = [
    "a", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "do", "for", "from", "had",
    "has", "have", "how", "if", "in", "into", "is", "it", "its", "no", "not", "of", "on", "or", "our", "so",
    "that", "the", "their", "then", "they", "this", "to", "was", "we", "what", "which", "will", "with",
    "you",
];

/// A memory that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// It.
    pub memory: Memory,
    /// How well it fits, in thousandths; comparable within one answer only. Nothing where it was not looked for by words.
    pub score: Option<u32>,
    /// How many different words it has in common with what was looked for.
    pub words: usize,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The memories, the best first.
    pub found: Vec<Found>,
    /// How many memories were looked through.
    pub looked_through: usize,
    /// Whether there are older ones that were not.
    pub is_cut: bool,
}

/// The memories that fit the words best, at most `limit`, among those that `counts` says count. For reading only: a step
/// must not depend on it.
pub fn by_words(
    state: &(impl State + ?Sized),
    words: &str,
    limit: usize,
    look_through: usize,
    counts: impl Fn(&Memory) -> bool,
) -> Result<Search, StoreError> {
    let look_through = look_through.min(MAX_LOOKED);
    let mut memories = state.memories(None, look_through + 1)?;
    let is_cut = memories.len() > look_through;
    memories.truncate(look_through);
    let looked_through = memories.len();
    let mut memories = newest_of_each_name(memories);
    memories.retain(counts);
    let ranked = rank(words, &memories.iter().map(text).collect::<Vec<_>>());
    let found = ranked.into_iter().take(limit).filter_map(|Ranked { place, score, words }| {
        let memory = memories.get(place)?.clone();
        Some(Found { memory, score: Some(score), words })
    });
    Ok(Search { found: found.collect(), looked_through, is_cut })
}

/// The memories that share at least `least` different words with these, at most `limit`, the best first, among those that
/// `counts` says count. Everything is counted in whole numbers, so every machine gives the same.
pub fn related(
    state: &(impl State + ?Sized),
    words: &str,
    limit: usize,
    look_through: usize,
    least: usize,
    counts: impl Fn(&Memory) -> bool,
) -> Result<Vec<MemoryId>, StoreError> {
    let mut memories = newest_of_each_name(state.memories(None, look_through.min(MAX_LOOKED))?);
    memories.retain(counts);
    let wanted: BTreeSet<String> = Words.tokenize(words).into_iter().collect();
    let shared = memories.iter().map(|memory| {
        let has: BTreeSet<String> = Words.tokenize(&text(memory)).into_iter().collect();
        wanted.intersection(&has).cloned().collect::<Vec<String>>()
    });
    let shared: Vec<Vec<String>> = shared.collect();
    let mut texts_with: BTreeMap<&str, u64> = BTreeMap::new();
    for word in shared.iter().flatten() {
        *texts_with.entry(word).or_default() += 1;
    }
    let texts = memories.len() as u64;
    let weight = |word: &String| log2_256ths(texts + 1, texts_with.get(word.as_str()).copied().unwrap_or(1));
    let mut ranked: Vec<(u64, MemoryId)> = memories
        .iter()
        .zip(&shared)
        .filter(|(_, shared)| shared.len() >= least)
        .map(|(memory, shared)| (shared.iter().map(weight).sum(), memory.id))
        .collect();
    // The newer of equals comes first.
    ranked.sort_unstable_by_key(|ranked| std::cmp::Reverse(*ranked));
    Ok(ranked.into_iter().take(limit).map(|(_, id)| id).collect())
}

/// The binary logarithm of a ratio of at least 1, in 256ths, rounded down.
fn log2_256ths(numerator: u64, denominator: u64) -> u64 {
    const FRACTION_BITS: u32 = 8;
    const ONE: u128 = 1 << 64;
    let ratio = ((u128::from(numerator) << 64) / u128::from(denominator.max(1))).max(ONE);
    let whole = ratio.ilog2() - 64;
    // From 1 to below 2, in 32 bits behind the point; squaring it doubles the logarithm.
    let mut rest = ratio >> (whole + 32);
    let mut log = u64::from(whole);
    for _ in 0..FRACTION_BITS {
        rest = (rest * rest) >> 32;
        log <<= 1;
        if rest >> 33 > 0 {
            rest >>= 1;
            log |= 1;
        }
    }
    log
}

/// The newest memories under a tag, at most `limit`.
pub fn by_tag(state: &(impl State + ?Sized), tag: &str, limit: usize) -> Result<Search, StoreError> {
    let mut memories = state.remembered(tag, MAX_LOOKED + 1)?;
    let is_cut = memories.len() > MAX_LOOKED;
    memories.truncate(MAX_LOOKED);
    let looked_through = memories.len();
    let found = newest_of_each_name(memories).into_iter().take(limit);
    let found = found.map(|memory| Found { memory, score: None, words: 0 }).collect();
    Ok(Search { found, looked_through, is_cut })
}

/// The newest memory under a name.
pub fn by_name(state: &(impl State + ?Sized), name: &str) -> Result<Search, StoreError> {
    let found: Vec<Found> = state
        .remembered_as(name, 1)?
        .into_iter()
        .map(|memory| Found { memory, score: None, words: 0 })
        .collect();
    Ok(Search { looked_through: found.len(), found, is_cut: false })
}

/// Without those under whose name there is a newer one; they come newest first.
fn newest_of_each_name(mut memories: Vec<Memory>) -> Vec<Memory> {
    let mut names = BTreeSet::new();
    memories.retain(|memory| memory.name.as_ref().is_none_or(|name| names.insert(name.clone())));
    memories
}

/// What a memory is found by.
fn text(memory: &Memory) -> String {
    let name = memory.name.as_deref().unwrap_or_default();
    format!("{name} {} {}", memory.tags.join(" "), memory.text)
}

/// Splits a text as keywords are.
struct Words;

impl Tokenizer for Words {
    fn tokenize(&self, text: &str) -> Vec<String> {
        let mut words = keywords::words(text);
        words.retain(|word| word.chars().count() > 1 && EMPTY_WORDS.binary_search(&word.as_str()).is_err());
        words
    }
}

/// Words are compared themselves, not by hashes, of which two may be equal.
struct Whole;

impl TokenEmbedder for Whole {
    type EmbeddingSpace = String;
    fn embed(word: &str) -> String {
        word.to_owned()
    }
}

/// A text that has words of the query.
struct Ranked {
    place: usize,
    score: u32,
    words: usize,
}

/// The texts that have any word of the query, the best first, and the first of equals.
fn rank(query: &str, texts: &[String]) -> Vec<Ranked> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let wanted: BTreeSet<String> = Words.tokenize(query).into_iter().collect();
    if texts.is_empty() || wanted.is_empty() {
        return Vec::new();
    }
    let embedder: Embedder<Whole, Words> =
        EmbedderBuilder::with_tokenizer_and_fit_to_corpus(Words, &texts).build();
    let mut scorer = Scorer::new();
    for (place, text) in texts.iter().enumerate() {
        scorer.upsert(&place, embedder.embed(text));
    }
    // Each word counts once, in an order of its own, so that the sum is the same however the query is put.
    let wanted: Vec<String> = wanted.into_iter().collect();
    let query = embedder.embed(&wanted.join(" "));
    let mut ranked: Vec<Ranked> = texts
        .iter()
        .enumerate()
        .filter_map(|(place, text)| {
            let has: BTreeSet<String> = Words.tokenize(text).into_iter().collect();
            let words = wanted.iter().filter(|word| has.contains(*word)).count();
            let score = scorer.score(&place, &query).filter(|_| words > 0)?;
            Some(Ranked { place, score: thousandths(score), words })
        })
        .collect();
    ranked.sort_by_key(|one| (std::cmp::Reverse(one.score), one.place));
    ranked
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float to an integer saturates, and a score is small and not negative"
)]
fn thousandths(score: f32) -> u32 {
    (score * 1000.0).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use echo_storage::clock::{ClockKind, VIRTUAL_EPOCH};
    use echo_storage::names::Id;
    use echo_storage::records::Party;
    use echo_storage::{Batch, Effect, Store};

    /// A state in which these are remembered, in their order.
    fn remembering(memories: &[(Option<&str>, &str)]) -> Batch {
        let store = Store::in_memory(ClockKind::Virtual).unwrap();
        let mut batch = store.batch().unwrap();
        let mut draft = batch.draft(VIRTUAL_EPOCH);
        for (number, (name, text)) in (1..).zip(memories) {
            let memory = Memory {
                id: MemoryId::from_number(number),
                by: Party::System,
                name: name.map(str::to_owned),
                tags: vec!["note".to_owned()],
                text: (*text).to_owned(),
                outcome: None,
                at: VIRTUAL_EPOCH,
            };
            draft.emit(Effect::PutMemory(memory)).unwrap();
        }
        let finished = draft.finish();
        let input = echo_storage::Input::TakeUp { away_ms: 1 };
        batch.append(input, None, finished).unwrap();
        batch
    }

    fn found(search: &Search) -> Vec<u64> {
        search.found.iter().map(|one| one.memory.id.number()).collect()
    }

    #[test]
    fn the_empty_words_are_sorted_so_that_they_are_found() {
        assert!(EMPTY_WORDS.is_sorted());
    }

    #[test]
    fn what_fits_best_comes_first() {
        let batch = remembering(&[
            (None, "The vendor of the locks was late by three weeks"),
            (None, "Customers liked the new pricing, and the pricing page"),
            (None, "Pricing was discussed with a vendor"),
            (None, "Nothing of note happened"),
        ]);
        let check = |words: &str, expected: &[u64]| {
            let search = by_words(&batch, words, 10, MAX_LOOKED, |_| true).unwrap();
            assert_eq!(found(&search), expected, "{words}");
            assert_eq!((search.looked_through, search.is_cut), (4, false));
        };
        check("pricing", &[2, 3]);
        check("vendors", &[3, 1]);
        check("the vendor's pricing", &[3, 2, 1]);
        check("pricing the vendor's pricing", &[3, 2, 1]);
        check("the of and", &[]);
        check("weather", &[]);
        check("", &[]);
        check("note", &[4, 3, 1, 2]);
    }

    #[test]
    fn the_newer_of_equals_comes_first_and_a_limit_cuts_the_rest() {
        let batch = remembering(&[(None, "a lock"), (None, "a lock"), (None, "a lock")]);
        let search = by_words(&batch, "lock", 2, MAX_LOOKED, |_| true).unwrap();
        assert_eq!(found(&search), [3, 2]);
        let search = by_words(&batch, "lock", 10, 2, |_| true).unwrap();
        assert_eq!((found(&search), search.looked_through, search.is_cut), (vec![3, 2], 2, true));
    }

    #[test]
    fn the_newest_of_a_name_counts() {
        let batch = remembering(&[
            (Some("release day"), "We release on Monday"),
            (Some("release day"), "We release on Tuesday"),
            (None, "The release of Monday went well"),
        ]);
        let search = by_words(&batch, "release Monday", 10, MAX_LOOKED, |_| true).unwrap();
        assert_eq!(found(&search), [3, 2]);
        assert_eq!(found(&by_tag(&batch, "note", 10).unwrap()), [3, 2]);
        assert_eq!(found(&by_name(&batch, "release day").unwrap()), [2]);
        assert_eq!(found(&by_name(&batch, "release").unwrap()), Vec::<u64>::new());
    }

    #[test]
    fn logarithms_are_whole_numbers_of_256ths() {
        let check = |numerator, denominator, expected| {
            assert_eq!(log2_256ths(numerator, denominator), expected, "{numerator}/{denominator}");
        };
        check(1, 1, 0);
        check(2, 1, 256);
        check(1_024, 1, 2_560);
        check(3, 1, 405);
        check(3, 2, 149);
        check(1_001, 1_000, 0);
        check(1_001, 1, 2_551);
        check(u64::MAX, 1, 16_383);
    }

    #[test]
    fn what_is_related_shares_the_rarest_words() {
        let batch = remembering(&[
            (None, "the vendor sold new locks for the north gate"),
            (None, "the vendor sold new chairs"),
            (None, "the vendor sold new paint"),
            (None, "the vendor sold new locks for the south gate"),
        ]);
        let check = |words: &str, least: usize, expected: &[u64]| {
            let found = related(&batch, words, 3, MAX_LOOKED, least, |_| true).unwrap();
            assert_eq!(found.iter().map(|id| id.number()).collect::<Vec<_>>(), expected, "{words}");
        };
        // The newer of equals first.
        check("the vendor sold new locks", 3, &[4, 1, 3]);
        check("vendor sold north locks", 3, &[1, 4]);
        // Two rare words count for more than two common ones.
        check("new paint, sold locks", 2, &[3, 4, 1]);
        check("the of and", 1, &[]);
        check("vendor locks", 3, &[]);
    }
}
