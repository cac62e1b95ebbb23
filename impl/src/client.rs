//! A client: asks one node, and retransmits under the same request id until it gets an answer. An
//! error says whether a put may be stored.

use crate::address::of_one_machine;
use crate::fragments::Cutter;
use crate::identity::{ClusterId, Parties};
use crate::inspect::{HintLine, Numbered, Question, Reply, Status};
use crate::reassembly::Reassembly;
use crate::secret::{Credentials, Right};
use crate::sessions::{Callee, Heard, SealedSocket, Sessions};
use crate::stamp::{Stamp, StampedContext};
use crate::udp::Udp;
use crate::wire::DATAGRAM_BYTES_MAX;
use dynamo_model::hint::{HintId, HintState};
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::route::Routes;
use dynamo_model::siblings::Version;
use dynamo_model::wish::Wish;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub use error::ClientError;

use backoff::Backoff;

/// How long a client waits before it retransmits.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// How long a request waits for one coordinator: a little longer than a coordinator waits for
/// replicas.
const ANEW_AFTER: Duration = Duration::from_millis(1250);
/// How long a request may take in all, unless [`Client::with_timeout`] sets another limit.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// What a get found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// All concurrent siblings, including tombstones. Empty if the key was never put, or its
    /// tombstone was reaped.
    pub siblings: Vec<Version>,
    /// The context for a put that replaces these siblings.
    pub context: StampedContext,
}

/// A client session. It asks one node, or chooses the nodes by its own view of the members. A
/// session makes one request at a time: for concurrent requests, connect several.
#[derive(Debug)]
pub struct Client {
    node: SocketAddr,
    socket: SealedSocket,
    id: ClientId,
    next_number: Cell<u64>,
    timeout: Duration,
    in_person: u8,
    /// The cluster of the first answer. Answers from other clusters are ignored.
    cluster: Cell<ClusterId>,
    /// What overloaded nodes have said about the current request.
    backoff: Backoff,
    /// The session's own membership history, if it chooses nodes itself.
    routes: RefCell<Option<Routes>>,
    buffer: RefCell<Box<[u8]>>,
    /// Cuts large messages into fragments, and puts received fragments together.
    cutter: RefCell<Cutter>,
    reassembly: RefCell<Reassembly>,
}

impl Client {
    /// A new session with the node at this address, in a cluster without secrets. Sends nothing
    /// yet.
    ///
    /// # Errors
    /// If no socket can be opened, or if not every node of a cluster could use the address.
    pub fn connect(node: SocketAddr) -> Result<Self, ClientError> {
        Client::connect_with(node, Credentials::open())
    }

    /// A new session with the node at this address, for a client with these credentials.
    ///
    /// # Errors
    /// If no socket can be opened, or if not every node of a cluster could use the address.
    pub fn connect_with(node: SocketAddr, credentials: Credentials) -> Result<Self, ClientError> {
        let node = of_one_machine(node)?;
        let udp = Udp::anywhere().map_err(|source| ClientError::Socket { node, source })?;
        let socket = SealedSocket::new(udp, Sessions::of_client(credentials), Callee::Node);
        let buffer = RefCell::new(vec![0; DATAGRAM_BYTES_MAX].into_boxed_slice());
        let (id, next_number, routes) =
            (ClientId(rand::random()), Cell::new(0), RefCell::new(None));
        let (cutter, reassembly) = (RefCell::default(), RefCell::default());
        let (timeout, in_person, cluster) = (TIMEOUT, 0, Cell::new(ClusterId::UNKNOWN));
        let backoff = Backoff::default();
        Ok(Client {
            node,
            socket,
            id,
            next_number,
            timeout,
            in_person,
            cluster,
            backoff,
            routes,
            buffer,
            cutter,
            reassembly,
        })
    }

