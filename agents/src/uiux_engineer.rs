//! The UI/UX Engineer: what people see and whether they can use it.

use echo_runtime::role::{Role, Weighs};

/// How the role is declared.
pub const ROLE: Role = Role {
    id: "uiux_engineer",
    title: "UI/UX Engineer",
    escalates_to: Some("product_manager"),
    leadership: false,
    budget_limit_usd: None,
    threshold: 650,
    may_decide: &["interface_design", "design_system", "user_testing", "accessibility"],
    keywords: &["ui", "ux", "interface", "user experience", "visual", "usability"],
    hears: &[],
    weighs: Weighs {
        money: 60,
        risk: 90,
        feasibility: 100,
        outcome: 130,
        figures: &[("usability_score_required", "usability_score")],
    },
    tools: Vec::new,
    on_message: None,
};
