//! What a run is: its nodes, its keys with their clients, and what goes wrong. All drawn from a
//! seed.
//!
//! A run does not have a little of everything. It draws which kinds of requests, which faults and
//! which background work it has at all, and the order of magnitude of each time. Runs then differ
//! more from one another, and what needs three things close together happens in some of them.

mod changes;
mod interned;
mod keys;
mod pace;

use super::weather::{Profile, Weather, magnitude};
use crate::drawn::Chance;
use dynamo_invariants::scope::{Scope, ScriptLine};
use dynamo_model::config::Config;
use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::membership::History;
use keys::{Habits, Keys};
pub use pace::Pace;
use std::time::Duration;

/// The most nodes that are drawn for a run.
pub const NODES_DRAWN_MAX: u16 = 5;

/// How large the runs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Nodes; `None`: 2 to 5, drawn for each run.
    pub nodes: Option<u16>,
    /// N, R and W; `None`: drawn for each run.
    pub quorum: Option<(usize, usize, usize)>,
    /// Keys.
    pub keys: usize,
    /// The most clients of a key.
    pub clients: usize,
    /// The longest virtual time in which clients begin, and in which faults happen. In some runs
    /// with deletes, faults go on until tombstones are reaped.
    pub unsafe_for: Duration,
}

/// Everything that a run follows from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed of a series of runs.
    pub seed: u64,
    /// The number of the run in the series.
    pub number: u64,
    /// Which of several runs with the same plan: each has other random events. 0 in a series.
    pub variant: u64,
    /// How hostile the run is.
    pub profile: Profile,
    /// One scope for each key.
    pub keys: Vec<Scope>,
    /// The node that loses its disk once, if one does.
    pub lost_disk: Option<NodeId>,
    /// Is an older copy of the disk put in its place? The node must notice that, and begin on an
    /// empty disk.
    pub returns_to_copy: bool,
    /// After how many commits of the node its disk is copied, and after how many more it is lost.
    /// `None`: at any time. Just after a commit, others may know more than the disk.
    pub disk_lasts: Option<(u64, u64)>,
    /// Messages above this size are cut into fragments. `None`: as real nodes do it.
    pub cut_above: Option<usize>,
    /// What goes wrong while it does.
    pub weather: Weather,
    /// How fast clients and nodes go on.
    pub pace: Pace,
    /// Are the cluster's datagrams encrypted? Otherwise a checksum stands in the cipher's place:
    /// handshakes cost as much time as hundreds of other events.
    pub is_sealed: bool,
    /// The virtual time in which faults happen and clients begin.
    pub unsafe_for: Duration,
}

/// The share of the first key where a few keys have most of the clients.
const SHARE_OF_FIRST_KEY: usize = 1_000_000;
/// The most clients of a key that has most of the clients.
const HOT_KEY_CLIENTS_MAX: usize = 24;
/// After so many reap delays, a node that may reap its tombstones has reaped them.
const REAPED_BY: u32 = 5;
/// After how many commits a disk is copied or lost at the latest, where it is after some.
const DISK_LASTS_MAX: usize = 6;
/// One run of so many has encrypted datagrams.
const SEALED_EVERY: u64 = 16;
/// The virtual time after the last fault within which everything must settle, but for what takes
/// longer in large clusters and for reaping. Pauses between handoffs grow to 48 s.
const SETTLES_WITHIN: Duration = Duration::from_mins(15);
/// Clients of runs with many keys have ids that no node can have.
const FIRST_CLIENT: u64 = 1 << 20;
impl Plan {
    /// Draws the run with this number among those of the seed.
    pub fn draw(seed: u64, number: u64, profile: Profile, size: &Size) -> Plan {
        let mut chance = Chance::of(seed, number);
        // Drawn all the same, so that the rest of the run does not depend on it.
        let drawn = quorum(&mut chance);
        let quorum = size.quorum.unwrap_or(drawn);
        // Most often there are few nodes beside the replicas of a key. Then each matters.
        let others = chance.one_of(&[0, 1, 1, 2, 2, 3, 4]);
        let drawn = (quorum.0 as u16 + others).clamp(2, NODES_DRAWN_MAX);
        let nodes = size.nodes.unwrap_or(drawn);
        let unsafe_for = magnitude(&mut chance, size.unsafe_for / 30, size.unsafe_for);
        let habits = Habits::draw(&mut chance);
        // Tombstones are reaped late. In some runs, faults go on until then.
        let lingers = habits.ends_by_deleting() && profile != Profile::Calm && chance.is_so(6_700);
        let unsafe_for = if lingers { size.unsafe_for } else { unsafe_for };
        let mut weather = Weather::draw(profile, nodes, unsafe_for, &mut chance);
        if lingers {
            weather = weather.with_short_lives();
        }
        let pace = Pace::draw(profile, &weather, unsafe_for, &mut chance);
        let unsafe_for =
            if lingers { unsafe_for + REAPED_BY * pace.reap_after } else { unsafe_for };
        let is_lost = matches!(profile, Profile::Hostile | Profile::Churn) && chance.is_so(2_500);
        let lost_disk = is_lost.then(|| NodeId(chance.below(usize::from(nodes)) as u16));
        let changes = if profile == Profile::Churn {
            let drawn = changes::changes(&mut chance, nodes, unsafe_for);
            if pace.patience.is_some() { drawn } else { changes::without_returns(drawn) }
        } else {
            vec![]
        };
        let are_changes_mixed = size.keys == 1 && chance.is_so(5_000);
        let (chance, weather_of, pace_of) = (&mut chance, &weather, &pace);
        let mut all = Keys {
            chance,
            nodes,
            quorum,
            lost_disk,
            changes,
            are_changes_mixed,
            habits,
            weather: weather_of,
            pace: pace_of,
        };
        let is_skewed = size.keys > 1 && all.chance.is_so(5_000);
        let most = |index| if is_skewed { zipf(index, size) } else { size.clients };
        let keys = (0..size.keys).map(|index| all.key(index, most(index))).collect();
        let returns_to_copy = lost_disk.is_some() && chance.is_so(5_000);
        let disk_lasts = chance.is_so(6_700).then(|| {
            let commits = |chance: &mut Chance| chance.below(DISK_LASTS_MAX) as u64;
            (commits(chance), 1 + commits(chance))
        });
        let cut_above = chance.is_so(5_000).then(|| 150 + chance.below(500));
        let is_sealed = (number / 4).is_multiple_of(SEALED_EVERY);
        Plan {
            seed,
            number,
            variant: 0,
            profile,
            keys,
            lost_disk,
            returns_to_copy,
            disk_lasts,
            cut_above,
            weather,
            pace,
            is_sealed,
            unsafe_for,
        }
    }

