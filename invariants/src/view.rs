//! A state as properties look at it: disks, messages, timers.

use crate::ghost::{Hearing, writes_of};
use crate::scope::{Setting, System, SystemState};
use crate::write_set::{WriteId, WriteSet};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Act, Change, History, Standing};
use dynamo_model::message::Message;
use dynamo_model::node::{State, Timer};
use dynamo_model::process::{ProcessState, Stage};
use dynamo_model::rules::Rules;
use dynamo_model::siblings::Siblings;
use dynamo_model::version::{Context, Dot};
use stateright::actor::{Envelope, Timers};

/// A state, looked at from outside: disks, messages, timers.
pub(crate) struct View<'a> {
    pub(crate) model: &'a System,
    pub(crate) state: &'a SystemState,
}

impl<'a> View<'a> {
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.model.cfg.scope.nodes).map(NodeId)
    }

    /// What is on a node's disk for the key, as a replica.
    pub(crate) fn disk(&self, node: NodeId) -> Option<&'a Siblings> {
        self.state.actor_storages[usize::from(node.0)].as_ref()?.store.get(&self.model.cfg.key)
    }

    /// What is on a node's disk for the key, kept for others; and for whom.
    pub(crate) fn hints(
        &self,
        node: NodeId,
    ) -> impl Iterator<Item = (NodeId, &'a Siblings)> + use<'a> {
        let storage = self.state.actor_storages[usize::from(node.0)].as_ref();
        storage
            .into_iter()
            .flat_map(|storage| &storage.hints)
            .map(|(id, siblings)| (id.recipient, siblings))
    }

    /// How far a node has come whose disk was copied.
    pub(crate) fn stage(&self, node: NodeId) -> Option<Stage> {
        self.state.actor_states[usize::from(node.0)].backup().map(|backup| backup.stage)
    }

    /// Has the node lost its disk, or what it had committed since its disk was copied?
    pub(crate) fn lost_its_disk(&self, node: NodeId) -> bool {
        let circumstances = self.model.actors[usize::from(node.0)].circumstances();
        let is_lost = circumstances.is_some_and(|of_it| of_it.loses_its_disk)
            && !self.state.random_choices[usize::from(node.0)].map.contains_key("fate");
        is_lost || self.stage(node).is_some_and(Stage::is_back)
    }

    /// How many nodes have lost their disks.
    pub(crate) fn disks_lost(&self) -> usize {
        self.nodes().filter(|node| self.lost_its_disk(*node)).count()
    }

    /// Every sibling set on a node's disk: its own, and what it keeps for others.
    pub(crate) fn sets(&self, node: NodeId) -> impl Iterator<Item = &'a Siblings> + use<'a> {
        self.disk(node).into_iter().chain(self.hints(node).map(|(_, siblings)| siblings))
    }

    /// The puts that a node has on disk as a replica, and all that those really saw.
    pub(crate) fn on_disk(&self, node: NodeId) -> WriteSet {
        let held =
            self.disk(node).map_or(WriteSet::EMPTY, |siblings| writes_of(siblings.versions()));
        self.state.history.with_all_seen(held)
    }

    /// The same, and what was reaped: that nobody need have any more.
    pub(crate) fn stored(&self, node: NodeId) -> WriteSet {
        self.on_disk(node).union(self.state.history.forgotten())
    }

    /// The puts that a node has on disk to hand them to another, and all that those really saw.
    pub(crate) fn kept(&self, node: NodeId, recipient: NodeId) -> WriteSet {
        let hints = self.hints(node).filter(|(other, _)| *other == recipient);
        let kept = hints
            .fold(WriteSet::EMPTY, |all, (_, siblings)| all.union(writes_of(siblings.versions())));
        self.state.history.with_all_seen(kept)
    }

    /// The puts on a node's disk, as a replica or kept for others, and all that those really saw.
    pub(crate) fn durable(&self, node: NodeId) -> WriteSet {
        self.hints(node)
            .fold(self.stored(node), |all, (recipient, _)| all.union(self.kept(node, recipient)))
    }

    /// Has an intended replica these puts on disk, or do others keep them for it?
    pub(crate) fn is_secured(&self, intended: NodeId, writes: WriteSet) -> bool {
        let kept = self.nodes().map(|node| self.kept(node, intended));
        writes.is_subset(kept.fold(self.stored(intended), WriteSet::union))
    }

    /// Every version on every disk, by the put it really is.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (WriteId, Dot)> + use<'a> {
        let sets: Vec<&Siblings> = self.nodes().flat_map(|node| self.sets(node)).collect();
        let versions = sets.into_iter().flat_map(Siblings::versions);
        versions.map(|version| (WriteId::of(&version.content), version.dot))
    }

    /// Is a node, as far as it is up, still waiting for answers to a put or a get?
    pub(crate) fn waits(&self, node: NodeId) -> bool {
        let index = usize::from(node.0);
        let waits = |node: &State| !node.puts.is_empty() || !node.gets.is_empty();
        !self.state.crashed[index] && self.state.actor_states[index].node().is_some_and(waits)
    }

    /// What a node has on disk of who is a member.
    pub(crate) fn history(&self, node: NodeId) -> &'a History {
        let storage = self.state.actor_storages[usize::from(node.0)].as_ref();
        storage
            .map(|storage| &storage.history)
            .filter(|history| !history.is_empty())
            .unwrap_or(&self.model.cfg.founders)
    }

    /// All that anyone knows of who is a member.
    pub(crate) fn all_history(&self) -> History {
        self.nodes()
            .fold(self.model.cfg.founders.clone(), |all, node| all.union(self.history(node)))
    }

    /// Was a node removed for good, as far as anyone knows?
    pub(crate) fn is_removed(&self, node: NodeId) -> bool {
        let is_removal = |change: &Change| change.act == Act::Remove;
        self.model.cfg.changes
            && self.nodes().any(|other| self.history(other).of(node).any(is_removal))
    }

    /// Is a node gone, by what it knows itself? It may have stopped, and nobody looks at its disk
    /// any more.
    pub(crate) fn is_gone(&self, node: NodeId) -> bool {
        let standing = || Rules::default().standings(self.history(node)).get(&node).copied();
        self.model.cfg.changes && standing() == Some(Standing::Gone)
    }

    /// The intended replicas, by all that anyone knows.
    pub(crate) fn intended(&self) -> &'a [NodeId] {
        let setting = &self.model.cfg;
        if setting.changes {
            setting.replicas_by(&self.all_history())
        } else {
            &setting.preference_list
        }
    }

    /// Is a node an intended replica, by what another knows?
    pub(crate) fn is_intended(&self, node: NodeId, by: NodeId) -> bool {
        let setting = &self.model.cfg;
        let intended = if setting.changes {
            setting.replicas_by(self.history(by))
        } else {
            &setting.preference_list
        };
        intended.contains(&node)
    }

    /// May a node have been an intended replica, then none, and one again, by views that it may
    /// have had?
    pub(crate) fn may_be_back(&self, node: NodeId) -> bool {
        let setting = &self.model.cfg;
        let learned: Vec<Change> =
            self.history(node).minus(&setting.founders).changes().copied().collect();
        let is_intended = |known: usize| {
            let changes = learned.iter().enumerate().filter(|(index, _)| known & 1 << index != 0);
            let history = setting.founders.union(&changes.map(|(_, change)| *change).collect());
            setting.replicas_by(&history).contains(&node)
        };
        let views: Vec<bool> = (0..1 << learned.len()).map(is_intended).collect();
        let displaced = |earlier: usize| {
            (0..views.len()).any(|later| later & earlier == earlier && !views[later])
        };
        setting.changes && (0..views.len()).any(|earlier| views[earlier] && displaced(earlier))
    }

    /// The puts on the disks of all nodes but those that are gone, and all that those really saw.
    pub(crate) fn anywhere(&self) -> WriteSet {
        let nodes = self.nodes().filter(|node| !self.is_gone(*node));
        nodes.fold(WriteSet::EMPTY, |all, node| all.union(self.durable(node)))
    }

    /// Do all intended replicas have the same puts on disk, or ones that saw them?
    pub(crate) fn replicas_agree(&self) -> bool {
        let mut held = self.intended().iter().map(|node| self.stored(*node));
        let first = held.next();
        held.all(|other| Some(other) == first)
    }

    /// The intended replicas that a coordinator of a read has heard, and that still have the disk
    /// that they had then; and that have been intended replicas all the time.
    pub(crate) fn replicas_heard<'r>(
        &'r self,
        hearing: &'r Hearing,
    ) -> impl Iterator<Item = NodeId> + use<'r, 'a> {
        let heard = hearing.heard.iter().copied();
        let is_one = |node| self.is_intended(node, node) && !self.may_be_back(node);
        heard.filter(move |node| is_one(*node) && !self.lost_its_disk(*node))
    }

    /// Is this get still going on: does its coordinator wait for a timer or an answer, or is a
    /// repair on its way?
    pub(crate) fn is_under_way(&self, get: usize) -> bool {
        let request = self.model.cfg.gets[get];
        let running = |state: &ProcessState| {
            state.node().is_some_and(|node| node.gets.contains_key(&request))
        };
        let mut timers = self.state.timers_set.iter().flat_map(Timers::iter);
        let timed = timers.any(|timer| matches!(timer, Timer::Get(_, other) if *other == request));
        let in_flight = gets_in_flight(&self.model.cfg, self.state.network.iter_deliverable());
        // An answer that nobody waits for any more stays in flight for ever: stateright delivers
        // nothing that changes nothing.
        let asked = in_flight.asked & 1 << get != 0
            && self.state.actor_states.iter().any(|state| running(state));
        timed || asked || in_flight.repairs & 1 << get != 0
    }

    pub(crate) fn clocks_are_causal(&self) -> bool {
        let ghost = &self.state.history;
        // What was reaped, and is somewhere still, may count as seen or not.
        let dots: Vec<_> =
            self.versions().filter(|(write, _)| !ghost.forgotten().contains(*write)).collect();
        let request = |write: WriteId| self.model.cfg.puts[usize::from(write.0)];
        self.nodes().flat_map(|node| self.sets(node)).all(|set| {
            // A set's context says which dots are of one put.
            let covers = |context: &Context, write: WriteId, dot: Dot| {
                context.covers(dot)
                    || set.context().dots_of(request(write)).any(|other| context.covers(other))
            };
            let has = ghost.with_all_seen(writes_of(set.versions()));
            let context_is = dots
                .iter()
                .all(|(write, dot)| covers(set.context(), *write, *dot) == has.contains(*write));
            let clocks_are = set.versions().iter().all(|version| {
                let own = WriteId::of(&version.content);
                let follows = ghost.saw(own).with(own);
                dots.iter().all(|(write, dot)| {
                    covers(&version.clock, *write, *dot) == follows.contains(*write)
                })
            });
            context_is && clocks_are
        })
    }
}

