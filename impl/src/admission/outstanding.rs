//! The outstanding requests of each address.

use super::{OUTSTANDING_MAX, REPEATED_AFTER};
use dynamo_model::ids::{ClientId, RequestId};
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often unanswered requests are expired.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How an outstanding request was retransmitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// Late enough to give it to the actor again.
    Again,
    /// Too soon.
    TooSoon,
}

/// When a request was admitted.
#[derive(Clone, Copy, Debug)]
struct Since {
    admitted: Instant,
    /// When the actor last got it; `None` while it waits.
    given: Option<Instant>,
}

/// The requests, ordered by address. The limits keep them few.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    requests: BTreeMap<(Id, RequestId), Since>,
    served: usize,
    looked: Option<Instant>,
}

impl Outstanding {
    /// Checks whether a request that has come is outstanding already.
    pub(super) fn again(&mut self, from: Id, request: RequestId, now: Instant) -> Option<Admitted> {
        let since = self.requests.get_mut(&(from, request))?;
        let Some(given) =
            since.given.filter(|given| now.saturating_duration_since(*given) >= REPEATED_AFTER)
        else {
            return Some(Admitted::TooSoon);
        };
        since.given = Some(given.max(now));
        Some(Admitted::Again)
    }

    /// Records a new request that the actor gets now.
    pub(super) fn serve(&mut self, from: Id, request: RequestId, now: Instant) {
        self.requests.insert((from, request), Since { admitted: now, given: Some(now) });
        self.served += 1;
    }

    /// Records a new request that waits.
    pub(super) fn wait(&mut self, from: Id, request: RequestId, now: Instant) {
        self.requests.insert((from, request), Since { admitted: now, given: None });
    }

    /// Records that the actor gets a waiting request. Returns false if it no longer waits.
    pub(super) fn serve_waiting(&mut self, from: Id, request: RequestId, now: Instant) -> bool {
        match self.requests.get_mut(&(from, request)) {
            Some(since) if since.given.is_none() => {
                since.given = Some(now);
                self.served += 1;
                true
            }
            _ => false,
        }
    }

    /// Removes an answered request. Returns whether it was outstanding.
    pub(super) fn end(&mut self, from: Id, request: RequestId) -> bool {
        let ended = self.requests.remove(&(from, request));
        self.served -= usize::from(ended.is_some_and(|since| since.given.is_some()));
        ended.is_some()
    }

    /// Removes requests that were not answered in time. Looks for them now and then.
    pub(super) fn forget_old(&mut self, now: Instant) {
        if self.looked.is_some_and(|looked| now.saturating_duration_since(looked) < LOOK_EVERY) {
            return;
        }
        self.looked = Some(now);
        self.requests
            .retain(|_, since| now.saturating_duration_since(since.admitted) < OUTSTANDING_MAX);
        self.served = self.requests.values().filter(|since| since.given.is_some()).count();
    }

    /// How many requests of one address are outstanding.
    pub(super) fn at(&self, from: Id) -> usize {
        let request = |bits| RequestId { client: ClientId(bits), number: bits };
        self.requests.range((from, request(u64::MIN))..=(from, request(u64::MAX))).count()
    }

    /// How many requests the actor has got.
    pub(super) fn served(&self) -> usize {
        self.served
    }

    /// How many requests are outstanding in all.
    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::{Arbitrary, Gen, quickcheck};

    #[derive(Clone, Debug)]
    enum Event {
        Asks(u8, u8),
        Waits(u8, u8),
        Starts(u8, u8),
        Ends(u8, u8),
        Passes(u16),
    }

    impl Arbitrary for Event {
        fn arbitrary(g: &mut Gen) -> Self {
            let (from, request) = (u8::arbitrary(g) % 4, u8::arbitrary(g) % 6);
            match u8::arbitrary(g) % 7 {
                0 => Event::Ends(from, request),
                1 => Event::Passes(u16::arbitrary(g) % 2000),
                2 => Event::Waits(from, request),
                3 => Event::Starts(from, request),
                _ => Event::Asks(from, request),
            }
        }
    }

    /// A reference implementation: a list, searched from end to end.
    #[derive(Default)]
    struct Dumb {
        /// Address, request, milliseconds when admitted and when last given.
        admitted: Vec<(u8, u8, u64, Option<u64>)>,
    }

    impl Dumb {
        fn comes(&mut self, from: u8, request: u8, now: u64, served: bool) -> Option<Admitted> {
            for (other, admitted, _, given) in &mut self.admitted {
                if (*other, *admitted) == (from, request) {
                    if given.is_none_or(|given| now - given < 100) {
                        return Some(Admitted::TooSoon);
                    }
                    *given = Some(now);
                    return Some(Admitted::Again);
                }
            }
            self.admitted.push((from, request, now, served.then_some(now)));
            None
        }

        fn starts(&mut self, from: u8, request: u8, now: u64) -> bool {
            for (other, admitted, _, given) in &mut self.admitted {
                if (*other, *admitted) == (from, request) && given.is_none() {
                    *given = Some(now);
                    return true;
                }
            }
            false
        }
    }

    quickcheck! {
        fn counts_are_those_of_a_list(events: Vec<Event>) -> bool {
            let (start, mut now) = (Instant::now(), 0);
            let (mut outstanding, mut dumb) = (Outstanding::default(), Dumb::default());
            let id = |from: u8| Id::from(usize::from(from));
            let named = |request: u8| {
                let (client, number) = (ClientId(u64::from(request % 2)), u64::from(request));
                RequestId { client, number }
            };
            events.into_iter().all(|event| {
                let at = start + Duration::from_millis(now);
                let same = match event {
                    Event::Asks(from, request) => {
                        let again = outstanding.again(id(from), named(request), at);
                        if again.is_none() {
                            outstanding.serve(id(from), named(request), at);
                        }
                        again == dumb.comes(from, request, now, true)
                    }
                    Event::Waits(from, request) => {
                        let again = outstanding.again(id(from), named(request), at);
                        if again.is_none() {
                            outstanding.wait(id(from), named(request), at);
                        }
                        again == dumb.comes(from, request, now, false)
                    }
                    Event::Starts(from, request) => {
                        let starts = dumb.starts(from, request, now);
                        outstanding.serve_waiting(id(from), named(request), at) == starts
                    }
                    Event::Ends(from, request) => {
                        let before = dumb.admitted.len();
                        dumb.admitted
                            .retain(|(other, admitted, ..)| (*other, *admitted) != (from, request));
                        outstanding.end(id(from), named(request)) == (dumb.admitted.len() < before)
                    }
                    Event::Passes(milliseconds) => {
                        now += u64::from(milliseconds) + 100;
                        outstanding.forget_old(start + Duration::from_millis(now));
                        dumb.admitted.retain(|(_, _, admitted, _)| now - admitted < 3000);
                        true
                    }
                };
                let counts = (0..4).all(|from| {
                    let expected = dumb.admitted.iter().filter(|(other, ..)| *other == from);
                    outstanding.at(id(from)) == expected.count()
                });
                let served = dumb.admitted.iter().filter(|(.., given)| given.is_some()).count();
                let totals = (outstanding.len(), outstanding.served());
                same && counts && totals == (dumb.admitted.len(), served)
            })
        }
    }
}
