//! The socket: how many processes share the one that has the store open.
//!
//! ```text
//! echo-org status ─┐                        ┌─> snapshot of the store
//! echo-org train  ─┼─> STORE.sock ──> host ─┼─> writer: one batch, one commit
//! echo-org watch  ─┘                        └─> steps as they are committed
//! ```
//!
//! In reading order:
//!
//! - [`address`]: where the socket of a store is, however long the store's path.
//! - [`protocol`]: what is said: a handshake that every version understands, then typed requests and responses.
//! - [`wire`]: how it travels.
//! - [`host`]: the side that has the store: it listens, serves, and leaves when nobody needs it.
//! - [`client`]: the side of everybody else. A [`client::Client`] reads like a snapshot.
//! - [`plain`]: the side of a bridge, which only carries lines.
//! - [`start`]: finding the runtime of a store, or starting one in the background.
//!
//! What always holds: only the host opens the store. Who may connect is whoever may open the store's file: the socket is
//! readable and writable by its owner alone. A client that is slow, gone or talks nonsense costs the host one
//! connection and nothing else.

pub mod address;
pub mod client;
pub mod host;
pub mod plain;
pub mod protocol;
pub mod start;
#[cfg(test)]
mod tests;
pub mod wire;
