//! The Chief Executive Officer: where the company goes and what it spends.

use echo_runtime::role::{Hears, Role, Weighs};

use crate::tools;

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "ceo",
    title: "Chief Executive Officer",
    escalates_to: None,
    leadership: true,
    budget_limit_usd: Some(1_000_000),
    threshold: 700,
    may_decide: &[
        "strategic_planning",
        "budget_allocation",
        "c_suite_hiring",
        "company_direction",
        "crisis_management",
    ],
    spends: &["budget_allocation"],
    matters: &[],
    keywords: &[
        "strategy",
        "leadership",
        "decision",
        "priority",
        "direction",
        "vision",
        "organization",
        "revenue",
        "growth",
    ],
    hears: &[Hears { topic: "decisions:new", only: &[] }, Hears { topic: "decisions:escalated", only: &[] }],
    weighs: Weighs {
        money: 120,
        risk: 100,
        feasibility: 80,
        outcome: 130,
        figures: &[("cash_needed_usd", "cash_available_usd")],
    },
    tools: tools::ceo::tools,
    on_message: None,
};
