//! Moments in the past of a node's disk, counted in starts and commits. They show how old a disk
//! is.
//!
//! A disk cannot tell that it is an older copy of itself. Other nodes can. A node that has heard
//! from another remembers a moment that the other's disk must know. If the disk does not know it,
//! it is an older copy. On such a disk the node would issue dots twice, and would lack what it has
//! confirmed.
//!
//! Other systems solve the problem in other ways:
//!
//! * *Numbers reserved ahead* (a lease of dots in a file of its own) prevent duplicate dots only if
//!   that file is not copied with the rest.
//! * *A new name for every start* needs no memory of others. But each start would add an entry to
//!   the clocks of all keys put since, and clocks are never pruned.
//! * *A hash chain over commits* detects that two disks have diverged. Starts do so here too: no
//!   two starts of a node share a number. A chain also detects changes made by hand. This module
//!   does not.

use serde::{Deserialize, Serialize};

/// A commit of a node: the start in which the node made it, and its number.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Moment {
    /// The number of the start. Later starts have larger numbers. No two starts share one.
    pub start: u64,
    /// The number of the commit. On one disk it only grows.
    pub commit: u64,
}

/// The starts that a disk knows, each with the last commit of it that the disk knows. Only the
/// latest [`STARTS_MAX`](Past::STARTS_MAX) are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Past {
    /// In ascending order.
    starts: Vec<Moment>,
}

impl<const COUNT: usize> From<[Moment; COUNT]> for Past {
    /// A past with these starts, in ascending order.
    fn from(starts: [Moment; COUNT]) -> Self {
        Past { starts: starts.into() }
    }
}

impl Past {
    /// The largest number of starts that a disk remembers.
    pub const STARTS_MAX: usize = 1_000;

    /// Adds a start that begins after this commit.
    #[must_use]
    pub fn with_start(mut self, start: u64, commit: u64) -> Self {
        self.starts.push(Moment { start, commit });
        let surplus = self.starts.len().saturating_sub(Self::STARTS_MAX);
        self.starts.drain(..surplus);
        self
    }

    /// Sets the last commit of the last start.
    #[must_use]
    pub fn with_last_commit(mut self, commit: u64) -> Self {
        if let Some(last) = self.starts.last_mut() {
            last.commit = commit;
        }
        self
    }

    /// The last start, with its last commit. `None`: there was none.
    pub fn last(&self) -> Option<Moment> {
        self.starts.last().copied()
    }

    /// The start before the last one, with its last commit.
    pub fn before_last(&self) -> Option<Moment> {
        self.starts.iter().rev().nth(1).copied()
    }

    /// Is the moment missing in this past?
    ///
    /// Moments before the first known start never count as missing. The disk was new at that start
    /// and replaced another, or it has forgotten older starts.
    pub fn lacks(&self, moment: Moment) -> bool {
        match self.starts.binary_search_by_key(&moment.start, |known| known.start) {
            Ok(index) => moment.commit > self.starts[index].commit,
            Err(index) => index > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: u64, commit: u64) -> Moment {
        Moment { start, commit }
    }

    /// Node A's disk was copied in its second start, after commit 15. A went on to commit 20, and
    /// was then started on the copy as start 30.
    #[test]
    fn a_copy_lacks_later_commits_even_after_it_has_been_started() {
        let copy = Past::from([at(10, 9), at(20, 15)]);
        for known in [at(10, 9), at(20, 10), at(20, 15), at(5, 100)] {
            assert!(!copy.lacks(known), "{known:?}");
        }
        let returned = copy.clone().with_start(30, 16).with_last_commit(40);
        for later in [at(20, 16), at(20, 20), at(25, 1), at(10, 10)] {
            assert!(copy.lacks(later) && returned.lacks(later), "{later:?}");
        }
        assert!(
            !returned.lacks(at(30, 40))
                && returned.lacks(at(31, 1))
                && !Past::default().lacks(at(1, 1))
        );
    }

    #[test]
    fn a_long_past_ends_with_its_latest_starts() {
        let past = (1..=5_000).fold(Past::default(), |past, start| past.with_start(start, start));
        assert_eq!((past.starts.len(), past.last()), (Past::STARTS_MAX, Some(at(5_000, 5_000))));
        assert!(!past.lacks(at(4_000, u64::MAX)), "forgotten starts are not missing");
        assert!(past.lacks(at(4_500, 4_501)));
    }
}
