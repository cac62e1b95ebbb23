//! A state as properties read it: disks, messages, timers, ground truth.

mod membership;
mod messages;

pub(crate) use messages::{is_exchanging, is_syncing, repeated};

use crate::scope::Ask;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::system::{System, SystemState};
use crate::truth::{Hearing, writes_of};
use dynamo_model::ids::{Content, Key, NodeId};
use dynamo_model::node::State;
use dynamo_model::process::{Process, Stage};
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Context, Dot};
use interned_checker::ActorPart;

/// A state, seen from outside. Properties read disks, messages, timers and the ground truth here,
/// and never a node's own bookkeeping. Exceptions: only a node knows whether it still waits, and
/// whom it suspects.
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

    /// What a node has on disk for a key as a replica.
    pub fn disk(&self, node: NodeId, key: &Key) -> Option<&'a Siblings> {
        self.state.actor_storages[usize::from(node.0)].as_ref()?.store.get(key)
    }

    /// What a node has on disk as a replica, for each key that clients use.
    pub fn disks(&self, node: NodeId) -> impl Iterator<Item = &'a Siblings> + use<'a> {
        let storage = self.state.actor_storages[usize::from(node.0)].as_ref();
        let keys = self.model.cfg.keys();
        keys.filter_map(move |key| storage?.store.get(key))
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

    /// Can the node have lost this put with its disk? Not if it lost its disk before the put began,
    /// as far as that is known.
    pub fn may_have_lost(&self, node: NodeId, write: WriteId) -> bool {
        let instance = &self.model.cfg;
        let put = &instance.puts[usize::from(write.0)];
        let had_lost = || instance.lost_before.get(put).is_some_and(|it| it.contains(&node));
        self.lost_its_disk(node) && !had_lost()
    }

    /// How many nodes can have lost this put with their disks.
    pub fn losses_of(&self, write: WriteId) -> usize {
        self.nodes().filter(|node| self.may_have_lost(*node, write)).count()
    }

    /// Has a node run on an older copy of its disk, while another node knew of a later commit but
    /// was down?
    pub fn ran_on_an_old_disk(&self) -> bool {
        let ran = |stage| {
            matches!(stage, Stage::Returned { witnessed: false } | Stage::Renewed { late: true })
        };
        self.state.history.copied.witnesses != 0
            && self.nodes().filter_map(|node| self.stage(node)).any(ran)
    }

    /// How many nodes have lost their disks.
    pub fn disks_lost(&self) -> usize {
        self.nodes().filter(|node| self.lost_its_disk(*node)).count()
    }

    /// Every sibling set on a node's disk: its own, and its hints.
    pub fn sets(&self, node: NodeId) -> impl Iterator<Item = &'a Siblings> + use<'a> {
        self.disks(node).chain(self.hints(node).map(|(_, siblings)| siblings))
    }

    /// The puts that a node has on disk as a replica, and the puts those supersede.
    pub fn on_disk(&self, node: NodeId) -> WriteSet {
        let held = self
            .disks(node)
            .fold(WriteSet::EMPTY, |all, siblings| all.union(writes_of(siblings.versions())));
        self.state.history.with_all_seen(held)
    }

    /// Puts on this node's disk as a replica, and the puts those supersede. Reaped puts count as
    /// stored.
    pub fn stored(&self, node: NodeId) -> WriteSet {
        self.on_disk(node).union(self.forgotten())
    }

    /// The puts that need not be on any disk: reaped tombstones, and all that they had replaced.
    /// Where a key may have one replica, no message tells of the reap. There every delete counts
    /// that a client has sent, and whose tombstone is missing on an intended replica, or on a node
    /// that had confirmed it.
    pub fn forgotten(&self) -> WriteSet {
        let (instance, ghost) = (&self.model.cfg, &self.state.history);
        if !instance.reaps_alone {
            return ghost.forgotten();
        }
        let is_delete = |write: &WriteId| {
            instance.ask(instance.puts[usize::from(write.0)]) == Some(Ask::Delete)
        };
        let deletes: WriteSet = ghost.begun().iter().filter(is_delete).collect();
        if deletes.is_empty() {
            return ghost.forgotten();
        }
        let intended = self.intended();
        let missing_at = |node: NodeId| {
            let is_intended = intended.contains(&node);
            let confirmed = ghost.confirmed[usize::from(node.0)];
            let expected =
                if is_intended { deletes } else { deletes.minus(deletes.minus(confirmed)) };
            let sets = self.disks(node).map(|siblings| writes_of(siblings.versions()));
            sets.fold(expected, WriteSet::minus)
        };
        let gone = self.nodes().map(missing_at).fold(WriteSet::EMPTY, WriteSet::union);
        ghost.with_all_seen(ghost.reaped.union(gone))
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
        let hinted = self.hints(node).map(|(_, siblings)| writes_of(siblings.versions()));
        let hinted = hinted.fold(WriteSet::EMPTY, WriteSet::union);
        self.stored(node).union(self.state.history.with_all_seen(hinted))
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

    /// The puts that may come back after they were replaced. Each may have two coordinators, and so
    /// two versions. A context names the requests of the latest two puts of a coordinator only: it
    /// may no longer tell that two dots are one put, once there are two other puts.
    pub fn may_come_back(&self) -> WriteSet {
        let begun = self.state.history.begun();
        let may_return = |write: &WriteId| self.model.cfg.may_fail_over(*write);
        if begun.len() > 2 { begun.iter().filter(may_return).collect() } else { WriteSet::EMPTY }
    }

    /// Did the node wait for replies to a put or a get when it took its last step? It may have
    /// stopped since.
    pub fn waited(&self, node: NodeId) -> bool {
        let state = self.state.actor_states[usize::from(node.0)].node();
        state.is_some_and(|state| !state.puts.is_empty() || !state.gets.is_empty())
    }

    /// Is the node up, and waiting for replies to a put or a get?
    pub fn waits(&self, node: NodeId) -> bool {
        !self.state.crashed[usize::from(node.0)] && self.waited(node)
    }

    /// The puts for which a node that is up collects replies.
    pub fn puts_of(&self, node: NodeId) -> impl Iterator<Item = WriteId> + use<'a> {
        let index = usize::from(node.0);
        let state = self.state.actor_states[index].node().filter(|_| !self.state.crashed[index]);
        let puts = state.into_iter().flat_map(|state| state.puts.keys());
        let model = self.model;
        puts.filter_map(|request| model.cfg.write(*request))
    }

    /// Is the node up, and waiting for a node to which it has forwarded a request, or for what
    /// others hold of a key in which it is a new replica?
    pub fn waits_for_others(&self, node: NodeId) -> bool {
        self.is_up_and(node, |state| !state.forwards.is_empty() || !state.gatherings.is_empty())
    }

    fn is_up_and(&self, node: NodeId, waits: impl Fn(&State) -> bool) -> bool {
        let index = usize::from(node.0);
        !self.state.crashed[index] && self.state.actor_states[index].node().is_some_and(waits)
    }

    /// The puts on the disks of all nodes that are not gone, and the puts those supersede.
    pub fn anywhere(&self) -> WriteSet {
        let nodes = self.nodes().filter(|node| !self.is_gone(*node));
        nodes.fold(WriteSet::EMPTY, |all, node| all.union(self.durable(node)))
    }

    /// Does a node suspect another?
    pub fn suspects(&self, node: NodeId, other: NodeId) -> bool {
        let state = self.state.actor_states[usize::from(node.0)].node();
        state.is_some_and(|state| state.suspected.contains(&other))
    }

    /// Does each intended replica have the same tombstones on disk and nothing else of the key, and
    /// no other node anything?
    pub fn is_deleted_everywhere(&self) -> bool {
        self.model.cfg.keys().any(|key| self.is_deleted(key))
    }

    fn is_deleted(&self, key: &Key) -> bool {
        let intended = self.intended();
        let Some(held) = intended.first().and_then(|first| self.disk(*first, key)) else {
            return false;
        };
        let is_tombstone = |version: &Version| matches!(version.content, Content::Tombstone(_));
        held.versions().iter().all(is_tombstone)
            && self.nodes().all(|node| {
                let own = self.disk(node, key);
                let is_own_right =
                    if intended.contains(&node) { own == Some(held) } else { own.is_none() };
                is_own_right && self.hints(node).next().is_none()
            })
    }

    /// Do all intended replicas have the same puts on disk, superseded ones included?
    pub fn replicas_agree(&self) -> bool {
        let intended = self.intended();
        let mut held = intended.iter().map(|node| self.stored(*node));
        let first = held.next();
        held.all(|other| Some(other) == first)
    }

    /// Is a node that a coordinator of a read has heard an intended replica, and has it been one all
    /// the time? And has it still the disk that it had then? The coordinator repairs no node that has
    /// left by its view, and that node may not know yet that it had left.
    pub fn is_replica_heard(&self, node: NodeId, hearing: &Hearing) -> bool {
        !self.lost_its_disk(node)
            && self.is_intended(node, hearing.coordinator)
            && self.is_intended(node, node)
            && !self.may_have_been_none(node)
            && !self.may_have_left_by(node, hearing.coordinator)
    }

    /// Is a read over at one of its coordinators? The coordinator has collected all replies that it
    /// waited for, and it was not interrupted: neither a crash nor the loss of its disk can have
    /// made it forget the read.
    pub fn is_over(&self, get: usize, hearing: &Hearing) -> bool {
        let coordinator = hearing.coordinator;
        let has_new_disk = self.lost_its_disk(coordinator);
        if self.model.cfg.changes && has_new_disk {
            // It no longer knows all the views by which it asked replicas.
            return false;
        }
        let may_forget = self.model.cfg.scope.faults.crashes > 0 || has_new_disk;
        let has_heard_all = || {
            let mut asked = self.intended_until_now_by(coordinator).into_iter();
            asked.all(|replica| hearing.heard.contains(&replica))
        };
        !self.collects(coordinator, get) && (!may_forget || has_heard_all())
    }

    /// Does a node still collect replies for this get?
    pub fn collects(&self, coordinator: NodeId, get: usize) -> bool {
        let request = self.model.cfg.gets[get];
        let node = self.state.actor_states[usize::from(coordinator.0)].node();
        node.is_some_and(|node| node.gets.contains_key(&request))
    }

    /// Do clocks and contexts on disks cover exactly what their clients had read, except for these
    /// puts?
    pub fn clocks_are_causal(&self, except: WriteSet) -> bool {
        let ghost = &self.state.history;
        // A reaped put that is still on some disk may count as superseded or not.
        let unknown = self.forgotten().union(except);
        let dots: Vec<_> = self.versions().filter(|(write, _)| !unknown.contains(*write)).collect();
        let second = self.model.cfg.second_puts;
        let request = |write: WriteId| self.model.cfg.puts[usize::from(write.0)];
        self.nodes().flat_map(|node| self.sets(node)).all(|set| {
            // A set's context tells which dots belong to one put.
            let covers = |context: &Context, write: WriteId, dot: Dot| {
                context.covers(dot)
                    || set.context().dots_of(request(write)).any(|other| context.covers(other))
            };
            let has = ghost.with_all_seen(writes_of(set.versions()));
            let of_second_key = has.minus(second) != has;
            let dots = || dots.iter().filter(|(it, _)| second.contains(*it) == of_second_key);
            let context_is = dots()
                .all(|(write, dot)| covers(set.context(), *write, *dot) == has.contains(*write));
            let clocks_are = set.versions().iter().all(|version| {
                let own = WriteId::of(&version.content);
                let follows = ghost.saw(own).with(own);
                dots().all(|(write, dot)| {
                    covers(&version.clock, *write, *dot) == follows.contains(*write)
                })
            });
            context_is && clocks_are
        })
    }
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
