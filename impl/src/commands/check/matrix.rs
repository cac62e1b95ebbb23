//! `dynamo check --matrix`: which acts and faults occur together in one run.

use super::super::table;
use crate::output::{note, say};
use dynamo::scope_file;
use dynamo_invariants::matrix::{
    Cell, Happening, Matrix, Proposal, Walks, for_each, pairs, propose,
};
use dynamo_invariants::notation::words::counted;
use dynamo_invariants::random::Outcome;
use dynamo_invariants::scope::Scope;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

type Pair = (Happening, Happening);

/// A proposed scope with more states than this is not counted further.
const STATES_MAX: usize = 300_000;

const LEGEND: &str = "\
A number counts the scopes with a walk in which both occur, or, on the diagonal, the one.
  ·  some scope may have both, by its data, but no walk showed it
  0  no scope has both, by its data
  -  no scope can have both";

/// Walks through the scopes, and prints what occurs together. With `proposes`, it proposes a scope
/// for each pair that no walk has.
pub(super) fn print(scopes: &[&'static Scope], proposes: bool, threads: usize, as_json: bool) {
    let walks = Walks::default();
    note!("{} with {} walks each …", counted(scopes.len(), "scope"), walks.count);
    let matrix = Matrix::of(scopes, walks, threads);
    let uncovered = matrix.uncovered();
    let proposals = if proposes { proposals(&uncovered, threads) } else { Vec::new() };
    let told = Told { matrix: &matrix, walks, uncovered: &uncovered, proposals: &proposals };
    if as_json {
        say!("{:#}", told.as_json());
    } else {
        say!("{}", told.text().trim_end());
    }
}

/// Proposes a scope for each pair.
fn proposals(pairs: &[Pair], threads: usize) -> Vec<Proposal> {
    note!("A scope for each of {} …", counted(pairs.len(), "pair"));
    for_each(pairs, threads, |pair| propose(*pair, STATES_MAX))
}

/// The matrix, and the scopes proposed for what it lacks.
struct Told<'a> {
    matrix: &'a Matrix,
    walks: Walks,
    uncovered: &'a [Pair],
    /// One for each uncovered pair, or none at all.
    proposals: &'a [Proposal],
}

