//! Runs one node: a thread that waits, receives a batch, steps the actor through it, commits once, sends.

use crate::address::{Members, MembersError, ipv4, to_bytes};
use crate::agreement::Agreement;
use crate::client::{Client, ClientError};
use crate::counters::{Counters, Dropped};
use crate::exchanges::{Before, Exchanges};
use crate::inspect::{ExchangeLine, Numbered, Question, Report, Watch};
use crate::interpreter::{Disk, Interpreter};
use crate::socket::{NodeSocket, Received};
use crate::store::{Store, StoreError};
use dynamo_model::administer::Wish;
use dynamo_model::config::Config;
use dynamo_model::handoff::HintId;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Standing, Tip};
use dynamo_model::message::Message;
use dynamo_model::node::{Durable, Node};
use dynamo_model::rules::Rules;
use dynamo_model::view::View;
use stateright::actor::Id;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use thiserror::Error;

/// At most this many datagrams are received before what they caused is committed and sent.
const BATCH_DATAGRAMS: usize = 256;
/// How long a node may take to notice that it is to stop.
const STOP_NOTICED_WITHIN: Duration = Duration::from_millis(50);

/// What a node needs to know to run: consistent by construction.
#[derive(Clone, Debug)]
pub struct Settings {
    id: NodeId,
    address: SocketAddrV4,
    /// A member that is asked to let the node join, if it is not one yet.
    contact: Option<SocketAddr>,
    /// Nodes that are to be reached elsewhere than they say.
    detours: Vec<(NodeId, SocketAddrV4)>,
    node: Node,
    data: PathBuf,
}

/// Why there are no such settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    /// The node is not in the list of members.
    #[error("node {id} is not among the members {members:?}: name it, with its address, in the list of members")]
    NotAMember {
        /// The node.
        id: NodeId,
        /// The members.
        members: Vec<NodeId>,
    },
    /// The others would send to another address than the node's own.
    #[error("node {id} is to listen on {listen}, but the members know it as {member}: make the two the same")]
    OtherAddress {
        /// The node.
        id: NodeId,
        /// Where it is to listen.
        listen: SocketAddr,
        /// Where the others would send.
        member: SocketAddrV4,
    },
    /// Others could not reach the node.
    #[error(transparent)]
    Address(#[from] MembersError),
    /// N copies need N nodes.
    #[error("N is {n}, but there are {members} members: name more members, or make N smaller")]
    TooFewMembers {
        /// Copies of each key.
        n: usize,
        /// How many members there are.
        members: usize,
    },
}

impl Settings {
    /// Settings for one member of a cluster. `data` is its data directory, made where there is none.
    ///
    /// # Errors
    /// Where they contradict one another.
    pub fn new(
        id: NodeId,
        listen: SocketAddr,
        members: &Members,
        config: Config,
        data: PathBuf,
    ) -> Result<Self, SettingsError> {
        let ids = members.ids();
        let Some(address) = members.address(id) else {
            return Err(SettingsError::NotAMember { id, members: ids });
        };
        if ipv4(listen) != Ok(address) {
            return Err(SettingsError::OtherAddress { id, listen, member: address });
        }
        if config.n() > ids.len() {
            return Err(SettingsError::TooFewMembers { n: config.n(), members: ids.len() });
        }
        let founders = members.history();
        let node = Node { config, founders, address: Some(to_bytes(address)), rules: Rules::default() };
        Ok(Settings { id, address, contact: None, detours: Vec::new(), node, data })
    }

    /// Settings for a node that joins a cluster, through the member at `contact`. Started again on its data it needs nobody's help.
    ///
    /// # Errors
    /// Where nobody could send to it.
    pub fn joining(
        id: NodeId,
        listen: SocketAddr,
        contact: SocketAddr,
        config: Config,
        data: PathBuf,
    ) -> Result<Self, SettingsError> {
        let own = Members::new([(id, listen)])?;
        let address = own.address(id).expect("it was just named");
        let (founders, address_bytes) = (History::default(), Some(to_bytes(address)));
        let node = Node { config, founders, address: address_bytes, rules: Rules::default() };
        Ok(Settings { id, address, contact: Some(contact), detours: Vec::new(), node, data })
    }

