//! Words that are not worth as many copies.

use super::Defect;
use dynamo_model::rules::{Cause, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "ack-one-short",
        rule: "put_may_ack",
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
            put_may_ack: |tally, w, _| tally.counted.len() + 1 >= w,
            ..Rules::default()
        },
    },
    Defect {
        name: "replica-counted-twice",
        rule: "reply_counts_for",
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
        what: "The last answer that could come is not counted: a quorum has answered, but the request never ends, and a read never \
               comes to repair.",
        missed_by: "Every client gets the right answer: it takes a look at what the coordinator still waits for in \
                    the end, and at the replica that is not repaired.",
        breaks: &["I6.every-request-ends", "I3.stale-replica-is-repaired"],
        scope: "one-client",
        rules: || Rules {
            reply_counts_for: |tally, from, named| {
                let intended = (Rules::default().reply_counts_for)(tally, from, named);
                intended.filter(|_| tally.counted.len() + 1 < tally.asked.len())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "word-before-disk",
        rule: "must_save",
        what: "Replicas give their word for what they hold in memory only: one crash, and an acknowledged put is gone.",
        missed_by: "Answers, and reads after them, are right, from memory: it takes a crash after the word is given, \
                    or a look at disks rather than answers.",
        breaks: &[
            "I1.acknowledged-put-is-on-w-disks",
            "I2.vouched-for-is-kept",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "coordinator-crash",
        rules: || Rules { must_save: |_, _, _| false, ..Rules::default() },
    },
    Defect {
        name: "answer-before-r",
        rule: "get_may_answer",
        what: "A get is answered with one replica less than R: it can miss a put that was acknowledged before it began.",
        missed_by: "A get through a node that has the put is right whatever R is: it takes one through the replica \
                    that the store has not reached, begun after the acknowledgement.",
        breaks: &["I1.get-rests-on-r-words", "I1.get-sees-acknowledged-puts"],
        scope: "one-client",
        rules: || Rules {
            get_may_answer: |tally, r, _| tally.counted.len() + 1 >= r,
            ..Rules::default()
        },
    },
    Defect {
        name: "stand-in-counted-beside-its-replica",
        rule: "reply_counts_for",
        what: "A replica and the fallback that stood in for it count as two: after handoff they are one copy.",
        missed_by: "A replica that is dead for the whole test never answers beside its stand-in: it takes one that \
                    is only slow, so that both answer, and a count of copies by ghost truth, not by the \
                    coordinator's tally.",
        breaks: &[
            "I4.acknowledged-put-is-secured",
            "I1.acknowledged-put-is-on-w-disks",
            "I6.no-ack-before-w",
        ],
        scope: "stand-in-for-all",
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
        name: "acknowledged-when-given-up",
        rule: "put_may_ack",
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
            put_may_ack: |tally, w, _| tally.counted.len() >= w || !tally.waiting,
            ..Rules::default()
        },
    },
    Defect {
        name: "in-person-not-counted",
        rule: "put_may_ack",
        what: "PW is forgotten once the put has begun: stand-ins are as good as intended replicas, and a get that asks for PR of these misses the put.",
        missed_by: "While all replicas are up a stand-in never counts: it takes a put that loses patience with two \
                    of them, and a get that hears just these two before the hint is handed over.",
        breaks: &[
            "I1.in-person-get-sees-in-person-puts",
            "I1.get-sees-acknowledged-puts",
            "I6.in-person-counts-intended-replicas",
        ],
        scope: "in-person",
        rules: || Rules { put_may_ack: |tally, w, _| tally.counted.len() >= w, ..Rules::default() },
    },
    Defect {
        name: "in-person-not-counted-by-reads",
        rule: "get_may_answer",
        what: "PR is forgotten once the get has begun: stand-ins, who know nothing of the put, answer in the place of replicas.",
        missed_by: "While all replicas are up no stand-in answers a get: it takes one that loses patience with the \
                    very replicas that have the put, and hears a fallback instead.",
        breaks: &[
            "I1.in-person-get-sees-in-person-puts",
            "I1.get-sees-acknowledged-puts",
            "I6.in-person-counts-intended-replicas",
        ],
        scope: "in-person",
        rules: || Rules {
            get_may_answer: |tally, r, _| tally.counted.len() >= r,
            ..Rules::default()
        },
    },
    Defect {
        name: "dot-counter-in-memory-only",
        rule: "must_save",
        what: "A coordinator does not write to disk what it has coordinated, its counter included: after a crash another put gets the same dot.",
        missed_by: "A lone put is on the other replicas' disks all the same: it takes a crash of the coordinator and \
                    another client's put through it, and a look at dots; or one at the coordinator's disk.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-survives",
        ],
        scope: "crash-between-puts",
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Put && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "stand-in-counted-for-another",
        rule: "reply_counts_for",
        what: "A stand-in's answer counts for whomever it stands in for now: a late one, from before a retry, acknowledges a put for a \
               replica that has nothing, and for which nobody keeps anything.",
        missed_by: "A single try, however slow, never shows it: it takes a retry in which the fallback stands in for \
                    another replica than before, and an answer to the first try that comes only then.",
        breaks: &[
            "I4.acknowledged-put-is-secured",
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
        ],
        scope: "stand-in-and-retry",
        rules: || Rules {
            reply_counts_for: |tally, from, _| {
                (Rules::default().reply_counts_for)(tally, from, None)
            },
            ..Rules::default()
        },
    },
];
