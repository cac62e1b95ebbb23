//! Hints that are lost, or stay for ever.

use super::Defect;
use dynamo_model::rules::{Cause, HandoffEvent, Occasion, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "hint-dropped-when-sent",
        rule: "hint_may_clear",
        what: "A hint is dropped as soon as it was sent: if the message is late, the put is on one disk less than promised.",
        missed_by: "When the transfer has arrived all is well: it takes a look at all disks while it is still under \
                    way.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "stand-in",
        rules: || Rules {
            hint_may_clear: |_, event| matches!(event, HandoffEvent::Sent),
            ..Rules::default()
        },
    },
    Defect {
        name: "hint-dropped-on-timeout",
        rule: "hint_may_clear",
        what: "A hint whose transfer gets no answer in time is given up.",
        missed_by: "A transfer that is answered in time is never given up: it takes one that is slower than its \
                    holder's patience, and a look at all disks before it arrives.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "stand-in",
        rules: || Rules {
            hint_may_clear: |_, event| !matches!(event, HandoffEvent::Sent),
            ..Rules::default()
        },
    },
    Defect {
        name: "hint-cleared-by-any-answer",
        rule: "hint_may_clear",
        what: "Whatever answer comes clears the hint, also the answer to a transfer that began before the hint grew.",
        missed_by: "Of a single put the answer says all: it takes a second put that reaches the holder while the \
                    transfer of the first, or the answer to it, is under way.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "growing-hint-of-two",
        rules: || Rules {
            hint_may_clear: |_, event| matches!(event, HandoffEvent::Acknowledged { .. }),
            ..Rules::default()
        },
    },
    Defect {
        name: "hint-in-memory-only",
        rule: "must_save",
        what: "A fallback gives its word for a hint that it has in memory only: one crash, and an acknowledged put is gone.",
        missed_by: "While the fallback is up it hands over all that it has promised: it takes its crash between its \
                    word and the handoff, or a look at its disk.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "holder-crash",
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Hint && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "handed-over-before-disk",
        rule: "must_save",
        what: "The recipient of a hint says that it has it before it is on its disk: the holder drops it, the recipient crashes.",
        missed_by: "The recipient answers right, from memory: it takes its crash after the holder has dropped the \
                    hint, or a look at both disks then; a crash at any other moment loses nothing.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.vouched-for-is-kept",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "holder-crash",
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::HandOff && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "hint-overwrites",
        rule: "hint_lands",
        what: "What is handed over takes the place of what is there, though that may be newer.",
        missed_by: "What is handed to a replica that missed everything lands as it should: it takes a second put \
                    that reaches the recipient by itself while the hint with the first is still kept.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-is-secured",
            "I8.hint-is-kept",
        ],
        scope: "growing-hint-of-two",
        rules: || Rules { hint_lands: |_, hint| hint.clone(), ..Rules::default() },
    },
    Defect {
        name: "handoff-forgotten",
        rule: "handoff_is_due",
        what: "A node that was started again does not go on handing over, until another hint for the same node comes: a holder of hints alone keeps them for ever.",
        missed_by: "Nothing is lost, and with more traffic the next hint sets the handoff going: it takes one crash \
                    of the holder, then silence, and a lasso in which the hint stays.",
        breaks: &["I8.no-hint-stays"],
        scope: "holder-crash",
        rules: || Rules {
            handoff_is_due: |occasion| occasion != Occasion::Started,
            ..Rules::default()
        },
    },
    Defect {
        name: "one-stand-in-for-two",
        rule: "stand_in",
        what: "One fallback stands in for every replica that is away: its answers are counted as so many copies, and are one.",
        missed_by: "With one replica away, one stand-in is right: it takes two that are slow at the same time, and a \
                    count of the disks, not of the answers.",
        breaks: &["I1.acknowledged-put-is-on-w-disks", "I6.no-ack-before-w", "I8.no-hint-stays"],
        scope: "stand-in-for-all",
        rules: || Rules {
            stand_in: |tally, fallbacks, _| {
                fallbacks.first().copied().filter(|_| tally.stand_ins.len() < 2)
            },
            ..Rules::default()
        },
    },
];
