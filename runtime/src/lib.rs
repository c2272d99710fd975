//! Runtime.
pub mod authority;
pub mod decisions;
pub mod mail;
pub mod mind;
pub mod organisation;
pub mod role;
pub mod sessions;
pub mod thoughts;
pub mod tool;
pub mod training;
pub mod turn;
mod words;
