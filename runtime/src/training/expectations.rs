//! Expectations: what the author of a scenario expects of the organisation, and how a played session fared.
//!
//! What always holds: checking is a pure function of what was expected and what was observed. Each thing that was
//! expected gives exactly one check, in a fixed order; what was not expected gives none. A role that stayed away only
//! because the author told it to shows nothing about the organisation, so its check is neither held nor failed.

use std::fmt;
use std::str::FromStr;

use crate::wording::{mode_name, status_name};
use echo_storage::names::{NameError, RoleId};
use echo_storage::records::{Mode, Status};

/// The word that names a person where a role could stand.
pub(super) const PERSON: &str = "person";

/// Every place where a decision can stand.
pub(super) const STATUSES: [Status; 4] =
    [Status::Pending, Status::Approved, Status::Rejected, Status::Escalated];

/// What is expected of a session; what is left out is not checked.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Expectations {
    /// Roles that take part by their own choice.
    pub participate: Vec<RoleId>,
    /// Roles that decline because the decision does not concern them.
    pub decline: Vec<RoleId>,
    /// Whether enough ballots are cast.
    pub quorum: Option<bool>,
    /// Where the decision stands at the end.
    pub status: Option<Status>,
    /// Who decides it, or whom it waits for.
    pub decided_by: Option<Decider>,
    /// Why it ends as it does; compared as text.
    pub reason: Option<String>,
    /// In which mode it is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The roles that it goes through, from below; none are not checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<RoleId>,
}

/// Who decides: a person, or one role.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Decider {
    /// A person, whoever it is.
    Person,
    /// A role.
    Role(RoleId),
}

/// What a session showed, in the terms of [`Expectations`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// Roles that took part.
    pub participating: Vec<RoleId>,
    /// Roles that declined by their own judgement.
    pub declined_for_relevance: Vec<RoleId>,
    /// Roles that declined because the author named them as not concerned.
    pub told: Vec<RoleId>,
    /// Whether enough ballots were cast; nothing where none were counted.
    pub quorum: Option<bool>,
    /// Where the decision stands.
    pub status: Status,
    /// Who decided it, or whom it waits for.
    pub decided_by: Option<Decider>,
    /// Why it ended as it did.
    pub reason: Option<String>,
    /// In which mode it was decided.
    pub mode: Mode,
    /// The roles that it went through, each once for each time that it came there.
    pub path: Vec<RoleId>,
}

/// The checks of a session.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Score {
    /// One for each thing that was expected.
    pub checks: Vec<Check>,
}

/// One thing that was expected, beside what was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// What was looked at, such as `status`.
    pub what: String,
    /// What was expected of it.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// What came of the comparison.
    pub verdict: CheckVerdict,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckVerdict {
    /// Found as expected.
    Held,
    /// Found otherwise.
    Failed,
    /// Says nothing either way.
    NotScored,
}

/// How many checks came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Found as expected.
    pub held: usize,
    /// Found otherwise.
    pub failed: usize,
    /// Neither.
    pub not_scored: usize,
}

impl Expectations {
    /// Compares what was expected with what was observed.
    ///
    /// | expected of a role | took part | declined by itself | told to decline | gave no answer |
    /// |---|---|---|---|---|
    /// | `participate` | held | failed | not scored | failed |
    /// | `decline` | failed | held | not scored | failed |
    ///
    /// The other expectations hold where the values are equal.
    pub fn check(&self, observed: &Observed) -> Score {
        let participate = self.participate.iter().map(|role| presence(role, Presence::TookPart, observed));
        let decline = self.decline.iter().map(|role| presence(role, Presence::Declined, observed));
        let path = Some(self.path.clone()).filter(|path| !path.is_empty());
        let others = [
            compare("quorum", self.quorum, observed.quorum.as_ref(), "not counted", bool::to_string),
            compare("status", self.status, Some(&observed.status), "none", |status| {
                status_name(*status).to_owned()
            }),
            compare(
                "decided_by",
                self.decided_by.clone(),
                observed.decided_by.as_ref(),
                "nobody",
                ToString::to_string,
            ),
            compare("reason", self.reason.clone(), observed.reason.as_ref(), "none", String::clone),
            compare("mode", self.mode, Some(&observed.mode), "none", |mode| mode_name(*mode).to_owned()),
            compare("path", path, Some(&observed.path), "none", |path| {
                path.iter().map(RoleId::as_str).collect::<Vec<_>>().join(", ")
            }),
        ];
        Score { checks: participate.chain(decline).chain(others.into_iter().flatten()).collect() }
    }
}

impl Score {
    /// Whether nothing failed. That is also so where nothing was expected.
    pub fn held(&self) -> bool {
        self.counts().failed == 0
    }

    /// How many checks came out how.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for check in &self.checks {
            match check.verdict {
                CheckVerdict::Held => counts.held += 1,
                CheckVerdict::Failed => counts.failed += 1,
                CheckVerdict::NotScored => counts.not_scored += 1,
            }
        }
        counts
    }
}

impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person => f.pad(PERSON),
            Self::Role(role) => role.fmt(f),
        }
    }
}

impl FromStr for Decider {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        if text == PERSON { Ok(Self::Person) } else { RoleId::new(text).map(Self::Role) }
    }
}

impl TryFrom<String> for Decider {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Decider> for String {
    fn from(decider: Decider) -> Self {
        decider.to_string()
    }
}

/// How a role answered the question whether it takes part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    TookPart,
    Declined,
    Told,
    NoAnswer,
}

impl Presence {
    fn of(role: &RoleId, observed: &Observed) -> Self {
        // Who took part did so, whatever else is recorded of it.
        if observed.participating.contains(role) {
            Self::TookPart
        } else if observed.told.contains(role) {
            Self::Told
        } else if observed.declined_for_relevance.contains(role) {
            Self::Declined
        } else {
            Self::NoAnswer
        }
    }

    fn found(self) -> &'static str {
        match self {
            Self::TookPart => "took part",
            Self::Declined => "declined",
            Self::Told => "not scored: told by the author",
            Self::NoAnswer => "gave no answer",
        }
    }
}

fn presence(role: &RoleId, expected: Presence, observed: &Observed) -> Check {
    let (verb, wanted) = match expected {
        Presence::TookPart => ("participate", "takes part"),
        _ => ("decline", "declines"),
    };
    let found = Presence::of(role, observed);
    let verdict = match found {
        Presence::Told => CheckVerdict::NotScored,
        _ if found == expected => CheckVerdict::Held,
        _ => CheckVerdict::Failed,
    };
    Check {
        what: format!("{verb} {role}"),
        expected: wanted.to_owned(),
        found: found.found().to_owned(),
        verdict,
    }
}

/// The check of a single value, or none where nothing was expected of it.
fn compare<T: PartialEq>(
    what: &str,
    expected: Option<T>,
    found: Option<&T>,
    absent: &str,
    show: impl Fn(&T) -> String,
) -> Option<Check> {
    let expected = expected?;
    let verdict = if found == Some(&expected) { CheckVerdict::Held } else { CheckVerdict::Failed };
    Some(Check {
        what: what.to_owned(),
        expected: show(&expected),
        found: found.map_or_else(|| absent.to_owned(), show),
        verdict,
    })
}

#[cfg(test)]
mod tests;
