//! What follows: the rest of a cascade, from one batch to the next.
//!
//! What always holds: it is a hint. Everything in it is in the store as well, as unread mail or as a question that is out,
//! and what it says is looked up there before it becomes a step. A role is in it once; an agent that has become busy, or
//! whose step has failed, is left to its actor.

use std::collections::{BTreeSet, VecDeque};

use echo_storage::names::{RoleId, ThoughtId};
use echo_storage::records::Answer;
use echo_storage::{Batch, Input, Query, StoreError};

use super::{Committed, next_mail, obsolete};
use crate::mind::MindError;

/// How many steps may wait for their turn; further questions go to the pool. Roles are fewer than this.
const MAX_WAITING: usize = 4_096;

/// What follows at once from committed steps, in the order in which it was found.
#[derive(Debug, Default, Clone)]
pub struct Following {
    queue: VecDeque<(Next, usize)>,
    /// The roles in the queue, each of which is there once.
    roles: BTreeSet<RoleId>,
}

/// A step that follows.
#[derive(Debug, Clone)]
enum Next {
    /// The role takes its next message, if it has one when its turn comes.
    Mail(RoleId),
    /// A mind has answered.
    Answer(ThoughtId, Input),
}

impl Following {
    /// Whether nothing follows.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.queue.len() < MAX_WAITING
    }

    pub(super) fn take_mail(&mut self, role: RoleId, depth: usize) {
        if self.roles.insert(role.clone()) {
            self.queue.push_back((Next::Mail(role), depth));
        }
    }

    pub(super) fn answer(
        &mut self,
        thought: ThoughtId,
        mind: &str,
        answer: Result<Answer, MindError>,
        depth: usize,
    ) {
        let answer = answer.map_err(|error| error.to_string());
        let input = Input::Answer { thought, mind: mind.to_owned(), answer };
        self.queue.push_back((Next::Answer(thought, input), depth));
    }

    /// The next input, and how many steps lead to it. Roles that are not ready any more are left.
    pub(super) fn next(
        &mut self,
        batch: &Batch,
        ready: &dyn Fn(&RoleId) -> bool,
        committed: &mut Committed,
    ) -> Result<Option<(Input, usize)>, StoreError> {
        while let Some((next, depth)) = self.queue.pop_front() {
            match next {
                Next::Mail(role) => {
                    self.roles.remove(&role);
                    if committed.failed.contains(&role) || !ready(&role) {
                        committed.left.insert(role);
                        continue;
                    }
                    let Some(config) = batch.config()? else { continue };
                    if let Some(message) = next_mail(batch, &config, &role)? {
                        return Ok(Some((Input::Take { role, message }, depth)));
                    }
                }
                Next::Answer(_, input) => {
                    if obsolete(batch, &input)?.is_none() {
                        return Ok(Some((input, depth)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Leaves everything to the agents and the pool.
    pub(super) fn leave(self, committed: &mut Committed) {
        for (next, _) in self.queue {
            match next {
                Next::Mail(role) => drop(committed.left.insert(role)),
                Next::Answer(thought, _) => drop(committed.asked.insert(thought)),
            }
        }
    }
}

#[cfg(test)]
mod tests;
