//! What a node does when it learns of its removal. It does not end at once:
//!
//! * It keeps gossiping for a few rounds, in case it is the only node that knows.
//! * It tells its clients that it no longer serves requests. The protocol would forward the
//!   requests, but other nodes accept nothing from a removed node.

use dynamo_model::config::Config;
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Message};
use std::time::Duration;

/// How many more rounds of gossip a removed node takes part in.
const ROUNDS: u32 = 5;
/// Clients retransmit within this time, and then hear of the removal.
const AT_LEAST: Duration = Duration::from_secs(1);

/// How long a removed node keeps running.
pub(super) fn time(config: &Config) -> Duration {
    config.gossip_every().map_or(AT_LEAST, |every| (every * ROUNDS).max(AT_LEAST))
}

/// The reply to a client's message; `None` if the message is not a client's request.
pub(super) fn answer(message: &Message, history: &History) -> Option<Message> {
    let request = match message {
        Message::Request(operation) => operation.request(),
        Message::Administer { request, .. } => *request,
        // The sender chooses nodes itself: with this history it chooses another node.
        Message::Routed { .. } => return Some(Message::History { history: history.clone() }),
        _ => return None,
    };
    Some(Message::Answer(Answer::NoRoute { request }))
}
