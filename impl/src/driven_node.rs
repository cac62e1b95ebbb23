//! A node that `dynamo trace drive --in processes` leads along a trace. Nobody else needs it: it
//! fires no timer by itself, and takes part in a defect if the trace names one. Users never get this
//! program.

use dynamo::runtime::led::{Seat, serve};
use dynamo_invariants::trace::Trace;
use std::io::{stdin, stdout};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(trace), Some(seat)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("use dynamo trace drive: it starts this program with a trace and a seat");
    };
    let trace = Trace::from_json(&std::fs::read(trace)?)?;
    let seat: Seat = serde_json::from_str(&seat)?;
    Ok(serve(&trace, &seat, stdin().lock(), stdout().lock())?)
}
