use super::found::Checked;
use super::session::surprises;
use super::*;
use dynamo_invariants::check::Conclusion;
use dynamo_invariants::trace::Trace;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// A check of these scopes under the protocol's rules, which saves nothing.
fn session<'a>(scopes: &[&'a Scope], stop: &'a AtomicBool) -> Session<'a> {
    Session {
        scopes: scopes.to_vec(),
        rules: Rules::default(),
        defect: None,
        counts_are_pinned: true,
        every_step: false,
        effort: Effort { stop_when_violated: true, ..Effort::threads(1) },
        keep_going: false,
        verbose: false,
        folder: PathBuf::from("/nonexistent"),
        stop,
    }
}

/// The same as if someone had broken the source: other rules, and no defect that is named.
fn broken<'a>(session: Session<'a>, defect: &str, folder: &Path) -> Session<'a> {
    let rules = (Defect::named(defect).expect("a defect").rules)();
    Session { rules, folder: folder.to_owned(), ..session }
}

/// What a check finds, and all that it prints, without colours.
fn told(session: &Session<'_>) -> (Checked, String) {
    let mut text = String::new();
    let mut out = |line: &str| {
        text.push_str(&anstream::adapter::strip_str(line).to_string());
        text.push('\n');
    };
    let checked = session.check(&mut out);
    session.tell(&checked, &mut out);
    (checked, text)
}

fn scope(name: &str) -> &'static Scope {
    dynamo_invariants::catalogue::scope_named(name).expect("a scope")
}

fn failure(checked: &Checked) -> Failure {
    checked.outcome().expect_err("it fails")
}

/// Nobody sets it: these checks are never stopped.
static GO: AtomicBool = AtomicBool::new(false);

#[test]
fn a_scope_has_a_line_and_an_invariant_a_row() {
    let (checked, text) = told(&session(&[scope("forwarding"), scope("stand-in")], &GO));
    assert!(checked.holds() && checked.outcome().is_ok(), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("forwarding     27 states"), "{text}");
    assert!(lines[1].starts_with("stand-in    1,679 states"), "{text}");
    assert!(lines[..2].iter().all(|line| line.ends_with("s  holds")), "{text}");
    for id in 1..=9 {
        assert!(text.contains(&format!("│ I{id} ")), "{text}");
    }
    assert!(text.contains("in every one of the 1,706 reachable states of 2 scopes ("), "{text}");
    assert!(text.contains("This proves nothing about I"), "{text}");
    assert!(!text.contains("deliver Store"), "the long tables are for --verbose: {text}");
    let verbose = Session { verbose: true, ..session(&[scope("forwarding")], &GO) };
    assert!(told(&verbose).1.contains("deliver"));
}

#[test]
fn a_violation_stops_the_check_and_is_told_as_a_story() {
    let folder = tempfile::tempdir().expect("a folder");
    let scopes = [scope("forwarding"), scope("one-client"), scope("stand-in")];
    let session = broken(session(&scopes, &GO), "ack-one-short", folder.path());
    let (checked, text) = told(&session);
    assert!(!checked.holds());
    assert_eq!(checked.measured.len() + checked.unchecked.len(), 3);
    assert_eq!(checked.unchecked, ["stand-in"], "{text}");
    let last = &checked.measured[1];
    assert!(last.has_violation() && !last.report.complete, "{text}");
    assert!(last.report.progress.unique_states < 23_385, "it stopped early: {text}");
    assert!(text.contains("VIOLATED: I"), "{text}");
    assert!(text.contains("is violated in the scope one-client (after "), "{text}");
    assert!(text.contains("After the last step:"), "{text}");
    assert!(text.contains("Not checked: 1 scope. --keep-going"), "{text}");
    assert!(matches!(failure(&checked), Failure::Operation(_)));
    // What was saved can be read, and is what the story tells.
    let files: Vec<_> = fs::read_dir(folder.path()).expect("a folder").flatten().collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    let trace = Trace::from_json(&fs::read(file.path()).expect("a file")).expect("a trace");
    assert_eq!((trace.scope.as_str(), trace.defect.as_deref()), ("one-client", None));
    assert!(text.contains(&format!("dynamo trace step {}", file.path().display())), "{text}");
    assert!(text.contains("dynamo explore one-client --trace "), "{text}");
    assert!(text.contains(&format!("{} is violated", trace.property)), "{text}");
}

