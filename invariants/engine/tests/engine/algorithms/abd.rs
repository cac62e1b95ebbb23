//! The register of Attiya, Bar-Noy and Dolev ("Sharing memory robustly in message-passing systems",
//! 1995) for many writers. Every operation first asks a quorum for the newest value. Then it sends
//! a quorum the value that it writes or has read.

use super::client::{Message, Server, Value};
use stateright::actor::Id;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The newer stamp is greater. Ties are broken by the writer.
type Stamp = (u8, usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Inner {
    Ask(u8),
    Answer(u8, Stamp, Value),
    Tell(u8, Stamp, Value),
    Told(u8),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Replica {
    stamp: Stamp,
    value: Value,
    /// How many operations it has begun.
    begun: u8,
    operation: Option<Operation>,
}

/// The operation that a replica runs for a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Operation {
    client: Id,
    /// The value to write; `None` for a read.
    write: Option<Value>,
    asking: bool,
    newest: (Stamp, Value),
    heard_from: BTreeSet<Id>,
}

/// One of `count` replicas, with quorums of `quorum` replicas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Abd {
    pub(crate) count: usize,
    pub(crate) quorum: usize,
}

type Sent = Vec<(Id, Message<Inner>)>;

impl Abd {
    fn to_others(self, id: Id, inner: Inner) -> Sent {
        (0..self.count)
            .map(Id::from)
            .filter(|other| *other != id)
            .map(|other| (other, Message::Server(inner)))
            .collect()
    }

    fn begin(self, id: Id, state: &mut Replica, client: Id, write: Option<Value>) -> Sent {
        state.begun += 1;
        let (newest, heard_from) = ((state.stamp, state.value), BTreeSet::from([id]));
        state.operation = Some(Operation { client, write, asking: true, newest, heard_from });
        let mut sent = self.to_others(id, Inner::Ask(state.begun));
        sent.extend(self.go_on(id, state));
        sent
    }

    /// When a quorum has answered, continues with the second half, or finishes.
    fn go_on(self, id: Id, state: &mut Replica) -> Sent {
        let Some(operation) =
            state.operation.as_mut().filter(|operation| operation.heard_from.len() >= self.quorum)
        else {
            return Vec::new();
        };
        if !operation.asking {
            let done =
                operation.write.map_or(Message::Found(operation.newest.1), |_| Message::Written);
            let sent = vec![(operation.client, done)];
            state.operation = None;
            return sent;
        }
        operation.asking = false;
        operation.heard_from = BTreeSet::from([id]);
        if let Some(value) = operation.write {
            let (clock, _) = operation.newest.0;
            operation.newest = ((clock + 1, usize::from(id)), value);
        }
        let (stamp, value) = operation.newest;
        (state.stamp, state.value) = (state.stamp, state.value).max((stamp, value));
        let mut sent = self.to_others(id, Inner::Tell(state.begun, stamp, value));
        sent.extend(self.go_on(id, state));
        sent
    }
}

impl Server for Abd {
    type Message = Inner;
    type State = Replica;

    fn start(&self) -> Replica {
        Replica { stamp: (0, 0), value: 0, begun: 0, operation: None }
    }

    fn receive(
        &self,
        id: Id,
        state: &mut Cow<'_, Replica>,
        src: Id,
        message: Message<Inner>,
    ) -> Sent {
        let busy = state.operation.as_ref();
        let awaits = |number, asking| {
            number == state.begun && busy.is_some_and(|operation| operation.asking == asking)
        };
        match message {
            Message::Write(value) if busy.is_none() => {
                self.begin(id, state.to_mut(), src, Some(value))
            }
            Message::Read if busy.is_none() => self.begin(id, state.to_mut(), src, None),
            Message::Server(Inner::Ask(number)) => {
                vec![(src, Message::Server(Inner::Answer(number, state.stamp, state.value)))]
            }
            Message::Server(Inner::Tell(number, stamp, value)) => {
                if stamp > state.stamp {
                    let state = state.to_mut();
                    (state.stamp, state.value) = (stamp, value);
                }
                vec![(src, Message::Server(Inner::Told(number)))]
            }
            Message::Server(Inner::Answer(number, stamp, value)) if awaits(number, true) => {
                let state = state.to_mut();
                if let Some(operation) = &mut state.operation {
                    operation.newest = operation.newest.max((stamp, value));
                    operation.heard_from.insert(src);
                }
                self.go_on(id, state)
            }
            Message::Server(Inner::Told(number)) if awaits(number, false) => {
                let state = state.to_mut();
                if let Some(operation) = &mut state.operation {
                    operation.heard_from.insert(src);
                }
                self.go_on(id, state)
            }
            _ => Vec::new(),
        }
    }
}
