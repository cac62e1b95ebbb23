//! Recorded runs made by hand: puts are retired, and a node loses its disk.

use crate::judge::{ClusterOfRecord, KeyViolation, RecordJudge};
use crate::scope::recorded::Recorded;
use dynamo_model::config::Config;
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::{History, Tip};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::{Durable, State};
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Context, Dot};
use stateright::actor::Id;

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

/// One key, which a client puts over and over through A.
struct Run {
    judge: RecordJudge,
    key: Key,
    founders: History,
    /// What A has of the key.
    held: Siblings,
    /// The context of the last answer.
    read: Context,
    puts: u64,
}

impl Run {
    fn new() -> Run {
        let founders = History::founded_by([A, B, C]);
        let config = Config::new(3, 2, 2).unwrap();
        let cluster = ClusterOfRecord { nodes: 3, config, founders: founders.clone() };
        let mut run = Run {
            judge: RecordJudge::new(&cluster).unwrap(),
            key: Key::new("cart").unwrap(),
            founders,
            held: Siblings::new(),
            read: Context::new(),
            puts: 0,
        };
        for node in [A, B, C] {
            let disk = run.disk(&Siblings::new());
            run.judge.started(node, &State::default(), &disk);
        }
        run
    }

    fn disk(&self, held: &Siblings) -> Durable {
        let mut disk = Durable { history: self.founders.clone(), ..Durable::default() };
        if !held.versions().is_empty() {
            disk.store.insert(self.key.clone(), held.clone());
        }
        disk
    }

    /// A node has this on disk after a batch.
    fn stepped(&mut self, node: NodeId, held: &Siblings) {
        let disk = self.disk(held);
        self.judge.stepped(node, &State::default(), &disk);
        let fall = self.judge.verdict();
        assert!(fall.is_none(), "{fall:#?}");
    }

    fn request(number: u64) -> RequestId {
        RequestId { client: ClientId(7), number }
    }

    fn store(&self, number: u64, siblings: &Siblings) -> Message {
        let (request, key, siblings) = (Self::request(number), self.key.clone(), siblings.clone());
        Message::Store { tip: Tip(0), request, key, siblings }
    }

    /// The client puts over all that A has. A and these nodes store it, and A acknowledges it.
    fn put(&mut self, confirming: &[NodeId]) -> (u64, Siblings) {
        let fall = self.put_unchecked(confirming);
        assert!(fall.is_none(), "{fall:#?}");
        (self.puts - 1, self.held.clone())
    }

    /// The same. Returns the property that falls with the acknowledgement.
    fn put_unchecked(&mut self, confirming: &[NodeId]) -> Option<KeyViolation> {
        let number = self.puts;
        self.puts += 1;
        let (request, client) = (Self::request(number), Id::from(70));
        let content = Content::Value(Value::new(number.to_string().as_bytes()).unwrap());
        let (key, context) = (self.key.clone(), self.read.clone());
        let dot = Dot { issuer: A.into(), counter: number + 1 };
        let clock = context.clone().with_put(dot, request);
        let version = Version { dot, clock: clock.clone(), content: content.clone() };
        self.held = self.held.put(version, |old| context.covers(old.dot));
        let held = self.held.clone();
        let operation = Operation::Put { request, key: key.clone(), content, context, pw: 0 };
        self.judge.received(client, A, &Message::Request(operation));
        for other in [B, C] {
            self.judge.sent(A, other.actor(), &self.store(number, &held));
        }
        self.stepped(A, &held);
        for node in confirming {
            self.arrives(*node, number, &held);
        }
        self.read.clone_from(&clock);
        let answer = Answer::PutAcknowledged { request, key, context: clock };
        self.judge.sent(A, client, &Message::Answer(answer));
        self.judge.stepped(A, &State::default(), &self.disk(&held));
        self.judge.verdict()
    }

    /// A node starts on an empty disk.
    fn loses_disk(&mut self, node: NodeId) {
        self.judge.crashed(node);
        self.judge.lost_disk(node);
        self.judge.started(node, &State::default(), &self.disk(&Siblings::new()));
    }

    /// The message to store a put arrives at a node, which has nothing newer.
    fn arrives(&mut self, node: NodeId, number: u64, held: &Siblings) {
        self.judge.received(A.actor(), node, &self.store(number, held));
        let request = Self::request(number);
        self.judge.sent(node, A.actor(), &Message::Stored { request });
        self.stepped(node, held);
        self.judge.received(node.actor(), A, &Message::Stored { request });
        self.stepped(A, &self.held.clone());
    }

