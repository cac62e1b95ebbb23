//! Admission: what a node does when it is asked for more than it can do.
//!
//! A node serves in this order: messages of members, then requests of clients, then other messages of strangers (a node that
//! has moved, a client that asks who is a member), then questions about the node. Each class has a bound:
//!
//! | class | bound | what is above it |
//! |---|---|---|
//! | messages of members | none | |
//! | requests of clients | [`Limits`]: outstanding at one address, and of all clients; under way in the coordinator | is refused with [`Busy`] |
//! | requests that come again | one in [`REPEATED_AFTER`] | is dropped |
//! | other messages of strangers | a tenth of the node's time | is dropped |
//! | questions | a twentieth of the node's time, and one an asker | waits for its turn, or is dropped |
//!
//! A request is outstanding from its admission until it is answered, until another node has taken it on, or for
//! [`OUTSTANDING_MAX`]. Before a datagram of a stranger is decoded it waits in a [`Queue`], which has a bound too.
//!
//! A refusal costs the node a small datagram. It names a time, which comes from a [`Schedule`]: each refused client gets the
//! next place in a line that moves as fast as the node has answered so far. So clients that heed it come back at the rate at
//! which the node can serve them, and not all at once. A quarter of the room is kept for those who come back.
//!
//! None of this is a decision of the protocol. Each request is either given to the actor whole, or not at all, and before the
//! actor has seen it. To the actor, one that is refused or dropped is a message that the network has lost, and the model
//! explores every such loss. The client is told more than a lossy network would tell it; the refusal proves nothing about
//! earlier copies of the request, and the client library counts those itself.

mod busy;
mod outstanding;
mod queue;
mod returning;
mod schedule;
mod share;

pub use busy::Busy;
pub use queue::{Inspections, Queue};

use dynamo_model::ids::RequestId;
use dynamo_model::message::Message;
use outstanding::{Admitted, Outstanding};
use returning::Returning;
use schedule::Schedule;
use serde::{Deserialize, Serialize};
use share::Share;
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a request counts as outstanding that is not answered. Longer than a coordinator waits for replicas, and then for
/// fallbacks.
pub const OUTSTANDING_MAX: Duration = Duration::from_secs(3);
/// A request that is outstanding is given to the actor again when it comes again, but no sooner than this. Shorter than the
/// time after which clients ask again.
pub const REPEATED_AFTER: Duration = Duration::from_millis(100);
/// What a client is told whose address has too many requests outstanding.
const ADDRESS_WAIT: Duration = Duration::from_millis(100);
/// In a batch no more requests of one address are refused in so many words. Others are dropped.
const TOLD_MAX: usize = 1024;
/// The parts of the node's time that other messages of strangers, and questions, may take.
const OTHERS_PART: u32 = 10;
const QUESTIONS_PART: u32 = 20;

/// How much a node takes on, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests outstanding at one client address.
    pub requests_per_address: usize,
    /// Requests outstanding at all client addresses together.
    pub requests: usize,
    /// Puts, gets and forwarded requests that the coordinator keeps, those included whose client has its answer and that
    /// still wait for a replica.
    pub under_way: usize,
}

impl Default for Limits {
    /// For a node on a local network: that many requests keep it busy, and the last of them is answered within some tens of
    /// milliseconds.
    fn default() -> Self {
        Limits { requests_per_address: 16, requests: 256, under_way: 8192 }
    }
}

/// What a node refused or dropped since its start, because it had too much to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overload {
    /// Requests refused: their address had too many outstanding.
    pub busy_address: u64,
    /// Requests refused: all clients together had too many outstanding.
    pub busy_all: u64,
    /// Requests refused: too many were under way in the coordinator.
    pub busy_under_way: u64,
    /// Requests dropped that were outstanding already, and came again too soon.
    pub repeated: u64,
    /// Requests refused and not even told so: too many came at once from one address.
    pub untold: u64,
    /// Datagrams of clients dropped undecoded: too many came at once.
    pub datagrams: u64,
    /// Other messages of strangers dropped: they took too much of the node's time.
    pub others: u64,
    /// Questions dropped: the asker had asked another meanwhile, or too many others had asked.
    pub questions: u64,
    /// Requests outstanding now.
    pub outstanding: u64,
}

impl Overload {
    /// Has anything been refused or dropped?
    pub fn is_any(&self) -> bool {
        *self != Overload { outstanding: self.outstanding, ..Overload::default() }
    }
}

