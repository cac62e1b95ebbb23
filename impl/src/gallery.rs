//! The gallery of counterexamples: for each defect and each known limit its shortest trace, and a
//! page that is made from that trace and from the code's own texts.

mod case;
mod index;
mod notation;
mod page;
mod steps;
#[cfg(test)]
mod tests;

use dynamo_invariants::trace::Trace;
use std::collections::BTreeMap;

pub use case::Case;
#[cfg(feature = "explorer")]
pub(crate) use notation::sections;

/// How each page and the index say what made them.
pub const MADE_BY: &str = "*Made by `dynamo defects --write`; do not edit.";

/// The page that explains what the other pages write in short.
const NOTATION: &str = "NOTATION.md";

/// Every file of the gallery by name, given each case's trace.
pub fn files(traces: &[(Case, Trace)]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([
        ("README.md".to_owned(), index::index(traces)),
        (NOTATION.to_owned(), notation::notation()),
    ]);
    for (case, trace) in traces {
        files.insert(case.trace_file(), trace.to_json());
        files.insert(case.page_file(), page::page(case, trace));
    }
    files
}

/// A text as it stands in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
