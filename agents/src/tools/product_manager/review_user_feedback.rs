//! `review_user_feedback`: what users said, counted, and how it has changed since the last review of the same subject.
//!
//! The net promoter score is the share of promoters (9 and 10) less that of detractors (0 to 6) among answers from 0 to 10
//! (Reichheld, "The one number you need to grow", Harvard Business Review, 2003). Its margin at 95 % is 1.96 times the
//! standard error of a difference of two shares of one sample, √((p + d − (p − d)²) / n): a change within the margins is
//! none. Themes are ranked by mentions × severity, severity 1 to 3.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::names::WorkId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::ranking::ranked;
use crate::tools::{bounds, register};

const NAME: &str = "review_user_feedback";
const DESCRIPTION: &str = "Counts what users said: the net promoter score with its margin, its change since the last review \
of the same subject, and the themes ranked by mentions and severity.";

const MAX_NAME_CHARS: usize = 100;
const MAX_SCORE: u64 = 10;
const MAX_SCORES: usize = 11;
const MAX_THEMES: usize = 50;
const MAX_COUNT: u64 = 1_000_000_000;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::computes(NAME, DESCRIPTION, review)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What the users were asked about, such as the product's name.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    subject: String,
    /// How often each answer from 0 to 10 was given to the question how likely they are to recommend it.
    #[schemars(length(min = 1, max = MAX_SCORES))]
    answers: Vec<Answers>,
    /// What they spoke about.
    #[serde(default)]
    #[schemars(length(max = MAX_THEMES))]
    themes: Vec<Theme>,
}

/// How often an answer was given.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Answers {
    /// The answer.
    #[schemars(range(min = 0, max = MAX_SCORE))]
    score: u64,
    /// By how many users.
    #[schemars(range(min = 0, max = MAX_COUNT))]
    users: u64,
}

/// Something that users spoke about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Theme {
    /// What.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    name: String,
    /// How often.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    mentions: u64,
    /// How bad it is for them.
    severity: Severity,
}

/// How bad something is for users.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Severity {
    /// They would like it otherwise: 1.
    Wish,
    /// It hinders them: 2.
    Hinders,
    /// It keeps them from what they want: 3.
    Blocks,
}

/// Answers, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Counted {
    /// Who answered 9 or 10.
    promoters: u64,
    /// Who answered 7 or 8.
    passives: u64,
    /// Who answered 0 to 6.
    detractors: u64,
}

#[derive(Serialize, JsonSchema)]
struct Review {
    /// The item of work that was recorded.
    work: WorkId,
    /// Who answered how.
    counted: Counted,
    /// The net promoter score, in thousandths, from -1000 to 1000.
    nps_thousandths: i64,
    /// How far the score of all users may be from it, at 95 %, in thousandths.
    margin_thousandths: u64,
    /// How much it is more than at the last review; null where there was none.
    change_thousandths: Option<i64>,
    /// Whether that is more than the margins of both; null where there was none.
    changed: Option<bool>,
    /// The themes, the weightiest first.
    themes: Vec<Weighed>,
}

/// A theme and its weight.
#[derive(Serialize, JsonSchema)]
struct Weighed {
    /// Its rank.
    rank: u64,
    /// What it is.
    theme: String,
    /// Mentions times severity.
    weight: u64,
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counted { promoters, passives, detractors } = self.counted;
        let (score, margin) = (self.nps_thousandths, self.margin_thousandths);
        write!(f, "net promoter score {score} ± {margin} thousandths: ")?;
        write!(f, "{promoters} promoters, {passives} passives, {detractors} detractors")?;
        if let (Some(change), Some(changed)) = (self.change_thousandths, self.changed) {
            let within = if changed { "beyond" } else { "within" };
            write!(f, "; {change:+} since the last review, {within} the margins")?;
        }
        for Weighed { rank, theme, weight } in &self.themes {
            write!(f, "\n{rank}. {theme}: {weight}")?;
        }
        Ok(())
    }
}

