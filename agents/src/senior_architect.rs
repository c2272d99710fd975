//! The Senior Architect: how the systems fit together.

use echo_runtime::role::{Hears, Role, Weighs};

use crate::engineering;

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "senior_architect",
    title: "Senior Architect",
    escalates_to: Some("cto"),
    leadership: false,
    budget_limit_usd: None,
    threshold: 600,
    may_decide: &[
        "system_architecture",
        "technology_evaluation",
        "scalability",
        "technical_debt",
        "design_review",
    ],
    keywords: &["architecture", "design", "component", "integration", "api", "scale"],
    hears: &[Hears { topic: "decisions:escalated", only: engineering::TYPES }],
    weighs: Weighs {
        money: 70,
        risk: 110,
        feasibility: 150,
        outcome: 90,
        figures: &[("load_expected", "load_capacity"), ("integrations_needed", "integrations_possible")],
    },
    tools: Vec::new,
    on_message: None,
};
