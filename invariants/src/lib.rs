//! # Nine invariants of Amazon Dynamo's protocol, and a checker for them
//!
//! The crate states nine invariants of the protocol in `model/`, and checks them in every reachable
//! state of small configurations. It also has *defects*: rules that each break an invariant. A
//! search that finds the violation shows that the check can fail.
//!
//! ## Check one scope
//!
//! A [`Scope`](scope::Scope) is a bounded configuration: nodes, a quorum, client scripts and
//! possible faults. [`check`](check::check) visits all its states and returns a
//! [`Report`](check::Report).
//!
//! ```
//! use dynamo_invariants::catalogue::scope_named;
//! use dynamo_invariants::check::{Effort, check};
//! use dynamo_model::rules::Rules;
//! use std::ops::ControlFlow;
//!
//! let scope = scope_named("one-client").expect("a known scope");
//! let report = check(scope, Rules::default(), &Effort::threads(1), |_| ControlFlow::Continue(()));
//! assert!(report.holds());
//! ```
//!
//! [`find`](fn@check::find) searches a scope for a violation of one property, and
//! [`Trace`](trace::Trace) records the path to it in a file.
//!
//! ## Rooms, in reading order
//!
//! | room | what it has |
//! |---|---|
//! | [`scope`] | bounded configurations, as data |
//! | [`truth`] | the ground truth: what really happened, recorded by an observer of all messages |
//! | [`property`] | properties: checked statements about the ground truth and the disks |
//! | `i1_…` to `i9_…` | one invariant each: statement, properties, scopes, defects, known limits |
//! | [`catalogue`] | all scopes, properties, defects and known limits of these nine rooms |
//! | [`historic`] | defects of real systems, and those of ours with the same root cause |
//! | [`check`] | the check of one scope, its report, and the reductions |
//! | [`judge`] | the same properties, judging a run of a whole cluster with many keys |
//! | [`random`] | scopes drawn at random, and their simplification |
//! | [`trace`] | paths in files: recording, replaying and shortening them |
//! | [`matrix`] | which acts and faults occur together in one run |
//! | [`describe`] | states and steps in words and diagrams |
//! | [`tables`], [`scenario`] | the nine scenarios: scripts, their performance, and their tables |
//!
//! These rooms use some small ones: [`system`], [`notation`], [`facts`], [`claims`], [`defect`],
//! [`invariant`]. [`goals`] has states that you may want to search for, and [`harms`] those in
//! which a client suffers.
//!
//! A room uses only rooms that are declared above it in this file. `tests/tests/all/rooms.rs`
//! checks that, and `cargo run -p dynamo-tests --example arrows` prints which room uses which.
//!
//! ## Add something
//!
//! `ADDING.md` walks through adding a property, the occasion that it needs, a defect that breaks it,
//! and a scope that shows it. `CONTRIBUTING.md` lists the steps that add a rule.

// Joins tables that are written in parts.
mod joined;

// Bounded configurations, as data.
pub mod scope;

// The ground truth: what really happened, recorded by an observer of all messages.
pub mod truth;

// The system under check, as a stateright model.
pub mod system;

// The names that texts use for nodes, messages and versions.
pub mod notation;

// Properties: checked statements.
pub mod property;

// The facts behind a verdict, in sentences.
pub mod facts;

// Harms: what a client sees when a guarantee falls.
pub mod harms;

// Goals: states that a reader may want to search for.
pub mod goals;

// Defects and known limits, as types.
pub mod defect;

// What a scope claims, and why it does not claim the rest.
pub mod claims;

// An invariant, as a type.
pub mod invariant;

// Invariant I1.
mod i1_durable_before_visible;

// Invariant I2.
mod i2_no_lost_concurrency;

// Invariant I3.
mod i3_stale_replica_repaired;

// Invariant I4.
mod i4_hint_preserves_durability;

// Invariant I5.
mod i5_anti_entropy_converges;

// Invariant I6.
mod i6_no_ack_before_w;

// Invariant I7.
mod i7_routing_converges;

// Invariant I8.
mod i8_hint_is_kept;

// Invariant I9.
mod i9_membership_only_grows;

// Small scopes for stories, in which a client suffers from a defect.
mod stories;

// Defects of real systems of the Dynamo family.
pub mod historic;

// The contents of the nine rooms, joined.
pub mod catalogue;

// What a search cannot reach in a scope.
mod reach;

// Builds the model of a scope.
mod assembly;

// Checks a scope.
pub mod check;

// The properties of every scope, as judges of a run of many keys.
pub mod judge;

// Scopes drawn at random.
pub mod random;

// Traces: recorded paths.
pub mod trace;

// Which acts and faults occur together in one run.
pub mod matrix;

// States and steps in words and diagrams.
pub mod describe;

// The tables of scenarios.
pub mod tables;

// Scenarios: scripts of commands and expectations.
pub mod scenario;
