//! Bounded configurations, as data: nodes, quorums, scripted clients, and what may go wrong.

mod fewer;
pub mod instance;
pub mod own;
pub(crate) mod recorded;
pub(crate) mod standings;
pub mod write_set;

use dynamo_model::ids::{Key, NodeId};
use dynamo_model::ring::Ring;
use serde::{Deserialize, Serialize};

/// What a scripted client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Put without a context: the client has read nothing.
    Put,
    /// Put without a context, with PW=W: only intended replicas count.
    PutInPerson,
    /// Put with the context of the client's last answer.
    PutOver,
    /// Delete with the context of the client's last answer.
    Delete,
    /// Get.
    Get,
    /// Get with PR=R: only intended replicas count.
    GetInPerson,
    /// Let the node at this position join.
    Join(usize),
    /// Let the node at this position leave.
    Leave(usize),
    /// Remove the node at this position for good.
    Remove(usize),
}

impl Ask {
    /// Is it a get?
    pub fn is_get(self) -> bool {
        matches!(self, Ask::Get | Ask::GetInPerson)
    }

    /// Does it use the context of the client's last answer?
    pub fn is_informed(self) -> bool {
        matches!(self, Ask::PutOver | Ask::Delete)
    }

    /// Is it a put or a delete?
    pub fn is_put(self) -> bool {
        !self.is_get() && self.moves().is_none()
    }

    /// The position of the node that it lets join or leave, or removes.
    pub fn moves(self) -> Option<usize> {
        match self {
            Ask::Join(position) | Ask::Leave(position) | Ask::Remove(position) => Some(position),
            _ => None,
        }
    }

    /// Do only intended replicas count, and no fallbacks?
    pub fn is_in_person(self) -> bool {
        matches!(self, Ask::PutInPerson | Ask::GetInPerson)
    }
}

/// One line of a scope's script: the position of the node that the client asks, or [`OWN_VIEW`],
/// and what it asks. A *position* counts nodes clockwise from the key: 0 to N−1 are the preference
/// list, once all nodes have joined.
pub type ScriptLine = (usize, Ask);

/// The client chooses the node by its own view of the members.
pub const OWN_VIEW: usize = usize::MAX;

/// Does a client with this script choose nodes by its own view of the members?
pub(crate) fn chooses_nodes(script: &[ScriptLine]) -> bool {
    script.iter().any(|(via, _)| *via == OWN_VIEW)
}

/// What may go wrong, and what goes on in the background. Messages may always be delayed and
/// reordered.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on one another")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Messages may be lost.
    pub loss: bool,
    /// Messages may be delivered more than once, any number of times.
    pub duplication: bool,
    /// How many nodes may be down at one time. Such a node may come back at any moment with what it
    /// has saved, and may crash again.
    pub crashes: usize,
    /// `None`: coordinators wait for ever. Else their timeout may fire at any moment, and this is
    /// how often they retransmit before they ask fallbacks or give up.
    pub timeouts: Option<u8>,
    /// How often a client may retry, at any moment.
    pub client_retries: u8,
    /// How often a holder may send a hint to its recipient while the hint does not grow.
    pub handoffs: u8,
    /// The position of a node that may lose its disk, once, at any moment.
    pub lost_disk: Option<usize>,
    /// The position of a node that may start on an older copy of its disk, once, at any moment. By
    /// then, every message that it sent since the copy was made has arrived or is lost. The node
    /// does not crash otherwise.
    pub old_disk: Option<usize>,
    /// How often a node may ask whether it may reap tombstones. If it may at all, no message lives
    /// longer than tombstones do.
    pub reaps: u8,
    /// Do nodes gossip?
    pub gossip: bool,
    /// Do replicas run anti-entropy exchanges?
    pub exchange: bool,
    /// Does the last client use a second key, which has the same replicas?
    pub second_key: bool,
    /// Is little of an exchange in one message: one tree node, or one key of a leaf? A node then
    /// follows up one difference for a message, and its trees have one level more.
    pub small_exchanges: bool,
    /// The position of a node that has moved before the start: all others know its old address.
    pub moved: Option<usize>,
    /// How many messages that carry only a history may be in flight, beyond one. Where the ring
    /// changes, nodes send such messages without end, so a scope must bound them. With only one in
    /// flight, no node learns of a change while its own older history is still on its way.
    pub more_histories: u8,
    /// May nodes repeat hints, histories and exchanges without end? Then nothing bounds the scope.
    /// It is for following one path, such as a script's, and not for a check of all states.
    pub endless: bool,
}

impl Faults {
    /// The position of the node whose disk may be lost, or replaced by an older copy.
    pub(crate) fn bad_disk(&self) -> Option<usize> {
        self.lost_disk.or(self.old_disk)
    }
}

/// No faults.
pub const NO_FAULTS: Faults = Faults {
    loss: false,
    duplication: false,
    crashes: 0,
    timeouts: None,
    client_retries: 0,
    handoffs: 0,
    lost_disk: None,
    old_disk: None,
    reaps: 0,
    gossip: false,
    exchange: false,
    second_key: false,
    small_exchanges: false,
    moved: None,
    more_histories: 0,
    endless: false,
};

