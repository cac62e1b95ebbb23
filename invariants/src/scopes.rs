//! The one table of scopes: the default set, and the deep set for those who have some minutes.

mod deep;
mod disks;
mod exchange;
mod failover;
mod faults;
mod hints;
mod membership;
mod moves;
mod quiet;
mod reads;
mod reaping;

use crate::scope::{Excuse, Scope};
use crate::table::joined;

const NO_TIMEOUTS: Excuse = Excuse {
    properties: &["I6.failed-but-possibly-stored"],
    reason: "coordinators wait for ever here",
};
const ONE_WRITER: Excuse = Excuse {
    properties: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
    reason: "a single client does not diverge from itself",
};
const NO_RECONCILER: Excuse = Excuse {
    properties: &["I2.siblings-are-reconciled"],
    reason: "nobody puts over two siblings here",
};
const NO_READER: Excuse = Excuse {
    properties: &["I1.acknowledged-put-is-read", "I3.stale-replica-is-seen", "I3.a-read-is-over"],
    reason: "nobody reads here",
};
const ONLY_PUTS: Excuse = Excuse {
    properties: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
    reason: "nobody reads here, so nobody meets siblings",
};
const ALL_STORE: Excuse = Excuse {
    properties: &["I1.acknowledged-before-all-have-it"],
    reason: "with W=N all must have it first",
};
const EARLY_READER: Excuse = Excuse {
    properties: &["I1.acknowledged-put-is-read"],
    reason: "the only read begins before any put is acknowledged",
};
const MENDED_AT_ONCE: Excuse = Excuse {
    properties: &["I3.stale-replica-is-seen"],
    reason: "the only stale replica is the reading coordinator, which mends itself in the step in which it learns; or it is new, and gathers \
             what others have before it answers",
};
const REPAIR_LOST: Excuse = Excuse {
    properties: &["I3.stale-replica-is-repaired"],
    reason: "a repair may be lost; the next read tries again",
};
const STORE_LOST: Excuse = Excuse {
    properties: &["I5.replicas-agree-in-the-end"],
    reason: "what is lost on its way to a replica only a later read brings there",
};
const DOUBLED_FOR_EVER: Excuse = Excuse {
    properties: &["I6.every-request-ends"],
    reason: "a request that arrives again runs again",
};
const SENT_FOR_EVER: Excuse =
    Excuse { properties: &["I5.exchange-ends"], reason: "what arrives again is answered again" };
const ALONE_AT_FIRST: Excuse = Excuse {
    properties: &[
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I7.served-by-one-who-knows-more",
    ],
    reason: "the one replica that there was stays one, and another comes to it",
};
const OWN_WORD: Excuse = Excuse {
    properties: &["I4.acknowledged-on-a-hint"],
    reason: "with W=1 the coordinator's own word is enough",
};
const REPAIRER_CRASHES: Excuse = Excuse {
    properties: &["I3.stale-replica-is-repaired"],
    reason: "the coordinator may crash before it repairs; the next read tries again",
};
const QUORUMS_MISS: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "R+W<=N: a known limit, by choice",
};
const STAND_INS_MISS: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "what a fallback keeps a read among intended replicas misses: a known limit of sloppy quorums",
};
const ONLY_IN_PERSON: Excuse = Excuse {
    properties: &["I4.acknowledged-on-a-hint"],
    reason: "the only put asks for W intended replicas in person",
};
const DISK_LOST: Excuse = Excuse {
    properties: &["I5.replicas-agree-in-the-end"],
    reason: "a replica that lost its disk has nothing until a read repairs it",
};
const READ_FROM_LOST_DISK: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts", "I3.stale-replica-is-repaired"],
    reason: "a replica that lost its disk answers that it has nothing, and forgets reads under way",
};
const MISSED_ON_LOST_DISK: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "a replica that lost what it had since its disk was copied answers that it has nothing",
};
const NO_WITNESS: Excuse = Excuse {
    properties: &["I2.old-disk-is-found"],
    reason: "there is no other node that could know better",
};
const WITNESS_DOWN: Excuse = Excuse {
    properties: &["I2.one-put-one-version", "I2.clocks-are-causal"],
    reason: "while the only node that knows better is down, a dot may be given twice: a known limit",
};
const ONLY_DISK_LOST: Excuse = Excuse {
    properties: &["I4.acknowledged-put-survives"],
    reason: "the only disk that has the put may be lost: a known limit of W=1",
};
const WORD_LOST: Excuse = Excuse {
    properties: &["I6.every-request-ends"],
    reason: "coordinators wait for ever here, also for a word that was lost",
};
const HINT_LOST: Excuse = Excuse {
    properties: &["I8.no-hint-stays"],
    reason: "a hint is sent only so often here, and every time it may be lost",
};

