//! Convergence: the engine compared with a very simple search for terminal components.

use crate::tables::{Seen, Settings, Table, TableModel, TableState, case, everything, narrow};
use interned_checker::{
    ActorAction, Check, Condition, Convergence, Ending, Options, Progress, Reads, Refused, Subject,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use stateright::actor::{
    Actor, ActorModel, ActorModelAction, ActorModelState, Id, LossyNetwork, Network, Out,
    model_timeout,
};
use stateright::{Expectation, Model};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::time::Duration;

/// For each violated property, the least depth of a terminal component that violates it.
type Fails = BTreeMap<&'static str, usize>;

/// Computes the violations directly from the definition, with every state's depth and the steps
/// that remain.
fn fails<A, C, H>(
    model: &ActorModel<A, C, H>,
    convergence: &Convergence<A, C, H>,
    most: usize,
) -> Option<Fails>
where
    A: Subject,
    A::State: Eq,
    H: Clone + Debug + Hash + Eq + Send + Sync,
{
    let mut states: Vec<(ActorModelState<A, H>, usize)> = Vec::new();
    let mut numbers: HashMap<ActorModelState<A, H>, usize> = HashMap::new();
    let mut edges: Vec<BTreeSet<usize>> = Vec::new();
    for state in
        model.init_states().into_iter().filter(|state| Model::within_boundary(model, state))
    {
        numbers.insert(state.clone(), states.len());
        states.push((state, 0));
    }
    while edges.len() < states.len() {
        let (state, depth) = states[edges.len()].clone();
        let mut going_on = BTreeSet::new();
        for (action, next) in model
            .next_steps(&state)
            .into_iter()
            .filter(|(_, next)| Model::within_boundary(model, next))
        {
            let number = *numbers.entry(next.clone()).or_insert_with(|| {
                states.push((next, depth + 1));
                states.len() - 1
            });
            if (convergence.goes_on)(&model.cfg, &action) {
                going_on.insert(number);
            }
        }
        edges.push(going_on);
        if states.len() > most {
            return None;
        }
    }
    let reached: Vec<BTreeSet<usize>> =
        (0..states.len()).map(|from| reached(&edges, from)).collect();
    let is_terminal =
        |state: &usize| reached[*state].iter().all(|other| reached[*other].contains(state));
    let mut fails = Fails::new();
    for state in (0..states.len()).filter(is_terminal) {
        for (name, condition) in &convergence.properties {
            if !reached[state].iter().all(|other| condition(model, &states[*other].0)) {
                let least = fails.entry(*name).or_insert(states[state].1);
                *least = states[state].1.min(*least);
            }
        }
    }
    Some(fails)
}

/// The states that are reachable from one state, including itself.
fn reached(edges: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let (mut seen, mut left) = (BTreeSet::from([from]), vec![from]);
    while let Some(state) = left.pop() {
        left.extend(edges[state].iter().filter(|next| seen.insert(**next)));
    }
    seen
}

fn assert_engine_finds<A: Subject, C: Sync, H: interned_checker::History>(
    expected: &Fails,
    model: &ActorModel<A, C, H>,
    convergence: &dyn Fn() -> Convergence<A, C, H>,
    reads: impl Fn(&'static str) -> Reads<A, C, H>,
    threads: usize,
) {
    let options = Options { threads, paths: true, ..Options::default() };
    let check = Check::new(model, reads).converges(convergence());
    let mut report =
        check.run(&options, |_| ControlFlow::Continue(())).expect("nothing is refused");
    assert_eq!(report.ending, Ending::Exhausted);
    assert_eq!(report.progress.settled_states, report.progress.unique_states);
    let Convergence { goes_on, properties, .. } = convergence();
    let mut found = Fails::new();
    for (name, condition) in properties {
        let Some(discovery) = report.discoveries.remove(name) else { continue };
        found.insert(name, discovery.depth);
        let path = discovery.path.expect("paths are on");
        let goes_on = |action: &ActorAction<A>| goes_on(&model.cfg, action);
        assert_is_lasso(model, &path.into_vec(), discovery.depth, &goes_on, condition);
    }
    assert_eq!(found, *expected, "with {threads} threads");
}

/// States, each with the step to the next.
type Steps<A, H> = [(ActorModelState<A, H>, Option<ActorAction<A>>)];

fn assert_is_lasso<A: Subject, C, H: interned_checker::History>(
    model: &ActorModel<A, C, H>,
    path: &Steps<A, H>,
    depth: usize,
    goes_on: &dyn Fn(&ActorAction<A>) -> bool,
    condition: Condition<A, C, H>,
) {
    let cycle = &path[depth..];
    let (entry, last) = (&cycle[0].0, &cycle[cycle.len() - 1].0);
    assert_eq!(entry, last, "a cycle ends where it begins");
    assert!(
        cycle.iter().any(|(state, _)| !condition(model, state)),
        "the cycle violates the property"
    );
    for (_, action) in &cycle[..cycle.len() - 1] {
        assert!(
            goes_on(action.as_ref().expect("a step leaves every state but the last")),
            "a step that does not remain"
        );
    }
    if cycle.len() == 1 {
        let mut steps = model.next_steps(entry).into_iter();
        assert!(
            !steps.any(|(action, next)| Model::within_boundary(model, &next) && goes_on(&action)),
            "some step remains"
        );
    }
}

fn goes_on(settings: &Settings, action: &ActorAction<Table>) -> bool {
    match action {
        ActorModelAction::Drop(_) => settings.small == 3,
        ActorModelAction::Crash(_) => settings.small == 2,
        ActorModelAction::Timeout(_, timer) => timer.1 == 0,
        ActorModelAction::Deliver { msg, .. } => *msg != settings.message,
        ActorModelAction::Recover(_) | ActorModelAction::SelectRandom { .. } => true,
    }
}

fn convergence() -> Convergence<Table, Settings, Seen> {
    let alike = |_: &TableModel, state: &TableState| {
        state.actor_states.windows(2).all(|two| two[0] == two[1])
    };
    let asked = |model: &TableModel, state: &TableState| {
        state.actor_states.iter().any(|own| **own == model.cfg.state)
    };
    let saved =
        |_: &TableModel, state: &TableState| state.actor_storages.iter().all(Option::is_some);
    let up = |_: &TableModel, state: &TableState| !state.crashed.contains(&true);
    let properties: Vec<(&'static str, Condition<Table, Settings, Seen>)> = vec![
        ("eventually all are alike", alike),
        ("eventually some are in this state", asked),
        ("eventually all have saved", saved),
        ("eventually all are up", up),
        ("eventually nothing is in flight", |_, state| state.network.len() == 0),
        ("always true", |_, _| true),
        ("never true", |_, _| false),
    ];
    Convergence { goes_on, is_cut: |_, _| false, properties }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        max_global_rejects: 20_000,
        rng_seed: RngSeed::Fixed(3),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_engine_finds_what_does_not_converge(case in case()) {
        let model = case.model();
        let expected = fails(&model, &convergence(), 700);
        prop_assume!(expected.is_some(), "too many states");
        let expected = expected.expect("just assumed");
        let mut initial = Model::init_states(&model).into_iter();
        let begins = initial.any(|state| Model::within_boundary(&model, &state));
        let fails = expected.contains_key("never true");
        prop_assert_eq!(fails, begins, "every run has a terminal component");
        for threads in [1, 2] {
            assert_engine_finds(&expected, &model, &convergence, everything, threads);
            let reads = |name| narrow(case.settings.limits, name);
            assert_engine_finds(&expected, &model, &convergence, reads, threads);
        }
    }
}

/// Each sends the other its opinion once. The second adopts the first one's. The first keeps its
/// own.
#[derive(Clone)]
struct Peer {
    /// Does it adopt what it hears, and send back the contrary, for ever?
    contradicts: bool,
}

impl Actor for Peer {
    type Msg = bool;
    type State = bool;
    type Timer = usize;
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> bool {
        out.set_timer(id.into(), model_timeout());
        id == Id::from(0)
    }

    fn on_msg(&self, id: Id, state: &mut Cow<'_, bool>, src: Id, msg: bool, out: &mut Out<Self>) {
        if self.contradicts {
            *state.to_mut() = !msg;
            out.send(src, !msg);
        } else if msg != **state && id == Id::from(1) {
            *state.to_mut() = msg;
        } else if msg != **state {
            out.send(src, **state);
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, bool>, _timer: &usize, out: &mut Out<Self>) {
        out.send(Id::from(1 - usize::from(id)), **state);
    }
}

fn peers(contradicts: bool, lossy: LossyNetwork) -> ActorModel<Peer> {
    ActorModel::new((), ())
        .actors([Peer { contradicts }, Peer { contradicts }])
        .init_network(Network::new_unordered_nonduplicating([]))
        .lossy_network(lossy)
}

const AGREE: &str = "eventually they agree";

fn agreement() -> Convergence<Peer, (), ()> {
    let agree = |_: &ActorModel<Peer>, state: &ActorModelState<Peer, ()>| {
        state.actor_states[0] == state.actor_states[1]
    };
    let goes_on =
        |(): &(), action: &ActorAction<Peer>| !matches!(action, ActorModelAction::Drop(_));
    Convergence { goes_on, is_cut: |_, _| false, properties: vec![(AGREE, agree)] }
}

/// The lengths of the path to the terminal component and of its cycle, if the run does not
/// converge.
fn lasso(model: &ActorModel<Peer>) -> Option<(usize, usize)> {
    let expected = fails(model, &agreement(), 10_000).expect("not so many states");
    for threads in [1, 2, 3] {
        assert_engine_finds(&expected, model, &agreement, |_| Reads::everything(), threads);
    }
    let check = Check::new(model, |_| Reads::everything()).converges(agreement());
    let options = Options { paths: true, ..Options::default() };
    let mut report =
        check.run(&options, |_| ControlFlow::Continue(())).expect("nothing is refused");
    let discovery = report.discoveries.remove(AGREE)?;
    let steps = discovery.path.expect("paths are on").into_actions().len();
    Some((discovery.depth, steps - discovery.depth))
}

#[test]
fn under_fairness_the_peers_agree() {
    assert_eq!(lasso(&peers(false, LossyNetwork::No)), None);
}

/// Messages may be lost before, but not after: then no step remains.
#[test]
fn without_further_steps_a_lasso_has_no_cycle() {
    assert_eq!(
        lasso(&peers(false, LossyNetwork::Yes)),
        Some((4, 0)),
        "both timers fire, both messages are lost"
    );
}

/// A livelock is not a terminal state, and stateright's *eventually* has no fairness. Here it is a
/// cycle.
#[test]
fn a_livelock_is_a_lasso() {
    let (_, cycle) =
        lasso(&peers(true, LossyNetwork::No)).expect("they contradict each other for ever");
    assert!(cycle > 0);
}

#[test]
fn names_are_distinct_among_all_kinds() {
    let model = peers(false, LossyNetwork::No).property(Expectation::Always, AGREE, |_, _| true);
    let check = Check::new(&model, |_| Reads::everything()).converges(agreement());
    let refused = check.run(&Options::default(), |_| ControlFlow::Continue(())).err();
    assert_eq!(refused, Some(Refused::SameName(AGREE)));
}

/// A check that is stopped before all states are settled proves nothing.
#[test]
fn unsettled_states_are_no_proof() {
    let model = peers(true, LossyNetwork::Yes);
    let slow = |_: &ActorModel<Peer>, _: &ActorModelState<Peer, ()>| {
        std::thread::sleep(Duration::from_millis(20));
        true
    };
    // No step remains, so every state is terminal.
    let convergence = Convergence {
        goes_on: |(), _| false,
        is_cut: |_, _| false,
        properties: vec![("slow to evaluate", slow as Condition<_, _, _>)],
    };
    let stop = |now: Progress| {
        if now.unique_states == 13 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let check = Check::new(&model, |_| Reads::everything()).converges(convergence);
    let report = check.run(&Options::default(), stop).expect("nothing is refused");
    assert_eq!(
        (report.ending, report.progress.frontier),
        (Ending::CutOff, 0),
        "{:?}",
        report.progress
    );
}
