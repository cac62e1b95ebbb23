//! How texts name things: nodes, clients, messages, versions, timers, outcomes.

mod who;
pub mod words;

use crate::system::SystemState;
use crate::truth::Outcome;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Standing};
use dynamo_model::message::Message;
use dynamo_model::rules::Rules;
use stateright::actor::{Envelope, Id};
pub use who::Who;
use words::brief;

/// A message in flight: from whom, to whom, what.
pub(crate) fn addressed(state: &SystemState, envelope: Envelope<&Message>) -> String {
    let name = |id: Id| Who::of(id, &state.actor_states[usize::from(id)]);
    format!("{} → {}: {}", name(envelope.src), name(envelope.dst), brief(envelope.msg))
}

pub(crate) fn members(history: &History) -> String {
    let standings = Rules::default().standings(history);
    let shown = standings.iter().filter_map(|(node, standing)| match standing {
        Standing::Unknown => None,
        Standing::Member => Some(node.to_string()),
        other => Some(format!("{node} ({})", format!("{other:?}").to_lowercase())),
    });
    shown.collect::<Vec<_>>().join(", ")
}

pub(crate) fn list(nodes: impl IntoIterator<Item = NodeId>) -> String {
    nodes.into_iter().map(|node| node.to_string()).collect::<Vec<_>>().join(", ")
}

/// What a client was told of a put or a get, if it has asked.
pub(crate) fn outcome(outcome: Outcome, done: &str) -> Option<String> {
    match outcome {
        Outcome::Unsent => None,
        Outcome::Running => Some("asked".to_owned()),
        Outcome::Answered { replies: 1, .. } => Some(format!("{done} after the reply of 1 node")),
        Outcome::Answered { replies, .. } => {
            Some(format!("{done} after the replies of {replies} nodes"))
        }
        Outcome::Failed => Some("reported failed".to_owned()),
    }
}
