//! Had a run come to rest when its records end?
//!
//! Records have no clock. So rest is a matter of what has happened since the last request of a
//! client, the last start of a node and the last time that a node learned of a change of the
//! members: each two nodes that share keys have compared what they hold twice more, without sending
//! any of it, and each hint was sent twice more. Two nodes that still know different members have
//! told one another twice what they know.

use super::entry::Batch;
use crate::interpreter::Event;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::node::Timer;
use std::collections::BTreeMap;

/// How often.
const TIMES: u32 = 2;

/// What has happened since a run was last disturbed.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// The exchanges of each two nodes, the smaller one first.
    exchanges: BTreeMap<(NodeId, NodeId), u32>,
    /// How often one of two nodes has heard from the other what it knows of the members.
    gossip: BTreeMap<(NodeId, NodeId), u32>,
    /// How often a node was due to hand over hints to another.
    handoffs: BTreeMap<(NodeId, NodeId), u32>,
}

impl Quiet {
    /// A node starts, or learns of a change of the members.
    pub(super) fn disturb(&mut self) {
        *self = Quiet::default();
    }

    /// A node has done a batch.
    pub(super) fn hear(&mut self, node: NodeId, batch: &Batch) {
        for event in &batch.events {
            match event {
                Event::Received(_, Message::Request(_) | Message::Routed { .. }) => self.disturb(),
                Event::Received(from, Message::Roots { .. }) => {
                    if let Some(from) = NodeId::from_actor(*from) {
                        *self.exchanges.entry((from.min(node), from.max(node))).or_default() += 1;
                    }
                }
                Event::Received(from, Message::Gossip { .. }) => {
                    if let Some(from) = NodeId::from_actor(*from) {
                        *self.gossip.entry((from.min(node), from.max(node))).or_default() += 1;
                    }
                }
                Event::Fired(Timer::Handoff(_, recipient)) => {
                    *self.handoffs.entry((node, *recipient)).or_default() += 1;
                }
                Event::Sent(
                    _,
                    Message::Sync { .. }
                    | Message::HandOff { .. }
                    | Message::Store { .. }
                    | Message::StoreHint { .. }
                    | Message::Repair { .. }
                    | Message::Gathered { .. },
                )
                | Event::Fired(
                    Timer::Put(..) | Timer::Get(..) | Timer::Forward(..) | Timer::Gather(..),
                ) => self.exchanges.clear(),
                _ => {}
            }
        }
    }

    /// Have these two compared often enough?
    pub(super) fn have_compared(&self, one: NodeId, other: NodeId) -> bool {
        let pair = (one.min(other), one.max(other));
        self.exchanges.get(&pair).is_some_and(|count| *count >= TIMES)
    }

    /// Have these two told one another often enough what they know of the members?
    pub(super) fn have_gossiped(&self, one: NodeId, other: NodeId) -> bool {
        let pair = (one.min(other), one.max(other));
        self.gossip.get(&pair).is_some_and(|count| *count >= TIMES)
    }

    /// Has a node tried often enough to hand over its hints to another?
    pub(super) fn has_handed_over(&self, holder: NodeId, recipient: NodeId) -> bool {
        self.handoffs.get(&(holder, recipient)).is_some_and(|count| *count >= TIMES)
    }
}
