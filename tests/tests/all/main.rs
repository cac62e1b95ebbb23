//! Tests that cross crates. One program: linking several takes longer than running most of these.

mod defect_tables;
mod defects;
mod engines;
mod evidence;
mod gallery;
mod goals;
mod guarantees;
mod linearizability;
mod readme;
mod reductions;
mod rooms;
mod rules;
mod samples;
mod scenarios;
mod scopes;
mod scripts;
mod sets;
mod tables;
mod tidy;
mod traces;
