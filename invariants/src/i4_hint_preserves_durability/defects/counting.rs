//! Defects that break I4 when fallbacks stand in: copies are counted that are not there.

use crate::defect::{Cost, Defect, Loss, When};
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "stand-in-counted-beside-its-replica",
        rule: "reply_counts_for",
        story: "Ann puts her cart through A, which must store it on all three replicas A, C and B. \
                C is slow, so A asks D to keep a hint for C, and then both C and D answer. A \
                counts them as two replicas and acknowledges the put, although B has nothing. If \
                Bob reads through B now, he finds no cart.",
        what: "The coordinator counts a replica and the fallback that stood in for it as two \
               copies. After the handoff they are one copy, so the put is on one disk fewer than \
               acknowledged.",
        missed_by: "A replica that is dead for the whole test never answers beside its fallback. \
                    You need a replica that is only slow, so that both answer. You must also count \
                    copies by the ground truth, not by the coordinator's tally.",
        breaks: &[
            "I4.acknowledged-put-is-secured",
            "I1.acknowledged-put-is-on-w-disks",
            "I6.no-ack-before-w",
        ],
        scope: "stand-in-for-all",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "counting a replica and its fallback as one copy",
            lose: "a copy of an acknowledged put: after the handoff it is on fewer than W disks",
            loss: Loss::Untold(
                "The put is missing on a replica that nobody keeps a hint for. If the \
                 coordinator's own message does not arrive there, one disk fewer than promised \
                 protects the put, until a read or an exchange repairs it.",
            ),
        },
        rules: || Rules {
            reply_counts_for: |tally, from, named| {
                (Rules::default().reply_counts_for)(tally, from, named).or_else(|| {
                    tally.missing().next().filter(|_| {
                        tally.was_asked(from)
                            && !tally.counted.iter().any(|answer| answer.by == from)
                    })
                })
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "stand-in-counted-for-another",
        rule: "reply_counts_for",
        story: "Ann puts her cart through A, which asks D to keep a hint for the slow replica C, \
                and gives up. Ann retries, and this time A asks D to stand in for B. D now answers \
                the old request, which was for C, but A counts the answer for B. A acknowledges \
                the put, and if Bob reads through B now, he finds no cart.",
        what: "A fallback's answer counts for the replica that the fallback stands in for now. A \
               late answer to an earlier attempt then acknowledges a put for a replica that has \
               nothing. No node keeps a hint for that replica either.",
        missed_by: "A single attempt never shows it, however slow it is. You need a retry on which \
                    the fallback stands in for another replica than before. The fallback's answer \
                    to the first attempt must arrive after that.",
        breaks: &[
            "I4.acknowledged-put-is-secured",
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
        ],
        scope: "stand-in-and-retry",
        cost: Cost {
            when: When::Retry,
            skip: "checking for which replica a fallback's late answer was meant",
            lose: "a copy of an acknowledged put: a replica that was counted has nothing",
            loss: Loss::Untold(
                "The put is missing on a replica that nobody keeps a hint for. If the \
                 coordinator's own message does not arrive there, one disk fewer than promised \
                 protects the put.",
            ),
        },
        rules: || Rules {
            reply_counts_for: |tally, from, _| {
                (Rules::default().reply_counts_for)(tally, from, None)
            },
            ..Rules::default()
        },
    },
];
