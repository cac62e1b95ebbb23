//! Partial order: the omitted states change no verdict.

use interned_checker::{BOUNDARY, Check, Convergence, Ending, Options, Reads, Report};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use stateright::actor::{
    Actor, ActorModel, ActorModelAction, ActorModelState, Envelope, Id, LossyNetwork, Network, Out,
    model_timeout,
};
use stateright::{Expectation, Model};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

const WORKERS: usize = 2;
const LISTENERS: usize = 2;
const NUMBERS: u8 = 3;
const MESSAGES: u8 = 2;
/// The highest count of a listener in a duplicating network, which delivers for ever. Elsewhere a
/// highest count would make the order matter: the messages after it stay in flight.
const HEARD_MAX: u8 = 3;

/// A worker's reaction: its new number, and the messages that it sends.
type Reaction = (u8, Vec<(usize, u8)>);

#[derive(Clone, Debug)]
struct Table {
    started: Vec<(usize, u8)>,
    /// By number and message.
    told: Vec<Reaction>,
    /// By number.
    fired: Vec<Reaction>,
    steps: u8,
    /// How often a listener tells worker 0 that it has received something.
    replies: u8,
    /// The highest count of a listener.
    heard_max: u8,
}

/// Workers react by a table, and send messages to each other and to listeners. Listeners only count
/// messages, whatever they contain, and reply to the first ones.
#[derive(Clone)]
enum Party {
    Worker(Arc<Table>),
    Listener(Arc<Table>),
}

/// A worker's number or a listener's count; and how many steps a worker has left.
type PartyState = (u8, u8);

impl Party {
    fn react(state: &mut Cow<'_, PartyState>, (number, sent): &Reaction, out: &mut Out<Self>) {
        if let Some(left) = state.1.checked_sub(1) {
            *state.to_mut() = (*number, left);
            for (to, message) in sent {
                out.send(Id::from(*to), *message);
            }
        }
    }
}

impl Actor for Party {
    type Msg = u8;
    type State = PartyState;
    type Timer = Id;
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, storage: &Option<()>, out: &mut Out<Self>) -> PartyState {
        let Party::Worker(table) = self else { return (0, 0) };
        if storage.is_some() {
            return (0, 0);
        }
        out.save(());
        table.started.iter().for_each(|(to, message)| out.send(Id::from(*to), *message));
        out.set_timer(id, model_timeout());
        (0, table.steps)
    }

    fn on_msg(
        &self,
        _id: Id,
        state: &mut Cow<'_, PartyState>,
        _src: Id,
        message: u8,
        out: &mut Out<Self>,
    ) {
        match self {
            Party::Worker(table) => {
                let reaction = &table.told[usize::from(state.0 * MESSAGES + message)];
                Self::react(state, reaction, out);
            }
            Party::Listener(table) if state.0 < table.heard_max => {
                state.to_mut().0 += 1;
                if state.0 <= table.replies {
                    out.send(Id::from(0), 0);
                }
            }
            Party::Listener(_) => {}
        }
    }

    fn on_timeout(
        &self,
        _id: Id,
        state: &mut Cow<'_, PartyState>,
        _timer: &Id,
        out: &mut Out<Self>,
    ) {
        let Party::Worker(table) = self else { return };
        let reaction = &table.fired[usize::from(state.0)];
        Self::react(state, reaction, out);
    }
}

/// Do listeners reply?
type Replies = bool;
/// A number for what workers have received, and in which order.
type Heard = u8;
type System = ActorModelState<Party, Heard>;
type PartyModel = ActorModel<Party, Replies, Heard>;

fn is_listener(id: Id) -> bool {
    usize::from(id) >= WORKERS
}

fn numbers(state: &System) -> Vec<u8> {
    state.actor_states[..WORKERS].iter().map(|worker| worker.0).collect()
}

