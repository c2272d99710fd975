//! `approve_vendor_contract`: decides on a contract with a vendor, by what it commits to over its whole term.
//!
//! The commitment is the yearly price over the months of the term, rounded up to the cent (total contract value). From
//! [`LARGE_USD`] or beyond [`LARGE_MONTHS`] on a contract is large, so that slices of a year do not pass where the whole
//! would not.

use std::fmt;

use echo_runtime::tool::{Call, Tool};
use echo_runtime::turn::{Failure, refuse};
use echo_storage::quantities::Usd;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tools::bounds;
use crate::tools::case::Case;
use crate::tools::deciding::{Asking, Verdict, kind};
use crate::tools::figured::{self, Figured};

const NAME: &str = "approve_vendor_contract";
const DESCRIPTION: &str = "Decides on a contract with a vendor, by its price over the whole term. A large contract goes up; \
a dispute or a legal claim goes to a person.";

/// From how much on a contract is large, over its whole term.
const LARGE_USD: Usd = Usd::dollars(250_000);
/// Beyond how many months a contract is large whatever it costs.
const LARGE_MONTHS: u64 = 36;
const MAX_MONTHS: u64 = 120;
const MAX_NAME_CHARS: usize = 100;

/// The tool.
pub(crate) fn tool() -> Tool {
    Tool::decides(NAME, DESCRIPTION, approve)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Who supplies.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    vendor: String,
    /// What is supplied.
    #[schemars(length(min = 1, max = MAX_NAME_CHARS))]
    service: String,
    /// The price of a year, in US dollars with at most two decimals.
    yearly_usd: Usd,
    /// For how many months it binds.
    #[schemars(range(min = 1, max = MAX_MONTHS))]
    months: u64,
    /// How things stand with the vendor.
    standing: Standing,
    /// What you decide.
    #[serde(default)]
    verdict: Verdict,
    /// Why.
    #[serde(default)]
    rationale: String,
    /// On what it is decided.
    context: Case,
}

/// How things stand with a vendor.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Standing {
    /// Nothing is in dispute.
    Clear,
    /// Something about what was supplied or paid is in dispute.
    Dispute,
    /// A claim in law is made or threatened.
    LegalClaim,
}

#[derive(Serialize, JsonSchema)]
struct Commitment {
    /// What it costs over the whole term.
    total_usd: Usd,
    /// Whether that, or the term, makes it a large contract.
    large: bool,
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let large = if self.large { ", a large contract" } else { "" };
        write!(f, "{} over the whole term{large}", self.total_usd)
    }
}

fn approve(call: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Figured<Commitment>, Failure> {
    let Arguments { vendor, service, yearly_usd, months, standing, verdict, rationale, mut context } =
        arguments;
    bounds::text("vendor", &vendor, MAX_NAME_CHARS)?;
    bounds::text("service", &service, MAX_NAME_CHARS)?;
    bounds::number("months", months, 1, MAX_MONTHS)?;
    let Some(commitment) = commitment(yearly_usd, months) else {
        return refuse(format!("yearly_usd: over {months} months it is more than {}", Usd::MAX));
    };
    let mut matters = match standing {
        Standing::Clear => Vec::new(),
        Standing::Dispute => vec!["vendor_dispute"],
        Standing::LegalClaim => vec!["legal_matter"],
    };
    if commitment.large {
        matters.push("large_contract");
    }
    context.data.insert("contract_months".to_owned(), months);
    let asking = Asking {
        kind: kind("vendor_management")?,
        subject: format!("Contract with {} for {}, {months} months", vendor.trim(), service.trim()),
        budget: Some(commitment.total_usd),
        verdict,
        rationale,
        context,
        matters,
    };
    figured::decide(call, asking, commitment)
}

/// What a contract commits to; nothing where it is more than is taken seriously.
fn commitment(yearly: Usd, months: u64) -> Option<Commitment> {
    let cents = (u128::from(yearly.cents()) * u128::from(months)).div_ceil(12);
    let total_usd = u64::try_from(cents).ok().and_then(Usd::from_cents)?;
    Some(Commitment { total_usd, large: total_usd >= LARGE_USD || months > LARGE_MONTHS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_counts_over_its_whole_term() {
        let check = |yearly: &str, months, expected: Option<(&str, bool)>| {
            let found = commitment(Usd::parse(yearly).unwrap(), months);
            let found = found.map(|found| (found.total_usd.to_string(), found.large));
            assert_eq!(found, expected.map(|(total, large)| (total.to_owned(), large)), "{yearly} {months}");
        };
        check("0", 1, Some(("0 USD", false)));
        check("120000", 12, Some(("120,000 USD", false)));
        check("0.01", 1, Some(("0.01 USD", false)));
        check("100", 1, Some(("8.34 USD", false)));
        check("125000", 24, Some(("250,000 USD", true)));
        check("124999.99", 24, Some(("249,999.98 USD", false)));
        check("12", 36, Some(("36 USD", false)));
        check("12", 37, Some(("37 USD", true)));
        check("1000000000000", 12, Some(("1,000,000,000,000 USD", true)));
        check("1000000000000", 13, None);
    }
}
