//! What of a state properties look at, in words that the engine compares: it evaluates a property
//! once for all states that make the same words.
//!
//! A property that looks at more than its words tell would get wrong verdicts. `Options::doubt` of
//! the engine finds such a property, and a test asks it to in every scope that is small enough.

use crate::scope::instance::Instance;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::system::world::{fate, is_syncing, repeated};
use crate::truth::{Ghost, Hearing, Outcome, Read, writes_of};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{Act, Change, History};
use dynamo_model::node::Durable;
use dynamo_model::process::Process;
use dynamo_model::siblings::Siblings;
use interned_checker::{ActorPart, Messages, Reads};

/// What a property looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooksAt {
    /// The ground truth alone.
    Truth,
    /// Which puts are on which disks, and as what; the ground truth of puts and gets.
    Disks,
    /// All of every disk; which puts really saw which, and which were reaped.
    Versions,
    /// What nodes have on disk of who is a member, and the ground truth of it.
    Views,
    /// What nodes have on disk of who is a member, what clients know of it, and the ground truth of
    /// it.
    Clients,
    /// Which puts are on which disks, and which gets nodes still coordinate.
    Gets,
    /// Whether all that one replica has of a key is in flight to another.
    Exchanges,
    /// Whether a message by which a coordinator asks a node is in flight twice.
    Repeats,
    /// Anything.
    Everything,
}

type Part<'a> = ActorPart<'a, Process>;

impl LooksAt {
    /// The declaration for the engine, in a scope.
    pub fn reads(self, instance: &Instance) -> Reads<Process, Instance, Ghost> {
        let nothing = Reads::nothing;
        match self {
            LooksAt::Gets if instance.gets.is_empty() => LooksAt::Disks.reads(instance),
            LooksAt::Exchanges if !instance.scope.faults.exchange => nothing(),
            LooksAt::Repeats if instance.scope.faults.duplication => nothing(),
            LooksAt::Repeats => nothing().network_by(repeats),
            LooksAt::Truth => nothing().history(),
            LooksAt::Disks => nothing().actors_by(held).history_by(requests),
            LooksAt::Versions if instance.copied.is_none() => nothing().storages().history_by(seen),
            LooksAt::Versions => nothing().storages().actors_by(disk_fate).history_by(seen),
            LooksAt::Views => nothing().actors_by(disk_view).history_by(views),
            LooksAt::Clients => nothing().actors_by(any_view).history_by(views),
            LooksAt::Gets => nothing().actors_by(held_and_gets).history_by(requests),
            LooksAt::Exchanges => nothing().network_by(syncing),
            LooksAt::Everything => Reads::everything(),
        }
    }
}

/// Whether the node's disk is lost, and its stage if the disk was copied.
fn disk_fate(_: &Instance, part: &Part<'_>, words: &mut Vec<u64>) {
    words.push(fate(part));
}

/// Which puts a node has on disk, as a replica and for whom else; what it has there of who is a
/// member; whether its disk is lost.
fn held(instance: &Instance, part: &Part<'_>, words: &mut Vec<u64>) {
    words.push(fate(part));
    let Some(disk) = part.storage else { return };
    let puts = |siblings: &Siblings| writes_of(siblings.versions()).bits();
    words.push(disk.hints.len() as u64);
    words.extend(instance.keys().map(|key| disk.store.get(key).map_or(u64::MAX, puts)));
    for (id, siblings) in &disk.hints {
        words.extend([u64::from(id.recipient.0), puts(siblings)]);
    }
    changes_on(instance, disk, words);
}

/// What [`held`] tells, and which gets the node coordinates.
fn held_and_gets(instance: &Instance, part: &Part<'_>, words: &mut Vec<u64>) {
    if let Some(node) = part.state.node() {
        let coordinated = node.gets.keys().filter_map(|request| instance.read(*request));
        list(words, coordinated.map(|get| get as u64));
    }
    held(instance, part, words);
}

/// So many words, each on its own. Were they packed into fewer, two different lists might look the
/// same.
fn list(words: &mut Vec<u64>, all: impl Iterator<Item = u64>) {
    let begin = words.len();
    words.push(0);
    words.extend(all);
    words[begin] = (words.len() - begin - 1) as u64;
}

/// What a node has on disk of who is a member, and whether its disk is lost.
fn disk_view(instance: &Instance, part: &Part<'_>, words: &mut Vec<u64>) {
    words.push(fate(part));
    if let Some(disk) = part.storage {
        changes_on(instance, disk, words);
    }
}

