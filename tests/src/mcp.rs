//! Clients of MCP, small and frank: they send what a test says, sense or not, and keep what they hear.
//!
//! What always holds: nothing is waited for longer than a run of the binary may take.

mod http;
mod stdio;

pub use http::{Events, Http, Reply};
pub use stdio::Stdio;

use serde_json::{Value, json};

/// The last version of the protocol that has a handshake.
pub const HANDSHAKE: &str = "2025-11-25";
/// The first one without.
pub const STATELESS: &str = "2026-07-28";

/// A request.
pub fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// The parameters that begin a handshake, of a client that can do this.
pub fn introduction(version: &str, capabilities: &Value) -> Value {
    json!({
        "protocolVersion": version,
        "capabilities": capabilities,
        "clientInfo": { "name": "echo-tests", "version": "1" },
    })
}

/// What each request says of its client in the era without a handshake.
pub fn meta(capabilities: &Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientInfo": { "name": "echo-tests", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    })
}
