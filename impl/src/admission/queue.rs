//! Queues of datagrams and questions from strangers. They are bounded in number, in bytes, and for
//! each address.

use crate::inspect::{Numbered, Question};
use stateright::actor::Id;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

/// The most datagrams of strangers that wait, and the most bytes.
const DATAGRAMS_MAX: usize = 1024;
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// One part in so many is the most for one address, so that a flood leaves room for others.
const ADDRESS_PART: usize = 8;
/// The most askers whose questions wait.
const ASKERS_MAX: usize = 64;

/// Datagrams of strangers, before decoding.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: VecDeque<(SocketAddr, Box<[u8]>)>,
    bytes: usize,
    /// Datagrams and bytes by address. Cleared when the queue is empty.
    by_address: BTreeMap<SocketAddr, (usize, usize)>,
    dropped: u64,
}

impl Queue {
    /// Adds a datagram, if there is room.
    pub fn push(&mut self, from: SocketAddr, datagram: &[u8]) {
        let (datagrams, bytes) = self.by_address.entry(from).or_default();
        let is_theirs_full = *datagrams > 0
            && (*datagrams >= DATAGRAMS_MAX / ADDRESS_PART
                || *bytes + datagram.len() > BYTES_MAX / ADDRESS_PART);
        if is_theirs_full
            || self.waiting.len() >= DATAGRAMS_MAX
            || self.bytes + datagram.len() > BYTES_MAX
        {
            self.dropped += 1;
            return;
        }
        (*datagrams, *bytes) = (*datagrams + 1, *bytes + datagram.len());
        self.bytes += datagram.len();
        self.waiting.push_back((from, datagram.into()));
    }

    /// The next datagram.
    pub fn pop(&mut self) -> Option<(SocketAddr, Box<[u8]>)> {
        let next = self.waiting.pop_front();
        match &next {
            Some((_, datagram)) => self.bytes -= datagram.len(),
            None => self.by_address.clear(),
        }
        next
    }

    /// How many datagrams have been dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Questions about the node, the latest of each asker.
#[derive(Debug, Default)]
pub struct Inspections {
    waiting: VecDeque<(Id, Numbered<Question>)>,
    dropped: u64,
}

impl Inspections {
    /// Adds a question. It replaces the asker's earlier one. Dropped if too many askers wait.
    pub fn push(&mut self, from: Id, question: Numbered<Question>) {
        let earlier = self.waiting.iter_mut().find(|(other, _)| *other == from);
        if let Some((_, last)) = earlier {
            *last = question;
            self.dropped += 1;
        } else if self.waiting.len() < ASKERS_MAX {
            self.waiting.push_back((from, question));
        } else {
            self.dropped += 1;
        }
    }

    /// The question that has waited longest.
    pub fn pop(&mut self) -> Option<(Id, Numbered<Question>)> {
        self.waiting.pop_front()
    }

    /// How many questions have been dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn taken(queue: &mut Queue) -> Vec<u16> {
        std::iter::from_fn(|| queue.pop()).map(|(from, _)| from.port()).collect()
    }

    #[test]
    fn one_address_leaves_room_for_others_and_order_is_kept() {
        let mut queue = Queue::default();
        for _ in 0..2 {
            for _ in 0..10_000 {
                queue.push(at(1), b"flood");
            }
            (2..100).for_each(|port| queue.push(at(port), b"honest"));
            let taken = taken(&mut queue);
            assert_eq!(taken.len(), DATAGRAMS_MAX / ADDRESS_PART + 98);
            assert!(taken.is_sorted());
        }
        assert_eq!(queue.dropped(), 2 * (10_000 - 128));
    }

    #[test]
    fn bytes_are_bounded_for_each_address_and_in_all() {
        let (mut queue, large) = (Queue::default(), vec![7; 60_000]);
        for port in 0..100 {
            (0..20).for_each(|_| queue.push(at(port), &large));
        }
        let taken = taken(&mut queue);
        assert_eq!(taken.len(), BYTES_MAX / large.len());
        assert_eq!(
            taken.iter().filter(|port| **port == 0).count(),
            BYTES_MAX / ADDRESS_PART / large.len()
        );
    }

    #[test]
    fn only_the_latest_question_of_each_asker_waits() {
        let (mut inspections, content) = (Inspections::default(), Question::Status);
        for number in 0..1000 {
            inspections.push(Id::from(7), Numbered { number, content: content.clone() });
        }
        for asker in 0..100 {
            inspections
                .push(Id::from(100 + asker), Numbered { number: 5, content: content.clone() });
        }
        let (from, question) = inspections.pop().unwrap();
        assert_eq!((from, question.number), (Id::from(7), 999));
        assert_eq!(std::iter::from_fn(|| inspections.pop()).count(), ASKERS_MAX - 1);
        assert_eq!(inspections.dropped(), 999 + 100 - 63);
    }
}
