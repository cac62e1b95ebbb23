//! Coverage: in some scope, every kind of message is delivered and lost, every timer fires, nodes
//! crash and restart, and every rule is asked.

use crate::check::Report;
use dynamo_model::message;
use dynamo_model::node::Timer;
use dynamo_model::rules::Rules;
use std::collections::BTreeMap;

/// Kinds of steps that no default scope takes, and the reason why that is no gap.
pub static NEVER_MET: &[(&str, &str)] = &[
    (
        "lose Answer ChangeRefused",
        "a scope in which a node refuses an administrator's change loses no messages",
    ),
    ("time out Gossip", "in a scope nodes may gossip at any moment: a choice, not a timer"),
    (
        "deliver Answer NoRoute",
        "in a scope every node knows a member; tests of the model cover a node that knows none",
    ),
    (
        "lose Answer NoRoute",
        "in a scope every node knows a member; tests of the model cover a node that knows none",
    ),
    ("time out Exchange", "in a scope replicas may compare at any moment: a choice, not a timer"),
    (
        "deliver Answer GetRefused",
        "a client in a scope never requires more than N replicas; a test of the model has one",
    ),
    (
        "lose Answer GetRefused",
        "a client in a scope never requires more than N replicas; a test of the model has one",
    ),
    (
        "lose Answer PutRefused",
        "a scope in which a node refuses a put, such as old-disk-alone, loses no messages",
    ),
];

/// Every kind of step: what happens to a process, or which rule the step asks.
pub fn kinds() -> Vec<String> {
    let messages = message::kinds();
    let deliveries = messages.iter().map(|kind| format!("deliver {kind}"));
    let losses = messages.iter().map(|kind| format!("lose {kind}"));
    let timeouts = Timer::KINDS.iter().map(|timer| format!("time out {timer}"));
    let others = ["crash", "recover", "choose"];
    let asked = Rules::NAMES.iter().map(|rule| asking(rule));
    deliveries.chain(losses).chain(timeouts).chain(others.map(str::to_owned)).chain(asked).collect()
}

/// The kind of step that asks this rule.
fn asking(rule: &str) -> String {
    format!("ask {rule}")
}

/// Turns what the engine counted into one of the [`kinds`]: a rule marks the steps that ask it with
/// its bare name.
pub(crate) fn named(counted: String) -> String {
    if Rules::NAMES.contains(&counted.as_str()) { asking(&counted) } else { counted }
}

/// How many distinct steps of each kind the scopes took together; 0 for a kind that none took.
pub fn total<'a>(reports: impl IntoIterator<Item = &'a Report>) -> BTreeMap<String, usize> {
    let mut total: BTreeMap<String, usize> = kinds().into_iter().map(|kind| (kind, 0)).collect();
    for (kind, count) in reports.into_iter().flat_map(|report| &report.coverage) {
        *total.entry(kind.clone()).or_default() += count;
    }
    total
}

/// A sentence for each kind of step that no default scope takes although one should, and for each
/// that a scope takes although [`NEVER_MET`] lists it.
pub fn surprises<'a>(reports: impl IntoIterator<Item = &'a Report>) -> Vec<String> {
    let is_known = |kind: &str| NEVER_MET.iter().any(|(never, _)| *never == kind);
    let surprise = |(kind, count): (String, usize)| match (count, is_known(&kind)) {
        (0, false) => Some(format!("{kind}: no scope takes such a step")),
        (1.., true) => {
            Some(format!("{kind}: a scope takes such a step, though NEVER_MET lists it"))
        }
        _ => None,
    };
    total(reports).into_iter().filter_map(surprise).collect()
}
