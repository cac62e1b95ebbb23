//! The table of the nine invariants.

use super::super::table;
use super::lines::word;
use comfy_table::CellAlignment;
use dynamo_invariants::check::InvariantVerdict;
use dynamo_invariants::notation::words;

/// Each invariant, and the verdict on it. Then in how many scopes an occasion to violate it arose,
/// in how many none did, and how many states the scopes with an occasion have.
pub(super) fn table(invariants: &[InvariantVerdict]) -> String {
    let headings = ["", "invariant", "verdict", "tested in", "no occasion in", "states"];
    let mut rows = table::new(&headings);
    let scopes = |count| words::counted(count, "scope");
    for invariant in invariants {
        rows.add_row([
            invariant.id.to_owned(),
            invariant.name.to_owned(),
            word(invariant.verdict).to_owned(),
            scopes(invariant.scopes_with_occasion),
            scopes(invariant.scopes_without),
            table::count(invariant.states),
        ]);
    }
    for column in 3..headings.len() {
        if let Some(column) = rows.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    rows.to_string()
}
