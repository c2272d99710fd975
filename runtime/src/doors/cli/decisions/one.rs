//! One decision in full: what is asked, who takes part and how they voted, what was counted, and what it waits for.
//!
//! What always holds: what was not given is not shown, and a round of which there are no ballots has none.

use std::sync::Arc;

use echo_storage::Query;
use echo_storage::names::{DecisionId, DecisionType, RoleId, SessionId};
use echo_storage::quantities::Usd;
use echo_storage::records::{Context, Decision, Mode, Participation, Risk, Stance, Status, Vote};
use serde::Serialize;

use super::find;
use crate::doors::cli::look::Look;
use crate::doors::cli::names::word;
use crate::doors::cli::parts::{
    self, AbsencePart, BallotPart, CountPart, QuestionPart, StepPart, WaitingPart,
};
use crate::doors::cli::{End, Failed, Invocation};
use crate::text_page::TextPage;

/// A decision in full.
#[derive(Serialize)]
struct Full {
    decision: DecisionId,
    status: Status,
    #[serde(rename = "type")]
    kind: DecisionType,
    mode: Mode,
    subject: String,
    initiator: RoleId,
    amount_usd: Usd,
    context: Context,
    session: Option<SessionId>,
    lead: Option<RoleId>,
    /// Those who said whether they take part, sorted by role.
    participants: Vec<ParticipantPart>,
    ballots: Vec<BallotPart>,
    clarifications: Vec<QuestionPart>,
    tally: Option<CountPart>,
    synthesis: Option<String>,
    absences: Vec<AbsencePart>,
    path: Vec<StepPart>,
    decided_by: Option<String>,
    waits_for: Option<WaitingPart>,
    opened_at: String,
    closed_at: Option<String>,
}

/// Whether a role takes part, and how it voted.
#[derive(Serialize)]
struct ParticipantPart {
    role: RoleId,
    stance: Stance,
    reason: String,
    votes: Vec<VotePart>,
}

/// A vote in a round.
#[derive(Serialize)]
struct VotePart {
    round: u32,
    vote: Vote,
    confidence: f64,
}

/// Shows a decision.
pub(super) fn show(invocation: &mut Invocation<'_, '_>, id: DecisionId) -> Result<End, Failed> {
    let look = Look::open(invocation)?;
    let full = full(&look, find(&look, id)?)?;
    if invocation.json {
        invocation.output.json(&full);
        return Ok(End::Well);
    }
    let waits = full.waits_for.iter().flat_map(|waits| waits.commands(id));
    let mut next: Vec<String> = waits.filter(|command| !command.starts_with("decisions")).collect();
    next.push(format!("why {id}"));
    let next: Vec<String> = next.iter().map(|command| look.place.command(command)).collect();
    invocation.output.text(&text(&full, &next));
    Ok(End::Well)
}

fn full(look: &Look, decision: Decision) -> Result<Full, Failed> {
    let state = &look.snapshot;
    let asked: Vec<RoleId> = look.config.roles.iter().map(|role| role.id.clone()).collect();
    let ballots = parts::ballots(state, &decision).map_err(Failed::because)?;
    let rows = state.participations(decision.id).map_err(Failed::because)?;
    let proposal = Arc::unwrap_or_clone(decision.proposal.clone());
    Ok(Full {
        participants: rows.into_iter().map(|row| participant(row, &ballots)).collect(),
        clarifications: parts::questions(state, &decision).map_err(Failed::because)?,
        waits_for: parts::waiting(state, &asked, &decision).map_err(Failed::because)?,
        ballots,
        decision: decision.id,
        status: decision.status,
        amount_usd: decision.amount(),
        session: decision.session,
        lead: decision.lead,
        tally: decision.tally.as_ref().map(CountPart::from),
        synthesis: decision.synthesis,
        absences: decision.absences.iter().map(AbsencePart::from).collect(),
        path: decision.path.iter().map(StepPart::from).collect(),
        decided_by: decision.decided_by.map(|by| by.to_string()),
        opened_at: decision.opened_at.to_string(),
        closed_at: decision.closed_at.map(|at| at.to_string()),
        kind: proposal.kind,
        mode: proposal.mode,
        subject: proposal.subject,
        initiator: proposal.initiator,
        context: proposal.context,
    })
}

