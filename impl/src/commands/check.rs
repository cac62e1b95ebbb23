//! `dynamo check`: checks the protocol in every scope, and says what was proved.

#[cfg(test)]
mod tests;

use super::arguments::{seconds, stop_signal};
use super::progress::Watch;
use super::{Failure, table};
use crate::output::say;
use anyhow::anyhow;
use clap::{Args, ValueEnum};
use dynamo_invariants::catalogue;
use dynamo_invariants::catalogue::DEEP;
use dynamo_invariants::catalogue::PROPERTIES;
use dynamo_invariants::catalogue::SCOPES;
use dynamo_invariants::check::Effort;
use dynamo_invariants::check::Engine;
use dynamo_invariants::check::Report;
use dynamo_invariants::check::Verdict;
use dynamo_invariants::check::check;
use dynamo_invariants::check::coverage;
use dynamo_invariants::check::coverage::NEVER_MET;
use dynamo_invariants::check::find;
use dynamo_invariants::describe;
use dynamo_invariants::describe::diagram;
use dynamo_invariants::notation::words;
use dynamo_invariants::property::Kind;
use dynamo_invariants::property::Property;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;
use serde::Serialize;
use serde_json::json;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  dynamo check                       every scope
  dynamo check reconcile loss        these two
  dynamo check --list                what scopes there are, and what each aims at
  dynamo check --deep --memory 8     the larger ones too, in at most 8 GiB
  dynamo check --symmetry --partial-order   the same verdicts from fewer states
  dynamo check --engine stateright   with the reference engine, which takes 20 times as long
  dynamo check --json | jq .holds

A scope is a small cluster with scripted clients. Every order in which messages can arrive, be lost or be doubled, timers
fire, and nodes crash and come back is tried; in every state reached, every invariant is looked at. Exit code 0 only if all
scopes were exhausted and everything claimed is true. A check that is cut off proves nothing, says so, and exits with 3.";

#[expect(clippy::struct_excessive_bools, reason = "a command's flags are independent")]
/// Check the protocol in every scope (the default command)
#[derive(Debug, Default, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The scopes to check; all if none is named
    #[arg(value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The engine that explores the states
    #[arg(long, value_enum, default_value_t)]
    engine: EngineName,
    /// The deep scopes too: some minutes, and some GiB of memory
    #[arg(long)]
    deep: bool,
    /// Cut a scope off when the engine takes more memory than this, in GiB; three quarters of the
    /// machine's if left out
    #[arg(long, value_name = "GIB", value_parser = gibibytes)]
    memory: Option<usize>,
    /// Cut a scope off when it takes longer than this, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    time: Option<Duration>,
    /// Visit states once that differ only by which of several interchangeable nodes and clients is
    /// which
    #[arg(long)]
    symmetry: bool,
    /// Take steps at once that commute with all others and that no property can see;
    /// counterexamples may get longer
    #[arg(long)]
    partial_order: bool,
    /// How many threads; as many as there are cores if left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// List the scopes, and check nothing
    #[arg(long)]
    list: bool,
    /// Print {"holds", "scopes": [..], "surprises": [..]}
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum EngineName {
    /// Compares states exactly, storing every part of them once
    #[default]
    Interned,
    /// stateright's breadth-first checker: the reference
    Stateright,
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Interned => Engine::Interned,
            EngineName::Stateright => Engine::Stateright,
        }
    }
}

#[expect(clippy::cast_sign_loss, reason = "checked to be positive")]
fn gibibytes(text: &str) -> Result<usize, anyhow::Error> {
    let number: f64 = text.parse().map_err(|_| anyhow!("\"{text}\" is no number of GiB"))?;
    if number > 0.0 && number < 1e6 {
        return Ok((number * f64::from(1 << 30)) as usize);
    }
    Err(anyhow!("a bound on memory is more than 0 GiB"))
}

