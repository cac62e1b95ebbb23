//! Which acts and faults occur together in one run of a scope.
//!
//! Each scope is small, so no scope has everything. A pair of an act and a fault that no scope
//! combines is a pair that no check has tried. [`Matrix::of`] walks through scopes at random and
//! notes what happens in each walk. What a walk shows is certain. What no walk shows may still be
//! possible, unless a [reason](Happening::cannot_occur_in) says otherwise.

mod happening;
mod possible;
mod propose;
mod shown;
mod walk;

pub use happening::{Happening, Happenings};
pub use propose::{Proposal, propose};
pub use walk::{Together, Walks};

use crate::scope::Scope;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use strum::VariantArray;

/// What is known of a pair of acts and faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Walks through this many scopes have both.
    Covered(usize),
    /// Both may occur in some scope, or in none that is known, and no walk has both.
    Unseen,
    /// No scope can have both, for this reason.
    Impossible(&'static str),
}

/// What happens together in which scopes.
pub struct Matrix {
    /// Each scope, with what its walks show.
    pub scopes: Vec<(&'static Scope, Together)>,
}

impl Matrix {
    /// Walks through these scopes on this many threads. The result does not depend on the number
    /// of threads.
    pub fn of(scopes: &[&'static Scope], walks: Walks, threads: usize) -> Matrix {
        let together =
            |scope: &&'static Scope| (*scope, Together::of(scope, walks, Happenings::EMPTY));
        Matrix { scopes: for_each(scopes, threads, together) }
    }

    /// What is known of this pair.
    pub fn cell(&self, pair: (Happening, Happening)) -> Cell {
        let (one, other) = pair;
        match self.scopes_with(pair).count() {
            0 => one.excludes(other).map_or(Cell::Unseen, Cell::Impossible),
            count => Cell::Covered(count),
        }
    }

    /// The scopes of which a walk has both.
    pub fn scopes_with(
        &self,
        (one, other): (Happening, Happening),
    ) -> impl Iterator<Item = &'static Scope> {
        let has = move |(_, together): &&(&'static Scope, Together)| together.has(one, other);
        self.scopes.iter().filter(has).map(|(scope, _)| *scope)
    }

    /// Every pair that is not impossible and that no walk has.
    pub fn uncovered(&self) -> Vec<(Happening, Happening)> {
        pairs().filter(|pair| self.cell(*pair) == Cell::Unseen).collect()
    }

    /// The triples with at least one fault: those that some walk has, and all that have no
    /// impossible pair.
    pub fn triples(&self) -> (usize, usize) {
        let (mut covered, mut possible) = (0, 0);
        for (one, other) in pairs() {
            let later = Happening::VARIANTS.iter().filter(|third| **third > other);
            for third in later {
                let all = [one, other, *third];
                let excluded = |(a, b): (Happening, Happening)| a.excludes(b).is_some();
                let in_part = [(one, other), (one, *third), (other, *third)].map(excluded);
                if !all.iter().any(|it| it.is_fault()) || in_part.contains(&true) {
                    continue;
                }
                possible += 1;
                let has = |together: &Together| together.with_both(one, other).has(*third);
                covered += usize::from(self.scopes.iter().any(|(_, together)| has(together)));
            }
        }
        (covered, possible)
    }
}

/// Every pair of two different acts or faults, each once, the earlier in the list first.
pub fn pairs() -> impl Iterator<Item = (Happening, Happening)> {
    let all = Happening::VARIANTS;
    all.iter()
        .enumerate()
        .flat_map(|(index, one)| all[index + 1..].iter().map(move |other| (*one, *other)))
}

/// Does this work for each item, on this many threads. The results are in the order of the items.
pub fn for_each<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let take_some = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    std::thread::scope(|spawner| {
        for _ in 0..threads.max(1) {
            spawner.spawn(take_some);
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
