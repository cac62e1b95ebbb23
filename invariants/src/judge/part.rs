//! The part of a node's disk and memory that is about one key.
//!
//! Most steps change nothing of a key, and a part costs more to make than to compare.

use crate::scope::instance::Instance;
use crate::scope::recorded::Recorded;
use dynamo_model::hint::HintId;
use dynamo_model::ids::{Key, NodeId, RequestId};
use dynamo_model::node::{Durable, State};
use dynamo_model::siblings::Siblings;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// A node that remembers nothing, on an empty disk. A map with nothing in it takes some kilobytes:
/// a copy of this one takes none.
static NOTHING: LazyLock<State> = LazyLock::new(State::default);

/// An empty disk.
pub(super) fn of_no_key() -> Durable {
    NOTHING.durable.clone()
}

/// What a disk has of the key; and one other key, if it has any. Properties say of a node that it
/// has nothing left.
pub(super) fn of_disk(instance: &Instance, disk: &Durable) -> Durable {
    let key = &instance.key;
    let mut part = Durable {
        incarnation: disk.incarnation,
        history: disk.history.clone(),
        ..NOTHING.durable.clone()
    };
    let own = disk.store.get_key_value(key);
    for (key, siblings) in own.into_iter().chain(other_than(key, disk)) {
        part.store.insert(key.clone(), siblings.clone());
    }
    for (id, siblings) in hints_of(instance, disk) {
        part.hints.insert(id.clone(), siblings.clone());
    }
    part
}

/// Is this what [`of_disk`] makes of the disk? The other key may be another one.
pub(super) fn is_of_disk(instance: &Instance, part: &Durable, disk: &Durable) -> bool {
    let key = &instance.key;
    part.incarnation == disk.incarnation
        && part.store.get(key) == disk.store.get(key)
        && other_than(key, part).is_some() == other_than(key, disk).is_some()
        && part.hints.iter().eq(hints_of(instance, disk))
        && part.history == disk.history
}

/// What a node remembers of the key.
pub(super) fn of_memory(instance: &Instance, state: &State) -> State {
    let key = &instance.key;
    // The disk is looked at apart. The rest is about other keys or about peers.
    State {
        view: Arc::clone(&state.view),
        retired: state.retired,
        puts: owned(requests_of(instance, &state.puts)),
        gets: owned(requests_of(instance, &state.gets)),
        forwards: owned(requests_of(instance, &state.forwards)),
        gatherings: owned(entry_of(key, &state.gatherings)),
        suspected: state.suspected.clone(),
        reaping: owned(entry_of(key, &state.reaping)),
        ..NOTHING.clone()
    }
}

/// Is this what [`of_memory`] makes of the state?
pub(super) fn is_of_memory(instance: &Instance, part: &State, state: &State) -> bool {
    let key = &instance.key;
    part.view == state.view
        && part.retired == state.retired
        && part.puts.iter().eq(requests_of(instance, &state.puts))
        && part.gets.iter().eq(requests_of(instance, &state.gets))
        && part.forwards.iter().eq(requests_of(instance, &state.forwards))
        && part.gatherings.iter().eq(entry_of(key, &state.gatherings))
        && part.suspected == state.suspected
        && part.reaping.iter().eq(entry_of(key, &state.reaping))
}

/// A key other than this one for which a disk has data or a hint, and what it has.
fn other_than<'a>(key: &Key, disk: &'a Durable) -> Option<(&'a Key, &'a Siblings)> {
    let hinted = disk.hints.iter().map(|(id, siblings)| (&id.key, siblings));
    disk.store.iter().chain(hinted).find(|(other, _)| *other != key)
}

/// Looks once for each node, however many hints there are.
fn hints_of<'a>(
    instance: &'a Instance,
    disk: &'a Durable,
) -> impl Iterator<Item = (&'a HintId, &'a Siblings)> {
    let nodes = if disk.hints.is_empty() { 0 } else { instance.scope.nodes };
    let id = |node| HintId { recipient: NodeId(node), key: instance.key.clone() };
    (0..nodes).filter_map(move |node| disk.hints.get_key_value(&id(node)))
}

fn requests_of<'a, T>(
    instance: &'a Instance,
    all: &'a BTreeMap<RequestId, T>,
) -> impl Iterator<Item = (&'a RequestId, &'a T)> {
    // A recorded run has many requests at once, and few of them are about one key.
    let recorded = instance.recorded.iter().flat_map(Recorded::requests);
    let recorded = recorded.filter_map(|request| all.get_key_value(request));
    let scripted = all.iter().filter(|_| instance.recorded.is_none());
    let scripted = scripted.filter(|(request, _)| instance.has_request(**request));
    recorded.chain(scripted)
}

fn entry_of<'a, T>(key: &Key, all: &'a BTreeMap<Key, T>) -> impl Iterator<Item = (&'a Key, &'a T)> {
    all.get_key_value(key).into_iter()
}

fn owned<'a, K: Clone + Ord + 'a, T: Clone + 'a>(
    some: impl Iterator<Item = (&'a K, &'a T)>,
) -> BTreeMap<K, T> {
    some.map(|(key, it)| (key.clone(), it.clone())).collect()
}
