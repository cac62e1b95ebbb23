//! Defects that break I1 when nodes join, leave or are removed.

use crate::defect::{Cost, Defect, Loss, When};
use dynamo_model::rules::{HandoffEvent, Rules, Word};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "old-replica-just-drops",
        rule: "hands_over_to",
        story: "Ann puts a price through B, while Bob lets C join through A. A stores the price \
                and confirms it, and B acknowledges the put. B then learns that C has taken its \
                position, and deletes its copy without a handoff. Only A's disk still has the \
                price, although W is 2.",
        what: "No node hands a key over when its preference list changes. A node that stops being \
               a replica deletes its copy all the same. An acknowledged put can then be on fewer \
               than W disks.",
        missed_by: "If the put has already reached the new replicas, nothing is lost. You see the \
                    loss only if a node learns of the change after it stored the put. Count the \
                    disks then: a later put or repair may bring the key back.",
        breaks: &[
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-survives",
            "I2.confirmed-put-is-kept",
            "I5.replicas-agree-eventually",
        ],
        scope: "join",
        cost: Cost {
            when: When::AddNode,
            skip: "handing over a key when its preference list changes",
            lose: "an acknowledged put: a change of the ring can leave it on no disk",
            loss: Loss::Told {
                scope: "leave-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "A leaves, and drops the only copy of Ann's cart without handing it over. \
                         Ann reads through B, and her cart is gone for good.",
            },
        },
        rules: || Rules { hands_over_to: |_, _, _| Vec::new(), ..Rules::default() },
    },
    Defect {
        name: "hint-for-the-removed-is-dropped",
        rule: "hint_goes_to",
        story: "Ann puts a cart through A; C is slow, so B keeps a hint for C, and A acknowledges \
                the put. Bob, the operator, removes C through A, and B learns this by gossip. B \
                drops the hint, and only A's disk still has the cart, although W is 2.",
        what: "A node drops its hint for another node when that node is removed. A put that was \
               acknowledged with the hint loses one of its copies.",
        missed_by: "Most tests try one failure at a time. You see the loss only if a fallback \
                    stands in for a node, and exactly this node is removed for good before the \
                    handoff.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "remove-and-hint",
        cost: Cost {
            when: When::RemoveNode,
            skip: "readdressing a hint when its recipient is removed",
            lose: "a copy of an acknowledged put: the hint was one of its W copies",
            loss: Loss::Told {
                scope: "remove-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "B keeps the only copy of Ann's cart as a hint for A. When A is removed \
                         for good, B drops the hint instead of making it its own. Ann's cart is \
                         gone for good.",
            },
        },
        rules: || Rules {
            hint_goes_to: |recipient, _, now| {
                if now.contains(&recipient) { vec![recipient] } else { Vec::new() }
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "gone-with-hands-full",
        rule: "may_be_gone",
        story: "Ann puts a price through C; A stores it too, and C acknowledges the put. Bob, the \
                operator, lets C leave through A, and C learns this by gossip. C says at once that \
                it is gone, although it still keeps the price for A and B. If Bob switches C off \
                now, only A's disk has the price, although W is 2.",
        what: "A leaving node says that it is gone while it still has copies to hand over. No node \
               asks a node that is gone, so these copies can be lost.",
        missed_by: "Usually the leaving node has handed over everything by then. You see the loss \
                    only if it says first that it is gone, and if you do not count the disks of \
                    nodes that are gone.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "leave",
        cost: Cost {
            when: When::RemoveNode,
            skip: "handing over everything before a leaving node says that it is gone",
            lose: "a copy of an acknowledged put, when the operator switches the node off",
            loss: Loss::Told {
                scope: "leave-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "A leaves, and says that it is gone while it still has the only copy of \
                         Ann's cart. B asks nobody, and Ann reads an empty cart.",
            },
        },
        rules: || Rules { may_be_gone: |_| true, ..Rules::default() },
    },
    Defect {
        name: "leaver-stands-in",
        rule: "may_stand_in",
        story: "Bob, the operator, lets B leave through B, and B is gone. Ann puts a cart through \
                A, which does not know this; C is slow, and A asks B to keep a hint for C. B \
                confirms the hint, and A acknowledges the put. A node that is gone does not count: \
                only A's disk has the cart, although W is 2.",
        what: "A node that has left accepts a hint and confirms it. No node ever asks a node that \
               is gone, so the coordinator counts a copy that can be lost.",
        missed_by: "A coordinator that knows of the leave does not ask this node. You see the loss \
                    only if a coordinator that does not know yet times out. Do not count the disks \
                    of nodes that are gone.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "fallback-leaves",
        cost: Cost {
            when: When::RemoveNode,
            skip: "refusing hints on a node that leaves or has left",
            lose: "a copy of an acknowledged put: the hint is on a node that is gone",
            loss: Loss::Told {
                scope: "leaver-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "B leaves, and still keeps a hint with Ann's cart for C. A counts it as \
                         the second copy and acknowledges the put. Ann reads through C, which \
                         does not have it yet: her cart is empty.",
            },
        },
        rules: || Rules { may_stand_in: |_| true, ..Rules::default() },
    },
    Defect {
        name: "new-replica-answers-at-once",
        rule: "may_give_word",
        story: "Ann puts a price through B, and B acknowledges it. Bob lets A join through B: A \
                becomes the only replica, and B keeps the price as a hint for A. Ann reads, B \
                forwards her get to A, and A answers before the handoff: she gets nothing.",
        what: "A new replica answers gets before other nodes have handed its keys to it. A get \
               that counts its reply misses puts that were acknowledged long ago.",
        missed_by: "Before the change and after the handoff, every get is right. You see the miss \
                    only with a get in between that counts the new replica.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "moves-and-get",
        cost: Cost {
            when: When::AddNode,
            skip: "asking the other nodes before a new replica answers a get",
            lose: "an acknowledged put from the answer of a get that the new replica answers too \
                   early",
            loss: Loss::Told {
                scope: "join-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "A joins and takes the key over from B. It answers Ann's read before it \
                         has asked B what it has: her cart is empty.",
            },
        },
        rules: || Rules {
            may_give_word: |word, awaited, answered, suspected| {
                word == Word::Fetched
                    || (Rules::default().may_give_word)(word, awaited, answered, suspected)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "new-replica-vouches-at-once",
        rule: "may_give_word",
        story: "Bob, the operator, lets C join through A, and C takes B's position. Ann puts a \
                cart through A, C stores and confirms it at once, and A acknowledges the put. B \
                has not heard of C: when Ann reads through B, B answers alone, and she gets \
                nothing.",
        what: "A new replica counts for puts at once. The replica that it displaced may not know \
               of the change and still answers gets, which then miss the acknowledged put.",
        missed_by: "Clients that put and read through nodes that know of the change see \
                    everything. You see the miss only with a put under the new view and a get \
                    under the old one.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "read-by-an-old-view",
        cost: Cost {
            when: When::AddNode,
            skip: "asking the other nodes before a new replica confirms a put",
            lose: "an acknowledged put from a get's answer: the displaced replica, which lacks \
                   the put, still answers",
            loss: Loss::Told {
                scope: "join-put-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "C joins, and confirms Ann's put before it has asked the old replicas \
                         what they have. So nobody has told B of the change. Ann reads through B, \
                         which still takes itself for a replica: her cart is empty.",
            },
        },
        rules: || Rules {
            may_give_word: |word, awaited, answered, suspected| {
                word == Word::Stored
                    || (Rules::default().may_give_word)(word, awaited, answered, suspected)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "new-replica-awaits-one",
        rule: "whom_to_await",
        story: "Ann puts a price through C; Bob, the operator, lets A join through C and lets C \
                leave through B. A is the only replica now, and C keeps the price as a hint for A. \
                Ann reads through B, which asks A; A asks only B what it has, and B has nothing. A \
                does not wait for C, and Ann gets nothing.",
        what: "A new replica waits until one other node has told it what that node has, not until \
               all have. It then answers without the copies that a third node still has to hand \
               over.",
        missed_by: "In a cluster of two nodes, the one other node is all others. You see the miss \
                    only if a third node holds what a client reads.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "read-after-replacement",
        cost: Cost {
            when: When::AddNode,
            skip: "waiting for every other node before a new replica answers",
            lose: "an acknowledged put from a get's answer: a node that was not waited for has it",
            loss: Loss::Told {
                scope: "join-put-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "C joins, and confirms Ann's put when one old replica, A, has told what \
                         it has. So nobody has told B of the change. Ann reads through B, which \
                         still takes itself for a replica: her cart is empty.",
            },
        },
        rules: || Rules {
            whom_to_await: |entered, others| others.iter().copied().take(entered.min(1)).collect(),
            ..Rules::default()
        },
    },
    Defect {
        name: "asking-for-a-get-tells",
        rule: "asking_tells",
        story: "Ann puts a price through A, C stores it too, and Bob, the operator, removes C \
                through A. B takes C's position, and A keeps the price as a hint for B. Ann reads \
                through A, which answers her and also asks B; B takes this as a sign that A has \
                nothing for it. Ann reads again through B, which waits for D only and has nothing: \
                she gets nothing.",
        what: "A new replica takes a coordinator's request for a get as a sign that the \
               coordinator has nothing to hand over. If the coordinator does have something, the \
               new replica answers a get without it.",
        missed_by: "A coordinator that is a replica also reads its own disk, so its get is right. \
                    You see the miss only with two gets at once, or with a coordinator that is no \
                    replica any more.",
        breaks: &["I1.get-sees-acknowledged-puts", "I1.next-get-shows-as-much"],
        scope: "read-twice-after-remove",
        cost: Cost {
            when: When::AddNode,
            skip: "asking the coordinator, too, when a get reaches a new replica",
            lose: "an acknowledged put from a get's answer: the new replica answers without the \
                   coordinator's copy",
            loss: Loss::Told {
                scope: "remove-and-read-twice",
                harm: "harm.acknowledged-put-is-missed",
                ending: "C is removed, and B takes its place. B must hear from A and D what they \
                         have. It takes A's question on behalf of Ann's first read for A's \
                         answer, and D has nothing. Ann's second read, through B, shows an empty \
                         cart.",
            },
        },
        rules: || Rules { asking_tells: |_| true, ..Rules::default() },
    },
    Defect {
        name: "leaver-is-not-awaited",
        rule: "awaits_anew",
        story: "Bob, the operator, lets C join, Ann puts a cart through C, and Bob lets C leave \
                again. C keeps the cart as a hint for B; Bob lets A join, and A is the only \
                replica. Ann reads through A: A asks B, which has nothing, and hears from B of C's \
                join and leave at once. A does not wait for C, and Ann gets nothing.",
        what: "A new replica waits for other nodes again only when the set of members has changed. \
               If it hears of a node's join and leave at once, it does not wait for this node, \
               which may still hold a put.",
        missed_by: "A replica that hears of the join first waits for the new member. You see the \
                    miss only if a replica hears of the join and the leave at once.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "read-after-join-and-leave",
        cost: Cost {
            when: When::AddNode,
            skip: "waiting for a node whose join and leave arrive together",
            lose: "an acknowledged put from a get's answer: the leaving node still keeps it",
            loss: Loss::Told {
                scope: "three-moves-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "The key moves to C, which then leaves, and on to A. A does not wait \
                         until C, which leaves, has handed the key over. It answers Ann's read \
                         with nothing.",
            },
        },
        rules: || Rules { awaits_anew: |is_moved, _| is_moved, ..Rules::default() },
    },
    Defect {
        name: "too-few-does-not-matter",
        rule: "hint_may_clear",
        story: "Ann puts a price through A; C stores it too, and A acknowledges the put. Ann lets \
                A leave through A, while Bob lets C leave through B. A and C hand their copies to \
                B, the only member left, and both are gone. Only B's disk has the price, although \
                W is 2.",
        what: "Leaving nodes hand over everything and go, even if fewer than W members are left \
               because two nodes leave at once. An acknowledged put is then on fewer than W disks.",
        missed_by: "A node refuses to let another one leave when too few members would be left. \
                    You see the loss only if two nodes leave at once, through nodes that do not \
                    know of each other's request.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "two-leave-at-once",
        cost: Cost {
            when: When::RemoveNode,
            skip: "keeping a leaving node's copies while fewer than W members are left",
            lose: "a copy of an acknowledged put: fewer than W disks have it once both nodes are \
                   gone",
            loss: Loss::Untold(
                "An acknowledged put is on one disk fewer than W. No client misses it until this \
                 disk is lost, too. The scopes with a lost disk are too large when two nodes \
                 leave at once.",
            ),
        },
        rules: || Rules {
            hint_may_clear: |hint, event| match *event {
                HandoffEvent::Acknowledged { context, is_same_view, .. } => {
                    let event =
                        HandoffEvent::Acknowledged { context, is_same_view, are_enough: true };
                    (Rules::default().hint_may_clear)(hint, &event)
                }
                HandoffEvent::Sent | HandoffEvent::TimedOut => false,
            },
            ..Rules::default()
        },
    },
];
