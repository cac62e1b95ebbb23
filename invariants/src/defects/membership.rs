//! Changes that are forgotten, and keys that are lost when they move.

use super::Defect;
use dynamo_model::membership::Standing;
use dynamo_model::rules::{HandoffEvent, Occasion, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "longer-history-wins",
        rule: "history_merge",
        what: "Of two histories the longer one is taken: of two changes made at the same time, one is unlearned.",
        missed_by: "Of changes made one after another the longer history is the newer: it takes two administrators \
                    at two nodes, each before hearing of the other's change.",
        breaks: &["I9.change-is-never-unlearned", "I7.views-agree-in-the-end"],
        scope: "two-administrators",
        rules: || Rules {
            history_merge: |own, other| {
                if other.len() > own.len() { other.clone() } else { own.clone() }
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "told-history-replaces",
        rule: "history_merge",
        what: "What a node is told takes the place of what it knows: who speaks last is right, and the same change comes and goes.",
        missed_by: "Where news flows one way only it looks like learning: it takes two nodes each of which knows \
                    something that the other does not, and a memory of what both knew.",
        breaks: &["I9.change-is-never-unlearned", "I7.views-agree-in-the-end"],
        scope: "two-administrators",
        rules: || Rules { history_merge: |_known, told| told.clone(), ..Rules::default() },
    },
    Defect {
        name: "change-in-memory-only",
        rule: "history_must_save",
        what: "A node says that it knows of a change, and has it in memory only: after a crash it does not know it any more.",
        missed_by: "Others tell the node again, so that views agree in the end all the same: it takes a look at its \
                    disk, or at what it knows right after a crash, beside what it has said before.",
        breaks: &["I9.change-is-never-unlearned"],
        scope: "join-and-crash",
        rules: || Rules { history_must_save: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "leaver-is-not-heard",
        rule: "standing",
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
        name: "served-and-not-told",
        rule: "must_tell",
        what: "A node that knows more serves a coordinator, and does not say so: without gossip it goes on by its old view for ever.",
        missed_by: "With gossip everyone would hear of it some time later: it takes a scope without, and a lasso in \
                    which the coordinator still knows less than those who serve it.",
        breaks: &["I7.who-is-served-learns", "I5.replicas-agree-in-the-end", "I8.no-hint-stays"],
        scope: "join-without-gossip",
        rules: || Rules { must_tell: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "served-by-no-replica",
        rule: "may_serve",
        what: "A node that is no replica any more stores what it is asked to by one that does not know: nobody will ask it for that.",
        missed_by: "The put is on W disks, and its acknowledgement is right: it takes a coordinator whose view is \
                    old, and a look at where copies are in the end, not only at how many.",
        breaks: &["I4.misplaced-is-handed-over"],
        scope: "join-and-read",
        rules: || Rules { may_serve: |_, _| true, ..Rules::default() },
    },
    Defect {
        name: "old-replica-just-drops",
        rule: "hands_over_to",
        what: "A node that is no replica any more drops what it has: others will have it.",
        missed_by: "A put that already reached the new replicas loses nothing: it takes a change of the ring after \
                    the acknowledgement, and a count of the disks before anyone has handed anything over.",
        breaks: &[
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-survives",
            "I2.vouched-for-is-kept",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "join",
        rules: || Rules { hands_over_to: |_, _, _| Vec::new(), ..Rules::default() },
    },
    Defect {
        name: "old-replica-drops-when-sent",
        rule: "hint_may_clear",
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
    Defect {
        name: "hint-for-the-removed-is-dropped",
        rule: "hint_goes_to",
        what: "A hint for a node that was removed is dropped: nobody will ever ask for it.",
        missed_by: "It takes two failures that most tests have one at a time: a fallback stands in for a node, and \
                    just that node is removed for good before the handoff.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "remove-and-hint",
        rules: || Rules {
            hint_goes_to: |recipient, _, now| {
                if now.contains(&recipient) { vec![recipient] } else { Vec::new() }
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "gone-with-hands-full",
        rule: "may_be_gone",
        what: "A node says that it is gone while it still has something to hand over: nobody asks it for that any more.",
        missed_by: "Mostly the leaver has handed over by then: it takes the order in which it says that it is gone \
                    first, and a count that leaves out the disks of those who are gone.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "leave",
        rules: || Rules { may_be_gone: |_| true, ..Rules::default() },
    },
    Defect {
        name: "leaver-stands-in",
        rule: "may_stand_in",
        what: "A node that has left gives its word for a hint, and is gone: nobody will ever ask it for that.",
        missed_by: "Who knows of the leave asks somebody else: it takes a coordinator that does not know yet and \
                    loses patience just then, and a count that leaves out the disks of those who are gone.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "fallback-leaves",
        rules: || Rules { may_stand_in: |_| true, ..Rules::default() },
    },
    Defect {
        name: "stops-before-it-is-known",
        rule: "may_retire",
        what: "A node that is gone stops before anyone else knows that it is: they wait for it for ever.",
        missed_by: "All its keys are handed over, and no get fails: it takes a lasso, in which the others never hear \
                    that it is gone.",
        breaks: &["I7.views-agree-in-the-end"],
        scope: "leave",
        rules: || Rules { may_retire: |_, is_busy| !is_busy, ..Rules::default() },
    },
];
