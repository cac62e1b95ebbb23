//! Everything that a node does above its socket and its disk, without I/O.
//!
//! Datagrams and the time come in, sealed datagrams go out through a [`Carrier`], and commits go to
//! a [`Storage`]. A server works in batches. Each batch has one order:
//!
//! 1. The server takes datagrams ([`receive`](Server::receive)): members' messages step the actor,
//!    and strangers' datagrams wait in a queue.
//! 2. [`finish`](Server::finish) serves the strangers, fires timers that are due, and follows a
//!    change of the members.
//! 3. It commits once.
//! 4. Only then it sends.
//!
//! A server begins in the stage of `recall`: it asks the other nodes what they remember of its
//! disk, and serves nobody yet.

mod farewell;
mod recall;
mod serving;
mod watched;

use crate::address::Members;
use crate::admission::{Admission, Inspections, Limits};
use crate::agreement::Agreement;
use crate::counters::Counters;
use crate::doorkeeper::{Doorkeeper, Refusals};
use crate::exchanges::Exchanges;
use crate::founding::Founding;
use crate::fragments::Cutter;
use crate::identity::Life;
use crate::interpreter::{Batch, Disk, Event, Interpreter};
use crate::memory::{Evidence, Memories};
use crate::secret::NodeSecret;
use crate::sessions::Sessions;
use crate::stamp::Stamps;
use crate::storage::Storage;
use crate::transport::{Carrier, Received, Transport};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Standing, Tip};
use dynamo_model::message::Message;
use dynamo_model::node::{Choice, Durable, Timer};
use recall::Asking;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The most datagrams of members in a batch.
const BATCH_DATAGRAMS: usize = 256;
/// The most datagrams in a batch. Those of strangers only go to a queue, which costs little. While
/// the node empties its socket, the operating system does not drop members' datagrams.
const DRAINED_DATAGRAMS: usize = 2048;

/// What a server needs to know at its start, besides its actor and its disk.
#[derive(Debug)]
pub struct Start {
    /// The node.
    pub id: NodeId,
    /// Its cluster.
    pub cluster: Founding,
    /// Its present life.
    pub life: Life,
    /// Was its disk used by an earlier start?
    pub is_used: bool,
    /// The secret of the cluster's nodes.
    pub secret: NodeSecret,
    /// The sessions of a node with this secret.
    pub sessions: Sessions,
    /// What cuts messages that are too large for one datagram.
    pub cutter: Cutter,
    /// Nodes that are reached at another address than they advertise.
    pub detours: Vec<(NodeId, SocketAddr)>,
    /// How many requests the node accepts.
    pub limits: Limits,
    /// Why its data was moved aside at this start, if it was.
    pub found_old: Option<Evidence>,
    /// The clock that measures how long work takes. In virtual time, work takes no time.
    pub stopwatch: fn() -> Instant,
}

/// Why a server has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The node has left the ring and handed over all its data.
    Left,
    /// The node was removed from the cluster.
    Removed,
}

/// What a driver orders a node to do, which fires no timer by itself: see [`drive`](crate::drive).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// To fire a timer that is set.
    Fire(Timer),
    /// To make this random choice.
    Choose(Choice),
}

/// The room that is left in a batch.
#[derive(Clone, Copy, Debug)]
struct Room {
    of_members: usize,
    of_all: usize,
}

const ROOM: Room = Room { of_members: BATCH_DATAGRAMS, of_all: DRAINED_DATAGRAMS };

/// One node above its socket and its disk.
#[derive(Debug)]
pub struct Server {
    id: NodeId,
    cluster: Founding,
    transport: Transport,
    interpreter: Interpreter,
    commits: u64,
    /// The number of the last commit, which datagrams carry.
    number: Arc<AtomicU64>,
    /// The tip of the history from which the transport has its addresses.
    tip: Tip,
    detours: Vec<(NodeId, SocketAddr)>,
    agreement: Agreement,
    exchanges: Exchanges,
    /// Decides which requests of strangers the node serves.
    admission: Admission,
    /// Questions about the node that wait for a reply.
    inspections: Inspections,
    stage: Stage,
    /// When a removed node ends. Until then it tells others of its removal.
    ends_at: Option<Instant>,
    /// Answers that do not come from the actor, and do not depend on uncommitted state.
    told: Vec<(Id, Message)>,
    found_old: Option<Evidence>,
    room: Room,
    stopwatch: fn() -> Instant,
}

