//! The keys of a run, each with what its clients ask.
//!
//! A run draws which kinds of requests it has at all, and how often each comes. So some runs delete
//! most of the time, and in others clients only read and put over what they have read. Runs that
//! have everything are all alike.

use super::interned;
use super::pace::Pace;
use crate::drawn::Chance;
use crate::simulation::weather::Weather;
use dynamo_invariants::scope::{Ask, Faults, NO_FAULTS, OWN_VIEW, Scope, ScriptLine};
use dynamo_model::ids::NodeId;
use std::time::Duration;

/// How often clients ask something. 0: never.
type Weight = usize;

/// The most changes that an administrator asks for.
const CHANGES_MAX: usize = 30;
/// In long runs, an administrator asks for up to one more change in each such time.
const CHANGE_EVERY: Duration = Duration::from_mins(15);
/// The most puts of a key.
const PUTS_MAX: usize = 10;

/// What the clients of a run ask.
pub(super) struct Habits {
    mix: Vec<(Ask, Weight)>,
    lines_max: usize,
    asks: Through,
}

/// Which nodes the clients ask.
#[derive(Clone, Copy)]
enum Through {
    /// Each request goes to any node, or to one of the client's own view.
    Any,
    /// Each client asks one node.
    One,
    /// Nodes of the preference list, if no node has joined or left.
    Replicas,
    /// Nodes that the client chooses by its own view.
    OwnView,
}

impl Habits {
    pub(super) fn draw(chance: &mut Chance) -> Habits {
        let kinds =
            [Ask::Put, Ask::Get, Ask::PutOver, Ask::Delete, Ask::PutInPerson, Ask::GetInPerson];
        let mut mix: Vec<(Ask, Weight)> =
            kinds.into_iter().map(|ask| (ask, chance.one_of(&[0, 1, 2, 6]))).collect();
        if mix.iter().all(|(ask, weight)| !ask.is_put() || *weight == 0) {
            mix[0].1 = 2;
        }
        let asks = [Through::Any, Through::Any, Through::One, Through::Replicas, Through::OwnView];
        Habits { mix, lines_max: chance.one_of(&[2, 4, 6]), asks: chance.one_of(&asks) }
    }

    fn ask(&self, chance: &mut Chance) -> Ask {
        let mut at = chance.below(self.mix.iter().map(|(_, weight)| weight).sum());
        let drawn = self.mix.iter().find(|(_, weight)| {
            let is_it = at < *weight;
            at = at.saturating_sub(*weight);
            is_it
        });
        drawn.map_or(Ask::Get, |(ask, _)| *ask)
    }
}

/// A change of the members that an administrator asks for: through which node, and what.
pub(super) type Change = (NodeId, NodeId, fn(usize) -> Ask);

/// Draws what one or two administrators ask for. Some node is a member at the start: it joins only
/// after it has left, if at all. A node joins through one that was a member at the start: one that
/// never was does not run yet.
pub(super) fn changes(chance: &mut Chance, nodes: u16, unsafe_for: Duration) -> Vec<Vec<Change>> {
    let most = CHANGES_MAX.min(4 + (unsafe_for.as_secs() / CHANGE_EVERY.as_secs()) as usize);
    loop {
        let administrators = 1 + chance.below(2);
        let mut drawn: Vec<_> =
            (0..administrators).map(|_| any_changes(chance, nodes, most)).collect();
        let joins_first = |node: &NodeId| {
            let first = drawn.iter().flatten().find(|(_, changed, _)| changed == node);
            first.is_some_and(|(_, _, what)| is_join(*what))
        };
        let (joining, founders): (Vec<NodeId>, Vec<NodeId>) =
            (0..nodes).map(NodeId).partition(joins_first);
        if founders.is_empty() {
            continue;
        }
        for (via, node, what) in drawn.iter_mut().flatten() {
            if is_join(*what) && (*via == *node || joining.contains(via)) {
                *via = chance.one_of(&founders);
            }
        }
        return drawn;
    }
}

fn is_join(what: fn(usize) -> Ask) -> bool {
    matches!(what(0), Ask::Join(_))
}

