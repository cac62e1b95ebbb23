//! How long a node waits, and how pauses grow. Scopes ignore time, so only these tests check it.

use super::bench::{Bench, request, tip};
use dynamo_model::client::{Client, Line, Via};
use dynamo_model::config::{AntiEntropy, Config, Handoff, Patience};
use dynamo_model::hint::HintId;
use dynamo_model::ids::{Content, Key, NodeId, Value};
use dynamo_model::membership::History;
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::{Choice, Timer};
use dynamo_model::route::Routes;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::{Context, Dot};
use stateright::actor::{Actor, Command, Id, Out};
use std::borrow::Cow;
use std::time::Duration;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn key() -> Key {
    Key::new("k").unwrap()
}

fn siblings() -> Siblings {
    let dot = Dot { issuer: NodeId(0).into(), counter: 1 };
    let content = Content::Value(Value::new(b"v").unwrap());
    Siblings::new().put(Version { dot, clock: Context::new().with(dot), content }, |_| true)
}

#[test]
fn gossip_is_due_after_its_interval_or_up_to_half_as_long_again() {
    let mut a = Bench::new(3, 2, 2).with(|config| config.with_gossip_every(seconds(8)));
    a.choose(Choice::Gossip(NodeId(1)));
    assert_eq!(a.pauses, [(Timer::Gossip(NodeId(0)), seconds(8)..seconds(12))]);
}

#[test]
fn an_exchange_is_due_after_its_interval_or_up_to_half_as_long_again() {
    let how = AntiEntropy { every: seconds(8), ..AntiEntropy::LOCAL };
    let mut a = Bench::new(3, 2, 2).with(|config| config.with_anti_entropy(how));
    a.choose(Choice::Exchange(NodeId(1)));
    assert_eq!(a.pauses, [(Timer::Exchange(NodeId(0), None), seconds(8)..seconds(12))]);
}

#[test]
fn a_tombstone_stays_for_its_interval_or_up_to_half_as_long_again() {
    let first = Bench::new(3, 2, 2).clockwise(&key())[0];
    let mut a = Bench::of(3, first, 3, 2, 2).with(|config| config.with_reaping_after(seconds(8)));
    let content = Content::Tombstone(Value::new(b"").unwrap());
    let operation =
        Operation::Put { request: request(0), key: key(), content, context: Context::new(), pw: 0 };
    a.receive(super::bench::CLIENT, Message::Request(operation));
    let reap = a.pauses.iter().filter(|(timer, _)| matches!(timer, Timer::Reap(..)));
    assert_eq!(
        reap.cloned().collect::<Vec<_>>(),
        [(Timer::Reap(first, key()), seconds(8)..seconds(12))]
    );
}

#[test]
fn a_coordinator_waits_as_long_as_its_patience() {
    let patience = Patience { answer_within: seconds(3), retransmissions: 1 };
    let mut a = Bench::new(3, 2, 2).with(|config| config.with_patience(patience));
    a.receive(super::bench::CLIENT, super::bench::put(0, b"v", Context::new()));
    assert_eq!(a.pauses, [(Timer::Put(NodeId(0), request(0)), seconds(3)..seconds(3))]);
    let get = Operation::Get { request: request(1), key: key(), pr: 0 };
    a.receive(super::bench::CLIENT, Message::Request(get));
    assert_eq!(a.pauses, [(Timer::Get(NodeId(0), request(1)), seconds(3)..seconds(3))]);
}

#[test]
fn pauses_between_handoff_attempts_double_and_stop_growing() {
    let handoff = Handoff { first_after: seconds(2), doublings: 2, window: 1 };
    let clockwise = Bench::of(5, NodeId(0), 3, 2, 2).clockwise(&key());
    let (recipient, holder) = (clockwise[0], clockwise[3]);
    let mut d = Bench::of(5, holder, 3, 2, 2).with(|config| config.with_handoff(handoff));
    let hint = HintId { recipient, key: key() };
    let coordinator = usize::from(clockwise[1].0);
    d.receive(
        coordinator,
        Message::StoreHint { tip: tip(5), request: request(0), hint, siblings: siblings() },
    );
    let timer = Timer::Handoff(holder, recipient);
    assert_eq!(d.pauses, [(timer.clone(), seconds(2)..seconds(3))]);
    for least in [4, 8, 8, 8] {
        let sent = d.time_out(&timer);
        assert!(matches!(&sent[..], [(_, Message::HandOff { .. })]), "{sent:?}");
        assert_eq!(d.pauses, [(timer.clone(), seconds(least)..seconds(least + least / 2))]);
    }
}

