//! The template of a scenario, with what each field is for.
//!
//! What always holds: the initiator is the organisation's first role and the type one that it may decide; everything that
//! the comments say of roles, limits and types is taken from the organisation.

use std::fmt::Write;

use echo_storage::names::DecisionType;
use echo_storage::records::{Config, RoleConfig};

use crate::authority;
use crate::doors::cli::Failed;
use crate::organisation::Organisation;

/// The most characters on a line of the lists of words.
const LINE_CHARS: usize = 96;

/// How many roles the template has a question for.
const VOTERS: usize = 3;

/// The template under this name.
pub(super) fn of(organisation: &Organisation, name: &str) -> Result<String, Failed> {
    let config = organisation.config();
    let none = || Failed::Failure("this organisation has no role that may decide anything".to_owned());
    let initiator = config.roles.first().ok_or_else(none)?;
    let kind = own_type(config, initiator).ok_or_else(none)?;
    let limits = config.roles.iter().map(|role| {
        let limit = role.budget_limit.map_or_else(|| "no money".to_owned(), |limit| limit.to_string());
        let up = role.escalates_to.as_ref().map_or("a person", |up| up.as_str());
        format!("{}: up to {limit}, then {up}", role.id)
    });
    let keywords = config.roles.iter().map(|role| format!("{}: {}", role.id, role.keywords.join(", ")));
    let types = config.roles.iter().filter(|role| !role.may_decide.is_empty()).map(|role| {
        let types: Vec<&str> = role.may_decide.iter().map(DecisionType::as_str).collect();
        format!("{}: {}", role.id, types.join(", "))
    });
    let questions = questions(config, initiator);
    let figures = figures(config);
    let (limits, keywords, types) = (comment(limits, ""), comment(keywords, "  "), comment(types, "  "));
    let initiator = &initiator.id;
    // An expectation may not name the initiator, which is not asked whether it takes part.
    let mut others = config.roles.iter().map(|role| &role.id).filter(|role| *role != initiator);
    let voter = others.next().unwrap_or(initiator);
    let bystander = others.next_back().unwrap_or(initiator);
    Ok(format!(
        "\
# A scenario: something that this organisation decides, and what you expect to come of it.
# Every line that begins with # may go. Lists may be written [one, two] or one entry a line behind a dash.

# By which it is called: lower-case letters, digits, - and _.
name: {name}
# One line for people. No agent sees it, nor the name.
title: A scenario called {name}
# Who asks. This role opens the decision, sums up the votes, and decides where it has the authority;
# otherwise the decision climbs to the role above it, and in the end to a person.
# The roles, with what each may approve in 24 hours and who is above it:
#
{limits}initiator: {initiator}

decision:
  # In whose authority it falls: a role's own types, which every role above it may decide as well.
  #
{types}  type: {kind}
  # How it is decided. Left out, it is collaborative: those concerned vote, the initiator concludes.
  mode: collaborative
  # What is asked, in one line.
  subject: Shall we try this out?

  # The next three are required: a decision without one of them is rejected as incomplete.
  # What is to be decided. Who takes part is chosen by its words, those of the subject and those of the questions below:
  # a role that finds two of its keywords votes, with one its mind judges, with none it stays away. The keywords:
  #
{keywords}  description: >-
    We try something out for three months and then look at what it has brought.
  # What depends on it.
  impact: We learn whether it is worth going on.
  # Whom it concerns, in any words.
  stakeholders: [{initiator}]

  # The next seven count by being given: the more there is to decide on, the surer everybody is.
  # What it costs, in US dollars. It is judged against the highest limit on a voter's way up, together with what was
  # approved before, and by the month where the timeline is known. An amount above a role's limit makes it climb.
  budget_usd: 1000
  # How long it takes, in days, weeks, months or years.
  timeline: 3 months
  # What may go wrong. A risk with a mitigation counts far less against it than one without, and risks in the words of a
  # role's own keywords count more for that role.
  risks:
    - risk: Nobody finds the time for it
      mitigation: Two hours a week are set aside
  # What else could be done.
  alternatives: [Leave everything as it is]
  # On what it depends.
  dependencies: [Somebody who looks after it]
  # By what its success is told. Only a criterion with a figure can be measured, and counts as such.
  success_criteria: [At least 5 people use it every week]
  # Figures, as whole numbers by name.
{figures}  data: {{people_expected: 5}}

  # The rest is not required and makes nobody surer.
  # What must not be violated. An upper bound for money, such as this, is held against the budget.
  constraints: [No more than 1000 USD]
  # Questions by topic; their words choose who takes part, like those of the description.
{questions}  # Roles that are told to stay away, whatever the words are.
  not_concerned: []

# What you expect to come of it. Each line is checked when the session has ended, and where one fails, the exit code
# of `train` is 1. A line that is left out is not checked. Remove the # before those that you want.
#expect:
#  # Roles that vote or listen; the initiator, which is not asked, cannot be among them.
#  participate: [{voter}]
#  # Roles that judge by themselves that it does not concern them.
#  decline: [{bystander}]
#  # Whether enough of those who take part vote.
#  quorum: true
#  # approved, rejected, escalated (waits for a person) or pending
#  status: approved
#  # A role, or person.
#  decided_by: {initiator}
#  # recommended, voted_down, incomplete, authority or person
#  reason: recommended
"
    ))
}

