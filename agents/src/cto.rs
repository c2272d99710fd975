//! The Chief Technology Officer: which technology carries the company.

use echo_runtime::role::{Course, Hears, Matter, Role, Weighs};

use crate::{engineering, tools};

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "cto",
    title: "Chief Technology Officer",
    escalates_to: Some("ceo"),
    leadership: true,
    budget_limit_usd: Some(500_000),
    threshold: 700,
    may_decide: &[
        "technology_strategy",
        "infrastructure_architecture",
        "engineering_budget",
        "team_structure",
        "technical_standards",
    ],
    spends: &["engineering_budget"],
    matters: &[
        Matter {
            name: "cross_team_architecture",
            words: &["cross-team architecture", "architecture across teams"],
            types: &[],
            course: Course::With(&["senior_architect", "product_manager"]),
        },
        Matter {
            name: "team_structure",
            words: &["team structure", "reorganise the team", "reorganize the team"],
            types: &["team_structure"],
            course: Course::Up,
        },
        Matter {
            name: "technology_migration",
            words: &[
                "technology migration*",
                "platform migration*",
                "database migration*",
                "migrat* the platform",
                "migrat* the database",
                "migrat* the technology",
            ],
            types: &[],
            course: Course::Person,
        },
        Matter {
            name: "compliance",
            words: &["compliance", "compliant", "regulatory", "gdpr", "hipaa", "data protection"],
            types: &[],
            course: Course::Person,
        },
    ],
    keywords: &[
        "technical",
        "technology",
        "architecture",
        "infrastructure",
        "security",
        "performance",
        "scalability",
    ],
    hears: &[Hears { topic: "decisions:escalated", only: engineering::TYPES }],
    weighs: Weighs {
        money: 90,
        risk: 100,
        feasibility: 140,
        outcome: 100,
        figures: &[("load_expected", "load_capacity"), ("response_ms_expected", "response_ms_allowed")],
    },
    tools: tools::cto::tools,
    on_message: None,
};
