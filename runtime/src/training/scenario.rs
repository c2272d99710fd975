//! Scenarios: what a training session plays, read from a YAML file that people write.
//!
//! What always holds: a [`Scenario`] that exists names only roles and decision types of this organisation, asks for
//! no negative amount and expects nothing that contradicts itself. Whoever wrote a file that is refused hears the
//! place, what is wrong there and what to do about it. A file that leaves out what the organisation wants to know
//! (description, impact, stakeholders) is not refused here: rejecting an incomplete decision is the organisation's
//! own lesson.
//!
//! The reading goes through three layers: `tree` makes values that know their place, `form` reads the fields from
//! them, `suggest` helps with misspelt words. `stored` is the JSON text under which a session keeps its scenario.

mod form;
mod stored;
mod suggest;
#[cfg(test)]
mod tests;
mod tree;

use echo_storage::names::{DecisionType, RoleId};
use echo_storage::records::Proposal;

use super::expectations::Expectations;

/// The longest name of a scenario, in characters.
const MAX_NAME_CHARS: usize = 64;
/// The longest title of a scenario, in characters.
const MAX_TITLE_CHARS: usize = 255;
/// The longest subject of a decision, in characters; as long as a message's.
const MAX_SUBJECT_CHARS: usize = 255;

/// Something for the organisation to decide, and what is expected to come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// The name by which it is called: lower-case letters, digits, `-` and `_`.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// What is to be decided.
    pub proposal: Proposal,
    /// What is expected to come of it.
    pub expect: Expectations,
}

/// Why a text is no scenario: where, what, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}:{line}:{column}: {problem}")]
pub struct ScenarioError {
    source_name: String,
    line: u64,
    column: u64,
    problem: String,
}

impl Scenario {
    /// The largest file that is read, in bytes.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Reads a scenario from the text of a YAML file.
    ///
    /// `source_name` is the file's name, for errors. The roles and decision types that may be named are
    /// `known_roles` and `known_types`.
    ///
    /// | field | wanted | form |
    /// |---|---|---|
    /// | `name`, `title`, `initiator` | yes | one line; one line; a role |
    /// | `decision.type`, `decision.subject` | yes | a decision type; one line |
    /// | `decision.mode` | no | a mode; `collaborative` where it is left out |
    /// | `decision.description`, `impact`, `timeline` | no | texts |
    /// | `decision.stakeholders`, `constraints`, `alternatives`, `dependencies`, `success_criteria` | no | lists of texts |
    /// | `decision.risks` | no | a list of texts or of `{risk, mitigation}` |
    /// | `decision.budget_usd` | no | dollars, with cents or without |
    /// | `decision.data`, `questions` | no | whole numbers by name; texts by topic |
    /// | `decision.not_concerned` | no | a list of roles |
    /// | `expect.participate`, `decline` | no | lists of roles |
    /// | `expect.quorum`, `status`, `decided_by`, `reason` | no | true or false; a status; `person` or a role; a text |
    /// | `expect.mode`, `path` | no | a mode; the roles that it goes through, from below |
    ///
    /// # Errors
    /// The first thing that is wrong with the text.
    pub fn parse(
        source_name: &str,
        yaml: &str,
        known_roles: &[RoleId],
        known_types: &[DecisionType],
    ) -> Result<Self, ScenarioError> {
        let source = tree::Source::new(source_name, yaml);
        let root = source.read()?;
        form::scenario(&source.root(&root), &form::Known { roles: known_roles, types: known_types })
    }

    /// The scenario as JSON text, nothing lost.
    pub fn to_json(&self) -> String {
        stored::to_json(self)
    }

    /// The scenario behind the text that [`Scenario::to_json`] gave.
    ///
    /// # Errors
    /// A text that is no stored scenario, with the place. Roles and types are not looked up again: what was played
    /// stays readable when the organisation has changed.
    pub fn from_json(json: &str) -> Result<Self, ScenarioError> {
        stored::from_json(json)
    }
}

impl ScenarioError {
    fn new(source_name: &str, line: u64, column: u64, problem: impl Into<String>) -> Self {
        // Lines and columns count from 1; a reader that does not know the place says 0.
        Self {
            source_name: source_name.to_owned(),
            line: line.max(1),
            column: column.max(1),
            problem: problem.into(),
        }
    }

    /// The line of the fault, from 1.
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// The column of the fault in characters, from 1.
    pub const fn column(&self) -> u64 {
        self.column
    }

    /// What is wrong and what to do about it, without the place.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
