//! Checks the protocol under each mutant of `tests/mutants/*.toml`, and records what was found.
//!
//! It copies the crates of the protocol and of the check to a folder under `target/`, with all
//! mutants in them behind one switch, and builds the copy once. The workspace itself stays as it
//! is. After each mutant it writes `tests/mutants/outcomes.json` and `tests/mutants/README.md`, so
//! Ctrl-C loses only the mutants that are being checked.

use clap::Parser;
use dynamo_tests::mutants::copy::{CHECKS, Failure, at, build, ended};
use dynamo_tests::mutants::outcome::{End, Outcome, record, recorded};
use dynamo_tests::mutants::weave::Numbered;
use dynamo_tests::mutants::{Mutant, all, root, table};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[expect(clippy::struct_excessive_bools, reason = "a command's flags are independent")]
/// Check the protocol under each mutant, and record which property finds it
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// The mutants to check; all if left out
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Check only mutants that the record does not call found
    #[arg(long)]
    not_found: bool,
    /// Run the model's own tests under each mutant instead, and add to the record which one fails
    #[arg(long)]
    tests: bool,
    /// List the mutants, and check nothing
    #[arg(long)]
    list: bool,
    /// Print the outcomes as JSON
    #[arg(long)]
    json: bool,
    /// Leave out scopes that pin more states than this
    #[arg(long, value_name = "STATES", default_value_t = usize::MAX, hide_default_value = true)]
    states_max: usize,
    /// Check these scopes only, and record nothing; they may be deep ones
    #[arg(long, value_name = "SCOPE", num_args = 1.., value_delimiter = ',')]
    scopes: Vec<String>,
    /// The time for one mutant, in seconds; it is called unfinished after that
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    seconds: u64,
    /// The number of threads of each check
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
    /// How many mutants are checked at one time
    #[arg(long, value_name = "N", default_value_t = 1)]
    jobs: usize,
    /// The folder for the copy and what is built of it; target/mutants if left out
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
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
    let (mutants, outcomes) = (all()?, recorded().map_err(at(Path::new("the record")))?);
    let chosen = chosen(arguments, &mutants, &outcomes)?;
    if arguments.list {
        for (_, Mutant { name, sentence, file, .. }) in &chosen {
            println!("{name}  ({file})\n    {sentence}");
        }
        return Ok(());
    }
    let folder = arguments.folder.clone().unwrap_or_else(|| root().join("target/mutants"));
    let program = build(&folder, &mutants, &CHECKS)?;
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(outcomes));
    let work = || -> Result<(), Failure> {
        while let Some((number, mutant)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = if arguments.tests {
                tested(&folder, *number, mutant)?
            } else {
                checked(arguments, &program, *number, mutant)?
            };
            let mut outcomes = outcomes.lock().expect("no thread panics");
            let known = outcomes.iter().position(|known| known.name == mutant.name);
            let known = known.map(|index| outcomes.swap_remove(index));
            let outcome = outcome.with_the_rest_of(known);
            tell(&outcome, arguments.json);
            if arguments.scopes.is_empty() {
                outcomes.push(outcome);
                keep(&mutants, &mut outcomes).map_err(at(Path::new("the record")))?;
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..arguments.jobs.max(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
    })
}

/// The mutants that the arguments name, each with its number.
fn chosen<'a>(
    arguments: &Arguments,
    mutants: &'a [Mutant],
    outcomes: &[Outcome],
) -> Result<Vec<Numbered<'a>>, Failure> {
    let is_known = |name: &&String| !mutants.iter().any(|mutant| mutant.name == **name);
    if let Some(unknown) = arguments.names.iter().find(is_known) {
        return Err(Failure(format!("there is no mutant {unknown}: see --list")));
    }
    let is_found = |name: &str| {
        outcomes.iter().any(|outcome| outcome.name == name && outcome.end == End::Found)
    };
    let is_chosen = |(_, mutant): &Numbered<'_>| {
        (arguments.names.is_empty() || arguments.names.contains(&mutant.name))
            && !(arguments.not_found && is_found(&mutant.name))
    };
    Ok(mutants.iter().enumerate().filter(is_chosen).collect())
}

/// Runs the model's tests under one mutant, but for the slow random ones. They have no limit of
/// time: under a mutant that makes a test run for ever, stop this program with Ctrl-C.
fn tested(folder: &Path, number: usize, mutant: &Mutant) -> Result<Outcome, Failure> {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--release", "--package", "dynamo-model", "--no-fail-fast", "--lib"]);
    cargo.args(["--test", "acts", "--target-dir"]).arg(folder.join("target"));
    cargo.current_dir(folder.join("copy")).env("MUTANT", number.to_string());
    let output = cargo.output().map_err(at(folder))?;
    let lines = String::from_utf8_lossy(&output.stdout);
    let failed =
        |line: &str| Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned());
    let test = lines.lines().find_map(failed);
    if test.is_none() && !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Failure(format!("the model's tests do not run under {}: {why}", mutant.name)));
    }
    Ok(Outcome { test: Some(test.unwrap_or_default()), ..Outcome::unfinished(&mutant.name) })
}

/// Checks one mutant.
fn checked(
    arguments: &Arguments,
    program: &Path,
    number: usize,
    mutant: &Mutant,
) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let mut command = Command::new(program);
    command.args([arguments.threads.to_string(), arguments.states_max.to_string()]);
    command.args(&arguments.scopes).env("MUTANT", number.to_string());
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(at(program))?;
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut outcome = Outcome::unfinished(&mutant.name);
    let reader = std::thread::spawn(move || {
        let lines = output.lines().map_while(Result::ok);
        lines.for_each(|line| outcome.read(&line));
        outcome
    });
    let limit = begun + Duration::from_secs(arguments.seconds);
    let has_panicked = ended(&mut child, limit).map_err(at(program))?;
    let mut outcome = reader.join().expect("the reader does not panic");
    if has_panicked {
        (outcome.end, outcome.how) = (End::Found, "assertion".to_owned());
    }
    outcome.seconds = begun.elapsed().as_secs();
    Ok(outcome)
}

/// Prints what is known of a mutant.
fn tell(outcome: &Outcome, as_json: bool) {
    if as_json {
        println!("{}", serde_json::to_string(outcome).expect("an outcome is plain data"));
    }
    let Outcome { name, end, how, property, scope, steps, states, seconds, .. } = outcome;
    let steps = steps.map_or_else(String::new, |steps| format!(", {steps} steps"));
    let what = match end {
        End::Found => format!("found: {property} {how} in {scope}{steps}"),
        End::Survived => "SURVIVED".to_owned(),
        End::Unfinished => "unfinished".to_owned(),
    };
    let counts = outcome.counts_changed.len();
    let cut_off = outcome.cut_off.iter().map(|scope| format!("; cut off: {scope}"));
    let tests = outcome.test.as_ref().map(|test| match test.as_str() {
        "" => "; no test fails".to_owned(),
        test => format!("; the test {test} fails"),
    });
    let more: String = cut_off.chain(tests).collect();
    eprintln!("{name}: {what} ({states} states, {seconds} s; {counts} other counts changed{more})");
}

/// Writes the record and its page, in the order of the mutants.
fn keep(mutants: &[Mutant], outcomes: &mut Vec<Outcome>) -> io::Result<()> {
    let place = |outcome: &Outcome| mutants.iter().position(|it| it.name == outcome.name);
    outcomes.retain(|outcome| place(outcome).is_some());
    outcomes.sort_by_key(place);
    record(outcomes)?;
    table::write(mutants, outcomes)
}
