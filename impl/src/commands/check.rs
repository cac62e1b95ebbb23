//! `dynamo check`: checks the protocol in every scope, and says what was proved.

mod ending;
pub(super) mod failures;
pub(super) mod found;
mod from_trace;
mod invariants;
mod lines;
mod list;
mod matrix;
mod occasions;
mod print;
mod random;
mod saving;
mod session;
pub(super) mod smaller;
#[cfg(test)]
mod tests;
mod verbose;

use super::arguments::{seconds, stop_signal};
use super::{Failure, names, own_scopes};
use crate::output::say;
use anyhow::anyhow;
use clap::{Args, ValueEnum, ValueHint};
use dynamo::scope_file::FAULTS;
use dynamo_invariants::catalogue::{DEEP, SCOPES};
use dynamo_invariants::check::{Effort, Engine};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::scope::own::{NODES, REQUESTS};
use dynamo_model::rules::Rules;
use found::Session;
use std::path::PathBuf;
use std::time::Duration;

const HELP: &str = "\
A scope is a small cluster with scripted clients and a list of faults. The checker tries every
order in which messages arrive, are lost or are duplicated, timers fire, and nodes crash and
recover. It evaluates every property of the nine invariants in every state it reaches.

Verdicts:
  holds                 true in every reachable state, although an occasion to violate it arose
  no occasion           true, but nothing happened that could violate it: this proves nothing
  VIOLATED              some reachable state violates it; the shortest path there is printed
  NOT SHOWN             the scope claims that some state shows it, and no reachable state does
  does not apply        the scope lacks what it needs, or rules its precondition out
  SHOWN AFTER ALL       the scope says that no state shows it, and one does
  unknown               the check stopped before it could tell

The check stops at the first scope with a violation, for a broken protocol can make scopes huge.
It saves the path there as SCOPE-PROPERTY.trace.json in the current folder. With --keep-going it
visits all states of every scope.

--random N draws N small scopes and checks each completely. It goes on after a violation. A scope
with too many states is skipped and counted apart: nothing is proved about it. With --defect the
check stops at the first violation, and says after how many scopes it was found.

Examples:
  dynamo check                        every default scope
  dynamo check reconcile loss         these two scopes
  dynamo check I8                     the scopes aimed at invariant I8
  dynamo check --list                 the scopes, and the aim of each
  dynamo check --matrix               which acts and faults the scopes combine in one run
  dynamo check --scope w1.toml        a scope of your own; --help has an example
  dynamo check --from-trace FILE      all orders of the events of a saved trace
  dynamo check --random 1000          small scopes drawn at random
  dynamo check --random 1000 --seed 7 the same thousand scopes on every machine
  dynamo check --defect ack-one-short what a failing check looks like
  dynamo check --verbose              tables of scopes, properties and kinds of steps too
  dynamo check --keep-going           which scopes find a violation?
  dynamo check --deep --memory 8      the larger scopes too, in at most 8 GiB
  dynamo check --symmetry --partial-order   the same verdicts from fewer states
  dynamo check --engine stateright    the reference engine, which takes 20 times as long
  dynamo check --json | jq '.invariants[] | {id, verdict}'

Exit codes:
  0  every scope was visited completely, and everything it claims holds; with --random, every scope
     that is not too large
  1  something is not as claimed, or a number of states differs from the pinned one
  2  the arguments make no sense
  3  the check was cut off by Ctrl-C, --time or --memory, or every drawn scope was too large: it
     proves nothing";

