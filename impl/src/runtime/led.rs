//! A node that a driver leads along a trace, as a process with a real socket and a real disk.
//!
//! It runs the same loop as every node. Three things differ. Its actor is that of a scope, so its
//! membership history has no addresses, and nobody checks them. No timer fires by itself. And the
//! loop takes a batch only when the driver asks for one, on standard input:
//!
//! ```text
//! driver ── {"Receive":null} ──▶ node     wait for a datagram, and handle all there are
//! driver ── {"Carry":{"Fire":…}} ──▶ node fire this timer
//! driver ◀── {"look":…,"sent":2} ── node  what the node looks like now
//! ```
//! `dynamo node` has no option for this: it takes another program, `dynamo-driven-node`.

use super::{Ready, RuntimeError, Settings};
use crate::admission::Limits;
use crate::drive::{Clients, Look, Scene, Sight};
use crate::founding::Founding;
use crate::identity::ClusterId;
use crate::interpreter::Event;
use crate::record::RecordedDisk;
use crate::secret::NodeSecret;
use crate::server::Order;
use crate::store::Store;
use dynamo_invariants::trace::Trace;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::Standing;
use dynamo_model::node::Durable;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a node waits for a datagram that the driver has sent already.
const ARRIVES_WITHIN: Duration = Duration::from_secs(2);

/// How a node that a driver leads differs from others.
#[derive(Clone, Debug)]
pub struct Led {
    /// The incarnation of the next new disk.
    pub(super) next_incarnation: u64,
    /// What is on the node's first disk; `None`: nothing.
    first_disk: Option<Durable>,
}

/// Where a node that a driver leads is, and whom it meets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Seat {
    /// The node.
    pub id: NodeId,
    /// The address on which it listens.
    pub listen: SocketAddr,
    /// Its data directory.
    pub data: PathBuf,
    /// The addresses at which the driver stands for the other nodes.
    pub others: Vec<(NodeId, SocketAddr)>,
    /// The ids by which nodes know the clients, with the clients' ids in the model.
    pub clients: Vec<(u64, u64)>,
    /// The incarnation of the next new disk.
    pub next_incarnation: u64,
}

/// What a driver asks a node to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Ask {
    /// To handle the datagrams that have come. At least one comes.
    Receive,
    /// To fire a timer, or to make a choice.
    Carry(Order),
}

/// What a node replies, each time that it has done what it was asked to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// What the node looks like now. `None`: it begins on a new disk, and replies once more when it
    /// is ready.
    pub look: Option<Look>,
    /// How many datagrams it has sent since its last reply.
    pub sent: u64,
    /// Could it do what it was asked to?
    pub is_done: bool,
}

impl Led {
    /// The standing and the cluster of a node at its start. Prepares its first disk.
    pub(super) fn enter(
        &self,
        Settings { id, node, .. }: &Settings,
        store: &mut Store,
    ) -> Result<(Standing, Founding), RuntimeError> {
        let is_new = store.past().last().is_none();
        if let Some(disk) =
            self.first_disk.as_ref().filter(|_| is_new && self.next_incarnation == 0)
        {
            store.commit(disk)?;
        }
        let history = &store.committed().history;
        let history = if history.is_empty() { &node.founders } else { history };
        let cluster = Founding::new(ClusterId::UNKNOWN.named("driven"), &node.config);
        Ok((node.rules.view(history).standing(*id), cluster))
    }
}

/// The settings of the node in this seat, for this trace. `None`: the trace has no such node.
fn settings(trace: &Trace, seat: &Seat) -> Option<Settings> {
    let scene = Scene::of(&trace.scope().model(trace.rules(), []));
    let cast = scene.nodes.into_iter().nth(usize::from(seat.id.0))?;
    let next_incarnation = match seat.next_incarnation {
        0 => 0,
        number => cast.node.new_disk(number).incarnation,
    };
    Some(Settings {
        id: seat.id,
        listen: seat.listen,
        founds: None,
        contact: None,
        detours: seat.others.clone(),
        limits: Limits::default(),
        node: cast.node,
        data: seat.data.clone(),
        secret: NodeSecret::OPEN,
        record: None,
        led: Some(Led { next_incarnation, first_disk: cast.disk }),
    })
}