/// How far a server is since its start.
#[derive(Debug)]
enum Stage {
    /// It asks the others what they remember of its disk, and serves nobody yet.
    Asking(Asking),
    /// It has asked. What came in meanwhile is the first input that it serves.
    Asked(Vec<Received>),
    /// It serves.
    Serving,
}

/// The interpreter's view of the disk: it counts the commits.
struct CountingDisk<'a, S> {
    storage: &'a mut S,
    commits: &'a mut u64,
    number: &'a AtomicU64,
}

impl<S: Storage> Disk for CountingDisk<'_, S> {
    type Error = S::Error;

    fn note(&mut self, batch: Batch<'_>) {
        self.storage.note(batch);
    }

    fn commit(&mut self, durable: &Durable) -> Result<(), S::Error> {
        *self.commits += 1;
        self.storage.commit(durable)?;
        self.number.store(self.storage.sequence(), Ordering::Relaxed);
        Ok(())
    }
}

impl Server {
    /// A server for this actor, which was started on what this disk has committed.
    pub fn new(
        start: Start,
        interpreter: Interpreter,
        storage: &impl Storage,
        now: Instant,
    ) -> Self {
        let Start { id, cluster, life, secret, detours, .. } = start;
        let interpreter = interpreter.with_stamps(Stamps::new(&secret, cluster.cluster));
        let state = interpreter.state();
        let tip = state.view.tip();
        let members = Members::of(&state.durable.history, &state.view).with_detours(&detours);
        let number = Arc::new(AtomicU64::new(storage.sequence()));
        let (rules, heard) = (interpreter.node().rules, storage.heard().clone());
        let memories = Memories::new(rules, storage.past(), Arc::clone(&number), heard);
        let doorkeeper = Doorkeeper::new(cluster.cluster, id, life).with_memories(memories);
        let members_now = state.view.ring().members().iter().copied();
        let others = members_now.filter(|member| *member != id).collect();
        let stage = Stage::Asking(Asking::new(others, start.is_used, now));
        Server {
            id,
            cluster,
            transport: Transport::new(members, doorkeeper, &secret, start.sessions, start.cutter),
            interpreter,
            commits: 0,
            number,
            tip,
            detours,
            agreement: Agreement::default(),
            exchanges: Exchanges::default(),
            admission: Admission::new(start.limits, now),
            inspections: Inspections::default(),
            stage,
            ends_at: None,
            told: Vec::new(),
            found_old: start.found_old,
            room: ROOM,
            stopwatch: start.stopwatch,
        }
    }

