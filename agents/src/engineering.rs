//! What counts as engineering: the decision types of the roles that build.
//!
//! What always holds: the list is exactly the types of the Chief Technology Officer, the Senior Architect, the Senior
//! Developer and the Test Lead; a test compares them.

/// The decision types of engineering.
pub const TYPES: &[&str] = &[
    "technology_strategy",
    "infrastructure_architecture",
    "engineering_budget",
    "team_structure",
    "technical_standards",
    "system_architecture",
    "technology_evaluation",
    "scalability",
    "technical_debt",
    "design_review",
    "implementation",
    "code_review",
    "refactoring",
    "bug_fixing",
    "test_strategy",
    "test_automation",
    "bug_severity",
    "release_quality",
];
