//! Why scopes do not claim some properties. Several scopes may share a reason, and some reasons
//! follow from the data of a scope.

#![expect(missing_docs, reason = "each excuse has its reason as a text")]

use crate::property::Property;
use crate::scope::{Ask, Excuse, Scope};

impl Scope {
    /// Why this scope does not claim the property; `None` if it claims it. The check expects an
    /// excused property to fail in the scope, and reports the excuse as an error if it holds.
    pub fn excuse(&self, property: &Property) -> Option<&'static str> {
        let without_stand_ins =
            Some(&NO_STAND_INS).filter(|_| !self.has_stand_ins() && !self.changes());
        let without_reaps = Some(&NOTHING_REAPED).filter(|_| self.faults.reaps == 0);
        let without_requests_in_person = Some(&NOT_IN_PERSON)
            .filter(|_| !self.asks(Ask::PutInPerson) || !self.asks(Ask::GetInPerson));
        let without_moves = Some(&NO_MOVES).filter(|_| !self.changes());
        let without_routing_clients = Some(&NO_ROUTING_CLIENTS).filter(|_| !self.routes());
        let without_exchanges = Some(&NO_EXCHANGES).filter(|_| !self.faults.exchange);
        let without_bystander = Some(&NO_BYSTANDER).filter(|_| !self.has_bystander());
        let without_old_disk = Some(&NO_OLD_DISK).filter(|_| self.faults.old_disk.is_none());
        let without_later_witness = Some(&NO_LATER_WITNESS).filter(|_| self.faults.crashes == 0);
        let structural = [
            without_stand_ins,
            without_requests_in_person,
            without_reaps,
            without_moves,
            without_routing_clients,
            without_exchanges,
            without_bystander,
        ];
        let excuses = self
            .excused
            .iter()
            .chain(structural.into_iter().flatten())
            .chain(without_old_disk)
            .chain(without_later_witness);
        let mut excuses = excuses;
        let excuse = excuses.find(|excuse| excuse.properties.contains(&property.name));
        excuse.map(|excuse| excuse.reason)
    }
}

const NO_STAND_INS: Excuse = Excuse {
    properties: &["I4.acknowledged-on-a-hint", "I8.hint-is-handed-over"],
    reason: "there is no fallback here, or coordinators never time out",
};

const NOT_IN_PERSON: Excuse = Excuse {
    properties: &["I1.in-person-put-is-read-in-person"],
    reason: "here no put asks for PW intended replicas, or no get asks for PR of them",
};

const NO_MOVES: Excuse = Excuse {
    properties: &[
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I7.views-differ",
        "I7.served-by-one-who-knows-more",
        "I9.change-spreads",
    ],
    reason: "no node joins, leaves or is removed here",
};

const NO_ROUTING_CLIENTS: Excuse = Excuse {
    properties: &["I7.client-with-an-old-view", "I7.client-is-told"],
    reason: "no client chooses nodes by a view of its own here",
};

const NO_EXCHANGES: Excuse = Excuse {
    properties: &["I5.a-key-is-exchanged"],
    reason: "replicas run no anti-entropy exchange here",
};

const NO_BYSTANDER: Excuse = Excuse {
    properties: &["I5.one-of-two-keys-is-exchanged"],
    reason: "there is no second key here that is certain to stay equal on all replicas",
};

const NO_OLD_DISK: Excuse = Excuse {
    properties: &["I2.old-disk-is-found", "I2.old-disk-is-believed", "I2.old-disk-is-found-later"],
    reason: "no node starts on an older copy of its disk here",
};

const NO_LATER_WITNESS: Excuse = Excuse {
    properties: &["I2.old-disk-is-found-later"],
    reason: "no node crashes here, so no node can restart and tell another that its disk is old",
};

const NOTHING_REAPED: Excuse =
    Excuse { properties: &["I4.tombstone-is-reaped"], reason: "no tombstone is reaped here" };

