//! Defects that break I4 when nodes join, leave or are removed.

use crate::defect::{Cost, Defect, Loss, When};
use dynamo_model::membership::Standing;
use dynamo_model::rules::{HandoffEvent, Rules};
use dynamo_model::version::{Epoch, Issuer};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "served-by-no-replica",
        rule: "may_serve",
        story: "Ann puts her cart through A, whose view has the replicas A and B. Bob, an \
                administrator, lets C join through B, so B is no longer a replica. B stores the \
                cart for A all the same, and A acknowledges the put. C gets the cart by handoff, \
                but B keeps its own copy and does not hand it over.",
        what: "A node that is no longer a replica stores a put for a coordinator whose view is \
               old. The node does not hand the copy over. It stays there until the preference \
               list of the key changes again, and the tombstone of a delete cannot be reaped \
               meanwhile.",
        missed_by: "W disks have the put, and the acknowledgement is right. You need a coordinator \
                    whose view is old. You must check where copies eventually are, not only how \
                    many there are.",
        breaks: &["I4.misplaced-is-handed-over"],
        scope: "join-and-read",
        cost: Cost {
            when: When::AddNode,
            skip: "refusing a put on a node that is no longer a replica",
            lose: "an acknowledged put: a get asks the new replicas, which do not have it yet",
            loss: Loss::Told {
                scope: "join-put-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "C joins, and stores Ann's put before it knows that it has joined. So it \
                         asks nobody what they have of the key, and B never hears of the change. \
                         Ann reads through B, which still takes itself for a replica: her cart is \
                         empty.",
            },
        },
        rules: || Rules { may_serve: |_, _| true, ..Rules::default() },
    },
    Defect {
        name: "dots-start-again-after-a-move",
        rule: "epoch",
        story: "Ann puts bread through B, which gives the put the dot B:1. Bob lets A join, so B \
                hands the bread to A; then Bob lets A leave. Ann puts milk through B without \
                reading, and B gives this put the dot B:1 again. A hands the bread back, B keeps \
                only the milk, and no disk has the acknowledged bread.",
        what: "A node hands a key over, and later becomes its replica again. It then counts its \
               puts of the key from one, under its old name, so a new put gets the dot of an old \
               one. Where the two meet, a node takes one for the other and loses it.",
        missed_by: "A node that stays a replica knows all dots that it has given. You need a node \
                    that is a replica, then is not, and then is one again. It must coordinate a \
                    put before and a put after that, and the client must not read in between.",
        breaks: &[
            "I4.acknowledged-put-survives",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.one-put-one-version",
            "I2.confirmed-put-is-kept",
            "I2.clocks-are-causal",
            "I8.hint-is-kept",
        ],
        scope: "replica-again",
        cost: Cost {
            when: When::RemoveNode,
            skip: "starting a new epoch when a node becomes a key's replica again",
            lose: "an acknowledged put: a new put gets its dot and takes its place",
            loss: Loss::Told {
                scope: "replica-again-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "The key moves from B to A and back. B gives Ann's second put the dot \
                         that her first one had. The handoff from A brings the first put under \
                         the same dot, and one of the two values is gone for good.",
            },
        },
        rules: || Rules {
            epoch: |_, held, new| Epoch {
                number: 0,
                issued: held.counter_max(Issuer { epoch: 0, ..new }),
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "late-handed-off-is-believed",
        rule: "hint_may_clear",
        story: "Ann puts her cart through B, which hands it to A when Bob lets A join; A's \
                confirmation is slow. Bob lets A leave, A gives the cart back, and Bob lets A join \
                again, so B keeps a hint for A. Now A's old confirmation arrives, and B drops the \
                hint. A drops its own copy when it hears that B has the cart, and no disk has it.",
        what: "A node drops a hint because the recipient once confirmed that it had the data. \
               Since then the recipient has left and has given the data back, and is to join again \
               with nothing.",
        missed_by: "A late confirmation does no harm while the ring does not change. You need one \
                    that is in flight while the recipient gives the data back and an administrator \
                    lets it join again.",
        breaks: &[
            "I4.acknowledged-put-survives",
            "I1.acknowledged-put-is-on-w-disks",
            "I8.hint-is-kept",
        ],
        scope: "late-handed-off",
        cost: Cost {
            when: When::AddNode,
            skip: "checking that a handoff's confirmation belongs to the current view",
            lose: "an acknowledged put: two nodes drop it, because each believes that the other \
                   has it",
            loss: Loss::Told {
                scope: "joins-again-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "The key moves from B to A, back, and to A again. A hands Ann's cart over \
                         to B, and drops it rightly. Then B believes a late confirmation of its \
                         own first handoff, and drops the cart, too. It is gone for good.",
            },
        },
        rules: || Rules {
            hint_may_clear: |hint, event| matches!(event, HandoffEvent::Acknowledged { context, .. } if context.includes(hint.context())),
            ..Rules::default()
        },
    },
    Defect {
        name: "all-surveyed-at-once",
        rule: "whom_to_survey",
        story: "Ann puts a cart through C and deletes it through A. A asks B and C at the same \
                time whether they are clear of the key, and B says yes. Then C gives up waiting \
                for A and lets B keep the cart as a hint for A; after that, C gets the tombstone \
                and says yes. A reaps the tombstone, and once B hands its hint to A, Bob reads the \
                deleted cart.",
        what: "The first replica asks replicas and fallbacks at the same time whether they are \
               clear of a key. A fallback says yes, and then gets the old value from a replica \
               that does not have the tombstone yet. Its handoff brings the deleted value back.",
        missed_by: "Every node says what is true when it is asked. You need a coordinator that \
                    gives up waiting between two answers to one survey.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-late-hint",
        cost: Cost {
            when: When::Delete,
            skip: "asking the replicas first, and the other nodes only then, before reaping",
            lose: "the delete: a fallback gets the old value after it was asked, and hands it \
                   over",
            loss: Loss::Untold(
                "No client's run is shown: the scope of this defect has R=1, where a get may miss \
                 a delete anyway. The check looks at the disks: the deleted value is back on a \
                 replica after its tombstone was reaped.",
            ),
        },
        rules: || Rules {
            whom_to_survey: |clear, holders, _| {
                holders.iter().copied().filter(|holder| !clear.contains(holder)).collect()
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "leaver-is-not-surveyed",
        rule: "may_hold",
        story: "Ann puts a cart through A, and A and C store it. Bob lets C leave through A, so B \
                replaces C as a replica, and Ann deletes the cart through A. A asks only B whether \
                it is clear, and reaps the tombstone. C does not know yet that it is to leave: it \
                still holds the cart and will hand it over, and then Bob reads it.",
        what: "The first replica asks only members whether they are clear of a key. A node that is \
               leaving still has the old value, and hands it over after the tombstone was reaped.",
        missed_by: "A leaving node usually hands over early, while the tombstone still covers its \
                    copy. You need a reap while the leaving node still has the old value. You must \
                    also inspect that node's disk.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-leave",
        cost: Cost {
            when: When::Delete,
            skip: "asking a node that is leaving before you reap a tombstone",
            lose: "the delete: the leaving node hands over the deleted value later",
            loss: Loss::Told {
                scope: "leave-and-get",
                harm: "harm.acknowledged-put-is-missed",
                ending: "A leaves, and still has the only copy of Ann's cart. B takes over \
                         without asking the node that leaves, and Ann reads an empty cart.",
            },
        },
        rules: || Rules { may_hold: |standing| standing == Standing::Member, ..Rules::default() },
    },
    Defect {
        name: "synced-with-no-replica",
        rule: "may_sync",
        story: "Ann puts her cart through A, and A starts an exchange with the other replica, B, \
                which lacks the cart. Bob lets C join through A, so C replaces B as a replica, and \
                B learns of it. B then takes the cart from A's last message of the exchange. B \
                never hands that copy over: it stopped being a replica before it had the cart.",
        what: "A node was a replica when an exchange began, and is no longer one when the data \
               arrives. It takes the key all the same. It does not hand it over until the \
               preference list changes again.",
        missed_by: "While the ring does not change, both nodes are still replicas when the data \
                    arrives. You need a change of the ring during an exchange. You must check \
                    which nodes eventually hold the key.",
        breaks: &["I4.misplaced-is-handed-over"],
        scope: "exchange-and-displaced",
        cost: Cost {
            when: When::Compare,
            skip: "checking that both nodes are still replicas when exchanged data arrives",
            lose: "disk space: a node that is no replica keeps the key, and blocks reaping of it",
            loss: Loss::Untold(
                "No client reads the copy, because no view names its node as a replica. It takes \
                 space, and it keeps the tombstone from being reaped if the key is deleted: a \
                 node that reaps asks this one, too.",
            ),
        },
        rules: || Rules { may_sync: |_is_shared| true, ..Rules::default() },
    },
];
