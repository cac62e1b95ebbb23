//! How a coordinator collects answers for a put or a get (Dynamo paper §4.5).
//!
//! [`put`](crate::put) and [`get`](crate::get) document what the coordinator asks for, and what it
//! answers its client. This module has what puts and gets share:
//!
//! * The coordinator asks all intended replicas, and fallbacks for those that it suspects.
//! * If nodes do not answer in time, it retransmits. After the last retry it asks fallbacks.
//! * It answers the client once the rules allow it, and keeps collecting.
//! * It forgets the request once all intended replicas have answered or timed out.
//! * If the view changes, it asks the nodes that are responsible under the new view.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::tally::{StandIn, Tally};
use crate::state::collecting::{Collecting, Collection, Next};
use crate::state::timer::Timer;
use stateright::actor::Id;

impl Handler<'_, '_> {
    /// The record of a request that no node has answered yet.
    pub(crate) fn new_collecting(&self, client: Id, key: Key, in_person: u8) -> Collecting {
        Collecting {
            client,
            tally: self.new_tally(&key),
            key,
            in_person,
            is_answered: false,
            retransmissions_left: self.retransmissions(),
        }
    }

    /// Asks for the first time. The request's record is in the state already.
    pub(crate) fn begin_collecting(&mut self, it: Collection) {
        self.ask_missing(it, |_| true);
        self.set_collecting_timer(it);
        self.conclude(it);
    }

    fn set_collecting_timer(&mut self, it: Collection) {
        if let Some(patience) = self.node.config.patience() {
            self.out.set_timer(
                self.collecting_timer(it),
                patience.answer_within..patience.answer_within,
            );
        }
    }

    fn collecting_timer(&self, it: Collection) -> Timer {
        match it {
            Collection::Put(request) => Timer::Put(self.id, request),
            Collection::Get(request) => Timer::Get(self.id, request),
        }
    }

    /// Asks every node among these that was asked and has not answered. It skips fallbacks for
    /// whose intended replica an answer counts already.
    fn ask_missing(&mut self, it: Collection, among: impl Fn(NodeId) -> bool) {
        let tally = &self.collecting(it).tally;
        let silent: Vec<NodeId> = tally.silent().filter(|node| among(*node)).collect();
        let stand_ins = tally.missing_stand_ins().filter(|stand_in| among(stand_in.fallback));
        let stand_ins: Vec<StandIn> = stand_ins.collect();
        self.ask(it, &silent, &stand_ins);
    }

    fn ask(&mut self, it: Collection, intended: &[NodeId], stand_ins: &[StandIn]) {
        match it {
            Collection::Put(request) => self.ask_to_store(request, intended, stand_ins),
            Collection::Get(request) => self.ask_to_fetch(request, intended, stand_ins),
        }
    }

    /// The coordinator has waited long enough for the nodes that it asked last.
    pub(crate) fn on_collecting_timeout(&mut self, it: Collection) {
        let Some(collecting) = self.state.collecting(it) else { return };
        let mut collecting = collecting.clone();
        let next = self.after_timeout(&mut collecting);
        *self.state.to_mut().collecting_mut(it) = collecting;
        match next {
            Next::AskAgain => self.ask_missing(it, |_| true),
            Next::AskStandIns(stand_ins) => self.ask(it, &[], &stand_ins),
            Next::GiveUp => return self.conclude(it),
        }
        self.set_collecting_timer(it);
        self.conclude(it);
    }

    /// Answers the client if the rules allow it now. Forgets the request once the coordinator waits
    /// for no node.
    pub(crate) fn conclude(&mut self, it: Collection) {
        let Collecting { tally, in_person, is_answered, .. } = self.collecting(it);
        let (is_over, is_answered, in_person) =
            (tally.is_over(), *is_answered, usize::from(*in_person));
        let (rules, config) = (&self.node.rules, &self.node.config);
        let may_answer = !is_answered
            && match it {
                Collection::Put(_) => rules.put_may_ack(tally, config.w(), in_person),
                Collection::Get(_) => rules.get_may_answer(tally, config.r(), in_person),
            };
        if may_answer {
            self.state.to_mut().collecting_mut(it).is_answered = true;
            match it {
                Collection::Put(request) => self.acknowledge_put(request),
                Collection::Get(request) => self.answer_get(request),
            }
        } else if !is_answered && is_over {
            match it {
                Collection::Put(request) => self.fail_put(request),
                Collection::Get(request) => self.fail_get(request),
            }
        }
        if is_over {
            self.end_collecting(it);
        }
    }

    fn end_collecting(&mut self, it: Collection) {
        match it {
            Collection::Put(request) => {
                self.state.to_mut().puts.remove(&request);
            }
            Collection::Get(request) => {
                self.repair(request);
                self.state.to_mut().gets.remove(&request);
            }
        }
        if self.node.config.patience().is_some() {
            self.out.cancel_timer(self.collecting_timer(it));
        }
    }

    /// A peer has just been sent changes that it lacked. It may have refused a request for lack of
    /// them, so this node asks it again. If coordinators have timers, the next timeout retransmits
    /// instead.
    pub(crate) fn ask_again(&mut self, peer: NodeId) {
        if self.node.config.patience().is_some() {
            return;
        }
        for it in self.state.collections() {
            self.ask_missing(it, |node| node == peer);
        }
    }

    /// After the view has changed, puts and gets under way ask the nodes that are responsible now.
    /// Answers of other nodes no longer count.
    pub(crate) fn ask_by_the_new_view(&mut self) {
        for it in self.state.collections() {
            let Collecting { key, tally, .. } = self.collecting(it);
            let new = self.by_the_new_view(key, tally);
            if new != *tally {
                self.state.to_mut().collecting_mut(it).tally = new;
                self.ask_missing(it, |_| true);
                self.conclude(it);
            }
        }
    }

    /// The part of a tally that stays valid under the new view: intended replicas that are still
    /// intended, the answers counted for them, and fallbacks that are still members. A node that
    /// has become an intended replica no longer stands in for another.
    fn by_the_new_view(&self, key: &Key, tally: &Tally) -> Tally {
        let (asked, members) = (self.preference_list(key), self.state.view.ring().members());
        let stands =
            |intended, by| asked.contains(&intended) && (by == intended || !asked.contains(&by));
        let mut new = Tally { asked: asked.to_vec(), ..tally.clone() };
        new.stand_ins.retain(|s| stands(s.intended, s.fallback) && members.contains(&s.fallback));
        new.counted.retain(|counted| stands(counted.intended, counted.by));
        new
    }

    fn collecting(&self, it: Collection) -> &Collecting {
        self.state.collecting(it).expect("it is under way")
    }
}
