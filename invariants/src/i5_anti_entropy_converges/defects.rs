//! What breaks I5 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Defect, Limit};
use dynamo_model::rules::Rules;
use dynamo_model::tree::Digest;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "hint-not-kept-for-the-new",
        rule: "hint_goes_to",
        story: "",
        what: "A node that keeps something for a replica does not keep it for one that has become a replica besides. If it is that one \
               itself it hands the hint over, drops it, and has nothing.",
        missed_by: "The other replicas hand over what they have. It takes a replica that has nothing yet but what is kept for it.",
        breaks: &["I5.replicas-agree-in-the-end"],
        scope: "join-and-remove",
        rules: || Rules {
            hint_goes_to: |recipient, _, now| {
                if now.contains(&recipient) { vec![recipient] } else { now.to_vec() }
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "update-not-in-the-tree",
        rule: "tree_follows",
        story: "",
        what: "A key is entered in the tree when it is new, and not when it changes: replicas that are the same seem to differ, are found \
               to be the same, and so on for ever; others that differ seem to be the same.",
        missed_by: "The disks agree, and every read is right: it takes trees that came about differently, by stores in \
                    another order or a restart that plants one anew, and a lasso in which the key is sent for ever.",
        breaks: &["I5.exchange-ends"],
        scope: "exchange-and-crash",
        rules: || Rules {
            tree_follows: |before, _after| before.context().is_empty(),
            ..Rules::default()
        },
    },
    Defect {
        name: "delete-not-in-the-tree",
        rule: "tree_follows",
        story: "",
        what: "A leaf is not updated when a tombstone takes the place of a value: the replica that still has the value seems to be the same.",
        missed_by: "With puts alone the trees are right: it takes a delete whose store to the other replica is lost, \
                    and a look at both disks in the end.",
        breaks: &["I5.replicas-agree-in-the-end", "I5.exchange-ends"],
        scope: "exchange-and-delete",
        rules: || Rules {
            tree_follows: |_before, after| !(Rules::default().is_deleted)(after),
            ..Rules::default()
        },
    },
    Defect {
        name: "tombstones-have-no-digest",
        rule: "key_digest",
        story: "",
        what: "Tombstones do not count when replicas are compared: one that never heard of the key is not told that it is deleted.",
        missed_by: "A replica that still has the value is found to differ, and told: it takes one that neither the \
                    put nor the delete has reached, and a look at its disk in the end.",
        breaks: &["I5.replicas-agree-in-the-end"],
        scope: "exchange-and-delete",
        rules: || Rules {
            key_digest: |key, held| {
                if (Rules::default().is_deleted)(held) { Digest(0) } else { held.digest(key) }
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "roots-assumed-equal",
        rule: "goes_down",
        story: "",
        what: "Trees whose roots differ are taken to be the same.",
        missed_by: "While no message is lost the stores alone bring replicas together: it takes one lost store, no \
                    read that repairs, and a look at both disks in the end.",
        breaks: &["I5.replicas-agree-in-the-end"],
        scope: "exchange",
        rules: || Rules { goes_down: |_own, _theirs| false, ..Rules::default() },
    },
    Defect {
        name: "whole-leaves-travel",
        rule: "must_sync",
        story: "",
        what: "All keys of a leaf that differs are sent, not only those that do.",
        missed_by: "The replicas come to agree, with the right values: it takes a second key at the same leaf that \
                    never differed, and a look at what is sent.",
        breaks: &["I5.only-divergent-keys-travel"],
        scope: "exchange",
        rules: || Rules { must_sync: |_own, _theirs| true, ..Rules::default() },
    },
    Defect {
        name: "only-missing-keys-travel",
        rule: "must_sync",
        story: "",
        what: "A key is sent where the other has nothing of it; where both have something, and not the same, neither gets what it lacks.",
        missed_by: "After one lost put one replica lacks the key altogether: it takes two puts through two replicas, \
                    neither of which reaches the other.",
        breaks: &["I5.replicas-agree-in-the-end"],
        scope: "exchange-both-ways",
        rules: || Rules {
            must_sync: |own, theirs| own.is_none() != theirs.is_none(),
            ..Rules::default()
        },
    },
    Defect {
        name: "exchange-never-ends",
        rule: "must_answer",
        story: "",
        what: "A replica answers also where the other has all that it has: two repair one another for ever.",
        missed_by: "The disks agree soon, and stay so: no state is wrong, only the lasso in which two replicas go on \
                    sending.",
        breaks: &["I5.exchange-ends"],
        scope: "exchange",
        rules: || Rules { must_answer: |_held, _sent| true, ..Rules::default() },
    },
];

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "lost-store-stays-lost",
        story: "",
        what: "A put that was lost on its way to a replica, and sent again no more, is not there in the end, whether it was acknowledged \
               or not: only a read brings it there.",
        missed_by: "Whoever hears that the put failed expects nothing more of it, and whoever hears that it did not reads it from \
                    the others: it takes the loss of one store, no read that repairs, and a look at every replica's disk in the end.",
        property: "I5.replicas-agree-in-the-end",
        scope: "loss",
    },
    Limit {
        name: "doubled-sync-is-answered-again",
        story: "",
        what: "Where messages are doubled for ever, an old word of what a replica had arrives again and again, and is answered each time.",
        missed_by: "The replicas agree, and no state is wrong: it takes a network that repeats messages without end, \
                    and a lasso in which an old one is answered each time.",
        property: "I5.exchange-ends",
        scope: "exchange-and-duplication",
    },
];
