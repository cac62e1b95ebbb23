//! What reads add to the ground truth.

use crate::scope::instance::Instance;
use crate::scope::write_set::WriteSet;
use crate::truth::{Ghost, Hearing, Outcome, Read, writes_of};
use dynamo_model::ids::NodeId;
use dynamo_model::siblings::Version;

impl Ghost {
    /// A coordinator begins a read, or asks the silent replicas again.
    ///
    /// If it asks an intended replica that it has heard, it begins anew, unless it still runs its
    /// first attempt: where the ring changes, it asks a replica again that has stood in for
    /// another. A coordinator that begins anew has forgotten its first attempt, and need not show
    /// what it heard then. It may have forgotten that also if it had heard only fallbacks.
    pub(crate) fn on_fetch(
        &mut self,
        instance: &Instance,
        coordinator: NodeId,
        replica: NodeId,
        read: usize,
    ) {
        // Where the ring changes, a coordinator may have handed over its copies, or may be a new
        // replica that does not count itself yet. A node that may lose its disk may have forgotten
        // what it confirmed.
        let intended = self.intended(instance, coordinator);
        let knows_its_own = !instance.changes
            && intended.contains(&coordinator)
            && !instance.spoilt.contains(&coordinator);
        let own = if knows_its_own {
            instance.to_its_key(instance.gets[read], self.confirmed[usize::from(coordinator.0)])
        } else {
            WriteSet::EMPTY
        };
        let asks_intended = intended.contains(&replica);
        let heard = self.reads[read].hearing_of(coordinator).map(|hearing| &hearing.heard);
        let has_heard = |node: &NodeId| heard.is_some_and(|heard| heard.contains(node));
        let has_heard_intended = intended.iter().any(|it| *it != coordinator && has_heard(it));
        let may_crash = instance.scope.faults.crashes > 0 || !instance.spoilt.is_empty();
        let may_forget = may_crash && !instance.sees_crashes;
        let is_running = matches!(self.reads[read].outcome, Outcome::Running | Outcome::Failed);
        let still_runs = instance.changes && !may_forget && is_running;
        let begins_anew = asks_intended && has_heard(&replica) && !still_runs;
        let (is_new, may_begin_anew) = (heard.is_none(), asks_intended && !has_heard_intended);
        let hearing = self.reads[read].hearing(coordinator);
        if is_new || begins_anew {
            (hearing.heard, hearing.known) = (vec![coordinator], own);
        } else if may_begin_anew {
            hearing.known = WriteSet::EMPTY;
        }
    }

    /// A coordinator gives a read up. If it begins anew, it counts nothing that it has heard.
    pub(crate) fn on_get_failed(&mut self, instance: &Instance, by: NodeId, read: usize) {
        let read = &mut self.reads[read];
        if instance.changes {
            let hearing = read.hearing(by);
            (hearing.heard, hearing.known) = (vec![by], WriteSet::EMPTY);
        }
        if read.outcome == Outcome::Running {
            read.outcome = Outcome::Failed;
        }
    }

    pub(crate) fn on_get_answered(
        &mut self,
        instance: &Instance,
        by: NodeId,
        read: usize,
        siblings: &[Version],
    ) {
        let shown = writes_of(siblings);
        let Hearing { mut heard, mut known, .. } = self.reads[read].hearing(by).clone();
        let Read { by: before, sources, shown: told, outcome: first, .. } = &self.reads[read];
        let first = *first;
        let is_told = *before == Some(by) && matches!(first, Outcome::Answered { .. });
        if is_told && shown == *told && heard.iter().all(|node| sources.contains(node)) {
            // The same answer goes out again.
            return;
        }
        let asks_itself = instance.changes && *self.intended(instance, by) == [by];
        if is_told && asks_itself && heard == *sources {
            // The read runs again, and there is no other node to ask now.
            (heard, known) = (vec![by], WriteSet::EMPTY);
            let hearing = self.reads[read].hearing(by);
            (hearing.heard, hearing.known) = (heard.clone(), known);
        }
        let omitted = known.minus(self.with_all_seen(shown));
        let in_person =
            heard.iter().filter(|node| self.intended(instance, by).contains(node)).count();
        // Where the ring changes, a coordinator may ask a node again that has stood in for another,
        // and send its answer again meanwhile. The replies that it counted at first still count.
        let (counted, counted_in_person) = match first {
            Outcome::Answered { replies, in_person } if instance.changes => (replies, in_person),
            _ => (0, 0),
        };
        let (replies, in_person) = (heard.len().max(counted), in_person.max(counted_in_person));
        let outcome = Outcome::Answered { replies, in_person };
        let read = &mut self.reads[read];
        (read.by, read.shown, read.sources, read.omitted, read.outcome) =
            (Some(by), shown, heard, omitted, outcome);
    }
}
