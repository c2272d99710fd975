//! `echo-org`: hands the organisation to the runtime.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match echo_agents::organisation() {
        Ok(organisation) => echo_runtime::doors::cli::run(organisation),
        Err(error) => {
            eprintln!("echo-org: the roles do not fit together: {error}");
            ExitCode::FAILURE
        }
    }
}