fn review(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Review, Failure> {
    let Arguments { subject, answers, themes } = arguments;
    bounds::text("subject", &subject, MAX_NAME_CHARS)?;
    let counted = count(&answers)?;
    bounds::list("themes", &themes, 0, MAX_THEMES)?;
    for (place, theme) in themes.iter().enumerate() {
        bounds::text(&format!("themes[{place}].name"), &theme.name, MAX_NAME_CHARS)?;
        bounds::number(&format!("themes[{place}].mentions"), theme.mentions, 1, MAX_COUNT)?;
    }
    bounds::names("themes", themes.iter().map(|theme| theme.name.as_str()))?;
    let mut earlier = register::read::<Counted>(call.turn.state(), NAME)?.items.into_iter();
    let earlier = earlier.find(|item| register::key(&item.title) == register::key(&subject));
    let work = register::record(call, NAME, &subject, &counted)?;
    let (score, margin) = promoter_score(counted);
    let before = earlier.map(|item| promoter_score(item.facts));
    let weight = |theme: &Theme| theme.mentions * (theme.severity as u64 + 1);
    let themes = ranked(themes, weight, |theme| &theme.name).into_iter();
    let weighed = |(rank, theme): (u64, Theme)| Weighed { rank, weight: weight(&theme), theme: theme.name };
    Ok(Review {
        work,
        counted,
        nps_thousandths: score,
        margin_thousandths: margin,
        change_thousandths: before.map(|(before, _)| score - before),
        changed: before.map(|(before, its_margin)| score.abs_diff(before) > margin + its_margin),
        themes: themes.map(weighed).collect(),
    })
}

fn count(answers: &[Answers]) -> Result<Counted, Failure> {
    bounds::list("answers", answers, 1, MAX_SCORES)?;
    let mut counted = Counted::default();
    for (place, Answers { score, users }) in answers.iter().enumerate() {
        bounds::number(&format!("answers[{place}].score"), *score, 0, MAX_SCORE)?;
        bounds::number(&format!("answers[{place}].users"), *users, 0, MAX_COUNT)?;
        if answers.iter().take(place).any(|earlier| earlier.score == *score) {
            return refuse(format!("answers[{place}].score: {score} is there already; give each score once"));
        }
        match score {
            9.. => counted.promoters += users,
            7..=8 => counted.passives += users,
            _ => counted.detractors += users,
        }
    }
    if counted == Counted::default() {
        return refuse("answers: nobody answered; at least one user has to");
    }
    Ok(counted)
}

/// The score and its margin, in thousandths, rounded towards nothing.
fn promoter_score(counted: Counted) -> (i64, u64) {
    let [promoters, passives, detractors] =
        [counted.promoters, counted.passives, counted.detractors].map(i128::from);
    let (net, sided) = (promoters - detractors, promoters + detractors);
    let users = (sided + passives).max(1);
    let score = net * 1_000 / users;
    // 1.96² × 1000² × ((p + d) n − (p − d)²) / n³; counts are below 2^34, so that all of it is below 2^127.
    let variance = 1_960 * 1_960 * (sided * users - net * net) / (users * users * users);
    (i64::try_from(score).unwrap_or(0), u64::try_from(variance.max(0).isqrt()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_is_the_share_of_promoters_less_that_of_detractors() {
        let check = |promoters, passives, detractors, expected| {
            let counted = Counted { promoters, passives, detractors };
            assert_eq!(promoter_score(counted), expected, "{counted:?}");
        };
        check(1, 0, 0, (1_000, 0));
        check(0, 1, 0, (0, 0));
        check(0, 0, 1, (-1_000, 0));
        // √(1 / 100) × 1.96
        check(50, 0, 50, (0, 196));
        // √((0.7 − 0.25) / 400) × 1.96 = 0.0657
        check(240, 120, 40, (500, 65));
        check(1, 0, 2, (-333, 1_066));
        check(2_000_000_000, 2_000_000_000, 7_000_000_000, (-454, 0));
    }

    #[test]
    fn answers_are_counted_by_their_side() {
        let check = |answers: &[(u64, u64)], expected: Result<(u64, u64, u64), &str>| {
            let answers: Vec<Answers> =
                answers.iter().map(|(score, users)| Answers { score: *score, users: *users }).collect();
            match (count(&answers), expected) {
                (Ok(found), Ok(expected)) => {
                    assert_eq!((found.promoters, found.passives, found.detractors), expected);
                }
                (Err(failure), Err(part)) => assert!(failure.to_string().contains(part), "{failure}"),
                (found, _) => panic!("{found:?}"),
            }
        };
        check(&[(10, 1), (9, 2), (8, 3), (7, 4), (6, 5), (0, 6)], Ok((3, 7, 11)));
        check(&[(11, 1)], Err("answers[0].score: it is 11"));
        check(&[(3, 1), (3, 1)], Err("answers[1].score: 3 is there already"));
        check(&[(3, 0)], Err("nobody answered"));
        check(&[], Err("answers: it has 0 entries"));
    }
}
