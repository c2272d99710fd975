//! The Senior Architect: how the systems fit together.

use echo_runtime::role::{Course, Hears, Matter, Role, Weighs};

use crate::{engineering, tools};

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
    spends: &[],
    matters: &[
        Matter {
            name: "system_architecture",
            words: &[],
            types: &["system_architecture"],
            course: Course::With(&["cto", "product_manager", "senior_developer"]),
        },
        Matter {
            name: "major_architectural_change",
            words: &["major architectural change", "rearchitecture", "architecture overhaul"],
            types: &[],
            course: Course::Up,
        },
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
    tools: tools::senior_architect::tools,
    on_message: None,
};
