//! The command line: one file per command.
//!
//! Their exit codes are in `exit_codes.rs`.

mod arguments;
mod check;
mod cluster;
mod completions;
mod crew;
mod defects;
mod delete;
mod exit_codes;
mod explain;
mod explore;
mod get;
mod hints;
mod history;
mod history_file;
mod input;
mod man;
mod member;
mod names;
mod node;
mod own_scopes;
mod progress;
mod put;
mod ring;
mod scenario;
mod secret;
mod simulate;
mod status;
mod table;
mod trace;

use crate::log::Log;
use crate::output::{self, note};
use clap::{CommandFactory as _, Parser, Subcommand};
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  dynamo                                     check the protocol in every scope, as dynamo check does
  dynamo defects                             break each rule, and see which invariant is violated
  dynamo trace show counterexamples/001-word-before-disk.json
                                             show a counterexample, event by event
  dynamo explain hint                        what a word means: a term, a rule, an exit code, …
  dynamo scenario tests/scenarios/8-handoff.txt
                                             perform a script of puts, gets, crashes, partitions
  dynamo simulate --profile hostile --runs 1000
                                             run clusters in virtual time while things go wrong
  dynamo explore concurrent-puts             explore the state space in a browser
  dynamo cluster --nodes 3 --base-port 4100  run three nodes on this machine until Ctrl-C
  export DYNAMO_SECRET_FILE=…                the line that dynamo cluster prints: clients need it
  dynamo put --node 127.0.0.1:4100 greeting hello
                                             store a value, and print a context
  dynamo get --node 127.0.0.1:4101 greeting  read all siblings, and the context for the next put
  dynamo put --node 127.0.0.1:4100 greeting hi --context …
                                             replace exactly the versions in the context
  dynamo delete --node 127.0.0.1:4100 greeting
                                             read a key, and delete what was read
  dynamo status --node 127.0.0.1:4100        show a node's members, suspects, keys and hints
  dynamo member remove D --node 127.0.0.1:4100
                                             let a node hand over its data and leave
  dynamo ring --node 127.0.0.1:4100 --key greeting
                                             show the replicas of a key
  dynamo hints --node 127.0.0.1:4103         list the hints that a node keeps for other nodes
";

const LOGGING: &str = "Set RUST_LOG=info (or debug) to see a node's log.";

fn examples() -> String {
    format!("{EXAMPLES}\n{}{LOGGING}", exit_codes::help())
}

/// Amazon Dynamo you can believe: one protocol, model-checked and run over UDP.
#[derive(Debug, Parser)]
#[command(name = "dynamo", version, after_help = examples())]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Defects(defects::Arguments),
    Explain(explain::Arguments),
    Explore(explore::Arguments),
    Node(node::Arguments),
    Cluster(cluster::Arguments),
    Completions(completions::Arguments),
    Put(put::Arguments),
    Get(get::Arguments),
    Delete(delete::Arguments),
    Hints(hints::Arguments),
    History(history::Arguments),
    Man(man::Arguments),
    Member(member::Arguments),
    Ring(ring::Arguments),
    Scenario(scenario::Arguments),
    Secret(secret::Arguments),
    Simulate(simulate::Arguments),
    Status(status::Arguments),
    Trace(trace::Arguments),
}

/// Why a command failed.
#[derive(Debug)]
enum Failure {
    /// The arguments or the input are wrong.
    Usage(anyhow::Error),
    /// The operation failed or was refused.
    Operation(anyhow::Error),
    /// A check was stopped before it could prove anything.
    CutOff(anyhow::Error),
    /// The node was removed from its cluster, or has left it.
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
            Failure::Operation(_) => exit_codes::FAILED,
            Failure::Usage(_) => exit_codes::USAGE,
            Failure::CutOff(_) => exit_codes::CUT_OFF,
            Failure::NoMember(_) => exit_codes::NO_MEMBER,
        })
    }
}

impl fmt::Display for Failure {
    /// The error and its causes. Leaves out a cause whose text an earlier one already contains.
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

/// Runs the command that the arguments name, and returns the process's exit code.
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

/// Prints clap's output: help, the version, or a usage error.
fn print_for_clap(said: &clap::Error) -> ExitCode {
    let text = said.render();
    if said.use_stderr() {
        let _ = write!(anstream::stderr(), "{}", text.ansi());
        return exit_codes::USAGE.into();
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
            // Not `note!`: a node must exit even if nobody reads its standard error.
            log.end_with(&format!("error: {failure}"));
            failure.exit_code()
        }
    }
}

fn obey(Arguments { command }: Arguments) -> Result<(), Failure> {
    match command {
        Some(Command::Check(arguments)) => check::run(&arguments),
        Some(Command::Defects(arguments)) => defects::run(&arguments),
        Some(Command::Explain(arguments)) => explain::run(&arguments),
        Some(Command::Explore(arguments)) => explore::run(&arguments),
        Some(Command::Node(arguments)) => node::run(arguments),
        Some(Command::Cluster(arguments)) => cluster::run(&arguments),
        Some(Command::Completions(arguments)) => {
            completions::run(&arguments, Arguments::command());
            Ok(())
        }
        Some(Command::Put(arguments)) => put::run(&arguments),
        Some(Command::Get(arguments)) => get::run(arguments),
        Some(Command::Delete(arguments)) => delete::run(&arguments),
        Some(Command::Hints(arguments)) => hints::run(&arguments),
        Some(Command::History(arguments)) => history::run(&arguments),
        Some(Command::Man(arguments)) => man::run(&arguments, Arguments::command()),
        Some(Command::Member(arguments)) => member::run(&arguments),
        Some(Command::Ring(arguments)) => ring::run(&arguments),
        Some(Command::Scenario(arguments)) => scenario::run(&arguments),
        Some(Command::Secret(arguments)) => secret::run(&arguments),
        Some(Command::Simulate(arguments)) => simulate::run(&arguments),
        Some(Command::Status(arguments)) => status::run(&arguments),
        Some(Command::Trace(arguments)) => trace::run(&arguments),
        None => check::run(&check::Arguments::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_each_cause_once() {
        let cause = std::io::Error::other("the disk is full");
        let error = anyhow::Error::new(cause)
            .context("nothing was written: the disk is full")
            .context("no backup");
        let told = Failure::Operation(error).to_string();
        assert_eq!(told, "no backup: nothing was written: the disk is full");
    }
}
