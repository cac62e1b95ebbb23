//! What comes after what in a joined run: letters name what one node sends and another waits for.
//! Different letters differ, but for a chance of one in 2^128.

use dynamo_model::ids::Key;
use dynamo_model::membership::{Act, Change, History};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::Durable;
use dynamo_model::version::Context;
use serde::Serialize;
use stateright::actor::Id;
use xxhash_rust::xxh3::xxh3_128;

/// A name.
pub(super) type Letter = u128;

/// Makes letters.
#[derive(Default)]
pub(super) struct Letters {
    scratch: Vec<u8>,
}

impl Letters {
    /// A message, with its sender and its receiver.
    pub(super) fn message(&mut self, from: Id, to: Id, message: &Message) -> Letter {
        self.hash(&(from, to, message))
    }

    /// The context that a client uses in its request, with the key. A node has given it out before.
    pub(super) fn used(&mut self, message: &Message) -> Option<Letter> {
        match message {
            Message::Request(Operation::Put { key, context, .. })
            | Message::Routed { operation: Operation::Put { key, context, .. }, .. } => {
                (!context.is_empty()).then(|| self.context(key, context))
            }
            _ => None,
        }
    }

    /// What a node gives to a client with its answer: a context, or who is a member.
    pub(super) fn given(&mut self, message: &Message) -> Vec<Letter> {
        match message {
            Message::Answer(
                Answer::PutAcknowledged { key, context, .. }
                | Answer::GetAnswered { key, context, .. },
            ) => vec![self.context(key, context)],
            Message::Answer(Answer::Changed { history, .. }) => {
                history.changes().map(|change| self.change(change)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn context(&mut self, key: &Key, context: &Context) -> Letter {
        self.hash(&(key, context))
    }

    /// A change of a member, as a node tells it to one that joins.
    pub(super) fn change(&mut self, change: &Change) -> Letter {
        self.hash(&("change", change))
    }

    fn hash(&mut self, content: &impl Serialize) -> Letter {
        self.scratch.clear();
        postcard::to_io(content, &mut self.scratch)
            .expect("sequences of known length, written to memory");
        xxh3_128(&self.scratch)
    }
}

/// The changes on the disk of a node that starts and that are in none of these histories: another
/// node has told them to it. Addresses are left out, because a node announces its own.
pub(super) fn told_before_start(disk: &Durable, known: &[&History]) -> Vec<Change> {
    let is_known = |change: &Change| {
        let has_it = |history: &&History| history.of(change.node).any(|other| other == change);
        known.iter().any(has_it)
    };
    let changes = disk.history.changes().copied();
    changes.filter(|it| !matches!(it.act, Act::Move(_)) && !is_known(it)).collect()
}
