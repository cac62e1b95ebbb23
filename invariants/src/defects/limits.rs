//! What Dynamo does not promise.

use super::Limit;

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "views-differ-without-gossip",
        what: "Without gossip only those learn of a change who ask one that knows of it, or are asked by one: the others go by their old \
               view for ever.",
        missed_by: "It takes a node that nobody asks anything any more: as long as requests come by, all learn.",
        property: "I7.views-agree-in-the-end",
        scope: "join-without-gossip",
    },
    Limit {
        name: "moved-keys-stay-without-gossip",
        what: "Nor do they hand over what others are responsible for by now.",
        missed_by: "Reads by quorum find the keys all the same. It takes the question where every copy lies in the end, and \
                    nobody who asks.",
        property: "I4.misplaced-is-handed-over",
        scope: "join-without-gossip",
    },
    Limit {
        name: "stale-read-while-keys-move",
        what: "When the ring has changed, a read may ask a new replica that was not handed yet what it should have, and miss an acknowledged \
               put, although R+W>N. Nothing is lost: read again.",
        missed_by: "It takes a read between the change of the ring and the hand-over, by a quorum of which two members are new or \
                    late.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "join-and-read",
    },
    Limit {
        name: "stale-read-when-quorums-miss",
        what: "With R+W<=N a get can miss a put that was acknowledged before it began: a read quorum need not meet the write \
               quorum. Choose R+W>N where that matters.",
        missed_by: "On an idle machine the store has reached all replicas before the read begins. It takes a read that overtakes \
                    a store.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "r1-w1",
    },
    Limit {
        name: "repair-is-lost",
        what: "Read repair is sent once: if the message is lost, the replica stays stale until the next read. Nothing depends \
               on it but how soon replicas agree.",
        missed_by: "It takes the loss of one message that nobody answers; what the client sees is right.",
        property: "I3.stale-replica-is-repaired",
        scope: "loss",
    },
    Limit {
        name: "lost-store-stays-lost",
        what: "A put that was lost on its way to a replica, and sent again no more, is not there in the end, though W others have it: \
               only a read brings it there.",
        missed_by: "The put is acknowledged, and a quorum reads it. It takes a look at the last replica's disk, when everything \
                    else is over.",
        property: "I5.replicas-agree-in-the-end",
        scope: "loss",
    },
    Limit {
        name: "doubled-request-runs-again",
        what: "A get that arrives again after it was answered runs again. Where the network doubles messages for ever, it never rests; \
               a put is recognised, and yet asks the replicas again.",
        missed_by: "Every answer is right. It shows only where messages may be doubled for ever, as a cycle.",
        property: "I6.every-request-ends",
        scope: "duplication",
    },
    Limit {
        name: "stale-read-under-sloppy-quorum",
        what: "R+W>N counts members of one preference list. With stand-ins a put may be acknowledged by nodes that a read never asks: it \
               misses the put until the hint is handed over. Ask for PW and PR replicas in person, PR+PW>N, where that matters.",
        missed_by: "R+W>N holds, and tests that keep to it pass as long as no replica is late. It takes one that is late for the \
                    put and back for the read, before the hand-over.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "stand-in-and-read",
    },
    Limit {
        name: "hint-stays-while-messages-are-lost",
        what: "A hint stays where it is as long as its transfers, or the answers to them, are lost; it is never given up. (The scope sends it \
               twice; a node sends it for ever.)",
        missed_by: "It takes a network that loses every transfer: a property of what is so in the end, and a fair network would \
                    hide it.",
        property: "I8.no-hint-stays",
        scope: "handoff-and-loss",
    },
    Limit {
        name: "one-disk-is-lost-with-w1",
        what: "With W=1 a put is acknowledged when one disk has it; if that is lost before another has it too, so is the put. W disks \
               survive the loss of W-1.",
        missed_by: "Disks rarely fail in the moment between an acknowledgement and the next store; here all moments are tried.",
        property: "I4.acknowledged-put-survives",
        scope: "lost-disk-w1",
    },
    Limit {
        name: "doubled-sync-is-answered-again",
        what: "Where messages are doubled for ever, an old word of what a replica had arrives again and again, and is answered each time.",
        missed_by: "Both replicas are right, and the exchange ends on a network that doubles nothing. It shows as a cycle.",
        property: "I5.exchange-ends",
        scope: "exchange-and-duplication",
    },
];
