//! Writing the gallery.

use super::super::Failure;
use super::Outcome;
use anyhow::Context as _;
use dynamo::gallery::{Case, files};
use dynamo_invariants::trace::Trace;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Writes a trace and a page for each, and an index; removes what is there of defects that there are no longer.
pub(super) fn write(folder: &Path, outcomes: &[Outcome]) -> Result<(), Failure> {
    let traces: Vec<(Case, Trace)> = outcomes.iter().filter_map(|outcome| traced(folder, outcome)).collect();
    let files = files(&traces);
    put(folder, &files).with_context(|| format!("cannot write {}", folder.display())).map_err(Failure::Operation)?;
    println!("wrote {} files to {}", files.len(), folder.display());
    Ok(())
}

/// A case's trace: the one that is there, if it still replays and is as short. Of several equally short ones a search may find any.
fn traced(folder: &Path, outcome: &Outcome) -> Option<(Case, Trace)> {
    let case = outcome.case;
    let found = case.trace(outcome.finding.as_ref()?);
    let there = fs::read(folder.join(case.trace_file())).ok().and_then(|text| Trace::from_json(&text).ok());
    let is_as_good =
        |there: &Trace| case.is_shown_by(there) && there.depth() == found.depth() && there.replay().is_ok();
    Some((case, there.filter(is_as_good).unwrap_or(found)))
}

fn put(folder: &Path, files: &BTreeMap<String, String>) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_ours =
            name.len() > 4 && name.as_bytes()[..3].iter().all(u8::is_ascii_digit) && name.as_bytes()[3] == b'-';
        if is_ours && !files.contains_key(&name) {
            fs::remove_file(folder.join(name))?;
        }
    }
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
