//! Doors: the ways by which people and programs reach an organisation.
//!
//! - [`cli`] is the command line.
//! - [`mcp`] is how people's own clients, and the models in them, reach the agents.
//! - [`socket`] is how many processes share the one that has the store open.
//!
//! What always holds: a door decides nothing. It turns what somebody wants into an input, hands it to a driver, and puts
//! what came of it into words. Nothing is opened, spawned or bound before somebody asks for something that needs it.

pub mod cli;
pub mod mcp;
pub mod socket;
pub mod token;
