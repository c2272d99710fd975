//! The proper names of ECHO embedded: nine roles, their tools, the scenarios they train with.
//!
//! In reading order:
//!
//! - [`ROLES`]: the nine roles, a file each: [`ceo`], [`cto`], [`chro`], [`operations_head`], [`product_manager`],
//!   [`senior_architect`], [`uiux_engineer`], [`senior_developer`], [`test_lead`]. [`engineering`] is what four of them
//!   have in common.
//! - `tools`: a file for each tool, and the list of those that every role has.
//! - [`CATEGORIES`]: kinds of work, and who is picked for each.
//! - [`SCENARIOS`]: what a training session can play, from the directory `scenarios`.
//! - [`organisation`]: all of it together, for the runtime to host. The binary `echo-org` does no more than that.
//!
//! What always holds: nothing here waits, asks a clock, opens a file or a socket. What a role is stands in its
//! constant; what a tool does is a function of the state and its arguments.
#![doc = include_str!("../README.md")]

pub mod ceo;
pub mod chro;
pub mod cto;
pub mod delegation;
pub mod engineering;
pub mod operations_head;
pub mod product_manager;
pub mod senior_architect;
pub mod senior_developer;
pub mod test_lead;
mod tools;
pub mod uiux_engineer;

pub use delegation::CATEGORIES;
use echo_runtime::organisation::{DeclarationError, Organisation, Shipped};
use echo_runtime::role::Role;

/// The roles, in the order that breaks ties.
pub const ROLES: &[Role] = &[
    ceo::ROLE,
    cto::ROLE,
    chro::ROLE,
    operations_head::ROLE,
    product_manager::ROLE,
    senior_architect::ROLE,
    uiux_engineer::ROLE,
    senior_developer::ROLE,
    test_lead::ROLE,
];

/// The scenarios that come with the program; the first is the default.
pub const SCENARIOS: &[Shipped] = &[
    Shipped { name: "revenue-growth", yaml: include_str!("../scenarios/revenue-growth.yaml") },
    Shipped { name: "day1", yaml: include_str!("../scenarios/day1.yaml") },
    Shipped { name: "day4", yaml: include_str!("../scenarios/day4.yaml") },
    Shipped { name: "crisis", yaml: include_str!("../scenarios/crisis.yaml") },
    Shipped { name: "hiring", yaml: include_str!("../scenarios/hiring.yaml") },
];

/// The organisation of the nine roles.
///
/// # Errors
/// Roles or tools that do not fit together; those of this crate do, which a test checks.
pub fn organisation() -> Result<Organisation, DeclarationError> {
    Organisation::new(ROLES, tools::common, SCENARIOS)?.delegating(CATEGORIES)
}
