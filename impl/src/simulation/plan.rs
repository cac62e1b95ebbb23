//! What a run is: its nodes, its keys with their clients, and what goes wrong. All drawn from a
//! seed.

use super::weather::{Profile, Weather};
use crate::drawn::Chance;
use dynamo_invariants::scope::{Ask, Faults, NO_FAULTS, OWN_VIEW, Scope, ScriptLine};
use dynamo_model::config::{AntiEntropy, Config, Handoff, Patience};
use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::membership::History;
use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// The fewest nodes that are drawn for a run.
pub const NODES_DRAWN_MIN: u16 = 3;

/// How large the runs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Nodes; `None`: 3 to 5, drawn for each run.
    pub nodes: Option<u16>,
    /// N, R and W; `None`: drawn for each run.
    pub quorum: Option<(usize, usize, usize)>,
    /// Keys.
    pub keys: usize,
    /// The most clients of a key.
    pub clients: usize,
    /// The virtual time in which faults happen and clients begin.
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
    /// What goes wrong while it does.
    pub weather: Weather,
    /// The virtual time in which faults happen and clients begin.
    pub unsafe_for: Duration,
}

/// The virtual time after the last fault within which everything must settle. Pauses between
/// handoffs grow to 48 s, and a node compares with each peer in turn.
pub(super) const SETTLES_WITHIN: Duration = Duration::from_mins(15);
/// Clients of runs with many keys have ids that no node can have.
const FIRST_CLIENT: u64 = 1 << 20;

impl Plan {
    /// Draws the run with this number among those of the seed.
    pub fn draw(seed: u64, number: u64, profile: Profile, size: &Size) -> Plan {
        let mut chance = Chance::of(seed, number);
        let nodes = size.nodes.unwrap_or_else(|| NODES_DRAWN_MIN + chance.below(3) as u16);
        let quorum = chance.one_of(&[
            (3, 2, 2),
            (3, 2, 2),
            (3, 2, 2),
            (3, 1, 1),
            (3, 1, 3),
            (3, 3, 1),
            (3, 2, 1),
            (2, 1, 2),
            (2, 1, 1),
            (2, 2, 1),
        ]);
        // Drawn all the same, so that the rest of the run does not depend on it.
        let quorum = size.quorum.unwrap_or(quorum);
        let weather = Weather::draw(profile, &mut chance);
        let is_lost = profile == Profile::Hostile && chance.is_so(2_500);
        let lost_disk = is_lost.then(|| NodeId(chance.below(usize::from(nodes)) as u16));
        let changes = if profile == Profile::Churn { changes(&mut chance, nodes) } else { vec![] };
        let mut all = Keys { chance: &mut chance, nodes, quorum, lost_disk, changes, weather };
        let keys = (0..size.keys).map(|index| all.key(index, size.clients)).collect();
        let weather = all.weather;
        let unsafe_for = size.unsafe_for;
        Plan { seed, number, variant: 0, profile, keys, lost_disk, weather, unsafe_for }
    }

    /// The same plan with these scripts of the clients of its first key.
    pub(super) fn with_scripts(&self, scripts: Vec<Vec<ScriptLine>>) -> Plan {
        let scripts = scripts.into_iter().map(|script| interned_slice(&SCRIPTS, script)).collect();
        let mut plan = self.clone();
        plan.keys[0].clients = interned_slice(&CLIENTS, scripts);
        plan
    }

    /// The number of nodes.
    pub fn nodes(&self) -> u16 {
        self.keys.first().map_or(0, |scope| scope.nodes)
    }

    /// The ids of each key's clients. With one key only, they are those of the scope, so that a
    /// path of the run is a path of the scope. The administrator, if there is one, is the first
    /// client of every key.
    pub(super) fn clients(&self) -> Vec<Vec<ClientId>> {
        let first = if self.keys.len() == 1 { u64::from(self.nodes()) } else { FIRST_CLIENT };
        let shared = usize::from(self.keys.first().is_some_and(Scope::changes));
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

    /// How every node is configured: as a scope's nodes, with the pauses of real ones.
    pub(super) fn config(&self) -> Config {
        let of_scope = self.keys[0].instance().config;
        let exchange = of_scope.anti_entropy().unwrap_or(AntiEntropy::LOCAL);
        let AntiEntropy { every, again_after, .. } = AntiEntropy::LOCAL;
        of_scope
            .with_patience(Patience::LOCAL)
            .with_handoff(Handoff { window: 1, ..Handoff::LOCAL })
            // Tombstones stay for more than twice as long as any datagram lives.
            .with_reaping_after(3 * self.weather.datagrams_live_for())
            .with_gossip_every(Duration::from_secs(1))
            .with_anti_entropy(AntiEntropy { every, again_after, ..exchange })
    }

    pub(super) fn chance(&self) -> Chance {
        Chance::of(self.seed ^ 0x5eed ^ self.variant << 32, self.number)
    }
}

/// A change of the members that the administrator asks for: through which node, and what.
type Change = (NodeId, NodeId, fn(usize) -> Ask);

/// Draws what the administrator asks for, one after another. Some node is a member at the start: it
/// joins only after it has left, if at all.
fn changes(chance: &mut Chance, nodes: u16) -> Vec<Change> {
    loop {
        let drawn = any_changes(chance, nodes);
        let joins_first = |node| {
            let first = drawn.iter().find(|(_, changed, _)| *changed == node);
            first.is_some_and(|(_, _, what)| matches!(what(0), Ask::Join(_)))
        };
        if !(0..nodes).map(NodeId).all(joins_first) {
            return drawn;
        }
    }
}

fn any_changes(chance: &mut Chance, nodes: u16) -> Vec<Change> {
    let count = 1 + chance.below(4);
    let mut node = || NodeId(chance.below(usize::from(nodes)) as u16);
    let pairs: Vec<(NodeId, NodeId)> = (0..count).map(|_| (node(), node())).collect();
    let what = [Ask::Join, Ask::Join, Ask::Leave, Ask::Leave, Ask::Remove];
    pairs.into_iter().map(|(via, node)| (via, node, chance.one_of(&what))).collect()
}

/// Draws the keys of a run.
struct Keys<'a> {
    chance: &'a mut Chance,
    nodes: u16,
    quorum: (usize, usize, usize),
    lost_disk: Option<NodeId>,
    changes: Vec<Change>,
    weather: Weather,
}