/// A scope's report, with what the process measured beside it.
#[derive(Serialize)]
struct Measured {
    #[serde(flatten)]
    report: Report,
    peak_memory_bytes: usize,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let scopes = chosen(&arguments.scopes, arguments.deep)?;
    if arguments.list {
        list(&scopes, arguments.json);
        return Ok(());
    }
    let Arguments { engine, memory, time, symmetry, partial_order, .. } = *arguments;
    let threads = arguments.threads.map_or_else(cores, usize::from);
    let engine = Engine::from(engine);
    if engine == Engine::Stateright && memory.is_some() {
        return Err(Failure::Usage(anyhow!(
            "stateright's engine cannot be bounded by --memory: leave it out"
        )));
    }
    if engine == Engine::Stateright && (symmetry || partial_order) {
        return Err(Failure::Usage(anyhow!(
            "stateright's engine knows neither --symmetry nor --partial-order"
        )));
    }
    let memory_bytes = memory.or_else(most_of_the_memory);
    let effort =
        Effort { engine, threads, memory_bytes, time, symmetry, partial_order, doubt: false };
    let stop = stop_signal()?;
    let mut measured = Vec::new();
    for (index, scope) in scopes.iter().enumerate() {
        let what = format!("{}/{} {}, {threads} threads", index + 1, scopes.len(), scope.name);
        let mut watch = Watch::new(what, &stop);
        let report = check(scope, Rules::default(), &effort, |progress| watch.tick(progress));
        let cut_off = !report.complete;
        measured.push(Measured { report, peak_memory_bytes: watch.finish() });
        if cut_off {
            break;
        }
    }
    let surprises = if meets_every_step(arguments) { surprises(&measured) } else { Vec::new() };
    let holds = |Measured { report, .. }: &Measured| report.holds() && !report.has_another_count();
    let holds =
        surprises.is_empty() && measured.len() == scopes.len() && measured.iter().all(holds);
    if arguments.json {
        say!("{:#}", json!({ "holds": holds, "scopes": measured, "surprises": surprises }));
    } else {
        print_scopes(&measured, symmetry || partial_order);
        print_properties(&measured);
        print_coverage(&measured);
        print_failures(&measured);
        for surprise in &surprises {
            say!("{surprise}");
        }
    }
    if holds {
        if !arguments.json {
            print_conclusion(&measured);
        }
        return Ok(());
    }
    Err(why_not(&measured, scopes.len(), &surprises))
}

/// Is every default scope checked with an engine that counts steps, and without leaving any out?
fn meets_every_step(arguments: &Arguments) -> bool {
    let Arguments { scopes, engine, symmetry, partial_order, .. } = arguments;
    scopes.is_empty() && matches!(engine, EngineName::Interned) && !symmetry && !partial_order
}

/// Which kinds of steps were met against expectation, or not met. Nothing is known of that as long
/// as a scope was cut off.
fn surprises(measured: &[Measured]) -> Vec<String> {
    // Deep scopes must not make up for what the default ones do not meet.
    let is_default = |report: &&Report| SCOPES.iter().any(|scope| scope.name == report.name);
    let reports = || measured.iter().map(|scope| &scope.report).filter(is_default);
    if reports().all(|report| report.complete) {
        coverage::surprises(reports())
    } else {
        Vec::new()
    }
}

/// Three quarters of the machine's memory: a check is cut off before the system kills it.
fn most_of_the_memory() -> Option<usize> {
    let system = rustix::system::sysinfo();
    usize::try_from(u64::from(system.mem_unit) * system.totalram / 4 * 3).ok()
}

/// As many threads as the machine has cores.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn chosen(names: &[String], deep: bool) -> Result<Vec<&'static Scope>, Failure> {
    if names.is_empty() {
        return Ok(SCOPES.iter().chain(DEEP.iter().filter(|_| deep)).collect());
    }
    names.iter().map(|name| scope_named(name)).collect()
}

/// The scope with this name, or what to do about it.
pub(super) fn scope_named(name: &str) -> Result<&'static Scope, Failure> {
    let unknown = || anyhow!("there is no scope \"{name}\"; dynamo check --list names them");
    catalogue::scope_named(name).ok_or_else(|| Failure::Usage(unknown()))
}

