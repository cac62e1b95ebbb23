//! Untrue claims of reductions are refused, and not believed.

use interned_checker::{
    Check, Convergence, Ending, Options, Reads, Refused, Renaming, Report, Untrue,
};
use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, ActorModelAction, Envelope, Id, Network, Out};
use std::borrow::Cow;
use std::ops::ControlFlow;

/// Three actors. Each has chosen one of the others, and tells it its number. Whoever is told adds it
/// up.
#[derive(Clone)]
struct Chooser;

const ACTORS: usize = 3;

impl Actor for Chooser {
    type Msg = u8;
    type State = u8;
    type Timer = ();
    type Random = Id;
    type Storage = ();

    fn on_start(&self, id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> u8 {
        let others = (0..ACTORS).map(Id::from).filter(|other| *other != id);
        out.choose_random("whom", others.collect());
        0
    }

    fn on_random(&self, _id: Id, _state: &mut Cow<'_, u8>, whom: &Id, out: &mut Out<Self>) {
        out.send(*whom, 1);
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, u8>, _src: Id, msg: u8, out: &mut Out<Self>) {
        if **state < 2 {
            *state.to_mut() += msg;
        } else {
            // Nothing changes, but that is not known here: the state is owned.
            let same = **state;
            *state.to_mut() = same;
        }
        if msg == 2 {
            out.send(id, 2);
        }
    }
}

type Model = ActorModel<Chooser>;
type Answer = Result<Report<Chooser, ()>, Refused>;

const ALL_CHOSE: &str = "all have chosen";
const EVEN: &str = "an even number of messages has arrived";

fn model(network: Network<u8>) -> Model {
    ActorModel::new((), ()).actors([const { Chooser }; ACTORS]).init_network(network).property(
        Expectation::Sometimes,
        ALL_CHOSE,
        |_, state| state.random_choices.iter().all(|choices| choices.map.is_empty()),
    )
}

fn unordered() -> Network<u8> {
    Network::new_unordered_nonduplicating([])
}

fn run(check: Check<'_, Chooser, (), ()>) -> Answer {
    check.run(&Options::default(), |_| ControlFlow::Continue(()))
}

fn check(model: &Model) -> Check<'_, Chooser, (), ()> {
    Check::new(model, |_| Reads::everything())
}

fn untrue(answer: Answer) -> Untrue {
    match answer.err() {
        Some(Refused::Untrue(untrue)) => untrue,
        other => panic!("not refused for an untrue claim: {other:?}"),
    }
}

/// Turns the three actors. Renames choices only if `choices`.
struct Turn {
    by: usize,
    choices: bool,
}

impl Renaming<Chooser, ()> for Turn {
    fn actor(&self, actor: usize) -> usize {
        (actor + self.by) % ACTORS
    }

    fn state(&self, state: &u8) -> u8 {
        *state
    }

    fn message(&self, message: &u8) -> u8 {
        *message
    }

    fn timer(&self, (): &()) {}

    fn random(&self, whom: &Id) -> Id {
        if self.choices { Id::from(self.actor(usize::from(*whom))) } else { *whom }
    }

    fn storage(&self, (): &()) {}

    fn history(&self, (): &()) {}
}

fn turned(model: &Model, by: &[usize], choices: bool) -> Answer {
    let turns = by.iter().map(|by| Box::new(Turn { by: *by, choices }) as _);
    run(check(model).symmetry(turns.collect()))
}

#[test]
fn a_renaming_that_forgets_the_choices_is_refused() {
    let untrue = untrue(turned(&model(unordered()), &[1, 2], false));
    assert!(matches!(untrue, Untrue::OtherSteps { .. }), "{untrue}");
}

