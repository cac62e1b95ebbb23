//! Defects in which a node forgets entries of a clock, dots that it gave, or puts that it had.

use crate::defect::{Cost, Defect, Loss, When};
use dynamo_model::rules::{Cause, Rules};
use dynamo_model::version::{Context, Epoch, Issuer};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "clock-pruned",
        rule: "put_context",
        story: "Ann puts a cart with tea through A, reads it through C, and puts a cart with tea \
                and milk over it through B. B gives the new cart a clock that names only its own \
                dot. If Bob compares the clocks of the two carts now, he takes them for \
                concurrent.",
        what: "To stay small, a clock keeps only its newest entry. A put no longer covers what its \
               client had read, and seems concurrent with it.",
        missed_by: "A clock with one entry is complete. You need a put over a version that another \
                    node has coordinated. You also need the ground truth of who read what, because \
                    pruned clocks agree with one another.",
        breaks: &["I2.clocks-are-causal", "I2.siblings-are-an-antichain"],
        scope: "one-client",
        cost: Cost {
            when: When::NoFault,
            skip: "keeping what the client had read in the put's context",
            lose: "the effect of the client's update: the value that it replaced can come back \
                   beside it",
            loss: Loss::Told {
                scope: "forwarded-put-over-and-get",
                harm: "harm.replaced-value-is-seen",
                ending: "Ann puts bread through C, and replaces it by milk through A. The milk's \
                         clock has lost the dot of the bread. When Ann reads, she gets bread and \
                         milk as siblings, and has to replace the bread again.",
            },
        },
        rules: || Rules {
            put_context: |_, put, request, _| Context::new().with_put(put, request),
            ..Rules::default()
        },
    },
    Defect {
        name: "incarnation-reused",
        rule: "new_incarnation",
        story: "Ann puts a cart with tea through A under dot [A:1], and C stores it. A loses its \
                disk, and then gives [A:1] to Bob's cart with milk. If Bob reads from A and C now, \
                he sees only one of the two carts.",
        what: "A node that lost its disk restarts under its old identity and counts its puts from \
               one again. A new put gets the dot of an old one. A replica that meets both takes \
               one of them for replaced.",
        missed_by: "A crash keeps the disk, and the counter with it. You need a coordinator that \
                    comes back with an empty disk between two puts, and another replica that still \
                    has the first put.",
        breaks: &["I2.one-put-one-version", "I2.confirmed-put-is-kept", "I2.clocks-are-causal"],
        scope: "lost-disk",
        cost: Cost {
            when: When::ReplaceDisk,
            skip: "giving a node on an empty disk a new incarnation",
            lose: "one of two clients' puts: both have one dot, and a merge keeps only one",
            loss: Loss::Told {
                scope: "write-all-lost-disk-and-two-clients",
                harm: "harm.acknowledged-put-is-lost",
                ending: "Bob puts tea through A. A loses its disk, starts counting again under \
                         the same name, and gives Ann's bread the dot that Bob's tea had. When \
                         Ann replaces the bread by milk, B takes the tea for replaced, too. It \
                         was acknowledged, and is gone for good.",
            },
        },
        rules: || Rules { new_incarnation: |_| 0, ..Rules::default() },
    },
    Defect {
        name: "hint-overwrites",
        rule: "hint_lands",
        story: "Ann puts a cart with tea through A; C is silent, B keeps a hint for C, and A \
                reports a failure. Ann puts a cart with milk through A, and C stores both carts. \
                Then B hands over its hint, which overwrites both. If Bob reads C's copy now, the \
                milk is missing.",
        what: "A handed-over hint replaces what its recipient holds, even if that is newer. The \
               recipient loses a put that it has confirmed.",
        missed_by: "A hint lands correctly on a replica that has missed everything. You need a \
                    second put that reaches the recipient directly while a fallback still keeps \
                    the hint with the first.",
        breaks: &[
            "I2.confirmed-put-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I5.replicas-agree-eventually",
            "I4.acknowledged-put-is-secured",
            "I8.hint-is-kept",
        ],
        scope: "growing-hint-of-two",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "merging a hint with what its recipient already holds",
            lose: "a copy of a newer acknowledged put: the older hint overwrites it",
            loss: Loss::Told {
                scope: "coordinated-twice-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "Bob puts milk through A. Then B hands over its hint with Ann's bread, \
                         which replaces all that A has. Bob's milk was acknowledged, and is gone \
                         for good.",
            },
        },
        rules: || Rules { hint_lands: |_, hint| hint.clone(), ..Rules::default() },
    },
    Defect {
        name: "counter-restarts-with-the-key",
        rule: "epoch",
        story: "Ann puts a cart through A under dot [A:1] and deletes it; every replica stores the \
                tombstone, and A reaps it. Bob puts a new cart through A, which gives it [A:1] \
                again. B and C still have the tombstone, whose context covers that dot. If Bob \
                reads from A and C now, his new cart seems deleted.",
        what: "A coordinator that has dropped or reaped a key counts its puts from one again under \
               its old name. An old put and a new put then have one dot.",
        missed_by: "While a key lives, its context knows all its dots. You need a key that is \
                    deleted, reaped and put again. You also need a replica or a client that still \
                    has a context from before.",
        breaks: &[
            "I2.clocks-are-causal",
            "I2.confirmed-put-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
            "I5.replicas-agree-eventually",
        ],
        scope: "reap-and-put-again",
        cost: Cost {
            when: When::Delete,
            skip: "starting a new epoch for a key that its coordinator has reaped",
            lose: "an acknowledged new put of the key: an old tombstone makes it look deleted",
            loss: Loss::Told {
                scope: "delete-reap-and-put-again",
                harm: "harm.acknowledged-put-is-lost",
                ending: "Ann deletes her cart, and A forgets the tombstone and its counter. Ann's \
                         next put gets the dot of her first one. B knows this dot as deleted, and \
                         drops the put, so Ann reads nothing.",
            },
        },
        rules: || Rules {
            epoch: |_, held, new| Epoch {
                number: 0,
                issued: held.counter_max(Issuer { epoch: 0, ..new }),
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "one-tombstone-is-enough",
        rule: "is_deleted",
        story: "Ann puts a cart with tea through A, and Bob puts a cart with milk that Ann never \
                reads. Ann deletes her cart, and all replicas store her tombstone beside Bob's \
                cart. A reaps the key, and with it Bob's acknowledged cart. If Bob reads A's copy \
                now, his cart is gone.",
        what: "A key counts as deleted as soon as one of its siblings is a tombstone. A put that \
               is concurrent with the delete is reaped along with it.",
        missed_by: "A delete alone leaves nothing beside its tombstone. You need a put that is \
                    concurrent with the delete, and a reap after both.",
        breaks: &[
            "I2.confirmed-put-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
            "I5.replicas-agree-eventually",
        ],
        scope: "reap-and-put-again",
        cost: Cost {
            when: When::Delete,
            skip: "looking for values beside a tombstone before you reap it",
            lose: "another client's acknowledged put that is concurrent with the delete",
            loss: Loss::Told {
                scope: "delete-reap-and-put-amid",
                harm: "harm.acknowledged-put-is-lost",
                ending: "Ann deletes the bread that she put, while Bob puts tea. One of the two \
                         siblings is a tombstone, so A forgets both. Bob's tea was acknowledged, \
                         and is gone for good.",
            },
        },
        rules: || Rules {
            is_deleted: |held| {
                held.versions().iter().any(|version| version.content.value().is_none())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-whatever-is-there",
        rule: "is_unchanged",
        story: "Ann deletes her cart through A, and B and C reply to A's survey that they hold \
                only the tombstone. Then Ann puts a new cart through C. A reaps, and tells C to \
                reap, and C drops the new cart. If Bob reads from A and C now, he finds no cart.",
        what: "A replica that is told to reap a key does so even if it no longer holds only the \
               surveyed tombstones. A put that has arrived since the survey is lost.",
        missed_by: "A put before the survey stops the reap, and a put after the reap is safe. You \
                    need a put that arrives between the two.",
        breaks: &[
            "I2.confirmed-put-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I5.replicas-agree-eventually",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "reap-and-put-again",
        cost: Cost {
            when: When::Delete,
            skip: "checking for new puts when a replica is told to reap",
            lose: "an acknowledged put that arrives while the key is being reaped",
            loss: Loss::Told {
                scope: "delete-reap-and-put-elsewhere",
                harm: "harm.acknowledged-put-is-missed",
                ending: "Ann deletes her cart, and A tells B to forget the tombstone. Meanwhile \
                         Bob has put tea through B. B forgets all it has of the key, the tea too. \
                         Ann reads nothing, although the tea was acknowledged.",
            },
        },
        rules: || Rules { is_unchanged: |_, _| true, ..Rules::default() },
    },
    Defect {
        name: "exchanged-in-memory-only",
        rule: "must_save",
        story: "Ann puts a cart with tea through A. B gets the cart from A by an exchange and \
                keeps it in memory only. When A's message to store the cart arrives, B confirms it \
                without a disk write. If Bob, the operator, inspects B's disk now, he finds no \
                cart.",
        what: "A replica keeps what an exchange brings in memory only. Its tree equals the \
               other's, so nobody sends the data again. Asked to store the put, it confirms \
               without a disk write.",
        missed_by: "Both replicas give equal answers from memory and have equal trees. You need to \
                    inspect the disk after an exchange has brought the put, or to crash the \
                    replica then.",
        breaks: &["I2.confirmed-put-is-kept", "I5.replicas-agree-eventually"],
        scope: "exchange",
        cost: Cost {
            when: When::Restart,
            skip: "saving to disk what an exchange brought",
            lose: "a copy of a put that a replica has confirmed, when that replica crashes",
            loss: Loss::Told {
                scope: "exchange-loss-and-get",
                harm: "harm.acknowledged-put-is-missed-for-ever",
                ending: "A's message with Ann's put is lost, and an exchange brings it to B \
                         later. B has it in memory only, and never saves it. Whoever reads \
                         through B after a restart misses the cart, and B tells A that all is \
                         well.",
            },
        },
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Exchange && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "old-disk-is-believed",
        rule: "disk_is_old",
        story: "An operator copies A's disk. Ann puts a cart with tea through A under dot [A:1], \
                and B stores it. A restarts on the copy and gives [A:1] to Bob's cart with milk. \
                If Bob's read merges both copies now, it shows only one of the two carts.",
        what: "A node goes on with an older copy of its disk, although another node remembers a \
               later commit. It gives a new put the dot of a put that the copy lacks. A replica \
               that meets both takes one of them for replaced.",
        missed_by: "The copy is whole and passes every check of itself. You need another node that \
                    still has what came after the copy.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.confirmed-put-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "old-disk",
        cost: Cost {
            when: When::ReplaceDisk,
            skip: "asking other nodes whether a node's disk is an older copy",
            lose: "an acknowledged put: the old copy lacks it, and its dot goes to another put",
            loss: Loss::Told {
                scope: "write-all-old-disk-and-two-clients",
                harm: "harm.acknowledged-put-is-lost",
                ending: "A starts on an older copy of its disk, and gives Bob's put the dot that \
                         Ann's had. B takes it for Ann's put and does not store it. Ann reads \
                         through B and misses Bob's put, which was acknowledged.",
            },
        },
        rules: || Rules { disk_is_old: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "old-disk-is-judged-by-its-start",
        rule: "disk_is_old",
        story: "An operator takes a snapshot of A's disk while A runs. Ann puts a cart with tea \
                through A under dot [A:1], and B stores it. A is started on the snapshot, which \
                knows A's last start, and gives [A:1] to Bob's cart with milk. If Bob's read \
                merges both copies now, it shows only one of the two carts.",
        what: "Nodes remember one another's starts, but not one another's commits. A node believes \
               a copy of its disk that was made since its last start. It gives a new put the dot \
               of a put that the copy lacks.",
        missed_by: "A backup is usually older than the last start, and is found. You need a \
                    snapshot of a running node, and no start between the snapshot and its use.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.confirmed-put-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "old-disk",
        cost: Cost {
            when: When::ReplaceDisk,
            skip: "comparing a disk's latest commit, and not only its latest start",
            lose: "an acknowledged put: a snapshot made since the last start lacks it, and is \
                   believed",
            loss: Loss::Told {
                scope: "write-all-old-disk-and-two-clients",
                harm: "harm.acknowledged-put-is-lost",
                ending: "A starts on an older copy of its disk, and nobody tells it so in time. \
                         It gives Bob's put the dot that Ann's had. B takes it for Ann's put and \
                         does not store it. Ann reads through B and misses Bob's put.",
            },
        },
        rules: || Rules {
            disk_is_old: |remembered, known| {
                known.last().is_some_and(|last| last.start < remembered.start)
            },
            ..Rules::default()
        },
    },
];
