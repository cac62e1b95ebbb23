//! Accepts datagrams that are for this node, and whose sender is who it says it is. Drops and
//! counts all others.
//!
//! The model identifies nodes by their ids. It assumes that a message from a node comes from that
//! node's present start or an earlier one. The runtime guarantees more: after it has heard a later
//! start of a node, it accepts nothing from an earlier one.

use crate::address::{Members, client_id};
use crate::identity::{ClusterId, Life, Parties, Sender};
use crate::memory::{Memories, Recall};
use crate::secret::Right;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Datagrams of an earlier start were in flight if they arrive within this time after the first
/// datagram of a later start. If they arrive later, the earlier process is still running.
const IN_FLIGHT: Duration = Duration::from_secs(3);
/// How often, at most, two processes with one id are told of each other, and the log says so.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Why a node refuses a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Refused {
    /// The sender belongs to another cluster, or was founded with another list of members or other
    /// quorums.
    OtherCluster,
    /// The datagram is for another node, which the sender believes to be at this address.
    ForOtherNode,
    /// The sender has this node's id: it is this process or another one.
    FromOneself,
    /// A later start of the sender has been heard.
    EarlierStart,
    /// The sender's secret is not this cluster's.
    WrongSecret,
    /// The sender is on another machine, and the cluster has no secret.
    OtherMachine,
    /// The sender lacks the right: a client poses as a node, or changes the members.
    NoRight,
    /// A put has a context that no node of the cluster has given out for its key.
    MadeUpContext,
    /// The node at that address rejects this node: the two have different secrets.
    NoEntry,
}

impl Refused {
    /// The reason in words, for logs and `dynamo status`.
    pub fn words(self) -> &'static str {
        match self {
            Refused::OtherCluster => "from another cluster",
            Refused::ForOtherNode => "for another node",
            Refused::FromOneself => "from a node with this one's id",
            Refused::EarlierStart => "from an earlier start of a node",
            Refused::WrongSecret => "with another secret",
            Refused::OtherMachine => "from another machine, without a secret",
            Refused::NoRight => "without the right to do that",
            Refused::MadeUpContext => "with a context that no node has given out for its key",
            Refused::NoEntry => "from a node that does not let this one in",
        }
    }
}

/// How many datagrams were refused for one reason, and the address of the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// The reason.
    pub why: Refused,
    /// How many datagrams.
    pub count: u64,
    /// The source address of the last one.
    pub last_from: SocketAddr,
}

/// A node id that two living processes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// The id.
    pub node: NodeId,
    /// The address of the process that was started first, which is ignored. For this node's own id:
    /// the address of the node that reported the other process.
    pub heard_at: SocketAddr,
    /// How long ago, in milliseconds.
    pub ago_ms: u64,
}

/// The latest start of a node that this node has heard.
#[derive(Clone, Copy, Debug)]
struct Heard {
    life: Life,
    since: Instant,
}

/// The other one of two living processes with one id.
#[derive(Clone, Copy, Debug)]
struct Other {
    at: SocketAddr,
    heard: Instant,
    told: Instant,
}

/// Decides which datagrams this node accepts. Remembers the latest start of every other node.
#[derive(Debug)]
pub struct Doorkeeper {
    cluster: ClusterId,
    id: NodeId,
    life: Life,
    heard: BTreeMap<NodeId, Heard>,
    others: BTreeMap<NodeId, Other>,
    refusals: BTreeMap<Refused, Refusals>,
    /// What the node remembers of others, and what others have told it about itself.
    pub(crate) memories: Memories,
}

/// The right that a sender needs for a message. Only nodes exchange data and membership histories.
pub fn right_for(message: &Message) -> Right {
    match message {
        Message::Request(_) | Message::Routed { .. } | Message::Gossip { .. } => Right::Client,
        Message::Administer { .. } | Message::Changes { .. } => Right::Administrator,
        _ => Right::Node,
    }
}

/// What to do with a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Accept it, as a message from this actor.
    From(Id),
    /// Drop it.
    Refused(Refused),
    /// Drop it: the sender has not yet heard what this node remembers of it. Tell it.
    Unconfirmed(NodeId),
    /// Drop it: two living processes have one id. Send each of the two addresses the header that
    /// tells it of the other.
    TwoLive(Box<[(SocketAddr, Parties); 2]>),
}

impl Doorkeeper {
    /// The doorkeeper of a node in this life.
    pub fn new(cluster: ClusterId, id: NodeId, life: Life) -> Self {
        let (heard, others, refusals) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Doorkeeper { cluster, id, life, heard, others, refusals, memories: Memories::default() }
    }

    /// Sets what the node remembers of others, and what others have told it about itself.
    #[must_use]
    pub fn with_memories(self, memories: Memories) -> Self {
        Doorkeeper { memories, ..self }
    }

    /// The header of this node's datagrams to a receiver.
    pub fn parties(&self, to: Option<NodeId>) -> Parties {
        Parties {
            cluster: self.cluster,
            from: Sender::Node(self.id, self.life),
            to,
            recall: self.memories.recall(to),
        }
    }

