//! What breaks I6 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Defect, Limit};
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "ack-one-short",
        rule: "put_may_ack",
        story: "",
        what: "A put is acknowledged with one replica less than W: its client believes in W copies that are not there, and a \
               quorum of readers can miss it.",
        missed_by: "On a quiet cluster every replica has the put a moment later: it takes a look at the disks at the \
                    very moment of the acknowledgement, or a get that overtakes the second store.",
        breaks: &[
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-sees-acknowledged-puts",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "one-client",
        rules: || Rules {
            put_may_ack: |tally, w, _| tally.taken.len() + 1 >= w,
            ..Rules::default()
        },
    },
    Defect {
        name: "replica-counted-twice",
        rule: "reply_counts_for",
        story: "",
        what: "Every answer counts, also the second one from the same replica: W answers are not W copies, R answers not R replicas.",
        missed_by: "Nobody answers twice in a test without timeouts: it takes a coordinator that sends again while \
                    the first answer is on its way, and an acknowledgement that counts both while \
                    another replica has not spoken.",
        breaks: &[
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-rests-on-r-words",
            "I4.acknowledged-put-is-secured",
            "I1.get-shows-the-merge",
        ],
        scope: "retransmission",
        rules: || Rules {
            reply_counts_for: |tally, from, _| {
                tally.missing().next().filter(|_| tally.asked.contains(&from))
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "last-answer-ignored",
        rule: "reply_counts_for",
        story: "",
        what: "The last answer that could come is not counted: a quorum has answered, but the request never ends, and a read never \
               comes to repair.",
        missed_by: "Every client gets the right answer: it takes a look at what the coordinator still waits for in \
                    the end, and at the replica that is not repaired.",
        breaks: &["I6.every-request-ends", "I3.stale-replica-is-repaired"],
        scope: "one-client",
        rules: || Rules {
            reply_counts_for: |tally, from, named| {
                let intended = (Rules::default().reply_counts_for)(tally, from, named);
                intended.filter(|_| tally.taken.len() + 1 < tally.asked.len())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "acknowledged-when-given-up",
        rule: "put_may_ack",
        story: "",
        what: "A put whose coordinator has nobody left to ask is acknowledged, as if those that were not reached had stored it.",
        missed_by: "With one replica away there is always somebody left to ask: it takes all others to be slow, the \
                    fallback too, and a count of disks when the put is acknowledged.",
        breaks: &[
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "stand-in",
        rules: || Rules {
            put_may_ack: |tally, w, _| tally.taken.len() >= w || !tally.waiting,
            ..Rules::default()
        },
    },
];

pub(super) const LIMITS: &[Limit] = &[Limit {
    name: "doubled-request-runs-again",
    story: "",
    what: "A get or a put that arrives again after it was answered runs again; a put is recognised, and yet asks the replicas \
               again. Where the network doubles messages for ever, it never rests.",
    missed_by: "Each answer is right, also the second: it takes a network that repeats messages without end, and a look at \
                    whether the coordinator still waits, each time that the request has come again.",
    property: "I6.every-request-ends",
    scope: "duplication",
}];