/// What [`disk_view`] tells of a node; and what a client knows of who is a member.
fn any_view(instance: &Instance, part: &Part<'_>, words: &mut Vec<u64>) {
    disk_view(instance, part, words);
    if let Some(client) = part.state.client() {
        changes(client.routes.history(), words);
    }
}

fn changes_on(instance: &Instance, disk: &Durable, words: &mut Vec<u64>) {
    if instance.changes {
        changes(&disk.history, words);
    }
}

fn changes(history: &History, words: &mut Vec<u64>) {
    words.push(history.len() as u64);
    for Change { node, time, act } in history.changes() {
        let (act, address) = match act {
            Act::Join => (0, None),
            Act::Leave => (1, None),
            Act::Gone => (2, None),
            Act::Remove => (3, None),
            Act::Move(address) => (4, Some(address)),
        };
        words.push(u64::from(node.0) << 40 | u64::from(*time) << 8 | act);
        let bytes = address.map(|address| address.to_bytes());
        let word = |bytes: &[u8]| bytes.iter().fold(0, |all, byte| all << 8 | u64::from(*byte));
        words.extend(bytes.iter().flat_map(|bytes| bytes.chunks(8)).map(word));
    }
}

/// Which puts really saw which, which have begun, which were reaped, and which nodes know that an
/// old disk is old.
fn seen(instance: &Instance, ghost: &Ghost, words: &mut Vec<u64>) {
    words.extend([ghost.reaped.bits(), ghost.copied.witnesses]);
    words.extend(ghost.writes.iter().map(|write| write.saw.bits()));
    // Which puts have begun matters only where a put may have two coordinators.
    if (0..).map(WriteId).take(instance.puts.len()).any(|write| instance.may_fail_over(write)) {
        words.push(ghost.begun().bits());
    }
}

/// All that really happened to puts and gets, and what nodes said that they have stored.
fn requests(instance: &Instance, ghost: &Ghost, words: &mut Vec<u64>) {
    let outcome_word = |outcome: Outcome| match outcome {
        Outcome::Unsent => 0,
        Outcome::Running => 1,
        Outcome::Failed => 2,
        Outcome::Answered { replies, in_person } => {
            3 | (replies as u64) << 8 | (in_person as u64) << 32
        }
    };
    seen(instance, ghost, words);
    words.extend(ghost.writes.iter().map(|write| outcome_word(write.outcome)));
    words.extend(ghost.confirmed.iter().map(|puts| puts.bits()));
    words.push(ghost.hinted.len() as u64);
    for hinted in &ghost.hinted {
        words.push(u64::from(hinted.holder.0) << 16 | u64::from(hinted.recipient.0));
        words.extend([hinted.writes.bits(), hinted.is_moved.into()]);
    }
    let nodes = |words: &mut Vec<u64>, nodes: &[NodeId]| {
        list(words, nodes.iter().map(|node| u64::from(node.0)));
    };
    for Read { acknowledged_before, hearings, by, shown, sources, omitted, outcome } in &ghost.reads
    {
        let by = by.map_or(0, |node| u64::from(node.0) + 1);
        words.extend([outcome_word(*outcome), by, hearings.len() as u64]);
        nodes(words, sources);
        words.extend([acknowledged_before, shown, omitted].map(|puts: &WriteSet| puts.bits()));
        for Hearing { coordinator, heard, known, repairs } in hearings {
            words.extend([u64::from(coordinator.0), known.bits()]);
            nodes(words, heard);
            let repair = |(node, puts): &(NodeId, WriteSet)| [u64::from(node.0), puts.bits()];
            list(words, repairs.iter().flat_map(repair));
        }
    }
}

/// What was really told of who is a member.
fn views(_: &Instance, ghost: &Ghost, words: &mut Vec<u64>) {
    words.push(ghost.changed_again.into());
    for history in ghost.known.iter().chain(&ghost.owed) {
        changes(history, words);
    }
}

fn syncing(_: &Instance, messages: &mut Messages<'_, Process>, words: &mut Vec<u64>) {
    words.push(u64::from(is_syncing(messages)));
}

fn repeats(_: &Instance, messages: &mut Messages<'_, Process>, words: &mut Vec<u64>) {
    let (of_replica, of_fallback) = repeated(messages);
    words.extend([of_replica, of_fallback].map(u64::from));
}
