//! A simulated node: the [`server`](crate::server) of a real one, with its sessions, doorkeeper and
//! memories, on a simulated disk and a simulated network.

use super::clock::{Clock, EPOCH};
use super::disk::{Commit, SimulatedDisk};
use crate::admission::Limits;
use crate::founding::{self, Founding};
use crate::fragments::Cutter;
use crate::identity::{ClusterId, Life};
use crate::interpreter::{Event, Firing, Interpreter};
use crate::memory::Evidence;
use crate::record::{self, RecordedDisk, Recorder, Subject};
use crate::secret::NodeSecret;
use crate::server::{Ending, Order, Server, Start};
use crate::sessions::{Cipher, NodeKeys, Sessions};
use crate::storage::Storage as _;
use crate::transport::{Carrier, Part};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::Standing;
use dynamo_model::node::{Node, State};
use dynamo_model::rules::Rules;
use rand::rngs::Xoshiro256PlusPlus;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

/// The date of a run's start, since the Unix epoch.
const DATE: Duration = Duration::from_hours(24 * 365);

/// The time that it takes to replace a lost disk. Starts have numbers by the millisecond: the next
/// one is to have a larger number than the last one.
const REPLACED_IN: Duration = Duration::from_millis(10);

/// The keys of all simulated nodes.
static KEYS: LazyLock<NodeKeys> = LazyLock::new(|| NodeKeys::of(&NodeSecret::SIMULATED));

/// What all nodes of a run have in common.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) node: Node,
    pub(super) cipher: Cipher,
    /// Messages above this size are cut into fragments.
    pub(super) cut_above: Option<usize>,
    /// Histories have no addresses, as in scopes, so each node is told those of all others.
    pub(super) addresses: Vec<(NodeId, SocketAddr)>,
    /// What makes a timer fire.
    pub(super) firing: Firing,
}

/// Datagrams, each with the address that it comes from or goes to.
pub(super) type Datagrams = Vec<(SocketAddrV4, Vec<u8>)>;

/// The datagrams that a batch sends.
#[derive(Default)]
struct Sent(Datagrams);

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
    pub(super) sent: Datagrams,
    /// Has the batch committed anything?
    pub(super) has_committed: bool,
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
    clock: Clock,
    /// Until then the process stands still, or waits for its disk.
    busy_until: Duration,
    /// What has come in meanwhile.
    inbox: Datagrams,
    /// What the process sends once its commit is on disk.
    pending: Datagrams,
    /// Is the disk full?
    pub(super) is_full: bool,
    /// An older copy of the disk.
    copy: Option<SimulatedDisk>,
    /// Is the disk an older copy of itself?
    pub(super) is_on_old_copy: bool,
    /// The nodes that run since then, and remember more of the disk than the copy has.
    pub(super) witnesses: Vec<NodeId>,
    /// How much later the clock is by the time that a lost disk is replaced. No run waits for it.
    later_by: Duration,
    /// The largest number of a start so far, on any disk.
    latest_start: u64,
    /// Where the node is recorded. `None`: it is not.
    records: Option<PathBuf>,
    recorder: Option<Recorder>,
}

/// How many datagrams the operating system keeps for a process that stands still.
const INBOX_MAX: usize = 512;

impl SimulatedNode {
    pub(super) fn new(id: NodeId, common: Common, clock: Clock) -> SimulatedNode {
        SimulatedNode {
            id,
            common,
            disk: SimulatedDisk::default(),
            running: None,
            ended: None,
            wakes_at: None,
            clock,
            busy_until: Duration::ZERO,
            inbox: Vec::new(),
            pending: Vec::new(),
            is_full: false,
            copy: None,
            is_on_old_copy: false,
            witnesses: Vec::new(),
            later_by: Duration::ZERO,
            latest_start: 0,
            records: None,
            recorder: None,
        }
    }

    /// From its next start on, the node is recorded below this directory.
    pub(super) fn record_below(&mut self, directory: &Path) {
        self.records = Some(directory.join(self.id.to_string()));
    }

    /// The node is stopped in good order, at the end of a run.
    pub(super) fn end_record(&mut self) {
        if let Some(recorder) = self.recorder.take() {
            recorder.stop();
        }
    }

