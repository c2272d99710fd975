//! A mind that takes its time, so that people can watch.
//!
//! What always holds: it answers as the mind inside it does and is recorded under that mind's name; only later, if that
//! one is faster than the pace.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use echo_storage::records::Answer;

use super::{Asking, Mind, MindError, Question};

/// A mind each of whose answers takes at least so long.
pub struct Paced {
    inner: Arc<dyn Mind>,
    pace: Duration,
}

impl Paced {
    /// The mind at this pace.
    pub fn new(inner: Arc<dyn Mind>, pace: Duration) -> Self {
        Self { inner, pace }
    }

    fn later<'a>(&self, answer: impl Future<Output = Result<Answer, MindError>> + Send + 'a) -> Asking<'a> {
        let pace = self.pace;
        Asking::Later(Box::pin(async move {
            let (answer, ()) = tokio::join!(answer, tokio::time::sleep(pace));
            answer
        }))
    }
}

impl Mind for Paced {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn ask<'a>(&'a self, question: &'a Question) -> Asking<'a> {
        match self.inner.ask(question) {
            Asking::Now(answer) => self.later(std::future::ready(answer)),
            Asking::Later(answer) => self.later(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use echo_storage::clock::Stopwatch;
    use echo_storage::names::{DecisionId, Id};
    use echo_storage::records::{Context, Mode, Proposal, Tally};

    use super::*;
    use crate::mind::{Brief, RulesMind};

    #[test]
    fn an_answer_is_the_same_and_takes_its_time() {
        const PACE: Duration = Duration::from_millis(30);
        let context = Context::default();
        let proposal = Proposal {
            initiator: "clerk".parse().unwrap(),
            kind: "purchases".parse().unwrap(),
            mode: Mode::Collaborative,
            matters: Vec::new(),
            opinion: None,
            subject: "A desk".to_owned(),
            context,
        };
        let tally = Tally {
            approve: 2,
            reject: 0,
            abstain: 0,
            participants: 2,
            quorum: true,
            consensus: None,
            weighted: None,
            recommended: true,
            rejected: false,
        };
        let brief = Brief { decision: DecisionId::from_number(1), proposal: Arc::new(proposal) };
        let question = Question::Synthesis { brief, tally, ballots: Vec::new() };
        let Asking::Now(expected) = RulesMind.ask(&question) else { panic!("rules answer at once") };
        let check = |mind: &Paced, least: Duration| {
            assert_eq!(mind.name(), RulesMind.name());
            let Asking::Later(answer) = mind.ask(&question) else { panic!("it takes its time") };
            let stopwatch = Stopwatch::new();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            assert_eq!(runtime.block_on(answer), expected);
            assert!(stopwatch.elapsed() >= least);
        };
        let paced = Paced::new(Arc::new(RulesMind), PACE);
        check(&paced, PACE);
        // Two paces run side by side: the slower one counts.
        check(&Paced::new(Arc::new(paced), Duration::ZERO), PACE);
    }
}
