//! The Product Manager: what is built, for whom and when.

use echo_runtime::role::{Hears, Role, Weighs};

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "product_manager",
    title: "Product Manager",
    escalates_to: Some("ceo"),
    leadership: false,
    budget_limit_usd: Some(200_000),
    threshold: 750,
    may_decide: &[
        "product_roadmap",
        "feature_prioritization",
        "product_budget",
        "user_research",
        "release_planning",
    ],
    keywords: &[
        "product",
        "feature",
        "requirements",
        "user story",
        "roadmap",
        "customer",
        "market",
        "pricing",
    ],
    hears: &[Hears { topic: "decisions:new", only: &[] }],
    weighs: Weighs {
        money: 90,
        risk: 90,
        feasibility: 90,
        outcome: 150,
        figures: &[("customers_needed", "customers_reachable")],
    },
    tools: Vec::new,
    on_message: None,
};
