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
        breaks: &["I5.exchange-ends"],
        scope: "exchange-and-crash",
        missed_by: "Stores are equal, and reads right: only the comparison of trees goes on for ever. It takes a liveness \
                    property, and a key that changes after it was entered.",
        rules: || Rules { tree_follows: |before, _after| before.context().is_empty(), ..Rules::default() },
    },
    Defect {
        name: "delete-not-in-the-tree",
        rule: "tree_follows",
        what: "A leaf is not updated when a tombstone takes the place of a value: the replica that still has the value seems to be the same.",
        breaks: &["I5.replicas-agree-in-the-end", "I5.exchange-ends"],
        scope: "exchange-and-delete",
        missed_by: "Puts are exchanged as they should be. It takes a delete that one replica missed, and nothing else at that \
                    leaf that differs.",
        rules: || Rules { tree_follows: |_before, after| !(Rules::default().is_deleted)(after), ..Rules::default() },
    },
    Defect {
        name: "tombstones-have-no-digest",
        rule: "key_digest",
        what: "Tombstones do not count when replicas are compared: one that never heard of the key is not told that it is deleted.",
        breaks: &["I5.replicas-agree-in-the-end"],
        scope: "exchange-and-delete",
        missed_by: "Deleted keys are not shown, so replicas seem to agree. It takes a look at disks, where one still has the \
                    value, in the end and not at once.",
        rules: || Rules {
            key_digest: |key, held| if (Rules::default().is_deleted)(held) { Digest(0) } else { held.digest(key) },
            ..Rules::default()
        },
    },
    Defect {
        name: "roots-assumed-equal",
        rule: "goes_down",
        what: "Trees whose roots differ are taken to be the same.",
        breaks: &["I5.replicas-agree-in-the-end"],
        scope: "exchange",
        missed_by: "Everything still works while stores and read repair bring keys everywhere. It takes a message that is lost \
                    for good, and a property of what is so in the end.",
        rules: || Rules { goes_down: |_own, _theirs| false, ..Rules::default() },
    },
    Defect {
        name: "whole-leaves-travel",
        rule: "must_sync",
        what: "All keys of a leaf that differs are sent, not only those that do.",
        breaks: &["I5.only-divergent-keys-travel"],
        scope: "exchange",
        missed_by: "Replicas agree all the same. It takes a second key at the same leaf that never differed, and a count of what \
                    travels.",
        rules: || Rules { must_sync: |_own, _theirs| true, ..Rules::default() },
    },
    Defect {
        name: "only-missing-keys-travel",
        rule: "must_sync",
        what: "A key is sent where the other has nothing of it; where both have something, and not the same, neither gets what it lacks.",
        breaks: &["I5.replicas-agree-in-the-end"],
        scope: "exchange-both-ways",
        missed_by: "A key that one replica lacks altogether is brought there, which is what tests try. It takes two replicas that \
                    each have a version that the other lacks.",
        rules: || Rules { must_sync: |own, theirs| own.is_none() != theirs.is_none(), ..Rules::default() },
    },
    Defect {
        name: "synced-with-no-replica",
        rule: "may_sync",
        what: "A node that was a replica when it asked for a key, and is none any more, takes it, and never hands it over.",
        breaks: &["I4.misplaced-is-handed-over"],
        scope: "exchange-and-displaced",
        missed_by: "It takes an exchange under way while the ring changes, and its answer to arrive after; and then the question \
                    where that copy goes in the end.",
        rules: || Rules { may_sync: |_is_shared| true, ..Rules::default() },
    },
    Defect {
        name: "exchange-never-ends",
        rule: "must_answer",
        what: "A replica answers also where the other has all that it has: two repair one another for ever.",
        breaks: &["I5.exchange-ends"],
        scope: "exchange",
        missed_by: "Both replicas are right at every moment. It shows only as a cycle: the check has to ask what may go on for \
                    ever.",
        rules: || Rules { must_answer: |_held, _sent| true, ..Rules::default() },
    },
    Defect {
        name: "exchanged-in-memory-only",
        rule: "must_save",
        what: "What a replica gets by comparing it does not write to disk: it seems to have it, nobody sends it again, and when it is asked to \
               store it says that it has.",
        breaks: &["I2.vouched-for-is-kept", "I5.replicas-agree-in-the-end"],
        scope: "exchange",
        missed_by: "The replica answers and compares as if it had the key. It takes a look at its disk, or a crash after the \
                    exchange.",
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Exchange && before != after,
            ..Rules::default()
        },
    },
];