fn list(scopes: &[&Scope], json: bool) {
    if json {
        let shown = |scope: &&Scope| {
            let (n, r, w) = scope.quorum;
            json!({
                "name": scope.name, "aim": scope.aim, "nodes": scope.nodes, "n": n, "r": r, "w": w,
                "clients": scope.clients.len(), "unique_states": scope.unique_states,
            })
        };
        say!("{:#}", json!({ "scopes": scopes.iter().map(shown).collect::<Vec<_>>() }));
        return;
    }
    let mut rows = table::new(&["scope", "nodes", "N,R,W", "clients", "states", "aim"]);
    for scope in scopes {
        let (n, r, w) = scope.quorum;
        rows.add_row([
            scope.name.to_owned(),
            scope.nodes.to_string(),
            format!("{n},{r},{w}"),
            scope.clients.len().to_string(),
            table::count(scope.unique_states),
            scope.aim.to_owned(),
        ]);
    }
    say!("{rows}");
}

fn print_scopes(measured: &[Measured], reduced: bool) {
    let mut columns = vec!["scope", "unique states", "generated", "depth", "time", "properties"];
    columns.extend(reduced.then_some("one stands for"));
    let mut rows = table::new(&columns);
    for Measured { report, .. } in measured {
        let failed = report.properties.iter().filter(|verdict| !verdict.is_as_claimed()).count();
        let claimed = report.properties.iter().filter(|verdict| verdict.excused.is_none()).count();
        let properties = match (report.complete, failed) {
            (false, _) => "cut off: nothing is proved".to_owned(),
            (true, _) if report.has_another_count() => {
                format!("{} states are pinned", table::count(report.pinned_states))
            }
            (true, 0) => format!("all {claimed} claimed hold"),
            (true, failed) => format!("{failed} NOT as claimed"),
        };
        let mut row = vec![
            report.name.to_owned(),
            table::count(report.progress.unique_states),
            table::count(report.progress.generated_states),
            report.progress.depth.to_string(),
            format!("{:.1} s", report.seconds),
            properties,
        ];
        let factor =
            || report.reduction_factor.map_or_else(String::new, |factor| format!("{factor:.2}"));
        row.extend(reduced.then(factor));
        rows.add_row(row);
    }
    say!("{rows}");
}

/// Each property, and in how many of the scopes it was shown. A scope that excuses every
/// *reachable* property of an invariant has no occasion for its *always* properties: they are true
/// there for want of anything that could violate them.
fn print_properties(measured: &[Measured]) {
    if !measured.iter().any(|scope| scope.report.complete) {
        return;
    }
    let mut rows = table::new(&["property", "kind", "shown in", "no occasion in"]);
    for property in PROPERTIES {
        let complete = || measured.iter().filter(|scope| scope.report.complete);
        let claim = |scope: &&Measured| {
            scope.report.verdict(property).is_some_and(|verdict| verdict.excused.is_none())
        };
        let (shown, idle): (Vec<_>, Vec<_>) = complete().filter(claim).partition(|scope| {
            let mut verdicts = scope.report.properties.iter();
            let occasion =
                |verdict: &Verdict| verdict.holds && property.occasions.contains(&verdict.name);
            property.occasions.is_empty() || verdicts.any(occasion)
        });
        if shown.is_empty() && idle.is_empty() {
            continue;
        }
        let holds = shown
            .iter()
            .filter(|scope| scope.report.verdict(property).is_some_and(|v| v.holds))
            .count();
        rows.add_row([
            property.name.to_owned(),
            format!("{:?}", property.kind).to_lowercase(),
            format!("{holds} of {} that claim it", shown.len()),
            if idle.is_empty() { String::new() } else { format!("{} more", idle.len()) },
        ]);
    }
    say!("{rows}");
}

/// Which kinds of steps were met, and which were not.
fn print_coverage(measured: &[Measured]) {
    let reports = || measured.iter().map(|scope| &scope.report).filter(|report| report.complete);
    if reports().all(|report| report.coverage.is_empty()) {
        return;
    }
    let mut rows = table::new(&["step", "distinct", "in scopes"]);
    // What a few scopes do not meet says nothing.
    let all = measured.len() >= SCOPES.len();
    for (kind, count) in
        coverage::total(reports()).into_iter().filter(|(_, count)| all || *count > 0)
    {
        let scopes = reports().filter(|report| report.coverage.contains_key(&kind)).count();
        let known = NEVER_MET.iter().find(|(never, _)| *never == kind);
        let scopes = match (count, known) {
            (0, Some((_, reason))) => format!("none: {reason}"),
            (0, None) => "none of these".to_owned(),
            _ => scopes.to_string(),
        };
        rows.add_row([kind, table::count(count), scopes]);
    }
    say!("{rows}");
}

