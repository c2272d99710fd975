//! Every way to get a scenario wrong, with the words that its author reads.

use super::*;

/// The error of a text that the reader of YAML refuses is at this line and says that the text is not YAML.
fn check_unreadable(yaml: &str, line: u64) {
    let error = parse(yaml).expect_err("a fault");
    assert_eq!(error.line(), line, "{error}");
    assert!(error.problem().starts_with("this is not YAML: "), "{error}");
}

#[test]
fn roles_and_types_are_those_of_the_organisation() {
    insta::assert_snapshot!(
        error(&full_with("participate: [cto,", "participate: [ctoo,")),
        @"my.yaml:34:17: unknown role `ctoo` in expect.participate (did you mean `cto`?); the roles are ceo, cto, chro, product_manager, test_lead"
    );
    insta::assert_snapshot!(
        error(&full_with("decline: [chro,", "decline: [butcher,")),
        @"my.yaml:35:13: unknown role `butcher` in expect.decline; the roles are ceo, cto, chro, product_manager, test_lead"
    );
    insta::assert_snapshot!(
        error(&full_with("not_concerned: [chro,", "not_concerned: [CHRO,")),
        @"my.yaml:32:19: unknown role `CHRO` in decision.not_concerned; the roles are ceo, cto, chro, product_manager, test_lead"
    );
    insta::assert_snapshot!(
        error(&full_with("initiator: ceo", "initiator: cheo")),
        @"my.yaml:4:12: unknown role `cheo` in initiator (did you mean `ceo`?); the roles are ceo, cto, chro, product_manager, test_lead"
    );
    insta::assert_snapshot!(
        error(&full_with("type: company_direction", "type: company_directon")),
        @"my.yaml:6:9: unknown decision type `company_directon` in decision.type (did you mean `company_direction`?); the types are company_direction, product_budget, hiring"
    );
    insta::assert_snapshot!(
        error(&full_with("decided_by: person", "decided_by: persons")),
        @"my.yaml:38:15: unknown decider `persons` in expect.decided_by (did you mean `person`?); write one of person, ceo, cto, chro, product_manager, test_lead"
    );
    insta::assert_snapshot!(
        error(&full_with("status: escalated ", "status: decided ")),
        @"my.yaml:37:11: unknown status `decided` in expect.status; a decision is pending, approved, rejected, escalated"
    );
}

#[test]
fn modes_are_known() {
    for mode in ["autonomous", "hierarchical", "human"] {
        let read = parse(&full_with("mode: collaborative", &format!("mode: {mode}"))).unwrap();
        assert_eq!(crate::wording::mode_name(read.proposal.mode), mode);
    }
    insta::assert_snapshot!(
        error(&full_with("mode: collaborative", "mode: colaborative")),
        @"my.yaml:7:9: unknown mode `colaborative` in decision.mode (did you mean `collaborative`?); the modes are autonomous, collaborative, hierarchical, human"
    );
}

#[test]
fn fields_are_known_and_given_once() {
    insta::assert_snapshot!(
        error(&full_with("  impact:", "  impacts:")),
        @"my.yaml:14:3: unknown field `impacts` in decision (did you mean `impact`?); its fields are type, mode, subject, description, budget_usd, timeline, impact, stakeholders, constraints, risks, alternatives, dependencies, success_criteria, data, questions, not_concerned, matters"
    );
    insta::assert_snapshot!(
        error(&full_with("title:", "heading:")),
        @"my.yaml:3:1: unknown field `heading` in the scenario; its fields are name, title, initiator, decision, expect"
    );
    insta::assert_snapshot!(
        error(&full_with("  quorum:", "  qorum:")),
        @"my.yaml:36:3: unknown field `qorum` in expect (did you mean `quorum`?); its fields are participate, decline, quorum, status, decided_by, reason, mode, path"
    );
    insta::assert_snapshot!(
        error(&full_with("mitigation:", "answer:")),
        @"my.yaml:22:7: unknown field `answer` in decision.risks[2]; its fields are risk, mitigation"
    );
    insta::assert_snapshot!(
        error(&full_with("  timeline: 18 months", "  type: hiring")),
        @"my.yaml:13:3: `type` is given twice in decision, first in line 6; remove one"
    );
    insta::assert_snapshot!(
        error(&full_with("    market:", "    product:")),
        @"my.yaml:30:5: `product` is given twice in decision.questions, first in line 29; remove one"
    );
    insta::assert_snapshot!(
        error(&full_with("customers: 2500", "users: 1")),
        @"my.yaml:27:5: `users` is given twice in decision.data, first in line 26; remove one"
    );
    insta::assert_snapshot!(
        error(&format!("<<: {{name: x}}\n{LEAST}")),
        @"my.yaml:1:1: unknown field `<<` in the scenario; its fields are name, title, initiator, decision, expect"
    );
}

