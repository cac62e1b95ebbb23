//! What all threads of a search share.

use crate::judge::Judge;
use crate::partial_order::First;
use crate::parts::{Parts, pair};
use crate::reads::Reads;
use crate::steps::Steps;
use crate::subject::{History, Subject};
use crate::symmetry::Boxed;
use stateright::Model as _;
use stateright::actor::ActorModelState;

/// Shared by all threads.
pub(crate) struct Space<'m, A: Subject, C, H: History> {
    pub(crate) parts: Parts<A, H>,
    pub(crate) steps: Steps<'m, A, C, H>,
    pub(crate) judge: Judge<A, C, H>,
    /// What the boundary reads, as the search assumes.
    pub(crate) boundary: Reads<A, C, H>,
    /// What was declared that the boundary reads.
    pub(crate) declared_boundary: Reads<A, C, H>,
    /// The renamings under which the model stays the same.
    pub(crate) renamings: Vec<Boxed<'m, A, H>>,
    /// Which deliveries are taken first, if any.
    pub(crate) first: Option<First<A, C>>,
}

/// The initial states within the boundary, as pairs of part numbers.
pub(crate) fn initial_states<A: Subject, C, H: History>(space: &Space<'_, A, C, H>) -> Vec<u64> {
    let model = space.steps.model;
    let within = |state: &ActorModelState<A, H>| (model.within_boundary)(&model.cfg, state);
    let states = model.init_states().into_iter().filter(within);
    states.map(|state| space.parts.take_apart(&state)).map(|(c, n)| pair(c, n)).collect()
}
