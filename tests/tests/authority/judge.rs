//! The judge: reads a journal and says whether every approval in it was allowed.
//!
//! What always holds: the judge knows the table of roles as it is written down for people, and shares no code with what
//! it judges beyond the records.

use std::collections::BTreeMap;

use echo_storage::journal::Entry;
use echo_storage::names::{ApprovalId, DecisionId, Matter};
use echo_storage::records::{Decision, Party, Reason, Status};
use echo_storage::{Effect, Input};

/// A role: whom it escalates to, its limit in dollars, its types, and the matters that are a person's or those' above it.
struct Row {
    id: &'static str,
    up: Option<&'static str>,
    limit_usd: Option<u64>,
    types: &'static [&'static str],
    person: &'static [&'static str],
    above: &'static [&'static str],
}

const DAY_MS: u64 = 86_400_000;

const TABLE: [Row; 9] = [
    Row {
        id: "ceo",
        up: None,
        limit_usd: Some(1_000_000),
        types: &[
            "strategic_planning",
            "budget_allocation",
            "c_suite_hiring",
            "company_direction",
            "crisis_management",
        ],
        person: &[],
        above: &[],
    },
    Row {
        id: "cto",
        up: Some("ceo"),
        limit_usd: Some(500_000),
        types: &[
            "technology_strategy",
            "infrastructure_architecture",
            "engineering_budget",
            "team_structure",
            "technical_standards",
        ],
        person: &["technology_migration", "compliance"],
        above: &["team_structure"],
    },
    Row {
        id: "chro",
        up: Some("ceo"),
        limit_usd: Some(300_000),
        types: &["hiring", "performance_management", "hr_policy", "conflict_resolution", "team_culture"],
        person: &["legal_matter", "termination", "discrimination_claim"],
        above: &["executive_hire", "major_policy"],
    },
    Row {
        id: "operations_head",
        up: Some("ceo"),
        limit_usd: Some(400_000),
        types: &["vendor_management", "process_optimization", "resource_allocation", "operations_budget"],
        person: &["legal_matter", "vendor_dispute"],
        above: &["large_contract"],
    },
    Row {
        id: "product_manager",
        up: Some("ceo"),
        limit_usd: Some(200_000),
        types: &[
            "product_roadmap",
            "feature_prioritization",
            "product_budget",
            "user_research",
            "release_planning",
        ],
        person: &["strategic_pivot"],
        above: &["major_feature", "pivot"],
    },
    Row {
        id: "senior_architect",
        up: Some("cto"),
        limit_usd: None,
        types: &[
            "system_architecture",
            "technology_evaluation",
            "scalability",
            "technical_debt",
            "design_review",
        ],
        person: &[],
        above: &["major_architectural_change"],
    },
    Row {
        id: "uiux_engineer",
        up: Some("product_manager"),
        limit_usd: None,
        types: &["interface_design", "design_system", "user_testing", "accessibility"],
        person: &["accessibility_law"],
        above: &["design_system_overhaul"],
    },
    Row {
        id: "senior_developer",
        up: Some("senior_architect"),
        limit_usd: None,
        types: &["implementation", "code_review", "refactoring", "bug_fixing"],
        person: &[],
        above: &["major_refactor"],
    },
    Row {
        id: "test_lead",
        up: Some("senior_architect"),
        limit_usd: None,
        types: &["test_strategy", "test_automation", "bug_severity", "release_quality"],
        person: &["production_incident"],
        above: &["release_block"],
    },
];

/// What was seen.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) by_roles: u64,
    pub(crate) with_money: u64,
    pub(crate) by_people: u64,
    pub(crate) rejected: u64,
    pub(crate) escalated: u64,
    pub(crate) overridden: u64,
    pub(crate) matters: u64,
}

impl Judged {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            by_roles: self.by_roles + other.by_roles,
            with_money: self.with_money + other.with_money,
            by_people: self.by_people + other.by_people,
            rejected: self.rejected + other.rejected,
            escalated: self.escalated + other.escalated,
            overridden: self.overridden + other.overridden,
            matters: self.matters + other.matters,
        }
    }
}

/// What is known while a journal is read.
#[derive(Default)]
struct Reading {
    decisions: BTreeMap<DecisionId, Decision>,
    approvals: BTreeMap<ApprovalId, DecisionId>,
    /// Approved money, in cents, by role: the whole sum of a day may not exceed a limit.
    spent: BTreeMap<&'static str, Vec<(u64, u64)>>,
    judged: Judged,
}

/// Reads a whole journal.
pub(crate) fn judge(entries: &[Entry]) -> Result<Judged, String> {
    let mut reading = Reading::default();
    for entry in entries {
        for effect in &entry.effects {
            match effect {
                Effect::PutDecision(decision) => reading.decision(entry, decision)?,
                Effect::PutApproval(approval) => {
                    reading.approvals.insert(approval.id, approval.decision);
                }
                _ => {}
            }
        }
    }
    Ok(reading.judged)
}

