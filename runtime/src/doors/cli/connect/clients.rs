//! The clients: where each keeps its servers, and under which key.

use std::path::PathBuf;

use serde::Serialize;

use super::whole;
use crate::doors::cli::Failed;
use crate::doors::cli::place::Surroundings;

/// A client that starts MCP servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(in crate::doors::cli) enum Client {
    /// Claude Desktop, for this user
    ClaudeDesktop,
    /// Claude Code, for the project in this directory
    ClaudeCode,
    /// Visual Studio Code, for the project in this directory
    Vscode,
}

impl Client {
    /// Every client.
    pub(in crate::doors::cli) const ALL: [Self; 3] = [Self::ClaudeDesktop, Self::ClaudeCode, Self::Vscode];

    /// The key below which its file holds servers.
    pub(in crate::doors::cli) fn key(self) -> &'static str {
        match self {
            Self::ClaudeDesktop | Self::ClaudeCode => "mcpServers",
            Self::Vscode => "servers",
        }
    }

    /// Its file.
    pub(in crate::doors::cli) fn file(self, surroundings: &Surroundings) -> Result<PathBuf, Failed> {
        match self {
            Self::ClaudeDesktop => surroundings
                .config_directory()
                .map(|directory| directory.join("Claude/claude_desktop_config.json"))
                .ok_or_else(|| {
                    Failed::Failure("HOME is not set: name the client's file with --file PATH".to_owned())
                }),
            Self::ClaudeCode => whole(".mcp.json".as_ref()),
            Self::Vscode => whole(".vscode/mcp.json".as_ref()),
        }
    }
}
