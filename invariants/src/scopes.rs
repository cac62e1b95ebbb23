//! The one table of scopes: the default set, and the deep set for those who have some minutes.

use crate::scope::Ask::{Get, Put, PutOver};
use crate::scope::{Excuse, Faults, NO_FAULTS, Scope};

const NO_TIMEOUTS: Excuse =
    Excuse { properties: &["I6.failed-but-possibly-stored"], reason: "coordinators wait for ever here" };
const ONE_WRITER: Excuse = Excuse {
    properties: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
    reason: "a single client does not diverge from itself",
};
const NO_RECONCILER: Excuse =
    Excuse { properties: &["I2.siblings-are-reconciled"], reason: "nobody puts over two siblings here" };
const NO_READER: Excuse = Excuse {
    properties: &["I1.acknowledged-put-is-read", "I3.stale-replica-is-seen", "I3.a-read-is-over"],
    reason: "nobody reads here",
};
const ONLY_PUTS: Excuse = Excuse {
    properties: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
    reason: "nobody reads here, so nobody meets siblings",
};
const ALL_STORE: Excuse =
    Excuse { properties: &["I1.acknowledged-before-all-have-it"], reason: "with W=N all must have it first" };
const EARLY_READER: Excuse = Excuse {
    properties: &["I1.acknowledged-put-is-read"],
    reason: "the only read begins before any put is acknowledged",
};
const MENDED_AT_ONCE: Excuse = Excuse {
    properties: &["I3.stale-replica-is-seen"],
    reason: "the only stale replica is the reading coordinator, which mends itself in the step in which it learns",
};
const REPAIR_LOST: Excuse =
    Excuse { properties: &["I3.stale-replica-is-repaired"], reason: "a repair may be lost; the next read tries again" };
const STORE_LOST: Excuse = Excuse {
    properties: &["I5.replicas-agree-in-the-end"],
    reason: "what is lost on its way to a replica only a later read brings there",
};
const DOUBLED_FOR_EVER: Excuse =
    Excuse { properties: &["I6.every-request-ends"], reason: "a request that arrives again runs again" };
const REPAIRER_CRASHES: Excuse = Excuse {
    properties: &["I3.stale-replica-is-repaired"],
    reason: "the coordinator may crash before it repairs; the next read tries again",
};
const QUORUMS_MISS: Excuse =
    Excuse { properties: &["I1.get-sees-acknowledged-puts"], reason: "R+W<=N: a known limit, by choice" };

/// The scope with this name, in either set.
pub fn named(name: &str) -> Option<&'static Scope> {
    SCOPES.iter().chain(DEEP).find(|scope| scope.name == name)
}

