//! The names people give: roles, decision types, topics, and the numbered ids the store gives.
//!
//! What always holds: a name that exists is well formed (it was checked when it was made, also when it was read from
//! the store), and an id is a small number that prints with its prefix, such as `dec-7`, and reads back from it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::codec::{Decode, Encode};

/// The longest name, in bytes.
pub const MAX_NAME_BYTES: usize = 64;

/// A text that is not a name or an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct NameError {
    text: String,
    wanted: &'static str,
}

/// How much of a text that is no name is repeated, in characters.
const TOLD_CHARS: usize = 100;

impl NameError {
    fn of(text: &str, wanted: &'static str) -> Self {
        let mut told: String = text.chars().take(TOLD_CHARS).collect();
        if told.len() < text.len() {
            told.push('\u{2026}');
        }
        Self { text: told, wanted }
    }
}

fn well_formed(text: &str, extra: &[char]) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NAME_BYTES
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || extra.contains(&c))
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $extra:expr, $pattern:literal, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name behind a text.
            ///
            /// # Errors
            /// A text of another form, with the form that is wanted.
            pub fn new(text: &str) -> Result<Self, NameError> {
                if well_formed(text, $extra) {
                    Ok(Self(text.into()))
                } else {
                    Err(NameError::of(text, $wanted))
                }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(&text)
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string", "minLength": 1, "maxLength": MAX_NAME_BYTES, "pattern": $pattern,
                })
            }
        }
    };
}

name!(
    /// The id of a role: lower-case letters, digits and underscores.
    RoleId, &[], "^[a-z0-9_]+$",
    "the id of a role: 1 to 64 lower-case letters, digits or underscores"
);
name!(
    /// What a decision is about, such as `product_budget`; the unit in which authority is given.
    DecisionType, &[], "^[a-z0-9_]+$",
    "a decision type: 1 to 64 lower-case letters, digits or underscores"
);
name!(
    /// A kind of subject that is not for one role alone to decide, such as `termination`.
    Matter, &[], "^[a-z0-9_]+$",
    "a matter: 1 to 64 lower-case letters, digits or underscores"
);
name!(
    /// A topic on the bus, such as `decisions:new`.
    Topic, &[':'], "^[a-z0-9_:]+$",
    "a topic: 1 to 64 lower-case letters, digits, underscores or colons"
);

/// The most digits that the number of an id has.
const MAX_DIGITS: usize = 20;

const _: () = assert!(u64::MAX.ilog10() as usize + 1 == MAX_DIGITS);

/// A number the store gives to a record, in the order of their making.
pub trait Id: Copy {
    /// What stands before the number when people read it.
    const PREFIX: &'static str;
    /// The id with this number.
    fn from_number(number: u64) -> Self;
    /// The number of this id, from 1.
    fn number(self) -> u64;
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(u64);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
            fn from_number(number: u64) -> Self {
                Self(number)
            }
            fn number(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!(concat!($prefix, "-{}"), self.0))
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                text.strip_prefix(concat!($prefix, "-"))
                    .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
                    .and_then(|digits| digits.parse().ok())
                    .filter(|number| *number > 0)
                    .map(Self)
                    .ok_or_else(|| NameError::of(text, concat!("an id of the form ", $prefix, "-1")))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "maxLength": $prefix.len() + 1 + MAX_DIGITS,
                    "pattern": concat!("^", $prefix, "-[1-9][0-9]*$"),
                })
            }
        }
    };
}

id!(
    /// A message, `msg-1042`.
    MessageId, "msg"
);
id!(
    /// A decision, `dec-7`.
    DecisionId, "dec"
);
id!(
    /// A question that waits for a person, `apr-2`.
    ApprovalId, "apr"
);
id!(
    /// A question to a mind, `tho-12`.
    ThoughtId, "tho"
);
id!(
    /// A deadline, `tim-3`.
    TimerId, "tim"
);
id!(
    /// Something the organisation remembers, `mem-5`.
    MemoryId, "mem"
);
id!(
    /// A training session, `ses-1`.
    SessionId, "ses"
);
id!(
    /// Something that a role works on, `wrk-4`.
    WorkId, "wrk"
);
id!(
    /// A piece of work with agents that were picked for it, `del-2`.
    DelegationId, "del"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_when_they_are_made() {
        for good in ["ceo", "product_manager", "a1"] {
            assert_eq!(RoleId::new(good).map(|role| role.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "CEO", "a b", "ceo;", "é", &"x".repeat(65)] {
            assert!(RoleId::new(bad).is_err(), "{bad}");
        }
        assert!(Topic::new("messages:all").is_ok());
        // What was no name may be of any length, and is told in part.
        assert!(RoleId::new(&"\u{e9}".repeat(10_000)).unwrap_err().to_string().len() < 400);
        assert!(DecisionType::new("messages:all").is_err());
    }

    #[test]
    fn ids_read_back_what_they_print() {
        assert_eq!("dec-7".parse(), Ok(DecisionId::from_number(7)));
        for bad in ["dec-0", "dec-", "dec-+7", "msg-7", "7", "dec-99999999999999999999999"] {
            assert!(bad.parse::<DecisionId>().is_err(), "{bad}");
        }
        assert_eq!("7".parse::<DecisionId>().unwrap_err().to_string(), "`7` is not an id of the form dec-1");
    }
}
