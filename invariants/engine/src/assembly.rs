//! A whole state that is assembled once. For the next state, only the parts that differ are
//! replaced. Conditions are evaluated on whole states.

use crate::parts::Parts;
use crate::subject::{History, Subject};
use stateright::actor::ActorModelState;

/// One thread's assembled state.
pub(crate) struct Assembly<A: Subject, H: History> {
    last: Option<Last<A, H>>,
    slots: Vec<u32>,
}

struct Last<A: Subject, H: History> {
    slots: Vec<u32>,
    /// `None`: the empty network.
    network: Option<u32>,
    state: ActorModelState<A, H>,
}

impl<A: Subject, H: History> Assembly<A, H> {
    pub(crate) fn new() -> Self {
        Assembly { last: None, slots: Vec::new() }
    }

    /// The state with this configuration and network; with an empty network if there is no number.
    pub(crate) fn state(
        &mut self,
        parts: &Parts<A, H>,
        configuration: u32,
        network: Option<u32>,
    ) -> &ActorModelState<A, H> {
        let Assembly { last, slots } = self;
        parts.slots(configuration, slots);
        if let Some(last) = last {
            last.change(parts, slots, network);
        }
        let first = || {
            let state = parts.put_together(configuration, parts.network(network));
            Last { slots: slots.clone(), network, state }
        };
        &last.get_or_insert_with(first).state
    }
}

impl<A: Subject, H: History> Last<A, H> {
    fn change(&mut self, parts: &Parts<A, H>, slots: &[u32], network: Option<u32>) {
        let Last { slots: known, network: known_network, state } = self;
        for (index, (known, slot)) in
            known.iter_mut().zip(slots).enumerate().filter(|(_, (known, slot))| known != slot)
        {
            *known = *slot;
            if index == parts.actors {
                state.history.clone_from(parts.histories.get(*slot));
            } else {
                let (actor, timers, random, crashed, storage) = parts.actor(index, *slot);
                state.actor_states[index] = actor;
                state.timers_set[index] = timers;
                state.random_choices[index] = random;
                state.crashed[index] = crashed;
                state.actor_storages[index] = storage;
            }
        }
        if *known_network != network {
            *known_network = network;
            state.network = parts.network(network);
        }
    }
}
