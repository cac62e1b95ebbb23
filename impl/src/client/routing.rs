//! A session that chooses nodes itself, by a view of its own (trace 7): a hop fewer, as long as
//! that is not old.

use super::{ANEW_AFTER, Client, ClientError, RETRY_AFTER, what_do_you_know};
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

/// At most so many members are asked what they know when one is silent.
const ASKED_MAX: usize = 5;

impl Client {
    /// The session, with each put and get sent straight to a node that is responsible for its key
    /// by what the session knows of the members. That is asked of its node now, and from then on
    /// whoever is asked anything says what the session lacks.
    ///
    /// # Errors
    /// Where its node does not answer.
    pub fn with_own_view(self) -> Result<Self, ClientError> {
        let (n, history) = (self.status()?.cluster.n, self.history()?);
        *self.routes.borrow_mut() = Some(Routes::new(history, n));
        Ok(self)
    }

    /// The digest of what the session knows of the members, if it chooses nodes itself.
    pub fn tip(&self) -> Option<Tip> {
        self.routes.borrow().as_ref().map(Routes::tip)
    }

    /// Asks one coordinator after another, until there is an answer or the time is up (`None`).
    /// `operation` says each time under which id; under the same id it goes to the same one, unless
    /// the members have changed.
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

    /// Asks, again and again under the same id, until there is an answer or the time is up
    /// (`None`). What is asked, and the answer, come with the stamp of their context.
    pub(super) fn ask(
        &self,
        node: SocketAddr,
        request: RequestId,
        stamped: (&Message, &Stamp),
        within: Duration,
    ) -> Result<Option<(Answer, Stamp)>, ClientError> {
        // From whom it comes does not matter: a forwarded request is answered by its coordinator.
        self.exchange(node, stamped, within, |message, stamp| match message {
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

    /// Where to, and what.
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

    /// The node asked has said all that it knows; it is told what it lacks.
    fn learn(&self, node: SocketAddr, told: &History) {
        let changes = self.routes.borrow_mut().as_mut().and_then(|routes| routes.learn(told));
        // A mere client may not say who is a member: nodes tell one another.
        if let Some(changes) =
            changes.filter(|_| self.socket.sessions().right() >= Right::Administrator)
        {
            let mut datagram = Datagram::default();
            if datagram.push(&Message::Changes { changes }).is_ok() {
                // Lost, it is asked for again with the next request.
                let _ = self.send(datagram.seal(&self.parties()), node);
            }
        }
    }

    /// Whoever was asked is silent, and has left perhaps: others know. Its answer may come
    /// meanwhile.
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
            let question = (&what_do_you_know(), &Stamp::default());
            let heard =
                self.exchange(node, question, left(RETRY_AFTER), |message, stamp| match message {
                    Message::History { history } => Some(Heard::History(history)),
                    Message::Answer(answer) if answer.request() == request => {
                        Some(Heard::Answer(answer, stamp.unwrap_or_default()))
                    }
                    _ => None,
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

/// What comes while others are asked what they know.
enum Heard {
    History(History),
    Answer(Answer, Stamp),
}
