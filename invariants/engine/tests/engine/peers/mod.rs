//! Peers that all react by one table, without regard to their ids; and the effect of renaming them.

use interned_checker::Renaming;
use proptest::collection::vec;
use proptest::prelude::*;
use stateright::actor::{
    Actor, ActorModel, ActorModelState, Envelope, Id, LossyNetwork, Network, Out, RandomChoices,
    Timers, model_timeout,
};
use std::borrow::Cow;
use std::iter::repeat_n;
use std::sync::Arc;

const STATES: u8 = 3;
const MESSAGES: u8 = 2;
const CHOICES: u8 = 2;

/// An action of a peer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// Sends to all other peers, and names itself.
    SendOthers(u8),
    /// Sends to the peer named last, and names itself.
    SendBack(u8),
    /// Sends to itself, and names the peer named last.
    SendSelf(u8),
    SetTimer,
    CancelTimer,
    Choose(u8),
    Save,
}

/// A handler's outcome: the new state, if there is one, and actions.
type Outcome = (Option<u8>, Vec<Order>);

/// What every peer does, by event.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// By the content of the storage.
    started: Vec<Outcome>,
    /// By state, message, and whether it names the peer named last.
    told: Vec<Outcome>,
    /// By state.
    fired: Vec<Outcome>,
    /// By state and choice.
    chosen: Vec<Outcome>,
}

#[derive(Clone, Debug)]
pub(crate) struct Peer {
    table: Table,
    peers: usize,
}

/// A number, and the peer named last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PeerState {
    pub(crate) number: u8,
    pub(crate) named: Option<Id>,
}

impl Peer {
    fn react(
        &self,
        id: Id,
        state: &mut Cow<'_, PeerState>,
        named: Option<Id>,
        outcome: &Outcome,
        out: &mut Out<Self>,
    ) {
        let (next, orders) = outcome;
        if next.is_some_and(|next| next != state.number) || named.is_some() && next.is_some() {
            let state = state.to_mut();
            state.number = next.unwrap_or(state.number);
            state.named = named.or(state.named);
        }
        for order in orders {
            match *order {
                Order::SendOthers(message) => {
                    let others = (0..self.peers).map(Id::from).filter(|other| *other != id);
                    others.for_each(|other| out.send(other, (message, id)));
                }
                Order::SendBack(message) => {
                    state.named.into_iter().for_each(|named| out.send(named, (message, id)));
                }
                Order::SendSelf(message) => out.send(id, (message, state.named.unwrap_or(id))),
                Order::SetTimer => out.set_timer(id, model_timeout()),
                Order::CancelTimer => out.cancel_timer(id),
                Order::Choose(choice) => {
                    out.choose_random("choice", vec![(choice, id), (0, state.named.unwrap_or(id))]);
                }
                Order::Save => out.save(PeerState::clone(state)),
            }
        }
    }
}

impl Actor for Peer {
    type Msg = (u8, Id);
    type State = PeerState;
    type Timer = Id;
    type Random = (u8, Id);
    type Storage = PeerState;

    fn on_start(&self, id: Id, storage: &Option<PeerState>, out: &mut Out<Self>) -> PeerState {
        let begun = storage.clone().unwrap_or(PeerState { number: 0, named: None });
        let mut state = Cow::Owned(begun);
        let outcome =
            &self.table.started[storage.as_ref().map_or(0, |saved| usize::from(saved.number) + 1)];
        self.react(id, &mut state, None, outcome, out);
        state.into_owned()
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, PeerState>,
        src: Id,
        (message, named): (u8, Id),
        out: &mut Out<Self>,
    ) {
        let again = usize::from(state.named == Some(named) || named != src);
        let place = usize::from(state.number * MESSAGES + message) * 2 + again;
        self.react(id, state, Some(named), &self.table.told[place], out);
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, PeerState>, _timer: &Id, out: &mut Out<Self>) {
        self.react(id, state, None, &self.table.fired[usize::from(state.number)], out);
    }

    fn on_random(
        &self,
        id: Id,
        state: &mut Cow<'_, PeerState>,
        (choice, named): &(u8, Id),
        out: &mut Out<Self>,
    ) {
        let place = usize::from(state.number * CHOICES + choice);
        self.react(id, state, Some(*named), &self.table.chosen[place], out);
    }
}

