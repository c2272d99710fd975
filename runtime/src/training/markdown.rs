//! A session as a Markdown page, for people who read text and for places that render it.
//!
//! What always holds: texts that others wrote are words on the page and never its structure, whatever they hold. The
//! page is a function of the chronicle and the report.

mod text;

use echo_storage::records::{Ballot, Vote};

use self::text::{Cells, Page};
use super::asked;
use super::chronicle::{Chronicle, Round};
use super::phrases::{check_name, outcome, score, span, tally, troubles};
use super::report::{Report, part_name};
use crate::deliveries;
use crate::wording::{changed, counted, deed_name, fact_kind_name, kind_name, verdict_name, vote_name};

/// The page.
pub fn markdown(chronicle: &Chronicle, report: &Report) -> String {
    let mut page = Page::default();
    page.heading(1, &chronicle.session.title);
    page.strong(&outcome(report));
    page.paragraph(&tally(report));
    if let Some(words) = &chronicle.decision.synthesis {
        page.quote(words);
    }
    at_a_glance(&mut page, chronicle, report);
    question(&mut page, chronicle);
    expectations(&mut page, report);
    votes(&mut page, chronicle);
    agents(&mut page, chronicle, report);
    discussion(&mut page, chronicle);
    path(&mut page, chronicle);
    spending(&mut page, chronicle);
    went_wrong(&mut page, chronicle);
    messages(&mut page, chronicle);
    replay(&mut page, chronicle);
    page.into_text()
}

fn at_a_glance(page: &mut Page, chronicle: &Chronicle, report: &Report) {
    let decision = &chronicle.decision;
    let amount = decision.amount();
    let rounds = counted(chronicle.rounds.len(), "round");
    let messages = counted(chronicle.events.messages.len(), "message");
    let rows = [
        ("Decision", format!("{}: {}", decision.id, decision.proposal.subject)),
        ("Asked by", decision.proposal.initiator.to_string()),
        ("Type and amount", format!("{}, {amount}", decision.proposal.kind)),
        ("Session", format!("{}, {}", chronicle.session.id, chronicle.session.started_at)),
        ("Took", format!("{} by the store's clock, {rounds}, {messages}", span(chronicle.duration_ms()))),
        ("Expectations", score(report)),
    ];
    let mut table = Cells::new(["", ""]);
    for (name, text) in rows {
        table.row([name.to_owned(), text]);
    }
    page.table(&table);
}

fn question(page: &mut Page, chronicle: &Chronicle) {
    page.heading(2, "The question");
    let context = &chronicle.decision.proposal.context;
    page.paragraph(&context.description);
    let mut table = Cells::new(["", ""]);
    for (name, text) in asked::fields(context) {
        table.row([name.to_owned(), text]);
    }
    page.table(&table);
}

fn expectations(page: &mut Page, report: &Report) {
    page.heading(2, "Expected and found");
    if report.expectations.checks.is_empty() {
        page.paragraph("Nothing was expected, so nothing is scored.");
        return;
    }
    let mut table = Cells::new(["Expectation", "Expected", "Found", "Verdict"]);
    for check in &report.expectations.checks {
        let verdict = check_name(check.verdict).to_owned();
        table.row([check.what.clone(), check.expected.clone(), check.found.clone(), verdict]);
    }
    page.table(&table);
}

fn votes(page: &mut Page, chronicle: &Chronicle) {
    page.heading(2, "Votes by round");
    if chronicle.rounds.is_empty() {
        page.paragraph("Nobody was asked for a vote.");
        return;
    }
    let heads = chronicle.rounds.iter().map(|round| format!("Round {}", round.number));
    let mut table = Cells::new(std::iter::once("Role".to_owned()).chain(heads));
    for role in &chronicle.decision.participants {
        let mut before = None;
        let cells = chronicle.rounds.iter().map(|round| {
            let ballot = round.ballots.iter().find(|ballot| ballot.role == *role);
            let cell = vote_cell(round, role.as_str(), ballot, before);
            before = ballot.map(|ballot| ballot.vote).or(before);
            cell
        });
        let cells: Vec<String> = cells.collect();
        table.row(std::iter::once(role.to_string()).chain(cells));
    }
    page.table(&table);
}

