//! A scripted client for the checker. It sends one request after another, retries with the same
//! request id, and passes contexts on.

use crate::acts::route::Routes;
use crate::algebra::ids::{ClientId, Content, Key, NodeId, RequestId};
use crate::algebra::membership::History;
use crate::algebra::version::Context;
use crate::rules::Rules;
use crate::state::durable::Durable;
use crate::state::message::{Answer, Message, Operation};
use crate::state::timer::{Choice, Timer};
use crate::state::wish::Wish;
use serde::Serialize;
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::time::Duration;

/// One line of a client's script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Line {
    /// Put with an empty context: the client has read nothing.
    PutBlind {
        /// The value, or a tombstone.
        content: Content,
        /// How many intended replicas must have stored it themselves: PW.
        pw: u8,
    },
    /// Put with the context that the previous put or get returned.
    PutInformed(Content),
    /// Change who is a member.
    Administer {
        /// The node to change.
        node: NodeId,
        /// What is to become of it.
        wish: Wish,
    },
    /// Read the key.
    Get {
        /// How many intended replicas must have answered themselves: PR.
        pr: u8,
    },
}

/// The node that a client sends a request to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// This one.
    Node(NodeId),
    /// The node that coordinates the request, by the client's own view.
    OwnView,
}

/// A client that runs a script on one key, then stops.
#[derive(Clone, Debug)]
pub struct Client {
    /// The key of all its requests.
    pub key: Key,
    /// What to ask, and through which node.
    pub script: Vec<(Via, Line)>,
    /// The members that the client knows at first.
    pub routes: Routes,
    /// How many times the client retries each request when no answer comes.
    pub retries: u8,
}

/// Where a client is in its script.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ClientState {
    /// The line in progress. Past the last line, the client is done.
    pub line: usize,
    /// The context that the last put or get returned, if a later line still needs it.
    pub context: Context,
    /// How many more times the client may retry this line.
    pub retries_left: u8,
    /// The members that the client knows.
    pub routes: Routes,
}

impl Client {
    /// Does this line need the context returned before? Or does a later line need it, with only
    /// membership changes in between?
    pub fn is_informed(&self, line: usize) -> bool {
        let mut lines = self.script.iter().skip(line).map(|(_, line)| line);
        let next = lines.find(|line| !matches!(line, Line::Administer { .. }));
        matches!(next, Some(Line::PutInformed(_)))
    }

    /// The request of the line in progress, and the node that it goes to.
    fn request(&self, id: Id, state: &ClientState) -> Option<(NodeId, Message)> {
        let (via, line) = self.script.get(state.line)?;
        let request =
            RequestId { client: ClientId(usize::from(id) as u64), number: state.line as u64 };
        let key = self.key.clone();
        let operation = match line.clone() {
            Line::PutBlind { content, pw } => {
                Operation::Put { request, key, content, context: Context::new(), pw }
            }
            Line::PutInformed(content) => {
                Operation::Put { request, key, content, context: state.context.clone(), pw: 0 }
            }
            Line::Get { pr } => Operation::Get { request, key, pr },
            Line::Administer { node, wish } => {
                let message = Message::Administer { request, node, wish };
                return if let Via::Node(via) = via { Some((*via, message)) } else { None };
            }
        };
        Some(match via {
            Via::Node(node) => (*node, Message::Request(operation)),
            Via::OwnView => {
                let node = state.routes.coordinator(&Rules::default(), request, &self.key)?;
                (node, Message::Routed { tip: state.routes.tip(), operation })
            }
        })
    }

    fn ask(&self, id: Id, state: &ClientState, out: &mut Out<Self>) {
        let Some((node, message)) = self.request(id, state) else { return };
        out.send(node.actor(), message);
        if state.retries_left > 0 {
            let timer = Timer::Client(ClientId(usize::from(id) as u64));
            out.set_timer(timer, Duration::from_secs(1)..Duration::from_secs(1));
        }
    }

    /// A node sends its whole history.
    fn on_history(
        state: &mut Cow<'_, ClientState>,
        from: Id,
        history: &History,
        out: &mut Out<Self>,
    ) {
        let mut routes = state.routes.clone();
        if let Some(changes) = routes.learn(history) {
            out.send(from, Message::Changes { changes });
        }
        if routes != state.routes {
            state.to_mut().routes = routes;
        }
    }
}

impl Actor for Client {
    type Msg = Message;
    type Timer = Timer;
    type State = ClientState;
    type Storage = Durable;
    type Random = Choice;

    fn on_start(&self, id: Id, _storage: &Option<Durable>, out: &mut Out<Self>) -> ClientState {
        let (context, routes) = (Context::new(), self.routes.clone());
        let state = ClientState { line: 0, context, retries_left: self.retries, routes };
        self.ask(id, &state, out);
        state
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, ClientState>,
        src: Id,
        msg: Message,
        out: &mut Out<Self>,
    ) {
        let answer = match msg {
            Message::Answer(answer) => answer,
            Message::History { history } => return Self::on_history(state, src, &history, out),
            _ => return,
        };
        if state.line == self.script.len() || answer.request().number != state.line as u64 {
            return;
        }
        let shown = match answer {
            Answer::PutAcknowledged { context, .. } | Answer::GetAnswered { context, .. } => {
                context
            }
            Answer::Changed { .. } | Answer::ChangeRefused { .. } => state.context.clone(),
            Answer::PutFailed { .. }
            | Answer::PutRefused { .. }
            | Answer::GetFailed { .. }
            | Answer::GetRefused { .. }
            | Answer::NoRoute { .. } => Context::new(),
        };
        if state.retries_left > 0 {
            out.cancel_timer(Timer::Client(ClientId(usize::from(id) as u64)));
        }
        let line = state.line + 1;
        let context = if self.is_informed(line) { shown } else { Context::new() };
        let retries_left = if line < self.script.len() { self.retries } else { 0 };
        let next = ClientState { line, context, retries_left, routes: state.routes.clone() };
        self.ask(id, &next, out);
        *state = Cow::Owned(next);
    }

    fn on_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, ClientState>,
        _timer: &Timer,
        out: &mut Out<Self>,
    ) {
        if state.retries_left > 0 && state.line < self.script.len() {
            state.to_mut().retries_left -= 1;
            self.ask(id, state, out);
        }
    }

    fn name(&self) -> String {
        "Client".to_owned()
    }
}
