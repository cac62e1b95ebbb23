//! Single-decree Paxos (Lamport, "Paxos made simple", 2001): two proposers with one ballot each,
//! and three acceptors. No actor sees which values are chosen, so the history records it.

use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Envelope, Id, Network, Out};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Value = u8;
/// A proposer's id; 0 for none.
type Ballot = u8;
type Vote = Option<(Ballot, Value)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Message {
    Prepare(Ballot),
    Promise(Ballot, Vote),
    Accept(Ballot, Value),
    Accepted(Ballot, Value),
}

const ACCEPTORS: usize = 3;
const QUORUM: usize = 2;

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Acceptor,
    /// Proposes its id, unless it learns of an earlier vote. A proposer that ignores votes is the
    /// mistake.
    Proposer {
        listens: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    Acceptor { promised: Ballot, vote: Vote },
    Proposer { promises: BTreeMap<Id, Vote>, decided: Option<Value>, accepted_by: BTreeSet<Id> },
}

fn ballot_of(proposer: Id) -> Ballot {
    usize::from(proposer) as Ballot
}

fn acceptors() -> impl Iterator<Item = Id> {
    (0..ACCEPTORS).map(Id::from)
}

impl Actor for Node {
    type Msg = Message;
    type State = State;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> State {
        match self {
            Node::Acceptor => State::Acceptor { promised: 0, vote: None },
            Node::Proposer { .. } => {
                acceptors()
                    .for_each(|acceptor| out.send(acceptor, Message::Prepare(ballot_of(id))));
                State::Proposer {
                    promises: BTreeMap::new(),
                    decided: None,
                    accepted_by: BTreeSet::new(),
                }
            }
        }
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        msg: Message,
        out: &mut Out<Self>,
    ) {
        let mut next = state.clone().into_owned();
        match (self, &mut next, msg) {
            (Node::Acceptor, State::Acceptor { promised, vote }, Message::Prepare(ballot))
                if ballot > *promised =>
            {
                *promised = ballot;
                out.send(src, Message::Promise(ballot, *vote));
            }
            (
                Node::Acceptor,
                State::Acceptor { promised, vote },
                Message::Accept(ballot, value),
            ) if ballot >= *promised => {
                (*promised, *vote) = (ballot, Some((ballot, value)));
                out.send(src, Message::Accepted(ballot, value));
            }
            (
                Node::Proposer { listens },
                State::Proposer { promises, .. },
                Message::Promise(ballot, vote),
            ) if promises.len() < QUORUM => {
                promises.insert(src, vote);
                if promises.len() == QUORUM {
                    let heard = promises.values().flatten().max().filter(|_| *listens);
                    let value = heard.map_or(ballot_of(id), |(_, value)| *value);
                    acceptors()
                        .for_each(|acceptor| out.send(acceptor, Message::Accept(ballot, value)));
                }
            }
            (
                Node::Proposer { .. },
                State::Proposer { decided, accepted_by, .. },
                Message::Accepted(_, value),
            ) if decided.is_none() => {
                accepted_by.insert(src);
                if accepted_by.len() == QUORUM {
                    *decided = Some(value);
                }
            }
            _ => return,
        }
        *state = Cow::Owned(next);
    }
}

/// Who voted for what.
pub(crate) type Votes = BTreeMap<(Ballot, Value), BTreeSet<Id>>;

fn chosen(votes: &Votes) -> BTreeSet<Value> {
    votes.iter().filter(|(_, by)| by.len() >= QUORUM).map(|((_, value), _)| *value).collect()
}

pub(crate) const AGREEMENT: &str = "one value is chosen at most";
pub(crate) const VALIDITY: &str = "what is decided was proposed and chosen";
pub(crate) const LATE: &str = "the second proposer decides the first's value";
pub(crate) const NOTHING: &str = "nothing wrong";

pub(crate) fn model(listens: bool, network: Network<Message>) -> ActorModel<Node, (), Votes> {
    ActorModel::new((), Votes::new())
        .actors((0..ACCEPTORS).map(|_| Node::Acceptor))
        .actors([Node::Proposer { listens }, Node::Proposer { listens }])
        .init_network(network)
        .record_msg_out(|(), votes, Envelope { src, dst: _, msg }| {
            let Message::Accepted(ballot, value) = *msg else { return None };
            let mut votes = votes.clone();
            votes.entry((ballot, value)).or_default().insert(src);
            Some(votes)
        })
        .property(Expectation::Always, AGREEMENT, |_, state| chosen(&state.history).len() <= 1)
        .property(Expectation::Always, VALIDITY, |_, state| {
            let chosen = chosen(&state.history);
            state.actor_states.iter().all(|own| match **own {
                State::Proposer { decided: Some(value), .. } => {
                    [3, 4].contains(&value) && chosen.contains(&value)
                }
                _ => true,
            })
        })
        .property(Expectation::Sometimes, LATE, |_, state| {
            matches!(*state.actor_states[ACCEPTORS + 1], State::Proposer { decided: Some(3), .. })
        })
        .property(Expectation::Always, NOTHING, |_, _| true)
}
