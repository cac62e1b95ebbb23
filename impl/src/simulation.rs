//! Runs a whole cluster in virtual time, with a hostile network and disks that fail, and judges the
//! run by the properties that judge every scope.
//!
//! A simulated node is the [`server`](crate::server) that a real node runs: sessions, doorkeeper,
//! memories of other nodes' disks, fragments, admission, batches, timers and the end of a node that
//! has left. Only what is below it is replaced: the socket, the file system and the clock. Clients
//! are the scripted clients of scopes, with the sessions of real clients.
//!
//! All that happens follows from a seed, so a run can be repeated. Only the keys of sessions come
//! from the operating system, and nothing depends on them. One run in four encrypts its datagrams.
//! In the others, a checksum stands in the cipher's place, because a handshake costs as much time
//! as hundreds of other events.
//!
//! A run has two parts. First, faults happen while clients ask. Then faults stop, the clients come
//! to their end, and what must be so *eventually* must be so.

mod addresses;
mod clock;
mod cluster;
mod disk;
pub mod machines;
pub mod measures;
mod network;
mod node;
mod outcome;
mod plan;
mod reduce;
mod seen;
mod session;
mod simpler;
mod watch;
mod weather;

pub use outcome::{Outcome, Tally};
pub use plan::{NODES_DRAWN_MAX, Pace, Plan, Size};
pub use reduce::{path_in_scope, smallest};
pub use seen::{Fault, NOTES_RULES_EVERY, Seen};
pub use weather::{Profile, Weather};

use dynamo_model::rules::Rules;
use std::path::Path;
use tracing::subscriber::NoSubscriber;

/// Runs a plan under these rules, up to the first violation or to the end.
pub fn run(plan: &Plan, rules: &Rules) -> Outcome {
    run_while(plan, rules, &|| true).expect("nobody cuts it off")
}

/// Does the same while `goes_on`. `None`: the run is cut off.
pub fn run_while(plan: &Plan, rules: &Rules, goes_on: &dyn Fn() -> bool) -> Option<Outcome> {
    // What simulated nodes log would tell a reader nothing: their faults are meant.
    let _is_quiet = tracing::subscriber::set_default(NoSubscriber::new());
    cluster::Cluster::new(plan, &seen::noted(rules, plan.number), None).run(goes_on)
}

/// Runs a plan, and records each node below this directory, as real nodes are recorded.
pub fn run_recorded(plan: &Plan, rules: &Rules, directory: &Path) -> Outcome {
    let _is_quiet = tracing::subscriber::set_default(NoSubscriber::new());
    let cluster = cluster::Cluster::new(plan, rules, Some(directory));
    cluster.run(&|| true).expect("nobody cuts it off")
}
