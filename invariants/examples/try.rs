use dynamo_invariants::{check::*, scopes::SCOPES};
use std::ops::ControlFlow;
fn main() {
    let only: Vec<String> = std::env::args().skip(1).collect();
    let mut total = 0;
    for s in SCOPES.iter().filter(|s| only.is_empty() || only.iter().any(|o| o == s.name)) {
        let begun = std::time::Instant::now();
        let r = check(s, Default::default(), 2, |_p| if begun.elapsed().as_secs() > 40 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
        println!("{:20} complete={} unique={} gen={} depth={} {:.1}s", r.name, r.complete, r.progress.unique_states, r.progress.generated_states, r.progress.depth, r.seconds);
        total += r.progress.unique_states;
        for v in &r.properties { if !v.holds { println!("     FAILS {} {:?}", v.name, v.excused); } }
    }
    println!("total {total}");
}
