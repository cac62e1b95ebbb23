//! What breaks I1 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Defect, Limit};
use dynamo_model::rules::{HandoffEvent, Rules, Word};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "word-before-disk",
        rule: "must_save",
        story: "",
        what: "Replicas give their word for what they hold in memory only: one crash, and an acknowledged put is gone.",
        missed_by: "Answers, and reads after them, are right, from memory: it takes a crash after the word is given, \
                    or a look at disks rather than answers.",
        breaks: &[
            "I1.acknowledged-put-is-on-w-disks",
            "I2.vouched-for-is-kept",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "coordinator-crash",
        rules: || Rules { must_save: |_, _, _| false, ..Rules::default() },
    },
    Defect {
        name: "answer-before-r",
        rule: "get_may_answer",
        story: "",
        what: "A get is answered with one replica less than R: it can miss a put that was acknowledged before it began.",
        missed_by: "A get through a node that has the put is right whatever R is: it takes one through the replica \
                    that the store has not reached, begun after the acknowledgement.",
        breaks: &["I1.get-rests-on-r-words", "I1.get-sees-acknowledged-puts"],
        scope: "one-client",
        rules: || Rules {
            get_may_answer: |tally, r, _| tally.taken.len() + 1 >= r,
            ..Rules::default()
        },
    },
    Defect {
        name: "in-person-not-counted",
        rule: "put_may_ack",
        story: "",
        what: "PW is forgotten once the put has begun: stand-ins are as good as intended replicas, and a get that asks for PR of these misses the put.",
        missed_by: "While all replicas are up a stand-in never counts: it takes a put that loses patience with two \
                    of them, and a get that hears just these two before the hint is handed over.",
        breaks: &[
            "I1.in-person-get-sees-in-person-puts",
            "I1.get-sees-acknowledged-puts",
            "I6.in-person-counts-intended-replicas",
        ],
        scope: "in-person",
        rules: || Rules { put_may_ack: |tally, w, _| tally.taken.len() >= w, ..Rules::default() },
    },
    Defect {
        name: "in-person-not-counted-by-reads",
        rule: "get_may_answer",
        story: "",
        what: "PR is forgotten once the get has begun: stand-ins, who know nothing of the put, answer in the place of replicas.",
        missed_by: "While all replicas are up no stand-in answers a get: it takes one that loses patience with the \
                    very replicas that have the put, and hears a fallback instead.",
        breaks: &[
            "I1.in-person-get-sees-in-person-puts",
            "I1.get-sees-acknowledged-puts",
            "I6.in-person-counts-intended-replicas",
        ],
        scope: "in-person",
        rules: || Rules {
            get_may_answer: |tally, r, _| tally.taken.len() >= r,
            ..Rules::default()
        },
    },
    Defect {
        name: "one-stand-in-for-two",
        rule: "stand_in",
        story: "",
        what: "One fallback stands in for every replica that is away: its answers are counted as so many copies, and are one.",
        missed_by: "With one replica away, one stand-in is right: it takes two that are slow at the same time, and a \
                    count of the disks, not of the answers.",
        breaks: &["I1.acknowledged-put-is-on-w-disks", "I6.no-ack-before-w", "I8.no-hint-stays"],
        scope: "stand-in-for-all",
        rules: || Rules {
            stand_in: |tally, fallbacks, _| {
                fallbacks.first().copied().filter(|_| tally.stand_ins.len() < 2)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "old-replica-just-drops",
        rule: "hands_over_to",
        story: "",
        what: "A node that is no replica any more drops what it has: others will have it.",
        missed_by: "A put that already reached the new replicas loses nothing: it takes a change of the ring after \
                    the acknowledgement, and a count of the disks before anyone has handed anything over.",
        breaks: &[
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-survives",
            "I2.vouched-for-is-kept",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "join",
        rules: || Rules { hands_over_to: |_, _, _| Vec::new(), ..Rules::default() },
    },
    Defect {
        name: "hint-for-the-removed-is-dropped",
        rule: "hint_goes_to",
        story: "",
        what: "A hint for a node that was removed is dropped: nobody will ever ask for it.",
        missed_by: "It takes two failures that most tests have one at a time: a fallback stands in for a node, and \
                    just that node is removed for good before the handoff.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "remove-and-hint",
        rules: || Rules {
            hint_goes_to: |recipient, _, now| {
                if now.contains(&recipient) { vec![recipient] } else { Vec::new() }
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "gone-with-hands-full",
        rule: "may_be_gone",
        story: "",
        what: "A node says that it is gone while it still has something to hand over: nobody asks it for that any more.",
        missed_by: "Mostly the leaver has handed over by then: it takes the order in which it says that it is gone \
                    first, and a count that leaves out the disks of those who are gone.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "leave",
        rules: || Rules { may_be_gone: |_| true, ..Rules::default() },
    },
    Defect {
        name: "leaver-stands-in",
        rule: "may_stand_in",
        story: "",
        what: "A node that has left gives its word for a hint, and is gone: nobody will ever ask it for that.",
        missed_by: "Who knows of the leave asks somebody else: it takes a coordinator that does not know yet and \
                    loses patience just then, and a count that leaves out the disks of those who are gone.",
        breaks: &["I1.acknowledged-put-is-on-w-disks"],
        scope: "fallback-leaves",
        rules: || Rules { may_stand_in: |_| true, ..Rules::default() },
    },
    Defect {
        name: "new-replica-answers-at-once",
        rule: "may_give_word",
        story: "",
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
        story: "",
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
        story: "",
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
        story: "",
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
        story: "",
        what: "A new replica awaits others anew only when members have changed. One that has joined and left again, of which it hears only \
               then, it does not await.",
        missed_by: "Whoever hears of the one change before the other awaits the new member. It takes a node that hears of both at once.",
        breaks: &["I1.get-sees-acknowledged-puts"],
        scope: "read-after-join-and-leave",
        rules: || Rules { awaits_anew: |is_moved, _| is_moved, ..Rules::default() },
    },
    Defect {
        name: "too-few-does-not-matter",
        rule: "hint_may_clear",
        story: "",
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

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "stale-read-when-quorums-miss",
        story: "",
        what: "With R+W<=N a get can miss a put that was acknowledged before it began: a read quorum need not meet the write \
               quorum. Choose R+W>N where that matters.",
        missed_by: "On an idle cluster the put reaches all replicas before anyone reads: it takes a get through \
                    another node that overtakes the store.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "r1-w1",
    },
    Limit {
        name: "removed-node-serves-by-its-old-view",
        story: "",
        what: "To remove a node with --dead says that it is dead. If it is not, it serves by what it knows until it hears of it, and a \
               client that asks it may miss what was acknowledged since.",
        missed_by: "A dead node answers nobody. It takes a living one that is removed, and a client that goes on asking it.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "read-through-a-removed-node",
    },
    Limit {
        name: "stale-read-under-sloppy-quorum",
        story: "",
        what: "R+W>N counts members of one preference list. With stand-ins a put may be acknowledged by nodes that a read never asks: it \
               misses the put until the hint is handed over. Ask for PW and PR replicas in person, PR+PW>N, where that matters.",
        missed_by: "A replica that is down throughout is asked neither for the put nor for the get: it takes two \
                    that are slow at the put, and answer the get before the hint is handed over.",
        property: "I1.get-sees-acknowledged-puts",
        scope: "stand-in-and-read",
    },
];
