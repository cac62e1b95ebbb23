//! The defects that break I3, each with one rule replaced, and the limit: what Dynamo does not
//! promise.

use crate::defect::{Cost, Defect, Limit, Loss, When};
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "repair-skipped",
        rule: "repair_targets",
        story: "Ann puts a price through A; C and B do not reply in time, and A reports the put as \
                failed. Ann reads through C, which has nothing but hears A, and C answers with the \
                price. The read ends, and C still has nothing: if Bob reads through C now and only \
                B replies, he gets nothing.",
        what: "A read that finds stale replicas leaves them stale. A later read can then miss what \
               this read showed.",
        missed_by: "The read itself returns the right answer. You see the defect only if you \
                    inspect the stale replica's disk when the read is over, before the put reaches \
                    that replica.",
        breaks: &["I3.stale-replica-is-repaired"],
        scope: "read-repair",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "writing the merge back to each replica whose answer held less",
            lose: "a value that a get has shown: a later get can miss it",
            loss: Loss::Told {
                scope: "write-all-reader-loses-its-disk",
                harm: "harm.acknowledged-put-is-missed-for-ever",
                ending: "B has lost its disk, and answers Ann's read with nothing. A's reply \
                         comes later and shows B its mistake, but B does not repair itself. \
                         Whoever reads through B alone will miss the cart for ever.",
            },
        },
        rules: || Rules { repair_targets: |_, _, _| Vec::new(), ..Rules::default() },
    },
    Defect {
        name: "repair-with-own-copy",
        rule: "repair_content",
        story: "Ann puts a price through A; C and B do not reply in time, and A reports the put as \
                failed. Ann reads through C, which has nothing but hears A, and C answers with the \
                price. C then repairs itself with its own empty copy: if Bob reads through C now \
                and only B replies, he gets nothing.",
        what: "Read repair writes the coordinator's own copy instead of the merge of all replies. \
               If the coordinator's copy is the stale one, nothing is repaired.",
        missed_by: "If the coordinator is up to date, its copy equals the merge. You see the \
                    defect only with a read through the stale node itself, before the put reaches \
                    it.",
        breaks: &["I3.stale-replica-is-repaired"],
        scope: "read-repair",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "using the merge of all answers, not your copy, in read repair",
            lose: "a value that a get has shown: a later get through the stale coordinator can \
                   miss it",
            loss: Loss::Told {
                scope: "write-all-reader-loses-its-disk",
                harm: "harm.acknowledged-put-is-missed-for-ever",
                ending: "B has lost its disk, and answers Ann's read with nothing. A's reply \
                         comes later and shows B its mistake, but B repairs itself with its own \
                         copy: with nothing. Whoever reads through B alone will miss the cart for \
                         ever.",
            },
        },
        rules: || Rules { repair_content: |own, _| own.clone(), ..Rules::default() },
    },
];

pub(super) const LIMITS: &[Limit] = &[Limit {
    name: "repair-is-lost",
    story: "Ann puts a price through A; C and B do not reply in time, and A reports the put as \
            failed. Ann reads through C, which answers her after B's empty reply; then A's late \
            reply brings the price. C sends it to B as a repair, the network loses the message, \
            and B stays stale. If Bob reads through B now, his read finds the price on A or C and \
            repairs B.",
    what: "A coordinator sends a read repair once. If the message is lost, the replica stays stale \
           until the next read or anti-entropy exchange. Only the time until replicas agree \
           depends on it.",
    missed_by: "The read that finds the stale replica returns the right answer. You see the stale \
                replica only if exactly the repair is lost, and if you inspect that replica's \
                disk.",
    property: "I3.stale-replica-is-repaired",
    scope: "loss",
}];
