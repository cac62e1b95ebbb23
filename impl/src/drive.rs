//! Leads the nodes of another world along a trace, step by step, and compares each step with the
//! model.
//!
//! A trace is a path through a scope of the model. Its own replay
//! ([`Trace::replay`](dynamo_invariants::trace::Trace::replay)) takes the path in the model. Here
//! the same path is taken by nodes that run the server of `dynamo node`, on [`Machines`]:
//!
//! * simulated ones ([`simulation::machines`](crate::simulation::machines)), in memory;
//! * [`processes`] of this machine, with UDP sockets and real disks.
//!
//! ```text
//! trace ─▶ driver ─┬─▶ model: the state after the step
//!                  ├─▶ clients: the scripted clients of the model, played by the driver
//!                  └─▶ post: delivers or loses one message ─▶ machines: nodes, sockets, disks
//! ```
//! Every message waits in the `post` until the trace delivers or loses it. No timer fires by
//! itself: the driver names each one. After each step the driver compares the state of every node
//! and client, and the messages in flight, with the model. It stops at the first difference. At the
//! end it kills all nodes, reads their disks, and asks whether the trace's property is violated
//! with what is really on them.

mod clients;
mod cluster;
mod endpoint;
mod machines;
mod post;
pub mod processes;
mod scene;
mod sight;

pub use endpoint::{Place, Protection};
pub use machines::{Machines, Sent, Trouble};
pub use post::Parcel;
pub use scene::{Cast, Scene};
pub use sight::{Clients, Look, Sight};

use crate::doorkeeper::Refused;
use crate::record::Part;
use clients::Players;
use cluster::Cluster;
use dynamo_invariants::notation::{Who, words};
use dynamo_invariants::property::Kind;
use dynamo_invariants::scope::write_set::WriteSet;
use dynamo_invariants::system::SystemState;
use dynamo_invariants::system::world::World;
use dynamo_invariants::trace::replay::{Divergence, Run, Stopped};
use dynamo_invariants::trace::{Event, Trace};
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::node::Durable;
use sight::differences_on_disk;
use stateright::actor::Network;
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;

/// Messages in flight, with the number of copies.
type InFlight = BTreeMap<(Who, Who, Message), usize>;

