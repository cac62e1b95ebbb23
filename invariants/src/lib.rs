//! What must hold of Dynamo.
mod boundary;
pub mod check;
pub mod coverage;
pub mod defects;
pub mod ghost;
mod partial_order;
mod places;
pub mod property;
mod record;
pub mod scope;
pub mod scopes;
mod setting;
pub mod story;
pub mod symmetry;
mod table;
pub mod trace;
mod view;
pub mod write_set;
