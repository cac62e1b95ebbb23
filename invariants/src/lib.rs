//! What must hold of Dynamo.
mod boundary;
pub mod check;
pub mod coverage;
pub mod defects;
pub mod ghost;
mod partial_order;
pub mod picture;
mod places;
pub mod property;
mod record;
pub mod scope;
pub mod scopes;
mod setting;
pub mod symmetry;
mod table;
pub mod trace;
mod view;
pub mod write_set;
