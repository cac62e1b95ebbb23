//! Defects of real systems built after the paper, and the defects of ours that have the same root
//! cause.

/// A defect that really happened in a system of the Dynamo family.
#[derive(Clone, Copy, Debug)]
pub struct Historic {
    /// The system.
    pub system: &'static str,
    /// The reference: issue, pull request, paper section.
    pub reference: &'static str,
    /// The year of the first report. If there is none, the year of the code.
    pub year: u16,
    /// The root cause, in a sentence.
    pub cause: &'static str,
    /// The defects of ours that show it.
    pub told: Told,
}

/// How this project shows a historic defect.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// By these defects and known limits of ours, by name.
    By(&'static [&'static str]),
    /// None. The reason why our design cannot express it.
    NotHere(&'static str),
}

impl Historic {
    /// The names of the defects and known limits that show it. Empty if none does.
    pub fn told_by(&self) -> &'static [&'static str] {
        match self.told {
            Told::By(names) => names,
            Told::NotHere(_) => &[],
        }
    }
}

/// Every historic defect that we know of, also those that no defect of ours shows.
pub static HISTORIC: &[Historic] = &[
    Historic {
        system: "Riak",
        reference: "riak_kv#679, riak_kv PR#1094",
        year: 2013,
        cause: "A replica loses a key, or its disk, and keeps its actor id. It reads its counter \
                from the key's own clock, so the counter restarts, and a new put gets the dot of \
                an old one.",
        told: Told::By(&["incarnation-reused", "counter-restarts-with-the-key"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#226, riak_kv#679, riak_kv#847: the doomstone",
        year: 2011,
        cause: "A client puts a reaped key again, and the counter restarts. Then a fallback hands \
                over an old tombstone, which covers the new value.",
        told: Told::By(&["counter-restarts-with-the-key", "reaped-with-a-hint-outstanding"]),
    },
    Historic {
        system: "Riak",
        reference: "documentation, Object Deletion",
        year: 2014,
        cause: "Before a tombstone is reaped, only the primaries are asked. A fallback may still \
                keep the deleted version.",
        told: Told::By(&["reaped-with-a-hint-outstanding", "hint-does-not-matter"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#746: sibling explosion",
        year: 2013,
        cause: "One version vector for the whole sibling set cannot say which siblings a put had \
                read. Riak keeps all of them.",
        told: Told::By(&["context-ignored"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#746: sibling explosion",
        year: 2013,
        cause: "One version vector cannot say which siblings a put had read, as in \
                `plain-vector-clocks`. The effect was the opposite: Riak kept every sibling, and \
                `plain-vector-clocks` drops one.",
        told: Told::By(&["plain-vector-clocks"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#627, riak_kv#1188, riak_kv#1754",
        year: 2013,
        cause: "The message that a forwarded put has found its coordinator is lost or late. The \
                node chooses a second coordinator, and the first one continues.",
        told: Told::By(&["forward-to-all"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#485",
        year: 2013,
        cause: "The coordinator compares PR and PW with the nodes that seem to be up when the \
                request begins. Afterwards it counts the replies of fallbacks as well.",
        told: Told::By(&["in-person-not-counted", "in-person-not-counted-by-reads"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv#1835",
        year: 2022,
        cause: "The coordinator does not look up the PR of a bucket type. So the read asks for no \
                primary, and fallbacks reply.",
        told: Told::By(&["in-person-not-counted-by-reads"]),
    },
    Historic {
        system: "Dynamo",
        reference: "DeCandia et al., SOSP 2007, §4.6",
        year: 2007,
        cause: "By design: a sloppy quorum counts the R and the W of R+W>N among members of \
                different lists.",
        told: Told::By(&["stale-read-under-sloppy-quorum"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_core#154",
        year: 2012,
        cause: "A restarted node does not start a vnode that has only fallback data. Its handoff \
                never runs.",
        told: Told::By(&["handoff-forgotten"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#26, riak_core#613, riak_kv#1864",
        year: 2011,
        cause: "A pruned clock no longer covers its predecessor and seems concurrent with it. \
                Each repair prunes it again, so replicas differ for ever.",
        told: Told::By(&["clock-pruned"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#473",
        year: 2013,
        cause: "A tree differs from its data. Repair finds nothing to repair and does not mend \
                the tree.",
        told: Told::By(&["update-not-in-the-tree"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_core PR#830",
        year: 2016,
        cause: "When the last keys of a tree are deleted, its digests are not computed again. The \
                tree then depends on its history and not only on its data.",
        told: Told::By(&["delete-not-in-the-tree"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv#846",
        year: 2014,
        cause: "An exchange asks for the lock of a tree while the partition moves to another \
                node. It gets no reply and stops for minutes, until it times out.",
        told: Told::NotHere(
            "An exchange takes no lock here, and a node keeps no state of an exchange without a \
             reply. The model has no time, so no finite wait is too long.",
        ),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv#1659",
        year: 2018,
        cause: "After a change of the ring, new trees begin in an old format. Nodes do not \
                compare it with the newer one.",
        told: Told::NotHere(
            "Trees have one format here and are not stored. So no node can miss an upgrade.",
        ),
    },
    Historic {
        system: "Riak",
        reference: "riak_core PR#71, riak_core PR#97",
        year: 2011,
        cause: "A leaving node shuts down before the others have learnt that it leaves. Their \
                views never converge.",
        told: Told::By(&["stops-before-it-is-known"]),
    },
    Historic {
        system: "Scylla",
        reference: "scylladb#19835, scylladb#20558",
        year: 2024,
        cause: "A hint is delivered to a leaving node that has already streamed the key away. The \
                hint is lost with the node.",
        told: Told::By(&["gone-with-hands-full"]),
    },
    Historic {
        system: "Scylla",
        reference: "scylladb#24980",
        year: 2025,
        cause: "The hints for a replaced node are drained before another node owns its keys. They \
                are not sent again, so the new replica never gets them.",
        told: Told::By(&["hint-for-the-removed-is-dropped"]),
    },
    Historic {
        system: "Cassandra",
        reference: "CASSANDRA-5902",
        year: 2013,
        cause: "A hint is for one node. When other nodes become responsible for the key, they do \
                not get it.",
        told: Told::By(&["hint-for-the-removed-is-dropped"]),
    },
    Historic {
        system: "Scylla",
        reference: "scylladb#23712",
        year: 2025,
        cause: "A hint outlives the tombstone of its version. It is replayed after the tombstone \
                is gone.",
        told: Told::By(&["reaped-with-a-hint-outstanding", "hint-does-not-matter"]),
    },
    Historic {
        system: "Cassandra",
        reference: "CASSANDRA-14309, CASSANDRA-19495",
        year: 2018,
        cause: "A node remembers in memory only for how long it has kept hints for another. After \
                a restart it keeps too many, or none.",
        told: Told::NotHere(
            "There is no hint window here. A node keeps a hint until the recipient has it, \
             however long that takes.",
        ),
    },
    Historic {
        system: "Scylla",
        reference: "scylladb#6123",
        year: 2020,
        cause: "Repair waits for replicas that never answer.",
        told: Told::NotHere(
            "Here a timer ends the wait, and no defect can replace a timer. Scopes without \
             timeouts wait for ever when a message is lost, and say so.",
        ),
    },
    Historic {
        system: "Scylla and Cassandra",
        reference: "scylladb#14991, CASSANDRA-5216",
        year: 2013,
        cause: "Each node forgets a removed node at a time of its own. A node that has forgotten \
                it learns of it again from the others, even as an owner.",
        told: Told::NotHere(
            "Nodes never prune a history here, and a removed node stays removed in all of them. \
             No rule says when to forget, so no defect can forget too early.",
        ),
    },
    Historic {
        system: "Cassandra and Riak",
        reference: "Kingsbury, Call Me Maybe, 2013: Riak (allow_mult=false), Cassandra",
        year: 2013,
        cause: "The last write wins, by clocks that disagree. Of two puts one is dropped by a \
                number that does not say which client had read which put.",
        told: Told::By(&["last-write-wins"]),
    },
    Historic {
        system: "Scylla and Cassandra",
        reference: "scylladb#3560, scylladb#15243, CASSANDRA-17180",
        year: 2018,
        cause: "A tombstone is purged after a fixed time (gc_grace), even if some replica does \
                not have it yet.",
        told: Told::By(&["reaped-before-all-have-it"]),
    },
    Historic {
        system: "Voldemort",
        reference: "source: a delete removes the key, and leaves nothing",
        year: 2009,
        cause: "There are no tombstones. Read repair takes a replica that missed the delete for \
                the only one that is up to date.",
        told: Told::NotHere(
            "A delete is the put of a tombstone here, and no rule decides that. The nearest \
             defect is `reaped-before-all-have-it`, which drops the tombstone too early.",
        ),
    },
    Historic {
        system: "Voldemort",
        reference: "source: HintedHandoff.java, sendOneAsyncHint",
        year: 2012,
        cause: "When every node that could keep a hint has failed, the coordinator gives the hint \
                up. Only the log tells. The failed nodes are recorded as successful.",
        told: Told::By(&["acknowledged-when-given-up"]),
    },
    Historic {
        system: "Dynomite",
        reference: "dynomite#311, dynomite#552, dynomite#649",
        year: 2016,
        cause: "There are neither hints nor read repair. A replica that misses a write once stays \
                stale.",
        told: Told::By(&["lost-store-stays-lost", "repair-skipped"]),
    },
];
