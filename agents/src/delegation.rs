//! Who is picked for which kind of work.
//!
//! What always holds: the first category is the default; each picks roles that there are, the one who leads it first.

use echo_runtime::delegations::Category;

/// The categories of work.
pub const CATEGORIES: &[Category] = &[
    Category {
        name: "development",
        about: "features and their tests",
        roles: &["senior_developer", "test_lead"],
        words: &[
            "implement*",
            "feature",
            "code",
            "coding",
            "develop*",
            "refactor*",
            "unit test",
            "test",
            "endpoint",
            "function",
        ],
    },
    Category {
        name: "technical",
        about: "architecture and technology",
        roles: &["cto", "senior_architect", "senior_developer"],
        words: &[
            "architect*",
            "technolog*",
            "scal*",
            "migrat*",
            "database",
            "api design",
            "system design",
            "performance",
            "security",
            "integrat*",
            "technical debt",
        ],
    },
    Category {
        name: "strategic",
        about: "where the company goes",
        roles: &["ceo", "cto", "product_manager"],
        words: &[
            "strateg*",
            "vision",
            "market entry",
            "acqui*",
            "partnership",
            "revenue",
            "invest*",
            "pivot",
            "growth",
            "competit*",
            "quarterly goal",
        ],
    },
    Category {
        name: "hr",
        about: "people and their work",
        roles: &["ceo", "chro"],
        words: &[
            "hir*",
            "recruit*",
            "salary",
            "employee",
            "onboarding",
            "performance review",
            "terminat*",
            "benefit",
            "compensation",
            "vacation",
            "candidate",
            "human resource",
        ],
    },
    Category {
        name: "operations",
        about: "running what there is",
        roles: &["operations_head", "cto"],
        words: &[
            "operation",
            "operational",
            "deploy*",
            "incident",
            "outage",
            "vendor",
            "monitoring",
            "infrastructure",
            "process",
            "capacity",
            "uptime",
            "logistic",
        ],
    },
    Category {
        name: "product",
        about: "what is built, for whom",
        roles: &["product_manager", "ceo", "uiux_engineer"],
        words: &[
            "product",
            "roadmap",
            "user story",
            "user research",
            "customer",
            "feedback",
            "usability",
            "wireframe",
            "prototype",
            "design",
            "requirement",
            "priorit*",
        ],
    },
    Category {
        name: "quick_fix",
        about: "a small mend",
        roles: &["senior_developer"],
        words: &[
            "fix",
            "fixes",
            "bug",
            "typo",
            "hotfix",
            "patch",
            "quick fix",
            "small change",
            "broken",
            "crash*",
        ],
    },
];

#[cfg(test)]
mod tests {
    use echo_runtime::delegations::pick;

    use super::*;

    #[test]
    fn descriptions_are_read_as_people_mean_them() {
        let check = |description: &str, expected: &str, because: &str| {
            let picked = pick(CATEGORIES, None, description).unwrap();
            assert_eq!(picked.category.name, expected, "{description}: {}", picked.because);
            assert!(picked.because.contains(because), "{description}: {}", picked.because);
        };
        check("Implement a feature for exports, with unit tests", "development", "implement*, feature");
        check(
            "Review the architecture: will the database scale?",
            "technical",
            "architect*, scal*, database",
        );
        check("Our strategy for revenue growth next year", "strategic", "strateg*, revenue, growth");
        check("Hire two engineers and plan their onboarding", "hr", "hir*, onboarding");
        check("The deployment had an outage; talk to the vendor", "operations", "deploy*, outage, vendor");
        check("A roadmap from customer feedback", "product", "roadmap, customer, feedback");
        check("Fix the typo on the start page", "quick_fix", "fix, typo");
        check("Water the plants", "development", "tells of no category, and this is the default");
    }

    #[test]
    fn the_readme_names_every_category_and_whom_it_picks() {
        let readme = include_str!("../README.md");
        let rows: Vec<String> = CATEGORIES
            .iter()
            .map(|Category { name, about, roles, .. }| {
                let roles: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
                format!("| `{name}` | {about} | {} |", roles.join(" "))
            })
            .collect();
        assert!(readme.contains(&rows.join("\n")), "{}", rows.join("\n"));
    }

    #[test]
    fn each_category_is_found_by_its_name_and_no_other_is() {
        for category in CATEGORIES {
            assert_eq!(
                pick(CATEGORIES, Some(category.name), "Fix a bug").unwrap().category.name,
                category.name
            );
        }
        let refused = pick(CATEGORIES, Some("gardening"), "x").unwrap_err();
        assert!(refused.contains("no `gardening`; there are development, technical"), "{refused}");
        let organisation = crate::organisation().unwrap();
        assert_eq!(organisation.categories().len(), 7);
    }
}
