//! Defects that break I2, and known limits: what Dynamo does not promise of I2.

mod forgetting;
mod repeating;
mod replacing;

use crate::defect::{Defect, Limit};
use crate::joined::joined;

pub(super) const DEFECTS: &[Defect] =
    &joined::<
        Defect,
        { replacing::DEFECTS.len() + repeating::DEFECTS.len() + forgetting::DEFECTS.len() },
    >(&[replacing::DEFECTS, repeating::DEFECTS, forgetting::DEFECTS]);

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "put-is-coordinated-twice",
        story: "Ann puts a cart with tea through B, which forwards it to A. A is slow, so B \
                coordinates the put itself under [B:1] and keeps it for A. Then the forwarded put \
                arrives, and A gives it [A:1]. If Bob's read merges both versions now, he gets one \
                cart as two siblings.",
        what: "Two nodes may coordinate one put: when the first is slow, or when a client asks \
               again after the ring has changed. The put then has two dots, and its value is its \
               own sibling until a client reads both and puts over them. Nothing is lost.",
        missed_by: "A dead coordinator gives no dot. You need one that is alive and whose answer \
                    comes too late.",
        property: "I2.one-put-one-version",
        scope: "fallback-coordinates",
    },
    Limit {
        name: "replaced-value-comes-back-after-failover",
        story: "Ann puts a cart with tea through B, and A coordinates the put. Bob reads the cart \
                through A and puts over it twice. B has not heard from A in time, so it \
                coordinates Ann's put too and sends A its version. A has forgotten the request: if \
                Bob reads now, Ann's old cart is back beside his.",
        what: "Two nodes have coordinated one put. A put over one version also replaces the other, \
               which a context knows by the request. A context names only the requests of each \
               coordinator's latest two puts: after two more, the other version comes back as a \
               sibling. Nothing is lost.",
        missed_by: "While a context names the request, a replica drops the second version as it \
                    arrives. You need a client that reads one version and puts over it twice, all \
                    before the other arrives.",
        property: "I2.siblings-are-an-antichain",
        scope: "coordinated-twice-long-ago",
    },
    Limit {
        name: "clocks-after-failover",
        story: "Bob reads through A and finds no cart. Ann puts a cart with tea through B, and A \
                and B both coordinate it, under [A:1] and [B:1]. Bob puts a cart with milk through \
                A, and then another over it. A still holds Ann's cart, but its context no longer \
                says that [B:1] is that cart, too.",
        what: "Two nodes have coordinated one put, and its request is forgotten after two more \
               puts. A context may then cover the put under one dot and not under the other. It \
               seems to lack a put that its set holds, or that its client had read.",
        missed_by: "Each clock is right by itself. You need both versions, and the ground truth \
                    that they are one put.",
        property: "I2.clocks-are-causal",
        scope: "coordinated-twice-long-ago",
    },
    Limit {
        name: "dot-is-given-twice-while-the-witness-is-down",
        story: "An operator copies A's disk. Ann puts a cart with tea through A under dot [A:1], \
                and B stores it and crashes. A is started on the copy, finds no node that knows \
                better, and gives [A:1] to Bob's cart with milk. B's disk still holds Ann's cart: \
                two carts have one dot.",
        what: "A node is started on an older copy of its disk while the only node that has heard \
               of a later commit is down. It gives a new put a dot that it has given before, and \
               where the two puts meet, one is lost. Start a node on restored files only while all \
               others are up.",
        missed_by: "With every other node up, the copy is found before the node serves a client. \
                    You need a witness that is down just then, and a look at both disks.",
        property: "I2.one-put-one-version",
        scope: "old-disk-and-witness-down",
    },
];