/// Why nodes cannot follow a trace.
#[derive(Debug, Error)]
pub enum DriveError {
    /// The model does not take the trace's steps any more.
    #[error("the trace does not replay in the model")]
    Model(#[from] Divergence),
    /// The machines cannot be made ready.
    #[error("the nodes cannot be started")]
    Start(#[source] Trouble),
    /// A step went otherwise than in the model. Step 0 is the start.
    #[error("step {step}{}: {what}", told(event.as_deref()))]
    Step {
        /// The step.
        step: usize,
        /// The event of the trace. `None`: the start.
        event: Option<Box<Event>>,
        /// What is different.
        what: Box<What>,
    },
    /// All steps went as in the model, but what is on the disks is different.
    #[error("after the last step: {0}")]
    End(Box<What>),
}

fn ended(what: What) -> DriveError {
    DriveError::End(Box::new(what))
}

fn told(event: Option<&Event>) -> String {
    event.map_or_else(String::new, |event| format!(" ({event})"))
}

/// What went otherwise than in the model.
#[derive(Debug, Error)]
pub enum What {
    /// A machine does not do what it should.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The message is not in flight.
    #[error("no such message is in flight")]
    NotInFlight,
    /// The node has dropped the message.
    #[error("the node drops the message{}", reasons(.0))]
    Dropped(Vec<Refused>),
    /// The node has no process, and in the model it is up.
    #[error("node {0} is not running")]
    NotRunning(NodeId),
    /// A node is in another state.
    #[error("node {node} differs from the model in {}", names(parts))]
    Differs {
        /// The node.
        node: NodeId,
        /// The parts of its state that differ.
        parts: Vec<Part>,
    },
    /// A client is in another state.
    #[error("client {0} differs from the model")]
    Client(Who),
    /// Other messages are in flight.
    #[error("{0}")]
    InFlight(Box<Difference>),
    /// A disk has other data.
    #[error("the disk of node {node} differs from the model in {}", names(parts))]
    Disk {
        /// The node.
        node: NodeId,
        /// The parts of what is on the disk that differ.
        parts: Vec<Part>,
    },
    /// The property is not violated, or shown, with what is on the disks.
    #[error("with what is on the disks, the trace no longer shows its property")]
    NotShown,
}

fn reasons(refused: &[Refused]) -> String {
    let reasons: Vec<&str> = refused.iter().map(|why| why.words()).collect();
    if reasons.is_empty() { String::new() } else { format!(": it comes {}", reasons.join(", ")) }
}

fn names(parts: &[Part]) -> String {
    parts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A message of which more or fewer copies are in flight than in the model.
#[derive(Debug)]
pub struct Difference {
    message: (Who, Who, Message),
    here: usize,
    model: usize,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { message: (from, to, message), here, model } = self;
        let message = words::brief(message);
        write!(
            f,
            "{from} → {to}: {message} is in flight {here} times, and {model} times in the model"
        )
    }
}

/// Leads the nodes of these machines along a trace. Returns the acknowledged puts that are on no
/// disk after all nodes were killed. A put that was superseded or reaped does not count.
///
/// # Errors
/// At the first difference from the model.
pub fn drive<M: Machines>(
    trace: &Trace,
    begin: impl FnOnce(&Scene) -> Result<M, Trouble>,
) -> Result<WriteSet, DriveError> {
    let mut run = trace.replay()?;
    let scene = Scene::of(&run.model);
    let machines = begin(&scene).map_err(DriveError::Start)?;
    let mut cluster = Cluster::new(&scene, machines);
    let mut players = Players::new(&run.model);
    let failed = |step: usize, event: Option<&Event>| {
        let event = event.cloned().map(Box::new);
        move |what| DriveError::Step { step, event, what: Box::new(what) }
    };
    cluster.start_all().map_err(DriveError::Start)?;
    players.start(&mut cluster);
    compare(&cluster, &players, &run, 0).map_err(failed(0, None))?;
    for (index, event) in run.events.iter().enumerate() {
        let step = index + 1;
        let later = &run.events[step..];
        take(&mut cluster, &mut players, event, later).map_err(failed(step, Some(event)))?;
        compare(&cluster, &players, &run, step).map_err(failed(step, Some(event)))?;
    }
    if trace.property().kind == Kind::Converges {
        let rested = rest(&mut cluster, &mut run);
        rested.map_err(|fault| failed(run.events.len(), Some(&fault.0))(fault.1))?;
    }
    let disks = cluster.into_disks().map_err(|trouble| ended(trouble.into()))?;
    judge(trace, &run, &disks).map_err(ended)
}

/// Takes one step. The trace goes on with `later` after that.
fn take<M: Machines>(
    cluster: &mut Cluster<M>,
    players: &mut Players<'_>,
    event: &Event,
    later: &[Event],
) -> Result<(), What> {
    match event {
        Event::Deliver { from, to: to @ Who::Client(_), message } => {
            let message = cluster.take_out(*from, *to, message).ok_or(What::NotInFlight)?;
            players.receive(to.id(), from.id(), message, cluster);
        }
        Event::Deliver { from, to: Who::Node(to), message } => {
            cluster.deliver(*from, *to, message)?;
        }
        Event::Lose { from, to, message } => cluster.lose(*from, *to, message)?,
        Event::TimeOut { at: at @ Who::Client(_), timer } => {
            players.time_out(at.id(), timer, cluster);
        }
        _ => cluster.happen(event, later)?,
    }
    Ok(cluster.look_ahead(later)?)
}

/// A trace of a *converges* property may end where nothing more happens. So what is left in flight,
/// and changes nothing in the model, must change nothing here.
fn rest<M: Machines>(cluster: &mut Cluster<M>, run: &mut Run) -> Result<(), Box<(Event, What)>> {
    for event in run.possible() {
        let Event::Deliver { from, to: Who::Node(to), message } = &event else { continue };
        match run.take(&event) {
            Err(Stopped::ChangesNothing) => {}
            Err(_) => continue,
            Ok(()) => {
                run.states.pop();
                run.events.pop();
                continue;
            }
        }
        let Some(before) = cluster.look(*to) else { continue };
        match cluster.deliver(*from, *to, message) {
            Ok(()) | Err(What::Dropped(_)) => {}
            Err(what) => return Err(Box::new((event, what))),
        }
        let after =
            cluster.look(*to).ok_or_else(|| Box::new((event.clone(), What::NotRunning(*to))))?;
        let parts = after.sight.differences(&before.sight);
        if !parts.is_empty() {
            return Err(Box::new((event.clone(), What::Differs { node: *to, parts })));
        }
    }
    Ok(())
}

/// Compares everything with the model's state after so many steps.
fn compare<M: Machines>(
    cluster: &Cluster<M>,
    players: &Players<'_>,
    run: &Run,
    step: usize,
) -> Result<(), What> {
    let state = &run.states[step];
    for (id, sight) in scene::sights(&run.model, state) {
        let look = cluster.look(id).ok_or(What::NotRunning(id))?;
        let parts = look.sight.differences(&sight);
        if !parts.is_empty() {
            return Err(What::Differs { node: id, parts });
        }
    }
    if let Some(client) = players.difference(state) {
        return Err(What::Client(client));
    }
    let (here, model) = (cluster.in_flight(), in_flight(state));
    let count = |of: &InFlight, message| of.get(message).copied().unwrap_or(0);
    let mut all = here.keys().chain(model.keys());
    let difference = all.find(|message| count(&here, message) != count(&model, message));
    difference.map_or(Ok(()), |message| {
        let (here, model) = (count(&here, message), count(&model, message));
        let difference = Difference { message: message.clone(), here, model };
        Err(What::InFlight(Box::new(difference)))
    })
}

fn in_flight(state: &SystemState) -> InFlight {
    let who = |id| Who::of(id, &state.actor_states[usize::from(id)]);
    let mut counts = InFlight::new();
    let mut count = |from, to, message: &Message, copies: usize| {
        let message = message.as_undated().clone();
        *counts.entry((who(from), who(to), message)).or_default() += copies;
    };
    match &state.network {
        Network::UnorderedNonDuplicating(messages) => {
            messages.iter().for_each(|(it, copies)| count(it.src, it.dst, &it.msg, *copies));
        }
        network => network.iter_all().for_each(|it| count(it.src, it.dst, it.msg, 1)),
    }
    counts
}

/// Compares the disks with the model's last state, and asks whether they still show the property.
/// Returns the acknowledged puts that are on no disk.
fn judge(trace: &Trace, run: &Run, disks: &[(NodeId, Durable)]) -> Result<WriteSet, What> {
    let mut end = run.last().clone();
    for (id, disk) in disks {
        let stored = &mut end.actor_storages[usize::from(id.0)];
        // A real node saves at its first start whom it knows.
        let known = stored
            .clone()
            .unwrap_or_else(|| Durable { history: disk.history.clone(), ..Durable::default() });
        let parts = differences_on_disk(&known, disk);
        if !parts.is_empty() {
            return Err(What::Disk { node: *id, parts });
        }
        *stored = Some(disk.clone());
    }
    let property = trace.property();
    let holds = (property.condition)(&run.model, &end);
    // The model's replay has shown that the steps from here on are a cycle.
    let is_shown = match property.kind {
        Kind::Always => !holds,
        Kind::Reachable => holds,
        Kind::Converges => true,
    };
    let there = World { model: &run.model, state: &end }.anywhere();
    if is_shown { Ok(end.history.acknowledged().minus(there)) } else { Err(What::NotShown) }
}
