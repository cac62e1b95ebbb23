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
use crate::truth::{Ghost, Read};

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
    harm(
        "harm.acknowledged-put-is-lost",
        "A get does not show a value that was acknowledged before the get began, and no node has \
         it on disk any more, nor a value that replaced it. Nobody had deleted it. No later get \
         can show it.",
        |model, state| {
            let world = World { model, state };
            let on_disks = world.nodes().map(|node| world.durable(node));
            let on_disks = on_disks.fold(WriteSet::EMPTY, WriteSet::union);
            answered_reads(state)
                .any(|read| !missed(&model.cfg, &state.history, read).is_subset(on_disks))
        },
    ),
    converges(
        "harm.acknowledged-put-is-missed-for-ever",
        &[facts::answered, facts::replicas],
        &[],
        "A get does not show a value that was acknowledged before the get began, and the replicas \
         never agree afterwards: some intended replica lacks the value for ever. A client that \
         asks this replica alone will always miss it.",
        |model, state| {
            let world = World { model, state };
            let lacks = |write| world.intended().iter().any(|n| !world.stored(*n).contains(write));
            let missed = |read| missed(&model.cfg, &state.history, read);
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
            answered_reads(state).any(|read| shows_a_deleted(&model.cfg, &state.history, read))
        },
    ),
    harm(
        "harm.replaced-value-is-seen",
        "A get shows a value beside the one that replaced it, as if they were concurrent. So its \
         client has to merge again what another client has merged.",
        |_, state| answered_reads(state).any(|read| !state.history.is_antichain(read.shown)),
    ),
];

/// The values that a get should show and does not, nor a value that replaced them.
fn missed(instance: &Instance, ghost: &Ghost, read: &Read) -> WriteSet {
    let deletes = all_puts(ghost).filter(|write| is_delete(instance, *write));
    let deleted = ghost.with_all_seen(deletes.collect());
    read.acknowledged_before.minus(ghost.with_all_seen(read.shown)).minus(deleted)
}

fn shows_a_deleted(instance: &Instance, ghost: &Ghost, read: &Read) -> bool {
    let deletes = read.acknowledged_before.iter().filter(|write| is_delete(instance, *write));
    let deleted = ghost.with_all_seen(deletes.collect());
    read.shown.iter().any(|write| deleted.contains(write) && !is_delete(instance, write))
}

fn all_puts(ghost: &Ghost) -> impl Iterator<Item = WriteId> + use<'_> {
    ghost.puts().map(|(write, _)| write)
}

fn is_delete(instance: &Instance, write: WriteId) -> bool {
    instance.ask(instance.puts[usize::from(write.0)]) == Some(Ask::Delete)
}
