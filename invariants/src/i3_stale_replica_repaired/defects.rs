//! What breaks I3 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Defect, Limit};
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "repair-skipped",
        rule: "repair_targets",
        story: "",
        what: "A read that met stale replicas leaves them stale.",
        missed_by: "The read itself is answered right: it takes a look at the stale replica's disk at the moment \
                    when the read is over, before the late store, or another read, can help.",
        breaks: &["I3.stale-replica-is-repaired"],
        scope: "read-repair",
        rules: || Rules { repair_targets: |_, _, _| Vec::new(), ..Rules::default() },
    },
    Defect {
        name: "repair-with-own-copy",
        rule: "repair_content",
        story: "",
        what: "Read repair writes the coordinator's own copy instead of the merge: if the coordinator is the stale one, nothing \
               is repaired.",
        missed_by: "Where the coordinator is up to date its own copy is the merge: it takes a read through the stale \
                    node itself, before the store arrives there.",
        breaks: &["I3.stale-replica-is-repaired"],
        scope: "read-repair",
        rules: || Rules { repair_content: |own, _| own.clone(), ..Rules::default() },
    },
];

pub(super) const LIMITS: &[Limit] = &[Limit {
    name: "repair-is-lost",
    story: "",
    what: "Read repair is sent once: if the message is lost, the replica stays stale until the next read. Nothing depends \
               on it but how soon replicas agree.",
    missed_by: "The read that met the stale replica is answered right: it takes the loss of just the repair, and \
                    a look at that replica's disk.",
    property: "I3.stale-replica-is-repaired",
    scope: "loss",
}];
