//! Partial order: of several orders of steps with the same result, one is taken.
//!
//! Suppose a delivery commutes with every other step, and no property can tell the state before it
//! from the state after it. Then it is taken first, and the other steps are taken after it. In the
//! literature's terms, the delivery and the loss of that message are a persistent set, and
//! invisible.

use stateright::actor::{Actor, Envelope};

/// May this delivery to an actor in this state be taken before all other steps?
///
/// Only if all of these are true:
/// * It commutes with every other step, now and later, at every actor: it stays possible, and both
///   orders lead to the same state. In particular, the recipient does not crash meanwhile, its
///   timers do not fire, and other messages for it commute with this one. What the history records
///   does not depend on the order either.
/// * No property can tell the state before it from the state after it, nor can the boundary.
/// * Such deliveries alone do not go on for ever.
/// * For convergence: it is one of the steps that remain ([`Convergence`](crate::Convergence)), or
///   it leads to nothing further, so that it makes no difference whether it remains. The engine
///   treats it as remaining.
///
/// The last delivered message of a duplicating network does not count as a difference.
///
/// A delivery that leads back to the same state is not taken first, whatever this says.
///
/// The engine tests these conditions in some states only. If one is false, states are missed, and
/// verdicts may be wrong.
pub type First<A, C> = fn(&C, &<A as Actor>::State, &Envelope<<A as Actor>::Msg>) -> bool;
