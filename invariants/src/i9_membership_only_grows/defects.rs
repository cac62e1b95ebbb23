//! What breaks I9 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Defect, Limit};
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "longer-history-wins",
        rule: "history_merge",
        story: "",
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
        story: "",
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
        story: "",
        what: "A node says that it knows of a change, and has it in memory only: after a crash it does not know it any more.",
        missed_by: "Others tell the node again, so that views agree in the end all the same: it takes a look at its \
                    disk, or at what it knows right after a crash, beside what it has said before.",
        breaks: &["I9.change-is-never-unlearned"],
        scope: "join-and-crash",
        rules: || Rules { history_must_save: |_, _| false, ..Rules::default() },
    },
];

pub(super) const LIMITS: &[Limit] = &[];
