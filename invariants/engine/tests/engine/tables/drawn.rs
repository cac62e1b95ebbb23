//! How random tables and models are generated.

use super::{
    CHOICES, Case, Choices, Kind, Limits, MESSAGES, Order, Outcome, STATES, STORAGES, Settings,
    TIMERS, Table,
};
use proptest::prelude::*;

/// Two ids of actors, one that may be an actor's, and two that are not: a small one, and one that
/// needs more than 32 bits.
const RECIPIENTS: [usize; 5] = [0, 1, 2, 9, 1 << 32];

fn choices() -> impl Strategy<Value = Choices> {
    prop_oneof![
        Just(Choices::None),
        (0..CHOICES).prop_map(Choices::One),
        (0..CHOICES, 0..CHOICES).prop_map(|(one, other)| Choices::Two(one, other)),
    ]
}

fn order() -> impl Strategy<Value = Order> {
    let recipient = prop_oneof![6 => 0..3_usize, 1 => 3..RECIPIENTS.len()];
    prop_oneof![
        5 => (recipient, 0..MESSAGES)
            .prop_map(|(to, message)| Order::Send(RECIPIENTS[to], message)),
        2 => (0..TIMERS).prop_map(Order::SetTimer),
        1 => (0..TIMERS).prop_map(Order::CancelTimer),
        1 => (0..2_u8, choices()).prop_map(|(key, choices)| Order::Choose(key, choices)),
        1 => (0..STORAGES).prop_map(Order::Save),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        2 => Just((None, Vec::new())),
        5 => (prop::option::of(0..STATES), prop::collection::vec(order(), 0..3)),
    ]
}

fn outcomes(count: u8) -> impl Strategy<Value = Vec<Outcome>> {
    prop::collection::vec(outcome(), usize::from(count))
}

fn table() -> impl Strategy<Value = Table> {
    let start = prop::collection::vec(
        (prop::option::of(0..STATES), prop::collection::vec(order(), 0..4)),
        3,
    );
    let parts = (
        start,
        outcomes(STATES * MESSAGES * 2),
        outcomes(STATES * TIMERS),
        outcomes(STATES * CHOICES),
    );
    parts.prop_map(|(on_start, on_msg, on_timeout, on_random)| Table {
        on_start,
        on_msg,
        on_timeout,
        on_random,
        owned: false,
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    let some = |most| prop::option::of(0..most);
    (prop::option::of(1..5_usize), prop::option::of(2..6_u8), some(2_usize))
        .prop_map(|(network, sent, crashes)| Limits { network, sent, crashes })
}

fn settings() -> impl Strategy<Value = Settings> {
    (limits(), 0..3_u8, any::<bool>(), 0..STATES, 0..MESSAGES, 0..4_u8).prop_map(
        |(limits, sent_max, mixes, state, message, small)| Settings {
            limits,
            sent_max,
            mixes,
            state,
            message,
            small,
        },
    )
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let tables = prop::collection::vec(table(), 2..=3);
    let kind = prop_oneof![Just(Kind::Unordered), Just(Kind::Duplicating), Just(Kind::Ordered)];
    let in_flight = prop::collection::vec((0..3_usize, 0..3_usize, 0..MESSAGES), 0..3);
    (tables, kind, in_flight, any::<bool>(), 0..3_usize, any::<bool>(), settings()).prop_map(
        |(mut tables, kind, in_flight, lossy, max_crashes, owned, mut settings)| {
            for table in &mut tables {
                table.owned = owned;
            }
            let Limits { network, sent, .. } = &mut settings.limits;
            // Only a set of envelopes is finite by itself. A multiset or a queue needs a limit.
            if kind != Kind::Duplicating && sent.is_none() {
                network.get_or_insert(3);
            }
            if let Some(most) = sent {
                settings.sent_max = *most + 1;
            }
            Case { tables, kind, in_flight, lossy, max_crashes, owned, settings }
        },
    )
}
