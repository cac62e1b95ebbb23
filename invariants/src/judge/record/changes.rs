//! How the judge of a recorded run follows changes of the members, and lost disks.

use super::RecordJudge;
use crate::judge::members::{Members, act_of};
use crate::judge::recorded::{RecordedKey, Unjudged};
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Message};
use dynamo_model::node::Durable;
use dynamo_model::wish::Wish;
use stateright::actor::Id;

impl RecordJudge {
    /// A node sends a message. Returns whether it is about members.
    pub(super) fn told_members(&mut self, from: NodeId, to: Id, message: &Message) -> bool {
        let told = told_of_members(message);
        if let Some(told) = told {
            self.heed(told);
        }
        let is_answer = is_decision(message);
        let is_news = told.is_some_and(|told| !self.members.knows(from, told));
        if is_answer || self.members.have_changed() && is_news {
            self.members.case().sent(from.actor(), to, message);
            self.each_key(|key| key.sent(from.actor(), to, message));
        }
        is_answer || told.is_some()
    }

    /// A node receives a message. Returns whether it is about members.
    pub(super) fn heard_of_members(&mut self, from: Id, to: NodeId, message: &Message) -> bool {
        if let Message::Administer { request, node, wish } = message {
            self.asked_to_change(*request, *node, *wish);
            return true;
        }
        let Some(told) = told_of_members(message) else { return false };
        self.heed(told);
        if self.members.have_changed() && !self.members.knows(to, told) {
            self.members.case().arrived(from, to.actor(), message);
            self.each_key(|key| key.arrived(from, to.actor(), message));
        }
        true
    }

    /// An administrator asks a node to change a member.
    fn asked_to_change(&mut self, request: RequestId, node: NodeId, wish: Wish) {
        if let Some(place) = self.members.ask(request) {
            let wish = (node, act_of(wish));
            self.members.case().add_wish(place, request, wish);
            self.keys.iter_mut().for_each(|key| key.case.add_wish(place, request, wish));
        }
    }

    /// Someone is told this. Does it change a member?
    fn heed(&mut self, told: &History) {
        if !self.members.have_changed() && self.members.are_changed_by(told) {
            self.begin_to_change();
        }
    }

    /// From now on, each key is judged as in a scope in which the ring changes.
    fn begin_to_change(&mut self) {
        if !self.members.have_changed() {
            self.members.begin_to_change();
            let Self { members, keys, .. } = self;
            for key in keys {
                members.introduce(&mut key.case);
            }
            self.changed.extend(0..self.keys.len());
        }
    }

    /// Tells each key.
    fn each_key(&mut self, told: impl Fn(&mut RecordedKey) -> Result<(), Unjudged>) {
        self.keys.iter_mut().for_each(|key| key.hear(&told));
        self.changed.extend(0..self.keys.len());
    }

    /// A node has this history on disk.
    pub(super) fn look_at_members(&mut self, node: NodeId, disk: &Durable) {
        if self.members.look_at(node, disk) {
            self.heed(&disk.history);
            self.consider_reaping(&disk.history);
            // A node may say of itself that it is gone, and find nobody to tell.
            if self.members.have_changed() {
                self.changed.extend(0..self.keys.len());
            }
        }
    }

    /// A node that knows only itself may reap a tombstone, and no message tells of it.
    pub(super) fn consider_reaping(&mut self, history: &History) {
        let may_reap = !history.is_empty() && self.scope.faults.reaps > 0;
        if may_reap && !self.instance.reaps_alone && Members::may_be_alone(history) {
            self.instance.reaps_alone = true;
            self.keys.iter_mut().for_each(|key| key.case.may_reap_alone());
            self.changed.extend(0..self.keys.len());
        }
    }

    /// A node starts, and has this on disk.
    pub(super) fn meet_members(&mut self, node: NodeId, disk: &Durable) {
        self.look_at_members(node, disk);
        if let Some(told) = self.members.started(node) {
            self.keys.iter_mut().for_each(|key| key.case.know(node, &told));
        }
    }

    /// A node has lost its disk, and will start on an empty one.
    pub fn lost_disk(&mut self, node: NodeId) {
        self.lost.insert(node);
        self.keys.iter_mut().for_each(|key| key.case.has_lost_disk(node));
    }

    /// Was the node removed for good, or has it left and handed over all that it had?
    pub fn is_out(&self, node: NodeId) -> bool {
        self.members.is_out(node)
    }
}

/// What a message tells of who is a member.
fn told_of_members(message: &Message) -> Option<&History> {
    match message {
        Message::History { history } | Message::Answer(Answer::Changed { history, .. }) => {
            Some(history)
        }
        Message::Changes { changes } => Some(changes),
        _ => None,
    }
}

/// Does a node answer a request to change a member?
fn is_decision(message: &Message) -> bool {
    matches!(message, Message::Answer(Answer::Changed { .. } | Answer::ChangeRefused { .. }))
}
