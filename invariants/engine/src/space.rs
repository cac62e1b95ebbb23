//! What all threads of a search share.

use crate::judge::Judge;
use crate::partial_order::First;
use crate::parts::Parts;
use crate::reads::Reads;
use crate::steps::Steps;
use crate::subject::{History, Subject};
use crate::symmetry::Boxed;

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