#[test]
fn required_fields_are_asked_for() {
    insta::assert_snapshot!(
        error(&LEAST.replace("name: least\n", "")),
        @"my.yaml:1:1: `name` is missing in the scenario; add a short name such as `name: new-market`"
    );
    insta::assert_snapshot!(
        error(&LEAST.replace("title: The least there is\n", "")),
        @"my.yaml:1:1: `title` is missing in the scenario; add one line for people"
    );
    insta::assert_snapshot!(
        error(&LEAST.replace("initiator: ceo", "initiator:")),
        @"my.yaml:3:10: initiator is left empty; write the role that wants the decision"
    );
    insta::assert_snapshot!(
        error(&LEAST.replace("  type: hiring\n", "")),
        @"my.yaml:5:3: `type` is missing in decision; add the decision type, in which somebody has authority"
    );
    insta::assert_snapshot!(
        error(&LEAST.replace("  subject: Hire somebody\n", "")),
        @"my.yaml:5:3: `subject` is missing in decision; add one line that says what is asked"
    );
    insta::assert_snapshot!(
        error("name: a\ntitle: b\ninitiator: ceo\n"),
        @"my.yaml:1:1: `decision` is missing in the scenario; add what is to be decided: a `type` and a `subject`"
    );
    insta::assert_snapshot!(
        error(&least_with("  risks: [{mitigation: Luck}]")),
        @"my.yaml:7:11: `risk` is missing in decision.risks[1]; add what may go wrong"
    );
}

#[test]
fn values_have_their_shape() {
    insta::assert_snapshot!(
        error(&full_with("[ceo, cto, product_manager]", "ceo")),
        @"my.yaml:15:17: decision.stakeholders must be a list, but is a text; write `[one, two]` or lines that begin with `- `"
    );
    insta::assert_snapshot!(
        error(&full_with("timeline: 18 months", "timeline: [18, months]")),
        @"my.yaml:13:13: decision.timeline must be a text, but is a list; write one text there"
    );
    insta::assert_snapshot!(
        error(&full_with("timeline: 18 months", "timeline: {months: 18}")),
        @"my.yaml:13:13: decision.timeline must be a text, but is a map; write one text there"
    );
    insta::assert_snapshot!(
        error(&full_with("quorum: true", "quorum: yes")),
        @"my.yaml:36:11: expect.quorum is true or false without quotes, not `yes`"
    );
    insta::assert_snapshot!(
        error(&full_with("quorum: true", "quorum: [true]")),
        @"my.yaml:36:11: expect.quorum must be true or false, but is a list; write one of them"
    );
    insta::assert_snapshot!(
        error(&full_with("users: 10000", "users: many")),
        @"my.yaml:26:12: decision.data.users must be a whole number, but is a text; write digits such as 10000, without quotes"
    );
    insta::assert_snapshot!(
        error(&full_with("users: 10000", "users: 1.5")),
        @"my.yaml:26:12: decision.data.users is a whole number, not `1.5`; write digits such as 10000, without quotes"
    );
    insta::assert_snapshot!(
        error(&full_with("users: 10000", "users: -1")),
        @"my.yaml:26:12: decision.data.users cannot be negative: `-1`; write 0 or more"
    );
    insta::assert_snapshot!(
        error(&full_with("users: 10000", "users: 18446744073709551616")),
        @"my.yaml:26:12: decision.data.users is too large: `18446744073709551616`; the most is 18446744073709551615"
    );
    insta::assert_snapshot!(
        error(&full_with("users: 10000", "users:")),
        @"my.yaml:26:10: decision.data.users must be a whole number, but is empty; write digits such as 10000, without quotes"
    );
    insta::assert_snapshot!(
        error(&least_with("  questions: [Why?]")),
        @"my.yaml:7:14: decision.questions must be a map, but is a list; write lines of the form `name: value`"
    );
    insta::assert_snapshot!(
        error(&least_with("  questions: {'': Why?}")),
        @"my.yaml:7:19: a name in decision.questions is empty or holds control characters; give this entry a readable one"
    );
    insta::assert_snapshot!(
        error(&least_with(&format!("  data: {{{}: no}}", "long".repeat(30)))),
        @"my.yaml:7:132: decision.data.longlonglonglonglonglonglonglonglonglong… must be a whole number, but is a text; write digits such as 10000, without quotes"
    );
    insta::assert_snapshot!(
        error(&least_with("  stakeholders: [us, '']")),
        @"my.yaml:7:22: decision.stakeholders[2] is empty; write something or leave it out"
    );
    insta::assert_snapshot!(
        error(&least_with("  risks: [[fire]]")),
        @"my.yaml:7:11: decision.risks[1] must be a text, but is a list; write one text there"
    );
    insta::assert_snapshot!(
        error(&least_with("  description: \"a\\x1b[31m\"")),
        @"my.yaml:7:16: decision.description holds a control character; remove it"
    );
    insta::assert_snapshot!(
        error("name: a\ntitle: b\ninitiator: ceo\ndecision: hire\n"),
        @"my.yaml:4:11: decision must be a map, but is a text; write lines of the form `name: value`"
    );
    insta::assert_snapshot!(
        error("- name: a\n"),
        @"my.yaml:1:1: the scenario must be a map, but is a list; write lines of the form `name: value`"
    );
    insta::assert_snapshot!(
        error("just words\n"),
        @"my.yaml:1:1: the scenario must be a map, but is a text; write lines of the form `name: value`"
    );
}

