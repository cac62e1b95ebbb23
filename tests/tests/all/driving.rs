//! Simulated nodes follow every trace of the gallery, and the driver notices if they do not.

use dynamo::drive::{DriveError, drive};
use dynamo::simulation::machines::SimulatedMachines;
use dynamo_invariants::scope::write_set::WriteSet;
use dynamo_invariants::trace::Trace;
use dynamo_model::rules::Rules;
use std::fs;
use std::path::Path;

/// The traces of the gallery, by file.
fn gallery() -> Vec<(String, Trace)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the project")
        .join("counterexamples");
    let files =
        fs::read_dir(folder).expect("the gallery").map(|entry| entry.expect("a file").path());
    let traces = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let read = |path: std::path::PathBuf| {
        let trace = Trace::from_json(&fs::read(&path).expect("a trace")).expect("a trace");
        (path.display().to_string(), trace)
    };
    traces.map(read).collect()
}

fn driven(trace: &Trace, rules: &Rules) -> Result<WriteSet, DriveError> {
    drive(trace, |scene| Ok(SimulatedMachines::new(&scene.clone().with_rules(*rules))))
}

#[test]
fn simulated_nodes_follow_every_trace() {
    for (file, trace) in gallery() {
        let driven = driven(&trace, &trace.rules());
        let is_told = trace.property == "harm.acknowledged-put-is-lost";
        match driven {
            Ok(lost) => assert!(
                !is_told || !lost.is_empty(),
                "{file}: every acknowledged put is on some disk"
            ),
            Err(error) => panic!("{file}: {error}"),
        }
    }
}

/// Otherwise the driver would compare nothing that matters.
#[test]
fn nodes_that_follow_the_protocol_do_not_follow_the_trace_of_a_defect() {
    for (file, trace) in gallery().into_iter().filter(|(_, trace)| trace.defect.is_some()) {
        let driven = driven(&trace, &Rules::default());
        assert!(
            matches!(driven, Err(DriveError::Step { .. } | DriveError::End(_))),
            "{file}: nodes without the defect follow its trace"
        );
    }
}
