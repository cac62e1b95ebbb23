//! `cargo bench -p dynamo-benchmarks --bench explorer`: how soon a step is shown, and how memory
//! grows with browsing: our explorer beside stateright's own, each in a process of its own, on the
//! smallest scopes and the largest.

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Parser, ValueEnum};
use comfy_table::{CellAlignment, Table, presets};
use dynamo::explorer::{self, Location};
use dynamo_invariants::catalogue::{self, PROPERTIES};
use dynamo_invariants::scope::Scope;
use dynamo_model::rules::Rules;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stateright::Model as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

/// As many random paths are walked, each so far, or to where nothing can happen any more.
const WAYS: u64 = 20;
const STEPS: usize = 25;
const SEED: u64 = 20_261_127;

/// How soon a step is shown, side by side
#[derive(Debug, Parser)]
struct Arguments {
    /// The scopes; one-client and the largest default one if none is named
    scopes: Vec<String>,
    /// A smoke test: one short path
    #[arg(long)]
    quick: bool,
    /// Print data
    #[arg(long)]
    json: bool,
    /// Browse one scope with this explorer and print the run: what each process of the benchmark is
    /// told
    #[arg(long, hide = true)]
    which: Option<Which>,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
enum Which {
    Ours,
    Classic,
}

/// One scope, browsed with one explorer.
#[derive(Debug, Serialize, Deserialize)]
struct Run {
    scope: String,
    which: Which,
    requests: usize,
    median_milliseconds: f64,
    most_milliseconds: f64,
    mean_answer_bytes: usize,
    /// Of the process, after the first path and after the last.
    memory_bytes: (usize, usize),
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let largest = catalogue::SCOPES
        .iter()
        .max_by_key(|scope| scope.unique_states)
        .context("there are scopes")?;
    let mut wanted = arguments.scopes.clone();
    if wanted.is_empty() {
        wanted = vec!["one-client".to_owned(), largest.name.to_owned()];
    }
    if let Some(which) = arguments.which {
        let scope = catalogue::scope_named(&wanted[0])
            .with_context(|| format!("there is no scope {:?}", wanted[0]))?;
        println!("{}", serde_json::to_string(&run(scope, which, arguments.quick)?)?);
        return Ok(());
    }
    let mut runs = Vec::new();
    for scope in &wanted {
        for which in ["ours", "classic"] {
            let mut command = Command::new(std::env::current_exe()?);
            command.args([scope, "--which", which]).args(arguments.quick.then_some("--quick"));
            let output = command.output()?;
            ensure!(
                output.status.success(),
                "{scope}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            runs.push(serde_json::from_slice::<Run>(&output.stdout)?);
        }
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&runs)?);
    } else {
        print(&runs);
    }
    Ok(())
}

/// Walks random paths through a scope; what is asked is what the page asks with every step.
fn run(scope: &'static Scope, which: Which, quick: bool) -> Result<Run> {
    let address = serve(scope, which)?;
    let (mut times, mut bytes, mut first_memory) = (Vec::new(), 0, 0);
    let mut chance = SmallRng::seed_from_u64(SEED);
    for _ in 0..if quick { 1 } else { WAYS } {
        let mut codes = Vec::new();
        while codes.len() < STEPS {
            let begun = Instant::now();
            let answer = ask(address, &path(scope, which, &codes))?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            bytes += answer.len();
            let steps = steps(which, &serde_json::from_str(&answer)?)?;
            let Some(index) = (!steps.is_empty()).then(|| chance.random_range(0..steps.len()))
            else {
                break;
            };
            codes.push(steps[index].clone());
        }
        if first_memory == 0 {
            first_memory = memory()?;
        }
    }
    times.sort_by(f64::total_cmp);
    Ok(Run {
        scope: scope.name.to_owned(),
        which,
        requests: times.len(),
        median_milliseconds: times[times.len() / 2],
        most_milliseconds: times[times.len() - 1],
        mean_answer_bytes: bytes / times.len(),
        memory_bytes: (first_memory, memory()?),
    })
}

/// Has an explorer serve, until the process ends.
fn serve(scope: &'static Scope, which: Which) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    match which {
        Which::Ours => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let location = Location::begin(scope, None);
            std::thread::spawn(move || {
                runtime.block_on(explorer::serve(listener, Some(location), std::future::pending()))
            });
        }
        Which::Classic => {
            drop(listener);
            std::thread::spawn(move || {
                scope.model(Rules::default(), PROPERTIES).checker().serve(address)
            });
        }
    }
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        ensure!(begun.elapsed() < Duration::from_secs(10), "it does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(address)
}

/// What is asked for the state to which a path leads.
fn path(scope: &Scope, which: Which, codes: &[String]) -> String {
    match which {
        Which::Ours => {
            format!("/api/state?scope={}&rules=protocol&path={}", scope.name, codes.concat())
        }
        // Where it begins is a step as well there: it is one of several.
        Which::Classic => format!("/.states/{}", codes.join("/")),
    }
}

/// What names the steps that an answer offers.
fn steps(which: Which, answer: &Value) -> Result<Vec<String>> {
    let (list, name) = match which {
        Which::Ours => (&answer["steps"], "code"),
        Which::Classic => (answer, "actionIndex"),
    };
    let list = list.as_array().context("the answer has no steps")?;
    Ok(list
        .iter()
        .map(|step| step[name].as_str().map_or_else(|| step[name].to_string(), str::to_owned))
        .collect())
}

fn ask(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    // In the old way, so that the answer ends where the connection does.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    if !head.contains(" 200 ") {
        bail!("{path}: {head}");
    }
    Ok(body.to_owned())
}

fn memory() -> Result<usize> {
    Ok(memory_stats::memory_stats()
        .context("the system does not tell how much memory there is")?
        .physical_mem)
}

#[expect(clippy::cast_precision_loss, reason = "sizes to look at")]
fn print(runs: &[Run]) {
    let mut rows = Table::new();
    rows.load_style(presets::ASCII_MARKDOWN);
    rows.set_header([
        "scope",
        "requests",
        "ours, median and most",
        "×stateright's",
        "answer",
        "×",
        "memory, first to last path",
        "stateright's",
    ]);
    for column in rows.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let memory = |run: &Run| {
        let (first, last) = run.memory_bytes;
        format!("{:.1} to {:.1} MB", first as f64 / 1e6, last as f64 / 1e6)
    };
    for pair in runs.chunks(2) {
        let [ours, other] = pair else { continue };
        rows.add_row([
            ours.scope.clone(),
            ours.requests.to_string(),
            format!("{:.1}, {:.1} ms", ours.median_milliseconds, ours.most_milliseconds),
            format!("{:.2}", ours.median_milliseconds / other.median_milliseconds),
            format!("{:.0} kB", ours.mean_answer_bytes as f64 / 1e3),
            format!("{:.2}", ours.mean_answer_bytes as f64 / other.mean_answer_bytes as f64),
            memory(ours),
            memory(other),
        ]);
    }
    println!("{rows}");
    println!(
        "Each request asks for one state more of a random path. × and ×stateright's: how many times its explorer's figures. Ours also says of each"
    );
    println!(
        "step what it would change and break, of each property on which facts it rests, and how the path is drawn."
    );
}
