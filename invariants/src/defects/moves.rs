//! What nodes forget when keys move, and old messages that are believed.

use super::Defect;
use dynamo_model::membership::Standing;
use dynamo_model::rules::{HandoffEvent, Rules, Word};
use dynamo_model::version::{Epoch, Issuer};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "dots-start-again-after-a-move",
        rule: "epoch",
        what: "A node that has handed a key over, and is its replica again, counts its puts of the key from one under its old name. A new \
               put gets the dot of an old one. Where the two meet, one of them is taken for the other and is lost.",
        missed_by: "A node that stays a replica knows all dots that it has given. It takes a node that is a replica, none, and one again, \
                    a put through it before and one after, and a client that has not read in between.",
        breaks: &[
            "I4.acknowledged-put-survives",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.one-put-one-version",
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I8.hint-is-kept",
        ],
        scope: "replica-again",
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
        what: "A node drops what it keeps for another because that one once said that it had it. Since then the other one has left, has \
               given it back, and has joined again with nothing.",
        missed_by: "A doubled or late answer is harmless as long as the ring stays as it is. It takes two answers to one handoff, and three \
                    changes of the ring while the second is in flight.",
        breaks: &[
            "I4.acknowledged-put-survives",
            "I1.acknowledged-put-is-on-w-disks",
            "I8.hint-is-kept",
        ],
        scope: "late-handed-off",
        rules: || Rules {
            hint_may_clear: |hint, event| matches!(event, HandoffEvent::Acknowledged { context, .. } if context.includes(hint.context())),
            ..Rules::default()
        },
    },
    Defect {
        name: "all-surveyed-at-once",
        rule: "whom_to_survey",
        what: "Replicas and fallbacks are asked at the same time whether they are clear of a key. A fallback says so, is then given an old \
               copy by a replica that has not got the tombstone yet, and hands it over after the tombstone was reaped.",
        missed_by: "Every node told the truth when it was asked. It takes a coordinator that loses patience between two answers of the \
                    same survey.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-late-hint",
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
        what: "Only members are asked whether they are clear of a key. A node that is leaving still has the old copy, and hands it over after \
               the tombstone was reaped.",
        missed_by: "A leaver hands over soon, and the tombstone is in the way until it is reaped. It takes a reap while the leaver still \
                    has something, and a look at the disks after it has handed over.",
        breaks: &["I4.reaped-stays-deleted"],
        scope: "reap-and-leave",
        rules: || Rules { may_hold: |standing| standing == Standing::Member, ..Rules::default() },
    },
    Defect {
        name: "new-replica-answers-at-once",
        rule: "may_give_word",
        what: "A node that has become a replica answers gets with what it has, before others have handed over what it should have. A get that \
               it counts for misses what was acknowledged long ago.",
        missed_by: "Before the change and after the handoff every get is right. It takes one in between, through the new replica.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "moves-and-get",
        rules: || Rules {
            may_give_word: |word, awaited, answered, suspected| {
                word == Word::Fetched
                    || (Rules::default().may_give_word)(word, awaited, answered, suspected)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "new-replica-vouches-at-once",
        rule: "may_give_word",
        what: "A node that has become a replica counts for puts at once. The one in whose place it is does not know yet, and answers a get \
               as before: the put was acknowledged, and the get misses it.",
        missed_by: "Whoever puts and reads through nodes that know of the change sees everything. It takes a get by the old view, and a put \
                    by the new one.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "read-by-an-old-view",
        rules: || Rules {
            may_give_word: |word, awaited, answered, suspected| {
                word == Word::Stored
                    || (Rules::default().may_give_word)(word, awaited, answered, suspected)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "new-replica-awaits-one",
        rule: "whom_to_await",
        what: "A node that has become a replica waits for one other to say what it has. What a third one still has to hand over it does not \
               know.",
        missed_by: "Where there are two nodes one is all others. It takes a third, which has what a client reads.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "read-after-replacement",
        rules: || Rules {
            whom_to_await: |entered, others| others.iter().copied().take(entered.min(1)).collect(),
            ..Rules::default()
        },
    },
    Defect {
        name: "asking-for-a-get-tells",
        rule: "asking_tells",
        what: "A new replica takes a coordinator's question for a get as its word that it has nothing to hand over. The coordinator may never \
               give its own word for that get, or for another one that the new replica is asked about meanwhile.",
        missed_by: "A coordinator that is a replica reads its own disk besides. It takes two gets at once, or a coordinator that is a \
                    replica no more.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "read-twice-after-remove",
        rules: || Rules { asking_tells: |_| true, ..Rules::default() },
    },
    Defect {
        name: "leaver-is-not-awaited",
        rule: "awaits_anew",
        what: "A new replica awaits others anew only when members have changed. One that has joined and left again, of which it hears only \
               then, it does not await.",
        missed_by: "Whoever hears of the one change before the other awaits the new member. It takes a node that hears of both at once.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "read-after-join-and-leave",
        rules: || Rules { awaits_anew: |is_moved, _| is_moved, ..Rules::default() },
    },
    Defect {
        name: "hint-not-kept-for-the-new",
        rule: "hint_goes_to",
        what: "A node that keeps something for a replica does not keep it for one that has become a replica besides. If it is that one \
               itself it hands the hint over, drops it, and has nothing.",
        missed_by: "The other replicas hand over what they have. It takes a replica that has nothing yet but what is kept for it.",
        breaks: &["I5.replicas-agree-in-the-end"],
        scope: "join-and-remove",
        rules: || Rules {
            hint_goes_to: |recipient, _, now| {
                if now.contains(&recipient) { vec![recipient] } else { now.to_vec() }
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "too-few-does-not-matter",
        rule: "hint_may_clear",
        what: "Nodes that leave hand over what they have to those that are left, also where these are fewer than W, because two have left \
               at once through different nodes. An acknowledged put is then on fewer than W disks.",
        missed_by: "A node refuses to let another leave when too few would be left. It takes two nodes that do not know of each other's.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "two-leave-at-once",
        rules: || Rules {
            hint_may_clear: |hint, event| match *event {
                HandoffEvent::Acknowledged { context, is_same_view, .. } => {
                    let event =
                        HandoffEvent::Acknowledged { context, is_same_view, are_enough: true };
                    (Rules::default().hint_may_clear)(hint, &event)
                }
                HandoffEvent::Sent | HandoffEvent::TimedOut => false,
            },
            ..Rules::default()
        },
    },
];
