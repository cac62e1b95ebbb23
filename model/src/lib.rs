//! Amazon Dynamo's protocol.
pub mod client;
pub mod config;
pub mod get;
pub mod ids;
pub mod message;
pub mod node;
pub mod process;
pub mod put;
pub mod replica;
pub mod ring;
pub mod rules;
pub mod siblings;
pub mod tally;
pub mod version;
