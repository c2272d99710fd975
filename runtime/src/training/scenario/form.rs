//! The form of a scenario: which fields there are, what each may hold, and what may not stand together.
//!
//! What always holds: a field that is not of the form is refused, and a role or a type is one that the organisation
//! has. A field that may be left out takes its empty value and nothing else.

use echo_storage::names::{DecisionType, Matter, RoleId};
use echo_storage::quantities::Usd;
use echo_storage::records::{Context, Mode, Proposal, Risk};

use super::suggest::{shown, unknown};
use super::tree::{Fields, Item};
use super::{MAX_NAME_CHARS, MAX_SUBJECT_CHARS, MAX_TITLE_CHARS, Scenario, ScenarioError};
use crate::training::expectations::{Decider, Expectations, PERSON, STATUSES};
use crate::wording::{mode_name, status_name};

const SCENARIO_FIELDS: [&str; 5] = ["name", "title", "initiator", "decision", "expect"];
const DECISION_FIELDS: [&str; 17] = [
    "type",
    "mode",
    "subject",
    "description",
    "budget_usd",
    "timeline",
    "impact",
    "stakeholders",
    "constraints",
    "risks",
    "alternatives",
    "dependencies",
    "success_criteria",
    "data",
    "questions",
    "not_concerned",
    "matters",
];
const RISK_FIELDS: [&str; 2] = ["risk", "mitigation"];
const EXPECT_FIELDS: [&str; 8] =
    ["participate", "decline", "quorum", "status", "decided_by", "reason", "mode", "path"];

/// The longest amount that is looked at, in characters; the largest that is taken has 16.
const MAX_AMOUNT_CHARS: usize = 40;

/// The modes.
const MODES: [Mode; 4] = [Mode::Autonomous, Mode::Collaborative, Mode::Hierarchical, Mode::Human];

/// What a scenario may name.
pub(super) struct Known<'a> {
    pub(super) roles: &'a [RoleId],
    pub(super) types: &'a [DecisionType],
}

type Read<T> = Result<T, ScenarioError>;

/// Reads the whole scenario.
pub(super) fn scenario(root: &Item<'_>, known: &Known<'_>) -> Read<Scenario> {
    let fields = root.fields(&SCENARIO_FIELDS)?;
    let name = name(fields.required("name", "a short name such as `name: new-market`")?)?;
    let title = fields.required("title", "one line for people")?.line(MAX_TITLE_CHARS)?.to_owned();
    let initiator = fields.required("initiator", "the role that wants the decision")?;
    let initiator = role(initiator, initiator.name(), known)?;
    let proposal = proposal(
        fields.required("decision", "what is to be decided: a `type` and a `subject`")?,
        initiator,
        known,
    )?;
    let expect = match fields.get("expect") {
        Some(item) => expectations(item, &proposal, known)?,
        None => Expectations::default(),
    };
    Ok(Scenario { name, title, proposal, expect })
}

/// The name of a scenario is also what people type to call it and what its reports are called.
fn name(item: &Item<'_>) -> Read<String> {
    let name = item.line(MAX_NAME_CHARS)?;
    if name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_') {
        Ok(name.to_owned())
    } else {
        Err(item.error(format!("is {}; use lower-case letters, digits, `-` and `_` only", shown(name))))
    }
}

fn proposal(item: &Item<'_>, initiator: RoleId, known: &Known<'_>) -> Read<Proposal> {
    let fields = item.fields(&DECISION_FIELDS)?;
    let kind =
        decision_type(fields.required("type", "the decision type, in which somebody has authority")?, known)?;
    let mode = fields.get("mode").map_or(Ok(Mode::Collaborative), mode)?;
    let subject = fields.required("subject", "one line that says what is asked")?.line(MAX_SUBJECT_CHARS)?;
    let context = Context {
        description: text(&fields, "description")?,
        impact: text(&fields, "impact")?,
        stakeholders: each(&fields, "stakeholders", owned_text)?,
        budget: fields.get("budget_usd").map(amount).transpose()?,
        timeline: text(&fields, "timeline")?,
        risks: each(&fields, "risks", risk)?,
        alternatives: each(&fields, "alternatives", owned_text)?,
        dependencies: each(&fields, "dependencies", owned_text)?,
        success_criteria: each(&fields, "success_criteria", owned_text)?,
        data: named(&fields, "data", Item::whole_number)?,
        constraints: each(&fields, "constraints", owned_text)?,
        questions: named(&fields, "questions", owned_text)?,
        not_concerned: roles(&fields, "not_concerned", known, |_| None)?,
    };
    let matters = each(&fields, "matters", matter)?;
    Ok(Proposal { initiator, kind, mode, subject: subject.to_owned(), context, matters })
}

fn expectations(item: &Item<'_>, proposal: &Proposal, known: &Known<'_>) -> Read<Expectations> {
    let fields = item.fields(&EXPECT_FIELDS)?;
    // An expectation that no session can meet is a mistake of the file, not of the organisation.
    let refused = |role: &RoleId, elsewhere: &[RoleId], names_it: &str| {
        if *role == proposal.initiator {
            Some(format!("names the initiator `{role}`, which is not asked whether it takes part; remove it"))
        } else if elsewhere.contains(role) {
            Some(format!("names `{role}`, which {names_it}; remove it from one of them"))
        } else {
            None
        }
    };
    let told = &proposal.context.not_concerned;
    let participate = roles(&fields, "participate", known, |role| {
        refused(role, told, "decision.not_concerned tells to stay away")
    })?;
    let decline = roles(&fields, "decline", known, |role| {
        refused(role, &participate, "expect.participate names as well")
    })?;
    Ok(Expectations {
        participate,
        decline,
        quorum: fields.get("quorum").map(Item::truth).transpose()?,
        status: fields.get("status").map(status).transpose()?,
        decided_by: fields.get("decided_by").map(|item| decider(item, known)).transpose()?,
        reason: fields.get("reason").map(owned_text).transpose()?,
        mode: fields.get("mode").map(mode).transpose()?,
        path: each(&fields, "path", |item| role(item, item.name(), known))?,
    })
}