fn participant(row: Participation, ballots: &[BallotPart]) -> ParticipantPart {
    let own = ballots.iter().filter(|ballot| ballot.role == row.role);
    let vote = |ballot: &BallotPart| VotePart {
        round: ballot.round,
        vote: ballot.vote,
        confidence: ballot.confidence,
    };
    ParticipantPart { votes: own.map(vote).collect(), role: row.role, stance: row.stance, reason: row.reason }
}

fn text(full: &Full, next: &[String]) -> String {
    let mut page = TextPage::default();
    page.hanging(&format!("{}  ", full.decision), &full.subject);
    let by = full.decided_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    let closed = full.closed_at.as_ref().map(|at| format!(", decided {at}")).unwrap_or_default();
    let session = full.session.map(|session| format!(", {session}")).unwrap_or_default();
    page.heading("STANDS");
    page.named(&[
        ("status", format!("{}{by}", word(&full.status))),
        ("asked by", full.initiator.to_string()),
        ("type", format!("{}, {}{session}", full.kind, word(&full.mode))),
        ("amount", full.amount_usd.to_string()),
        ("times", format!("opened {}{closed}", full.opened_at)),
    ]);
    write_context(&mut page, &full.context);
    if !full.participants.is_empty() {
        page.heading("WHO TAKES PART");
        write_participants(&mut page, full);
    }
    if !full.clarifications.is_empty() {
        page.heading("ASKED AND ANSWERED");
        parts::write_questions(&mut page, &full.clarifications);
    }
    if let Some(tally) = &full.tally {
        page.heading("COUNT");
        page.indented(&tally.words);
        page.indented(full.synthesis.as_deref().unwrap_or("synthesis: missing"));
    }
    page.heading("PATH");
    parts::write_path(&mut page, &full.path);
    if !full.absences.is_empty() {
        page.heading("ABSENT");
        for AbsencePart { role, round, reason } in &full.absences {
            page.hanging(&format!("  {role}  round {round}  "), reason);
        }
    }
    if let Some(waits) = &full.waits_for {
        page.heading("WAITS FOR");
        page.indented(&waits.in_words());
    }
    page.next(next);
    page.into_text()
}

fn write_participants(page: &mut TextPage, full: &Full) {
    let width = full.participants.iter().map(|one| one.role.as_str().len()).max().unwrap_or_default();
    for one in &full.participants {
        let is_lead = full.lead.as_ref() == Some(&one.role);
        let stance = if is_lead { "leads" } else { parts::stance_in_words(one.stance) };
        let head = format!("  {:<width$}  {stance:<8}  ", one.role.as_str());
        page.hanging(&head, &one.reason);
        for VotePart { round, vote, confidence } in &one.votes {
            let vote = format!("{}, confidence {confidence:.3}", word(vote));
            page.hanging(&format!("{}round {round}: ", " ".repeat(width + 14)), &vote);
        }
    }
}

fn write_context(page: &mut TextPage, context: &Context) {
    let Context { description, impact, stakeholders, budget, timeline, risks, .. } = context;
    let list = |texts: &[String]| texts.join("; ");
    let risk = |risk: &Risk| match &risk.mitigation {
        Some(answer) => format!("{} (answer: {answer})", risk.risk),
        None => format!("{} (no answer)", risk.risk),
    };
    let risks: Vec<String> = risks.iter().map(risk).collect();
    let data: Vec<String> = context.data.iter().map(|(name, figure)| format!("{name} {figure}")).collect();
    let questions: Vec<String> =
        context.questions.iter().map(|(topic, question)| format!("{topic}: {question}")).collect();
    let told: Vec<String> = context.not_concerned.iter().map(ToString::to_string).collect();
    let rows = [
        ("description", description.clone()),
        ("impact", impact.clone()),
        ("stakeholders", list(stakeholders)),
        ("budget", budget.map(|budget| budget.to_string()).unwrap_or_default()),
        ("timeline", timeline.clone()),
        ("risks", list(&risks)),
        ("alternatives", list(&context.alternatives)),
        ("dependencies", list(&context.dependencies)),
        ("success criteria", list(&context.success_criteria)),
        ("data", list(&data)),
        ("constraints", list(&context.constraints)),
        ("questions", list(&questions)),
        ("not concerned", list(&told)),
    ];
    let given: Vec<(&str, String)> = rows.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect();
    page.heading("WHAT IS ASKED");
    if given.is_empty() {
        page.indented("nothing but its subject");
    }
    page.named(&given);
}
