//! Tests that a renaming leaves the model the same: see [`Renaming`].

use super::{Claims, State, Untrue, Whole};
use crate::subject::{ActorAction, History, Subject};
use crate::symmetry::Renaming;
use stateright::actor::{ActorModelState, Envelope, Id, Network, RandomChoices, Timers};
use std::collections::HashMap;
use std::iter::repeat_n;
use std::sync::Arc;

impl<A: Subject, C, H: History> Claims<'_, '_, A, C, H> {
    pub(super) fn test_renaming(
        &self,
        renaming: &dyn Renaming<A, H>,
        state: &State<A, H>,
    ) -> Result<(), Untrue> {
        let actors = state.actor_states.len();
        let names = || (0..actors).map(|actor| renaming.actor(actor)).collect();
        let image = renamed(renaming, state);
        let is_cut = |state| self.convergence.is_some_and(|it| (it.is_cut)(self.model, state));
        let told = self.tells_apart(state, &image).or_else(|| self.ends_apart(state, &image));
        let told = told.or((is_cut(state) != is_cut(&image)).then_some("is cut"));
        if let Some(condition) = told {
            return Err(Untrue::TellsApart { renaming: names(), condition });
        }
        // How many steps lead to each state, and remain for convergence or not.
        let mut counts: HashMap<(Whole<A, H>, bool), usize> = HashMap::new();
        for (action, next) in self.steps(&image) {
            *counts.entry((Whole(next), self.goes_on(&action))).or_default() += 1;
        }
        let mut is_missing = |(action, next): &(ActorAction<A>, State<A, H>)| {
            let count = counts.get_mut(&(Whole(renamed(renaming, next)), self.goes_on(action)));
            count.is_none_or(|count| std::mem::replace(count, count.saturating_sub(1)) == 0)
        };
        let steps = self.steps(state);
        let missing = steps.iter().find(|step| is_missing(step));
        let missing = missing.map(|(action, _)| format!("{action:?}")).or_else(|| {
            let is_left = counts.values().any(|count| *count > 0);
            is_left.then(|| "one of the renamed state's own steps".to_owned())
        });
        missing.map_or(Ok(()), |step| Err(Untrue::OtherSteps { renaming: names(), step }))
    }
}

/// The whole state, with everything renamed.
fn renamed<A: Subject, H: History>(
    renaming: &dyn Renaming<A, H>,
    state: &State<A, H>,
) -> State<A, H> {
    let timers = |timers: &Timers<A::Timer>| {
        let mut renamed = Timers::new();
        timers.iter().for_each(|timer| _ = renamed.set(renaming.timer(timer)));
        renamed
    };
    let random = |random: &RandomChoices<A::Random>| {
        let mut renamed = RandomChoices::default();
        for (key, choices) in &random.map {
            let choices = choices.iter().map(|choice| renaming.random(choice)).collect();
            renamed.insert(key.clone(), choices);
        }
        renamed
    };
    let storage = |it: &Option<A::Storage>| it.as_ref().map(|it| renaming.storage(it));
    ActorModelState {
        actor_states: moved(renaming, &state.actor_states, |it| Arc::new(renaming.state(it))),
        network: network(renaming, &state.network, state.actor_states.len()),
        timers_set: moved(renaming, &state.timers_set, timers),
        random_choices: moved(renaming, &state.random_choices, random),
        crashed: moved(renaming, &state.crashed, |it| *it),
        history: renaming.history(&state.history),
        actor_storages: moved(renaming, &state.actor_storages, storage),
    }
}

/// Renames what belongs to each actor, and moves it to the actor that the renaming names.
fn moved<A: Subject, H: History, T: Clone>(
    renaming: &dyn Renaming<A, H>,
    all: &[T],
    image: impl Fn(&T) -> T,
) -> Vec<T> {
    let mut moved = all.to_vec();
    all.iter().enumerate().for_each(|(actor, it)| moved[renaming.actor(actor)] = image(it));
    moved
}

fn network<A: Subject, H: History>(
    renaming: &dyn Renaming<A, H>,
    network: &Network<A::Msg>,
    actors: usize,
) -> Network<A::Msg> {
    let id = |id: Id| match usize::from(id) {
        actor if actor < actors => Id::from(renaming.actor(actor)),
        _ => id,
    };
    let image = |src: Id, dst: Id, msg: &A::Msg| Envelope {
        src: id(src),
        dst: id(dst),
        msg: renaming.message(msg),
    };
    let whole = |it: &Envelope<A::Msg>| image(it.src, it.dst, &it.msg);
    match network {
        Network::UnorderedDuplicating(set, last) => {
            let last = last.as_ref().map(whole);
            Network::new_unordered_duplicating_with_last_msg(set.iter().map(whole), last)
        }
        Network::UnorderedNonDuplicating(bag) => {
            let all = bag.iter().flat_map(|(it, times)| repeat_n(whole(it), *times));
            Network::new_unordered_nonduplicating(all)
        }
        Network::Ordered(channels) => {
            let queued = channels.iter().flat_map(|(channel, queue)| {
                queue.iter().map(move |msg| image(channel.0, channel.1, msg))
            });
            Network::new_ordered(queued)
        }
    }
}