/// The name, expectation and condition of a property.
type Asked = (&'static str, Expectation, fn(&PartyModel, &System) -> bool);

const PROPERTIES: [Asked; 5] = [
    ("both have a 2", Expectation::Sometimes, |_, state| numbers(state) == [2, 2]),
    ("one has a 1, one a 2", Expectation::Sometimes, |_, state| numbers(state) == [1, 2]),
    ("some order", Expectation::Sometimes, |_, state| state.history == 5 && numbers(state)[0] == 1),
    ("nobody is down with a 2", Expectation::Always, |_, state| {
        !(state.crashed[1] && numbers(state)[1] == 2)
    }),
    ("no timer without steps", Expectation::Always, |_, state| {
        (0..WORKERS).all(|worker| {
            state.timers_set[worker].iter().next().is_none() || state.actor_states[worker].1 > 0
        })
    }),
];

fn convergence() -> Convergence<Party, Replies, Heard> {
    Convergence {
        goes_on: |replies, action| match action {
            ActorModelAction::Drop(_) | ActorModelAction::Crash(_) => false,
            ActorModelAction::Deliver { dst, .. } => *replies || !is_listener(*dst),
            _ => true,
        },
        is_cut: |_, _| false,
        properties: vec![
            ("eventually both are alike", |_, state| numbers(state)[0] == numbers(state)[1]),
            ("eventually no steps are left", |_, state| {
                state.actor_states.iter().all(|party| party.1 == 0)
            }),
            ("eventually no listener has heard just one", |model, state| {
                // If listeners do not reply, deliveries to them are not among the steps that
                // remain.
                !model.cfg || state.actor_states[WORKERS..].iter().all(|listener| listener.0 != 1)
            }),
        ],
    }
}

#[derive(Clone, Debug)]
struct Case {
    table: Table,
    network: usize,
    lossy: bool,
    crashes: usize,
}

/// The place of the duplicating network in [`Case::model`].
const DUPLICATING: usize = 2;

impl Case {
    fn model(&self) -> PartyModel {
        let heard_max = if self.network == DUPLICATING { HEARD_MAX } else { u8::MAX };
        let table = Arc::new(Table { heard_max, ..self.table.clone() });
        let networks = [
            Network::new_unordered_nonduplicating([]),
            Network::new_ordered([]),
            Network::new_unordered_duplicating([]),
        ];
        let mut model = ActorModel::new(self.table.replies > 0, 0)
            .actors((0..WORKERS).map(|_| Party::Worker(Arc::clone(&table))))
            .actors((0..LISTENERS).map(|_| Party::Listener(Arc::clone(&table))))
            .init_network(networks[self.network].clone())
            .lossy_network(if self.lossy { LossyNetwork::Yes } else { LossyNetwork::No })
            .max_crashes(self.crashes)
            .within_boundary(|_, state| !state.crashed[WORKERS..].contains(&true))
            .record_msg_in(|_, heard, envelope| {
                let next = (heard * 3 + envelope.msg + 1) % 7;
                (!is_listener(envelope.dst)).then_some(next)
            });
        for (name, expectation, condition) in PROPERTIES {
            model = model.property(expectation, name, condition);
        }
        model
    }
}

fn case() -> impl Strategy<Value = Case> {
    let send = || (0..WORKERS + LISTENERS, 0..MESSAGES);
    let reaction = || (0..NUMBERS, vec(send(), 0..=2));
    let table = (
        vec(send(), 1..=2),
        vec(reaction(), usize::from(NUMBERS * MESSAGES)),
        vec(reaction(), usize::from(NUMBERS)),
        1..=3_u8,
        0..=1_u8,
    );
    let table = table.prop_map(|(started, told, fired, steps, replies)| Table {
        started,
        told,
        fired,
        steps,
        replies,
        heard_max: 0,
    });
    (table, 0..3_usize, any::<bool>(), 0..=1_usize)
        .prop_map(|(table, network, lossy, crashes)| Case { table, network, lossy, crashes })
}

fn reads(name: &'static str) -> Reads<Party, Replies, Heard> {
    match name {
        BOUNDARY => Reads::nothing().crashed(),
        "nobody is down with a 2" => Reads::nothing().crashed().states(),
        "both have a 2" | "one has a 1, one a 2" => Reads::nothing().states(),
        _ => Reads::everything(),
    }
}

const STATES_MAX: usize = 20_000;

fn names(report: &Report<Party, Heard>) -> BTreeSet<&'static str> {
    report.discoveries.keys().copied().collect()
}

/// Statistics of the random models: how many became smaller, and what was found in them.
#[derive(Default)]
struct Tally {
    reduced: usize,
    found: usize,
    converging: usize,
}

fn compare(case: &Case, tally: &RefCell<Tally>) -> Result<(), TestCaseError> {
    let model = case.model();
    for threads in [1, 2] {
        let options = Options { threads, paths: true, ..Options::default() };
        let check = || Check::new(&model, reads).converges(convergence());
        let few = |progress: interned_checker::Progress| match progress.unique_states {
            0..=STATES_MAX => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        let whole = check().run(&options, few).expect("nothing is refused");
        prop_assume!(whole.ending == Ending::Exhausted, "too many states");
        // Every delivery to a listener may be taken first.
        let first =
            check().partial_order(|_, _, envelope: &Envelope<u8>| is_listener(envelope.dst));
        let reduced =
            first.run(&options, |_| ControlFlow::Continue(())).expect("nothing is refused");
        prop_assert_eq!(reduced.ending, Ending::Exhausted);
        prop_assert!(reduced.progress.unique_states <= whole.progress.unique_states);
        prop_assert_eq!(names(&reduced), names(&whole));
        let mut tally = tally.borrow_mut();
        tally.reduced += usize::from(reduced.progress.unique_states < whole.progress.unique_states);
        for (name, discovery) in reduced.discoveries {
            prop_assert!(discovery.depth >= whole.discoveries[name].depth, "{}", name);
            let path = discovery.path.expect("paths are on").into_vec();
            if let Some((_, _, condition)) = PROPERTIES.iter().find(|(other, ..)| *other == name) {
                tally.found += 1;
                let sought = Model::property(&model, name).expectation == Expectation::Sometimes;
                prop_assert_eq!(path.len(), discovery.depth + 1);
                prop_assert_eq!(condition(&model, &path[discovery.depth].0), sought, "{}", name);
            } else {
                tally.converging += 1;
                let properties = convergence().properties;
                let (_, condition) =
                    properties.iter().find(|(other, _)| *other == name).expect("one of them");
                prop_assert!(
                    path[discovery.depth..].iter().any(|(state, _)| !condition(&model, state)),
                    "{}",
                    name
                );
            }
        }
    }
    Ok(())
}

#[test]
fn omitted_states_change_no_verdict() {
    let standard = ProptestConfig::default();
    let config = ProptestConfig {
        cases: 500,
        max_global_rejects: 10_000,
        rng_seed: if standard.rng_seed == RngSeed::Random {
            RngSeed::Fixed(1)
        } else {
            standard.rng_seed
        },
        failure_persistence: None,
        ..standard
    };
    let tally = RefCell::default();
    TestRunner::new(config)
        .run(&case(), |case| compare(&case, &tally))
        .unwrap_or_else(|error| panic!("{error}"));
    let Tally { reduced, found, converging } = tally.into_inner();
    // Otherwise too little was compared.
    assert!(
        reduced > 300 && found > 300 && converging > 100,
        "{reduced} reduced, {found} found, {converging} convergence properties"
    );
}