    /// Decides about a datagram from this address, in a session with this right.
    pub fn admit(
        &mut self,
        parties: &Parties,
        right: Right,
        at: SocketAddr,
        members: &Members,
        now: Instant,
    ) -> Verdict {
        let poses_as_node = parties.from != Sender::Client && right != Right::Node;
        let verdict = if poses_as_node {
            Verdict::Refused(Refused::NoRight)
        } else {
            self.judge(parties, at, members, now)
        };
        match verdict {
            Verdict::From(_) | Verdict::Unconfirmed(_) => {}
            Verdict::Refused(why) => self.refuse(why, at),
            Verdict::TwoLive(_) => self.refuse(Refused::EarlierStart, at),
        }
        verdict
    }

    /// Counts a refused datagram from this address.
    pub fn refuse(&mut self, why: Refused, at: SocketAddr) {
        tracing::debug!(%at, why = why.words(), "dropped a datagram");
        let refusals =
            self.refusals.entry(why).or_insert(Refusals { why, count: 0, last_from: at });
        (refusals.count, refusals.last_from) = (refusals.count + 1, at);
    }

    fn judge(
        &mut self,
        parties: &Parties,
        at: SocketAddr,
        members: &Members,
        now: Instant,
    ) -> Verdict {
        let is_new_client = parties.from == Sender::Client && parties.cluster == ClusterId::UNKNOWN;
        if parties.cluster != self.cluster && !is_new_client {
            return Verdict::Refused(Refused::OtherCluster);
        }
        match parties.from {
            Sender::Node(node, life) if node == self.id => {
                if life != self.life && parties.to == Some(self.id) {
                    self.note_other(node, at, now);
                }
                Verdict::Refused(Refused::FromOneself)
            }
            _ if parties.to.is_some_and(|to| to != self.id) => {
                Verdict::Refused(Refused::ForOtherNode)
            }
            Sender::Client => Verdict::From(client_id(at)),
            Sender::Node(node, life) => {
                let verdict = self.judge_node(node, life, at, members, now);
                let is_known = verdict == Verdict::From(node.actor());
                if is_known && !self.memories.hear(node, life, &parties.recall) {
                    return Verdict::Unconfirmed(node);
                }
                verdict
            }
        }
    }

    /// A node is accepted as itself only at its known address. At another address it counts as a
    /// client, until it has told its new address.
    fn judge_node(
        &mut self,
        node: NodeId,
        life: Life,
        at: SocketAddr,
        members: &Members,
        now: Instant,
    ) -> Verdict {
        let known_at = members.address(node);
        match self.heard.get(&node) {
            Some(heard) if life.start < heard.life.start => {
                return self.refuse_earlier(node, life, at, known_at, now);
            }
            Some(heard) if life == heard.life => {}
            _ if known_at == Some(at) => drop(self.heard.insert(node, Heard { life, since: now })),
            _ => {}
        }
        Verdict::From(if known_at == Some(at) { node.actor() } else { client_id(at) })
    }

    fn refuse_earlier(
        &mut self,
        node: NodeId,
        life: Life,
        at: SocketAddr,
        known_at: Option<SocketAddr>,
        now: Instant,
    ) -> Verdict {
        let later = self.heard[&node];
        if now.saturating_duration_since(later.since) < IN_FLIGHT || !self.note_other(node, at, now)
        {
            return Verdict::Refused(Refused::EarlierStart);
        }
        tracing::warn!(
            %node, %at,
            "two living processes have one node id: dropping datagrams of the one started first"
        );
        let who = |life| Parties {
            cluster: self.cluster,
            from: Sender::Node(node, life),
            to: Some(node),
            recall: Recall::default(),
        };
        Verdict::TwoLive(Box::new([(at, who(later.life)), (known_at.unwrap_or(at), who(life))]))
    }

    /// Records the other process with this id. Returns whether it is time to tell the two.
    fn note_other(&mut self, node: NodeId, at: SocketAddr, now: Instant) -> bool {
        let told = self.others.get(&node).map(|other| other.told);
        let is_due = told.is_none_or(|told| now.saturating_duration_since(told) >= TOLD_EVERY);
        if is_due && node == self.id {
            tracing::error!(
                %node, told_by = %at,
                "another living process has this node's id: stop one of the two"
            );
        }
        let told = if is_due { now } else { told.unwrap_or(now) };
        self.others.insert(node, Other { at, heard: now, told });
        is_due
    }

    /// The refused datagrams, by reason.
    pub fn refusals(&self) -> Vec<Refusals> {
        self.refusals.values().copied().collect()
    }

    /// The node ids that two living processes have or had.
    pub fn twins(&self, now: Instant) -> Vec<Twin> {
        let ago_ms = |other: &Other| now.saturating_duration_since(other.heard).as_millis() as u64;
        let twin = |(node, other): (&NodeId, &Other)| Twin {
            node: *node,
            heard_at: other.at,
            ago_ms: ago_ms(other),
        };
        self.others.iter().map(twin).collect()
    }
}

#[cfg(test)]
mod tests;
