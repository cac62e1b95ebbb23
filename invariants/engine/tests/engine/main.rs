//! The engine, held against searches too plain to be wrong, against stateright's, and against what
//! is known of algorithms everybody knows. One program, so that what the tests share is compiled
//! once.

mod algorithms;
mod bounds;
mod classics;
mod convergence;
mod doubt;
mod fingerprint_hole;
mod in_flight;
mod marks;
mod partial_order;
mod peers;
mod random_models;
mod support;
mod symmetry;
mod tables;
