//! What tests that cross crates share: how the rooms of a crate use one another, and the trial of a
//! property that is not in the catalogue.

pub mod arrows;
pub mod trial;
