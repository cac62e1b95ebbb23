//! The command line: one file per command.
//!
//! Exit codes: 0 done, all holds; 1 a property failed, or the operation failed or was refused; 2
//! bad usage or input; 3 a check was cut off; 4 a node is no member of its cluster any more.

mod arguments;
mod check;
mod cluster;
mod defects;
mod delete;
mod explore;
mod get;
mod hints;
mod member;
mod node;
mod progress;
mod put;
mod ring;
mod secret;
mod status;
mod table;
mod trace;

use crate::log::Log;
use crate::output::{self, note};
use clap::{Parser, Subcommand};
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  dynamo                                                    check the protocol in every scope (the same as dynamo check)
  dynamo defects                                            break each rule, and see which invariant falls
  dynamo trace show counterexamples/004-word-before-disk.json   what happens when one rule is broken, event by event
  dynamo explore concurrent-puts                            walk the state space in a browser
  dynamo cluster --nodes 3 --base-port 4100                 three nodes on this machine; Ctrl-C stops them
  export DYNAMO_SECRET_FILE=…                               as dynamo cluster says: without its secret it lets nobody in
  dynamo put --node 127.0.0.1:4100 greeting hello           prints a context
  dynamo get --node 127.0.0.1:4101 greeting                 prints all siblings, and the context to pass back
  dynamo put --node 127.0.0.1:4100 greeting hi --context …  replaces what the context covers, and nothing else
  dynamo delete --node 127.0.0.1:4100 greeting              deletes what a read shows
  dynamo status --node 127.0.0.1:4100                       whom a node knows, and whom it suspects
  dynamo member remove D --node 127.0.0.1:4100              lets a node leave; it hands over what it has
  dynamo ring --node 127.0.0.1:4100 --key greeting          who is responsible for a key
  dynamo hints --node 127.0.0.1:4103                        what a node keeps for others

Exit codes: 0 done, all holds; 1 a property failed, or the operation failed or was refused; 2 bad usage or input;
3 a check was cut off, and nothing is proved; 4 a node is no member of its cluster any more.
Set RUST_LOG=info (or debug) to see what a node does.";

/// Amazon Dynamo you can believe: one protocol, model-checked and run.
#[derive(Debug, Parser)]
#[command(name = "dynamo", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Defects(defects::Arguments),
    Explore(explore::Arguments),
    Node(node::Arguments),
    Cluster(cluster::Arguments),
    Put(put::Arguments),
    Get(get::Arguments),
    Delete(delete::Arguments),
    Hints(hints::Arguments),
    Member(member::Arguments),
    Ring(ring::Arguments),
    Secret(secret::Arguments),
    Status(status::Arguments),
    Trace(trace::Arguments),
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
enum Failure {
    /// What was asked makes no sense: exit code 2.
    Usage(anyhow::Error),
    /// It made sense, but could not be done: exit code 1.
    Operation(anyhow::Error),
    /// A check was stopped before it could prove anything: exit code 3.
    CutOff(anyhow::Error),
    /// The node was removed from its cluster, or has left it: exit code 4.
    NoMember(anyhow::Error),
}

impl Failure {
    fn usage(error: impl Into<anyhow::Error>) -> Self {
        Failure::Usage(error.into())
    }

    fn operation(error: impl Into<anyhow::Error>) -> Self {
        Failure::Operation(error.into())
    }

    fn error(&self) -> &anyhow::Error {
        let (Failure::Usage(error)
        | Failure::Operation(error)
        | Failure::CutOff(error)
        | Failure::NoMember(error)) = self;
        error
    }

    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Operation(_) => 1,
            Failure::Usage(_) => 2,
            Failure::CutOff(_) => 3,
            Failure::NoMember(_) => 4,
        })
    }
}

impl fmt::Display for Failure {
    /// The error and its causes. A cause that the text before it has told already is left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = String::new();
        for cause in self.error().chain().map(ToString::to_string) {
            if told.is_empty() {
                told = cause;
            } else if !told.contains(&cause) {
                told = format!("{told}: {cause}");
            }
        }
        f.write_str(&told)
    }
}

/// Runs the command that the process was started with, and says what it came to.
pub(crate) fn run(log: &Log) -> ExitCode {
    let mut ending = match Arguments::try_parse() {
        Ok(arguments) => end(log, obey(arguments)),
        Err(help_or_error) => print_for_clap(&help_or_error),
    };
    if let Err(error) = output::ending() {
        note!("error: not all output could be written: {error}");
        ending = ExitCode::FAILURE;
    }
    ending
}

/// What the arguments' parser has to say: help, the version, or what is wrong with them.
fn print_for_clap(said: &clap::Error) -> ExitCode {
    let text = said.render();
    if said.use_stderr() {
        let _ = write!(anstream::stderr(), "{}", text.ansi());
        return ExitCode::from(2);
    }
    output::print(format_args!("{}", text.ansi()));
    ExitCode::SUCCESS
}

fn end(log: &Log, outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => {
            log.flush();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            // Not with note: a node ends also where nobody reads why.
            log.end_with(&format!("error: {failure}"));
            failure.exit_code()
        }
    }
}

fn obey(Arguments { command }: Arguments) -> Result<(), Failure> {
    match command {
        Some(Command::Check(arguments)) => check::run(&arguments),
        Some(Command::Defects(arguments)) => defects::run(&arguments),
        Some(Command::Explore(arguments)) => explore::run(&arguments),
        Some(Command::Node(arguments)) => node::run(arguments),
        Some(Command::Cluster(arguments)) => cluster::run(&arguments),
        Some(Command::Put(arguments)) => put::run(&arguments),
        Some(Command::Get(arguments)) => get::run(arguments),
        Some(Command::Delete(arguments)) => delete::run(&arguments),
        Some(Command::Hints(arguments)) => hints::run(&arguments),
        Some(Command::Member(arguments)) => member::run(&arguments),
        Some(Command::Ring(arguments)) => ring::run(&arguments),
        Some(Command::Secret(arguments)) => secret::run(&arguments),
        Some(Command::Status(arguments)) => status::run(&arguments),
        Some(Command::Trace(arguments)) => trace::run(&arguments),
        None => check::run(&check::Arguments::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_no_cause_twice() {
        let cause = std::io::Error::other("the disk is full");
        let error = anyhow::Error::new(cause)
            .context("nothing was written: the disk is full")
            .context("no backup");
        let told = Failure::Operation(error).to_string();
        assert_eq!(told, "no backup: nothing was written: the disk is full");
    }
}
