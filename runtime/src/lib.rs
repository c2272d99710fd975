//! Runtime.
pub mod authority;
pub mod decisions;
pub mod doors;
pub mod drivers;
pub mod engine;
pub mod mail;
pub mod mind;
pub mod organisation;
pub mod replay;
pub mod role;
pub mod sessions;
pub mod thoughts;
pub mod tool;
pub mod training;
pub mod turn;
mod words;
