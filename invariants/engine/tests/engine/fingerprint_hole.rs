//! A violation that stateright's breadth-first search does not find, and this engine does.
//!
//! stateright knows a state by a 64-bit fingerprint, and its `HashableHashSet` hashes its members
//! without their number: "the first actor's timer is set, the second's is not" and "the second's
//! is, the first's is not" have the same fingerprint, and whatever is reached only from the second
//! of the two is never seen.

use interned_checker::{Options, Reads, check};
use stateright::actor::{Actor, ActorModel, Id, Network, Out, model_timeout};
use stateright::{Checker, Expectation, Model};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// The first one's alarm is passed on to the second; the second's rings.
struct Sleeper;

const FIRST: usize = 0;
const SECOND: usize = 1;

impl Actor for Sleeper {
    type Msg = ();
    /// Has it rung?
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

/// Set at the first; on its way; set at the second; rung.
#[test]
fn the_engine_finds_it() {
    let options = Options { paths: true, ..Options::default() };
    let report =
        check(&model(), |_| Reads::nothing().states(), &options, |_| ControlFlow::Continue(()))
            .unwrap();
    assert_eq!(report.progress.unique_states, 4);
    let way = report.discoveries[RULE].path.clone().expect("it was asked for");
    assert_eq!((report.discoveries[RULE].depth, way.into_actions().len()), (3, 3));
}

#[test]
fn stateright_does_not() {
    let found = model().checker().spawn_bfs().join();
    assert_eq!(
        (found.unique_state_count(), found.discovery(RULE).is_some()),
        (2, false),
        "stateright tells these states apart now: say so here and in the engine's documentation, and compare the counts of models \
         whose timers do not name their owners with stateright's, too"
    );
}
