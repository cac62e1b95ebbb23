//! Fuzzing: see main.rs. What it needs is built only for it.
