//! The text form of a report, for people: headings, tables, and what to type next.
//!
//! What always holds: texts that others wrote stand on lines of their own column and bring no line breaks with them.

use echo_storage::records::{Absence, Deed, Inquiry, Reason, Status};

use super::{AgentPart, Part, Report};
use crate::text_page::{INDENT, TextPage};
use crate::training::chronicle::Change;
use crate::training::expectations::{Check, CheckVerdict, Counts, Decider, Score};
use crate::wording::{changed, count, deed_name, sides, vote_name};

/// The width of the names of what closes the page.
const LABEL_CHARS: usize = 9;

impl Report {
    /// The report as text, with the commands that make sense next.
    pub fn to_text(&self, next: &[String]) -> String {
        let mut page = TextPage::default();
        let details = &self.details;
        page.hanging(&format!("{}  ", self.session), &details.title);
        page.hanging(&format!("{}  ", self.decision.id), &details.subject);
        let what = format!("{}, {}, asked by {}", self.decision.kind, details.amount, details.initiator);
        page.hanging(&" ".repeat(self.decision.id.to_string().len() + 2), &what);
        self.who_took_part(&mut page);
        self.votes(&mut page);
        page.heading("OUTCOME");
        page.indented(&self.outcome());
        self.path(&mut page);
        self.score(&mut page);
        page.gap();
        whole(&mut page, "hash", &self.hash);
        if let Some(store) = &self.store {
            whole(&mut page, "store", store);
        }
        whole(&mut page, "took", &format!("{}.{:03} s", self.duration_ms / 1000, self.duration_ms % 1000));
        page.next(next);
        page.into_text()
    }

    fn role_chars(&self) -> usize {
        self.agents.iter().map(|agent| agent.role.as_str().len()).max().unwrap_or_default()
    }

    fn who_took_part(&self, page: &mut TextPage) {
        let width = self.role_chars();
        page.heading("WHO TOOK PART");
        for AgentPart { role, part, reason, .. } in &self.agents {
            page.hanging(&format!("{INDENT}{role:<width$}  {:<9}  ", part_name(*part)), reason);
        }
    }

    fn votes(&self, page: &mut TextPage) {
        let Some(tally) = &self.tally else { return };
        let width = self.role_chars();
        page.heading("VOTES");
        if tally.participants == 0 {
            let why = "nobody took part: no role found its keywords in what was asked; they are shown with each role by \
                       the command `agents ROLE`";
            page.hanging(INDENT, why);
        }
        for agent in self.agents.iter().filter(|agent| matches!(agent.part, Part::Lead | Part::Assistant)) {
            let (vote, sure) = match (agent.vote, agent.confidence) {
                (Some(vote), Some(sure)) => (vote_name(vote), sure.to_string()),
                _ => ("none", String::new()),
            };
            let rationale = agent.rationale.as_deref().unwrap_or("cast no vote in time");
            page.hanging(&format!("{INDENT}{:<width$}  {vote:<7}  {sure:<5}  ", agent.role), rationale);
        }
        self.discussion(page);
        page.heading("TALLY");
        page.indented(&count(tally, &sides(tally)));
        page.heading("RECOMMENDATION");
        let conclusion = self.decision.path.iter().find(|step| step.deed == Deed::Concluded);
        let result = conclusion.and_then(|step| step.why.split(':').next()).unwrap_or("not concluded");
        let words = self.details.synthesis.as_deref().unwrap_or("synthesis: missing");
        // Most minds begin with the result themselves.
        if !words.starts_with(result) {
            page.indented(result);
        }
        page.indented(words);
    }

