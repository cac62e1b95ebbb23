//! Traces by their files, or by the names of the counterexamples.

use super::super::defects::GALLERY;
use super::super::{Failure, names};
use super::read;
use crate::output::note;
use anyhow::anyhow;
use dynamo::gallery::Case;
use dynamo_invariants::trace::Trace;
use std::path::{Path, PathBuf};

/// Where a trace comes from.
pub(super) enum Source {
    /// A file.
    File(PathBuf),
    /// A search for this defect or known limit: its file is not there.
    Search(Case),
}

impl Source {
    fn of(case: Case) -> Source {
        let file = Path::new(GALLERY).join(case.trace_file());
        if file.exists() { Source::File(file) } else { Source::Search(case) }
    }

    /// The trace, and its file, or the file that it would have in the gallery.
    pub(super) fn read(self) -> Result<(PathBuf, Trace), Failure> {
        match self {
            Source::File(file) => read(&file).map(|trace| (file, trace)),
            Source::Search(case) => {
                note!("no folder {GALLERY} here: searching for {}", case.name());
                let missed = || Failure::Operation(anyhow!("{} was not found", case.name()));
                let finding = case.find().0.ok_or_else(missed)?;
                Ok((PathBuf::from(case.trace_file()), case.trace(&finding)))
            }
        }
    }
}

/// The traces that the word stands for: a file, a page of the gallery beside its trace, or what
/// `dynamo defects` takes.
pub(super) fn sources(word: &Path) -> Result<Vec<Source>, Failure> {
    if let Some(file) = file(word) {
        return Ok(vec![Source::File(file)]);
    }
    let name = word.to_str().unwrap_or_default();
    match names::cases(name) {
        Ok(cases) => Ok(cases.into_iter().map(Source::of).collect()),
        // Reading the file fails, and tells why.
        Err(_) if looks_like_a_file(word) => Ok(vec![Source::File(word.to_owned())]),
        Err(error) => {
            Err(Failure::Usage(anyhow::Error::new(error).context(format!("{name:?} is no file"))))
        }
    }
}

/// The one trace that the word stands for, and its file.
pub(in super::super) fn named(word: &Path) -> Result<(PathBuf, Trace), Failure> {
    let mut sources = sources(word)?;
    match (sources.pop(), sources.is_empty()) {
        (Some(source), true) => source.read(),
        _ => Source::of(names::one_case(word.to_str().unwrap_or_default())?).read(),
    }
}

fn file(word: &Path) -> Option<PathBuf> {
    let is_page = word.extension().is_some_and(|ending| ending == "md");
    let file = if is_page { word.with_extension("json") } else { word.to_owned() };
    // Not `is_file`: a trace may come through a pipe.
    (file.exists() && !file.is_dir()).then_some(file)
}

fn looks_like_a_file(word: &Path) -> bool {
    let is_one = |ending| ending == "json" || ending == "md";
    word.extension().is_some_and(is_one) || word.components().count() > 1
}