#[test]
fn a_window_of_zero_counts_as_one_and_the_rest_stays() {
    let handoff = Handoff { first_after: seconds(2), doublings: 2, window: 0 };
    let how = AntiEntropy { window: 0, ..AntiEntropy::LOCAL };
    let config = Config::new(5, 3, 4).unwrap().with_handoff(handoff).with_anti_entropy(how);
    assert_eq!(config.handoff(), Handoff { window: 1, ..handoff });
    assert_eq!(config.anti_entropy(), Some(AntiEntropy { window: 1, ..how }));
    assert_eq!((config.n(), config.r(), config.w()), (5, 3, 4));
}

/// Gives a client a message, or else a timeout. Returns what it sends, and whether it sets a timer.
fn act(
    client: &Client,
    state: &mut <Client as Actor>::State,
    message: Option<Message>,
) -> (Vec<Message>, bool) {
    let (id, mut out) = (Id::from(9), Out::new());
    let mut cow = Cow::Owned(state.clone());
    match message {
        Some(message) => client.on_msg(id, &mut cow, Id::from(0), message, &mut out),
        None => client.on_timeout(
            id,
            &mut cow,
            &Timer::Client(dynamo_model::ids::ClientId(9)),
            &mut out,
        ),
    }
    *state = cow.into_owned();
    let (mut sent, mut waits) = (Vec::new(), false);
    for command in out {
        match command {
            Command::Send(_, message) => sent.push(message),
            Command::SetTimer(..) => waits = true,
            _ => {}
        }
    }
    (sent, waits)
}

#[test]
fn a_scripted_client_retries_as_often_as_allowed_and_then_waits() {
    let script = vec![
        (Via::Node(NodeId(0)), Line::Get { pr: 0 }),
        (Via::Node(NodeId(1)), Line::Get { pr: 0 }),
    ];
    let routes = Routes::new(History::founded_by([NodeId(0)]), 1);
    let client = Client { key: key(), script, routes, retries: 2 };
    let mut out = Out::new();
    let mut state = client.on_start(Id::from(9), &None, &mut out);
    for left in [1, 0] {
        let (sent, waits) = act(&client, &mut state, None);
        assert!(
            matches!(&sent[..], [Message::Request(Operation::Get { request, .. })] if request.number == 0)
        );
        assert_eq!((state.retries_left, waits), (left, left > 0));
    }
    assert_eq!(act(&client, &mut state, None), (Vec::new(), false), "no retries are left");
    for line in [0, 1] {
        let request =
            dynamo_model::ids::RequestId { client: dynamo_model::ids::ClientId(9), number: line };
        let answer = Answer::GetAnswered {
            request,
            key: key(),
            siblings: Vec::new(),
            context: Context::new(),
        };
        let (sent, waits) = act(&client, &mut state, Some(Message::Answer(answer.clone())));
        assert_eq!(
            (sent.len(), waits, state.line),
            (1 - line as usize, line == 0, line as usize + 1)
        );
        assert_eq!(
            act(&client, &mut state, Some(Message::Answer(answer))),
            (Vec::new(), false),
            "a duplicate answer changes nothing"
        );
    }
    assert_eq!(act(&client, &mut state, None), (Vec::new(), false), "the script has ended");
    assert_eq!(state.retries_left, 0, "the final state does not depend on the path");
}

#[test]
fn actors_have_names() {
    use dynamo_model::process::{Circumstances, Process};
    let node = Bench::new(3, 2, 2).node;
    let routes = Routes::new(History::founded_by([NodeId(0)]), 1);
    let client = Client { key: key(), script: Vec::new(), routes, retries: 0 };
    assert_eq!(Process::Node(node, Circumstances::default()).name(), "Node");
    assert_eq!(Process::Client(client).name(), "Client");
}
