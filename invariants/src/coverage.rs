//! What the scopes exercise: every kind of message is delivered and lost somewhere, every timer fires, nodes crash and come back. That
//! every rule is asked follows from its defects, each of which is found in a scope.

use crate::check::Report;
use dynamo_model::message;
use std::collections::BTreeMap;

/// Kinds of steps that no scope of the default set exercises, and why that is no hole.
pub static NEVER_MET: &[(&str, &str)] = &[
    (
        "deliver Answer PutRefused",
        "scopes' values are small and their contexts genuine; refusals have tests of their own",
    ),
    ("lose Answer PutRefused", "scopes' values are small and their contexts genuine; refusals have tests of their own"),
];

/// Every kind of step that there is.
pub fn kinds() -> Vec<String> {
    let messages = message::kinds();
    let deliveries = messages.iter().map(|kind| format!("deliver {kind}"));
    let losses = messages.iter().map(|kind| format!("lose {kind}"));
    let others = ["time out Put", "time out Get", "time out Client", "crash", "recover"];
    deliveries.chain(losses).chain(others.map(str::to_owned)).collect()
}

/// How many steps of each kind the reports met together; 0 for those they did not.
pub fn total<'a>(reports: impl IntoIterator<Item = &'a Report>) -> BTreeMap<String, usize> {
    let mut total: BTreeMap<String, usize> = kinds().into_iter().map(|kind| (kind, 0)).collect();
    for (kind, count) in reports.into_iter().flat_map(|report| &report.coverage) {
        *total.entry(kind.clone()).or_default() += count;
    }
    total
}
