//! Partial order: of the orders of steps that come to the same, one is taken.
//!
//! Where a delivery commutes with whatever else may happen, and no property can tell before from
//! after, the state after it stands for the one before: it is taken at once, and what else could
//! have been done first is done after it. In the words of the literature: the delivery of that
//! message, with its loss, is a persistent set, and invisible.

use stateright::actor::{Actor, Envelope};

/// May this delivery, to an actor in this state, be taken before all else?
///
/// Only if all this is so of it:
/// * Whatever else happens, now or later, at any actor, it can still happen then, and both orders
///   lead to the same state: in particular, the recipient does not crash meanwhile, its timers do
///   not fire, and other messages that it may receive meanwhile commute with this one. Nor does
///   what the history records depend on the order.
/// * No property, and not the boundary, can tell the state before it from the state after it.
/// * Such deliveries do not go on for ever by themselves.
/// * Where something must be so in the end: it goes on ([`Convergence`](crate::Convergence)), or is
///   the end of what it leads to, so that it makes no difference whether it does. It is taken to go
///   on.
///
/// What a duplicating network has delivered last does not count as a difference.
///
/// The engine cannot see whether all that is so: where it is not, states are left out, and verdicts
/// may be wrong.
pub type First<A, C> = fn(&C, &<A as Actor>::State, &Envelope<<A as Actor>::Msg>) -> bool;
