//! Defects that break I5, and known limits: what Dynamo does not promise of I5.

use crate::defect::{Cost, Defect, Limit, Loss, When};
use dynamo_model::rules::Rules;
use dynamo_model::tree::Digest;

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "hint-not-kept-for-the-new",
        rule: "hint_goes_to",
        story: "Ann puts a cart through B, and C stores it, too. Bob, the operator, lets A join, \
                which displaces B as a replica, so B keeps the cart only as a hint. Bob then \
                removes C for good, so B is a replica again. B hands its hint to A, drops it, and \
                has no cart left.",
        what: "The holder of a hint for a replica does not also keep it for a node that has newly \
               become a replica. If the holder is that node itself, it hands the hint over, drops \
               it, and has nothing.",
        missed_by: "Usually the other replicas hand over what they have. You need a new replica \
                    that gets nothing from any of them, and has only the hint that it keeps for \
                    another.",
        breaks: &["I5.replicas-agree-eventually"],
        scope: "join-and-remove",
        cost: Cost {
            when: When::RemoveNode,
            skip: "keeping a hint's data for new replicas too, also for yourself",
            lose: "a copy of an acknowledged put: a replica hands over its copy and stays without \
                   it",
            loss: Loss::Untold(
                "In the scopes tried, the replicas differ, but a get that asks them still finds \
                 the put on the other replica. With R=1 a client that asks the new replica misses \
                 the put until an exchange or a read repair brings it there.",
            ),
        },
        rules: || Rules {
            hint_goes_to: |recipient, _, now| {
                if now.contains(&recipient) { vec![recipient] } else { now.to_vec() }
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "update-not-in-the-tree",
        rule: "tree_follows",
        story: "Ann puts a price of 10 through A, and then a price of 12 over it. The price of 12 \
                reaches B first, so B's tree describes 12, while A's tree still describes 10. Both \
                disks hold 12, and every exchange finds a difference and sends the price again. \
                Bob, the operator, sees repairs that never end.",
        what: "A replica enters a key in its tree when the key is new, but not when the key \
               changes. Replicas that agree seem to differ and send the key for ever. Replicas \
               that differ seem to agree.",
        missed_by: "The disks agree, and every read is right. You need trees that grew in \
                    different ways, by stores in another order or by a restart that builds one \
                    anew. You also need to look for a cycle in which the key is sent for ever.",
        breaks: &["I5.exchange-ends", "I5.equal-trees-are-found-equal"],
        scope: "exchange-and-crash",
        cost: Cost {
            when: When::Compare,
            skip: "updating the Merkle tree when a key's value changes",
            lose: "bandwidth: replicas that agree send the key again and again, for ever",
            loss: Loss::Untold(
                "The trees look equal, so the exchange never sends the new value. A client that \
                 asks the other replica alone sees the old value until a read repair replaces it.",
            ),
        },
        rules: || Rules {
            tree_follows: |before, _after| before.context().is_empty(),
            ..Rules::default()
        },
    },
    Defect {
        name: "delete-not-in-the-tree",
        rule: "tree_follows",
        story: "Ann puts a price through A, and B stores it. Ann deletes the price through A, and \
                the message with the tombstone to B is lost. A and B compare and find equal roots, \
                for ever. If Bob reads B's copy now, he still sees the deleted price.",
        what: "A replica does not update its tree when a tombstone replaces a value. Another \
               replica that still has the value seems to agree, and never learns of the delete.",
        missed_by: "With puts alone the trees are right. You need a delete whose message to the \
                    other replica is lost, and a look at both disks once everything is quiet.",
        breaks: &[
            "I5.replicas-agree-eventually",
            "I5.exchange-ends",
            "I5.equal-trees-are-found-equal",
        ],
        scope: "exchange-and-delete",
        cost: Cost {
            when: When::Compare,
            skip: "updating the Merkle tree when a tombstone replaces a value",
            lose: "the delete: a replica that missed it keeps the deleted value, and a get can \
                   show it",
            loss: Loss::Untold(
                "The trees look equal, so the exchange never sends the tombstone. A client that \
                 asks the other replica alone sees the deleted value until a read repair removes \
                 it.",
            ),
        },
        rules: || Rules {
            tree_follows: |_before, after| !(Rules::default().is_deleted)(after),
            ..Rules::default()
        },
    },
    Defect {
        name: "tombstones-have-no-digest",
        rule: "key_digest",
        story: "Ann puts a price through A and then deletes it, and both messages to B are lost. A \
                holds the tombstone, but its tree looks as if it had no such key. A and B compare \
                and find equal roots, for ever. If Bob, the operator, compares the disks now, he \
                finds the tombstone on A only.",
        what: "Tombstones do not count when replicas compare. A replica that has never heard of a \
               key does not learn that it is deleted.",
        missed_by: "A replica that still has the value is found to differ, and gets the tombstone. \
                    You need a replica that neither the put nor the delete has reached, and a look \
                    at its disk once everything is quiet.",
        breaks: &["I5.replicas-agree-eventually"],
        scope: "exchange-and-delete",
        cost: Cost {
            when: When::Compare,
            skip: "counting tombstones when replicas compare what they hold",
            lose: "agreement: a replica that missed the put and its delete never gets the \
                   tombstone",
            loss: Loss::Untold(
                "The trees look equal, so the exchange never sends the tombstone. A client that \
                 asks the other replica alone sees the deleted value until a read repair removes \
                 it.",
            ),
        },
        rules: || Rules {
            key_digest: |key, held| {
                if (Rules::default().is_deleted)(held) { Digest(0) } else { held.digest(key) }
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "roots-assumed-equal",
        rule: "goes_down",
        story: "Ann puts a price through A, and the message to B is lost. A sends B its root, \
                which differs from B's, but B takes the trees for equal and sends nothing back. If \
                Bob reads B's copy now, he finds no price.",
        what: "A replica takes trees for equal although their roots differ. An exchange then \
               repairs nothing.",
        missed_by: "While no message is lost, the stores alone make the replicas agree. You need \
                    one lost store, no read that repairs, and a look at both disks once everything \
                    is quiet.",
        breaks: &["I5.replicas-agree-eventually"],
        scope: "exchange",
        cost: Cost {
            when: When::Compare,
            skip: "comparing below the roots of two trees when they differ",
            lose: "a put at a replica that missed it: no exchange brings it, and a get can miss \
                   it",
            loss: Loss::Told {
                scope: "exchange-loss-and-get",
                harm: "harm.acknowledged-put-is-missed-for-ever",
                ending: "A's message with Ann's put is lost. The exchange takes the roots of both \
                         trees for equal, again and again. Whoever reads through B alone will \
                         miss the cart for ever.",
            },
        },
        rules: || Rules { goes_down: |_own, _theirs| false, ..Rules::default() },
    },
    Defect {
        name: "whole-leaves-travel",
        rule: "must_sync",
        story: "Ann puts a price through A, and A compares with B before B has stored it. The leaf \
                of the price holds a second key, which both replicas have with one value. B sends \
                A that key, too. Bob, the operator, pays for a message that nobody needs.",
        what: "An exchange sends every key of a leaf that differs, and not only the keys that \
               differ. Data travels that both replicas already have.",
        missed_by: "The replicas come to agree, on the right values. You need a second key at the \
                    leaf that has never differed, and a look at what is sent.",
        breaks: &["I5.only-divergent-keys-travel"],
        scope: "exchange",
        cost: Cost {
            when: When::Compare,
            skip: "sending only the keys that differ, not the whole leaf",
            lose: "bandwidth: an exchange also sends keys that both replicas already have",
            loss: Loss::Untold(
                "No client loses data. But each exchange sends every key of a leaf when one key \
                 differs, so the traffic grows with the number of keys and no longer with the \
                 number of differences.",
            ),
        },
        rules: || Rules { must_sync: |_own, _theirs| true, ..Rules::default() },
    },
    Defect {
        name: "only-missing-keys-travel",
        rule: "must_sync",
        story: "Ann puts a cart with tea through A, and Bob puts a cart with milk through B. The \
                messages that carry each cart to the other replica are lost. A and B compare and \
                find that the key differs, but both have it, so neither sends it. If Bob reads A's \
                copy now, his cart is missing.",
        what: "An exchange sends a key only if one of the replicas has nothing of it. If both have \
               something and it differs, neither gets what it lacks.",
        missed_by: "After one lost put a replica lacks the whole key, and gets it. You need two \
                    puts through two replicas, neither of which reaches the other replica.",
        breaks: &["I5.replicas-agree-eventually", "I5.equal-trees-are-found-equal"],
        scope: "exchange-both-ways",
        cost: Cost {
            when: When::Compare,
            skip: "sending a key that both replicas have, but with different versions",
            lose: "one client's put at each replica: no exchange brings it, and a get can miss it",
            loss: Loss::Untold(
                "Both replicas have the key, so the exchange sends neither value. A client that \
                 asks one replica alone misses what the other holds until a read repair brings it \
                 there.",
            ),
        },
        rules: || Rules {
            must_sync: |own, theirs| own.is_none() != theirs.is_none(),
            ..Rules::default()
        },
    },
    Defect {
        name: "exchange-never-ends",
        rule: "must_answer",
        story: "Ann puts a price through A, and the message to B is lost. B compares with A, and A \
                sends it the price. B answers with the price, A answers with the price, and so on \
                for ever. Bob, the operator, sees repairs that never end, although both disks \
                agree.",
        what: "A replica answers even if the other already has everything that it has. The two \
               repair one another for ever.",
        missed_by: "The disks soon agree, and stay so. No single state is wrong: you need to look \
                    for a cycle in which two replicas keep sending.",
        breaks: &["I5.exchange-ends", "I5.equal-trees-are-found-equal"],
        scope: "exchange",
        cost: Cost {
            when: When::Compare,
            skip: "checking whether the other replica lacks anything before you answer it",
            lose: "bandwidth: two replicas that agree repair each other for ever",
            loss: Loss::Untold(
                "No client loses data. But the two replicas send each other messages for ever, \
                 and a node runs few exchanges at a time, so keys that really differ wait.",
            ),
        },
        rules: || Rules { must_answer: |_held, _sent| true, ..Rules::default() },
    },
];

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "lost-store-stays-lost",
        story: "Ann puts a cart through A, and the messages to B and to C are both lost. A gives \
                up and reports a failure to Ann, but keeps the cart on its own disk. Nothing sends \
                the cart again. If Bob reads from B and C now, he finds nothing; with A's copy he \
                finds it.",
        what: "A replica that misses a store does not get the put later, whether the put was \
               acknowledged or not. Only a read repairs it, or an exchange where replicas compare.",
        missed_by: "A client whose put failed expects nothing more of it, and a client whose put \
                    was acknowledged reads it from other replicas. You need one lost store, no \
                    read that repairs, and a look at every replica's disk once everything is \
                    quiet.",
        property: "I5.replicas-agree-eventually",
        scope: "loss",
    },
    Limit {
        name: "doubled-sync-is-answered-again",
        story: "Ann puts a price through A, and A compares with B, which tells A that it has \
                nothing. A answers with the price, and A's own message to store it reaches B \
                first. The network may deliver B's old message again at any time, and A answers it \
                each time. Bob, the operator, sees repairs that nobody needs.",
        what: "While the network duplicates messages for ever, an old message about what a replica \
               had arrives again and again. The other replica answers it each time, so the \
               exchange does not end.",
        missed_by: "The replicas agree, and no single state is wrong. You need a network that \
                    duplicates messages for ever. You also need to look for a cycle in which the \
                    exchange does not end.",
        property: "I5.exchange-ends",
        scope: "exchange-and-duplication",
    },
];
