//! Why scopes do not claim some properties: reasons that several scopes share, and reasons that
//! follow from what a scope contains.

use crate::property::Property;
use crate::scope::{Ask, Excuse, Scope};

impl Scope {
    /// The reason for which this scope does not claim the property, if it does not. The check of
    /// the scope then finds that the property fails here, and finds fault with the excuse if it
    /// does not.
    pub fn excuse(&self, property: &Property) -> Option<&'static str> {
        let without_stand_ins =
            Some(&NOBODY_STANDS_IN).filter(|_| !self.has_stand_ins() && !self.changes());
        let nobody_reaps = Some(&NOTHING_REAPED).filter(|_| self.faults.reaps == 0);
        let nobody_asks = Some(&NOT_IN_PERSON)
            .filter(|_| !self.asks(Ask::PutInPerson) || !self.asks(Ask::GetInPerson));
        let nobody_moves = Some(&NOBODY_MOVES).filter(|_| !self.changes());
        let nobody_routes = Some(&NOBODY_ROUTES).filter(|_| !self.routes());
        let nobody_compares = Some(&NOBODY_COMPARES).filter(|_| !self.faults.exchange);
        let no_bystander = Some(&NO_BYSTANDER).filter(|_| !self.has_bystander());
        let no_old_disk = Some(&NO_OLD_DISK).filter(|_| self.faults.old_disk.is_none());
        let no_later_witness = Some(&NO_LATER_WITNESS).filter(|_| self.faults.crashes == 0);
        let structural = [
            without_stand_ins,
            nobody_asks,
            nobody_reaps,
            nobody_moves,
            nobody_routes,
            nobody_compares,
            no_bystander,
        ];
        let excuses = self
            .excused
            .iter()
            .chain(structural.into_iter().flatten())
            .chain(no_old_disk)
            .chain(no_later_witness);
        let mut excuses = excuses;
        let excuse = excuses.find(|excuse| excuse.properties.contains(&property.name));
        excuse.map(|excuse| excuse.reason)
    }
}

const NOBODY_STANDS_IN: Excuse = Excuse {
    properties: &["I4.acknowledged-on-a-hint", "I8.hint-is-handed-over"],
    reason: "there is no fallback here, or nobody is ever suspected",
};

const NOT_IN_PERSON: Excuse = Excuse {
    properties: &["I1.in-person-put-is-read-in-person"],
    reason: "nobody asks for intended replicas in person here",
};

const NOBODY_MOVES: Excuse = Excuse {
    properties: &[
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I7.views-differ",
        "I7.served-by-one-who-knows-more",
        "I9.change-spreads",
    ],
    reason: "nobody joins or leaves here",
};

const NOBODY_ROUTES: Excuse = Excuse {
    properties: &["I7.client-with-an-old-view", "I7.client-is-told"],
    reason: "no client has a view of its own here",
};

const NOBODY_COMPARES: Excuse = Excuse {
    properties: &["I5.a-key-is-exchanged"],
    reason: "replicas do not compare what they hold here",
};

const NO_BYSTANDER: Excuse = Excuse {
    properties: &["I5.one-of-two-keys-is-exchanged"],
    reason: "there is no key here of which it is certain that it never differs",
};

const NO_OLD_DISK: Excuse = Excuse {
    properties: &["I2.old-disk-is-found", "I2.old-disk-is-believed", "I2.old-disk-is-found-later"],
    reason: "no node is started on an older copy of its disk here",
};

const NO_LATER_WITNESS: Excuse = Excuse {
    properties: &["I2.old-disk-is-found-later"],
    reason: "no node is ever down here, so no witness comes back",
};

const NOTHING_REAPED: Excuse =
    Excuse { properties: &["I4.tombstone-is-reaped"], reason: "nothing is reaped here" };