#[test]
fn amounts_are_in_range() {
    insta::assert_snapshot!(
        error(&full_with("budget_usd: 2000000", "budget_usd: -5")),
        @"my.yaml:12:15: decision.budget_usd is no amount: an amount cannot be negative: -5; write 0 to 1,000,000,000,000 USD"
    );
    insta::assert_snapshot!(
        error(&full_with("budget_usd: 2000000", "budget_usd: 1000000000001")),
        @"my.yaml:12:15: decision.budget_usd is no amount: an amount is at most 1,000,000,000,000 USD: 1000000000001; write 0 to 1,000,000,000,000 USD"
    );
    insta::assert_snapshot!(
        error(&full_with("budget_usd: 2000000", "budget_usd: 1e999")),
        @"my.yaml:12:15: decision.budget_usd is no amount: an amount is a number of dollars such as 1200 or 1200.50, not `1e999`; write 0 to 1,000,000,000,000 USD"
    );
    insta::assert_snapshot!(
        error(&full_with("budget_usd: 2000000", "budget_usd: 0.001")),
        @"my.yaml:12:15: decision.budget_usd is no amount: an amount has at most two decimals: 0.001; write 0 to 1,000,000,000,000 USD"
    );
    insta::assert_snapshot!(
        error(&full_with("budget_usd: 2000000", "budget_usd: much")),
        @"my.yaml:12:15: decision.budget_usd is no amount: an amount is a number of dollars such as 1200 or 1200.50, not `much`; write 0 to 1,000,000,000,000 USD"
    );
    insta::assert_snapshot!(
        error(&full_with("budget_usd: 2000000", "budget_usd: \"1\\n2\"")),
        @"my.yaml:12:15: decision.budget_usd has more than one line; join the lines or write it with `>-`"
    );
    insta::assert_snapshot!(
        error(&full_with("budget_usd: 2000000", &format!("budget_usd: {}", "9".repeat(50)))),
        @"my.yaml:12:15: decision.budget_usd has 50 characters; shorten it to 40 or less"
    );
    insta::assert_snapshot!(
        error(&full_with("budget_usd: 2000000", "budget_usd: [1]")),
        @"my.yaml:12:15: decision.budget_usd must be an amount, but is a list; write dollars such as 1200 or 1200.50"
    );
}

#[test]
fn one_line_texts_have_one_line_and_an_end() {
    let subject = |chars: usize| LEAST.replace("Hire somebody", &"é".repeat(chars));
    assert!(parse(&subject(MAX_SUBJECT_CHARS)).is_ok());
    insta::assert_snapshot!(
        error(&subject(MAX_SUBJECT_CHARS + 1)),
        @"my.yaml:6:12: decision.subject has 256 characters; shorten it to 255 or less"
    );
    insta::assert_snapshot!(
        error(&LEAST.replace("Hire somebody", "|\n    Hire\n    somebody")),
        @"my.yaml:7:5: decision.subject has more than one line; join the lines or write it with `>-`"
    );
    insta::assert_snapshot!(
        error(&LEAST.replace("Hire somebody", "\"  \"")),
        @"my.yaml:6:12: decision.subject is empty; write something or leave it out"
    );
    insta::assert_snapshot!(
        error(&LEAST.replace("name: least", "name: ../least")),
        @"my.yaml:1:7: name is `../least`; use lower-case letters, digits, `-` and `_` only"
    );
    assert!(parse(&LEAST.replace("name: least", &format!("name: {}", "x".repeat(MAX_NAME_CHARS)))).is_ok());
    assert!(parse(&LEAST.replace("name: least", &format!("name: {}", "x".repeat(65)))).is_err());
}

