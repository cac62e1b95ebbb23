//! What tests that cross crates share: how the rooms of a crate use one another.

pub mod arrows;
