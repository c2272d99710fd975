//! `send_clarification`: answers what another role asked about a decision, or tells it something about one.
//!
//! What always holds: a question that is open is answered through the same function as by the role's mind; a message
//! otherwise goes only to those whom the decision concerns, its initiator and its participants.

use std::fmt;

use echo_runtime::decisions;
use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, Outgoing, refuse};
use echo_storage::names::{DecisionId, RoleId};
use echo_storage::records::{Address, Kind, Party};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{self, MAX_TEXT_CHARS};
use super::forms;

const NAME: &str = "send_clarification";
const DESCRIPTION: &str = "Answers the question that another role asked you about a decision between two rounds. Where none is \
open, the text goes to the decision's initiator, or to the participant that you name, as a message about it.";

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, clarify)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// About which decision, such as `dec-7`.
    decision: DecisionId,
    /// What is to be known.
    #[schemars(length(min = 1, max = 4000))]
    text: String,
    /// The figure that was asked for, if one was.
    #[serde(default)]
    figure: Option<u64>,
    /// Whom to answer; whoever asked first unless said, or else the initiator.
    #[serde(default)]
    to: Option<RoleId>,
}

#[derive(Serialize, JsonSchema)]
struct Clarified {
    /// About which decision.
    decision: DecisionId,
    /// Who is told.
    to: RoleId,
    /// Whether it answers a question that was open.
    answers: bool,
    /// What the decision waits for, in words.
    phase: String,
}

impl fmt::Display for Clarified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = if self.answers { "is answered" } else { "is told; no question of theirs was open" };
        write!(f, "{} {told}; {}: {}", self.to, self.decision, self.phase)
    }
}

fn clarify(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Clarified, Failure> {
    let Arguments { decision: id, text, figure, to } = arguments;
    bounds::text("text", &text, MAX_TEXT_CHARS)?;
    forms::decision(call.turn.state(), id)?;
    let caller = call.caller.clone();
    let answered = decisions::clarify(call.turn, &caller, id, to.as_ref(), text.clone(), figure)?;
    let answers = answered.is_some();
    let to = match answered {
        Some(asker) => asker,
        None => tell(call, id, to, &text, figure)?,
    };
    let decision = forms::decision(call.turn.state(), id)?;
    Ok(Clarified { decision: id, to, answers, phase: forms::phase(&decision.phase) })
}

/// Tells the initiator or a participant; gives whom.
fn tell(
    call: &mut Call<'_, '_, '_>,
    id: DecisionId,
    to: Option<RoleId>,
    text: &str,
    figure: Option<u64>,
) -> Result<RoleId, Failure> {
    let decision = forms::decision(call.turn.state(), id)?;
    let initiator = decision.proposal.initiator.clone();
    let to = to.unwrap_or_else(|| initiator.clone());
    if to == call.caller {
        return refuse(format!("to: that is you; name another whom {id} concerns"));
    }
    if to != initiator && !decision.participants.contains(&to) {
        return refuse(format!(
            "to: {id} does not concern {to}; name its initiator, {initiator}, or a participant"
        ));
    }
    call.turn.send(Outgoing {
        from: Party::Role(call.caller.clone()),
        to: Address::Role(to.clone()),
        kind: Kind::Notification,
        subject: format!("About {id}: {}", text.trim()),
        content: serde_json::json!({ "decision": id, "clarification": text, "figure": figure }),
        about: Some(decision.proposal.kind.clone()),
        deadline: None,
        in_reply_to: None,
    })?;
    Ok(to)
}
