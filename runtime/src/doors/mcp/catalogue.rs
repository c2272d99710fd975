//! The catalogue: the tools of every role, as the protocol describes them.
//!
//! What always holds: it is made from the tools' own declarations, once; a name at a door means one tool of one role.

use std::borrow::Cow;
use std::sync::Arc;

use echo_storage::names::RoleId;
use rmcp::model::{JsonObject, Tool as Described, ToolAnnotations};
use serde_json::Value;

use super::door::Door;
use crate::organisation::{Organisation, name_for_everyone};
use crate::tool::{Class, Tool};

/// The tools of all roles.
#[derive(Debug)]
pub(super) struct Catalogue {
    organisation: Arc<Organisation>,
    all: Vec<(RoleId, Described)>,
}

impl Catalogue {
    /// The tools of an organisation.
    pub(super) fn of(organisation: Arc<Organisation>) -> Self {
        let roles = organisation.role_ids();
        let all = roles.iter().flat_map(|role| {
            let tools = organisation.tools(role).iter();
            tools.map(|tool| (role.clone(), describe(tool)))
        });
        Self { all: all.collect(), organisation }
    }

    /// The tools of agents that are seen through a door, under the names that they have there.
    pub(super) fn seen(&self, door: &Door) -> Vec<Described> {
        let seen = self.all.iter().filter_map(|(role, tool)| match door {
            Door::Role(own) => (own == role).then(|| tool.clone()),
            Door::Everyone => {
                let mut tool = tool.clone();
                tool.name = name_for_everyone(role, &tool.name).into();
                Some(tool)
            }
            Door::Person | Door::Delegator => None,
        });
        seen.collect()
    }

    /// The tool that a name means at a door, and whose it is.
    pub(super) fn find(&self, door: &Door, name: &str) -> Option<(RoleId, &Tool)> {
        let of_role = |role: &RoleId, name: &str| {
            let tool = self.organisation.tools(role).iter().find(|tool| tool.name() == name)?;
            Some((role.clone(), tool))
        };
        match door {
            Door::Role(role) => of_role(role, name),
            // One role's name may begin with another's, so each is tried.
            Door::Everyone => self.organisation.role_ids().iter().find_map(|role| {
                let rest = name.strip_prefix(role.as_str())?.strip_prefix('_')?;
                of_role(role, rest)
            }),
            Door::Person | Door::Delegator => None,
        }
    }
}

/// A tool as clients are told of it.
fn describe(tool: &Tool) -> Described {
    let annotations = ToolAnnotations::with_title(title(tool.name()))
        .read_only(tool.only_reads())
        // What is decided stands and may cost money; what is computed or generated only adds to what is known.
        .destructive(!tool.only_reads() && tool.class() == Class::Decides)
        // Deciding the same twice is deciding twice. Under a key a call is done once, but that is no argument.
        .idempotent(tool.only_reads())
        // A mind may be a model that somebody else runs.
        .open_world(tool.class() == Class::Generates);
    Described::new(Cow::Borrowed(tool.name()), Cow::Borrowed(tool.description()), object(tool.input_schema()))
        .with_title(title(tool.name()))
        .with_raw_output_schema(object(tool.output_schema()))
        .annotate(annotations)
}

/// A schema as the object that it is. The protocol wants its type said at the top.
pub(super) fn object(mut schema: Value) -> Arc<JsonObject> {
    forget_widths(&mut schema);
    let mut object = if let Value::Object(object) = schema { object } else { JsonObject::new() };
    object.entry("type").or_insert_with(|| "object".into());
    Arc::new(object)
}

/// Takes away how wide a number is in memory, which clients do not know as a format and warn of; its range is told besides.
fn forget_widths(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let is_width = |format: &Value| {
                format.as_str().is_some_and(|format| {
                    format.starts_with("uint")
                        || format.starts_with("int")
                        || matches!(format, "float" | "double")
                })
            };
            if fields.get("format").is_some_and(is_width) {
                fields.remove("format");
            }
            fields.values_mut().for_each(forget_widths);
        }
        Value::Array(all) => all.iter_mut().for_each(forget_widths),
        _ => {}
    }
}

/// A name in words.
pub(super) fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
