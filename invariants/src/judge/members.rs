//! A recorded run in which nodes join, leave or are removed. Such a change is about every key.

use super::case::Case;
use super::record::RecordJudge;
use crate::scope::instance::Instance;
use crate::scope::{Ask, ScriptLine};
use crate::system::world::World;
use crate::truth::Ghost;
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::{Act, History};
use dynamo_model::message::{Answer, Message};
use dynamo_model::wish::Wish;
use stateright::actor::Id;
use std::collections::BTreeSet;

/// With more keys, each change would take too long.
const KEYS_MAX: usize = 1_000;
/// The ground truth has a bit for each request to change a member.
const REQUESTS_MAX: usize = 64;
/// The script of a scope in which the ring changes. Nobody runs it.
const CHANGING: &[&[ScriptLine]] = &[&[(0, Ask::Leave(0))]];

impl Case {
    /// From now on, the ring changes. Until now, every node knew the founders and nothing else.
    fn begin_to_change(&mut self) {
        let Instance { scope, changes, is_endless, .. } = &mut self.model.cfg;
        (*changes, *is_endless) = (true, true);
        scope.clients = CHANGING;
        let nodes = usize::from(scope.nodes);
        let ghost = &mut self.state.history;
        ghost.known = vec![History::default(); nodes];
        ghost.owed = vec![History::default(); nodes + 1];
    }

    /// What is the same for all keys.
    fn copy_changes(&mut self, other: &Case) {
        let Instance { changes_asked, wishes, .. } = other.instance().clone();
        (self.model.cfg.changes_asked, self.model.cfg.wishes) = (changes_asked, wishes);
        let Ghost { known, decided, changed_again, .. } = &other.state.history;
        let ghost = &mut self.state.history;
        ghost.known.clone_from(known);
        (ghost.decided, ghost.changed_again) = (*decided, *changed_again);
    }
}

impl RecordJudge {
    /// A node knows a change of the members: it tells of it in the batch that comes next, or has
    /// heard of it there.
    ///
    /// # Errors
    /// If there are too many keys.
    pub fn members_change(&mut self) -> Result<(), &'static str> {
        if self.keys.len() > KEYS_MAX {
            return Err("the members change, and there are more than 1,000 keys");
        }
        if !std::mem::replace(&mut self.happened.change, true) {
            self.keys.iter_mut().for_each(|key| key.case.begin_to_change());
        }
        self.changed.extend(0..self.keys.len());
        Ok(())
    }

    /// A client asks a node to change a member.
    pub(super) fn change_asked(&mut self, request: RequestId, node: NodeId, wish: Wish) {
        let act = match wish {
            Wish::Join(_) => Act::Join,
            Wish::Leave => Act::Leave,
            Wish::Remove => Act::Remove,
        };
        for key in &mut self.keys {
            let Instance { changes_asked, wishes, .. } = &mut key.case.model.cfg;
            if !changes_asked.contains(&request) && changes_asked.len() < REQUESTS_MAX {
                changes_asked.push(request);
                wishes.push((node, act));
            }
        }
    }

    /// A key's first request comes after the members have changed.
    pub(super) fn catch_up(&mut self) {
        let [others @ .., last] = self.keys.as_mut_slice() else { return };
        if self.happened.change {
            last.case.begin_to_change();
        }
        if let Some(first) = others.first() {
            last.case.copy_changes(&first.case);
        }
    }

    /// A message that is about all keys.
    pub(super) fn is_about_members(message: &Message) -> bool {
        matches!(
            message,
            Message::History { .. }
                | Message::Changes { .. }
                | Message::Answer(Answer::Changed { .. } | Answer::ChangeRefused { .. })
        )
    }

    pub(super) fn sent_about_members(&mut self, from: NodeId, to: Id, message: &Message) {
        if !self.happened.change {
            return;
        }
        for key in &mut self.keys {
            key.hear(|key| key.sent(from.actor(), to, message));
        }
        self.changed.extend(0..self.keys.len());
    }

    pub(super) fn received_about_members(&mut self, from: Id, to: NodeId, message: &Message) {
        if !self.happened.change {
            return;
        }
        for key in &mut self.keys {
            key.hear(|key| key.arrived(from, to.actor(), message));
        }
        self.changed.extend(0..self.keys.len());
    }

    /// Each two nodes that are intended replicas of one key by all histories, the smaller one
    /// first.
    pub fn neighbours(&self) -> BTreeSet<(NodeId, NodeId)> {
        let lists = self.keys.iter().map(|key| {
            let (model, state) = (&key.case.model, &key.case.state);
            World { model, state }.intended().into_owned()
        });
        let lists: BTreeSet<Vec<NodeId>> = lists.collect();
        let pairs = |nodes: &Vec<NodeId>| {
            let of = |one: NodeId| nodes.iter().map(move |other| (one, *other));
            nodes.iter().copied().flat_map(of).collect::<Vec<_>>()
        };
        lists.iter().flat_map(pairs).filter(|(one, other)| one < other).collect()
    }
}