/// Questions in the words of some other roles, so that the template has voters.
/// The pairs of figures that roles compare, as a comment; nothing where no role compares any.
fn figures(config: &Config) -> String {
    let figures = config.roles.iter().filter(|role| !role.concerns.figures.is_empty()).map(|role| {
        let pairs =
            role.concerns.figures.iter().map(|pair| format!("{} and {}", pair.needed, pair.available));
        format!("{}: {}", role.id, pairs.collect::<Vec<_>>().join(", "))
    });
    let figures = comment(figures, "  ");
    if figures.is_empty() {
        return figures;
    }
    format!(
        "  # Roles compare two of them, what is needed with what there is, tell the others what they found, and ask for\n  \
             # the second where only the first is given. The pairs:\n  #\n{figures}"
    )
}

fn questions(config: &Config, initiator: &RoleConfig) -> String {
    let others = config.roles.iter().filter(|role| role.id != initiator.id);
    let asked = others.filter_map(|role| match role.keywords.as_slice() {
        [one, two, ..] => {
            let question = serde_json::Value::String(format!("What does it mean for {one} and {two}?"));
            Some(format!("    {}: {question}\n", role.id))
        }
        _ => None,
    });
    let asked: Vec<String> = asked.take(VOTERS).collect();
    if asked.is_empty() {
        "  questions: {}\n".to_owned()
    } else {
        format!("  questions:\n{}", asked.concat())
    }
}

/// A type of the role's own, or one of the roles below it.
fn own_type<'c>(config: &'c Config, role: &'c RoleConfig) -> Option<&'c DecisionType> {
    let all = config.roles.iter().flat_map(|role| &role.may_decide);
    role.may_decide.first().or_else(|| {
        let mut below = all.filter(|kind| authority::has_type(config, &role.id, kind));
        below.next()
    })
}

/// Lines of a comment, wrapped between words.
fn comment(lines: impl Iterator<Item = String>, indent: &str) -> String {
    let mut text = String::new();
    for line in lines {
        let mut used = String::new();
        for word in line.split_whitespace() {
            if !used.is_empty() && used.len() + 1 + word.len() > LINE_CHARS {
                let _ = writeln!(text, "{indent}#   {used}");
                used.clear();
                used.push(' ');
            }
            if !used.is_empty() {
                used.push(' ');
            }
            used.push_str(word);
        }
        let _ = writeln!(text, "{indent}#   {used}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::Scenario;
    use crate::training::samples::company;

    #[test]
    fn a_template_reads_as_the_scenario_that_it_explains() {
        let company = company();
        let yaml = of(&company, "try-out").unwrap();
        let (roles, types) = (company.role_ids(), company.decision_types());
        let scenario = Scenario::parse("try-out.yaml", &yaml, &roles, &types).unwrap();
        assert_eq!(scenario.name, "try-out");
        assert_eq!(scenario.proposal.initiator.as_str(), "chief");
        assert_eq!(scenario.proposal.kind.as_str(), "house_rules");
        // Whoever leaves it as it is reads of every field.
        assert_eq!(scenario.proposal.context.given(), echo_storage::records::Context::FIELDS);
        assert!(!scenario.proposal.context.constraints.is_empty());
        // Its expectations are fields as well, once they are wanted.
        let (head, expect) = yaml.split_once("\n#expect:").unwrap();
        let whole = format!("{head}\nexpect:{}", expect.replace("\n#", "\n"));
        let scenario = Scenario::parse("try-out.yaml", &whole, &roles, &types).unwrap();
        assert_eq!(scenario.expect.participate[0].as_str(), "clerk");
        assert_eq!(scenario.expect.decline[0].as_str(), "porter");
        assert_eq!(scenario.expect.quorum, Some(true));
        assert_eq!(scenario.expect.reason.as_deref(), Some("recommended"));
    }
}
