//! Fuzzing: see main.rs. This crate has its own package, so that its dependencies are built only
//! for it.
