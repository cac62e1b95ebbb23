//! How late a node's disk is: moments of its past, counted in starts and commits.
//!
//! A disk cannot tell that it is an older copy of itself. Other nodes can: whoever has heard from
//! the node knows a moment that its disk must know too. A disk that does not is an older copy. On
//! it the node would give dots twice, and what it had said is on its disk would not be there.
//!
//! Other systems answer the same question in other ways:
//!
//! * *Numbers reserved ahead* (a lease of dots in a file of its own) keep dots from being given
//!   twice only if that file is not copied with the rest.
//! * *A new name for every start* needs no memory of others. But each start would add an entry to
//!   the clocks of all keys put since, and clocks are never pruned.
//! * *A hash chain over commits* finds that two disks have parted, as starts do here: each start of
//!   a node has a number that no other has. A chain also finds that one of the two was changed by
//!   hand, which is not asked here.

use serde::{Deserialize, Serialize};

/// A commit of a node, by the start in which it was made.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Moment {
    /// Which start. Later starts have larger numbers, and no two have the same.
    pub start: u64,
    /// The number of the commit. It only grows on one disk.
    pub commit: u64,
}

/// The starts that a disk knows, each with the last commit that the disk knows of it; the latest
/// ones of a long past.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Past {
    /// Ascending.
    starts: Vec<Moment>,
}

impl<const COUNT: usize> From<[Moment; COUNT]> for Past {
    /// These starts, ascending.
    fn from(starts: [Moment; COUNT]) -> Self {
        Past { starts: starts.into() }
    }
}

impl Past {
    /// Of so many starts a disk knows.
    pub const STARTS_MAX: usize = 1_000;

    /// The past, with a start that begins after this commit.
    #[must_use]
    pub fn with_start(mut self, start: u64, commit: u64) -> Self {
        self.starts.push(Moment { start, commit });
        let surplus = self.starts.len().saturating_sub(Self::STARTS_MAX);
        self.starts.drain(..surplus);
        self
    }

    /// The past, with this as the last commit of the last start.
    #[must_use]
    pub fn with_last_commit(mut self, commit: u64) -> Self {
        if let Some(last) = self.starts.last_mut() {
            last.commit = commit;
        }
        self
    }

    /// The last start; `None`: there was none.
    pub fn last(&self) -> Option<Moment> {
        self.starts.last().copied()
    }

    /// The start before the last one, with its last commit.
    pub fn before_last(&self) -> Option<Moment> {
        self.starts.iter().rev().nth(1).copied()
    }

    /// Is there no such moment in this past?
    ///
    /// What was before the first start is not asked: the disk was new then, and replaced another,
    /// or it has forgotten that start.
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

    /// Node A's disk was copied in its second start, after commit 15. It went on to commit 20, and
    /// was started on the copy as start 30.
    #[test]
    fn a_copy_lacks_what_came_after_it_also_when_it_has_gone_on_itself() {
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
        assert!(!past.lacks(at(4_000, u64::MAX)), "it is forgotten");
        assert!(past.lacks(at(4_500, 4_501)));
    }
}