    /// The settings, with nodes that are to be reached at another address than they give.
    ///
    /// # Errors
    /// Where that is no address one can send to.
    pub fn with_detours(self, detours: &[(NodeId, SocketAddr)]) -> Result<Self, SettingsError> {
        let detours: Result<Vec<_>, MembersError> =
            detours.iter().map(|(node, address)| Ok((*node, ipv4(*address)?))).collect();
        Ok(Settings { detours: detours?, ..self })
    }
}

/// Why a node cannot start, or cannot go on.
#[derive(Debug, Error)]
pub enum RuntimeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}; is the port in use, by another node perhaps?")]
    Bind {
        /// The address.
        address: SocketAddrV4,
        /// What the operating system says.
        source: io::Error,
    },
    /// The data directory cannot be used or is gone, or a commit failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The member that was to let the node join did not.
    #[error("node {id} could not join through {contact}; is that a member, and running?")]
    Join {
        /// The node.
        id: NodeId,
        /// The member asked.
        contact: SocketAddr,
        /// What came of it.
        source: ClientError,
    },
    /// The socket failed. Everything acknowledged is on disk; the node may be started again.
    #[error("the socket on {address} failed")]
    Socket {
        /// The address.
        address: SocketAddrV4,
        /// What the operating system says.
        source: io::Error,
    },
}

/// The store as the interpreter sees it: with its commits counted.
struct CountingDisk<'a> {
    store: &'a mut Store,
    commits: &'a mut u64,
}

impl Disk for CountingDisk<'_> {
    type Error = StoreError;

    fn commit(&mut self, durable: &Durable) -> Result<(), StoreError> {
        *self.commits += 1;
        self.store.commit(durable)
    }
}

/// A node that is ready to run: its data is read and its address bound.
#[derive(Debug)]
pub struct Ready {
    id: NodeId,
    address: SocketAddrV4,
    socket: NodeSocket,
    store: Store,
    interpreter: Interpreter,
    commits: u64,
    /// The tip of the history that the socket's addresses are from.
    tip: Tip,
    detours: Vec<(NodeId, SocketAddrV4)>,
    agreement: Agreement,
    exchanges: Exchanges,
    /// What was asked in this batch by those who look into the node.
    questions: Vec<(Id, Numbered<Question>)>,
}

