//! A simulated node: the [`server`](crate::server) of a real one, with its sessions, doorkeeper and
//! memories, on a simulated disk and a simulated network.

use super::disk::{Commit, SimulatedDisk};
use crate::admission::Limits;
use crate::founding::{self, Founding};
use crate::identity::{ClusterId, Life};
use crate::interpreter::{Event, Interpreter};
use crate::memory::Evidence;
use crate::secret::NodeSecret;
use crate::server::{Ending, Server, Start};
use crate::sessions::{Cipher, Sessions};
use crate::transport::{Carrier, Part};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::Standing;
use dynamo_model::node::{Node, State};
use rand::rngs::Xoshiro256PlusPlus;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The time that a run's clock shows at its start.
pub(super) static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);
/// The date of a run's start, since the Unix epoch.
const DATE: Duration = Duration::from_hours(24 * 365);

/// What all nodes of a run have in common.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) node: Node,
    pub(super) cipher: Cipher,
    /// Histories have no addresses, as in scopes, so each node is told those of all others.
    pub(super) addresses: Vec<(NodeId, SocketAddr)>,
}

/// The datagrams that a batch sends.
#[derive(Default)]
struct Sent(Vec<(SocketAddrV4, Vec<u8>)>);

impl Carrier for Sent {
    fn carry(&mut self, datagram: &[u8], to: SocketAddr, _: Part) -> io::Result<()> {
        if let SocketAddr::V4(to) = to {
            self.0.push((to, datagram.to_vec()));
        }
        Ok(())
    }
}

/// What a batch of steps did.
pub(super) struct Batch {
    /// What happened, step by step. Empty if nothing of it lasts.
    pub(super) record: Vec<Event>,
    /// The datagrams to send.
    pub(super) sent: Vec<(SocketAddrV4, Vec<u8>)>,
    /// Whether and why the process goes no further.
    pub(super) end: Option<End>,
}

/// Why a process goes no further.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// The machine has stopped amid a commit.
    CutOff,
    /// The disk is an older copy of itself.
    OldDisk(Evidence),
    /// The node has left or was removed.
    Ended(Ending),
}

/// A node of a run.
pub(super) struct SimulatedNode {
    pub(super) id: NodeId,
    common: Common,
    pub(super) disk: SimulatedDisk,
    /// The running process; `None`: there is none.
    running: Option<Server>,
    /// Why the process has ended by itself.
    pub(super) ended: Option<Ending>,
    /// When the queue will wake it, if it will.
    pub(super) wakes_at: Option<Duration>,
}

impl SimulatedNode {
    pub(super) fn new(id: NodeId, common: Common) -> SimulatedNode {
        let disk = SimulatedDisk::default();
        SimulatedNode { id, common, disk, running: None, ended: None, wakes_at: None }
    }

    /// Starts the process on what is on disk, at this virtual time. It does not start if the disk
    /// knows that the node was removed.
    pub(super) fn start(&mut self, at: Duration, random: u64, chance: Xoshiro256PlusPlus) {
        let Common { node, cipher, addresses } = self.common.clone();
        let history = &self.disk.durable.history;
        let history = if history.is_empty() { &node.founders } else { history };
        if node.rules.view(history).standing(self.id) == Standing::Removed {
            self.ended = Some(Ending::Removed);
            return;
        }
        let last = self.disk.last_start();
        let start = founding::next_at(DATE + at, last, random);
        self.disk.begin(start);
        let cluster = Founding::new(ClusterId::UNKNOWN.named("simulated"), &node.config);
        let (now, durable) = (*EPOCH + at, self.disk.durable.clone());
        let interpreter = Interpreter::start_recorded(node, self.id, durable, now, chance);
        let secret = NodeSecret::SIMULATED;
        let start = Start {
            id: self.id,
            cluster,
            life: Life { incarnation: self.disk.durable.incarnation, start },
            is_used: last > 0,
            sessions: Sessions::of_node(&secret).with_cipher(cipher),
            secret,
            detours: addresses,
            limits: Limits::default(),
            found_old: None,
            stopwatch: || *EPOCH,
        };
        self.running = Some(Server::new(start, interpreter, &self.disk, now));
        self.ended = None;
    }

    /// Puts an empty disk in the place of the node's disk.
    pub(super) fn lose_disk(&mut self) {
        self.disk.lose(&self.common.node);
    }

    /// Puts an empty disk in the place of the node's disk, which is an older copy of itself.
    pub(super) fn begin_anew(&mut self, evidence: &Evidence) {
        self.stop();
        self.disk.begin_anew(&self.common.node, evidence);
    }

    pub(super) fn stop(&mut self) {
        (self.running, self.wakes_at) = (None, None);
    }

    /// The state of the process; `None`: there is none.
    pub(super) fn state(&self) -> Option<&State> {
        self.running.as_ref().map(|server| server.interpreter().state())
    }

    /// When the process has something to do even if no datagram comes, in virtual time.
    pub(super) fn next_deadline(&self, at: Duration) -> Option<Duration> {
        let deadline = self.running.as_ref()?.deadline(*EPOCH + at)?;
        Some(deadline.saturating_duration_since(*EPOCH).max(at))
    }

    /// Handles these datagrams and all timers that are due, commits once, and sends. `None`: there
    /// is no process.
    pub(super) fn batch(
        &mut self,
        datagrams: &[(SocketAddrV4, Vec<u8>)],
        at: Duration,
        commit: Commit,
    ) -> Option<Batch> {
        let (server, now) = (self.running.as_mut()?, *EPOCH + at);
        let mut sent = Sent::default();
        server.begin(now);
        for (from, datagram) in datagrams {
            server.receive((*from).into(), datagram, now, &mut sent);
        }
        self.disk.next = commit;
        let is_cut_off = server.finish(now, &mut self.disk, &mut sent).is_err();
        let mut record = server.take_record();
        if is_cut_off && commit == Commit::CutOffBefore {
            record.clear();
        }
        let cut_off = is_cut_off.then_some(End::CutOff);
        let old = || server.evidence().map(End::OldDisk);
        let end = cut_off.or_else(old).or_else(|| server.ending(now).map(End::Ended));
        Some(Batch { record, sent: sent.0, end })
    }

    /// Has this node a part in the ring that the node sees?
    pub(super) fn counts_in(&self, other: NodeId) -> bool {
        self.state().is_some_and(|state| state.view.standing(other) == Standing::Member)
    }
}
