//! The main help: the commands in groups, by what people want of them.
//!
//! What always holds: each command stands in it once; one that is in no group stands under the last heading.

use std::fmt::Write;

use clap::Command;

/// The groups and the commands in each, in their order.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Act", &["train", "send", "tool", "approvals", "approve", "reject"]),
    (
        "Look",
        &[
            "status",
            "decisions",
            "why",
            "sessions",
            "report",
            "agents",
            "tools",
            "messages",
            "memories",
            "delegations",
        ],
    ),
    ("Check and mend", &["doctor", "verify", "backup", "replay", "dead-letters", "retry"]),
    ("Share", &["serve", "mcp", "connect", "token", "watch", "stop"]),
    ("Prepare", &["scenarios", "completions", "man"]),
];
/// The heading of what is in no group.
const OTHERS: &str = "Others";

/// The command with its commands in groups.
pub(super) fn grouped(command: Command) -> Command {
    let all: Vec<(&str, String)> = command
        .get_subcommands()
        .map(|one| (one.get_name(), one.get_about().map(ToString::to_string).unwrap_or_default()))
        .collect();
    let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    let mut group = |heading: &str, commands: Vec<&(&str, String)>| {
        if commands.is_empty() {
            return;
        }
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{heading}:");
        for (name, about) in commands {
            let _ = writeln!(text, "  {name:<width$}  {about}");
        }
        text.push('\n');
    };
    for (heading, names) in GROUPS {
        let find = |name: &&str| all.iter().find(|(other, _)| other == name);
        group(heading, names.iter().filter_map(find).collect());
    }
    let is_grouped = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    group(OTHERS, all.iter().filter(|(name, _)| !is_grouped(name)).collect());
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{text}Options:\n{{options}}{{after-help}}\n"
    );
    command.help_template(template)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::samples::company;

    #[test]
    fn every_command_is_in_one_group_and_every_group_has_commands() {
        let command = crate::doors::cli::command(&company());
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let mut known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        grouped.sort_unstable();
        known.sort_unstable();
        assert_eq!(grouped, known);
    }
}
