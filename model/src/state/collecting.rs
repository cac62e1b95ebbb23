//! What a coordinator remembers of the puts and gets that it collects answers for. Volatile: after
//! a crash the client asks again.

use crate::algebra::ids::{Key, NodeId, RequestId};
use crate::algebra::siblings::Siblings;
use crate::algebra::tally::{StandIn, Tally};
use crate::algebra::version::Context;
use crate::state::State;
use serde::{Deserialize, Serialize, Serializer};
use stateright::actor::Id;

/// What puts and gets have in common while their coordinator collects answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Collecting {
    /// The client to answer.
    pub client: Id,
    /// The key of the request.
    pub key: Key,
    /// How many of the answers must come from intended replicas: PW of a put, PR of a get.
    pub in_person: u8,
    /// The nodes asked, and the answers counted.
    pub tally: Tally,
    /// Has the client been answered?
    pub is_answered: bool,
    /// How many more times the coordinator will ask the nodes that have not answered.
    pub retransmissions_left: u8,
}

/// A put in progress at its coordinator. If the client asks again after a crash, the put continues
/// under the dot that it has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "ReadPut")]
pub struct RunningPut {
    /// The nodes asked to store the put, and the nodes that have.
    pub collecting: Collecting,
    /// The context that the client will get back.
    pub context: Context,
}

/// A node, and what it has said that it holds.
pub type Reply = (NodeId, Siblings);

/// A get in progress at its coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "ReadGet")]
pub struct RunningGet {
    /// The nodes asked what they hold, and the nodes that have answered.
    pub collecting: Collecting,
    /// The answer of each node that has answered, by node. If a node that has answered counts only
    /// with a later answer, that one is merged with the first.
    pub replies: Vec<Reply>,
}

/// Names one put or get that a node collects answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collection {
    /// The put that this request asked for.
    Put(RequestId),
    /// The get that this request asked for.
    Get(RequestId),
}

/// What a coordinator does when the nodes that it asked have not answered in time.
pub(crate) enum Next {
    /// It asks all nodes again that have not answered.
    AskAgain,
    /// It asks these fallbacks for the first time.
    AskStandIns(Vec<StandIn>),
    /// It stops waiting.
    GiveUp,
}

impl State {
    /// All puts in progress, then all gets.
    pub(crate) fn collections(&self) -> Vec<Collection> {
        let puts = self.puts.keys().copied().map(Collection::Put);
        puts.chain(self.gets.keys().copied().map(Collection::Get)).collect()
    }

    /// The record of a put or get; `None`: it is not in progress.
    pub(crate) fn collecting(&self, it: Collection) -> Option<&Collecting> {
        match it {
            Collection::Put(request) => self.puts.get(&request).map(|put| &put.collecting),
            Collection::Get(request) => self.gets.get(&request).map(|get| &get.collecting),
        }
    }

    /// The record of a put or get that is in progress.
    pub(crate) fn collecting_mut(&mut self, it: Collection) -> &mut Collecting {
        let collecting = match it {
            Collection::Put(request) => self.puts.get_mut(&request).map(|put| &mut put.collecting),
            Collection::Get(request) => self.gets.get_mut(&request).map(|get| &mut get.collecting),
        };
        collecting.expect("the put or get is in progress")
    }
}

// The records are serialised flat. Traces in files contain digests of states in this form, field by
// field. The order must not change.

#[derive(Serialize)]
#[serde(rename = "RunningPut")]
struct FlatPut<'a> {
    client: Id,
    key: &'a Key,
    context: &'a Context,
    pw: u8,
    tally: &'a Tally,
    acknowledged: bool,
    retransmissions_left: u8,
}

impl Serialize for RunningPut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RunningPut { collecting: it, context } = self;
        let flat = FlatPut {
            client: it.client,
            key: &it.key,
            context,
            pw: it.in_person,
            tally: &it.tally,
            acknowledged: it.is_answered,
            retransmissions_left: it.retransmissions_left,
        };
        flat.serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename = "RunningGet")]
struct FlatGet<'a> {
    client: Id,
    key: &'a Key,
    pr: u8,
    tally: &'a Tally,
    replies: &'a [Reply],
    answered: bool,
    retransmissions_left: u8,
}

impl Serialize for RunningGet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let RunningGet { collecting: it, replies } = self;
        let flat = FlatGet {
            client: it.client,
            key: &it.key,
            pr: it.in_person,
            tally: &it.tally,
            replies,
            answered: it.is_answered,
            retransmissions_left: it.retransmissions_left,
        };
        flat.serialize(serializer)
    }
}

// The same fields in the same order, for records that are read back.

#[derive(Deserialize)]
struct ReadPut {
    client: Id,
    key: Key,
    context: Context,
    pw: u8,
    tally: Tally,
    acknowledged: bool,
    retransmissions_left: u8,
}

impl From<ReadPut> for RunningPut {
    fn from(it: ReadPut) -> Self {
        let collecting = Collecting {
            client: it.client,
            key: it.key,
            in_person: it.pw,
            tally: it.tally,
            is_answered: it.acknowledged,
            retransmissions_left: it.retransmissions_left,
        };
        RunningPut { collecting, context: it.context }
    }
}

#[derive(Deserialize)]
struct ReadGet {
    client: Id,
    key: Key,
    pr: u8,
    tally: Tally,
    replies: Vec<Reply>,
    answered: bool,
    retransmissions_left: u8,
}

impl From<ReadGet> for RunningGet {
    fn from(it: ReadGet) -> Self {
        let collecting = Collecting {
            client: it.client,
            key: it.key,
            in_person: it.pr,
            tally: it.tally,
            is_answered: it.answered,
            retransmissions_left: it.retransmissions_left,
        };
        RunningGet { collecting, replies: it.replies }
    }
}
