//! Every verdict has evidence: the facts that it rests on.

use dynamo_invariants::catalogue::{DEFECTS, PROPERTIES, SCOPES};
use dynamo_invariants::property::Kind;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;

/// Takes a random walk, the same on every machine, and looks at each state.
fn walk(mut run: Run, mut seed: usize, look: impl Fn(&Run)) {
    for _ in 0..60 {
        look(&run);
        let steps = run.steps();
        let Some((event, _)) = steps.get(seed % steps.len().max(1)) else { break };
        run.take(event).expect("it was possible");
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
            >> 7;
    }
}

/// The initial states of every scope, and of every defect in the scope in which it is found.
fn beginnings() -> impl Iterator<Item = Run> {
    let scopes = SCOPES.iter().map(|scope| scope.model(Rules::default(), []));
    let broken = DEFECTS.iter().map(|defect| defect.scope().model((defect.rules)(), []));
    scopes.chain(broken).map(Run::begin)
}

#[test]
fn every_violated_or_shown_property_has_evidence() {
    for (seed, run) in beginnings().enumerate() {
        walk(run, seed, |run| {
            for property in PROPERTIES {
                let needs_no_evidence = (property.condition)(&run.model, run.last())
                    != (property.kind == Kind::Reachable);
                let evidence = property.evidence(&run.model, run.last());
                assert!(
                    needs_no_evidence || !evidence.is_empty(),
                    "{} in {}",
                    property.name,
                    run.model.cfg.scope.name
                );
            }
        });
    }
}

#[test]
fn evidence_names_the_puts_and_the_disks() {
    let defect = DEFECTS.iter().find(|defect| defect.name == "word-before-disk").expect("a defect");
    let property =
        dynamo_invariants::property::Property::named("I1.acknowledged-put-is-on-w-disks")
            .expect("a property");
    let (found, _) = dynamo_invariants::check::find(defect.scope(), (defect.rules)(), property);
    let run = Run::found(defect.scope(), (defect.rules)(), &found.expect("it is violated"));
    let said = property.evidence(&run.model, run.last());
    assert!(
        said[0].starts_with("w0 is acknowledged after the replies of 2 nodes")
            && said[0].ends_with("on no replica's disk"),
        "{said:?}"
    );
    assert!(
        property.evidence(&run.model, &run.states[0]).is_empty(),
        "no put is acknowledged in the initial state"
    );
}
