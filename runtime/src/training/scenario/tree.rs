//! A YAML text as values that know their place, and the shapes a reader may ask them for.
//!
//! What always holds: a value that is not of the wanted shape is an error with its place, its path (such as
//! `decision.subject`) and the remedy, never a default. Texts are taken as they are written, so `18`, `1.50` and `no`
//! are texts where a text is wanted; numbers are read from their digits, never through a float. A field without a
//! value is a field that was left out.
//!
//! The tree is untyped, and not a set of derived structs, because serde's errors know neither a field's path nor what
//! to do about the fault.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Error, Location, MessageFormatter, Spanned, UserMessageFormatter};

use super::suggest::{shortened, shown, unknown};
use super::{Scenario, ScenarioError};

/// How deep lists and maps may nest; the form needs four levels. The parser recurses and a level costs it up to 40 KB
/// of stack in an unoptimised build, so its own bound of 64 levels overflows a thread of 2 MB.
const MAX_DEPTH: usize = 8;
/// How many parser events aliases may repeat: more than people write, less than an alias bomb needs.
const MAX_ALIAS_EVENTS: usize = 10_000;

/// A value and its place.
pub(super) type Node = Spanned<Value>;

/// What YAML makes of a value.
#[derive(Debug)]
pub(super) enum Value {
    /// Left empty, `~` or `null`.
    Nothing,
    /// A number, or true or false, written without quotes; the source has its digits.
    Bare,
    /// Any other scalar.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order in which it is written; names may still repeat.
    Map(Vec<(Spanned<String>, Node)>),
}

/// The text that is read, and its name in errors.
pub(super) struct Source<'a> {
    name: &'a str,
    yaml: &'a str,
}

/// A value of the tree together with its path.
pub(super) struct Item<'a> {
    source: &'a Source<'a>,
    node: &'a Node,
    path: String,
}

/// The fields of a map of which only certain names are known.
pub(super) struct Fields<'a> {
    map: &'a Item<'a>,
    entries: Vec<(&'a str, Item<'a>)>,
}

impl<'a> Source<'a> {
    pub(super) const fn new(name: &'a str, yaml: &'a str) -> Self {
        Self { name, yaml }
    }

    /// Reads the text as YAML.
    pub(super) fn read(&self) -> Result<Node, ScenarioError> {
        let size_bytes = self.yaml.len();
        if size_bytes > Scenario::MAX_BYTES {
            let problem =
                format!("the file has {size_bytes} bytes; shorten it to {} or less", Scenario::MAX_BYTES);
            return Err(ScenarioError::new(self.name, 1, 1, problem));
        }
        // Repeated names are passed on, because the error for them here says where the first one is.
        let options = serde_saphyr::options! {
            duplicate_keys: DuplicateKeyPolicy::PassThrough,
            merge_keys: MergeKeyPolicy::AsOrdinary,
            non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
            strict_booleans: true,
            with_snippet: false,
            budget: serde_saphyr::budget! { max_depth: MAX_DEPTH },
            alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_ALIAS_EVENTS },
        };
        let node: Node = serde_saphyr::from_str_with_options(self.yaml, options)
            .map_err(|error| self.unreadable(&error))?;
        match node.value {
            Value::Nothing => Err(self.error(
                node.referenced,
                "the file is empty; write a scenario with `name`, `title`, `initiator` and `decision`",
            )),
            _ => Ok(node),
        }
    }

    /// The whole tree as an item; its path is empty.
    pub(super) fn root(&'a self, node: &'a Node) -> Item<'a> {
        Item { source: self, node, path: String::new() }
    }

    fn error(&self, at: Location, problem: impl Into<String>) -> ScenarioError {
        ScenarioError::new(self.name, at.line(), at.column(), problem)
    }

    fn unreadable(&self, error: &Error) -> ScenarioError {
        let problem = match error.without_snippet() {
            Error::MultipleDocuments { .. } => {
                "a file holds one scenario; move what follows `---` or `...` to a file of its own".to_owned()
            }
            error if beyond_bounds(error) => format!(
                "the file nests deeper, or holds or repeats more, than a scenario may; keep to {MAX_DEPTH} levels of \
                 lists and maps and use fewer aliases"
            ),
            error => format!(
                "this is not YAML: {}; check indentation and brackets, and quote texts that hold `: ` or ` #`",
                UserMessageFormatter.format_message(error)
            ),
        };
        self.error(error.location().unwrap_or(Location::UNKNOWN), problem)
    }
}

impl<'a> Item<'a> {
    /// An error at this value; the problem begins with its path.
    pub(super) fn error(&self, problem: impl fmt::Display) -> ScenarioError {
        self.source.error(self.node.referenced, format!("{} {problem}", self.name()))
    }

    /// An error at this value that says it all.
    pub(super) fn plain_error(&self, problem: impl Into<String>) -> ScenarioError {
        self.source.error(self.node.referenced, problem)
    }

    /// The path, such as `decision.subject`.
    pub(super) fn name(&self) -> &str {
        if self.path.is_empty() { "the scenario" } else { &self.path }
    }

