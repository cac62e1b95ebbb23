//! The first room: pure values with their laws. They use no states, rules, messages or acts. Where
//! a value needs a decision, its caller passes it in as a function.

pub mod address;
pub mod config;
pub mod ids;
pub mod membership;
pub mod moment;
pub mod ring;
pub mod siblings;
pub mod tally;
pub mod tree;
pub mod version;
pub mod view;
