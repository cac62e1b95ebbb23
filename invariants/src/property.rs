//! Properties: checked statements about the ground truth and about what is really on disks.
//!
//! Each *always* or *converges* property has *reachable* partners. They show that the interesting
//! situation occurs, so that the property does not hold merely because nothing ever happens.

mod looks_at;
pub(crate) mod occasions;

use crate::scope::Scope;
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

/// When a property must be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// True in every reachable state.
    Always,
    /// True in at least one reachable state.
    Reachable,
    /// Eventually true, and from then on, once faults and new requests stop: see [`goes_on`].
    Converges,
}

/// One kind of facts that a verdict rests on: a sentence for each. The module
/// [`facts`](crate::facts) has them.
pub type Evidence = fn(&World<'_>) -> Vec<String>;

/// A checked statement.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// The invariant's number, a dot, and the property's name.
    pub name: &'static str,
    /// Always, reachable or converges.
    pub kind: Kind,
    /// The statement in words, with its preconditions, and where it does not hold.
    pub statement: &'static str,
    /// The *reachable* properties any of which shows that this one could have been violated. Empty
    /// for a *reachable* property.
    pub occasions: &'static [&'static str],
    /// The parts of a state that it reads. The engine evaluates it once for all states that agree
    /// in these.
    pub looks_at: LooksAt,
    /// The facts that a verdict rests on: see [`Property::evidence`].
    pub(crate) evidence: &'static [Evidence],
    /// When it applies; `None`: always. The condition includes it.
    pub precondition: Option<Precondition>,
    /// Is it true at this state, or does it not apply?
    pub condition: fn(&System, &SystemState) -> bool,
}

/// When an *always* or *converges* property applies.
///
/// The property's statement has the precondition in words, and its condition has it in code. Known
/// limits show what happens where it is not met.
#[derive(Clone, Copy, Debug)]
pub struct Precondition {
    /// Why the property applies in no run of a scope, by what may happen there. `None`: it applies
    /// in some run, as far as the scope's data tell.
    pub rules_out: fn(&Scope) -> Option<&'static str>,
    /// The claim without the precondition: is it true at this state?
    pub claim: fn(&System, &SystemState) -> bool,
}

impl Property {
    /// The claim of this property without its precondition, as a property of the same name. It
    /// fails where a known limit says so.
    #[must_use]
    pub fn without_precondition(&self) -> Property {
        let condition = self.precondition.map_or(self.condition, |it| it.claim);
        Property { condition, precondition: None, looks_at: LooksAt::Everything, ..*self }
    }

    /// The invariant this belongs to: `I1`, `I2`, …
    pub fn invariant(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(invariant, _)| invariant)
    }

    /// The kind as stateright calls it. It has no kind like *converges*: its *eventually* assumes
    /// no fairness.
    pub fn expectation(&self) -> Option<Expectation> {
        match self.kind {
            Kind::Always => Some(Expectation::Always),
            Kind::Reachable => Some(Expectation::Sometimes),
            Kind::Converges => None,
        }
    }

    /// The facts that its verdict on a state rests on, a sentence each: what really happened, and
    /// what is on disks. Without any, nothing has happened yet that the property speaks of.
    pub fn evidence(&self, model: &System, state: &SystemState) -> Vec<String> {
        let world = World { model, state };
        self.evidence.iter().flat_map(|facts| facts(&world)).collect()
    }
}

/// An *always* property. `occasions` are the names of *reachable* properties, any of which shows
/// that this one could have been violated. It [looks at](LooksAt) disks: [`looking_at`] changes
/// that.
pub const fn always(
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
        precondition: None,
        condition,
    }
}

/// A *reachable* property. It [looks at](LooksAt) disks: [`looking_at`] changes that.
pub const fn reachable(
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
        precondition: None,
        condition,
    }
}

/// A *converges* property. `occasions` are as in [`always`]. It looks at everything: [`looking_at`]
/// changes that.
pub const fn converges(
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
        precondition: None,
        condition,
    }
}

/// The same property, with a precondition that its condition includes. Without it, the property
/// would say what `claim` says. `rules_out` is as in [`Precondition`].
pub const fn given(
    rules_out: fn(&Scope) -> Option<&'static str>,
    claim: fn(&System, &SystemState) -> bool,
    property: Property,
) -> Property {
    Property { precondition: Some(Precondition { rules_out, claim }), ..property }
}

/// Why properties about what all nodes learn apply in no run of a scope.
pub(crate) const WITHOUT_GOSSIP: &str =
    "without gossip, a node that asks nothing never learns of a change";

/// The configuration alone rules no run out.
pub(crate) fn by_the_run(_: &Scope) -> Option<&'static str> {
    None
}

/// The same property, which looks at other parts of a state. Where a property reads more than it
/// declares, the check may give a wrong verdict.
pub const fn looking_at(looks_at: LooksAt, property: Property) -> Property {
    Property { looks_at, ..property }
}

/// Can this step still happen once faults and new requests stop?
///
/// Messages still arrive, timers of nodes still fire, and nodes that are down come back. A node on
/// an older copy of its disk may still hear of a later commit. No message is lost any more, no node
/// crashes, and no disk is lost. Clients hear no more answers and ask nothing.
pub fn goes_on(instance: &Instance, action: &ActorAction<Process>) -> bool {
    let is_client = |id: &Id| usize::from(*id) >= usize::from(instance.scope.nodes);
    match action {
        // A client that chooses nodes by its own view still learns that its view is old.
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

pub(crate) fn replies_at_least(mut outcomes: impl Iterator<Item = Outcome>, needed: usize) -> bool {
    outcomes
        .all(|outcome| !matches!(outcome, Outcome::Answered { replies, .. } if replies < needed))
}
