//! Why a client has no good answer.

use crate::address::MembersError;
use crate::sessions::NoEntry;
use dynamo_model::ids::{KeyError, ValueError};
use dynamo_model::wish::ChangeRefusal;
use std::io;
use std::net::SocketAddr;
use thiserror::Error;

/// Why there is no good answer. Each says whether a put may have been stored nevertheless.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The key is none. Nothing was sent.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The value is too large. Nothing was sent.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// No socket, or it failed. A put is possibly stored.
    #[error("cannot talk to {node}")]
    Socket {
        /// The node asked.
        node: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// An address that is no node's: a node could not tell another to answer there.
    #[error(transparent)]
    Address(#[from] MembersError),
    /// No answer to a put. It is possibly stored.
    #[error(
        "no answer from {node} within {seconds} s; is the node running? The put is possibly stored: get the key to find out"
    )]
    PutTimeout {
        /// The node asked.
        node: SocketAddr,
        /// How long was waited.
        seconds: f64,
    },
    /// No answer to a get.
    #[error(
        "no answer from {node} within {seconds} s; is it running, and are the nodes that it forwards to?"
    )]
    GetTimeout {
        /// The node asked.
        node: SocketAddr,
        /// How long was waited.
        seconds: f64,
    },
    /// Too few replicas stored a put. It is possibly stored.
    #[error(
        "the put failed, but is possibly stored: it reached {stored} of the W={needed} nodes needed, \
         {in_person} of them intended replicas{}. Get the key to find out, and put again with the context read",
        asked_in_person("PW", *pw)
    )]
    PutFailed {
        /// How many nodes have it for certain.
        stored: usize,
        /// W.
        needed: usize,
        /// How many of them are intended replicas.
        in_person: usize,
        /// PW.
        pw: u8,
    },
    /// A put was refused. Nothing was changed.
    #[error(
        "the put was refused and nothing was changed: the key's siblings would take {bytes} bytes, {bytes_max} are allowed. \
             Get the key, and put with the context read, so that they are replaced"
    )]
    SiblingsTooLarge {
        /// What they would take.
        bytes: usize,
        /// What they may.
        bytes_max: usize,
    },
    /// A put was refused. Nothing was changed.
    #[error(
        "the put was refused and nothing was changed: its context is another key's or another cluster's, or from before the cluster's secret was changed or a node lost its disk. \
             Get the key again, and put with the context read"
    )]
    ForeignContext,
    /// Too few replicas answered a get.
    #[error(
        "the get failed: {answered} of the R={needed} nodes needed have answered, {in_person} of them intended replicas{}. \
         Try again when more nodes are up",
        asked_in_person("PR", *pr)
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
    /// The node asked serves nothing. A put is possibly stored, if the node was a member when it
    /// was first asked.
    #[error(
        "{node} serves nothing: it has joined no cluster, or is no member of it any more. Ask another node. A put is possibly \
         stored: get the key there to find out"
    )]
    NoRoute {
        /// The node asked.
        node: SocketAddr,
    },
    /// Who is a member was not changed.
    #[error("nothing was changed: {0}")]
    ChangeRefused(ChangeRefusal),
    /// The node has too much to do, and has refused the request until the time was up.
    #[error(
        "{node} has too much to do, and refused the request; it was asked for {seconds:.1} s. {}. Try again later",
        if *is_in_doubt { "A put is possibly stored, as not every try was refused: get the key to find out" }
        else { "Every try was refused, and nothing was changed" }
    )]
    Busy {
        /// The node asked.
        node: SocketAddr,
        /// How long it was asked.
        seconds: f64,
        /// Was there a try that was neither refused nor answered? If it was of a put, that is
        /// possibly stored.
        is_in_doubt: bool,
    },
    /// The node has another secret. No request was sent to it. A put is possibly stored if other
    /// nodes were asked before.
    #[error("{node} does not let this process in: {}", match why {
        NoEntry::WrongSecret => "its cluster has another secret. Name the file with the right one with --secret-file, or in DYNAMO_SECRET_FILE",
        NoEntry::OtherMachine => "its cluster has no secret, and lets in only processes on its own machine",
    })]
    NoEntry {
        /// The node asked.
        node: SocketAddr,
        /// Why.
        why: NoEntry,
    },
    /// The secret does not allow it. Nothing was sent.
    #[error(
        "nothing was changed: who is a member can only be changed with the administrators' secret, or that of nodes"
    )]
    NoRight,
    /// No answer to a question about the node.
    #[error("no answer from {node} within {seconds} s; is the node running, and of this release?")]
    NoReport {
        /// The node asked.
        node: SocketAddr,
        /// How long was waited.
        seconds: f64,
    },
}

fn asked_in_person(name: &str, count: u8) -> String {
    if count == 0 { String::new() } else { format!(", where {name}={count} must be") }
}