const REFUSED_OR_SLOW: Excuse = Excuse {
    properties: &["I7.served-by-one-who-knows-more"],
    reason: "whoever knows more is no replica of the key any more, and refuses",
};
const NO_GOSSIP: Excuse = Excuse {
    properties: &["I7.views-agree-in-the-end", "I4.misplaced-is-handed-over"],
    reason: "without gossip nobody learns anything who asks nothing",
};
const NOT_TOLD: Excuse = Excuse {
    properties: &["I7.views-agree-in-the-end"],
    reason: "without gossip nobody learns anything who asks nothing",
};
const MOVES_NOTHING: Excuse = Excuse {
    properties: &["I4.replica-is-handed-over"],
    reason: "a node that is removed for good hands nothing over",
};
const STOPPED: Excuse = Excuse {
    properties: &["I4.misplaced-is-handed-over", "I7.views-agree-in-the-end", "I8.no-hint-stays"],
    reason: "a node that is gone has stopped, and that it is to join again it hears only when it is started again: nobody does that here",
};
const FALLBACK_REFUSES: Excuse = Excuse {
    properties: &[
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I8.hint-is-handed-over",
    ],
    reason: "the only fallback has left, and refuses; it had nothing",
};
const MOVED_BEFORE: Excuse = Excuse {
    properties: &[
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I8.hint-is-handed-over",
    ],
    reason: "the ring changes before anything is put, and nothing moves",
};
const NOTHING_MOVES: Excuse = Excuse {
    properties: &["I4.replica-is-handed-over"],
    reason: "the ring changes before anything is put, and nothing moves",
};
const REMOVED_SERVES: Excuse = Excuse {
    properties: &[
        "I1.get-sees-acknowledged-puts",
        "I1.acknowledged-put-is-read",
        "I3.stale-replica-is-seen",
        "I3.a-read-is-over",
    ],
    reason: "the only read asks a node that was removed for good, and is not dead; it serves by its old view: a known limit",
};
const TOO_FEW_LEFT: Excuse = Excuse {
    properties: &[
        "I4.misplaced-is-handed-over",
        "I5.replicas-agree-in-the-end",
        "I7.views-agree-in-the-end",
        "I8.no-hint-stays",
    ],
    reason: "nodes that leave keep what they have until W members are left again, and without gossip not all hear of the changes",
};
const REMOVED_WAITS: Excuse = Excuse {
    properties: &["I6.every-request-ends"],
    reason: "coordinators wait for ever here, also one that was removed for good, which nobody answers",
};
const NOTHING_PUT: Excuse = Excuse {
    properties: &[
        "I1.acknowledged-before-all-have-it",
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I5.replicas-differ",
        "I6.acknowledged-by-exactly-w",
        "I6.failed-but-possibly-stored",
        "I8.hint-is-handed-over",
    ],
    reason: "nothing is put here",
};
const ALONE_AT_ONCE: Excuse =
    Excuse { properties: &["I5.replicas-differ"], reason: "there is one replica at a time" };
const STOPPED_APART: Excuse = Excuse {
    properties: &["I5.replicas-agree-in-the-end"],
    reason: "the replica that is to join again has stopped",
};
const FORGOTTEN_MEANWHILE: Excuse = Excuse {
    properties: &["I7.views-agree-in-the-end"],
    reason: "the only node that knew of a change loses its disk before it has told another",
};
const NEVER_TOLD: Excuse = Excuse {
    properties: &["I4.replica-is-handed-over"],
    reason: "without gossip the node that is replaced does not learn that it is",
};
const COORDINATED_TWICE: Excuse = Excuse {
    properties: &["I2.one-put-one-version"],
    reason: "a put that two nodes have coordinated has two dots: a known limit of failover, and of retries after the ring has changed",
};
const COMES_BACK: Excuse = Excuse {
    properties: &["I2.siblings-are-an-antichain", "I2.clocks-are-causal"],
    reason: "of a put that two nodes have coordinated one version is replaced, and its request forgotten, before the other comes: a known limit \
             of failover",
};
const NEVER_FAILS: Excuse = Excuse {
    properties: &["I6.failed-but-possibly-stored"],
    reason: "with W=1 the coordinator's own disk is enough, and no put fails",
};
const NEVER_HANDED: Excuse = Excuse {
    properties: &["I8.hint-is-handed-over"],
    reason: "the others have the put before the leaver hands anything over, and it does not learn that it is to",
};
const READ_BY_ONE: Excuse =
    Excuse { properties: &["I3.a-read-is-over"], reason: "with N=1 a read hears no other replica" };

/// The scope with this name, in either set.
pub fn named(name: &str) -> Option<&'static Scope> {
    SCOPES.iter().chain(DEEP).find(|scope| scope.name == name)
}

/// Every scope of the default set.
pub static SCOPES: &[Scope] = &joined::<Scope, COUNT>(PARTS);
const PARTS: &[&[Scope]] = &[
    quiet::SCOPES,
    faults::SCOPES,
    hints::SCOPES,
    disks::SCOPES,
    reaping::SCOPES,
    membership::SCOPES,
    moves::SCOPES,
    reads::SCOPES,
    failover::SCOPES,
    exchange::SCOPES,
];
const COUNT: usize = quiet::SCOPES.len()
    + faults::SCOPES.len()
    + hints::SCOPES.len()
    + disks::SCOPES.len()
    + reaping::SCOPES.len()
    + membership::SCOPES.len()
    + moves::SCOPES.len()
    + reads::SCOPES.len()
    + failover::SCOPES.len()
    + exchange::SCOPES.len();

/// Larger scopes, for `dynamo check --deep` and `cargo test --release -- --ignored`: some 20
/// minutes and 5 GiB in all.
pub static DEEP: &[Scope] = &joined::<
    Scope,
    { deep::SCOPES.len() + membership::DEEP.len() + reads::DEEP.len() + exchange::DEEP.len() },
>(&[deep::SCOPES, membership::DEEP, reads::DEEP, exchange::DEEP]);
