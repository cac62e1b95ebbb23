//! A check of what conditions declare to read: see [`Options::doubt`](crate::Options::doubt).

use crate::BOUNDARY;
use crate::assembly::Assembly;
use crate::lens::Lens;
use crate::parts::unpair;
use crate::reads::Reads;
use crate::space::Space;
use crate::subject::{History, Subject};
use foldhash::{HashMap, HashMapExt};
use stateright::actor::ActorModelState;

/// One thread's record of each condition's value for states that look the same to it.
pub(crate) struct Doubt<A: Subject, C, H: History> {
    /// One for each property in order, and one for the boundary.
    conditions: Vec<Doubted<A, C, H>>,
    assembly: Assembly<A, H>,
}

struct Doubted<A: Subject, C, H: History> {
    name: &'static str,
    reads_network: bool,
    lens: Lens<A, C, H>,
    verdicts: HashMap<u64, bool>,
}

impl<A: Subject, C, H: History> Doubt<A, C, H> {
    pub(crate) fn new(space: &Space<'_, A, C, H>) -> Self {
        let doubted = |name, reads: Reads<A, C, H>| Doubted {
            name,
            reads_network: reads.reads_network(),
            lens: Lens::new(reads, space.parts.actors),
            verdicts: HashMap::new(),
        };
        let properties =
            space.judge.properties.iter().map(|(property, reads)| doubted(property.name, *reads));
        let conditions = properties.chain([doubted(BOUNDARY, space.declared_boundary)]).collect();
        Doubt { conditions, assembly: Assembly::new() }
    }

    /// Evaluates every condition on a whole state.
    ///
    /// # Panics
    /// If a condition reads more than it declares.
    pub(crate) fn look(&mut self, space: &Space<'_, A, C, H>, state: u64) {
        let Space { parts, steps, judge, .. } = space;
        let (model, (configuration, network)) = (steps.model, unpair(state));
        let whole = parts.put_together(configuration, parts.network(Some(network)));
        let verdict =
            |index: usize, state: &ActorModelState<A, H>| match judge.properties.get(index) {
                Some((property, _)) => (property.condition)(model, state),
                None => (model.within_boundary)(&model.cfg, state),
            };
        let Doubt { conditions, assembly } = self;
        for (index, condition) in conditions.iter_mut().enumerate() {
            let looks = condition.lens.number(parts, &model.cfg, state, usize::MAX);
            let found = verdict(index, &whole);
            let known = *condition.verdicts.entry(looks).or_insert(found);
            // The search evaluates a condition that does not read the network with an empty
            // network.
            let shown = if condition.reads_network {
                found
            } else {
                verdict(index, assembly.state(parts, configuration, None))
            };
            assert!(
                found == known && found == shown,
                "\"{}\" reads more than it declares: it is {found} in this state, \
                 and {} in one that looks the same: {whole:?}",
                condition.name,
                !found
            );
        }
    }
}
