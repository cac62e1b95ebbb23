//! Bounded configurations, as data: nodes, quorums, scripted clients, and what may go wrong.

pub mod instance;
pub mod write_set;

use dynamo_model::ids::{Key, NodeId};
use dynamo_model::ring::Ring;

/// What a scripted client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Put without having read.
    Put,
    /// The same, to be acknowledged only once W intended replicas have it themselves.
    PutInPerson,
    /// Put with the context of the answer just before.
    PutOver,
    /// Delete what the answer just before showed.
    Delete,
    /// Read.
    Get,
    /// The same, to be answered only once R intended replicas have spoken themselves.
    GetInPerson,
    /// Let the node at this place join.
    Join(usize),
    /// Let the node at this place leave.
    Leave(usize),
    /// Give up the node at this place.
    Remove(usize),
}

impl Ask {
    /// Does it read?
    pub fn is_get(self) -> bool {
        matches!(self, Ask::Get | Ask::GetInPerson)
    }

    /// Does it replace what the answer before showed?
    pub fn is_informed(self) -> bool {
        matches!(self, Ask::PutOver | Ask::Delete)
    }

    /// Does it put or delete?
    pub fn is_put(self) -> bool {
        !self.is_get() && self.moves().is_none()
    }

    /// The node that it lets join or leave, by its place.
    pub fn moves(self) -> Option<usize> {
        match self {
            Ask::Join(place) | Ask::Leave(place) | Ask::Remove(place) => Some(place),
            _ => None,
        }
    }

    /// Are only intended replicas' own words enough?
    pub fn is_in_person(self) -> bool {
        matches!(self, Ask::PutInPerson | Ask::GetInPerson)
    }
}

/// One line of a scope's script: through which node, counted clockwise from the key (0 to N−1 are
/// its preference list, once all have joined) or [`OWN_VIEW`], and what.
pub type ScriptLine = (usize, Ask);

/// Through the node that is responsible by what the client knows of the members.
pub const OWN_VIEW: usize = usize::MAX;

/// Does a client with this script choose nodes by a view of its own?
pub(crate) fn chooses_nodes(script: &[ScriptLine]) -> bool {
    script.iter().any(|(via, _)| *via == OWN_VIEW)
}

/// What may go wrong besides messages being delayed and reordered, which always may; and what goes
/// on in the background.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on one another")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Messages may be lost.
    pub loss: bool,
    /// Messages may be delivered again, any number of times.
    pub duplication: bool,
    /// How many nodes may be down at one time. A node that is down may come back at any moment with
    /// what it has saved, and may go down again.
    pub crashes: usize,
    /// Coordinators may lose patience at any moment; how often they send again first.
    pub timeouts: Option<u8>,
    /// How often a client may ask again, at any moment.
    pub client_retries: u8,
    /// How often a hint may be sent to its recipient as long as it does not grow.
    pub handoffs: u8,
    /// The node whose disk may be lost, once, at any moment; counted clockwise from the key.
    pub lost_disk: Option<usize>,
    /// The node that may be started on an older copy of its disk, once, at any moment; counted
    /// clockwise from the key. What it has sent since the copy was made has arrived by then, or is
    /// lost; and it does not crash otherwise.
    pub old_disk: Option<usize>,
    /// How often it is asked whether tombstones may be reaped. Where it is at all, no message lives
    /// longer than tombstones do.
    pub reaps: u8,
    /// Do nodes gossip?
    pub gossip: bool,
    /// Do replicas compare what they hold?
    pub exchange: bool,
}

impl Faults {
    /// The node whose disk is lost, or older at some time.
    pub(crate) fn bad_disk(&self) -> Option<usize> {
        self.lost_disk.or(self.old_disk)
    }
}

/// Why a scope does not claim some properties.
#[derive(Clone, Copy, Debug)]
pub struct Excuse {
    /// Their names, as in [`Property::name`].
    pub properties: &'static [&'static str],
    /// The reason.
    pub reason: &'static str,
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
};

/// A named bounded configuration, and what the check of it must find.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it aims at, in a sentence.
    pub aim: &'static str,
    /// How many nodes are in the ring.
    pub nodes: u16,
    /// N, R and W.
    pub quorum: (usize, usize, usize),
    /// One script for each client.
    pub clients: &'static [&'static [ScriptLine]],
    /// What may go wrong.
    pub faults: Faults,
    /// What this scope does not claim. An excuse that is not needed is an error: see
    /// [`Scope::excuse`].
    pub excused: &'static [Excuse],
    /// How many unique states there are: a changed count is a changed protocol.
    pub unique_states: usize,
}

impl Scope {
    /// May a fallback stand in for an intended replica here?
    pub(crate) fn has_stand_ins(&self) -> bool {
        usize::from(self.nodes) > self.quorum.0 && self.faults.timeouts.is_some()
    }

    pub(crate) fn asks(&self, what: Ask) -> bool {
        self.clients.iter().any(|script| script.iter().any(|(_, ask)| *ask == what))
    }

    /// Does any client choose nodes by a view of its own?
    pub(crate) fn routes(&self) -> bool {
        self.clients.iter().any(|script| chooses_nodes(script))
    }

    /// All nodes, whether they have joined or not.
    pub fn ring(&self) -> Ring {
        let members: Vec<NodeId> = (0..self.nodes).map(NodeId).collect();
        Ring::of(&members)
    }

    /// The node at this place, counted clockwise from the key.
    pub(crate) fn node_at(&self, place: usize, key: &Key) -> NodeId {
        self.ring().preference_list(key, usize::from(self.nodes))[place]
    }

    /// Does anybody join or leave?
    pub fn changes(&self) -> bool {
        self.asks_to_move().next().is_some()
    }

    /// Does anything go on without end: the telling of histories, the comparing of trees?
    pub fn is_endless(&self) -> bool {
        self.changes() || self.faults.exchange
    }

    fn asks_to_move(&self) -> impl Iterator<Item = Ask> {
        let asks = self.clients.iter().flat_map(|script| script.iter().map(|(_, ask)| *ask));
        asks.filter(|ask| ask.moves().is_some())
    }

    /// The members from the beginning: all nodes but those of which the first that anyone wants is
    /// that they join.
    pub(crate) fn founders(&self, key: &Key) -> Vec<NodeId> {
        let clockwise = self.ring().preference_list(key, usize::from(self.nodes)).to_vec();
        let joins_first = |node: &NodeId| {
            let first = self
                .asks_to_move()
                .find(|ask| ask.moves().is_some_and(|place| clockwise[place] == *node));
            matches!(first, Some(Ask::Join(_)))
        };
        (0..self.nodes).map(NodeId).filter(|node| !joins_first(node)).collect()
    }
}
