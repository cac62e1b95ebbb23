//! What breaks I7 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Cost, Defect, Limit, Loss, When};
use dynamo_model::rules::Rules;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "served-and-not-told",
        rule: "must_tell",
        story: "Ann puts her cart through B, whose view has the replicas A and B. Bob lets C join \
                through A before B's message with the cart arrives there. A stores the cart and \
                confirms, but does not tell B that C has joined. B never learns that C replaces \
                it: if Bob reads through B now, B still answers as a replica.",
        what: "A node that knows of a membership change serves a coordinator that does not, and \
               does not tell it. Gossip asks the same rule, so it spreads no change either. The \
               coordinator keeps its old view for ever.",
        missed_by: "The put is stored and acknowledged, and nothing looks wrong. You must check \
                    that a coordinator eventually knows what the nodes that served it know.",
        breaks: &["I7.who-is-served-learns", "I8.no-hint-stays"],
        scope: "join-without-gossip",
        cost: Cost {
            when: When::AddNode,
            skip: "sending your history to a sender whose tip differs",
            lose: "agreement on the members: a coordinator keeps an old view, and waits for ever \
                   for refusing nodes",
            loss: Loss::Told {
                scope: "join-put-and-get",
                harm: "I6.every-request-ends",
                ending: "C has joined through A, and does not know of it yet. It refuses Ann's \
                         put, and does not tell A why, so A cannot tell C that it has joined. Ann \
                         waits for an answer for ever.",
            },
        },
        rules: || Rules { must_tell: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "stops-before-it-is-known",
        rule: "may_retire",
        story: "Ann puts her cart through C, and Bob lets C leave. C hands the cart to A and B, \
                notes that it is gone, and stops before it has told them. C never speaks again: if \
                Bob asks A or B now, they say that C is still leaving, and they will say so \
                forever.",
        what: "A node that has left stops before any other node knows that it is gone. The others \
               list it as leaving forever, and wait for it in vain.",
        missed_by: "The node has handed over all its keys, and no get fails. You must check what \
                    the other nodes eventually know of it.",
        breaks: &["I7.views-agree-eventually"],
        scope: "leave",
        cost: Cost {
            when: When::RemoveNode,
            skip: "waiting until another node knows that you are gone",
            lose: "agreement on the members: the others list the node as leaving, and wait for \
                   it, for ever",
            loss: Loss::Told {
                scope: "moves-and-read-back",
                harm: "I6.every-request-ends",
                ending: "A joins and leaves again, and stops before B knows that it is gone. B \
                         asks A what it has before it serves Ann's put. A answers no more, and \
                         Ann waits for ever.",
            },
        },
        rules: || Rules { may_retire: |_, is_busy| !is_busy, ..Rules::default() },
    },
];

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "views-differ-without-gossip",
        story: "Ann puts her cart through B, and A and B store it. Bob lets C join through A, and C \
            hears of it from A. No node asks B anything after that, and B asks no node, so B keeps \
            its view without C.",
        what: "Without gossip a node learns of a membership change only if it asks a node that knows \
           of it, or is asked by one. Every other node keeps its old view forever. Let nodes \
           gossip where that matters.",
        missed_by: "A node that asks another, or is asked, learns of the change. You need a node that \
                does neither, and must check what it eventually knows.",
        property: "I7.views-agree-eventually",
        scope: "join-without-gossip",
    },
    Limit {
        name: "word-of-a-change-is-lost",
        story: "Bob lets A join through B. Ann puts her cart through B, the only replica that her \
                client's view names. B tells her client of the change, and the network loses the \
                message. Her client keeps its old view until it asks again.",
        what: "A node that serves a client or a coordinator tells it of a membership change once. \
               Without gossip, nobody tells it again if that message is lost. It learns of the \
               change with its next request.",
        missed_by: "The put itself is right. You must lose exactly the message that tells of the \
                    change, and compare what the client knows with what the node knew.",
        property: "I7.who-is-served-learns",
        scope: "client-is-told-and-loss",
    },
];
