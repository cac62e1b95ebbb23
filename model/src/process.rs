//! Nodes and clients as one actor type, which is what a checker's model is made of.

use crate::client::{Client, ClientState};
use crate::message::Message;
use crate::node::{Durable, Node, State, Timer};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

/// A node or a scripted client.
#[derive(Clone, Debug)]
pub enum Process {
    /// A storage node: the very actor that the runtime runs.
    Node(Node),
    /// A client that runs a script.
    Client(Client),
}

/// The state of a [`Process`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProcessState {
    /// Of a node.
    Node(State),
    /// Of a client.
    Client(ClientState),
}

impl ProcessState {
    /// The state, if it is a node's.
    pub fn node(&self) -> Option<&State> {
        match self {
            ProcessState::Node(state) => Some(state),
            ProcessState::Client(_) => None,
        }
    }

    /// The state, if it is a client's.
    pub fn client(&self) -> Option<&ClientState> {
        match self {
            ProcessState::Client(state) => Some(state),
            ProcessState::Node(_) => None,
        }
    }
}

/// Runs one handler of an inner actor; passes its commands on, and its state if it changed.
fn run<A, S>(
    state: &mut Cow<'_, ProcessState>,
    out: &mut Out<Process>,
    inner: &S,
    wrap: fn(S) -> ProcessState,
    handler: impl FnOnce(&mut Cow<'_, S>, &mut Out<A>),
) where
    A: Actor<Msg = Message, Timer = Timer, Storage = Durable, Random = ()>,
    S: Clone,
{
    let mut changed = Cow::Borrowed(inner);
    let mut commands = Out::<A>::new();
    handler(&mut changed, &mut commands);
    out.append(&mut commands);
    if let Cow::Owned(changed) = changed {
        *state = Cow::Owned(wrap(changed));
    }
}

impl Actor for Process {
    type Msg = Message;
    type Timer = Timer;
    type State = ProcessState;
    type Storage = Durable;
    type Random = ();

    fn on_start(&self, id: Id, storage: &Option<Durable>, out: &mut Out<Self>) -> ProcessState {
        match self {
            Process::Node(node) => {
                let mut commands = Out::new();
                let state = node.on_start(id, storage, &mut commands);
                out.append(&mut commands);
                ProcessState::Node(state)
            }
            Process::Client(client) => {
                let mut commands = Out::new();
                let state = client.on_start(id, storage, &mut commands);
                out.append(&mut commands);
                ProcessState::Client(state)
            }
        }
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, ProcessState>, src: Id, msg: Message, out: &mut Out<Self>) {
        let before = state.clone();
        match (self, &*before) {
            (Process::Node(node), ProcessState::Node(inner)) => {
                run(state, out, inner, ProcessState::Node, |s, o| node.on_msg(id, s, src, msg, o));
            }
            (Process::Client(client), ProcessState::Client(inner)) => {
                run(state, out, inner, ProcessState::Client, |s, o| client.on_msg(id, s, src, msg, o));
            }
            _ => unreachable!("a process keeps its kind"),
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, ProcessState>, timer: &Timer, out: &mut Out<Self>) {
        let before = state.clone();
        match (self, &*before) {
            (Process::Node(node), ProcessState::Node(inner)) => {
                run(state, out, inner, ProcessState::Node, |s, o| node.on_timeout(id, s, timer, o));
            }
            (Process::Client(client), ProcessState::Client(inner)) => {
                run(state, out, inner, ProcessState::Client, |s, o| client.on_timeout(id, s, timer, o));
            }
            _ => unreachable!("a process keeps its kind"),
        }
    }

    fn name(&self) -> String {
        match self {
            Process::Node(node) => node.name(),
            Process::Client(client) => client.name(),
        }
    }
}
