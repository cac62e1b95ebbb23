//! Watches a run from outside: what it measures, and what has occurred. It never changes the run.

use super::addresses::{Place, place};
use super::measures::{Measures, Recorder};
use super::network::{Copy, Network};
use super::seen::{Fault, Seen, shown_by_answer, shown_by_message, shown_by_timer};
use crate::interpreter::Event as Happened;
use dynamo_invariants::matrix::{Happening, Happenings};
use dynamo_invariants::scope::Ask;
use dynamo_model::ids::NodeId;
use dynamo_model::message::{Answer, Message};
use dynamo_model::node::{Durable, State};
use std::collections::BTreeSet;
use std::net::SocketAddrV4;
use std::time::Duration;

/// Watches one run.
pub(super) struct Watch {
    pub(super) recorder: Recorder,
    pub(super) seen: Seen,
    happened: Happenings,
    had_left: BTreeSet<usize>,
}

impl Watch {
    /// Watches a run.
    pub(super) fn new(recorder: Recorder) -> Watch {
        Watch {
            recorder,
            seen: Seen::default(),
            happened: Happenings::EMPTY,
            had_left: BTreeSet::new(),
        }
    }

    pub(super) fn happens(&mut self, what: Happening) {
        self.happened.add(what);
    }

    /// The network makes these copies of a datagram.
    pub(super) fn sent(
        &mut self,
        network: &Network,
        from: SocketAddrV4,
        to: SocketAddrV4,
        copies: &[Copy],
    ) {
        let (fault, happening) = match copies.len() {
            0 if network.is_cut(from, to) => (Fault::CutOff, Happening::Loss),
            0 => (Fault::Lost, Happening::Loss),
            1 => return self.notes_late(network, copies),
            _ => (Fault::Doubled, Happening::Duplication),
        };
        self.seen.fault(fault);
        if [from, to].iter().all(|end| matches!(place(*end), Some(Place::Node(_)))) {
            self.happens(happening);
        }
        self.notes_late(network, copies);
    }

    fn notes_late(&mut self, network: &Network, copies: &[Copy]) {
        let (_, most) = network.weather.delay;
        if copies.iter().any(|copy| copy.after > most) {
            self.seen.fault(Fault::Late);
        }
        if copies.iter().any(|copy| copy.is_damaged) {
            self.seen.fault(Fault::Damaged);
        }
    }

    /// Datagrams of so many bytes, with these messages, arrive at this node, which is in this state
    /// then, or at a client.
    pub(super) fn arrived(
        &mut self,
        at: Option<(NodeId, Option<&State>)>,
        bytes: usize,
        messages: &[&Message],
    ) {
        self.recorder.arrived(at.map(|(node, _)| node), bytes, messages);
        self.seen.arrived(messages);
        let Some((_, state @ Some(_))) = at else { return };
        for message in messages {
            self.happened = self.happened.union(shown_by_message(message, state));
        }
    }

    /// A node has done this, and is in this state now.
    pub(super) fn stepped(&mut self, record: &[Happened], state: Option<&State>) {
        let Some(state) = state else { return };
        for happened in record {
            let Happened::Fired(timer) = happened else { continue };
            if let Some(shown) = shown_by_timer(timer, state) {
                self.happened.add(shown);
            }
        }
    }

    /// A client gets the answer to this request.
    pub(super) fn answered(&mut self, now: Duration, answer: &Answer, ask: Option<Ask>) {
        self.recorder.answered(now, answer);
        if let Some(ask) = ask {
            let shown = shown_by_answer(answer, ask, &mut self.had_left);
            self.happened = self.happened.union(shown);
        }
    }

    /// A node crashes while the nodes are in these states.
    pub(super) fn crashes<'a>(&mut self, mut states: impl Iterator<Item = &'a State>) {
        self.seen.fault(Fault::Crash);
        let is_busy = |state: &State| {
            !state.puts.is_empty()
                || !state.gets.is_empty()
                || !state.forwards.is_empty()
                || !state.gatherings.is_empty()
                || !state.reaping.is_empty()
                || !state.durable.hints.is_empty()
        };
        if states.any(is_busy) {
            self.happens(Happening::Crash);
        }
    }

    /// A node loses this disk.
    pub(super) fn loses_disk(&mut self, disk: &Durable) {
        self.seen.fault(Fault::DiskLost);
        if !disk.store.is_empty() || !disk.hints.is_empty() {
            self.happens(Happening::LostDisk);
        }
    }

    /// What was measured and seen, at the end of the run.
    pub(super) fn finish(
        self,
        now: Duration,
        missed: impl Iterator<Item = usize>,
    ) -> (Measures, Seen) {
        (self.recorder.finish(now, missed), self.seen.finish(self.happened))
    }
}
