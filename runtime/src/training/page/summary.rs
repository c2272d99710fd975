//! The head and the foot of the page: what came of the session at one glance, and how it is decided again.

use echo_storage::records::Status;

use super::markup::Markup;
use crate::training::chronicle::Chronicle;
use crate::training::phrases::{capitalised, score, span, tally, troubles};
use crate::training::report::Report;
use crate::wording::{counted, status_name};

/// What came of it, before everything else.
pub(super) fn header(body: &mut Markup, chronicle: &Chronicle, report: &Report) {
    let decision = &chronicle.decision;
    body.within("header", &[("class", outcome_class(decision.status))], |header| {
        let eyebrow = format!("Training session {}, decision {}", chronicle.session.id, decision.id);
        header.element("p", &[("class", "eyebrow")], &eyebrow);
        header.element("h1", &[], &chronicle.session.title);
        header.within("p", &[("class", "outcome")], |line| {
            line.element("strong", &[("class", "badge")], status_name(decision.status));
            line.text(" ");
            line.element("span", &[], &outcome_beside_status(report));
        });
        header.element("p", &[("class", "tally")], &tally(report));
        header.within("dl", &[("class", "glance")], |list| {
            for (name, value, is_bad) in glance(chronicle, report) {
                list.within("div", &[("class", if is_bad { "bad" } else { "good" })], |pair| {
                    pair.element("dt", &[], name);
                    pair.within("dd", &[], |data| data.breakable(&value));
                });
            }
        });
    });
}

/// What is told at one glance, each with whether it wants attention.
fn glance(chronicle: &Chronicle, report: &Report) -> Vec<(&'static str, String, bool)> {
    let decision = &chronicle.decision;
    let troubles = troubles(chronicle).len();
    let wrong = if troubles == 0 { "nothing".to_owned() } else { counted(troubles, "event") };
    let talk = format!(
        "{}, {}",
        counted(chronicle.rounds.len(), "round"),
        counted(chronicle.events.messages.len(), "message")
    );
    vec![
        ("Asked by", decision.proposal.initiator.to_string(), false),
        ("Type", decision.proposal.kind.to_string(), false),
        ("Amount", decision.amount().to_string(), false),
        ("Expectations", score(report), !report.expectations.held),
        ("Went wrong", wrong, troubles > 0),
        ("Discussion", talk, false),
        ("Started", chronicle.session.started_at.to_string(), false),
        ("Took, by the store's clock", span(chronicle.duration_ms()), false),
    ]
}

/// The outcome without its first word, which is the status.
fn outcome_beside_status(report: &Report) -> String {
    let outcome = report.outcome();
    let rest = outcome.strip_prefix(status_name(report.decision.status)).unwrap_or(&outcome);
    format!("{}.", capitalised(rest.trim_start_matches([':', ' '])))
}

fn outcome_class(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Approved => "approved",
        Status::Rejected => "rejected",
        Status::Escalated => "escalated",
    }
}

/// How it is decided again.
pub(super) fn footer(body: &mut Markup, chronicle: &Chronicle) {
    body.within("footer", &[("id", "replay")], |footer| {
        footer.element("h2", &[], "Decide it again");
        let why = "Replayed from the journal, without asking any mind, every step must come out the same and end with \
                   this hash:";
        footer.element("p", &[], why);
        footer.element("pre", &[], &chronicle.hash);
        let command = format!("echo-org replay --session {}", chronicle.session.id);
        footer.element("pre", &[], &command);
        let more = "Add --store PATH where the store is not in its usual place. Beside this page lie report.md, \
                    report.json and messages.jsonl.";
        footer.element("p", &[("class", "muted")], more);
    });
}
