//! The verbs of ECHO embedded: it hosts an organisation that is handed to it, and names no role.
//!
//! In reading order:
//!
//! - [`role`], [`tool`] and [`organisation`]: how roles and tools are declared, and how an organisation answers an input.
//! - [`turn`]: what the code that decides works with: a draft, with the configuration in force.
//! - [`mail`], [`thoughts`], [`timers`], [`sessions`]: what a message, an answer, a deadline and a session's start and end lead to.
//! - [`delegations`]: work that agents are picked for, and the tasks that they are given.
//! - [`supervision`]: what happens to agents that fail, and how an operator has them try again.
//! - [`decisions`], [`authority`] and [`matters`]: from a proposal to an outcome that somebody had the authority for.
//! - [`mind`]: who answers questions; `keywords` finds keywords in texts, [`memory`] what is remembered by its words.
//! - [`engine`]: inputs in, one commit, what happened out. [`drivers`] turn it: live, or by a seed.
//! - [`replay`]: everything decided again.
//! - [`sweep`]: power cuts and failing disks at every moment of a session, and what is left judged.
//! - [`deliveries`]: how far messages got; `wording` and `text_page`: how people read of things.
//! - [`training`]: scenarios, sessions, expectations, reports.
//! - [`doors`]: how people and programs get in; today the command line.
//!
//! What always holds: deciding is a function of the state, the input and the recorded time. Nothing is opened, bound or
//! started by constructing anything here; the first use does.
#![doc = include_str!("../README.md")]

pub mod authority;
pub mod decisions;
pub mod delegations;
pub mod deliveries;
pub mod doors;
pub mod drivers;
pub mod engine;
mod keywords;
pub mod mail;
pub mod matters;
pub mod memory;
pub mod mind;
pub mod organisation;
mod printable;
pub mod replay;
pub mod role;
pub mod sessions;
pub mod supervision;
pub mod sweep;
mod text_page;
pub mod thoughts;
pub mod timers;
pub mod tool;
pub mod training;
pub mod turn;
mod wording;