    /// Starts the process on what is on disk, at this virtual time. The date may be wrong by
    /// `wrong_date`. The process does not start if the disk knows that the node was removed.
    pub(super) fn start(
        &mut self,
        at: Duration,
        wrong_date: Duration,
        random: u64,
        chance: Xoshiro256PlusPlus,
    ) {
        let Common { node, cipher, cut_above, addresses, firing } = self.common.clone();
        let history = &self.disk.durable.history;
        let history = if history.is_empty() { &node.founders } else { history };
        if node.rules.view(history).standing(self.id) == Standing::Removed {
            self.ended = Some(Ending::Removed);
            return;
        }
        let last = self.disk.last_start();
        let previous = self.disk.past().last().map(|known| known.start);
        let date = (DATE + at + self.later_by).saturating_sub(wrong_date);
        let start = founding::next_at(date, last, random);
        self.disk.begin(start);
        self.latest_start = self.latest_start.max(start);
        let cluster = Founding::new(ClusterId::UNKNOWN.named("simulated"), &node.config);
        let (now, durable) = (self.clock.shows(at), self.disk.durable.clone());
        let life = Life { incarnation: self.disk.durable.incarnation, start };
        self.recorder = self.records.clone().map(|directory| {
            let limits = record::Limits { directory, bytes_max: u64::MAX };
            let (id, cluster, node) = (self.id, cluster.cluster, node.clone());
            let subject = Subject { id, cluster, life, previous, node };
            Recorder::begin(limits, subject, &durable).expect("the directory can be written")
        });
        let interpreter = Interpreter::start_recorded(node, self.id, durable, now, chance);
        let interpreter = interpreter.with_firing(firing);
        let secret = NodeSecret::SIMULATED;
        let start = Start {
            id: self.id,
            cluster,
            life,
            is_used: last > 0,
            sessions: Sessions::with_keys(KEYS.clone()).with_cipher(cipher),
            secret,
            cutter: cut_above.map_or_else(Cutter::default, Cutter::above),
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
        self.later_by += REPLACED_IN;
        self.disk.lose(&self.common.node);
    }

    /// Puts an empty disk in the place of the node's disk, which is an older copy of itself.
    pub(super) fn begin_anew(&mut self, evidence: &Evidence) {
        self.stop();
        self.disk.begin_anew(&self.common.node, evidence);
    }

    pub(super) fn stop(&mut self) {
        (self.running, self.wakes_at, self.busy_until) = (None, None, Duration::ZERO);
        self.recorder = None;
        (self.inbox, self.pending) = (Vec::new(), Vec::new());
    }

    /// Copies the disk.
    pub(super) fn copy_disk(&mut self) {
        self.copy = Some(self.disk.clone());
    }

    /// Is there a copy of the disk?
    pub(super) fn is_copied(&self) -> bool {
        self.copy.is_some()
    }

    /// Puts the copy of the disk in its place. `None`: there is no copy.
    pub(super) fn return_to_copy(&mut self) -> Option<()> {
        let copy = self.copy.take()?;
        self.stop();
        self.is_on_old_copy = copy.sequence() != self.disk.sequence();
        self.disk = copy;
        Some(())
    }

    /// Does the process serve although its disk is an older copy, or its present start has a
    /// smaller number than an earlier one? The date may be wrong while the disk is lost.
    pub(super) fn serves_in_error(&self) -> bool {
        let is_behind = self.is_on_old_copy || self.disk.last_start() < self.latest_start;
        is_behind && self.running.as_ref().is_some_and(|server| !server.is_asking())
    }

    /// Does the node remember more of another node than this disk has?
    pub(super) fn remembers_more(&self, of: NodeId, disk: &SimulatedDisk) -> bool {
        let known = self.running.as_ref().and_then(|it| it.memories().remembered().get(&of));
        known.is_some_and(|moment| Rules::default().disk_is_old(*moment, &disk.past()))
    }

    /// Has a node told the process that its disk is an older copy?
    pub(super) fn is_told_of_old_copy(&self) -> bool {
        let has_told = |witness: &NodeId| {
            self.running.as_ref().is_some_and(|it| it.memories().is_confirmed(*witness))
        };
        self.is_on_old_copy && self.witnesses.iter().any(has_told)
    }

    /// From now on, the disk is taken for the latest one.
    pub(super) fn believe_disk(&mut self) {
        (self.is_on_old_copy, self.latest_start) = (false, self.disk.last_start());
    }

    /// Does the process stand still, or wait for its disk?
    pub(super) fn is_busy(&self, at: Duration) -> bool {
        self.running.is_some() && at < self.busy_until
    }

    /// From now on the process stands still until then, or longer if it does already. What it has
    /// just sent goes out after that. Returns when it goes on.
    pub(super) fn stand_still(&mut self, until: Duration, sent: Datagrams) -> Duration {
        self.busy_until = self.busy_until.max(until);
        self.pending.extend(sent);
        self.wakes_at = Some(self.busy_until);
        self.busy_until
    }

    /// Keeps a datagram for a process that stands still.
    pub(super) fn keep(&mut self, from: SocketAddrV4, datagram: Vec<u8>) {
        if self.inbox.len() < INBOX_MAX {
            self.inbox.push((from, datagram));
        }
    }

    /// The process goes on. Takes what it sends now, and what has come in meanwhile.
    pub(super) fn go_on(&mut self) -> (Datagrams, Datagrams) {
        (std::mem::take(&mut self.pending), std::mem::take(&mut self.inbox))
    }

    /// The state of the process; `None`: there is none.
    pub(super) fn state(&self) -> Option<&State> {
        self.running.as_ref().map(|server| server.interpreter().state())
    }

    /// The process; `None`: there is none.
    pub(super) fn server(&self) -> Option<&Server> {
        self.running.as_ref()
    }

    /// Does the process not serve yet?
    pub(super) fn is_starting(&self) -> bool {
        self.running.as_ref().is_some_and(|server| !server.is_serving())
    }

    /// Carries out what a driver orders, in the next batch. Returns false if it is impossible.
    pub(super) fn carry_out(&mut self, order: &Order, at: Duration) -> bool {
        let now = self.clock.shows(at);
        self.running.as_mut().is_some_and(|server| server.carry_out(order, now))
    }

    /// When the process has something to do even if no datagram comes, in virtual time.
    pub(super) fn next_deadline(&self, at: Duration) -> Option<Duration> {
        let server = self.running.as_ref()?;
        if !self.inbox.is_empty() {
            return Some(at);
        }
        Some(self.clock.time_of(server.deadline(self.clock.shows(at))?).max(at))
    }

    /// Handles these datagrams and all timers that are due, commits once, and sends. `None`: there
    /// is no process.
    pub(super) fn batch(
        &mut self,
        datagrams: &[(SocketAddrV4, Vec<u8>)],
        at: Duration,
        commit: Commit,
    ) -> Option<Batch> {
        let (server, now) = (self.running.as_mut()?, self.clock.shows(at));
        let mut sent = Sent::default();
        server.begin(now);
        for (index, (from, datagram)) in datagrams.iter().enumerate() {
            if !server.has_room() {
                // The rest stays with the operating system until the next batch.
                self.inbox.extend_from_slice(&datagrams[index..]);
                break;
            }
            server.receive((*from).into(), datagram, now, &mut sent);
        }
        let last = self.disk.sequence();
        self.disk.next = commit;
        let (mut record, recorder) = (Vec::new(), self.recorder.as_mut());
        let mut disk =
            RecordedDisk { storage: &mut self.disk, recorder, events: Some(&mut record) };
        let is_cut_off = server.finish(now, &mut disk, &mut sent).is_err();
        record.extend(server.take_record());
        if is_cut_off && commit == Commit::CutOffBefore {
            record.clear();
        }
        let cut_off = is_cut_off.then_some(End::CutOff);
        let old = || server.evidence().map(End::OldDisk);
        let end = cut_off.or_else(old).or_else(|| server.ending(now).map(End::Ended));
        let has_committed = self.disk.sequence() != last;
        Some(Batch { record, sent: sent.0, has_committed, end })
    }

    /// Has this node a part in the ring that the node sees?
    pub(super) fn counts_in(&self, other: NodeId) -> bool {
        self.state().is_some_and(|state| state.view.standing(other) == Standing::Member)
    }
}
