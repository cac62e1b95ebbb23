//! What tests that cross crates share: how the rooms of a crate use one another, the trial of a
//! property that is not in the catalogue, and the mutants of the protocol.

pub mod arrows;
pub mod mutants;
pub mod trial;
