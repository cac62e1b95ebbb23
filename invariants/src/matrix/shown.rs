//! What one step of a run shows.

use super::happening::{Happening, Happenings};
use crate::notation::Who;
use crate::scope::Ask;
use crate::system::{System, SystemState};
use crate::trace::Event;
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::{Act, History};
use dynamo_model::message::{Answer, Message};
use dynamo_model::node::{Durable, State, Timer};
use dynamo_model::process::Stage;
use dynamo_model::wish::Wish;

use Happening as H;

/// One step of a run.
pub(super) struct Step<'a> {
    pub(super) model: &'a System,
    pub(super) before: &'a SystemState,
    pub(super) event: &'a Event,
    pub(super) after: &'a SystemState,
    /// Has this very message arrived before, in a scope that may deliver it more than once?
    pub(super) is_again: bool,
}

impl Step<'_> {
    /// The acts and faults that happen in this step. A request counts when it is answered, and not
    /// when a client sends it.
    pub(super) fn shows(&self) -> Happenings {
        let mut shown = Happenings::EMPTY;
        match self.event {
            Event::Deliver { from, to, message } => match to {
                Who::Node(to) => self.deliver(*from, *to, message.as_undated(), &mut shown),
                Who::Client(_) => self.answer(message, &mut shown),
            },
            Event::Lose { from: Who::Node(_), to: Who::Node(_), .. } => shown.add(H::Loss),
            Event::TimeOut { at, timer } => self.time_out(*at, timer, &mut shown),
            Event::Crash { .. } => shown.add_if(self.is_busy(), H::Crash),
            Event::LoseDisk { at: Who::Node(at) } => {
                let disk = disk(self.before, *at);
                let has_data = |disk: &Durable| !disk.store.is_empty() || !disk.hints.is_empty();
                shown.add_if(disk.is_some_and(has_data), H::LostDisk);
            }
            Event::ReturnToCopy { at: Who::Node(at), .. } => {
                let backup = self.before.actor_states[usize::from(at.0)].backup();
                let is_ahead = backup.is_some_and(|backup| backup.stage == Stage::Ahead);
                shown.add_if(is_ahead, H::OldDisk);
            }
            _ => {}
        }
        if let Some(Who::Node(at)) = self.event.at() {
            shown.add_if(self.begins_as_fallback(at), H::StandIn);
        }
        shown
    }

    fn deliver(&self, from: Who, to: NodeId, message: &Message, shown: &mut Happenings) {
        let is_between_nodes = matches!(from, Who::Node(_));
        shown.add_if(self.is_again && is_between_nodes, H::Duplication);
        let tip = node(self.before, to).map(|state| state.view.tip());
        let is_late = message.tip().is_some_and(|sent| tip.is_some_and(|tip| tip != sent));
        shown.add_if(is_late && is_between_nodes, H::LateByRingChange);
        let key = &self.model.cfg.key;
        let held = |state| disk(state, to).and_then(|disk| disk.store.get(key));
        match message {
            Message::Forward { .. } => shown.add(H::Forwarded),
            Message::Routed { .. } => shown.add(H::OwnView),
            Message::HandOff { .. } => shown.add(H::Handoff),
            Message::Sync { .. } => shown.add(H::Exchange),
            // A coordinator that is stale itself repairs its own disk when a reply arrives.
            Message::Repair { .. } | Message::Fetched { .. } => {
                shown.add_if(held(self.before) != held(self.after), H::ReadRepair);
            }
            Message::Reap { .. } => {
                shown.add_if(held(self.before).is_some() && held(self.after).is_none(), H::Reap);
            }
            Message::StoreHint { .. } => {
                let hints = |state| disk(state, to).map(|disk| &disk.hints);
                shown.add_if(hints(self.before) != hints(self.after), H::StandIn);
            }
            Message::History { .. } | Message::Changes { .. } => {
                let learns = |(moved, address)| {
                    let knows = |state| {
                        let known = disk(state, to).and_then(|disk| disk.history.address(moved));
                        known == Some(address)
                    };
                    knows(self.after) && !knows(self.before)
                };
                shown.add_if(self.model.cfg.moved.is_some_and(learns), H::Move);
            }
            Message::Administer { node, wish, .. } => {
                self.administer(to, *node, *wish, shown);
            }
            _ => {}
        }
    }

    /// A change of the members, if the node that was asked has made it now.
    fn administer(&self, asked: NodeId, changed: NodeId, wish: Wish, shown: &mut Happenings) {
        let count = |state, act: Act| {
            let history: Option<&History> = disk(state, asked).map(|disk| &disk.history);
            let history = history.unwrap_or(&self.model.cfg.founders);
            history.of(changed).filter(|change| change.act == act).count()
        };
        let is_new = |act: Act| count(self.after, act) > count(self.before, act);
        match wish {
            Wish::Join(_) if is_new(Act::Join) => {
                let has_left = count(self.before, Act::Leave) > 0;
                shown.add(if has_left { H::Rejoin } else { H::Join });
            }
            Wish::Leave => shown.add_if(is_new(Act::Leave), H::Leave),
            Wish::Remove => shown.add_if(is_new(Act::Remove), H::Remove),
            Wish::Join(_) => {}
        }
    }

    fn answer(&self, message: &Message, shown: &mut Happenings) {
        let Message::Answer(answer) = message.as_undated() else { return };
        if !matches!(answer, Answer::PutAcknowledged { .. } | Answer::GetAnswered { .. }) {
            return;
        }
        let Some(ask) = self.model.cfg.ask(answer.request()) else { return };
        shown.add_if(ask.is_in_person(), H::InPerson);
        match ask {
            Ask::Put | Ask::PutInPerson => shown.add(H::Put),
            Ask::PutOver => shown.add(H::PutOver),
            Ask::Delete => shown.add(H::Delete),
            Ask::Get | Ask::GetInPerson => shown.add(H::Get),
            Ask::Join(_) | Ask::Leave(_) | Ask::Remove(_) => {}
        }
    }

    fn time_out(&self, at: Who, timer: &Timer, shown: &mut Happenings) {
        let Who::Node(at) = at else { return shown.add(H::Retry) };
        let left = |request: &RequestId| {
            let state = node(self.before, at)?;
            let put = state.puts.get(request).map(|put| &put.collecting);
            let get = state.gets.get(request).map(|get| &get.collecting);
            Some(put.or(get)?.retransmissions_left)
        };
        match timer {
            Timer::Put(_, request) | Timer::Get(_, request) => {
                let is_sent_again = left(request).is_some_and(|left| left > 0);
                shown.add(if is_sent_again { H::Retransmission } else { H::Timeout });
            }
            Timer::Forward(..) => shown.add(H::Timeout),
            Timer::Reap(_, key) => {
                let has = |state| disk(state, at).is_some_and(|disk| disk.store.contains_key(key));
                shown.add_if(has(self.before) && !has(self.after), H::Reap);
            }
            _ => {}
        }
    }

    /// Does a node that is up coordinate, forward or gather something, or keep a hint?
    fn is_busy(&self) -> bool {
        let nodes = (0..self.model.cfg.scope.nodes).map(NodeId);
        nodes.filter_map(|id| node(self.before, id)).any(|state| {
            !state.puts.is_empty()
                || !state.gets.is_empty()
                || !state.forwards.is_empty()
                || !state.gatherings.is_empty()
                || !state.reaping.is_empty()
                || !state.durable.hints.is_empty()
        })
    }

    /// Does a node begin to coordinate a request although it is no intended replica by its own
    /// view? A retry of a put that the node has coordinated before does not count.
    fn begins_as_fallback(&self, at: NodeId) -> bool {
        let (Some(before), Some(after)) = (node(self.before, at), node(self.after, at)) else {
            return false;
        };
        let is_new_put = |put: &RequestId| {
            let issued = before.durable.issued.get(&put.client);
            !before.puts.contains_key(put) && issued.is_none_or(|it| it.number < put.number)
        };
        let is_new = after.puts.keys().any(is_new_put)
            || after.gets.keys().any(|get| !before.gets.contains_key(get));
        is_new && !self.model.cfg.replicas_by(&after.durable.history).contains(&at)
    }
}

/// The state of a node that is up.
fn node(state: &SystemState, id: NodeId) -> Option<&State> {
    let index = usize::from(id.0);
    if state.crashed[index] { None } else { state.actor_states[index].node() }
}

fn disk(state: &SystemState, id: NodeId) -> Option<&Durable> {
    state.actor_storages[usize::from(id.0)].as_ref()
}
