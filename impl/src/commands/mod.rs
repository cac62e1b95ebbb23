//! The command line: one file per command.
//!
//! Exit codes: 0 done, all holds; 1 a property failed, or the operation failed or was refused; 2 bad usage or input; 3 a check was cut
//! off.

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
mod status;
mod table;
mod trace;

use clap::{Parser, Subcommand};
use std::fmt;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  dynamo                                                    check the protocol in every scope (the same as dynamo check)
  dynamo defects                                            break each rule, and see which invariant falls
  dynamo trace show counterexamples/004-word-before-disk.json   what happens when one rule is broken, event by event
  dynamo explore concurrent-puts                            walk the state space in a browser
  dynamo cluster --nodes 3 --base-port 4100                 three nodes on this machine; Ctrl-C stops them
  dynamo put --node 127.0.0.1:4100 greeting hello           prints a context
  dynamo get --node 127.0.0.1:4101 greeting                 prints all siblings, and the context to pass back
  dynamo put --node 127.0.0.1:4100 greeting hi --context …  replaces what the context covers, and nothing else
  dynamo delete --node 127.0.0.1:4100 greeting              deletes what a read shows
  dynamo status --node 127.0.0.1:4100                       whom a node knows, and whom it suspects
  dynamo member remove D --node 127.0.0.1:4100              lets a node leave; it hands over what it has
  dynamo ring --node 127.0.0.1:4100 --key greeting          who is responsible for a key
  dynamo hints --node 127.0.0.1:4103                        what a node keeps for others

Exit codes: 0 done, all holds; 1 a property failed, or the operation failed or was refused; 2 bad usage or input;
3 a check was cut off, and nothing is proved.
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
}

impl Failure {
    fn usage(error: impl Into<anyhow::Error>) -> Self {
        Failure::Usage(error.into())
    }

    fn operation(error: impl Into<anyhow::Error>) -> Self {
        Failure::Operation(error.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Usage(error) | Failure::Operation(error) | Failure::CutOff(error)) = self;
        write!(f, "{error:#}")
    }
}

/// Runs the command that the process was started with.
pub(crate) fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
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
        Some(Command::Status(arguments)) => status::run(&arguments),
        Some(Command::Trace(arguments)) => trace::run(&arguments),
        None => check::run(&check::Arguments::default()),
    };
    let Err(failure) = outcome else { return ExitCode::SUCCESS };
    eprintln!("error: {failure}");
    match failure {
        Failure::Usage(_) => ExitCode::from(2),
        Failure::Operation(_) => ExitCode::from(1),
        Failure::CutOff(_) => ExitCode::from(3),
    }
}
