//! What breaks I4 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Defect, Limit};
use dynamo_model::membership::Standing;
use dynamo_model::rules::{HandoffEvent, Rules};
use dynamo_model::version::{Epoch, Issuer};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "stand-in-counted-beside-its-replica",
        rule: "reply_counts_for",
        story: "",
        what: "A replica and the fallback that stood in for it count as two: after handoff they are one copy.",
        missed_by: "A replica that is dead for the whole test never answers beside its stand-in: it takes one that \
                    is only slow, so that both answer, and a count of copies by ghost truth, not by the \
                    coordinator's tally.",
        breaks: &[
            "I4.acknowledged-put-is-secured",
            "I1.acknowledged-put-is-on-w-disks",
            "I6.no-ack-before-w",
        ],
        scope: "stand-in-for-all",
        rules: || Rules {
            reply_counts_for: |tally, from, named| {
                (Rules::default().reply_counts_for)(tally, from, named).or_else(|| {
                    tally.missing().next().filter(|_| {
                        tally.was_asked(from) && !tally.taken.iter().any(|taken| taken.by == from)
                    })
                })
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "stand-in-counted-for-another",
        rule: "reply_counts_for",
        story: "",
        what: "A stand-in's answer counts for whomever it stands in for now: a late one, from before a retry, acknowledges a put for a \
               replica that has nothing, and for which nobody keeps anything.",
        missed_by: "A single try, however slow, never shows it: it takes a retry in which the fallback stands in for \
                    another replica than before, and an answer to the first try that comes only then.",
        breaks: &[
            "I4.acknowledged-put-is-secured",
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
        ],
        scope: "stand-in-and-retry",
        rules: || Rules {
            reply_counts_for: |tally, from, _| {
                (Rules::default().reply_counts_for)(tally, from, None)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-with-a-hint-outstanding",
        rule: "tombstone_may_reap",
        story: "",
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
        story: "",
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
        story: "",
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
        story: "",
        what: "A replica says that it is clear without looking at what it holds.",
        missed_by: "A replica that already has the tombstone says the truth: it takes one that is asked before the \
                    delete's store reaches it.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap",
        rules: || Rules { is_clear: |remains, _| !remains.is_hinted, ..Rules::default() },
    },
    Defect {
        name: "served-by-no-replica",
        rule: "may_serve",
        story: "",
        what: "A node that is no replica any more stores what it is asked to by one that does not know: nobody will ask it for that.",
        missed_by: "The put is on W disks, and its acknowledgement is right: it takes a coordinator whose view is \
                    old, and a look at where copies are in the end, not only at how many.",
        breaks: &["I4.misplaced-is-handed-over"],
        scope: "join-and-read",
        rules: || Rules { may_serve: |_, _| true, ..Rules::default() },
    },
    Defect {
        name: "dots-start-again-after-a-move",
        rule: "epoch",
        story: "",
        what: "A node that has handed a key over, and is its replica again, counts its puts of the key from one under its old name. A new \
               put gets the dot of an old one. Where the two meet, one of them is taken for the other and is lost.",
        missed_by: "A node that stays a replica knows all dots that it has given. It takes a node that is a replica, none, and one again, \
                    a put through it before and one after, and a client that has not read in between.",
        breaks: &[
            "I4.acknowledged-put-survives",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.one-put-one-version",
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I8.hint-is-kept",
        ],
        scope: "replica-again",
        rules: || Rules {
            epoch: |_, held, new| Epoch {
                number: 0,
                issued: held.counter_max(Issuer { epoch: 0, ..new }),
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "late-handed-off-is-believed",
        rule: "hint_may_clear",
        story: "",
        what: "A node drops what it keeps for another because that one once said that it had it. Since then the other one has left, has \
               given it back, and has joined again with nothing.",
        missed_by: "A doubled or late answer is harmless as long as the ring stays as it is. It takes two answers to one handoff, and three \
                    changes of the ring while the second is in flight.",
        breaks: &[
            "I4.acknowledged-put-survives",
            "I1.acknowledged-put-is-on-w-disks",
            "I8.hint-is-kept",
        ],
        scope: "late-handed-off",
        rules: || Rules {
            hint_may_clear: |hint, event| matches!(event, HandoffEvent::Acknowledged { context, .. } if context.includes(hint.context())),
            ..Rules::default()
        },
    },
    Defect {
        name: "all-surveyed-at-once",
        rule: "whom_to_survey",
        story: "",
        what: "Replicas and fallbacks are asked at the same time whether they are clear of a key. A fallback says so, is then given an old \
               copy by a replica that has not got the tombstone yet, and hands it over after the tombstone was reaped.",
        missed_by: "Every node told the truth when it was asked. It takes a coordinator that loses patience between two answers of the \
                    same survey.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-late-hint",
        rules: || Rules {
            whom_to_survey: |clear, holders, _| {
                holders.iter().copied().filter(|holder| !clear.contains(holder)).collect()
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "leaver-is-not-surveyed",
        rule: "may_hold",
        story: "",
        what: "Only members are asked whether they are clear of a key. A node that is leaving still has the old copy, and hands it over after \
               the tombstone was reaped.",
        missed_by: "A leaver hands over soon, and the tombstone is in the way until it is reaped. It takes a reap while the leaver still \
                    has something, and a look at the disks after it has handed over.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-leave",
        rules: || Rules { may_hold: |standing| standing == Standing::Member, ..Rules::default() },
    },
    Defect {
        name: "synced-with-no-replica",
        rule: "may_sync",
        story: "",
        what: "A node that was a replica when it asked for a key, and is none any more, takes it, and never hands it over.",
        missed_by: "While the ring stands still, who asked is a replica when the answer comes: it takes a change of \
                    the ring between the two, and a look at who still has the key in the end.",
        breaks: &["I4.misplaced-is-handed-over"],
        scope: "exchange-and-displaced",
        rules: || Rules { may_sync: |_is_shared| true, ..Rules::default() },
    },
];

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "moved-keys-stay-without-gossip",
        story: "",
        what: "Nor do they hand over what others are responsible for by now.",
        missed_by: "No get misses anything, and W disks have the put: it takes a look in the end at the disks of \
                    those who should have nothing.",
        property: "I4.misplaced-is-handed-over",
        scope: "join-without-gossip",
    },
    Limit {
        name: "one-disk-is-lost-with-w1",
        story: "",
        what: "With W=1 a put is acknowledged when one disk has it; if that is lost before another has it too, so is the put. W disks \
               survive the loss of W-1.",
        missed_by: "A crash keeps the disk, and a moment later others have the put: it takes the loss of the disk \
                    between the acknowledgement and the first store elsewhere.",
        property: "I4.acknowledged-put-survives",
        scope: "lost-disk-w1",
    },
    Limit {
        name: "nobody-can-tell-a-lone-node-that-its-disk-is-old",
        story: "",
        what: "A node that is alone in its cluster is started on an older copy of its disk. What it has acknowledged since the copy was made is lost, \
               and no other node can say so.",
        missed_by: "The copy is whole, and passes every check. It takes ground truth of what was acknowledged.",
        property: "I4.acknowledged-put-survives",
        scope: "old-disk-alone",
    },
];
