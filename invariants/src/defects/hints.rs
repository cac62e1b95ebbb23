//! Hints that are lost, or stay for ever.

use super::Defect;
use dynamo_model::rules::{Cause, HandoffEvent, Occasion, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "hint-dropped-when-sent",
        rule: "hint_may_clear",
        what: "A hint is dropped as soon as it was sent: if the message is late, the put is on one disk less than promised.",
        breaks: &["I8.hint-is-kept", "I1.acknowledged-put-is-on-w-disks", "I4.acknowledged-put-is-secured"],
        scope: "stand-in",
        missed_by: "On a network that delivers at once the recipient has it a moment later. It takes a look at all disks while \
                    the hand-over is on its way.",
        rules: || Rules { hint_may_clear: |_, event| matches!(event, HandoffEvent::Sent), ..Rules::default() },
    },
    Defect {
        name: "hint-dropped-on-timeout",
        rule: "hint_may_clear",
        what: "A hint whose transfer gets no answer in time is given up.",
        breaks: &["I8.hint-is-kept", "I1.acknowledged-put-is-on-w-disks", "I4.acknowledged-put-is-secured"],
        scope: "stand-in",
        missed_by: "It takes a transfer without an answer: a test in which the owner is back before the first attempt hands \
                    everything over.",
        rules: || Rules { hint_may_clear: |_, event| !matches!(event, HandoffEvent::Sent), ..Rules::default() },
    },
    Defect {
        name: "hint-cleared-by-any-answer",
        rule: "hint_may_clear",
        what: "Whatever answer comes clears the hint, also the answer to a transfer that began before the hint grew.",
        breaks: &["I8.hint-is-kept", "I1.acknowledged-put-is-on-w-disks", "I4.acknowledged-put-is-secured"],
        scope: "growing-hint",
        missed_by: "It takes a second put for the same recipient while the first transfer is under way; tests with one put a hint \
                    cannot show it.",
        rules: || Rules {
            hint_may_clear: |_, event| matches!(event, HandoffEvent::Acknowledged(_)),
            ..Rules::default()
        },
    },
    Defect {
        name: "hint-in-memory-only",
        rule: "must_save",
        what: "A fallback gives its word for a hint that it has in memory only: one crash, and an acknowledged put is gone.",
        breaks: &["I8.hint-is-kept", "I1.acknowledged-put-is-on-w-disks", "I4.acknowledged-put-is-secured"],
        scope: "holder-crash",
        missed_by: "A holder that stays up hands over all that it promised. It takes a crash of the holder, not of the owner, \
                    between its word and the hand-over.",
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Hint && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "handed-over-before-disk",
        rule: "must_save",
        what: "The recipient of a hint says that it has it before it is on its disk: the holder drops it, the recipient crashes.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.vouched-for-is-kept",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "holder-crash",
        missed_by: "It takes a crash of the recipient just after it has answered; tests of handoff crash the owner before it, and \
                    nobody after.",
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::HandOff && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "hint-overwrites",
        rule: "hint_lands",
        what: "What is handed over takes the place of what is there, though that may be newer.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-is-secured",
            "I8.hint-is-kept",
        ],
        scope: "growing-hint",
        missed_by: "In the usual order the hint is the newest that the recipient gets. It takes a newer put that reaches the \
                    recipient before the hand-over.",
        rules: || Rules { hint_lands: |_, hint| hint.clone(), ..Rules::default() },
    },
    Defect {
        name: "handoff-forgotten",
        rule: "handoff_is_due",
        what: "A node that was started again does not go on handing over, until another hint for the same node comes: a holder of hints alone keeps them for ever.",
        breaks: &["I8.no-hint-stays"],
        scope: "holder-crash",
        missed_by: "Nothing is lost: the hint is on disk. It shows only where every hint must go in the end, and where no new \
                    hint comes after the restart that would set things going.",
        rules: || Rules { handoff_is_due: |occasion| occasion != Occasion::Started, ..Rules::default() },
    },
    Defect {
        name: "one-stand-in-for-two",
        rule: "stand_in",
        what: "One fallback stands in for every replica that is away: its answers are counted as so many copies, and are one.",
        breaks: &["I1.acknowledged-put-is-on-w-disks", "I6.no-ack-before-w", "I8.no-hint-stays"],
        scope: "stand-in-for-all",
        missed_by: "With one replica away it cannot show. It takes two that are late at once, and a count of disks instead of \
                    answers.",
        rules: || Rules {
            stand_in: |tally, fallbacks, _| fallbacks.first().copied().filter(|_| tally.stand_ins.len() < 2),
            ..Rules::default()
        },
    },
];
