//! `dynamo trace drive`: the steps of a trace on simulated nodes and in processes.

use crate::cluster::{dynamo, program, run};
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

#[test]
fn the_table_of_the_worlds_is_up_to_date() {
    let output = run(program().current_dir(project()).args([
        "trace",
        "worlds",
        "--in",
        "model,simulator,explorer",
    ]));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let made = cells(&String::from_utf8(output.stdout).unwrap());
    let there = cells(&fs::read_to_string(project().join("impl/WORLDS.md")).unwrap());
    assert!(made.len() > 100, "only {} traces", made.len());
    assert_eq!(made, there, "dynamo trace worlds > impl/WORLDS.md");
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

#[cfg(feature = "driven")]
#[test]
fn processes_lose_the_put_that_the_trace_says() {
    let files = ["001-word-before-disk.loss.json", "063-hint-dropped-when-sent.json"];
    let mut arguments = vec!["trace".to_owned(), "drive".to_owned()];
    arguments.extend(files.map(committed));
    arguments.extend(["--in", "processes"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, stdout, stderr) = dynamo(&arguments);
    assert_eq!((code, stdout.matches("as in the model").count()), (0, 2), "{stdout}{stderr}");
}
