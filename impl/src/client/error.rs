//! Errors of a client's requests.

use crate::address::MembersError;
use crate::sessions::NoEntry;
use dynamo_model::ids::{KeyError, ValueError};
use dynamo_model::message::Refusal;
use dynamo_model::wish::ChangeRefusal;
use std::io;
use std::net::SocketAddr;
use thiserror::Error;

/// Why a request failed. Each error says whether a put may be stored nevertheless.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The key is invalid. Nothing was sent.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The value is too large. Nothing was sent.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The socket could not be opened, or it failed. A put is possibly stored.
    #[error("cannot talk to {node}")]
    Socket {
        /// The node asked.
        node: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The address is invalid: other nodes could not use it. Nothing was sent.
    #[error(transparent)]
    Address(#[from] MembersError),
    /// No answer to a put. The put is possibly stored.
    #[error(
        "no answer from {node} within {seconds} s; is the node running? \
         The put is possibly stored: get the key to find out"
    )]
    PutTimeout {
        /// The node asked.
        node: SocketAddr,
        /// How long the client waited.
        seconds: f64,
    },
    /// No answer to a get.
    #[error(
        "no answer from {node} within {seconds} s; is it running, and can it reach the key's \
         replicas?"
    )]
    GetTimeout {
        /// The node asked.
        node: SocketAddr,
        /// How long the client waited.
        seconds: f64,
    },
    /// Too few nodes stored a put. The put is possibly stored.
    #[error(
        "the put failed, but is possibly stored: {stored} of W={needed} nodes stored it, \
         {in_person} of them intended replicas{}. \
         Get the key to find out, and put again with its context",
        required("PW", *pw)
    )]
    PutFailed {
        /// How many nodes have certainly stored it.
        stored: usize,
        /// W.
        needed: usize,
        /// How many of them are intended replicas.
        in_person: usize,
        /// PW.
        pw: u8,
    },
    /// The siblings would be too large. The put was refused, and nothing was changed.
    #[error(
        "the put was refused and nothing was changed: the key's siblings would take {bytes} bytes, \
         and the limit is {bytes_max}. Get the key, and put with its context to replace them"
    )]
    SiblingsTooLarge {
        /// The size of the siblings with this put.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The context is invalid for this key. The put was refused, and nothing was changed.
    #[error(
        "the put was refused and nothing was changed: its context belongs to another key or \
         cluster, or is from before a change of the secret or the loss of a node's disk. \
         Get the key again, and put with the new context"
    )]
    ForeignContext,
    /// The request requires more replicas than a key has. Nothing was changed.
    #[error(
        "the request was refused and nothing was changed: it requires {required} intended replicas \
         with --pw or --pr, and a key has N={n}. Require at most {n}"
    )]
    TooManyReplicas {
        /// PW or PR.
        required: u8,
        /// N.
        n: usize,
    },
    /// Too few replicas answered a get.
    #[error(
        "the get failed: {answered} of R={needed} nodes answered, \
         {in_person} of them intended replicas{}. Try again when more nodes are up",
        required("PR", *pr)
    )]
    GetFailed {
        /// How many answered.
        answered: usize,
        /// R.
        needed: usize,
        /// How many of them are intended replicas.
        in_person: usize,
        /// PR.
        pr: u8,
    },
    /// The node serves no requests. A put is possibly stored, if the node was a member when it was
    /// first asked.
    #[error(
        "{node} serves no requests: it has not joined a cluster, or is no longer a member. \
         Ask another node. A put is possibly stored: get the key there to find out"
    )]
    NoRoute {
        /// The node asked.
        node: SocketAddr,
    },
    /// The membership change was refused. Nothing was changed.
    #[error("nothing was changed: {0}")]
    ChangeRefused(ChangeRefusal),
    /// The node is overloaded, and refused the request until the timeout.
    #[error(
        "{node} has too much to do, and refused the request for {seconds:.1} s. {}. \
         Try again later",
        if *is_in_doubt {
            "Not every attempt was refused, so a put is possibly stored: get the key to find out"
        } else {
            "Every attempt was refused, and nothing was changed"
        }
    )]
    Busy {
        /// The node asked.
        node: SocketAddr,
        /// How long the client tried.
        seconds: f64,
        /// Was an attempt neither refused nor answered? Then a put is possibly stored.
        is_in_doubt: bool,
    },
    /// The node rejects the client's secret. The request was not sent to it. A put is possibly
    /// stored if another node was asked before.
    #[error("{node} does not let this process in: {}", match why {
        NoEntry::WrongSecret => "its cluster has another secret. \
            Name the file with the right secret with --secret-file or DYNAMO_SECRET_FILE",
        NoEntry::OtherMachine => "its cluster has no secret, \
            and lets in only processes on the same machine",
    })]
    NoEntry {
        /// The node asked.
        node: SocketAddr,
        /// The reason.
        why: NoEntry,
    },
    /// The client's secret does not allow the request. Nothing was sent.
    #[error(
        "nothing was changed: \
         the members can only be changed with the administrators' secret or the nodes' secret"
    )]
    NoRight,
    /// No reply to a question about the node.
    #[error(
        "no answer from {node} within {seconds} s; \
         is the node running, and is it of this release?"
    )]
    NoReply {
        /// The node asked.
        node: SocketAddr,
        /// How long the client waited.
        seconds: f64,
    },
}

impl ClientError {
    /// May the request have had an effect, or may it still have one?
    pub fn may_have_effect(&self) -> bool {
        match self {
            ClientError::Key(_)
            | ClientError::Value(_)
            | ClientError::Address(_)
            | ClientError::SiblingsTooLarge { .. }
            | ClientError::ForeignContext
            | ClientError::TooManyReplicas { .. }
            | ClientError::GetTimeout { .. }
            | ClientError::GetFailed { .. }
            | ClientError::ChangeRefused(_)
            | ClientError::NoRight
            | ClientError::NoReply { .. } => false,
            ClientError::Busy { is_in_doubt, .. } => *is_in_doubt,
            ClientError::Socket { .. }
            | ClientError::PutTimeout { .. }
            | ClientError::PutFailed { .. }
            | ClientError::NoRoute { .. }
            | ClientError::NoEntry { .. } => true,
        }
    }
}

impl From<Refusal> for ClientError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SiblingsTooLarge { bytes, bytes_max } => {
                ClientError::SiblingsTooLarge { bytes, bytes_max }
            }
            Refusal::ForeignContext => ClientError::ForeignContext,
            Refusal::TooManyReplicas { required, n } => {
                ClientError::TooManyReplicas { required, n }
            }
        }
    }
}

fn required(name: &str, count: u8) -> String {
    if count == 0 { String::new() } else { format!(" ({name}={count} are needed)") }
}
