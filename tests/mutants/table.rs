//! The record of the mutants as a page: `tests/mutants/README.md`.

use super::Mutant;
use super::outcome::{End, Outcome, replace};
use std::fmt::Write;
use std::io;

const HEAD: &str = "\
# Mutants of the protocol

Each mutant is a small bug in the protocol's code that is no rule: in an act, in the algebra or in
the state. (The gallery's defects each replace one rule.) The table says which property of which
scope of the default check finds each bug first, and in how many steps. The scopes are tried from
the smallest pinned number of states to the largest. *Assertion* means that an assertion of the
protocol's own types fails. A bug that only changes the number of states of a scope is not found:
`dynamo check` would report the count, but could not say what is wrong. For mutants that the check
does not find, the table says why, as far as it is known: these reasons are not proved. It also
says which test of `model/` fails under them, if any. [SIMULATION.md](SIMULATION.md) says which bugs
simulated clusters find.

The tool wrote this page. To make it anew, or only some of its rows:

    cargo run --release -p dynamo-tests --example mutants [-- NAME…]
    cargo run --release -p dynamo-tests --example mutants -- --not-found --tests
";

/// Writes the page.
///
/// # Errors
/// If it cannot be written.
pub fn write(mutants: &[Mutant], outcomes: &[Outcome]) -> io::Result<()> {
    replace(&super::folder().join("README.md"), &page(mutants, outcomes))
}

/// The page: totals, what survived, and a table for each file.
fn page(mutants: &[Mutant], outcomes: &[Outcome]) -> String {
    let of = |mutant: &Mutant| outcomes.iter().find(|outcome| outcome.name == mutant.name);
    let with = |end: End| {
        mutants.iter().filter(move |mutant| of(mutant).is_some_and(|found| found.end == end))
    };
    let mut page = HEAD.to_owned();
    let (found, survived, unfinished) =
        (with(End::Found).count(), with(End::Survived).count(), with(End::Unfinished).count());
    let is_tested = |mutant: &&Mutant| {
        of(mutant).is_some_and(|it| it.test.as_ref().is_some_and(|test| !test.is_empty()))
    };
    let tested = with(End::Survived).chain(with(End::Unfinished)).filter(is_tested).count();
    let date = outcomes.iter().map(|outcome| outcome.date.as_str()).max().unwrap_or("nobody");
    let unchecked = mutants.len() - found - survived - unfinished;
    write!(
        page,
        "\nOf {} mutants, the check finds {found}. {survived} survive, {unfinished} are unfinished \
         because a limit cut their check off, and {unchecked} were not checked. The model's tests \
         find {tested} of those that the check does not find. Checked by {date}.\n",
        mutants.len()
    )
    .expect("a string takes any text");
    for (title, end) in [("Survivors", End::Survived), ("Unfinished", End::Unfinished)] {
        if with(end).next().is_some() {
            rows(&mut page, (title, "why, and what else is known"), with(end), |mutant| {
                let why = mutant.why.iter().cloned();
                why.chain([remarks(of(mutant))]).collect::<Vec<_>>().join(" ")
            });
        }
    }
    let mut files: Vec<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    files.dedup();
    for file in files {
        let found = with(End::Found).filter(|mutant| mutant.file == file);
        if found.clone().next().is_some() {
            rows(&mut page, (file, "found by"), found, |mutant| {
                of(mutant).map_or_else(String::new, finding)
            });
        }
    }
    page
}

fn rows<'a>(
    page: &mut String,
    (title, result): (&str, &str),
    mutants: impl Iterator<Item = &'a Mutant>,
    last: impl Fn(&Mutant) -> String,
) {
    write!(page, "\n## {title}\n\n| mutant | what it does | {result} |\n|---|---|---|\n")
        .expect("a string takes any text");
    for mutant in mutants {
        let Mutant { name, sentence, .. } = mutant;
        writeln!(page, "| `{name}` | {sentence} | {} |", last(mutant))
            .expect("a string takes any text");
    }
}

/// What found a mutant.
pub(crate) fn finding(outcome: &Outcome) -> String {
    let Outcome { how, property, scope, steps, .. } = outcome;
    match (how.as_str(), steps) {
        ("violated", Some(steps)) => format!("`{property}` in `{scope}`, {steps} steps"),
        ("violated", None) => format!("`{property}` in `{scope}`"),
        ("assertion", _) => format!("assertion in `{scope}`"),
        (how, _) => format!("`{property}` {how} in `{scope}`"),
    }
}

/// What is known of a mutant that was not found.
fn remarks(outcome: Option<&Outcome>) -> String {
    let Some(Outcome { counts_changed, cut_off, left_out, test, .. }) = outcome else {
        return String::new();
    };
    let mut remarks = vec![match counts_changed.len() {
        0 => "no scope's count changes".to_owned(),
        1 => format!("only the count of `{}` changes", counts_changed[0]),
        many => format!("only the counts of {many} scopes change"),
    }];
    if !cut_off.is_empty() {
        remarks.push(format!("cut off: `{}`", cut_off.join("`, `")));
    }
    if *left_out > 0 {
        remarks.push(format!("{left_out} scopes left out"));
    }
    match test.as_deref() {
        None => remarks.push("tests not run".to_owned()),
        Some("") => remarks.push("**no test fails**".to_owned()),
        Some(test) => remarks.push(format!("the test `{test}` fails")),
    }
    format!("*{}.*", remarks.join("; "))
}
