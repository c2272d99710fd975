//! How bad a bug is: what `classify_bug_severity` and `fix_bug` share.
//!
//! Formula: a matrix of impact and frequency, as ITIL's priority matrix has impact and urgency: the level is
//! `impact + frequency`, each counted from 0 for the worst, cut at P4; a workaround lowers it by one, never beyond P4.
//! Lost or exposed data is P0 however rare, and no workaround lowers it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad a bug is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Severity {
    /// Everything else waits.
    P0,
    /// Before the next release.
    P1,
    /// In the next release.
    P2,
    /// When there is time.
    P3,
    /// Perhaps never.
    P4,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What a bug does to whom it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Impact {
    /// Data is lost, wrong for good, or seen by who must not see it.
    DataLoss,
    /// Nothing works.
    Outage,
    /// A main function does not work.
    MainFunction,
    /// A lesser function does not work.
    LesserFunction,
    /// It looks wrong.
    Cosmetic,
}

/// How many of those who could meet it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Frequency {
    /// Everybody, every time.
    Always,
    /// Many.
    Often,
    /// Some, now and then.
    Sometimes,
    /// Hardly anybody.
    Rarely,
}

/// The severity.
pub(crate) fn severity(impact: Impact, frequency: Frequency, workaround: bool) -> Severity {
    let impact = match impact {
        Impact::DataLoss => return Severity::P0,
        Impact::Outage => 0,
        Impact::MainFunction => 1,
        Impact::LesserFunction => 2,
        Impact::Cosmetic => 3,
    };
    let frequency = match frequency {
        Frequency::Always => 0,
        Frequency::Often => 1,
        Frequency::Sometimes => 2,
        Frequency::Rarely => 3,
    };
    match impact + frequency + u8::from(workaround) {
        0 => Severity::P0,
        1 => Severity::P1,
        2 => Severity::P2,
        3 => Severity::P3,
        _ => Severity::P4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_is_read_from_the_matrix() {
        let check = |impact, frequency, workaround, expected| {
            assert_eq!(
                severity(impact, frequency, workaround),
                expected,
                "{impact:?} {frequency:?} {workaround}"
            );
        };
        check(Impact::DataLoss, Frequency::Rarely, true, Severity::P0);
        check(Impact::Outage, Frequency::Always, false, Severity::P0);
        check(Impact::Outage, Frequency::Always, true, Severity::P1);
        check(Impact::Outage, Frequency::Rarely, false, Severity::P3);
        check(Impact::MainFunction, Frequency::Always, false, Severity::P1);
        check(Impact::MainFunction, Frequency::Sometimes, false, Severity::P3);
        check(Impact::LesserFunction, Frequency::Always, true, Severity::P3);
        check(Impact::Cosmetic, Frequency::Always, false, Severity::P3);
        check(Impact::Cosmetic, Frequency::Rarely, true, Severity::P4);
    }
}
