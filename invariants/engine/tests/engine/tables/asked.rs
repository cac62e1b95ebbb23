//! The properties of the random models, and the parts of a state that they read.

use super::{Limits, Seen, Settings, Table, TableModel, TableState};
use interned_checker::{BOUNDARY, Messages, Reads};
use stateright::Expectation;
use stateright::actor::{Envelope, Network};

type Asked = (
    &'static str,
    Expectation,
    fn(&TableModel, &TableState) -> bool,
    fn() -> Reads<Table, Settings, Seen>,
);

/// Every property with the narrowest correct declaration of its reads. The last is never decided,
/// so that every search is complete.
pub(crate) const PROPERTIES: &[Asked] = &[
    ("no two are alike", Expectation::Always, no_two_are_alike, || Reads::nothing().states()),
    ("all are alike", Expectation::Sometimes, all_are_alike, || Reads::nothing().states()),
    ("a timer is set", Expectation::Sometimes, a_timer_is_set, || {
        Reads::nothing().states().timers()
    }),
    ("no timers at all", Expectation::Sometimes, no_timers_at_all, || Reads::nothing().timers()),
    ("nothing is saved twice", Expectation::Always, nothing_is_saved_twice, || {
        Reads::nothing().storages()
    }),
    ("history does not mix so", Expectation::Always, history_does_not_mix_so, || {
        Reads::nothing().history()
    }),
    ("some are down", Expectation::Sometimes, some_are_down, || Reads::nothing().crashed()),
    ("down in this state", Expectation::Sometimes, down_in_this_state, || {
        Reads::nothing().states().crashed()
    }),
    ("two choose", Expectation::Sometimes, two_choose, || Reads::nothing().random()),
    ("much in flight", Expectation::Sometimes, much_in_flight, || {
        Reads::nothing().network_by(length)
    }),
    ("in flight to the first", Expectation::Sometimes, in_flight_to_first, || {
        Reads::nothing().states().network_by(length)
    }),
    ("no surprise", Expectation::Always, no_surprise, || {
        Reads::nothing().states().network_by(destinations)
    }),
    ("after this message", Expectation::Always, after_this_message, Reads::everything),
    ("some are down, by a word", Expectation::Sometimes, some_are_down, || {
        Reads::nothing().actors_by(|_, part, words| words.push(part.crashed.into()))
    }),
    ("history does not mix so, by a word", Expectation::Always, history_does_not_mix_so, || {
        Reads::nothing().history_by(|settings, history, words| {
            words.push((history.mixed != settings.small).into());
        })
    }),
    ("something", Expectation::Sometimes, |_, _| true, Reads::nothing),
    ("nothing wrong", Expectation::Always, |_, _| true, Reads::nothing),
];

pub(crate) fn everything(_: &'static str) -> Reads<Table, Settings, Seen> {
    Reads::everything()
}

/// The declared reads are exactly those needed.
pub(crate) fn narrow(limits: Limits, name: &'static str) -> Reads<Table, Settings, Seen> {
    if name != BOUNDARY {
        let asked = PROPERTIES.iter().find(|asked| asked.0 == name);
        return asked.expect("only what there is is asked for").3();
    }
    let mut reads = Reads::nothing();
    if limits.network.is_some() {
        reads = reads.network_by(length);
    }
    if limits.sent.is_some() {
        reads = reads.history();
    }
    if limits.crashes.is_some() {
        reads = reads.actors_by(|_, part, words| words.push(part.crashed.into()));
    }
    reads
}

fn length(_: &Settings, messages: &mut Messages<'_, Table>, words: &mut Vec<u64>) {
    words.push(messages.count() as u64);
}

/// The destinations of all messages in order, and whether each message is the one in the property.
fn destinations(settings: &Settings, messages: &mut Messages<'_, Table>, words: &mut Vec<u64>) {
    for Envelope { src, dst, msg } in messages {
        words.extend(
            [usize::from(src), usize::from(dst), usize::from(*msg == settings.message)]
                .map(|word| word as u64),
        );
    }
}

/// A bit for each actor to which the message in the property could be delivered.
fn recipients(settings: &Settings, network: &Network<u8>) -> u64 {
    let such = network.iter_deliverable().filter(|envelope| *envelope.msg == settings.message);
    such.fold(0, |bits, envelope| {
        bits | 1_u64.checked_shl(usize::from(envelope.dst) as u32).unwrap_or(0)
    })
}

fn no_two_are_alike(model: &TableModel, state: &TableState) -> bool {
    state.actor_states.iter().filter(|own| ***own == model.cfg.state).count() < 2
}

fn all_are_alike(model: &TableModel, state: &TableState) -> bool {
    state.actor_states.iter().all(|own| **own == model.cfg.state)
}

fn a_timer_is_set(model: &TableModel, state: &TableState) -> bool {
    let mut actors = state.actor_states.iter().zip(&state.timers_set);
    actors.any(|(own, timers)| {
        **own == model.cfg.state && timers.iter().any(|timer| timer.1 == model.cfg.small % 2)
    })
}

fn no_timers_at_all(_: &TableModel, state: &TableState) -> bool {
    state.timers_set.iter().all(|timers| timers.iter().next().is_none())
}

fn nothing_is_saved_twice(model: &TableModel, state: &TableState) -> bool {
    state.actor_storages.iter().filter(|storage| **storage == Some(model.cfg.small % 2)).count() < 2
}

fn history_does_not_mix_so(model: &TableModel, state: &TableState) -> bool {
    state.history.mixed != model.cfg.small
}

fn some_are_down(model: &TableModel, state: &TableState) -> bool {
    state.crashed.iter().filter(|crashed| **crashed).count() > usize::from(model.cfg.small % 2)
}

fn down_in_this_state(model: &TableModel, state: &TableState) -> bool {
    state
        .actor_states
        .iter()
        .zip(&state.crashed)
        .any(|(own, crashed)| *crashed && **own == model.cfg.state)
}

fn two_choose(_: &TableModel, state: &TableState) -> bool {
    state.random_choices.iter().filter(|choices| choices.map.iter().next().is_some()).count() > 1
}

fn much_in_flight(model: &TableModel, state: &TableState) -> bool {
    state.network.len() > usize::from(model.cfg.small)
}

fn in_flight_to_first(model: &TableModel, state: &TableState) -> bool {
    *state.actor_states[0] == model.cfg.state && state.network.len() == usize::from(model.cfg.small)
}

fn no_surprise(model: &TableModel, state: &TableState) -> bool {
    let recipients = recipients(&model.cfg, &state.network);
    let mut actors = state.actor_states.iter().enumerate();
    actors.all(|(index, own)| recipients & 1 << index == 0 || **own != model.cfg.state)
}

fn after_this_message(model: &TableModel, state: &TableState) -> bool {
    match &state.network {
        Network::UnorderedDuplicating(_, last) => {
            last.is_none_or(|last| last.msg != model.cfg.message)
        }
        network => network.len() == 0 || state.history.mixed != 1,
    }
}
