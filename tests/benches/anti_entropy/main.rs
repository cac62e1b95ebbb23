//! `cargo bench -p dynamo-benchmarks --bench anti_entropy`: the cost for two replicas of many keys
//! to find and repair their differences, and the cost of the Merkle trees.

mod pair;
mod upkeep;

use anyhow::Result;
use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use pair::Exchanged;
use serde::Serialize;
use upkeep::Upkeep;

/// The cost of anti-entropy between two replicas
#[derive(Debug, Parser)]
struct Arguments {
    /// A smoke test: few keys
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The option that cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    exchanges: Vec<Exchanged>,
    upkeep: Upkeep,
}

fn main() -> Result<()> {
    let Arguments { quick, json, .. } = Arguments::parse();
    let (keys, divergent): (u32, &[u32]) =
        if quick { (20_000, &[10, 1_000]) } else { (1_000_000, &[0, 10, 1_000, 100_000]) };
    let store = pair::store(keys);
    let mut exchanges = Vec::new();
    for &divergent in divergent {
        eprintln!("{divergent} of {keys} keys differ");
        exchanges.push(pair::measure(&store, divergent));
    }
    eprintln!("the cost of trees");
    let upkeep = upkeep::measure(&store)?;
    let report = Report { exchanges, upkeep };
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

fn print(Report { exchanges, upkeep }: &Report) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "keys",
        "divergent",
        "exchanges",
        "datagrams",
        "bytes",
        "bytes a divergent key",
        "of all keys' bytes",
        "seconds",
        "processor seconds",
    ]);
    for line in exchanges {
        let each =
            line.bytes_a_divergent_key.map_or("–".to_owned(), |bytes| format!("{bytes:.0}"));
        table.add_row([
            line.keys.to_string(),
            line.divergent.to_string(),
            line.exchanges.to_string(),
            line.datagrams.to_string(),
            line.bytes.to_string(),
            each,
            format!("{:.4} %", 100.0 * line.share_of_all),
            format!("{:.2}", line.seconds),
            format!("{:.2}", line.processor_seconds),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    let Upkeep {
        keys,
        step_ns,
        step_with_trees_ns,
        put_us,
        share_of_put,
        read_seconds,
        plant_seconds,
    } = upkeep;
    println!(
        "A step that stores a put, with {keys} keys: {step_ns:.0} ns without trees, \
         {step_with_trees_ns:.0} ns with."
    );
    println!(
        "With its share of a commit of 16 puts it takes {put_us:.1} us: trees are {:.1} % of that.",
        100.0 * share_of_put
    );
    println!(
        "To read {keys} keys at a start takes {read_seconds:.2} s, to build their trees \
         {plant_seconds:.2} s."
    );
}
