//! What each agent did: its part, its ballots with their reasons, and the facts they rest on.
//!
//! What always holds: every agent of the organisation is there once, in the order of the roles.

use echo_storage::records::{Ballot, Vote};

use super::markup::Markup;
use super::sections::{section, table};
use crate::training::chronicle::Chronicle;
use crate::training::report::{AgentPart, Report, part_name};
use crate::wording::{fact_kind_name, vote_name};

/// A card for each agent that took part; those that stayed away are listed with their reasons.
pub(super) fn agents(main: &mut Markup, chronicle: &Chronicle, report: &Report) {
    section(main, "agents", |section| {
        section.within("div", &[("class", "cards")], |cards| {
            for agent in report.agents.iter().filter(|agent| agent.took_part) {
                card(cards, chronicle, agent);
            }
        });
        let mut away = report.agents.iter().filter(|agent| !agent.took_part).peekable();
        if away.peek().is_some() {
            section.element("h3", &[], "Stayed away");
            let rows = away.map(|agent| vec![agent.role.to_string(), agent.reason.clone()]);
            table(section, "Roles that did not take part, and why", &["Role", "Why"], rows);
        }
    });
}

fn card(cards: &mut Markup, chronicle: &Chronicle, agent: &AgentPart) {
    cards.within("article", &[("class", "card")], |card| {
        card.within("h3", &[], |heading| {
            heading.text(agent.role.as_str());
            heading.text(" ");
            heading.element("span", &[("class", "part")], part_name(agent.part));
        });
        let title = chronicle.roles.iter().find(|role| role.id == agent.role);
        if let Some(role) = title {
            card.element("p", &[("class", "muted")], &role.title);
        }
        card.element("p", &[], &agent.reason);
        for round in &chronicle.rounds {
            if let Some(ballot) = round.ballots.iter().find(|ballot| ballot.role == agent.role) {
                voted(card, ballot);
            }
            if let Some(absence) = round.absences.iter().find(|absence| absence.role == agent.role) {
                card.within("div", &[("class", "ballot-text")], |text| {
                    text.element("h4", &[], &format!("Round {}: absent", round.number));
                    text.element("p", &[], &absence.reason);
                });
            }
        }
    });
}

fn voted(card: &mut Markup, ballot: &Ballot) {
    card.within("div", &[("class", "ballot-text")], |text| {
        text.within("h4", &[], |heading| {
            heading.text(&format!("Round {}: ", ballot.round));
            heading.element("span", &[("class", vote_class(ballot.vote))], vote_name(ballot.vote));
            heading.text(&format!(", confidence {}, by {}", ballot.confidence, ballot.mind));
        });
        if ballot.facts.is_empty() {
            text.element("p", &[("class", "rationale")], &ballot.rationale);
            return;
        }
        let rows = ballot.facts.iter().map(|fact| {
            vec![
                format!("{:+}", fact.effect),
                format!("{} ({})", fact.name, fact_kind_name(fact.kind)),
                fact.words.clone(),
                fact.from.as_ref().map(ToString::to_string).unwrap_or_default(),
            ]
        });
        let caption = format!("Facts of {} in round {}", ballot.role, ballot.round);
        table(text, &caption, &["Effect", "Fact", "In words", "From"], rows);
        text.within("details", &[], |details| {
            details.element("summary", &[], "In its own words");
            details.element("p", &[("class", "rationale")], &ballot.rationale);
        });
    });
}

fn vote_class(vote: Vote) -> &'static str {
    match vote {
        Vote::Approve => "says approve",
        Vote::Reject => "says reject",
        Vote::Abstain => "says abstain",
    }
}
