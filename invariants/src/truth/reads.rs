//! What reads add to the ground truth.

use crate::scope::instance::Instance;
use crate::scope::write_set::WriteSet;
use crate::truth::{Ghost, Hearing, Outcome, Read, writes_of};
use dynamo_model::ids::NodeId;
use dynamo_model::siblings::Version;

impl Ghost {
    /// A coordinator begins a read, or asks the silent replicas again.
    ///
    /// If it asks a replica that it has heard, it begins anew, unless it still runs its first
    /// attempt: where the ring changes, it asks the replica to stand in for another. Otherwise it
    /// has forgotten that attempt, and need not show what it heard then.
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
        let knows_its_own = !instance.changes
            && self.intended(instance, coordinator).contains(&coordinator)
            && instance.spoilt != Some(coordinator);
        let own = if knows_its_own {
            self.confirmed[usize::from(coordinator.0)]
        } else {
            WriteSet::EMPTY
        };
        let may_forget = instance.scope.faults.crashes > 0 || instance.spoilt.is_some();
        let read = &mut self.reads[read];
        let still_runs = instance.changes && !may_forget && read.outcome == Outcome::Running;
        let is_new = read.hearings.iter().all(|hearing| hearing.coordinator != coordinator);
        let hearing = read.hearing(coordinator);
        if is_new || !still_runs && hearing.heard.contains(&replica) {
            (hearing.heard, hearing.known) = (vec![coordinator], own);
        }
    }

    /// Does a coordinator send an answer again whose replies counted before its view changed?
    fn is_answered_again(
        &self,
        instance: &Instance,
        by: NodeId,
        read: usize,
        heard: &[NodeId],
    ) -> bool {
        let Read { by: before, sources, outcome, .. } = &self.reads[read];
        let mut left_out = sources.iter().filter(|node| !heard.contains(node)).peekable();
        *before == Some(by)
            && matches!(outcome, Outcome::Answered { .. })
            && left_out.peek().is_some()
            && left_out.all(|node| !self.intended(instance, by).contains(node))
            && heard.iter().all(|node| sources.contains(node))
    }

    pub(crate) fn on_get_answered(
        &mut self,
        instance: &Instance,
        by: NodeId,
        read: usize,
        siblings: &[Version],
    ) {
        let shown = writes_of(siblings);
        let Hearing { heard, known, .. } = self.reads[read].hearing(by).clone();
        if self.is_answered_again(instance, by, read, &heard) {
            return;
        }
        let omitted = known.minus(self.with_all_seen(shown));
        let in_person =
            heard.iter().filter(|node| self.intended(instance, by).contains(node)).count();
        let outcome = Outcome::Answered { replies: heard.len(), in_person };
        let read = &mut self.reads[read];
        (read.by, read.shown, read.sources, read.omitted, read.outcome) =
            (Some(by), shown, heard, omitted, outcome);
    }
}
