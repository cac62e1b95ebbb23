//! Defects in what a put replaces, what a merge keeps, and how a coordinator counts its puts.

use crate::defect::{Cost, Defect, Loss, When};
use dynamo_model::rules::{Cause, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "dot-counter-in-memory-only",
        rule: "must_save",
        story: "Ann puts a cart with tea through A, and A gives it dot [A:1] but writes nothing to \
                disk. A crashes and restarts, and gives [A:1] to Bob's cart with milk. C stores \
                Ann's cart and B stores Bob's. If Bob reads from B and C now, he sees only one of \
                the two carts.",
        what: "A coordinator writes neither its own copy of a put nor its counter of dots to disk. \
               After a crash it gives another put the dot that it has already given.",
        missed_by: "Without a crash nothing shows, because the other replicas store the put. You \
                    need a crash of the coordinator, another client's put through it, and a \
                    comparison of dots. Or you inspect the coordinator's disk.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.confirmed-put-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I5.replicas-agree-eventually",
            "I4.acknowledged-put-survives",
        ],
        scope: "crash-between-puts",
        cost: Cost {
            when: When::Restart,
            skip: "saving a put and its dot to disk before you send it",
            lose: "an acknowledged put: after a crash, the coordinator gives its dot to another \
                   put",
            loss: Loss::Told {
                scope: "lone-node-crashes-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "A acknowledges Ann's put with its counter in memory only, crashes, and \
                         restarts without the put. Ann reads her cart, and it is empty for good.",
            },
        },
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Put && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "plain-vector-clocks",
        rule: "version_replaces",
        story: "Ann puts a cart with tea through A. Bob, who has read nothing, puts a cart with \
                milk through A. A takes Bob's cart for the successor of Ann's and drops hers. If \
                Bob reads A's copy now, the tea is missing.",
        what: "Versions carry plain vector clocks with one entry for each coordinator. A put seems \
               to follow every earlier put through its coordinator, and silently replaces versions \
               that its client never read.",
        missed_by: "Clients never meet it if each has a coordinator of its own, or if they take \
                    turns and read before each put. You need two clients at one coordinator that \
                    have not read each other's puts. You also need the ground truth of who read \
                    what, because the clocks agree with what the node did.",
        breaks: &[
            "I2.confirmed-put-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.clocks-are-causal",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "chained-puts",
        cost: Cost {
            when: When::TwoClients,
            skip: "checking that a client had read each version that its put replaces",
            lose: "another client's acknowledged put, when both clients put through one \
                   coordinator",
            loss: Loss::Told {
                scope: "lone-node-and-two-clients",
                harm: "harm.acknowledged-put-is-lost",
                ending: "Ann puts bread, and Bob puts tea at the same time. Ann replaces her \
                         bread by milk. Its clock counts Bob's tea as read, so the tea \
                         disappears: it was acknowledged, and is gone for good.",
            },
        },
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
        story: "Ann puts a cart with tea through A, reads it through C, and puts a cart with tea \
                and milk over it through B. B keeps the old cart beside the new one. If Bob reads \
                B's copy now, he gets both carts and must reconcile them again.",
        what: "A put replaces nothing. The values that its client had read and reconciled stay \
               beside it as siblings.",
        missed_by: "Nothing is lost, and every answer contains the newest value. You need a client \
                    that puts over what it has read, and a look at what stays beside the new \
                    value.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "one-client",
        cost: Cost {
            when: When::NoFault,
            skip: "dropping the versions that the client had read before its put",
            lose: "the effect of the client's update: the values that it had read and replaced \
                   stay beside it as siblings",
            loss: Loss::Told {
                scope: "lone-node-and-two-clients",
                harm: "harm.replaced-value-is-seen",
                ending: "Ann puts bread, and then puts milk in its place. When she reads, she \
                         gets bread and milk as siblings, and has to replace the bread again.",
            },
        },
        rules: || Rules { version_replaces: |_, _, _| false, ..Rules::default() },
    },
    Defect {
        name: "whole-vector-as-context",
        rule: "put_context",
        story: "Bob puts a cart with milk through A, and Ann puts a cart with tea: A holds both. A \
                acknowledges Ann's put with a context that also covers Bob's cart, which she never \
                read. Ann puts a bigger cart over hers, and A drops Bob's. If Bob reads A's copy \
                now, the milk is missing.",
        what: "A coordinator acknowledges a put with the context of everything that it holds. The \
               client's next put then replaces siblings that the client never read.",
        missed_by: "A client that reads before each put never meets it. You need a client that \
                    puts twice and continues with the context of its first put. Before that put, \
                    another client must have put through the same coordinator.",
        breaks: &[
            "I2.confirmed-put-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.clocks-are-causal",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "chained-puts",
        cost: Cost {
            when: When::TwoClients,
            skip: "limiting the context that a put returns to what its client read",
            lose: "another client's acknowledged put: the client's next put replaces it unread",
            loss: Loss::Told {
                scope: "lone-node-and-two-clients",
                harm: "harm.acknowledged-put-is-lost",
                ending: "Bob puts tea, and Ann puts bread at the same time. The acknowledgement \
                         tells Ann's next put that she had read the tea, too. So when she \
                         replaces the bread by milk, Bob's tea is gone for good.",
            },
        },
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
        story: "Ann puts a cart with tea through A, and C stores a copy. Bob, who has read \
                nothing, puts a cart with milk through C. C keeps only Bob's cart, although \
                neither client had read the other's put. If Bob reads C's copy now, the tea is \
                missing.",
        what: "When a replica merges siblings, it keeps only the one with the largest counter, or \
               of the last coordinator by name if the counters are equal. A concurrent put of \
               another client is lost.",
        missed_by: "While no puts are concurrent, there is only one version to keep. You need two \
                    concurrent puts through two coordinators, and the ground truth that neither \
                    client had read the other's put.",
        breaks: &[
            "I2.confirmed-put-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-shows-the-merge",
            "I1.get-sees-acknowledged-puts",
            "I2.clocks-are-causal",
            "I3.stale-replica-is-repaired",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "concurrent-puts",
        cost: Cost {
            when: When::TwoClients,
            skip: "keeping all concurrent siblings when you merge two sets",
            lose: "one of two clients' acknowledged puts, when neither client had read the \
                   other's",
            loss: Loss::Told {
                scope: "lone-node-and-two-clients",
                harm: "harm.acknowledged-put-is-lost",
                ending: "Ann puts bread, and Bob puts tea at the same time. Ann replaces her \
                         bread by milk. When she reads, she sees only the milk: Bob's tea was \
                         acknowledged, and is gone for good.",
            },
        },
        rules: || Rules {
            merge_siblings: |one, other| one.merge(other).newest_only(),
            ..Rules::default()
        },
    },
];
