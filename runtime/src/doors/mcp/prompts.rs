//! Prompts: how a model is put in the picture. A briefing for each role, and one for each scenario that comes with the
//! program.
//!
//! What always holds: a briefing says what the command line says of the role at that moment; a scenario is given as it is
//! shipped.

use std::fmt::Write;

use echo_storage::names::RoleId;
use rmcp::ErrorData;
use rmcp::model::{GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role};

use super::catalogue::title;
use super::door::Door;
use super::server::{Server, quoted};

/// The prompt that briefs a role.
const BRIEFING: &str = "briefing";
/// Its argument, at a door of every role.
pub(super) const ROLE: &str = "role";
/// What stands before a scenario's name.
const SCENARIO: &str = "scenario-";

/// The commands whose words make up a briefing; `{role}` stands for the role.
const TOLD: [(&str, &[&str]); 3] = [
    ("You and your authority", &["agents", "{role}"]),
    ("Your unread mail", &["messages", "{role}", "--unread"]),
    ("The latest decisions", &["decisions", "--limit", "5"]),
];

impl Server {
    /// The prompts at this door.
    pub(super) fn prompts(&self) -> Vec<Prompt> {
        let (arguments, about) = match self.door() {
            Door::Person | Door::Delegator => return Vec::new(),
            Door::Role(role) => {
                (None, format!("Who the {role} is, what it may decide, its mail and the latest decisions"))
            }
            Door::Everyone => {
                let role =
                    PromptArgument::new(ROLE).with_description("The role to be briefed").with_required(true);
                let about = "Who a role is, what it may decide, its mail and the latest decisions".to_owned();
                (Some(vec![role]), about)
            }
        };
        let briefing = Prompt::new(BRIEFING, Some(about), arguments).with_title("Briefing");
        let scenarios = self.desk().organisation().scenarios().iter().map(|scenario| {
            let about =
                format!("Have the organisation decide the scenario `{}` through its tools", scenario.name);
            Prompt::new(format!("{SCENARIO}{}", scenario.name), Some(about), None)
                .with_title(title(&scenario.name.replace('-', " ")))
        });
        std::iter::once(briefing).chain(scenarios).collect()
    }

    /// A prompt, filled in.
    pub(super) async fn prompt(&self, request: GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
        let known = self.prompts();
        if !known.iter().any(|prompt| prompt.name == request.name) {
            let names: Vec<&str> = known.iter().map(|prompt| prompt.name.as_str()).collect();
            let name = quoted(&request.name);
            let why = format!("there is no prompt `{name}`; there are: {}", names.join(", "));
            return Err(ErrorData::invalid_params(why, None));
        }
        let text = if let Some(name) = request.name.strip_prefix(SCENARIO) {
            self.scenario(name)?
        } else {
            let role = self.briefed(&request)?;
            self.briefing(&role).await?
        };
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]))
    }

    /// Whom a briefing is for.
    fn briefed(&self, request: &GetPromptRequestParams) -> Result<RoleId, ErrorData> {
        if let Door::Role(role) = self.door() {
            return Ok(role.clone());
        }
        let roles = self.desk().organisation().role_ids();
        let named = request.arguments.as_ref().and_then(|arguments| arguments.get(ROLE));
        let named = named.and_then(serde_json::Value::as_str).unwrap_or_default();
        roles.iter().find(|role| role.as_str() == named).cloned().ok_or_else(|| {
            let all: Vec<&str> = roles.iter().map(RoleId::as_str).collect();
            ErrorData::invalid_params(format!("{ROLE}: one of {}", all.join(", ")), None)
        })
    }

    async fn briefing(&self, role: &RoleId) -> Result<String, ErrorData> {
        let mut text = format!(
            "You act as the {role}. Decide within your authority, escalate what is beyond it, and say on which facts a verdict \
             rests. Call tools for everything that is to happen; what you only say happens to nobody.\n"
        );
        for (heading, command) in TOLD {
            let command = command.iter().map(|word| word.replace("{role}", role.as_str()));
            // What is not there yet is said so in the same words.
            let told = self.told(command.collect()).await?.unwrap_or_else(|why| why);
            // Writing to a text cannot fail.
            let _ = writeln!(text, "\n## {heading}\n\n{}", told.trim_end());
        }
        Ok(text)
    }

    fn scenario(&self, name: &str) -> Result<String, ErrorData> {
        let shipped = self.desk().organisation().scenarios();
        let scenario = shipped.iter().find(|scenario| scenario.name == name);
        let scenario = scenario.ok_or_else(|| ErrorData::internal_error("the scenario has gone", None))?;
        let who = match self.door() {
            Door::Role(role) => format!("as the {role}, with what of it is yours to do"),
            Door::Everyone | Door::Person | Door::Delegator => "with the tools of its initiator".to_owned(),
        };
        Ok(format!(
            "Have the organisation decide this scenario, {who}: put it forward with every field of its context that is given \
             below, follow how it goes on with `decision_status`, and report the outcome, who decided it and why. What `expect` \
             says is for comparing afterwards, not for anybody's arguments.\n\n```yaml\n{}\n```\n",
            scenario.yaml.trim_end()
        ))
    }
}
