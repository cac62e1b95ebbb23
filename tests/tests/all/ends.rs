//! Where runs end: a run that only the boundary of a scope stops does not end there.

use dynamo_invariants::catalogue;
use dynamo_invariants::property::Property;
use dynamo_invariants::scope::own::{Line, OwnScope, Quorum};
use dynamo_invariants::scope::{Ask, Faults, NO_FAULTS, Scope};
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;

/// About one walk of a hundred ends at the boundary before the views agree.
const WALKS: u64 = 2_000;
/// After so many of these, the test has seen enough.
const ENOUGH: usize = 3;
/// Most walks have no steps left long before. A node that is gone may gossip without end.
const STEPS: usize = 250;

/// Two nodes leave while a client puts. Here one message can make a node send two histories, and
/// the scope lets one be in flight.
fn two_leave() -> &'static Scope {
    let via = |position, ask| Line { via: Some(position), ask };
    let own = OwnScope {
        name: "two-leave-and-one-puts".to_owned(),
        aim: "Two nodes leave while a client puts. Nodes gossip.".to_owned(),
        key: "k".to_owned(),
        nodes: 4,
        quorum: Quorum { n: 2, r: 1, w: 1 },
        clients: vec![vec![via(1, Ask::Leave(0))], vec![via(1, Ask::Leave(2)), via(3, Ask::Put)]],
        faults: Faults { gossip: true, ..NO_FAULTS },
    };
    catalogue::own_scope(&own).expect("it is valid")
}

/// Takes random steps within the scope until none is left.
fn walk(scope: &Scope, seed: u64) -> Option<Run> {
    let (mut run, _) = Run::of(scope, Rules::default(), &[]);
    let mut random = seed;
    for _ in 0..STEPS {
        let mut steps = run.steps();
        if steps.is_empty() {
            return Some(run);
        }
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (event, _) = steps.swap_remove((random >> 33) as usize % steps.len());
        run.take(&event).expect("it is one of the steps that can be taken");
    }
    None
}

#[test]
fn a_run_that_only_the_boundary_stops_violates_nothing() {
    let (scope, property) = (two_leave(), Property::named("I7.views-agree-eventually"));
    let property = property.expect("a property");
    let disagrees = |run: &Run| !(property.condition)(&run.model, run.last());
    let walks = (1..=WALKS).filter_map(|seed| walk(scope, seed));
    let stopped: Vec<Run> = walks.filter(disagrees).take(ENOUGH).collect();
    assert_eq!(stopped.len(), ENOUGH, "too few walks met the boundary: take more of them");
    for run in stopped {
        let why = run.does_not_show(property, Some(run.events.len()));
        assert_eq!(why, Some("only the boundary of the scope keeps a run in the cycle"));
    }
}
