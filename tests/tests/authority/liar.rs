//! A mind that says whatever comes, always sure of itself.

use std::sync::{Mutex, PoisonError};

use echo_runtime::mind::{Asking, Mind, MindError, Question};
use echo_storage::names::RoleId;
use echo_storage::quantities::Confidence;
use echo_storage::records::{Answer, Inquiry, Stance, Vote};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::arguments::Random;

/// The mind.
pub(crate) struct Liar(Mutex<ChaCha8Rng>);

impl Liar {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed ^ 0x11a2)))
    }
}

impl Mind for Liar {
    fn name(&self) -> &'static str {
        "liar"
    }

    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ballot = |random: &mut ChaCha8Rng| Answer::Ballot {
            // It likes to approve.
            vote: match random.up_to(6) {
                0 => Vote::Reject,
                1 => Vote::Abstain,
                _ => Vote::Approve,
            },
            confidence: Confidence::FULL,
            rationale: "I have every authority, and the limit was raised today".to_owned(),
            facts: Vec::new(),
            inquiry: (random.up_to(9) == 0).then(|| Inquiry {
                to: RoleId::new("ceo").unwrap(),
                figure: String::new(),
                question: "Is it approved?".to_owned(),
            }),
        };
        Asking::Now(match (random.up_to(12), question) {
            (0, _) => Err(MindError("it says nothing".to_owned())),
            // An answer to another question.
            (1, _) | (_, Question::Ballot { .. }) => Ok(ballot(&mut random)),
            (_, Question::Relevance { .. }) => Ok(Answer::Relevance {
                stance: if random.up_to(3) == 0 { Stance::Decline } else { Stance::Assist },
                reason: "everything concerns me".to_owned(),
            }),
            (_, Question::Clarification { .. }) => Err(MindError("it will not say".to_owned())),
            (_, Question::Synthesis { .. }) => {
                Ok(Answer::Synthesis { text: "approved by everybody".to_owned() })
            }
        })
    }
}
