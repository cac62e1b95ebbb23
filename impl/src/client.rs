//! A client: asks one node, asks again under the same request id while there is no answer, and says
//! clearly what came of it.

use crate::address::of_one_machine;
use crate::fragments::Cutter;
use crate::identity::{ClusterId, Parties};
use crate::inspect::{HintLine, Numbered, Question, Report, Status};
use crate::reassembly::Reassembly;
use crate::secret::{Credentials, Right};
use crate::sessions::{Callee, Heard, SealedSocket, Sessions};
use crate::stamp::{Stamp, StampedContext};
use crate::udp::Udp;
use crate::wire::DATAGRAM_BYTES_MAX;
use dynamo_model::hint::{HintId, HintState};
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Message, Operation, Refusal};
use dynamo_model::route::Routes;
use dynamo_model::siblings::Version;
use dynamo_model::wish::Wish;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub use error::ClientError;

use backoff::Backoff;

/// How long a client waits before it asks again.
const RETRY_AFTER: Duration = Duration::from_millis(250);
/// How long a request waits for one coordinator: a little longer than that itself waits for
/// replicas.
const ANEW_AFTER: Duration = Duration::from_millis(1250);
/// How long it goes on asking, unless told otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// What a get found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// All concurrent siblings, tombstones among them; none where the key was never put, or its
    /// tombstone is reaped.
    pub siblings: Vec<Version>,
    /// To be passed with a put that is to replace them.
    pub context: StampedContext,
}

/// A client session with one node, or with those that are responsible by its own view. It asks one
/// thing at a time: for concurrent work, connect several.
#[derive(Debug)]
pub struct Client {
    node: SocketAddr,
    socket: SealedSocket,
    id: ClientId,
    next_number: Cell<u64>,
    timeout: Duration,
    in_person: u8,
    /// The cluster that has answered first: nobody else counts.
    cluster: Cell<ClusterId>,
    /// What nodes that have too much to do have said of the request under way.
    backoff: Backoff,
    /// What the session knows of the members, if it chooses nodes itself.
    routes: RefCell<Option<Routes>>,
    buffer: RefCell<Box<[u8]>>,
    /// Cuts what is too large for a datagram, and puts together what comes in fragments.
    cutter: RefCell<Cutter>,
    reassembly: RefCell<Reassembly>,
}

impl Client {
    /// A new session with the node at this address of a cluster without secrets, with an id of its
    /// own. Nothing is sent yet.
    ///
    /// # Errors
    /// Where no socket can be had, or the address is not one that all of a cluster can use.
    pub fn connect(node: SocketAddr) -> Result<Self, ClientError> {
        Client::connect_with(node, Credentials::open())
    }

    /// A new session with the node at this address, for somebody with these credentials.
    ///
    /// # Errors
    /// Where no socket can be had, or the address is not one that all of a cluster can use.
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

    /// The session, with another limit on how long a request may take in all.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Client { timeout, ..self }
    }

    /// The session, with puts that are acknowledged, and gets that are answered, only once so many
    /// intended replicas have stored it or spoken themselves (PW and PR). Stand-ins do not count
    /// for these.
    #[must_use]
    pub fn with_in_person(self, replicas: u8) -> Self {
        Client { in_person: replicas, ..self }
    }

    /// The session's id.
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// Stores a value in place of everything the context covers. Returns the context that covers
    /// this put too.
    ///
    /// # Errors
    /// Where the put was not acknowledged; the error says whether it may be stored nevertheless.
    pub fn put(
        &self,
        key: &str,
        value: &[u8],
        context: &StampedContext,
    ) -> Result<StampedContext, ClientError> {
        self.put_content(key, Content::Value(Value::new(value)?), context)
    }

    /// Deletes everything the context covers: puts a tombstone in its place. What was put meanwhile
    /// stays. Returns the context that covers the tombstone too.
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
            Some((
                Answer::PutRefused {
                    refusal: Refusal::SiblingsTooLarge { bytes, bytes_max }, ..
                },
                _,
            )) => Err(ClientError::SiblingsTooLarge { bytes, bytes_max }),
            Some((Answer::PutRefused { refusal: Refusal::ForeignContext, .. }, _)) => {
                Err(ClientError::ForeignContext)
            }
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
    /// Where too few replicas answered, or nobody did.
    pub fn get(&self, key: &str) -> Result<Found, ClientError> {
        let (key, pr) = (Key::new(key)?, self.in_person);
        // Under one id a request goes to one coordinator, which may be down. Unlike a put, a get
        // may well be begun anew, through another.
        let get = || Operation::Get { request: self.next_request(), key: key.clone(), pr };
        match self.ask_in_turn(get, &Stamp::default())? {
            Some((Answer::GetAnswered { siblings, context, .. }, stamp)) => {
                Ok(Found { siblings, context: StampedContext { context, stamp } })
            }
            Some((Answer::GetFailed { answered, needed, in_person, pr, .. }, _)) => {
                Err(ClientError::GetFailed { answered, needed, in_person, pr })
            }
            Some((Answer::NoRoute { .. }, _)) => Err(ClientError::NoRoute { node: self.node }),
            _ => Err(ClientError::GetTimeout {
                node: self.node,
                seconds: self.timeout.as_secs_f64(),
            }),
        }
    }

    /// Has the node record what is to become of a node. Returns all that it knows now.
    ///
    /// # Errors
    /// Where it cannot be, or nobody answers. To ask again changes nothing more, unless others have
    /// changed the node meanwhile.
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
            _ => Err(self.no_report()),
        }
    }

    /// All that the node knows of who is a member.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn history(&self) -> Result<History, ClientError> {
        let told = |message, _| {
            if let Message::History { history } = message { Some(history) } else { None }
        };
        self.exchange(self.node, (&what_do_you_know(), &Stamp::default()), self.timeout, told)?
            .ok_or_else(|| self.no_report())
    }

    /// Asks the node how it is.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn status(&self) -> Result<Status, ClientError> {
        match self.inspect(&Question::Status)? {
            Report::Status(status) => Ok(*status),
            Report::Hints { .. } => Err(self.no_report()),
        }
    }

    /// Asks the node for all hints it keeps.
    ///
    /// # Errors
    /// Where it does not answer.
    pub fn hints(&self) -> Result<Vec<HintLine>, ClientError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let Report::Hints { hints, more } =
                self.inspect(&Question::Hints { after: after.clone() })?
            else {
                return Err(self.no_report());
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

    fn no_report(&self) -> ClientError {
        ClientError::NoReport { node: self.node, seconds: self.timeout.as_secs_f64() }
    }

    /// Asks again and again until there is a report.
    fn inspect(&self, question: &Question) -> Result<Report, ClientError> {
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
                match Numbered::<Report>::decode(&datagram) {
                    Some(report) if report.number == number => return Ok(report.content),
                    _ => {}
                }
            }
        }
        Err(self.no_report())
    }

    /// What the session's datagrams say of it.
    fn parties(&self) -> Parties {
        Parties { cluster: self.cluster.get(), ..Parties::default() }
    }

    /// What is left of the time that a request may take, which began then.
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

/// Asks for all that a node knows of the members: no history has this tip but the empty one, which
/// has nothing to say.
fn what_do_you_know() -> Message {
    Message::Gossip { tip: History::default().tip() }
}

mod backoff;
mod error;
mod routing;
#[cfg(test)]
mod tests;
mod transport;
