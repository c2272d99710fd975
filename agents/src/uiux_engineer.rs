//! The UI/UX Engineer: what people see and whether they can use it.

use echo_runtime::role::{Course, Matter, Role, Weighs};

use crate::tools;

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "uiux_engineer",
    title: "UI/UX Engineer",
    escalates_to: Some("product_manager"),
    leadership: false,
    budget_limit_usd: None,
    threshold: 650,
    may_decide: &["interface_design", "design_system", "user_testing", "accessibility"],
    spends: &[],
    matters: &[
        Matter {
            name: "major_flow",
            words: &["major flow", "major user flow"],
            types: &[],
            course: Course::With(&["product_manager", "senior_architect"]),
        },
        Matter {
            name: "design_system_overhaul",
            words: &["design-system overhaul", "design system overhaul"],
            types: &[],
            course: Course::Up,
        },
        Matter {
            name: "accessibility_law",
            words: &["accessibility law", "accessibility lawsuit", "legal accessibility", "ada compliance"],
            types: &[],
            course: Course::Person,
        },
    ],
    keywords: &["ui", "ux", "interface", "user experience", "visual", "usability"],
    hears: &[],
    weighs: Weighs {
        money: 60,
        risk: 90,
        feasibility: 100,
        outcome: 130,
        figures: &[("usability_score_required", "usability_score")],
    },
    tools: tools::uiux_engineer::tools,
    on_message: None,
};