    /// Sets how long a request may take in all.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Client { timeout, ..self }
    }

    /// Sets PW and PR: how many intended replicas must store a put or answer a get themselves.
    /// Fallbacks do not count for these.
    #[must_use]
    pub fn with_in_person(self, replicas: u8) -> Self {
        Client { in_person: replicas, ..self }
    }

    /// The session's id.
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// Stores a value, and replaces the versions in the context. Returns a context that contains
    /// this put too.
    ///
    /// # Errors
    /// If the put was not acknowledged. The error says whether the put may be stored nevertheless.
    pub fn put(
        &self,
        key: &str,
        value: &[u8],
        context: &StampedContext,
    ) -> Result<StampedContext, ClientError> {
        self.put_content(key, Content::Value(Value::new(value)?), context)
    }

    /// Deletes the versions in the context: puts a tombstone that replaces them. What was put
    /// meanwhile stays. Returns a context that contains the tombstone too.
    ///
    /// # Errors
    /// As with [`put`](Client::put).
    pub fn delete(
        &self,
        key: &str,
        context: &StampedContext,
    ) -> Result<StampedContext, ClientError> {
        self.put_content(key, Content::Tombstone(Value::new(b"")?), context)
    }

    fn put_content(
        &self,
        key: &str,
        content: Content,
        StampedContext { context, stamp }: &StampedContext,
    ) -> Result<StampedContext, ClientError> {
        let (key, request, context) = (Key::new(key)?, self.next_request(), context.clone());
        let put = Operation::Put { request, key, content, context, pw: self.in_person };
        match self.ask_in_turn(|| put.clone(), stamp)? {
            Some((Answer::PutAcknowledged { context, .. }, stamp)) => {
                Ok(StampedContext { context, stamp })
            }
            Some((Answer::PutFailed { stored, needed, in_person, pw, .. }, _)) => {
                Err(ClientError::PutFailed { stored, needed, in_person, pw })
            }
            Some((Answer::PutRefused { refusal, .. }, _)) => Err(refusal.into()),
            Some((Answer::NoRoute { .. }, _)) => Err(ClientError::NoRoute { node: self.node }),
            _ => Err(ClientError::PutTimeout {
                node: self.node,
                seconds: self.timeout.as_secs_f64(),
            }),
        }
    }

    /// Reads a key.
    ///
    /// # Errors
    /// If too few replicas answered, or the node did not answer.
    pub fn get(&self, key: &str) -> Result<Found, ClientError> {
        let (key, pr) = (Key::new(key)?, self.in_person);
        // All retries under one request id go to one coordinator, which may be down. A get, unlike
        // a put, can start again under a new id with another coordinator.
        let get = || Operation::Get { request: self.next_request(), key: key.clone(), pr };
        match self.ask_in_turn(get, &Stamp::default())? {
            Some((Answer::GetAnswered { siblings, context, .. }, stamp)) => {
                Ok(Found { siblings, context: StampedContext { context, stamp } })
            }
            Some((Answer::GetFailed { answered, needed, in_person, pr, .. }, _)) => {
                Err(ClientError::GetFailed { answered, needed, in_person, pr })
            }
            Some((Answer::GetRefused { refusal, .. }, _)) => Err(refusal.into()),
            Some((Answer::NoRoute { .. }, _)) => Err(ClientError::NoRoute { node: self.node }),
            _ => Err(ClientError::GetTimeout {
                node: self.node,
                seconds: self.timeout.as_secs_f64(),
            }),
        }
    }

    /// Asks the node to record a membership change. Returns the node's history with the change.
    /// # Errors
    /// If the node refuses the change, or does not answer. Asking again changes nothing more,
    /// unless another client has changed this member meanwhile.
    pub fn administer(&self, node: NodeId, wish: Wish) -> Result<History, ClientError> {
        if self.socket.sessions().right() < Right::Administrator {
            return Err(ClientError::NoRight);
        }
        let request = self.next_request();
        let message = Message::Administer { request, node, wish };
        let start = Instant::now();
        let ask = || self.ask(self.node, request, (&message, &Stamp::default()), self.left(start));
        match self.ask_until_admitted(start, ask)?.map(|(answer, _)| answer) {
            Some(Answer::Changed { history, .. }) => Ok(history),
            Some(Answer::ChangeRefused { refusal, .. }) => Err(ClientError::ChangeRefused(refusal)),
            Some(Answer::NoRoute { .. }) => Err(ClientError::NoRoute { node: self.node }),
            _ => Err(self.no_reply()),
        }
    }

    /// The node's membership history.
    ///
    /// # Errors
    /// If the node does not answer.
    pub fn history(&self) -> Result<History, ClientError> {
        let told = |message, _| {
            if let Message::History { history } = message { Some(history) } else { None }
        };
        self.send_until_answered(
            self.node,
            (&ask_for_history(), &Stamp::default()),
            self.timeout,
            told,
        )?
        .ok_or_else(|| self.no_reply())
    }

    /// The node's status.
    ///
    /// # Errors
    /// If the node does not answer.
    pub fn status(&self) -> Result<Status, ClientError> {
        match self.inspect(&Question::Status)? {
            Reply::Status(status) => Ok(*status),
            Reply::Hints { .. } => Err(self.no_reply()),
        }
    }

    /// All hints that the node keeps.
    ///
    /// # Errors
    /// If the node does not answer.
    pub fn hints(&self) -> Result<Vec<HintLine>, ClientError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let Reply::Hints { hints, more } =
                self.inspect(&Question::Hints { after: after.clone() })?
            else {
                return Err(self.no_reply());
            };
            let kept = hints.iter().rfind(|line| line.state != HintState::Created);
            let last = kept.map(|line| HintId { recipient: line.recipient, key: line.key.clone() });
            all.extend(hints);
            if !more || last.is_none() || last <= after {
                return Ok(all);
            }
            after = last;
        }
    }

    fn no_reply(&self) -> ClientError {
        ClientError::NoReply { node: self.node, seconds: self.timeout.as_secs_f64() }
    }

    /// Retransmits a question until the node replies.
    fn inspect(&self, question: &Question) -> Result<Reply, ClientError> {
        let failed = |source| ClientError::Socket { node: self.node, source };
        let number = rand::random();
        let datagram = Numbered { number, content: question.clone() }.encode();
        let start = Instant::now();
        while start.elapsed() < self.timeout {
            self.send(&datagram, self.node).map_err(failed)?;
            let until =
                Instant::now() + RETRY_AFTER.min(self.timeout.saturating_sub(start.elapsed()));
            while let Some((_, heard)) = self.receive(self.node, until)? {
                let Heard::Payload(datagram) = heard else { break };
                match Numbered::<Reply>::decode(&datagram) {
                    Some(report) if report.number == number => return Ok(report.content),
                    _ => {}
                }
            }
        }
        Err(self.no_reply())
    }

    /// The header of the session's datagrams.
    fn parties(&self) -> Parties {
        Parties { cluster: self.cluster.get(), ..Parties::default() }
    }

    /// How much of the timeout is left for a request that began at `start`.
    fn left(&self, start: Instant) -> Duration {
        self.timeout.saturating_sub(start.elapsed())
    }

    fn next_request(&self) -> RequestId {
        let number = self.next_number.get();
        self.backoff.begin();
        self.next_number.set(number + 1);
        RequestId { client: self.id, number }
    }
}

/// Asks a node for its whole membership history. Only an empty history has this tip, so the node
/// replies with all that the asker lacks.
fn ask_for_history() -> Message {
    Message::Gossip { tip: History::default().tip() }
}

mod backoff;
mod error;
mod routing;
#[cfg(test)]
mod tests;
mod transport;