/// Every scope of the default set.
pub static SCOPES: &[Scope] = &[
    Scope {
        name: "one-client",
        aim: "trace 1: put, get, put over what was read, get: each through another node",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get), (2, PutOver), (0, Get)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, ONE_WRITER],
        unique_states: 23_385,
    },
    Scope {
        name: "concurrent-puts",
        aim: "trace 2: two clients put at once through different coordinators, and one reads",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, NO_RECONCILER],
        unique_states: 25_115,
    },
    Scope {
        name: "reconcile",
        aim: "trace 2: two clients diverge, one reads both siblings and puts their reconciliation",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get), (0, PutOver)], &[(1, Put)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS],
        unique_states: 342_695,
    },
    Scope {
        name: "three-writers",
        aim: "trace 2: three clients put at once through three coordinators, and one reads",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)], &[(2, Put)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, NO_RECONCILER],
        unique_states: 4_658_147,
    },
    Scope {
        name: "chained-puts",
        aim: "trace 2: one coordinator; a client puts on the context that its put returned; a stranger puts between",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS],
        unique_states: 10_601,
    },
    Scope {
        name: "chains-entangled",
        aim: "trace 2: two such chains through one coordinator: two siblings at most, never more",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)], &[(0, Put), (0, PutOver)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS],
        unique_states: 173_961,
    },
    Scope {
        name: "chain-moves",
        aim: "trace 2: a client goes on from its put's context at another coordinator, and back; a stranger puts between",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, PutOver), (0, PutOver)], &[(0, Put)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, NO_READER, ONLY_PUTS],
        unique_states: 104_481,
    },
    Scope {
        name: "read-repair",
        aim: "trace 3: a read through a node that a put has not reached yet; coordinators lose patience",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        excused: &[ONE_WRITER],
        unique_states: 885,
    },
    Scope {
        name: "impatience",
        aim: "traces 3 and 6: coordinators of concurrent puts and of a read give up at any moment",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: Faults { timeouts: Some(0), ..NO_FAULTS },
        excused: &[NO_RECONCILER],
        unique_states: 208_578,
    },
    Scope {
        name: "retransmission",
        aim: "trace 6: coordinators send again, so that replicas answer twice",
        nodes: 3,
        quorum: (3, 3, 3),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { timeouts: Some(1), ..NO_FAULTS },
        excused: &[ONE_WRITER, ALL_STORE],
        unique_states: 6_824,
    },
    Scope {
        name: "loss",
        aim: "any message may be lost; coordinators give up",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), ..NO_FAULTS },
        excused: &[ONE_WRITER, REPAIR_LOST, STORE_LOST],
        unique_states: 4_814,
    },
    Scope {
        name: "loss-and-retries",
        aim: "any message may be lost; coordinators give up, the client asks again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, REPAIR_LOST, STORE_LOST],
        unique_states: 4_259_765,
    },
    Scope {
        name: "loss-and-retransmission",
        aim: "any message may be lost; coordinators send again, the client asks again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)]],
        faults: Faults { loss: true, timeouts: Some(1), client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, STORE_LOST],
        unique_states: 17_470,
    },
    Scope {
        name: "duplication",
        aim: "any message may arrive any number of times",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { duplication: true, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, ONE_WRITER, DOUBLED_FOR_EVER],
        unique_states: 3_529,
    },
    Scope {
        name: "duplication-and-retries",
        aim: "any message may arrive any number of times; coordinators give up, the client asks again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { duplication: true, timeouts: Some(0), client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, DOUBLED_FOR_EVER],
        unique_states: 246_426,
    },
    Scope {
        name: "late-retry",
        aim: "a client repeats a put that another client has read and replaced meanwhile",
        nodes: 2,
        quorum: (2, 1, 2),
        clients: &[&[(0, Put)], &[(1, Get), (1, PutOver)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_RECONCILER, ALL_STORE, EARLY_READER],
        unique_states: 20_106,
    },
    Scope {
        name: "coordinator-crash",
        aim: "nodes crash at any moment and come back with what they saved; a client with a chain of puts asks again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (0, PutOver)]],
        faults: Faults { crashes: 1, client_retries: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, ONE_WRITER, NO_READER],
        unique_states: 143_608,
    },
    Scope {
        name: "crash-while-reading",
        aim: "nodes crash at any moment and come back with what they saved; a put, then a read, each asked again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { crashes: 1, client_retries: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, ONE_WRITER, REPAIRER_CRASHES],
        unique_states: 324_948,
    },
    Scope {
        name: "crash-amid-puts",
        aim: "nodes crash and coordinators give up at any moment amid concurrent puts and a read",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: Faults { crashes: 1, timeouts: Some(0), ..NO_FAULTS },
        excused: &[NO_RECONCILER, REPAIRER_CRASHES],
        unique_states: 1_053_596,
    },
    Scope {
        name: "two-crashes",
        aim: "two of three nodes may be down at a time; coordinators give up, the client asks again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { crashes: 2, timeouts: Some(0), client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, REPAIRER_CRASHES],
        unique_states: 3_118_969,
    },
    Scope {
        name: "r1-w1",
        aim: "N=3, R=W=1: the fastest, with the weakest promise; one reads and reconciles",
        nodes: 3,
        quorum: (3, 1, 1),
        clients: &[&[(0, Put), (1, Get), (1, PutOver)], &[(1, Put)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, QUORUMS_MISS],
        unique_states: 1_407_019,
    },
    Scope {
        name: "r1-w3",
        aim: "N=3, R=1, W=3: reads from one replica, writes to all",
        nodes: 3,
        quorum: (3, 1, 3),
        clients: &[&[(0, Put), (1, Get)], &[(1, Put)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, NO_RECONCILER, ALL_STORE],
        unique_states: 1_269,
    },
    Scope {
        name: "r3-w1",
        aim: "N=3, R=3, W=1: writes to one replica, reads from all",
        nodes: 3,
        quorum: (3, 3, 1),
        clients: &[&[(0, Put), (1, Get)], &[(1, Put)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, NO_RECONCILER],
        unique_states: 30_681,
    },
    Scope {
        name: "forwarding",
        aim: "trace 6: a node outside the preference list takes the requests and forwards them",
        nodes: 3,
        quorum: (2, 2, 1),
        clients: &[&[(2, Put), (2, Get)]],
        faults: NO_FAULTS,
        excused: &[NO_TIMEOUTS, ONE_WRITER, MENDED_AT_ONCE],
        unique_states: 27,
    },
    Scope {
        name: "forwarding-and-retries",
        aim: "trace 6: the same, and the client asks again: still one coordinator, one version",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(3, Put), (3, Get)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, ONE_WRITER],
        unique_states: 6_275,
    },
    Scope {
        name: "forwarding-and-loss",
        aim: "trace 6: any message may be lost on the way through a node outside the preference list",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(3, Put)]],
        faults: Faults { loss: true, timeouts: Some(0), client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, NO_READER, STORE_LOST],
        unique_states: 2_117,
    },
    Scope {
        name: "forwarding-amid-puts",
        aim: "trace 6: forwarded requests and their retries beside a put that is not forwarded",
        nodes: 4,
        quorum: (3, 2, 2),
        clients: &[&[(3, Put), (3, Get)], &[(0, Put)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_RECONCILER],
        unique_states: 6_931_714,
    },
];

/// Larger scopes, for `dynamo check --deep` and `cargo test --release -- --ignored`: some 20 minutes and 5 GiB in all.
pub static DEEP: &[Scope] = &[
    Scope {
        name: "late-retry-of-three",
        aim: "the scope late-retry with three replicas",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put)], &[(1, Get), (1, PutOver)]],
        faults: Faults { client_retries: 1, ..NO_FAULTS },
        excused: &[NO_TIMEOUTS, NO_RECONCILER, EARLY_READER],
        unique_states: 10_812_140,
    },
    Scope {
        name: "crash-and-loss",
        aim: "any message may be lost and any node may crash; coordinators give up, the client asks again",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (1, Get)]],
        faults: Faults { crashes: 1, loss: true, timeouts: Some(0), client_retries: 1, ..NO_FAULTS },
        excused: &[ONE_WRITER, REPAIRER_CRASHES, STORE_LOST],
        unique_states: 20_344_628,
    },
    Scope {
        name: "crash-and-loss-amid-puts",
        aim: "any message may be lost and any node may crash amid concurrent puts and a read; coordinators give up",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put)]],
        faults: Faults { crashes: 1, loss: true, timeouts: Some(0), ..NO_FAULTS },
        excused: &[NO_RECONCILER, REPAIRER_CRASHES, STORE_LOST],
        unique_states: 14_582_364,
    },
    Scope {
        name: "loss-amid-puts-and-reads",
        aim: "any message may be lost amid two clients that each put and then read; coordinators give up",
        nodes: 3,
        quorum: (3, 2, 2),
        clients: &[&[(0, Put), (2, Get)], &[(1, Put), (2, Get)]],
        faults: Faults { loss: true, timeouts: Some(0), ..NO_FAULTS },
        excused: &[NO_RECONCILER, REPAIR_LOST, STORE_LOST],
        unique_states: 268_335_512,
    },
];
