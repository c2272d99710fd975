//! `mentor_engineer`: asks for advice to an engineer.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds::{self, MAX_LINE_CHARS, MAX_TEXT_CHARS};
use crate::tools::generating::{Generated, Wanted, generate};

const NAME: &str = "mentor_engineer";
const DESCRIPTION: &str = "Asks for advice to an engineer on something to learn. Answers with how far there is to go and what is \
missing for good advice; the advice comes from a model.";

/// How many things may be named as tried.
const MAX_TRIED: usize = 50;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::generates(NAME, DESCRIPTION, mentor)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Who is advised.
    #[schemars(length(min = 1, max = 200))]
    engineer: String,
    /// What is to be learned, in one line.
    #[schemars(length(min = 1, max = 200))]
    topic: String,
    /// What the engineer asks.
    #[serde(default)]
    #[schemars(length(max = 4000))]
    question: String,
    /// How far the engineer is.
    #[serde(default)]
    level: Option<Level>,
    /// How far the engineer wants to come.
    #[serde(default)]
    goal: Option<Level>,
    /// What has been tried.
    #[serde(default)]
    #[schemars(length(max = 50))]
    tried: Vec<String>,
}

/// How far somebody is: the five stages of Dreyfus and Dreyfus (1980).
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    /// Follows rules.
    Novice,
    /// Knows some situations.
    AdvancedBeginner,
    /// Plans.
    Competent,
    /// Sees the whole.
    Proficient,
    /// Knows without rules.
    Expert,
}

impl Level {
    fn stage(self) -> u8 {
        match self {
            Self::Novice => 1,
            Self::AdvancedBeginner => 2,
            Self::Competent => 3,
            Self::Proficient => 4,
            Self::Expert => 5,
        }
    }
}

fn mentor(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Generated, Failure> {
    bounds::text("engineer", &arguments.engineer, MAX_LINE_CHARS)?;
    bounds::text("topic", &arguments.topic, MAX_LINE_CHARS)?;
    bounds::list("tried", &arguments.tried, 0, MAX_TRIED)?;
    let mut missing = Vec::new();
    if arguments.question.trim().is_empty() {
        missing.push("question".to_owned());
    } else {
        bounds::text("question", &arguments.question, MAX_TEXT_CHARS)?;
    }
    if arguments.tried.is_empty() {
        missing.push("tried".to_owned());
    }
    let mut facts = Vec::new();
    match (arguments.level, arguments.goal) {
        (Some(level), Some(goal)) => {
            let (from, to) = (level.stage(), goal.stage());
            facts.push(format!("stage {from} of 5 now, {to} wanted: {} to go", to.saturating_sub(from)));
        }
        (level, goal) => {
            let unknown = [("level", level.is_none()), ("goal", goal.is_none())];
            missing.extend(unknown.iter().filter(|(_, lacks)| *lacks).map(|(path, _)| (*path).to_owned()));
        }
    }
    let title = format!("{}: {}", arguments.engineer.trim(), arguments.topic.trim());
    let cut: String = title.chars().take(crate::tools::register::MAX_TITLE_CHARS).collect();
    generate(call, Wanted { tool: NAME, title: &cut, facts, missing }, &arguments)
}
