//! Requests: what somebody asks, with what travels beside it and is not written down: a key of the caller's own, under which
//! it may ask again without its being done twice, and the code that a verdict must carry.
//!
//! What always holds: a key belongs to its caller, so nobody is given another one's answer. The step that answers a
//! request records the key in the same commit; a step that failed records none, so its key can be tried again. A verdict,
//! from whatever door, is no step without the right code of its question, and the refusal does not tell that.

use echo_storage::codes::{self, Code};
use echo_storage::records::{Party, Request};
use echo_storage::{Batch, Draft, Effect, Input, Query, StoreError};

use super::Outcome;

/// The longest key, in characters.
pub const MAX_KEY_CHARS: usize = 255;

const OTHER: &str = "this key has been used for another request: take a new key for each request, and the same one \
                     only to ask the same again";
const NOBODYS: &str = "only what somebody asks in their own name can have a key: leave the key out";
const NO_KEY: &str = "a key has 1 to 255 characters, none of them control characters";

const NO_CODE: &str =
    "a verdict carries the code of its question, which `approvals` shows beside it; nothing was done";
const WRONG_CODE: &str =
    "that is not the code of this question: `approvals` shows the right one; nothing was done";

/// An input, and what travels beside it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is asked.
    pub input: Input,
    /// The caller's key: the same request under it is done once, however often it is asked.
    pub key: Option<String>,
    /// The code of the question that a verdict answers; of no use to any other input.
    pub code: Option<Code>,
}

impl From<Input> for Asked {
    fn from(input: Input) -> Self {
        Self { input, key: None, code: None }
    }
}

impl Asked {
    /// The same, with the code that a verdict carries.
    #[must_use]
    pub fn with_code(self, code: Option<Code>) -> Self {
        Self { code, ..self }
    }

    /// Whose key it is, and which.
    pub(super) fn request(&self) -> Option<(Party, &str)> {
        Some((self.input.caller()?, self.key.as_deref()?))
    }
}

/// Whether a key can be one.
pub fn is_key(key: &str) -> bool {
    (1..=MAX_KEY_CHARS).contains(&key.chars().count()) && !key.chars().any(char::is_control)
}

/// What an input comes to without a step: why it is no verdict, the answer that was given before, or why its key cannot be.
pub(super) fn answered(batch: &Batch, asked: &Asked) -> Result<Option<Outcome>, StoreError> {
    if let Some(why) = forbidden(batch, asked)? {
        return Ok(Some(Outcome::Skipped(why)));
    }
    let Some(key) = asked.key.as_deref() else { return Ok(None) };
    if !is_key(key) {
        return Ok(Some(Outcome::Skipped(NO_KEY)));
    }
    let Some(caller) = asked.input.caller() else { return Ok(Some(Outcome::Skipped(NOBODYS))) };
    let Some(request) = batch.request(&caller, key)? else { return Ok(None) };
    let entry = batch.entry(request.step)?;
    Ok(Some(if entry.input == asked.input { Outcome::Done(entry) } else { Outcome::Skipped(OTHER) }))
}

/// Why a verdict is none. Whoever was not shown the question where its code stands cannot answer it.
fn forbidden(batch: &Batch, asked: &Asked) -> Result<Option<&'static str>, StoreError> {
    let Input::Verdict { approval, .. } = asked.input else { return Ok(None) };
    let Some(given) = asked.code else { return Ok(Some(NO_CODE)) };
    let right = codes::code(batch, approval)?;
    Ok((right != Some(given)).then_some(WRONG_CODE))
}

/// Records that a step answers a request.
pub(crate) fn record(draft: &mut Draft<'_>, caller: Party, key: &str) -> Result<(), StoreError> {
    let step = draft.step();
    draft.emit(Effect::PutRequest(Request { caller, key: key.to_owned(), step }))
}