pub(crate) const NO_TIMEOUTS: Excuse = Excuse {
    properties: &["I6.failed-but-possibly-stored"],
    reason: "coordinators wait for ever here",
};
pub(crate) const ONE_WRITER: Excuse = Excuse {
    properties: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
    reason: "a single client does not diverge from itself",
};
pub(crate) const NO_RECONCILER: Excuse = Excuse {
    properties: &["I2.siblings-are-reconciled"],
    reason: "nobody puts over two siblings here",
};
pub(crate) const NO_READER: Excuse = Excuse {
    properties: &["I1.acknowledged-put-is-read", "I3.stale-replica-is-seen", "I3.a-read-is-over"],
    reason: "nobody reads here",
};
pub(crate) const ONLY_PUTS: Excuse = Excuse {
    properties: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
    reason: "nobody reads here, so nobody meets siblings",
};
pub(crate) const ALL_STORE: Excuse = Excuse {
    properties: &["I1.acknowledged-before-all-have-it"],
    reason: "with W=N all must have it first",
};
pub(crate) const EARLY_READER: Excuse = Excuse {
    properties: &["I1.acknowledged-put-is-read"],
    reason: "the only read begins before any put is acknowledged",
};
pub(crate) const MENDED_AT_ONCE: Excuse = Excuse {
    properties: &["I3.stale-replica-is-seen"],
    reason: "the only stale replica is the reading coordinator, which mends itself in the step in which it learns; or it is new, and gathers \
             what others have before it answers",
};
pub(crate) const REPAIR_LOST: Excuse = Excuse {
    properties: &["I3.stale-replica-is-repaired"],
    reason: "a repair may be lost; the next read tries again",
};
pub(crate) const STORE_LOST: Excuse = Excuse {
    properties: &["I5.replicas-agree-in-the-end"],
    reason: "what is lost on its way to a replica only a later read brings there",
};
pub(crate) const DOUBLED_FOR_EVER: Excuse = Excuse {
    properties: &["I6.every-request-ends"],
    reason: "a request that arrives again runs again",
};
pub(crate) const SENT_FOR_EVER: Excuse =
    Excuse { properties: &["I5.exchange-ends"], reason: "what arrives again is answered again" };