/// Runs the node in this seat: takes the driver's wishes from `asks`, a line each, and replies.
/// Replies once without being asked, when the node is ready.
///
/// # Errors
/// If the node cannot start or go on, if the trace has no such node, or if the driver cannot be
/// understood.
pub fn serve(
    trace: &Trace,
    seat: &Seat,
    asks: impl BufRead,
    mut replies: impl Write,
) -> Result<(), LedError> {
    let clients = seat
        .clients
        .iter()
        .map(|(id, in_model)| (Id::from(*id as usize), Id::from(*in_model as usize)));
    let clients = Clients(clients.collect());
    let mut node = LedNode::of(Ready::new(settings(trace, seat).ok_or(LedError::NoSuchNode)?)?)?;
    let mut reply = |node: &mut LedNode, is_done| -> Result<(), LedError> {
        let reply = serde_json::to_string(&node.reply(&clients, is_done))?;
        writeln!(replies, "{reply}")?;
        replies.flush()?;
        Ok(())
    };
    reply(&mut node, true)?;
    for line in asks.lines() {
        let is_done = node.act(&serde_json::from_str(&line?)?)?;
        reply(&mut node, is_done)?;
        if node.ready.server.evidence().is_some() {
            node = LedNode::of(node.ready.begin_anew()?)?;
            reply(&mut node, true)?;
        }
    }
    Ok(())
}

/// Why a node that a driver leads stops.
#[derive(Debug, thiserror::Error)]
pub enum LedError {
    /// The node cannot start or go on.
    #[error("the node cannot go on")]
    Runtime(#[from] RuntimeError),
    /// The trace has no such node.
    #[error("the trace has no such node")]
    NoSuchNode,
    /// A line is not what a driver writes.
    #[error("the driver cannot be understood")]
    Line(#[from] serde_json::Error),
    /// The driver cannot be heard or told any more.
    #[error("the driver is gone")]
    Driver(#[from] std::io::Error),
}

struct LedNode {
    ready: Ready,
    heard: u64,
}

impl LedNode {
    fn of(mut ready: Ready) -> Result<Self, RuntimeError> {
        let mut heard = 0;
        // It has asked the others what they remember of its disk. Now it serves.
        while !ready.server.is_serving() {
            ready.batch()?;
            heard += heard_by(&mut ready);
        }
        Ok(LedNode { ready, heard })
    }

    /// Does what the driver asks for. Returns whether that was possible.
    fn act(&mut self, ask: &Ask) -> Result<bool, RuntimeError> {
        let is_done = match ask {
            Ask::Receive => self.receive()?,
            Ask::Carry(order) => self.carry(order)?,
        };
        self.heard += heard_by(&mut self.ready);
        Ok(is_done)
    }

    /// Takes batches until a datagram has come.
    fn receive(&mut self) -> Result<bool, RuntimeError> {
        let received = |ready: &Ready| ready.server.counters().datagrams_received;
        let (before, begun) = (received(&self.ready), Instant::now());
        while received(&self.ready) == before {
            if begun.elapsed() > ARRIVES_WITHIN {
                return Ok(false);
            }
            self.ready.batch()?;
        }
        Ok(true)
    }

    fn carry(&mut self, order: &Order) -> Result<bool, RuntimeError> {
        let Ready { store: storage, recorder, server, socket, .. } = &mut self.ready;
        let now = Instant::now();
        server.begin(now);
        if !server.carry_out(order, now) {
            return Ok(false);
        }
        let mut disk = RecordedDisk { storage, recorder: recorder.as_mut(), events: None };
        server.finish(now, &mut disk, socket)?;
        Ok(true)
    }

    fn reply(&mut self, clients: &Clients, is_done: bool) -> Reply {
        let Ready { server, socket, id, .. } = &mut self.ready;
        let look = server.evidence().is_none().then(|| {
            let sight = Sight::of_server(server, *id, clients);
            Look { sight, heard: self.heard, refused: server.refusals() }
        });
        Reply { look, sent: socket.take_carried(), is_done }
    }
}

fn heard_by(ready: &mut Ready) -> u64 {
    let is_heard = |event: &&Event| matches!(event, Event::Received(..) | Event::Ignored(..));
    ready.server.take_record().iter().filter(is_heard).count() as u64
}
