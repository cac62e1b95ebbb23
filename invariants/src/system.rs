//! The system under check, as stateright sees it: its types, where a scope's state space ends, and
//! a state as properties look at it.

pub(crate) mod boundary;
pub mod world;

use crate::scope::instance::Instance;
use crate::truth::Ghost;
use dynamo_model::process::Process;
use stateright::actor::{ActorModel, ActorModelState};

/// The model that a scope makes.
pub type System = ActorModel<Process, Instance, Ghost>;
/// A state of it.
pub type SystemState = ActorModelState<Process, Ghost>;
