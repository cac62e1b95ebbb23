//! The nine scenarios: the table of each run has the cells that its script names.

use dynamo_invariants::scenario::{Scenario, passes};
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
    let table = scenario.number.and_then(|number| performance.table(number));
    let table = table.unwrap_or_else(|| panic!("{name} is one of the nine"));
    (scenario, table)
}

#[test]
fn every_scenario_has_a_script_and_its_table_has_the_named_cells() {
    let mut told = Vec::new();
    let mut wrong = Vec::new();
    for (name, script) in scripts() {
        let (scenario, table) = performed(&name, &script);
        let lines: Vec<&str> = table.lines.iter().map(|(line, _)| *line).collect();
        let rows: Vec<&str> = scenario.rows.iter().map(|(row, _)| row.as_str()).collect();
        assert_eq!(
            lines, rows,
            "{name}: the script names all rows of the table, in the table's order"
        );
        if let Err(missing) = passes(&table.lines, &scenario.rows) {
            wrong.push(format!("{name}: {missing}\n{table}"));
        }
        told.push(table.number);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(told, (1..=Table::COUNT).collect::<Vec<_>>());
}

/// The README of the scripts: the first comment of each, with its table.
fn readme() -> String {
    let mut text = HEAD.to_owned();
    for (name, script) in scripts() {
        let (_, table) = performed(&name, &script);
        let story = script
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("# "))
            .expect("a script begins with a comment");
        let title = format!("\n## {}. {}\n\n", table.number, table.title);
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

The nine scenarios of Dynamo as scripts. Each has the table that the model makes of its run, with
time to the right. [`invariants/src/scenario.rs`](../../invariants/src/scenario.rs) describes the
language of the scripts. The same scripts run on real nodes over UDP
(`cargo test -p dynamo --test processes scenarios`).

`dynamo scenario tests/scenarios/8-handoff.txt --table 8` performs one and prints its table. It
performs your own scripts too, under the protocol's rules, under those of a defect (`--defect`), or
on real nodes (`--on-udp`). `dynamo scenario --help` has the language in brief.

`h0`, `h1`, … are Merkle roots in order of appearance, `m4` is a history of four changes, and `t1`
is the first deadline. A test checks that each table has the cells in the `row` lines of its script.

*The tables are generated. To write them again:
`UPDATE_SCENARIOS=1 cargo test -p dynamo-tests --test all scenarios`.*
";

#[test]
fn the_readme_has_the_tables_of_the_scripts() {
    let path = folder().join("README.md");
    let made = readme();
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        fs::write(&path, &made).expect("the README is written");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == made,
        "tests/scenarios/README.md is stale: \
         UPDATE_SCENARIOS=1 cargo test -p dynamo-tests --test all scenarios"
    );
}
