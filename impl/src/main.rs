//! The `dynamo` command.

mod commands;

use std::process::ExitCode;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> ExitCode {
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(wanted_log());
    tracing_subscriber::registry().with(log).init();
    commands::run()
}

/// What `RUST_LOG` asks for, such as `info` or `dynamo=debug`. Errors alone where it is not set.
fn wanted_log() -> Targets {
    let errors = Targets::new().with_default(LevelFilter::ERROR);
    match std::env::var("RUST_LOG") {
        Err(_) => errors,
        Ok(asked) => asked.parse().unwrap_or_else(|error| {
            eprintln!("RUST_LOG=\"{asked}\" is ignored: {error}; use a level, such as info, or dynamo=debug");
            errors
        }),
    }
}
