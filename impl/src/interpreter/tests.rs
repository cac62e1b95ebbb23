//! The interpreter with a recording disk and network.

use super::*;
use crate::address::client_id;
use crate::identity::Parties;
use crate::wire;
use dynamo_model::config::{Config, Patience};
use dynamo_model::ids::{ClientId, Content, Key, RequestId, Value};
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Operation};
use dynamo_model::rules::Rules;
use dynamo_model::version::Context;
use std::cell::RefCell;

#[derive(Debug)]
enum Effect {
    Committed(Durable),
    Sent(Id, Vec<Message>),
}

/// Records effects in order. As a disk, it can be made to fail.
struct Recorder<'a> {
    log: &'a RefCell<Vec<Effect>>,
    fails: bool,
}

impl Disk for Recorder<'_> {
    type Error = &'static str;

    fn commit(&mut self, durable: &Durable) -> Result<(), &'static str> {
        if self.fails {
            return Err("the disk is full");
        }
        self.log.borrow_mut().push(Effect::Committed(durable.clone()));
        Ok(())
    }
}

impl Network for Recorder<'_> {
    fn send(&mut self, to: Id, datagram: &mut Datagram) {
        self.log.borrow_mut().push(Effect::Sent(
            to,
            wire::decode(datagram.seal(&Parties::default())).unwrap().messages,
        ));
    }
}

const LOCAL: Patience = Patience::LOCAL;

fn interpreter(now: Instant) -> Interpreter {
    let members: Vec<NodeId> = (0..3).map(NodeId).collect();
    let (config, founders) =
        (Config::new(3, 2, 2).unwrap().with_patience(LOCAL), History::founded_by(members));
    let on_disk = Durable { history: founders.clone(), ..Durable::default() };
    let node = Node { config, founders, address: None, rules: Rules::default() };
    Interpreter::start(node, NodeId(0), on_disk, now)
}

fn client() -> Id {
    client_id("127.0.0.1:9999".parse().unwrap())
}

fn request(number: u64) -> RequestId {
    RequestId { client: ClientId(7), number }
}

fn put(number: u64) -> Message {
    let value = Value::new(b"value").unwrap();
    let key = Key::new(&format!("key-{number}")).unwrap();
    Message::Request(Operation::Put {
        request: request(number),
        key,
        content: Content::Value(value),
        context: Context::new(),
        pw: 0,
    })
}

fn finish(interpreter: &mut Interpreter, fails: bool) -> (Result<(), &'static str>, Vec<Effect>) {
    let log = RefCell::default();
    let outcome =
        interpreter.finish(&mut Recorder { log: &log, fails }, &mut Recorder { log: &log, fails });
    (outcome, log.into_inner())
}

#[test]
fn what_a_batch_saved_is_committed_once_before_anything_is_sent() {
    let now = Instant::now();
    let mut interpreter = interpreter(now);
    for number in 0..10 {
        interpreter.on_message(client(), put(number), now);
        interpreter.on_message(
            NodeId(1).actor(),
            Message::Stored { request: request(number) },
            now,
        );
    }
    let (outcome, effects) = finish(&mut interpreter, false);
    assert_eq!(outcome, Ok(()));
    let [Effect::Committed(durable), sent @ ..] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((durable.counter, durable.store.len()), (10, 10));
    let to: Vec<Id> = sent
        .iter()
        .map(|effect| if let Effect::Sent(to, _) = effect { *to } else { panic!("{sent:?}") })
        .collect();
    assert_eq!(
        to,
        [NodeId(1).actor(), NodeId(2).actor(), client()],
        "one datagram for each destination, nodes first"
    );
    let Some(Effect::Sent(_, answers)) = sent.last() else { panic!("{sent:?}") };
    let acknowledged =
        |message: &&Message| matches!(message, Message::Answer(Answer::PutAcknowledged { .. }));
    assert_eq!(answers.iter().filter(acknowledged).count(), 10);
}

#[test]
fn a_failing_commit_suppresses_every_send_even_answers_to_gets() {
    let now = Instant::now();
    let mut interpreter = interpreter(now);
    let key = Key::new("key-1").unwrap();
    interpreter.on_message(client(), put(1), now);
    interpreter.on_message(
        client(),
        Message::Request(Operation::Get { request: request(2), key: key.clone(), pr: 0 }),
        now,
    );
    interpreter.on_message(
        NodeId(1).actor(),
        Message::Fetch { tip: interpreter.state().view.tip(), request: request(3), key },
        now,
    );
    let (outcome, effects) = finish(&mut interpreter, true);
    assert_eq!(outcome, Err("the disk is full"));
    assert!(effects.is_empty(), "{effects:?}");
}

#[test]
fn a_batch_that_saves_nothing_commits_nothing() {
    let now = Instant::now();
    let mut interpreter = interpreter(now);
    interpreter.on_message(
        NodeId(1).actor(),
        Message::Fetch {
            tip: interpreter.state().view.tip(),
            request: request(3),
            key: Key::new("k").unwrap(),
        },
        now,
    );
    let (_, effects) = finish(&mut interpreter, true);
    assert!(matches!(&effects[..], [Effect::Sent(_, _)]), "{effects:?}");
    assert!(finish(&mut interpreter, true).1.is_empty());
}

#[test]
fn a_timer_fires_on_time_and_is_unset_before_its_handler_sets_it_again() {
    let start = Instant::now();
    let mut interpreter = interpreter(start);
    interpreter.on_message(client(), put(1), start);
    let mut stores = finish(&mut interpreter, false).1.len();
    assert_eq!(interpreter.next_deadline(), Some(start + LOCAL.answer_within));
    interpreter.on_time(start + LOCAL.answer_within / 2);
    assert!(finish(&mut interpreter, false).1.is_empty());
    for retransmission in 1..=u32::from(LOCAL.retransmissions) {
        interpreter.on_time(start + LOCAL.answer_within * retransmission);
        stores += finish(&mut interpreter, false).1.len();
        assert_eq!(
            interpreter.next_deadline(),
            Some(start + LOCAL.answer_within * (retransmission + 1))
        );
    }
    assert_eq!(
        stores,
        1 + 2 * (1 + usize::from(LOCAL.retransmissions)),
        "one commit, then two replicas each time"
    );
    interpreter.on_time(start + LOCAL.answer_within * 5);
    let (_, effects) = finish(&mut interpreter, false);
    let [Effect::Sent(to, answers)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(*to, client());
    assert!(
        matches!(answers[..], [Message::Answer(Answer::PutFailed { stored: 1, needed: 2, .. })]),
        "{effects:?}"
    );
    assert_eq!(interpreter.next_deadline(), None);
}

#[test]
fn a_finished_put_leaves_no_timer_behind() {
    let now = Instant::now();
    let mut interpreter = interpreter(now);
    interpreter.on_message(client(), put(1), now);
    for peer in [1, 2] {
        interpreter.on_message(NodeId(peer).actor(), Message::Stored { request: request(1) }, now);
    }
    assert_eq!(interpreter.next_deadline(), None);
}