    /// How many puts are not retired.
    fn followed(&self) -> usize {
        let puts = &self.judge.keys[0].instance().puts;
        puts.iter().filter(|put| **put != Recorded::NOBODY).count()
    }
}

#[test]
fn replaced_puts_are_retired() {
    let mut run = Run::new();
    (0..100).for_each(|_| drop(run.put(&[B, C])));
    assert!(run.followed() <= 6, "{}", run.followed());
    assert_eq!(run.judge.tally().unjudged.len(), 0);
}

#[test]
fn a_late_message_with_a_replaced_put_violates_nothing() {
    let mut run = Run::new();
    run.put(&[B, C]);
    let (late, then) = run.put(&[B]);
    (0..30).for_each(|_| drop(run.put(&[B])));
    // C still has the first put on disk. The second one replaces it there.
    run.arrives(C, late, &then);
    run.put(&[B]);
    assert_eq!(run.judge.tally().unjudged.len(), 0);
    // Now only C has an old put.
    run.put(&[B, C]);
    run.put(&[B, C]);
    assert!(run.followed() <= 6, "{}", run.followed());
}

/// A node that joins may send to one that does not know it yet, before any record shows the put.
#[test]
fn what_a_stranger_stores_does_not_end_the_judging() {
    let mut run = Run::new();
    let (number, held) = run.put(&[B, C]);
    let mut other = Run::new();
    other.put(&[B, C]);
    let (unknown, unheard) = other.put(&[B, C]);
    run.judge.received(Id::from(72), C, &run.store(unknown, &unheard));
    run.stepped(C, &held);
    run.arrives(C, number, &held);
    assert_eq!(run.judge.tally().unjudged.len(), 0);
    assert_eq!(run.judge.tally().followed, 1);
}

/// What C loses is missed, also while many puts are followed.
#[test]
fn a_lost_put_is_a_violation_amid_many_puts() {
    let mut run = Run::new();
    run.put(&[B, C]);
    (0..30).for_each(|_| drop(run.put(&[B])));
    let disk = run.disk(&Siblings::new());
    run.judge.sent(C, A.actor(), &Message::Stored { request: Run::request(0) });
    run.judge.stepped(C, &State::default(), &disk);
    let fall = run.judge.verdict().expect("C had confirmed the first put");
    assert_eq!(fall.violation.property.name, "I2.confirmed-put-is-kept");
}

/// Of a put that began before C lost its disk, C may have had the second copy.
#[test]
fn a_lost_disk_may_have_had_a_put_that_began_before() {
    let mut run = Run::new();
    run.put(&[C]);
    run.loses_disk(C);
    assert!(run.judge.verdict().is_none());
    // It did not begin again because something else happens.
    let get = Operation::Get { request: Run::request(1_000), key: run.key.clone(), pr: 0 };
    run.judge.received(Id::from(71), A, &Message::Request(get));
    let held = run.held.clone();
    run.stepped(A, &held);
}

/// The coordinator acknowledges a put that it alone has. No disk is lost after it began.
#[test]
fn after_a_lost_disk_a_new_put_needs_all_its_copies() {
    let mut run = Run::new();
    run.put(&[B, C]);
    run.loses_disk(C);
    run.put(&[B, C]);
    assert!(run.judge.verdict().is_none());
    let fall = run.put_unchecked(&[]).expect("only A has the put");
    assert_eq!(fall.violation.property.name, "I1.acknowledged-put-is-on-w-disks");
}

#[test]
fn another_disk_is_lost_with_what_began_before() {
    let mut run = Run::new();
    run.loses_disk(C);
    run.put(&[C]);
    run.loses_disk(C);
    assert!(run.judge.verdict().is_none());
}

/// A put that was never acknowledged does not keep those after it from being retired.
#[test]
fn an_interrupted_put_is_retired() {
    let mut run = Run::new();
    let request = Run::request(1_000);
    let content = Content::Value(Value::new(b"lost").unwrap());
    let (key, context) = (run.key.clone(), Context::new());
    let operation = Operation::Put { request, key, content, context, pw: 0 };
    run.judge.received(Id::from(71), B, &Message::Request(operation));
    run.stepped(B, &Siblings::new());
    (0..100).for_each(|_| drop(run.put(&[B, C])));
    assert!(run.followed() <= 7, "{}", run.followed());
    assert_eq!(run.judge.tally().unjudged.len(), 0);
}
