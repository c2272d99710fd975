//! The argument for an outcome, as a page for people.
//!
//! What always holds: it tells what the data tells, in the order of an argument: the outcome, who had the authority, what
//! was counted, on which facts, and how it went.

use echo_storage::names::RoleId;
use echo_storage::quantities::Usd;
use echo_storage::records::Deed;

use super::argument::{Argument, Change, Holder, Missing};
use crate::doors::cli::names::word;
use crate::doors::cli::parts;
use crate::text_page::TextPage;

impl Argument {
    /// The argument as text.
    pub(super) fn to_text(&self) -> String {
        let mut page = TextPage::default();
        page.hanging(&format!("{}  ", self.decision), &self.subject);
        let asked = format!("{}, {}, asked by {}", self.kind, self.amount_usd, self.initiator);
        page.hanging(&" ".repeat(self.decision.to_string().len() + 2), &asked);
        page.heading("OUTCOME");
        page.indented(&self.outcome);
        if let Some(waits) = &self.waits_for {
            page.indented(&format!("It waits for {}.", waits.in_words()));
        }
        self.authority(&mut page);
        self.count(&mut page);
        if let Some(round) = self.last_round {
            page.heading(&format!("BALLOTS THAT STAND AFTER ROUND {round}"));
            parts::write_ballots(&mut page, &self.ballots);
        }
        self.changes(&mut page);
        if !self.clarifications.is_empty() {
            page.heading("ASKED AND ANSWERED");
            parts::write_questions(&mut page, &self.clarifications);
        }
        page.heading("PATH");
        parts::write_path(&mut page, &self.path);
        self.missing(&mut page);
        page.next(&self.next);
        page.into_text()
    }

    fn authority(&self, page: &mut TextPage) {
        page.heading("AUTHORITY");
        let by_person = self.decided_by.as_deref().filter(|by| by.starts_with("person "));
        let names = self.authority.iter().map(|one| one.role.as_str()).chain(by_person);
        let width = names.map(|name| name.chars().count()).max().unwrap_or_default();
        for holder in &self.authority {
            let head = format!("  {:<width$}  ", holder.role.as_str());
            page.hanging(&head, &self.holder(holder));
        }
        if let Some(person) = by_person {
            page.hanging(&format!("  {person:<width$}  "), "persons may decide everything; decided");
        }
    }

    /// What a role may approve, in words.
    fn holder(&self, holder: &Holder) -> String {
        let Holder { has_type, limit_usd, spent_usd, is_enough, threshold, decided, .. } = holder;
        let (kind, amount) = (&self.kind, self.amount_usd);
        if !has_type {
            let decided = if *decided { "; decided" } else { "" };
            return format!("has no authority over {kind}{decided}");
        }
        let spent = if *spent_usd == Usd::ZERO {
            String::new()
        } else {
            format!(" on top of {spent_usd} in the last 24 hours")
        };
        let money = match (limit_usd, is_enough) {
            (_, true) if amount == Usd::ZERO => "it takes no money".to_owned(),
            (Some(limit), true) => format!("{amount}{spent} is within its limit of {limit}"),
            (Some(limit), false) => format!("{amount}{spent} exceeds its limit of {limit}"),
            (None, _) => format!("may approve no money, and this takes {amount}"),
        };
        let climbed = self.path.iter().any(|step| {
            step.who == holder.role.as_str() && step.confidence.is_some() && step.deed != Deed::Opened
        });
        let sure = match self.confidence.filter(|_| *decided) {
            Some(sure) => format!("; sure by {sure:.3}, where {threshold:.3} is needed"),
            None if climbed => format!("; decides by itself from confidence {threshold:.3}"),
            None => String::new(),
        };
        let decided = if *decided { "; decided" } else { "" };
        format!("may decide {kind}; {money}{sure}{decided}")
    }

    fn count(&self, page: &mut TextPage) {
        let Some(count) = &self.count else { return };
        page.heading("COUNT");
        page.indented(&count.words);
        let share = format!("where {:.3} of those who take a side is needed", self.consensus_wanted);
        page.indented(&match (count.quorum, count.recommended, count.rejected) {
            (false, ..) => "too few ballots for the count to recommend anything".to_owned(),
            (_, true, _) => format!("the votes recommend it, {share}"),
            (_, _, true) => format!("the votes reject it, {share}"),
            _ => format!("the votes neither recommend nor reject it, {share}"),
        });
        if let Some(words) = &self.synthesis {
            page.hanging(&format!("  {} sums up: ", self.initiator), words);
        }
    }

    fn changes(&self, page: &mut TextPage) {
        if self.changes.is_empty() {
            return;
        }
        page.heading("CHANGES OF VOTES");
        for Change { role, round, from, to, because } in &self.changes {
            let facts = if because.is_empty() { "" } else { ", by the facts of others" };
            let text = format!("{} became {} in round {round}{facts}", word(from), word(to));
            page.hanging(&format!("  {role}  "), &text);
            parts::write_facts(page, "    ", because);
        }
    }

    fn missing(&self, page: &mut TextPage) {
        let Missing { required, optional, absent, silent, synthesis } = &self.missing;
        let mut rows = Vec::new();
        if !required.is_empty() {
            rows.push(("required fields", required.join(", ")));
        }
        if !optional.is_empty() {
            rows.push(("fields that would have counted", optional.join(", ")));
        }
        for one in absent {
            rows.push(("absent", format!("{} in round {}: {}", one.role, one.round, one.reason)));
        }
        if !silent.is_empty() {
            let silent: Vec<&str> = silent.iter().map(RoleId::as_str).collect();
            rows.push(("no ballot in the last round", silent.join(", ")));
        }
        if *synthesis {
            rows.push(("synthesis", "the initiator's mind gave no words on the count".to_owned()));
        }
        if !rows.is_empty() {
            page.heading("MISSING");
            page.named(&rows);
        }
    }
}
