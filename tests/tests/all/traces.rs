//! Traces are written, read, replayed and shrunk.

use dynamo_invariants::catalogue::LIMITS;
use dynamo_invariants::check::find;
use dynamo_invariants::defect::Defect;
use dynamo_invariants::trace::replay::{Divergence, Stopped};
use dynamo_invariants::trace::{Event, Trace, replay, shrink};
use dynamo_model::rules::Rules;
use stateright::Model;

fn of_defect(name: &str) -> Trace {
    let defect = Defect::named(name).expect("there is such a defect");
    let property = defect.properties().next().expect("it breaks something");
    let (finding, _) = find(defect.scope(), (defect.rules)(), property);
    Trace::record(defect.scope(), Some(defect), property, &finding.expect("it is found"))
}

fn of_limit(name: &str) -> Trace {
    let limit = LIMITS.iter().find(|limit| limit.name == name).expect("there is such a limit");
    let (finding, _) = find(limit.scope(), Rules::default(), limit.property());
    Trace::record(limit.scope(), None, limit.property(), &finding.expect("it is found"))
}

/// Together these traces have crashes, a lost disk, loss, timers, gossip, exchanges, lassos, and an
/// end without further steps.
const TELLING: &[&str] = &[
    "handoff-forgotten",
    "incarnation-reused",
    "moved-keys-wait",
    "exchange-never-ends",
    "last-answer-ignored",
    "change-in-memory-only",
];

#[test]
fn a_recorded_trace_is_read_back_and_replays() {
    let limits = ["hint-stays-while-messages-are-lost", "doubled-request-runs-again"];
    for trace in TELLING.iter().map(|name| of_defect(name)).chain(limits.map(of_limit)) {
        let read = Trace::from_json(trace.to_json().as_bytes())
            .expect("it was written by the same program");
        assert_eq!(read, trace);
        let run =
            read.replay().unwrap_or_else(|divergence| panic!("{:?}: {divergence}", trace.defect));
        assert_eq!(run.states.len(), trace.steps.len() + 1);
    }
}

#[test]
fn each_event_is_read_back_as_its_action() {
    for trace in TELLING.iter().map(|name| of_defect(name)) {
        let (run, _) = trace.run();
        for state in &run.states {
            let mut actions = Vec::new();
            run.model.actions(state, &mut actions);
            for action in actions {
                assert_eq!(Event::of(trace.scope().nodes, &action).action(), action);
            }
        }
    }
}

#[test]
fn a_changed_digest_is_reported_with_its_step_and_part() {
    let mut trace = of_defect("word-before-disk");
    let (part, digest) =
        trace.steps[1].changed.iter_mut().next().expect("a step changes something");
    digest.0 ^= 1;
    let part = part.clone();
    assert_eq!(trace.replay().err(), Some(Divergence::Differs { step: 2, parts: vec![part] }));

    let mut trace = of_defect("word-before-disk");
    trace.steps[2].state.0 ^= 1;
    assert_eq!(trace.replay().err(), Some(Divergence::Inconsistent { step: 3 }));

    let mut trace = of_defect("word-before-disk");
    trace.initial.clear();
    assert!(matches!(trace.replay().err(), Some(Divergence::Differs { step: 0, .. })));
}

#[test]
fn a_step_that_cannot_be_taken_is_named() {
    let mut trace = of_defect("word-before-disk");
    let first = trace.steps[0].clone();
    trace.steps.insert(1, first);
    assert_eq!(
        trace.replay().err(),
        Some(Divergence::Stopped { step: 2, why: Stopped::CannotHappen })
    );
}

#[test]
fn a_node_id_in_a_clients_name_is_not_taken_for_the_node() {
    let trace = of_defect("word-before-disk");
    let text = trace.to_json().replace("\"to\": \"A\"", "\"to\": \"c0\"");
    let trace = Trace::from_json(text.as_bytes()).expect("a client may have this name");
    assert!(matches!(
        trace.replay().err(),
        Some(Divergence::Stopped { why: Stopped::CannotHappen, .. })
    ));
}

#[test]
fn other_rules_lead_to_other_states() {
    let trace = Trace { defect: None, ..of_defect("word-before-disk") };
    assert!(matches!(trace.replay().err(), Some(Divergence::Differs { .. })));
}

#[test]
fn replay_evaluates_the_property_again() {
    let mut trace = of_defect("word-before-disk");
    "I9.change-is-never-unlearned".clone_into(&mut trace.property);
    assert_eq!(trace.replay().err(), Some(Divergence::NotShown("the property holds at the end")));

    let mut lasso = of_defect("exchange-never-ends");
    lasso.steps.pop();
    assert!(matches!(lasso.replay().err(), Some(Divergence::NotShown(_))));
}

