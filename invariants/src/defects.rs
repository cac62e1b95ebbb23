//! Defects: the protocol with one rule exchanged, and what that breaks. Each shows why its rule is as it is.

use crate::property::Property;
use crate::scope::Scope;
use crate::scopes;
use dynamo_model::rules::{Freshness, Rules};

/// One rule broken on purpose.
#[derive(Debug)]
pub struct Defect {
    /// Its name on the command line.
    pub name: &'static str,
    /// The rule exchanged: a field of [`Rules`].
    pub rule: &'static str,
    /// What it does, and what follows.
    pub what: &'static str,
    /// Every *always* property that it breaks in its scope, the most telling first. It breaks these and no others.
    pub breaks: &'static [&'static str],
    /// The scope in which it is found.
    pub scope: &'static str,
    /// The broken rules.
    pub rules: fn() -> Rules,
}

impl Defect {
    /// The scope in which it is found.
    pub fn scope(&self) -> &'static Scope {
        scopes::named(self.scope).expect("a defect names a scope that exists")
    }

    /// The properties it breaks, the most telling first.
    pub fn properties(&self) -> impl Iterator<Item = &'static Property> {
        self.breaks.iter().map(|name| Property::named(name).expect("a defect names properties that exist"))
    }

    /// The defect with this name.
    pub fn named(name: &str) -> Option<&'static Defect> {
        DEFECTS.iter().find(|defect| defect.name == name)
    }
}