/// For each peer, how much it has sent, up to a limit, and a number that depends on the order of
/// its messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen(pub(crate) Vec<(u8, u8)>);

/// The limits of a model, and the numbers in its properties.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) network_max: Option<usize>,
    /// Sent messages are counted up to this limit. With `sending_ends`, a peer that has sent this
    /// many is outside the boundary.
    pub(crate) sent_max: u8,
    pub(crate) sending_ends: bool,
    pub(crate) hears: bool,
    pub(crate) number: u8,
    /// Do timers remain for convergence?
    pub(crate) fires: bool,
}

pub(crate) type PeerModel = ActorModel<Peer, Settings, Seen>;
pub(crate) type System = ActorModelState<Peer, Seen>;

/// A permutation of the peers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Permutation(pub(crate) Vec<usize>);

impl Permutation {
    fn id(&self, id: Id) -> Id {
        Id::from(self.0[usize::from(id)])
    }

    fn permuted<T: Clone>(&self, items: &[T], renamed: impl Fn(&T) -> T) -> Vec<T> {
        let mut all = items.to_vec();
        items.iter().zip(&self.0).for_each(|(item, to)| all[*to] = renamed(item));
        all
    }

    /// Renames a whole state.
    pub(crate) fn system(&self, system: &System) -> System {
        let message = |&(number, id): &(u8, Id)| (number, self.id(id));
        let envelope = |e: &Envelope<(u8, Id)>| Envelope {
            src: self.id(e.src),
            dst: self.id(e.dst),
            msg: message(&e.msg),
        };
        let network = match &system.network {
            Network::UnorderedDuplicating(set, last) => {
                Network::new_unordered_duplicating_with_last_msg(
                    set.iter().map(envelope),
                    last.as_ref().map(envelope),
                )
            }
            Network::UnorderedNonDuplicating(bag) => {
                let all = bag.iter().flat_map(|(e, times)| repeat_n(envelope(e), *times));
                Network::new_unordered_nonduplicating(all)
            }
            Network::Ordered(channels) => {
                Network::new_ordered(channels.iter().flat_map(|(&(src, dst), queue)| {
                    let channel = move |msg: &(u8, Id)| envelope(&Envelope { src, dst, msg: *msg });
                    queue.iter().map(channel).collect::<Vec<_>>()
                }))
            }
        };
        let mut timers: Vec<Timers<Id>> = Vec::new();
        let mut random: Vec<RandomChoices<(u8, Id)>> = Vec::new();
        for (set, choices) in system.timers_set.iter().zip(&system.random_choices) {
            let (mut renamed, mut chosen) = (Timers::new(), RandomChoices::default());
            set.iter().for_each(|timer| {
                renamed.set(self.id(*timer));
            });
            choices.map.iter().for_each(|(key, all)| {
                chosen.insert(key.clone(), all.iter().map(message).collect());
            });
            timers.push(renamed);
            random.push(chosen);
        }
        System {
            actor_states: self.permuted(&system.actor_states, |state| Arc::new(self.state(state))),
            network,
            timers_set: self.permuted(&timers, Clone::clone),
            random_choices: self.permuted(&random, Clone::clone),
            crashed: self.permuted(&system.crashed, Clone::clone),
            history: self.history(&system.history),
            actor_storages: self
                .permuted(&system.actor_storages, |saved| saved.as_ref().map(|s| self.state(s))),
        }
    }
}

impl Renaming<Peer, Seen> for Permutation {
    fn actor(&self, actor: usize) -> usize {
        self.0[actor]
    }

    fn state(&self, state: &PeerState) -> PeerState {
        PeerState { number: state.number, named: state.named.map(|id| self.id(id)) }
    }

    fn message(&self, (message, id): &(u8, Id)) -> (u8, Id) {
        (*message, self.id(*id))
    }

    fn timer(&self, timer: &Id) -> Id {
        self.id(*timer)
    }

    fn random(&self, (choice, id): &(u8, Id)) -> (u8, Id) {
        (*choice, self.id(*id))
    }

    fn storage(&self, storage: &PeerState) -> PeerState {
        self.state(storage)
    }

    fn history(&self, history: &Seen) -> Seen {
        Seen(self.permuted(&history.0, Clone::clone))
    }
}

/// A random model of such peers, and a group of permutations without the identity.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    table: Table,
    peers: usize,
    kind: u8,
    greeted: bool,
    lossy: bool,
    max_crashes: usize,
    pub(crate) settings: Settings,
    pub(crate) group: Vec<Permutation>,
}