    /// When the server has something to do even if no datagram comes. `None`: never.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        match &self.stage {
            Stage::Asking(asking) => Some(asking.deadline()),
            Stage::Asked(_) => Some(now),
            Stage::Serving if self.admission.has_next() => Some(now),
            Stage::Serving => {
                self.interpreter.next_deadline().into_iter().chain(self.ends_at).min()
            }
        }
    }

    /// Begins a batch.
    pub fn begin(&mut self, now: Instant) {
        self.room = ROOM;
        self.transport.on_time(now);
        if let Stage::Asked(kept) = &mut self.stage {
            let kept = std::mem::take(kept);
            self.stage = Stage::Serving;
            for received in kept {
                self.receive_all(received, now);
            }
        }
    }

    /// Takes a datagram that has come from an address.
    pub fn receive(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
        carrier: &mut impl Carrier,
    ) {
        let received = self.transport.receive(from, datagram, now, carrier);
        self.room.of_all = self.room.of_all.saturating_sub(1);
        if let Stage::Asking(asking) = &mut self.stage {
            return asking.keep(received);
        }
        let is_node = |from: &Id| NodeId::from_actor(*from).is_some();
        let is_members = matches!(&received, Received::Messages(from, _) if is_node(from));
        self.room.of_members = self.room.of_members.saturating_sub(usize::from(is_members));
        self.receive_all(received, now);
    }

    /// Has this batch room for another datagram?
    pub fn has_room(&self) -> bool {
        self.room.of_members > 0 && self.room.of_all > 0
    }

    /// Counts a datagram whose source address is certainly forged.
    pub fn note_forged_source(&mut self) {
        self.room.of_all = self.room.of_all.saturating_sub(1);
        self.transport.note_forged_source();
    }

    /// Ends a batch: serves strangers, fires the timers that are due, commits once, and sends. Does
    /// nothing more if there is [`evidence`](Server::evidence) that the disk is old.
    ///
    /// # Errors
    /// If the commit fails. Then nothing that depends on it is sent, and the node must stop.
    pub fn finish<S: Storage>(
        &mut self,
        now: Instant,
        storage: &mut S,
        carrier: &mut impl Carrier,
    ) -> Result<(), S::Error> {
        if !matches!(self.stage, Stage::Serving) {
            self.ask_the_others(now, carrier);
            return Ok(());
        }
        self.serve_strangers(now, carrier);
        if self.evidence().is_some() {
            return Ok(());
        }
        self.interpreter.on_time(now);
        self.follow_the_view(now);
        storage.remember(self.transport.doorkeeper.memories.remembered());
        if !self.interpreter.has_saved() {
            storage.save_heard()?;
        }
        let mut disk = CountingDisk { storage, commits: &mut self.commits, number: &self.number };
        self.interpreter.finish(&mut disk, &mut self.transport.through(carrier, now))?;
        self.note_answered();
        self.answer_questions(now, storage, carrier);
        Ok(())
    }

    /// Carries out what a driver orders, within a batch. Returns false if it is impossible.
    pub(crate) fn carry_out(&mut self, order: &Order, now: Instant) -> bool {
        match order {
            Order::Fire(timer) => self.interpreter.fire(timer, now),
            Order::Choose(choice) => {
                self.interpreter.on_choice(*choice, now);
                true
            }
        }
    }

    /// The datagrams that the node has refused since its start, by reason.
    pub(crate) fn refusals(&self) -> Vec<Refusals> {
        self.transport.doorkeeper.refusals()
    }

    /// Follows a change of the view: updates the members' addresses, and notices if this node was
    /// removed.
    fn follow_the_view(&mut self, now: Instant) {
        let state = self.interpreter.state();
        if state.view.tip() == self.tip {
            return;
        }
        self.tip = state.view.tip();
        self.transport.members =
            Members::of(&state.durable.history, &state.view).with_detours(&self.detours);
        if state.view.standing(self.id) == Standing::Removed && self.ends_at.is_none() {
            let time = farewell::time(&self.interpreter.node().config);
            tracing::warn!(
                "node {} was removed from the cluster for good; it ends in {time:?}",
                self.id
            );
            self.ends_at = Some(now + time);
        }
    }

    /// Does the node still ask the others what they remember of its disk?
    pub fn is_asking(&self) -> bool {
        matches!(self.stage, Stage::Asking(_))
    }

    /// Does the node serve? It has asked the others before.
    pub(crate) fn is_serving(&self) -> bool {
        matches!(self.stage, Stage::Serving)
    }

    /// The evidence that the node's disk is an older copy of itself, if there is any. Then the node
    /// must begin on an empty disk.
    pub fn evidence(&self) -> Option<Evidence> {
        self.transport.doorkeeper.memories.evidence()
    }

    /// What the node remembers of other nodes' disks, and what they have said of its own.
    pub(crate) fn memories(&self) -> &Memories {
        &self.transport.doorkeeper.memories
    }

    /// Has the server ended, and why?
    pub fn ending(&self, now: Instant) -> Option<Ending> {
        if self.ends_at.is_some_and(|at| now >= at) {
            return Some(Ending::Removed);
        }
        self.interpreter.state().retired.then_some(Ending::Left)
    }

    /// Was the node removed? Then it ends soon.
    pub fn is_removed(&self) -> bool {
        self.ends_at.is_some()
    }

    /// The actor, with its state.
    pub fn interpreter(&self) -> &Interpreter {
        &self.interpreter
    }

    /// Takes what has happened since the last call, if the actor records it.
    pub(crate) fn take_record(&mut self) -> Vec<Event> {
        self.interpreter.take_record()
    }

    /// Records from now on what happens.
    #[cfg(test)]
    pub(crate) fn recorded(self) -> Self {
        Server { interpreter: self.interpreter.recorded(), ..self }
    }

    /// What the server has done since its start.
    pub fn counters(&self) -> Counters {
        let mut counters = self.transport.counters();
        counters.commits = self.commits;
        counters.dropped.too_large = self.interpreter.too_large();
        counters.has_left = self.interpreter.state().retired;
        counters
    }
}
