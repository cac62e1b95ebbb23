//! Scopes of a reader's own, from files.

use super::{Failure, input};
use anyhow::anyhow;
use dynamo::scope_file::Written;
use dynamo_invariants::scope::Scope;
use std::path::{Path, PathBuf};

/// Where to find an example of such a file.
const EXAMPLES: &str = "name a TOML file, such as dynamo check --print stand-in prints";

/// The scope in a file.
pub(super) fn read(file: &Path) -> Result<&'static Scope, Failure> {
    let text = input::text(file, "scope", EXAMPLES)?;
    Written::read(&text)
        .and_then(|written| written.scope())
        .map_err(|error| Failure::Usage(anyhow!(error.in_file(&input::shown(file)))))
}

/// The scopes in these files.
pub(super) fn read_all(files: &[PathBuf]) -> Result<Vec<&'static Scope>, Failure> {
    let mut scopes: Vec<&'static Scope> = Vec::new();
    for file in files {
        let scope = read(file)?;
        let other = scopes.iter().position(|other| other.name == scope.name);
        if let Some(other) = other {
            return Err(Failure::Usage(anyhow!(
                "{} and {} both have a scope named {}: give one of them another name",
                input::shown(&files[other]),
                input::shown(file),
                scope.name
            )));
        }
        scopes.push(scope);
    }
    Ok(scopes)
}
