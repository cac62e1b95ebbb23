//! Writing the gallery.

use super::super::Failure;
use super::Outcome;
use crate::output::note;
use anyhow::{Context as _, anyhow};
use dynamo::gallery::{Exhibit, MADE_BY, files};
use dynamo_invariants::notation::words;
use dynamo_invariants::trace::Trace;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Writes a trace and a page for each, and an index. Removes the files of defects that no longer
/// exist.
pub(super) fn write(folder: &Path, outcomes: &[Outcome]) -> Result<(), Failure> {
    refuse_what_is_no_gallery(folder)?;
    let exhibits: Vec<Exhibit> =
        outcomes.iter().filter_map(|outcome| exhibit(folder, outcome)).collect();
    let files = files(&exhibits);
    put(folder, &files)
        .with_context(|| format!("cannot write {}", folder.display()))
        .map_err(Failure::Operation)?;
    note!("wrote {} to {}", words::counted(files.len(), "file"), folder.display());
    Ok(())
}

/// A folder with files but without our index may belong to somebody else.
fn refuse_what_is_no_gallery(folder: &Path) -> Result<(), Failure> {
    let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    let index = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    if is_empty || index.contains(MADE_BY) {
        return Ok(());
    }
    Err(Failure::Usage(anyhow!(
        "{} is not a gallery: name an empty folder, or one that this command wrote",
        folder.display()
    )))
}

/// A case with its traces. A search may find any of several equally short traces, so those in the
/// folder stay if they still replay and are as short.
fn exhibit(folder: &Path, outcome: &Outcome) -> Option<Exhibit> {
    let case = outcome.case;
    let found = case.trace(outcome.finding.as_ref()?);
    let trace = kept(&folder.join(case.trace_file()), found, |there| case.is_shown_by(there));
    let loss = case
        .find_loss()
        .map(|found| kept(&folder.join(case.loss_file()), found, |there| case.loses_by(there)));
    Some(Exhibit { case, trace, loss })
}

/// The trace in this file if it is as good as the one that was found, else that one.
fn kept(file: &Path, found: Trace, is_shown_by: impl Fn(&Trace) -> bool) -> Trace {
    let there = fs::read(file).ok().and_then(|text| Trace::from_json(&text).ok());
    let is_as_good = |there: &Trace| {
        is_shown_by(there) && there.depth() == found.depth() && there.replay().is_ok()
    };
    there.filter(is_as_good).unwrap_or(found)
}

fn put(folder: &Path, files: &BTreeMap<String, String>) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if is_ours(&name) && !files.contains_key(&name) {
            fs::remove_file(folder.join(name))?;
        }
    }
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Is it the name of a trace or of a page? Other files in the folder stay.
fn is_ours(name: &str) -> bool {
    let number = name.split_once('-').map(|(number, _)| number);
    let is_numbered = number.is_some_and(|number| {
        number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    let ending = Path::new(name).extension();
    is_numbered && ending.is_some_and(|ending| ending == "json" || ending == "md")
}