    /// What was asked, who changed its mind on whose word, and who was missing.
    fn discussion(&self, page: &mut TextPage) {
        let rounds = &self.details.rounds;
        let mut lines = Vec::new();
        for round in rounds {
            for Change { role, before, now, named } in &round.changes {
                let words: Vec<&str> = named.iter().map(|(_, words)| words.as_str()).collect();
                let why = if words.is_empty() { String::new() } else { format!(": {}", words.join("; ")) };
                let what = format!("{role} changes {}{why}", changed(*before, *now));
                lines.push((round.number, what));
            }
            for one in &round.clarifications {
                let Inquiry { to, question, .. } = &one.inquiry;
                let answer = one.reply.as_ref().map_or("no answer", |reply| reply.text.as_str());
                lines.push((round.number, format!("{} asks {to}: {question} - {answer}", one.asker)));
            }
            for Absence { role, reason, .. } in &round.absences {
                lines.push((round.number, format!("{role} is missing: {reason}")));
            }
        }
        if rounds.len() < 2 && lines.is_empty() {
            return;
        }
        page.heading("DISCUSSION");
        if lines.is_empty() {
            page.indented(&format!("{} rounds, in which no vote changed", rounds.len()));
        }
        for (round, what) in lines {
            page.hanging(&format!("{INDENT}round {round}  "), &what);
        }
    }

    /// How the decision ended, or for whom it waits, in a line that begins with a small letter.
    pub fn outcome(&self) -> String {
        let by = match &self.decision.decided_by {
            Some(Decider::Person) => " by a person".to_owned(),
            Some(Decider::Role(role)) => format!(" by {role}"),
            None => String::new(),
        };
        let why = match &self.details.reason {
            Some(Reason::Recommended) => {
                ": the votes recommend it, and it is within that role's authority".to_owned()
            }
            Some(Reason::VotedDown) => ": the votes are against it".to_owned(),
            Some(Reason::Incomplete { missing }) => {
                format!(": incomplete, not given: {}", missing.join(", "))
            }
            Some(Reason::Authority) => ": within that role's authority".to_owned(),
            Some(Reason::Unanswered) => ": no person answered in time".to_owned(),
            Some(Reason::Initiator) => ": it is against what it put forward itself".to_owned(),
            Some(Reason::Overridden) => ", which overrode what was decided below it".to_owned(),
            Some(Reason::Person) | None => String::new(),
        };
        match self.decision.status {
            Status::Approved => format!("approved{by}{why}"),
            Status::Rejected => format!("rejected{by}{why}"),
            Status::Pending => "pending: it is still open".to_owned(),
            Status::Escalated => {
                let approval =
                    self.details.approval.map(|approval| format!(" ({approval})")).unwrap_or_default();
                format!("escalated: it waits for a person{approval}")
            }
        }
    }

    fn path(&self, page: &mut TextPage) {
        page.heading("PATH");
        let width = self.decision.path.iter().map(|step| step.who.chars().count()).max().unwrap_or_default();
        for step in &self.decision.path {
            let sure = step.confidence.map(|sure| format!(" [{sure}]")).unwrap_or_default();
            let head = format!("{INDENT}{:<width$}  {:<12}  ", step.who, deed_name(step.deed));
            page.hanging(&head, &format!("{}{sure}", step.why));
        }
    }

    fn score(&self, page: &mut TextPage) {
        page.heading("SCORE");
        let checks = &self.expectations.checks;
        if checks.is_empty() {
            page.indented("nothing was expected, so nothing is scored");
            return;
        }
        for Check { what, expected, found, verdict } in checks {
            let (word, text) = match verdict {
                CheckVerdict::Held => ("held", format!("{what}: {found}")),
                CheckVerdict::Failed => ("FAILED", format!("{what}: expected {expected}, found {found}")),
                CheckVerdict::NotScored => ("-", format!("{what}: {found}")),
            };
            page.hanging(&format!("{INDENT}{word:<6}  "), &text);
        }
        let Counts { held, failed, not_scored } = Score { checks: checks.clone() }.counts();
        page.indented(&format!("{held} held, {failed} failed, {not_scored} not scored"));
    }
}

/// A value that people copy: never wrapped.
fn whole(page: &mut TextPage, label: &str, value: &str) {
    page.line(&format!("{label:<LABEL_CHARS$}{value}"));
}

/// The word for how a role took part.
pub(in crate::training) fn part_name(part: Part) -> &'static str {
    match part {
        Part::Initiator => "initiator",
        Part::Lead => "lead",
        Part::Assistant => "assistant",
        Part::Observer => "observer",
        Part::Declined => "declined",
    }
}
