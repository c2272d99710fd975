//! Minds: they answer a typed question with a typed answer or a reason why there is none.
//!
//! What always holds: a mind is asked outside of any step, its answer enters as an input, and a replay never asks.
//! A mind sees the question and nothing else; what it says is a vote or an opinion, never authority.

mod paced;
mod question;
mod rules;

pub use paced::Paced;
pub use question::{Brief, KnownFigure, Question, Standing};
pub use rules::{RulesMind, confidence};

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use echo_storage::records::Answer;

/// Why a mind gave no answer; it ends up in the rationale of an abstention.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MindError(pub String);

/// What asking a mind gives: the answer at once, or one to wait for.
pub enum Asking<'a> {
    /// The mind is a pure function of the question.
    Now(Result<Answer, MindError>),
    /// The mind is somewhere else; the wait is bounded by whoever asks.
    Later(Pin<Box<dyn Future<Output = Result<Answer, MindError>> + Send + 'a>>),
}

/// Something that answers questions.
pub trait Mind: Send + Sync {
    /// The name under which its answers are recorded.
    fn name(&self) -> &str;

    /// Asks it.
    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a>;
}

/// Asks a mind; one that panics while it is asked has given no answer.
pub(crate) fn ask<'a>(mind: &'a dyn Mind, question: &'a Question) -> Asking<'a> {
    catch_unwind(AssertUnwindSafe(|| mind.ask(question)))
        .unwrap_or_else(|_| Asking::Now(Err(MindError("the mind panicked".to_owned()))))
}
