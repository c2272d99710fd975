//! The kinds of damage, each with the sentence that people read.
//!
//! What always holds: a sentence says what was found, where, what it means, and what to do.

use std::fmt;

use crate::codec::CodecError;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// The database does not open the file.
    File {
        /// What it says.
        cause: String,
    },
    /// A page does not fit its checksum.
    Pages {
        /// What the database says.
        cause: String,
    },
    /// What the file says of its free space is wrong.
    Space,
    /// Rows of a table cannot be reached.
    Unreachable {
        /// The table.
        table: &'static str,
        /// The last key before them, for people.
        behind: Option<String>,
        /// Why.
        cause: String,
    },
    /// A value does not read.
    Value {
        /// The table.
        table: &'static str,
        /// The key, for people.
        key: String,
        /// What is wrong with it.
        cause: CodecError,
    },
    /// The journal is not the chain that its head tells of.
    Chain {
        /// The last step up to which it is.
        whole_to: u64,
        /// What is wrong behind it.
        cause: String,
    },
    /// A step's effects contradict the steps before.
    Effects {
        /// The step.
        step: u64,
        /// In what.
        cause: String,
    },
    /// A row is gone.
    Missing {
        /// The table.
        table: &'static str,
        /// The key, for people.
        key: String,
    },
    /// A row is there that should not be.
    Extra {
        /// The table.
        table: &'static str,
        /// The key, for people.
        key: String,
    },
    /// A row says something else than it should.
    Different {
        /// The table.
        table: &'static str,
        /// The key, for people.
        key: String,
    },
    /// A counter stands wrong.
    Counter {
        /// Its name: a kind of id, or a topic.
        name: String,
        /// Where it stands; nothing where it is gone.
        found: Option<u64>,
        /// Where it should stand; nothing where there should be none.
        expected: Option<u64>,
    },
}

impl Damage {
    /// The name of the kind, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Pages { .. } => "pages",
            Self::Space => "space",
            Self::Unreachable { .. } => "unreachable",
            Self::Value { .. } => "value",
            Self::Chain { .. } => "chain",
            Self::Effects { .. } => "effects",
            Self::Missing { .. } => "missing",
            Self::Extra { .. } => "extra",
            Self::Different { .. } => "different",
            Self::Counter { .. } => "counter",
        }
    }

    /// The table it is in, where it is in one.
    pub fn table(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable { table, .. }
            | Self::Value { table, .. }
            | Self::Missing { table, .. }
            | Self::Extra { table, .. }
            | Self::Different { table, .. } => Some(table),
            Self::Chain { .. } | Self::Effects { .. } => Some("journal"),
            Self::Counter { .. } => Some("meta"),
            Self::File { .. } | Self::Pages { .. } | Self::Space => None,
        }
    }

    /// The key it is at, for people, where it is at one.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Value { key, .. }
            | Self::Missing { key, .. }
            | Self::Extra { key, .. }
            | Self::Different { key, .. } => Some(key.clone()),
            Self::Unreachable { behind, .. } => behind.clone(),
            Self::Effects { step, .. } => Some(format!("step {step}")),
            Self::Chain { whole_to, .. } => Some(format!("step {}", whole_to + 1)),
            Self::Counter { name, .. } => Some(name.clone()),
            Self::File { .. } | Self::Pages { .. } | Self::Space => None,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::File { .. } | Self::Pages { .. } => "check the disk, and restore a backup",
            Self::Space => "write nothing more into it: restore a backup",
            Self::Unreachable { .. } | Self::Value { .. } | Self::Chain { .. } => "restore a backup",
            Self::Effects { .. } => "use the program that wrote it, or restore a backup",
            Self::Missing { .. } | Self::Extra { .. } | Self::Different { .. } | Self::Counter { .. } => {
                "stop the runtime and restore a backup; the journal itself is whole, so nothing that happened is lost"
            }
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { cause } => {
                write!(f, "the file does not open ({cause}): nothing in it can be read")
            }
            Self::Pages { cause } => write!(
                f,
                "a page of the file does not fit its checksum ({cause}): what lay on it is wrong or gone"
            ),
            Self::Space => write!(
                f,
                "what the file says of its free space is wrong: what is written next could lie on what is there"
            ),
            Self::Unreachable { table, behind: None, cause } => {
                write!(
                    f,
                    "table `{table}` cannot be read ({cause}): its rows may be there and cannot be reached"
                )
            }
            Self::Unreachable { table, behind: Some(behind), cause } => write!(
                f,
                "table `{table}` cannot be read behind `{behind}` ({cause}): the rows there cannot be reached"
            ),
            Self::Value { table, key, cause } => write!(
                f,
                "the value of `{key}` in table `{table}` is damaged ({cause}): it is never used, and what needs it fails"
            ),
            Self::Chain { whole_to: 0, cause } => {
                write!(
                    f,
                    "the journal's chain is broken from its first step on ({cause}): what happened is not sure"
                )
            }
            Self::Chain { whole_to, cause } => write!(
                f,
                "the journal's chain is broken behind step {whole_to} ({cause}): what happened from there on is not sure"
            ),
            Self::Effects { step, cause } => write!(
                f,
                "the effects of step {step} contradict the steps before it ({cause}): the state cannot be recomputed"
            ),
            Self::Missing { table, key } => write!(
                f,
                "`{key}` is missing from table `{table}`, and the journal gives it: the organisation acts as if it had \
                 never been"
            ),
            Self::Extra { table, key } => write!(
                f,
                "table `{table}` holds `{key}`, which the journal does not give: the organisation acts on what never \
                 happened"
            ),
            Self::Different { table, key } => write!(
                f,
                "`{key}` in table `{table}` reads well and is not what the journal gives: the organisation acts on what \
                 is not so"
            ),
            Self::Counter { name, found, expected } => {
                match found {
                    Some(found) => write!(f, "the counter of `{name}` stands at {found}")?,
                    None => write!(f, "the counter of `{name}` is gone")?,
                }
                match expected {
                    Some(expected) => write!(f, ", and the journal gives {expected}")?,
                    None => write!(f, ", and the journal gives none")?,
                }
                write!(f, ": numbers could be given twice, or entries passed over")
            }
        }?;
        write!(f, "; {}", self.remedy())
    }
}
