//! What `doctor` says of the MCP clients that start this program.
//!
//! What always holds: a client that does not is not spoken of, and no client's file is changed.

use std::path::Path;

use rustix::fs::{Access, access};
use serde_json::Value;

use super::{Finding, Patient};
use crate::doors::cli::connect::clients::Client;

pub(super) fn findings(patient: &Patient<'_, '_, '_>) -> Vec<Finding> {
    Client::ALL.into_iter().flat_map(|client| of_client(patient, client)).collect()
}

fn of_client(patient: &Patient<'_, '_, '_>, client: Client) -> Vec<Finding> {
    let Ok(file) = client.file(&patient.invocation.surroundings) else { return Vec::new() };
    let Ok(text) = std::fs::read_to_string(&file) else { return Vec::new() };
    let Ok(all) = serde_json::from_str::<Value>(&text) else {
        let found = format!("{} is no JSON, so its client may start nothing", file.display());
        return vec![Finding::warning("client", found, "mend it")];
    };
    let servers = all.get(client.key()).and_then(Value::as_object).into_iter().flatten();
    servers.filter_map(|(name, entry)| of_entry(patient, &file, name, entry)).collect()
}

/// What an entry says, if it is one of ours.
fn of_entry(patient: &Patient<'_, '_, '_>, file: &Path, name: &str, entry: &Value) -> Option<Finding> {
    let arguments = entry.get("args")?.as_array()?.iter().filter_map(Value::as_str);
    let arguments: Vec<&str> = arguments.collect();
    let command = entry.get("command")?.as_str()?;
    let is_ours = arguments.first() == Some(&"mcp") && name.starts_with("echo");
    if !is_ours {
        return None;
    }
    let after = |flag: &str| {
        let at = arguments.iter().position(|argument| *argument == flag)?;
        arguments.get(at + 1).copied()
    };
    let shown = file.display();
    let again = "write it again with `echo-org connect`";
    if access(command, Access::EXEC_OK).is_err() {
        let found = format!("{name} in {shown} starts {command}, which cannot be run");
        return Some(Finding::problem("client", found, again));
    }
    let roles = patient.invocation.organisation.role_ids();
    if let Some(role) = after("--role").filter(|role| !roles.iter().any(|known| known.as_str() == *role)) {
        let found = format!("{name} in {shown} asks for the role {role}, which there is none of");
        return Some(Finding::problem("client", found, again));
    }
    let own = patient.place.shown();
    match after("--store") {
        Some(store) if store != own => {
            let found = format!("{name} in {shown} uses another store, {store}");
            Some(Finding::warning(
                "client",
                found,
                "if that is not meant, write it again with `echo-org connect`",
            ))
        }
        _ => Some(Finding::ok("client", format!("{name} in {shown} starts {command}"))),
    }
}