fn owned_text(item: &Item<'_>) -> Read<String> {
    item.text().map(str::to_owned)
}

/// The text of a field, empty where it is left out.
fn text(fields: &Fields<'_>, name: &str) -> Read<String> {
    fields.get(name).map_or(Ok(String::new()), owned_text)
}

/// The entries of a list, none where it is left out.
fn each<'a, T>(fields: &Fields<'a>, name: &str, read: impl Fn(&Item<'a>) -> Read<T>) -> Read<Vec<T>> {
    fields.get(name).map_or(Ok(Vec::new()), |item| item.list()?.iter().map(read).collect())
}

/// The entries of a map in their order, none where it is left out.
fn named<'a, T>(
    fields: &Fields<'a>,
    name: &str,
    read: impl Fn(&Item<'a>) -> Read<T>,
) -> Read<Vec<(String, T)>> {
    let Some(map) = fields.get(name) else { return Ok(Vec::new()) };
    let entry = |(name, item): (&str, Item<'a>)| {
        if name.trim().is_empty() || name.contains(char::is_control) {
            let problem = format!("a name in {} is empty or holds control characters", map.name());
            return Err(item.plain_error(format!("{problem}; give this entry a readable one")));
        }
        Ok((name.to_owned(), read(&item)?))
    };
    map.entries()?.into_iter().map(entry).collect()
}

fn risk(item: &Item<'_>) -> Read<Risk> {
    if !item.is_map() {
        return Ok(Risk { risk: owned_text(item)?, mitigation: None });
    }
    let fields = item.fields(&RISK_FIELDS)?;
    Ok(Risk {
        risk: owned_text(fields.required("risk", "what may go wrong")?)?,
        mitigation: fields.get("mitigation").map(owned_text).transpose()?,
    })
}

fn amount(item: &Item<'_>) -> Read<Usd> {
    // Read from the digits as they are written: a float would turn some cents into others.
    item.scalar("an amount", "write dollars such as 1200 or 1200.50")?;
    let amount = Usd::parse(item.line(MAX_AMOUNT_CHARS)?);
    amount.map_err(|problem| item.error(format!("is no amount: {problem}; write 0 to {}", Usd::MAX)))
}

fn mode(item: &Item<'_>) -> Read<Mode> {
    let word = item.text()?;
    MODES.into_iter().find(|mode| mode_name(*mode) == word).ok_or_else(|| {
        let names = MODES.into_iter().map(mode_name);
        item.plain_error(unknown("mode", word, item.name(), "the modes are", names))
    })
}

fn matter(item: &Item<'_>) -> Read<Matter> {
    item.text()?.parse().map_err(|error| item.error(format!("is no matter: {error}")))
}

fn decision_type(item: &Item<'_>, known: &Known<'_>) -> Read<DecisionType> {
    let word = item.text()?;
    known.types.iter().find(|kind| kind.as_str() == word).cloned().ok_or_else(|| {
        item.plain_error(unknown("decision type", word, item.name(), "the types are", known.types.iter()))
    })
}

/// The role of an item; `place` is what an error calls the item.
fn role(item: &Item<'_>, place: &str, known: &Known<'_>) -> Read<RoleId> {
    let word = item.text()?;
    let role = known.roles.iter().find(|role| role.as_str() == word).cloned();
    role.ok_or_else(|| item.plain_error(unknown("role", word, place, "the roles are", known.roles.iter())))
}

/// The roles of a list, none where it is left out; `refused` says what speaks against a role here.
fn roles(
    fields: &Fields<'_>,
    name: &str,
    known: &Known<'_>,
    refused: impl Fn(&RoleId) -> Option<String>,
) -> Read<Vec<RoleId>> {
    let Some(list) = fields.get(name) else { return Ok(Vec::new()) };
    let mut roles = Vec::new();
    for item in list.list()? {
        let role = role(&item, list.name(), known)?;
        let twice = roles.contains(&role).then(|| format!("names `{role}` a second time; remove it"));
        if let Some(problem) = twice.or_else(|| refused(&role)) {
            return Err(item.error(problem));
        }
        roles.push(role);
    }
    Ok(roles)
}

fn status(item: &Item<'_>) -> Read<echo_storage::records::Status> {
    let word = item.text()?;
    STATUSES.into_iter().find(|status| status_name(*status) == word).ok_or_else(|| {
        let names = STATUSES.into_iter().map(status_name);
        item.plain_error(unknown("status", word, item.name(), "a decision is", names))
    })
}

fn decider(item: &Item<'_>, known: &Known<'_>) -> Read<Decider> {
    let word = item.text()?;
    if word == PERSON {
        return Ok(Decider::Person);
    }
    known.roles.iter().find(|role| role.as_str() == word).cloned().map(Decider::Role).ok_or_else(|| {
        let names = std::iter::once(PERSON).chain(known.roles.iter().map(RoleId::as_str));
        item.plain_error(unknown("decider", word, item.name(), "write one of", names))
    })
}
