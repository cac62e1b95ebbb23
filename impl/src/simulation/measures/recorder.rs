//! Records the measures of one run while it goes on. A call costs some tens of nanoseconds, and a
//! sample less than an event.

use super::{Measure, Measures};
use dynamo_model::ids::{Key, NodeId, RequestId};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::Durable;
use std::collections::HashMap;
use std::time::Duration;

/// The virtual time between two looks at the disks.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);

/// A request, from its first message on.
struct Request {
    began: Duration,
    is_put: bool,
    is_answered: bool,
    bytes: u64,
}

/// Records the measures of one run.
pub(in crate::simulation) struct Recorder {
    measures: Measures,
    requests: HashMap<RequestId, Request>,
    /// The keys to sample, and how many samples were taken.
    keys: Vec<Key>,
    samples: usize,
    /// Until when faults happen.
    unsafe_for: Duration,
    /// When the cluster was first found settled, and has been ever since.
    settled_at: Option<Duration>,
    /// How many requests succeeded while faults happened.
    succeeded: u64,
    background_bytes: u64,
    /// How many messages have reached each node.
    load: Vec<u64>,
}

impl Recorder {
    pub(in crate::simulation) fn new(
        nodes: usize,
        keys: Vec<Key>,
        unsafe_for: Duration,
    ) -> Recorder {
        Recorder {
            measures: Measures::default(),
            requests: HashMap::new(),
            keys,
            samples: 0,
            unsafe_for,
            settled_at: None,
            succeeded: 0,
            background_bytes: 0,
            load: vec![0; nodes],
        }
    }

    /// A client sends a message.
    pub(in crate::simulation) fn asked(&mut self, now: Duration, message: &Message) {
        if let Message::Request(operation) | Message::Routed { operation, .. } = message {
            let is_put = matches!(operation, Operation::Put { .. });
            self.requests.entry(operation.request()).or_insert(Request {
                began: now,
                is_put,
                is_answered: false,
                bytes: 0,
            });
        }
    }

    /// A client gets the answer that it waits for.
    pub(in crate::simulation) fn answered(&mut self, now: Duration, answer: &Answer) {
        if !matches!(answer, Answer::PutAcknowledged { .. } | Answer::GetAnswered { .. }) {
            return;
        }
        let Some(request) = self.requests.get_mut(&answer.request()) else { return };
        if std::mem::replace(&mut request.is_answered, true) {
            return;
        }
        let latency = if request.is_put { Measure::PutLatency } else { Measure::GetLatency };
        self.measures.record(latency, micros(now.saturating_sub(request.began)));
        self.succeeded += u64::from(now <= self.unsafe_for);
    }

    /// Datagrams with these messages arrive, at this node or at a client. The messages share the
    /// bytes.
    pub(in crate::simulation) fn arrived(
        &mut self,
        at: Option<NodeId>,
        bytes: usize,
        messages: &[&Message],
    ) {
        if messages.is_empty() {
            self.background_bytes += bytes as u64;
            return;
        }
        let share = (bytes / messages.len()) as u64;
        for message in messages {
            match message.request().and_then(|request| self.requests.get_mut(&request)) {
                Some(request) => request.bytes += share,
                None => self.background_bytes += share,
            }
        }
        if let Some(load) = at.and_then(|node| self.load.get_mut(usize::from(node.0))) {
            *load += messages.len() as u64;
        }
    }

    /// Samples what is on the disks, once for each second up to now. Nothing has changed since the
    /// last event.
    pub(in crate::simulation) fn sample<'a>(
        &mut self,
        now: Duration,
        disks: &(impl Iterator<Item = &'a Durable> + Clone),
    ) {
        while self.samples_at() <= now.min(self.unsafe_for) {
            let hints: usize = disks.clone().map(|disk| disk.hints.len()).sum();
            self.measures.record(Measure::Hints, hints as u64);
            let key = &self.keys[self.samples % self.keys.len()];
            let siblings = disks.clone().filter_map(|disk| disk.store.get(key));
            if let Some(most) = siblings.map(|it| it.versions().len()).max() {
                self.measures.record(Measure::Siblings, most as u64);
            }
            self.samples += 1;
        }
    }

    fn samples_at(&self) -> Duration {
        SAMPLE_EVERY * (self.samples as u32 + 1)
    }

    /// Somebody has looked whether the cluster is settled.
    pub(in crate::simulation) fn looked(&mut self, now: Duration, is_settled: bool) {
        self.settled_at = is_settled.then(|| self.settled_at.unwrap_or(now));
    }

