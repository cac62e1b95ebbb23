//! Steps of a scope that commute with whatever else may happen, and that no property can see.

use crate::scope::instance::Instance;
use dynamo_model::client::ClientState;
use dynamo_model::ids::RequestId;
use dynamo_model::message::Message;
use dynamo_model::node::State;
use dynamo_model::process::{Process, ProcessState};
use interned_checker::First;

/// Two kinds of deliveries may be taken before all else.
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

/// Is this answer all that ever happens to the client while it waits?
///
/// It is where the client does not ask again, is not told who is a member, and nothing arrives
/// twice. What the history makes of it depends on the answer alone, but for a get as the next line:
/// it matters to a get which puts are acknowledged before it begins.
fn is_answer_alone(instance: &Instance, client: &ClientState, request: RequestId) -> bool {
    let faults = &instance.scope.faults;
    let next_line = RequestId { number: request.number + 1, ..request };
    let is_waited_for = client.line as u64 == request.number;
    is_waited_for
        && !instance.has_own_view(request.client)
        && faults.client_retries == 0
        && !faults.duplication
        && instance.ask(next_line).is_none()
}

/// Is a replica's word that it has stored this put only counted?
///
/// It is once the put is acknowledged, where coordinators neither lose patience nor crash nor lose
/// their disks, and nobody asks, because tombstones are to be reaped, whether they are done.
fn is_only_counted(instance: &Instance, node: &State, request: RequestId) -> bool {
    let faults = &instance.scope.faults;
    let is_acknowledged = node.puts.get(&request).is_some_and(|put| put.collecting.is_answered);
    let is_forgotten =
        faults.timeouts.is_some() || faults.crashes > 0 || faults.bad_disk().is_some();
    is_acknowledged && !is_forgotten && faults.reaps == 0
}
