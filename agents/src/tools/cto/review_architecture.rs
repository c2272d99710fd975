//! `review_architecture`: asks for a review of an architecture, and works out what can be worked out of it.
//!
//! Availability of parts that all must work: the product of theirs; of n copies of a part of which one must work,
//! 1 − (1 − availability)^n (series and parallel systems: Trivedi, Probability and Statistics, chapter 1). The response
//! time of parts that are called one after the other is the sum of theirs.

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds;
use crate::tools::generating::{Generated, Wanted, generate};

const NAME: &str = "review_architecture";
const DESCRIPTION: &str = "Asks for a review of an architecture, with the availability and the response time of its parts \
together worked out, and its single points of failure named.";

const MAX_TITLE_CHARS: usize = 200;
const MAX_NAME_CHARS: usize = 100;
const MAX_PARTS: usize = 50;
const MAX_COPIES: u64 = 100;
const MAX_MS: u64 = 3_600_000;
/// Everything, in billionths.
const WHOLE: u64 = 1_000_000_000;
const MILLIONTH: u64 = 1_000;
const MAX_CONCERNS: usize = 20;
const MAX_CONCERN_CHARS: usize = 500;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::generates(NAME, DESCRIPTION, review)
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// What it is called, in one line.
    #[schemars(length(min = 1, max = MAX_TITLE_CHARS))]
    architecture: String,
    /// The parts of which all must work for a request, called one after the other.
    #[schemars(length(min = 1, max = MAX_PARTS))]
    parts: Vec<Part>,
    /// The availability that is wanted, in millionths: 999000 is 99.9 %.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    wanted_millionths: Option<u64>,
    /// How long a response may take, in milliseconds.
    #[serde(default)]
    #[schemars(range(min = 0, max = MAX_MS))]
    wanted_ms: Option<u64>,
    /// What is to be looked at.
    #[serde(default)]
    #[schemars(length(max = MAX_CONCERNS))]
    concerns: Vec<String>,
}

/// A part.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    /// Its name.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    name: String,
    /// The availability of one copy, in millionths: 999000 is 99.9 %.
    #[schemars(range(min = 0, max = 1_000_000))]
    available_millionths: u64,
    /// How many copies there are of which one must work.
    #[schemars(range(min = 1, max = MAX_COPIES))]
    copies: u64,
    /// How long it takes of a response, in milliseconds.
    #[schemars(range(min = 0, max = MAX_MS))]
    response_ms: u64,
}

#[expect(clippy::needless_pass_by_value, reason = "a handler is given its arguments")]
fn review(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Generated, Failure> {
    check(&arguments)?;
    let Arguments { architecture, parts, wanted_millionths, wanted_ms, concerns } = &arguments;
    let (together, sum) = (available(parts), parts.iter().map(|part| part.response_ms).sum::<u64>());
    let compare = |holds: bool| if holds { "which is enough" } else { "which is not enough" };
    let mut facts = vec![match wanted_millionths {
        Some(wanted) => {
            let enough = compare(together >= wanted * MILLIONTH);
            format!(
                "available {} together, against {} wanted, {enough}",
                percent(together),
                percent(wanted * MILLIONTH)
            )
        }
        None => format!("available {} together", percent(together)),
    }];
    facts.push(match wanted_ms {
        Some(wanted) => {
            format!("a response takes {sum} ms, against {wanted} ms wanted, {}", compare(sum <= *wanted))
        }
        None => format!("a response takes {sum} ms"),
    });
    let single: Vec<&str> =
        parts.iter().filter(|part| part.copies == 1).map(|part| part.name.trim()).collect();
    if !single.is_empty() {
        facts.push(format!("single points of failure: {}", single.join(", ")));
    }
    let given = [
        (wanted_millionths.is_some(), "the availability that is wanted"),
        (wanted_ms.is_some(), "the response time that is wanted"),
        (!concerns.is_empty(), "what is to be looked at"),
    ];
    let missing = given.into_iter().filter(|(is, _)| !is).map(|(_, what)| what.to_owned()).collect();
    generate(call, Wanted { tool: NAME, title: architecture, facts, missing }, &arguments)
}

fn check(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { architecture, parts, wanted_millionths, wanted_ms, concerns } = arguments;
    bounds::text("architecture", architecture, MAX_TITLE_CHARS)?;
    bounds::list("parts", parts, 1, MAX_PARTS)?;
    for (place, part) in parts.iter().enumerate() {
        let path = |field: &str| format!("parts[{place}].{field}");
        bounds::text(&path("name"), &part.name, MAX_NAME_CHARS)?;
        bounds::number(&path("available_millionths"), part.available_millionths, 0, 1_000_000)?;
        bounds::number(&path("copies"), part.copies, 1, MAX_COPIES)?;
        bounds::number(&path("response_ms"), part.response_ms, 0, MAX_MS)?;
    }
    bounds::names("parts", parts.iter().map(|part| part.name.as_str()))?;
    bounds::number("wanted_millionths", wanted_millionths.unwrap_or(0), 0, 1_000_000)?;
    bounds::number("wanted_ms", wanted_ms.unwrap_or(0), 0, MAX_MS)?;
    bounds::list("concerns", concerns, 0, MAX_CONCERNS)?;
    for (place, concern) in concerns.iter().enumerate() {
        bounds::text(&format!("concerns[{place}]"), concern, MAX_CONCERN_CHARS)?;
    }
    Ok(())
}

/// The availability of all parts together in billionths. What copies leave out is rounded up and products are rounded down, so
/// no more is promised than there is.
fn available(parts: &[Part]) -> u64 {
    parts.iter().fold(WHOLE, |together, part| {
        let lacking = WHOLE - part.available_millionths.min(1_000_000) * MILLIONTH;
        let all_lacking = (1..part.copies).fold(lacking, |all, _| scaled_up(all, lacking));
        together - scaled_up(together, all_lacking)
    })
}

/// `one` × `other` in billionths, rounded up; both are at most everything, and so is the answer.
fn scaled_up(one: u64, other: u64) -> u64 {
    let product = (u128::from(one) * u128::from(other)).div_ceil(u128::from(WHOLE));
    u64::try_from(product).unwrap_or(WHOLE).min(WHOLE)
}

/// Billionths as percent.
fn percent(billionths: u64) -> String {
    format!("{}.{:07} %", billionths / 10_000_000, billionths % 10_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_available_together() {
        let check = |parts: &[(u64, u64)], expected: &str| {
            let parts: Vec<Part> = parts
                .iter()
                .map(|(available_millionths, copies)| Part {
                    name: "a".to_owned(),
                    available_millionths: *available_millionths,
                    copies: *copies,
                    response_ms: 0,
                })
                .collect();
            assert_eq!(percent(available(&parts)), expected);
        };
        check(&[(1_000_000, 1)], "100.0000000 %");
        check(&[(0, 1)], "0.0000000 %");
        check(&[(0, 100)], "0.0000000 %");
        check(&[(990_000, 1), (990_000, 1)], "98.0100000 %");
        check(&[(990_000, 2)], "99.9900000 %");
        check(&[(990_000, 2), (999_000, 1)], "99.8900100 %");
        check(&[(990_000, 100)], "99.9999999 %");
    }
}
