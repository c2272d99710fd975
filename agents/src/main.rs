//! `echo-org`: hands the organisation to the runtime.

use std::process::ExitCode;

fn main() -> ExitCode {
    let roles: Vec<&str> = echo_agents::ROLES.iter().map(|role| role.id).collect();
    echo_runtime::doors::cli::run(&roles, echo_agents::organisation)
}
