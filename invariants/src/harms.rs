//! Harms: what a client sees when a guarantee falls. A violated property often has no victim yet;
//! a harm has one.
//!
//! Harms are not properties of the protocol: some occur under the correct rules too, where Dynamo
//! promises nothing (see the known limits). A telling trace ends in a harm that its scope reaches
//! under the defect and never under the protocol.

use crate::facts;
use crate::property::{LooksAt, Property, answered_reads, converges, looking_at, reachable};
use crate::scope::Ask;
use crate::scope::instance::Instance;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::system::world::World;
use crate::system::{System, SystemState};
use crate::truth::{Ghost, Read, carried_by};
use dynamo_model::message::Message;

const fn harm(
    name: &'static str,
    statement: &'static str,
    condition: fn(&System, &SystemState) -> bool,
) -> Property {
    let evidence = &[facts::answered as _, facts::saw as _];
    looking_at(LooksAt::Disks, reachable(name, evidence, statement, condition))
}

/// Every harm, the worst first.
pub static HARMS: &[Property] = &[
    looking_at(
        LooksAt::Everything,
        harm(
            "harm.acknowledged-put-is-lost",
            "A get does not show a value that was acknowledged before the get began. No node has \
             it on disk any more, nor a value that replaced it, and no message carries one. Nobody \
             had deleted it.",
            |model, state| {
                let left = left_of_puts(&World { model, state });
                answered_reads(state)
                    .any(|read| !missed(&model.cfg, &state.history, read).is_subset(left))
            },
        ),
    ),
    converges(
        "harm.acknowledged-put-is-missed-for-ever",
        &[facts::answered, facts::replicas],
        &[],
        "A get does not show a value that was acknowledged before the get began, or shows one whose \
         delete was acknowledged. Afterwards the replicas never agree: some intended replica lacks \
         the value, or the delete, for ever. A client that asks this replica alone will always be \
         told wrong.",
        |model, state| {
            let world = World { model, state };
            let lacks = |write| world.intended().iter().any(|n| !world.stored(*n).contains(write));
            let (instance, ghost) = (&model.cfg, &state.history);
            let missed =
                |read| missed(instance, ghost, read).union(missed_deletes(instance, ghost, read));
            !answered_reads(state).any(|read| missed(read).iter().any(lacks))
        },
    ),
    harm(
        "harm.acknowledged-put-is-missed",
        "A get does not show a value that was acknowledged before the get began, and shows no \
         value that replaced it. Nobody had deleted it.",
        |model, state| {
            answered_reads(state).any(|read| !missed(&model.cfg, &state.history, read).is_empty())
        },
    ),
    harm(
        "harm.deleted-value-is-seen",
        "A get shows a value that was deleted. The delete was acknowledged before the get began.",
        |model, state| {
            answered_reads(state)
                .any(|read| !missed_deletes(&model.cfg, &state.history, read).is_empty())
        },
    ),
    harm(
        "harm.replaced-value-is-seen",
        "A get shows a value beside the one that replaced it, as if they were concurrent. So its \
         client has to merge again what another client has merged.",
        |_, state| answered_reads(state).any(|read| !state.history.is_antichain(read.shown)),
    ),
];

/// The puts that a disk has or a message carries, and the puts that those replaced.
fn left_of_puts(world: &World<'_>) -> WriteSet {
    let World { model, state } = world;
    let on_disks = world.nodes().map(|node| world.durable(node));
    let carried = state.network.iter_all().map(|envelope| {
        let carried = carried_by(&model.cfg, envelope.msg).union(asked_by(model, envelope.msg));
        state.history.with_all_seen(carried)
    });
    on_disks.chain(carried).fold(WriteSet::EMPTY, WriteSet::union)
}

/// The put that a request in flight asks for, if any.
fn asked_by(model: &System, message: &Message) -> WriteSet {
    let (Message::Request(operation)
    | Message::Routed { operation, .. }
    | Message::Forward { operation, .. }) = message
    else {
        return WriteSet::EMPTY;
    };
    model.cfg.write(operation.request()).into_iter().collect()
}

/// The values that a get should show and does not, nor a value that replaced them.
fn missed(instance: &Instance, ghost: &Ghost, read: &Read) -> WriteSet {
    let deletes = all_puts(ghost).filter(|write| is_delete(instance, *write));
    let deleted = ghost.with_all_seen(deletes.collect());
    read.acknowledged_before.minus(ghost.with_all_seen(read.shown)).minus(deleted)
}

/// The acknowledged deletes of which a get shows a deleted value.
fn missed_deletes(instance: &Instance, ghost: &Ghost, read: &Read) -> WriteSet {
    let values: WriteSet = read.shown.iter().filter(|write| !is_delete(instance, *write)).collect();
    let deletes = read.acknowledged_before.iter().filter(|write| is_delete(instance, *write));
    deletes.filter(|delete| ghost.saw(*delete).minus(values) != ghost.saw(*delete)).collect()
}

fn all_puts(ghost: &Ghost) -> impl Iterator<Item = WriteId> + use<'_> {
    ghost.puts().map(|(write, _)| write)
}

fn is_delete(instance: &Instance, write: WriteId) -> bool {
    instance.ask(instance.puts[usize::from(write.0)]) == Some(Ask::Delete)
}
