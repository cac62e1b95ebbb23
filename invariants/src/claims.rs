//! What a scope claims: which properties the check asks of it, and why it does not ask the others.
//!
//! - An *always* or *converges* property is asked wherever its
//!   [precondition](crate::property::Precondition) does not rule out every run of the scope.
//! - A *reachable* property is asked of a pinned scope, unless the scope [lacks](Scope::lacks) what
//!   it needs, or its [`unseen`](Scope::unseen) names the property: a complete check found no state
//!   that shows it. Both are errors where a state shows it after all.

use crate::property::{Kind, Property};
use crate::scope::{Ask, Faults, Scope};

/// What some *reachable* properties need.
struct Need {
    /// The names of the properties.
    properties: &'static [&'static str],
    /// Does the scope lack it?
    lacks: fn(&Scope) -> bool,
    /// What the scope lacks, in words.
    reason: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        properties: &[
            "I4.acknowledged-on-a-hint",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        lacks: |scope| !scope.has_stand_ins() && !scope.changes(),
        reason: "there is no fallback here, or coordinators never time out",
    },
    Need {
        properties: &["I1.in-person-put-is-read-in-person"],
        lacks: |scope| !scope.asks(Ask::PutInPerson) || !scope.asks(Ask::GetInPerson),
        reason: "here no put asks for PW intended replicas, or no get asks for PR of them",
    },
    Need {
        properties: &["I4.tombstone-is-reaped"],
        lacks: |scope| scope.faults.reaps == 0 || !scope.asks(Ask::Delete),
        reason: "no tombstone is reaped here",
    },
    Need {
        properties: &[
            "I4.replica-is-misplaced",
            "I4.replica-is-handed-over",
            "I7.views-differ",
            "I7.served-by-one-who-knows-more",
            "I9.change-spreads",
        ],
        lacks: |scope| !scope.changes(),
        reason: "no node joins, leaves or is removed here",
    },
    Need {
        properties: &["I7.client-with-an-old-view", "I7.client-is-told"],
        lacks: |scope| !scope.routes(),
        reason: "no client chooses nodes by a view of its own here",
    },
    Need {
        properties: &["I7.client-tells"],
        lacks: |scope| !scope.routes() || !scope.changes(),
        reason: "no client chooses nodes by a view of its own here, or the ring does not change",
    },
    Need {
        properties: &["I9.old-request-is-under-way"],
        lacks: |scope| {
            let Faults { duplication, client_retries, .. } = scope.faults;
            !scope.changes() || !duplication && client_retries == 0
        },
        reason: "no node is changed here, or no message arrives twice and clients ask once",
    },
    Need {
        properties: &["I6.replica-is-asked-again"],
        lacks: |scope| {
            !scope.asks_again() || scope.asked().all(|ask| !ask.is_put() && !ask.is_get())
        },
        reason: "no coordinator sends a message again here, or the network duplicates messages and \
                 does not count copies",
    },
    Need {
        properties: &["I6.fallback-is-asked-again"],
        lacks: |scope| {
            !scope.asks_again() || !scope.has_stand_ins() || scope.asked().all(|ask| !ask.is_put())
        },
        reason: "no coordinator asks a fallback again here, or the network duplicates messages and \
                 does not count copies",
    },
    Need {
        properties: &["I6.asker-is-trusted-again"],
        lacks: |scope| {
            let requests = scope.asked().filter(|ask| ask.moves().is_none()).count();
            let is_quiet = requests < 2 && !scope.faults.exchange;
            !scope.has_stand_ins() || is_quiet || scope.changes()
        },
        reason: "there is no fallback here, no second request or exchange, or the ring changes",
    },
    Need {
        properties: &["I5.a-key-is-exchanged"],
        lacks: |scope| !scope.faults.exchange,
        reason: "replicas run no anti-entropy exchange here",
    },
    Need {
        properties: &["I5.one-of-two-keys-is-exchanged"],
        lacks: |scope| !scope.has_bystander(),
        reason: "there is no second key here that is certain to stay equal on all replicas",
    },
    Need {
        properties: &[
            "I2.old-disk-is-found",
            "I2.old-disk-is-believed",
            "I2.old-disk-is-found-later",
        ],
        lacks: |scope| scope.faults.old_disk.is_none(),
        reason: "no node starts on an older copy of its disk here",
    },
    Need {
        properties: &["I2.old-disk-is-found-later"],
        lacks: |scope| scope.faults.crashes == 0,
        reason: "no node crashes here, so no node can restart and tell another that its disk is \
                 old",
    },
    Need {
        properties: &["I6.failed-but-possibly-stored"],
        lacks: |scope| scope.faults.timeouts.is_none() && scope.faults.client_retries == 0,
        reason: "coordinators never time out here, and clients ask once, so no put is reported as \
                 failed or refused",
    },
    Need {
        properties: &[
            "I1.acknowledged-put-is-read",
            "I1.get-must-see-a-put",
            "I3.stale-replica-is-seen",
            "I3.a-read-is-over",
            "I2.siblings-are-read",
            "I2.siblings-are-reconciled",
        ],
        lacks: |scope| scope.asked().all(|ask| !ask.is_get()),
        reason: "no client reads here",
    },
    Need {
        properties: &["I2.siblings-are-read", "I2.siblings-are-reconciled"],
        lacks: |scope| scope.asked().filter(|ask| ask.is_put()).count() < 2,
        reason: "there are no two puts here",
    },
    Need {
        properties: &["I2.siblings-are-reconciled"],
        lacks: |scope| {
            scope.clients.iter().all(|script| {
                let mut asks = script.iter().map(|(_, ask)| *ask).skip_while(|ask| !ask.is_get());
                !asks.any(Ask::is_informed)
            })
        },
        reason: "no client reads siblings and puts over them here",
    },
    Need {
        properties: &[
            "I1.acknowledged-put-is-read",
            "I1.get-must-see-a-put",
            "I1.acknowledged-before-all-have-it",
            "I3.stale-replica-is-seen",
            "I4.acknowledged-on-a-hint",
            "I4.replica-is-misplaced",
            "I4.replica-is-handed-over",
            "I5.replicas-differ",
            "I6.acknowledged-by-exactly-w",
            "I6.asker-is-trusted-again",
            "I6.failed-but-possibly-stored",
            "I8.hint-is-handed-over",
            "I8.recipient-is-trusted-again",
        ],
        lacks: |scope| scope.asked().all(|ask| !ask.is_put()),
        reason: "no client puts here",
    },
    Need {
        properties: &["I1.acknowledged-before-all-have-it"],
        lacks: |scope| {
            let (n, _, w) = scope.quorum;
            let keeps_all = scope.faults.bad_disk().is_none() && !scope.changes();
            n == w && !scope.has_stand_ins() && keeps_all
        },
        reason: "with W=N, every intended replica must have a put before it is acknowledged",
    },
    Need {
        properties: &["I5.replicas-differ"],
        lacks: |scope| scope.quorum.0 == 1,
        reason: "the key has one replica at a time here",
    },
];

impl Scope {
    /// Why the check does not ask this property of this scope; `None` if it does. See the
    /// [module](self).
    pub fn excuse(&self, property: &Property) -> Option<&'static str> {
        match property.kind {
            Kind::Always | Kind::Converges => {
                property.precondition.and_then(|precondition| (precondition.rules_out)(self))
            }
            Kind::Reachable => self.lacks(property).or_else(|| {
                let is_unseen = self.unseen.contains(&property.name);
                is_unseen.then_some("a complete check found no state that shows it")
            }),
        }
    }

    /// What a *reachable* property needs and this scope lacks, if anything.
    pub fn lacks(&self, property: &Property) -> Option<&'static str> {
        let mut needs = NEEDS.iter().filter(|need| need.properties.contains(&property.name));
        needs.find(|need| (need.lacks)(self)).map(|need| need.reason)
    }
}