impl Ready {
    /// Opens a node's data and binds its address.
    ///
    /// # Errors
    /// Where either cannot be done.
    pub fn new(settings: Settings) -> Result<Self, RuntimeError> {
        let Settings { id, address, contact, detours, node, data } = settings;
        let nobody = Members::of(&History::default(), &View::default());
        let mut socket = NodeSocket::bind(address, nobody).map_err(|source| RuntimeError::Bind { address, source })?;
        let mut store = Store::open(&data, id)?;
        let standing = View::of(&store.committed().history, &node.rules).standing(id);
        let is_outside = matches!(standing, Standing::Unknown | Standing::Gone);
        if let Some(contact) = contact.filter(|_| is_outside) {
            let joined = Client::connect(contact).and_then(|client| client.administer(id, Wish::Join(node.address)));
            let joined = joined.map_err(|source| RuntimeError::Join { id, contact, source })?;
            store.commit(&node.joined(id, store.committed(), &joined))?;
        }
        let interpreter = Interpreter::start(node, id, store.committed().clone(), Instant::now());
        let state = interpreter.state();
        let tip = state.view.tip();
        socket.members = Members::of(&state.durable.history, &state.view).with_detours(&detours);
        let (agreement, exchanges, questions) = (Agreement::default(), Exchanges::default(), Vec::new());
        Ok(Ready { id, address, socket, store, interpreter, commits: 0, tip, detours, agreement, exchanges, questions })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddrV4 {
        self.address
    }

    /// Runs until `stop` is set, or the node has left the ring and has nothing more to do.
    ///
    /// # Errors
    /// Where a commit or the socket fails, or the data directory is gone. What rests on a failed commit was never sent.
    pub fn run(mut self, stop: &AtomicBool) -> Result<Counters, RuntimeError> {
        while !stop.load(Ordering::Relaxed) && !self.interpreter.state().retired {
            self.batch()?;
        }
        let mut counters = self.counters();
        counters.has_left = self.interpreter.state().retired;
        Ok(counters)
    }

    /// Waits for something to do, does all there is, commits once, sends.
    fn batch(&mut self) -> Result<(), RuntimeError> {
        let address = self.address;
        self.receive_batch().map_err(|source| RuntimeError::Socket { address, source })?;
        self.interpreter.on_time(Instant::now());
        self.learn_addresses();
        self.store.check_place(Instant::now())?;
        let mut disk = CountingDisk { store: &mut self.store, commits: &mut self.commits };
        self.interpreter.finish(&mut disk, &mut self.socket)?;
        self.answer_questions();
        Ok(())
    }

    /// Where nodes can be reached may have changed with what is known of them.
    fn learn_addresses(&mut self) {
        let state = self.interpreter.state();
        if state.view.tip() != self.tip {
            self.tip = state.view.tip();
            self.socket.members = Members::of(&state.durable.history, &state.view).with_detours(&self.detours);
        }
    }

    /// When all is committed: what is shown is on disk.
    fn answer_questions(&mut self) {
        let questions = std::mem::take(&mut self.questions);
        for (from, Numbered { number, content }) in questions {
            let watched = Watched { ready: self, now: Instant::now() };
            let content = Report::new(&content, self.interpreter.node(), self.id, self.interpreter.state(), &watched);
            self.socket.report(from, &Numbered { number, content });
        }
    }

    /// Steps the actor through what comes in; returns at the next timer's deadline at the latest.
    fn receive_batch(&mut self) -> io::Result<()> {
        let start = Instant::now();
        let next = self.interpreter.next_deadline().map(|deadline| deadline.saturating_duration_since(start));
        let at_most = next.map_or(STOP_NOTICED_WITHIN, |next| next.min(STOP_NOTICED_WITHIN));
        let mut received = self.socket.receive_within(at_most)?;
        let now = Instant::now();
        let mut room = BATCH_DATAGRAMS;
        while let Some(Received { from, messages, question }) = received {
            self.questions.extend(question.map(|question| (from, question)));
            for message in messages {
                self.receive(from, message, now);
            }
            room -= 1;
            received = if room > 0 { self.socket.receive_at_once()? } else { None };
        }
        Ok(())
    }

    fn receive(&mut self, from: Id, message: Message, now: Instant) {
        let (named, before) = (Agreement::named(&message), Before::of(&message, self.interpreter.state()));
        self.interpreter.on_message(from, message, now);
        let (node, state) = (self.interpreter.node(), self.interpreter.state());
        let Some(peer) = NodeId::from_actor(from) else { return };
        if let Some(named) = named {
            self.agreement.note(state.view.tip(), peer, named, now);
        }
        if let Some(before) = before {
            self.exchanges.note(before, node, self.id, peer, state, now);
        }
    }

    fn counters(&self) -> Counters {
        let mut counters = self.socket.counters();
        counters.commits = self.commits;
        counters.dropped.too_large = self.interpreter.too_large();
        counters
    }
}

/// A node, looked at.
struct Watched<'a> {
    ready: &'a Ready,
    now: Instant,
}

impl Watch for Watched<'_> {
    fn hint_age_ms(&self, hint: &HintId) -> u64 {
        self.ready.store.hint_age(hint).as_millis() as u64
    }

    fn agreed_ms(&self, peer: NodeId) -> Option<u64> {
        let age = self.ready.agreement.age(self.ready.interpreter.state().view.tip(), peer, self.now);
        age.map(|age| age.as_millis() as u64)
    }

    fn dropped(&self) -> Dropped {
        self.ready.counters().dropped
    }

    fn exchanges(&self) -> Vec<ExchangeLine> {
        let Ready { interpreter, id, exchanges, .. } = self.ready;
        exchanges.lines(interpreter.node(), *id, interpreter.state(), self.now)
    }
}

/// A node running in a thread of its own. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    address: SocketAddrV4,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Counters, RuntimeError>>>,
}

impl Running {
    /// Starts a node. When this returns it listens.
    ///
    /// # Errors
    /// Where its data cannot be opened or its address not be bound.
    pub fn start(settings: Settings) -> Result<Self, RuntimeError> {
        let ready = Ready::new(settings)?;
        let address = ready.address();
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = Some(thread::spawn(move || ready.run(&asked)));
        Ok(Running { address, stop, thread })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddrV4 {
        self.address
    }

    /// Stops the node and says what it did.
    ///
    /// # Errors
    /// Where it had stopped by itself before, because a commit or its socket failed.
    pub fn stop(mut self) -> Result<Counters, RuntimeError> {
        self.join().expect("the thread is joined once")
    }

    fn join(&mut self) -> Option<Result<Counters, RuntimeError>> {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take()?;
        Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !thread::panicking() {
            drop(self.join());
        }
    }
}

#[cfg(test)]
mod tests;
