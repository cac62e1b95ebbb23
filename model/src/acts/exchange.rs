//! Anti-entropy (Dynamo paper §4.7): two replicas compare what they hold. Each gets what it lacks.
//!
//! ```text
//! A ── Roots: the roots of all partitions that we share ──▶ B   no answer if all are equal
//! A ◀── Subtrees: the children of nodes that differ ── B        and so on, level by level
//! A ── Leaves: the keys of leaves that differ, with digests ──▶ B
//! A ◀── Sync: what B holds of a key that differs ── B           an empty set, if B holds nothing
//! A ── Sync: what A holds after merging ──▶ B                   only if A had more
//! ```
//! Neither replica remembers an exchange. If messages are lost, duplicated or reordered, or a node
//! crashes, the next exchange starts over from what both then hold. Merging is idempotent, so a
//! repeated `Sync` is harmless. One exchange follows a limited number of differences. A replica
//! that has received something new soon begins another exchange with that peer.

use crate::acts::handler::Handler;
use crate::algebra::config::AntiEntropy;
use crate::algebra::ids::{Key, NodeId};
use crate::algebra::ring::Partition;
use crate::algebra::siblings::Siblings;
use crate::algebra::tree::{Digest, Entry, Place};
use crate::rules::Cause;
use crate::state::State;
use crate::state::message::{Leaf, Message, Subtree};
use crate::state::timer::{Choice, Timer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The pause between two steps that enter keys in the trees after a start. It lets the node handle
/// other messages.
const PLANTED_EVERY: Duration = Duration::from_millis(1);
/// The most bytes that a digest takes, with the name that it belongs to.
const DIGEST_BYTES: usize = 16;

impl State {
    /// The peers that a node may compare with: they are replicas of some of the partitions that the
    /// node is a replica of.
    pub(crate) fn exchange_peers(&self, own: NodeId, n: usize) -> Vec<NodeId> {
        let ring = self.view.ring();
        let replicas = ring.partitions().map(|partition| ring.replicas(partition, n));
        let peers: BTreeSet<NodeId> =
            replicas.filter(|replicas| replicas.contains(&own)).flatten().copied().collect();
        peers.into_iter().filter(|peer| *peer != own).collect()
    }
}

impl Handler<'_, '_> {
    /// Starts the timer for the next exchange.
    pub(crate) fn set_exchange_timer(&mut self) {
        if let Some(AntiEntropy { every, .. }) = self.node.config.anti_entropy() {
            self.exchange_after(every, None);
        }
    }

    fn exchange_after(&mut self, pause: Duration, with: Option<NodeId>) {
        self.out.set_timer(Timer::Exchange(self.id, with), pause..pause + pause / 2);
    }

    /// How to compare. `None`: anti-entropy is off, or not every key is entered in its tree yet.
    fn compares(&self) -> Option<AntiEntropy> {
        self.node.config.anti_entropy().filter(|_| self.state.unplanted.is_none())
    }

    /// It is time to compare with a peer, chosen at random.
    pub(crate) fn on_exchange_timeout(&mut self) {
        let peers = self.state.exchange_peers(self.id, self.node.config.n());
        if peers.is_empty() || self.compares().is_none() {
            self.set_exchange_timer();
        } else {
            self.out.choose_random("exchange", peers.into_iter().map(Choice::Exchange).collect());
        }
    }

    pub(crate) fn exchange_with(&mut self, peer: NodeId) {
        self.exchange_again(peer);
        self.set_exchange_timer();
    }

    /// Sends a peer the roots of all partitions of which both are replicas.
    pub(crate) fn exchange_again(&mut self, peer: NodeId) {
        if self.compares().is_none() {
            return;
        }
        let shared: Vec<Partition> = self
            .state
            .trees
            .partitions()
            .filter(|partition| self.shares(*partition, peer))
            .collect();
        let roots = shared
            .into_iter()
            .map(|partition| (partition, self.state.trees.root(partition)))
            .collect();
        let tip = self.tip();
        self.send(peer, Message::Roots { tip, roots });
    }

    /// Are this node and the peer both replicas of the partition?
    fn shares(&self, partition: Partition, peer: NodeId) -> bool {
        let replicas = self.state.view.ring().replicas(partition, self.node.config.n());
        replicas.contains(&self.id) && replicas.contains(&peer)
    }

    pub(crate) fn on_roots(&mut self, from: NodeId, roots: &[(Partition, Digest)]) {
        let Some(how) = self.compares() else { return };
        let own: Vec<_> =
            self.state.trees.partitions().map(|it| (it, self.state.trees.root(it))).collect();
        let differ = self
            .differing(&own, roots)
            .into_iter()
            .filter(|partition| self.shares(*partition, from));
        let places = differ.map(|partition| Place { partition, depth: 0, index: 0 });
        self.tell_below(from, places.take(how.window).collect());
    }

    pub(crate) fn on_subtrees(&mut self, from: NodeId, subtrees: &[Subtree]) {
        let Some(how) = self.compares() else { return };
        let mut places = Vec::new();
        for Subtree { place, children } in
            subtrees.iter().filter(|subtree| self.shares(subtree.place.partition, from))
        {
            let own = self.state.trees.children(how.shape, place);
            let differ = self.differing(&own, children);
            places.extend(differ.into_iter().filter_map(|turn| how.shape.below(place, turn)));
        }
        places.truncate(how.window);
        self.tell_below(from, places);
    }

    /// The names under which two lists of digests differ. A name that is missing in a list counts
    /// as the digest of nothing.
    fn differing<T: Copy + Ord>(&self, own: &[(T, Digest)], theirs: &[(T, Digest)]) -> Vec<T> {
        let both = side_by_side(own, theirs).into_iter();
        let differ = both.filter(|(_, (own, theirs))| {
            self.node.rules.goes_down(own.unwrap_or_default(), theirs.unwrap_or_default())
        });
        differ.map(|(name, _)| name).collect()
    }

    /// Sends the children of these tree nodes, or the keys of these leaves, as many as fit a
    /// message.
    fn tell_below(&mut self, to: NodeId, places: Vec<Place>) {
        let Some(AntiEntropy { shape, message_bytes, .. }) = self.node.config.anti_entropy() else {
            return;
        };
        let (tip, trees) = (self.tip(), &self.state.trees);
        let (at_leaves, within): (Vec<Place>, Vec<Place>) =
            places.into_iter().partition(|place| shape.is_leaf(place));
        let subtrees = within
            .into_iter()
            .map(|place| Subtree { place, children: trees.children(shape, &place) });
        let size = |subtree: &Subtree| DIGEST_BYTES * (1 + subtree.children.len());
        let subtrees = as_many_as_fit(subtrees, message_bytes, size);
        let leaves = at_leaves
            .into_iter()
            .map(|place| leaf(place, None, trees.keys(shape, &place), message_bytes));
        let leaves = as_many_as_fit(leaves, message_bytes, leaf_bytes);
        if !subtrees.is_empty() {
            self.send(to, Message::Subtrees { tip, subtrees });
        }
        if !leaves.is_empty() {
            self.send(to, Message::Leaves { tip, leaves });
        }
    }

    /// Sends what this node holds of each key that differs. If it holds nothing, the empty set asks
    /// for it. If the peer's leaf was cut, answers with the keys after the cut.
    pub(crate) fn on_leaves(&mut self, from: NodeId, leaves: &[Leaf]) {
        let Some(AntiEntropy { window, shape, message_bytes, .. }) = self.compares() else {
            return;
        };
        let (tip, mut keys, mut rest) = (self.tip(), Vec::new(), Vec::new());
        for theirs in leaves.iter().filter(|leaf| self.shares(leaf.place.partition, from)) {
            let own = part(self.state.trees.keys(shape, &theirs.place), theirs.after.as_ref());
            let end = theirs.keys.last().filter(|_| theirs.is_cut).map(|(last, _)| last);
            let within = end.map_or(own.len(), |end| own.partition_point(|(key, _)| key <= end));
            keys.extend(self.to_sync(&own[..within], &theirs.keys));
            let after =
                |end: &Key| leaf(theirs.place, Some(end.clone()), &own[within..], message_bytes);
            rest.extend(end.map(after));
        }
        for key in keys.into_iter().take(window) {
            let siblings = self.held(&key);
            self.send(from, Message::Sync { tip, key, siblings });
        }
        if !rest.is_empty() {
            let leaves = as_many_as_fit(rest, message_bytes, leaf_bytes);
            self.send(from, Message::Leaves { tip, leaves });
        }
    }

    fn to_sync(&self, own: &[Entry], theirs: &[Entry]) -> Vec<Key> {
        let both = side_by_side(own, theirs).into_iter();
        both.filter(|(_, (own, theirs))| self.node.rules.must_sync(*own, *theirs))
            .map(|(key, _)| key)
            .collect()
    }

    /// A replica has sent all that it holds of a key.
    pub(crate) fn on_sync(&mut self, from: NodeId, key: &Key, siblings: &Siblings) {
        let Some(AntiEntropy { every, again_after, .. }) = self.node.config.anti_entropy() else {
            return;
        };
        let is_shared = self.shares(self.state.view.ring().partition(key), from);
        if !self.node.rules.may_sync(is_shared) {
            return;
        }
        let before = self.held(key);
        self.absorb(Cause::Exchange, key, siblings);
        let (tip, held) = (self.tip(), self.held(key));
        let has_changed = held != before;
        if self.node.rules.must_answer(&held, siblings) {
            self.send(from, Message::Sync { tip, key: key.clone(), siblings: held });
        }
        if has_changed {
            // More keys may differ.
            self.exchange_after(again_after.min(every), Some(from));
        }
    }

    /// After a start, begins to enter the keys on disk in their trees, a limited number in each
    /// step.
    pub(crate) fn begin_planting(&mut self) {
        if self.node.config.anti_entropy().is_some() {
            self.state.to_mut().unplanted =
                self.state.durable.store.get_min().map(|(key, _)| key.clone());
            self.plant_some();
        }
    }

    pub(crate) fn plant_some(&mut self) {
        let Some(AntiEntropy { shape, planted_at_a_time, .. }) = self.node.config.anti_entropy()
        else {
            return;
        };
        let (rules, view, store) =
            (self.node.rules, Arc::clone(&self.state.view), self.state.durable.store.clone());
        let state = self.state.to_mut();
        let mut rest = state.unplanted.take().into_iter().flat_map(|first| store.range(first..));
        for (key, held) in rest.by_ref().take(planted_at_a_time) {
            state.trees.set(
                shape,
                view.ring().partition(key),
                key,
                Some(rules.key_digest(key, held)),
            );
        }
        state.unplanted = rest.next().map(|(key, _)| key.clone());
        if state.unplanted.is_some() {
            self.out.set_timer(Timer::Plant(self.id), PLANTED_EVERY..PLANTED_EVERY);
        } else {
            self.set_exchange_timer();
        }
    }

    /// What this node holds of a key changes from `before` to `after`. The key's tree changes with
    /// it.
    pub(crate) fn enter_in_tree(&mut self, key: &Key, before: &Siblings, after: &Siblings) {
        let Some(AntiEntropy { shape, .. }) = self.node.config.anti_entropy() else { return };
        let rules = self.node.rules;
        // Planting has not reached this key yet. It will enter what the node then holds.
        let is_planted = self.state.unplanted.as_ref().is_none_or(|first| key < first);
        if is_planted && rules.tree_follows(before, after) {
            let digest = (!after.context().is_empty()).then(|| rules.key_digest(key, after));
            let partition = self.state.view.ring().partition(key);
            self.state.to_mut().trees.set(shape, partition, key, digest);
        }
    }
}

/// Pairs two lists of digests by name.
fn side_by_side<T: Clone + Ord>(
    own: &[(T, Digest)],
    theirs: &[(T, Digest)],
) -> BTreeMap<T, (Option<Digest>, Option<Digest>)> {
    let mut both: BTreeMap<T, (Option<Digest>, Option<Digest>)> = BTreeMap::new();
    for (name, digest) in own {
        both.entry(name.clone()).or_default().0 = Some(*digest);
    }
    for (name, digest) in theirs {
        both.entry(name.clone()).or_default().1 = Some(*digest);
    }
    both
}

/// A leaf, or the part of it after a key, cut to what fits a message.
fn leaf(place: Place, after: Option<Key>, keys: &[Entry], message_bytes: usize) -> Leaf {
    let fit = as_many_as_fit(keys.iter(), message_bytes, |entry| entry_bytes(entry)).len();
    Leaf { place, after, keys: keys[..fit].to_vec(), is_cut: fit < keys.len() }
}

fn part<'a>(keys: &'a [Entry], after: Option<&Key>) -> &'a [Entry] {
    let start = after.map_or(0, |after| keys.partition_point(|(key, _)| key <= after));
    &keys[start..]
}

fn leaf_bytes(leaf: &Leaf) -> usize {
    DIGEST_BYTES + leaf.keys.iter().map(entry_bytes).sum::<usize>()
}

fn entry_bytes((key, _): &Entry) -> usize {
    DIGEST_BYTES + key.as_str().len()
}

/// The first items that fit a message together. The first item is always among them.
fn as_many_as_fit<T>(
    all: impl IntoIterator<Item = T>,
    message_bytes: usize,
    bytes: impl Fn(&T) -> usize,
) -> Vec<T> {
    let mut left = message_bytes;
    let fits = |one: &T| match left.checked_sub(bytes(one)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => std::mem::take(&mut left) == message_bytes,
    };
    all.into_iter().take_while(fits).collect()
}