impl Reading {
    fn decision(&mut self, entry: &Entry, decision: &Decision) -> Result<(), String> {
        let before = self.decisions.insert(decision.id, decision.clone());
        let was = before.as_ref().map(|before| before.status);
        if let Some(before) = &before
            && (before.proposal != decision.proposal || before.matters != decision.matters)
        {
            return Err(format!("step {}: {} was rewritten", entry.step, decision.id));
        }
        if was == Some(decision.status) {
            return Ok(());
        }
        let over = matches!(was, Some(Status::Approved | Status::Rejected));
        match decision.status {
            Status::Approved => {
                self.approved(entry, decision).map_err(|why| {
                    format!(
                        "step {}: {} approved by {:?}: {why}",
                        entry.step, decision.id, decision.decided_by
                    )
                })?;
            }
            Status::Rejected => self.judged.rejected += 1,
            Status::Escalated => self.judged.escalated += 1,
            Status::Pending if over => {
                return Err(format!("step {}: {} was reopened", entry.step, decision.id));
            }
            Status::Pending => {}
        }
        if over {
            self.judged.overridden += 1;
            Self::overridden(entry, before.as_ref(), decision)?;
        }
        Ok(())
    }

    fn overridden(entry: &Entry, before: Option<&Decision>, decision: &Decision) -> Result<(), String> {
        let wrong = |why: &str| Err(format!("step {}: {} was overridden {why}", entry.step, decision.id));
        let Some(Party::Role(decider)) = before.and_then(|before| before.decided_by.as_ref()) else {
            return wrong("though no role had decided it");
        };
        let Input::Call { caller: Party::Role(caller), tool, .. } = &entry.input else {
            return wrong("without a call");
        };
        if tool != "override_decision" || !chain(decider.as_str()).skip(1).any(|up| up == caller.as_str()) {
            return wrong("by somebody who is not above its decider");
        }
        if decision.reason != Some(Reason::Overridden) {
            return wrong("without saying so");
        }
        Ok(())
    }

    fn approved(&mut self, entry: &Entry, decision: &Decision) -> Result<(), String> {
        let context = &decision.proposal.context;
        if [&context.description, &context.impact].iter().any(|text| text.trim().is_empty())
            || context.stakeholders.is_empty()
        {
            return Err("it is incomplete".to_owned());
        }
        let role = match &decision.decided_by {
            Some(Party::Role(role)) => role.as_str(),
            Some(Party::Person(person)) => {
                self.judged.by_people += 1;
                return match &entry.input {
                    Input::Verdict { approval, approve: true, person: says, .. }
                        if says == person && self.approvals.get(approval) == Some(&decision.id) =>
                    {
                        Ok(())
                    }
                    _ => Err("a person who has not said so".to_owned()),
                };
            }
            _ => return Err("nobody".to_owned()),
        };
        self.judged.by_roles += 1;
        let row = TABLE.iter().find(|row| row.id == role).ok_or("no such role")?;
        let kind = decision.proposal.kind.as_str();
        let owners: Vec<&Row> = TABLE.iter().filter(|owner| owner.types.contains(&kind)).collect();
        if !owners.iter().any(|owner| chain(owner.id).any(|up| up == role)) {
            return Err(format!("no authority over {kind}"));
        }
        Self::matters(decision, role, &owners)?;
        self.judged.matters += u64::from(!decision.matters.is_empty());
        let cents = context.budget.map_or(0, echo_storage::quantities::Usd::cents);
        if cents == 0 {
            return Ok(());
        }
        self.judged.with_money += 1;
        let limit = row.limit_usd.ok_or("it may spend nothing")? * 100;
        let spent = self.spent.entry(row.id).or_default();
        spent.push((entry.now.ms(), cents));
        let since = entry.now.ms().saturating_sub(DAY_MS);
        let day: u64 = spent.iter().filter(|(at, _)| *at > since).map(|(_, cents)| cents).sum();
        if day > limit { Err(format!("{day} cents in a day, of {limit}")) } else { Ok(()) }
    }

    fn matters(decision: &Decision, role: &str, owners: &[&Row]) -> Result<(), String> {
        let initiator = decision.proposal.initiator.as_str();
        let reach = chain(initiator).chain(owners.iter().flat_map(|owner| chain(owner.id)));
        let text = format!(
            "{}\n{}\n{}",
            decision.proposal.subject,
            decision.proposal.context.description,
            decision.proposal.context.impact
        );
        let text = text.to_lowercase();
        // Words that this test's texts use, each with its matter.
        let telling = [
            ("termination", "termination"),
            ("lawsuit", "legal_matter"),
            ("compliance", "compliance"),
            ("strategic pivot", "strategic_pivot"),
            ("platform migration", "technology_migration"),
            ("block the release", "release_block"),
        ];
        let mut touched: Vec<&str> = decision.proposal.matters.iter().map(Matter::as_str).collect();
        touched.extend(telling.iter().filter(|(words, _)| text.contains(words)).map(|(_, matter)| *matter));
        touched.extend((decision.proposal.kind.as_str() == "team_structure").then_some("team_structure"));
        for id in reach {
            let Some(row) = TABLE.iter().find(|row| row.id == id) else { continue };
            if let Some(matter) = touched.iter().find(|matter| row.person.contains(matter)) {
                return Err(format!("{matter} is for a person"));
            }
            let at_or_below = chain(role).any(|up| up == id);
            if let Some(matter) = touched.iter().find(|matter| row.above.contains(matter))
                && at_or_below
            {
                return Err(format!("{matter} is for somebody above {id}"));
            }
        }
        Ok(())
    }
}

/// A role and those above it.
fn chain(from: &str) -> impl Iterator<Item = &'static str> {
    let row = |id: &str| TABLE.iter().find(|row| row.id == id);
    std::iter::successors(row(from), move |one| one.up.and_then(row)).map(|row| row.id)
}
