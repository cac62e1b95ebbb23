//! A session that chooses nodes by its own view of the members. While that view is current, a
//! request takes one hop less.

use super::{ANEW_AFTER, Client, ClientError, RETRY_AFTER, ask_for_history};
use crate::secret::Right;
use crate::stamp::Stamp;
use crate::wire::Datagram;
use dynamo_model::ids::RequestId;
use dynamo_model::membership::{History, Tip};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::route::Routes;
use dynamo_model::rules::Rules;
use rand::seq::IndexedRandom;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How many members the session asks for their history when one node is silent.
const ASKED_MAX: usize = 5;

impl Client {
    /// Makes the session choose nodes itself: it sends each put and get straight to a replica of
    /// the key. It asks its node for the membership history now. Later, every node that it asks
    /// tells it the changes that it lacks.
    ///
    /// # Errors
    /// If the node does not answer.
    pub fn with_own_view(self) -> Result<Self, ClientError> {
        let (n, history) = (self.status()?.cluster.n, self.history()?);
        *self.routes.borrow_mut() = Some(Routes::new(history, n));
        Ok(self)
    }

    /// The tip of the session's own history, if it chooses nodes itself.
    pub fn tip(&self) -> Option<Tip> {
        self.routes.borrow().as_ref().map(Routes::tip)
    }

    /// Asks one coordinator after another, until one answers or the time is up (`None`).
    /// `operation` makes the operation for each try. Tries with the same request id go to the same
    /// coordinator, unless the members have changed.
    pub(super) fn ask_in_turn(
        &self,
        operation: impl Fn() -> Operation,
        stamp: &Stamp,
    ) -> Result<Option<(Answer, Stamp)>, ClientError> {
        let start = Instant::now();
        loop {
            let operation = operation();
            let request = operation.request();
            let (node, message) = self.route(operation);
            let left = |most: Duration| most.min(self.left(start));
            let ask = || self.ask(node, request, (&message, stamp), left(ANEW_AFTER));
            let answer = self.ask_until_admitted(start, ask)?;
            if answer.is_some() || start.elapsed() >= self.timeout {
                return Ok(answer);
            }
            if let Some(answer) = self.refresh(request, left)? {
                return Ok(Some(answer));
            }
        }
    }

    /// Retransmits a request until there is an answer or the time is up (`None`). The message and
    /// the answer each come with the stamp of their context.
    pub(super) fn ask(
        &self,
        node: SocketAddr,
        request: RequestId,
        stamped: (&Message, &Stamp),
        within: Duration,
    ) -> Result<Option<(Answer, Stamp)>, ClientError> {
        // The answer may come from any node: if the request was forwarded, its coordinator answers.
        self.send_until_answered(node, stamped, within, |message, stamp| match message {
            Message::Answer(answer) if answer.request() == request => {
                Some((answer, stamp.unwrap_or_default()))
            }
            Message::History { history } => {
                self.learn(node, &history);
                None
            }
            _ => None,
        })
    }

    /// The coordinator to ask, and the message for it.
    fn route(&self, operation: Operation) -> (SocketAddr, Message) {
        let routed = self.routes.borrow().as_ref().and_then(|routes| {
            let node =
                routes.coordinator(&Rules::default(), operation.request(), operation.key())?;
            Some((routes.address(node)?, routes.tip()))
        });
        match routed {
            Some((address, tip)) => (address.into(), Message::Routed { tip, operation }),
            None => (self.node, Message::Request(operation)),
        }
    }

    /// Learns a node's history. If the session knows changes that the node lacks, it sends them.
    fn learn(&self, node: SocketAddr, told: &History) {
        let changes = self.routes.borrow_mut().as_mut().and_then(|routes| routes.learn(told));
        // A client without the administrator's right cannot send changes. Then gossip will.
        if let Some(changes) =
            changes.filter(|_| self.socket.sessions().right() >= Right::Administrator)
        {
            let mut datagram = Datagram::default();
            if datagram.push(&Message::Changes { changes }).is_ok() {
                // If this is lost, the node asks again with the next request.
                let _ = self.send(datagram.seal(&self.parties()), node);
            }
        }
    }

    /// The coordinator is silent and may have left: asks other members for their history. Returns
    /// the answer to the request if it comes meanwhile.
    fn refresh(
        &self,
        request: RequestId,
        left: impl Fn(Duration) -> Duration,
    ) -> Result<Option<(Answer, Stamp)>, ClientError> {
        let others: Vec<SocketAddr> = {
            let routes = self.routes.borrow();
            let Some(routes) = routes.as_ref() else { return Ok(None) };
            let some = routes.members().sample(&mut rand::rng(), ASKED_MAX);
            some.filter_map(|node| routes.address(*node)).map(SocketAddr::from).collect()
        };
        for node in others.into_iter().chain([self.node]) {
            let question = (&ask_for_history(), &Stamp::default());
            let heard =
                self.send_until_answered(node, question, left(RETRY_AFTER), |message, stamp| {
                    match message {
                        Message::History { history } => Some(Heard::History(history)),
                        Message::Answer(answer) if answer.request() == request => {
                            Some(Heard::Answer(answer, stamp.unwrap_or_default()))
                        }
                        _ => None,
                    }
                })?;
            match heard {
                Some(Heard::Answer(answer, stamp)) => return Ok(Some((answer, stamp))),
                Some(Heard::History(history)) => {
                    self.learn(node, &history);
                    break;
                }
                None => {}
            }
        }
        Ok(None)
    }
}

/// A reply that `refresh` waits for.
enum Heard {
    History(History),
    Answer(Answer, Stamp),
}
