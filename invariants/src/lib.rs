//! What must hold of the protocol, and the check of it.
//!
//! The rooms below stand in layers: a room uses only rooms that are declared above it in this list.
//! A test holds the crate to it (`tests/tests/all/rooms.rs`), and `cargo run --example arrows` in
//! `tests/` prints what uses what.

// Tables in parts, joined.
mod joined;

// Bounded configurations, as data.
pub mod scope;

// Ground truth: what really happened, kept by an observer of all messages.
pub mod truth;

// The system under check, as stateright sees it.
pub mod system;

// How texts name things.
pub mod notation;

// What a property is.
pub mod property;

// The facts that a verdict rests on, in sentences.
mod facts;

// What a defect and a known limit are.
pub mod defect;

// Why scopes do not claim some properties.
mod excuses;

// What belongs to one invariant.
pub mod invariant;

// The room of I1.
mod i1_durable_before_visible;

// The room of I2.
mod i2_no_lost_concurrency;

// The room of I3.
mod i3_stale_replica_repaired;

// The room of I4.
mod i4_hint_preserves_durability;

// The room of I5.
mod i5_anti_entropy_converges;

// The room of I6.
mod i6_no_ack_before_w;

// The room of I7.
mod i7_routing_converges;

// The room of I8.
mod i8_hint_is_kept;

// The room of I9.
mod i9_membership_only_grows;

// Defects that really happened, in systems of the Dynamo family.
pub mod historic;

// The nine rooms joined.
pub mod catalogue;

// The model of a scope.
mod assembly;

// Checking a scope.
pub mod check;

// Recorded paths.
pub mod trace;

// States that a reader may want to search for.
pub mod goals;

// States and steps in words and drawings.
pub mod describe;

// Tables of events, as scenarios show them.
pub mod tables;

// Scenarios: scripts of what happens, with what is expected.
pub mod scenario;
