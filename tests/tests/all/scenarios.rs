//! The document's nine traces, as scripted scenarios: their tables pass through the document's
//! cells.

use dynamo_invariants::scenario::Scenario;

use dynamo_invariants::scenario::passes;
use dynamo_invariants::tables::Table;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// Every script, by file name.
fn scripts() -> Vec<(String, String)> {
    let entries =
        fs::read_dir(folder()).expect("the scenarios").map(|entry| entry.expect("a file").path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("a text"))
    };
    paths.into_iter().map(read).collect()
}

fn read(name: &str, script: &str) -> Scenario {
    script.parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn performed(name: &str, script: &str) -> (Scenario, Table) {
    let scenario = read(name, script);
    let performance = scenario.perform().unwrap_or_else(|error| panic!("{name}: {error}"));
    let table = performance.table(&scenario);
    (scenario, table)
}

#[test]
fn every_trace_of_the_document_is_told_and_passes_through_its_cells() {
    let mut told = Vec::new();
    let mut wrong = Vec::new();
    for (name, script) in scripts() {
        let (scenario, table) = performed(&name, &script);
        let lines: Vec<&str> = table.lines.iter().map(|(line, _)| *line).collect();
        let rows: Vec<&str> = scenario.rows.iter().map(|(row, _)| row.as_str()).collect();
        assert_eq!(lines, rows, "{name}: the table has the document's lines, in its order");
        if let Err(missing) = passes(&table.lines, &scenario.rows) {
            wrong.push(format!("{name}: {missing}\n{table}"));
        }
        told.push(scenario.trace);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(told, (1..=Table::COUNT).collect::<Vec<_>>());
}

/// The README beside the scripts: each as it is, with its table.
fn readme() -> String {
    let mut text = HEAD.to_owned();
    for (name, script) in scripts() {
        let (scenario, table) = performed(&name, &script);
        let story = script
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# "))
            .expect("a script begins with its story");
        let title = format!("\n## {}. {}\n\n", scenario.trace, table.title);
        text.extend([
            &title,
            story,
            &format!(" ([{name}]({name}))\n\n```text\ntime →\n\n{table}```\n"),
        ]);
    }
    text
}

const HEAD: &str = "\
# Scenarios

The nine traces of Dynamo as scripts, and the tables that the model makes of them, time to the right. The language is told at the top of
[`invariants/src/scenario.rs`](../../invariants/src/scenario.rs). The same scripts run on real nodes over UDP (`cargo test -p dynamo --test processes scenarios`).

`h0`, `h1`, … are Merkle roots in the order in which they come up, `m4` a history of four changes, `t1` the first time that something is due. A test
holds each table to the cells that its script names in its `row` lines.

*The tables are generated; `UPDATE_SCENARIOS=1 cargo test -p dynamo-tests --test all scenarios` writes them anew.*
";

#[test]
fn the_tables_shown_are_those_that_the_scripts_make() {
    let path = folder().join("README.md");
    let made = readme();
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        fs::write(&path, &made).expect("the README is written");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == made,
        "tests/scenarios/README.md is stale: UPDATE_SCENARIOS=1 cargo test -p dynamo-tests --test all scenarios"
    );
}
