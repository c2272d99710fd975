//! The Head of Operations: what runs, with whose help and at what cost.

use echo_runtime::role::{Course, Hears, Matter, Role, Weighs};

use crate::tools;

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "operations_head",
    title: "Head of Operations",
    escalates_to: Some("ceo"),
    leadership: true,
    budget_limit_usd: Some(400_000),
    threshold: 700,
    may_decide: &["vendor_management", "process_optimization", "resource_allocation", "operations_budget"],
    spends: &["operations_budget", "vendor_management"],
    matters: &[
        Matter {
            name: "cross_functional_process",
            words: &["cross-functional process", "process across functions"],
            types: &[],
            course: Course::With(&[]),
        },
        Matter { name: "large_contract", words: &["large contract"], types: &[], course: Course::Up },
        Matter {
            name: "legal_matter",
            words: &[
                "legal matter",
                "legal dispute*",
                "legal action*",
                "legal claim*",
                "lawsuit*",
                "litigat*",
                "sued",
                "sue",
                "suing",
            ],
            types: &[],
            course: Course::Person,
        },
        Matter {
            name: "vendor_dispute",
            words: &[
                "vendor dispute*",
                "dispute with the vendor",
                "breach of contract",
                "breach* the contract",
            ],
            types: &[],
            course: Course::Person,
        },
    ],
    keywords: &[
        "operations",
        "deployment",
        "infrastructure",
        "monitoring",
        "availability",
        "reliability",
        "cost",
    ],
    hears: &[Hears { topic: "decisions:new", only: &[] }],
    weighs: Weighs {
        money: 120,
        risk: 120,
        feasibility: 130,
        outcome: 80,
        figures: &[
            ("load_expected", "load_capacity"),
            ("operating_cost_expected_usd", "operating_cost_allowed_usd"),
        ],
    },
    tools: tools::operations_head::tools,
    on_message: None,
};