/// What is in flight of gets: a bit for each get.
pub(crate) struct GetsInFlight {
    /// Questions to replicas, or their answers.
    pub(crate) asked: u64,
    /// Repairs.
    pub(crate) repairs: u64,
}

pub(crate) fn gets_in_flight<'a>(
    setting: &Setting,
    messages: impl Iterator<Item = Envelope<&'a Message>>,
) -> GetsInFlight {
    let mut bits = GetsInFlight { asked: 0, repairs: 0 };
    let bit = |request| setting.read(request).map_or(0, |get| 1 << get);
    for envelope in messages {
        match envelope.msg.as_undated() {
            Message::Repair { request, .. } => bits.repairs |= bit(*request),
            Message::Fetch { request, .. } | Message::Fetched { request, .. } => {
                bits.asked |= bit(*request)
            }
            // A new replica gathers the key for all gets that wait for its word.
            Message::Gather { .. } | Message::Gathered { .. } => bits.asked = u64::MAX,
            _ => {}
        }
    }
    bits
}

/// The members, by what a node or a client knows.
pub(crate) fn members(history: &History) -> impl Iterator<Item = NodeId> + use<> {
    let standings = Rules::default().standings(history);
    standings
        .into_iter()
        .filter(|(_, standing)| *standing == Standing::Member)
        .map(|(node, _)| node)
}

/// Is all that one replica has of a key in flight to another?
pub(crate) fn is_syncing<'a>(mut messages: impl Iterator<Item = Envelope<&'a Message>>) -> bool {
    messages.any(|envelope| matches!(envelope.msg.as_undated(), Message::Sync { .. }))
}
