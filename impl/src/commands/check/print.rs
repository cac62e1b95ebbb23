//! `dynamo check --print`: a scope as a file for `--scope`.

use super::super::Failure;
use crate::output::say;
use anyhow::anyhow;
use dynamo::scope_file;
use dynamo_invariants::catalogue;
use dynamo_invariants::scope::Scope;
use dynamo_invariants::scope::own::OwnScope;
use serde_json::json;

pub(super) fn print(scopes: &[&Scope], as_json: bool) -> Result<(), Failure> {
    let [scope] = scopes else {
        return Err(Failure::Usage(anyhow!(
            "--print prints one scope, not {}: name one, such as dynamo check --print stand-in; \
             dynamo check --list names them",
            scopes.len()
        )));
    };
    let own = catalogue::as_own(scope).unwrap_or_else(|| copy(scope));
    if as_json {
        say!("{:#}", json!(own));
    } else {
        say!("{}", scope_file::text(&own).trim_end());
    }
    Ok(())
}

/// The scope of the catalogue as one of a reader's own, which needs another name.
pub(super) fn copy(scope: &Scope) -> OwnScope {
    let own = OwnScope::from(scope);
    OwnScope { name: format!("my-{}", own.name), ..own }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_invariants::catalogue::{DEEP, SCOPES, STORIES};

    #[test]
    fn every_scope_of_this_program_can_be_copied_and_checked() {
        for scope in SCOPES.iter().chain(DEEP).chain(STORIES) {
            let own = copy(scope);
            let text = scope_file::text(&own);
            let written = scope_file::Written::read(&text);
            let written = written.unwrap_or_else(|error| panic!("{}: {error}", scope.name));
            assert_eq!(written.own, own, "{text}");
            let copied = written.scope().unwrap_or_else(|error| panic!("{}: {error}", scope.name));
            assert_eq!((copied.clients, copied.faults), (scope.clients, scope.faults));
        }
    }
}
