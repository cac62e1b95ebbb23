//! A known limit: reads are not linearizable, whatever R and W are.

use dynamo_invariants::scope::Ask::{Get, Put};
use dynamo_invariants::scope::{NO_FAULTS, Scope};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::process::Process;
use dynamo_model::rules::Rules;
use stateright::actor::{ActorModel, Envelope, Id};
use stateright::semantics::register::{Register, RegisterOp, RegisterRet};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};
use stateright::{Checker, Expectation, Model};

/// The content of a register: the value, or nothing.
type Held = Option<Vec<u8>>;
type History = LinearizabilityTester<Id, Register<Held>>;

/// One client puts once. Another reads twice, through two other nodes. R+W>N, and all intended
/// replicas are up.
static SCOPE: Scope = Scope {
    name: "two-reads",
    aim: "a read shows a put that is in progress, and the next read does not",
    nodes: 3,
    quorum: (3, 2, 2),
    clients: &[&[(0, Put)], &[(0, Get), (1, Get)]],
    faults: NO_FAULTS,
    unseen: &[],
    unique_states: 0,
};

fn model() -> ActorModel<Process, (), History> {
    let scope = SCOPE.model(Rules::default(), []);
    let mut model =
        ActorModel::new((), History::new(Register(None))).init_network(scope.init_network);
    for process in scope.actors {
        model = model.actor(process);
    }
    model
        .record_msg_out(|(), history, envelope| {
            let operation = match envelope.msg {
                Message::Request(Operation::Put { content, .. }) => {
                    RegisterOp::Write(Some(content.bytes().to_vec()))
                }
                Message::Request(Operation::Get { .. }) => RegisterOp::Read,
                _ => return None,
            };
            let mut history = history.clone();
            history.on_invoke(envelope.src, operation).expect("a client asks one thing at a time");
            Some(history)
        })
        .record_msg_in(|(), history, Envelope { dst, msg, .. }| {
            let answer = match msg {
                Message::Answer(Answer::PutAcknowledged { .. }) => RegisterRet::WriteOk,
                Message::Answer(Answer::GetAnswered { siblings, .. }) => RegisterRet::ReadOk(
                    siblings.first().map(|version| version.content.bytes().to_vec()),
                ),
                _ => return None,
            };
            let mut history = history.clone();
            history.on_return(dst, answer).expect("the answer belongs to a request");
            Some(history)
        })
        .property(Expectation::Always, "linearizable", |_, state| {
            state.history.serialized_history().is_some()
        })
}

#[test]
fn a_read_may_miss_what_an_earlier_read_showed() {
    let checker = model().checker().spawn_bfs().join();
    let path = checker.discovery("linearizable").expect("reads are not linearizable");
    let answers = path.into_actions().into_iter().filter_map(|action| match action {
        stateright::actor::ActorModelAction::Deliver { msg: Message::Answer(answer), .. } => {
            Some(answer)
        }
        _ => None,
    });
    let seen: Vec<usize> = answers
        .filter_map(|answer| {
            if let Answer::GetAnswered { siblings, .. } = answer {
                Some(siblings.len())
            } else {
                None
            }
        })
        .collect();
    assert_eq!(seen, [1, 0], "the first read shows the put, the second does not");
}
