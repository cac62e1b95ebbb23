//! A violation that this engine finds, but stateright's breadth-first search does not.
//!
//! stateright identifies a state by a 64-bit fingerprint, and its `HashableHashSet` hashes its
//! members without their index. So "the first actor's timer is set, the second's is not" and the
//! reverse have the same fingerprint. States that are reachable only from the second of the two are
//! missed.

use interned_checker::{Options, Reads, check};
use stateright::actor::{Actor, ActorModel, Id, Network, Out, model_timeout};
use stateright::{Checker, Expectation, Model};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The first actor's timer sends a message, which sets the second's timer.
struct Sleeper;

const FIRST: usize = 0;
const SECOND: usize = 1;

impl Actor for Sleeper {
    type Msg = ();
    /// Has its timer fired?
    type State = bool;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> bool {
        if id == Id::from(FIRST) {
            out.set_timer((), model_timeout());
        }
        false
    }

    fn on_msg(&self, _id: Id, _state: &mut Cow<'_, bool>, _src: Id, (): (), out: &mut Out<Self>) {
        out.set_timer((), model_timeout());
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, bool>, (): &(), out: &mut Out<Self>) {
        if id == Id::from(FIRST) {
            out.send(Id::from(SECOND), ());
        } else {
            *state.to_mut() = true;
        }
    }
}

const RULE: &str = "nobody is woken";

fn model() -> ActorModel<Sleeper> {
    ActorModel::new((), ())
        .actors([Sleeper, Sleeper])
        .init_network(Network::new_unordered_nonduplicating([]))
        .property(Expectation::Always, RULE, |_, state| {
            state.actor_states.iter().all(|rung| !**rung)
        })
}

/// Four states: set at the first, in flight, set at the second, fired.
#[test]
fn the_engine_finds_the_violation() {
    let options = Options { paths: true, ..Options::default() };
    let report =
        check(&model(), |_| Reads::nothing().states(), &options, |_| ControlFlow::Continue(()))
            .unwrap();
    assert_eq!(report.progress.unique_states, 4);
    let path = report.discoveries[RULE].path.clone().expect("paths are on");
    assert_eq!((report.discoveries[RULE].depth, path.into_actions().len()), (3, 3));
}

#[test]
fn stateright_does_not_find_it() {
    let found = model().checker().spawn_bfs().join();
    assert_eq!(
        (found.unique_state_count(), found.discovery(RULE).is_some()),
        (2, false),
        "stateright distinguishes these states now: say so here and in the engine's documentation, \
         and compare the counts of models with anonymous timers with stateright's, too"
    );
}
