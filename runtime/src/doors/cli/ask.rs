//! A question of one's own: the scenario that `train --ask` makes of its flags.
//!
//! What always holds: what is not given is either left out or taken from what is given, and the latter is said.

use echo_storage::names::{DecisionType, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::records::{Context, Mode, Proposal, Risk};

use super::Failed;
use crate::organisation::Organisation;
use crate::training::{Expectations, Scenario};
use crate::turn::MAX_SUBJECT_CHARS;

/// The decision type of a question, where the organisation knows it; its first type otherwise.
const DEFAULT_TYPE: &str = "company_direction";

/// The longest question that is asked on the command line, in characters.
const MAX_QUESTION_CHARS: usize = 4_000;

/// A question and what belongs to it.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Options of a question")]
pub(super) struct Question {
    /// Have this question decided instead of playing a scenario
    #[arg(long, value_name = "QUESTION", conflicts_with = "scenario")]
    pub(super) ask: Option<String>,
    /// Who asks: a role [default: the organisation's first]
    #[arg(long, value_name = "ROLE", requires = "ask")]
    pub(super) initiator: Option<String>,
    /// What it costs, in US dollars, such as 1200 or 1200.50
    // A sign is taken for a value, so that a negative amount is refused as what it is.
    #[arg(long, value_name = "USD", requires = "ask", value_parser = Usd::parse, allow_hyphen_values = true)]
    pub(super) budget: Option<Usd>,
    /// In which authority it falls [default: `company_direction`, or the organisation's first]
    #[arg(long = "type", value_name = "TYPE", requires = "ask")]
    pub(super) kind: Option<String>,
    /// What depends on it [default: the question itself]
    #[arg(long, value_name = "TEXT", requires = "ask")]
    pub(super) impact: Option<String>,
    /// Whom it concerns; may be repeated [default: who asks]
    #[arg(long = "stakeholder", value_name = "TEXT", requires = "ask")]
    pub(super) stakeholders: Vec<String>,
    /// How long it takes, such as "18 months"
    #[arg(long, value_name = "TEXT", requires = "ask")]
    pub(super) timeline: Option<String>,
    /// What may go wrong; may be repeated
    #[arg(long = "risk", value_name = "TEXT", requires = "ask")]
    pub(super) risks: Vec<String>,
}

/// A question as a scenario, and what must be said about it.
pub(super) struct Asked {
    pub(super) scenario: Scenario,
    pub(super) notes: Vec<String>,
}

impl Question {
    /// The scenario of `question`, in which nothing is expected.
    pub(super) fn scenario(self, question: &str, organisation: &Organisation) -> Result<Asked, Failed> {
        let words = question.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.is_empty() {
            return Err(Failed::Usage("--ask: the question is empty".to_owned()));
        }
        let initiator = self.initiator(organisation)?;
        let kind = self.kind(organisation)?;
        let mut notes = Vec::new();
        let impact = self.impact.unwrap_or_else(|| {
            notes.push("no --impact was given: the question itself is taken as the impact".to_owned());
            question.to_owned()
        });
        let mut stakeholders = self.stakeholders;
        if stakeholders.is_empty() {
            notes.push(format!(
                "no --stakeholder was given: {initiator}, who asks, is taken as the stakeholder"
            ));
            stakeholders.push(initiator.to_string());
        }
        let empty = |text: &String| text.trim().is_empty();
        if self.risks.iter().any(empty) || self.timeline.as_ref().is_some_and(empty) {
            return Err(Failed::Usage(
                "--risk and --timeline: an empty one says nothing; leave it out".to_owned(),
            ));
        }
        if question.chars().count() > MAX_QUESTION_CHARS {
            return Err(Failed::Usage(format!(
                "--ask: the question may have {MAX_QUESTION_CHARS} characters; what is longer belongs into a scenario file"
            )));
        }
        let risks = self.risks.into_iter().map(|risk| Risk { risk, mitigation: None });
        let context = Context {
            description: question.to_owned(),
            impact,
            stakeholders,
            budget: self.budget,
            timeline: self.timeline.unwrap_or_default(),
            risks: risks.collect(),
            ..Context::default()
        };
        let subject: String = words.chars().take(MAX_SUBJECT_CHARS).collect();
        let scenario = Scenario {
            name: "ask".to_owned(),
            title: subject.clone(),
            proposal: Proposal {
                initiator,
                kind,
                mode: Mode::Collaborative,
                subject,
                context,
                matters: Vec::new(),
                opinion: None,
            },
            expect: Expectations::default(),
        };
        Ok(Asked { scenario, notes })
    }

    fn initiator(&self, organisation: &Organisation) -> Result<RoleId, Failed> {
        let known = organisation.role_ids();
        let found = match &self.initiator {
            Some(name) => known.iter().find(|role| role.as_str() == name),
            None => known.first(),
        };
        found.cloned().ok_or_else(|| {
            let name = self.initiator.as_deref().unwrap_or_default();
            unknown("--initiator", "role", name, known.iter().map(RoleId::as_str))
        })
    }

    fn kind(&self, organisation: &Organisation) -> Result<DecisionType, Failed> {
        let known = organisation.decision_types();
        let find = |name: &str| known.iter().find(|kind| kind.as_str() == name);
        let found = match &self.kind {
            Some(name) => find(name),
            None => find(DEFAULT_TYPE).or_else(|| known.first()),
        };
        found.cloned().ok_or_else(|| {
            let name = self.kind.as_deref().unwrap_or(DEFAULT_TYPE);
            unknown("--type", "type", name, known.iter().map(DecisionType::as_str))
        })
    }
}

pub(super) fn unknown<'a>(
    flag: &str,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Failed {
    let known: Vec<&str> = known.collect();
    Failed::Usage(format!("{flag}: there is no {what} `{name}`; the {what}s are {}", known.join(", ")))
}