/// A scope of one's own, and how to check it.
const OWN: &str = "\
A scope of your own is a file. Save this as w1.toml:

  name = \"w1\"
  nodes = 3
  n = 3                               # replicas of the key
  r = 2                               # nodes that must answer a get
  w = 1                               # nodes that must store a put
  clients = [                         # a list of requests for each client
    [\"put via 0\", \"get via 1\"],     # via 0: the first node clockwise from the key
    [\"get in person via 2\"],
  ]

  [faults]                            # what is left out does not happen
  timeouts = 0                        # coordinators may time out, and do not retransmit

  dynamo check --scope w1.toml                 check it
  dynamo check --scope w1.toml --keep-going    also visit all states after a violation
  dynamo explore --scope w1.toml               explore it in a browser
  dynamo check --print stand-in > mine.toml    begin with a scope of this program

Each client sends its first request at the start, and the next one after each answer.
The check asks of it every property that can be violated, except where a precondition rules one out.
Preconditions count in each state, too: a get may miss a put if their quorums do not overlap. The
check says which occasions to violate a property arose, and which did not. One more request can mean
ten times as many states: begin with a few.
";

/// The words of a file with a scope.
fn language() -> String {
    let rows = |rows: &[(&str, &str)]| {
        let row = |(form, meaning): &(&str, &str)| format!("  {form:<20}{meaning}\n");
        rows.iter().map(row).collect::<Vec<_>>().concat()
    };
    let faults = FAULTS.map(|(word, value, meaning)| (format!("{word} = {value}"), meaning));
    let faults: Vec<(&str, &str)> = faults.iter().map(|(form, it)| (form.as_str(), *it)).collect();
    format!(
        "{HELP}\n\n{OWN}\nRequests, and the node that each is sent to:\n{}{}\nFaults:\n{}",
        rows(&REQUESTS),
        rows(&NODES),
        rows(&faults)
    )
}

#[expect(clippy::struct_excessive_bools, reason = "a command's flags are independent")]
/// Check the protocol in every scope (the default command)
#[derive(Debug, Default, Args)]
#[command(after_help = HELP, after_long_help = language())]
pub(super) struct Arguments {
    /// The scopes to check, or invariants for the scopes aimed at them; every default scope if left
    /// out
    #[arg(value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Check a scope of your own: a TOML file, or - for standard input. May be given several times
    #[arg(long = "scope", value_name = "FILE", value_hint = ValueHint::FilePath)]
    own: Vec<PathBuf>,
    /// Check the scope of a saved trace, with only the requests and faults that the trace needs, and
    /// under its rules. With --print, print that scope instead
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["scopes", "own", "defect", "list", "deep", "matrix", "count"])]
    from_trace: Option<PathBuf>,
    /// Print one scope as a file for --scope, and check nothing
    #[arg(long, conflicts_with = "list")]
    print: bool,
    /// Check a broken protocol; in the scope that finds the defect, if no scope is named. A defect,
    /// its number in the gallery, or a rule, property or invariant that stands for one defect
    #[arg(long, value_name = "NAME", conflicts_with_all = ["deep", "symmetry", "partial_order"])]
    defect: Option<String>,
    /// Visit all states of every scope, also after a violation or a scope that was cut off
    #[arg(short, long)]
    keep_going: bool,
    /// Print more: tables of scopes, properties and kinds of steps, and a path to every violation
    #[arg(short, long)]
    verbose: bool,
    /// The engine that explores the states
    #[arg(long, value_enum, default_value_t)]
    engine: EngineName,
    /// Check the deep scopes too, which takes some minutes and some GiB of memory
    #[arg(long)]
    deep: bool,
    /// Cut a scope off when the engine takes more memory than this, in GiB; three quarters of the
    /// machine's memory if left out
    #[arg(long, value_name = "GIB", value_parser = gibibytes)]
    memory: Option<usize>,
    /// Cut a scope off when its check takes longer than this, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    time: Option<Duration>,
    /// Visit only one of several states that become equal when interchangeable nodes and clients
    /// are renamed
    #[arg(long)]
    symmetry: bool,
    /// Combine steps that commute with all others and that no property can observe; paths to
    /// violations may get longer
    #[arg(long)]
    partial_order: bool,
    /// How many threads; as many as there are cores if left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// List the scopes, and check nothing
    #[arg(long)]
    list: bool,
    /// Print which acts and faults occur together in one run, by random walks, and check nothing.
    /// If no scope is named, also propose a scope for each pair that no walk has
    #[arg(long, conflicts_with_all = ["list", "print", "defect", "count", "engine", "memory",
        "time", "symmetry", "partial_order", "keep_going", "verbose"])]
    matrix: bool,
    /// Print {"holds", "invariants": [..], "scopes": [..], "`unchecked_scopes"`: [..], ..}. Where
    /// the check was cut off, what it cannot tell is null
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    random: random::Options,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum EngineName {
    /// Compares states exactly, and stores every part of them once
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

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let traced = arguments.from_trace.as_deref().map(from_trace::read).transpose()?;
    let defect = arguments.defect.as_deref().map(names::defect).transpose()?;
    let defect = traced.as_ref().map_or(defect, |traced| traced.defect);
    if let Some(count) = arguments.random.count {
        return random::run(count, arguments, defect);
    }
    let scopes = match &traced {
        Some(traced) => vec![traced.scope],
        None => chosen(arguments, defect)?,
    };
    if arguments.print {
        return print::print(&scopes, arguments.json);
    }
    if let Some(traced) = &traced {
        from_trace::refuse_endless(traced.scope)?;
    }
    if arguments.list {
        list::print(&scopes, arguments.json);
        return Ok(());
    }
    if arguments.matrix {
        let proposes = arguments.scopes.is_empty() && arguments.own.is_empty();
        matrix::print(&scopes, proposes, threads(arguments), arguments.json);
        return Ok(());
    }
    let stop = stop_signal()?;
    let session = Session {
        scopes,
        rules: defect.map_or_else(Rules::default, |defect| (defect.rules)()),
        defect,
        counts_are_pinned: defect.is_none(),
        every_step: meets_every_step(arguments),
        effort: effort(arguments)?,
        keep_going: arguments.keep_going,
        verbose: arguments.verbose,
        folder: PathBuf::new(),
        stop: &stop,
    };
    let json = arguments.json;
    let mut out = |line: &str| {
        if !json {
            say!("{line}");
        }
    };
    let checked = session.check(&mut out);
    if json {
        say!("{:#}", checked.as_json());
    } else {
        session.tell(&checked, &mut out);
    }
    checked.outcome()
}

