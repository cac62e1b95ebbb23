//! What is kept for others is as good as stored, and reaches them (I4, I8; traces 4 and 8).

use super::{
    HANDED_OVER, HINTED_ACK, PUT, Property, REAPED, always, converges, evidence, only, reachable,
};
use crate::ghost::Hinted;
use crate::view::View;

pub(super) const PROPERTIES: &[Property] = &[
    always(
        "I4.acknowledged-put-is-secured",
        &[evidence::acknowledged],
        HINTED_ACK,
        "Trace 4: from its acknowledgement on, W intended replicas have a put on disk, or others keep it for them; or one that saw it; \
         one less for every disk lost. Where the ring changes, I1.acknowledged-put-is-on-w-disks says it.",
        |model, state| {
            let view = View { model, state };
            let intended = &model.cfg.preference_list;
            if model.cfg.changes {
                return true;
            }
            let secured =
                |write| intended.iter().filter(|node| view.is_secured(**node, only(write))).count();
            let w = model.cfg.config.w().saturating_sub(view.disks_lost());
            state.history.acknowledged().iter().all(|write| secured(write) >= w)
        },
    ),
    always(
        "I4.acknowledged-put-survives",
        &[evidence::acknowledged],
        PUT,
        "Traces 1 and 4: an acknowledged put, or one that saw it, is on some disk. Does not hold where as many disks are lost as W.",
        |model, state| {
            let view = View { model, state };
            let survives = |write| {
                view.nodes().any(|node| !view.is_gone(node) && view.durable(node).contains(write))
            };
            state.history.acknowledged().iter().all(survives)
        },
    ),
    always(
        "I4.reaped-stays-deleted",
        &[evidence::reaped],
        REAPED,
        "Trace 4's dual: what a reaped tombstone had replaced is on no disk, neither as a replica's own nor kept for another. Does not \
         hold where messages live longer than tombstones.",
        |model, state| {
            let view = View { model, state };
            let ghost = &state.history;
            let replaced = ghost.forgotten().minus(ghost.reaped);
            view.versions().all(|(write, _)| !replaced.contains(write))
        },
    ),
    reachable(
        "I4.tombstone-is-reaped",
        &[evidence::reaped, evidence::disks],
        "Tombstones are reaped, and no disk has anything of the key any more.",
        |model, state| {
            let view = View { model, state };
            !state.history.reaped.is_empty() && view.versions().next().is_none()
        },
    ),
    reachable(
        "I4.acknowledged-on-a-hint",
        &[evidence::acknowledged],
        "A put is acknowledged that fewer than W intended replicas have on disk themselves.",
        |model, state| {
            let view = View { model, state };
            let intended = view.intended();
            let stored =
                |write| intended.iter().filter(|node| view.stored(**node).contains(write)).count();
            view.disks_lost() == 0
                && state
                    .history
                    .acknowledged()
                    .iter()
                    .any(|write| stored(write) < model.cfg.config.w())
        },
    ),
    always(
        "I8.hint-is-kept",
        &[evidence::hinted],
        HANDED_OVER,
        "Trace 8: what a node has said it keeps for another stays on its disk until it is on the other's, or one that saw it; as \
         long as neither disk is lost, and the other is an intended replica, by both their views.",
        |model, state| {
            let view = View { model, state };
            let safe = |Hinted { holder, recipient, writes, .. }: &Hinted| {
                view.lost_its_disk(*holder)
                    || view.lost_its_disk(*recipient)
                    || !view.is_intended(*recipient, *holder)
                    || !view.is_intended(*recipient, *recipient)
                    || writes
                        .is_subset(view.kept(*holder, *recipient).union(view.stored(*recipient)))
            };
            state.history.hinted.iter().all(safe)
        },
    ),
    reachable(
        "I8.hint-is-handed-over",
        &[evidence::hinted],
        "A put that was kept for another is on that other's disk, and kept no more.",
        |model, state| {
            let view = View { model, state };
            let handed_over = |Hinted { holder, recipient, writes, .. }: &Hinted| {
                writes.is_subset(view.stored(*recipient))
                    && writes.minus(view.kept(*holder, *recipient)) == *writes
            };
            state.history.hinted.iter().any(handed_over)
        },
    ),
    converges(
        "I8.no-hint-stays",
        &[evidence::hinted, evidence::disks],
        HANDED_OVER,
        "Traces 4 and 8: in the end nothing is kept for another any more, but by nodes removed for good. Does not hold where hints may be sent only so often, and get \
         lost.",
        |model, state| {
            let view = View { model, state };
            view.nodes().all(|node| view.hints(node).next().is_none() || view.is_removed(node))
        },
    ),
];
