//! The second name of a put: the request that asked for it.
//!
//! A put that two nodes have coordinated, because the first only seemed to be dead, has two dots.
//! That both are one put is told by the id of the client's request. A context names the requests of
//! the latest puts that it covers, so that the second version does not come back once somebody has
//! replaced the first.

use super::{Dot, Issuer};
use crate::algebra::ids::{NodeId, RequestId};

/// The requests of the latest dots of a set: of each issuer no more than [`Requests::KEPT`].
///
/// Laws (tested): [`merge`](Requests::merge) is associative, commutative and idempotent.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Requests(Vec<(Dot, RequestId)>);

impl Requests {
    /// How many are kept of each issuer: those of its latest dots.
    pub(super) const KEPT: usize = 2;

    /// These, if they are sorted, and not more than are kept.
    pub(super) fn checked(named: Vec<(Dot, RequestId)>) -> Option<Self> {
        let are_sorted = named.windows(2).all(|pair| pair[0] < pair[1]);
        let are_kept =
            named.windows(Self::KEPT + 1).all(|few| few[0].0.issuer != few[Self::KEPT].0.issuer);
        (are_sorted && are_kept).then_some(Requests(named))
    }

    /// These, and one more.
    pub(super) fn with(mut self, dot: Dot, request: RequestId) -> Self {
        self.0.push((dot, request));
        self.in_form()
    }

    /// Those of both.
    pub(super) fn merge(&self, other: &Self) -> Self {
        match (self, other) {
            _ if self == other || other.0.is_empty() => self.clone(),
            _ if self.0.is_empty() => other.clone(),
            _ => Requests([&self.0[..], &other.0].concat()).in_form(),
        }
    }

    /// Only that of this dot.
    pub(super) fn only(&self, dot: Dot) -> Self {
        Requests(self.0.iter().filter(|(named, _)| *named == dot).copied().collect())
    }

    /// The request of a dot, if it is known.
    pub(super) fn of(&self, dot: Dot) -> Option<RequestId> {
        self.0.iter().find(|(named, _)| *named == dot).map(|(_, request)| *request)
    }

    /// The dots that are known to be of a request.
    pub(super) fn dots_of(&self, request: RequestId) -> impl Iterator<Item = Dot> {
        self.0.iter().filter(move |(_, named)| *named == request).map(|(dot, _)| *dot)
    }

    /// Each with its dot.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Dot, RequestId)> {
        self.0.iter()
    }

    /// With nodes and requests called by other names: see [`super::Context::renamed`].
    pub(super) fn renamed(
        &self,
        node: impl Fn(NodeId) -> NodeId,
        request: impl Fn(RequestId) -> RequestId,
    ) -> Self {
        Requests(self.0.iter().map(|(dot, named)| (dot.renamed(&node), request(*named))).collect())
            .in_form()
    }

    /// Sorted, and of each issuer only those of its latest dots.
    fn in_form(mut self) -> Self {
        self.0.sort_unstable();
        self.0.dedup();
        let issuer =
            |index: usize| -> Option<Issuer> { self.0.get(index).map(|(dot, _)| dot.issuer) };
        let is_late = |index: &usize| issuer(*index) != issuer(index + Self::KEPT);
        Requests((0..self.0.len()).filter(is_late).map(|index| self.0[index]).collect())
    }
}
