//! Saving the path to a violation, and a scope that was drawn at random.

use dynamo::scope_file;
use dynamo_invariants::scope::own::OwnScope;
use dynamo_invariants::trace::Trace;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// How many other files with such a name may be in the folder.
const NUMBERED_MAX: usize = 1_000;

/// Saves a trace in a folder, and returns the name of the file. A file that differs is never
/// overwritten: the name gets a number then.
pub(super) fn save(folder: &Path, trace: &Trace) -> io::Result<PathBuf> {
    save_text(folder, &trace.to_json(), |number| name(trace, number))
}

/// Saves a scope as a file for `--scope`, as [`save`] saves a trace.
pub(super) fn save_scope(folder: &Path, own: &OwnScope) -> io::Result<PathBuf> {
    save_text(folder, &scope_file::text(own), |number| scope_name(own, number))
}

fn save_text(folder: &Path, text: &str, name: impl Fn(usize) -> String) -> io::Result<PathBuf> {
    for number in 1..=NUMBERED_MAX {
        let file = folder.join(name(number));
        match File::create_new(&file) {
            Ok(opened) => return write(opened, &file, text).map(|()| file),
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Err(_) if has(&file, text) => return Ok(file),
            Err(_) => {}
        }
    }
    Err(io::Error::other(format!("there are {NUMBERED_MAX} other files with such a name")))
}

pub(super) fn name(trace: &Trace, number: usize) -> String {
    let Trace { scope, property, .. } = trace;
    format!("{scope}-{property}{}.trace.json", suffix(number))
}

pub(super) fn scope_name(own: &OwnScope, number: usize) -> String {
    format!("{}{}.toml", own.name, suffix(number))
}

fn suffix(number: usize) -> String {
    if number == 1 { String::new() } else { format!("-{number}") }
}

/// Leaves nothing behind that is not all of the trace.
fn write(mut opened: File, file: &Path, text: &str) -> io::Result<()> {
    let written = opened.write_all(text.as_bytes());
    if written.is_err() {
        // What cannot be removed either is beyond help; the error that counts is the first.
        let _ = fs::remove_file(file);
    }
    written
}

fn has(file: &Path, text: &str) -> bool {
    let is_as_long =
        fs::metadata(file).is_ok_and(|there| there.is_file() && there.len() == text.len() as u64);
    is_as_long && fs::read(file).is_ok_and(|there| there == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo::gallery::Case;

    #[test]
    fn a_file_that_differs_is_kept_and_one_that_is_equal_is_used_again() {
        let case = Case::named("ack-one-short").expect("a defect");
        let trace = case.trace(&case.find().0.expect("it is found"));
        let folder = tempfile::tempdir().expect("a folder");
        let first = save(folder.path(), &trace).expect("it is saved");
        assert_eq!(save(folder.path(), &trace).expect("it is there"), first);
        fs::write(&first, "mine").expect("it is changed");
        let second = save(folder.path(), &trace).expect("it is saved");
        assert!(second.ends_with(name(&trace, 2)), "{}", second.display());
        assert_eq!(fs::read_to_string(&first).expect("it is there"), "mine");
        let text = fs::read(&second).expect("it is there");
        assert_eq!(Trace::from_json(&text).expect("a trace"), trace);
        assert!(save(Path::new("/nonexistent"), &trace).is_err());
    }
}
