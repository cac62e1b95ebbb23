//! The defects that break I6, each with one rule replaced, and the limit: what Dynamo does not
//! promise.

use crate::defect::{Cost, Defect, Limit, Loss, When};
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "ack-one-short",
        rule: "put_may_ack",
        story: "Ann puts a cart through A, which saves it and sends it to C and B. A acknowledges \
                the put at once, although only its own disk has the cart and W is 2. If Bob reads \
                through C now and only B replies, he gets nothing.",
        what: "The coordinator acknowledges a put with one copy less than W. The client relies on \
               W copies that do not exist, and a read quorum can miss the put.",
        missed_by: "On an idle cluster, every replica has the put a moment later. You see the \
                    defect only if you inspect the disks at the acknowledgement, or if a get \
                    overtakes the message to the second replica.",
        breaks: &[
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-sees-acknowledged-puts",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "one-client",
        cost: Cost {
            when: When::NoFault,
            skip: "waiting for the last of the W copies of a put",
            lose: "an acknowledged put: it has one copy too few, and a get can miss it",
            loss: Loss::Told {
                scope: "write-all-lost-disk-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "W is 2, but A acknowledges Ann's put when only A itself has it. Ann \
                         reads through B, which has heard nothing of it, and her cart is empty.",
            },
        },
        rules: || Rules {
            put_may_ack: |tally, w, _| tally.counted.len() + 1 >= w,
            ..Rules::default()
        },
    },
    Defect {
        name: "replica-counted-twice",
        rule: "reply_counts_for",
        story: "Ann puts a cart through A, which needs all three replicas. C's reply is slow, so \
                A's timer fires, A retransmits, and C replies twice. A counts C's second reply for \
                B and acknowledges the put. Bob, the operator, relies on three copies, but B does \
                not have the cart.",
        what: "The coordinator counts every reply, also a second one from the same replica. W \
               replies are then not W copies, and R replies are not R replicas.",
        missed_by: "Without timeouts, no replica replies twice. You see the defect only if a \
                    coordinator retransmits while the first reply is in flight, and counts both \
                    replies before another replica has replied.",
        breaks: &[
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-rests-on-r-replies",
            "I4.acknowledged-put-is-secured",
            "I1.get-shows-the-merge",
        ],
        scope: "retransmission",
        cost: Cost {
            when: When::MessagesLost,
            skip: "checking whether this replica's reply has been counted already",
            lose: "a copy of an acknowledged put: W replies come from fewer than W replicas",
            loss: Loss::Told {
                scope: "quorum-and-slow-replicas",
                harm: "harm.acknowledged-put-is-missed",
                ending: "Ann puts through A and B, and reads through C. C counts itself twice, \
                         and answers before any other replica has replied: her cart is empty, \
                         although R+W is more than N.",
            },
        },
        rules: || Rules {
            reply_counts_for: |tally, from, _| {
                tally.missing().next().filter(|_| tally.asked.contains(&from))
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "last-answer-ignored",
        rule: "reply_counts_for",
        story: "Ann puts a price through A, and C and B both store it. B's reply is enough, and A \
                acknowledges the put. A ignores C's reply, because it is the last one, and waits \
                for ever. If Bob reads through A, his read does not end either, and repairs no \
                stale replica.",
        what: "The coordinator ignores the last reply that can come. If it needs this reply, the \
               client waits for ever. If it does not, the client gets its answer, but without a \
               timeout the request never ends, and a read repairs no stale replica.",
        missed_by: "While W and R are less than N, every client gets the right answer. You see \
                    the defect only if you look at what the coordinator still waits for, or at a \
                    stale replica that no read repairs.",
        breaks: &["I6.every-request-ends"],
        scope: "one-client",
        cost: Cost {
            when: When::NoFault,
            skip: "counting the last reply to a request",
            lose: "read repair: without timeouts the request never ends, and no stale replica is \
                   repaired",
            loss: Loss::Told {
                scope: "write-all-lost-disk-and-get",
                harm: "I6.every-request-ends",
                ending: "W is 2, and B has stored Ann's cart and confirmed it. A ignores this \
                         confirmation, because it is the last one that can come. Ann waits for an \
                         answer for ever.",
            },
        },
        rules: || Rules {
            reply_counts_for: |tally, from, named| {
                let intended = (Rules::default().reply_counts_for)(tally, from, named);
                intended.filter(|_| tally.counted.len() + 1 < tally.asked.len())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "acknowledged-when-given-up",
        rule: "put_may_ack",
        story: "Ann puts a cart through A, and neither C nor B replies in time. A asks the \
                fallback D, which does not reply in time either. A has no node left to ask and \
                acknowledges the put, although only its own disk has the cart and W is 2. If Bob \
                reads through C now and only B replies, he gets nothing.",
        what: "The coordinator acknowledges a put when it has no node left to ask. The client \
               believes that W nodes stored the put, and fewer have.",
        missed_by: "While only one replica is slow, there is always another node to ask. You see \
                    the defect only if all other nodes are slow, the fallback too, and if you \
                    count disks at the acknowledgement.",
        breaks: &[
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "stand-in",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "telling the client that its put failed when you give up",
            lose: "an acknowledged put: fewer than W nodes have it, and a get can miss it",
            loss: Loss::Told {
                scope: "quorum-and-slow-replicas",
                harm: "harm.acknowledged-put-is-missed",
                ending: "A hears from no other replica, gives up, and acknowledges Ann's put all \
                         the same. Ann reads through C, which asks B. Neither has heard of the \
                         put, so her cart is empty.",
            },
        },
        rules: || Rules {
            put_may_ack: |tally, w, _| tally.counted.len() >= w || !tally.waiting,
            ..Rules::default()
        },
    },
];

pub(super) const LIMITS: &[Limit] = &[Limit {
    name: "doubled-request-runs-again",
    story: "Ann puts a cart through A; C and B store it, and A acknowledges the put after C's \
            reply. B's reply ends the request, but the network delivers Ann's put again, and A \
            waits for replies again. C's old reply arrives once more too, and then B's, and all \
            this can repeat for ever. If Bob reads now, he gets the cart, but A never rests.",
    what: "A request that arrives again after it ended runs again. The coordinator recognises a \
           repeated put and gives it no second version, but asks the replicas again. If the \
           network duplicates messages for ever, the coordinator never rests.",
    missed_by: "Every answer is right, also the second one. You see the limit only if the network \
                duplicates messages for ever, and if you look at whether the coordinator still \
                waits each time.",
    property: "I6.every-request-ends",
    scope: "duplication",
}];
