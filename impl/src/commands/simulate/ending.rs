//! The last sentences about a series of runs, the JSON, and the exit code.

use super::series::{Series, Tally};
use super::{Failure, measured, seen};
use crate::commands::check::found::Out;
use crate::commands::table;
use anyhow::anyhow;
use dynamo_invariants::notation::words;
use serde_json::{Map, Value, json};

/// Tells what all runs did together.
pub(super) fn conclude(tally: &Tally, out: Out<'_>) {
    out("");
    seen::tell(tally, out);
    measured::tell(&tally.measures, out);
    let did = &tally.did;
    let count = |number: u64| table::count(number as usize);
    let seconds = tally.began.elapsed().as_secs_f64();
    out(&format!(
        "{} with {} of {} requests answered; {} datagrams, {} crashes ({} amid a commit), \
         {} cuts, {} damaged datagrams.",
        words::counted(tally.runs as usize, "run"),
        count(did.answered),
        count(did.requests),
        count(did.datagrams),
        count(did.crashes),
        count(did.torn),
        count(did.cuts),
        count(did.damaged),
    ));
    out(&format!(
        "{} events in {seconds:.1} s; {:.1} virtual hours. Digest {:016x}.",
        count(did.events),
        tally.virtual_time.as_secs_f64() / 3_600.0,
        tally.digest,
    ));
    for (property, (runs, first)) in &tally.violated {
        let runs = words::counted(*runs as usize, "run");
        out(&format!("VIOLATED in {runs}: {property}, first in number {first}"));
    }
    if tally.violated.is_empty() {
        out("No property was violated. That is no proof: see dynamo check.");
    }
}

impl Series<'_> {
    pub(super) fn as_json(&self, tally: &Tally) -> Value {
        let violated = tally.violated.iter().map(|(property, (runs, first))| {
            json!({ "property": property, "runs": runs, "first": first })
        });
        let reached = seen::reachable().map(|name| {
            (name.to_owned(), json!(tally.did.reached.get(name).copied().unwrap_or_default()))
        });
        let mut did = serde_json::to_value(&tally.did).unwrap_or_default();
        did["reached"] = reached.collect::<Map<String, Value>>().into();
        json!({
            "seed": self.seed,
            "from": self.from,
            "runs": tally.runs,
            "profile": self.profile,
            "defect": self.defect.map(|defect| defect.name),
            "digest": format!("{:016x}", tally.digest),
            "seconds": tally.began.elapsed().as_secs_f64(),
            "virtual_seconds": tally.virtual_time.as_secs_f64(),
            "did": did,
            "measures": measured::as_json(&tally.measures),
            "seen": seen::as_json(&tally.seen),
            "violated": violated.collect::<Vec<Value>>(),
        })
    }

    /// A violation fails the command. So does a stop before the last run.
    pub(super) fn outcome(&self, tally: &Tally) -> Result<(), Failure> {
        if let Some((property, (runs, first))) = tally.violated.iter().next() {
            let runs = words::counted(*runs as usize, "run");
            return Err(Failure::Operation(anyhow!(
                "{property} is violated in {runs}, first in number {first} of seed {}",
                self.seed
            )));
        }
        if self.is_stopped() && (self.until.is_some() || tally.runs < self.count) {
            let runs = words::counted(tally.runs as usize, "run");
            return Err(Failure::CutOff(anyhow!("cut off after {runs} without a violation")));
        }
        Ok(())
    }
}
