//! Real node processes on loopback, with real storage: what users do to them, and what crashes do.

mod addresses;
mod checking;
mod cluster;
mod command_line;
mod exchange;
mod explorer;
mod failover;
mod faults;
mod folders;
mod handoff;
mod identity;
mod large;
mod logs;
mod membership;
mod output;
mod proxy;
mod reads;
mod replacement;
mod rest;
mod scenarios;
mod schedules;
mod standing;
mod starting;
mod storage;
mod traces;
mod values;
