//! `dynamo explore`: walks a scope's state space in a browser.

use super::arguments::address;
use super::check::cores;
use super::names::{self, NameError, Place};
use super::{Failure, own_scopes, trace};
use crate::output::{self, note};
use anyhow::{Context as _, anyhow};
use clap::{Args, ValueHint};
use dynamo::explorer::{self, Location};
use dynamo_invariants::catalogue::PROPERTIES;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::Trace;
use dynamo_model::rules::Rules;
use stateright::Model;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  dynamo explore                                            the nine invariants, at http://127.0.0.1:3000
  dynamo explore concurrent-puts --listen 127.0.0.1:8080
  dynamo explore --defect plain-vector-clocks               the scope in which that defect is found
  dynamo explore 22                                         the same for number 22 of the gallery
  dynamo explore --scope mine.toml                          a scope of your own, from a file
  dynamo explore --trace counterexamples/001-word-before-disk.json
  dynamo explore coordinator-crash --trace counterexamples/001-word-before-disk.json
  dynamo explore --classic                                  stateright's own Explorer

The first page has the nine invariants: see each hold, break it, and read the rule that protects it.
It leads to twelve lessons for a class, at http://127.0.0.1:3000/lessons.
In a scope, choose the next step and see what it changes: nodes, messages, tallies, hints, and the
verdict of each property. The page also searches for states, checks the scope, and loads and saves
traces. Everything it needs is in this program. It answers on loopback only, unless --listen names
another address. Then anyone who reaches that address may use it.";

/// Walk a scope's state space in a browser
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The scope; or a defect or known limit, for its scope and its rules. Left out, it is the
    /// scope of --defect. Without that, the page begins with the nine invariants
    #[arg(value_name = "SCOPE")]
    scope: Option<String>,
    /// Explore a broken protocol. A defect, its number in the gallery, or a rule, property or
    /// invariant that stands for one defect
    #[arg(long, value_name = "NAME")]
    defect: Option<String>,
    /// Explore a scope of your own: a TOML file, or - for standard input. dynamo check --help has an
    /// example
    #[arg(long = "scope", value_name = "FILE", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["scope", "trace"])]
    own: Option<PathBuf>,
    /// Begin at the last state of a trace: a file, or the name or number of a counterexample. A
    /// scope that is named too must be the trace's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["defect", "classic"])]
    trace: Option<PathBuf>,
    /// Serve stateright's own Explorer: the verdicts it shows are those of the whole scope, not of
    /// the state shown
    #[arg(long)]
    classic: bool,
    /// Where to serve the page; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:3000", value_parser = address)]
    listen: SocketAddr,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Place { scope, defect } = place(arguments)?;
    let listener = bind(arguments.listen)?;
    if arguments.classic {
        // stateright binds by itself, and panics where it cannot: it must not come to that.
        drop(listener);
        classic(scope, defect, arguments.listen);
        return Ok(());
    }
    let location = match &arguments.trace {
        Some(word) => {
            let (file, found) = trace::named(word)?;
            refuse_another_scope(arguments.scope.as_deref(), &found, &file)?;
            trace::replayed(&found, &file)?;
            Some(Location::of(&found))
        }
        None if is_unnamed(arguments) => None,
        None => Some(Location::begin(scope, defect)),
    };
    serve(listener, location)
}

/// Does nothing say where to begin?
fn is_unnamed(arguments: &Arguments) -> bool {
    let Arguments { scope, own, defect, .. } = arguments;
    scope.is_none() && own.is_none() && defect.is_none()
}

/// Serves the page of a location.
pub(super) fn serve_at(listen: SocketAddr, location: Location) -> Result<(), Failure> {
    serve(bind(listen)?, Some(location))
}

fn bind(listen: SocketAddr) -> Result<TcpListener, Failure> {
    let hint = || format!("cannot listen on {listen}: choose another address with --listen");
    TcpListener::bind(listen).with_context(hint).map_err(Failure::Operation)
}

/// What to explore. Without any name: the first scope that a newcomer should see.
fn place(arguments: &Arguments) -> Result<Place, Failure> {
    let Arguments { scope, own, defect, .. } = arguments;
    let broken = defect.as_deref().map(names::one_case).transpose()?.map(Place::of);
    if let Some(file) = own {
        let defect = broken.and_then(|broken| broken.defect);
        return Ok(Place { scope: own_scopes::read(file)?, defect });
    }
    let place = named(scope.as_deref(), broken)?;
    Ok(place)
}

fn named(scope: Option<&str>, broken: Option<Place>) -> Result<Place, NameError> {
    match (scope, broken) {
        (Some(word), None) => names::place(word),
        (Some(word), Some(broken)) => Ok(Place { scope: names::scope(word)?, ..broken }),
        (None, Some(broken)) => Ok(broken),
        (None, None) => names::place("one-client"),
    }
}

/// A trace is a path through one scope, and makes no sense in another.
fn refuse_another_scope(named: Option<&str>, trace: &Trace, file: &Path) -> Result<(), Failure> {
    let Some(named) = named.filter(|named| *named != trace.scope) else { return Ok(()) };
    Err(Failure::Usage(anyhow!(
        "{} is a trace of the scope {}, not of {named}: leave the scope out",
        file.display(),
        trace.scope
    )))
}

fn serve(listener: TcpListener, location: Option<Location>) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(Failure::operation)?;
    if !address.ip().is_loopback() {
        note!("anyone who reaches {address} may use this explorer");
    }
    output::announce(format_args!(
        "exploring at http://{address}{} — Ctrl-C stops",
        location.as_ref().map_or_else(|| "/".to_owned(), Location::url)
    ));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    // So many states, or traces, are worked out at a time, however many ask: others wait.
    let runtime =
        runtime.max_blocking_threads(cores()).enable_all().build().map_err(Failure::operation)?;
    let stop = async {
        // Without a signal to wait for, it goes on until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    runtime.block_on(explorer::serve(listener, location, stop)).map_err(Failure::operation)?;
    // A search that was told to end may still be at it.
    runtime.shutdown_background();
    Ok(())
}

fn classic(scope: &'static Scope, defect: Option<&'static Defect>, listen: SocketAddr) {
    let rules = defect.map_or_else(Rules::default, |defect| (defect.rules)());
    output::announce(format_args!("exploring {} at http://{listen} — Ctrl-C stops", scope.name));
    scope.model(rules, PROPERTIES).checker().threads(cores()).serve(listen);
}
