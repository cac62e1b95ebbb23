//! The keys of a run, each with what its clients ask.
//!
//! A run draws which kinds of requests it has at all, and how often each comes. So some runs delete
//! most of the time, and in others clients only read and put over what they have read. Runs that
//! have everything are all alike.

use super::changes::Change;
use super::interned;
use super::pace::Pace;
use crate::drawn::Chance;
use crate::simulation::weather::Weather;
use dynamo_invariants::scope::{Ask, Faults, NO_FAULTS, OWN_VIEW, Scope, ScriptLine};
use dynamo_model::ids::NodeId;

/// How often clients ask something. 0: never.
type Weight = usize;

/// The most puts of a key. What two puts alone bring about, a third one may hide.
const PUTS_MAX: [usize; 5] = [2, 3, 5, 10, 10];
/// How many requests an administrator may make before each change, where it makes any.
const BESIDE_CHANGES_MAX: usize = 3;

/// What the clients of a run ask.
pub(super) struct Habits {
    mix: Vec<(Ask, Weight)>,
    lines_max: usize,
    puts_max: usize,
    asks: Through,
    /// Does a client read just before it puts or deletes over what it has read?
    reads_first: bool,
    /// Does each client end by reading and deleting?
    ends_by_deleting: bool,
    /// Does each request come at its own time, whether earlier ones are answered or not?
    is_open: bool,
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
        Habits {
            mix,
            lines_max: chance.one_of(&[2, 4, 8]),
            puts_max: chance.one_of(&PUTS_MAX),
            asks: chance.one_of(&asks),
            reads_first: chance.is_so(5_000),
            ends_by_deleting: chance.is_so(3_300),
            is_open: chance.is_so(2_000),
        }
    }

    /// Is it likely that in the end the keys are only tombstones?
    pub(super) fn ends_by_deleting(&self) -> bool {
        self.ends_by_deleting
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

/// Draws the keys of a run.
pub(super) struct Keys<'a> {
    pub(super) chance: &'a mut Chance,
    pub(super) nodes: u16,
    pub(super) quorum: (usize, usize, usize),
    pub(super) lost_disk: Option<NodeId>,
    pub(super) changes: Vec<Vec<Change>>,
    /// Do administrators make requests between the changes that they ask for?
    pub(super) are_changes_mixed: bool,
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
        let mut puts_left = self.habits.puts_max;
        if self.are_changes_mixed {
            clients = clients.into_iter().map(|its| self.mixed(its, &mut puts_left)).collect();
        }
        let count = 1 + self.chance.below(clients_max);
        for _ in 0..count {
            let script = self.script(&mut puts_left);
            if self.habits.is_open {
                clients.extend(apart(&script));
            } else {
                clients.push(script);
            }
        }
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
            // A node that loses its disk begins new sessions: what is on its way to it is lost.
            loss: self.weather.loses() || lost_disk.is_some(),
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
        let count = 1 + self.chance.below(self.habits.lines_max);
        let one = self.via();
        let asks_one = matches!(self.habits.asks, Through::One);
        let mut lines: Vec<ScriptLine> = Vec::with_capacity(count);
        for index in 0..count {
            let is_last = index + 1 == count;
            let mut ask = self.habits.ask(self.chance);
            if is_last && self.habits.ends_by_deleting {
                ask = Ask::Delete;
            }
            if ask.is_put() && *puts_left == 0 {
                ask = Ask::Get;
            }
            *puts_left -= usize::from(ask.is_put());
            if is_informed(ask) && self.habits.reads_first {
                lines.push((if asks_one { one } else { self.via() }, Ask::Get));
            }
            lines.push((if asks_one { one } else { self.via() }, ask));
        }
        lines
    }

    /// The script of an administrator that makes requests, too. Then it is certain which comes
    /// first.
    fn mixed(&mut self, changes: Vec<ScriptLine>, puts_left: &mut usize) -> Vec<ScriptLine> {
        let mut lines = Vec::new();
        for change in changes {
            lines.extend(self.beside_change(puts_left));
            lines.push(change);
        }
        lines.extend(self.beside_change(puts_left));
        lines
    }

    fn beside_change(&mut self, puts_left: &mut usize) -> Vec<ScriptLine> {
        let most = self.chance.below(BESIDE_CHANGES_MAX + 1);
        let mut script = self.script(puts_left);
        script.truncate(most);
        script
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

/// Does the client say what it has read before?
fn is_informed(ask: Ask) -> bool {
    matches!(ask, Ask::PutOver | Ask::Delete)
}

/// A script as those of several clients. A request over what the client has read stays with the one
/// before it.
fn apart(script: &[ScriptLine]) -> impl Iterator<Item = Vec<ScriptLine>> + '_ {
    script.chunk_by(|_, (_, ask)| is_informed(*ask)).map(<[ScriptLine]>::to_vec)
}
