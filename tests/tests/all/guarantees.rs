//! The guarantees in `invariants/README.md` are generated: what each invariant says, where it does
//! not hold, its properties, and the rules that protect it.

use crate::tidy::{read, root};
use dynamo::gallery::Case;
use dynamo_invariants::catalogue::{DEEP, INVARIANTS};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::invariant::Invariant;
use dynamo_invariants::property::Kind;
use dynamo_invariants::scenario::Scenario;
use dynamo_invariants::tables::Table;
use dynamo_tests::arrows::Arrows;
use std::fmt::Write;
use std::fs;
use std::str::FromStr;

const FILE: &str = "invariants/README.md";
const BEGIN: &str = "<!-- The guarantees begin. \
    UPDATE_GUARANTEES=1 cargo test -p dynamo-tests --test all guarantees writes them anew. -->\n";
const END: &str = "<!-- The guarantees end. -->\n";

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn row_of_defect(defect: &Defect) -> String {
    let page = Case::named(defect.name).expect("every defect has a page").page_file();
    let deep = if DEEP.iter().any(|scope| scope.name == defect.scope) { " (deep)" } else { "" };
    format!(
        "| `{}` | [`{}`](../counterexamples/{page}) | {} | `{}`{deep} |\n",
        defect.rule,
        defect.name,
        cell(defect.what),
        defect.scope
    )
}

/// The rooms of the invariants, each with its section of the Dynamo paper and its scenario.
fn overview() -> String {
    let head = "\n| invariant | room | Dynamo paper | scenario |\n|---|---|---|---|\n".to_owned();
    let row = |invariant: &Invariant| {
        let Invariant { id, name, paper, scenario, .. } = invariant;
        let room = room(id);
        let script = format!("tests/scenarios/{scenario}.txt");
        let number = Scenario::from_str(&read(&script)).expect("a scenario").number;
        let title = Table::title(number.expect("one of the nine"));
        format!("| {id} {name} | [`{room}`](src/{room}.rs) | {paper} | [{title}](../{script}) |\n")
    };
    head + &INVARIANTS.iter().map(row).collect::<String>()
}

/// The module of an invariant.
fn room(id: &str) -> String {
    let rooms = Arrows::of_crate(&root().join("invariants")).expect("sources").rooms;
    let begin = format!("{}_", id.to_lowercase());
    rooms.into_iter().find(|room| room.starts_with(&begin)).expect("each invariant has a room")
}

fn section(invariant: &Invariant) -> String {
    let Invariant { id, name, statement, exceptions, .. } = invariant;
    let mut text = format!("\n### {id} {name}\n\n{statement}\n\n*Exceptions:* {exceptions}\n\n");
    text += "| property | what it says |\n|---|---|\n";
    let claims = invariant.properties.iter().filter(|property| property.kind != Kind::Reachable);
    for property in claims {
        writeln!(text, "| `{}` | {} |", property.name, cell(property.statement)).expect("a text");
    }
    text += "\n| rule | defect | what the defect does | found in scope |\n|---|---|---|---|\n";
    text.extend(invariant.defects.iter().map(row_of_defect));
    text
}

#[test]
fn the_guarantees_are_those_of_the_code() {
    let text = read(FILE);
    let (before, rest) = text.split_once(BEGIN).expect("the guarantees begin");
    let (shown, after) = rest.split_once(END).expect("the guarantees end");
    let made = overview() + &INVARIANTS.iter().map(section).collect::<String>();
    if std::env::var_os("UPDATE_GUARANTEES").is_some() {
        fs::write(root().join(FILE), [before, BEGIN, &made, "\n", END, after].concat())
            .expect("the guarantees are written");
        return;
    }
    let hint = "UPDATE_GUARANTEES=1 cargo test -p dynamo-tests --test all guarantees";
    assert!(shown.trim() == made.trim(), "{FILE} is stale: run {hint}");
}
