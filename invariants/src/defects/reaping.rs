//! Deletes that are undone.

use super::Defect;
use dynamo_model::rules::Rules;
use dynamo_model::version::{Epoch, Issuer};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "reaped-with-a-hint-outstanding",
        rule: "tombstone_may_reap",
        what: "Only the intended replicas are asked: a fallback that still keeps an old copy hands it over, and what was deleted is back.",
        missed_by: "While no fallback keeps anything all is well: it takes a put that one stands in for, a delete, \
                    and a reap, all before the handoff.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-hint",
        rules: || Rules {
            tombstone_may_reap: |clear, _, intended| {
                intended.iter().all(|node| clear.contains(node))
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-before-all-have-it",
        rule: "tombstone_may_reap",
        what: "Tombstones go when W replicas have them: another one still has what they deleted.",
        missed_by: "Mostly the last replica has the tombstone by then: it takes a store of the delete that is slower \
                    than the whole survey, and a look at that replica's disk.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap",
        rules: || Rules { tombstone_may_reap: |clear, _, _| clear.len() >= 2, ..Rules::default() },
    },
    Defect {
        name: "hint-does-not-matter",
        rule: "is_clear",
        what: "A holder of a hint says that it is clear of the key, because it is no replica of it.",
        missed_by: "All members are asked, as they should be, and all answer: it takes a fallback among them that \
                    keeps an old copy, so stand-ins and deletes in one scope, and a look at what is kept for others.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-hint",
        rules: || Rules {
            is_clear: |remains, tombstones| !remains.is_intended || remains.held == tombstones,
            ..Rules::default()
        },
    },
    Defect {
        name: "any-tombstone-is-clear",
        rule: "is_clear",
        what: "A replica says that it is clear without looking at what it holds.",
        missed_by: "A replica that already has the tombstone says the truth: it takes one that is asked before the \
                    delete's store reaches it.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap",
        rules: || Rules { is_clear: |remains, _| !remains.is_hinted, ..Rules::default() },
    },
    Defect {
        name: "counter-restarts-with-the-key",
        rule: "epoch",
        what: "A coordinator that has dropped a key, or reaped it, counts its puts from one again under the same name: an old put and a new one have one dot.",
        missed_by: "While a key lives its context knows all its dots: it takes a key that is deleted, reaped and put \
                    again, and a client that still has a context from before.",
        breaks: &[
            "I2.clocks-are-causal",
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "reap-and-put-again",
        rules: || Rules {
            epoch: |_, held, new| Epoch {
                number: 0,
                issued: held.counter_max(Issuer { epoch: 0, ..new }),
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "one-tombstone-is-enough",
        rule: "is_deleted",
        what: "A key counts as deleted as soon as it has a tombstone: a put that did not see it is reaped along with it.",
        missed_by: "A delete alone leaves nothing beside its tombstone: it takes a put that runs beside the delete, \
                    and a reap after both.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "reap-and-put-again",
        rules: || Rules {
            is_deleted: |held| {
                held.versions().iter().any(|version| version.content.value().is_none())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-whatever-is-there",
        rule: "is_unchanged",
        what: "Replicas reap what they hold when they are told, also if it is no longer what everyone was asked about: a put that came \
               meanwhile is gone.",
        missed_by: "A put before the survey stops the reap, and one after the reap is safe: it takes a put that \
                    arrives in the moment between.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "reap-and-put-again",
        rules: || Rules { is_unchanged: |_, _| true, ..Rules::default() },
    },
];
