//! The Chief Human Resources Officer: who works here and how they fare.

use echo_runtime::role::{Course, Hears, Matter, Role, Weighs};

use crate::tools;

/// Who leads a team besides this role.
const MANAGERS: &[&str] = &["cto", "operations_head", "product_manager"];

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "chro",
    title: "Chief Human Resources Officer",
    escalates_to: Some("ceo"),
    leadership: true,
    budget_limit_usd: Some(300_000),
    threshold: 700,
    may_decide: &["hiring", "performance_management", "hr_policy", "conflict_resolution", "team_culture"],
    spends: &[],
    matters: &[
        Matter {
            name: "cross_team_conflict",
            words: &["cross-team conflict", "conflict between teams"],
            types: &[],
            course: Course::With(MANAGERS),
        },
        Matter {
            name: "promotion",
            words: &["promotion", "promote"],
            types: &[],
            course: Course::With(MANAGERS),
        },
        Matter {
            name: "executive_hire",
            words: &[
                "executive hire*",
                "hire an executive",
                "hiring an executive",
                "c-suite",
                "hire of a cfo",
                "hire a cfo",
            ],
            types: &["c_suite_hiring"],
            course: Course::Up,
        },
        Matter {
            name: "major_policy",
            words: &["major policy", "company-wide policy"],
            types: &[],
            course: Course::Up,
        },
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
            name: "termination",
            words: &[
                "terminat*",
                "dismissal*",
                "dismiss* an employee",
                "dismissed",
                "layoff*",
                "lay off",
                "laid off",
                "redundanc*",
                "make redundant",
                "made redundant",
                "fire an employee",
                "fired",
            ],
            types: &[],
            course: Course::Person,
        },
        Matter {
            name: "discrimination_claim",
            words: &["discriminat*", "harass*"],
            types: &[],
            course: Course::Person,
        },
    ],
    keywords: &["hiring", "hr", "talent", "recruitment", "team member", "employee", "culture"],
    hears: &[Hears { topic: "agents:status", only: &[] }],
    weighs: Weighs {
        money: 80,
        risk: 100,
        feasibility: 120,
        outcome: 90,
        figures: &[("hires_needed", "hires_possible")],
    },
    tools: tools::chro::tools,
    on_message: None,
};
