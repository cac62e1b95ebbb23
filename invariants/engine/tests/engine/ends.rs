//! Where runs end at the boundary: a step that only the boundary excludes is no reason to say that
//! a run ends before it.

use interned_checker::{Check, Convergence, Options, Reads};
use stateright::actor::{Actor, ActorModel, ActorModelState, Id, Network, Out, model_timeout};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The first actor sends the second messages, all at once. The second counts them.
#[derive(Clone, Copy)]
enum Burst {
    /// It sends this many, once.
    Once(usize),
    /// It sends one, again and again. The second counts only whether their number is odd.
    Again,
}

impl Actor for Burst {
    type Msg = usize;
    type State = usize;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> usize {
        if id == Id::from(0) {
            out.set_timer((), model_timeout());
        }
        0
    }

    fn on_msg(
        &self,
        _id: Id,
        state: &mut Cow<'_, usize>,
        _src: Id,
        _msg: usize,
        _out: &mut Out<Self>,
    ) {
        *state.to_mut() = match self {
            Burst::Once(_) => **state + 1,
            Burst::Again => 1 - **state,
        };
    }

    fn on_timeout(&self, _id: Id, _state: &mut Cow<'_, usize>, (): &(), out: &mut Out<Self>) {
        match self {
            Burst::Once(messages) => {
                (0..*messages).for_each(|number| out.send(Id::from(1), number));
            }
            Burst::Again => {
                out.send(Id::from(1), 0);
                out.set_timer((), model_timeout());
            }
        }
    }
}

type State = ActorModelState<Burst, ()>;

const HEARD: &str = "eventually the second has heard something";
const MUCH: &str = "eventually the second has heard ten messages";

/// The violated properties, and whether some run ends, if at most one message is in flight.
fn checked(
    burst: Burst,
    is_cut: fn(&ActorModel<Burst>, &State) -> bool,
) -> (Vec<&'static str>, bool) {
    let model = ActorModel::new((), ())
        .actors([burst, burst])
        .init_network(Network::new_unordered_nonduplicating([]))
        .within_boundary(|(), state: &State| state.network.len() <= 1);
    let convergence = Convergence {
        goes_on: |(), _| true,
        is_cut,
        properties: vec![
            (HEARD, |_, state: &State| *state.actor_states[1] > 0),
            (MUCH, |_, state: &State| *state.actor_states[1] >= 10),
        ],
    };
    let check = Check::new(&model, |_| Reads::everything()).converges(convergence);
    let report =
        check.run(&Options::default(), |_| ControlFlow::Continue(())).expect("nothing is refused");
    (report.discoveries.into_keys().collect(), report.has_end)
}

fn is_too_loud(_: &ActorModel<Burst>, state: &State) -> bool {
    state.network.len() > 1
}

#[test]
fn a_run_that_only_the_boundary_stops_violates_nothing() {
    let two = Burst::Once(2);
    assert_eq!(checked(two, is_too_loud), (vec![], false), "the first step is outside");
    assert_eq!(checked(two, |_, _| false), (vec![HEARD, MUCH], true), "if it were impossible");
}

#[test]
fn a_run_that_ends_within_the_boundary_is_judged() {
    assert_eq!(checked(Burst::Once(1), is_too_loud), (vec![MUCH], true));
}

/// While a message is in flight, the boundary excludes the next one. The run sends that later.
#[test]
fn a_step_that_is_only_put_off_does_not_lead_out_of_a_cycle() {
    assert_eq!(checked(Burst::Again, is_too_loud), (vec![HEARD, MUCH], true));
}
