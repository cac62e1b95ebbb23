//! Mutants: small bugs in the protocol's code that is no rule, each with a sentence that says what
//! the bug does. A *defect* of the catalogue replaces a rule. A mutant changes an act, the algebra
//! or the state, where no rule decides.
//!
//! The mutants are in `tests/mutants/*.toml`, one file for each mutated source file. The tool
//! `tests/examples/mutants.rs` builds all of them at once behind a switch, and checks each one in
//! the scopes of the default check. `tests/mutants/README.md` has what it found.

pub mod copy;
pub mod outcome;
pub mod simulated;
pub mod table;
pub mod weave;

use serde::Deserialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// One bug.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Its name, in kebab case.
    pub name: String,
    /// What the bug does.
    pub sentence: String,
    /// The source file that it changes, from the root of the workspace.
    pub file: String,
    /// The text that it replaces: one expression, or statements. The file has it once.
    pub find: String,
    /// What stands there instead.
    pub replace: String,
    /// Why the default check does not find it, if it does not.
    pub why: Option<String>,
}

/// A file of mutants.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    file: String,
    mutant: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    sentence: String,
    find: String,
    replace: String,
    why: Option<String>,
}

/// Why the mutants cannot be read.
#[derive(Debug)]
pub enum ReadError {
    /// A file or folder cannot be read.
    Io(PathBuf, io::Error),
    /// A file is not as a file of mutants must be.
    Form(PathBuf, toml::de::Error),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::Io(path, error) => write!(f, "{}: {error}", path.display()),
            ReadError::Form(path, error) => write!(
                f,
                "{}: {error}\nA file of mutants has `file` and several [[mutant]], each with \
                 `name`, `sentence`, `find` and `replace`, and perhaps `why`: why no property finds \
                 it.",
                path.display()
            ),
        }
    }
}

impl std::error::Error for ReadError {}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the crate is in a folder of the workspace").to_owned()
}

/// The folder of the mutants.
pub fn folder() -> PathBuf {
    root().join("tests/mutants")
}

/// All mutants, in the order of their files.
///
/// # Errors
/// If a file cannot be read, or is not as it must be.
pub fn all() -> Result<Vec<Mutant>, ReadError> {
    let folder = folder();
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| ReadError::Io(path, error)
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(io(&folder))? {
        let path = entry.map_err(io(&folder))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort_unstable();
    let mut mutants = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(io(&path))?;
        let Group { file, mutant } =
            toml::from_str(&text).map_err(|error| ReadError::Form(path, error))?;
        mutants.extend(mutant.into_iter().map(|Entry { name, sentence, find, replace, why }| {
            Mutant {
                name,
                sentence,
                file: file.clone(),
                find: trimmed(&find),
                replace: trimmed(&replace),
                why,
            }
        }));
    }
    Ok(mutants)
}

/// A text without the line breaks around it, which TOML's long strings make easy to add.
fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}
