//! Admission control: what a node does when it gets more work than it can do.
//!
//! A node serves messages of members first, then requests of clients. Then come other messages of
//! strangers (a node that has moved, a client that asks for the members), and questions about the
//! node. Each class has a bound:
//!
//! | class | bound | above the bound |
//! |---|---|---|
//! | messages of members | none | |
//! | requests of clients | [`Limits`] | refused with [`Busy`] |
//! | retransmitted requests | one in [`REPEATED_AFTER`] | dropped |
//! | other messages of strangers | a tenth of the node's time | dropped |
//! | questions | a twentieth of the node's time, and one for each asker | wait, or dropped |
//!
//! A request is outstanding from its admission until it is answered or another node takes it on,
//! and for [`OUTSTANDING_MAX`] at most. A stranger's datagram waits in a bounded [`Queue`] before
//! the node decodes it.
//!
//! A refusal is a small datagram that tells the client how long to wait. The node computes the time
//! it needs, at its present rate (`Schedule`), to serve all addresses that it has refused lately
//! (`Returning`). So clients that obey come back at about that rate, and not all at once. A quarter
//! of the room is reserved for returning clients. A few requests above the limit wait instead of
//! being refused, so that the node always has work.
//!
//! Admission is no decision of the protocol. The actor gets a request whole or not at all. To the
//! actor, a refused or dropped request is a lost message, and the model explores every such loss. A
//! refusal proves nothing about earlier copies of the request; the client library counts those.

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

/// How long an unanswered request counts as outstanding. Longer than a coordinator waits for
/// replicas and then for fallbacks.
pub const OUTSTANDING_MAX: Duration = Duration::from_secs(3);
/// A retransmitted request goes to the actor again after this time at the earliest. Shorter than
/// the time after which clients retransmit.
pub const REPEATED_AFTER: Duration = Duration::from_millis(100);
/// About how long, at most, a request waits to be served. Shorter than the time after which clients
/// retransmit.
pub const WAITING_TIME: Duration = Duration::from_millis(100);
/// What a client is told to wait if its address has too many outstanding requests.
const ADDRESS_WAIT: Duration = Duration::from_millis(100);
/// The most requests of one address that are refused in a batch. The rest are dropped.
const TOLD_MAX: usize = 1024;
/// One part in so many of the node's time is for other messages of strangers, and for questions.
const OTHERS_PART: u32 = 10;
const QUESTIONS_PART: u32 = 20;

/// The most work that a node accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests outstanding at one client address.
    pub requests_per_address: usize,
    /// Requests served at a time, of all client addresses together.
    pub requests: usize,
    /// Requests that wait to be served. A slow node lets fewer wait: no more than it serves in
    /// [`WAITING_TIME`].
    pub waiting: usize,
    /// Puts, gets and forwarded requests in the coordinator. A request counts while it waits for a
    /// replica, even if its client has its answer.
    pub under_way: usize,
}

impl Default for Limits {
    /// For a node on a local network: so many requests keep it busy, and it answers the last of
    /// them within some tens of milliseconds.
    fn default() -> Self {
        Limits { requests_per_address: 16, requests: 128, waiting: 512, under_way: 8192 }
    }
}

/// What a node has refused or dropped for lack of capacity since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overload {
    /// Requests refused because their address had too many outstanding.
    pub busy_address: u64,
    /// Requests refused because all clients together had too many outstanding.
    pub busy_all: u64,
    /// Requests refused because the coordinator had too many.
    pub busy_under_way: u64,
    /// Outstanding requests that were retransmitted too soon, and dropped.
    pub repeated: u64,
    /// Requests refused without notice: too many came at once from one address.
    pub untold: u64,
    /// Datagrams of clients dropped before decoding: too many came at once.
    pub datagrams: u64,
    /// Other messages of strangers dropped because they took too much time.
    pub others: u64,
    /// Questions dropped: the asker sent a later one, or too many others were waiting.
    pub questions: u64,
    /// Requests outstanding now: being served, or waiting.
    pub outstanding: u64,
}

/// The id of the request in a client's message; `None` if there is none.
pub(crate) fn request_in(message: &Message) -> Option<RequestId> {
    match message {
        Message::Request(operation) | Message::Routed { operation, .. } => {
            Some(operation.request())
        }
        Message::Administer { request, .. } => Some(*request),
        _ => None,
    }
}

/// Decides which messages of strangers the actor gets.
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
    /// The refusals to send at the end of the batch, by address.
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

    /// Offers a request from a client, while the coordinator has `under_way` requests. Returns the
    /// message if the actor gets it now. Otherwise the request waits, is refused, or is dropped.
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

    /// The request that has waited longest, if another one may be served now.
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

    /// Is a request waiting that may be served now?
    pub(crate) fn has_next(&self) -> bool {
        !self.waiting.is_empty() && self.outstanding.served() < self.limits.requests
    }

    /// How many requests may wait when this address adds one. While refused clients have not come
    /// back, other clients leave them a quarter of the room. Otherwise a client that has just been
    /// answered, and asks again, would always come first.
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

    /// Takes the refusals to send, by address.
    pub(crate) fn take_refused(&mut self) -> BTreeMap<Id, Busy> {
        std::mem::take(&mut self.refused)
    }

    /// Records that a request was answered, or that another node has taken it on.
    pub(crate) fn end(&mut self, from: Id, request: RequestId) {
        if self.outstanding.end(from, request) {
            self.schedule.note_served();
        }
    }

    /// Expires old records. Called once in a batch.
    pub(crate) fn on_time(&mut self, now: Instant) {
        self.outstanding.forget_old(now);
        self.schedule.on_time(now);
        self.returning.forget_old(now);
    }

    /// May the actor get another message of a stranger? If not, counts it as dropped.
    pub(crate) fn admits_other(&mut self, now: Instant) -> bool {
        let admits = self.others.has_time(now);
        self.overload.others += u64::from(!admits);
        admits
    }

    /// Records the time that such a message took.
    pub(crate) fn spend_on_other(&mut self, time: Duration) {
        self.others.spend(time);
    }

    /// May a question be answered now?
    pub(crate) fn admits_question(&mut self, now: Instant) -> bool {
        self.questions.has_time(now)
    }

    /// Records the time that a question took.
    pub(crate) fn spend_on_question(&mut self, time: Duration) {
        self.questions.spend(time);
    }

    /// The counters, with those of the queues.
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