fn vote_cell(round: &Round, role: &str, ballot: Option<&Ballot>, before: Option<Vote>) -> String {
    let Some(ballot) = ballot else {
        let is_absent = round.absences.iter().any(|absence| absence.role.as_str() == role);
        return if is_absent { "absent".to_owned() } else { "no vote".to_owned() };
    };
    let mark = if before.is_some_and(|before| before != ballot.vote) { ", changed" } else { "" };
    format!("{} {}{mark}", vote_name(ballot.vote), ballot.confidence)
}

fn agents(page: &mut Page, chronicle: &Chronicle, report: &Report) {
    page.heading(2, "What each agent did");
    for agent in &report.agents {
        page.heading(3, &format!("{} ({})", agent.role, part_name(agent.part)));
        page.paragraph(&format!("Why: {}", agent.reason));
        for round in &chronicle.rounds {
            let absence = round.absences.iter().find(|absence| absence.role == agent.role);
            if let Some(absence) = absence {
                page.item(&format!("Round {}: absent: {}", round.number, absence.reason));
            }
            if let Some(ballot) = round.ballots.iter().find(|ballot| ballot.role == agent.role) {
                page.item(&format!(
                    "Round {}: {}, confidence {}, by {}: {}",
                    round.number,
                    vote_name(ballot.vote),
                    ballot.confidence,
                    ballot.mind,
                    ballot.rationale
                ));
                for fact in &ballot.facts {
                    page.subitem(&fact_line(fact));
                }
            }
        }
        page.end_list();
    }
}

/// A fact with its weight and whose it is.
fn fact_line(fact: &echo_storage::records::Fact) -> String {
    let from = fact.from.as_ref().map(|role| format!(", from {role}")).unwrap_or_default();
    format!("{} ({}{from}): {} ({:+})", fact.name, fact_kind_name(fact.kind), fact.words, fact.effect)
}

fn discussion(page: &mut Page, chronicle: &Chronicle) {
    page.heading(2, "Discussion");
    let mut silent = true;
    for round in &chronicle.rounds {
        for change in &round.changes {
            silent = false;
            let named = match change.named.first() {
                Some((role, words)) => format!(", naming a fact of {role}: {words}"),
                None => ", naming no fact of anybody else".to_owned(),
            };
            let votes = changed(change.before, change.now);
            page.item(&format!("Round {}: {} changes {votes}{named}", round.number, change.role));
        }
        for one in &round.clarifications {
            silent = false;
            let asked = format!("{} asks {}: {}", one.asker, one.inquiry.to, one.inquiry.question);
            page.item(&format!("Round {}: {asked}", round.number));
            page.subitem(&match &one.reply {
                Some(reply) => format!("{} answers: {}", one.inquiry.to, reply.text),
                None => "no answer".to_owned(),
            });
        }
    }
    page.end_list();
    if silent {
        page.paragraph("Nobody asked anybody anything, and no vote changed.");
    }
}

fn path(page: &mut Page, chronicle: &Chronicle) {
    page.heading(2, "The way to the outcome");
    let mut table = Cells::new(["", "Who", "Did", "Why", "Confidence", "When"]);
    for (number, step) in (1..).zip(&chronicle.decision.path) {
        let sure = step.confidence.map(|sure| sure.to_string()).unwrap_or_default();
        let when = span(chronicle.since_start_ms(step.at));
        let deed = deed_name(step.deed).to_owned();
        table.row([number.to_string(), step.who.to_string(), deed, step.why.clone(), sure, when]);
    }
    page.table(&table);
    let verdict = chronicle.approval.as_ref().and_then(|approval| approval.verdict.as_ref());
    if let (Some(verdict), Some(approval)) = (verdict, &chronicle.approval) {
        let word = verdict_name(verdict.approve);
        let note = if verdict.note.is_empty() { String::new() } else { format!(": {}", verdict.note) };
        let by = format!("{} {word} {} by the {}", verdict.person, approval.id, verdict.door);
        page.paragraph(&format!("Verdict, {}: {by}{note}", verdict.at));
    }
}

