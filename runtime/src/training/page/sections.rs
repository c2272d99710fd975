//! The sections of the page around its pictures.
//!
//! What always holds: whatever a picture shows is also there as words, in a list or a table.

use echo_storage::records::{Approval, Clarification};

use super::markup::Markup;
use super::matrix::Matrix;
use super::{SECTIONS, ladder, spending, timeline, votes};
use crate::deliveries;
use crate::training::asked;
use crate::training::chronicle::{Change, Chronicle};
use crate::training::expectations::CheckVerdict;
use crate::training::phrases::{check_name, span, troubles};
use crate::training::report::Report;
use crate::wording::shortened;
use crate::wording::{changed, counted, deed_name, kind_name, phase_name, verdict_name};

/// How much of a message's content the page shows, in characters; `messages.jsonl` has all of it.
const CONTENT_CHARS: usize = 2_000;

/// A section with the heading that the list of sections gives it.
pub(super) fn section(main: &mut Markup, id: &'static str, inner: impl FnOnce(&mut Markup)) {
    let heading = SECTIONS.iter().find(|(known, _)| *known == id).map_or("", |(_, heading)| *heading);
    main.within("section", &[("id", id)], |section| {
        section.element("h2", &[], heading);
        inner(section);
    });
}

/// A picture, which scrolls within itself where the screen is narrower, and what it shows.
fn figure(section: &mut Markup, caption: &str, picture: impl FnOnce(&mut Markup)) {
    section.within("figure", &[], |figure| {
        let scrolls = [("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)];
        figure.within("div", &scrolls, picture);
        figure.element("figcaption", &[], caption);
    });
}

/// A table with a caption and headings.
pub(super) fn table(
    section: &mut Markup,
    caption: &str,
    heads: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) {
    let scrolls = [("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)];
    section.within("div", &scrolls, |scroll| {
        scroll.within("table", &[], |table| {
            table.element("caption", &[], caption);
            table.within("thead", &[], |head| {
                head.within("tr", &[], |row| {
                    for name in heads {
                        row.element("th", &[("scope", "col")], name);
                    }
                });
            });
            table.within("tbody", &[], |body| {
                for cells in rows {
                    body.within("tr", &[], |row| {
                        for cell in &cells {
                            row.within("td", &[], |data| data.breakable(cell));
                        }
                    });
                }
            });
        });
    });
}

/// What was asked, and what its author expected.
pub(super) fn question(main: &mut Markup, chronicle: &Chronicle, report: &Report) {
    section(main, "question", |section| {
        let proposal = &chronicle.decision.proposal;
        let context = &proposal.context;
        section.element("p", &[("class", "lead")], &proposal.subject);
        section.element("p", &[], &context.description);
        section.within("dl", &[("class", "facts")], |list| {
            for (name, text) in asked::fields(context) {
                list.element("dt", &[], name);
                list.element("dd", &[], &text);
            }
        });
        if let Some(words) = &chronicle.decision.synthesis {
            section.element("h3", &[], "The initiator's words on the votes");
            section.element("blockquote", &[], words);
        }
        expectations(section, report);
    });
}

fn expectations(section: &mut Markup, report: &Report) {
    section.element("h3", &[("id", "expectations")], "Expected and found");
    if report.expectations.checks.is_empty() {
        section.element("p", &[], "Nothing was expected, so nothing is scored.");
        return;
    }
    section.within("div", &[("class", "scroll")], |scroll| {
        scroll.within("table", &[("class", "checks")], |table| {
            table.element("caption", &[], "What the author of the scenario expected, and what was found");
            table.within("thead", &[], |head| {
                head.within("tr", &[], |row| {
                    for name in ["Expectation", "Expected", "Found", "Verdict"] {
                        row.element("th", &[("scope", "col")], name);
                    }
                });
            });
            table.within("tbody", &[], |body| {
                for check in &report.expectations.checks {
                    let (class, sign) = match check.verdict {
                        CheckVerdict::Held => ("held", "\u{2713} "),
                        CheckVerdict::Failed => ("failed", "\u{2717} "),
                        CheckVerdict::NotScored => ("not-scored", "\u{2013} "),
                    };
                    body.within("tr", &[("class", class)], |row| {
                        row.within("th", &[("scope", "row")], |head| head.breakable(&check.what));
                        row.element("td", &[], &check.expected);
                        row.element("td", &[], &check.found);
                        let verdict = format!("{sign}{}", check_name(check.verdict));
                        row.element("td", &[("class", "verdict")], &verdict);
                    });
                }
            });
        });
    });
}

/// Who voted how.
pub(super) fn votes(main: &mut Markup, chronicle: &Chronicle) {
    section(main, "votes-section", |section| {
        if chronicle.rounds.is_empty() {
            section.element("p", &[], "Nobody was asked for a vote.");
            return;
        }
        let caption = "A row for each participant, a column for each round. The disc with A approves, the square with R \
                       rejects, the diamond abstains; the bar is the confidence; an arrow marks a vote that changed.";
        figure(section, caption, |figure| votes::draw(chronicle, figure));
    });
}

/// Who asked whom what, and whose vote changed.
pub(super) fn discussion(main: &mut Markup, chronicle: &Chronicle) {
    section(main, "discussion", |section| {
        let said = |round: &crate::training::chronicle::Round| {
            !round.clarifications.is_empty() || !round.changes.is_empty()
        };
        if !chronicle.rounds.iter().any(said) {
            section.element("p", &[], "Nobody asked anybody anything, and no vote changed.");
        }
        for round in chronicle.rounds.iter().filter(|round| said(round)) {
            section.element("h3", &[], &format!("Round {}", round.number));
            section.within("ul", &[("class", "talk")], |list| {
                round.changes.iter().for_each(|change| vote_changed(list, change));
                round.clarifications.iter().for_each(|one| clarified(list, one));
            });
        }
    });
}

fn vote_changed(list: &mut Markup, change: &Change) {
    list.within("li", &[("class", "changed-vote")], |item| {
        item.element("strong", &[], change.role.as_str());
        item.text(&format!(" changes {}", changed(change.before, change.now)));
        match change.named.as_slice() {
            [] => item.text(", naming no fact of anybody else."),
            named => {
                item.text(", naming ");
                item.within("ul", &[], |facts| {
                    for (role, words) in named {
                        facts.element("li", &[], &format!("a fact of {role}: {words}"));
                    }
                });
            }
        }
    });
}

fn clarified(list: &mut Markup, one: &Clarification) {
    list.within("li", &[], |item| {
        item.element("strong", &[], one.asker.as_str());
        item.text(" asks ");
        item.element("strong", &[], one.inquiry.to.as_str());
        item.text(": ");
        item.element("q", &[], &one.inquiry.question);
        match &one.reply {
            Some(reply) => {
                item.within("p", &[("class", "reply")], |line| {
                    line.element("strong", &[], one.inquiry.to.as_str());
                    line.text(" answers: ");
                    line.element("q", &[], &reply.text);
                });
            }
            None => item.element("p", &[("class", "reply none")], "no answer"),
        }
    });
}

/// Who did what on the way, and why.
pub(super) fn path(main: &mut Markup, chronicle: &Chronicle) {
    section(main, "path", |section| {
        let caption = "From the lowest rung up: who had the decision, what they did with it and why.";
        figure(section, caption, |figure| ladder::draw(chronicle, figure));
        if let Some(approval) = &chronicle.approval {
            section.element("p", &[], &person(approval));
        }
        section.within("details", &[], |details| {
            details.element("summary", &[], "The same as a table, with times");
            let rows = (1..).zip(&chronicle.decision.path).map(|(number, step): (i32, _)| {
                vec![
                    number.to_string(),
                    step.who.to_string(),
                    deed_name(step.deed).to_owned(),
                    step.why.clone(),
                    step.confidence.map(|sure| sure.to_string()).unwrap_or_default(),
                    span(chronicle.since_start_ms(step.at)),
                ]
            });
            let heads = ["", "Who", "Did", "Why", "Confidence", "After"];
            table(details, "The way to the outcome", &heads, rows);
        });
    });
}

fn person(approval: &Approval) -> String {
    let Some(verdict) = &approval.verdict else {
        return format!("{} waits for a person since {}.", approval.id, approval.asked_at);
    };
    let word = verdict_name(verdict.approve);
    let note = if verdict.note.is_empty() { String::new() } else { format!(": {}", verdict.note) };
    format!("{} {word} {} by the {}, {}{note}", verdict.person, approval.id, verdict.door, verdict.at)
}

/// Who sent messages to whom, and the messages.
pub(super) fn talk(main: &mut Markup, chronicle: &Chronicle) {
    section(main, "talk", |section| {
        let sent = &chronicle.events.messages;
        if sent.is_empty() {
            section.element("p", &[], "Nobody sent anything.");
            return;
        }
        let caption =
            "Senders in rows, recipients in columns, topics at the right: how many messages went that way.";
        figure(section, caption, |figure| Matrix::of(chronicle).draw(figure));
        section.within("details", &[("class", "messages")], |details| {
            details.element("summary", &[], &format!("All {}", counted(sent.len(), "message")));
            for one in sent {
                let message = &one.message;
                details.within("article", &[("class", "message-text")], |article| {
                    article.within("p", &[("class", "message-head")], |line| {
                        line.element("strong", &[], &message.id.to_string());
                        line.text(&format!(" {} to {}, ", message.from, message.to));
                        line.text(&format!("{}, step {}", kind_name(message.kind), one.step));
                        if let Some(answered) = message.in_reply_to {
                            line.text(&format!(", answers {answered}"));
                        }
                    });
                    article.element("p", &[], &message.subject);
                    article.element("pre", &[], &shortened(&message.content, CONTENT_CHARS));
                    article.element("p", &[("class", "muted")], &deliveries::in_words(one.deliveries()));
                });
            }
        });
        if chronicle.events.left_out > 0 {
            let left_out = format!("{} more events are left out here.", chronicle.events.left_out);
            section.element("p", &[], &left_out);
        }
    });
}

/// What happened when.
pub(super) fn course(main: &mut Markup, chronicle: &Chronicle) {
    section(main, "course", |section| {
        let caption = "A lane for each agent. Dots are messages, with an arrow to their reader or a ring where they went to \
                       a topic; triangles say who takes part (filled) or not; A, R and \u{2013} are votes; ? and ! are \
                       questions and answers between agents; bars are minds that think; crosses are steps that failed.";
        figure(section, caption, |figure| timeline::draw(chronicle, figure));
        let phases = &chronicle.events.phases;
        section.within("ol", &[("class", "phases")], |list| {
            for phase in phases {
                let after = span(chronicle.since_start_ms(phase.start.at));
                let line =
                    format!("{}, from step {} on, after {after}", phase_name(&phase.phase), phase.start.step);
                list.element("li", &[], &line);
            }
        });
        section.within("details", &[], |details| {
            let summary = format!("All {} to minds", counted(chronicle.events.thoughts.len(), "question"));
            details.element("summary", &[], &summary);
            let rows = chronicle.events.thoughts.iter().map(|thinking| {
                let ended = thinking.ended.map(|ended| ended.at.ms().saturating_sub(thinking.asked.at.ms()));
                vec![
                    thinking.id.to_string(),
                    thinking.role.to_string(),
                    thinking.about.clone(),
                    span(chronicle.since_start_ms(thinking.asked.at)),
                    ended.map(span).unwrap_or_default(),
                    match &thinking.outcome {
                        Ok(mind) => mind.clone(),
                        Err(reason) => format!("none: {reason}"),
                    },
                ]
            });
            let heads = ["Question", "Role", "About", "Asked after", "Took", "Answered by"];
            table(details, "What minds were asked", &heads, rows);
        });
    });
}

/// What was spent against which limit.
pub(super) fn money(main: &mut Markup, chronicle: &Chronicle) {
    section(main, "money", |section| {
        if chronicle.budgets.is_empty() {
            section.element("p", &[], "No role has a budget limit.");
            return;
        }
        let caption = "What each role had approved before within the window in which spending counts (grey), what was asked \
                       for now (green within its limit, red with a broken edge beyond it), and its limit (line). Roles without a limit may approve no money.";
        figure(section, caption, |figure| spending::draw(&chronicle.budgets, figure));
    });
}

/// What failed, was given up or did not answer.
pub(super) fn trouble(main: &mut Markup, chronicle: &Chronicle) {
    section(main, "trouble", |section| {
        let troubles = troubles(chronicle);
        if troubles.is_empty() {
            let nothing = "Nothing: no step failed, no message was given up, every mind answered.";
            section.element("p", &[], nothing);
            return;
        }
        let rows = troubles.into_iter().map(|trouble| {
            let step = trouble.step.map(|step| step.to_string()).unwrap_or_default();
            vec![step, trouble.kind.to_owned(), trouble.who, trouble.what]
        });
        table(section, "What went wrong, in the order of the steps", &["Step", "What", "Who", "How"], rows);
    });
}
