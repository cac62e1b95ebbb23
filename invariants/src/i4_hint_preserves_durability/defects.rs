//! What breaks I4 when one rule is replaced.

use crate::defect::{Cost, Defect, Loss, When};
use dynamo_model::membership::Standing;
use dynamo_model::rules::{HandoffEvent, Rules};
use dynamo_model::version::{Epoch, Issuer};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "stand-in-counted-beside-its-replica",
        rule: "reply_counts_for",
        story: "Ann puts her cart through A, which must store it on all three replicas A, C and B. \
                C is slow, so A asks D to keep a hint for C, and then both C and D answer. A \
                counts them as two replicas and acknowledges the put, although B has nothing. If \
                Bob reads through B now, he finds no cart.",
        what: "The coordinator counts a replica and the fallback that stood in for it as two \
               copies. After the handoff they are one copy, so the put is on one disk fewer than \
               acknowledged.",
        missed_by: "A replica that is dead for the whole test never answers beside its fallback. \
                    You need a replica that is only slow, so that both answer. You must also count \
                    copies by the ground truth, not by the coordinator's tally.",
        breaks: &[
            "I4.acknowledged-put-is-secured",
            "I1.acknowledged-put-is-on-w-disks",
            "I6.no-ack-before-w",
        ],
        scope: "stand-in-for-all",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "counting a replica and its fallback as one copy",
            lose: "a copy of an acknowledged put: after the handoff it is on fewer than W disks",
            loss: Loss::Untold(
                "The put is missing on a replica that nobody keeps a hint for. As long as the \
                 coordinator's own message arrives there, nobody notices. If it is lost, only a \
                 read repair or an exchange brings the put there, and until then one disk fewer \
                 than promised protects it.",
            ),
        },
        rules: || Rules {
            reply_counts_for: |tally, from, named| {
                (Rules::default().reply_counts_for)(tally, from, named).or_else(|| {
                    tally.missing().next().filter(|_| {
                        tally.was_asked(from)
                            && !tally.counted.iter().any(|answer| answer.by == from)
                    })
                })
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "stand-in-counted-for-another",
        rule: "reply_counts_for",
        story: "Ann puts her cart through A, which asks D to keep a hint for the slow replica C, \
                and gives up. Ann retries, and this time A asks D to stand in for B. D now answers \
                the old request, which was for C, but A counts the answer for B. A acknowledges \
                the put, and if Bob reads through B now, he finds no cart.",
        what: "A fallback's answer counts for the replica that the fallback stands in for now. A \
               late answer to an earlier attempt then acknowledges a put for a replica that has \
               nothing. No node keeps a hint for that replica either.",
        missed_by: "A single attempt never shows it, however slow it is. You need a retry on which \
                    the fallback stands in for another replica than before. The fallback's answer \
                    to the first attempt must arrive after that.",
        breaks: &[
            "I4.acknowledged-put-is-secured",
            "I6.no-ack-before-w",
            "I1.acknowledged-put-is-on-w-disks",
        ],
        scope: "stand-in-and-retry",
        cost: Cost {
            when: When::Retry,
            skip: "checking for which replica a fallback's late answer was meant",
            lose: "a copy of an acknowledged put: a replica that was counted has nothing",
            loss: Loss::Untold(
                "The put is missing on a replica that nobody keeps a hint for. As long as the \
                 coordinator's own message arrives there, nobody notices. If it is lost, one disk \
                 fewer than promised protects the put.",
            ),
        },
        rules: || Rules {
            reply_counts_for: |tally, from, _| {
                (Rules::default().reply_counts_for)(tally, from, None)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-with-a-hint-outstanding",
        rule: "tombstone_may_reap",
        story: "Ann puts a cart through A, and B keeps a hint with it for the slow replica C. Ann \
                deletes the cart, and both replicas, A and C, have the tombstone. A asks C but not \
                B whether it is clear, and reaps the tombstone. Once C reaps it too, B's hint \
                brings the deleted cart back, and Bob reads it.",
        what: "The first replica asks only the intended replicas before it reaps a tombstone. A \
               fallback that still keeps a hint with the old value hands it over later, and the \
               deleted value is back.",
        missed_by: "While no fallback keeps a hint, nothing goes wrong. You need a put for which a \
                    fallback stands in, a delete, and a reap, all before the handoff.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-hint",
        cost: Cost {
            when: When::Delete,
            skip: "asking fallbacks for old hints before you reap a tombstone",
            lose: "the delete: a fallback's hint brings the deleted value back",
            loss: Loss::Untold(
                "The scope in which this defect is found has a late hint and reads one replica, \
                 where the protocol does not promise that a get sees the delete. So the check \
                 looks at the disks: the hint brings the deleted value back after its tombstone \
                 was reaped.",
            ),
        },
        rules: || Rules {
            tombstone_may_reap: |clear, _, intended| {
                intended.iter().all(|node| clear.contains(node))
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-before-all-have-it",
        rule: "tombstone_may_reap",
        story: "Ann puts a cart through A and deletes it. She starts a get through C, which \
                remembers the cart; only then does the tombstone reach C. A and B are clear, so \
                they reap the tombstone, and they answer the get with nothing. C's read repair \
                writes the cart back to A, and if Bob reads now, he finds it.",
        what: "The first replica reaps a tombstone once two replicas are clear of the key, here as \
               many as W. The third replica may still hold the deleted value, or be about to write \
               it back.",
        missed_by: "Usually the third replica is clear by then, too. You need a get that read its \
                    coordinator's disk before the tombstone arrived there. Then inspect all disks \
                    after that get's read repair.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap",
        cost: Cost {
            when: When::Delete,
            skip: "waiting for every replica, not only W, before you reap a tombstone",
            lose: "the delete: a get at another replica can write the deleted value back by read \
                   repair",
            loss: Loss::Told {
                scope: "delete-reap-and-read-two",
                harm: "harm.deleted-value-is-seen",
                ending: "Ann deletes her cart. A forgets the tombstone when B alone is clear, \
                         while C has answered a read from its old copy. A's reply to C says \
                         nothing of the delete, so Ann sees the deleted cart.",
            },
        },
        rules: || Rules { tombstone_may_reap: |clear, _, _| clear.len() >= 2, ..Rules::default() },
    },
    Defect {
        name: "hint-does-not-matter",
        rule: "is_clear",
        story: "Ann puts a cart through A, and B keeps a hint with it for the slow replica C. Ann \
                deletes the cart, and A asks C and then B whether they are clear of the key. B \
                says yes, although it still keeps the cart, and A reaps the tombstone. Once C \
                reaps it too, B's hint brings the deleted cart back, and Bob reads it.",
        what: "A node that keeps a hint for a key says that it is clear of the key, because it is \
               no replica of it. The tombstone is reaped, and the handoff of the hint brings the \
               deleted value back.",
        missed_by: "All members are asked, and all of them answer. You need a fallback among them \
                    that still keeps the old value: fallbacks and deletes in one scope. You must \
                    also inspect the hints, not only the replicas' copies.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-hint",
        cost: Cost {
            when: When::Delete,
            skip: "reporting an old hint to a node that asks before it reaps",
            lose: "the delete: the handoff of that hint brings the deleted value back",
            loss: Loss::Told {
                scope: "delete-reap-and-read-all",
                harm: "harm.deleted-value-is-seen",
                ending: "Ann deletes her cart. B coordinates her read and has looked at its old \
                         copy, but says all the same that it is clear. A forgets the tombstone, \
                         so its reply says nothing of the delete. Ann sees the deleted cart.",
            },
        },
        rules: || Rules {
            is_clear: |remains, tombstones| !remains.is_intended || remains.held == tombstones,
            ..Rules::default()
        },
    },
    Defect {
        name: "any-tombstone-is-clear",
        rule: "is_clear",
        story: "Ann puts a cart through A, and A, B and C store it. Ann deletes it, and A asks B \
                and C whether they are clear before the tombstone reaches them. Both say yes, and \
                A reaps the tombstone while B and C still hold the cart. If Bob reads now, he gets \
                the cart, and read repair writes it back to A.",
        what: "A replica says that it is clear of a key without checking what it holds. The \
               tombstone is reaped while this replica still holds the deleted value.",
        missed_by: "A replica that already has the tombstone says what is true. You need a replica \
                    that is asked before the delete reaches it.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap",
        cost: Cost {
            when: When::Delete,
            skip: "checking that a replica has the tombstone before it agrees to reaping",
            lose: "the delete: replicas that the tombstone has not reached still show the deleted \
                   value",
            loss: Loss::Told {
                scope: "delete-reap-and-read-all",
                harm: "harm.deleted-value-is-seen",
                ending: "Ann deletes her cart through A. B still has the cart and says that it is \
                         clear, so A forgets the tombstone. Ann's read asks both, and the deleted \
                         cart is back.",
            },
        },
        rules: || Rules { is_clear: |remains, _| !remains.is_hinted, ..Rules::default() },
    },
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
                ending: "The key moves from B to A, back, and to A again. Late confirmations of \
                         the first two handoffs make A and B drop what they have of Ann's cart \
                         now. Her cart is gone.",
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
                "The scope in which this defect is found has a late hint and reads one replica, \
                 where the protocol does not promise that a get sees the delete. So the check \
                 looks at the disks: the deleted value is back on a replica after its tombstone \
                 was reaped, and from there it spreads to the others.",
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
