//! `approvals`: lists what waits for a person, with the codes by which it is answered.
//!
//! What always holds: listing changes nothing, and makes no store. This is the only list that tells a code, so whoever
//! answers has been shown the question; the oldest comes first, and nothing that waits is hidden by what does not.

use echo_storage::codes;
use echo_storage::names::{ApprovalId, DecisionId, DecisionType, RoleId};
use echo_storage::quantities::{Timestamp, Usd};
use echo_storage::query::MAX_ROWS;
use echo_storage::{Query, State, StoreError};
use serde::Serialize;

use super::look::Look;
use super::{End, Failed, Invocation};
use crate::text_page::TextPage;
use crate::wording::counted;

pub(super) const EXAMPLES: &str = "\
Examples:
  echo-org approvals
  echo-org approvals --limit 100 --after apr-20
  echo-org approvals --json

Each question stands there with the commands that answer it, to be copied: they carry its code, which
stands nowhere else. A question that nobody answers in time is rejected.";

/// How many are listed unless told otherwise; the help says the same.
const DEFAULT_LIMIT: u16 = 20;

/// What `approvals` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How many to list, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LIMIT,
        value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// List what was asked after this one
    #[arg(long, value_name = "ID")]
    after: Option<ApprovalId>,
}

/// What waits, oldest first.
#[derive(Serialize)]
struct List {
    approvals: Vec<Waiting>,
    /// How many wait in all.
    waiting: usize,
    /// The last one of the list, where there are more behind it.
    next: Option<ApprovalId>,
}

/// A question that waits for a person, with its code.
#[derive(Serialize)]
struct Waiting {
    approval: ApprovalId,
    /// What an answer must carry; null in a store that nobody has opened for writing since there are codes.
    code: Option<String>,
    #[serde(flatten)]
    question: Question,
}

/// A question that waits for a person, as every door may tell it.
#[derive(Debug, Serialize)]
pub(in crate::doors) struct Question {
    decision: DecisionId,
    #[serde(rename = "type")]
    pub(in crate::doors) kind: DecisionType,
    pub(in crate::doors) subject: String,
    pub(in crate::doors) amount_usd: Usd,
    pub(in crate::doors) initiator: RoleId,
    recommended: Option<bool>,
    /// Why a person is asked.
    pub(in crate::doors) why: String,
    asked_at: String,
    waits_ms: u64,
    /// How often people were reminded of it.
    reminded: u32,
    next_reminder_at: Option<String>,
    /// From when on it counts as rejected.
    until_at: Option<String>,
}

/// Lists.
pub(super) fn run(invocation: &mut Invocation<'_, '_>, arguments: &Arguments) -> Result<End, Failed> {
    let look = Look::open(invocation)?;
    let list = list(&look, arguments).map_err(Failed::because)?;
    if invocation.json {
        invocation.output.json(&list);
        return Ok(End::Well);
    }
    if list.approvals.is_empty() {
        invocation.output.text(match list.waiting {
            0 => "nothing waits for a person",
            _ => "nothing that was asked after that waits for a person",
        });
        return Ok(End::Well);
    }
    let mut page = TextPage::default();
    for one in &list.approvals {
        write(&mut page, one, &look);
    }
    if let Some(next) = list.next {
        page.line(&format!("{} wait; the next ones: {}", list.waiting, more(&look, arguments, next)));
    }
    invocation.output.text(&page.into_text());
    Ok(End::Well)
}

fn more(look: &Look, arguments: &Arguments, next: ApprovalId) -> String {
    let limit = arguments.limit;
    let limit = if limit == DEFAULT_LIMIT { String::new() } else { format!(" --limit {limit}") };
    look.place.command(&format!("approvals{limit} --after {next}"))
}

