//! Which requests are outstanding, and at which address.

use super::{OUTSTANDING_MAX, REPEATED_AFTER};
use dynamo_model::ids::{ClientId, RequestId};
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often requests are looked for that were never answered.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a request is that is outstanding already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// It comes again, after a while.
    Again,
    /// It comes again too soon.
    TooSoon,
}

/// How a request stands.
#[derive(Clone, Copy, Debug)]
struct Since {
    admitted: Instant,
    /// When the actor was given it last; `None`: it waits.
    given: Option<Instant>,
}

/// The requests, by address: those of one address are neighbours. The limits keep them few.
#[derive(Debug, Default)]
pub(super) struct Outstanding {
    requests: BTreeMap<(Id, RequestId), Since>,
    served: usize,
    looked: Option<Instant>,
}

impl Outstanding {
    /// A request has come: is it outstanding already?
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

    /// A new request is given to the actor.
    pub(super) fn serve(&mut self, from: Id, request: RequestId, now: Instant) {
        self.requests.insert((from, request), Since { admitted: now, given: Some(now) });
        self.served += 1;
    }

    /// A new request waits.
    pub(super) fn wait(&mut self, from: Id, request: RequestId, now: Instant) {
        self.requests.insert((from, request), Since { admitted: now, given: None });
    }

    /// A request that has waited is given to the actor. Does it still wait?
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

    /// A request is answered. Was it outstanding?
    pub(super) fn end(&mut self, from: Id, request: RequestId) -> bool {
        let ended = self.requests.remove(&(from, request));
        self.served -= usize::from(ended.is_some_and(|since| since.given.is_some()));
        ended.is_some()
    }

    /// Requests that were not answered for too long do not count any more. They are looked for now
    /// and then.
    pub(super) fn forget_old(&mut self, now: Instant) {
        if self.looked.is_some_and(|looked| now.saturating_duration_since(looked) < LOOK_EVERY) {
            return;
        }
        self.looked = Some(now);
        self.requests
            .retain(|_, since| now.saturating_duration_since(since.admitted) < OUTSTANDING_MAX);
        self.served = self.requests.values().filter(|since| since.given.is_some()).count();
    }

    /// How many there are at one address.
    pub(super) fn at(&self, from: Id) -> usize {
        let request = |bits| RequestId { client: ClientId(bits), number: bits };
        self.requests.range((from, request(u64::MIN))..=(from, request(u64::MAX))).count()
    }

    /// How many the actor has been given.
    pub(super) fn served(&self) -> usize {
        self.served
    }

    /// How many there are in all.
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

    /// Everything that ever happened, searched from end to end.
    #[derive(Default)]
    struct Dumb {
        /// Address, request, milliseconds when admitted, when given last.
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
        fn counts_as_a_list_does(events: Vec<Event>) -> bool {
            let (start, mut now) = (Instant::now(), 0);
            let (mut outstanding, mut dumb) = (Outstanding::default(), Dumb::default());
            let id = |from: u8| Id::from(usize::from(from));
            let named = |request: u8| RequestId { client: ClientId(u64::from(request % 2)), number: u64::from(request) };
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
                        outstanding.serve_waiting(id(from), named(request), at) == dumb.starts(from, request, now)
                    }
                    Event::Ends(from, request) => {
                        let before = dumb.admitted.len();
                        dumb.admitted.retain(|(other, admitted, ..)| (*other, *admitted) != (from, request));
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
                    outstanding.at(id(from)) == dumb.admitted.iter().filter(|(other, ..)| *other == from).count()
                });
                let served = dumb.admitted.iter().filter(|(.., given)| given.is_some()).count();
                same && counts && (outstanding.len(), outstanding.served()) == (dumb.admitted.len(), served)
            })
        }
    }
}
