//! The engine compared with very simple searches, with stateright's checkers, and with known facts
//! about well-known algorithms. This is one program, so that shared code is compiled once.

mod algorithms;
mod bounds;
mod claims;
mod classics;
mod convergence;
mod doubt;
mod ends;
mod fingerprint_hole;
mod in_flight;
mod marks;
mod partial_order;
mod peers;
mod random_models;
mod support;
mod symmetry;
mod tables;
