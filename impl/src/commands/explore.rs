//! `dynamo explore`: explores a scope's state space in a browser.

use super::arguments::{address, defect_named};
use super::check::{cores, scope_named};
use super::{Failure, trace};
use crate::output::{self, note};
use anyhow::Context as _;
use clap::Args;
use dynamo::explorer::{self, Place};
use dynamo_invariants::defects::Defect;
use dynamo_invariants::property::PROPERTIES;
use dynamo_invariants::scope::Scope;
use dynamo_model::rules::Rules;
use stateright::Model;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  dynamo explore                                     the scope one-client, at http://127.0.0.1:3000
  dynamo explore concurrent-puts --listen 127.0.0.1:8080
  dynamo explore --defect plain-vector-clocks        the scope in which this defect is found
  dynamo explore --trace counterexamples/004-word-before-disk.json
  dynamo explore --classic                           stateright's own Explorer

Choose the next step, and see what it changes: nodes, messages, tallies, hints, and the verdict of
each property. The page also searches for states, checks the scope, and loads and saves traces. The
program serves the page itself, on loopback only. If --listen names another address, anyone who
reaches that address can use the explorer.";

/// Explore a scope's state space in a browser
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The scope. If left out: the scope of --defect, or one-client
    #[arg(value_name = "SCOPE")]
    scope: Option<String>,
    /// Explore the protocol with this defect
    #[arg(long, value_name = "NAME")]
    defect: Option<String>,
    /// Start at the last state of a trace
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scope", "defect", "classic"])]
    trace: Option<PathBuf>,
    /// Serve stateright's own Explorer. Its verdicts are about the whole scope, not about the state
    /// shown
    #[arg(long)]
    classic: bool,
    /// The address to serve the page on. Port 0 takes a free port
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
    let listener = TcpListener::bind(arguments.listen)
        .with_context(|| {
            format!("cannot listen on {}: choose another address with --listen", arguments.listen)
        })
        .map_err(Failure::Operation)?;
    if arguments.classic {
        // stateright binds the address itself, and panics if that fails. So this tries it before.
        drop(listener);
        classic(scope, defect, arguments.listen);
        return Ok(());
    }
    let place = match &arguments.trace {
        Some(file) => {
            let found = trace::read(file)?;
            trace::replayed(&found, file)?;
            Place::of(&found)
        }
        None => Place::begin(scope, defect),
    };
    serve(listener, place)
}

fn serve(listener: TcpListener, place: Place) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(Failure::operation)?;
    if !address.ip().is_loopback() {
        note!("anyone who reaches {address} can use this explorer");
    }
    output::announce(format_args!("exploring at http://{address}{} — Ctrl-C stops", place.url()));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // Limits how many states and traces are computed at a time. Other requests wait.
    let runtime =
        runtime.max_blocking_threads(cores()).enable_all().build().map_err(Failure::operation)?;
    let stop = async {
        // Without a signal handler, the server runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    runtime.block_on(explorer::serve(listener, place, stop)).map_err(Failure::operation)?;
    // A search that was told to stop may still be running.
    runtime.shutdown_background();
    Ok(())
}

fn classic(scope: &'static Scope, defect: Option<&'static Defect>, listen: SocketAddr) {
    let rules = defect.map_or_else(Rules::default, |defect| (defect.rules)());
    output::announce(format_args!("exploring {} at http://{listen} — Ctrl-C stops", scope.name));
    scope.model(rules, PROPERTIES).checker().threads(cores()).serve(listen);
}
