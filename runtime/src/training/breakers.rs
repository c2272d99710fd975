//! News of breakers: what became of the breakers of agents from step to step, in words.
//!
//! What always holds: only what changed is news. An agent's record is written for other reasons too, so a breaker that is
//! seen for the first time and was opened before that step is none.

use std::collections::BTreeMap;

use echo_storage::names::RoleId;
use echo_storage::quantities::Timestamp;
use echo_storage::records::{Agent, Breaker, BreakerState};

/// Reads the records of agents, one after the other.
#[derive(Debug, Default)]
pub(super) struct BreakerNews {
    /// The agents that were seen, each with the state of its breaker, which is nothing while it is closed.
    seen: BTreeMap<RoleId, Option<BreakerState>>,
}

impl BreakerNews {
    /// What became of an agent's breaker in a step at this time, such as `works again: its breaker has closed`.
    pub(super) fn of(&mut self, agent: &Agent, now: Timestamp) -> Option<String> {
        let state = agent.breaker.as_ref().map(|breaker| breaker.state.clone());
        let before = self.seen.insert(agent.role.clone(), state.clone());
        match (&agent.breaker, before) {
            (None, Some(Some(_))) => Some("works again: its breaker has closed".to_owned()),
            (Some(breaker), None) if breaker.opened_at >= now => Some(in_words(breaker)),
            (Some(breaker), Some(before)) if before != state => Some(in_words(breaker)),
            _ => None,
        }
    }
}

fn in_words(breaker: &Breaker) -> String {
    let Breaker { state, reason, opened_at, .. } = breaker;
    match state {
        BreakerState::Open { until, .. } => {
            let pause = until.ms().saturating_sub(opened_at.ms()).div_ceil(1000);
            format!("pauses for {pause} s, its breaker is open: {reason}")
        }
        BreakerState::HalfOpen => "tries again after its pause".to_owned(),
        BreakerState::GivenUp => format!("is given up until an operator retries it: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use echo_storage::names::{Id, TimerId};

    #[test]
    fn only_what_a_step_changed_is_news() {
        let second = |second: u64| Timestamp::from_ms(second * 1000);
        let open = BreakerState::Open { until: second(35), timer: TimerId::from_number(1) };
        let agent = |state: Option<&BreakerState>| {
            let of = |state: &BreakerState| Breaker {
                state: state.clone(),
                trips: 1,
                reason: "no key".to_owned(),
                opened_at: second(5),
            };
            Agent { breaker: state.map(of), ..Agent::new(RoleId::new("clerk").unwrap()) }
        };
        let told = |steps: &[(u64, Option<&BreakerState>)]| -> Vec<String> {
            let mut news = BreakerNews::default();
            let told = steps.iter().map(|(at, state)| news.of(&agent(*state), second(*at)));
            told.map(|what| what.unwrap_or_else(|| "-".to_owned())).collect()
        };
        let pauses = "pauses for 30 s, its breaker is open: no key";
        let (tries, works) = ("tries again after its pause", "works again: its breaker has closed");
        let given_up = "is given up until an operator retries it: no key";
        let half = BreakerState::HalfOpen;
        let steps =
            [(4, None), (5, Some(&open)), (6, Some(&open)), (35, Some(&half)), (36, None), (37, None)];
        assert_eq!(told(&steps), ["-", pauses, "-", tries, works, "-"]);
        assert_eq!(told(&[(5, Some(&open))]), [pauses], "an agent that is seen for the first time");
        let earlier = [(6, Some(&open)), (7, Some(&open)), (35, Some(&half)), (36, None)];
        assert_eq!(told(&earlier), ["-", "-", tries, works], "it was open before");
        assert_eq!(told(&[(6, Some(&half)), (7, Some(&BreakerState::GivenUp))]), ["-", given_up]);
    }
}
