//! Words that are not worth as many copies.

use super::Defect;
use dynamo_model::rules::{Cause, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "ack-one-short",
        rule: "put_may_ack",
        what: "A put is acknowledged with one replica less than W: its client believes in W copies that are not there, and a \
               quorum of readers can miss it.",
        breaks: &[
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-sees-acknowledged-puts",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "one-client",
        missed_by: "A test that puts and reads with every node up never notices: the missing store arrives a moment later. One \
                    has to look at the moment of the acknowledgement, and at what had been said by then.",
        rules: || Rules { put_may_ack: |tally, w, _| tally.taken.len() + 1 >= w, ..Rules::default() },
    },
    Defect {
        name: "replica-counted-twice",
        rule: "reply_counts_for",
        what: "Every answer counts, also the second one from the same replica: W answers are not W copies, R answers not R replicas.",
        breaks: &[
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-rests-on-r-words",
            "I1.get-shows-the-merge",
            "I1.get-sees-acknowledged-puts",
            "I3.stale-replica-is-repaired",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "retransmission",
        missed_by: "It takes a message that arrives twice, or is sent again because the answer was late; where each message \
                    arrives once the count is right.",
        rules: || Rules {
            reply_counts_for: |tally, from, _| tally.missing().next().filter(|_| tally.asked.contains(&from)),
            ..Rules::default()
        },
    },
    Defect {
        name: "last-answer-ignored",
        rule: "reply_counts_for",
        what: "The last answer that could come is not counted: a quorum has answered, but the request never ends, and a read never \
               comes to repair.",
        breaks: &["I6.every-request-ends", "I3.stale-replica-is-repaired"],
        scope: "one-client",
        missed_by: "No answer is ever wrong, so checks of safety alone pass; it shows only where every request must end, and only \
                    when the last replica's answer is the one that is needed.",
        rules: || Rules {
            reply_counts_for: |tally, from, named| {
                let intended = (Rules::default().reply_counts_for)(tally, from, named);
                intended.filter(|_| tally.taken.len() + 1 < tally.asked.len())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "word-before-disk",
        rule: "must_save",
        what: "Replicas give their word for what they hold in memory only: one crash, and an acknowledged put is gone.",
        breaks: &[
            "I1.acknowledged-put-is-on-w-disks",
            "I2.vouched-for-is-kept",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "coordinator-crash",
        missed_by: "Everything that clients and nodes say is right until a crash. Comparing answers is not enough: one has to \
                    look at disks at the moment of the acknowledgement, or crash exactly then.",
        rules: || Rules { must_save: |_, _, _| false, ..Rules::default() },
    },
    Defect {
        name: "answer-before-r",
        rule: "get_may_answer",
        what: "A get is answered with one replica less than R: it can miss a put that was acknowledged before it began.",
        breaks: &["I1.get-rests-on-r-words", "I1.get-sees-acknowledged-puts"],
        scope: "one-client",
        missed_by: "A single replica mostly has the newest version. One has to ask whose word an answer rests on, or read through \
                    a replica that the put has not reached yet.",
        rules: || Rules { get_may_answer: |tally, r, _| tally.taken.len() + 1 >= r, ..Rules::default() },
    },
    Defect {
        name: "stand-in-counted-beside-its-replica",
        rule: "reply_counts_for",
        what: "A replica and the fallback that stood in for it count as two: after handoff they are one copy.",
        breaks: &["I4.acknowledged-put-is-secured", "I1.acknowledged-put-is-on-w-disks", "I6.no-ack-before-w"],
        scope: "stand-in-for-all",
        missed_by: "It takes a replica that is late, not dead: it answers after its stand-in was asked. A test that kills nodes \
                    never has both answers.",
        rules: || Rules {
            reply_counts_for: |tally, from, named| {
                (Rules::default().reply_counts_for)(tally, from, named).or_else(|| {
                    tally
                        .missing()
                        .next()
                        .filter(|_| tally.was_asked(from) && !tally.taken.iter().any(|taken| taken.by == from))
                })
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "acknowledged-when-given-up",
        rule: "put_may_ack",
        what: "A put whose coordinator has nobody left to ask is acknowledged, as if those that were not reached had stored it.",
        breaks: &["I6.no-ack-before-w", "I1.acknowledged-put-is-on-w-disks", "I4.acknowledged-put-is-secured"],
        scope: "stand-in",
        missed_by: "The client is told what it hopes for, and mostly the stores arrive later. It takes a coordinator that loses \
                    patience, and a count of what was really promised when it answers.",
        rules: || Rules { put_may_ack: |tally, w, _| tally.taken.len() >= w || !tally.waiting, ..Rules::default() },
    },
    Defect {
        name: "in-person-not-counted",
        rule: "put_may_ack",
        what: "PW is forgotten once the put has begun: stand-ins are as good as intended replicas, and a get that asks for PR of these misses the put.",
        breaks: &[
            "I1.in-person-get-sees-in-person-puts",
            "I1.get-sees-acknowledged-puts",
            "I6.in-person-counts-intended-replicas",
        ],
        scope: "in-person",
        missed_by: "The check when the put begins is there, and passes. It takes a replica that falls away after that, so that a \
                    stand-in's answer completes the count.",
        rules: || Rules { put_may_ack: |tally, w, _| tally.taken.len() >= w, ..Rules::default() },
    },
    Defect {
        name: "in-person-not-counted-by-reads",
        rule: "get_may_answer",
        what: "PR is forgotten once the get has begun: stand-ins, who know nothing of the put, answer in the place of replicas.",
        breaks: &[
            "I1.in-person-get-sees-in-person-puts",
            "I1.get-sees-acknowledged-puts",
            "I6.in-person-counts-intended-replicas",
        ],
        scope: "in-person",
        missed_by: "The check when the get begins is there, and passes. It takes stand-ins that answer in time while a replica \
                    with the put is late.",
        rules: || Rules { get_may_answer: |tally, r, _| tally.taken.len() >= r, ..Rules::default() },
    },
    Defect {
        name: "dot-counter-in-memory-only",
        rule: "must_save",
        what: "A coordinator does not write to disk what it has coordinated, its counter included: after a crash another put gets the same dot.",
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
        missed_by: "Without a crash between two puts through one coordinator every dot is new; and with one, the two values must \
                    meet before anything looks wrong to a client.",
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
        breaks: &["I4.acknowledged-put-is-secured", "I6.no-ack-before-w", "I1.acknowledged-put-is-on-w-disks"],
        scope: "stand-in-and-retry",
        missed_by: "It takes a retry of the same put that finds a stand-in in another's place, and an answer from before it that \
                    arrives after: one order of events among very many.",
        rules: || Rules {
            reply_counts_for: |tally, from, _| (Rules::default().reply_counts_for)(tally, from, None),
            ..Rules::default()
        },
    },
];
