//! Messages in flight in the initial state, and channels between ids of any size.

use crate::support::{assert_engine_finds, assert_stateright_finds, explore};
use interned_checker::Reads;
use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Envelope, Id, Network, Out};
use std::borrow::Cow;

/// Remembers the last messages that it received, newest last.
struct Listener;

impl Actor for Listener {
    type Msg = u8;
    type State = Vec<u8>;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, _id: Id, _storage: &Option<()>, _out: &mut Out<Self>) -> Vec<u8> {
        Vec::new()
    }

    fn on_msg(
        &self,
        _id: Id,
        state: &mut Cow<'_, Vec<u8>>,
        _src: Id,
        msg: u8,
        _out: &mut Out<Self>,
    ) {
        state.to_mut().push(msg);
    }
}

fn assert_found(in_flight: &[(usize, usize, u8)]) {
    let envelope = |(src, dst, msg): &(usize, usize, u8)| Envelope {
        src: (*src).into(),
        dst: (*dst).into(),
        msg: *msg,
    };
    let envelopes = || in_flight.iter().map(envelope);
    let networks = [
        Network::new_ordered(envelopes()),
        Network::new_unordered_nonduplicating(envelopes()),
        Network::new_unordered_duplicating(envelopes()),
    ];
    for network in networks {
        let model = || {
            ActorModel::<Listener>::new((), ())
                .actors([Listener, Listener])
                .init_network(network.clone())
                .within_boundary(|(), state| state.actor_states.iter().all(|heard| heard.len() < 4))
                .property(Expectation::Always, "in order", |_, state| {
                    state.actor_states.iter().all(|heard| heard.is_sorted())
                })
                .property(Expectation::Always, "nothing wrong", |_, _| true)
        };
        let exact = explore(&model(), 1000).expect("few states");
        assert_engine_finds(&exact, &model(), |_| Reads::everything(), 1);
        assert_stateright_finds(&exact, model());
    }
}

/// The engine does not use `Network::iter_all`: in stateright 0.31 it returns an envelope that is
/// in flight twice three times, and repeats the first message of an ordered network for ever.
#[test]
fn messages_in_flight_initially_are_delivered() {
    assert_found(&[(0, 1, 1), (0, 1, 1), (1, 0, 2)]);
    assert_found(&[(0, 1, 1), (0, 1, 2), (0, 1, 3)]);
    assert_found(&[(1, 0, 1), (0, 1, 1), (1, 0, 2), (0, 1, 2), (1, 1, 1)]);
}

/// A real node's id is its address, which needs 48 bits.
#[test]
fn channels_between_large_ids_are_different() {
    assert_found(&[(0, 1 << 32, 1), (1, 0, 2)]);
    assert_found(&[(0, 1, 2), ((1 << 32) + 1, 1, 3)]);
}
