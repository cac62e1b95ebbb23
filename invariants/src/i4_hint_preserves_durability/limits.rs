//! Known limits: what Dynamo does not promise of I4.

use crate::defect::Limit;

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "moved-keys-stay-without-gossip",
        story: "Ann puts her cart through B, and A and B store it. Bob lets C join through A, so C \
                replaces B as a replica, and A hands the cart to C. No message tells B of the \
                change, so B keeps its copy forever.",
        what: "Without gossip a node that does not hear of a change of the ring keeps keys that \
               other nodes are responsible for now. It never hands them over. Let nodes gossip \
               where that matters.",
        missed_by: "No get misses the put, and W disks have it. You must check what is eventually \
                    on the disks of the nodes that should hold nothing.",
        property: "I4.misplaced-is-handed-over",
        scope: "join-without-gossip",
    },
    Limit {
        name: "one-disk-is-lost-with-w1",
        story: "Ann puts her cart through A, which needs only its own disk and acknowledges at \
                once. A loses its disk while its messages to B and C are still in flight. If Bob \
                reads now, he finds no cart, and if those messages are lost, he never will.",
        what: "With W=1 the coordinator acknowledges a put when one disk has it. If that disk is \
               lost before another disk has the put, the put is lost. Choose a larger W: a put \
               then survives the loss of W-1 disks.",
        missed_by: "A crash keeps the disk, and a moment later other nodes have the put. You need \
                    the loss of the disk between the acknowledgement and the first store at \
                    another node.",
        property: "I4.acknowledged-put-survives",
        scope: "lost-disk-w1",
    },
    Limit {
        name: "nobody-can-tell-a-lone-node-that-its-disk-is-old",
        story: "Bob copies the disk of A, the only node in his cluster. Ann puts her cart through \
                A, and A acknowledges it. Bob starts A on the copy: the cart is gone, and there is \
                no other node that could tell A so.",
        what: "A node that is alone in its cluster is started on an older copy of its disk. All \
               puts that it acknowledged since the copy was made are lost, and no other node can \
               tell it so. Run more than one node.",
        missed_by: "The copy is complete and passes every check. You need the ground truth of what \
                    was acknowledged.",
        property: "I4.acknowledged-put-survives",
        scope: "old-disk-alone",
    },
];
