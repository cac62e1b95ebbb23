//! What the engine is compared with: a very simple search, and stateright's own.

use interned_checker::{Ending, Options, Progress, Reads, check};
use stateright::actor::{Actor, ActorModel, ActorModelState};
use stateright::{Checker, Expectation, Model};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Debug;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::ops::ControlFlow;
use std::rc::Rc;

/// The complete facts about a model.
#[derive(Debug)]
pub(crate) struct Exact {
    pub(crate) unique: usize,
    pub(crate) generated: usize,
    pub(crate) depth: usize,
    /// The properties that some state decides, with the least depth of such a state.
    pub(crate) decided: BTreeMap<&'static str, usize>,
    /// How many different hashes the states have. If there are fewer than states, stateright's
    /// fingerprints merge states too, because they use the same `Hash`.
    pub(crate) hashes: usize,
}

/// Visits every state, layer by layer, with stateright's steps and the states' own equality. `None`
/// if there are more than `most`.
pub(crate) fn explore<A, C, H>(model: &ActorModel<A, C, H>, most: usize) -> Option<Exact>
where
    A: Actor,
    A::State: Eq,
    A::Msg: Ord,
    A::Timer: Ord,
    H: Clone + Debug + Hash + Eq,
{
    let mut exact =
        Exact { unique: 0, generated: 0, depth: 0, decided: BTreeMap::new(), hashes: 0 };
    let (mut seen, mut hashes) = (HashSet::<Rc<ActorModelState<A, H>>>::new(), HashSet::new());
    let mut reached = model.init_states();
    for depth in 0.. {
        let mut layer = Vec::new();
        for state in reached.drain(..).filter(|state| model.within_boundary(state)) {
            exact.generated += 1;
            let state = Rc::new(state);
            if seen.insert(Rc::clone(&state)) {
                hashes.insert(BuildHasherDefault::<DefaultHasher>::default().hash_one(&state));
                layer.push(state);
            }
        }
        if layer.is_empty() {
            break;
        }
        if seen.len() > most {
            return None;
        }
        exact.depth = depth;
        for state in &layer {
            for property in model.properties() {
                if (property.condition)(model, state)
                    == (property.expectation == Expectation::Sometimes)
                {
                    exact.decided.entry(property.name).or_insert(depth);
                }
            }
            let mut actions = Vec::new();
            model.actions(state, &mut actions);
            reached
                .extend(actions.into_iter().filter_map(|action| model.next_state(state, action)));
        }
    }
    Some(Exact { unique: seen.len(), hashes: hashes.len(), ..exact })
}

/// Asserts that the engine finds exactly these facts, and that its paths are valid.
pub(crate) fn assert_engine_finds<A, C, H>(
    exact: &Exact,
    model: &ActorModel<A, C, H>,
    reads: impl Fn(&'static str) -> Reads<A, C, H>,
    threads: usize,
) where
    A: Actor + Sync,
    A::Msg: Ord + Send + Sync,
    A::Timer: Ord + Send + Sync,
    A::State: Send + Sync,
    A::Storage: Send + Sync,
    A::Random: Send + Sync,
    C: Sync,
    H: Clone + Debug + Hash + PartialEq + Send + Sync,
{
    let options = Options { threads, doubt: threads == 1, paths: true, ..Options::default() };
    // A wrong engine may find more states, without end.
    let too_much = |now: Progress| now.generated_states > exact.generated;
    let watch =
        |now| if too_much(now) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let report = check(model, reads, &options, watch).expect("nothing is refused");
    assert_eq!(report.ending, Ending::Exhausted);
    let now = report.progress;
    assert_eq!(
        (now.unique_states, now.generated_states),
        (exact.unique, exact.generated),
        "unique, generated"
    );
    assert_eq!((now.depth, now.frontier), (exact.depth, 0), "depth, frontier");
    let depths: BTreeMap<_, _> =
        report.discoveries.iter().map(|(name, seen)| (*name, seen.depth)).collect();
    assert_eq!(depths, exact.decided, "depths of discoveries");
    for (name, discovery) in report.discoveries {
        let path = discovery.path.expect("paths were asked for").into_vec();
        assert_eq!(path.len(), discovery.depth + 1, "the path to \"{name}\" has its depth");
        assert!(
            model.init_states().contains(&path[0].0),
            "the path to \"{name}\" begins in an initial state"
        );
        for step in path.windows(2) {
            let action = step[0].1.clone().expect("a step leaves every state but the last");
            assert_eq!(
                model.next_state(&step[0].0, action).as_ref(),
                Some(&step[1].0),
                "each step of the path to \"{name}\" is one of the model"
            );
        }
        assert!(
            path.iter().all(|(state, _)| model.within_boundary(state)),
            "the path to \"{name}\" stays within the boundary"
        );
        let property = model.property(name);
        let (last, _) = path.last().expect("a path has a last state");
        let decides =
            (property.condition)(model, last) == (property.expectation == Expectation::Sometimes);
        assert!(decides, "the last state on the path to \"{name}\" decides it");
    }
}

/// Asserts that stateright finds exactly these facts. Its fingerprints must distinguish all states,
/// and some property must stay undecided, or it stops early.
pub(crate) fn assert_stateright_finds<A, C, H>(exact: &Exact, model: ActorModel<A, C, H>)
where
    A: Actor + Send + Sync + 'static,
    A::Msg: Ord + Send + Sync,
    A::Timer: Ord + Send + Sync,
    A::State: Send + Sync,
    A::Storage: Send + Sync,
    A::Random: Send + Sync,
    C: Send + Sync + 'static,
    H: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    ActorModelState<A, H>: Send,
{
    assert_eq!(exact.hashes, exact.unique, "stateright tells the states apart");
    assert!(model.properties().len() > exact.decided.len(), "a property is left undecided");
    let checker = model.checker().threads(1).spawn_bfs().join();
    assert_eq!(
        (checker.unique_state_count(), checker.state_count()),
        (exact.unique, exact.generated),
        "stateright"
    );
    let mut decided: Vec<_> = checker.discoveries().into_keys().collect();
    decided.sort_unstable();
    assert!(decided.iter().eq(exact.decided.keys()), "stateright decides {decided:?}");
}
