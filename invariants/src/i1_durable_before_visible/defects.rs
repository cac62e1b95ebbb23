//! The defects that break I1, each with one rule replaced, and the limits: what Dynamo does not
//! promise.

use crate::defect::{Defect, Limit};
use dynamo_model::rules::{HandoffEvent, Rules, Word};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "word-before-disk",
        rule: "must_save",
        story: "Ann puts a cart through A. A and C keep the cart in memory only, C confirms it, \
                and A acknowledges the put. No disk has the cart: if A and C crash before it \
                reaches B, Bob can never read it.",
        what: "Replicas confirm a put that they hold in memory only. If they crash, the \
               acknowledged put is gone.",
        missed_by: "Answers and later reads come from memory and are right. You see the loss only \
                    if nodes crash after they confirmed the put, or if you inspect disks instead \
                    of answers.",
        breaks: &[
            "I1.acknowledged-put-is-on-w-disks",
            "I2.confirmed-put-is-kept",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "coordinator-crash",
        rules: || Rules { must_save: |_, _, _| false, ..Rules::default() },
    },
    Defect {
        name: "answer-before-r",
        rule: "get_may_answer",
        story: "Ann puts a price through A, C stores it too, and A acknowledges the put. Ann then \
                reads through C, and C answers from its own copy alone, although R is 2. She gets \
                her price because C has it, but if Bob reads through B now, he gets nothing.",
        what: "The coordinator answers a get with one reply less than R. The get can miss a put \
               that was acknowledged before the get began.",
        missed_by: "A get through a node that has the put is right, whatever R is. You see the \
                    miss only if a get begins after the acknowledgement, through a replica that \
                    the put has not reached.",
        breaks: &["I1.get-rests-on-r-replies", "I1.get-sees-acknowledged-puts"],
        scope: "one-client",
        rules: || Rules {
            get_may_answer: |tally, r, _| tally.counted.len() + 1 >= r,
            ..Rules::default()
        },
    },
    Defect {
        name: "in-person-not-counted",
        rule: "put_may_ack",
        story: "Ann puts a price through A and asks for two intended replicas. C and B are slow, \
                so D keeps a hint for C, and A counts D and acknowledges the put. Ann reads \
                through C and asks for two intended replicas: C and B have nothing, and she gets \
                nothing. If Bob reads through C now, he can miss the price too.",
        what: "The coordinator of a put ignores PW and counts fallbacks like intended replicas. A \
               get that asks for PR intended replicas can then miss the put.",
        missed_by: "While all replicas reply in time, no fallback counts. You see the miss only if \
                    a put times out on two replicas, and a get hears exactly these two before the \
                    hint is handed over.",
        breaks: &[
            "I1.in-person-get-sees-in-person-puts",
            "I1.get-sees-acknowledged-puts",
            "I6.in-person-counts-intended-replicas",
        ],
        scope: "in-person",
        rules: || Rules { put_may_ack: |tally, w, _| tally.counted.len() >= w, ..Rules::default() },
    },
    Defect {
        name: "in-person-not-counted-by-reads",
        rule: "get_may_answer",
        story: "Ann puts a price through A and asks for two intended replicas: A and B store it, \
                and A acknowledges the put. Ann reads through C and asks for two again, but A and \
                B do not reply in time, and C asks D. D is a fallback and has nothing: C counts D \
                for A, and Ann gets nothing. If Bob reads through C now, he can miss the price \
                too.",
        what: "The coordinator of a get ignores PR and counts fallbacks like intended replicas. A \
               fallback that never received the put can answer for a replica that has it, and the \
               get misses the put.",
        missed_by: "While all replicas reply in time, no fallback answers a get. You see the miss \
                    only if a get times out on the replicas that have the put and hears a fallback \
                    instead.",
        breaks: &[
            "I1.in-person-get-sees-in-person-puts",
            "I1.get-sees-acknowledged-puts",
            "I6.in-person-counts-intended-replicas",
        ],
        scope: "in-person",
        rules: || Rules {
            get_may_answer: |tally, r, _| tally.counted.len() >= r,
            ..Rules::default()
        },
    },
    Defect {
        name: "one-stand-in-for-two",
        rule: "stand_in",
        story: "Ann puts a cart through A, and C and B are slow. A asks D to stand in for both, \
                and D confirms a hint for C and a hint for B. A counts three copies and \
                acknowledges the put, but if Bob, the operator, counts disks, he finds two.",
        what: "One fallback stands in for every replica that does not reply. The coordinator \
               counts its replies as several copies, but they are one copy on one disk.",
        missed_by: "While only one replica is slow, one fallback is enough. You see the loss only \
                    if two replicas are slow at once, and if you count disks instead of replies.",
        breaks: &["I1.acknowledged-put-is-on-w-disks", "I6.no-ack-before-w", "I8.no-hint-stays"],
        scope: "stand-in-for-all",
        rules: || Rules {
            stand_in: |tally, fallbacks, _| {
                fallbacks.first().copied().filter(|_| tally.stand_ins.len() < 2)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "old-replica-just-drops",
        rule: "hands_over_to",
        story: "Ann puts a price through B, while Bob lets C join through A. A stores the price \
                and confirms it, and B acknowledges the put. B then learns that C has taken its \
                position, and deletes its copy without a handoff. Only A's disk still has the \
                price, although W is 2.",
        what: "A node that stops being a replica deletes its copy and hands nothing over. An \
               acknowledged put can then be on fewer than W disks.",
        missed_by: "If the put has already reached the new replicas, nothing is lost. You see the \
                    loss only if a node learns of the change after it stored the put. Count the \
                    disks before another node hands the put over.",
        breaks: &[
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-survives",
            "I2.confirmed-put-is-kept",
            "I5.replicas-agree-eventually",
        ],
        scope: "join",
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
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "read-twice-after-remove",
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

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "stale-read-when-quorums-miss",
        story: "Ann puts a price through A, which acknowledges it alone, because W is 1. Ann reads \
                through C before A's message arrives there, and C answers alone, because R is 1. \
                She gets nothing, although her put was acknowledged. If Bob reads through B now, \
                he can get nothing too.",
        what: "With R+W<=N, a get can miss a put that was acknowledged before the get began. The \
               replicas that answer the get need not include one that confirmed the put. Choose \
               R+W>N where that matters.",
        missed_by: "On an idle cluster, the put reaches all replicas before anyone reads. You see \
                    the miss only if a get through another node overtakes the put's message to \
                    that node.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "r1-w1",
    },
    Limit {
        name: "removed-node-serves-by-its-old-view",
        story: "Bob, the operator, removes C through A, although C is alive. Ann puts a cart \
                through A; B takes C's position and stores the cart, and A acknowledges the put. \
                Ann reads through C, which does not know that it was removed. C answers alone, \
                because R is 1, and she gets nothing.",
        what: "An operator who removes a node with --dead states that it is dead. If it is alive, \
               it serves requests by its old view until it hears of the removal. Its clients can \
               miss acknowledged puts.",
        missed_by: "A dead node answers no client. You see the miss only if a live node is removed \
                    and a client still reads through it.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "read-through-a-removed-node",
    },
    Limit {
        name: "stale-read-under-sloppy-quorum",
        story: "Ann puts a price through A; B stores it too, and A acknowledges the put. Ann reads \
                through C, which the put has not reached; A and B do not reply in time, and C asks \
                the fallback D. D has nothing: C counts D for A, and Ann gets nothing. If Bob \
                reads through A now, he gets the price.",
        what: "R+W>N makes gets and puts share a node only if intended replicas answer both. If a \
               fallback stands in for a replica at the put or at the get, the get can miss the \
               put. Ask for PW and PR intended replicas, with PR+PW>N, where that matters.",
        missed_by: "A replica that is down all the time takes part neither in the put nor in the \
                    get. You see the miss only if replicas are slow at one of the two and reply at \
                    the other.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "stand-in-and-read",
    },
];