fn spending(page: &mut Page, chronicle: &Chronicle) {
    page.heading(2, "Spending against limits");
    if chronicle.budgets.is_empty() {
        page.paragraph("No role has a budget limit.");
        return;
    }
    let mut table = Cells::new(["Role", "Limit", "Spent before", "Asked now", "Within"]);
    for budget in &chronicle.budgets {
        let within = if budget.is_approved {
            "approved"
        } else if budget.spent.plus(budget.asked) <= budget.limit {
            "yes"
        } else {
            "no"
        };
        let amounts = [budget.limit, budget.spent, budget.asked].map(|amount| amount.to_string());
        let [limit, spent, asked] = amounts;
        table.row([budget.role.to_string(), limit, spent, asked, within.to_owned()]);
    }
    page.table(&table);
}

fn went_wrong(page: &mut Page, chronicle: &Chronicle) {
    page.heading(2, "What went wrong");
    let troubles = troubles(chronicle);
    if troubles.is_empty() {
        page.paragraph("Nothing: no step failed, no message was given up, every mind answered.");
        return;
    }
    let mut table = Cells::new(["Step", "What", "Who", "How"]);
    for trouble in troubles {
        let step = trouble.step.map(|step| step.to_string()).unwrap_or_default();
        table.row([step, trouble.kind.to_owned(), trouble.who, trouble.what]);
    }
    page.table(&table);
}

fn messages(page: &mut Page, chronicle: &Chronicle) {
    page.heading(2, "Messages");
    if chronicle.events.left_out > 0 {
        page.paragraph(&format!("{} more events are left out here.", chronicle.events.left_out));
    }
    if chronicle.events.messages.is_empty() {
        page.paragraph("Nobody sent anything.");
        return;
    }
    let mut table = Cells::new(["Message", "Step", "From", "To", "Kind", "Subject", "What became of it"]);
    for sent in &chronicle.events.messages {
        let message = &sent.message;
        table.row([
            message.id.to_string(),
            sent.step.to_string(),
            message.from.to_string(),
            message.to.to_string(),
            kind_name(message.kind).to_owned(),
            message.subject.clone(),
            deliveries::in_words(sent.deliveries()),
        ]);
    }
    page.table(&table);
}

fn replay(page: &mut Page, chronicle: &Chronicle) {
    page.heading(2, "Deciding it again");
    page.paragraph("The hash of the journal up to the end of this session:");
    page.code(&chronicle.hash);
    page.paragraph("Decided again from the journal, without asking any mind, it must come out the same:");
    page.code(&format!("echo-org replay --session {}", chronicle.session.id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::chronicle::samples::{discussed, plain, written};

    #[test]
    fn a_session_with_a_discussion_and_failures() {
        let (chronicle, report) = discussed();
        insta::assert_snapshot!(markdown(&chronicle, &report).replace(&chronicle.hash, "(hash)"));
    }

    #[test]
    fn a_session_in_which_nothing_went_wrong() {
        let (chronicle, report) = plain();
        let page = markdown(&chronicle, &report);
        for told in ["Nobody asked anybody anything", "Nothing: no step failed", "| clerk | approve "] {
            assert!(page.contains(told), "{told} in\n{page}");
        }
    }

    /// Goal: texts of others keep to their place. Method: with any text everywhere, the page has the lines that it has
    /// with a plain one.
    #[test]
    fn texts_of_others_bring_no_structure() {
        let shape = |text: &str| {
            let (chronicle, report) = written(text);
            let page = markdown(&chronicle, &report);
            let bars = |line: &str| line.replace("\\|", "").matches('|').count();
            let start = |line: &str| line.chars().take_while(|c| " #->|".contains(*c)).collect::<String>();
            page.lines().map(|line| (bars(line), start(line))).collect::<Vec<_>>()
        };
        for text in ["a | b", "# a\n\n# b", "- a\n- b", "<script>", "```\na", "> a"] {
            assert_eq!(shape(text), shape("a plain text"), "{text:?}");
        }
    }
}