    /// The measures, at the end of the run. `missed` is the number of puts that each get misses.
    pub(in crate::simulation) fn finish(
        mut self,
        now: Duration,
        missed: impl Iterator<Item = usize>,
    ) -> Measures {
        missed.for_each(|puts| self.measures.record(Measure::Staleness, puts as u64));
        if let Some(settled_at) = self.settled_at {
            let after = settled_at.saturating_sub(self.unsafe_for);
            self.measures.record(Measure::Convergence, micros(after));
        }
        for request in self.requests.values().filter(|request| request.is_answered) {
            self.measures.record(Measure::RequestBytes, request.bytes);
        }
        let nodes = self.load.len() as u64;
        let (total, millis) = (self.load.iter().sum::<u64>(), now.as_millis() as u64);
        if total > 0 && millis > 0 {
            let of_a_node = self.background_bytes * 1_000 / (millis * nodes);
            self.measures.record(Measure::BackgroundBytes, of_a_node);
            for messages in std::mem::take(&mut self.load) {
                let percent = (100 * messages * nodes + total / 2) / total;
                self.measures.record(Measure::Load, percent);
            }
        }
        // A run that a violation ended early had less time.
        let millis = now.min(self.unsafe_for).as_millis() as u64;
        if let Some(goodput) = (self.succeeded * 1_000_000).checked_div(millis) {
            self.measures.record(Measure::Goodput, goodput);
        }
        self.measures
    }
}

fn micros(time: Duration) -> u64 {
    time.as_micros() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_model::ids::ClientId;
    use dynamo_model::version::Context;

    const SECOND: Duration = Duration::from_secs(1);

    fn request() -> RequestId {
        RequestId { client: ClientId(9), number: 0 }
    }

    fn key() -> Key {
        Key::new("k").expect("a valid key")
    }

    fn answer() -> Answer {
        let (siblings, context) = (Vec::new(), Context::new());
        Answer::GetAnswered { request: request(), key: key(), siblings, context }
    }

    #[test]
    fn a_request_counts_from_its_first_message_to_its_first_answer() {
        let mut recorder = Recorder::new(2, vec![key()], 10 * SECOND);
        let get = Message::Request(Operation::Get { request: request(), key: key(), pr: 0 });
        recorder.asked(SECOND, &get);
        recorder.arrived(Some(NodeId(0)), 40, &[&get]);
        recorder.asked(2 * SECOND, &get);
        recorder.arrived(Some(NodeId(0)), 40, &[&get, &Message::Answer(answer())]);
        recorder.answered(3 * SECOND, &answer());
        recorder.answered(4 * SECOND, &answer());
        let measures = recorder.finish(10 * SECOND, [2].into_iter());
        assert_eq!(measures.of(Measure::GetLatency).max(), Some(2_000_000));
        assert_eq!(measures.of(Measure::GetLatency).count(), 1);
        assert_eq!(measures.of(Measure::PutLatency).count(), 0);
        assert_eq!(measures.of(Measure::RequestBytes).max(), Some(80));
        assert_eq!(measures.of(Measure::Staleness).max(), Some(2));
        // One request in ten seconds. One of two nodes had all messages.
        assert_eq!(measures.of(Measure::Goodput).max(), Some(100));
        assert_eq!(measures.of(Measure::Load).cumulative(), [(0, 0.5), (200, 1.0)]);
    }

    #[test]
    fn a_cluster_that_is_unsettled_again_has_not_settled() {
        let settled = |looks: &[bool]| {
            let mut recorder = Recorder::new(1, vec![key()], 10 * SECOND);
            for (number, is_settled) in (11..).zip(looks) {
                recorder.looked(number * SECOND, *is_settled);
            }
            recorder.finish(20 * SECOND, [].into_iter()).of(Measure::Convergence).max()
        };
        assert_eq!(settled(&[false, true, true]), Some(2_000_000));
        assert_eq!(settled(&[true, false, true, true]), Some(3_000_000));
        assert_eq!(settled(&[true, false]), None);
    }

    #[test]
    fn disks_are_sampled_once_a_second_while_faults_happen() {
        let mut recorder = Recorder::new(1, vec![key()], 3 * SECOND);
        let disk = Durable::default();
        recorder.sample(SECOND / 2, &std::iter::once(&disk));
        recorder.sample(2 * SECOND, &std::iter::once(&disk));
        recorder.sample(60 * SECOND, &std::iter::once(&disk));
        let measures = recorder.finish(60 * SECOND, [].into_iter());
        assert_eq!(measures.of(Measure::Hints).count(), 3);
        assert_eq!(measures.of(Measure::Siblings).count(), 0);
    }
}