/// Every defect. Every rule has one at least.
pub static DEFECTS: &[Defect] = &[
    Defect {
        name: "ack-one-short",
        rule: "put_may_ack",
        what: "A put is acknowledged with one replica less than W: its client believes in W copies that are not there, and a \
               quorum of readers can miss it.",
        breaks: &["I6.no-ack-before-w", "I1.acknowledged-put-is-on-w-disks", "I1.get-sees-acknowledged-puts"],
        scope: "one-client",
        rules: || Rules { put_may_ack: |tally, w| tally.answered.len() + 1 >= w, ..Rules::default() },
    },
    Defect {
        name: "replica-counted-twice",
        rule: "reply_counts",
        what: "Every answer counts, also the second one from the same replica: W answers are not W copies, R answers not R replicas.",
        breaks: &["I6.no-ack-before-w", "I1.acknowledged-put-is-on-w-disks", "I1.get-rests-on-r-words"],
        scope: "retransmission",
        rules: || Rules { reply_counts: |_, _| true, ..Rules::default() },
    },
    Defect {
        name: "last-answer-ignored",
        rule: "reply_counts",
        what: "The last answer that could come is not counted: a quorum has answered, but the request never ends, and a read never \
               comes to repair.",
        breaks: &["I6.every-request-ends"],
        scope: "one-client",
        rules: || Rules {
            reply_counts: |tally, from| {
                tally.asked.contains(&from)
                    && !tally.answered.contains(&from)
                    && tally.answered.len() + 1 < tally.asked.len()
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "plain-vector-clocks",
        rule: "version_replaces",
        what: "Plain vector clocks, one entry a coordinator: a put seems to follow every earlier put through the same \
               coordinator, and silently replaces what its writer never saw.",
        breaks: &["I2.vouched-for-is-kept", "I2.clocks-are-causal", "I1.acknowledged-put-is-on-w-disks"],
        scope: "chained-puts",
        rules: || Rules {
            version_replaces: |read, put, sibling| read.covers(sibling) || sibling.node == put.node,
            ..Rules::default()
        },
    },
    Defect {
        name: "context-ignored",
        rule: "version_replaces",
        what: "A put replaces nothing: what its writer read and reconciled comes back beside it, as a sibling.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "one-client",
        rules: || Rules { version_replaces: |_, _, _| false, ..Rules::default() },
    },
    Defect {
        name: "whole-vector-as-context",
        rule: "put_context",
        what: "A put gives back all that its replica knows as context: the client's next put replaces siblings that it never \
               saw.",
        breaks: &["I2.vouched-for-is-kept", "I2.clocks-are-causal", "I1.acknowledged-put-is-on-w-disks"],
        scope: "chained-puts",
        rules: || Rules {
            put_context: |read, put, before| read.merge(before.context()).with_all_up_to(put.node, put.counter),
            ..Rules::default()
        },
    },
    Defect {
        name: "last-write-wins",
        rule: "merge_siblings",
        what: "Of concurrent siblings only the one with the largest counter survives a merge.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-shows-the-merge",
            "I1.get-sees-acknowledged-puts",
            "I3.stale-replica-is-repaired",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "concurrent-puts",
        rules: || Rules { merge_siblings: |one, other| one.merge(other).newest_only(), ..Rules::default() },
    },
    Defect {
        name: "retry-is-a-new-put",
        rule: "put_freshness",
        what: "A coordinator does not recognise a put that it has seen: the client's retry gets a second dot, and a value \
               comes back that another client had read and replaced.",
        breaks: &["I2.one-put-one-version", "I2.siblings-are-an-antichain", "I2.clocks-are-causal"],
        scope: "late-retry",
        rules: || Rules { put_freshness: |_, _| Freshness::New, ..Rules::default() },
    },
    Defect {
        name: "forward-to-all",
        rule: "forward_targets",
        what: "A node outside the preference list forwards a put to every intended replica: each coordinates it, and the value \
               becomes its own sibling.",
        breaks: &["I2.one-put-one-version", "I2.clocks-are-causal"],
        scope: "forwarding",
        rules: || Rules { forward_targets: |_, preference_list| preference_list.to_vec(), ..Rules::default() },
    },
    Defect {
        name: "word-before-disk",
        rule: "must_save",
        what: "Replicas give their word for what they hold in memory only: one crash, and an acknowledged put is gone.",
        breaks: &["I1.acknowledged-put-is-on-w-disks", "I2.vouched-for-is-kept"],
        scope: "coordinator-crash",
        rules: || Rules { must_save: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "answer-before-r",
        rule: "get_may_answer",
        what: "A get is answered with one replica less than R: it can miss a put that was acknowledged before it began.",
        breaks: &["I1.get-rests-on-r-words", "I1.get-sees-acknowledged-puts"],
        scope: "one-client",
        rules: || Rules { get_may_answer: |tally, r| tally.answered.len() + 1 >= r, ..Rules::default() },
    },
    Defect {
        name: "repair-skipped",
        rule: "repair_targets",
        what: "A read that met stale replicas leaves them stale.",
        breaks: &["I3.stale-replica-is-repaired"],
        scope: "read-repair",
        rules: || Rules { repair_targets: |_, _| Vec::new(), ..Rules::default() },
    },
    Defect {
        name: "repair-with-own-copy",
        rule: "repair_content",
        what: "Read repair writes the coordinator's own copy instead of the merge: if the coordinator is the stale one, nothing \
               is repaired.",
        breaks: &["I3.stale-replica-is-repaired"],
        scope: "read-repair",
        rules: || Rules { repair_content: |own, _| own.clone(), ..Rules::default() },
    },
];

/// Something that Dynamo does not promise, shown on the correct rules.
#[derive(Debug)]
pub struct Limit {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is not promised, and what to choose where it is needed.
    pub what: &'static str,
    /// The property that fails; the scope excuses it.
    pub property: &'static str,
    /// The scope in which it fails.
    pub scope: &'static str,
}

impl Limit {
    /// The scope in which it is found.
    pub fn scope(&self) -> &'static Scope {
        scopes::named(self.scope).expect("a limit names a scope that exists")
    }

    /// The property that fails.
    pub fn property(&self) -> &'static Property {
        Property::named(self.property).expect("a limit names a property that exists")
    }
}

/// Every known limit.
pub static LIMITS: &[Limit] = &[
    Limit {
        name: "stale-read-when-quorums-miss",
        what: "With R+W<=N a get can miss a put that was acknowledged before it began: a read quorum need not meet the write \
               quorum. Choose R+W>N where that matters.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "r1-w1",
    },
    Limit {
        name: "repair-is-lost",
        what: "Read repair is sent once: if the message is lost, the replica stays stale until the next read. Nothing depends \
               on it but how soon replicas agree.",
        property: "I3.stale-replica-is-repaired",
        scope: "loss",
    },
    Limit {
        name: "lost-store-stays-lost",
        what: "A put that was lost on its way to a replica, and sent again no more, is not there in the end, though W others have it: \
               only a read brings it there.",
        property: "I5.replicas-agree-in-the-end",
        scope: "loss",
    },
    Limit {
        name: "doubled-request-runs-again",
        what: "A get that arrives again after it was answered runs again. Where the network doubles messages for ever, it never rests; \
               a put is recognised, and yet asks the replicas again.",
        property: "I6.every-request-ends",
        scope: "duplication",
    },
];
