//! A scripted client, for the checker: asks one thing after another, retries with the same request id, passes contexts on.

use crate::administer::Wish;
use crate::ids::{ClientId, Content, Key, NodeId, RequestId};
use crate::message::{Answer, Message, Operation};
use crate::node::{Durable, Timer};
use crate::version::Context;
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::time::Duration;

/// One line of a client's script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Line {
    /// Put with an empty context: "I have read nothing".
    PutBlind {
        /// What.
        content: Content,
        /// How many intended replicas must have it themselves.
        pw: u8,
    },
    /// Put with the context that the answer to the line before gave.
    PutInformed(Content),
    /// Change who is a member.
    Administer {
        /// Which node.
        node: NodeId,
        /// What is to become of it.
        wish: Wish,
    },
    /// Read the key.
    Get {
        /// How many intended replicas must have spoken themselves.
        pr: u8,
    },
}

/// A client that runs a script on one key, then stops.
#[derive(Clone, Debug)]
pub struct Client {
    /// The key of all its requests.
    pub key: Key,
    /// What to ask, and through which node.
    pub script: Vec<(NodeId, Line)>,
    /// How often each request is asked again when no answer comes.
    pub retries: u8,
}

/// Where a client is in its script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientState {
    /// The line under way; past the last one it is done.
    pub line: usize,
    /// The context of the answer to the line before, if this line needs it.
    pub context: Context,
    /// How often this line may still be asked again.
    pub retries_left: u8,
}

impl Client {
    /// Does this line need the context of the answer before?
    pub fn is_informed(&self, line: usize) -> bool {
        matches!(self.script.get(line), Some((_, Line::PutInformed(_))))
    }

    fn ask(&self, id: Id, state: &ClientState, out: &mut Out<Self>) {
        let Some((via, line)) = self.script.get(state.line) else { return };
        let client = ClientId(usize::from(id) as u64);
        let request = RequestId { client, number: state.line as u64 };
        let key = self.key.clone();
        let put = |content: &Content, context, pw| {
            let (key, content) = (key.clone(), content.clone());
            Operation::Put { request, key, content, context, pw }
        };
        let message = match line {
            Line::PutBlind { content, pw } => Message::Request(put(content, Context::new(), *pw)),
            Line::PutInformed(content) => Message::Request(put(content, state.context.clone(), 0)),
            Line::Administer { node, wish } => Message::Administer { request, node: *node, wish: *wish },
            Line::Get { pr } => Message::Request(Operation::Get { request, key: key.clone(), pr: *pr }),
        };
        out.send(via.actor(), message);
        if state.retries_left > 0 {
            out.set_timer(Timer::Client(client), Duration::from_secs(1)..Duration::from_secs(1));
        }
    }
}

impl Actor for Client {
    type Msg = Message;
    type Timer = Timer;
    type State = ClientState;
    type Storage = Durable;
    type Random = NodeId;

    fn on_start(&self, id: Id, _storage: &Option<Durable>, out: &mut Out<Self>) -> ClientState {
        let state = ClientState { line: 0, context: Context::new(), retries_left: self.retries };
        self.ask(id, &state, out);
        state
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, ClientState>, _src: Id, msg: Message, out: &mut Out<Self>) {
        let Message::Answer(answer) = msg else { return };
        if state.line == self.script.len() || answer.request().number != state.line as u64 {
            return;
        }
        let shown = match answer {
            Answer::PutAcknowledged { context, .. } | Answer::GetAnswered { context, .. } => context,
            Answer::PutFailed { .. }
            | Answer::PutRefused { .. }
            | Answer::GetFailed { .. }
            | Answer::Changed { .. }
            | Answer::ChangeRefused { .. } => Context::new(),
        };
        if state.retries_left > 0 {
            out.cancel_timer(Timer::Client(ClientId(usize::from(id) as u64)));
        }
        let line = state.line + 1;
        let context = if self.is_informed(line) { shown } else { Context::new() };
        let retries_left = if line < self.script.len() { self.retries } else { 0 };
        let next = ClientState { line, context, retries_left };
        self.ask(id, &next, out);
        *state = Cow::Owned(next);
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, ClientState>, _timer: &Timer, out: &mut Out<Self>) {
        if state.retries_left > 0 && state.line < self.script.len() {
            state.to_mut().retries_left -= 1;
            self.ask(id, state, out);
        }
    }

    fn name(&self) -> String {
        "Client".to_owned()
    }
}
