//! Who coordinates a request (Dynamo paper §4.5, §4.6). A node that is an intended replica of the
//! key coordinates the request itself. Any other node forwards the request to one.
//!
//! ```text
//! node ── Forward: a client's request ──▶ coordinator
//! node ◀── Forwarded: I answer the client ── coordinator     and the node is done
//! ```
//! If the coordinator does not confirm in time, the node suspects it and asks the next one. If the
//! node suspects all intended replicas, a fallback coordinates. So the cluster is always writeable.

use crate::acts::handler::Handler;
use crate::algebra::ids::{NodeId, RequestId};
use crate::state::forwarding::RunningForward;
use crate::state::message::{Answer, Message, Operation, Refusal};
use crate::state::timer::Timer;
use stateright::actor::Id;
use std::sync::Arc;

impl Handler<'_, '_> {
    /// A client sends its request to this node.
    pub(crate) fn on_request(&mut self, client: Id, operation: Operation) {
        if self.coordinates(&operation) {
            self.coordinate(client, operation);
        } else if self.preference_list(operation.key()).is_empty() {
            let request = operation.request();
            self.out.send(client, Message::Answer(Answer::NoRoute { request }));
        } else {
            self.pass_on(client, operation);
        }
    }

    /// A client sends its request to the node that its own view names. If the client retries, any
    /// node chooses the coordinator by its view. So a new put goes to the coordinator that this
    /// node's view chooses: then all tries have one coordinator.
    pub(crate) fn on_routed(&mut self, client: Id, operation: Operation) {
        let is_put = matches!(operation, Operation::Put { .. });
        if !is_put || self.preference_list(operation.key()).is_empty() || self.has_dot(&operation) {
            self.on_request(client, operation);
        } else {
            self.pass_on(client, operation);
        }
    }

    /// Coordinates a request if the rules choose this node. Otherwise forwards it.
    fn pass_on(&mut self, client: Id, operation: Operation) {
        let view = Arc::clone(&self.state.view);
        let (key, n) = (operation.key(), self.node.config.n());
        let (replicas, fallbacks) =
            (view.ring().preference_list(key, n), view.ring().fallbacks(key, n));
        let suspected = &self.state.suspected;
        let targets =
            self.node.rules.coordinators(operation.request(), replicas, fallbacks, suspected);
        if targets.contains(&self.id) {
            self.coordinate(client, operation);
        } else {
            self.forward(client, operation, targets);
        }
    }

    fn forward(&mut self, client: Id, operation: Operation, targets: Vec<NodeId>) {
        let (tip, request) = (self.tip(), operation.request());
        for target in &targets {
            self.send(*target, Message::Forward { tip, client, operation: operation.clone() });
        }
        if let Some(patience) = self.node.config.patience() {
            self.state
                .to_mut()
                .forwards
                .insert(request, RunningForward { client, operation, targets });
            self.out.set_timer(
                Timer::Forward(self.id, request),
                patience.answer_within..patience.answer_within,
            );
        }
    }

    /// Another node forwards a client's request. If this node is no intended replica under an equal
    /// view, the sender has chosen it because it suspects all intended replicas.
    pub(crate) fn on_forward(&mut self, from: NodeId, client: Id, operation: Operation) {
        let may_stand_in = || self.node.rules.may_stand_in(self.state.view.standing(self.id));
        if !self.coordinates(&operation) && !may_stand_in() {
            return;
        }
        let request = operation.request();
        self.coordinate(client, operation);
        if self.node.config.patience().is_some() {
            self.send(from, Message::Forwarded { request });
        }
    }

    /// A coordinator confirms that it handles a forwarded request.
    pub(crate) fn on_forwarded(&mut self, from: NodeId, request: RequestId) {
        if self.state.forwards.get(&request).is_some_and(|running| running.targets.contains(&from))
        {
            self.heard_from(from);
            self.state.to_mut().forwards.remove(&request);
            self.out.cancel_timer(Timer::Forward(self.id, request));
        }
    }

    /// No coordinator has confirmed in time. The node suspects those that it asked, and chooses
    /// again. If it suspected all of them already, it drops the request: the client retries.
    pub(crate) fn on_forward_timeout(&mut self, request: RequestId) {
        let Some(running) = self.state.to_mut().forwards.remove(&request) else { return };
        let is_news = |target: &NodeId| !self.state.suspected.contains(target);
        if running.targets.iter().any(is_news) {
            self.state.to_mut().suspected.extend(running.targets);
            self.on_request(running.client, running.operation);
        }
    }

    /// After the view has changed, every forwarded request that no coordinator has confirmed goes
    /// to the coordinator that the new view names.
    pub(crate) fn forward_by_the_new_view(&mut self) {
        let requests: Vec<RequestId> = self.state.forwards.keys().copied().collect();
        for request in requests {
            let running = self.state.to_mut().forwards.remove(&request).expect("it was forwarded");
            self.out.cancel_timer(Timer::Forward(self.id, request));
            self.on_request(running.client, running.operation);
        }
    }

    /// A peer has just been sent changes that it lacked. It may have refused requests for lack of
    /// them, so this node forwards them again.
    pub(crate) fn forward_again(&mut self, peer: NodeId) {
        let tip = self.tip();
        let again: Vec<RunningForward> = self
            .state
            .forwards
            .values()
            .filter(|running| running.targets.contains(&peer))
            .cloned()
            .collect();
        for RunningForward { client, operation, .. } in again {
            self.send(peer, Message::Forward { tip, client, operation });
        }
    }

    /// Does this node coordinate the request? Yes if it is an intended replica, or if it has given
    /// the put its dot while it was one.
    fn coordinates(&self, operation: &Operation) -> bool {
        self.has_dot(operation) || self.is_replica_of(operation.key())
    }

    /// Has this node given the put its dot?
    fn has_dot(&self, operation: &Operation) -> bool {
        let Operation::Put { request, .. } = operation else { return false };
        self.state
            .durable
            .issued
            .get(&request.client)
            .is_some_and(|put| put.number == request.number)
    }

    fn coordinate(&mut self, client: Id, operation: Operation) {
        if let Some(answer) = self.refusal_of(&operation) {
            return self.out.send(client, Message::Answer(answer));
        }
        match operation {
            Operation::Put { request, key, content, context, pw } => {
                self.on_put(client, request, key, content, &context, pw);
            }
            Operation::Get { request, key, pr } => self.on_get(client, request, key, pr),
        }
    }

    /// The refusal of a request that requires more intended replicas than any key has. A failure
    /// would tell the client to ask again, for ever.
    fn refusal_of(&self, operation: &Operation) -> Option<Answer> {
        let (request, n) = (operation.request(), self.node.config.n());
        let required = Some(operation.in_person()).filter(|some| usize::from(*some) > n)?;
        let refusal = Refusal::TooManyReplicas { required, n };
        Some(match operation {
            Operation::Put { .. } => Answer::PutRefused { request, refusal },
            Operation::Get { .. } => Answer::GetRefused { request, refusal },
        })
    }
}
