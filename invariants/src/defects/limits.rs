//! What Dynamo does not promise.

use super::Limit;

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "views-differ-without-gossip",
        what: "Without gossip only those learn of a change who ask one that knows of it, or are asked by one: the others go by their old \
               view for ever.",
        missed_by: "Whoever is asked, or asks, learns of the change: it takes a node that neither happens to, and a \
                    lasso in which it never hears.",
        property: "I7.views-agree-in-the-end",
        scope: "join-without-gossip",
    },
    Limit {
        name: "moved-keys-stay-without-gossip",
        what: "Nor do they hand over what others are responsible for by now.",
        missed_by: "No get misses anything, and W disks have the put: it takes a look in the end at the disks of \
                    those who should have nothing.",
        property: "I4.misplaced-is-handed-over",
        scope: "join-without-gossip",
    },
    Limit {
        name: "stale-read-when-quorums-miss",
        what: "With R+W<=N a get can miss a put that was acknowledged before it began: a read quorum need not meet the write \
               quorum. Choose R+W>N where that matters.",
        missed_by: "On an idle cluster the put reaches all replicas before anyone reads: it takes a get through \
                    another node that overtakes the store.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "r1-w1",
    },
    Limit {
        name: "removed-node-serves-by-its-old-view",
        what: "To remove a node with --dead says that it is dead. If it is not, it serves by what it knows until it hears of it, and a \
               client that asks it may miss what was acknowledged since.",
        missed_by: "A dead node answers nobody. It takes a living one that is removed, and a client that goes on asking it.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "read-through-a-removed-node",
    },
    Limit {
        name: "put-is-coordinated-twice",
        what: "A node that forwards a put to a silent coordinator soon forwards it to another; and a put that a client asks again after the \
               ring has changed may be forwarded to another, too. If the first coordinator has it, both give the put a dot: its value is \
               its own sibling, until a client reads both and puts over them. Nothing is lost.",
        missed_by: "A coordinator that is dead gives no dot. It takes one that is alive, and whose answer comes too late.",
        property: "I2.one-put-one-version",
        scope: "fallback-coordinates",
    },
    Limit {
        name: "replaced-value-comes-back-after-failover",
        what: "A put was coordinated by two nodes. Whoever has replaced one of its versions knows the other by their request, and drops it; \
               but of each coordinator a context names only the requests of the latest two puts. When the coordinator of the version \
               replaced has coordinated two more puts of the key, the other version, if it comes only then, is there again. Who reads \
               both sees the old value a second time; nothing is lost.",
        missed_by: "As long as the request is known the second version is dropped where it arrives. It takes a client that reads one version and \
                    puts over it twice, all before the other arrives.",
        property: "I2.siblings-are-an-antichain",
        scope: "coordinated-twice-long-ago",
    },
    Limit {
        name: "clocks-after-failover",
        what: "After failover a context may lack a put that its writer has seen. Two nodes have coordinated the put; the client has seen \
               one version, and by the time the other version arrives the put's request is forgotten.",
        missed_by: "Each clock is right by itself. It takes both versions, and ground truth that they are one put.",
        property: "I2.clocks-are-causal",
        scope: "coordinated-twice-long-ago",
    },
    Limit {
        name: "repair-is-lost",
        what: "Read repair is sent once: if the message is lost, the replica stays stale until the next read. Nothing depends \
               on it but how soon replicas agree.",
        missed_by: "The read that met the stale replica is answered right: it takes the loss of just the repair, and \
                    a look at that replica's disk.",
        property: "I3.stale-replica-is-repaired",
        scope: "loss",
    },
    Limit {
        name: "lost-store-stays-lost",
        what: "A put that was lost on its way to a replica, and sent again no more, is not there in the end, whether it was acknowledged \
               or not: only a read brings it there.",
        missed_by: "Whoever hears that the put failed expects nothing more of it, and whoever hears that it did not reads it from \
                    the others: it takes the loss of one store, no read that repairs, and a look at every replica's disk in the end.",
        property: "I5.replicas-agree-in-the-end",
        scope: "loss",
    },
    Limit {
        name: "doubled-request-runs-again",
        what: "A get or a put that arrives again after it was answered runs again; a put is recognised, and yet asks the replicas \
               again. Where the network doubles messages for ever, it never rests.",
        missed_by: "Each answer is right, also the second: it takes a network that repeats messages without end, and a look at \
                    whether the coordinator still waits, each time that the request has come again.",
        property: "I6.every-request-ends",
        scope: "duplication",
    },
    Limit {
        name: "stale-read-under-sloppy-quorum",
        what: "R+W>N counts members of one preference list. With stand-ins a put may be acknowledged by nodes that a read never asks: it \
               misses the put until the hint is handed over. Ask for PW and PR replicas in person, PR+PW>N, where that matters.",
        missed_by: "A replica that is down throughout is asked neither for the put nor for the get: it takes two \
                    that are slow at the put, and answer the get before the hint is handed over.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "stand-in-and-read",
    },
    Limit {
        name: "hint-stays-while-messages-are-lost",
        what: "A hint stays where it is as long as its transfers, or the answers to them, are lost; it is never given up. (The scope sends it \
               twice; a node sends it for ever.)",
        missed_by: "A single loss is made good, for the hint is sent again: it takes the loss of every transfer, or \
                    of every answer, and a look at the hint in the end.",
        property: "I8.no-hint-stays",
        scope: "handoff-and-loss",
    },
    Limit {
        name: "one-disk-is-lost-with-w1",
        what: "With W=1 a put is acknowledged when one disk has it; if that is lost before another has it too, so is the put. W disks \
               survive the loss of W-1.",
        missed_by: "A crash keeps the disk, and a moment later others have the put: it takes the loss of the disk \
                    between the acknowledgement and the first store elsewhere.",
        property: "I4.acknowledged-put-survives",
        scope: "lost-disk-w1",
    },
    Limit {
        name: "doubled-sync-is-answered-again",
        what: "Where messages are doubled for ever, an old word of what a replica had arrives again and again, and is answered each time.",
        missed_by: "The replicas agree, and no state is wrong: it takes a network that repeats messages without end, \
                    and a lasso in which an old one is answered each time.",
        property: "I5.exchange-ends",
        scope: "exchange-and-duplication",
    },
    Limit {
        name: "dot-is-given-twice-while-the-witness-is-down",
        what: "A node is started on an older copy of its disk. The only other node that has heard of a later commit is down. The first node goes on \
               with the copy, and gives a new put a dot that it has given before. When the other comes back the first begins on an empty disk, but \
               both puts have the dot, and where they meet one is lost. Start a node on restored files only while all others are up.",
        missed_by: "With every other node up the copy is found before the node serves anyone. It takes a witness that is down just then, and a look \
                    at both disks.",
        property: "I2.one-put-one-version",
        scope: "old-disk-and-witness-down",
    },
    Limit {
        name: "nobody-can-tell-a-lone-node-that-its-disk-is-old",
        what: "A node that is alone in its cluster is started on an older copy of its disk. What it has acknowledged since the copy was made is lost, \
               and no other node can say so.",
        missed_by: "The copy is whole, and passes every check. It takes ground truth of what was acknowledged.",
        property: "I4.acknowledged-put-survives",
        scope: "old-disk-alone",
    },
];