/// The request that recorded effects answer.
pub(crate) fn recorded(effects: &[Effect]) -> Option<(Party, &str)> {
    effects.iter().find_map(|effect| match effect {
        Effect::PutRequest(request) => Some((request.caller.clone(), request.key.as_str())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use echo_storage::clock::{Clock, ClockKind, VIRTUAL_EPOCH};
    use echo_storage::journal::Head;
    use echo_storage::names::RoleId;
    use echo_storage::records::{Address, Kind};
    use echo_storage::{Query, Store};

    use super::*;
    use crate::engine::Engine;
    use crate::replay::replay;
    use crate::training::samples::company;

    fn post(person: &str, subject: &str, key: &str) -> Asked {
        let input = Input::Post {
            from: Party::Person(person.to_owned()),
            to: Address::Role(RoleId::new("clerk").unwrap()),
            kind: Kind::Notification,
            subject: subject.to_owned(),
            content: "{}".to_owned(),
            in_reply_to: None,
        };
        Asked { input, key: Some(key.to_owned()), code: None }
    }

    fn engine() -> (Engine, Arc<Store>) {
        let store = Arc::new(Store::in_memory(ClockKind::Virtual).unwrap());
        let clock = Arc::new(Clock::new(ClockKind::Virtual, VIRTUAL_EPOCH));
        let engine = Engine::new(Arc::new(company()), store.clone(), clock);
        engine.run(&[engine.configuration().unwrap().unwrap()], None).unwrap();
        (engine, store)
    }

    /// What became of it, in a word and the step.
    fn told(engine: &Engine, asked: &[Asked]) -> Vec<String> {
        let committed = engine.run_asked(asked, None).unwrap();
        let word = |outcome: &Outcome| match outcome {
            Outcome::Done(entry) => format!("done {}", entry.step),
            Outcome::Failed(entry) => format!("failed {}", entry.step),
            Outcome::Skipped(why) => (*why).to_owned(),
        };
        committed.outcomes.iter().map(word).collect()
    }

    #[test]
    fn the_same_under_the_same_key_is_done_once() {
        let (engine, store) = engine();
        let hello = post("ada", "Hello", "one");
        // Also within one batch.
        assert_eq!(told(&engine, &[hello.clone(), hello.clone()]), ["done 2", "done 2"]);
        assert_eq!(told(&engine, std::slice::from_ref(&hello)), ["done 2"]);
        // Another caller's key is another key, and another request needs another one.
        let others = [post("eve", "Hello", "one"), post("ada", "Bye", "one"), post("ada", "Bye", "two")];
        assert_eq!(told(&engine, &others), ["done 3", OTHER, "done 4"]);
        let state = store.snapshot().unwrap();
        assert_eq!((state.messages(None, 10).unwrap().len(), Head::of(&state).unwrap().step), (3, 4));
        let replayed = replay(&company(), &state, None).unwrap();
        assert_eq!((replayed.decided_again, replayed.head), (4, Head::of(&state).unwrap().hash));
    }

    #[test]
    fn what_failed_leaves_its_key_free() {
        let (engine, _) = engine();
        assert_eq!(told(&engine, &[post("ada", "", "one")]), ["failed 2"]);
        assert_eq!(
            told(&engine, &[post("ada", "", "one"), post("ada", "Hello", "one")]),
            ["failed 3", "done 4"]
        );
    }

    #[test]
    fn keys_are_words_of_those_who_ask() {
        let (engine, _) = engine();
        let long = "k".repeat(MAX_KEY_CHARS);
        let keys = [post("ada", "a", &long), post("ada", "b", &format!("{long}k")), post("ada", "c", "a\nb")];
        assert_eq!(told(&engine, &keys), ["done 2", NO_KEY, NO_KEY]);
        assert_eq!(told(&engine, &[post("ada", "d", "")]), [NO_KEY]);
        let nobodys = Asked { input: Input::TakeUp { away_ms: 1 }, key: Some("one".to_owned()), code: None };
        assert_eq!(told(&engine, &[nobodys]), [NOBODYS]);
    }
}