fn write(page: &mut TextPage, one: &Waiting, look: &Look) {
    let Waiting { approval, code, question } = one;
    let Question { decision, subject, kind, amount_usd, initiator, asked_at, .. } = question;
    let votes = match question.recommended {
        Some(true) => "the votes recommend it",
        Some(false) => "the votes do not carry it",
        None => "nobody has voted on it",
    };
    page.hanging(&format!("{approval}  {decision}  "), subject);
    page.indented(&format!("{kind}, {amount_usd}, asked by {initiator} at {asked_at}; {votes}"));
    page.indented(&format!("why a person: {}", question.why));
    let until = match &question.until_at {
        Some(until) => format!("rejected if nobody answers until {until}"),
        None => "waits until somebody answers".to_owned(),
    };
    let reminded = match question.reminded {
        0 => String::new(),
        times => format!(", {} sent", counted(usize::try_from(times).unwrap_or(usize::MAX), "reminder")),
    };
    page.indented(&format!("waits {}{reminded}; {until}", duration(question.waits_ms)));
    match code {
        Some(code) => {
            page.line(&format!("  {}", look.place.command(&format!("approve {approval} {code}"))));
            page.line(&format!(
                "  {}",
                look.place.command(&format!("reject {approval} {code} --note \"why\""))
            ));
        }
        None => {
            page.indented("it has no code until a command that acts has opened the store, such as `serve`");
        }
    }
    page.gap();
}

/// How long something takes, in its two largest units.
fn duration(ms: u64) -> String {
    let minutes = ms / 60_000;
    let (days, hours) = (minutes / 1_440, minutes / 60 % 24);
    match (days, hours) {
        (0, 0) if minutes == 0 => "less than a minute".to_owned(),
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {hours} h"),
    }
}

fn list(look: &Look, arguments: &Arguments) -> Result<List, StoreError> {
    let (state, limit) = (&look.snapshot, usize::from(arguments.limit));
    let mut ids = state.approvals_out(arguments.after, limit + 1)?;
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    let next = ids.last().copied().filter(|_| has_more);
    let approvals = ids.into_iter().map(|id| waiting(look, id)).collect::<Result<_, _>>()?;
    Ok(List { approvals, waiting: state.approvals_out(None, MAX_ROWS)?.len(), next })
}

fn waiting(look: &Look, approval: ApprovalId) -> Result<Waiting, StoreError> {
    let code = codes::code(&look.snapshot, approval)?.map(|code| code.to_string());
    Ok(Waiting { approval, code, question: question(&look.snapshot, look.now, approval)? })
}

/// The question that an approval asks, as of a moment.
///
/// # Errors
/// The store cannot be read, or has no such question.
pub(in crate::doors) fn question(
    state: &dyn State,
    now: Timestamp,
    id: ApprovalId,
) -> Result<Question, StoreError> {
    let lost = |what: &str| StoreError::Inconsistent(format!("{id} {what}"));
    let approval = state.approval(id)?.ok_or_else(|| lost("is listed and not there"))?;
    let decision = state.decision(approval.decision)?.ok_or_else(|| lost("asks about no decision"))?;
    let shown = |timer: Option<(Timestamp, _)>| timer.map(|(due, _)| due.to_string());
    Ok(Question {
        decision: decision.id,
        kind: decision.proposal.kind.clone(),
        amount_usd: decision.amount(),
        initiator: decision.proposal.initiator.clone(),
        recommended: decision.tally.as_ref().map(|tally| tally.recommended),
        why: approval.why,
        asked_at: approval.asked_at.to_string(),
        waits_ms: now.ms().saturating_sub(approval.asked_at.ms()),
        reminded: approval.reminded,
        next_reminder_at: shown(approval.reminder),
        until_at: shown(approval.deadline),
        subject: decision.proposal.subject.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_their_two_largest_units() {
        let check = |minutes: u64, expected: &str| assert_eq!(duration(minutes * 60_000), expected);
        check(0, "less than a minute");
        check(59, "59 min");
        check(60, "1 h 0 min");
        check(25 * 60 + 1, "1 d 1 h");
    }
}
