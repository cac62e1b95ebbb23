//! The events that a step can have, by their content.

use crate::notation::Who;
use crate::notation::words;
use crate::system::System;
use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::message::{Message, Since};
use dynamo_model::node::{Choice, Timer};
use dynamo_model::process::Fate;
use serde::{Deserialize, Deserializer, Serialize};
use stateright::Model;
use stateright::actor::{ActorModelAction, Envelope, Id};
use std::fmt;

/// The event of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A message arrived.
    Deliver {
        /// The sender.
        from: Who,
        /// The recipient.
        to: Who,
        /// The message.
        #[serde(deserialize_with = "read_message")]
        message: Message,
    },
    /// A message was lost.
    Lose {
        /// The sender.
        from: Who,
        /// The recipient, which never gets it.
        to: Who,
        /// The message.
        #[serde(deserialize_with = "read_message")]
        message: Message,
    },
    /// A timer fired.
    TimeOut {
        /// The node or client whose timer it is.
        at: Who,
        /// The timer.
        timer: Timer,
    },
    /// A node crashed, and lost its memory.
    Crash {
        /// The node.
        at: Who,
    },
    /// A crashed node restarted with what is on its disk.
    Recover {
        /// The node.
        at: Who,
    },
    /// A node lost its disk, and restarted on an empty one.
    LoseDisk {
        /// The node.
        at: Who,
    },
    /// A node's disk was copied.
    CopyDisk {
        /// The node.
        at: Who,
    },
    /// A node restarted on the copy of its disk.
    ReturnToCopy {
        /// The node.
        at: Who,
        /// Had a node that was up heard of a commit that is not in the copy?
        witnessed: bool,
    },
    /// A node that runs on the copy of its disk heard from a node that had heard of a later commit.
    HearOfLaterCommit {
        /// The node that runs on the copy.
        at: Who,
    },
    /// A node chose a peer to gossip with.
    Gossip {
        /// The node.
        at: Who,
        /// The peer.
        with: NodeId,
    },
    /// A node chose a peer for an anti-entropy exchange.
    Exchange {
        /// The node.
        at: Who,
        /// The peer.
        with: NodeId,
    },
}

/// Reads a message. The derived reader of [`Message`] does not read dated messages.
fn read_message<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Message, D::Error> {
    #[derive(Deserialize)]
    struct Dated {
        since: Since,
        message: Box<Message>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Dated {
            #[serde(rename = "Dated")]
            dated: Dated,
        },
        Plain(Message),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Dated { dated: Dated { since, message } } => Message::Dated { since, message },
        Written::Plain(message) => message,
    })
}

type Action = <System as Model>::Action;

impl Event {
    /// The event of an action, in a scope with this many nodes.
    pub fn of(nodes: u16, action: &Action) -> Event {
        let who = |id: &Id| match usize::from(*id) {
            index if index < usize::from(nodes) => Who::Node(NodeId(index as u16)),
            index => Who::Client(ClientId(index as u64)),
        };
        match action {
            ActorModelAction::Deliver { src, dst, msg } => {
                Event::Deliver { from: who(src), to: who(dst), message: msg.clone() }
            }
            ActorModelAction::Drop(Envelope { src, dst, msg }) => {
                Event::Lose { from: who(src), to: who(dst), message: msg.clone() }
            }
            ActorModelAction::Timeout(id, timer) => {
                Event::TimeOut { at: who(id), timer: timer.clone() }
            }
            ActorModelAction::Crash(id) => Event::Crash { at: who(id) },
            ActorModelAction::Recover(id) => Event::Recover { at: who(id) },
            ActorModelAction::SelectRandom { actor, random, .. } => match random {
                Fate::LoseDisk => Event::LoseDisk { at: who(actor) },
                Fate::CopyDisk => Event::CopyDisk { at: who(actor) },
                Fate::ReturnToCopy { witnessed } => {
                    Event::ReturnToCopy { at: who(actor), witnessed: *witnessed }
                }
                Fate::HearOfLaterCommit => Event::HearOfLaterCommit { at: who(actor) },
                Fate::Choose(Choice::Gossip(peer)) => Event::Gossip { at: who(actor), with: *peer },
                Fate::Choose(Choice::Exchange(peer)) => {
                    Event::Exchange { at: who(actor), with: *peer }
                }
            },
        }
    }