#[test]
fn keep_going_visits_every_state_of_every_scope() {
    let scopes = [scope("forwarding"), scope("one-client"), scope("stand-in")];
    let folder = tempfile::tempdir().expect("a folder");
    let broken = broken(session(&scopes, &GO), "ack-one-short", folder.path());
    let effort = Effort { stop_when_violated: false, ..broken.effort };
    let (checked, text) = told(&Session { keep_going: true, effort, ..broken });
    assert!(checked.unchecked.is_empty() && checked.measured.len() == 3, "{text}");
    assert!(checked.measured.iter().all(|one| one.report.complete), "{text}");
    let invariants = checked.invariants();
    let sixth = invariants.iter().find(|it| it.id == "I6").expect("one of the nine");
    assert_eq!(sixth.verdict, Conclusion::Violated);
}

#[test]
fn a_path_that_cannot_be_saved_is_told_all_the_same() {
    let scopes = [scope("one-client")];
    let nowhere = broken(session(&scopes, &GO), "ack-one-short", Path::new("/nonexistent"));
    let (_, text) = told(&nowhere);
    assert!(text.contains("could not be saved as /nonexistent/one-client-I"), "{text}");
    assert!(text.contains("After the last step:"), "{text}");
}

/// No *always* property is violated: the whole scope is visited, and then a cycle is found.
#[test]
fn a_path_that_goes_round_is_told_too() {
    let defect = Defect::named("exchange-never-ends").expect("a defect");
    let folder = tempfile::tempdir().expect("a folder");
    let (checked, text) =
        told(&broken(session(&[defect.scope()], &GO), defect.name, folder.path()));
    assert!(checked.measured[0].report.complete, "{text}");
    assert!(text.contains("I5.exchange-ends is violated"), "{text}");
    assert!(text.contains("and then, for ever:"), "{text}");
    assert!(text.contains("dynamo trace step "), "{text}");
}

#[test]
fn another_count_fails_the_check_and_does_not_stop_it() {
    let other = Scope { unique_states: 28, ..*scope("forwarding") };
    let (checked, text) = told(&session(&[&other, scope("stand-in")], &GO));
    assert!(!checked.holds() && checked.unchecked.is_empty(), "{text}");
    assert!(text.contains("28 states are pinned"), "{text}");
    assert!(matches!(failure(&checked), Failure::Operation(_)));
    assert!(failure(&checked).to_string().contains("27 states, and 28 are pinned"));
    // Under the rules of a defect another count is to be expected.
    let unpinned = Session { counts_are_pinned: false, ..session(&[&other], &GO) };
    assert!(told(&unpinned).0.holds());
}

#[test]
fn a_claim_that_fails_without_a_path_is_told() {
    let idle = Scope { unseen: &[], ..*scope("crash-while-reading-of-two") };
    let (checked, text) = told(&session(&[&idle], &GO));
    assert!(text.contains("NOT SHOWN: I") && text.contains("is not shown: no reachable"), "{text}");
    assert!(
        failure(&checked)
            .to_string()
            .contains("not everything is as claimed, first in crash-while-reading-of-two")
    );
}

#[test]
fn a_check_that_is_stopped_proves_nothing_and_says_so() {
    let stop = AtomicBool::new(true);
    let (checked, text) =
        told(&session(&[scope("loss-amid-puts-and-reads"), scope("loss")], &stop));
    assert!(text.contains("cut off: interrupted"), "{text}");
    assert!(matches!(failure(&checked), Failure::CutOff(_)));
    assert!(
        failure(&checked).to_string().contains("nothing is proved about it, nor about the 1 scope")
    );
    let invariants = checked.invariants();
    assert!(invariants.iter().all(|it| it.verdict == Conclusion::Unknown), "{text}");
}

/// A scope of one's own with this W.
fn own(w: usize) -> &'static Scope {
    let text =
        format!("nodes = 3\nn = 3\nr = 2\nw = {w}\nclients = [[\"put via 0\", \"get via 1\"]]\n");
    let written = dynamo::scope_file::Written::read(&text).expect("a scope");
    written.scope().expect("it is valid")
}

