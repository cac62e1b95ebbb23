//! Runs one node: a thread that waits, receives a batch, steps the actor through it, commits once, sends.

mod error;
mod farewell;
mod recall;
mod settings;
mod start;

pub use error::RuntimeError;
pub use settings::{Endpoint, Settings, SettingsError};
use start::Entrance;

use crate::address::Members;
use crate::agreement::Agreement;
use crate::counters::{Counters, Dropped};
use crate::doorkeeper::{Doorkeeper, Refusals, Twin};
use crate::exchanges::{Before, Exchanges};
use crate::founding::Founding;
use crate::inspect::{ExchangeLine, Numbered, Question, Report, Watch};
use crate::interpreter::{Disk, Interpreter, Network as _};
use crate::memory::{Evidence, Memories};
use crate::socket::{NodeSocket, Received};
use crate::stamp::Stamps;
use crate::store::{Store, StoreError};
use crate::wire::Datagram;
use dynamo_model::handoff::HintId;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Standing, Tip};
use dynamo_model::message::Message;
use dynamo_model::node::Durable;
use stateright::actor::Id;
use std::io;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// At most this many datagrams are received before what they caused is committed and sent.
const BATCH_DATAGRAMS: usize = 256;
/// How long a node may take to notice that it is to stop.
const STOP_NOTICED_WITHIN: Duration = Duration::from_millis(50);

/// The store as the interpreter sees it: with its commits counted.
struct CountingDisk<'a> {
    store: &'a mut Store,
    commits: &'a mut u64,
    /// The number of the last commit, which datagrams tell.
    number: &'a AtomicU64,
}

impl Disk for CountingDisk<'_> {
    type Error = StoreError;

    fn commit(&mut self, durable: &Durable) -> Result<(), StoreError> {
        *self.commits += 1;
        self.store.commit(durable)?;
        self.number.store(self.store.sequence(), Ordering::Relaxed);
        Ok(())
    }
}

/// A node that is ready to run: its data is read and its address bound.
#[derive(Debug)]
pub struct Ready {
    id: NodeId,
    address: SocketAddrV4,
    cluster: Founding,
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
    /// How it stood when it started.
    stood: Standing,
    /// It was removed, and until then it takes its leave.
    ends_at: Option<Instant>,
    settings: Settings,
    /// The number of the last commit.
    number: Arc<AtomicU64>,
    /// What came in while the others were asked what they remember.
    waiting: Vec<Received>,
    /// Why the data was put aside at this start, if it was.
    found_old: Option<Evidence>,
}

impl Ready {
    /// Opens a node's data and binds its address.
    ///
    /// # Errors
    /// Where either cannot be done.
    pub fn new(settings: Settings) -> Result<Self, RuntimeError> {
        start::check_members(&settings)?;
        let ready = Self::open(settings)?;
        // Once more at most: the new disk is nobody's copy.
        if ready.evidence().is_some() { ready.begin_anew() } else { Ok(ready) }
    }

    /// Opens the data, and hears what others remember of it.
    fn open(settings: Settings) -> Result<Self, RuntimeError> {
        let socket = start::bind(settings.listen)?;
        let (mut store, found_old) = recall::open(&settings)?;
        let Entrance { standing: stood, cluster, life, is_used } = start::enter(&settings, &mut store)?;
        let all_settings = settings.clone();
        let Settings { id, listen: address, detours, node, secret, .. } = settings;
        let stamps = Stamps::new(&secret);
        let interpreter = Interpreter::start(node, id, store.committed().clone(), Instant::now()).with_stamps(stamps);
        let state = interpreter.state();
        let tip = state.view.tip();
        let members = Members::of(&state.durable.history, &state.view).with_detours(&detours);
        let number = Arc::new(AtomicU64::new(store.sequence()));
        let rules = interpreter.node().rules;
        let memories = Memories::new(rules, store.past(), Arc::clone(&number), store.heard().clone());
        let doorkeeper = Doorkeeper::new(cluster.cluster, id, life).with_memories(memories);
        let failed = |source| RuntimeError::Socket { address, source };
        let mut socket = NodeSocket::new(socket, members, doorkeeper, &secret).map_err(failed)?;
        let others: Vec<NodeId> = state.view.ring().members().iter().copied().filter(|member| *member != id).collect();
        let waiting = recall::ask(&mut socket, &others, is_used).map_err(failed)?;
        let (agreement, exchanges, questions) = (Agreement::default(), Exchanges::default(), Vec::new());
        let (commits, ends_at) = (0, None);
        Ok(Ready {
            id,
            address,
            cluster,
            socket,
            store,
            interpreter,
            commits,
            tip,
            detours,
            agreement,
            exchanges,
            questions,
            stood,
            ends_at,
            settings: all_settings,
            number,
            waiting,
            found_old,
        })
    }