impl Keys<'_> {
    fn key(&mut self, index: usize, clients_max: usize) -> Scope {
        // Keys with the same number would be one.
        let name = format!("simulated@k{}-{index}", self.chance.below(1_000));
        let name = interned(&NAMES, name);
        let bare = Scope {
            name,
            aim: "One key of a simulated run.",
            nodes: self.nodes,
            quorum: self.quorum,
            clients: &[],
            faults: NO_FAULTS,
            unseen: &[],
            unique_states: 0,
        };
        let clockwise = bare.ring().preference_list(&bare.key(), usize::from(self.nodes)).to_vec();
        let position = |node: NodeId| clockwise.iter().position(|it| *it == node);
        let position = |node: NodeId| position(node).expect("every node is on the ring");
        let change = |(via, node, what): &Change| (position(*via), what(position(*node)));
        let administrator: Vec<ScriptLine> = self.changes.iter().map(change).collect();
        let administrator = (!administrator.is_empty()).then_some(administrator);
        let mut puts_left = 10;
        let count = 1 + self.chance.below(clients_max);
        let others = (0..count).map(|_| self.script(&mut puts_left));
        let clients: Vec<Vec<ScriptLine>> = administrator.into_iter().chain(others).collect();
        let deletes = clients.iter().flatten().any(|(_, ask)| *ask == Ask::Delete);
        let lost_disk = self.lost_disk.map(position);
        let clients = clients.into_iter().map(|script| interned_slice(&SCRIPTS, script)).collect();
        let clients = interned_slice(&CLIENTS, clients);
        Scope { clients, faults: self.faults(deletes, lost_disk), ..bare }
    }

    /// What may go wrong, and what goes on in the background, as a scope says it.
    fn faults(&self, deletes: bool, lost_disk: Option<usize>) -> Faults {
        Faults {
            loss: self.weather != Weather::CALM,
            duplication: self.weather.duplication > 0,
            crashes: usize::from(self.nodes),
            timeouts: Some(Patience::LOCAL.retransmissions),
            client_retries: 3,
            handoffs: 1,
            lost_disk,
            reaps: u8::from(deletes),
            gossip: true,
            exchange: true,
            endless: true,
            ..NO_FAULTS
        }
    }

    fn script(&mut self, puts_left: &mut usize) -> Vec<ScriptLine> {
        let lines = 1 + self.chance.below(4);
        (0..lines).map(|_| self.line(puts_left)).collect()
    }

    fn line(&mut self, puts_left: &mut usize) -> ScriptLine {
        let ask = self.chance.one_of(&[
            Ask::Put,
            Ask::Put,
            Ask::Get,
            Ask::Get,
            Ask::PutOver,
            Ask::PutOver,
            Ask::Delete,
            Ask::PutInPerson,
            Ask::GetInPerson,
        ]);
        let ask = if ask.is_put() && *puts_left == 0 { Ask::Get } else { ask };
        *puts_left -= usize::from(ask.is_put());
        let nodes = usize::from(self.nodes);
        let via = self.chance.below(nodes + 1);
        (if via == nodes { OWN_VIEW } else { via }, ask)
    }
}

/// A scope has only static data. Equal scripts and names are kept once.
type Interned<T> = LazyLock<Mutex<HashSet<&'static T>>>;

static NAMES: Interned<str> = LazyLock::new(Mutex::default);
static SCRIPTS: Interned<[ScriptLine]> = LazyLock::new(Mutex::default);
static CLIENTS: Interned<[&'static [ScriptLine]]> = LazyLock::new(Mutex::default);

fn interned(known: &Interned<str>, text: String) -> &'static str {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.get(text.as_str()).copied().unwrap_or_else(|| {
        let text: &'static str = text.leak();
        known.insert(text);
        text
    })
}

fn interned_slice<T: Eq + Hash>(known: &Interned<[T]>, items: Vec<T>) -> &'static [T] {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.get(items.as_slice()).copied().unwrap_or_else(|| {
        let items: &'static [T] = items.leak();
        known.insert(items);
        items
    })
}