/// The request that a message of a client makes; `None` where it makes none.
pub(crate) fn request_in(message: &Message) -> Option<RequestId> {
    match message {
        Message::Request(operation) | Message::Routed { operation, .. } => Some(operation.request()),
        Message::Administer { request, .. } => Some(*request),
        _ => None,
    }
}

/// Decides what of that which strangers send the actor is given.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Limits,
    outstanding: Outstanding,
    schedule: Schedule,
    returning: Returning,
    others: Share,
    questions: Share,
    /// What is to be refused at the end of the batch, by address.
    refused: BTreeMap<Id, Busy>,
    overload: Overload,
}

impl Admission {
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        Admission {
            limits,
            outstanding: Outstanding::default(),
            schedule: Schedule::new(now),
            returning: Returning::default(),
            others: Share::new(OTHERS_PART, now),
            questions: Share::new(QUESTIONS_PART, now),
            refused: BTreeMap::new(),
            overload: Overload::default(),
        }
    }

    /// May the actor be given this request, with so many under way? If not, the refusal is noted.
    pub(crate) fn admits(&mut self, from: Id, request: RequestId, under_way: usize, now: Instant) -> bool {
        let Limits { requests_per_address, requests, under_way: under_way_max } = self.limits;
        match self.outstanding.again(from, request, now) {
            Some(Admitted::Again) => return true,
            Some(Admitted::TooSoon) => {
                self.overload.repeated += 1;
                return false;
            }
            None => {}
        }
        if self.outstanding.at(from) >= requests_per_address {
            self.overload.busy_address += 1;
            self.refuse(from, request, ADDRESS_WAIT);
        } else if self.outstanding.len() >= self.room_for(from, requests) {
            self.overload.busy_all += 1;
            let wait = self.schedule.place(now);
            self.returning.note_refused(from, now);
            self.refuse(from, request, wait);
        } else if under_way >= under_way_max {
            self.overload.busy_under_way += 1;
            let wait = self.schedule.place(now);
            self.refuse(from, request, wait);
        } else {
            self.outstanding.begin(from, request, now);
            self.returning.admit(from);
            return true;
        }
        false
    }

    /// How many requests may be outstanding where another one of this address is admitted. While others were refused, those
    /// who were not leave them a quarter of the room.
    fn room_for(&self, from: Id, requests: usize) -> usize {
        let is_first = self.returning.is_empty() || self.returning.is_one(from);
        if is_first { requests } else { requests - requests / 4 }
    }

    fn refuse(&mut self, from: Id, request: RequestId, wait: Duration) {
        let busy = self.refused.entry(from).or_default();
        if busy.waits.len() < TOLD_MAX {
            busy.push(request, wait);
        } else {
            self.overload.untold += 1;
        }
    }

    /// What is to be told to whom, all together.
    pub(crate) fn take_refused(&mut self) -> BTreeMap<Id, Busy> {
        std::mem::take(&mut self.refused)
    }

    /// A request was answered, or taken on by another node.
    pub(crate) fn end(&mut self, from: Id, request: RequestId) {
        if self.outstanding.end(from, request) {
            self.schedule.note_served();
        }
    }

    /// Once in a batch: time has passed.
    pub(crate) fn on_time(&mut self, now: Instant) {
        self.outstanding.forget_old(now);
        self.schedule.on_time(now);
        self.returning.forget_old(now);
    }

    /// May another message of a stranger be given to the actor? If not, it is counted as dropped.
    pub(crate) fn admits_other(&mut self, now: Instant) -> bool {
        let admits = self.others.has_time(now);
        self.overload.others += u64::from(!admits);
        admits
    }

    /// Such a message has taken so long.
    pub(crate) fn spend_on_other(&mut self, time: Duration) {
        self.others.spend(time);
    }

    /// May a question be answered now?
    pub(crate) fn admits_question(&mut self, now: Instant) -> bool {
        self.questions.has_time(now)
    }

    /// A question has taken so long.
    pub(crate) fn spend_on_question(&mut self, time: Duration) {
        self.questions.spend(time);
    }

    /// What was refused and dropped so far, with what the queues have dropped.
    pub(crate) fn overload(&self, queue: &Queue, inspections: &Inspections) -> Overload {
        let (datagrams, questions) = (queue.dropped(), inspections.dropped());
        Overload { datagrams, questions, outstanding: self.outstanding.len() as u64, ..self.overload }
    }
}

#[cfg(test)]
mod tests;