    /// What shows that the data is an older copy of itself, if anything does.
    fn evidence(&self) -> Option<Evidence> {
        self.socket.doorkeeper.memories.evidence()
    }

    /// Puts the data aside, which is an older copy of itself, and opens new data. Nothing of what is under way is sent.
    fn begin_anew(self) -> Result<Self, RuntimeError> {
        let Ready { settings, store, socket, .. } = self;
        let evidence = socket.doorkeeper.memories.evidence();
        drop(socket);
        let Some(evidence) = evidence else { return Self::open(settings) };
        recall::begin_anew(&settings, store, &evidence)?;
        Ok(Ready { found_old: Some(evidence), ..Self::open(settings)? })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddrV4 {
        self.address
    }

    /// Runs until `stop` is set, or the node has left the ring and has nothing more to do.
    ///
    /// # Errors
    /// Where a commit or the socket fails: nothing that rests on a failed commit has been sent. Where the node was removed,
    /// and where it had left before it was started.
    pub fn run(mut self, stop: &AtomicBool) -> Result<Counters, RuntimeError> {
        while !stop.load(Ordering::Relaxed) && !self.has_ended() {
            self.batch()?;
            if self.evidence().is_some() {
                self = self.begin_anew()?;
            }
        }
        let (id, has_left) = (self.id, self.interpreter.state().retired);
        if self.ends_at.is_some() {
            return Err(RuntimeError::Removed { id });
        }
        if has_left && self.stood == Standing::Gone {
            return Err(RuntimeError::Left { id });
        }
        Ok(Counters { has_left, ..self.counters() })
    }

    fn has_ended(&self) -> bool {
        self.interpreter.state().retired || self.ends_at.is_some_and(|at| Instant::now() >= at)
    }

    /// Waits for something to do, does all there is, commits once, sends.
    fn batch(&mut self) -> Result<(), RuntimeError> {
        let address = self.address;
        self.receive_batch().map_err(|source| RuntimeError::Socket { address, source })?;
        if self.evidence().is_some() {
            return Ok(());
        }
        self.interpreter.on_time(Instant::now());
        self.follow_the_view();
        self.store.check_place(Instant::now())?;
        self.store.remember(self.socket.doorkeeper.memories.remembered());
        if !self.interpreter.has_saved() {
            self.store.save_heard()?;
        }
        let mut disk = CountingDisk { store: &mut self.store, commits: &mut self.commits, number: &self.number };
        self.interpreter.finish(&mut disk, &mut self.socket)?;
        self.answer_questions();
        Ok(())
    }

    /// Where nodes can be reached, and whether this one is wanted, may have changed with what is known of them.
    fn follow_the_view(&mut self) {
        let state = self.interpreter.state();
        if state.view.tip() == self.tip {
            return;
        }
        self.tip = state.view.tip();
        self.socket.members = Members::of(&state.durable.history, &state.view).with_detours(&self.detours);
        if state.view.standing(self.id) == Standing::Removed && self.ends_at.is_none() {
            let time = farewell::time(&self.interpreter.node().config);
            tracing::warn!("node {} was removed from the cluster for good; it ends in {time:?}", self.id);
            self.ends_at = Some(Instant::now() + time);
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
        for Received { from, messages, question } in std::mem::take(&mut self.waiting) {
            self.questions.extend(question.map(|question| (from, question)));
            for message in messages {
                self.receive(from, message, start);
            }
        }
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
        if self.ends_at.is_some()
            && let Some(answer) = farewell::answer(&message, &self.interpreter.state().durable.history)
        {
            return self.tell(from, &answer);
        }
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

    /// Sends what does not come from the actor, and rests on nothing that it has not committed yet.
    fn tell(&mut self, to: Id, message: &Message) {
        let mut datagram = Datagram::default();
        if datagram.push(message).is_ok() {
            self.socket.send(to, &mut datagram);
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

    fn cluster(&self) -> Founding {
        self.ready.cluster
    }

    fn found_old(&self) -> Option<String> {
        self.ready.found_old.map(|evidence| evidence.to_string())
    }

    fn refusals(&self) -> Vec<Refusals> {
        self.ready.socket.doorkeeper.refusals()
    }

    fn twins(&self) -> Vec<Twin> {
        self.ready.socket.doorkeeper.twins(self.now)
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
