//! Runs one node: a loop that waits for datagrams, gives them to the node's
//! [`server`](crate::server), and lets it commit and send. All decisions are the server's.

mod error;
pub mod led;
mod renewal;
mod settings;
mod start;

pub use error::RuntimeError;
pub use settings::{Endpoint, Settings, SettingsError};
use start::Entrance;

use crate::address::Members;
use crate::counters::Counters;
use crate::fragments::Cutter;
use crate::interpreter::{Firing, Interpreter};
use crate::memory::Evidence;
use crate::record::{RecordedDisk, Recorder, Subject};
use crate::server::{Ending, Server, Start};
use crate::sessions::Sessions;
use crate::socket::{Arrived, NodeSocket};
use crate::store::Store;
use crate::wire::DATAGRAM_BYTES_MAX;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::Standing;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long a node may take to notice that it must stop.
const STOP_NOTICED_WITHIN: Duration = Duration::from_millis(50);

/// A node that is ready to run: its data is read, and its address is bound.
#[derive(Debug)]
pub struct Ready {
    id: NodeId,
    address: SocketAddr,
    socket: NodeSocket,
    store: Store,
    server: Server,
    /// The node's standing at its start.
    stood: Standing,
    settings: Settings,
    /// `None`: the node is not recorded.
    recorder: Option<Recorder>,
    /// The bytes of the last datagram received.
    buffer: Box<[u8]>,
}

impl Ready {
    /// Opens a node's data and binds its address.
    ///
    /// # Errors
    /// If either fails.
    pub fn new(settings: Settings) -> Result<Self, RuntimeError> {
        start::check_members(&settings)?;
        let ready = Self::open(settings, None)?;
        // At most once more: the new disk is nobody's copy.
        if ready.server.evidence().is_some() { ready.begin_anew() } else { Ok(ready) }
    }

    /// Opens the data, and asks the other nodes what they remember of it. `found_old` says why the
    /// data was moved aside before, if it was.
    fn open(settings: Settings, found_old: Option<Evidence>) -> Result<Self, RuntimeError> {
        let udp = start::bind(&settings)?;
        let (mut store, found_in) = renewal::open(&settings)?;
        let Entrance { standing: stood, cluster, life, previous, is_used } =
            start::enter(&settings, &mut store)?;
        let Settings { id, listen: address, node, secret, detours, limits, .. } = settings.clone();
        let (now, disk) = (Instant::now(), store.committed().clone());
        let subject = Subject { id, cluster: cluster.cluster, life, previous, node: node.clone() };
        let begin = |limits| Recorder::begin(limits, subject, &disk);
        let recorder = settings.record.clone().map(begin).transpose()?;
        let interpreter = if recorder.is_some() || settings.led.is_some() {
            Interpreter::start_recorded(node, id, disk, now, rand::make_rng())
        } else {
            Interpreter::start(node, id, disk, now)
        };
        let firing = if settings.led.is_some() { Firing::ByName } else { Firing::ByTime };
        let interpreter = interpreter.with_firing(firing);
        let state = interpreter.state();
        let members = Members::of(&state.durable.history, &state.view).with_detours(&detours);
        if let Some(own) = members.address(id) {
            start::warn_of_other_source(address, own, &members);
        }
        let start = Start {
            id,
            cluster,
            life,
            is_used,
            sessions: Sessions::of_node(&secret),
            cutter: Cutter::default(),
            secret,
            detours,
            limits,
            found_old: found_old.or(found_in),
            stopwatch: Instant::now,
        };
        let server = Server::new(start, interpreter, &store, now);
        let failed = |source| RuntimeError::Socket { address, source };
        let socket = NodeSocket::new(udp).map_err(failed)?;
        let buffer = vec![0; DATAGRAM_BYTES_MAX + 1].into_boxed_slice();
        let mut ready =
            Ready { id, address, socket, store, server, stood, settings, recorder, buffer };
        while ready.server.is_asking() && ready.server.evidence().is_none() {
            ready.batch()?;
        }
        Ok(ready)
    }

    /// Moves the data aside, which is an older copy of itself, and opens new data. Sends nothing
    /// that the node was about to send.
    fn begin_anew(self) -> Result<Self, RuntimeError> {
        let Ready { settings, store, socket, server, .. } = self;
        drop(socket);
        let Some(evidence) = server.evidence() else { return Self::open(settings, None) };
        renewal::begin_anew(&settings, store, &evidence)?;
        Self::open(settings, Some(evidence).filter(|evidence| !evidence.is_of_lost_disk()))
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
        let mut ending = self.server.ending(Instant::now());
        while !stop.load(Ordering::Relaxed) && ending.is_none() {
            self.batch()?;
            if self.server.evidence().is_some() {
                self = self.begin_anew()?;
            }
            ending = self.server.ending(Instant::now());
        }
        if let Some(recorder) = self.recorder {
            recorder.stop();
        }
        let id = self.id;
        if self.server.is_removed() {
            return Err(RuntimeError::Removed { id });
        }
        if ending == Some(Ending::Left) && self.stood == Standing::Gone {
            return Err(RuntimeError::Left { id });
        }
        Ok(self.server.counters())
    }

    /// Waits for input, handles all there is, commits once, and sends.
    fn batch(&mut self) -> Result<(), RuntimeError> {
        let address = self.address;
        self.receive_batch().map_err(|source| RuntimeError::Socket { address, source })?;
        let now = Instant::now();
        self.store.check_directory(now)?;
        let Ready { store: storage, recorder, server, socket, .. } = self;
        let mut disk = RecordedDisk { storage, recorder: recorder.as_mut(), events: None };
        server.finish(now, &mut disk, socket)?;
        Ok(())
    }

    /// Gives the server all input. Returns when the server has something to do at the latest.
    fn receive_batch(&mut self) -> io::Result<()> {
        let start = Instant::now();
        let next = self.server.deadline(start);
        let next = next.map(|deadline| deadline.saturating_duration_since(start));
        let at_most = next.map_or(STOP_NOTICED_WITHIN, |next| next.min(STOP_NOTICED_WITHIN));
        let Ready { socket, server, buffer, .. } = self;
        let mut arrived = socket.receive_within(buffer, at_most)?;
        let now = Instant::now();
        server.begin(now);
        while let Some(datagram) = arrived {
            match datagram {
                Arrived::Datagram(length, from) => {
                    server.receive(from, &buffer[..length], now, socket);
                }
                Arrived::Forged => server.note_forged_source(),
            }
            arrived = if server.has_room() { socket.receive_at_once(buffer)? } else { None };
        }
        Ok(())
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
