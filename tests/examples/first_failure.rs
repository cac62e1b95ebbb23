//! Checks scopes, from the smallest to the largest, until a property fails. The tool `mutants` runs
//! this program in a copy of the workspace that has mutants.
//!
//! Arguments: the number of threads, the most states that a scope may pin, and the names of scopes
//! (all of the default check if left out). It prints a line for each scope, with tabs in between.

use dynamo_invariants::catalogue::{DEEP, SCOPES};
use dynamo_invariants::check::{Conclusion, Effort, Progress, Report, Verdict, check};
use dynamo_invariants::scope::Scope;
use dynamo_model::rules::Rules;
use std::ops::ControlFlow;

/// The most memory of one scope, in bytes.
const MEMORY_BYTES: usize = 6 << 30;

fn main() {
    // A mutant may break an assertion of the protocol. The process then ends at once, as it does
    // without threads.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        std::process::exit(101);
    }));
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().and_then(|text| text.parse().ok());
    let threads = number().unwrap_or(2);
    let states_max = number().unwrap_or(usize::MAX);
    let names: Vec<String> = arguments.collect();
    let is_named = |scope: &&Scope| names.iter().any(|name| name == scope.name);
    let mut scopes: Vec<&Scope> = if names.is_empty() {
        SCOPES.iter().filter(|scope| scope.unique_states <= states_max).collect()
    } else {
        SCOPES.iter().chain(DEEP).filter(is_named).collect()
    };
    scopes.sort_by_key(|scope| scope.unique_states);
    println!("left-out\t{}", SCOPES.len().saturating_sub(scopes.len()));
    for scope in scopes {
        println!("begun\t{}", scope.name);
        if fails(scope, threads) {
            return;
        }
    }
    println!("done");
}

/// Checks a scope and prints what was found. Has a property failed?
fn fails(scope: &Scope, threads: usize) -> bool {
    // A mutant may make a scope endless.
    let most = scope.unique_states * 4 + 200_000;
    let watch = |now: Progress| {
        if now.unique_states > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let effort = Effort {
        stop_when_violated: true,
        memory_bytes: Some(MEMORY_BYTES),
        ..Effort::threads(threads)
    };
    let report = check(scope, Rules::default(), &effort, watch);
    let states = report.progress.unique_states;
    if let Some(Verdict { name, verdict, depth, .. }) = first_failure(&report) {
        let how = match verdict {
            Conclusion::NotShown => "not shown",
            Conclusion::ExcusedButHolds => "shown after all",
            _ => "violated",
        };
        let steps = depth.map_or_else(String::new, |depth| depth.to_string());
        println!("failed\t{}\t{how}\t{name}\t{steps}\t{states}", scope.name);
        return true;
    }
    let end = match (report.complete, report.has_another_count()) {
        (false, _) => "cut-off",
        (true, true) => "counted",
        (true, false) => "held",
    };
    println!("{end}\t{}\t{states}", scope.name);
    false
}

/// The violation with the shortest path, or else another failure.
fn first_failure(report: &Report) -> Option<&Verdict> {
    let failures = report.properties.iter().filter(|verdict| verdict.is_failure());
    failures.min_by_key(|verdict| (!verdict.is_violation(), verdict.depth))
}