impl Told<'_> {
    fn text(&self) -> String {
        let mut text = format!("{}\n{LEGEND}\n\n", self.table());
        if !self.uncovered.is_empty() {
            text.push_str("No walk has these pairs. That does not prove that no run has them.\n");
        }
        for (index, pair) in self.uncovered.iter().enumerate() {
            let proposal = self.proposals.get(index).map_or_else(String::new, proposal_in_words);
            let _ = writeln!(text, "  {} and {}{proposal}", pair.0, pair.1);
        }
        let totals = self.totals();
        let _ = writeln!(
            text,
            "\n{} pairs: {} covered, {} uncovered, {} impossible. Of {} triples with a fault, {} \
             are covered.\n{}, {} walks of at most {} steps each. What a walk shows is certain.",
            totals.covered + totals.uncovered + totals.impossible,
            totals.covered,
            totals.uncovered,
            totals.impossible,
            table::count(totals.triples.1),
            table::count(totals.triples.0),
            counted(self.matrix.scopes.len(), "scope"),
            self.walks.count,
            self.walks.steps,
        );
        text
    }

    /// The lower triangle of the table. A letter stands for each column.
    fn table(&self) -> String {
        let all = happenings();
        let letter = |index: usize| char::from(b'a' + index as u8);
        let mut text = format!("{:24}", "");
        for index in 0..all.len() {
            let _ = write!(text, "{:>4}", letter(index));
        }
        for (row, one) in all.iter().enumerate() {
            let _ = write!(text, "\n{} {:22}", letter(row), one.name());
            for other in &all[..=row] {
                let _ = write!(text, "{:>4}", self.cell((*other, *one)));
            }
        }
        text.push('\n');
        text
    }

    fn cell(&self, pair: Pair) -> String {
        match self.matrix.cell(pair) {
            Cell::Covered(count) => count.to_string(),
            Cell::Impossible(_) => "-".to_owned(),
            Cell::Unseen if self.could_have(pair) > 0 => "·".to_owned(),
            Cell::Unseen => "0".to_owned(),
        }
    }

    /// How many scopes may have both, by their data.
    fn could_have(&self, pair: Pair) -> usize {
        let may = |it: Happening, scope: &Scope| it.cannot_occur_in(scope).is_none();
        let scopes = self.matrix.scopes.iter();
        scopes.filter(|(scope, _)| may(pair.0, scope) && may(pair.1, scope)).count()
    }

    fn totals(&self) -> Totals {
        let cells: Vec<Cell> = pairs().map(|pair| self.matrix.cell(pair)).collect();
        let count = |is_it: fn(&Cell) -> bool| cells.iter().filter(|cell| is_it(cell)).count();
        Totals {
            covered: count(|cell| matches!(cell, Cell::Covered(_))),
            uncovered: self.uncovered.len(),
            impossible: count(|cell| matches!(cell, Cell::Impossible(_))),
            triples: self.matrix.triples(),
        }
    }

    fn as_json(&self) -> Value {
        let cell = |pair: Pair| {
            let scopes: Vec<&str> = self.matrix.scopes_with(pair).map(|it| it.name).collect();
            let impossible = match self.matrix.cell(pair) {
                Cell::Impossible(why) => Some(why),
                Cell::Covered(_) | Cell::Unseen => None,
            };
            json!({
                "pair": [pair.0.name(), pair.1.name()], "scopes": scopes,
                "scopes_that_may_have_both": self.could_have(pair), "impossible": impossible,
            })
        };
        let uncovered = |(index, pair): (usize, &Pair)| {
            let proposal = self.proposals.get(index);
            json!({
                "pair": [pair.0.name(), pair.1.name()],
                "proposed_scope": proposal.map(|it| &it.scope),
                "is_shown_there": proposal.map(|it| it.is_shown),
                "states": proposal.and_then(states),
                "violates": proposal.and_then(violated),
            })
        };
        let totals = self.totals();
        json!({
            "walks": { "for_each_scope": self.walks.count, "steps_max": self.walks.steps },
            "pairs": pairs().map(cell).collect::<Vec<_>>(),
            "uncovered": self.uncovered.iter().enumerate().map(uncovered).collect::<Vec<_>>(),
            "totals": {
                "scopes": self.matrix.scopes.len(), "covered": totals.covered,
                "uncovered": totals.uncovered, "impossible": totals.impossible,
                "triples_covered": totals.triples.0, "triples": totals.triples.1,
            },
        })
    }
}

struct Totals {
    covered: usize,
    uncovered: usize,
    impossible: usize,
    triples: (usize, usize),
}

/// All acts and faults, in the order of the list.
fn happenings() -> Vec<Happening> {
    let all: BTreeSet<Happening> = pairs().flat_map(|(one, other)| [one, other]).collect();
    all.into_iter().collect()
}

/// The number of states of a proposed scope that holds. `None`: it has more than were allowed, or
/// the check stopped at a violation.
fn states(proposal: &Proposal) -> Option<usize> {
    let examined = &proposal.examined;
    matches!(examined.outcome, Outcome::Holds).then_some(examined.states)
}

/// The property that a proposed scope violates.
fn violated(proposal: &Proposal) -> Option<&'static str> {
    match proposal.examined.outcome {
        Outcome::Violates(property) => Some(property.name),
        _ => None,
    }
}

/// A proposed scope on a few lines: what differs from a scope without faults.
fn proposal_in_words(proposal: &Proposal) -> String {
    let states = match states(proposal) {
        Some(count) => format!("{} states", table::count(count)),
        None => format!("more than {} states", table::count(STATES_MAX)),
    };
    let shown = if proposal.is_shown { "" } else { "; no walk shows both there either" };
    let says = match violated(proposal) {
        Some(name) => format!("VIOLATES {name}: check this scope"),
        None => states,
    };
    let file = scope_file::text(&proposal.scope);
    let differs = |line: &&str| {
        let is_comment = line.starts_with('#') || line.is_empty();
        !is_comment && !line.starts_with("name") && !line.starts_with("aim")
    };
    let lines = file.lines().filter(differs).map(|line| line.split(" #").next().unwrap_or(line));
    let lines: Vec<&str> = lines.map(str::trim).collect();
    format!(": {says}{shown}\n      {}", lines.join(" "))
}
