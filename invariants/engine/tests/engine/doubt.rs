//! With `doubt`, a condition that reads more than it declares is found.

use interned_checker::{BOUNDARY, Options, Reads, check};
use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, ActorModelState, Id, Network, Out};
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Sends a number to the other actor. Counts down what arrives, saves it and sends it back.
#[derive(Clone)]
struct Countdown {
    next: Id,
}

impl Actor for Countdown {
    type Msg = u8;
    type State = u8;
    type Timer = ();
    type Random = ();
    type Storage = u8;

    fn on_start(&self, _id: Id, _storage: &Option<u8>, out: &mut Out<Self>) -> u8 {
        out.send(self.next, 4);
        4
    }

    fn on_msg(&self, _id: Id, state: &mut Cow<'_, u8>, _src: Id, msg: u8, out: &mut Out<Self>) {
        *state.to_mut() = msg - 1;
        out.save(msg - 1);
        if msg > 1 {
            out.send(self.next, msg - 1);
        }
    }
}

type Model = ActorModel<Countdown, (), u8>;
type Condition = fn(&Model, &ActorModelState<Countdown, u8>) -> bool;
type Declared = Reads<Countdown, (), u8>;

const ASKED: &str = "asked";

/// The result of a search whose property or boundary is this condition with these declared reads.
fn doubted(condition: Condition, declared: Declared, name: &'static str) -> Result<(), String> {
    let model = ActorModel::new((), 0_u8)
        .actors([1, 0].map(|next| Countdown { next: Id::from(next) }))
        .init_network(Network::new_unordered_nonduplicating([]))
        .record_msg_out(|(), history, _| Some(history + 1));
    let model = if name == BOUNDARY {
        // A boundary gets only the settings. This one is true if the condition is true.
        model
            .within_boundary(|(), state| (*state.actor_states[0], *state.actor_states[1]) != (3, 4))
    } else {
        model.property(Expectation::Sometimes, ASKED, condition)
    };
    let reads = |asked| if asked == name { declared } else { Reads::everything() };
    let options = Options { doubt: true, ..Options::default() };
    let search = || {
        check(&model, reads, &options, |_| ControlFlow::Continue(()))
            .map(drop)
            .expect("nothing is refused");
    };
    catch_unwind(AssertUnwindSafe(search))
        .map_err(|panic| panic.downcast::<String>().map_or_else(|_| String::new(), |text| *text))
}

#[test]
fn an_undeclared_read_is_found() {
    let conditions: [(Condition, Declared); 6] = [
        (|_, state| *state.actor_states[0] == 1, Reads::nothing().states()),
        (|_, state| state.actor_storages[1] == Some(2), Reads::nothing().storages()),
        (
            |_, state| state.network.len() == 1,
            Reads::nothing().network_by(|(), messages, words| words.push(messages.count() as u64)),
        ),
        (|_, state| state.history == 3, Reads::nothing().history()),
        (
            |_, state| state.history > 3,
            Reads::nothing().history_by(|(), history, words| words.push((*history > 3).into())),
        ),
        (
            |_, state| *state.actor_states[1] > 2,
            Reads::nothing().actors_by(|(), part, words| words.push((*part.state > 2).into())),
        ),
    ];
    for (index, (condition, declared)) in conditions.into_iter().enumerate() {
        assert_eq!(
            doubted(condition, declared, ASKED),
            Ok(()),
            "condition {index} declares what it looks at"
        );
        let error = doubted(condition, Reads::nothing(), ASKED)
            .expect_err("it reads what it does not declare");
        assert!(
            error.contains("\"asked\" reads more than it declares"),
            "condition {index}: {error}"
        );
    }
}

#[test]
fn an_undeclared_read_of_a_boundary_is_found() {
    assert_eq!(doubted(|_, _| true, Reads::nothing().states(), BOUNDARY), Ok(()));
    let declared: [Declared; 3] = [
        Reads::nothing(),
        Reads::nothing().history_by(|(), _, _| {}),
        // Declares one actor only: a search would miss states beyond such a boundary.
        Reads::nothing().actors_by(|(), part, words| {
            words.extend((part.index == 0).then_some(u64::from(*part.state)));
        }),
    ];
    for declared in declared {
        let error =
            doubted(|_, _| true, declared, BOUNDARY).expect_err("it looks at both actors' states");
        assert!(error.contains("\"the boundary\" reads more than it declares"), "{error}");
    }
}
