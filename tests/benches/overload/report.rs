//! The figures, and how they are printed.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// The result of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Processor cores.
    pub(crate) cores: usize,
    /// How many well-behaved clients made the peak.
    pub(crate) clients: usize,
    /// One for each load.
    pub(crate) rows: Vec<Row>,
}

/// The result of one load.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    /// The name of the load.
    pub(crate) name: &'static str,
    /// The goodput of the well-behaved clients alone, a second.
    pub(crate) peak: f64,
    /// The same while the flood went elsewhere.
    pub(crate) control: Option<f64>,
    /// Goodput under the load.
    pub(crate) during: f64,
    /// How many datagrams the flood sent, a second.
    pub(crate) sent_per_second: Option<f64>,
    /// How many requests failed under the load. With an open loop, those with a late answer;
    /// requests without an answer are not counted.
    pub(crate) failed: u64,
    /// How many requests the nodes refused.
    pub(crate) refused: u64,
    /// How many requests, datagrams and questions they dropped without notice.
    pub(crate) dropped: u64,
    /// How long after the load's end the goodput was back at nine tenths of the peak, in
    /// milliseconds; `None` if not within ten seconds.
    pub(crate) recovery_ms: Option<u64>,
    /// The highest memory of a node before, in MB.
    pub(crate) memory_before_mb: f64,
    /// The highest memory of a node under the load, in MB.
    pub(crate) memory_mb: f64,
    /// How many cores the nodes kept busy at the peak.
    pub(crate) peak_cores: f64,
    /// How many they kept busy under the load.
    pub(crate) during_cores: f64,
}

/// Prints everything.
pub(crate) fn print(Report { cores, clients, rows }: &Report) {
    println!(
        "N=3, R=W=2, three nodes, {clients} honest clients and all floods on {cores} cores. \
         Goodput is successfully answered requests a second, half puts, half gets.\n"
    );
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(vec![
        "load",
        "peak",
        "flood elsewhere",
        "under load",
        "of peak",
        "of flood elsewhere",
        "sent a second",
        "failed",
        "refused",
        "dropped",
        "back after ms",
        "MB before",
        "MB most",
        "cores before",
        "cores under load",
    ]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let whole = |rate: Option<f64>| rate.map_or(String::new(), |rate| format!("{rate:.0}"));
    for row in rows {
        table.add_row([
            row.name.to_owned(),
            whole(Some(row.peak)),
            whole(row.control),
            whole(Some(row.during)),
            format!("{:.2}", row.during / row.peak),
            row.control.map_or(String::new(), |control| format!("{:.2}", row.during / control)),
            whole(row.sent_per_second),
            row.failed.to_string(),
            row.refused.to_string(),
            row.dropped.to_string(),
            row.recovery_ms.map_or("more than 10,000".to_owned(), |ms| ms.to_string()),
            whole(Some(row.memory_before_mb)),
            whole(Some(row.memory_mb)),
            format!("{:.2}", row.peak_cores),
            format!("{:.2}", row.during_cores),
        ]);
    }
    println!("{table}");
}