#[test]
fn a_scope_of_ones_own_says_what_it_has_tested() {
    let (checked, text) = told(&session(&[own(2), scope("forwarding")], &GO));
    assert!(checked.holds(), "{text}");
    assert!(
        text.contains("\nThese occasions arose in own, after this number of steps:\n"),
        "{text}"
    );
    assert_eq!(text.matches("These did not arise").count(), 1, "forwarding is pinned: {text}");
    let reason = "there is no fallback here, or coordinators never time out";
    let hint = text.lines().find(|line| line.starts_with("  I8.hint-is-handed-over "));
    assert!(hint.is_some_and(|line| line.ends_with(reason)), "{text}");
    assert!(text.contains("reachable states of 2 scopes"), "{text}");
    // How many states a reduction leaves out is unknown.
    let effort = Effort { partial_order: true, ..Effort::threads(1) };
    let (_, text) = told(&Session { effort, ..session(&[own(2)], &GO) });
    assert!(text.contains(" states, which stand for all reachable states of 1 scope"), "{text}");
}

#[test]
fn a_violation_in_a_scope_of_ones_own_is_saved_with_the_scope() {
    let folder = tempfile::tempdir().expect("a folder");
    let (checked, text) = told(&broken(session(&[own(2)], &GO), "ack-one-short", folder.path()));
    assert!(matches!(failure(&checked), Failure::Operation(_)));
    assert!(text.contains("is violated in the scope own"), "{text}");
    let mut files = fs::read_dir(folder.path()).expect("a folder").map(|it| it.expect("a file"));
    let file = files.next().expect("a saved trace").path();
    assert!(text.contains(&format!("dynamo explore --trace {}", file.display())), "{text}");
    let trace = Trace::from_json(&fs::read(file).expect("a file")).expect("a trace");
    assert!(std::ptr::eq(trace.scope(), own(2)), "{trace:?}");
}

/// With R+W<=N a get may miss a put, so no property claims that it shows it.
#[test]
fn a_scope_of_ones_own_claims_what_the_preconditions_say() {
    let (checked, text) = told(&session(&[own(1)], &GO));
    assert!(checked.holds(), "{text}");
    assert!(text.contains("did not arise"), "{text}");
}

#[test]
fn a_kind_of_step_that_nobody_took_fails_the_check() {
    let (mut checked, _) = told(&session(&[scope("forwarding")], &GO));
    let missing = "ask may_be_gone: no scope takes such a step".to_owned();
    checked.surprises = surprises(&checked.measured);
    assert!(checked.surprises.contains(&missing));
    assert!(matches!(failure(&checked), Failure::Operation(_)));
    assert!(failure(&checked).to_string().contains(&missing));
}

#[test]
fn every_kind_of_step_is_asked_for_where_all_scopes_are_checked_whole() {
    assert!(
        meets_every_step(&Arguments::default())
            && meets_every_step(&Arguments { deep: true, ..Arguments::default() })
    );
    for partly in [
        Arguments { scopes: vec!["loss".to_owned()], ..Arguments::default() },
        Arguments { defect: Some("ack-one-short".to_owned()), ..Arguments::default() },
        Arguments { own: vec![PathBuf::from("own.toml")], ..Arguments::default() },
        Arguments { symmetry: true, ..Arguments::default() },
        Arguments { partial_order: true, ..Arguments::default() },
        Arguments { engine: EngineName::Stateright, ..Arguments::default() },
    ] {
        assert!(!meets_every_step(&partly), "{partly:?}");
    }
}

/// `--matrix` checks nothing, so an option that says how to check is refused, and not ignored.
#[test]
fn the_matrix_refuses_what_it_would_ignore() {
    use clap::Parser;
    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        check: Arguments,
    }
    let parsed = |options: &str| Line::try_parse_from(options.split(' '));
    assert!(parsed("check --matrix --threads 2 --json reap").is_ok());
    for other in ["--random 3", "--symmetry", "--memory 1", "--time 9", "--keep-going", "--list"] {
        let refused = parsed(&format!("check --matrix {other}"));
        assert!(refused.is_err(), "--matrix and {other} go together");
    }
}
