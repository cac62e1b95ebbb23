//! Text that a user gives as a file, or on standard input.

use super::Failure;
use anyhow::{Context as _, anyhow};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The longest text, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// The text of a file; `-` is standard input. An error says what the file should have been, and
/// which files are examples.
pub(super) fn text(file: &Path, what: &str, examples: &str) -> Result<String, Failure> {
    long_text(file, what, examples, BYTES_MAX)
}

/// As [`text`], with at most this many bytes.
pub(super) fn long_text(
    file: &Path,
    what: &str,
    examples: &str,
    bytes_max: u64,
) -> Result<String, Failure> {
    let opened: io::Result<Box<dyn Read>> = if file == Path::new("-") {
        Ok(Box::new(io::stdin()))
    } else {
        File::open(file).map(|file| Box::new(file) as Box<dyn Read>)
    };
    let mut text = String::new();
    let read = opened.and_then(|opened| opened.take(bytes_max + 1).read_to_string(&mut text));
    let hint = || format!("cannot read the {what} {}: {examples}", shown(file));
    read.with_context(hint).map_err(Failure::Usage)?;
    if text.len() as u64 > bytes_max {
        return Err(Failure::Usage(anyhow!("a {what} has at most {bytes_max} bytes")));
    }
    Ok(text)
}

/// What a message calls the file.
pub(super) fn shown(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}