#[test]
fn invalid_files_are_refused_with_a_reason() {
    let good = of_defect("word-before-disk").to_json();
    let says = |text: &str| {
        let error = Trace::from_json(text.as_bytes()).expect_err("the file is invalid");
        let cause = std::error::Error::source(&error).map_or(String::new(), ToString::to_string);
        format!("{error}: {cause}")
    };
    assert!(says("").contains("not a trace of format 1"));
    assert!(says(&"[".repeat(100_000)).contains("not a trace of format 1"));
    assert!(says(&format!("{{\"format\": 1, \"deep\": {}", "[".repeat(1_000_000))).contains("EOF"));
    assert!(says(&good.replace("\"format\": 1", "\"format\": 7")).contains("format says 7"));
    assert!(
        says(&good.replace("\"format\": 1", "\"format\": -7")).contains("not a trace of format 1")
    );
    assert!(
        says(&good.replace("\"scope\": \"", "\"scope\": \"un"))
            .contains("the field scope says \"un")
    );
    assert!(
        says(&good.replace("word-before-disk", "no-such"))
            .contains("the field defect says \"no-such\"")
    );
    assert!(
        says(&good.replace("\"property\": \"I", "\"property\": \"J"))
            .contains("the field property")
    );
    assert!(
        says(&good.replace("\"cycle_from\": null", "\"cycle_from\": 2"))
            .contains("cycle_from is there")
    );
    let lasso = of_defect("exchange-never-ends").to_json();
    let from =
        |text: &str| says(&lasso.replace("\"cycle_from\": 7", &format!("\"cycle_from\": {text}")));
    assert!(from("null").contains("cycle_from is missing"));
    assert!(from("700").contains("there are fewer steps"));
    assert!(
        says(&good.replace("\"initial\"", "\"initially\"")).contains("missing field `initial`")
    );
    assert!(
        says(&good.replace("\"state\": \"", "\"state\": \"+")).contains("16 hexadecimal digits")
    );
    assert!(says(&" ".repeat(Trace::BYTES_MAX + 1)).contains("bytes"));
}

#[test]
fn unknown_fields_are_ignored() {
    let trace = of_defect("word-before-disk");
    let text = trace.to_json().replacen('{', "{ \"author\": { \"name\": [1, 2] },", 1);
    assert_eq!(Trace::from_json(text.as_bytes()).expect("the known fields are unchanged"), trace);
}

/// A random walk with a small generator without a library, so that it is the same on every machine.
fn walked(name: &str, seed: u64) -> Option<Trace> {
    let defect = Defect::named(name).expect("there is such a defect");
    let mut number = seed;
    let choose = |count: usize| {
        number =
            number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (number >> 33) as usize % count
    };
    let (run, violated) = shrink::walk(defect.scope(), (defect.rules)(), 60, choose);
    violated.map(|property| Trace::of(&run, Some(name.to_owned()), property, None))
}

#[test]
fn a_random_violation_shrinks_until_every_step_is_needed() {
    let mut shrunk = 0;
    for name in
        ["word-before-disk", "hint-dropped-on-timeout", "last-write-wins", "old-replica-just-drops"]
    {
        let long: Vec<Trace> = (0..200).filter_map(|seed| walked(name, seed)).take(5).collect();
        assert!(!long.is_empty(), "{name} is not found at random");
        for trace in long {
            trace.replay().expect("it was recorded just now");
            let short = shrink::shrink(&trace).expect("it violates its property");
            let run = short.replay().expect("a shrunk trace is a trace");
            assert!(short.steps.len() <= trace.steps.len() && short.property == trace.property);
            shrunk += usize::from(short.steps.len() < trace.steps.len());
            for index in 0..run.events.len() {
                let mut rest = run.events.clone();
                rest.remove(index);
                let (rest, _) = replay::Run::of_what_can(short.scope(), short.rules(), &rest);
                let still = rest
                    .states
                    .iter()
                    .any(|state| !(short.property().condition)(&rest.model, state));
                assert!(!still, "{name}: step {} is not needed", index + 1);
            }
        }
    }
    assert!(shrunk > 10, "only {shrunk} of the random traces had steps that were not needed");
}

/// Defects that violate a *converges* property.
const LASSOS: [&str; 4] = [
    "exchange-never-ends",
    "roots-assumed-equal",
    "tombstones-have-no-digest",
    "only-missing-keys-travel",
];

#[test]
fn a_lasso_is_shrunk_to_what_the_search_found() {
    for name in LASSOS {
        let lasso = of_defect(name);
        let short = shrink::shrink(&lasso).expect("it shows its property");
        assert_eq!(short.depth(), lasso.depth(), "{name}");
        short.replay().expect("a shrunk trace is a trace");
    }
}

#[test]
fn a_cycle_is_taken_once() {
    let mut lasso = of_defect("exchange-never-ends");
    let once = lasso.steps.len();
    let round: Vec<_> = lasso.steps[lasso.depth()..].to_vec();
    (0..50).for_each(|_| lasso.steps.extend(round.clone()));
    lasso.replay().expect("the cycle can be repeated");
    assert!(shrink::shrink(&lasso).expect("it shows its property").steps.len() <= once);
}

#[test]
fn a_cycle_that_holds_a_message_back_for_ever_is_not_a_lasso() {
    let lasso = of_defect("roots-assumed-equal");
    let (property, mut events) = (lasso.property(), lasso.events());
    events.remove(lasso.depth() - 1);
    let (run, stopped) = replay::Run::of(lasso.scope(), lasso.rules(), &events);
    assert_eq!(stopped, None, "the cycle can be taken nevertheless");
    assert_eq!(run.states[lasso.depth() - 1], *run.last());
    let why = run.does_not_show(property, Some(lasso.depth() - 1));
    assert_eq!(why, Some("a run can leave the cycle and never return to it"));
}

#[test]
fn a_run_without_a_violation_is_not_shrunk() {
    let mut trace = of_defect("word-before-disk");
    trace.steps.pop();
    assert_eq!(shrink::shrink(&trace), None);
}
