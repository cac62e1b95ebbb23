//! What a node does when it learns that it was removed for good. It ends, but not at once:
//!
//! * it goes on gossiping for a few rounds, in case it is the only one that knows;
//! * it tells clients that ask meanwhile that it serves nothing any more. The protocol would
//!   forward their requests, and the others take nothing from a node that was removed.

use dynamo_model::config::Config;
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Message};
use std::time::Duration;

/// How many rounds of gossip a removed node still takes part in.
const ROUNDS: u32 = 5;
/// Clients ask again within this time, and are to be told.
const AT_LEAST: Duration = Duration::from_secs(1);

/// How long a node still runs that was removed.
pub(super) fn time(config: &Config) -> Duration {
    config.gossip_every().map_or(AT_LEAST, |every| (every * ROUNDS).max(AT_LEAST))
}

/// What a client is told in place of an answer; nothing where it is not for the client to be told.
pub(super) fn answer(message: &Message, history: &History) -> Option<Message> {
    let request = match message {
        Message::Request(operation) => operation.request(),
        Message::Administer { request, .. } => *request,
        // Its sender chooses nodes itself, and by this history it chooses others.
        Message::Routed { .. } => return Some(Message::History { history: history.clone() }),
        _ => return None,
    };
    Some(Message::Answer(Answer::NoRoute { request }))
}
