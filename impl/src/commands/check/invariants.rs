//! The table of the nine invariants.

use super::super::table;
use super::lines::word;
use comfy_table::CellAlignment;
use dynamo_invariants::check::InvariantVerdict;

/// Each invariant, the verdict on it, and on how many scopes and states the verdict rests.
pub(super) fn table(invariants: &[InvariantVerdict]) -> String {
    let headings =
        ["", "invariant", "verdict", "scopes with occasion", "without", "states with occasion"];
    let mut rows = table::new(&headings);
    for invariant in invariants {
        rows.add_row([
            invariant.id.to_owned(),
            invariant.name.to_owned(),
            word(invariant.verdict).to_owned(),
            invariant.scopes_with_occasion.to_string(),
            invariant.scopes_without.to_string(),
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
