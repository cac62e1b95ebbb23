//! Coordinating a get, and read repair (traces 1 and 3; Dynamo paper §4.3, §5): ask all intended
//! replicas, and fallbacks in the place of those that do not answer; answer with the merge at R,
//! keep collecting, then write the merge back to every replica seen to hold less.

use crate::ids::{Key, NodeId, RequestId};
use crate::message::{Answer, Message};
use crate::node::{Step, Timer};
use crate::rules::Cause;
use crate::siblings::Siblings;
use crate::sloppy::Next;
use crate::tally::{Taken, Tally};
use serde::Serialize;
use stateright::actor::Id;

/// A replica, and what it said it holds.
pub type Reply = (NodeId, Siblings);

/// A get under way at its coordinator. Volatile: after a crash the client's retry starts it again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct RunningGet {
    /// Whom to answer.
    pub client: Id,
    /// Where.
    pub key: Key,
    /// How many intended replicas must have answered themselves.
    pub pr: u8,
    /// Who has answered, in whose place.
    pub tally: Tally,
    /// What each holds that has answered, by node: its first answer.
    pub replies: Vec<Reply>,
    /// Has the client been told?
    pub answered: bool,
    /// How often the replicas that are missing will be asked again.
    pub retransmissions_left: u8,
}

impl Step<'_, '_> {
    pub(crate) fn on_get(&mut self, client: Id, request: RequestId, key: Key, pr: u8) {
        if let Some(running) = self.state.gets.get(&request) {
            if running.answered {
                self.answer_get(request);
            }
            return;
        }
        let tally = self.new_tally(&key);
        let retransmissions_left = self.retransmissions();
        let running = RunningGet {
            client,
            key,
            pr,
            tally,
            replies: Vec::new(),
            answered: false,
            retransmissions_left,
        };
        self.state.to_mut().gets.insert(request, running);
        self.ask_missing_replicas(request);
        self.set_get_timer(request);
        self.conclude_get(request);
    }

    fn set_get_timer(&mut self, request: RequestId) {
        if let Some(patience) = self.node.config.patience() {
            self.out.set_timer(
                Timer::Get(self.id, request),
                patience.answer_within..patience.answer_within,
            );
        }
    }

    /// Asks everyone who has not answered, and whom nobody relieved.
    pub(crate) fn ask_missing_replicas(&mut self, request: RequestId) {
        self.ask_missing_replicas_among(request, |_| true);
    }

    /// The same, as far as it is one of these.
    pub(crate) fn ask_missing_replicas_among(
        &mut self,
        request: RequestId,
        among: impl Fn(NodeId) -> bool,
    ) {
        let tally = &self.state.gets[&request].tally;
        let stand_ins = tally.missing_stand_ins().map(|stand_in| stand_in.fallback);
        let silent: Vec<NodeId> =
            tally.silent().chain(stand_ins).filter(|node| among(*node)).collect();
        self.send_fetch(request, silent);
    }

    fn send_fetch(&mut self, request: RequestId, to: impl IntoIterator<Item = NodeId>) {
        let (tip, key) = (self.tip(), self.state.gets[&request].key.clone());
        for replica in to {
            if replica == self.id {
                self.on_fetch(replica, tip, request, &key);
            } else {
                self.send(replica, Message::Fetch { tip, request, key: key.clone() });
            }
        }
    }

    pub(crate) fn on_fetched(&mut self, from: NodeId, request: RequestId, siblings: Siblings) {
        if !self.state.gets.contains_key(&request) {
            return;
        }
        self.heard_from(from);
        self.note_fetched(from, request, siblings);
        self.conclude_get(request);
    }

    /// Counts an answer if the rules let it count, in whose place ever: it tells all that its
    /// sender has of the key, for itself and for others. And keeps what it says also where it comes
    /// after its place was taken.
    pub(crate) fn note_fetched(&mut self, from: NodeId, request: RequestId, siblings: Siblings) {
        let rules = self.node.rules;
        let Some(running) = self.state.gets.get(&request) else { return };
        let taken = rules
            .reply_counts_for(&running.tally, from, None)
            .map(|intended| Taken { intended, by: from });
        let place = running.replies.binary_search_by_key(&from, |(node, _)| *node);
        if taken.is_none() && (place.is_ok() || !running.tally.was_asked(from)) {
            return;
        }
        let running = self.running_get(request);
        if let Err(index) = place {
            running.replies.insert(index, (from, siblings));
        }
        if let Some(taken) = taken {
            running.tally.take(taken);
        }
    }

    pub(crate) fn on_get_timeout(&mut self, request: RequestId) {
        let Some(running) = self.state.gets.get(&request) else { return };
        let (key, mut tally, mut left) =
            (running.key.clone(), running.tally.clone(), running.retransmissions_left);
        let next = self.after_timeout(&key, &mut tally, &mut left);
        let running = self.running_get(request);
        (running.tally, running.retransmissions_left) = (tally, left);
        match next {
            Next::AskAgain => self.ask_missing_replicas(request),
            Next::AskStandIns(new) => {
                self.send_fetch(request, new.into_iter().map(|stand_in| stand_in.fallback))
            }
            Next::GiveUp => return self.conclude_get(request),
        }
        self.set_get_timer(request);
        self.conclude_get(request);
    }

    /// Answers if the rules allow it now; repairs and forgets the get once nobody is waited for.
    pub(crate) fn conclude_get(&mut self, request: RequestId) {
        let needed = self.node.config.r();
        let running = &self.state.gets[&request];
        let client = running.client;
        let finished = running.tally.is_over();
        if !running.answered
            && self.node.rules.get_may_answer(&running.tally, needed, usize::from(running.pr))
        {
            self.running_get(request).answered = true;
            self.answer_get(request);
        } else if !running.answered && finished {
            let (answered, in_person, pr) =
                (running.tally.taken.len(), running.tally.in_person(), running.pr);
            self.out.send(
                client,
                Message::Answer(Answer::GetFailed { request, answered, needed, in_person, pr }),
            );
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
        let (client, key) =
            (self.state.gets[&request].client, self.state.gets[&request].key.clone());
        self.out
            .send(client, Message::Answer(Answer::GetAnswered { request, key, siblings, context }));
    }

    /// The merge of all answers so far.
    fn merged(&self, request: RequestId) -> Siblings {
        let replies = &self.state.gets[&request].replies;
        replies.iter().fold(Siblings::new(), |merged, (_, held)| {
            self.node.rules.merge_siblings(&merged, held)
        })
    }

    /// Writes the merge back to every replica seen to hold less, this one included.
    fn repair(&mut self, request: RequestId) {
        let rules = self.node.rules;
        let running = &self.state.gets[&request];
        let key = running.key.clone();
        let merged = self.merged(request);
        let own =
            running.replies.iter().find(|(node, _)| *node == self.id).map(|(_, held)| held.clone());
        let siblings = rules.repair_content(&own.unwrap_or_default(), &merged);
        let tip = self.tip();
        for target in rules.repair_targets(&running.replies, &running.tally.asked, &merged) {
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

    pub(crate) fn running_get(&mut self, request: RequestId) -> &mut RunningGet {
        self.state.to_mut().gets.get_mut(&request).expect("the get is under way")
    }
}
