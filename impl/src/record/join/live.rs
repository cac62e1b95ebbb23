//! Follows records while nodes write them.
//!
//! A node records a batch before it sends anything of it. So once a record shows that a message was
//! received, the record of its sender shows that it was sent. Whoever waits for it when all records
//! were read again without anything new waits in vain.
//!
//! The last batch of a record may not be committed yet. It counts once the next entry follows, or
//! once another node has received something that the batch sent.

use super::{Join, Report};
use crate::record::fault::Fault;
use crate::record::letters::Letter;
use crate::record::listen::Listener;
use crate::record::track::Rest;
use std::collections::HashSet;

impl Join {
    /// Follows the records while nodes write them. `pauses` is called each time when all that was
    /// written has been followed. It waits a little, so that more is written, and says whether to go
    /// on. After that, the records are followed to their present ends. `None`: `goes_on` said no
    /// before all was followed for the first time.
    pub fn follow_live<L: Listener>(
        mut self,
        listener: &mut L,
        goes_on: &dyn Fn() -> bool,
        pauses: &mut dyn FnMut(&Self, &L) -> bool,
    ) -> Option<Report> {
        self.tracks.iter_mut().for_each(|track| track.set_grows(true));
        let mut ready: Vec<usize> = (0..self.tracks.len()).rev().collect();
        let mut has_caught_up = false;
        loop {
            let before = self.entries_read();
            while let Some(track) = ready.pop() {
                self.follow(track, listener, &mut ready, &|| has_caught_up || goes_on());
            }
            if !has_caught_up && !goes_on() {
                return None;
            }
            has_caught_up = true;
            let idle = |index: &usize| self.tracks[*index].rest == Rest::NotWritten;
            ready.extend((0..self.tracks.len()).filter(idle));
            let is_settled = self.entries_read() == before && self.settle(listener, &mut ready);
            if !is_settled && !pauses(&self, listener) {
                break;
            }
        }
        self.tracks.iter_mut().for_each(|track| track.set_grows(false));
        self.run_from(ready, listener, &|| true)
    }

    /// What is wrong so far.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// How many events were followed.
    pub fn events(&self) -> u64 {
        self.tracks.iter().map(|track| track.counts.events).sum()
    }

    /// Is a record damaged?
    pub fn has_damage(&self) -> bool {
        self.tracks.iter().any(|track| track.damage.is_some())
    }

    /// So many entries were read, also those that wait.
    fn entries_read(&self) -> u64 {
        self.tracks.iter().map(|track| track.entries).sum()
    }

    /// All records were read again, and nothing is new. Returns whether a node can go on all the
    /// same.
    fn settle<L: Listener>(&mut self, listener: &mut L, ready: &mut Vec<usize>) -> bool {
        let wanted: HashSet<Letter> =
            (0..self.tracks.len()).filter_map(|index| self.missing(index)).collect();
        let mut all = 0..self.tracks.len();
        if let Some(index) = all.find(|index| self.has_committed(*index, &wanted)) {
            self.tell_last(index, listener, ready);
            return true;
        }
        let Some(index) = self.one_that_waits_in_vain() else { return false };
        self.accept(index, listener);
        ready.push(index);
        true
    }

    /// Is it certain that a node has committed its last batch? Its record says so, or others have
    /// received something of the batch.
    fn has_committed(&mut self, index: usize, wanted: &HashSet<Letter>) -> bool {
        let Some(done) = self.tracks[index].done.take() else { return false };
        let letters = self.letters_of(index, &done.batch);
        let track = &mut self.tracks[index];
        track.done = Some(done);
        track.has_committed() || letters.iter().any(|letter| wanted.contains(letter))
    }
}
