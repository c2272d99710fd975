//! How a tool is declared: a name, a class, typed arguments, a handler, and an answer that reads as text.
//!
//! ```
//! use echo_runtime::tool::{Call, Tool};
//! use echo_runtime::turn::{Failure, refuse};
//!
//! /// What the caller says.
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Arguments {
//!     /// The numbers to add.
//!     numbers: Vec<u32>,
//! }
//!
//! /// What the caller is told.
//! #[derive(serde::Serialize, schemars::JsonSchema)]
//! struct Sum {
//!     sum: u64,
//! }
//!
//! impl std::fmt::Display for Sum {
//!     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
//!         write!(f, "the sum is {}", self.sum)
//!     }
//! }
//!
//! fn add(_: &mut Call<'_, '_, '_>, arguments: Arguments) -> Result<Sum, Failure> {
//!     if arguments.numbers.is_empty() {
//!         return refuse("numbers: give at least one");
//!     }
//!     Ok(Sum { sum: arguments.numbers.iter().map(|n| u64::from(*n)).sum() })
//! }
//!
//! let tool = Tool::computes("add", "Adds numbers.", add);
//! assert_eq!(tool.input_schema()["required"][0], "numbers");
//! ```
//!
//! What always holds: the caller is known from the door, never from an argument; arguments are read into their type
//! before the handler runs, and what does not fit is refused with its path; a handler is pure, as everything that
//! decides is.

use std::fmt;
use std::sync::{Arc, OnceLock};

use echo_storage::names::RoleId;
use echo_storage::records::Config;
use echo_storage::{Query, State};
use jsonschema::Validator;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::turn::{Failure, Turn, refuse};
use crate::wording::shortened;

/// What a tool's answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Authority: it goes through the one decision path.
    Decides,
    /// Its arguments and the store.
    Computes,
    /// A mind.
    Generates,
}

/// A call of a tool that is a step.
pub struct Call<'t, 'd, 'b> {
    /// The step.
    pub turn: &'t mut Turn<'d, 'b>,
    /// Who calls, as the door knows.
    pub caller: RoleId,
}

/// A call of a tool that only reads, on a snapshot; it is no step.
pub struct Look<'a> {
    /// The state.
    pub state: &'a dyn State,
    /// The configuration in force.
    pub config: Arc<Config>,
    /// Who calls, as the door knows.
    pub caller: RoleId,
}

/// What the arguments of a tool must be.
pub trait Arguments: DeserializeOwned + JsonSchema + 'static {}

impl<A: DeserializeOwned + JsonSchema + 'static> Arguments for A {}

/// What the answer of a tool must be.
pub trait Answer: Serialize + JsonSchema + fmt::Display + 'static {}

impl<R: Serialize + JsonSchema + fmt::Display + 'static> Answer for R {}

