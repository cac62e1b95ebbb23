//! Runs one node: a loop that waits, receives a batch of datagrams, steps the actor, commits once,
//! and sends.

mod error;
mod farewell;
mod recall;
mod serving;
mod settings;
mod start;

pub use error::RuntimeError;
pub use settings::{Endpoint, Settings, SettingsError};
use start::Entrance;

use crate::address::Members;
use crate::admission::{Admission, Inspections, Overload};
use crate::agreement::Agreement;
use crate::counters::{Counters, Dropped};
use crate::doorkeeper::{Doorkeeper, Refusals, Twin};
use crate::exchanges::Exchanges;
use crate::founding::Founding;
use crate::inspect::{ExchangeLine, Watch};
use crate::interpreter::{Disk, Interpreter};
use crate::memory::{Evidence, Memories};
use crate::socket::{NodeSocket, Received};
use crate::stamp::Stamps;
use crate::store::{Store, StoreError};
use dynamo_model::hint::HintId;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Standing, Tip};
use dynamo_model::node::Durable;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a node may take to notice that it must stop.
const STOP_NOTICED_WITHIN: Duration = Duration::from_millis(50);

/// The interpreter's view of the store: it counts the commits.
struct CountingDisk<'a> {
    store: &'a mut Store,
    commits: &'a mut u64,
    /// The number of the last commit, which datagrams carry.
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

/// A node that is ready to run: its data is read, and its address is bound.
#[derive(Debug)]
pub struct Ready {
    id: NodeId,
    address: SocketAddr,
    cluster: Founding,
    socket: NodeSocket,
    store: Store,
    interpreter: Interpreter,
    commits: u64,
    /// The tip of the history from which the socket has its addresses.
    tip: Tip,
    detours: Vec<(NodeId, SocketAddr)>,
    agreement: Agreement,
    exchanges: Exchanges,
    /// Decides which requests of strangers the node serves.
    admission: Admission,
    /// Questions about the node that wait for a reply.
    inspections: Inspections,
    /// The node's standing at its start.
    stood: Standing,
    /// When a removed node ends. Until then it tells others of its removal.
    ends_at: Option<Instant>,
    settings: Settings,
    /// The number of the last commit.
    number: Arc<AtomicU64>,
    /// What came in while the node asked the others what they remember.
    waiting: Vec<Received>,
    /// Why the data was moved aside at this start, if it was.
    found_old: Option<Evidence>,
}

impl Ready {
    /// Opens a node's data and binds its address.
    ///
    /// # Errors
    /// If either fails.
    pub fn new(settings: Settings) -> Result<Self, RuntimeError> {
        start::check_members(&settings)?;
        let ready = Self::open(settings)?;
        // At most once more: the new disk is nobody's copy.
        if ready.evidence().is_some() { ready.begin_anew() } else { Ok(ready) }
    }

