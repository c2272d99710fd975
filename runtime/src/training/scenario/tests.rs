//! Reading scenarios: what is written arrives, what may be left out is, and no text makes the reader panic.

mod errors;

use echo_storage::quantities::Usd;
use echo_storage::records::{Mode, Risk, Status};
use proptest::prelude::*;

use super::*;
use crate::training::expectations::Decider;

/// A whole scenario, as people write them.
const FULL: &str = "\
# The default training scenario: the CEO asks the organisation how to triple revenue.
name: revenue-growth
title: Triple revenue in 18 months
initiator: ceo
decision:
  type: company_direction
  mode: collaborative
  subject: \"Strategic initiative: triple revenue in 18 months\"
  description: >-
    Annual revenue is to grow from 5M to 15M USD within 18 months. Growth today is 15 % a year with
    2,500 customers at 2,000 USD a deal.
  budget_usd: 2000000
  timeline: 18 months
  impact: Decides which investments are made for the next six quarters.
  stakeholders: [ceo, cto, product_manager]
  constraints:
    - No more than 2M USD for new initiatives
    - Today's platform ends at 10,000 users
  risks:
    - Demand grows faster than the platform can carry
    - risk: A price change drives existing customers away
      mitigation: Keep the old price for a year
  success_criteria:
    - 15M USD annual revenue by month 18
  data:
    users: 10000
    customers: 2500
  questions:
    product: Which product features or pricing tiers raise revenue per customer?
    market: Do we enter a new market or go deeper in the ones we have?
    architecture: Which component must change in the architecture first?
  not_concerned: [chro, test_lead]
expect:
  participate: [cto, product_manager]
  decline: [chro, test_lead]
  quorum: true
  status: escalated        # 2M USD is above every role's limit: a person decides
  decided_by: person
  path: [cto, ceo]
";

/// The least that is a scenario.
const LEAST: &str = "\
name: least
title: The least there is
initiator: ceo
decision:
  type: hiring
  subject: Hire somebody
";

fn roles(names: &str) -> Vec<RoleId> {
    names.split_whitespace().map(|name| RoleId::new(name).unwrap()).collect()
}

fn parse(yaml: &str) -> Result<Scenario, ScenarioError> {
    let types = ["company_direction", "product_budget", "hiring"];
    Scenario::parse(
        "my.yaml",
        yaml,
        &roles("ceo cto chro product_manager test_lead"),
        &types.map(|name| DecisionType::new(name).unwrap()),
    )
}

/// The full scenario with `from`, which it must have once, replaced.
fn full_with(from: &str, to: &str) -> String {
    assert_eq!(FULL.matches(from).count(), 1, "{from}");
    FULL.replace(from, to)
}

/// The least scenario with more lines in its decision.
fn least_with(lines: &str) -> String {
    format!("{LEAST}{lines}\n")
}

fn error(yaml: &str) -> String {
    parse(yaml).expect_err("a fault").to_string()
}

#[test]
fn a_full_scenario_is_read_as_it_is_written() {
    let scenario = parse(FULL).unwrap();
    assert_eq!(scenario.name, "revenue-growth");
    assert_eq!(scenario.title, "Triple revenue in 18 months");
    let proposal = &scenario.proposal;
    assert_eq!(proposal.initiator.as_str(), "ceo");
    assert_eq!(proposal.kind.as_str(), "company_direction");
    assert_eq!(proposal.mode, Mode::Collaborative);
    assert_eq!(proposal.subject, "Strategic initiative: triple revenue in 18 months");
    let context = &proposal.context;
    assert!(context.description.ends_with("15 % a year with 2,500 customers at 2,000 USD a deal."));
    assert_eq!(context.budget, Some(Usd::dollars(2_000_000)));
    assert_eq!(context.timeline, "18 months");
    assert_eq!(context.stakeholders, ["ceo", "cto", "product_manager"]);
    assert_eq!(context.constraints.len(), 2);
    assert_eq!(
        context.risks,
        [
            Risk { risk: "Demand grows faster than the platform can carry".into(), mitigation: None },
            Risk {
                risk: "A price change drives existing customers away".into(),
                mitigation: Some("Keep the old price for a year".into()),
            },
        ]
    );
    assert!(context.alternatives.is_empty() && context.dependencies.is_empty());
    assert_eq!(context.success_criteria, ["15M USD annual revenue by month 18"]);
    // Not the order of the alphabet: the order of the file.
    assert_eq!(context.data, [("users".to_owned(), 10_000), ("customers".to_owned(), 2_500)]);
    let topics: Vec<_> = context.questions.iter().map(|(topic, _)| topic.as_str()).collect();
    assert_eq!(topics, ["product", "market", "architecture"]);
    assert_eq!(context.not_concerned, roles("chro test_lead"));
    assert_eq!(context.missing(), Vec::<&str>::new());
    assert_eq!(
        scenario.expect,
        Expectations {
            participate: roles("cto product_manager"),
            decline: roles("chro test_lead"),
            quorum: Some(true),
            status: Some(Status::Escalated),
            decided_by: Some(Decider::Person),
            reason: None,
            mode: None,
            path: roles("cto ceo"),
        }
    );
}

