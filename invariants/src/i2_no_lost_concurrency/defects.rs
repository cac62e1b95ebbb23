//! What breaks I2 when one rule is replaced, and what Dynamo does not promise.

use crate::defect::{Defect, Limit};
use dynamo_model::rules::{Cause, Freshness, Rules};
use dynamo_model::version::{Context, Epoch, Issuer};

pub(super) const DEFECTS: &[Defect] = &[
    Defect {
        name: "dot-counter-in-memory-only",
        rule: "must_save",
        story: "",
        what: "A coordinator does not write to disk what it has coordinated, its counter included: after a crash another put gets the same dot.",
        missed_by: "A lone put is on the other replicas' disks all the same: it takes a crash of the coordinator and \
                    another client's put through it, and a look at dots; or one at the coordinator's disk.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-survives",
        ],
        scope: "crash-between-puts",
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Put && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "plain-vector-clocks",
        rule: "version_replaces",
        story: "",
        what: "Plain vector clocks, one entry a coordinator: a put seems to follow every earlier put through the same \
               coordinator, and silently replaces what its writer never saw.",
        missed_by: "Writers with a coordinator each, or one that reads before it writes, never meet it: it takes two \
                    through one coordinator that have not seen one another, and ghost truth on that, for the clocks \
                    agree with what was done.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.clocks-are-causal",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "chained-puts",
        rules: || Rules {
            version_replaces: |read, put, sibling| {
                read.covers(sibling.dot) || sibling.dot.issuer == put.issuer
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "context-ignored",
        rule: "version_replaces",
        story: "",
        what: "A put replaces nothing: what its writer read and reconciled comes back beside it, as a sibling.",
        missed_by: "Nothing is lost, and what was written last is in every answer: it takes a client that puts over \
                    what it has read, and a look at what is beside that afterwards.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "one-client",
        rules: || Rules { version_replaces: |_, _, _| false, ..Rules::default() },
    },
    Defect {
        name: "whole-vector-as-context",
        rule: "put_context",
        story: "",
        what: "A put gives back all that its replica knows as context: the client's next put replaces siblings that it never \
               saw.",
        missed_by: "A client that reads before each put never meets it: it takes one that goes on from its own put's \
                    context, and a stranger's put through the same coordinator between the two.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I2.clocks-are-causal",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "chained-puts",
        rules: || Rules {
            put_context: |read, put, _, before| {
                read.merge(before.context()).with_all_up_to(put.issuer, put.counter)
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "last-write-wins",
        rule: "merge_siblings",
        story: "",
        what: "Of concurrent siblings only the one with the largest counter survives a merge.",
        missed_by: "A client that puts over what it read has the largest counter anyway: it takes two puts at once \
                    through two coordinators, and ghost truth on that neither has seen the other.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I1.get-shows-the-merge",
            "I1.get-sees-acknowledged-puts",
            "I2.clocks-are-causal",
            "I3.stale-replica-is-repaired",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "concurrent-puts",
        rules: || Rules {
            merge_siblings: |one, other| one.merge(other).newest_only(),
            ..Rules::default()
        },
    },
    Defect {
        name: "retry-is-a-new-put",
        rule: "put_freshness",
        story: "",
        what: "A coordinator does not recognise a put that it has seen: the client's retry gets a second dot, and a value \
               comes back that another client had read and replaced.",
        missed_by: "A retry alone only shows the same value again: it takes a second client that reads the value and \
                    replaces it before a copy of the first request arrives.",
        breaks: &["I2.one-put-one-version", "I2.siblings-are-an-antichain"],
        scope: "late-retry",
        rules: || Rules { put_freshness: |_, _, _| Freshness::New, ..Rules::default() },
    },
    Defect {
        name: "put-elsewhere-is-a-new-put",
        rule: "put_freshness",
        story: "",
        what: "A coordinator recognises only the puts that it has given a dot itself: one that came from another coordinator, and was \
               replaced meanwhile, gets a second dot when the client asks again, and its value comes back.",
        missed_by: "Each coordinator recognises its own retries. It takes one that is silent, another that is asked in its place, and a \
                    client that has replaced the value before.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "coordinated-twice",
        rules: || Rules {
            put_freshness: |remembered, request, _| {
                (Rules::default().put_freshness)(remembered, request, &Context::new())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "replaced-under-one-dot",
        rule: "version_replaces",
        story: "",
        what: "A put replaces only the very versions that its writer has read. If two nodes have coordinated a put, the version \
               under the other dot stays beside the new one.",
        missed_by: "Where each put has one dot there is no difference. It takes a put that two nodes have coordinated, and a client that reads \
                    one version and puts over it where the other is.",
        breaks: &["I2.siblings-are-an-antichain"],
        scope: "coordinated-twice",
        rules: || Rules {
            version_replaces: |read, _, sibling| read.covers(sibling.dot),
            ..Rules::default()
        },
    },
    Defect {
        name: "context-names-no-request",
        rule: "put_context",
        story: "",
        what: "A put is known by its dot alone. If two nodes have coordinated it, and a client has replaced one version, the other comes back \
               when it arrives.",
        missed_by: "As long as nobody puts over it the second version only repeats the first. It takes a client that reads and replaces \
                    one of them before the other arrives.",
        breaks: &["I2.siblings-are-an-antichain", "I2.clocks-are-causal"],
        scope: "coordinated-twice",
        rules: || Rules {
            put_context: |read, put, _, _| read.clone().with(put),
            ..Rules::default()
        },
    },
    Defect {
        name: "forward-to-all",
        rule: "coordinators",
        story: "",
        what: "A node outside the preference list forwards a put to every intended replica: each coordinates it, and the value \
               becomes its own sibling.",
        missed_by: "Both versions have the same value, and a test that compares values sees one: it takes a client \
                    of a node outside the preference list, and a look at dots.",
        breaks: &["I2.one-put-one-version"],
        scope: "forwarding",
        rules: || Rules {
            coordinators: |_, preference_list, _, _| preference_list.to_vec(),
            ..Rules::default()
        },
    },
    Defect {
        name: "clock-pruned",
        rule: "put_context",
        story: "",
        what: "A clock keeps only its newest entry, to stay small: a put no longer covers what its writer had read, and seems concurrent with it.",
        missed_by: "A clock of one entry is whole: it takes a put over what was read through another coordinator \
                    than the first, and ghost truth on who saw whom, for pruned clocks agree with one another.",
        breaks: &["I2.clocks-are-causal", "I2.siblings-are-an-antichain"],
        scope: "one-client",
        rules: || Rules {
            put_context: |_, put, request, _| Context::new().with_put(put, request),
            ..Rules::default()
        },
    },
    Defect {
        name: "incarnation-reused",
        rule: "new_incarnation",
        story: "",
        what: "A node that lost its disk comes back as who it was, and counts its puts from one again: a new put gets the dot of an old \
               one, and where both meet one of them is taken for replaced.",
        missed_by: "A crash keeps the disk, and the counter with it: it takes a coordinator that comes back with an \
                    empty disk between two puts, and another replica that still has the first.",
        breaks: &["I2.one-put-one-version", "I2.vouched-for-is-kept", "I2.clocks-are-causal"],
        scope: "lost-disk",
        rules: || Rules { new_incarnation: |_| 0, ..Rules::default() },
    },
    Defect {
        name: "hint-overwrites",
        rule: "hint_lands",
        story: "",
        what: "What is handed over takes the place of what is there, though that may be newer.",
        missed_by: "What is handed to a replica that missed everything lands as it should: it takes a second put \
                    that reaches the recipient by itself while the hint with the first is still kept.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-is-secured",
            "I8.hint-is-kept",
        ],
        scope: "growing-hint-of-two",
        rules: || Rules { hint_lands: |_, hint| hint.clone(), ..Rules::default() },
    },
    Defect {
        name: "counter-restarts-with-the-key",
        rule: "epoch",
        story: "",
        what: "A coordinator that has dropped a key, or reaped it, counts its puts from one again under the same name: an old put and a new one have one dot.",
        missed_by: "While a key lives its context knows all its dots: it takes a key that is deleted, reaped and put \
                    again, and a client that still has a context from before.",
        breaks: &[
            "I2.clocks-are-causal",
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "reap-and-put-again",
        rules: || Rules {
            epoch: |_, held, new| Epoch {
                number: 0,
                issued: held.counter_max(Issuer { epoch: 0, ..new }),
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "one-tombstone-is-enough",
        rule: "is_deleted",
        story: "",
        what: "A key counts as deleted as soon as it has a tombstone: a put that did not see it is reaped along with it.",
        missed_by: "A delete alone leaves nothing beside its tombstone: it takes a put that runs beside the delete, \
                    and a reap after both.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
            "I5.replicas-agree-in-the-end",
        ],
        scope: "reap-and-put-again",
        rules: || Rules {
            is_deleted: |held| {
                held.versions().iter().any(|version| version.content.value().is_none())
            },
            ..Rules::default()
        },
    },
    Defect {
        name: "reaped-whatever-is-there",
        rule: "is_unchanged",
        story: "",
        what: "Replicas reap what they hold when they are told, also if it is no longer what everyone was asked about: a put that came \
               meanwhile is gone.",
        missed_by: "A put before the survey stops the reap, and one after the reap is safe: it takes a put that \
                    arrives in the moment between.",
        breaks: &[
            "I2.vouched-for-is-kept",
            "I1.acknowledged-put-is-on-w-disks",
            "I5.replicas-agree-in-the-end",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "reap-and-put-again",
        rules: || Rules { is_unchanged: |_, _| true, ..Rules::default() },
    },
    Defect {
        name: "exchanged-in-memory-only",
        rule: "must_save",
        story: "",
        what: "What a replica gets by comparing it does not write to disk: it seems to have it, nobody sends it again, and when it is asked to \
               store it says that it has.",
        missed_by: "Both replicas give the same answers, from memory, and have equal trees: it takes a look at the \
                    disk after a lost store was made good, or a crash then.",
        breaks: &["I2.vouched-for-is-kept", "I5.replicas-agree-in-the-end"],
        scope: "exchange",
        rules: || Rules {
            must_save: |cause, before, after| cause != Cause::Exchange && before != after,
            ..Rules::default()
        },
    },
    Defect {
        name: "old-disk-is-believed",
        rule: "disk_is_old",
        story: "",
        what: "A node that is started on an older copy of its disk goes on with it, though another node remembers a later commit. It gives a \
               new put the dot of one that the copy lacks, and where both meet one of them is taken for replaced.",
        missed_by: "Every check of the copy by itself passes: it is whole. It takes another node that still has what came after the copy.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "old-disk",
        rules: || Rules { disk_is_old: |_, _| false, ..Rules::default() },
    },
    Defect {
        name: "old-disk-is-judged-by-its-start",
        rule: "disk_is_old",
        story: "",
        what: "Nodes remember the starts of one another, and not the commits. A copy of a disk that was made since the node's last start is \
               believed, and the node gives a new put the dot of one that the copy lacks.",
        missed_by: "A backup is older than the last start, as a rule, and is found. It takes a snapshot of a node that runs, and no start between \
                    the snapshot and its return.",
        breaks: &[
            "I2.one-put-one-version",
            "I2.vouched-for-is-kept",
            "I2.clocks-are-causal",
            "I1.acknowledged-put-is-on-w-disks",
            "I4.acknowledged-put-is-secured",
            "I4.acknowledged-put-survives",
        ],
        scope: "old-disk",
        rules: || Rules {
            disk_is_old: |remembered, known| {
                known.last().is_some_and(|last| last.start < remembered.start)
            },
            ..Rules::default()
        },
    },
];

pub(super) const LIMITS: &[Limit] = &[
    Limit {
        name: "put-is-coordinated-twice",
        story: "",
        what: "A node that forwards a put to a silent coordinator soon forwards it to another; and a put that a client asks again after the \
               ring has changed may be forwarded to another, too. If the first coordinator has it, both give the put a dot: its value is \
               its own sibling, until a client reads both and puts over them. Nothing is lost.",
        missed_by: "A coordinator that is dead gives no dot. It takes one that is alive, and whose answer comes too late.",
        property: "I2.one-put-one-version",
        scope: "fallback-coordinates",
    },
    Limit {
        name: "replaced-value-comes-back-after-failover",
        story: "",
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
        story: "",
        what: "After failover a context may lack a put that its writer has seen. Two nodes have coordinated the put; the client has seen \
               one version, and by the time the other version arrives the put's request is forgotten.",
        missed_by: "Each clock is right by itself. It takes both versions, and ground truth that they are one put.",
        property: "I2.clocks-are-causal",
        scope: "coordinated-twice-long-ago",
    },
    Limit {
        name: "dot-is-given-twice-while-the-witness-is-down",
        story: "",
        what: "A node is started on an older copy of its disk. The only other node that has heard of a later commit is down. The first node goes on \
               with the copy, and gives a new put a dot that it has given before. When the other comes back the first begins on an empty disk, but \
               both puts have the dot, and where they meet one is lost. Start a node on restored files only while all others are up.",
        missed_by: "With every other node up the copy is found before the node serves anyone. It takes a witness that is down just then, and a look \
                    at both disks.",
        property: "I2.one-put-one-version",
        scope: "old-disk-and-witness-down",
    },
];
