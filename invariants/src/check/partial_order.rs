//! Steps of a scope that commute with all other steps and that no property can observe.

use crate::scope::instance::Instance;
use dynamo_model::client::ClientState;
use dynamo_model::ids::RequestId;
use dynamo_model::message::Message;
use dynamo_model::node::State;
use dynamo_model::process::{Process, ProcessState};
use interned_checker::First;

/// The two kinds of deliveries that may be taken before all other steps.
pub(crate) const TAKEN_FIRST: First<Process, Instance> =
    |instance, state, envelope| match (state, &envelope.msg) {
        (ProcessState::Client(client), Message::Answer(answer)) => {
            is_answer_alone(instance, client, answer.request())
        }
        (ProcessState::Node(node), Message::Stored { request }) => {
            is_only_counted(instance, node, *request)
        }
        _ => false,
    };

/// Is the delivery of this answer the only event that can happen to the waiting client?
///
/// It is, if all of these hold:
/// - The client never retries, and only one node answers: no coordinator gives up.
/// - It does not choose nodes by its own view, so no node sends it a history.
/// - No message arrives twice.
/// - The answered request is the last of its script. Another get would record which puts were
///   acknowledged before it began, so the order of steps would matter.
/// - No tombstone is reaped. When a node asks whether it may reap one, the ground truth notes
///   whether a client still has a request under way.
fn is_answer_alone(instance: &Instance, client: &ClientState, request: RequestId) -> bool {
    let faults = &instance.scope.faults;
    let next_line = RequestId { number: request.number + 1, ..request };
    let is_waited_for = client.line as u64 == request.number;
    let is_answered_once =
        faults.client_retries == 0 && !faults.duplication && faults.timeouts.is_none();
    is_waited_for
        && is_answered_once
        && faults.reaps == 0
        && !instance.has_own_view(request.client)
        && instance.ask(next_line).is_none()
}

/// Does the coordinator only count this replica's confirmation that it has stored the put?
///
/// It does, if all of these hold:
/// - The put is acknowledged, and its request does not arrive again: no message arrives twice, and
///   clients never retry. A coordinator remembers a put only as long as it waits for replicas.
/// - Coordinators never time out or crash, and no node has a bad disk.
/// - No tombstone is reaped, and the ring does not change. Before a node reaps a tombstone, stops,
///   or takes a change for known, it looks whether a put is under way.
fn is_only_counted(instance: &Instance, node: &State, request: RequestId) -> bool {
    let faults = &instance.scope.faults;
    let is_acknowledged = node.puts.get(&request).is_some_and(|put| put.collecting.is_answered);
    let is_asked_again = faults.client_retries > 0 || faults.duplication;
    let is_forgotten =
        faults.timeouts.is_some() || faults.crashes > 0 || faults.bad_disk().is_some();
    let looks = faults.reaps > 0 || instance.changes;
    is_acknowledged && !is_asked_again && !is_forgotten && !looks
}
