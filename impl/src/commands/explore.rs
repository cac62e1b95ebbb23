//! `dynamo explore`: walks a scope's state space in a browser.

use super::Failure;
use super::arguments::{address, defect_named};
use super::check::{cores, scope_named};
use anyhow::Context as _;
use clap::Args;
use dynamo_invariants::property::PROPERTIES;
use dynamo_model::rules::Rules;
use stateright::Model;
use std::net::{SocketAddr, TcpListener};

const EXAMPLES: &str = "\
Examples:
  dynamo explore                                            the scope one-client, at http://127.0.0.1:3000
  dynamo explore concurrent-puts --listen 127.0.0.1:8080
  dynamo explore --defect plain-vector-clocks               the scope in which that defect is found

This is stateright's own Explorer: choose what happens next, and see the states; the properties' verdicts beside them are
those of the whole scope, not of the state shown.";

/// Walk a scope's state space in a browser
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The scope; the defect's, or one-client, if left out
    #[arg(value_name = "SCOPE")]
    scope: Option<String>,
    /// Explore a broken protocol
    #[arg(long, value_name = "NAME")]
    defect: Option<String>,
    /// Where to serve the page
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3000", value_parser = address)]
    listen: SocketAddr,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let defect = arguments.defect.as_deref().map(defect_named).transpose()?;
    let scope = match (&arguments.scope, defect) {
        (Some(name), _) => scope_named(name)?,
        (None, Some(defect)) => defect.scope(),
        (None, None) => scope_named("one-client")?,
    };
    let rules = defect.map_or_else(Rules::default, |defect| (defect.rules)());
    // stateright panics where it cannot listen: it must not come to that.
    drop(
        TcpListener::bind(arguments.listen)
            .with_context(|| format!("cannot listen on {}: choose another address with --listen", arguments.listen))
            .map_err(Failure::Operation)?,
    );
    println!("exploring {} at http://{} — Ctrl-C stops", scope.name, arguments.listen);
    scope.model(rules, PROPERTIES).checker().threads(cores()).serve(arguments.listen);
    Ok(())
}
