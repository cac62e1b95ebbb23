//! The questions of `dynamo status` and `dynamo hints`, and a node's replies. They are no part of
//! the protocol, and change nothing.
//!
//! ```text
//! "DYNQ" or "DYNR"  version  crc32 of the rest     number  question or reply in postcard encoding
//! 4                 1        4, little-endian       8, LE   the rest
//! ```

use crate::admission::Overload;
use crate::counters::Dropped;
use crate::doorkeeper::{Refusals, Twin};
use crate::founding::Founding;
use crate::recording::Recording;
use crate::wire::{PAYLOAD_BYTES_MAX, VERSION};
use dynamo_model::hint::{HintId, HintState};
use dynamo_model::ids::{Key, NodeId};
use dynamo_model::membership::Tip;
use dynamo_model::node::{Node, State};
use dynamo_model::ring::Partition;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ops::Bound;

const QUESTION: [u8; 4] = *b"DYNQ";
const REPLY: [u8; 4] = *b"DYNR";
const CHECKSUM_AT: usize = 5;
const NUMBER_AT: usize = 9;
const HEADER_BYTES: usize = 17;
/// The most hints in one reply: with the longest keys they fit a datagram.
const HINTS_MAX: usize = 150;
/// The most hints in one reply that the node has only asked others to keep.
const CREATED_MAX: usize = 50;

/// A question to a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// The node's status.
    Status,
    /// The node's hints after this one, in order.
    Hints {
        /// The last hint known; `None` to begin with the first.
        after: Option<HintId>,
    },
}

/// A node's reply to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The node's status.
    Status(Box<Status>),
    /// Some of its hints.
    Hints {
        /// Sorted by recipient and key.
        hints: Vec<HintLine>,
        /// Are there more after these?
        more: bool,
    },
}

/// A node's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The node.
    pub id: NodeId,
    /// The tip of its membership history.
    pub tip: Tip,
    /// The cluster it belongs to, with its quorums.
    pub cluster: Founding,
    /// All members it knows, including itself.
    pub members: Vec<NodeId>,
    /// How long ago each other member last reported this tip, in milliseconds. Members that have
    /// not reported it are left out.
    pub agreed_ms: Vec<(NodeId, u64)>,
    /// The nodes that did not answer in time, and have not been heard from since.
    pub suspected: Vec<NodeId>,
    /// How many keys it holds as a replica, including tombstones.
    pub keys: usize,
    /// How many hints it keeps for other nodes.
    pub hints: usize,
    /// Is it still building its Merkle trees after a start? Until they are complete it takes part
    /// in no exchange.
    pub planting: bool,
    /// What it has dropped since its start, by reason.
    pub dropped: Dropped,
    /// What it has refused or dropped for lack of capacity since its start.
    pub overload: Overload,
    /// The datagrams it has refused since its start, by reason.
    pub refusals: Vec<Refusals>,
    /// The node ids that two living processes have or had.
    pub twins: Vec<Twin>,
    /// Its anti-entropy exchanges, by partition and peer.
    pub exchanges: Vec<ExchangeLine>,
    /// How it found, at its start or later, that its data was an older copy of itself.
    pub found_old: Option<String>,
    /// Is it recorded?
    pub recording: Recording,
}

/// The exchanges of one partition with one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeLine {
    /// The partition.
    pub partition: Partition,
    /// The peer.
    pub peer: NodeId,
    /// How long ago the peer last sent its root, in milliseconds.
    pub last_ms: Option<u64>,
    /// For how long the peer's root has been the same as this node's, in milliseconds.
    pub agreed_ms: Option<u64>,
    /// How many keys this node has repaired with data from the peer since its start.
    pub repaired: u64,
}

/// Facts about a node that its protocol state does not contain.
pub trait Watch {
    /// How long the node has kept a hint, in milliseconds.
    fn hint_age_ms(&self, hint: &HintId) -> u64;
    /// How long ago a peer last reported this node's tip, in milliseconds.
    fn agreed_ms(&self, peer: NodeId) -> Option<u64>;
    /// What the node has dropped since its start.
    fn dropped(&self) -> Dropped;
    /// What it has refused or dropped for lack of capacity.
    fn overload(&self) -> Overload;
    /// The cluster it belongs to.
    fn cluster(&self) -> Founding;
    /// The datagrams it has refused.
    fn refusals(&self) -> Vec<Refusals>;
    /// The node ids that two living processes have.
    fn twins(&self) -> Vec<Twin>;
    /// Its anti-entropy exchanges.
    fn exchanges(&self) -> Vec<ExchangeLine>;
    /// How it found that its data was an older copy of itself.
    fn found_old(&self) -> Option<String>;
    /// Is it recorded?
    fn recording(&self) -> Recording;
}

/// One hint, as `dynamo hints` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintLine {
    /// The node that the hint is for.
    pub recipient: NodeId,
    /// The key.
    pub key: Key,
    /// An upper bound of its size in bytes.
    pub bytes: usize,
    /// Its state.
    pub state: HintState,
    /// How long the node has kept it, in milliseconds.
    pub age_ms: u64,
    /// How often hints were sent to the recipient, since the first of them or the node's start. The
    /// count stops where the waiting time stops growing.
    pub attempts: u8,
}

