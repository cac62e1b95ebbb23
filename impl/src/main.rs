//! The `dynamo` command.

// These panic where a write fails: see `output`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod commands;
mod log;
mod output;

use std::process::ExitCode;

fn main() -> ExitCode {
    let log = log::start();
    commands::run(&log)
}
