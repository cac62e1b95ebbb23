//! Defects that really happened, in systems built after the paper, and which of ours have the same
//! root cause.

/// A defect that really happened in a system of the Dynamo family.
#[derive(Clone, Copy, Debug)]
pub struct Historic {
    /// The system.
    pub system: &'static str,
    /// Where it is told: issue, pull request, paper section.
    pub reference: &'static str,
    /// The year when it was first reported; where nobody has, that of the code.
    pub year: u16,
    /// The root cause, in a sentence.
    pub cause: &'static str,
    /// How we tell it.
    pub told: Told,
}

/// How a historic defect is told here.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// By these defects and known limits of ours, by name.
    By(&'static [&'static str]),
    /// Not at all: why our design cannot express it.
    NotHere(&'static str),
}

impl Historic {
    /// The names of the defects and known limits that tell it; none if none does.
    pub fn told_by(&self) -> &'static [&'static str] {
        match self.told {
            Told::By(names) => names,
            Told::NotHere(_) => &[],
        }
    }
}

/// Every historic defect that we know of, also those that we cannot tell.
pub static HISTORIC: &[Historic] = &[
    Historic {
        system: "Riak",
        reference: "riak_kv#679, riak_kv PR#1094",
        year: 2013,
        cause: "A replica loses a key, or its disk, and keeps its actor id: its counter, which is read from the \
                key's own clock, restarts, and a new put gets the dot of an old one.",
        told: Told::By(&["incarnation-reused", "counter-restarts-with-the-key"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#226, riak_kv#679, riak_kv#847: the doomstone",
        year: 2011,
        cause: "A key that was reaped is put again with a counter that restarts, and an old tombstone, handed over \
                by a fallback that nobody asked, covers the new value.",
        told: Told::By(&["counter-restarts-with-the-key", "reaped-with-a-hint-outstanding"]),
    },
    Historic {
        system: "Riak",
        reference: "documentation, Object Deletion",
        year: 2014,
        cause: "Whether a tombstone may be reaped is asked of the primaries alone, and not of a fallback that still \
                keeps what was deleted.",
        told: Told::By(&["reaped-with-a-hint-outstanding", "hint-does-not-matter"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#746: sibling explosion",
        year: 2013,
        cause: "One version vector for the whole sibling set cannot say which of its siblings a put had read: all of \
                them stay.",
        told: Told::By(&["context-ignored", "plain-vector-clocks"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#627, riak_kv#1188, riak_kv#1754",
        year: 2013,
        cause: "The word that a forwarded put has found its coordinator is lost or late: a second coordinator is \
                chosen, and the first one goes on.",
        told: Told::By(&["forward-to-all"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#485",
        year: 2013,
        cause: "PR and PW are compared with who seems to be up when the request begins; afterwards fallbacks' \
                answers count as well.",
        told: Told::By(&["in-person-not-counted", "in-person-not-counted-by-reads"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv#1835",
        year: 2022,
        cause: "The PR that is set for a bucket type is not looked up: a read asks for no primary, and fallbacks \
                answer it.",
        told: Told::By(&["in-person-not-counted-by-reads"]),
    },
    Historic {
        system: "Dynamo",
        reference: "DeCandia et al., SOSP 2007, §4.6",
        year: 2007,
        cause: "By design: with a sloppy quorum the R and the W of R+W>N are counted among members of different \
                lists.",
        told: Told::By(&["stale-read-under-sloppy-quorum"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_core#154",
        year: 2012,
        cause: "A node that was started again does not start what holds nothing but fallback data: its handoff never \
                runs.",
        told: Told::By(&["handoff-forgotten"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#26, riak_core#613, riak_kv#1864",
        year: 2011,
        cause: "A pruned clock no longer covers what it follows, and seems concurrent with it; pruned again at each \
                repair, it differs for ever.",
        told: Told::By(&["clock-pruned"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv PR#473",
        year: 2013,
        cause: "A tree differs from the data that it is of: repair finds nothing to repair, and does not mend the \
                tree.",
        told: Told::By(&["update-not-in-the-tree"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_core PR#830",
        year: 2016,
        cause: "When the last keys of a tree are deleted its digests are not made new: the tree depends on how it \
                came about, not on what it is of.",
        told: Told::By(&["delete-not-in-the-tree"]),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv#846",
        year: 2014,
        cause: "An exchange asks for the lock of a tree whose partition changes hands at that moment, gets no \
                answer, and stands still for minutes, until it times out.",
        told: Told::NotHere(
            "An exchange takes no lock here, and a node keeps nothing of one that is not answered, so that there is \
             nothing to be held up; nor is there time in the model, in which a wait that ends could be too long.",
        ),
    },
    Historic {
        system: "Riak",
        reference: "riak_kv#1659",
        year: 2018,
        cause: "After a change of the ring new trees begin in an old format, which nobody compares with the newer \
                one.",
        told: Told::NotHere(
            "Trees have one format here and are not stored: there is no upgrade that a node could miss.",
        ),
    },
    Historic {
        system: "Riak",
        reference: "riak_core PR#71, riak_core PR#97",
        year: 2011,
        cause: "A node that leaves shuts down before the others have seen that it does: their views never converge.",
        told: Told::By(&["stops-before-it-is-known"]),
    },
    Historic {
        system: "Scylla",
        reference: "scylladb#19835, scylladb#20558",
        year: 2024,
        cause: "A hint is delivered to a node that leaves, and that has streamed the key away already: it goes with \
                the node.",
        told: Told::By(&["gone-with-hands-full"]),
    },
    Historic {
        system: "Scylla",
        reference: "scylladb#24980",
        year: 2025,
        cause: "The hints for a node that is replaced are drained before another owns its keys, and are not sent \
                again: the new replica never gets them.",
        told: Told::By(&["hint-for-the-removed-is-dropped"]),
    },
    Historic {
        system: "Cassandra",
        reference: "CASSANDRA-5902",
        year: 2013,
        cause: "A hint is for one node: when others have become responsible for its key, they do not get it.",
        told: Told::By(&["hint-for-the-removed-is-dropped"]),
    },
    Historic {
        system: "Scylla",
        reference: "scylladb#23712",
        year: 2025,
        cause: "A hint outlives the tombstone of what it holds: it is replayed after that is gone.",
        told: Told::By(&["reaped-with-a-hint-outstanding", "hint-does-not-matter"]),
    },
    Historic {
        system: "Cassandra",
        reference: "CASSANDRA-14309, CASSANDRA-19495",
        year: 2018,
        cause: "For how long hints have been kept for a node is remembered in memory only: after a restart too many \
                are kept, or none.",
        told: Told::NotHere(
            "There is no hint window here. A hint is kept, however long that takes, until its recipient has it, and \
             no put is refused one because of how long a node has been away.",
        ),
    },
    Historic {
        system: "Scylla",
        reference: "scylladb#6123",
        year: 2020,
        cause: "Repair waits for replicas that never answer.",
        told: Told::NotHere(
            "That a coordinator waits no longer than its patience is a timer, not a rule that could be exchanged. \
             Scopes without timeouts wait for ever where a message is lost, and say so.",
        ),
    },
    Historic {
        system: "Scylla and Cassandra",
        reference: "scylladb#14991, CASSANDRA-5216",
        year: 2013,
        cause: "A removed node is forgotten by each node at a time of its own: who has forgotten it learns of it \
                again from those who have not, even as an owner.",
        told: Told::NotHere(
            "Nothing is ever forgotten here: histories are not pruned, and who was removed for good stays so in all \
             of them. No rule says when to forget, so none can do it too early.",
        ),
    },
    Historic {
        system: "Cassandra and Riak",
        reference: "Kingsbury, Call Me Maybe, 2013: Riak (allow_mult=false), Cassandra",
        year: 2013,
        cause: "The last write wins, by clocks that disagree: of two puts one is dropped by a number that does not \
                say which saw which.",
        told: Told::By(&["last-write-wins"]),
    },
    Historic {
        system: "Scylla and Cassandra",
        reference: "scylladb#3560, scylladb#15243, CASSANDRA-17180",
        year: 2018,
        cause: "A tombstone is purged after a fixed time (gc_grace), whether every replica has it by then or not.",
        told: Told::By(&["reaped-before-all-have-it"]),
    },
    Historic {
        system: "Voldemort",
        reference: "source: a delete removes the key, and leaves nothing",
        year: 2009,
        cause: "There are no tombstones: read repair takes a replica that missed the delete for the only one that is \
                up to date.",
        told: Told::NotHere(
            "That a delete puts a tombstone is what a delete is here, and not a rule that could be exchanged. The \
             nearest is `reaped-before-all-have-it`, which drops the tombstone too early.",
        ),
    },
    Historic {
        system: "Voldemort",
        reference: "source: HintedHandoff.java, sendOneAsyncHint",
        year: 2012,
        cause: "When every node that could keep a hint has failed the hint is given up, of which only the log \
                tells, and each of these nodes is recorded as having succeeded.",
        told: Told::By(&["acknowledged-when-given-up"]),
    },
    Historic {
        system: "Dynomite",
        reference: "dynomite#311, dynomite#552, dynomite#649",
        year: 2016,
        cause: "There are neither hints nor repair: a replica that misses a write once stays stale.",
        told: Told::By(&["lost-store-stays-lost", "repair-skipped"]),
    },
];