/// A named bounded configuration, and what the check of it must find.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Its name on the command line. A scope of a reader's own whose key is not `k` is named
    /// `NAME@KEY`.
    pub name: &'static str,
    /// What it aims at, in a sentence that stands alone.
    pub aim: &'static str,
    /// How many nodes are in the ring.
    pub nodes: u16,
    /// N, R and W.
    pub quorum: (usize, usize, usize),
    /// One script for each client.
    pub clients: &'static [&'static [ScriptLine]],
    /// What may go wrong.
    pub faults: Faults,
    /// The *reachable* properties that no state of this scope shows, although its data do not
    /// rule them out. Measured, and pinned as `unique_states` is: the check reports one that is
    /// shown after all.
    pub unseen: &'static [&'static str],
    /// How many unique states there are: a changed count is a changed protocol. 0: nobody has
    /// counted them, because the scope is for a story or is a reader's own. Such a scope claims
    /// the *always* and *converges* properties, and no *reachable* one.
    pub unique_states: usize,
}

/// The key of every scope whose name has no other.
const KEY: &str = "k";

impl Scope {
    /// Is the number of its states pinned, and does it claim *reachable* properties?
    pub fn is_pinned(&self) -> bool {
        self.unique_states > 0
    }

    /// The name of a scope on this key.
    pub(crate) fn name_on(name: &str, key: &str) -> String {
        if key == KEY { name.to_owned() } else { format!("{name}@{key}") }
    }

    /// Its name without the key, and the key.
    pub(crate) fn name_and_key(&self) -> (&'static str, &'static str) {
        self.name.split_once('@').unwrap_or((self.name, KEY))
    }

    /// The key that all clients use, but for the last one if there is a second key.
    pub fn key(&self) -> Key {
        Key::new(self.name_and_key().1).expect("a scope's key is valid")
    }

    /// May a fallback stand in for an intended replica here?
    pub(crate) fn has_stand_ins(&self) -> bool {
        usize::from(self.nodes) > self.quorum.0 && self.faults.timeouts.is_some()
    }

    /// May a coordinator ask a node again, in a message that is equal to the first?
    pub(crate) fn asks_again(&self) -> bool {
        !self.faults.duplication
            && (self.faults.client_retries > 0
                || self.changes()
                || self.faults.timeouts.is_some_and(|retransmissions| retransmissions > 0))
    }

    /// What the clients ask, client by client.
    pub(crate) fn asked(&self) -> impl Iterator<Item = Ask> {
        self.clients.iter().flat_map(|script| script.iter().map(|(_, ask)| *ask))
    }

    pub(crate) fn asks(&self, what: Ask) -> bool {
        self.asked().any(|ask| ask == what)
    }

    /// Does any client choose nodes by its own view of the members?
    pub(crate) fn routes(&self) -> bool {
        self.clients.iter().any(|script| chooses_nodes(script))
    }

    /// Is the ground truth to record also the replies to a get that its coordinator ignores? It is,
    /// unless a coordinator may have forgotten the get for a good reason: it has timed out, has
    /// crashed, or has another disk.
    pub(crate) fn takes_late_replies(&self) -> bool {
        let Faults { timeouts, crashes, .. } = self.faults;
        let may_forget = timeouts.is_some() || crashes > 0 || self.faults.bad_disk().is_some();
        !may_forget && self.asked().any(Ask::is_get)
    }

    /// All nodes, whether they have joined or not.
    pub fn ring(&self) -> Ring {
        let members: Vec<NodeId> = (0..self.nodes).map(NodeId).collect();
        Ring::of(&members)
    }

    /// All nodes in the order in which the key finds them on the ring: their positions.
    pub fn clockwise(&self, key: &Key) -> Vec<NodeId> {
        let nodes: Vec<NodeId> = (0..self.nodes).map(NodeId).collect();
        Ring::all_clockwise(&nodes, key)
    }

    /// The node at this position.
    pub(crate) fn node_at(&self, position: usize, key: &Key) -> NodeId {
        self.clockwise(key)[position]
    }

    /// Does any node join or leave, or has any moved?
    pub fn changes(&self) -> bool {
        self.asks_to_move().next().is_some() || self.faults.moved.is_some()
    }

    /// Does anything go on without end? Nodes tell their histories, and replicas compare trees,
    /// again and again.
    pub fn is_endless(&self) -> bool {
        self.changes() || self.faults.exchange || self.faults.endless
    }

    fn asks_to_move(&self) -> impl Iterator<Item = Ask> {
        self.asked().filter(|ask| ask.moves().is_some())
    }

    /// The fewest members that the ring may have here, and at least one.
    pub(crate) fn members_min(&self) -> usize {
        let goes = |ask: &Ask| matches!(ask, Ask::Leave(_) | Ask::Remove(_));
        let founders = self.founders(&self.key()).len();
        founders.saturating_sub(self.asked().filter(goes).count()).max(1)
    }

    /// Founders: every node whose first scripted change is not a join.
    pub(crate) fn founders(&self, key: &Key) -> Vec<NodeId> {
        let clockwise = self.clockwise(key);
        let joins_first = |node: &NodeId| {
            let first = self
                .asks_to_move()
                .find(|ask| ask.moves().is_some_and(|position| clockwise[position] == *node));
            matches!(first, Some(Ask::Join(_)))
        };
        (0..self.nodes).map(NodeId).filter(|node| !joins_first(node)).collect()
    }
}