#[test]
fn what_may_be_left_out_is_left_to_the_organisation_to_miss() {
    let scenario = parse(LEAST).unwrap();
    assert_eq!(scenario.proposal.mode, Mode::Collaborative);
    assert_eq!(scenario.proposal.context.missing(), ["description", "impact", "stakeholders"]);
    assert_eq!(scenario.expect, Expectations::default());
    // A field without a value is a field that was left out.
    let empty = least_with("  description:\n  stakeholders: ~\n  data: null\n  budget_usd:\nexpect:");
    assert_eq!(parse(&empty).unwrap(), scenario);
}

#[test]
fn values_are_taken_as_they_are_written() {
    let timeline = |written: &str| {
        let yaml = least_with(&format!("  timeline: {written}"));
        parse(&yaml).map(|scenario| scenario.proposal.context.timeline)
    };
    for written in ["18", "1.50", "no", "true", "0x1F", "1e999", "2026-01-01", ".inf", "-7", "007", "1_000"] {
        assert_eq!(timeline(written).unwrap(), written);
    }
    assert_eq!(timeline("'18'").unwrap(), "18");
    assert_eq!(timeline("\"a # b: c\"").unwrap(), "a # b: c");
    // Places count characters, the text is cut at bytes: what stands before must not shift it.
    assert_eq!(timeline("\"é\"\n  impact: ü\n  dependencies: [ö, 15]").unwrap(), "é");
    let umlauts = parse(&least_with("  impact: üü\n  dependencies: [ö, 15]")).unwrap();
    assert_eq!(umlauts.proposal.context.dependencies, ["ö", "15"]);
    let anchored = parse(&least_with("  impact: &n 15\n  timeline: *n")).unwrap();
    assert_eq!(anchored.proposal.context.timeline, "15");

    let budget = |written: &str| {
        let yaml = least_with(&format!("  budget_usd: {written}"));
        parse(&yaml).map(|scenario| scenario.proposal.context.budget.unwrap().cents())
    };
    assert_eq!(budget("0").unwrap(), 0);
    assert_eq!(budget("0.29").unwrap(), 29);
    assert_eq!(budget("\"1200.50\"").unwrap(), 120_050);
    assert_eq!(budget("1000000000000").unwrap(), Usd::MAX.cents());
    assert!(budget("1000000000000.01").is_err());

    let largest = parse(&least_with(&format!("  data: {{n: {}}}", u64::MAX))).unwrap();
    assert_eq!(largest.proposal.context.data, [("n".to_owned(), u64::MAX)]);
    for (written, quorum) in [("true", true), ("True", true), ("FALSE", false), ("false", false)] {
        let scenario = parse(&format!("{LEAST}expect: {{quorum: {written}}}")).unwrap();
        assert_eq!(scenario.expect.quorum, Some(quorum));
    }
    let lists = "alternatives: [a]\n  dependencies: [d]\n  constraints: [c]\n  success_criteria: [s]";
    let context = parse(&least_with(&format!("  {lists}"))).unwrap().proposal.context;
    let lists = [context.alternatives, context.dependencies, context.constraints, context.success_criteria];
    assert_eq!(lists, [["a"], ["d"], ["c"], ["s"]]);
    let decided = parse(&format!("{LEAST}expect: {{decided_by: ceo, reason: incomplete}}")).unwrap();
    assert_eq!(decided.expect.decided_by, Some(Decider::Role(RoleId::new("ceo").unwrap())));
    assert_eq!(decided.expect.reason.as_deref(), Some("incomplete"));
}

