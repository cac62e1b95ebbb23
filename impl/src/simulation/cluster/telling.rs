//! What happens is told: to the judge, to the watch, to the digest and to the path of the run.

use super::Cluster;
use crate::interpreter::Event as Happened;
use dynamo_invariants::notation::Who;
use dynamo_invariants::trace::Event as Step;
use dynamo_model::message::Message;
use dynamo_model::node::Choice;
use std::net::SocketAddrV4;

impl Cluster {
    /// A message arrives, or is sent: the digest depends on it.
    pub(super) fn note_message(&mut self, message: &Message) {
        self.scratch.clear();
        let _ = postcard::to_io(message, &mut self.scratch);
        self.digest.update(&self.scratch);
    }

    /// Tells the watch what has arrived at a node, and what it did.
    pub(super) fn tell_watch(
        &mut self,
        index: usize,
        datagrams: &[(SocketAddrV4, Vec<u8>)],
        record: &[Happened],
    ) {
        let (node, bytes) = (&self.nodes[index], datagrams.iter().map(|(_, bytes)| bytes.len()));
        let received = record.iter().filter_map(|happened| match happened {
            Happened::Received(_, message) | Happened::Ignored(_, message) => Some(message),
            _ => None,
        });
        let messages: Vec<&Message> = received.collect();
        self.watch.arrived(Some((node.id, node.state())), bytes.sum(), &messages);
        self.watch.stepped(record, node.state());
    }

    /// Tells the judge what a node did, step by step.
    pub(super) fn tell_judge(&mut self, index: usize, record: &[Happened]) {
        let id = self.nodes[index].id;
        let at = Who::Node(id);
        for happened in record {
            match happened {
                Happened::Received(from, message) => {
                    let (from, message) = (self.script_of(*from), self.in_scope(message));
                    self.judge.arrived(from, id.actor(), &message);
                    self.note_message(&message);
                    let (from, message) = (self.who(from), message.into_owned());
                    self.step(Step::Deliver { from, to: at, message });
                }
                // The ground truth does not hear it either.
                Happened::Ignored(from, message) => {
                    self.digest.update(&usize::from(self.script_of(*from)).to_le_bytes());
                    self.note_message(message);
                }
                Happened::Fired(timer) => {
                    self.judge.fired(timer);
                    self.step(Step::TimeOut { at, timer: timer.clone() });
                }
                Happened::Chose(Choice::Gossip(with)) => {
                    self.step(Step::Gossip { at, with: *with });
                }
                Happened::Chose(Choice::Exchange(with)) => {
                    self.step(Step::Exchange { at, with: *with });
                }
                Happened::Sent(to, message) => {
                    let (to, message) = (self.script_of(*to), self.in_scope(message));
                    self.judge.sent(id.actor(), to, &message);
                }
            }
        }
        let node = &self.nodes[index];
        if let Some(state) = node.state().filter(|_| !node.is_on_old_copy) {
            self.judge.stepped(id, state, &node.disk.durable);
        }
    }
}
