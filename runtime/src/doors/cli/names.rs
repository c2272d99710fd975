//! Values as people and programs read them, the same on every command.
//!
//! What always holds: a word for people is the programs' word with spaces.

use echo_storage::quantities::Confidence;
use echo_storage::records::Kind;
use serde::Serialize;

/// The word for people of a value that programs read as a word.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word.replace('_', " "),
        _ => String::new(),
    }
}

/// What a message is for, as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindName {
    /// Wants something done or answered.
    Request,
    /// Answers a request.
    Response,
    /// Tells something.
    Notification,
    /// Hands something up.
    Escalation,
}

impl From<Kind> for KindName {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Request => Self::Request,
            Kind::Response => Self::Response,
            Kind::Notification => Self::Notification,
            Kind::Escalation => Self::Escalation,
        }
    }
}

impl From<KindName> for Kind {
    fn from(kind: KindName) -> Self {
        match kind {
            KindName::Request => Self::Request,
            KindName::Response => Self::Response,
            KindName::Notification => Self::Notification,
            KindName::Escalation => Self::Escalation,
        }
    }
}

/// Thousandths as a decimal number.
pub(super) fn decimal(confidence: Confidence) -> f64 {
    f64::from(confidence.thousandths()) / 1000.0
}
