//! What breaks I9 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Cost, Defect, Limit, Loss, When};
use dynamo_model::rules::{Freshness, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "longer-history-wins",
        rule: "history_merge",
        story: "Ann and Bob are administrators. She lets C leave through A while he removes C for \
                good through B. B gossips with A, and A tells B its history, with Ann's change. \
                B's history, with Bob's change, is as long as A's, so B keeps its own and Ann's \
                change never reaches B's disk.",
        what: "A node that is told a history keeps only the longer of that one and its own. Of two \
               changes made at the same time, it forgets one or never learns it.",
        missed_by: "Of changes made one after another, the longer history is the newer one. You \
                    need two administrators at two nodes, each of whom acts before their node \
                    hears of the other change.",
        breaks: &["I9.change-is-never-unlearned", "I7.views-agree-eventually"],
        scope: "two-administrators",
        cost: Cost {
            when: When::RemoveNode,
            skip: "merging the histories when two administrators act at once",
            lose: "an administrator's confirmed change: some nodes never learn it, and views \
                   differ for ever",
            loss: Loss::Told {
                scope: "join-put-and-get",
                harm: "I6.every-request-ends",
                ending: "C keeps the longer of two histories instead of joining them. So it never \
                         learns that it has joined, and refuses Ann's put again and again. Ann \
                         waits for an answer for ever.",
            },
        },
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
        story: "Ann, an administrator, lets C leave through A, and A confirms it. A gossips with \
                C, which has not heard of it and tells A its own, older history. A replaces its \
                history by that one, and forgets that C is to leave. If Bob asks A now, he sees C \
                as a member.",
        what: "A node replaces its history by the one that it is told. It forgets changes that it \
               knew, and a change may come and go without end.",
        missed_by: "A node that only hears newer histories seems to learn. You need a node that is \
                    told an older history than its own. You must remember what it knew before.",
        breaks: &["I9.change-is-never-unlearned", "I7.views-agree-eventually"],
        scope: "two-administrators",
        cost: Cost {
            when: When::RemoveNode,
            skip: "keeping the changes that you know when told an older history",
            lose: "an administrator's confirmed change: the node forgets it",
            loss: Loss::Told {
                scope: "fallback-leaves-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "B leaves. A tells its older history, and B takes it in place of its own, \
                         so it forgets that it leaves. It acknowledges Ann's put as a fallback \
                         for A. Ann reads through A, and her cart is empty.",
            },
        },
        rules: || Rules { history_merge: |_known, told| told.clone(), ..Rules::default() },
    },
    Defect {
        name: "old-request-acts-again",
        rule: "change_freshness",
        story: "Ann, an administrator, puts her cart through A, and lets A leave through B and \
                join again. Her client had sent the request to leave twice, and the copy arrives \
                after the join. B lets A leave again, although nobody asked for that.",
        what: "A node obeys each copy of an administrator's request. A copy that arrives after the \
               member was changed anew undoes the newer change.",
        missed_by: "A change that is made twice is one change. You need a second change of the \
                    same member, and a copy of the first request that arrives after it.",
        breaks: &["I9.request-acts-once"],
        scope: "retry-and-rejoin",
        cost: Cost {
            when: When::MessagesLost,
            skip: "recognising an administrator's request that comes again",
            lose: "a member: it leaves although it was let in again",
            loss: Loss::Untold(
                "No client lost anything in the scopes tried: a node that leaves hands over what \
                 it has. But the cluster has one member fewer than its administrator was told.",
            ),
        },
        rules: || Rules { change_freshness: |_, _| Freshness::New, ..Rules::default() },
    },
    Defect {
        name: "change-in-memory-only",
        rule: "history_must_save",
        story: "Ann puts her cart through B, and A and B store it. Bob lets C join through A, and \
                A confirms the change, which it has in memory only. If A crashes now, it no longer \
                knows that C has joined, although it has confirmed it to Bob.",
        what: "A node confirms a membership change that it has in memory only. After a crash it \
               does not know the change any more.",
        missed_by: "Other nodes tell the node again, so that all views eventually agree. You must \
                    inspect the node's disk, or what it knows right after a crash, and compare \
                    that with what it has said before.",
        breaks: &["I9.change-is-never-unlearned", "I8.hint-is-kept"],
        scope: "join-and-crash",
        cost: Cost {
            when: When::Restart,
            skip: "saving a membership change to disk before you confirm it",
            lose: "an administrator's confirmed change, when the node crashes",
            loss: Loss::Untold(
                "No client lost anything in the scopes tried: the other nodes tell the change \
                 again. But the administrator was told that the change is known. If the node was \
                 the only one that knew it, nobody knows it after the crash, and the node that \
                 should join or leave never does.",
            ),
        },
        rules: || Rules { history_must_save: |_, _| false, ..Rules::default() },
    },
];

pub(super) const LIMITS: &[Limit] = &[];
