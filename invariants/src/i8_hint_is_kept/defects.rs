//! What breaks I8 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Cost, Defect, Limit, Loss, When};
use dynamo_model::membership::Standing;
use dynamo_model::rules::{Cause, HandoffEvent, Occasion, Rules};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "hint-dropped-when-sent",
        rule: "hint_may_clear",
        story: "Ann puts her cart through A, which gives up waiting for C and asks D to keep a \
                hint for C. D confirms, sends the cart to C, and drops the hint at once. D's \
                confirmation will count as a second copy, but while the message is in flight only \
                A has the cart on disk. If Bob reads from B and C now, he finds no cart.",
        what: "The fallback drops a hint as soon as it has sent it. If the message is late, the \
               put is on one disk fewer than promised.",
        missed_by: "A check made after the transfer arrives passes. You see the loss only if you \
                    inspect every disk while the transfer is in flight.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "stand-in",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "keeping a hint until its recipient confirms it",
            lose: "a copy of an acknowledged put, while the message is in flight; if it is lost, \
                   until a repair",
            loss: Loss::Told {
                scope: "fallback-loss-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "B acknowledges Ann's put, keeps it for A, and drops it as soon as it has \
                         sent it. All of B's messages to A are lost. Ann reads through A, and her \
                         cart is gone for good.",
            },
        },
        rules: || Rules {
            hint_may_clear: |_, event| matches!(event, HandoffEvent::Sent),
            ..Rules::default()
        },
    },
    Defect {
        name: "hint-dropped-on-timeout",
        rule: "hint_may_clear",
        story: "Ann puts her cart through A, which gives up waiting for C and asks D to keep a \
                hint for C. D confirms and sends the cart to C, but no answer comes in time. D \
                drops the hint although its message is still in flight, so only A has the cart on \
                disk. If Bob reads from B and C now, he finds no cart.",
        what: "The fallback gives up a hint whose transfer gets no answer in time. If the transfer \
               is late or lost, the put is on one disk fewer than promised.",
        missed_by: "A hint whose transfer is answered in time is never given up. You need a \
                    transfer that takes longer than the fallback waits. You must inspect every \
                    disk before it arrives.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "stand-in",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "keeping a hint when its handoff gets no answer in time",
            lose: "a copy of an acknowledged put, if the handoff is late or lost",
            loss: Loss::Told {
                scope: "fallback-loss-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "B acknowledges Ann's put, and keeps it for A. A's confirmation does not \
                         come in time, so B drops the hint. All of B's messages to A are lost. \
                         Ann's cart is gone for good.",
            },
        },
        rules: || Rules {
            hint_may_clear: |_, event| !matches!(event, HandoffEvent::Sent),
            ..Rules::default()
        },
    },
    Defect {
        name: "hint-cleared-by-any-answer",
        rule: "hint_may_clear",
        story: "Ann puts bread in her cart through A, and B keeps a hint with it for the slow \
                replica C. B sends the hint to C; before C's answer arrives, Ann adds milk, and \
                B's hint grows. C has confirmed only the bread, but B drops the whole hint. If Bob \
                reads through C now, he finds a cart without milk.",
        what: "Any answer of the recipient clears the hint, even if it answers a transfer that \
               began before the hint grew. The newer put is then on one disk fewer than promised.",
        missed_by: "With a single put, an answer always covers the whole hint. You need a second \
                    put that reaches the fallback while the transfer of the first one, or the \
                    answer to it, is in flight.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "growing-hint-of-two",
        cost: Cost {
            when: When::ReplicaDown,
            skip: "checking that a confirmation covers all that the hint holds now",
            lose: "a copy of a newer acknowledged put, which the hint received while it was being \
                   handed over",
            loss: Loss::Told {
                scope: "joins-again-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "The key moves from B to A, back, and to A again. A hands Ann's cart over \
                         to B, and drops it rightly. Then B takes a late confirmation of its own \
                         first handoff for one of what it keeps now, and drops the cart, too. It \
                         is gone for good.",
            },
        },
        rules: || Rules {
            hint_may_clear: |_, event| matches!(event, HandoffEvent::Acknowledged { .. }),
            ..Rules::default()
        },
    },
    Defect {
        name: "hint-in-memory-only",
        rule: "must_save",
        story: "Ann puts her cart through A, which gives up waiting for C and asks D to keep a \
                hint for C. D keeps the hint in memory and confirms it, but does not write it to \
                disk. So only A has the cart on disk: if D crashes and Bob then reads from B and \
                C, he finds no cart.",
        what: "A fallback confirms a hint that it has in memory only. After one crash of the \
               fallback, the put is on one disk fewer than promised.",
        missed_by: "While the fallback is up, it hands over all that it has promised. You need its \
                    crash between its confirmation and the handoff, or must inspect its disk.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "holder-crash",
        cost: Cost {
            when: When::Restart,
            skip: "saving a hint to disk before you confirm it",
            lose: "a copy of an acknowledged put, when the fallback crashes",
            loss: Loss::Told {
                scope: "fallback-lost-disk-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "A's message to C is lost. B keeps a hint with Ann's cart in memory only, \
                         and A counts it as the second copy. Then A loses its disk. Ann reads \
                         through C: her cart is empty, and no disk has it any more.",
            },
        },
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Hint && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "handed-over-before-disk",
        rule: "must_save",
        story: "Ann puts her cart through A, and D keeps a hint with it for the slow replica C. D \
                hands the cart to C, and C confirms it while it has the cart in memory only. D \
                drops the hint, so only A has the cart on disk. If C crashes and Bob then reads \
                from B and C, he finds no cart.",
        what: "The recipient of a hint confirms it before it has written it to disk. The fallback \
               drops the hint, and if the recipient crashes then, the put is on one disk fewer \
               than promised.",
        missed_by: "The recipient answers correctly, from memory. You need its crash after the \
                    fallback has dropped the hint, or must inspect both disks at that moment. A \
                    crash at any other moment loses nothing.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.confirmed-put-is-kept",
            "I5.replicas-agree-eventually",
            "I4.acknowledged-put-is-secured",
        ],
        scope: "holder-crash",
        cost: Cost {
            when: When::Restart,
            skip: "saving a handed-over hint to disk before its recipient confirms it",
            lose: "a copy of an acknowledged put, when the recipient crashes after the fallback \
                   dropped the hint",
            loss: Loss::Told {
                scope: "fallback-crash-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "A confirms the hint with Ann's put before it has saved it, and B drops \
                         the hint. Ann's read has missed the cart, and no disk has it any more: \
                         when A crashes, it is gone for good.",
            },
        },
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::HandOff && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "handoff-forgotten",
        rule: "handoff_is_due",
        story: "Ann puts her cart through A, and D keeps a hint with it for the slow replica C. D \
                crashes, and comes back with the hint on disk, but does not resume the handoff. \
                Bob, who operates the nodes, sees that hint on D forever.",
        what: "A node that was restarted does not resume the handoff of the hints on its disk. It \
               keeps them forever, and their recipients may never get the data.",
        missed_by: "Nothing is lost, because the hint stays on disk. You need one crash of the \
                    fallback, and must check whether the hint is eventually gone.",
        breaks: &["I8.no-hint-stays"],
        scope: "holder-crash",
        cost: Cost {
            when: When::Restart,
            skip: "resuming the handoff of hints after a restart",
            lose: "agreement: the fallback keeps its hints for ever, and their recipients may \
                   never get the data",
            loss: Loss::Untold(
                "The hint stays with its holder, and nobody sends it any more. A client that asks \
                 its recipient alone misses the put until a read repair or an exchange brings it \
                 there. Each further lost disk can then lose the put.",
            ),
        },
        rules: || Rules {
            handoff_is_due: |occasion| occasion != Occasion::Started,
            ..Rules::default()
        },
    },
    Defect {
        name: "leaver-is-not-heard",
        rule: "standing",
        story: "Ann puts her cart through C, and A and C store it. Bob lets C leave through A, and \
                C, which hears of it, tries to hand the cart to A and B. Both ignore C as soon as \
                they know that it is leaving. C sends its hints forever, and if Bob waits until \
                C's disk is empty, he waits in vain.",
        what: "Nodes treat a node that is leaving as if it were removed for good. They ignore its \
               messages, so it can hand nothing over, and never becomes empty.",
        missed_by: "The other nodes serve all clients, and no put is lost. You must check whether \
                    the disk of the leaving node is eventually empty.",
        breaks: &["I8.no-hint-stays", "I4.misplaced-is-handed-over"],
        scope: "leave",
        cost: Cost {
            when: When::RemoveNode,
            skip: "accepting handoffs from a node that is leaving",
            lose: "the leaving node's copies: no node takes them, and it sends them for ever",
            loss: Loss::Told {
                scope: "leave-and-get",
                harm: "harm.acknowledged-put-is-missed-for-ever",
                ending: "A leaves, and has the only copy of Ann's cart. B does not listen to a \
                         node that leaves, so it never takes the cart from A. Whoever reads \
                         through B will miss the cart for ever.",
            },
        },
        rules: || Rules {
            standing: |changes| match (Rules::default().standing)(changes) {
                Standing::Leaving => Standing::Removed,
                other => other,
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "old-replica-drops-when-sent",
        rule: "hint_may_clear",
        story: "Ann puts her cart through B, which is a replica and stores it. Bob lets C join; B \
                hears that C replaces it, and keeps the cart as hints for A and C. B sends the \
                cart to A and drops the hint for A at once. If Bob reads through A while the \
                message is in flight, he finds no cart.",
        what: "A node that is no longer a replica drops its data for a new replica as soon as it \
               has sent it. If the message is late, a put is on one disk fewer than promised.",
        missed_by: "A check made after the transfer arrives passes. You see the loss only if you \
                    inspect every disk while the key is between two nodes. A test that waits until \
                    the ring has settled never does.",
        breaks: &[
            "I8.hint-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.confirmed-put-is-kept",
            "I5.replicas-agree-eventually",
        ],
        scope: "join",
        cost: Cost {
            when: When::AddNode,
            skip: "keeping a moved key until its new replica confirms it",
            lose: "a copy of an acknowledged put, while the handoff is in flight; if it is lost, \
                   until a repair",
            loss: Loss::Told {
                scope: "join-and-get",
                harm: "harm.acknowledged-put-is-lost",
                ending: "A takes the key over from B. B drops its copy of Ann's cart as soon as \
                         it has sent it, but A does not yet know that it is a replica, and \
                         refuses. Ann's cart is gone for good.",
            },
        },
        rules: || Rules {
            hint_may_clear: |_, event| matches!(event, HandoffEvent::Sent),
            ..Rules::default()
        },
    },
    Defect {
        name: "moved-keys-wait",
        rule: "handoff_is_due",
        story: "Ann puts her cart through B, and A and B store it. Bob lets C join; B hears that C \
                replaces it, and keeps the cart as hints for A and C. B never sends them, so if \
                Bob looks at C's disk, now or later, he finds no cart there.",
        what: "A node keeps hints with what a change of the ring has moved, but hands them over \
               only after its next restart. Until then the new replica lacks the data.",
        missed_by: "A restart of the node starts the handoff. You need a change of the ring, and \
                    then no restart. You must check what is eventually on the new replica's disk.",
        breaks: &[
            "I8.no-hint-stays",
            "I5.replicas-agree-eventually",
            "I4.misplaced-is-handed-over",
        ],
        scope: "join",
        cost: Cost {
            when: When::AddNode,
            skip: "starting the handoff when the ring changes",
            lose: "the new replica's copies, until the old replica restarts",
            loss: Loss::Told {
                scope: "join-loss-and-get",
                harm: "I6.every-request-ends",
                ending: "A joins, and asks B what it has before it answers Ann. The message is \
                         lost, and B does not hand the key over by itself. Ann waits for ever.",
            },
        },
        rules: || Rules {
            handoff_is_due: |occasion| occasion != Occasion::Moved,
            ..Rules::default()
        },
    },
];

pub(super) const LIMITS: &[Limit] = &[Limit {
    name: "hint-stays-while-messages-are-lost",
    story: "Ann puts her cart through A, and D keeps a hint with it for the slow replica C. D \
            sends the hint to C twice, and both messages are lost. D gets no answer, so it still \
            has the hint: Bob, who operates the nodes, sees it there until a transfer and its \
            answer arrive.",
    what: "A fallback keeps a hint as long as the transfers of the hint, or the answers to them, \
           are lost. It never gives the hint up. (In the scope it sends the hint twice; a real \
           node sends it again and again.)",
    missed_by: "One lost transfer does no harm, because the fallback retransmits the hint. You \
                need the loss of every transfer, or of every answer. You must check whether the \
                hint is eventually gone.",
    property: "I8.no-hint-stays",
    scope: "handoff-and-loss",
}];