fn effort(arguments: &Arguments) -> Result<Effort, Failure> {
    let Arguments { engine, memory, time, symmetry, partial_order, keep_going, .. } = *arguments;
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
    Ok(Effort {
        engine,
        threads: threads(arguments),
        memory_bytes: memory.or_else(most_of_the_memory),
        time,
        symmetry,
        partial_order,
        stop_when_violated: !keep_going,
        doubt: false,
    })
}

/// Is every default scope checked under the protocol's rules, with an engine that counts steps, and
/// without leaving any out?
fn meets_every_step(arguments: &Arguments) -> bool {
    let Arguments { scopes, own, defect, engine, symmetry, partial_order, .. } = arguments;
    scopes.is_empty()
        && own.is_empty()
        && arguments.from_trace.is_none()
        && defect.is_none()
        && matches!(engine, EngineName::Interned)
        && !symmetry
        && !partial_order
}

/// Three quarters of the machine's memory: a check is cut off before the system kills it.
fn most_of_the_memory() -> Option<usize> {
    let system = rustix::system::sysinfo();
    usize::try_from(u64::from(system.mem_unit) * system.totalram / 4 * 3).ok()
}

fn threads(arguments: &Arguments) -> usize {
    arguments.threads.map_or_else(cores, usize::from)
}

/// As many threads as the machine has cores.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn chosen(
    arguments: &Arguments,
    defect: Option<&'static Defect>,
) -> Result<Vec<&'static Scope>, Failure> {
    let Arguments { scopes: words, own, deep, .. } = arguments;
    match (&words[..], &own[..], defect) {
        ([], [], Some(defect)) => Ok(vec![defect.scope()]),
        ([], [], None) => Ok(SCOPES.iter().chain(DEEP.iter().filter(|_| *deep)).collect()),
        (words, files, _) => {
            let mut scopes: Vec<&'static Scope> = Vec::new();
            for scope in words.iter().map(|word| names::scopes(word)) {
                scopes.extend(scope?);
            }
            scopes.extend(own_scopes::read_all(files)?);
            Ok(scopes)
        }
    }
}
