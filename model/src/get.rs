//! Coordinating a get, and read repair (traces 1 and 3; Dynamo paper §4.3, §5): ask all intended replicas, answer with the merge at
//! R, keep collecting, then write the merge back to every replica seen to hold less.

use crate::ids::{Key, NodeId, RequestId};
use crate::message::{Answer, Message};
use crate::node::{Step, Timer};
use crate::siblings::Siblings;
use crate::tally::Tally;
use stateright::actor::Id;

/// A replica, and what it said it holds.
pub type Reply = (NodeId, Siblings);

/// A get under way at its coordinator. Volatile: after a crash the client's retry starts it again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunningGet {
    /// Whom to answer.
    pub client: Id,
    /// Where.
    pub key: Key,
    /// Which replicas have answered.
    pub tally: Tally,
    /// What they hold, in the order of their answers' nodes.
    pub replies: Vec<Reply>,
    /// Has the client been told?
    pub answered: bool,
    /// How often the replicas that are missing will be asked again.
    pub retransmissions_left: u8,
}

impl Step<'_, '_> {
    pub(crate) fn on_get(&mut self, client: Id, request: RequestId, key: Key) {
        if let Some(running) = self.state.gets.get(&request) {
            if running.answered {
                self.answer_get(request);
            }
            return;
        }
        let tally = Tally::new(self.preference_list(&key));
        let patience = self.node.config.patience();
        let retransmissions_left = patience.map_or(0, |patience| patience.retransmissions);
        let own = self.held(&key);
        let running = RunningGet { client, key, tally, replies: Vec::new(), answered: false, retransmissions_left };
        self.state.to_mut().gets.insert(request, running);
        self.count_fetched(self.id, request, own);
        self.send_fetch(request);
        if let Some(patience) = patience {
            self.out.set_timer(Timer::Get(self.id, request), patience.answer_within..patience.answer_within);
        }
        self.conclude_get(request);
    }

    /// Asks every replica that has not answered.
    fn send_fetch(&mut self, request: RequestId) {
        let running = &self.state.gets[&request];
        let key = running.key.clone();
        let missing: Vec<NodeId> = running.tally.missing().collect();
        for replica in missing {
            self.send(replica, Message::Fetch { request, key: key.clone() });
        }
    }

    pub(crate) fn on_fetched(&mut self, from: NodeId, request: RequestId, siblings: Siblings) {
        let Some(running) = self.state.gets.get(&request) else { return };
        if self.node.rules.reply_counts(&running.tally, from) {
            self.count_fetched(from, request, siblings);
            self.conclude_get(request);
        }
    }

    fn count_fetched(&mut self, from: NodeId, request: RequestId, siblings: Siblings) {
        let running = self.running_get(request);
        running.tally.add(from);
        let index = running.replies.partition_point(|(node, _)| *node <= from);
        running.replies.insert(index, (from, siblings));
    }

    pub(crate) fn on_get_timeout(&mut self, request: RequestId) {
        let (Some(running), Some(patience)) = (self.state.gets.get(&request), self.node.config.patience()) else {
            return;
        };
        if running.retransmissions_left > 0 {
            self.running_get(request).retransmissions_left -= 1;
            self.send_fetch(request);
            self.out.set_timer(Timer::Get(self.id, request), patience.answer_within..patience.answer_within);
        } else {
            self.running_get(request).tally.give_up();
            self.conclude_get(request);
        }
    }

    /// Answers if the rules allow it now; repairs and forgets the get once nobody is waited for.
    fn conclude_get(&mut self, request: RequestId) {
        let needed = self.node.config.r();
        let running = &self.state.gets[&request];
        let client = running.client;
        let finished = running.tally.is_complete() || !running.tally.waiting;
        if !running.answered && self.node.rules.get_may_answer(&running.tally, needed) {
            self.running_get(request).answered = true;
            self.answer_get(request);
        } else if !running.answered && finished {
            let answered = running.tally.answered.len();
            self.out.send(client, Message::Answer(Answer::GetFailed { request, answered, needed }));
        }
        if finished {
            self.repair(request);
            self.state.to_mut().gets.remove(&request);
            if self.node.config.patience().is_some() {
                self.out.cancel_timer(Timer::Get(self.id, request));
            }
        }
    }

    fn answer_get(&mut self, request: RequestId) {
        let merged = self.merged(request);
        let (siblings, context) = (merged.versions().to_vec(), merged.context().clone());
        let client = self.state.gets[&request].client;
        self.out.send(client, Message::Answer(Answer::GetAnswered { request, siblings, context }));
    }

    /// The merge of all answers so far.
    fn merged(&self, request: RequestId) -> Siblings {
        let replies = &self.state.gets[&request].replies;
        replies.iter().fold(Siblings::new(), |merged, (_, held)| self.node.rules.merge_siblings(&merged, held))
    }

    /// Writes the merge back to every replica seen to hold less, this one included.
    fn repair(&mut self, request: RequestId) {
        let rules = self.node.rules;
        let running = &self.state.gets[&request];
        let key = running.key.clone();
        let merged = self.merged(request);
        let own = running.replies.iter().find(|(node, _)| *node == self.id).map(|(_, held)| held.clone());
        let siblings = rules.repair_content(&own.unwrap_or_default(), &merged);
        for target in rules.repair_targets(&running.replies, &merged) {
            if target == self.id {
                self.absorb(key.clone(), &siblings);
            } else {
                self.send(target, Message::Repair { request, key: key.clone(), siblings: siblings.clone() });
            }
        }
    }

    fn running_get(&mut self, request: RequestId) -> &mut RunningGet {
        self.state.to_mut().gets.get_mut(&request).expect("the get is under way")
    }
}
