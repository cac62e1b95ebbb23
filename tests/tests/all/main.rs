//! Tests of several crates together. They are one program, because linking takes longer than most
//! of these tests.

mod adding;
mod defect_tables;
mod defects;
mod drawn_scopes;
mod driving;
mod ends;
mod engines;
mod evidence;
mod gallery;
mod goals;
mod guarantees;
mod linearizability;
mod losses;
mod matrix;
mod messages;
mod mutants;
mod own_scopes;
mod readme;
mod reductions;
mod rooms;
mod rules;
mod samples;
mod scenarios;
mod scopes;
mod scripts;
mod sets;
mod simulation;
mod tables;
mod tidy;
mod traces;
mod verdicts;
