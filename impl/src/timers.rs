//! The timers that are set, with their deadlines.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// A set of timers with deadlines. Setting a timer again moves its deadline.
#[derive(Debug)]
pub struct Timers<T> {
    deadlines: BTreeMap<T, Instant>,
    order: BTreeSet<(Instant, T)>,
}

impl<T: Ord + Clone> Default for Timers<T> {
    fn default() -> Self {
        Timers { deadlines: BTreeMap::new(), order: BTreeSet::new() }
    }
}

impl<T: Ord + Clone> Timers<T> {
    /// Sets a timer, or moves its deadline.
    pub fn set(&mut self, timer: T, deadline: Instant) {
        self.cancel(timer.clone());
        self.deadlines.insert(timer.clone(), deadline);
        self.order.insert((deadline, timer));
    }

    /// Unsets a timer, if it is set.
    pub fn cancel(&mut self, timer: T) {
        if let Some(deadline) = self.deadlines.remove(&timer) {
            self.order.remove(&(deadline, timer));
        }
    }

    /// The earliest deadline.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.order.first().map(|(deadline, _)| *deadline)
    }

    /// Unsets and returns the first timer that is due.
    pub fn take_due(&mut self, now: Instant) -> Option<T> {
        let (deadline, _) = self.order.first()?;
        if *deadline > now {
            return None;
        }
        let (_, timer) = self.order.pop_first()?;
        self.deadlines.remove(&timer);
        Some(timer)
    }

    /// Is this timer set?
    pub fn is_set(&self, timer: &T) -> bool {
        self.deadlines.contains_key(timer)
    }

    /// The timers that are set, in ascending order.
    pub fn names(&self) -> impl Iterator<Item = &T> {
        self.deadlines.keys()
    }

    /// How many timers are set.
    pub fn len(&self) -> usize {
        self.deadlines.len()
    }

    /// Is no timer set?
    pub fn is_empty(&self) -> bool {
        self.deadlines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;
    use std::time::Duration;

    quickcheck! {
        /// The reference implementation is a list.
        fn timers_fire_in_the_order_of_their_last_deadlines(script: Vec<(u8, Option<u8>)>) -> bool {
            let start = Instant::now();
            let at = |ms: u8| start + Duration::from_millis(u64::from(ms));
            let (mut timers, mut list) = (Timers::default(), Vec::new());
            for (timer, deadline) in script {
                let timer = timer % 8;
                list.retain(|(_, other)| *other != timer);
                match deadline {
                    Some(deadline) => {
                        timers.set(timer, at(deadline));
                        list.push((at(deadline), timer));
                    }
                    None => timers.cancel(timer),
                }
            }
            list.sort_unstable();
            let same_size = timers.len() == list.len() && timers.order.len() == list.len();
            let first = timers.next_deadline() == list.first().map(|(deadline, _)| *deadline);
            let due = list.iter().take_while(|(deadline, _)| *deadline <= at(128));
            let fired: Vec<u8> = std::iter::from_fn(|| timers.take_due(at(128))).collect();
            same_size && first && fired == due.map(|(_, timer)| *timer).collect::<Vec<u8>>()
        }
    }
}
