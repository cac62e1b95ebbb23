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
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.clocks-are-causal",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "chained-puts",
        missed_by: "With one client, or clients that always read first, the clocks are right. It takes two puts through one \
                    coordinator, neither of which saw the other.",
        rules: || Rules {
            version_replaces: |read, put, sibling| read.covers(sibling) || sibling.issuer == put.issuer,
            ..Rules::default()
        },
    },
    Defect {
        name: "context-ignored",
        rule: "version_replaces",
        what: "A put replaces nothing: what its writer read and reconciled comes back beside it, as a sibling.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "one-client",
        missed_by: "No value is lost, so a check for lost writes passes. One has to ask that siblings are an antichain in what \
                    their writers really saw, not in what clocks say.",
        rules: || Rules { version_replaces: |_, _, _| false, ..Rules::default() },
    },
    Defect {
        name: "whole-vector-as-context",
        rule: "put_context",
        what: "A put gives back all that its replica knows as context: the client's next put replaces siblings that it never \
               saw.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.clocks-are-causal",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "chained-puts",
        missed_by: "By its own clocks the store is consistent: the context covers what was replaced. Only a record of what the \
                    client was really shown tells that it never saw it.",
        rules: || Rules {
            put_context: |read, put, before| read.merge(before.context()).with_all_up_to(put.issuer, put.counter),
            ..Rules::default()
        },
    },
    Defect {
        name: "last-write-wins",
        rule: "merge_siblings",
        what: "Of concurrent siblings only the one with the largest counter survives a merge.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-shows-the-merge",
            "I1.get-sees-acknowledged-puts",
            "I2.clocks-are-causal",
            "I3.stale-replica-is-repaired",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "concurrent-puts",
        missed_by: "Replicas agree in the end, which is all that many checks ask. It takes concurrent puts through different \
                    coordinators, and a memory of which of them saw which.",
        rules: || Rules { merge_siblings: |one, other| one.merge(other).newest_only(), ..Rules::default() },
    },
    Defect {
        name: "retry-is-a-new-put",
        rule: "put_freshness",
        what: "A coordinator does not recognise a put that it has seen: the client's retry gets a second dot, and a value \
               comes back that another client had read and replaced.",
        breaks: &["I2.one-put-one-version", "I2.siblings-are-an-antichain", "I2.clocks-are-causal"],
        scope: "late-retry",
        missed_by: "A retry alone yields two equal values, which looks harmless. It takes another client that reads and replaces \
                    the value between the put and the late copy of it.",
        rules: || Rules { put_freshness: |_, _| Freshness::New, ..Rules::default() },
    },
    Defect {
        name: "forward-to-all",
        rule: "forward_targets",
        what: "A node outside the preference list forwards a put to every intended replica: each coordinates it, and the value \
               becomes its own sibling.",
        breaks: &["I2.one-put-one-version", "I2.clocks-are-causal"],
        scope: "forwarding",
        missed_by: "All copies have the right value. One has to count the dots that a single put was given, and the put must come \
                    in through a node outside the preference list.",
        rules: || Rules { forward_targets: |_, preference_list| preference_list.to_vec(), ..Rules::default() },
    },
    Defect {
        name: "clock-pruned",
        rule: "put_context",
        what: "A clock keeps only its newest entry, to stay small: a put no longer covers what its writer had read, and seems concurrent with it.",
        breaks: &["I2.clocks-are-causal", "I2.siblings-are-an-antichain"],
        scope: "one-client",
        missed_by: "Values are right as long as nobody compares clocks. One has to compare the order of clocks with the order in \
                    which things really were read and written.",
        rules: || Rules { put_context: |_, put, _| Context::new().with(put), ..Rules::default() },
    },
    Defect {
        name: "incarnation-reused",
        rule: "new_incarnation",
        what: "A node that lost its disk comes back as who it was, and counts its puts from one again: a new put gets the dot of an old \
               one, and where both meet one of them is taken for replaced.",
        breaks: &["I2.one-put-one-version", "I2.vouched-for-is-kept", "I2.clocks-are-causal"],
        scope: "lost-disk",
        missed_by: "A node that comes back empty is filled up again and looks well. It takes a put that it coordinates before \
                    that, and the two versions under one dot to be told apart by value.",
        rules: || Rules { new_incarnation: |_| 0, ..Rules::default() },
    },
];
