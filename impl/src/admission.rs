//! Admission: what a node does when it is asked for more than it can do.
//!
//! A node serves in this order: messages of members, then requests of clients, then other messages
//! of strangers (a node that has moved, a client that asks who is a member), then questions about
//! the node. Each class has a bound:
//!
//! | class | bound | what is above it |
//! |---|---|---|
//! | messages of members | none | |
//! | requests of clients | [`Limits`]: outstanding at one address, and of all clients; under way in the coordinator | is refused with [`Busy`] |
//! | requests that come again | one in [`REPEATED_AFTER`] | is dropped |
//! | other messages of strangers | a tenth of the node's time | is dropped |
//! | questions | a twentieth of the node's time, and one an asker | waits for its turn, or is dropped |
//!
//! A request is outstanding from its admission until it is answered, until another node has taken
//! it on, or for [`OUTSTANDING_MAX`]. Before a datagram of a stranger is decoded it waits in a
//! [`Queue`], which has a bound too.
//!
//! A refusal costs the node a small datagram. It says how long the client is to wait: as long as
//! the node will take, at the rate at which it has answered so far (`Schedule`), to serve all
//! addresses that it has refused lately (`Returning`). So clients that heed it come back at about
//! that rate, and not all at once. A quarter of the room is kept for those who come back. A few
//! requests above the limit are not refused but wait: so there always is something to do when
//! others are answered.
//!
//! None of this is a decision of the protocol. Each request is either given to the actor whole, or
//! not at all, and before the actor has seen it. To the actor, one that is refused or dropped is a
//! message that the network has lost, and the model explores every such loss. The client is told
//! more than a lossy network would tell it; the refusal proves nothing about earlier copies of the
//! request, and the client library counts those itself.

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
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How long a request counts as outstanding that is not answered. Longer than a coordinator waits
/// for replicas, and then for fallbacks.
pub const OUTSTANDING_MAX: Duration = Duration::from_secs(3);
/// A request that is outstanding is given to the actor again when it comes again, but no sooner
/// than this. Shorter than the time after which clients ask again.
pub const REPEATED_AFTER: Duration = Duration::from_millis(100);
/// Requests that have room only when others are answered wait about so long at most. Less than the
/// time after which clients ask again.
pub const WAITING_TIME: Duration = Duration::from_millis(100);
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
    /// Requests that are served at a time, of all client addresses together.
    pub requests: usize,
    /// Requests that wait until one of those is answered. Fewer wait where the node is slow: no
    /// more than it serves in [`WAITING_TIME`].
    pub waiting: usize,
    /// Puts, gets and forwarded requests that the coordinator keeps, those included whose client
    /// has its answer and that still wait for a replica.
    pub under_way: usize,
}

impl Default for Limits {
    /// For a node on a local network: that many requests keep it busy, and the last of them is
    /// answered within some tens of milliseconds.
    fn default() -> Self {
        Limits { requests_per_address: 16, requests: 128, waiting: 512, under_way: 8192 }
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
    /// Requests outstanding now: served, or waiting.
    pub outstanding: u64,
}

/// The request that a message of a client makes; `None` where it makes none.
pub(crate) fn request_in(message: &Message) -> Option<RequestId> {
    match message {
        Message::Request(operation) | Message::Routed { operation, .. } => {
            Some(operation.request())
        }
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
    /// Admitted requests that are not served yet.
    waiting: VecDeque<(Id, Message)>,
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
            waiting: VecDeque::new(),
            others: Share::new(OTHERS_PART, now),
            questions: Share::new(QUESTIONS_PART, now),
            refused: BTreeMap::new(),
            overload: Overload::default(),
        }
    }

    /// A request has come, in this message, while so many are under way. Returns the message if the
    /// actor is to be given it now. Otherwise the message waits for its turn, or is dropped, and
    /// the refusal is noted.
    pub(crate) fn offer(
        &mut self,
        from: Id,
        request: RequestId,
        message: Message,
        under_way: usize,
        now: Instant,
    ) -> Option<Message> {
        match self.outstanding.again(from, request, now) {
            Some(Admitted::Again) => return Some(message),
            Some(Admitted::TooSoon) => {
                self.overload.repeated += 1;
                return None;
            }
            None => {}
        }
        if self.outstanding.at(from) >= self.limits.requests_per_address {
            self.overload.busy_address += 1;
            self.refuse(from, request, ADDRESS_WAIT);
        } else if under_way >= self.limits.under_way {
            self.overload.busy_under_way += 1;
            self.ask_to_come_back(from, request, now);
        } else if self.waiting.is_empty() && self.outstanding.served() < self.limits.requests {
            self.outstanding.serve(from, request, now);
            self.returning.admit(from);
            return Some(message);
        } else if self.waiting.len() < self.room_for(from) {
            self.outstanding.wait(from, request, now);
            self.returning.admit(from);
            self.waiting.push_back((from, message));
        } else {
            self.overload.busy_all += 1;
            self.ask_to_come_back(from, request, now);
        }
        None
    }

    /// The request that has waited longest, if another one may be served.
    pub(crate) fn next(&mut self, now: Instant) -> Option<(Id, Message)> {
        while self.has_next() {
            let (from, message) = self.waiting.pop_front()?;
            if request_in(&message)
                .is_some_and(|request| self.outstanding.serve_waiting(from, request, now))
            {
                return Some((from, message));
            }
        }
        None
    }

    /// Is there a request that has waited and may be served now?
    pub(crate) fn has_next(&self) -> bool {
        !self.waiting.is_empty() && self.outstanding.served() < self.limits.requests
    }

    /// How many requests may wait where another one of this address does. While others were
    /// refused, those who were not leave them a quarter of the room: else a client that has just
    /// been answered and asks again would always be first.
    fn room_for(&mut self, from: Id) -> usize {
        let room = self.schedule.served_within(WAITING_TIME).min(self.limits.waiting);
        let is_first = self.returning.len() == 0 || self.returning.is_one(from);
        if is_first { room } else { room - room / 4 }
    }

    fn ask_to_come_back(&mut self, from: Id, request: RequestId, now: Instant) {
        self.returning.note_refused(from, now);
        let wait = self.schedule.wait(self.returning.len());
        self.refuse(from, request, wait);
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
        Overload {
            datagrams,
            questions,
            outstanding: self.outstanding.len() as u64,
            ..self.overload
        }
    }
}

#[cfg(test)]
mod tests;
