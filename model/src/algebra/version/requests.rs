//! The second name of a put: the request that asked for it.
//!
//! If the first coordinator only seemed to be dead, a second one may coordinate the put again. Then
//! the put has two dots. The id of the client's request shows that both are one put. A context
//! names the requests of the latest puts that it covers. So the second version does not come back
//! once a client has replaced the first.

use super::{Dot, Issuer};
use crate::algebra::ids::{NodeId, RequestId};

/// The requests of the latest dots of a set: at most [`Requests::KEPT`] for each issuer.
///
/// Laws (tested): [`merge`](Requests::merge) is associative, commutative and idempotent.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Requests(Vec<(Dot, RequestId)>);

impl Requests {
    /// How many requests are kept for each issuer: those of its latest dots.
    pub(super) const KEPT: usize = 2;

    /// These requests. `None`: they are not sorted, or more than are kept.
    pub(super) fn checked(named: Vec<(Dot, RequestId)>) -> Option<Self> {
        let are_sorted = named.windows(2).all(|pair| pair[0] < pair[1]);
        let are_kept =
            named.windows(Self::KEPT + 1).all(|few| few[0].0.issuer != few[Self::KEPT].0.issuer);
        (are_sorted && are_kept).then_some(Requests(named))
    }

    /// Adds the request of a dot.
    pub(super) fn with(mut self, dot: Dot, request: RequestId) -> Self {
        self.0.push((dot, request));
        self.in_form()
    }

    /// Merges the requests of both sets.
    pub(super) fn merge(&self, other: &Self) -> Self {
        match (self, other) {
            _ if self == other || other.0.is_empty() => self.clone(),
            _ if self.0.is_empty() => other.clone(),
            _ => Requests([&self.0[..], &other.0].concat()).in_form(),
        }
    }

    /// Only the request of this dot.
    pub(super) fn only(&self, dot: Dot) -> Self {
        Requests(self.0.iter().filter(|(named, _)| *named == dot).copied().collect())
    }

    /// The request of a dot, if it is known.
    pub(super) fn of(&self, dot: Dot) -> Option<RequestId> {
        self.0.iter().find(|(named, _)| *named == dot).map(|(_, request)| *request)
    }

    /// The dots that are known to belong to a request.
    pub(super) fn dots_of(&self, request: RequestId) -> impl Iterator<Item = Dot> {
        self.0.iter().filter(move |(_, named)| *named == request).map(|(dot, _)| *dot)
    }

    /// The requests with their dots.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Dot, RequestId)> {
        self.0.iter()
    }

    /// The requests with nodes and requests renamed: see [`super::Context::renamed`].
    pub(super) fn renamed(
        &self,
        node: impl Fn(NodeId) -> NodeId,
        request: impl Fn(RequestId) -> RequestId,
    ) -> Self {
        Requests(self.0.iter().map(|(dot, named)| (dot.renamed(&node), request(*named))).collect())
            .in_form()
    }

    /// Restores the canonical form: sorted, with only the latest dots of each issuer.
    fn in_form(mut self) -> Self {
        self.0.sort_unstable();
        self.0.dedup();
        let issuer =
            |index: usize| -> Option<Issuer> { self.0.get(index).map(|(dot, _)| dot.issuer) };
        let is_late = |index: &usize| issuer(*index) != issuer(index + Self::KEPT);
        Requests((0..self.0.len()).filter(is_late).map(|index| self.0[index]).collect())
    }
}
