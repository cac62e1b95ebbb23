//! Nodes and clients as one actor type, for the checker's model.

mod backup;
mod circumstances;

pub use backup::{Backup, Stage};
pub use circumstances::{Circumstances, Takes};

use crate::acts::handler::Node;
use crate::algebra::ids::NodeId;
use crate::checker::client::{Client, ClientState};
use crate::state::State;
use crate::state::durable::Durable;
use crate::state::message::Message;
use crate::state::timer::{Choice, Timer};
use serde::Serialize;
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;

/// A node or a scripted client.
#[expect(clippy::large_enum_variant, reason = "a scope has only a handful of them")]
#[derive(Clone, Debug)]
pub enum Process {
    /// A storage node: the same actor as in the runtime.
    Node(Node, Circumstances),
    /// A client that runs a script.
    Client(Client),
}

impl Process {
    /// The node; `None`: it is a client.
    pub fn node(&self) -> Option<&Node> {
        if let Process::Node(node, _) = self { Some(node) } else { None }
    }

    /// What the checker does to this node; `None`: it is a client.
    pub fn circumstances(&self) -> Option<&Circumstances> {
        if let Process::Node(_, circumstances) = self { Some(circumstances) } else { None }
    }
}

/// The state of a [`Process`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ProcessState {
    /// The state of a node.
    Node(State),
    /// The state of a node whose disk was copied, and the copy.
    Copied(State, Backup),
    /// The state of a client.
    Client(ClientState),
}

impl ProcessState {
    /// The node's state; `None`: it is a client.
    pub fn node(&self) -> Option<&State> {
        match self {
            ProcessState::Node(state) | ProcessState::Copied(state, _) => Some(state),
            ProcessState::Client(_) => None,
        }
    }

    /// The copy of the node's disk, if there is one.
    pub fn backup(&self) -> Option<&Backup> {
        if let ProcessState::Copied(_, backup) = self { Some(backup) } else { None }
    }

    /// The client's state; `None`: it is a node.
    pub fn client(&self) -> Option<&ClientState> {
        match self {
            ProcessState::Client(state) => Some(state),
            ProcessState::Node(_) | ProcessState::Copied(..) => None,
        }
    }
}

/// What may happen to a process besides crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Fate {
    /// The node's disk is lost.
    LoseDisk,
    /// The node's disk is copied.
    CopyDisk,
    /// The node is started again on the copy.
    ReturnToCopy {
        /// Has another node that is up heard of a commit that is not in the copy?
        witnessed: bool,
    },
    /// The node runs on the copy, and hears from a node that has heard of a commit not in the copy.
    HearOfLaterCommit,
    /// The node makes one of the random choices that its timers lead to.
    Choose(Choice),
}

