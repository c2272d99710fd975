//! Nine roles with their concerns and keywords, for the tests of the rules.

use echo_storage::names::RoleId;
use echo_storage::quantities::{Confidence, Usd};
use echo_storage::records::{Concerns, FigurePair};

use crate::mind::Standing;

use super::texts;

/// Roles as an organisation might declare them: id, percentages, pairs of figures and keywords.
pub(super) struct Sample {
    pub(super) id: &'static str,
    /// Money, risk, feasibility, outcome.
    percent: [u32; 4],
    figures: &'static [(&'static str, &'static str)],
    keywords: &'static [&'static str],
}

pub(super) const SAMPLES: [Sample; 9] = [
    Sample {
        id: "ceo",
        percent: [120, 100, 80, 130],
        figures: &[("cash_needed_usd", "cash_available_usd")],
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
    },
    Sample {
        id: "cto",
        percent: [90, 100, 140, 100],
        figures: &[("load_expected", "load_capacity"), ("response_ms_expected", "response_ms_allowed")],
        keywords: &[
            "technical",
            "technology",
            "architecture",
            "infrastructure",
            "security",
            "performance",
            "scalability",
        ],
    },
    Sample {
        id: "chro",
        percent: [80, 100, 120, 90],
        figures: &[("hires_needed", "hires_possible")],
        keywords: &["hiring", "hr", "talent", "recruitment", "team member", "employee", "culture"],
    },
    Sample {
        id: "operations_head",
        percent: [120, 120, 130, 80],
        figures: &[
            ("load_expected", "load_capacity"),
            ("operating_cost_expected_usd", "operating_cost_allowed_usd"),
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
    },
    Sample {
        id: "product_manager",
        percent: [90, 90, 90, 150],
        figures: &[("customers_needed", "customers_reachable")],
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
    },
    Sample {
        id: "senior_architect",
        percent: [70, 110, 150, 90],
        figures: &[("load_expected", "load_capacity"), ("integrations_needed", "integrations_possible")],
        keywords: &["architecture", "design", "component", "integration", "api", "scale"],
    },
    Sample {
        id: "uiux_engineer",
        percent: [60, 90, 100, 130],
        figures: &[("usability_score_required", "usability_score")],
        keywords: &["ui", "ux", "interface", "user experience", "visual", "usability"],
    },
    Sample {
        id: "senior_developer",
        percent: [60, 100, 150, 90],
        figures: &[("effort_person_days", "available_person_days")],
        keywords: &["development", "implementation", "code", "programming", "bug"],
    },
    Sample {
        id: "test_lead",
        percent: [70, 150, 120, 110],
        figures: &[("coverage_required_percent", "coverage_percent"), ("open_bugs", "open_bugs_allowed")],
        keywords: &["testing", "qa", "quality", "bug", "validation", "coverage"],
    },
];
/// Those whom the default training scenario concerns.
pub(super) const VOTERS: [&str; 4] = ["cto", "product_manager", "senior_architect", "operations_head"];

impl Sample {
    /// Its position in a decision that nothing earlier bears on.
    pub(super) fn standing(&self) -> Standing {
        let [money, risk, feasibility, outcome] = self.percent;
        let pair = |(needed, available): &(&str, &str)| FigurePair {
            needed: (*needed).to_owned(),
            available: (*available).to_owned(),
        };
        Standing {
            role: RoleId::new(self.id).unwrap(),
            inside_authority: false,
            budget_limit: None,
            highest_limit: Some(Usd::dollars(1_000_000)),
            spent: Usd::ZERO,
            track_record: Confidence::saturating(900),
            keywords: texts(self.keywords),
            concerns: Concerns {
                money,
                risk,
                feasibility,
                outcome,
                figures: self.figures.iter().map(pair).collect(),
            },
            remembered: vec![],
        }
    }
}
