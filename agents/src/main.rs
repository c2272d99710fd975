//! `echo-org`: hands the organisation to the runtime.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let roles: Vec<&str> = echo_agents::ROLES.iter().map(|role| role.id).collect();
    echo_runtime::doors::cli::run(&roles, echo_agents::organisation)
}