    /// The same plan with these scripts of the clients of its first key.
    pub(super) fn with_scripts(&self, scripts: Vec<Vec<ScriptLine>>) -> Plan {
        let mut plan = self.clone();
        plan.keys[0].clients = interned::clients(scripts);
        plan
    }

    /// The number of nodes.
    pub fn nodes(&self) -> u16 {
        self.keys.first().map_or(0, |scope| scope.nodes)
    }

    /// The ids of each key's clients. With one key only, they are those of the scope, so that a
    /// path of the run is a path of the scope. The administrators, if there are any, are the first
    /// clients of every key.
    pub(super) fn clients(&self) -> Vec<Vec<ClientId>> {
        let first = if self.keys.len() == 1 { u64::from(self.nodes()) } else { FIRST_CLIENT };
        let shared = self.keys.first().map_or(0, administrators);
        let mut ids = (first + shared as u64..).map(ClientId);
        let clients = self.keys.iter().map(|scope| {
            let own = ids.by_ref().take(scope.clients.len() - shared);
            (first..).map(ClientId).take(shared).chain(own).collect()
        });
        clients.collect()
    }

    /// The history that every node starts with.
    pub(super) fn founders(&self) -> History {
        self.keys[0].instance().founders
    }

    /// How every node is configured: as a scope's nodes, with the pauses of this run.
    pub(super) fn config(&self) -> Config {
        self.pace.of(self.keys[0].instance().config)
    }

    /// The time within which nodes reap a tombstone. They wait before they ask the replicas, before
    /// they ask all others, and before they reap, up to half as long again each time.
    pub(super) fn reaps_within(&self) -> Duration {
        let deletes = self.keys.iter().any(|scope| scope.faults.reaps > 0);
        if deletes { REAPED_BY * self.pace.reap_after } else { Duration::ZERO }
    }

    /// The virtual time after the last fault within which everything must settle. A node compares
    /// with each peer in turn, and may find that it must compare once more.
    pub(super) fn settles_within(&self) -> Duration {
        let compares = self.pace.exchange_every.unwrap_or_default();
        SETTLES_WITHIN + 2 * u32::from(self.nodes()) * compares + self.reaps_within()
    }

    pub(super) fn chance(&self) -> Chance {
        Chance::of(self.seed ^ 0x5eed ^ self.variant << 32, self.number)
    }
}

/// The most clients of a key where a few keys have most of the clients (Zipf's law): the second key
/// has half as many as the first one, the third key a third.
fn zipf(index: usize, size: &Size) -> usize {
    let share = |index: usize| SHARE_OF_FIRST_KEY / (index + 1);
    let all: usize = (0..size.keys).map(share).sum();
    let most = size.clients * size.keys * share(index) / all.max(1);
    most.clamp(1, HOT_KEY_CLIENTS_MAX.max(size.clients))
}

/// N, R and W. In most runs the two quorums of a put and a get overlap. Often W is 1 or N.
fn quorum(chance: &mut Chance) -> (usize, usize, usize) {
    let n = chance.one_of(&[1, 2, 2, 3, 3, 3]);
    let w = [1, n, 1 + chance.below(n)][chance.below(3)];
    let r = if chance.is_so(7_500) { n + 1 - w } else { 1 + chance.below(n) };
    (n, r, w)
}

/// How many clients of a scope change members.
fn administrators(scope: &Scope) -> usize {
    scope.clients.iter().filter(|lines| lines.iter().any(|(_, ask)| ask.moves().is_some())).count()
}
