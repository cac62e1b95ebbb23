//! The ground truth of a long run forgets puts and gets that nothing depends on any more.

use super::{Ghost, Outcome, Read, Write};
use crate::scope::write_set::{WriteId, WriteSet};

impl Read {
    /// A get that no client has sent.
    pub(crate) fn unsent() -> Read {
        Read {
            acknowledged_before: WriteSet::EMPTY,
            hearings: Vec::new(),
            by: None,
            shown: WriteSet::EMPTY,
            sources: Vec::new(),
            omitted: WriteSet::EMPTY,
            outcome: Outcome::Unsent,
        }
    }
}

impl Ghost {
    /// Room for one more put.
    pub(crate) fn add_write(&mut self) {
        self.writes.push(Write { saw: WriteSet::EMPTY, outcome: Outcome::Unsent });
    }

    /// The put is one that nothing depends on any more. Its place is free for another one. Until
    /// then it counts as a put that has begun and has failed. The puts that its client had read
    /// were forgotten before it.
    pub(crate) fn forget(&mut self, write: WriteId) {
        let drop = |set: &mut WriteSet| *set = set.minus(WriteSet::EMPTY.with(write));
        debug_assert!(self.saw(write).is_empty());
        self.writes.iter_mut().for_each(|it| drop(&mut it.saw));
        for read in &mut self.reads {
            let Read { acknowledged_before, hearings, shown, omitted, .. } = read;
            [acknowledged_before, shown, omitted].into_iter().for_each(drop);
            for hearing in hearings {
                drop(&mut hearing.known);
                hearing.repairs.iter_mut().for_each(|(_, writes)| drop(writes));
                hearing.repairs.sort_unstable();
                hearing.repairs.dedup();
            }
        }
        self.confirmed.iter_mut().chain(&mut self.clients).for_each(drop);
        self.hinted.iter_mut().for_each(|hinted| drop(&mut hinted.writes));
        self.hinted.retain(|hinted| !hinted.writes.is_empty());
        [&mut self.reaped, &mut self.just_asked].into_iter().for_each(drop);
        if let Some((_, writes)) = &mut self.just_asked_amid_exchanges {
            drop(writes);
        }
        let forgotten = Write { saw: WriteSet::EMPTY, outcome: Outcome::Failed };
        self.writes[usize::from(write.0)] = forgotten;
    }
}
