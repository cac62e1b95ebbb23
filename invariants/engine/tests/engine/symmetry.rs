//! Symmetry: representatives stand for exactly the reachable states, and the same violations are
//! found through them.

use crate::peers::{Case, Peer, PeerModel, Permutation, Seen, Settings, System, case};
use interned_checker::{
    ActorAction, BOUNDARY, Check, Condition, Convergence, Ending, Options, Reads, Refused,
    Renaming, Report,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use stateright::actor::{Actor, ActorModel, ActorModelAction, Id, Network, Out};
use stateright::{Expectation, Model};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

const STATES_MAX: usize = 6_000;

/// The same models every time. Set `PROPTEST_RNG_SEED` for others.
fn config(cases: u32) -> ProptestConfig {
    let standard = ProptestConfig::default();
    ProptestConfig {
        cases,
        max_shrink_iters: 2_000,
        max_global_rejects: 20 * cases,
        rng_seed: if standard.rng_seed == RngSeed::Random {
            RngSeed::Fixed(1)
        } else {
            standard.rng_seed
        },
        failure_persistence: None,
        ..standard
    }
}

/// The name, expectation and condition of a property, which does not depend on who is who.
type Asked = (&'static str, Expectation, fn(&PeerModel, &System) -> bool);

const PROPERTIES: [Asked; 7] = [
    ("nobody has the number", Expectation::Always, |model, state| !has_number(model, state, 1)),
    ("two have the number", Expectation::Sometimes, |model, state| has_number(model, state, 2)),
    ("one names itself", Expectation::Sometimes, |_, state| {
        state
            .actor_states
            .iter()
            .enumerate()
            .any(|(index, peer)| peer.named == Some(Id::from(index)))
    }),
    ("one is told of itself", Expectation::Sometimes, |_, state| {
        state.network.iter_deliverable().any(|envelope| envelope.dst == envelope.msg.1)
    }),
    ("no saved one is down", Expectation::Always, |_, state| {
        !state
            .crashed
            .iter()
            .zip(&state.actor_storages)
            .any(|(crashed, saved)| *crashed && saved.is_some())
    }),
    ("all have sent", Expectation::Sometimes, |_, state| {
        state.history.0.iter().all(|(sent, _)| *sent > 0)
    }),
    ("two timers are set", Expectation::Sometimes, |_, state| {
        state.timers_set.iter().filter(|timers| timers.iter().next().is_some()).count() == 2
    }),
];

fn has_number(model: &PeerModel, state: &System, times: usize) -> bool {
    state.actor_states.iter().filter(|peer| peer.number == model.cfg.number).count() >= times
}

fn narrow(limit: Option<usize>, name: &'static str) -> Reads<Peer, Settings, Seen> {
    match name {
        "nobody has the number" | "two have the number" | "one names itself" => {
            Reads::nothing().states()
        }
        "no saved one is down" => Reads::nothing().crashed().storages(),
        "two timers are set" => Reads::nothing().timers(),
        "all have sent" => Reads::nothing().history(),
        BOUNDARY if limit.is_none() => Reads::nothing().history(),
        _ => Reads::everything(),
    }
}

fn convergence() -> Convergence<Peer, Settings, Seen> {
    Convergence {
        goes_on: |settings, action| match action {
            ActorModelAction::Drop(_) | ActorModelAction::Crash(_) => false,
            ActorModelAction::Timeout(..) => settings.fires,
            _ => true,
        },
        is_cut: |_, _| false,
        properties: vec![
            ("eventually all agree", |_, state| {
                state.actor_states.windows(2).all(|pair| pair[0].number == pair[1].number)
            }),
            ("eventually nobody has the number", |model, state| !has_number(model, state, 1)),
            ("eventually nobody names itself", |_, state| {
                !state
                    .actor_states
                    .iter()
                    .enumerate()
                    .any(|(index, peer)| peer.named == Some(Id::from(index)))
            }),
        ],
    }
}

/// The number of states, and the number of orbits, found by comparing each state with each of its
/// images. `None` if there are too many.
fn orbits(model: &PeerModel, group: &[Permutation]) -> Option<(usize, usize)> {
    let mut frontier: Vec<System> =
        model.init_states().into_iter().filter(|s| model.within_boundary(s)).collect();
    let mut states: HashSet<System> = frontier.iter().cloned().collect();
    while let Some(state) = frontier.pop() {
        for next in model.next_states(&state).into_iter().filter(|next| model.within_boundary(next))
        {
            if states.insert(next.clone()) {
                frontier.push(next);
            }
        }
        if states.len() > STATES_MAX {
            return None;
        }
    }
    let (mut met, mut count) = (HashSet::new(), 0);
    for state in &states {
        let images: Vec<System> = group.iter().map(|renaming| renaming.system(state)).collect();
        assert!(
            images.iter().all(|image| states.contains(image)),
            "the permutations leave the model the same"
        );
        count += usize::from(!images.iter().any(|image| met.contains(image)));
        met.insert(state.clone());
    }
    Some((states.len(), count))
}

fn depths<A: Actor, H>(report: &Report<A, H>) -> BTreeMap<&'static str, usize> {
    report.discoveries.iter().map(|(name, discovery)| (*name, discovery.depth)).collect()
}

/// States, each with the step to the next.
type Steps = [(System, Option<ActorAction<Peer>>)];

/// The steps that remain, and the condition that the cycle violates.
type EndsIn<'a> = (&'a Convergence<Peer, Settings, Seen>, Condition<Peer, Settings, Seen>);

