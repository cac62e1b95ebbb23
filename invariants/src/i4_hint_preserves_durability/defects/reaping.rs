//! Defects that break I4 when tombstones are reaped.

use crate::defect::{Cost, Defect, Loss, When};
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "reaped-with-a-hint-outstanding",
        rule: "tombstone_may_reap",
        story: "Ann puts a cart through A, and B keeps a hint with it for the slow replica C. Ann \
                deletes the cart, and both replicas, A and C, have the tombstone. A asks C but not \
                B whether it is clear, and reaps the tombstone. Once C reaps it too, B's hint \
                brings the deleted cart back, and Bob reads it.",
        what: "The first replica asks only the intended replicas before it reaps a tombstone. A \
               fallback that still keeps a hint with the old value hands it over later, and the \
               deleted value is back.",
        missed_by: "While no fallback keeps a hint, nothing goes wrong. You need a put for which a \
                    fallback stands in, a delete, and a reap, all before the handoff.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-hint",
        cost: Cost {
            when: When::Delete,
            skip: "asking fallbacks for old hints before you reap a tombstone",
            lose: "the delete: a fallback's hint brings the deleted value back",
            loss: Loss::Untold(
                "No client's run is shown: the scope of this defect has R=1, where a get may miss \
                 a delete anyway. The check looks at the disks: the hint brings the deleted value \
                 back after its tombstone was reaped.",
            ),
        },
        rules: || Rules {
            tombstone_may_reap: |clear, _, intended| {
                intended.iter().all(|node| clear.contains(node))
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-before-all-have-it",
        rule: "tombstone_may_reap",
        story: "Ann puts a cart through A and deletes it. She starts a get through C, which \
                remembers the cart; only then does the tombstone reach C. A and B are clear, so \
                they reap the tombstone, and they answer the get with nothing. C's read repair \
                writes the cart back to A, and if Bob reads now, he finds it.",
        what: "The first replica reaps a tombstone once two replicas are clear of the key, here as \
               many as W. The third replica may still hold the deleted value, or be about to write \
               it back.",
        missed_by: "Usually the third replica is clear by then, too. You need a get that read its \
                    coordinator's disk before the tombstone arrived there. Then inspect all disks \
                    after that get's read repair.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap",
        cost: Cost {
            when: When::Delete,
            skip: "waiting for every replica, not only W, before you reap a tombstone",
            lose: "the delete: a get at another replica can write the deleted value back by read \
                   repair",
            loss: Loss::Told {
                scope: "delete-reap-and-read-two",
                harm: "harm.deleted-value-is-seen",
                ending: "Ann deletes her cart. A forgets the tombstone when B alone is clear, \
                         while C has answered a read from its old copy. A's reply to C says \
                         nothing of the delete, so Ann sees the deleted cart.",
            },
        },
        rules: || Rules { tombstone_may_reap: |clear, _, _| clear.len() >= 2, ..Rules::default() },
    },
    Defect {
        name: "hint-does-not-matter",
        rule: "is_clear",
        story: "Ann puts a cart through A, and B keeps a hint with it for the slow replica C. Ann \
                deletes the cart, and A asks C and then B whether they are clear of the key. B \
                says yes, although it still keeps the cart, and A reaps the tombstone. Once C \
                reaps it too, B's hint brings the deleted cart back, and Bob reads it.",
        what: "A node that keeps a hint for a key says that it is clear of the key, because it is \
               no replica of it. The tombstone is reaped, and the handoff of the hint brings the \
               deleted value back.",
        missed_by: "All members are asked, and all of them answer. You need a fallback among them \
                    that still keeps the old value: fallbacks and deletes in one scope. You must \
                    also inspect the hints, not only the replicas' copies.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-hint",
        cost: Cost {
            when: When::Delete,
            skip: "reporting an old hint to a node that asks before it reaps",
            lose: "the delete: the handoff of that hint brings the deleted value back",
            loss: Loss::Told {
                scope: "delete-reap-and-read-all",
                harm: "harm.deleted-value-is-seen",
                ending: "Ann deletes her cart. B coordinates her read and has looked at its old \
                         copy, but says all the same that it is clear. A forgets the tombstone, \
                         so its reply says nothing of the delete. Ann sees the deleted cart.",
            },
        },
        rules: || Rules {
            is_clear: |remains, tombstones| !remains.is_intended || remains.held == tombstones,
            ..Rules::default()
        },
    },
    Defect {
        name: "any-tombstone-is-clear",
        rule: "is_clear",
        story: "Ann puts a cart through A, and A, B and C store it. Ann deletes it, and A asks B \
                and C whether they are clear before the tombstone reaches them. Both say yes, and \
                A reaps the tombstone while B and C still hold the cart. If Bob reads now, he gets \
                the cart, and read repair writes it back to A.",
        what: "A replica says that it is clear of a key without checking what it holds. The \
               tombstone is reaped while this replica still holds the deleted value.",
        missed_by: "A replica that already has the tombstone says what is true. You need a replica \
                    that is asked before the delete reaches it.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap",
        cost: Cost {
            when: When::Delete,
            skip: "checking that a replica has the tombstone before it agrees to reaping",
            lose: "the delete: replicas that the tombstone has not reached still show the deleted \
                   value",
            loss: Loss::Told {
                scope: "delete-reap-and-read-all",
                harm: "harm.deleted-value-is-seen",
                ending: "Ann deletes her cart through A. B still has the cart and says that it is \
                         clear, so A forgets the tombstone. Ann's read asks both, and the deleted \
                         cart is back.",
            },
        },
        rules: || Rules { is_clear: |remains, _| !remains.is_hinted, ..Rules::default() },
    },
];
