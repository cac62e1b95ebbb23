//! Changes that are forgotten, and keys that are lost when they move.

use super::Defect;
use dynamo_model::membership::Standing;
use dynamo_model::rules::{HandoffEvent, Occasion, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "longer-history-wins",
        rule: "history_merge",
        what: "Of two histories the longer one is taken: of two changes made at the same time, one is unlearned.",
        breaks: &["I9.change-is-never-unlearned", "I7.views-agree-in-the-end"],
        scope: "two-administrators",
        missed_by: "One administrator at a time is never contradicted. It takes two changes at two nodes before either has heard \
                    of the other.",
        rules: || Rules {
            history_merge: |own, other| if other.len() > own.len() { other.clone() } else { own.clone() },
            ..Rules::default()
        },
    },
    Defect {
        name: "told-history-replaces",
        rule: "history_merge",
        what: "What a node is told takes the place of what it knows: who speaks last is right, and the same change comes and goes.",
        breaks: &["I9.change-is-never-unlearned", "I7.views-agree-in-the-end"],
        scope: "two-administrators",
        missed_by: "Where news only flows one way it looks like learning. It takes two nodes each of which knows something that \
                    the other does not, and a memory of what both knew.",
        rules: || Rules { history_merge: |_known, told| told.clone(), ..Rules::default() },
    },
    Defect {
        name: "change-in-memory-only",
        rule: "history_must_save",
        what: "A node says that it knows of a change, and has it in memory only: after a crash it does not know it any more.",
        breaks: &["I9.change-is-never-unlearned"],
        scope: "join-and-crash",
        missed_by: "Views agree as long as nodes stay up. It takes a crash of a node that has told others, or was told, and a \
                    memory of what it knew before.",
        rules: || Rules { history_must_save: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "leaver-is-not-heard",
        rule: "standing",
        what: "Whoever leaves is treated as removed: nobody listens to it any more, and it hands over nothing.",
        breaks: &["I8.no-hint-stays", "I4.misplaced-is-handed-over"],
        scope: "leave",
        missed_by: "The leaver is gone from every view, as was wanted. It shows only where what it held must be somewhere else in \
                    the end: a lasso, not a state.",
        rules: || Rules {
            standing: |changes| match (Rules::default().standing)(changes) {
                Standing::Leaving => Standing::Removed,
                other => other,
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "served-and-not-told",
        rule: "must_tell",
        what: "A node that knows more serves a coordinator, and does not say so: without gossip it goes on by its old view for ever.",
        breaks: &["I7.who-is-served-learns", "I5.replicas-agree-in-the-end", "I8.no-hint-stays"],
        scope: "join-without-gossip",
        missed_by: "With gossip on, everyone learns sooner or later, and hides that nobody tells. It takes a cluster in which \
                    requests are the only way to learn.",
        rules: || Rules { must_tell: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "served-by-no-replica",
        rule: "may_serve",
        what: "A node that is no replica any more stores what it is asked to by one that does not know: nobody will ask it for that.",
        breaks: &["I4.misplaced-is-handed-over"],
        scope: "join-and-read",
        missed_by: "The put has its W copies, and reads may find it. It takes a put on its way while the ring changes, and the \
                    question where everything lies in the end.",
        rules: || Rules { may_serve: |_, _| true, ..Rules::default() },
    },
    Defect {
        name: "old-replica-just-drops",
        rule: "hands_over_to",
        what: "A node that is no replica any more drops what it has: others will have it.",
        breaks: &[
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-survives",
            "I2.vouched-for-is-kept",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "join",
        missed_by: "The new replica is there and answers. It takes a look at disks between the change and the hand-over; a test \
                    that waits for both sees them agree.",
        rules: || Rules { hands_over_to: |_, _, _| Vec::new(), ..Rules::default() },
    },
    Defect {
        name: "old-replica-drops-when-sent",
        rule: "hint_may_clear",
        what: "A node that is no replica any more drops what it has as soon as it was sent.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.vouched-for-is-kept",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "join",
        missed_by: "On a quick network the copy arrives just after it is dropped. It takes a look at all disks while it is on its \
                    way.",
        rules: || Rules { hint_may_clear: |_, event| matches!(event, HandoffEvent::Sent), ..Rules::default() },
    },
    Defect {
        name: "moved-keys-wait",
        rule: "handoff_is_due",
        what: "What a change of the ring moves is handed over only with the next hint, or after the next start.",
        breaks: &["I8.no-hint-stays", "I5.replicas-agree-in-the-end", "I4.misplaced-is-handed-over"],
        scope: "join",
        missed_by: "Any later hint or restart sets it going, and tests have one or the other. It shows only where nothing more \
                    happens, and keys must have moved all the same.",
        rules: || Rules { handoff_is_due: |occasion| occasion != Occasion::Moved, ..Rules::default() },
    },
    Defect {
        name: "hint-for-the-removed-is-dropped",
        rule: "hint_goes_to",
        what: "A hint for a node that was removed is dropped: nobody will ever ask for it.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "remove-and-hint",
        missed_by: "A hint for a dead node looks useless. It takes a count of the put's copies after its recipient was removed: \
                    the hint was one of W.",
        rules: || Rules {
            hint_goes_to: |recipient, now| if now.contains(&recipient) { vec![recipient] } else { Vec::new() },
            ..Rules::default()
        },
    },
    Defect {
        name: "gone-with-hands-full",
        rule: "may_be_gone",
        what: "A node says that it is gone while it still has something to hand over: nobody asks it for that any more.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "leave",
        missed_by: "The view is right, and nobody asks the node any more. It takes a look at its disk when it says that it is \
                    gone.",
        rules: || Rules { may_be_gone: |_| true, ..Rules::default() },
    },
    Defect {
        name: "leaver-stands-in",
        rule: "may_stand_in",
        what: "A node that has left gives its word for a hint, and is gone: nobody will ever ask it for that.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "fallback-leaves",
        missed_by: "It takes a coordinator that has not heard that the fallback leaves, at the moment when it needs one.",
        rules: || Rules { may_stand_in: |_| true, ..Rules::default() },
    },
    Defect {
        name: "stops-before-it-is-known",
        rule: "may_retire",
        what: "A node that is gone stops before anyone else knows that it is: they wait for it for ever.",
        breaks: &["I7.views-agree-in-the-end"],
        scope: "leave",
        missed_by: "The node did leave, and hands over all it has. It takes the loss of nothing but time: it stops before its \
                    last word was heard, and the others wait. Only a property of what is so in the end sees that.",
        rules: || Rules { may_retire: |_, is_busy| !is_busy, ..Rules::default() },
    },
];
