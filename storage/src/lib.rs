//! The nouns of ECHO embedded and the one file that holds them.
//!
//! In reading order:
//!
//! - [`names`] and [`quantities`]: roles, ids, money, confidence, time.
//! - [`records`]: everything the organisation knows, as plain data.
//! - [`input`] and [`effect`]: everything that can happen to it, and everything a step can do.
//! - [`codes`]: what a verdict must carry, which only people are shown.
//! - [`codec`] and [`table`]: how a value becomes bytes, and where it lies.
//! - [`state`] and [`query`]: reading, in layers. A `layer` holds what was written, as `value`s.
//! - [`batch`]: a step as a draft, steps as a batch; `apply` turns effects into writes.
//! - [`journal`]: every step, chained by its hash.
//! - [`store`]: the file: opened, locked, committed, read by snapshots. [`disk`] is what lies below it.
//! - [`verify`]: whether everything in a file is what was written.
//! - [`clock`]: the one place that asks for time and randomness.
//!
//! This crate decides nothing: what a step does is given to it as effects. Only this crate knows of redb.
#![doc = include_str!("../README.md")]

mod apply;
pub mod batch;
pub mod clock;
pub mod codec;
pub mod codes;
pub mod disk;
pub mod effect;
mod error;
pub mod input;
pub mod journal;
mod layer;
mod lock;
pub mod names;
pub mod quantities;
pub mod query;
pub mod records;
pub mod state;
pub mod store;
pub mod table;
pub mod value;
pub mod verify;

pub use batch::{Batch, Draft, Finished};
pub use effect::Effect;
pub use error::StoreError;
pub use input::Input;
pub use query::Query;
pub use state::State;
pub use store::{Durability, OpenOptions, Snapshot, Store};