impl Reply {
    /// Answers a question.
    pub fn new(
        question: &Question,
        node: &Node,
        id: NodeId,
        state: &State,
        watch: &impl Watch,
    ) -> Self {
        match question {
            Question::Status => Reply::Status(Box::new(Status {
                id,
                tip: state.view.tip(),
                cluster: watch.cluster(),
                members: state.view.ring().members().to_vec(),
                agreed_ms: {
                    let members = state.view.ring().members().iter();
                    members
                        .filter_map(|member| Some((*member, watch.agreed_ms(*member)?)))
                        .collect()
                },
                suspected: state.suspected.iter().copied().collect(),
                keys: state.durable.store.len(),
                hints: state.durable.hints.len(),
                planting: state.unplanted.is_some(),
                dropped: watch.dropped(),
                overload: watch.overload(),
                refusals: watch.refusals(),
                twins: watch.twins(),
                exchanges: watch.exchanges(),
                found_old: watch.found_old(),
                recording: watch.recording(),
            })),
            Question::Hints { after } => {
                let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
                let kept = state.durable.hints.range::<_, HintId>((from, Bound::Unbounded));
                let mut hints: Vec<HintLine> = Vec::new();
                for (hint, siblings) in kept.take(HINTS_MAX + 1) {
                    hints.push(HintLine {
                        recipient: hint.recipient,
                        key: hint.key.clone(),
                        bytes: siblings.bytes_max(),
                        state: state.hint_state(node, hint),
                        age_ms: watch.hint_age_ms(hint),
                        attempts: state.handoffs.get(&hint.recipient).copied().unwrap_or(0),
                    });
                }
                let more = hints.len() > HINTS_MAX;
                hints.truncate(HINTS_MAX);
                if after.is_none() {
                    hints.extend(created(state));
                }
                Reply::Hints { hints, more }
            }
        }
    }
}

/// Hints that this node, as a coordinator, has asked fallbacks to keep, and that are not confirmed
/// yet.
fn created(state: &State) -> Vec<HintLine> {
    let asked = state.puts.values().flat_map(|put| {
        put.collecting.tally.missing_stand_ins().map(|stand_in| HintId {
            recipient: stand_in.intended,
            key: put.collecting.key.clone(),
        })
    });
    let mut ids: Vec<HintId> = asked.filter(|id| !state.durable.hints.contains_key(id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(CREATED_MAX);
    let (bytes, state, age_ms, attempts) = (0, HintState::Created, 0, 0);
    let line =
        |HintId { recipient, key }| HintLine { recipient, key, bytes, state, age_ms, attempts };
    ids.into_iter().map(line).collect()
}

/// A question or reply with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<T> {
    /// The question's number; its reply has the same.
    pub number: u64,
    /// The question or reply.
    pub content: T,
}

impl Numbered<Question> {
    /// Encodes the question as a datagram.
    pub fn encode(&self) -> Vec<u8> {
        encode(QUESTION, self)
    }

    /// Decodes a question; `None` if the datagram is not an intact question of this version.
    pub fn decode(datagram: &[u8]) -> Option<Self> {
        decode(QUESTION, datagram)
    }
}

impl Numbered<Reply> {
    /// Encodes the reply as a datagram.
    pub fn encode(&self) -> Vec<u8> {
        encode(REPLY, self)
    }

    /// Decodes a reply; `None` if the datagram is not an intact reply of this version.
    pub fn decode(datagram: &[u8]) -> Option<Self> {
        decode(REPLY, datagram)
    }
}

fn encode<T: Serialize>(magic: [u8; 4], Numbered { number, content }: &Numbered<T>) -> Vec<u8> {
    let mut bytes = [&magic[..], &[VERSION], &[0; 4], &number.to_le_bytes()].concat();
    postcard::to_io(content, &mut bytes).expect("sequences of known length, written to memory");
    debug_assert!(bytes.len() <= PAYLOAD_BYTES_MAX);
    let checksum = crc32fast::hash(&bytes[NUMBER_AT..]);
    bytes[CHECKSUM_AT..NUMBER_AT].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn decode<T: DeserializeOwned>(magic: [u8; 4], datagram: &[u8]) -> Option<Numbered<T>> {
    let (header, content) =
        datagram.split_at_checked(HEADER_BYTES).filter(|(header, _)| header[..4] == magic)?;
    let checksum = crc32fast::hash(&datagram[NUMBER_AT..]).to_le_bytes();
    if header[4] != VERSION || header[CHECKSUM_AT..NUMBER_AT] != checksum {
        return None;
    }
    let number = u64::from_le_bytes(header[NUMBER_AT..].try_into().ok()?);
    let (content, rest) = postcard::take_from_bytes(content).ok()?;
    rest.is_empty().then_some(Numbered { number, content })
}

#[cfg(test)]
mod tests;
