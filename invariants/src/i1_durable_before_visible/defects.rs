//! The defects that break I1, each with one rule replaced, and the limits: what Dynamo does not
//! promise.

mod moves;

use crate::defect::{Cost, Defect, Limit, Loss, When};
use crate::joined::joined;
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &joined::<
    Defect,
    { ON_A_STEADY_RING.len() + moves::DEFECTS.len() },
>(&[ON_A_STEADY_RING, moves::DEFECTS]);

const ON_A_STEADY_RING: &[Defect] = &[
    Defect {
        name: "word-before-disk",
        rule: "must_save",
        story: "Ann puts a cart through A. A and C keep the cart in memory only, C confirms it, \
                and A acknowledges the put. No disk has the cart: if A and C crash, and the \
                message to B is lost, Bob can never read it.",
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
        cost: Cost {
            when: When::Restart,
            skip: "saving a put to disk before you confirm it",
            lose: "an acknowledged put, when the nodes that confirmed it crash",
            loss: Loss::Told {
                scope: "lone-node-crashes-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "A acknowledges Ann's put, crashes before it saves it, and restarts \
                         without it. Ann reads her cart, and it is empty for good.",
            },
        },
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
        cost: Cost {
            when: When::NoFault,
            skip: "waiting for the last of the R replies to a get",
            lose: "an acknowledged put from the answer of a later get",
            loss: Loss::Told {
                scope: "quorum-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "Ann puts through A and B, and reads through C. C answers alone, before \
                         any other replica has replied: her cart is empty, although R+W is more \
                         than N.",
            },
        },
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
        breaks: &["I1.in-person-get-sees-in-person-puts", "I6.in-person-counts-intended-replicas"],
        scope: "in-person",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "counting only intended replicas towards PW when a put is acknowledged",
            lose: "an acknowledged put from the answer of a get that asks for PR intended \
                   replicas",
            loss: Loss::Told {
                scope: "in-person-put-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "Ann wants A itself to store her put. B acknowledges it with a hint for \
                         A. Ann reads through A in person, and her cart is empty.",
            },
        },
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
        breaks: &["I1.in-person-get-sees-in-person-puts", "I6.in-person-counts-intended-replicas"],
        scope: "in-person",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "counting only intended replicas towards PR when a get is answered",
            lose: "an acknowledged put from a get's answer: an empty fallback answers for a \
                   replica that has it",
            loss: Loss::Told {
                scope: "in-person-get-by-a-fallback",
                harm: "harm.acknowledged-put-is-missed",
                ending: "Ann's put is on A in person, and she wants A itself to answer her read. \
                         B answers in its place, with nothing. Her cart is empty.",
            },
        },
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
        what: "One fallback stands in for two replicas that do not reply. The coordinator counts \
               its replies as several copies, but they are one copy on one disk.",
        missed_by: "While only one replica is slow, one fallback is enough. You see the loss only \
                    if two replicas are slow at once, and if you count disks instead of replies.",
        breaks: &["I1.acknowledged-put-is-on-w-disks", "I6.no-ack-before-w"],
        scope: "stand-in-for-all",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "asking a different fallback for each silent replica",
            lose: "a copy of an acknowledged put: two copies that the coordinator counted are on \
                   one disk",
            loss: Loss::Untold(
                "The put is on two disks, and its client was promised three. So two lost disks \
                 lose it, where W=3 promises to survive them. A scope loses one disk at most, so \
                 no client misses the put yet.",
            ),
        },
        rules: || Rules {
            stand_in: |tally, fallbacks, _| {
                fallbacks.first().copied().filter(|_| tally.stand_ins.len() < 2)
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
        name: "next-get-shows-less",
        story: "Ann puts a price through A, and only A has it yet. Bob reads through C, which \
                hears A and shows him the price. Bob reads again through B, which hears C and not \
                A, and he gets nothing.",
        what: "A get may show a put that is not acknowledged yet. The next get of the same client \
               may rest on other replicas, which do not have the put: reads are not monotonic, \
               also with R+W>N. Once the put is acknowledged, every get shows it whose quorum \
               overlaps with that of the put. Let a client keep what it has read, where that \
               matters.",
        missed_by: "It needs a put that is still under way, and two gets through different nodes. \
                    Once all replicas have the put, both gets show it.",
        property: "I1.next-get-shows-as-much",
        scope: "read-twice-amid-a-put",
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
