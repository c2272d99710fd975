//! The command line.
//!
//! In reading order: [`run`] reads the arguments and calls one command; each command is a file below. What they share:
//! `place` finds the store, `look` opens it for reading, `drive` runs the organisation on either driver, `output` writes
//! what people and programs read; `listing` reads lists page by page, `table` lays them out, `parts` and `names` give
//! records as programs and people read them, `help` groups the commands.
//!
//! | ends with | when |
//! |---|---|
//! | 0 | what was asked was done; of `train`: and nothing came otherwise than expected |
//! | 1 | it could not be done; of `doctor`: or there is a problem; of `verify`: or there is damage, or a promise was broken; of `train`: or something came otherwise than expected; of `replay`: or a step differs |
//! | 2 | it was asked in a way that means nothing: an unknown flag, scenario, role or type |
//! | 130 | a signal stopped it, such as that of Ctrl-C |
//!
//! What always holds: what was asked for goes to the standard output, everything else to the standard error; with
//! `--json` the standard output gets one JSON object or nothing, and a failure or an interruption is one JSON object on
//! the standard error. Nobody's store is made, moved or opened before the
//! arguments are known to mean something. A reader that closes the pipe early ends nothing with a panic.

mod agents;
mod approvals;
mod ask;
mod backup;
mod completions;
mod connect;
mod dead_letters;
mod decisions;
mod delegations;
mod doctor;
mod door;
mod drive;
mod files;
mod help;
mod interrupt;
mod listing;
mod look;
mod mcp;
mod memories;
mod messages;
mod names;
mod output;
mod parts;
mod place;
mod reach;
mod replay;
mod report;
mod retry;
mod scenarios;
mod send;
mod serve;
mod sessions;
mod size;
mod status;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod tool;
mod tools;
mod train;
mod verdict;
mod verify;
mod view;
mod watch;
mod why;

pub(in crate::doors) use self::approvals::{Question, question};

use std::ffi::OsString;
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use echo_storage::Store;

use self::output::Output;
use self::place::{Place, Surroundings};
use crate::organisation::{DeclarationError, Organisation};

/// What people type to call this program.
const PROGRAM: &str = "echo-org";

/// What stands before why something was not done.
const ERROR: &str = "error: ";

/// The exit code of what could not be done.
const FAILURE: u8 = 1;
/// The exit code of what means nothing.
const USAGE: u8 = 2;
/// The exit code of what a signal stopped: 128 and the number of the interrupt, as shells have it.
const INTERRUPTED: u8 = 130;
/// What programs are told that a signal stopped it.
const INTERRUPTION: &str = "interrupted";

const ABOUT: &str =
    "An organisation of agents that decide within their authority, vote, escalate and ask a person.";

const EXAMPLES: &str = "\
Examples:
  echo-org train                         play the default scenario and report on it
  echo-org train --ask \"Do we move our infrastructure, architecture and monitoring elsewhere?\"
                                         have the organisation decide a question of yours
  echo-org why dec-1                     what led to the outcome
  echo-org approvals                     list what waits for a person
  echo-org approve apr-1 CODE            approve it, with the code that stands there
  echo-org status                        the store and the organisation on one screen
  echo-org replay                        decide everything again and compare

The store is one file: --store PATH, otherwise $ECHO_STORE, otherwise echo-org/org.redb in the
directory where this system keeps the data of programs. `train` makes it.

Exit codes: 0 done, 1 failed or otherwise than expected, 2 not understood, 130 interrupted.";

#[derive(Debug, Parser)]
#[command(name = PROGRAM, bin_name = PROGRAM, version, about = ABOUT, after_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
struct Common {
    /// The file of the store [default: `$ECHO_STORE`, or in this system's data directory]
    #[arg(long, global = true, value_name = "PATH")]
    store: Option<std::path::PathBuf>,
    /// Answer with one JSON object instead of text
    #[arg(long, global = true)]
    json: bool,
}

/// The command that shows what waits for a person, with what it takes to answer.
const APPROVALS: &str = "approvals";