impl Case {
    pub(crate) fn model(&self) -> PeerModel {
        let pairs = (0..self.peers).flat_map(|src| (0..self.peers).map(move |dst| (src, dst)));
        let greetings = pairs.filter(|(src, dst)| self.greeted && src != dst);
        let in_flight = greetings.map(|(src, dst)| Envelope {
            src: src.into(),
            dst: dst.into(),
            msg: (0, Id::from(src)),
        });
        let network = match self.kind {
            0 => Network::new_unordered_nonduplicating(in_flight),
            1 => Network::new_unordered_duplicating(in_flight),
            _ => Network::new_ordered(in_flight),
        };
        ActorModel::new(self.settings, Seen(vec![(0, 0); self.peers]))
            .actors((0..self.peers).map(|_| Peer { table: self.table.clone(), peers: self.peers }))
            .init_network(network)
            .lossy_network(if self.lossy { LossyNetwork::Yes } else { LossyNetwork::No })
            .max_crashes(self.max_crashes)
            .record_msg_in(|settings, seen, envelope| {
                let mut next = seen.clone();
                let heard = &mut next.0[usize::from(envelope.dst)].1;
                *heard = (*heard * 2 + envelope.msg.0 + 1) % 3;
                settings.hears.then_some(next)
            })
            .record_msg_out(|settings, seen, envelope| {
                let mut next = seen.clone();
                let sent = &mut next.0[usize::from(envelope.src)].0;
                *sent = settings.sent_max.min(*sent + 1);
                Some(next)
            })
            .within_boundary(|settings, state| {
                settings.network_max.is_none_or(|most| state.network.len() <= most)
                    && !(settings.sending_ends
                        && state.history.0.iter().any(|(sent, _)| *sent == settings.sent_max))
            })
    }
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        3 => (0..MESSAGES).prop_map(Order::SendOthers),
        3 => (0..MESSAGES).prop_map(Order::SendBack),
        1 => (0..MESSAGES).prop_map(Order::SendSelf),
        2 => Just(Order::SetTimer),
        1 => Just(Order::CancelTimer),
        1 => (0..CHOICES).prop_map(Order::Choose),
        2 => Just(Order::Save),
    ]
}

fn outcomes(len: usize) -> impl Strategy<Value = Vec<Outcome>> {
    vec((proptest::option::of(0..STATES), vec(order(), 0..3)), len)
}

fn table() -> impl Strategy<Value = Table> {
    let (states, messages, choices) =
        (usize::from(STATES), usize::from(MESSAGES), usize::from(CHOICES));
    let handlers = (
        outcomes(states + 1),
        outcomes(states * messages * 2),
        outcomes(states),
        outcomes(states * choices),
    );
    handlers.prop_map(|(started, told, fired, chosen)| Table { started, told, fired, chosen })
}

/// Two or three peers: all permutations of them, or only the rotations, or only one transposition.
fn group() -> impl Strategy<Value = Vec<Permutation>> {
    let groups: [&[&[usize]]; 4] = [
        &[&[1, 0]],
        &[&[0, 2, 1], &[1, 0, 2], &[1, 2, 0], &[2, 0, 1], &[2, 1, 0]],
        &[&[1, 2, 0], &[2, 0, 1]],
        &[&[2, 1, 0]],
    ];
    (0..groups.len())
        .prop_map(move |index| groups[index].iter().map(|to| Permutation(to.to_vec())).collect())
}

fn settings() -> impl Strategy<Value = Settings> {
    let limits = (proptest::option::of(1..5usize), 1..4u8, any::<bool>());
    (limits, any::<bool>(), 0..STATES, any::<bool>()).prop_map(
        |((network_max, sent_max, sending_ends), hears, number, fires)| Settings {
            network_max: if sending_ends { network_max } else { network_max.or(Some(4)) },
            sent_max,
            sending_ends,
            hears,
            number,
            fires,
        },
    )
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let faults = (0..3u8, any::<bool>(), any::<bool>(), 0..3usize);
    (table(), group(), faults, settings()).prop_map(
        |(table, group, (kind, greeted, lossy, max_crashes), settings)| {
            let peers = group[0].0.len();
            Case { table, peers, kind, greeted, lossy, max_crashes, settings, group }
        },
    )
}
