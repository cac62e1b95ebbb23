//! Looking into a node: what `dynamo status` and `dynamo hints` ask. No part of the protocol: a
//! question changes nothing.
//!
//! ```text
//! "DYNQ" or "DYNR"  version  crc32 of what follows  number  question or report in postcard encoding
//! 4                 1        4, little-endian       8, LE   the rest
//! ```

use crate::admission::Overload;
use crate::counters::Dropped;
use crate::doorkeeper::{Refusals, Twin};
use crate::founding::Founding;
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
const REPORT: [u8; 4] = *b"DYNR";
const CHECKSUM_AT: usize = 5;
const NUMBER_AT: usize = 9;
const HEADER_BYTES: usize = 17;
/// At most so many hints in one report: with the longest keys they fit a datagram.
const HINTS_MAX: usize = 150;
/// And so many that it has asked others to keep.
const CREATED_MAX: usize = 50;

/// What may be asked of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// How it is.
    Status,
    /// The hints it keeps, after this one in order.
    Hints {
        /// The last one known; `None`: from the first.
        after: Option<HintId>,
    },
}

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// How it is.
    Status(Box<Status>),
    /// Some of its hints.
    Hints {
        /// By recipient and key.
        hints: Vec<HintLine>,
        /// Are there more after these?
        more: bool,
    },
}

/// How a node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The node.
    pub id: NodeId,
    /// The digest of what it knows of the members.
    pub tip: Tip,
    /// The cluster that it belongs to, with its quorums.
    pub cluster: Founding,
    /// All members that it knows, itself included.
    pub members: Vec<NodeId>,
    /// How long ago the other members were heard to know the same, in milliseconds; not those that
    /// were not since it last learned something.
    pub agreed_ms: Vec<(NodeId, u64)>,
    /// Those that did not answer in time, and have not been heard from since.
    pub suspected: Vec<NodeId>,
    /// How many keys it holds as a replica, tombstones counted.
    pub keys: usize,
    /// How many hints it keeps for others.
    pub hints: usize,
    /// Has it started, and is not done yet with entering all keys in their trees? Until then it
    /// compares nothing.
    pub planting: bool,
    /// What it dropped since its start, by reason.
    pub dropped: Dropped,
    /// What it refused or dropped since its start because it had too much to do.
    pub overload: Overload,
    /// What it did not let in since its start, by reason.
    pub refusals: Vec<Refusals>,
    /// The nodes whose id two living processes have, or had.
    pub twins: Vec<Twin>,
    /// How far it has come in comparing what it holds, by partition and peer.
    pub exchanges: Vec<ExchangeLine>,
    /// What showed, at its start or later, that its data was an older copy of itself.
    pub found_old: Option<String>,
}

/// How far a node has come in comparing a partition with a peer that is responsible for it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeLine {
    /// The partition.
    pub partition: Partition,
    /// The peer.
    pub peer: NodeId,
    /// How long ago the peer last said what its root is, in milliseconds.
    pub last_ms: Option<u64>,
    /// For how long it has been the same as this node's whenever it said so, in milliseconds.
    pub agreed_ms: Option<u64>,
    /// How many keys have got from there what they lacked here, since this node's start.
    pub repaired: u64,
}

/// What is known of a node that its state does not tell.
pub trait Watch {
    /// How long a hint has been kept, in milliseconds.
    fn hint_age_ms(&self, hint: &HintId) -> u64;
    /// How long ago a peer was heard to know the same, in milliseconds.
    fn agreed_ms(&self, peer: NodeId) -> Option<u64>;
    /// What it dropped since its start.
    fn dropped(&self) -> Dropped;
    /// What it refused or dropped because it had too much to do.
    fn overload(&self) -> Overload;
    /// The cluster that it belongs to.
    fn cluster(&self) -> Founding;
    /// What it did not let in.
    fn refusals(&self) -> Vec<Refusals>;
    /// The nodes whose id two living processes have.
    fn twins(&self) -> Vec<Twin>;
    /// How far it has come in comparing what it holds.
    fn exchanges(&self) -> Vec<ExchangeLine>;
    /// What showed that its data was an older copy of itself.
    fn found_old(&self) -> Option<String>;
}

/// One hint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintLine {
    /// For whom it is kept.
    pub recipient: NodeId,
    /// Of which key.
    pub key: Key,
    /// Upper bound on what it takes, in bytes.
    pub bytes: usize,
    /// How far it has come.
    pub state: HintState,
    /// How long it has been kept, in milliseconds.
    pub age_ms: u64,
    /// How often its recipient was sent hints since the first of them came, or the node's start;
    /// counted no further than pauses grow.
    pub attempts: u8,
}

impl Report {
    /// The answer to a question.
    pub fn new(
        question: &Question,
        node: &Node,
        id: NodeId,
        state: &State,
        watch: &impl Watch,
    ) -> Self {
        match question {
            Question::Status => Report::Status(Box::new(Status {
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
                Report::Hints { hints, more }
            }
        }
    }
}

/// Those that this node, as a coordinator, has asked fallbacks to keep, and has no answer of yet.
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

/// Something that travels under a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<T> {
    /// The question's number, and that of the report that answers it.
    pub number: u64,
    /// The question or report.
    pub content: T,
}

impl Numbered<Question> {
    /// The datagram.
    pub fn encode(&self) -> Vec<u8> {
        encode(QUESTION, self)
    }

    /// The question in a datagram, if it is a whole one of this version.
    pub fn decode(datagram: &[u8]) -> Option<Self> {
        decode(QUESTION, datagram)
    }
}

impl Numbered<Report> {
    /// The datagram.
    pub fn encode(&self) -> Vec<u8> {
        encode(REPORT, self)
    }

    /// The report in a datagram, if it is a whole one of this version.
    pub fn decode(datagram: &[u8]) -> Option<Self> {
        decode(REPORT, datagram)
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
