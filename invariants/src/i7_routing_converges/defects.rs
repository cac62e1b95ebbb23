//! What breaks I7 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Defect, Limit};
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "served-and-not-told",
        rule: "must_tell",
        story: "",
        what: "A node that knows more serves a coordinator, and does not say so: without gossip it goes on by its old view for ever.",
        missed_by: "With gossip everyone would hear of it some time later: it takes a scope without, and a lasso in \
                    which the coordinator still knows less than those who serve it.",
        breaks: &["I7.who-is-served-learns", "I5.replicas-agree-in-the-end", "I8.no-hint-stays"],
        scope: "join-without-gossip",
        rules: || Rules { must_tell: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "stops-before-it-is-known",
        rule: "may_retire",
        story: "",
        what: "A node that is gone stops before anyone else knows that it is: they wait for it for ever.",
        missed_by: "All its keys are handed over, and no get fails: it takes a lasso, in which the others never hear \
                    that it is gone.",
        breaks: &["I7.views-agree-in-the-end"],
        scope: "leave",
        rules: || Rules { may_retire: |_, is_busy| !is_busy, ..Rules::default() },
    },
];

pub(super) const LIMITS: &[Limit] = &[Limit {
    name: "views-differ-without-gossip",
    story: "",
    what: "Without gossip only those learn of a change who ask one that knows of it, or are asked by one: the others go by their old \
               view for ever.",
    missed_by: "Whoever is asked, or asks, learns of the change: it takes a node that neither happens to, and a \
                    lasso in which it never hears.",
    property: "I7.views-agree-in-the-end",
    scope: "join-without-gossip",
}];
