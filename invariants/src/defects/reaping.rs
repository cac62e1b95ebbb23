//! Deletes that are undone.

use super::Defect;
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "reaped-with-a-hint-outstanding",
        rule: "tombstone_may_reap",
        what: "Only the intended replicas are asked: a fallback that still keeps an old copy hands it over, and what was deleted is back.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-hint",
        missed_by: "Replicas agree, and the key is gone everywhere that is asked. It takes an old hint that outlives the \
                    tombstone at a node which is no replica.",
        rules: || Rules {
            tombstone_may_reap: |clear, _, intended| intended.iter().all(|node| clear.contains(node)),
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-before-all-have-it",
        rule: "tombstone_may_reap",
        what: "Tombstones go when W replicas have them: another one still has what they deleted.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap",
        missed_by: "A quorum has the tombstone, and reads by quorum show nothing. It takes a replica that missed the delete, a \
                    purge, and a look at what comes back much later.",
        rules: || Rules { tombstone_may_reap: |clear, _, _| clear.len() >= 2, ..Rules::default() },
    },
    Defect {
        name: "hint-does-not-matter",
        rule: "is_clear",
        what: "A holder of a hint says that it is clear of the key, because it is no replica of it.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-hint",
        missed_by: "Everyone was asked, and everyone said yes. It takes a holder whose hint is older than the delete, and that \
                    hands it over after the purge.",
        rules: || Rules {
            is_clear: |remains, tombstones| !remains.is_intended || remains.held == tombstones,
            ..Rules::default()
        },
    },
    Defect {
        name: "any-tombstone-is-clear",
        rule: "is_clear",
        what: "A replica says that it is clear without looking at what it holds.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap",
        missed_by: "Where all replicas got the delete in time their answer happens to be right. It takes one that had not yet \
                    when it was asked.",
        rules: || Rules { is_clear: |remains, _| !remains.is_hinted, ..Rules::default() },
    },
    Defect {
        name: "counter-restarts-with-the-key",
        rule: "next_counter",
        what: "A coordinator counts each key's puts by what the key's context knows: after the key was reaped it begins again, and a context from before covers what nobody has seen.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "reap-and-put-again",
        missed_by: "Delete, purge and put again each work. It takes a client with a context from before the purge that puts over \
                    what it read then.",
        rules: || Rules { next_counter: |_, known| Some(known + 1), ..Rules::default() },
    },
    Defect {
        name: "one-tombstone-is-enough",
        rule: "is_deleted",
        what: "A key counts as deleted as soon as it has a tombstone: a put that did not see it is reaped along with it.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.clocks-are-causal",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "reap-and-put-again",
        missed_by: "A key with a tombstone and no sibling is what tests delete. It takes a put concurrent with the delete, and a \
                    purge while both are siblings.",
        rules: || Rules {
            is_deleted: |held| held.versions().iter().any(|version| version.content.value().is_none()),
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-whatever-is-there",
        rule: "is_unchanged",
        what: "Replicas reap what they hold when they are told, also if it is no longer what everyone was asked about: a put that came \
               meanwhile is gone.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "reap-and-put-again",
        missed_by: "The answers were right when they were given. It takes a put that arrives between the asking and the purge.",
        rules: || Rules { is_unchanged: |_, _| true, ..Rules::default() },
    },
];
