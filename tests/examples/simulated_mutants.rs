//! Simulates clusters under each defect of the gallery and each mutant of `tests/mutants/*.toml`,
//! and records after how many runs a property is violated.
//!
//! It uses the same copy of the workspace as the tool `mutants`. After each one it writes
//! `tests/mutants/simulated.json` and `tests/mutants/SIMULATION.md`, so Ctrl-C loses only the one
//! that is being simulated.

use clap::Parser;
use dynamo_invariants::catalogue::DEFECTS;
use dynamo_tests::mutants::copy::{Failure, SIMULATES, at, build, ended};
use dynamo_tests::mutants::outcome::{recorded as checked, today};
use dynamo_tests::mutants::simulated::{Simulated, keep, recorded};
use dynamo_tests::mutants::{Mutant, all, root};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Simulate clusters under each defect and each mutant, and record which property finds it
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// The defects and mutants to simulate; all if left out
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Simulate only those that the record does not call found
    #[arg(long)]
    not_found: bool,
    /// The seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The most runs of each
    #[arg(long, default_value_t = 1_200)]
    runs: u64,
    /// The most time for each, in seconds
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// The folder for the copy and what is built of it; target/mutants if left out
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// A bug to plant: a defect, or a mutant with its number.
enum Bug<'a> {
    Defect(&'static str),
    Mutant(usize, &'a Mutant),
}

impl Bug<'_> {
    fn name(&self) -> &str {
        match self {
            Bug::Defect(name) => name,
            Bug::Mutant(_, mutant) => &mutant.name,
        }
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(why)) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let record = || Path::new("the record");
    let mutants = all()?;
    let checked = checked().map_err(at(record()))?;
    let mut simulated = recorded().map_err(at(record()))?;
    let defects = DEFECTS.iter().map(|defect| Bug::Defect(defect.name));
    let bugs = defects.chain(mutants.iter().enumerate().map(|(index, it)| Bug::Mutant(index, it)));
    let bugs: Vec<Bug<'_>> = bugs.collect();
    let is_known = |name: &&String| !bugs.iter().any(|bug| bug.name() == name.as_str());
    if let Some(unknown) = arguments.names.iter().find(is_known) {
        return Err(Failure(format!("there is no defect and no mutant {unknown}")));
    }
    let folder = arguments.folder.clone().unwrap_or_else(|| root().join("target/mutants"));
    let program = build(&folder, &mutants, &SIMULATES)?;
    for bug in &bugs {
        let name = bug.name();
        let is_named =
            arguments.names.is_empty() || arguments.names.iter().any(|named| named == name);
        let is_found = |it: &Simulated| it.name == name && it.property.is_some();
        if !is_named || arguments.not_found && simulated.iter().any(is_found) {
            continue;
        }
        let outcome = simulate(arguments, &program, bug)?;
        match &outcome.property {
            Some(property) => eprintln!("{name}: {property}, run {}", outcome.runs),
            None => eprintln!("{name}: NOT FOUND in {} runs", outcome.runs),
        }
        simulated.retain(|it| it.name != name);
        simulated.push(outcome);
        keep(&mutants, &checked, &mut simulated).map_err(at(record()))?;
    }
    Ok(())
}

/// Simulates clusters under one bug.
fn simulate(arguments: &Arguments, program: &Path, bug: &Bug<'_>) -> Result<Simulated, Failure> {
    let Arguments { seed, runs, seconds, .. } = arguments;
    let begun = Instant::now();
    let mut command = Command::new(program);
    command.args([seed, runs, seconds].map(ToString::to_string));
    match bug {
        Bug::Defect(name) => command.arg(name),
        Bug::Mutant(number, _) => command.env("MUTANT", number.to_string()),
    };
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(at(program))?;
    // A mutant may make one run endless.
    let limit = begun + Duration::from_secs(seconds + 60);
    ended(&mut child, limit).map_err(at(program))?;
    let mut output = String::new();
    let mut pipe = child.stdout.take().expect("it is piped");
    pipe.read_to_string(&mut output).map_err(at(program))?;
    let fields: Vec<&str> = output.trim().split('\t').collect();
    let (runs, property) = match fields[..] {
        ["violated", runs, property] => (runs.parse().unwrap_or(0), Some(property.to_owned())),
        ["over", runs] => (runs.parse().unwrap_or(0), None),
        _ => (0, None),
    };
    let seconds = begun.elapsed().as_secs();
    let name = bug.name().to_owned();
    Ok(Simulated { name, property, runs, seed: *seed, seconds, date: today() })
}
