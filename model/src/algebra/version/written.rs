//! The encoding of a context, on disk and in messages.

use super::requests::Requests;
use super::{Context, Dot, Issuer};
use crate::algebra::ids::RequestId;
use serde::{Deserialize, Serialize, Serializer};

/// An encoded context. For each named request it has the counter of the dot, the request, and an
/// index for the issuer. The index counts the entries of the vector first, and then the single
/// dots.
#[derive(Serialize)]
struct WrittenContext<'a> {
    vector: &'a [(Issuer, u64)],
    dots: &'a [Dot],
    requests: Vec<(usize, u64, RequestId)>,
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Context { vector, dots, requests } = self;
        let index_of = |issuer: Issuer| {
            let single = || {
                dots.iter().position(|dot| dot.issuer == issuer).map(|index| vector.len() + index)
            };
            vector.binary_search_by_key(&issuer, |entry| entry.0).ok().or_else(single)
        };
        let written = |(dot, request): &(Dot, RequestId)| {
            let index =
                index_of(dot.issuer).expect("a context names requests only of dots that it covers");
            (index, dot.counter, *request)
        };
        let requests = requests.iter().map(written).collect();
        WrittenContext { vector, dots, requests }.serialize(serializer)
    }
}

/// A context from outside, before its form is checked.
#[derive(Deserialize)]
pub(super) struct UncheckedContext {
    vector: Vec<(Issuer, u64)>,
    dots: Vec<Dot>,
    requests: Vec<(usize, u64, RequestId)>,
}

impl TryFrom<UncheckedContext> for Context {
    type Error = &'static str;

    fn try_from(unchecked: UncheckedContext) -> Result<Self, Self::Error> {
        let UncheckedContext { vector, dots, requests } = unchecked;
        let ascending = vector.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let sorted = dots.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || !sorted || vector.iter().any(|entry| entry.1 == 0) {
            return Err("a context's entries are out of order");
        }
        let issuer = |index: usize| match vector.get(index) {
            Some((issuer, _)) => Some(*issuer),
            None => dots.get(index - vector.len()).map(|dot| dot.issuer),
        };
        let named =
            |(index, counter, request)| Some((Dot { issuer: issuer(index)?, counter }, request));
        let requests: Option<Vec<_>> = requests.into_iter().map(named).collect();
        let requests =
            requests.and_then(Requests::checked).ok_or("a context's requests are out of order")?;
        let context = Context { vector, dots, requests };
        if !context.requests.iter().all(|(dot, _)| context.covers(*dot)) {
            return Err("a context names requests of puts that it does not cover");
        }
        let apart = |dot: &Dot| {
            dot.counter.checked_sub(1).is_some_and(|before| before > context.counter(dot.issuer))
        };
        if context.dots.iter().all(apart) {
            Ok(context)
        } else {
            Err("a context's single dots repeat its vector")
        }
    }
}
