//! What breaks I8 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Defect, Limit};
use dynamo_model::membership::Standing;
use dynamo_model::rules::{Cause, HandoffEvent, Occasion, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "hint-dropped-when-sent",
        rule: "hint_may_clear",
        story: "",
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
        story: "",
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
        story: "",
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
        story: "",
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
        story: "",
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
        name: "handoff-forgotten",
        rule: "handoff_is_due",
        story: "",
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
        name: "leaver-is-not-heard",
        rule: "standing",
        story: "",
        what: "Whoever leaves is treated as removed: nobody listens to it any more, and it hands over nothing.",
        missed_by: "Clients are served by the others, and no put is lost: it takes a lasso, in which the leaver's \
                    disk never becomes empty.",
        breaks: &["I8.no-hint-stays", "I4.misplaced-is-handed-over"],
        scope: "leave",
        rules: || Rules {
            standing: |changes| match (Rules::default().standing)(changes) {
                Standing::Leaving => Standing::Removed,
                other => other,
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "old-replica-drops-when-sent",
        rule: "hint_may_clear",
        story: "",
        what: "A node that is no replica any more drops what it has as soon as it was sent.",
        missed_by: "When the transfer has arrived all is well: it takes a look at all disks while the key is between \
                    two nodes, which a test that waits for the ring to settle never takes.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.vouched-for-is-kept",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "join",
        rules: || Rules {
            hint_may_clear: |_, event| matches!(event, HandoffEvent::Sent),
            ..Rules::default()
        },
    },
    Defect {
        name: "moved-keys-wait",
        rule: "handoff_is_due",
        story: "",
        what: "What a change of the ring moves is handed over only with the next hint, or after the next start.",
        missed_by: "Any later hint or restart sets the handoff going: it takes a ring that changes and then a \
                    cluster in which nothing happens any more, and a lasso.",
        breaks: &[
            "I8.no-hint-stays",
            "I5.replicas-agree-in-the-end",
            "I4.misplaced-is-handed-over",
        ],
        scope: "join",
        rules: || Rules {
            handoff_is_due: |occasion| occasion != Occasion::Moved,
            ..Rules::default()
        },
    },
];

pub(super) const LIMITS: &[Limit] = &[Limit {
    name: "hint-stays-while-messages-are-lost",
    story: "",
    what: "A hint stays where it is as long as its transfers, or the answers to them, are lost; it is never given up. (The scope sends it \
               twice; a node sends it for ever.)",
    missed_by: "A single loss is made good, for the hint is sent again: it takes the loss of every transfer, or \
                    of every answer, and a look at the hint in the end.",
    property: "I8.no-hint-stays",
    scope: "handoff-and-loss",
}];
