//! Clients of a register: each writes its own value and then reads. Their answers should be
//! linearizable.

use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Envelope, Id, Network, Out};
use stateright::semantics::register::{Register, RegisterOp, RegisterRet};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};
use std::borrow::Cow;
use std::fmt::Debug;
use std::hash::Hash;

/// 0 is the initial value of the register.
pub(crate) type Value = u8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Message<S> {
    Write(Value),
    Written,
    Read,
    Found(Value),
    /// A message between servers.
    Server(S),
}

/// A server of the register.
pub(crate) trait Server {
    type Message: Copy + Debug + Ord + Hash + Send + Sync + 'static;
    type State: Clone + Debug + Eq + Hash + Send + Sync + 'static;

    fn start(&self) -> Self::State;

    /// Returns the messages to send. Changes the state only if there is something to change.
    fn receive(
        &self,
        id: Id,
        state: &mut Cow<'_, Self::State>,
        src: Id,
        message: Message<Self::Message>,
    ) -> Vec<(Id, Message<Self::Message>)>;
}

/// Servers come first. A client writes at one server and reads at the next.
#[derive(Clone, Debug)]
pub(crate) enum Node<S> {
    Server(S),
    Client { servers: usize },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State<S> {
    Server(S),
    Writing,
    Reading,
    Done(Value),
}

impl<S: Server> Actor for Node<S> {
    type Msg = Message<S::Message>;
    type State = State<S::State>;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> Self::State {
        match self {
            Node::Server(server) => State::Server(server.start()),
            Node::Client { servers } => {
                let number = usize::from(id) - servers;
                out.send(Id::from(number % servers), Message::Write(number as Value + 1));
                State::Writing
            }
        }
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, Self::State>,
        src: Id,
        msg: Self::Msg,
        out: &mut Out<Self>,
    ) {
        match (self, &**state, msg) {
            (Node::Server(server), State::Server(own), msg) => {
                let mut own = Cow::Borrowed(own);
                for (to, answer) in server.receive(id, &mut own, src, msg) {
                    out.send(to, answer);
                }
                if let Cow::Owned(own) = own {
                    *state = Cow::Owned(State::Server(own));
                }
            }
            (Node::Client { servers }, State::Writing, Message::Written) => {
                out.send(Id::from((usize::from(id) + 1) % servers), Message::Read);
                *state = Cow::Owned(State::Reading);
            }
            (Node::Client { .. }, State::Reading, Message::Found(value)) => {
                *state = Cow::Owned(State::Done(value));
            }
            _ => {}
        }
    }
}

/// What the clients asked, and the answers.
#[derive(Clone, Debug, PartialEq, Hash)]
pub(crate) struct Told(LinearizabilityTester<usize, Register<Value>>);

/// Equality is an equivalence relation, although the tester does not implement `Eq`.
impl Eq for Told {}

impl Told {
    fn with<S>(&self, client: usize, message: &Message<S>) -> Option<Told> {
        let mut told = self.clone();
        let valid = match message {
            Message::Write(value) => told.0.on_invoke(client, RegisterOp::Write(*value)),
            Message::Read => told.0.on_invoke(client, RegisterOp::Read),
            Message::Written => told.0.on_return(client, RegisterRet::WriteOk),
            Message::Found(value) => told.0.on_return(client, RegisterRet::ReadOk(*value)),
            Message::Server(_) => return None,
        };
        valid.expect("a client makes one request at a time");
        Some(told)
    }
}

pub(crate) const LINEARIZABLE: &str = "linearizable";
pub(crate) const READ: &str = "both read the second's value";
pub(crate) const NOTHING: &str = "nothing wrong";

pub(crate) type RegisterModel<S> = ActorModel<Node<S>, (), Told>;

/// Servers and two clients.
pub(crate) fn model<S: Server>(
    servers: Vec<S>,
    network: Network<Message<S::Message>>,
) -> RegisterModel<S> {
    let count = servers.len();
    ActorModel::new((), Told(LinearizabilityTester::new(Register(0))))
        .actors(servers.into_iter().map(Node::Server))
        .actors([Node::Client { servers: count }, Node::Client { servers: count }])
        .init_network(network)
        .record_msg_out(|(), told, Envelope { src, dst: _, msg }| match msg {
            Message::Write(_) | Message::Read => told.with(usize::from(src), msg),
            _ => None,
        })
        .record_msg_in(|(), told, Envelope { src: _, dst, msg }| match msg {
            Message::Written | Message::Found(_) => told.with(usize::from(dst), msg),
            _ => None,
        })
        .property(Expectation::Always, LINEARIZABLE, |_, state| state.history.0.is_consistent())
        .property(Expectation::Sometimes, READ, |_, state| {
            let read = state.actor_states.iter().filter_map(|own| match **own {
                State::Done(value) => Some(value),
                _ => None,
            });
            read.eq([2, 2])
        })
        .property(Expectation::Always, NOTHING, |_, _| true)
}
