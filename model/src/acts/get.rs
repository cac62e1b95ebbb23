//! Coordinating a get, and read repair (Dynamo paper §4.3, §5). The coordinator takes these steps:
//!
//! 1. It asks all intended replicas what they hold. If some do not answer in time, it asks
//!    fallbacks.
//! 2. It answers with the merge of R answers, and keeps collecting: see
//!    [`collect`](crate::collect).
//! 3. It then writes the merge of all answers to every replica whose answer held less.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId, RequestId};
use crate::algebra::siblings::Siblings;
use crate::algebra::tally::{Counted, StandIn};
use crate::rules::Cause;
use crate::state::collecting::{Collection, RunningGet};
use crate::state::message::{Answer, Message};
use stateright::actor::Id;

impl Handler<'_, '_> {
    pub(crate) fn on_get(&mut self, client: Id, request: RequestId, key: Key, pr: u8) {
        if let Some(running) = self.state.gets.get(&request) {
            if running.collecting.is_answered {
                self.answer_get(request);
            }
            return;
        }
        let collecting = self.new_collecting(client, key, pr);
        self.state.to_mut().gets.insert(request, RunningGet { collecting, replies: Vec::new() });
        self.begin_collecting(Collection::Get(request));
    }

    /// Asks these replicas and fallbacks what they hold.
    pub(crate) fn ask_to_fetch(
        &mut self,
        request: RequestId,
        replicas: &[NodeId],
        stand_ins: &[StandIn],
    ) {
        let (tip, key) = (self.tip(), self.state.gets[&request].collecting.key.clone());
        let fallbacks = stand_ins.iter().map(|stand_in| stand_in.fallback);
        for node in replicas.iter().copied().chain(fallbacks) {
            if node == self.id {
                self.on_fetch(node, tip, request, &key);
            } else {
                self.send(node, Message::Fetch { tip, request, key: key.clone() });
            }
        }
    }

    pub(crate) fn on_fetched(&mut self, from: NodeId, request: RequestId, siblings: Siblings) {
        if !self.state.gets.contains_key(&request) {
            return;
        }
        self.heard_from(from);
        self.note_fetched(from, request, siblings);
        self.conclude(Collection::Get(request));
    }

    /// Counts an answer if the rules allow it. An answer to a get names no intended replica: its
    /// sender reports all that it holds of the key, hints included. The coordinator merges every
    /// answer, also one that does not count: another may count already for that intended replica,
    /// or the sender may be no replica any more.
    pub(crate) fn note_fetched(&mut self, from: NodeId, request: RequestId, siblings: Siblings) {
        let rules = self.node.rules;
        let Some(running) = self.state.gets.get(&request) else { return };
        let tally = &running.collecting.tally;
        let counted = rules
            .reply_counts_for(tally, from, None)
            .map(|intended| Counted { intended, by: from });
        let index = running.replies.binary_search_by_key(&from, |(node, _)| *node);
        if counted.is_none() && index.is_ok() {
            return;
        }
        let running = self.running_get(request);
        match index {
            // It is asked again when it becomes a replica. It may have gathered versions since its
            // first answer, and now counts for them.
            Ok(index) => {
                let held = &mut running.replies[index].1;
                *held = rules.merge_siblings(held, &siblings);
            }
            Err(index) => running.replies.insert(index, (from, siblings)),
        }
        if let Some(counted) = counted {
            running.collecting.tally.count(counted);
        }
    }

    /// Tells the client that too few nodes have answered: fewer than R, or too few replicas in
    /// person.
    pub(crate) fn fail_get(&mut self, request: RequestId) {
        let collecting = &self.state.gets[&request].collecting;
        let tally = &collecting.tally;
        let answer = Answer::GetFailed {
            request,
            answered: tally.counted.len(),
            needed: self.node.config.r(),
            in_person: tally.in_person(),
            pr: collecting.in_person,
        };
        self.out.send(collecting.client, Message::Answer(answer));
    }

    /// Sends the client the merge of all answers so far.
    pub(crate) fn answer_get(&mut self, request: RequestId) {
        let merged = self.merged(request);
        let (siblings, context) = (merged.versions().to_vec(), merged.context().clone());
        let collecting = &self.state.gets[&request].collecting;
        let key = collecting.key.clone();
        let answer = Answer::GetAnswered { request, key, siblings, context };
        self.out.send(collecting.client, Message::Answer(answer));
    }

    /// The merge of all answers so far.
    fn merged(&self, request: RequestId) -> Siblings {
        let replies = &self.state.gets[&request].replies;
        replies.iter().fold(Siblings::new(), |merged, (_, held)| {
            self.node.rules.merge_siblings(&merged, held)
        })
    }

    /// Writes the merge back to every replica that answered with less. This node may be one of
    /// them.
    pub(crate) fn repair(&mut self, request: RequestId) {
        let rules = self.node.rules;
        let running = &self.state.gets[&request];
        let key = running.collecting.key.clone();
        let merged = self.merged(request);
        let own =
            running.replies.iter().find(|(node, _)| *node == self.id).map(|(_, held)| held.clone());
        let siblings = rules.repair_content(&own.unwrap_or_default(), &merged);
        let tip = self.tip();
        for target in
            rules.repair_targets(&running.replies, &running.collecting.tally.asked, &merged)
        {
            if target == self.id {
                self.absorb(Cause::Repair, &key, &siblings);
            } else {
                self.send(
                    target,
                    Message::Repair { tip, request, key: key.clone(), siblings: siblings.clone() },
                );
            }
        }
    }

    fn running_get(&mut self, request: RequestId) -> &mut RunningGet {
        self.state.to_mut().gets.get_mut(&request).expect("the get is under way")
    }
}
