//! Who is a member in a recorded run.
//!
//! Until the first change, the run is a path through a scope in which the ring does not change, and
//! the properties are as strict as there. From then on it is a path through a scope with changes.
//! Each key has its own ground truth. What nodes know of the members does not depend on the key, so
//! it is kept here once: a key whose first request comes later begins with it.

use super::case::Case;
use crate::scope::instance::Instance;
use crate::scope::standings::members;
use crate::system::world::World;
use crate::truth::Ghost;
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::{Act, History, Standing};
use dynamo_model::node::Durable;
use dynamo_model::rules::Rules;
use dynamo_model::wish::Wish;

/// So many requests to change a member are remembered.
const REQUESTS_MAX: usize = 64;

/// What nodes know of the members, by their disks and by what they were told.
pub(super) struct Members {
    /// A case of no key: its disks have only histories.
    case: Case,
    /// How many requests to change a member have come.
    asked: usize,
}

impl Members {
    pub(super) fn new(case: Case) -> Members {
        Members { case, asked: 0 }
    }

    /// Has any member changed?
    pub(super) fn have_changed(&self) -> bool {
        self.case.instance().changes
    }

    /// The members have begun to change: what nodes have on disk counts as told to them.
    pub(super) fn begin_to_change(&mut self) {
        self.case.begin_to_change();
        for node in self.world().nodes() {
            self.started(node);
        }
    }

    /// This is what a node has on disk. Returns whether its history is another one than before.
    pub(super) fn look_at(&mut self, node: NodeId, disk: &Durable) -> bool {
        let storages = &self.case.state.actor_storages;
        let before = storages[usize::from(node.0)].as_ref().map(|disk| disk.history.tip());
        let is_new = before != Some(disk.history.tip());
        if is_new {
            self.case.set_history(node, &disk.history);
        }
        is_new
    }

    /// A node starts. It was told all that it has on disk: a node that joins writes that down before
    /// it starts. Returns it, if any member has changed.
    pub(super) fn started(&mut self, node: NodeId) -> Option<History> {
        let told = self.have_changed().then(|| self.world().history(node).clone())?;
        self.case.know(node, &told);
        Some(told)
    }

    /// Do these histories give the same members?
    pub(super) fn are_changed_by(&self, history: &History) -> bool {
        let (rules, founders) = (Rules::default(), &self.case.instance().founders);
        !history.is_empty() && rules.standings(history) != rules.standings(founders)
    }

    /// Does a node know of one member at most? Then it may reap a tombstone and tell nobody.
    pub(super) fn may_be_alone(history: &History) -> bool {
        members(history).len() <= 1
    }

    /// Does a node know this already, by what it was told or has told?
    pub(super) fn knows(&self, node: NodeId, history: &History) -> bool {
        let known = self.case.state.history.known.get(usize::from(node.0));
        known.is_some_and(|known| known.includes(history))
    }

    /// The case of no key, which hears all that is told of members.
    pub(super) fn case(&mut self) -> &mut Case {
        &mut self.case
    }

    /// What a key begins with whose first request comes now.
    pub(super) fn introduce(&self, case: &mut Case) {
        if !self.have_changed() {
            return;
        }
        case.begin_to_change();
        let Ghost { known, decided, changed_again, .. } = &self.case.state.history;
        let (own, instance) = (&mut case.state.history, &mut case.model.cfg);
        own.known.clone_from(known);
        (own.decided, own.changed_again) = (*decided, *changed_again);
        let Instance { changes_asked, wishes, .. } = self.case.instance();
        instance.changes_asked.clone_from(changes_asked);
        instance.wishes.clone_from(wishes);
        for node in self.world().nodes() {
            if let Some(disk) = &self.case.state.actor_storages[usize::from(node.0)] {
                case.set_history(node, &disk.history);
            }
        }
    }

    /// An administrator asks for a change. Returns the place of the request, if it is a new one.
    /// Only the latest requests are remembered: what an older one does when it comes again counts
    /// as done by a new request.
    pub(super) fn ask(&mut self, request: RequestId) -> Option<usize> {
        if self.case.instance().changes_asked.contains(&request) {
            return None;
        }
        self.asked += 1;
        Some((self.asked - 1) % REQUESTS_MAX)
    }

    /// Was the node removed for good, or has it left and handed over all that it had?
    pub(super) fn is_out(&self, node: NodeId) -> bool {
        let all = self.world().all_history();
        let standing = Rules::default().standings(&all).get(&node).copied();
        self.have_changed() && matches!(standing, Some(Standing::Removed | Standing::Gone))
    }

    fn world(&self) -> World<'_> {
        World { model: &self.case.model, state: &self.case.state }
    }
}

/// What an administrator asks for.
pub(super) fn act_of(wish: Wish) -> Act {
    match wish {
        Wish::Join(_) => Act::Join,
        Wish::Leave => Act::Leave,
        Wish::Remove => Act::Remove,
    }
}