fn any_changes(chance: &mut Chance, nodes: u16, most: usize) -> Vec<Change> {
    let count = 1 + chance.below(most);
    let mut node = || NodeId(chance.below(usize::from(nodes)) as u16);
    let pairs: Vec<(NodeId, NodeId)> = (0..count).map(|_| (node(), node())).collect();
    let what = [Ask::Join, Ask::Join, Ask::Leave, Ask::Leave, Ask::Remove];
    pairs.into_iter().map(|(via, node)| (via, node, chance.one_of(&what))).collect()
}

/// Draws the keys of a run.
pub(super) struct Keys<'a> {
    pub(super) chance: &'a mut Chance,
    pub(super) nodes: u16,
    pub(super) quorum: (usize, usize, usize),
    pub(super) lost_disk: Option<NodeId>,
    pub(super) changes: Vec<Vec<Change>>,
    pub(super) habits: Habits,
    pub(super) weather: &'a Weather,
    pub(super) pace: &'a Pace,
}

impl Keys<'_> {
    pub(super) fn key(&mut self, index: usize, clients_max: usize) -> Scope {
        // Keys with the same number would be one.
        let name = format!("simulated@k{}-{index}", self.chance.below(1_000));
        let bare = Scope {
            name: interned::name(name),
            aim: "One key of a simulated run.",
            nodes: self.nodes,
            quorum: self.quorum,
            clients: &[],
            faults: NO_FAULTS,
            unseen: &[],
            unique_states: 0,
        };
        let clockwise = bare.clockwise(&bare.key());
        let position = |node: NodeId| clockwise.iter().position(|it| *it == node);
        let position = |node: NodeId| position(node).expect("every node is on the ring");
        let change = |(via, node, what): &Change| (position(*via), what(position(*node)));
        let administrators = self.changes.iter().map(|its| its.iter().map(change).collect());
        let mut clients: Vec<Vec<ScriptLine>> = administrators.collect();
        let mut puts_left = PUTS_MAX;
        let count = 1 + self.chance.below(clients_max);
        clients.extend((0..count).map(|_| self.script(&mut puts_left)));
        let deletes = clients.iter().flatten().any(|(_, ask)| *ask == Ask::Delete);
        let lost_disk = self.lost_disk.map(position);
        Scope {
            clients: interned::clients(clients),
            faults: self.faults(deletes, lost_disk),
            ..bare
        }
    }

    /// What may go wrong, and what goes on in the background, as a scope says it. Preconditions
    /// read it, so it names only what the run may have.
    fn faults(&self, deletes: bool, lost_disk: Option<usize>) -> Faults {
        Faults {
            loss: self.weather.loses(),
            duplication: self.weather.duplication > 0,
            crashes: if self.weather.crashes() { usize::from(self.nodes) } else { 0 },
            timeouts: self.pace.patience.map(|patience| patience.retransmissions),
            client_retries: self.pace.client_retries,
            handoffs: 1,
            lost_disk,
            reaps: u8::from(deletes),
            gossip: self.pace.gossip_every.is_some(),
            exchange: self.pace.exchange_every.is_some(),
            endless: true,
            ..NO_FAULTS
        }
    }

    fn script(&mut self, puts_left: &mut usize) -> Vec<ScriptLine> {
        let lines = 1 + self.chance.below(self.habits.lines_max);
        let one = self.via();
        let line = |_| {
            let ask = self.habits.ask(self.chance);
            let ask = if ask.is_put() && *puts_left == 0 { Ask::Get } else { ask };
            *puts_left -= usize::from(ask.is_put());
            (if matches!(self.habits.asks, Through::One) { one } else { self.via() }, ask)
        };
        (0..lines).map(line).collect()
    }

    fn via(&mut self) -> usize {
        let nodes = usize::from(self.nodes);
        match self.habits.asks {
            Through::Any => {
                let via = self.chance.below(nodes + 1);
                if via == nodes { OWN_VIEW } else { via }
            }
            Through::One => self.chance.below(nodes),
            Through::Replicas => self.chance.below(self.quorum.0),
            Through::OwnView => OWN_VIEW,
        }
    }
}
