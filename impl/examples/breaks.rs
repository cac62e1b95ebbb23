use dynamo_invariants::check::{Effort, check};
use dynamo_invariants::defects::DEFECTS;
use dynamo_invariants::property::Kind;
use std::ops::ControlFlow;
fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    for defect in DEFECTS.iter().filter(|d| names.is_empty() || names.iter().any(|n| n == d.name)) {
        let report = check(defect.scope(), (defect.rules)(), &Effort::threads(2), |_| ControlFlow::Continue(()));
        let mut found: Vec<_> = report
            .properties
            .iter()
            .filter(|v| v.excused.is_none() && v.kind != Kind::Reachable && !v.holds)
            .map(|v| (v.depth, v.name))
            .collect();
        found.sort();
        let mut f: Vec<&str> = found.iter().map(|x| x.1).collect();
        let mut b = defect.breaks.to_vec();
        f.sort();
        b.sort();
        if f != b || !report.complete {
            println!(
                "{} {} {}: says {:?}\n   breaks {:?}",
                defect.name, report.complete, report.progress.unique_states, b, found
            );
        }
    }
}