    /// Whether the value is a map.
    pub(super) const fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// What is written there, a text or a number; an error says what is `wanted`.
    pub(super) fn scalar(&self, wanted: &str, remedy: &str) -> Result<&'a str, ScenarioError> {
        self.written().ok_or_else(|| self.wrong(wanted, remedy))
    }

    /// A text that is not empty and can be shown on a terminal.
    pub(super) fn text(&self) -> Result<&'a str, ScenarioError> {
        let text = self.scalar("a text", "write one text there")?;
        if text.trim().is_empty() {
            return Err(self.error("is empty; write something or leave it out"));
        }
        if text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
            return Err(self.error("holds a control character; remove it"));
        }
        Ok(text)
    }

    /// A text of one line.
    pub(super) fn line(&self, max_chars: usize) -> Result<&'a str, ScenarioError> {
        let text = self.text()?.trim();
        if text.contains(char::is_control) {
            return Err(self.error("has more than one line; join the lines or write it with `>-`"));
        }
        let chars = text.chars().count();
        if chars > max_chars {
            return Err(self.error(format!("has {chars} characters; shorten it to {max_chars} or less")));
        }
        Ok(text)
    }

    /// A whole number from 0.
    pub(super) fn whole_number(&self) -> Result<u64, ScenarioError> {
        const REMEDY: &str = "write digits such as 10000, without quotes";
        let (Value::Bare, Some(digits)) = (&self.node.value, self.written()) else {
            return Err(self.wrong("a whole number", REMEDY));
        };
        if digits.starts_with('-') {
            return Err(self.error(format!("cannot be negative: {}; write 0 or more", shown(digits))));
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.error(format!("is a whole number, not {}; {REMEDY}", shown(digits))));
        }
        digits
            .parse()
            .map_err(|_| self.error(format!("is too large: {}; the most is {}", shown(digits), u64::MAX)))
    }

    /// True or false.
    pub(super) fn truth(&self) -> Result<bool, ScenarioError> {
        match (&self.node.value, self.written()) {
            (Value::Bare, Some("true" | "True" | "TRUE")) => Ok(true),
            (Value::Bare, Some("false" | "False" | "FALSE")) => Ok(false),
            (_, Some(text)) => {
                Err(self.error(format!("is true or false without quotes, not {}", shown(text))))
            }
            _ => Err(self.wrong("true or false", "write one of them")),
        }
    }

    /// The entries of a list.
    pub(super) fn list(&self) -> Result<Vec<Item<'a>>, ScenarioError> {
        let Value::List(entries) = &self.node.value else {
            return Err(self.wrong("a list", "write `[one, two]` or lines that begin with `- `"));
        };
        let item =
            |(index, node)| Item { source: self.source, node, path: format!("{}[{index}]", self.path) };
        Ok((1..).zip(entries).map(item).collect())
    }

    /// The names and values of a map in the order in which they are written.
    pub(super) fn entries(&self) -> Result<Vec<(&'a str, Item<'a>)>, ScenarioError> {
        let Value::Map(entries) = &self.node.value else {
            return Err(self.wrong("a map", "write lines of the form `name: value`"));
        };
        let mut lines = BTreeMap::new();
        let mut items = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            let text = name.value.as_str();
            if let Some(line) = lines.insert(text, name.referenced.line()) {
                let place = self.name();
                let problem =
                    format!("{} is given twice in {place}, first in line {line}; remove one", shown(text));
                return Err(self.source.error(name.referenced, problem));
            }
            let short = shortened(text);
            let path = if self.path.is_empty() { short } else { format!("{}.{short}", self.path) };
            items.push((text, Item { source: self.source, node, path }));
        }
        Ok(items)
    }

    /// The fields of a map that may have these and no others.
    pub(super) fn fields(&'a self, known: &[&str]) -> Result<Fields<'a>, ScenarioError> {
        let entries = self.entries()?;
        let Value::Map(keys) = &self.node.value else {
            return Ok(Fields { map: self, entries });
        };
        for (key, _) in keys {
            if !known.contains(&key.value.as_str()) {
                let problem = unknown("field", &key.value, self.name(), "its fields are", known.iter());
                return Err(self.source.error(key.referenced, problem));
            }
        }
        Ok(Fields { map: self, entries })
    }

    /// What is written there, quotes removed, unless it is a list, a map or nothing.
    fn written(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            Value::Bare => {
                let span = self.node.defined.span();
                let start = usize::try_from(span.byte_offset()?).ok()?;
                let len = usize::try_from(span.byte_len()?).ok()?;
                self.source.yaml.get(start..start.checked_add(len)?)
            }
            Value::Nothing | Value::List(_) | Value::Map(_) => None,
        }
    }

    fn wrong(&self, wanted: &str, remedy: &str) -> ScenarioError {
        let found = match &self.node.value {
            Value::Nothing => "empty",
            Value::Bare => "a number or true or false",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        };
        self.error(format!("must be {wanted}, but is {found}; {remedy}"))
    }
}

impl<'a> Fields<'a> {
    /// The field of this name, unless it was left out or left empty.
    pub(super) fn get(&self, name: &str) -> Option<&Item<'a>> {
        let (_, item) = self.entries.iter().find(|(given, _)| *given == name)?;
        (!matches!(item.node.value, Value::Nothing)).then_some(item)
    }

    /// The field of this name; `what` says what to write there.
    pub(super) fn required(&self, name: &str, what: &str) -> Result<&Item<'a>, ScenarioError> {
        match self.entries.iter().find(|(given, _)| *given == name) {
            Some((_, item)) if matches!(item.node.value, Value::Nothing) => {
                Err(item.error(format!("is left empty; write {what}")))
            }
            Some((_, item)) => Ok(item),
            None => {
                let place = self.map.name();
                Err(self.map.plain_error(format!("`{name}` is missing in {place}; add {what}")))
            }
        }
    }
}

/// Whether a text was refused for its size and not for its form.
fn beyond_bounds(error: &Error) -> bool {
    match error {
        Error::AliasError { error, .. } => beyond_bounds(error),
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => true,
        _ => false,
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Bare)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Bare)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Bare)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Bare)
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        Ok(Value::List(entries))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}