/// The handler of a tool whose call is a step.
pub type Handles<A, R> = fn(&mut Call<'_, '_, '_>, A) -> Result<R, Failure>;

/// The longest arguments of a call, as JSON, in bytes: twice what the longest message holds. Whatever is tried is journaled,
/// also where it is refused, so what is longer is not tried.
pub const MAX_ARGUMENTS_BYTES: usize = 2 * crate::mail::MAX_CONTENT_BYTES;

/// Why arguments of so many bytes are not tried, if they are not.
pub(crate) fn too_long(bytes: usize) -> Option<String> {
    (bytes > MAX_ARGUMENTS_BYTES).then(|| {
        format!(
            "arguments: they have {bytes} bytes, and at most {MAX_ARGUMENTS_BYTES} are taken: say less, or keep long texts \
             in files of your own and name them"
        )
    })
}

/// How many faults of arguments are told at once.
const MAX_TOLD_FAULTS: usize = 5;

/// How much of each is told, in characters: it may name what the caller has made up, such as a field.
const FAULT_CHARS: usize = 200;

type StepHandler = Box<dyn Fn(&mut Call<'_, '_, '_>, Value) -> Result<Value, Failure> + Send + Sync>;
type LookHandler = Box<dyn Fn(&Look<'_>, Value) -> Result<Value, Failure> + Send + Sync>;

enum Handler {
    Step(StepHandler),
    Look(LookHandler),
}

/// A tool.
pub struct Tool {
    name: &'static str,
    description: &'static str,
    class: Class,
    input: fn() -> Value,
    output: fn() -> Value,
    handler: Handler,
    /// Checks arguments against the schema; made when it is first needed.
    validator: OnceLock<Option<Validator>>,
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool").field("name", &self.name).field("class", &self.class).finish_non_exhaustive()
    }
}

impl Tool {
    /// A tool that decides.
    pub fn decides<A: Arguments, R: Answer>(
        name: &'static str,
        description: &'static str,
        handler: Handles<A, R>,
    ) -> Self {
        Self::stepping(name, description, Class::Decides, handler)
    }

    /// A tool that computes and records.
    pub fn computes<A: Arguments, R: Answer>(
        name: &'static str,
        description: &'static str,
        handler: Handles<A, R>,
    ) -> Self {
        Self::stepping(name, description, Class::Computes, handler)
    }

    /// A tool whose answer comes from a mind.
    pub fn generates<A: Arguments, R: Answer>(
        name: &'static str,
        description: &'static str,
        handler: Handles<A, R>,
    ) -> Self {
        Self::stepping(name, description, Class::Generates, handler)
    }

    /// A tool that only reads.
    pub fn reads<A: Arguments, R: Answer>(
        name: &'static str,
        description: &'static str,
        handler: fn(&Look<'_>, A) -> Result<R, Failure>,
    ) -> Self {
        let erased = move |look: &Look<'_>, arguments| answer(&handler(look, read(arguments)?)?);
        Self {
            name,
            description,
            class: Class::Computes,
            input: schema::<A>,
            output: schema::<R>,
            handler: Handler::Look(Box::new(erased)),
            validator: OnceLock::new(),
        }
    }

    fn stepping<A: Arguments, R: Answer>(
        name: &'static str,
        description: &'static str,
        class: Class,
        handler: Handles<A, R>,
    ) -> Self {
        let erased = move |call: &mut Call<'_, '_, '_>, arguments| answer(&handler(call, read(arguments)?)?);
        Self {
            name,
            description,
            class,
            input: schema::<A>,
            output: schema::<R>,
            handler: Handler::Step(Box::new(erased)),
            validator: OnceLock::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What it does, for whoever may call it.
    pub fn description(&self) -> &'static str {
        self.description
    }

    /// What its answer rests on.
    pub fn class(&self) -> Class {
        self.class
    }

    /// Whether a call of it is no step.
    pub fn only_reads(&self) -> bool {
        matches!(self.handler, Handler::Look(_))
    }

    /// The JSON Schema of its arguments.
    pub fn input_schema(&self) -> Value {
        (self.input)()
    }

    /// The JSON Schema of its structured answer.
    pub fn output_schema(&self) -> Value {
        (self.output)()
    }

    /// Checks arguments against the published schema. Reading them into their type comes after this and refuses what it does
    /// not know, but it checks less: no lengths, no ranges, no patterns.
    ///
    /// # Errors
    /// What does not fit, with its path; never with its value, which may be long or nobody's business.
    pub fn check(&self, arguments: &Value) -> Result<(), Failure> {
        let validator = self.validator.get_or_init(|| jsonschema::validator_for(&self.input_schema()).ok());
        faults(validator.as_ref(), arguments).map_or(Ok(()), refuse)
    }

    /// Runs a call that is a step; the answer holds `structured` and `text`.
    pub(crate) fn step(&self, call: &mut Call<'_, '_, '_>, arguments: Value) -> Result<Value, Failure> {
        match &self.handler {
            Handler::Step(handler) => handler(call, arguments),
            Handler::Look(_) => refuse(format!("`{}` only reads: it is answered without a step", self.name)),
        }
    }

    /// Runs a call that only reads; the answer holds `structured` and `text`.
    pub fn look(&self, state: &dyn State, caller: RoleId, arguments: Value) -> Result<Value, Failure> {
        let Handler::Look(handler) = &self.handler else {
            return refuse(format!("`{}` acts: it must be called as a step", self.name));
        };
        let Some(config) = state.config()? else { return refuse("nothing has happened in this store yet") };
        handler(&Look { state, config, caller }, arguments)
    }
}

/// What of arguments does not fit a schema, each fault with its path and none with its value; so many of them, each so long.
pub(crate) fn faults(validator: Option<&Validator>, arguments: &Value) -> Option<String> {
    let Some(validator) = validator else { return Some("the published schema is none".to_owned()) };
    let faults = validator.iter_errors(arguments).map(|error| {
        let path = error.instance_path().to_string();
        let path = path.trim_start_matches('/').replace('/', ".");
        let path = if path.is_empty() { "arguments".to_owned() } else { path };
        shortened(&format!("{path}: {}", error.masked()), FAULT_CHARS)
    });
    let faults: Vec<String> = faults.take(MAX_TOLD_FAULTS).collect();
    (!faults.is_empty()).then(|| faults.join("; "))
}

fn schema<T: JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// Arguments in their type, or the path of what does not fit.
fn read<A: DeserializeOwned>(arguments: Value) -> Result<A, Failure> {
    // A list would be read as the fields in their order, which is nobody's contract.
    if !arguments.is_object() {
        return refuse("arguments: wanted is a JSON object, whose fields are the tool's arguments by name");
    }
    serde_path_to_error::deserialize(arguments).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { "arguments".to_owned() } else { path };
        Failure::Refused(shortened(&format!("{path}: {}", error.inner()), FAULT_CHARS))
    })
}

fn answer<R: Serialize + fmt::Display>(answer: &R) -> Result<Value, Failure> {
    let structured = serde_json::to_value(answer)
        .map_err(|error| Failure::Refused(format!("unreadable answer: {error}")))?;
    Ok(serde_json::json!({ "structured": structured, "text": answer.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use echo_storage::names::{DecisionId, DecisionType, Matter, Topic};
    use echo_storage::quantities::Usd;
    use serde_json::json;

    /// Whether the published schema of a type takes a value, and whether the type does.
    fn takes<T: DeserializeOwned + JsonSchema>(value: &Value) -> (bool, bool) {
        let validator = jsonschema::validator_for(&schema::<T>()).unwrap();
        (validator.is_valid(value), serde_json::from_value::<T>(value.clone()).is_ok())
    }

    #[test]
    fn schemas_say_what_names_are() {
        let name = |text: &str, expected: bool| {
            for (is_right, what) in [
                (takes::<RoleId>(&json!(text)), "role"),
                (takes::<DecisionType>(&json!(text)), "type"),
                (takes::<Matter>(&json!(text)), "matter"),
            ] {
                assert_eq!(is_right, (expected, expected), "{what} {text}");
            }
        };
        for good in ["chief", "a_1", "_", &"x".repeat(64)] {
            name(good, true);
        }
        for bad in ["", "Chief", "a b", "a\n", "\na", "a:b", "\u{e9}", "\u{663}", &"x".repeat(65)] {
            name(bad, false);
        }
        assert_eq!(takes::<Topic>(&json!("messages:all")), (true, true));
        assert_eq!(takes::<Topic>(&json!("messages all")), (false, false));
        for (text, expected) in [
            ("dec-7", true),
            ("dec-18446744073709551615", true),
            ("dec-0", false),
            ("msg-7", false),
            ("dec-7\n", false),
        ] {
            assert_eq!(takes::<DecisionId>(&json!(text)), (expected, expected), "{text}");
        }
        let too_long = json!(format!("dec-{}", "9".repeat(21)));
        assert_eq!(takes::<DecisionId>(&too_long), (false, false));
        for (amount, expected) in [
            (json!(1200), true),
            (json!("1200.50"), true),
            (json!("1200.505"), false),
            (json!("a lot"), false),
            (json!(-1), false),
        ] {
            assert_eq!(takes::<Usd>(&amount), (expected, expected), "{amount}");
        }
    }

    #[test]
    fn faults_are_told_in_part() {
        #[derive(serde::Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        struct Arguments {
            #[expect(dead_code, reason = "it is read and not looked at")]
            amount: Option<Usd>,
        }
        let validator = jsonschema::validator_for(&schema::<Arguments>()).unwrap();
        let long = "x".repeat(10_000);
        let check = |arguments: &Value| {
            let told = faults(Some(&validator), arguments).unwrap();
            assert!(told.chars().count() <= MAX_TOLD_FAULTS * (FAULT_CHARS + 2), "{told}");
            let told = read::<Arguments>(arguments.clone()).err().unwrap().to_string();
            assert!(told.chars().count() <= FAULT_CHARS, "{told}");
        };
        check(&json!({ long.clone(): 1 }));
        check(&json!({ "amount": long }));
    }
}
