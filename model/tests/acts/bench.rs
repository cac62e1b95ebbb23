//! One node without a network. A test gives it messages and timeouts, and inspects what it sends
//! and saves.

use dynamo_model::config::{Config, Patience};
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::{History, Tip};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::{Choice, Durable, Node, State, Timer};
use dynamo_model::rules::Rules;
use dynamo_model::version::Context;
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

pub(crate) const CLIENT: usize = 70_000;

/// One node of a cluster, with what it last saved.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) node: Node,
    pub(crate) state: State,
    /// The timers that its last step set.
    pub(crate) timers: Vec<Timer>,
    /// The timers that its last step set, each with the range of its pause.
    pub(crate) pauses: Vec<(Timer, Range<Duration>)>,
    /// The random choices that its last step asked for.
    pub(crate) choices: Vec<(String, Vec<Choice>)>,
    id: Id,
    saved: Option<Durable>,
}

impl Bench {
    /// Node A of three.
    pub(crate) fn new(n: usize, r: usize, w: usize) -> Self {
        Bench::of(3, NodeId(0), n, r, w)
    }

    pub(crate) fn of(nodes: u16, id: NodeId, n: usize, r: usize, w: usize) -> Self {
        let members: Vec<NodeId> = (0..nodes).map(NodeId).collect();
        let config = Config::new(n, r, w)
            .unwrap()
            .with_patience(Patience { retransmissions: 1, ..Patience::LOCAL });
        let founders = History::founded_by(members);
        let node = Node { config, founders, address: None, rules: Rules::default() };
        let state = node.on_start(id.actor(), &None, &mut Out::new());
        Bench {
            node,
            state,
            timers: Vec::new(),
            pauses: Vec::new(),
            choices: Vec::new(),
            id: id.actor(),
            saved: None,
        }
    }

    fn step(
        &mut self,
        act: impl FnOnce(&Node, &mut Cow<'_, State>, &mut Out<Node>),
    ) -> Vec<(usize, Message)> {
        let mut state = Cow::Owned(std::mem::take(&mut self.state));
        let mut out = Out::new();
        act(&self.node, &mut state, &mut out);
        self.state = state.into_owned();
        let mut sent = Vec::new();
        self.timers.clear();
        self.pauses.clear();
        self.choices.clear();
        for command in out {
            match command {
                Command::Save(durable) => {
                    // It may save one state twice: a node that is gone at once learns two changes
                    // in a step.
                    let is_saved = self.saved.as_ref() == Some(&durable);
                    assert!(sent.is_empty() || is_saved, "a step saves before it sends: {sent:?}");
                    self.saved = Some(durable);
                }
                Command::Send(to, message) => sent.push((usize::from(to), message)),
                Command::SetTimer(timer, pause) => {
                    self.timers.push(timer.clone());
                    self.pauses.push((timer, pause));
                }
                Command::ChooseRandom(name, choices) => self.choices.push((name, choices)),
                Command::CancelTimer(_) => {}
            }
        }
        sent
    }

    /// Gives the node a message.
    pub(crate) fn receive(&mut self, from: usize, message: Message) -> Vec<(usize, Message)> {
        let id = self.id;
        self.step(|node, state, out| node.on_msg(id, state, Id::from(from), message, out))
    }

    pub(crate) fn time_out(&mut self, timer: &Timer) -> Vec<(usize, Message)> {
        let id = self.id;
        self.step(|node, state, out| node.on_timeout(id, state, timer, out))
    }

    /// Gives the node the result of a random choice.
    pub(crate) fn choose(&mut self, choice: Choice) -> Vec<(usize, Message)> {
        let id = self.id;
        self.step(|node, state, out| node.on_random(id, state, &choice, out))
    }

    /// Restarts the node with another configuration.
    pub(crate) fn with(mut self, change: impl FnOnce(Config) -> Config) -> Self {
        self.node.config = change(self.node.config);
        self.crash();
        self
    }

    /// The key's preference list and fallbacks, by the node's view.
    pub(crate) fn clockwise(&self, key: &Key) -> Vec<NodeId> {
        let ring = self.state.view.ring();
        ring.preference_list(key, ring.members().len()).to_vec()
    }

    /// Crashes the node, and restarts it with what it saved.
    pub(crate) fn crash(&mut self) {
        self.state = self.node.on_start(self.id, &self.saved, &mut Out::new());
    }
}

/// The tip of a cluster with this many founders.
pub(crate) fn tip(founders: u16) -> Tip {
    History::founded_by((0..founders).map(NodeId)).tip()
}

pub(crate) fn request(number: u64) -> RequestId {
    RequestId { client: ClientId(7), number }
}

pub(crate) fn put(number: u64, value: &[u8], context: Context) -> Message {
    let (key, value) = (Key::new("k").unwrap(), Value::new(value).unwrap());
    Message::Request(Operation::Put {
        request: request(number),
        key,
        content: Content::Value(value),
        context,
        pw: 0,
    })
}

pub(crate) fn answers(sent: &[(usize, Message)]) -> Vec<&Answer> {
    let answer =
        |(to, message): &(usize, Message)| *to == CLIENT && matches!(message, Message::Answer(_));
    let answered = sent.iter().filter(|sent| answer(sent));
    answered
        .map(
            |(_, message)| {
                if let Message::Answer(answer) = message { answer } else { unreachable!() }
            },
        )
        .collect()
}
