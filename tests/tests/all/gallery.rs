//! The gallery is complete and up to date, and its traces replay.

use dynamo::gallery::{Case, Exhibit, files};
use dynamo_invariants::trace::Trace;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project").join("counterexamples")
}

fn read(name: &str) -> String {
    let path = folder().join(name);
    fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}: dynamo defects --write", path.display()))
}

fn exhibits() -> Vec<Exhibit> {
    let trace = |file: String| {
        let trace = Trace::from_json(read(&file).as_bytes());
        trace.unwrap_or_else(|error| panic!("{file}: {error}"))
    };
    let exhibit = |case: Case| {
        let has_loss = case.defect().is_some_and(|defect| defect.loss().is_some());
        let loss = has_loss.then(|| trace(case.loss_file()));
        Exhibit { case, trace: trace(case.trace_file()), loss }
    };
    Case::all().map(exhibit).collect()
}

#[test]
fn every_committed_trace_replays_and_shows_its_case() {
    for Exhibit { case, trace, loss } in exhibits() {
        assert!(case.is_shown_by(&trace), "{} shows something else", case.trace_file());
        assert!(loss.iter().all(|loss| case.loses_by(loss)), "{}", case.loss_file());
        for trace in loss.iter().chain([&trace]) {
            let replayed = trace.replay();
            assert!(replayed.is_ok(), "{}: {}", case.name(), replayed.err().unwrap());
        }
    }
}

#[test]
fn the_gallery_is_up_to_date_and_has_no_other_files() {
    let there = fs::read_dir(folder()).expect("the gallery").map(|entry| {
        let name = entry.expect("a file").file_name().into_string().expect("a name in ASCII");
        let text = read(&name);
        (name, text)
    });
    let there: BTreeMap<String, String> = there.collect();
    let made = files(&exhibits());
    for (name, text) in &made {
        let is_fresh = there.get(name) == Some(text);
        assert!(
            is_fresh,
            "counterexamples/{name} is stale: cargo run --release -- defects --write"
        );
    }
    for name in there.keys() {
        assert!(
            made.contains_key(name),
            "counterexamples/{name} is of no defect and no known limit"
        );
    }
}

#[test]
fn the_index_names_every_case_once_under_an_invariant_or_as_a_limit() {
    let index = read("README.md");
    let (_, tables) = index.split_once("\n## I1 ").expect("the first invariant");
    let (tables, _) = tables.split_once("## Defects of real systems").expect("it ends with these");
    for case in Case::all() {
        assert_eq!(
            tables.matches(&format!("({})", case.page_file())).count(),
            1,
            "{}",
            case.name()
        );
    }
}
