//! One agent in full: what its role is, may and hears, and how it is doing.
//!
//! What always holds: what a role may do is told from the store's configuration, its tools from the program's.

use echo_storage::names::{DecisionType, RoleId, Topic};
use serde::Serialize;

use super::Summary;
use crate::authority;
use crate::doors::cli::look::Look;
use crate::doors::cli::names::{decimal, word};
use crate::doors::cli::{End, Failed, Invocation};
use crate::text_page::TextPage;
use crate::tool;

/// An agent in full.
#[derive(Serialize)]
struct Full {
    #[serde(flatten)]
    summary: Summary,
    /// Below which confidence it does not decide by itself, 0 to 1.
    threshold: f64,
    /// The topics it hears besides its own inbox.
    hears: Vec<Hears>,
    /// The decision types of its own.
    may_decide: Vec<DecisionType>,
    /// Those of the roles below it, which it may decide as well.
    may_decide_for_others: Vec<DecisionType>,
    tools: Vec<Tool>,
    keywords: Vec<String>,
    /// What it compares: a figure that is needed, and the one that there is.
    figures: Vec<[String; 2]>,
    weighs: Weighs,
}

/// A topic that it hears.
#[derive(Serialize)]
struct Hears {
    topic: Topic,
    /// Only about decisions of these types; empty means all.
    only: Vec<DecisionType>,
}

/// A tool that it has.
#[derive(Serialize)]
struct Tool {
    name: &'static str,
    class: Class,
    only_reads: bool,
    description: &'static str,
}

/// What a tool's answer rests on.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Class {
    Decides,
    Computes,
    Generates,
}

/// How it weighs facts, in percent of the usual weight.
#[derive(Serialize)]
struct Weighs {
    money: u32,
    risk: u32,
    feasibility: u32,
    outcome: u32,
}

/// Shows the agent of a role.
pub(super) fn show(invocation: &mut Invocation<'_, '_>, role: &RoleId) -> Result<End, Failed> {
    let look = Look::open(invocation)?;
    let full = full(invocation, &look, role)?;
    if invocation.json {
        invocation.output.json(&full);
    } else {
        let place = &look.place;
        let next =
            [place.command(&format!("messages {role}")), place.command(&format!("messages {role} --unread"))];
        invocation.output.text(&text(&full, &next));
    }
    Ok(End::Well)
}

fn full(invocation: &Invocation<'_, '_>, look: &Look, id: &RoleId) -> Result<Full, Failed> {
    let role = look.role(id)?;
    let all = look.config.roles.iter().flat_map(|role| &role.may_decide);
    let of_others =
        all.filter(|kind| !role.may_decide.contains(kind) && authority::has_type(&look.config, id, kind));
    let tools = invocation.organisation.tools(id).iter().map(|tool| Tool {
        name: tool.name(),
        class: match tool.class() {
            tool::Class::Decides => Class::Decides,
            tool::Class::Computes => Class::Computes,
            tool::Class::Generates => Class::Generates,
        },
        only_reads: tool.only_reads(),
        description: tool.description(),
    });
    let hears = role.hears.iter().map(|one| Hears { topic: one.topic.clone(), only: one.only.clone() });
    Ok(Full {
        summary: Summary::of(look, role)?,
        threshold: decimal(role.threshold),
        hears: hears.collect(),
        may_decide: role.may_decide.clone(),
        may_decide_for_others: of_others.cloned().collect(),
        tools: tools.collect(),
        keywords: role.keywords.clone(),
        figures: role
            .concerns
            .figures
            .iter()
            .map(|pair| [pair.needed.clone(), pair.available.clone()])
            .collect(),
        weighs: Weighs {
            money: role.concerns.money,
            risk: role.concerns.risk,
            feasibility: role.concerns.feasibility,
            outcome: role.concerns.outcome,
        },
    })
}

fn text(full: &Full, next: &[String]) -> String {
    let Full { summary, weighs, .. } = full;
    let mut page = TextPage::default();
    page.hanging(&format!("{}  ", summary.role), &summary.title);
    page.heading("NOW");
    page.named(&[
        ("state", summary.state_in_words()),
        ("unread mail", summary.unread.to_string()),
        ("questions out", summary.questions_out.to_string()),
        ("failures in a row", summary.failures.to_string()),
        ("spent in 24 hours", summary.spent_usd.to_string()),
    ]);
    page.heading("AUTHORITY");
    page.named(&[
        ("escalates to", summary.escalates_to_in_words()),
        ("limit in 24 hours", summary.limit_in_words()),
        ("decides from", format!("confidence {:.3}", full.threshold)),
        ("may decide", listed(&full.may_decide)),
        ("and, of others", listed(&full.may_decide_for_others)),
    ]);
    if !summary.track.is_empty() {
        page.heading("TRACK RECORD");
        for track in &summary.track {
            let fared =
                format!("{} stood, {} reversed; counts {:.3}", track.stood, track.reversed, track.record);
            page.hanging(&format!("  {}  ", track.kind), &fared);
        }
    }
    page.heading("HEARS");
    for one in &full.hears {
        let only = if one.only.is_empty() { String::new() } else { format!("only {}", listed(&one.only)) };
        page.hanging(&format!("  {}  ", one.topic), &only);
    }
    page.heading("KEYWORDS");
    page.indented(&listed(&full.keywords));
    if !full.figures.is_empty() {
        page.heading("FIGURES IT COMPARES");
        for [needed, available] in &full.figures {
            page.indented(&format!("{needed} with {available}"));
        }
    }
    page.heading("WEIGHS, in percent of the usual");
    let Weighs { money, risk, feasibility, outcome } = weighs;
    page.indented(&format!("money {money}, risk {risk}, feasibility {feasibility}, outcome {outcome}"));
    page.heading("TOOLS");
    if full.tools.is_empty() {
        page.indented("none");
    }
    let width = full.tools.iter().map(|tool| tool.name.len()).max().unwrap_or_default();
    for tool in &full.tools {
        let class = if tool.only_reads { "reads".to_owned() } else { word(&tool.class) };
        page.hanging(&format!("  {:<width$}  {class:<9}  ", tool.name), tool.description);
    }
    page.next(next);
    page.into_text()
}

fn listed(items: &[impl ToString]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}