/// The command that continues what was interrupted.
const RESUME: &str = "train --resume";

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a scenario, or have a question decided, and report on it
    #[command(after_help = train::EXAMPLES)]
    Train(train::Arguments),
    /// Post a message, in a role's name or in your own
    #[command(after_help = send::EXAMPLES)]
    Send(send::Arguments),
    /// List what waits for a person
    #[command(after_help = approvals::EXAMPLES)]
    Approvals(approvals::Arguments),
    /// Approve what waits for a person
    #[command(after_help = verdict::APPROVE_EXAMPLES)]
    Approve(verdict::ApproveArguments),
    /// Reject what waits for a person
    #[command(after_help = verdict::REJECT_EXAMPLES)]
    Reject(verdict::RejectArguments),
    /// Show the store and the organisation in it on one screen
    #[command(after_help = status::EXAMPLES)]
    Status,
    /// List decisions, or show one in full
    #[command(after_help = decisions::EXAMPLES)]
    Decisions(decisions::Arguments),
    /// Tell what led to a decision's outcome: facts, ballots, authority
    #[command(after_help = why::EXAMPLES)]
    Why(why::Arguments),
    /// List sessions, or give the report of one again
    #[command(after_help = sessions::EXAMPLES)]
    Sessions(sessions::Arguments),
    /// List the agents and how each is doing, or show one in full
    #[command(after_help = agents::EXAMPLES)]
    Agents(agents::Arguments),
    /// List the tools of the roles, or show one with its schemas
    #[command(after_help = tools::EXAMPLES)]
    Tools(tools::Arguments),
    /// Call a tool in a role's name
    #[command(after_help = tool::EXAMPLES)]
    Tool(tool::Arguments),
    /// List what the organisation remembers, or what of it fits some words
    #[command(after_help = memories::EXAMPLES)]
    Memories(memories::Arguments),
    /// List messages, of all or of one role, or show one in full
    #[command(after_help = messages::EXAMPLES)]
    Messages(messages::Arguments),
    /// List the work that the delegator found agents for, or show one with its tasks
    #[command(after_help = delegations::EXAMPLES)]
    Delegations(delegations::Arguments),
    /// List the messages that were given up
    #[command(after_help = dead_letters::EXAMPLES)]
    DeadLetters(dead_letters::Arguments),
    /// Have agents try again what they had given up
    #[command(after_help = retry::EXAMPLES)]
    Retry(retry::Arguments),
    /// Decide everything again from the journal, and compare
    #[command(after_help = replay::EXAMPLES)]
    Replay(replay::Arguments),
    /// Check that everything in the store is what was written, or by power cuts what a store promises
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::Arguments),
    /// Copy the store into a file, also while a runtime has it open
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::Arguments),
    /// Look for what is amiss with the store, its runtime, the disk
    #[command(after_help = doctor::EXAMPLES)]
    Doctor,
    /// Have the store open for every other command, until nobody needs it
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Arguments),
    /// Serve the MCP client that starts this, on its standard input and output
    #[command(after_help = mcp::EXAMPLES)]
    Mcp(mcp::Arguments),
    /// Set up an MCP client to start this program: print its configuration, or merge it
    #[command(after_help = connect::EXAMPLES)]
    Connect(connect::Arguments),
    /// Print what an MCP client shows at its door on HTTP
    #[command(after_help = token::EXAMPLES)]
    Token(token::Arguments),
    /// Watch a session that the runtime plays
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::Arguments),
    /// End the runtime that has the store open
    #[command(after_help = serve::STOP_EXAMPLES)]
    Stop,
    /// List shipped scenarios, print one, or write a template
    #[command(after_help = scenarios::EXAMPLES)]
    Scenarios(scenarios::Arguments),
    /// Print the script by which a shell completes command lines
    #[command(after_help = completions::COMPLETIONS_EXAMPLES)]
    Completions(completions::CompletionsArguments),
    /// Print the manual page, or write one for each command
    #[command(after_help = completions::MAN_EXAMPLES)]
    Man(completions::ManArguments),
    /// Write the report of a session again, as it stands by now
    #[command(after_help = report::EXAMPLES)]
    Report(report::Arguments),
}

