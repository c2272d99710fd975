//! `completions` and `man`: what shells and manuals need, made from the command line's own definition.
//!
//! What always holds: no store is looked for; a command or an option that exists is in all of it.

use std::path::{Path, PathBuf};

use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use serde::Serialize;

use super::{End, Failed, Invocation, PROGRAM};

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  echo-org completions bash > ~/.local/share/bash-completion/completions/echo-org
  echo-org completions zsh > \"${fpath[1]}/_echo-org\"
  echo-org completions fish > ~/.config/fish/completions/echo-org.fish";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  echo-org man | man -l -
  echo-org man --output ~/.local/share/man/man1

With --output there is a page for each command as well, such as echo-org-train.1.";

/// What `completions` takes.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArguments {
    /// The shell that completes
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// What `man` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ManArguments {
    /// Write all pages into this directory, which is made where there is none
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// A text that was made.
#[derive(Serialize)]
struct Made {
    text: String,
}

/// The files that were written.
#[derive(Serialize)]
struct Written {
    files: Vec<PathBuf>,
}

/// Gives the script for a shell.
pub(super) fn completions(
    invocation: &mut Invocation<'_, '_>,
    arguments: &CompletionsArguments,
) -> Result<End, Failed> {
    let mut script = Vec::new();
    let mut command = super::command(&invocation.organisation);
    clap_complete::generate(arguments.shell, &mut command, PROGRAM, &mut script);
    tell(invocation, script)
}

/// Gives the main page of the manual, or writes all of it.
pub(super) fn man(invocation: &mut Invocation<'_, '_>, arguments: &ManArguments) -> Result<End, Failed> {
    let mut command = super::command(&invocation.organisation).disable_help_subcommand(true);
    command.build();
    let Some(directory) = &arguments.output else {
        let page = page(&command).map_err(Failed::because)?;
        return tell(invocation, page);
    };
    let failed = |path: &Path, cause: &std::io::Error| {
        Failed::Failure(format!("cannot write {}: {cause}", path.display()))
    };
    std::fs::create_dir_all(directory).map_err(|cause| failed(directory, &cause))?;
    let mut files = Vec::new();
    let mut left = vec![command];
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().cloned());
        let path = directory.join(format!("{}.1", command.get_display_name().unwrap_or(PROGRAM)));
        let written = page(&command).and_then(|page| std::fs::write(&path, page));
        written.map_err(|cause| failed(&path, &cause))?;
        files.push(path);
    }
    files.sort();
    if invocation.json {
        invocation.output.json(&Written { files });
    } else {
        let lines: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        invocation.output.text(&lines.join("\n"));
    }
    Ok(End::Well)
}

fn tell(invocation: &mut Invocation<'_, '_>, text: Vec<u8>) -> Result<End, Failed> {
    let text = String::from_utf8(text).map_err(Failed::because)?;
    if invocation.json {
        invocation.output.json(&Made { text });
    } else {
        invocation.output.verbatim(&text);
    }
    Ok(End::Well)
}

/// The page of a command. What its help ends with, examples and tables, stands there line by line.
fn page(command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let man = Man::new(command.clone()).source(format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(more) = command.get_after_help() {
        let mut roff = Roff::new();
        roff.control("SH", ["NOTES"]).control("nf", []);
        for line in more.to_string().lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
        roff.to_writer(&mut page)?;
    }
    Ok(page)
}