    /// Opens the data, and asks the other nodes what they remember of it.
    fn open(settings: Settings) -> Result<Self, RuntimeError> {
        let socket = start::bind(&settings)?;
        let (mut store, found_old) = recall::open(&settings)?;
        let Entrance { standing: stood, cluster, life, is_used } =
            start::enter(&settings, &mut store)?;
        let all_settings = settings.clone();
        let Settings { id, listen: address, detours, limits, node, secret, .. } = settings;
        let (stamps, now) = (Stamps::new(&secret, cluster.cluster), Instant::now());
        let interpreter =
            Interpreter::start(node, id, store.committed().clone(), now).with_stamps(stamps);
        let state = interpreter.state();
        let tip = state.view.tip();
        let members = Members::of(&state.durable.history, &state.view).with_detours(&detours);
        if let Some(own) = members.address(id) {
            start::warn_of_other_source(address, own, &members);
        }
        let number = Arc::new(AtomicU64::new(store.sequence()));
        let rules = interpreter.node().rules;
        let memories =
            Memories::new(rules, store.past(), Arc::clone(&number), store.heard().clone());
        let doorkeeper = Doorkeeper::new(cluster.cluster, id, life).with_memories(memories);
        let failed = |source| RuntimeError::Socket { address, source };
        let mut socket = NodeSocket::new(socket, members, doorkeeper, &secret).map_err(failed)?;
        let others: Vec<NodeId> =
            state.view.ring().members().iter().copied().filter(|member| *member != id).collect();
        let waiting = recall::ask(&mut socket, &others).map_err(failed)?;
        if is_used {
            recall::warn_of_silent(&socket, &others);
        }
        socket.doorkeeper.memories.serve();
        let (agreement, exchanges) = (Agreement::default(), Exchanges::default());
        let (admission, inspections) = (Admission::new(limits, now), Inspections::default());
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
            admission,
            inspections,
            stood,
            ends_at,
            settings: all_settings,
            number,
            waiting,
            found_old,
        })
    }

    /// The evidence that the data is an older copy of itself, if there is any.
    fn evidence(&self) -> Option<Evidence> {
        self.socket.doorkeeper.memories.evidence()
    }

    /// Moves the data aside, which is an older copy of itself, and opens new data. Sends nothing
    /// that the node was about to send.
    fn begin_anew(self) -> Result<Self, RuntimeError> {
        let Ready { settings, store, socket, .. } = self;
        let evidence = socket.doorkeeper.memories.evidence();
        drop(socket);
        let Some(evidence) = evidence else { return Self::open(settings) };
        recall::begin_anew(&settings, store, &evidence)?;
        let found_old = Some(evidence).filter(|evidence| !evidence.is_of_lost_disk());
        Ok(Ready { found_old, ..Self::open(settings)? })
    }

    /// The address that the node listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until `stop` is set, or until the node has left the ring and handed over its data.
    ///
    /// # Errors
    /// If a commit or the socket fails: then nothing that depends on a failed commit has been sent.
    /// If the node was removed, or had left before it was started.
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

    /// Waits for input, handles all there is, commits once, and sends.
    fn batch(&mut self) -> Result<(), RuntimeError> {
        let address = self.address;
        self.receive_batch().map_err(|source| RuntimeError::Socket { address, source })?;
        if self.evidence().is_some() {
            return Ok(());
        }
        self.interpreter.on_time(Instant::now());
        self.follow_the_view();
        self.store.check_directory(Instant::now())?;
        self.store.remember(self.socket.doorkeeper.memories.remembered());
        if !self.interpreter.has_saved() {
            self.store.save_heard()?;
        }
        let mut disk = CountingDisk {
            store: &mut self.store,
            commits: &mut self.commits,
            number: &self.number,
        };
        self.interpreter.finish(&mut disk, &mut self.socket)?;
        self.note_answered();
        self.answer_questions();
        Ok(())
    }

    /// Follows a change of the view: updates the members' addresses, and notices if this node was
    /// removed.
    fn follow_the_view(&mut self) {
        let state = self.interpreter.state();
        if state.view.tip() == self.tip {
            return;
        }
        self.tip = state.view.tip();
        self.socket.members =
            Members::of(&state.durable.history, &state.view).with_detours(&self.detours);
        if state.view.standing(self.id) == Standing::Removed && self.ends_at.is_none() {
            let time = farewell::time(&self.interpreter.node().config);
            tracing::warn!(
                "node {} was removed from the cluster for good; it ends in {time:?}",
                self.id
            );
            self.ends_at = Some(Instant::now() + time);
        }
    }

    fn counters(&self) -> Counters {
        let mut counters = self.socket.counters();
        counters.commits = self.commits;
        counters.dropped.too_large = self.interpreter.too_large();
        counters
    }
}

/// What `dynamo status` reads from a node.
struct Watched<'a> {
    ready: &'a Ready,
    now: Instant,
}

impl Watch for Watched<'_> {
    fn hint_age_ms(&self, hint: &HintId) -> u64 {
        self.ready.store.hint_age(hint).as_millis() as u64
    }

    fn agreed_ms(&self, peer: NodeId) -> Option<u64> {
        let age =
            self.ready.agreement.age(self.ready.interpreter.state().view.tip(), peer, self.now);
        age.map(|age| age.as_millis() as u64)
    }

    fn dropped(&self) -> Dropped {
        self.ready.counters().dropped
    }

    fn overload(&self) -> Overload {
        let Ready { admission, socket, inspections, .. } = self.ready;
        admission.overload(&socket.waiting, inspections)
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

/// A node that runs in its own thread. Dropping it stops the node.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Counters, RuntimeError>>>,
}

impl Running {
    /// Starts a node. When this returns, the node is listening.
    ///
    /// # Errors
    /// If the node's data cannot be opened, or its address cannot be bound.
    pub fn start(settings: Settings) -> Result<Self, RuntimeError> {
        let ready = Ready::new(settings)?;
        let address = ready.address();
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let thread = Some(thread::spawn(move || ready.run(&asked)));
        Ok(Running { address, stop, thread })
    }

    /// The address that the node listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the node, and returns its counters.
    ///
    /// # Errors
    /// If the node had stopped by itself, because a commit or its socket failed.
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
