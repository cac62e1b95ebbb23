//! What must hold, stated against ghost truth and against what is really on disk.
//!
//! Each invariant has *always* properties, which hold at every reachable state, and *reachable*
//! partners, which show that the interesting thing does happen, so that the first kind is not true
//! for want of occasion.

mod copies;
mod evidence;
mod hints;
mod looks_at;
mod membership;
mod quorum;
mod repair;
mod versions;

use crate::ghost::{Outcome, Read};
use crate::scope::{Setting, System, SystemState};
use crate::table::joined;
use crate::view::View;
use crate::write_set::{WriteId, WriteSet};
use dynamo_model::message::Message;
use dynamo_model::process::{Fate, Process};
use evidence::Evidence;
use interned_checker::ActorAction;
pub use looks_at::LooksAt;
pub(crate) use looks_at::fate;
use stateright::Expectation;
use stateright::actor::{ActorModelAction, Id};

/// How a property is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// True at every reachable state.
    Always,
    /// True at one reachable state at least.
    Reachable,
    /// True in the end, and from then on, once nothing new goes wrong and nothing new is asked: see
    /// [`goes_on`].
    Converges,
}

/// Something that must hold.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// The invariant's number, a dot, and the property's name.
    pub name: &'static str,
    /// Always, reachable or converges.
    pub kind: Kind,
    /// In a sentence, with its source, and where it does not hold.
    pub statement: &'static str,
    /// The *reachable* ones any of which shows that it can be violated at all; none if it is one
    /// itself.
    pub occasions: &'static [&'static str],
    /// What it looks at: it is evaluated once for all states that are the same in that.
    pub looks_at: LooksAt,
    /// Which facts a verdict on it rests on: see [`Property::evidence`].
    pub(crate) evidence: &'static [Evidence],
    /// Is it true at this state?
    pub condition: fn(&System, &SystemState) -> bool,
}

impl Property {
    /// The invariant this belongs to: `I1`, `I2`, …
    pub fn invariant(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(invariant, _)| invariant)
    }

    /// The same in stateright's words, which has none for *converges*: its *eventually* knows no
    /// fairness.
    pub fn expectation(&self) -> Option<Expectation> {
        match self.kind {
            Kind::Always => Some(Expectation::Always),
            Kind::Reachable => Some(Expectation::Sometimes),
            Kind::Converges => None,
        }
    }

    /// What its verdict on a state rests on, a sentence for each fact: what really happened, and
    /// what is on disks. Where there is nothing, nothing has happened yet that it speaks of.
    pub fn evidence(&self, model: &System, state: &SystemState) -> Vec<String> {
        let view = View { model, state };
        self.evidence.iter().flat_map(|facts| facts(&view)).collect()
    }

    /// The property with this name.
    pub fn named(name: &str) -> Option<&'static Property> {
        PROPERTIES.iter().find(|property| property.name == name)
    }
}

const fn always(
    name: &'static str,
    evidence: &'static [Evidence],
    occasions: &'static [&'static str],
    statement: &'static str,
    condition: fn(&System, &SystemState) -> bool,
) -> Property {
    Property {
        name,
        kind: Kind::Always,
        statement,
        occasions,
        looks_at: LooksAt::Disks,
        evidence,
        condition,
    }
}

const fn reachable(
    name: &'static str,
    evidence: &'static [Evidence],
    statement: &'static str,
    condition: fn(&System, &SystemState) -> bool,
) -> Property {
    Property {
        name,
        kind: Kind::Reachable,
        statement,
        occasions: &[],
        looks_at: LooksAt::Disks,
        evidence,
        condition,
    }
}

const fn converges(
    name: &'static str,
    evidence: &'static [Evidence],
    occasions: &'static [&'static str],
    statement: &'static str,
    condition: fn(&System, &SystemState) -> bool,
) -> Property {
    Property {
        name,
        kind: Kind::Converges,
        statement,
        occasions,
        looks_at: LooksAt::Everything,
        evidence,
        condition,
    }
}

