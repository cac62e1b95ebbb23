//! What it takes to try real nodes on one machine for a while: addresses that nobody else uses, a
//! bad network between the nodes, and a way to tell that nothing goes on any more. `dynamo scenario
//! --on-udp` and the tests use it.

pub mod addresses;
pub mod proxy;
pub mod rest;