/// For everything that is not as claimed why, and for a violation the shortest way there. A
/// violation is one also where the check was cut off.
fn print_failures(measured: &[Measured]) {
    for Measured { report, .. } in measured {
        if report.has_another_count() {
            say!("\n{}", other_count(report));
        }
        for verdict in report.properties.iter().filter(|verdict| is_failure(report, verdict)) {
            let property = Property::named(verdict.name).expect("a verdict is of a property");
            say!("\n{}: {} is not as claimed. {}", report.name, property.name, property.statement);
            match (verdict.kind, verdict.excused) {
                (_, Some(reason)) => say!("  It holds, though the scope excuses it: {reason}."),
                (Kind::Reachable, None) => say!("  No state reached shows it."),
                (Kind::Always | Kind::Converges, None) => {
                    let scope =
                        catalogue::scope_named(report.name).expect("a report is of a scope");
                    let finding = find(scope, Rules::default(), property)
                        .0
                        .expect("a violation has a way to it");
                    let cycle_from = (verdict.kind == Kind::Converges).then_some(finding.depth);
                    let run = Run::found(scope, Rules::default(), &finding);
                    for line in diagram::lines(&run, cycle_from) {
                        say!("  {line}");
                    }
                }
            }
        }
    }
}

fn other_count(report: &Report) -> String {
    let Report { name, progress, pinned_states, .. } = report;
    let (found, pinned) = (table::count(progress.orbit_states), table::count(*pinned_states));
    format!(
        "{name} has {found} states, and {pinned} are pinned: the protocol or the scope was changed. If that was meant, change \
         unique_states of the scope, and say why."
    )
}

/// Is it known to be other than claimed? Where the check was cut off only what was seen is known.
fn is_failure(report: &Report, verdict: &Verdict) -> bool {
    let violated = verdict.kind != Kind::Reachable && !verdict.holds && verdict.excused.is_none();
    violated || report.complete && !verdict.is_as_claimed()
}

fn print_conclusion(measured: &[Measured]) {
    let visited: usize = measured.iter().map(|scope| scope.report.progress.unique_states).sum();
    let seconds: f64 = measured.iter().map(|scope| scope.report.seconds).sum();
    let visited = table::count(visited);
    let states = if measured.iter().any(|scope| scope.report.reduction_factor.is_some()) {
        let all = table::count(measured.iter().map(|scope| scope.report.pinned_states).sum());
        format!("{visited} states, which stand for the {all}")
    } else {
        visited
    };
    let scopes = words::counted(measured.len(), "scope");
    say!("All holds in every one of the {states} reachable states of {scopes} ({seconds:.1} s).");
    say!("What if a rule were different? Try: dynamo defects");
}

/// Why so many scopes as were asked for do not hold: the first reason that proves the protocol
/// changed or broken, or that a check was cut off.
fn why_not(measured: &[Measured], asked: usize, surprises: &[String]) -> Failure {
    let mut reports = measured.iter().map(|scope| &scope.report);
    let failed =
        |report: &&Report| report.properties.iter().any(|verdict| is_failure(report, verdict));
    if let Some(report) = reports.clone().find(failed) {
        return Failure::Operation(anyhow!(
            "not everything is as claimed, first in {}",
            report.name
        ));
    }
    if let Some(report) = reports.clone().find(|report| report.has_another_count()) {
        return Failure::Operation(anyhow!("{}", other_count(report)));
    }
    let Some(Report { name, progress, .. }) = reports.find(|report| !report.complete) else {
        let surprises = surprises.join("; ");
        return Failure::Operation(anyhow!(
            "{surprises} (NEVER_MET in invariants/src/coverage.rs lists what is not met)"
        ));
    };
    let frontier = progress
        .frontier
        .map_or(String::new(), |states| format!(", frontier {}", table::count(states)));
    Failure::CutOff(anyhow!(
        "cut off: {} states of {name}{frontier}; nothing is proved of it, nor of the {} after it",
        table::count(progress.unique_states),
        words::counted(asked - measured.len(), "scope"),
    ))
}
