//! The messages that a batch of steps sends, packed into as few datagrams as possible.

use crate::identity::ClusterId;
use crate::secret::NodeSecret;
use crate::stamp::{self, Stamps};
use crate::wire::Datagram;
use dynamo_model::message::Message;
use stateright::actor::Id;
use std::collections::BTreeMap;

/// A datagram of at least this size is closed, and the next one begun, in bytes. On a fast network
/// larger datagrams save system calls. Much larger ones would lose more at once.
pub const PACKING_BYTES: usize = 16 * 1024;
/// How many empty datagrams are kept for reuse.
const SPARE_MAX: usize = 256;

/// Messages that wait for the commit of their batch.
#[derive(Debug)]
pub struct Outbox {
    /// Stamps for contexts that clients get.
    stamps: Stamps,
    open: BTreeMap<Id, Datagram>,
    full: Vec<(Id, Datagram)>,
    spare: Vec<Datagram>,
    too_large: u64,
}

impl Default for Outbox {
    /// The outbox of a node in a cluster without secrets.
    fn default() -> Self {
        let stamps = Stamps::new(&NodeSecret::OPEN, ClusterId::UNKNOWN);
        Outbox { stamps, open: BTreeMap::new(), full: Vec::new(), spare: Vec::new(), too_large: 0 }
    }
}

impl Outbox {
    /// Sets the stamps for contexts.
    #[must_use]
    pub fn with_stamps(self, stamps: Stamps) -> Self {
        Outbox { stamps, ..self }
    }

    /// Adds a message. If UDP cannot carry it in one datagram, it gets its own [`Datagram`], which
    /// is cut when it is sent. If it is larger than
    /// [`MESSAGE_BYTES_MAX`](crate::wire::MESSAGE_BYTES_MAX), it is dropped and counted.
    pub fn push(&mut self, to: Id, message: &Message) {
        let stamp = stamp::stamped(message)
            .map(|(key, context)| self.stamps.stamp(key, context))
            .unwrap_or_default();
        let datagram = self.open.entry(to).or_insert_with(|| self.spare.pop().unwrap_or_default());
        if datagram.push_stamped(message, &stamp).is_err() {
            let begun = std::mem::replace(datagram, self.spare.pop().unwrap_or_default());
            self.too_large += u64::from(datagram.push_stamped(message, &stamp).is_err());
            self.full.push((to, begun));
        }
        if datagram.bytes() >= PACKING_BYTES
            && let Some(datagram) = self.open.remove(&to)
        {
            self.full.push((to, datagram));
        }
    }

    /// Is there nothing to send?
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.full.is_empty()
    }

    /// Sends all datagrams, and empties the outbox. Nodes come before clients, because others wait
    /// for what nodes do next.
    pub fn flush(&mut self, mut send: impl FnMut(Id, &mut Datagram)) {
        let Outbox { open, full, spare, .. } = self;
        let datagrams = full.drain(..).chain(std::iter::from_fn(|| open.pop_first()));
        for (to, mut datagram) in datagrams {
            if datagram.messages() > 0 {
                send(to, &mut datagram);
            }
            if spare.len() < SPARE_MAX {
                datagram.clear();
                spare.push(datagram);
            }
        }
    }

    /// How many messages were too large even for fragments, and dropped.
    pub fn too_large(&self) -> u64 {
        self.too_large
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Parties;
    use crate::wire;
    use crate::wire::tests::AnyMessage;
    use quickcheck::quickcheck;

    fn sent(outbox: &mut Outbox) -> Vec<(Id, Vec<Message>)> {
        let mut sent = Vec::new();
        outbox.flush(|to, datagram| {
            sent.push((to, wire::decode(datagram.seal(&Parties::default())).unwrap().messages));
        });
        sent
    }

    quickcheck! {
        fn everything_is_sent_in_order_to_each_destination(pushed: Vec<(u8, AnyMessage)>) -> bool {
            let pushed: Vec<(Id, Message)> = pushed
                .into_iter()
                .map(|(to, message)| (Id::from(usize::from(to % 3)), message.0))
                .collect();
            let mut outbox = Outbox::default();
            for _ in 0..2 {
                for (to, message) in &pushed {
                    outbox.push(*to, message);
                }
                let sent = sent(&mut outbox);
                let whole = (0..3).map(Id::from).all(|to| {
                    let expected = pushed.iter().filter(|(other, _)| *other == to);
                    let got = sent.iter().filter(|(other, _)| *other == to);
                    expected.map(|(_, message)| message).eq(got.flat_map(|(_, messages)| messages))
                });
                if !whole || !outbox.is_empty() {
                    return false;
                }
            }
            true
        }
    }

    #[test]
    fn a_large_message_is_sent_alone_and_in_order() {
        use crate::wire::tests::large;
        use dynamo_model::ids::{ClientId, RequestId};
        let small = Message::Stored { request: RequestId { client: ClientId(1), number: 2 } };
        let mut outbox = Outbox::default();
        let messages = [small.clone(), large(25), small.clone(), small, large(600)];
        for message in &messages {
            outbox.push(Id::from(1), message);
        }
        assert_eq!(outbox.too_large(), 1);
        let mut sent: Vec<Vec<Message>> =
            sent(&mut outbox).into_iter().map(|(_, messages)| messages).collect();
        sent.sort_by_key(Vec::len);
        assert_eq!(sent, [&messages[..1], &messages[1..2], &messages[2..4]]);
    }

    #[test]
    fn many_small_messages_share_a_datagram_and_large_ones_do_not_pile_up() {
        use dynamo_model::ids::{ClientId, Content, Key, RequestId, Value};
        use dynamo_model::message::Operation;
        use dynamo_model::version::Context;
        let request = RequestId { client: ClientId(1), number: 2 };
        let mut outbox = Outbox::default();
        for _ in 0..1000 {
            outbox.push(Id::from(1), &Message::Stored { request });
        }
        assert_eq!(sent(&mut outbox).len(), 1);
        let value = Value::new(&[7; Value::BYTES_MAX]).unwrap();
        let (key, content) = (Key::new("k").unwrap(), Content::Value(value));
        let large = Operation::Put { request, key, content, context: Context::new(), pw: 0 };
        for _ in 0..10 {
            outbox.push(Id::from(1), &Message::Request(large.clone()));
        }
        assert_eq!(sent(&mut outbox).len(), 5);
    }
}