const fn looking_at(looks_at: LooksAt, property: Property) -> Property {
    Property { looks_at, ..property }
}

const PUT: &[&str] = &["I6.acknowledged-by-exactly-w"];
const GET: &[&str] = &["I1.acknowledged-put-is-read", "I3.a-read-is-over"];
const GET_AFTER_ACK: &[&str] = &["I1.acknowledged-put-is-read"];
const HINTED_ACK: &[&str] = &["I4.acknowledged-on-a-hint"];
const HANDED_OVER: &[&str] = &["I8.hint-is-handed-over"];
const IN_PERSON: &[&str] = &["I1.in-person-put-is-read-in-person"];
const REAPED: &[&str] = &["I4.tombstone-is-reaped"];
const MISPLACED: &[&str] = &["I4.replica-is-handed-over"];
const SPREADS: &[&str] = &["I9.change-spreads"];
const VIEWS_DIFFER: &[&str] = &["I7.views-differ"];
const SERVED: &[&str] = &["I7.served-by-one-who-knows-more", "I7.client-with-an-old-view"];
const EXCHANGED: &[&str] = &["I5.a-key-is-exchanged"];
const EXCHANGED_ALONE: &[&str] = &["I5.one-of-two-keys-is-exchanged"];
const READ_OVER: &[&str] = &["I3.a-read-is-over"];

/// Does this step go on once nothing new goes wrong and nothing new is asked? Messages still
/// arrive, coordinators still lose patience, nodes that are down come back, and say so where they
/// know better than a copy of a disk. No message is lost any more, no node goes down, no disk is
/// lost, and clients, who hear no more answers and lose no more patience, ask nothing.
pub fn goes_on(setting: &Setting, action: &ActorAction<Process>) -> bool {
    let is_client = |id: &Id| usize::from(*id) >= usize::from(setting.scope.nodes);
    match action {
        // Clients that choose nodes by a view of their own are told that it is old, whether they
        // ask anything more or not.
        ActorModelAction::Deliver { dst, msg, .. } => {
            !is_client(dst) || matches!(msg, Message::History { .. })
        }
        ActorModelAction::Timeout(id, _) => !is_client(id),
        ActorModelAction::Recover(_) => true,
        ActorModelAction::SelectRandom { random, .. } => {
            matches!(random, Fate::Choose(_) | Fate::HearOfLaterCommit)
        }
        ActorModelAction::Drop(_) | ActorModelAction::Crash(_) => false,
    }
}

/// Every property. Every one runs in every scope, unless the scope says why not.
pub static PROPERTIES: &[Property] = &joined::<Property, COUNT>(PARTS);
const PARTS: &[&[Property]] = &[
    quorum::PROPERTIES,
    versions::PROPERTIES,
    copies::PROPERTIES,
    repair::PROPERTIES,
    hints::PROPERTIES,
    membership::PROPERTIES,
];
const COUNT: usize = quorum::PROPERTIES.len()
    + versions::PROPERTIES.len()
    + copies::PROPERTIES.len()
    + repair::PROPERTIES.len()
    + hints::PROPERTIES.len()
    + membership::PROPERTIES.len();

fn only(write: WriteId) -> WriteSet {
    WriteSet::EMPTY.with(write)
}

fn pair(one: WriteId, other: WriteId) -> WriteSet {
    WriteSet::EMPTY.with(one).with(other)
}

fn answered_reads(state: &SystemState) -> impl Iterator<Item = &Read> {
    state.history.reads.iter().filter(|read| is_answered(read))
}

fn is_answered(read: &Read) -> bool {
    matches!(read.outcome, Outcome::Answered { .. })
}

fn words_at_least(mut outcomes: impl Iterator<Item = Outcome>, needed: usize) -> bool {
    outcomes.all(|outcome| !matches!(outcome, Outcome::Answered { words, .. } if words < needed))
}