pub(crate) const ALONE_AT_FIRST: Excuse = Excuse {
    properties: &[
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I7.served-by-one-who-knows-more",
    ],
    reason: "the one replica that there was stays one, and another comes to it",
};
pub(crate) const OWN_WORD: Excuse = Excuse {
    properties: &["I4.acknowledged-on-a-hint"],
    reason: "with W=1 the coordinator's own word is enough",
};
pub(crate) const REPAIRER_CRASHES: Excuse = Excuse {
    properties: &["I3.stale-replica-is-repaired"],
    reason: "the coordinator may crash before it repairs; the next read tries again",
};
pub(crate) const QUORUMS_MISS: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "R+W<=N: a known limit, by choice",
};
pub(crate) const STAND_INS_MISS: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "what a fallback keeps a read among intended replicas misses: a known limit of sloppy quorums",
};
pub(crate) const ONLY_IN_PERSON: Excuse = Excuse {
    properties: &["I4.acknowledged-on-a-hint"],
    reason: "the only put asks for W intended replicas in person",
};
pub(crate) const DISK_LOST: Excuse = Excuse {
    properties: &["I5.replicas-agree-in-the-end"],
    reason: "a replica that lost its disk has nothing until a read repairs it",
};
pub(crate) const READ_FROM_LOST_DISK: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts", "I3.stale-replica-is-repaired"],
    reason: "a replica that lost its disk answers that it has nothing, and forgets reads under way",
};
pub(crate) const MISSED_ON_LOST_DISK: Excuse = Excuse {
    properties: &["I1.get-sees-acknowledged-puts"],
    reason: "a replica that lost what it had since its disk was copied answers that it has nothing",
};
pub(crate) const NO_WITNESS: Excuse = Excuse {
    properties: &["I2.old-disk-is-found"],
    reason: "there is no other node that could know better",
};
pub(crate) const WITNESS_DOWN: Excuse = Excuse {
    properties: &["I2.one-put-one-version", "I2.clocks-are-causal"],
    reason: "while the only node that knows better is down, a dot may be given twice: a known limit",
};
pub(crate) const ONLY_DISK_LOST: Excuse = Excuse {
    properties: &["I4.acknowledged-put-survives"],
    reason: "the only disk that has the put may be lost: a known limit of W=1",
};
pub(crate) const WORD_LOST: Excuse = Excuse {
    properties: &["I6.every-request-ends"],
    reason: "coordinators wait for ever here, also for a word that was lost",
};
pub(crate) const HINT_LOST: Excuse = Excuse {
    properties: &["I8.no-hint-stays"],
    reason: "a hint is sent only so often here, and every time it may be lost",
};
pub(crate) const REFUSED_OR_SLOW: Excuse = Excuse {
    properties: &["I7.served-by-one-who-knows-more"],
    reason: "whoever knows more is no replica of the key any more, and refuses",
};
pub(crate) const NO_GOSSIP: Excuse = Excuse {
    properties: &["I7.views-agree-in-the-end", "I4.misplaced-is-handed-over"],
    reason: "without gossip nobody learns anything who asks nothing",
};
pub(crate) const NOT_TOLD: Excuse = Excuse {
    properties: &["I7.views-agree-in-the-end"],
    reason: "without gossip nobody learns anything who asks nothing",
};
pub(crate) const MOVES_NOTHING: Excuse = Excuse {
    properties: &["I4.replica-is-handed-over"],
    reason: "a node that is removed for good hands nothing over",
};
pub(crate) const STOPPED: Excuse = Excuse {
    properties: &["I4.misplaced-is-handed-over", "I7.views-agree-in-the-end", "I8.no-hint-stays"],
    reason: "a node that is gone has stopped, and that it is to join again it hears only when it is started again: nobody does that here",
};
pub(crate) const FALLBACK_REFUSES: Excuse = Excuse {
    properties: &[
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I8.hint-is-handed-over",
    ],
    reason: "the only fallback has left, and refuses; it had nothing",
};
pub(crate) const MOVED_BEFORE: Excuse = Excuse {
    properties: &[
        "I4.acknowledged-on-a-hint",
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I8.hint-is-handed-over",
    ],
    reason: "the ring changes before anything is put, and nothing moves",
};
pub(crate) const NOTHING_MOVES: Excuse = Excuse {
    properties: &["I4.replica-is-handed-over"],
    reason: "the ring changes before anything is put, and nothing moves",
};
pub(crate) const REMOVED_SERVES: Excuse = Excuse {
    properties: &[
        "I1.get-sees-acknowledged-puts",
        "I1.acknowledged-put-is-read",
        "I3.stale-replica-is-seen",
        "I3.a-read-is-over",
    ],
    reason: "the only read asks a node that was removed for good, and is not dead; it serves by its old view: a known limit",
};
pub(crate) const TOO_FEW_LEFT: Excuse = Excuse {
    properties: &[
        "I4.misplaced-is-handed-over",
        "I5.replicas-agree-in-the-end",
        "I7.views-agree-in-the-end",
        "I8.no-hint-stays",
    ],
    reason: "nodes that leave keep what they have until W members are left again, and without gossip not all hear of the changes",
};
pub(crate) const REMOVED_WAITS: Excuse = Excuse {
    properties: &["I6.every-request-ends"],
    reason: "coordinators wait for ever here, also one that was removed for good, which nobody answers",
};
pub(crate) const NOTHING_PUT: Excuse = Excuse {
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
pub(crate) const ALONE_AT_ONCE: Excuse =
    Excuse { properties: &["I5.replicas-differ"], reason: "there is one replica at a time" };
pub(crate) const STOPPED_APART: Excuse = Excuse {
    properties: &["I5.replicas-agree-in-the-end"],
    reason: "the replica that is to join again has stopped",
};
pub(crate) const FORGOTTEN_MEANWHILE: Excuse = Excuse {
    properties: &["I7.views-agree-in-the-end"],
    reason: "the only node that knew of a change loses its disk before it has told another",
};
pub(crate) const NEVER_TOLD: Excuse = Excuse {
    properties: &["I4.replica-is-handed-over"],
    reason: "without gossip the node that is replaced does not learn that it is",
};
pub(crate) const COORDINATED_TWICE: Excuse = Excuse {
    properties: &["I2.one-put-one-version"],
    reason: "a put that two nodes have coordinated has two dots: a known limit of failover, and of retries after the ring has changed",
};
pub(crate) const COMES_BACK: Excuse = Excuse {
    properties: &["I2.siblings-are-an-antichain", "I2.clocks-are-causal"],
    reason: "of a put that two nodes have coordinated one version is replaced, and its request forgotten, before the other comes: a known limit \
             of failover",
};
pub(crate) const NEVER_FAILS: Excuse = Excuse {
    properties: &["I6.failed-but-possibly-stored"],
    reason: "with W=1 the coordinator's own disk is enough, and no put fails",
};
pub(crate) const NEVER_HANDED: Excuse = Excuse {
    properties: &["I8.hint-is-handed-over"],
    reason: "the others have the put before the leaver hands anything over, and it does not learn that it is to",
};
pub(crate) const READ_BY_ONE: Excuse =
    Excuse { properties: &["I3.a-read-is-over"], reason: "with N=1 a read hears no other replica" };