    /// The action of this event.
    pub fn action(&self) -> Action {
        let choose = |at: &Who, key: &str, random| ActorModelAction::SelectRandom {
            actor: at.id(),
            key: key.to_owned(),
            random,
        };
        match self {
            Event::Deliver { from, to, message } => {
                ActorModelAction::Deliver { src: from.id(), dst: to.id(), msg: message.clone() }
            }
            Event::Lose { from, to, message } => ActorModelAction::Drop(Envelope {
                src: from.id(),
                dst: to.id(),
                msg: message.clone(),
            }),
            Event::TimeOut { at, timer } => ActorModelAction::Timeout(at.id(), timer.clone()),
            Event::Crash { at } => ActorModelAction::Crash(at.id()),
            Event::Recover { at } => ActorModelAction::Recover(at.id()),
            Event::LoseDisk { at } => choose(at, "fate", Fate::LoseDisk),
            Event::CopyDisk { at } => choose(at, "fate", Fate::CopyDisk),
            Event::ReturnToCopy { at, witnessed } => {
                choose(at, "fate", Fate::ReturnToCopy { witnessed: *witnessed })
            }
            Event::HearOfLaterCommit { at } => choose(at, "fate", Fate::HearOfLaterCommit),
            Event::Gossip { at, with } => choose(at, "gossip", Fate::Choose(Choice::Gossip(*with))),
            Event::Exchange { at, with } => {
                choose(at, "exchange", Fate::Choose(Choice::Exchange(*with)))
            }
        }
    }

    /// The node or client at which the event happened. `None`: a message was lost.
    pub fn at(&self) -> Option<Who> {
        match self {
            Event::Deliver { to, .. } => Some(*to),
            Event::Lose { .. } => None,
            Event::TimeOut { at, .. }
            | Event::Crash { at }
            | Event::Recover { at }
            | Event::LoseDisk { at }
            | Event::CopyDisk { at }
            | Event::ReturnToCopy { at, .. }
            | Event::HearOfLaterCommit { at }
            | Event::Gossip { at, .. }
            | Event::Exchange { at, .. } => Some(*at),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Deliver { from, to, message } => {
                write!(f, "{from} → {to}: {}", words::brief(message))
            }
            Event::Lose { from, to, message } => {
                write!(f, "{from} → {to}: lost: {}", words::brief(message))
            }
            Event::TimeOut { at, timer } => {
                write!(f, "{at}: the timer fires: {}", words::timer(timer))
            }
            Event::Crash { at } => write!(f, "{at}: crashes"),
            Event::Recover { at } => write!(f, "{at}: restarts with what is on its disk"),
            Event::LoseDisk { at } => write!(f, "{at}: loses its disk"),
            Event::CopyDisk { at } => write!(f, "{at}: its disk is copied"),
            Event::ReturnToCopy { at, witnessed: true } => {
                write!(f, "{at}: restarts on the copy; another node has heard of a later commit")
            }
            Event::ReturnToCopy { at, witnessed: false } => {
                write!(
                    f,
                    "{at}: restarts on the copy; no node that is up has heard of a later commit"
                )
            }
            Event::HearOfLaterCommit { at } => {
                write!(f, "{at}: hears from a node that has heard of a later commit")
            }
            Event::Gossip { at, with } => write!(f, "{at}: gossips with {with}"),
            Event::Exchange { at, with } => write!(f, "{at}: begins an exchange with {with}"),
        }
    }
}
