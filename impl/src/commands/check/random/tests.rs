use super::*;
use dynamo::scope_file::Written;
use dynamo_invariants::check::find;
use dynamo_invariants::trace::Trace;
use std::fs;
use std::path::Path;

/// Nobody sets it: these checks are never stopped.
static GO: AtomicBool = AtomicBool::new(false);

fn plan(count: u64, states_max: usize) -> Plan {
    Plan { seed: 1, from: 0, count, states_max, rules: Rules::default(), threads: 2 }
}

fn session(plan: &Plan, folder: &Path) -> Session<'static> {
    Session { plan: *plan, defect: None, keep_going: true, folder: folder.to_owned(), stop: &GO }
}

fn broken(plan: &Plan, defect: &str, folder: &Path) -> Session<'static> {
    let defect = Defect::named(defect).expect("a defect");
    let plan = Plan { rules: (defect.rules)(), ..*plan };
    Session { defect: Some(defect), keep_going: false, ..session(&plan, folder) }
}

/// What a check finds, and all that it prints, without colours.
fn told(session: &Session<'_>) -> (Tally, String) {
    let mut text = String::new();
    let mut out = |line: &str| {
        text.push_str(&anstream::adapter::strip_str(line).to_string());
        text.push('\n');
    };
    let tally = session.check(&ProgressBar::hidden(), &mut out);
    session.conclude(&tally, &mut out);
    (tally, text)
}

#[test]
fn the_number_of_threads_makes_no_difference() {
    let drawn_by = |threads| {
        let mut all = Vec::new();
        crew::examine_all(&Plan { threads, ..plan(12, 500) }, &GO, |drawn| {
            all.extend(drawn.map(|drawn| {
                let holds = matches!(drawn.examined.outcome, Outcome::Holds);
                (drawn.number, drawn.own, holds.then_some(drawn.examined.states))
            }));
            ControlFlow::Continue(())
        });
        all
    };
    let alone = drawn_by(1);
    assert_eq!(alone, drawn_by(2));
    assert!(alone.iter().map(|(number, ..)| *number).eq(0..12));
    assert!(alone.iter().any(|(.., states)| states.is_some()));
}

/// Checks until random scopes find the defect, and reads what is saved.
fn assert_is_found(defect: &str, count: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let session = broken(&plan(count, 10_000), defect, folder.path());
    let (tally, text) = told(&session);
    let [violation] = &tally.violations[..] else { panic!("{defect}: {text}") };
    assert!(matches!(session.outcome(&tally), Err(Failure::Operation(_))), "{text}");
    let scope_file = violation.scope_file.as_ref().expect("the scope is saved");
    assert!(scope_file.ends_with(format!("drawn-1-{}.toml", violation.number)), "{text}");
    assert!(text.contains(&format!("--scope {} --defect {defect}", scope_file.display())));
    let scope = fs::read_to_string(scope_file).expect("it is there");
    let scope = Written::read(&scope).expect("a scope").scope().expect("it is valid");
    let property = Property::named(violation.property).expect("a property");
    let (finding, _) = find(scope, session.plan.rules, property);
    assert_eq!(finding.map(|finding| finding.depth), violation.steps, "{text}");
    let trace = violation.trace_file.as_ref().expect("the path is saved");
    let trace = Trace::from_json(&fs::read(trace).expect("it is there")).expect("a trace");
    assert_eq!((trace.property.as_str(), trace.defect.as_deref()), (property.name, Some(defect)));
    assert_eq!(trace.own_scope.as_ref(), Some(&violation.scope));
    let first = tally.first.expect("it was found");
    assert_eq!(first.scopes as u64, violation.number + 1, "{text}");
    assert!(text.contains("The first violation was found after "), "{text}");
}

#[test]
fn random_scopes_find_an_acknowledgement_that_comes_too_early() {
    assert_is_found("ack-one-short", 10);
}

#[test]
fn random_scopes_find_a_dropped_hint() {
    assert_is_found("hint-dropped-when-sent", 100);
}

#[test]
fn a_property_that_is_violated_again_and_again_is_told_some_times() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = broken(&plan(25, 300), "ack-one-short", folder.path());
    let (tally, text) = told(&Session { keep_going: true, ..broken });
    let name = "I1.acknowledged-put-is-on-w-disks";
    let told = tally.violations_of(name).filter(|it| it.steps.is_some()).count();
    assert!(told == TOLD_MAX && tally.violations_of(name).count() > told, "{text}");
    assert!(text.contains(&format!("Further violations of {name} are only counted.")), "{text}");
    assert_eq!(text.matches("is violated in the scope").count(), text.matches("It says: ").count());
}

#[test]
fn a_scope_that_is_too_large_is_not_counted_as_held() {
    let session = session(&plan(4, 1), Path::new("/nonexistent"));
    let (tally, text) = told(&session);
    assert_eq!((tally.held, tally.too_large, tally.violations.len()), (0, 4, 0), "{text}");
    let Err(Failure::CutOff(error)) = session.outcome(&tally) else { panic!("{text}") };
    assert!(error.to_string().contains("raise --states-max"), "{error}");
    assert!(text.contains("4  have more than 1 states: nothing is proved"), "{text}");
}

#[test]
fn a_check_that_is_stopped_says_how_to_go_on() {
    let stop = AtomicBool::new(true);
    let plan = Plan { from: 7, ..plan(4, 300) };
    let session = Session { stop: &stop, ..session(&plan, Path::new("/nonexistent")) };
    let (tally, text) = told(&session);
    let line = "dynamo check --random 4 --seed 1 --from 7 --states-max 300";
    assert!(text.trim_end().ends_with(line), "{text}");
    assert!(matches!(session.outcome(&tally), Err(Failure::CutOff(_))), "{text}");
    assert_eq!(session.as_json(&tally)["stopped"], 4);
}

#[test]
fn a_check_of_scopes_that_hold_says_what_was_put_to_the_test() {
    let session = session(&plan(12, 1_000), Path::new("/nonexistent"));
    let (tally, text) = told(&session);
    assert!(session.outcome(&tally).is_ok() && tally.held > 0, "{text}");
    assert!(text.contains("I6.no-ack-before-w  "), "{text}");
    let json = session.as_json(&tally);
    assert!(json["properties"]["I6.no-ack-before-w"].as_u64() > Some(0), "{json:#}");
    assert_eq!((&json["seed"], &json["stopped"]), (&1.into(), &0.into()));
}
