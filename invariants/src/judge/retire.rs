//! What a recorded key no longer needs. A run may last for days, and the work for each event must
//! not grow with it.
//!
//! A put is retired once all of this is so:
//!
//! - It was acknowledged, or no node works on it.
//! - No disk has it, neither as a replica's copy nor in a hint.
//! - It has an heir: another put was acknowledged whose client had read it, and at least as many
//!   intended replicas had confirmed that one. So each property that would ask for the first put
//!   asks for the heir at least as strictly. A put that was never acknowledged is also retired
//!   without an heir, if there are many puts.
//! - Every put that its client had read is retired.
//! - No get under way must still show it.
//! - No reaped tombstone replaced it. Reaped puts must not come back, so they are never retired.
//!
//! A late message may bring a retired put back to a disk. If the put has an heir, the judge takes
//! the disk for one without it. That is right, because the put supersedes no put that is still
//! judged: they were retired before it. If the put has no heir, the key is judged no more.
//!
//! A get is retired once no node works on it and all its repairs have arrived, if there is a later
//! get of the same client. A get that no node works on is retired in any case once many others have
//! begun.

use super::recorded::{RecordedKey, Retired};
use crate::scope::Ask;
use crate::scope::instance::Instance;
use crate::scope::recorded::Recorded;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::system::SystemState;
use crate::system::world::World;
use crate::truth::{Outcome, Read};
use dynamo_model::ids::RequestId;
use dynamo_model::node::State;

/// So many puts stay in any case.
const PUTS_KEPT: usize = 5;
/// So many gets stay in any case.
const GETS_KEPT: usize = 6;
/// Once so many gets have begun after it, a get is retired even if it has not ended well.
const GETS_LATER: u64 = 24;
/// If there are more puts, one that nobody has acknowledged is retired without an heir.
const PUTS_MANY: usize = WriteId::LIVE_MAX / 2;

impl RecordedKey {
    /// Retires puts and gets, if there are many. The key has just been judged.
    pub(super) fn clear_up(&mut self) {
        if !std::mem::take(&mut self.is_longer) || self.case.has_changed() {
            return;
        }
        let Instance { puts, gets, .. } = self.instance();
        let count = |all: &[RequestId]| all.iter().filter(|it| **it != Recorded::NOBODY).count();
        let (puts, gets) = (count(puts), count(gets));
        if gets > GETS_KEPT {
            self.retire_gets(gets);
        }
        if puts > PUTS_KEPT {
            // A put may go only after those that its client had read.
            while self.retire_puts(puts > PUTS_MANY) {}
        }
    }

    /// Does a node that is up work on this request?
    fn works_on(&self, request: RequestId) -> bool {
        let works = |state: &State| {
            let State { puts, gets, forwards, .. } = state;
            puts.contains_key(&request)
                || gets.contains_key(&request)
                || forwards.contains_key(&request)
        };
        let SystemState { actor_states, crashed, .. } = &self.case.state;
        let up = actor_states.iter().zip(crashed).filter(|(_, is_down)| !**is_down);
        up.filter_map(|(actor, _)| actor.node()).any(works)
    }

    fn retire_gets(&mut self, count: usize) {
        let gets = self.instance().gets.clone();
        let mut places: Vec<usize> =
            (0..gets.len()).filter(|place| gets[*place] != Recorded::NOBODY).collect();
        places.sort_unstable_by_key(|place| self.read_order[*place]);
        let mut left = count;
        for (index, place) in places.iter().copied().enumerate() {
            if left <= GETS_KEPT {
                break;
            }
            let (request, read) = (gets[place], &self.case.state.history.reads[place]);
            let is_over = !matches!(read.outcome, Outcome::Running | Outcome::Unsent);
            let is_repaired = read.hearings.iter().all(|hearing| hearing.repairs.is_empty());
            let is_by_same = |later: &usize| gets[*later].client == request.client;
            let is_last = !places[index + 1..].iter().any(is_by_same);
            let is_old = self.reads_begun - self.read_order[place] > GETS_LATER;
            let is_done = is_over && is_repaired && !is_last;
            if !(is_done || is_old) || self.works_on(request) {
                continue;
            }
            let how = if matches!(read.outcome, Outcome::Answered { .. }) {
                Retired::Done
            } else {
                Retired::Unanswered
            };
            self.case.state.history.reads[place] = Read::unsent();
            self.case.model.cfg.gets[place] = Recorded::NOBODY;
            self.forget(request, how);
            left -= 1;
        }
    }