/// Asserts that a path is valid, from an initial state. For convergence, the rest of it must be a
/// cycle.
fn assert_is_path(model: &PeerModel, path: &Steps, depth: usize, lasso: Option<EndsIn<'_>>) {
    assert!(model.init_states().contains(&path[0].0), "a path begins in an initial state");
    for (index, step) in path.windows(2).enumerate() {
        let action = step[0].1.clone().expect("a step leaves every state but the last");
        assert!(
            index < depth
                || lasso.is_some_and(|(convergence, _)| (convergence.goes_on)(&model.cfg, &action)),
            "only a cycle makes it longer, with steps that remain"
        );
        assert_eq!(
            model.next_state(&step[0].0, action).as_ref(),
            Some(&step[1].0),
            "each step is one of the model"
        );
    }
    assert!(
        path.iter().all(|(state, _)| Model::within_boundary(model, state)),
        "a path stays within the boundary"
    );
    let last = &path.last().expect("a path has a state").0;
    if let Some((_, condition)) = lasso {
        assert_eq!(&path[depth].0, last, "a cycle ends where it begins");
        assert!(
            path[depth..].iter().any(|(state, _)| !condition(model, state)),
            "the cycle violates the condition"
        );
    } else {
        assert_eq!(path.len(), depth + 1, "there is no shorter path");
    }
}

/// Statistics of the random models.
#[derive(Default)]
struct Tally {
    reduced: usize,
    converging: usize,
    cycles: usize,
}

fn compare(case: &Case, tally: &RefCell<Tally>) -> Result<(), TestCaseError> {
    let mut model = case.model();
    for (name, expectation, condition) in PROPERTIES {
        model = model.property(expectation, name, condition);
    }
    let counted = orbits(&model, &case.group);
    prop_assume!(counted.is_some(), "too many states");
    let (states, representatives) = counted.expect("just assumed");
    let reads = |name| narrow(case.settings.network_max, name);
    for threads in [1, 2] {
        let options = Options { threads, paths: true, ..Options::default() };
        let run = |renamings: Vec<Box<dyn Renaming<Peer, Seen>>>| {
            let check = Check::new(&model, reads).converges(convergence()).symmetry(renamings);
            check.run(&options, |_| ControlFlow::Continue(())).expect("nothing is refused")
        };
        let whole = run(Vec::new());
        let reduced =
            run(case.group.iter().map(|permutation| Box::new(permutation.clone()) as _).collect());
        prop_assert!(whole.ending == Ending::Exhausted && reduced.ending == Ending::Exhausted);
        prop_assert_eq!(
            (whole.progress.unique_states, whole.progress.orbit_states),
            (states, states)
        );
        prop_assert_eq!(reduced.progress.unique_states, representatives, "representatives");
        prop_assert_eq!(reduced.progress.orbit_states, states, "represented states");
        prop_assert_eq!(reduced.progress.settled_states, representatives);
        prop_assert_eq!(reduced.progress.depth, whole.progress.depth);
        prop_assert_eq!(depths(&reduced), depths(&whole));
        let mut tally = tally.borrow_mut();
        tally.reduced += usize::from(representatives < states);
        for (name, discovery) in reduced.discoveries {
            let path = discovery.path.expect("paths are on").into_vec();
            let convergence = convergence();
            let found = convergence.properties.iter().find(|(other, _)| *other == name);
            if let Some((_, condition)) = found {
                tally.converging += 1;
                tally.cycles += usize::from(path.len() > discovery.depth + 1);
                assert_is_path(&model, &path, discovery.depth, Some((&convergence, *condition)));
            } else {
                assert_is_path(&model, &path, discovery.depth, None);
                let property = Model::property(&model, name);
                let last = &path[discovery.depth].0;
                let sought = property.expectation == Expectation::Sometimes;
                prop_assert_eq!((property.condition)(&model, last), sought, "{}", name);
            }
        }
    }
    Ok(())
}

