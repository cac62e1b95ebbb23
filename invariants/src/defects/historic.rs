//! Defects that really happened in the Dynamo family, and which of ours tell them.

/// A defect that really happened.
#[derive(Clone, Copy, Debug)]
pub struct Historic {
    /// The system.
    pub system: &'static str,
    /// Where it is told: issues, pull requests, a section of the Dynamo paper.
    pub reference: &'static str,
    /// The year when it was first reported, as far as we know.
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

/// Those that a defect or a known limit of ours tells.
pub(super) fn told_by(name: &'static str) -> impl Iterator<Item = &'static Historic> {
    HISTORIC.iter().filter(move |historic| matches!(historic.told, Told::By(names) if names.contains(&name)))
}

const fn told(
    system: &'static str,
    reference: &'static str,
    year: u16,
    cause: &'static str,
    by: &'static [&'static str],
) -> Historic {
    Historic { system, reference, year, cause, told: Told::By(by) }
}

const fn not_here(
    system: &'static str,
    reference: &'static str,
    year: u16,
    cause: &'static str,
    reason: &'static str,
) -> Historic {
    Historic { system, reference, year, cause, told: Told::NotHere(reason) }
}

/// Every historic defect that we know of and have tried.
pub static HISTORIC: &[Historic] = &[
    told(
        "Riak",
        "riak_kv#679, PR#1094",
        2013,
        "A replica loses a key to a disk error and keeps its actor id: its counter restarts, and an old dot is given to a new put.",
        &["incarnation-reused", "dot-counter-in-memory-only"],
    ),
    told(
        "Riak",
        "riak_kv#679 (\"doomstone\"), PR#226, #847",
        2013,
        "All primaries reap a tombstone, the key is created again with a counter that restarts, and an old fallback hands off.",
        &["counter-restarts-with-the-key", "reaped-with-a-hint-outstanding"],
    ),
    told(
        "Riak and others",
        "Riak's documentation, object deletion",
        2013,
        "Whether a tombstone may be reaped is asked of primaries only, not of those who still keep hints.",
        &["reaped-with-a-hint-outstanding", "hint-does-not-matter"],
    ),
    told(
        "Riak",
        "riak_kv PR#746",
        2013,
        "Sibling explosion: one version vector for the whole set of siblings cannot say which of them a put saw.",
        &["context-ignored", "plain-vector-clocks"],
    ),
    told(
        "Riak",
        "riak_kv PR#627, #1188, #1754",
        2013,
        "The answer to a forwarded put is lost or late, a second coordinator is chosen, and the first is not cancelled.",
        &["forward-to-all", "retry-is-a-new-put"],
    ),
    told(
        "Riak",
        "riak_kv PR#485, #1835",
        2013,
        "PR and PW are checked when a request begins only: answers of fallbacks that come later count.",
        &["in-person-not-counted", "in-person-not-counted-by-reads"],
    ),
    told(
        "Dynamo",
        "the Dynamo paper, §4.6",
        2007,
        "Sloppy quorum: R+W>N counts members of different lists.",
        &["stale-read-under-sloppy-quorum"],
    ),
    told(
        "Riak",
        "riak_core#154",
        2012,
        "After a restart those who hold nothing but fallback data are never started, so that it is never handed off.",
        &["handoff-forgotten"],
    ),
    told(
        "Riak",
        "riak_core#613, riak_kv#1864",
        2014,
        "Pruned clocks make a descendant look concurrent; pruned within repair, they make the same difference again and again.",
        &["clock-pruned"],
    ),
    told(
        "Riak",
        "riak_kv PR#473",
        2013,
        "The tree differs from the data: repair finds nothing to mend, and never updates the tree.",
        &["update-not-in-the-tree"],
    ),
    told(
        "Riak",
        "riak_core PR#830",
        2016,
        "Deletes in a hash tree's last segments are skipped: the tree is not canonical.",
        &["delete-not-in-the-tree"],
    ),
    told("Riak", "riak_kv#846, #1659", 2014, "An exchange races a change of ownership.", &["synced-with-no-replica"]),
    told(
        "Riak",
        "riak_core PR#71, #97",
        2011,
        "A leaving node stops before the others have seen that it leaves: views never agree.",
        &["stops-before-it-is-known"],
    ),
    told(
        "Scylla, Cassandra",
        "Scylla #19835, #20558, #24980; CASSANDRA-5902",
        2013,
        "A hint is delivered to a replica that is itself leaving, whose keys were streamed already; then it is deleted.",
        &["gone-with-hands-full", "leaver-stands-in"],
    ),
    told(
        "Scylla",
        "Scylla #23712",
        2025,
        "A hint outlives the tombstone that shadows it.",
        &["reaped-with-a-hint-outstanding", "hint-does-not-matter"],
    ),
    not_here(
        "Cassandra",
        "CASSANDRA-14309, CASSANDRA-19495",
        2018,
        "The window in which hints are taken is kept in memory only: a restart lets them grow without bound, or refuses them too early.",
        "there is no such window: a hint is kept on disk, and offered, until its recipient has it or was removed",
    ),
    told("Scylla", "Scylla #6123", 2020, "Repair waits for replicas that never answer.", &["last-answer-ignored"]),
    not_here(
        "Scylla, Cassandra",
        "Scylla #14991, CASSANDRA-5216",
        2013,
        "A removed node is forgotten at different times, and learnt again from those who still know it.",
        "nobody forgets a change: who was removed stays in the history as removed, and merging histories is union",
    ),
    told(
        "Cassandra; Riak with allow_mult=false",
        "last write wins under clock skew",
        2013,
        "A later put with a lower timestamp is dropped.",
        &["last-write-wins"],
    ),
    told(
        "Scylla, Cassandra",
        "gc_grace: Scylla #3560, #15243; CASSANDRA-17180",
        2018,
        "A tombstone is purged before every replica has seen it.",
        &["reaped-before-all-have-it", "any-tombstone-is-clear"],
    ),
    told(
        "Voldemort",
        "its design without tombstones",
        2009,
        "Read repair brings a key back that was deleted on the other replicas.",
        &["reaped-before-all-have-it", "tombstones-have-no-digest"],
    ),
    told(
        "Voldemort",
        "HintedHandoff",
        2011,
        "A hint is given up silently when no fallback is left, and the put counts as stored at the node that failed.",
        &["acknowledged-when-given-up", "hint-dropped-on-timeout"],
    ),
    told(
        "dynomite",
        "dynomite #311, #552, #649",
        2018,
        "No hint, no repair: a replica that missed a put once stays stale.",
        &["lost-store-stays-lost", "repair-skipped", "roots-assumed-equal"],
    ),
];