#[test]
fn scenarios_survive_their_json_text() {
    for yaml in [
        FULL.to_owned(),
        LEAST.to_owned(),
        least_with("  budget_usd: 0.07\n  alternatives: [a]\n  dependencies: [d]"),
    ] {
        let scenario = parse(&yaml).unwrap();
        assert_eq!(Scenario::from_json(&scenario.to_json()).unwrap(), scenario);
    }
    insta::assert_snapshot!(
        parse(&least_with("  questions: {z: Why?, a: How?}")).unwrap().to_json(),
        @r#"{"name":"least","title":"The least there is","initiator":"ceo","decision":{"type":"hiring","mode":"collaborative","subject":"Hire somebody","description":"","impact":"","stakeholders":[],"budget_usd":null,"timeline":"","risks":[],"alternatives":[],"dependencies":[],"success_criteria":[],"data":[],"constraints":[],"questions":[["z","Why?"],["a","How?"]],"not_concerned":[],"matters":[]},"expect":{"participate":[],"decline":[],"quorum":null,"status":null,"decided_by":null,"reason":null}}"#
    );
    insta::assert_snapshot!(
        Scenario::from_json("").unwrap_err(),
        @"stored scenario:1:1: this is no stored scenario: EOF while parsing a value at line 1 column 0; play the scenario's file again"
    );
    insta::assert_snapshot!(
        Scenario::from_json("{\"name\": 1}").unwrap_err(),
        @"stored scenario:1:10: this is no stored scenario: invalid type: integer `1`, expected a string at line 1 column 10; play the scenario's file again"
    );
}

/// A text as a file may be damaged: pieces cut out, doubled, or replaced by what matters to YAML.
fn mutated() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(String::new()),
        prop::sample::select(vec![
            ":", ": ", "-", "- ", "[", "]", "{", "}", "&a ", "*a", "!!int ", "!x ", "|", ">", "'", "\"", "#",
            "\n", "\n  ", "\t", "~", "---\n", "...", "<<: ", "%", "?", "\u{0}", "\u{feff}", "é", "-1",
            "1e999", ".nan", "ceo", "null", "true", "\\",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    // Mostly few and short cuts, so that much of what comes out is still nearly a scenario.
    let cut = (any::<prop::sample::Index>(), 0..40_usize, piece, any::<bool>());
    prop::collection::vec(cut, 1..4).prop_map(|cuts| {
        let mut chars: Vec<char> = FULL.chars().collect();
        for (at, length, piece, doubled) in cuts {
            let start = at.index(chars.len() + 1);
            let end = (start + length).min(chars.len());
            let removed: Vec<char> = chars.splice(start..end, piece.chars()).collect();
            if doubled {
                chars.splice(start..start, removed.iter().chain(&removed).copied());
            }
        }
        chars.into_iter().collect()
    })
}

proptest! {
    /// Whatever the text, the answer is a scenario that survives its JSON text, or an error within the text.
    #[test]
    fn any_text_is_a_scenario_or_an_error(yaml in mutated()) {
        match parse(&yaml) {
            Ok(scenario) => prop_assert_eq!(Scenario::from_json(&scenario.to_json()), Ok(scenario)),
            Err(error) => {
                // The parser of YAML breaks lines at lone carriage returns as well.
                let lines = yaml.chars().filter(|c| matches!(c, '\n' | '\r')).count() + 1;
                let line = usize::try_from(error.line()).unwrap();
                prop_assert!((1..=lines).contains(&line), "{} of {}", error, lines);
                prop_assert!(error.column() >= 1);
                prop_assert!(error.to_string().starts_with("my.yaml:"));
                prop_assert!(!error.to_string().contains('\n'), "{}", error);
            }
        }
    }

    #[test]
    fn any_json_is_a_scenario_or_an_error(cut in any::<prop::sample::Index>(), extra in any::<String>()) {
        let mut json = parse(FULL).unwrap().to_json();
        let mut at = cut.index(json.len());
        while !json.is_char_boundary(at) {
            at -= 1;
        }
        json.replace_range(at.., &extra);
        prop_assert!(Scenario::from_json(&json).is_err());
    }
}
