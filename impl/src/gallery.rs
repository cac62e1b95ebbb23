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

/// A case with its traces.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// The case.
    pub case: Case,
    /// Its shortest trace.
    pub trace: Trace,
    /// The shortest trace that ends in a client's loss, where the case has one.
    pub loss: Option<Trace>,
}

/// Every file of the gallery by name.
pub fn files(exhibits: &[Exhibit]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::from([
        ("README.md".to_owned(), index::index(exhibits)),
        (NOTATION.to_owned(), notation::notation()),
    ]);
    for exhibit in exhibits {
        let Exhibit { case, trace, loss } = exhibit;
        files.insert(case.trace_file(), trace.to_json());
        files.extend(loss.as_ref().map(|loss| (case.loss_file(), loss.to_json())));
        files.insert(case.page_file(), page::page(exhibit));
    }
    files
}

/// A text as it stands in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
