//! Runs a whole cluster in virtual time, with a hostile network and disks that fail, and judges the
//! run by the properties that judge every scope.
//!
//! A simulated node is the [interpreter](crate::interpreter) that a real node has, with its
//! batches, timers, outbox and wire format. Only what is below them is replaced: the socket, the file system
//! and the clock. All that happens follows from a seed, so a run can be repeated.
//!
//! A run has two parts. First, faults happen while clients ask. Then faults stop, the clients come
//! to their end, and what must be so *eventually* must be so.

mod cluster;
pub mod measures;
mod network;
mod node;
mod outcome;
mod plan;
mod reduce;
mod seen;
mod simpler;
mod watch;
mod weather;

pub use outcome::{Outcome, Tally};
pub use plan::{NODES_DRAWN_MIN, Plan, Size};
pub use reduce::{path_in_scope, smallest};
pub use seen::{Fault, NOTES_RULES_EVERY, Seen};
pub use weather::Profile;

use dynamo_model::rules::Rules;

/// Runs a plan under these rules, up to the first violation or to the end.
pub fn run(plan: &Plan, rules: &Rules) -> Outcome {
    cluster::Cluster::new(plan, &seen::noted(rules, plan.number)).run()
}