#[test]
fn expectations_do_not_contradict_themselves() {
    insta::assert_snapshot!(
        error(&full_with("decline: [chro,", "decline: [chro, cto,")),
        @"my.yaml:35:19: expect.decline[2] names `cto`, which expect.participate names as well; remove it from one of them"
    );
    insta::assert_snapshot!(
        error(&full_with("decline: [chro,", "decline: [chro, chro,")),
        @"my.yaml:35:19: expect.decline[2] names `chro` a second time; remove it"
    );
    insta::assert_snapshot!(
        error(&full_with("participate: [cto,", "participate: [cto, ceo,")),
        @"my.yaml:34:22: expect.participate[2] names the initiator `ceo`, which is not asked whether it takes part; remove it"
    );
    insta::assert_snapshot!(
        error(&full_with("participate: [cto,", "participate: [cto, chro,")),
        @"my.yaml:34:22: expect.participate[2] names `chro`, which decision.not_concerned tells to stay away; remove it from one of them"
    );
}

#[test]
fn what_is_not_yaml_is_refused_with_its_line() {
    insta::assert_snapshot!(
        error("name: a: b\n"),
        @"my.yaml:1:8: this is not YAML: mapping values are not allowed in this context; check indentation and brackets, and quote texts that hold `: ` or ` #`"
    );
    insta::assert_snapshot!(
        error("a: [1\nb: 2\n"),
        @"my.yaml:2:2: this is not YAML: illegal placement of ':' indicator; check indentation and brackets, and quote texts that hold `: ` or ` #`"
    );
    insta::assert_snapshot!(
        error(&format!("{LEAST}---\nname: other\n")),
        @"my.yaml:8:1: a file holds one scenario; move what follows `---` or `...` to a file of its own"
    );
    check_unreadable("name: a\ntitle: \"b\n", 2);
    check_unreadable("name: *nobody\n", 1);
    check_unreadable("name: a\n[x]: b\n", 2);
    check_unreadable("name: a\ntitle: b\u{0}\n", 2);
    check_unreadable("a: &a [*a]\n", 1);
    insta::assert_snapshot!(
        error(&format!("name: {}", "[".repeat(30))),
        @"my.yaml:1:36: this is not YAML: unclosed bracket '['; check indentation and brackets, and quote texts that hold `: ` or ` #`"
    );
    insta::assert_snapshot!(
        error(&format!("name: {}{}", "[".repeat(30), "]".repeat(30))),
        @"my.yaml:1:14: the file nests deeper, or holds or repeats more, than a scenario may; keep to 8 levels of lists and maps and use fewer aliases"
    );
    insta::assert_snapshot!(
        error(&"- ".repeat(300)),
        @"my.yaml:1:17: the file nests deeper, or holds or repeats more, than a scenario may; keep to 8 levels of lists and maps and use fewer aliases"
    );
}

#[test]
fn empty_files_and_huge_files_are_refused() {
    insta::assert_snapshot!(
        error(""),
        @"my.yaml:1:1: the file is empty; write a scenario with `name`, `title`, `initiator` and `decision`"
    );
    insta::assert_snapshot!(
        error("# nothing but a comment\n"),
        @"my.yaml:2:1: the file is empty; write a scenario with `name`, `title`, `initiator` and `decision`"
    );
    let padded = |size_bytes: usize| format!("{LEAST}#{}", "x".repeat(size_bytes - LEAST.len() - 1));
    assert!(parse(&padded(Scenario::MAX_BYTES)).is_ok());
    insta::assert_snapshot!(
        error(&padded(Scenario::MAX_BYTES + 1)),
        @"my.yaml:1:1: the file has 262145 bytes; shorten it to 262144 or less"
    );
}

#[test]
fn aliases_cannot_multiply_without_bound() {
    let mut bomb = String::from("a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for (of, to) in ('a'..'h').zip('b'..) {
        bomb.extend([format!("{to}: &{to} [*{of}{}]\n", format!(", *{of}").repeat(9))]);
    }
    insta::assert_snapshot!(
        error(&bomb),
        @"my.yaml:4:36: the file nests deeper, or holds or repeats more, than a scenario may; keep to 8 levels of lists and maps and use fewer aliases"
    );
}

#[test]
fn aliases_cannot_nest_deeper_than_brackets() {
    // Each line alone is two levels deep; what the last one stands for is as deep as there are lines.
    let mut tower = String::from("a0: &a0 [1]\n");
    for level in 1..90 {
        tower.extend([format!("a{level}: &a{level} [*a{}]\n", level - 1)]);
    }
    insta::assert_snapshot!(
        error(&tower),
        @"my.yaml:8:10: the file nests deeper, or holds or repeats more, than a scenario may; keep to 8 levels of lists and maps and use fewer aliases"
    );
}