#[test]
fn representatives_stand_for_exactly_the_reachable_states() {
    let tally = RefCell::default();
    let mut runner = proptest::test_runner::TestRunner::new(config(1_000));
    runner.run(&case(), |case| compare(&case, &tally)).unwrap_or_else(|error| panic!("{error}"));
    let Tally { reduced, converging, cycles } = tally.into_inner();
    // Otherwise too little was compared.
    assert!(
        reduced > 500 && converging > 300 && cycles > 20,
        "{reduced} reduced, {converging} convergence properties, {cycles} cycles"
    );
}

/// Clients 1 to 3 ask the server, 0, several times each. The server answers.
#[derive(Clone)]
enum Party {
    Server,
    Client { rounds: u8 },
}

impl Actor for Party {
    type Msg = bool;
    type State = u8;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, _id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> u8 {
        if let Party::Client { .. } = self {
            out.send(Id::from(0), true);
        }
        0
    }

    fn on_msg(&self, _id: Id, state: &mut Cow<'_, u8>, src: Id, _msg: bool, out: &mut Out<Self>) {
        match self {
            Party::Server => out.send(src, false),
            Party::Client { rounds } => {
                *state.to_mut() += 1;
                if **state < *rounds {
                    out.send(src, true);
                }
            }
        }
    }
}

/// A renaming of the clients. Their messages and states name nobody.
struct Clients([usize; 4]);

impl Renaming<Party, ()> for Clients {
    fn actor(&self, actor: usize) -> usize {
        self.0[actor]
    }

    fn state(&self, state: &u8) -> u8 {
        *state
    }

    fn message(&self, message: &bool) -> bool {
        *message
    }

    fn timer(&self, _timer: &()) {}

    fn storage(&self, _storage: &()) {}

    fn history(&self, _history: &()) {}
}

fn run_clients(renamings: &[[usize; 4]]) -> Result<Report<Party, ()>, Refused> {
    let clients = (0..3).map(|_| Party::Client { rounds: 10 });
    let model = ActorModel::new((), ())
        .actor(Party::Server)
        .actors(clients)
        .init_network(Network::new_unordered_nonduplicating([]))
        .property(Expectation::Sometimes, "all are done", |_, state| {
            state.actor_states[1..].iter().all(|answers| **answers == 10)
        });
    let renamings = renamings.iter().map(|to| Box::new(Clients(*to)) as _).collect();
    let check = Check::new(&model, |_| Reads::everything()).symmetry(renamings);
    check.run(&Options::default(), |_| ControlFlow::Continue(()))
}

/// Each client is at one of 21 points, independently of the others. There are as many states as
/// triples of points, and as many representatives as unordered triples.
#[test]
fn three_interchangeable_clients_need_nearly_six_times_fewer_states() {
    let whole = run_clients(&[]).unwrap();
    let all = [[0, 1, 3, 2], [0, 2, 1, 3], [0, 2, 3, 1], [0, 3, 1, 2], [0, 3, 2, 1]];
    let reduced = run_clients(&all).unwrap();
    assert_eq!(whole.progress.unique_states, 21 * 21 * 21);
    assert_eq!(reduced.progress.unique_states, 21 * 22 * 23 / 6);
    assert_eq!(reduced.progress.orbit_states, whole.progress.unique_states);
    assert_eq!(depths(&reduced), BTreeMap::from([("all are done", 60)]));
    assert_eq!(depths(&whole), depths(&reduced));
}

#[test]
fn a_renaming_that_maps_two_actors_to_one_is_refused() {
    assert_eq!(run_clients(&[[0, 1, 1, 3]]).err(), Some(Refused::NotOneToOne));
    assert_eq!(run_clients(&[[0, 1, 2, 4]]).err(), Some(Refused::NotOneToOne));
}
