//! Tables for the terminal.

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::HumanCount;

/// An empty table with these headings.
pub(super) fn new(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.to_vec());
    table
}

/// A number with thousands separators.
pub(super) fn count(number: usize) -> String {
    HumanCount(number as u64).to_string()
}