/// Runs one handler of an inner actor. It passes on the actor's commands, and its state if it
/// changed.
fn run<A, S>(
    state: &mut Cow<'_, ProcessState>,
    out: &mut Out<Process>,
    inner: &S,
    wrap: impl Fn(S) -> ProcessState,
    choices: impl Fn(&S) -> Choices,
    handler: impl FnOnce(&mut Cow<'_, S>, &mut Out<A>),
) where
    A: Actor<Msg = Message, Timer = Timer, Storage = Durable, Random = Choice>,
    S: Clone,
{
    let mut changed = Cow::Borrowed(inner);
    let mut commands = Out::<A>::new();
    handler(&mut changed, &mut commands);
    let (before, now) = (choices(inner), choices(&changed));
    pass_on(commands, &now, out);
    now.offer_where_new(&before, out);
    if let Cow::Owned(changed) = changed {
        let changed = wrap(changed);
        if changed != **state {
            *state = Cow::Owned(changed);
        }
    }
}

/// A node's state, without details that the node never looks at. If there is no fallback, a member
/// behaves the same, whichever nodes are suspected. The checker need not tell such states apart.
pub fn seen(node: &Node, id: Id, mut state: State) -> State {
    let members = state.view.ring().members();
    if node.config.n() >= members.len()
        && NodeId::from_actor(id).is_some_and(|id| members.contains(&id))
    {
        state.suspected.clear();
    }
    state
}

#[expect(clippy::ref_option, reason = "actors receive it in this form")]
fn start(node: &Node, id: Id, storage: &Option<Durable>, out: &mut Out<Process>) -> State {
    let mut commands = Out::new();
    let state = node.on_start(id, storage, &mut commands);
    pass_on(commands, &choices(node, id, &state), out);
    state
}

/// Stops a node, and starts it on this disk.
fn start_again(
    node: &Node,
    id: Id,
    before: &State,
    disk: Durable,
    out: &mut Out<Process>,
) -> State {
    for timer in timers(id, before) {
        out.cancel_timer(timer);
    }
    out.save(disk.clone());
    start(node, id, &Some(disk), out)
}

/// The peers that a node may gossip with, and begin an exchange with.
#[derive(Default)]
struct Choices {
    gossip: Vec<NodeId>,
    exchange: Vec<NodeId>,
}

impl Choices {
    fn offer_gossip(&self, out: &mut Out<Process>) {
        let offered = self.gossip.iter().map(|peer| Fate::Choose(Choice::Gossip(*peer)));
        out.choose_random("gossip", offered.collect());
    }

    fn offer_exchange(&self, out: &mut Out<Process>) {
        let offered = self.exchange.iter().map(|peer| Fate::Choose(Choice::Exchange(*peer)));
        out.choose_random("exchange", offered.collect());
    }

    /// A node whose view has changed chooses among its new peers when its timer fires.
    fn offer_where_new(&self, before: &Choices, out: &mut Out<Process>) {
        if self.gossip != before.gossip {
            self.offer_gossip(out);
        }
        if self.exchange != before.exchange {
            self.offer_exchange(out);
        }
    }
}

fn choices(node: &Node, id: Id, state: &State) -> Choices {
    let Some(id) = NodeId::from_actor(id) else { return Choices::default() };
    let compares = node.config.anti_entropy().is_some();
    let exchange = if compares { state.exchange_peers(id, node.config.n()) } else { Vec::new() };
    let gossips = node.config.gossip_every().is_some();
    let gossip = if gossips { state.gossip_peers(&node.rules, id) } else { Vec::new() };
    Choices { gossip, exchange }
}

/// An inner actor's commands as the process's own. Here a node may gossip, or begin an exchange,
/// with any peer at any time. To wait for a timer first would only multiply the states.
fn pass_on<A>(commands: Out<A>, choices: &Choices, out: &mut Out<Process>)
where
    A: Actor<Msg = Message, Timer = Timer, Storage = Durable, Random = Choice>,
{
    for command in commands {
        match command {
            Command::Send(to, message) => out.send(to, message),
            Command::SetTimer(Timer::Gossip(_), _) => choices.offer_gossip(out),
            // An exchange may begin at any time here, so a sooner one makes no difference.
            Command::SetTimer(Timer::Exchange(_, Some(_)), _) => {}
            Command::SetTimer(Timer::Exchange(_, None), _) => choices.offer_exchange(out),
            Command::SetTimer(timer, after) => out.set_timer(timer, after),
            Command::CancelTimer(timer) => out.cancel_timer(timer),
            Command::Save(durable) => out.save(durable),
            Command::ChooseRandom(..) => {
                unreachable!("nodes choose on timers that are never set here")
            }
        }
    }
}

/// All timers that a node may have running.
fn timers(id: Id, state: &State) -> Vec<Timer> {
    let Some(node) = NodeId::from_actor(id) else { return Vec::new() };
    let puts = state.puts.keys().map(|request| Timer::Put(node, *request));
    let gets = state.gets.keys().map(|request| Timer::Get(node, *request));
    let forwards = state.forwards.keys().map(|request| Timer::Forward(node, *request));
    let gatherings = state.gatherings.keys().map(|key| Timer::Gather(node, key.clone()));
    let handoffs = state.handoffs.keys().map(|recipient| Timer::Handoff(node, *recipient));
    let reaping = state.reaping.keys().map(|key| Timer::Reap(node, key.clone()));
    puts.chain(gets).chain(forwards).chain(gatherings).chain(handoffs).chain(reaping).collect()
}

impl Actor for Process {
    type Msg = Message;
    type Timer = Timer;
    type State = ProcessState;
    type Storage = Durable;
    type Random = Fate;

    fn on_start(&self, id: Id, storage: &Option<Durable>, out: &mut Out<Self>) -> ProcessState {
        match self {
            Process::Node(node, circumstances) => {
                if circumstances.loses_its_disk && storage.is_none() {
                    out.choose_random("fate", vec![Fate::LoseDisk]);
                }
                if circumstances.returns_to_a_copy && storage.is_none() {
                    out.choose_random("fate", vec![Fate::CopyDisk]);
                }
                if let (None, Some(disk)) = (storage, &circumstances.disk) {
                    out.save(disk.clone());
                }
                let storage = storage.clone().or_else(|| circumstances.disk.clone());
                ProcessState::Node(start(node, id, &storage, out))
            }
            Process::Client(client) => {
                let mut commands = Out::new();
                let state = client.on_start(id, storage, &mut commands);
                pass_on(commands, &Choices::default(), out);
                ProcessState::Client(state)
            }
        }
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, ProcessState>,
        src: Id,
        msg: Message,
        out: &mut Out<Self>,
    ) {
        let msg = msg.undated();
        let is_taken = self.takes(&msg);
        self.step(
            id,
            state,
            out,
            |node, s, o| node.on_msg(id, s, src, msg.clone(), o),
            |client, s, o| {
                client.on_msg(id, s, src, msg.clone(), o);
            },
        );
        if is_taken && matches!(state, Cow::Borrowed(_)) && out.is_empty() {
            // This command changes nothing, but it makes the delivery a transition.
            out.cancel_timer(Timer::Gossip(NodeId::from_actor(id).unwrap_or(NodeId(0))));
        }
    }

    fn on_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, ProcessState>,
        timer: &Timer,
        out: &mut Out<Self>,
    ) {
        self.step(
            id,
            state,
            out,
            |node, s, o| node.on_timeout(id, s, timer, o),
            |client, s, o| {
                client.on_timeout(id, s, timer, o);
            },
        );
    }

    /// The node's disk is lost or copied, or the node makes a random choice.
    fn on_random(
        &self,
        id: Id,
        state: &mut Cow<'_, ProcessState>,
        fate: &Fate,
        out: &mut Out<Self>,
    ) {
        match fate {
            Fate::Choose(choice) => {
                self.step(
                    id,
                    state,
                    out,
                    |node, s, o| node.on_random(id, s, choice, o),
                    |_, _, _| {},
                );
            }
            Fate::LoseDisk => {
                let (Some(node), Some(before)) = (self.node(), state.node()) else { return };
                let disk = node.new_disk(before.durable.incarnation + 1);
                let state_after = start_again(node, id, before, disk, out);
                *state = Cow::Owned(ProcessState::Node(state_after));
            }
            Fate::CopyDisk | Fate::ReturnToCopy { .. } | Fate::HearOfLaterCommit => {
                let Some(node) = self.node() else { return };
                if let Some(after) = backup::meet(node, id, state, *fate, out) {
                    *state = Cow::Owned(after);
                }
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Process::Node(node, _) => node.name(),
            Process::Client(client) => client.name(),
        }
    }
}

impl Process {
    /// Is this message delivered, although it changes nothing? A client takes every history:
    /// otherwise one that it knows already would stay in flight for ever.
    fn takes(&self, message: &Message) -> bool {
        match self {
            Process::Node(_, circumstances) => circumstances.takes.takes(message),
            Process::Client(_) => matches!(message, Message::History { .. }),
        }
    }

    /// Runs a handler of the node or of the client, whichever the process is.
    fn step(
        &self,
        id: Id,
        state: &mut Cow<'_, ProcessState>,
        out: &mut Out<Self>,
        of_node: impl FnOnce(&Node, &mut Cow<'_, State>, &mut Out<Node>),
        of_client: impl FnOnce(&Client, &mut Cow<'_, ClientState>, &mut Out<Client>),
    ) {
        let before = state.clone();
        match (self, &*before) {
            (Process::Node(node, _), ProcessState::Node(inner)) => {
                let wrap = |s| ProcessState::Node(seen(node, id, s));
                run(state, out, inner, wrap, |s| choices(node, id, s), |s, o| of_node(node, s, o));
            }
            (Process::Node(node, _), ProcessState::Copied(inner, backup)) => {
                let wrap = |s| backup.keep_with(seen(node, id, s));
                let mut sent = Out::new();
                run(
                    state,
                    &mut sent,
                    inner,
                    wrap,
                    |s| choices(node, id, s),
                    |s, o| of_node(node, s, o),
                );
                backup::date(sent, state, out);
            }
            (Process::Client(client), ProcessState::Client(inner)) => {
                run(
                    state,
                    out,
                    inner,
                    ProcessState::Client,
                    |_| Choices::default(),
                    |s, o| of_client(client, s, o),
                );
            }
            _ => unreachable!("a node stays a node, and a client a client"),
        }
    }
}