#[test]
fn a_renaming_under_which_a_property_is_not_the_same_is_refused() {
    let model = model(unordered()).property(Expectation::Always, "the first is not told", {
        |_, state| *state.actor_states[0] == 0
    });
    let untrue = untrue(turned(&model, &[1, 2], true));
    let told = "the first is not told";
    // What each actor has to choose from is in another order, unless it chose already.
    assert!(
        matches!(untrue, Untrue::OtherSteps { .. })
            || matches!(untrue, Untrue::TellsApart { condition, .. } if condition == told),
        "{untrue}"
    );
}

#[test]
fn renamings_that_are_no_group_are_refused() {
    let model = model(unordered());
    assert_eq!(turned(&model, &[1], true).err(), Some(Refused::NotAGroup));
    assert_eq!(turned(&model, &[1, 2, 2], true).err(), Some(Refused::NotAGroup));
    assert_eq!(turned(&model, &[1, 2, 0], true).err(), Some(Refused::NotAGroup));
}

/// Every delivery is to be taken first.
fn all_first(model: &Model) -> Check<'_, Chooser, (), ()> {
    check(model).partial_order(|(), _, _: &Envelope<u8>| true)
}

#[test]
fn a_delivery_that_a_property_can_see_is_refused() {
    let model = model(unordered()).property(Expectation::Always, EVEN, |_, state| {
        state.actor_states.iter().map(|told| u32::from(**told)).sum::<u32>().is_multiple_of(2)
    });
    let untrue = untrue(run(all_first(&model)));
    assert!(matches!(untrue, Untrue::Visible { condition: EVEN, .. }), "{untrue}");
}

#[test]
fn a_delivery_that_convergence_can_see_is_refused_unless_it_remains() {
    let model = model(unordered());
    let convergence = |goes_on| Convergence {
        goes_on,
        is_cut: |_, _| false,
        properties: vec![(EVEN, |_: &Model, state| {
            state.actor_states.iter().map(|told| u32::from(**told)).sum::<u32>().is_multiple_of(2)
        })],
    };
    let choices_remain = all_first(&model).converges(convergence(|(), action| {
        matches!(action, ActorModelAction::SelectRandom { .. })
    }));
    let untrue = untrue(run(choices_remain));
    assert!(matches!(untrue, Untrue::Visible { condition: EVEN, .. }), "{untrue}");
    let whole = run(check(&model).converges(convergence(|(), _| true))).expect("no reduction");
    let reduced = run(all_first(&model).converges(convergence(|(), _| true))).expect("true claims");
    assert!(reduced.progress.unique_states < whole.progress.unique_states);
    assert!(reduced.discoveries.keys().eq(whole.discoveries.keys()));
}

#[test]
fn deliveries_that_do_not_commute_are_refused() {
    let model = model(Network::new_ordered([]));
    // In an ordered network nothing is a delivery that changes nothing, so order does not matter.
    assert!(run(all_first(&model)).is_ok());
    let crashing = model.max_crashes(1);
    let untrue = untrue(run(all_first(&crashing)));
    assert!(matches!(untrue, Untrue::Depends { .. }), "{untrue}");
}

#[test]
fn deliveries_that_go_on_for_ever_are_refused() {
    let to_itself = Envelope { src: Id::from(0), dst: Id::from(0), msg: 2 };
    let model = model(Network::new_unordered_nonduplicating([to_itself]));
    let untrue = untrue(run(all_first(&model)));
    assert!(matches!(untrue, Untrue::Endless { .. } | Untrue::Depends { .. }), "{untrue}");
}

/// A duplicating network delivers for ever. A delivery that changes nothing must not starve the
/// steps that do.
#[test]
fn a_delivery_that_changes_nothing_is_not_taken_first() {
    let model = model(Network::new_unordered_duplicating([]));
    let whole = run(check(&model)).expect("no reduction");
    let reduced = run(all_first(&model)).expect("true claims");
    assert_eq!((reduced.ending, whole.ending), (Ending::Exhausted, Ending::Exhausted));
    assert!(whole.discoveries.contains_key(ALL_CHOSE));
    assert!(reduced.discoveries.contains_key(ALL_CHOSE));
    assert!(reduced.progress.unique_states < whole.progress.unique_states);
}
