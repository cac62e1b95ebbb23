//! Lets in what is from whom it says it is, and for this node; drops and counts everything else.
//!
//! The model speaks of nodes by their ids. It assumes that a message from a node is from that node,
//! and from its present start or an earlier one. What the runtime guarantees is a little more: once
//! a node has been heard from a later start, nothing is taken from an earlier one.

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

/// What comes from an earlier start within this time after the first datagram of a later one was in
/// flight. What comes after it is from a process that still lives.
const IN_FLIGHT: Duration = Duration::from_secs(3);
/// At most so often a node that lives twice is told so, and the log says it.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// Why a datagram is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Refused {
    /// Its sender belongs to another cluster, or was founded with another list of members, or with
    /// other quorums.
    OtherCluster,
    /// It is for another node, which was known by this node's address.
    ForOtherNode,
    /// It is from a node with this node's own id: this one, or another process.
    FromOneself,
    /// Its sender was started again since.
    EarlierStart,
    /// Its sender has another secret than this cluster's.
    WrongSecret,
    /// Its sender is on another machine, and the cluster has no secret.
    OtherMachine,
    /// Its sender may not do that: a client poses as a node, or changes who is a member.
    NoRight,
    /// A put comes with a context that no node of the cluster has given out for its key.
    MadeUpContext,
    /// The node there does not let this one in: the two have different secrets.
    NoEntry,
}

impl Refused {
    /// In words.
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

/// How many datagrams were not let in for one reason, and where the last of them came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// The reason.
    pub why: Refused,
    /// How many.
    pub count: u64,
    /// Where the last came from.
    pub last_from: SocketAddr,
}

/// A node whose id two living processes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// The id.
    pub node: NodeId,
    /// Where the one was heard that does not count: that of the earlier start. For this node's own
    /// id: who said that there is another.
    pub heard_at: SocketAddr,
    /// How long ago, in milliseconds.
    pub ago_ms: u64,
}

/// The latest start of a node that was heard.
#[derive(Clone, Copy, Debug)]
struct Heard {
    life: Life,
    since: Instant,
}

/// The other of two living processes with one id.
#[derive(Clone, Copy, Debug)]
struct Other {
    at: SocketAddr,
    heard: Instant,
    told: Instant,
}

/// Knows who this node is, and which starts of others were heard.
#[derive(Debug)]
pub struct Doorkeeper {
    cluster: ClusterId,
    id: NodeId,
    life: Life,
    heard: BTreeMap<NodeId, Heard>,
    others: BTreeMap<NodeId, Other>,
    refusals: BTreeMap<Refused, Refusals>,
    /// What the node remembers of others, and has heard of itself.
    pub(crate) memories: Memories,
}

/// The right that a sender needs for a message. Nodes alone tell one another what they hold and
/// whom they know.
pub fn right_for(message: &Message) -> Right {
    match message {
        Message::Request(_) | Message::Routed { .. } | Message::Gossip { .. } => Right::Client,
        Message::Administer { .. } | Message::Changes { .. } => Right::Administrator,
        _ => Right::Node,
    }
}

/// What becomes of a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is let in, as from this actor.
    From(Id),
    /// It is dropped.
    Refused(Refused),
    /// It is dropped: this node's start has not heard yet what is remembered of it, and is to be
    /// told.
    Unconfirmed(NodeId),
    /// It is dropped, and these are to be told that two living processes have one id: each is sent
    /// who the other is.
    TwoLive(Box<[(SocketAddr, Parties); 2]>),
}

impl Doorkeeper {
    /// Of a node in this life.
    pub fn new(cluster: ClusterId, id: NodeId, life: Life) -> Self {
        let (heard, others, refusals) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Doorkeeper { cluster, id, life, heard, others, refusals, memories: Memories::default() }
    }

    /// The doorkeeper, with what the node remembers of others and has heard of itself.
    #[must_use]
    pub fn with_memories(self, memories: Memories) -> Self {
        Doorkeeper { memories, ..self }
    }

    /// What this node's datagrams say of themselves.
    pub fn parties(&self, to: Option<NodeId>) -> Parties {
        Parties {
            cluster: self.cluster,
            from: Sender::Node(self.id, self.life),
            to,
            recall: self.memories.recall(to),
        }
    }

    /// What becomes of a datagram from this address, in a session with this right.
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

    /// Counts what came from this address and is not let in.
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

    /// A node is believed to be who it says it is if it speaks from where it is known to be. From
    /// elsewhere it is taken for a client, until it has told where it is now.
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
        tracing::warn!(%node, %at, "two living processes have one node id: what comes from the one started first is dropped");
        let who = |life| Parties {
            cluster: self.cluster,
            from: Sender::Node(node, life),
            to: Some(node),
            recall: Recall::default(),
        };
        Verdict::TwoLive(Box::new([(at, who(later.life)), (known_at.unwrap_or(at), who(life))]))
    }

    /// Remembers the other process with one id. Is it to be told now?
    fn note_other(&mut self, node: NodeId, at: SocketAddr, now: Instant) -> bool {
        let told = self.others.get(&node).map(|other| other.told);
        let is_due = told.is_none_or(|told| now.saturating_duration_since(told) >= TOLD_EVERY);
        if is_due && node == self.id {
            tracing::error!(%node, told_by = %at, "another living process has this node's id: stop one of the two");
        }
        let told = if is_due { now } else { told.unwrap_or(now) };
        self.others.insert(node, Other { at, heard: now, told });
        is_due
    }

    /// What was not let in, by reason.
    pub fn refusals(&self) -> Vec<Refusals> {
        self.refusals.values().copied().collect()
    }

    /// The nodes whose id two living processes have, or had.
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