/// Why a command ended without doing what was asked.
#[derive(Debug, thiserror::Error)]
enum Failed {
    /// What was asked means nothing.
    #[error("{0}")]
    Usage(String),
    /// It could not be done.
    #[error("{0}")]
    Failure(String),
    /// A signal stopped it; the words say how it goes on.
    #[error("{0}")]
    Interrupted(String),
}

impl Failed {
    /// A failure, from any error.
    fn because(error: impl std::fmt::Display) -> Self {
        Self::Failure(error.to_string())
    }
}

/// How a command that did its work ended: well, or not as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Otherwise,
}

/// What a command works with.
struct Invocation<'o, 'w> {
    organisation: Arc<Organisation>,
    surroundings: Surroundings,
    store: Option<std::path::PathBuf>,
    json: bool,
    /// The store, where this process has it open already.
    open: Option<Arc<Store>>,
    output: &'o mut Output<'w>,
}

impl Invocation<'_, '_> {
    fn place(&self) -> Result<Place, Failed> {
        Place::find(self.store.as_deref(), &self.surroundings)
    }
}

/// Does what the command line of this process asks of the organisation of these roles, which is put together where that
/// takes more of it than their names.
pub fn run(
    roles: &[&str],
    organisation: impl FnOnce() -> Result<Organisation, DeclarationError>,
) -> ExitCode {
    if mcp::begun(roles) {
        return ExitCode::SUCCESS;
    }
    let organisation = match organisation() {
        Ok(organisation) => organisation,
        Err(error) => {
            eprintln!("{ERROR}the roles do not fit together: {error}");
            return ExitCode::from(FAILURE);
        }
    };
    // Not locked: a panic on another thread, which ends nothing, must be able to say so.
    let (mut stdout, mut stderr) = (std::io::stdout(), std::io::stderr());
    let mut output = Output::new(&mut stdout, &mut stderr).on_terminal(terminal_columns());
    let code = execute(organisation, std::env::args_os(), Surroundings::of_process(), &mut output);
    ExitCode::from(output.finish(code))
}

/// What a command that only looks says of a store that this process has open, for the other doors: so they tell what the
/// command line tells, in the same words.
///
/// # Errors
/// Why it could not be told.
pub(in crate::doors) fn told(
    organisation: &Arc<Organisation>,
    store: Arc<Store>,
    arguments: &[String],
) -> Result<String, String> {
    let path = store.path().map(std::path::Path::to_owned);
    let (mut said, mut noted) = (Vec::new(), Vec::new());
    let mut output = Output::new(&mut said, &mut noted);
    let mut line: Vec<OsString> = vec![PROGRAM.into()];
    line.extend(path.into_iter().flat_map(|path| ["--store".into(), path.into()]));
    line.extend(arguments.iter().map(OsString::from));
    let code = perform(organisation.clone(), line, Surroundings::default(), Some(store), &mut output);
    let code = output.finish(code);
    if code == 0 {
        return Ok(String::from_utf8_lossy(&said).into_owned());
    }
    let why = String::from_utf8_lossy(&noted);
    let why = why.strip_prefix(ERROR).unwrap_or(&why);
    Err(why.trim_end().to_owned())
}

/// How wide the terminal is that reads the standard output.
fn terminal_columns() -> Option<usize> {
    let is_terminal = std::io::stdout().is_terminal();
    let (columns, _) = is_terminal.then(|| ratatui::crossterm::terminal::size().ok()).flatten()?;
    // A terminal that does not know says nothing.
    (columns > 0).then_some(usize::from(columns))
}

/// Does what the arguments ask; gives the exit code.
fn execute(
    organisation: Organisation,
    arguments: impl IntoIterator<Item = OsString>,
    surroundings: Surroundings,
    output: &mut Output<'_>,
) -> u8 {
    perform(Arc::new(organisation), arguments, surroundings, None, output)
}

