//! What is held, failed and not scored, and how that is written.

use super::*;

fn roles(names: &str) -> Vec<RoleId> {
    names.split_whitespace().map(|name| RoleId::new(name).unwrap()).collect()
}

/// A session in which `a` and `b` took part, `c` declined, `t` was told to, and a person was asked.
fn session() -> Observed {
    Observed {
        participating: roles("a b"),
        declined_for_relevance: roles("c"),
        told: roles("t"),
        quorum: Some(true),
        status: Status::Escalated,
        decided_by: Some(Decider::Person),
        reason: None,
        mode: Mode::Collaborative,
        path: roles("i"),
    }
}

/// Each check as a line `what: expected, found -> verdict`.
fn check(expectations: &Expectations, observed: &Observed, expected: &[&str]) {
    let score = expectations.check(observed);
    let line =
        |check: &Check| format!("{}: {}, {} -> {:?}", check.what, check.expected, check.found, check.verdict);
    assert_eq!(score.checks.iter().map(line).collect::<Vec<_>>(), expected);
    assert_eq!(score.held(), !expected.iter().any(|line| line.ends_with("Failed")));
}

#[test]
fn nothing_expected_gives_nothing_checked() {
    check(&Expectations::default(), &session(), &[]);
}

#[test]
fn a_role_expected_to_take_part() {
    let expect = |names| Expectations { participate: roles(names), ..Expectations::default() };
    check(&expect("a"), &session(), &["participate a: takes part, took part -> Held"]);
    check(&expect("c"), &session(), &["participate c: takes part, declined -> Failed"]);
    check(&expect("x"), &session(), &["participate x: takes part, gave no answer -> Failed"]);
    check(
        &expect("t"),
        &session(),
        &["participate t: takes part, not scored: told by the author -> NotScored"],
    );
}

#[test]
fn a_role_expected_to_decline() {
    let expect = |names| Expectations { decline: roles(names), ..Expectations::default() };
    check(&expect("c"), &session(), &["decline c: declines, declined -> Held"]);
    check(&expect("b"), &session(), &["decline b: declines, took part -> Failed"]);
    check(&expect("x"), &session(), &["decline x: declines, gave no answer -> Failed"]);
    check(
        &expect("t c"),
        &session(),
        &[
            "decline t: declines, not scored: told by the author -> NotScored",
            "decline c: declines, declined -> Held",
        ],
    );
}

#[test]
fn taking_part_weighs_more_than_being_told_to_stay_away() {
    let observed = Observed { told: roles("a"), ..session() };
    let expect = Expectations { decline: roles("a"), ..Expectations::default() };
    check(&expect, &observed, &["decline a: declines, took part -> Failed"]);
}

#[test]
fn single_values_hold_where_they_are_equal() {
    let expect = Expectations {
        quorum: Some(true),
        status: Some(Status::Escalated),
        decided_by: Some(Decider::Person),
        ..Expectations::default()
    };
    check(
        &expect,
        &session(),
        &[
            "quorum: true, true -> Held",
            "status: escalated, escalated -> Held",
            "decided_by: person, person -> Held",
        ],
    );
    let observed = Observed {
        quorum: Some(false),
        status: Status::Approved,
        decided_by: Some(Decider::Role(RoleId::new("a").unwrap())),
        ..session()
    };
    check(
        &expect,
        &observed,
        &[
            "quorum: true, false -> Failed",
            "status: escalated, approved -> Failed",
            "decided_by: person, a -> Failed",
        ],
    );
}

#[test]
fn what_is_absent_fails_what_was_expected() {
    let expect = Expectations {
        quorum: Some(false),
        decided_by: Some(Decider::Role(RoleId::new("a").unwrap())),
        reason: Some("incomplete".to_owned()),
        ..Expectations::default()
    };
    let observed = Observed { quorum: None, decided_by: None, ..session() };
    check(
        &expect,
        &observed,
        &[
            "quorum: false, not counted -> Failed",
            "decided_by: a, nobody -> Failed",
            "reason: incomplete, none -> Failed",
        ],
    );
    let observed = Observed { reason: Some("incomplete".to_owned()), ..session() };
    let expect = Expectations { reason: expect.reason, ..Expectations::default() };
    check(&expect, &observed, &["reason: incomplete, incomplete -> Held"]);
}

#[test]
fn verdicts_are_counted() {
    let expect = Expectations { participate: roles("a c t x"), ..Expectations::default() };
    let score = expect.check(&session());
    assert_eq!(score.counts(), Counts { held: 1, failed: 2, not_scored: 1 });
    assert!(!score.held());
}

#[test]
fn a_score_reads_well_as_json() {
    let expect =
        Expectations { decline: roles("t"), status: Some(Status::Approved), ..Expectations::default() };
    let json = serde_json::to_string_pretty(&expect.check(&session())).unwrap();
    insta::assert_snapshot!(json, @r#"
    {
      "checks": [
        {
          "what": "decline t",
          "expected": "declines",
          "found": "not scored: told by the author",
          "verdict": "not_scored"
        },
        {
          "what": "status",
          "expected": "approved",
          "found": "escalated",
          "verdict": "failed"
        }
      ]
    }
    "#);
}

#[test]
fn deciders_read_back_what_they_print() {
    for text in ["person", "a"] {
        assert_eq!(text.parse::<Decider>().unwrap().to_string(), text);
    }
    assert_eq!("person".parse(), Ok(Decider::Person));
    assert!("A person".parse::<Decider>().is_err());
}

#[test]
fn every_status_has_a_word_of_its_own() {
    for status in STATUSES {
        let word = serde_json::to_value(status).unwrap();
        assert_eq!(word, status_name(status));
    }
}

#[test]
fn the_mode_and_the_way_hold_where_they_are_equal() {
    let expect =
        Expectations { mode: Some(Mode::Hierarchical), path: roles("i a"), ..Expectations::default() };
    let lines = ["mode: hierarchical, collaborative -> Failed", "path: i, a, i -> Failed"];
    check(&expect, &session(), &lines);
    let observed = Observed { mode: Mode::Hierarchical, path: roles("i a"), ..session() };
    let lines = ["mode: hierarchical, hierarchical -> Held", "path: i, a, i, a -> Held"];
    check(&expect, &observed, &lines);
}
