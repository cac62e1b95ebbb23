//! `dynamo trace drive`: the steps of a trace on simulated nodes and in processes.

use crate::cluster::{dynamo, program};
#[cfg(not(feature = "driven"))]
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn committed(name: &str) -> String {
    project().join("counterexamples").join(name).to_string_lossy().into_owned()
}

/// The cells of a table's lines by the name of the trace, without the column of the processes.
#[cfg(not(feature = "driven"))]
fn cells(table: &str) -> BTreeMap<String, Vec<String>> {
    let lines = table.lines().filter(|line| line.starts_with("| ["));
    let cells = lines.map(|line| {
        let mut cells = line.split('|').map(|cell| {
            // The numbers of the reasons count those of the processes too.
            cell.trim().split(" (").next().unwrap_or_default().to_owned()
        });
        let name = line.split('|').nth(1).unwrap_or_default().trim().to_owned();
        let mut rest: Vec<String> = cells.by_ref().skip(2).collect();
        rest.remove(3);
        (name, rest)
    });
    cells.collect()
}

fn table(arguments: &[&str]) -> String {
    // It may take longer than other commands.
    let mut command = program();
    command.current_dir(project()).args(["trace", "worlds"]).args(arguments);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn committed_table() -> String {
    fs::read_to_string(project().join("impl/WORLDS.md")).unwrap()
}

#[cfg(not(feature = "driven"))]
#[test]
fn the_table_of_the_worlds_is_up_to_date() {
    let made = cells(&table(&["--in", "model,simulator,explorer"]));
    assert!(made.len() > 100, "only {} traces", made.len());
    assert_eq!(made, cells(&committed_table()), "dynamo trace worlds > impl/WORLDS.md");
}

/// Every trace of the gallery and the scenarios in every world, real processes included.
#[cfg(feature = "driven")]
#[test]
fn every_trace_goes_in_every_world_as_the_table_says() {
    let (made, there) = (table(&[]), committed_table());
    let differs = made.lines().zip(there.lines()).find(|(made, there)| made != there);
    assert_eq!(differs, None, "dynamo trace worlds > impl/WORLDS.md");
    assert_eq!(made.lines().count(), there.lines().count());
    assert!(made.lines().filter(|line| line.starts_with("| [")).count() > 150, "{made}");
}

#[test]
fn a_trace_that_goes_otherwise_names_the_step_and_the_part() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    // Without its defect, the nodes save what they acknowledge.
    let text = fs::read_to_string(committed("001-word-before-disk.json")).unwrap();
    fs::write(&file, text.replace("\"word-before-disk\"", "null")).unwrap();
    let file = file.to_string_lossy().into_owned();
    let (code, stdout, _) = dynamo(&["trace", "drive", &file, "--in", "simulator"]);
    assert_eq!(code, 1, "{stdout}");
    assert!(stdout.contains("DIFFERS: the trace does not replay in the model: step 1"), "{stdout}");
}