/// Does what the arguments ask; `open` is the store that they mean, where this process has it open already.
fn perform(
    organisation: Arc<Organisation>,
    arguments: impl IntoIterator<Item = OsString>,
    surroundings: Surroundings,
    open: Option<Arc<Store>>,
    output: &mut Output<'_>,
) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let parsed = command(&organisation).try_get_matches_from(arguments);
    let parsed = parsed.and_then(|matches: ArgMatches| Arguments::from_arg_matches(&matches));
    let Arguments { common, command } = match parsed {
        Ok(arguments) => arguments,
        Err(told) => {
            let text = told.render().to_string();
            if told.use_stderr() && wants_json {
                output.failure("usage", text.trim_end());
            } else if told.use_stderr() {
                output.note(text.trim_end());
            } else {
                output.text(text.trim_end());
            }
            return u8::try_from(told.exit_code()).unwrap_or(USAGE);
        }
    };
    let Common { store, json } = common;
    let mut invocation = Invocation { organisation, surroundings, store, json, open, output };
    // The database can stop the thread on a damaged page; that ends the command like any other failure.
    let done = catch_unwind(AssertUnwindSafe(|| match command {
        Command::Train(arguments) => train::run(&mut invocation, arguments),
        Command::Approvals(arguments) => approvals::run(&mut invocation, &arguments),
        Command::Approve(arguments) => verdict::run(&mut invocation, arguments.into()),
        Command::Reject(arguments) => verdict::run(&mut invocation, arguments.into()),
        Command::Replay(arguments) => replay::run(&mut invocation, &arguments),
        Command::Backup(arguments) => backup::run(&mut invocation, &arguments),
        Command::Doctor => doctor::run(&mut invocation),
        Command::Verify(arguments) => verify::run(&mut invocation, &arguments),
        Command::Serve(arguments) => serve::run(&mut invocation, &arguments),
        Command::Mcp(arguments) => mcp::run(&mut invocation, &arguments),
        Command::Connect(arguments) => connect::run(&mut invocation, &arguments),
        Command::Token(arguments) => token::run(&mut invocation, &arguments),
        Command::Watch(arguments) => watch::run(&mut invocation, &arguments),
        Command::Stop => serve::stop(&mut invocation),
        Command::Send(arguments) => send::run(&mut invocation, arguments),
        Command::Status => status::run(&mut invocation),
        Command::Decisions(arguments) => decisions::run(&mut invocation, &arguments),
        Command::Why(arguments) => why::run(&mut invocation, &arguments),
        Command::Sessions(arguments) => sessions::run(&mut invocation, &arguments),
        Command::Agents(arguments) => agents::run(&mut invocation, &arguments),
        Command::Tools(arguments) => tools::run(&mut invocation, &arguments),
        Command::Tool(arguments) => tool::run(&mut invocation, arguments),
        Command::Memories(arguments) => memories::run(&mut invocation, &arguments),
        Command::Messages(arguments) => messages::run(&mut invocation, &arguments),
        Command::Delegations(arguments) => delegations::run(&mut invocation, &arguments),
        Command::DeadLetters(arguments) => dead_letters::run(&mut invocation, &arguments),
        Command::Retry(arguments) => retry::run(&mut invocation, &arguments),
        Command::Scenarios(arguments) => scenarios::run(&mut invocation, arguments),
        Command::Completions(arguments) => completions::completions(&mut invocation, &arguments),
        Command::Man(arguments) => completions::man(&mut invocation, &arguments),
        Command::Report(arguments) => report::run(&mut invocation, &arguments),
    }))
    .unwrap_or_else(|_| {
        let why = "the program stopped unexpectedly, as it does when the store is damaged; `replay` names what it can, \
                   or restore a copy of the store";
        Err(Failed::Failure(why.to_owned()))
    });
    match done {
        Ok(End::Well) => 0,
        Ok(End::Otherwise) => FAILURE,
        Err(failed) => {
            let (kind, code, mark) = match failed {
                Failed::Usage(_) => ("usage", USAGE, ERROR),
                Failed::Failure(_) => ("failure", FAILURE, ERROR),
                Failed::Interrupted(_) => (INTERRUPTION, INTERRUPTED, ""),
            };
            if json {
                invocation.output.failure(kind, &failed.to_string());
            } else {
                invocation.output.note(&format!("{mark}{failed}"));
            }
            code
        }
    }
}

/// The parser, with what only this organisation can say in its help.
fn command(organisation: &Organisation) -> clap::Command {
    let command = Arguments::command();
    let command = command.mut_subcommand("train", |train| train.after_help(train::help(organisation)));
    help::grouped(command)
}
