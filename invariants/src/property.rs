//! What must hold, stated against ghost truth and against what is really on disk.
//!
//! Each invariant has *always* properties, which hold at every reachable state, and *reachable*
//! partners, which show that the interesting thing does happen, so that the first kind is not true
//! for want of occasion.

mod looks_at;
pub(crate) mod occasions;

use crate::scope::instance::Instance;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::system::world::World;
use crate::system::{System, SystemState};
use crate::truth::{Outcome, Read};
use dynamo_model::message::Message;
use dynamo_model::process::{Fate, Process};
use interned_checker::ActorAction;
pub use looks_at::LooksAt;
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

/// One kind of facts that a verdict rests on: a sentence for each.
pub(crate) type Evidence = fn(&World<'_>) -> Vec<String>;

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
        let world = World { model, state };
        self.evidence.iter().flat_map(|facts| facts(&world)).collect()
    }
}

pub(crate) const fn always(
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

pub(crate) const fn reachable(
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

pub(crate) const fn converges(
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

pub(crate) const fn looking_at(looks_at: LooksAt, property: Property) -> Property {
    Property { looks_at, ..property }
}

/// Does this step go on once nothing new goes wrong and nothing new is asked? Messages still
/// arrive, coordinators still lose patience, nodes that are down come back, and say so where they
/// know better than a copy of a disk. No message is lost any more, no node goes down, no disk is
/// lost, and clients, who hear no more answers and lose no more patience, ask nothing.
pub fn goes_on(instance: &Instance, action: &ActorAction<Process>) -> bool {
    let is_client = |id: &Id| usize::from(*id) >= usize::from(instance.scope.nodes);
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

pub(crate) fn only(write: WriteId) -> WriteSet {
    WriteSet::EMPTY.with(write)
}

pub(crate) fn pair(one: WriteId, other: WriteId) -> WriteSet {
    WriteSet::EMPTY.with(one).with(other)
}

pub(crate) fn answered_reads(state: &SystemState) -> impl Iterator<Item = &Read> {
    state.history.reads.iter().filter(|read| is_answered(read))
}

pub(crate) fn is_answered(read: &Read) -> bool {
    matches!(read.outcome, Outcome::Answered { .. })
}

pub(crate) fn words_at_least(mut outcomes: impl Iterator<Item = Outcome>, needed: usize) -> bool {
    outcomes.all(|outcome| !matches!(outcome, Outcome::Answered { words, .. } if words < needed))
}
