//! What comes after what in a joined run: letters name what one node sends and another waits for.
//! Different letters differ, but for a chance of one in 2^128.

use dynamo_model::ids::Key;
use dynamo_model::membership::{Act, Change, History};
use dynamo_model::message::{Answer, Message, Operation};
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
    ///
    /// A message that tells of members has no receiver here. Its sender may take a node for a
    /// client, while it does not know yet that the node has joined.
    pub(super) fn message(&mut self, from: Id, to: Id, message: &Message) -> Letter {
        self.hash(&(from, told_of_members(message).is_none().then_some(to), message))
    }

    /// What a stranger uses in its message, and can have only from a node: the context of a put,
    /// with the key, or changes of members that the receiver does not know. A stranger is a client,
    /// or a node that the receiver does not know yet.
    pub(super) fn used(&mut self, message: &Message, known: Option<&History>) -> Vec<Letter> {
        match message {
            Message::Request(Operation::Put { key, context, .. })
            | Message::Routed { operation: Operation::Put { key, context, .. }, .. }
                if !context.is_empty() =>
            {
                vec![self.context(key, context)]
            }
            _ => {
                let told = told_of_members(message).zip(known);
                let new = told.map(|(told, known)| told_by_others(told, &[known]));
                new.unwrap_or_default().iter().map(|change| self.change(change)).collect()
            }
        }
    }

    /// What a node gives to others with a message: a context, or who is a member.
    pub(super) fn given(&mut self, message: &Message) -> Vec<Letter> {
        if let Message::Answer(
            Answer::PutAcknowledged { key, context, .. } | Answer::GetAnswered { key, context, .. },
        ) = message
        {
            return vec![self.context(key, context)];
        }
        let told = told_of_members(message).into_iter().flat_map(History::changes);
        told.map(|change| self.change(change)).collect()
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

/// The changes in a history that are in none of these, so that another node has told them. Addresses
/// are left out, because a node announces its own.
pub(super) fn told_by_others(told: &History, known: &[&History]) -> Vec<Change> {
    let is_known = |change: &Change| {
        let has_it = |history: &&History| history.of(change.node).any(|other| other == change);
        known.iter().any(has_it)
    };
    let changes = told.changes().copied();
    changes.filter(|it| !matches!(it.act, Act::Move(_)) && !is_known(it)).collect()
}

fn told_of_members(message: &Message) -> Option<&History> {
    match message {
        Message::History { history }
        | Message::Changes { changes: history }
        | Message::Answer(Answer::Changed { history, .. }) => Some(history),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_model::ids::{ClientId, NodeId, RequestId};

    #[test]
    fn who_is_a_member_may_be_told_to_a_node_that_is_not_known_yet() {
        let mut letters = Letters::default();
        let (sender, [node, stranger]) =
            (NodeId(0).actor(), [NodeId(1).actor(), Id::from(1 << 40)]);
        let history = History::founded_by([NodeId(0)]);
        let told = Message::History { history };
        let mut named = |to, message| letters.message(sender, to, message);
        assert_eq!(named(node, &told), named(stranger, &told));
        let stored = Message::Stored { request: RequestId { client: ClientId(1), number: 1 } };
        assert_ne!(named(node, &stored), named(stranger, &stored), "it is for one receiver");
    }

    /// The receiver knows A. Only a node can have told the sender that B has joined.
    #[test]
    fn a_stranger_has_heard_of_a_new_member_from_a_node() {
        let mut letters = Letters::default();
        let [known, all] = [&[0][..], &[0, 1]]
            .map(|members| History::founded_by(members.iter().map(|member| NodeId(*member))));
        let told = Message::Changes { changes: all.clone() };
        let used = letters.used(&told, Some(&known));
        assert_eq!(used.len(), 1);
        assert!(letters.given(&Message::History { history: all }).contains(&used[0]));
        assert!(letters.used(&told, None).is_empty(), "what the receiver knows is not known");
    }
}
