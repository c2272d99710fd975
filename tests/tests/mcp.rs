//! MCP, by the real binary, as clients meet it.
//!
//! Goal: a client reaches its role's tools through either transport in either era of the protocol, whatever happens to the
//! runtime behind it, and nothing that a client sends is left unanswered or harms another. Method: small clients that say
//! what a test wants, sense or not; real processes and signals; what is waited for is a message or a process.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reports what it cannot read by failing"
)]

#[path = "mcp/abuse.rs"]
mod abuse;
#[path = "mcp/bridges.rs"]
mod bridges;
#[path = "mcp/delegator.rs"]
mod delegator;
#[path = "mcp/desktop.rs"]
mod desktop;
#[path = "mcp/http.rs"]
mod http;
#[path = "mcp/people.rs"]
mod people;
#[path = "mcp/quiet.rs"]
mod quiet;
#[path = "mcp/reading.rs"]
mod reading;
#[path = "mcp/slow.rs"]
mod slow;
#[path = "mcp/stdio.rs"]
mod stdio;
#[path = "mcp/waiting.rs"]
mod waiting;
#[path = "mcp/within.rs"]
mod within;

use serde_json::{Value, json};

/// The nine roles.
const ROLES: [&str; 9] = [
    "ceo",
    "cto",
    "chro",
    "operations_head",
    "product_manager",
    "senior_architect",
    "uiux_engineer",
    "senior_developer",
    "test_lead",
];

/// Arguments of `allocate_budget` that are complete.
fn allocation(amount: u64) -> Value {
    json!({
        "area": "engineering",
        "amount_usd": amount,
        "purpose": "Two more build machines",
        "verdict": "approve",
        "rationale": "Builds wait for each other",
        "context": {
            "description": "Two more machines that build and test",
            "impact": "A change is built in ten minutes",
            "stakeholders": ["cto", "senior_developer"],
        },
    })
}

/// The names of the tools in an answer to `tools/list`.
fn names(listed: &Value) -> Vec<&str> {
    listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}
