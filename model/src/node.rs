//! A storage node as a stateright actor. This file is only the dispatch: which act handles which
//! message, timer or choice. The acts are in [`put`](crate::put), [`get`](crate::get),
//! [`forward`](crate::forward), [`replica`](crate::replica), [`settle`](crate::settle),
//! [`handoff`](crate::handoff), [`reap`](crate::reap), [`gossip`](crate::gossip),
//! [`transfer`](crate::transfer), [`administer`](crate::administer) and
//! [`exchange`](crate::exchange).

use crate::acts::handler::Handler;
use crate::algebra::ids::NodeId;
use crate::rules::Cause;
use crate::state::collecting::Collection;
use crate::state::message::Message;
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;

pub use crate::acts::handler::Node;
pub use crate::state::State;
pub use crate::state::durable::{Decision, Durable, Issued};
pub use crate::state::timer::{Choice, Timer};

impl Handler<'_, '_> {
    /// Handles a message that only a peer may send: a member, or a node that has left.
    fn on_peer(&mut self, from: NodeId, message: Message) {
        if !self.admits(from, &message) {
            return;
        }
        match message {
            Message::Forward { client, operation, .. } => self.on_forward(from, client, operation),
            Message::Forwarded { request } => self.on_forwarded(from, request),
            Message::Store { tip, request, key, siblings } => {
                self.on_store(from, tip, request, &key, &siblings);
            }
            Message::Stored { request } => self.on_stored(from, request, from),
            Message::StoredHint { request, recipient } => self.on_stored(from, request, recipient),
            Message::Fetch { tip, request, key } => self.on_fetch(from, tip, request, &key),
            Message::Fetched { request, siblings } => self.on_fetched(from, request, siblings),
            Message::Repair { key, siblings, .. } => self.absorb(Cause::Repair, &key, &siblings),
            Message::StoreHint { request, hint, siblings, .. } => {
                self.on_store_hint(from, request, hint, &siblings);
            }
            Message::HandOff { tip, key, siblings, is_all } => {
                self.on_hand_off(from, tip, key, &siblings, is_all);
            }
            Message::HandedOff { tip, key, context } => {
                self.on_handed_off(from, tip, key, &context);
            }
            Message::Gather { tip, key } => self.on_gather(from, tip, key),
            Message::Gathered { tip, key, siblings, is_all } => {
                self.on_gathered(from, tip, &key, &siblings, is_all);
            }
            Message::Survey { tip, key, siblings } => self.on_survey(from, tip, key, siblings),
            Message::Surveyed { tip, key, siblings } => {
                self.on_surveyed(from, tip, &key, &siblings);
            }
            Message::Reap { key, siblings, .. } => self.on_reap(&key, &siblings),
            Message::Roots { roots, .. } => self.on_roots(from, &roots),
            Message::Subtrees { subtrees, .. } => self.on_subtrees(from, &subtrees),
            Message::Leaves { leaves, .. } => self.on_leaves(from, &leaves),
            Message::Sync { key, siblings, .. } => self.on_sync(from, &key, &siblings),
            Message::Request(_)
            | Message::Routed { .. }
            | Message::Answer(_)
            | Message::Administer { .. }
            | Message::Gossip { .. }
            | Message::History { .. }
            | Message::Changes { .. }
            | Message::Dated { .. } => {}
        }
    }
}

impl Actor for Node {
    type Msg = Message;
    type Timer = Timer;
    type State = State;
    type Storage = Durable;
    type Random = Choice;

    fn on_start(&self, id: Id, storage: &Option<Durable>, out: &mut Out<Self>) -> State {
        self.start(id, storage.as_ref(), out)
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        msg: Message,
        out: &mut Out<Self>,
    ) {
        let Some(mut handler) = self.handler(id, state, out) else { return };
        match (msg, handler.peer(src)) {
            (Message::Gossip { tip }, _) => handler.on_gossip(src, tip),
            (Message::History { history }, _) => handler.on_history(src, &history),
            (Message::Changes { changes }, _) => handler.on_changes(src, &changes),
            (Message::Request(operation), None) => handler.on_request(src, operation),
            (Message::Routed { tip, operation }, None) => {
                handler.tell(src, tip);
                handler.on_routed(src, operation);
            }
            (Message::Administer { request, node, wish }, None) => {
                handler.on_administer(src, request, node, wish);
            }
            (message, Some(peer)) => handler.on_peer(peer, message),
            (message, None) => handler.on_stranger(src, &message),
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        let Some(mut handler) = self.handler(id, state, out) else { return };
        match timer {
            Timer::Put(_, request) => handler.on_collecting_timeout(Collection::Put(*request)),
            Timer::Get(_, request) => handler.on_collecting_timeout(Collection::Get(*request)),
            Timer::Forward(_, request) => handler.on_forward_timeout(*request),
            Timer::Gather(_, key) => handler.on_gather_timeout(key),
            Timer::Handoff(_, recipient) => handler.on_handoff_timeout(*recipient),
            Timer::Reap(_, key) => handler.on_reap_timeout(key),
            Timer::Gossip(_) => handler.on_gossip_timeout(),
            Timer::Exchange(_, Some(peer)) => handler.exchange_again(*peer),
            Timer::Exchange(_, None) => handler.on_exchange_timeout(),
            Timer::Plant(_) => handler.plant_some(),
            Timer::Client(_) => {}
        }
    }

    fn on_random(&self, id: Id, state: &mut Cow<'_, State>, choice: &Choice, out: &mut Out<Self>) {
        let Some(mut handler) = self.handler(id, state, out) else { return };
        match choice {
            Choice::Gossip(peer) => handler.gossip_with(*peer),
            Choice::Exchange(peer) => handler.exchange_with(*peer),
        }
    }

    fn name(&self) -> String {
        "Node".to_owned()
    }
}