pub const NO_TIMEOUTS: Excuse = Excuse {
    properties: &["I6.failed-but-possibly-stored"],
    reason: "coordinators never time out here, so they report no put as failed",
};
pub const ONE_WRITER: Excuse = Excuse {
    properties: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
    reason: "no concurrent puts exist here when a client reads",
};
pub const NO_RECONCILER: Excuse = Excuse {
    properties: &["I2.siblings-are-reconciled"],
    reason: "no client reads siblings and puts over them here",
};
pub const NO_READER: Excuse = Excuse {
    properties: &["I1.acknowledged-put-is-read", "I3.stale-replica-is-seen", "I3.a-read-is-over"],
    reason: "no client reads here",
};
pub const ONLY_PUTS: Excuse = Excuse {
    properties: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
    reason: "no client reads here, so no client sees siblings",
};
pub const ALL_STORE: Excuse = Excuse {
    properties: &["I1.acknowledged-before-all-have-it"],
    reason: "with W=N, every intended replica must have a put before it is acknowledged",
};
pub const EARLY_READER: Excuse = Excuse {
    properties: &["I1.acknowledged-put-is-read"],
    reason: "the only read begins before any put is acknowledged",
};
pub const MENDED_AT_ONCE: Excuse = Excuse {
    properties: &["I3.stale-replica-is-seen"],
    reason: "a stale replica coordinates the read and repairs itself at once, or it is new and \
             gathers what others have before it answers",
};
pub const REPAIR_LOST: Excuse = Excuse {
    properties: &["I3.stale-replica-is-repaired"],
    reason: "a repair may be lost; the next read tries again",
};
pub const STORE_LOST: Excuse = Excuse {
    properties: &["I5.replicas-agree-eventually"],
    reason: "the message that brings a put to a replica may be lost; only a later read brings the \
             put there",
};
pub const DOUBLED_FOR_EVER: Excuse = Excuse {
    properties: &["I6.every-request-ends"],
    reason: "a request that the network delivers again runs again",
};
pub const SENT_FOR_EVER: Excuse = Excuse {
    properties: &["I5.exchange-ends"],
    reason: "a message of an exchange that the network delivers again is answered again",
};
pub const ALONE_AT_FIRST: Excuse = Excuse {
    properties: &[
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I7.served-by-one-who-knows-more",
    ],
    reason: "the join displaces no replica that has the put, and no coordinator is served by a \
             node that knows more",
};
pub const OWN_WORD: Excuse = Excuse {
    properties: &["I4.acknowledged-on-a-hint"],
    reason: "with W=1, the coordinator's own copy is enough to acknowledge a put",
};
pub const REPAIRER_CRASHES: Excuse = Excuse {
    properties: &["I3.stale-replica-is-repaired"],
    reason: "the coordinator may crash before it repairs; the next read tries again",
};
pub const QUORUMS_MISS: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "with R+W<=N, a read may ask other replicas than a put: a known limit, by choice",
};
pub const STAND_INS_MISS: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "when a fallback stands in for a replica, a read may miss an acknowledged put: a known \
             limit of sloppy quorums",
};
pub const ONLY_IN_PERSON: Excuse = Excuse {
    properties: &["I4.acknowledged-on-a-hint"],
    reason: "the only put asks for W intended replicas in person, so no hint counts",
};
pub const DISK_LOST: Excuse = Excuse {
    properties: &["I5.replicas-agree-eventually"],
    reason: "a replica that lost its disk, or started on an older copy, lacks puts until a read \
             repairs it",
};
pub const READ_FROM_LOST_DISK: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts", "I3.stale-replica-is-repaired"],
    reason: "a replica that lost its disk answers that it has nothing, and forgets the reads that \
             it coordinates",
};
pub const MISSED_ON_LOST_DISK: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "a replica that started on an older copy of its disk answers without the puts that it \
             stored since",
};
pub const READ_WITHOUT_DISK: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "a replica that lost its disk answers that it has nothing",
};
pub const REMOVED_WITH_THE_ONLY_COPY: Excuse = Excuse {
    properties: &["I2.confirmed-put-is-kept"],
    reason: "a fallback hands the put over to the only replica, which is then removed for good",
};
pub const LATE_REPLY: Excuse = Excuse {
    properties: &["I3.stale-replica-is-repaired"],
    reason: "the coordinator has given up, and ignores a reply that comes later; the next read \
             tries again",
};
pub const NO_WITNESS: Excuse = Excuse {
    properties: &["I2.old-disk-is-found"],
    reason: "no other node can know that the disk is an older copy",
};
pub const WITNESS_DOWN: Excuse = Excuse {
    properties: &["I2.one-put-one-version", "I2.clocks-are-causal"],
    reason: "while the only node that knows that the disk is old is down, a dot may be given \
             twice: a known limit",
};
pub const ONLY_DISK_LOST: Excuse = Excuse {
    properties: &["I4.acknowledged-put-survives"],
    reason: "the only disk that has the put may be lost: a known limit of W=1",
};
pub const WORD_LOST: Excuse = Excuse {
    properties: &["I6.every-request-ends"],
    reason: "coordinators never time out here, and wait for ever for a reply that was lost",
};
pub const HINT_LOST: Excuse = Excuse {
    properties: &["I8.no-hint-stays"],
    reason: "a hint is sent a limited number of times here, and every one of these messages may be \
             lost",
};
pub const REFUSED_OR_SLOW: Excuse = Excuse {
    properties: &["I7.served-by-one-who-knows-more"],
    reason: "a node that knows of the change is no replica of the key any more, and refuses to \
             serve",
};
pub const NO_GOSSIP: Excuse = Excuse {
    properties: &["I7.views-agree-eventually", "I4.misplaced-is-handed-over"],
    reason: "without gossip, a node that asks nothing never learns of a change",
};
pub const NOT_TOLD: Excuse = Excuse {
    properties: &["I7.views-agree-eventually"],
    reason: "without gossip, a node that asks nothing never learns of a change",
};
pub const MOVES_NOTHING: Excuse = Excuse {
    properties: &["I4.replica-is-handed-over"],
    reason: "a node that is removed for good hands nothing over",
};
pub const STOPPED: Excuse = Excuse {
    properties: &["I4.misplaced-is-handed-over", "I7.views-agree-eventually", "I8.no-hint-stays"],
    reason: "a node that is gone has stopped, and learns only after a restart that it is to join \
             again; no node restarts here",
};
pub const FALLBACK_REFUSES: Excuse = Excuse {
    properties: &[
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I8.hint-is-handed-over",
    ],
    reason: "the only fallback has left, refuses to keep hints, and has no copies of its own",
};
pub const MOVED_BEFORE: Excuse = Excuse {
    properties: &[
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I8.hint-is-handed-over",
    ],
    reason: "the ring changes before the first put, so no copy moves",
};
pub const NOTHING_MOVES: Excuse = Excuse {
    properties: &["I4.replica-is-handed-over"],
    reason: "the ring changes before the first put, so no copy moves",
};
pub const REMOVED_SERVES: Excuse = Excuse {
    properties: &[
        "I1.get-sees-acknowledged-puts",
        "I1.acknowledged-put-is-read",
        "I3.stale-replica-is-seen",
        "I3.a-read-is-over",
    ],
    reason: "the only read goes to a node that was removed for good but is alive; it serves by its \
             old view: a known limit",
};
pub const TOO_FEW_LEFT: Excuse = Excuse {
    properties: &[
        "I4.misplaced-is-handed-over",
        "I5.replicas-agree-eventually",
        "I7.views-agree-eventually",
        "I8.no-hint-stays",
    ],
    reason: "nodes that leave keep their copies until W members are left again, and without gossip \
             not every node learns of the changes",
};
pub const REMOVED_WAITS: Excuse = Excuse {
    properties: &["I6.every-request-ends"],
    reason: "coordinators never time out here, and no node replies to a coordinator that was \
             removed for good",
};
pub const NOTHING_PUT: Excuse = Excuse {
    properties: &[
        "I1.acknowledged-before-all-have-it",
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I5.replicas-differ",
        "I6.acknowledged-by-exactly-w",
        "I6.failed-but-possibly-stored",
        "I8.hint-is-handed-over",
    ],
    reason: "no client puts here",
};
pub const ALONE_AT_ONCE: Excuse = Excuse {
    properties: &["I5.replicas-differ"],
    reason: "the key has one replica at a time here",
};
pub const STOPPED_APART: Excuse = Excuse {
    properties: &["I5.replicas-agree-eventually"],
    reason: "the replica that is to join again has stopped",
};
pub const FORGOTTEN_MEANWHILE: Excuse = Excuse {
    properties: &["I7.views-agree-eventually"],
    reason: "the only node that knew of a change loses its disk before it has told another node",
};
pub const NEVER_TOLD: Excuse = Excuse {
    properties: &["I4.replica-is-handed-over"],
    reason: "without gossip, the replica that is displaced never learns of it",
};
pub const COORDINATED_TWICE: Excuse = Excuse {
    properties: &["I2.one-put-one-version"],
    reason: "two nodes may coordinate one put and give it two dots: a known limit of failover, and \
             of retries after the ring has changed",
};
pub const COMES_BACK: Excuse = Excuse {
    properties: &["I2.siblings-are-an-antichain", "I2.clocks-are-causal"],
    reason: "of a put with two coordinators, one version may be replaced and the request forgotten \
             before the other version arrives: a known limit of failover",
};
pub const NEVER_FAILS: Excuse = Excuse {
    properties: &["I6.failed-but-possibly-stored"],
    reason: "with W=1, the coordinator's own disk is enough, so no put fails",
};
pub const NEVER_HANDED: Excuse = Excuse {
    properties: &["I8.hint-is-handed-over"],
    reason: "the other nodes have the put before the leaving node hands it over, and this node \
             never learns that it is to do so",
};
pub const READ_BY_ONE: Excuse = Excuse {
    properties: &["I3.a-read-is-over"],
    reason: "with N=1, a read hears no other replica",
};
