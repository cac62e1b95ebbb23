//! Actors that react by a table, and models of them.

mod asked;
mod drawn;

pub(crate) use asked::{everything, narrow};
pub(crate) use drawn::case;

use asked::PROPERTIES;
use stateright::Property;
use stateright::actor::{
    Actor, ActorModel, ActorModelState, Envelope, Id, LossyNetwork, Network, Out, model_timeout,
};
use std::borrow::Cow;

pub(crate) const STATES: u8 = 4;
pub(crate) const MESSAGES: u8 = 3;
pub(crate) const TIMERS: u8 = 2;
pub(crate) const CHOICES: u8 = 2;
pub(crate) const STORAGES: u8 = 2;

/// An action of an actor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Send(usize, u8),
    SetTimer(u8),
    CancelTimer(u8),
    /// Under this key, with no choice, one, or one of two, which may be equal.
    Choose(u8, Choices),
    Save(u8),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Choices {
    None,
    One(u8),
    Two(u8, u8),
}

/// A handler's outcome: the new state, if there is one, and actions.
pub(crate) type Outcome = (Option<u8>, Vec<Order>);

/// What an actor does, by event.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// By the content of the storage.
    pub(crate) on_start: Vec<Outcome>,
    /// By state, message, and whether the sender's id is odd.
    pub(crate) on_msg: Vec<Outcome>,
    /// By state and timer.
    pub(crate) on_timeout: Vec<Outcome>,
    /// By state and choice.
    pub(crate) on_random: Vec<Outcome>,
    /// Do timers and keys of choices contain their owners' ids?
    pub(crate) owned: bool,
}

impl Table {
    fn obey(&self, id: Id, orders: &[Order], out: &mut Out<Self>) {
        let owner = self.owned.then_some(usize::from(id));
        for order in orders {
            match *order {
                Order::Send(to, message) => out.send(Id::from(to), message),
                Order::SetTimer(timer) => out.set_timer((owner, timer), model_timeout()),
                Order::CancelTimer(timer) => out.cancel_timer((owner, timer)),
                Order::Choose(key, choices) => out.choose_random(
                    format!("{owner:?} {key}"),
                    match choices {
                        Choices::None => Vec::new(),
                        Choices::One(one) => vec![one],
                        Choices::Two(one, other) => vec![one, other],
                    },
                ),
                Order::Save(storage) => out.save(storage),
            }
        }
    }

    fn react(
        &self,
        id: Id,
        state: &mut Cow<'_, u8>,
        (next, orders): &Outcome,
        out: &mut Out<Self>,
    ) {
        if let Some(next) = next {
            *state.to_mut() = *next;
        }
        self.obey(id, orders, out);
    }
}

impl Actor for Table {
    type Msg = u8;
    type State = u8;
    type Timer = (Option<usize>, u8);
    type Random = u8;
    type Storage = u8;

    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Self>) -> u8 {
        let (state, orders) = &self.on_start[storage.map_or(0, |storage| usize::from(storage) + 1)];
        self.obey(id, orders, out);
        state.unwrap_or(0)
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, u8>, src: Id, msg: u8, out: &mut Out<Self>) {
        let place = (usize::from(**state) * usize::from(MESSAGES) + usize::from(msg)) * 2
            + usize::from(src) % 2;
        self.react(id, state, &self.on_msg[place], out);
    }

    fn on_timeout(
        &self,
        id: Id,
        state: &mut Cow<'_, u8>,
        timer: &Self::Timer,
        out: &mut Out<Self>,
    ) {
        self.react(id, state, &self.on_timeout[usize::from(**state * TIMERS + timer.1)], out);
    }

    fn on_random(&self, id: Id, state: &mut Cow<'_, u8>, random: &u8, out: &mut Out<Self>) {
        self.react(id, state, &self.on_random[usize::from(**state * CHOICES + random)], out);
    }
}

/// What the history records: a number that depends on the order of messages, and how many were
/// sent, up to a limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Seen {
    pub(crate) mixed: u8,
    pub(crate) sent: u8,
}

/// The limits of a model. The boundary reads only what is limited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) network: Option<usize>,
    pub(crate) sent: Option<u8>,
    pub(crate) crashes: Option<usize>,
}

/// The model's configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    /// The highest count of the history.
    pub(crate) sent_max: u8,
    /// Does the history record the order of messages?
    pub(crate) mixes: bool,
    /// The state and message in the properties.
    pub(crate) state: u8,
    pub(crate) message: u8,
    pub(crate) small: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Unordered,
    Duplicating,
    Ordered,
}

pub(crate) type TableModel = ActorModel<Table, Settings, Seen>;
pub(crate) type TableState = ActorModelState<Table, Seen>;

/// A random model.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) tables: Vec<Table>,
    pub(crate) kind: Kind,
    /// In flight initially: from, to, message.
    pub(crate) in_flight: Vec<(usize, usize, u8)>,
    pub(crate) lossy: bool,
    pub(crate) max_crashes: usize,
    #[allow(dead_code, reason = "not every test asks")]
    pub(crate) owned: bool,
    pub(crate) settings: Settings,
}

impl Case {
    pub(crate) fn model(&self) -> TableModel {
        let envelope = |(src, dst, msg): &(usize, usize, u8)| Envelope {
            src: (*src).into(),
            dst: (*dst).into(),
            msg: *msg,
        };
        let in_flight = self.in_flight.iter().map(envelope);
        let network = match self.kind {
            Kind::Unordered => Network::new_unordered_nonduplicating(in_flight),
            Kind::Duplicating => Network::new_unordered_duplicating(in_flight),
            Kind::Ordered => Network::new_ordered(in_flight),
        };
        let mut model = ActorModel::new(self.settings, Seen { mixed: 0, sent: 0 })
            .actors(self.tables.iter().cloned())
            .init_network(network)
            .lossy_network(if self.lossy { LossyNetwork::Yes } else { LossyNetwork::No })
            .max_crashes(self.max_crashes)
            .record_msg_in(record_in)
            .record_msg_out(record_out)
            .within_boundary(within);
        for (name, expectation, condition, _) in PROPERTIES {
            model.properties.push(Property {
                expectation: expectation.clone(),
                name,
                condition: *condition,
            });
        }
        model
    }
}

fn record_in(settings: &Settings, seen: &Seen, envelope: Envelope<&u8>) -> Option<Seen> {
    let recorded = settings.mixes && *envelope.msg != 0;
    recorded.then(|| Seen { mixed: (seen.mixed * 3 + envelope.msg) % 5, ..seen.clone() })
}

fn record_out(settings: &Settings, seen: &Seen, envelope: Envelope<&u8>) -> Option<Seen> {
    let mixed = if settings.mixes { (seen.mixed * 2 + envelope.msg + 1) % 5 } else { seen.mixed };
    (settings.mixes || settings.sent_max > 0)
        .then_some(Seen { mixed, sent: settings.sent_max.min(seen.sent + 1) })
}

fn within(settings: &Settings, state: &TableState) -> bool {
    let Limits { network, sent, crashes } = settings.limits;
    network.is_none_or(|most| state.network.len() <= most)
        && sent.is_none_or(|most| state.history.sent <= most)
        && crashes
            .is_none_or(|most| state.crashed.iter().filter(|crashed| **crashed).count() <= most)
}
