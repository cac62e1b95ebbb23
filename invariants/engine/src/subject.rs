//! The traits that a model's types must have, in one place.

use stateright::actor::{Actor, ActorModelAction};
use std::fmt::Debug;
use std::hash::Hash;

/// An actor that can be checked: its parts can be ordered, and read by several threads. Every such
/// actor implements this.
pub trait Subject:
    Actor<
        Msg: Ord + Send + Sync,
        Timer: Ord + Send + Sync,
        State: Send + Sync,
        Storage: Send + Sync,
        Random: Send + Sync,
    > + Sync
{
}

impl<A> Subject for A
where
    A: Actor + Sync,
    A::Msg: Ord + Send + Sync,
    A::Timer: Ord + Send + Sync,
    A::State: Send + Sync,
    A::Storage: Send + Sync,
    A::Random: Send + Sync,
{
}

/// A history that a model may keep.
pub trait History: Clone + Debug + Hash + PartialEq + Send + Sync {}

impl<H: Clone + Debug + Hash + PartialEq + Send + Sync> History for H {}

/// A step of a model of such actors.
pub type ActorAction<A> =
    ActorModelAction<<A as Actor>::Msg, <A as Actor>::Timer, <A as Actor>::Random>;

/// Does this step remain possible once faults and new requests stop?
pub type Filter<A, C> = fn(&C, &ActorAction<A>) -> bool;