    /// Retires what may be retired now. Was there anything?
    fn retire_puts(&mut self, are_many: bool) -> bool {
        let (puts, mut has_retired) = (self.instance().puts.clone(), false);
        for (place, request) in puts.into_iter().enumerate() {
            let write = WriteId(place as u8);
            let Some(how) = self.may_retire(write, request, are_many) else { continue };
            has_retired = true;
            self.case.state.history.forget(write);
            let gone = WriteSet::EMPTY.with(write);
            self.given.iter_mut().for_each(|(_, read)| *read = read.minus(gone));
            self.case.model.cfg.puts[place] = Recorded::NOBODY;
            self.contents[place] = None;
            self.forget(request, how);
        }
        has_retired
    }

    fn forget(&mut self, request: RequestId, how: Retired) {
        self.retired.insert(request, how);
        self.case.model.cfg.lost_before.remove(&request);
        if let Some(recorded) = &mut self.case.model.cfg.recorded {
            recorded.forget(request);
        }
    }

    /// May this put be retired, and how? See the top of this file.
    fn may_retire(&self, write: WriteId, request: RequestId, are_many: bool) -> Option<Retired> {
        let world = World { model: &self.case.model, state: &self.case.state };
        let ghost = &self.case.state.history;
        let outcome = ghost.writes[usize::from(write.0)].outcome;
        let must_show = |read: &Read| {
            let known = read.hearings.iter().map(|hearing| hearing.known);
            let known = known.fold(read.acknowledged_before, WriteSet::union);
            let is_over = !matches!(read.outcome, Outcome::Running | Outcome::Unsent);
            !is_over && known.contains(write)
        };
        let in_person = match outcome {
            Outcome::Answered { in_person, .. } => Some(in_person),
            _ => None,
        };
        let is_needed = request == Recorded::NOBODY
            || !ghost.saw(write).is_empty()
            || world.versions().any(|(other, _)| other == write)
            || in_person.is_none() && self.works_on(request)
            || ghost.forgotten().contains(write)
            || ghost.reads.iter().any(must_show);
        if is_needed {
            None
        } else if self.has_heir(write, request, in_person.unwrap_or(0)) {
            Some(Retired::Done)
        } else {
            (in_person.is_none() && are_many).then_some(Retired::Unanswered)
        }
    }

    /// Was another put acknowledged, at least as well as this one, whose client had read this one?
    fn has_heir(&self, write: WriteId, request: RequestId, in_person: usize) -> bool {
        let (instance, ghost) = (self.instance(), &self.case.state.history);
        let asks = |request| instance.ask(request).is_some_and(Ask::is_in_person);
        // If no fallback can stand in for a replica and R+W>N, every get must see every put. Where
        // members change or disks are lost, it matters how many replicas had confirmed the put.
        let (config, nodes) = (&instance.config, usize::from(instance.scope.nodes));
        let is_steady = !instance.changes && instance.spoilt.is_empty();
        let all_overlap = is_steady && nodes <= config.n() && config.r() + config.w() > config.n();
        let mut puts = ghost.puts().zip(&instance.puts);
        puts.any(|((other, its), other_request)| {
            let is_as_sure = match its.outcome {
                Outcome::Answered { in_person: its, .. } => its >= in_person || all_overlap,
                _ => false,
            };
            other != write
                && is_as_sure
                && its.saw.contains(write)
                && (!asks(request) || asks(*other_request))
        })
    }
}
