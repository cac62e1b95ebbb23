//! From a state found to the shortest way there. Nothing is stored for it during the search: the layers are enough.

use crate::explorer::{Explorer, Space};
use crate::judge::Found;
use crate::parts::unpair;
use crate::search::Share;
use crate::subject::{History, Subject};
use stateright::actor::{Actor, ActorModelAction, ActorModelState};
use stateright::{Model, Path};

/// A path through an actor model's states.
pub type ActorPath<A, H> =
    Path<ActorModelState<A, H>, ActorModelAction<<A as Actor>::Msg, <A as Actor>::Timer, <A as Actor>::Random>>;

/// The shortest path to what was found: layer by layer backwards, some state of the layer before leads to it.
pub(crate) fn shortest<A: Subject, C, H: History>(
    space: &Space<'_, A, C, H>,
    shares: &[Share],
    found: Found,
) -> ActorPath<A, H> {
    let mut explorer = Explorer::new(space);
    let mut states = vec![found.state];
    for depth in (0..found.depth).rev() {
        let target = *states.last().expect("there is one");
        let mut leads = |state: &u64| {
            let mut leads = false;
            explorer.successors(*state, |next| leads |= next == target);
            leads
        };
        let before = shares.iter().flat_map(|share| share.layer(depth)).find(|state| leads(state));
        states.push(before.expect("a state of each layer leads to one of the next"));
    }
    states.reverse();
    let whole = |state: &u64| {
        let (configuration, network) = unpair(*state);
        space.parts.put_together(configuration, space.parts.network(network))
    };
    let states: Vec<_> = states.iter().map(whole).collect();
    let model = space.steps.model;
    let mut actions = Vec::new();
    for pair in states.windows(2) {
        let step = model.next_steps(&pair[0]).into_iter().find(|(_, next)| *next == pair[1]);
        actions.push(step.expect("stateright takes the same steps").0);
    }
    let initial = states.into_iter().next().expect("a path has a beginning");
    Path::from_actions(model, initial, &actions).expect("stateright replays the path")
}
