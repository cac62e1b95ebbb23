//! A state as properties read it: disks, messages, timers, ground truth.

use crate::scope::instance::Instance;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::system::{System, SystemState};
use crate::truth::{Hearing, writes_of};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Act, Change, History, Standing};
use dynamo_model::message::Message;
use dynamo_model::node::{State, Timer};
use dynamo_model::process::{Process, ProcessState, Stage};
use dynamo_model::rules::Rules;
use dynamo_model::siblings::Siblings;
use dynamo_model::version::{Context, Dot};
use interned_checker::ActorPart;
use stateright::actor::{Envelope, Timers};

/// A state, seen from outside. Properties read disks, messages, timers and the ground truth here,
/// and never a node's own bookkeeping. One exception: only a coordinator knows whether it still
/// waits.
pub struct World<'a> {
    /// The model of the scope: its actors and its configuration.
    pub model: &'a System,
    /// The state to judge.
    pub state: &'a SystemState,
}

impl<'a> World<'a> {
    /// Every node of the scope, members or not.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.model.cfg.scope.nodes).map(NodeId)
    }

    /// What a node has on disk for the key as a replica.
    pub fn disk(&self, node: NodeId) -> Option<&'a Siblings> {
        self.state.actor_storages[usize::from(node.0)].as_ref()?.store.get(&self.model.cfg.key)
    }

    /// The hints that a node has on disk, with their recipients.
    pub fn hints(&self, node: NodeId) -> impl Iterator<Item = (NodeId, &'a Siblings)> + use<'a> {
        let storage = self.state.actor_storages[usize::from(node.0)].as_ref();
        storage
            .into_iter()
            .flat_map(|storage| &storage.hints)
            .map(|(id, siblings)| (id.recipient, siblings))
    }

    /// The stage of a node whose disk was copied.
    pub fn stage(&self, node: NodeId) -> Option<Stage> {
        self.state.actor_states[usize::from(node.0)].backup().map(|backup| backup.stage)
    }

    /// Has the node lost its disk, or what it had committed since its disk was copied?
    pub fn lost_its_disk(&self, node: NodeId) -> bool {
        let circumstances = self.model.actors[usize::from(node.0)].circumstances();
        let is_lost = circumstances.is_some_and(|of_it| of_it.loses_its_disk)
            && !self.state.random_choices[usize::from(node.0)].map.contains_key("fate");
        is_lost || self.stage(node).is_some_and(Stage::is_back)
    }

    /// How many nodes have lost their disks.
    pub fn disks_lost(&self) -> usize {
        self.nodes().filter(|node| self.lost_its_disk(*node)).count()
    }

    /// Every sibling set on a node's disk: its own, and its hints.
    pub fn sets(&self, node: NodeId) -> impl Iterator<Item = &'a Siblings> + use<'a> {
        self.disk(node).into_iter().chain(self.hints(node).map(|(_, siblings)| siblings))
    }

    /// The puts that a node has on disk as a replica, and the puts those supersede.
    pub fn on_disk(&self, node: NodeId) -> WriteSet {
        let held =
            self.disk(node).map_or(WriteSet::EMPTY, |siblings| writes_of(siblings.versions()));
        self.state.history.with_all_seen(held)
    }

    /// Puts on this node's disk as a replica, and the puts those supersede. Reaped puts count as
    /// stored.
    pub fn stored(&self, node: NodeId) -> WriteSet {
        self.on_disk(node).union(self.state.history.forgotten())
    }

    /// The puts that a node keeps as a hint for this recipient, and the puts those supersede.
    pub fn kept(&self, node: NodeId, recipient: NodeId) -> WriteSet {
        let hints = self.hints(node).filter(|(other, _)| *other == recipient);
        let kept = hints
            .fold(WriteSet::EMPTY, |all, (_, siblings)| all.union(writes_of(siblings.versions())));
        self.state.history.with_all_seen(kept)
    }

    /// The puts on a node's disk, hints included, and the puts those supersede.
    pub fn durable(&self, node: NodeId) -> WriteSet {
        self.hints(node)
            .fold(self.stored(node), |all, (recipient, _)| all.union(self.kept(node, recipient)))
    }

    /// Does an intended replica have these puts on disk, or do other nodes keep hints with them for
    /// it?
    pub fn is_secured(&self, intended: NodeId, writes: WriteSet) -> bool {
        let kept = self.nodes().map(|node| self.kept(node, intended));
        writes.is_subset(kept.fold(self.stored(intended), WriteSet::union))
    }

    /// Every version on every disk, with the put that it really is.
    pub fn versions(&self) -> impl Iterator<Item = (WriteId, Dot)> + use<'a> {
        let sets: Vec<&Siblings> = self.nodes().flat_map(|node| self.sets(node)).collect();
        let versions = sets.into_iter().flat_map(Siblings::versions);
        versions.map(|version| (WriteId::of(&version.content), version.dot))
    }

    /// Is the node up, and waiting for replies to a put or a get?
    pub fn waits(&self, node: NodeId) -> bool {
        let index = usize::from(node.0);
        let waits = |node: &State| !node.puts.is_empty() || !node.gets.is_empty();
        !self.state.crashed[index] && self.state.actor_states[index].node().is_some_and(waits)
    }

    /// The membership history on a node's disk.
    pub fn history(&self, node: NodeId) -> &'a History {
        let storage = self.state.actor_storages[usize::from(node.0)].as_ref();
        storage
            .map(|storage| &storage.history)
            .filter(|history| !history.is_empty())
            .unwrap_or(&self.model.cfg.founders)
    }

    /// The union of all histories on disks.
    pub fn all_history(&self) -> History {
        self.nodes()
            .fold(self.model.cfg.founders.clone(), |all, node| all.union(self.history(node)))
    }

    /// Does any history say that the node was removed for good?
    pub fn is_removed(&self, node: NodeId) -> bool {
        let is_removal = |change: &Change| change.act == Act::Remove;
        self.model.cfg.changes
            && self.nodes().any(|other| self.history(other).of(node).any(is_removal))
    }

    /// Is a node gone, by its own history? It may have stopped, and its disk no longer counts.
    pub fn is_gone(&self, node: NodeId) -> bool {
        let standing = || Rules::default().standings(self.history(node)).get(&node).copied();
        self.model.cfg.changes && standing() == Some(Standing::Gone)
    }

    /// The intended replicas by the union of all histories.
    pub fn intended(&self) -> &'a [NodeId] {
        let instance = &self.model.cfg;
        if instance.changes {
            instance.replicas_by(&self.all_history())
        } else {
            &instance.preference_list
        }
    }

    /// Is a node an intended replica by the view of another?
    pub fn is_intended(&self, node: NodeId, by: NodeId) -> bool {
        let instance = &self.model.cfg;
        let intended = if instance.changes {
            instance.replicas_by(self.history(by))
        } else {
            &instance.preference_list
        };
        intended.contains(&node)
    }

    /// Could a node have been an intended replica, then none, and then one again, by its own views?
    pub fn may_be_back(&self, node: NodeId) -> bool {
        let instance = &self.model.cfg;
        let learned: Vec<Change> =
            self.history(node).minus(&instance.founders).changes().copied().collect();
        let is_intended = |known: usize| {
            let changes = learned.iter().enumerate().filter(|(index, _)| known & 1 << index != 0);
            let history = instance.founders.union(&changes.map(|(_, change)| *change).collect());
            instance.replicas_by(&history).contains(&node)
        };
        let views: Vec<bool> = (0..1 << learned.len()).map(is_intended).collect();
        let displaced = |earlier: usize| {
            (0..views.len()).any(|later| later & earlier == earlier && !views[later])
        };
        instance.changes && (0..views.len()).any(|earlier| views[earlier] && displaced(earlier))
    }

    /// The puts on the disks of all nodes that are not gone, and the puts those supersede.
    pub fn anywhere(&self) -> WriteSet {
        let nodes = self.nodes().filter(|node| !self.is_gone(*node));
        nodes.fold(WriteSet::EMPTY, |all, node| all.union(self.durable(node)))
    }

    /// Do all intended replicas have the same puts on disk, superseded ones included?
    pub fn replicas_agree(&self) -> bool {
        let mut held = self.intended().iter().map(|node| self.stored(*node));
        let first = held.next();
        held.all(|other| Some(other) == first)
    }

    /// The intended replicas that a coordinator of a read has heard, and that still have the disk
    /// that they had then; and that have been intended replicas all the time.
    pub fn replicas_heard<'r>(
        &'r self,
        hearing: &'r Hearing,
    ) -> impl Iterator<Item = NodeId> + use<'r, 'a> {
        let heard = hearing.heard.iter().copied();
        let is_one = |node| self.is_intended(node, node) && !self.may_be_back(node);
        heard.filter(move |node| is_one(*node) && !self.lost_its_disk(*node))
    }

    /// Is this get still running? Its coordinator waits for a timer or a reply, or a repair is in
    /// flight.
    pub fn is_under_way(&self, get: usize) -> bool {
        let request = self.model.cfg.gets[get];
        let running = |state: &ProcessState| {
            state.node().is_some_and(|node| node.gets.contains_key(&request))
        };
        let mut timers = self.state.timers_set.iter().flat_map(Timers::iter);
        let timed = timers.any(|timer| matches!(timer, Timer::Get(_, other) if *other == request));
        let in_flight = gets_in_flight(&self.model.cfg, self.state.network.iter_deliverable());
        // A reply that no coordinator waits for stays in flight for ever: stateright delivers no
        // message that changes nothing.
        let asked = in_flight.asked & 1 << get != 0
            && self.state.actor_states.iter().any(|state| running(state));
        timed || asked || in_flight.repairs & 1 << get != 0
    }

    /// Do clocks and contexts on disks cover exactly what their clients had read?
    pub fn clocks_are_causal(&self) -> bool {
        let ghost = &self.state.history;
        // A reaped put that is still on some disk may count as superseded or not.
        let dots: Vec<_> =
            self.versions().filter(|(write, _)| !ghost.forgotten().contains(*write)).collect();
        let request = |write: WriteId| self.model.cfg.puts[usize::from(write.0)];
        self.nodes().flat_map(|node| self.sets(node)).all(|set| {
            // A set's context tells which dots belong to one put.
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

/// The messages of gets in flight: a bit for each get.
pub(crate) struct GetsInFlight {
    /// Questions to replicas, or their replies.
    pub(crate) asked: u64,
    /// Repairs.
    pub(crate) repairs: u64,
}

pub(crate) fn gets_in_flight<'a>(
    instance: &Instance,
    messages: impl Iterator<Item = Envelope<&'a Message>>,
) -> GetsInFlight {
    let mut bits = GetsInFlight { asked: 0, repairs: 0 };
    let bit = |request| instance.read(request).map_or(0, |get| 1 << get);
    for envelope in messages {
        match envelope.msg.as_undated() {
            Message::Repair { request, .. } => bits.repairs |= bit(*request),
            Message::Fetch { request, .. } | Message::Fetched { request, .. } => {
                bits.asked |= bit(*request);
            }
            // A new replica gathers the key for every get that waits for its reply.
            Message::Gather { .. } | Message::Gathered { .. } => bits.asked = u64::MAX,
            _ => {}
        }
    }
    bits
}

/// Is a replica's whole sibling set for a key in flight to another replica, in an exchange?
pub(crate) fn is_syncing<'a>(mut messages: impl Iterator<Item = Envelope<&'a Message>>) -> bool {
    messages.any(|envelope| matches!(envelope.msg.as_undated(), Message::Sync { .. }))
}

/// Whether the node's disk is lost, and its stage if the disk was copied.
pub(crate) fn fate(part: &ActorPart<'_, Process>) -> u64 {
    let stage = match part.state.backup().map(|backup| backup.stage) {
        None => 0,
        Some(Stage::Copied) => 1,
        Some(Stage::Ahead) => 2,
        Some(Stage::Returned { witnessed: false }) => 3,
        Some(Stage::Returned { witnessed: true }) => 4,
        Some(Stage::Renewed { late: false }) => 5,
        Some(Stage::Renewed { late: true }) => 6,
    };
    u64::from(part.random.contains_key("fate")) | stage << 1
}
