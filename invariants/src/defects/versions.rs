//! Puts that replace what they should not, or do not replace what they should.

use super::Defect;
use dynamo_model::rules::{Freshness, Rules};
use dynamo_model::version::Context;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "plain-vector-clocks",
        rule: "version_replaces",
        what: "Plain vector clocks, one entry a coordinator: a put seems to follow every earlier put through the same \
               coordinator, and silently replaces what its writer never saw.",
        missed_by: "Writers with a coordinator each, or one that reads before it writes, never meet it: it takes two \
                    through one coordinator that have not seen one another, and ghost truth on that, for the clocks \
                    agree with what was done.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.clocks-are-causal",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "chained-puts",
        rules: || Rules {
            version_replaces: |read, put, sibling| {
                read.covers(sibling.dot) || sibling.dot.issuer == put.issuer
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "context-ignored",
        rule: "version_replaces",
        what: "A put replaces nothing: what its writer read and reconciled comes back beside it, as a sibling.",
        missed_by: "Nothing is lost, and what was written last is in every answer: it takes a client that puts over \
                    what it has read, and a look at what is beside that afterwards.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "one-client",
        rules: || Rules { version_replaces: |_, _, _| false, ..Rules::default() },
    },
    Defect {
        name: "whole-vector-as-context",
        rule: "put_context",
        what: "A put gives back all that its replica knows as context: the client's next put replaces siblings that it never \
               saw.",
        missed_by: "A client that reads before each put never meets it: it takes one that goes on from its own put's \
                    context, and a stranger's put through the same coordinator between the two.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.clocks-are-causal",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "chained-puts",
        rules: || Rules {
            put_context: |read, put, _, before| {
                read.merge(before.context()).with_all_up_to(put.issuer, put.counter)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "last-write-wins",
        rule: "merge_siblings",
        what: "Of concurrent siblings only the one with the largest counter survives a merge.",
        missed_by: "A client that puts over what it read has the largest counter anyway: it takes two puts at once \
                    through two coordinators, and ghost truth on that neither has seen the other.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-shows-the-merge",
            "I1.get-sees-acknowledged-puts",
            "I2.clocks-are-causal",
            "I3.stale-replica-is-repaired",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "concurrent-puts",
        rules: || Rules {
            merge_siblings: |one, other| one.merge(other).newest_only(),
            ..Rules::default()
        },
    },
    Defect {
        name: "retry-is-a-new-put",
        rule: "put_freshness",
        what: "A coordinator does not recognise a put that it has seen: the client's retry gets a second dot, and a value \
               comes back that another client had read and replaced.",
        missed_by: "A retry alone only shows the same value again: it takes a second client that reads the value and \
                    replaces it before a copy of the first request arrives.",
        breaks: &["I2.one-put-one-version", "I2.siblings-are-an-antichain"],
        scope: "late-retry",
        rules: || Rules { put_freshness: |_, _, _| Freshness::New, ..Rules::default() },
    },
    Defect {
        name: "put-elsewhere-is-a-new-put",
        rule: "put_freshness",
        what: "A coordinator recognises only the puts that it has given a dot itself: one that came from another coordinator, and was \
               replaced meanwhile, gets a second dot when the client asks again, and its value comes back.",
        missed_by: "Each coordinator recognises its own retries. It takes one that is silent, another that is asked in its place, and a \
                    client that has replaced the value before.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "coordinated-twice",
        rules: || Rules {
            put_freshness: |remembered, request, _| {
                (Rules::default().put_freshness)(remembered, request, &Context::new())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "replaced-under-one-dot",
        rule: "version_replaces",
        what: "A put replaces only the very versions that its writer has read. If two nodes have coordinated a put, the version \
               under the other dot stays beside the new one.",
        missed_by: "Where each put has one dot there is no difference. It takes a put that two nodes have coordinated, and a client that reads \
                    one version and puts over it where the other is.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "coordinated-twice",
        rules: || Rules {
            version_replaces: |read, _, sibling| read.covers(sibling.dot),
            ..Rules::default()
        },
    },
    Defect {
        name: "context-names-no-request",
        rule: "put_context",
        what: "A put is known by its dot alone. If two nodes have coordinated it, and a client has replaced one version, the other comes back \
               when it arrives.",
        missed_by: "As long as nobody puts over it the second version only repeats the first. It takes a client that reads and replaces \
                    one of them before the other arrives.",
        breaks: &["I2.siblings-are-an-antichain", "I2.clocks-are-causal"],
        scope: "coordinated-twice",
        rules: || Rules {
            put_context: |read, put, _, _| read.clone().with(put),
            ..Rules::default()
        },
    },
    Defect {
        name: "forward-to-all",
        rule: "coordinators",
        what: "A node outside the preference list forwards a put to every intended replica: each coordinates it, and the value \
               becomes its own sibling.",
        missed_by: "Both versions have the same value, and a test that compares values sees one: it takes a client \
                    of a node outside the preference list, and a look at dots.",
        breaks: &["I2.one-put-one-version"],
        scope: "forwarding",
        rules: || Rules {
            coordinators: |_, preference_list, _, _| preference_list.to_vec(),
            ..Rules::default()
        },
    },
    Defect {
        name: "clock-pruned",
        rule: "put_context",
        what: "A clock keeps only its newest entry, to stay small: a put no longer covers what its writer had read, and seems concurrent with it.",
        missed_by: "A clock of one entry is whole: it takes a put over what was read through another coordinator \
                    than the first, and ghost truth on who saw whom, for pruned clocks agree with one another.",
        breaks: &["I2.clocks-are-causal", "I2.siblings-are-an-antichain"],
        scope: "one-client",
        rules: || Rules {
            put_context: |_, put, request, _| Context::new().with_put(put, request),
            ..Rules::default()
        },
    },
    Defect {
        name: "incarnation-reused",
        rule: "new_incarnation",
        what: "A node that lost its disk comes back as who it was, and counts its puts from one again: a new put gets the dot of an old \
               one, and where both meet one of them is taken for replaced.",
        missed_by: "A crash keeps the disk, and the counter with it: it takes a coordinator that comes back with an \
                    empty disk between two puts, and another replica that still has the first.",
        breaks: &["I2.one-put-one-version", "I2.vouched-for-is-kept", "I2.clocks-are-causal"],
        scope: "lost-disk",
        rules: || Rules { new_incarnation: |_| 0, ..Rules::default() },
    },
];
