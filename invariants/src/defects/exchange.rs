//! Replicas that compare, and never come together, or never come to an end.

use super::Defect;
use dynamo_model::rules::{Cause, Rules};
use dynamo_model::tree::Digest;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "update-not-in-the-tree",
        rule: "tree_follows",
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
        name: "synced-with-no-replica",
        rule: "may_sync",
        what: "A node that was a replica when it asked for a key, and is none any more, takes it, and never hands it over.",
        missed_by: "While the ring stands still, who asked is a replica when the answer comes: it takes a change of \
                    the ring between the two, and a look at who still has the key in the end.",
        breaks: &["I4.misplaced-is-handed-over"],
        scope: "exchange-and-displaced",
        rules: || Rules { may_sync: |_is_shared| true, ..Rules::default() },
    },
    Defect {
        name: "exchange-never-ends",
        rule: "must_answer",
        what: "A replica answers also where the other has all that it has: two repair one another for ever.",
        missed_by: "The disks agree soon, and stay so: no state is wrong, only the lasso in which two replicas go on \
                    sending.",
        breaks: &["I5.exchange-ends"],
        scope: "exchange",
        rules: || Rules { must_answer: |_held, _sent| true, ..Rules::default() },
    },
    Defect {
        name: "exchanged-in-memory-only",
        rule: "must_save",
        what: "What a replica gets by comparing it does not write to disk: it seems to have it, nobody sends it again, and when it is asked to \
               store it says that it has.",
        missed_by: "Both replicas give the same answers, from memory, and have equal trees: it takes a look at the \
                    disk after a lost store was made good, or a crash then.",
        breaks: &["I2.vouched-for-is-kept", "I5.replicas-agree-in-the-end"],
        scope: "exchange",
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Exchange && before != after,
            ..Rules::default()
        },
    },
];
