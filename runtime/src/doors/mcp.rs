//! MCP: the agents in people's own clients, by the Model Context Protocol.
//!
//! ```text
//! desktop client ── stdio ──> echo-org mcp ── STORE.sock ──┐
//!                             a bridge: carries lines      ├──> Server ──> writer, snapshots
//! client on TCP ── HTTP /mcp, /mcp/ROLE, ... ───────────────┘
//! ```
//!
//! In reading order:
//!
//! - [`door`]: which tools a client sees, and in whose name it calls them.
//! - [`server`]: the one server behind every door, whatever carries it.
//! - `catalogue` and `calls`: the tools as the protocol describes them, and what a call comes to.
//! - `delegator`: the tools that pick who is needed, and give them tasks.
//! - `people` and `asking`: the tools of people, and how a client is asked to ask its user.
//! - `resources` and `prompts`: what can be read of the organisation, and how a model is put in the picture.
//! - `limits`: how much one caller may ask at once and in a while; `budget`: how much all may.
//! - `taken`: streams that give up a client which does not read.
//! - [`lines`]: messages as lines, bounded; the transport of a bridge's connection.
//! - [`bridge`]: the process that a client starts.
//! - [`http`]: the doors on the loopback interface.
//!
//! What always holds: the server lives in the process that has the store open, so that a bridge holds nothing that could be
//! lost. A caller acts in the name of its door's role, whatever its arguments say. Every request is answered, also one that
//! makes no sense, whose handler panics, or whose runtime goes away; and nothing that a client sends makes memory grow
//! without bound.

mod asking;
pub mod bridge;
mod budget;
mod calls;
mod catalogue;
mod delegator;
pub mod door;
pub mod http;
mod limits;
pub mod lines;
mod people;
mod prompts;
mod resources;
pub mod server;
mod taken;
