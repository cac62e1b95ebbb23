use super::*;
use std::path::Path;

fn committed() -> Vec<Exhibit> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterexamples");
    let trace = |file: String| {
        let text = std::fs::read(folder.join(file)).expect("a committed trace");
        Trace::from_json(&text).expect("a trace")
    };
    let read = |case: Case| {
        let has_loss = case.defect().is_some_and(|defect| defect.loss().is_some());
        let loss = has_loss.then(|| trace(case.loss_file()));
        Exhibit { case, trace: trace(case.trace_file()), loss }
    };
    Case::all().map(read).collect()
}

#[cfg(feature = "explorer")]
#[test]
fn the_link_to_the_explorer_leads_to_the_end_of_the_trace() {
    use crate::explorer::Location;
    for exhibit in committed() {
        let page = page::page(&exhibit);
        let links = page.split("](http://127.0.0.1:3000").skip(1);
        let ends: Vec<_> = links.filter_map(|rest| rest.split_once(')')).collect();
        let Exhibit { case, trace, loss } = &exhibit;
        // The page shows the loss first.
        let traces: Vec<&Trace> = loss.iter().chain([trace]).collect();
        assert_eq!(ends.len(), traces.len(), "{}", case.name());
        for ((link, _), trace) in ends.into_iter().zip(traces) {
            let run =
                Location::at(link).expect("a location").run().expect("steps that are possible");
            let shown = run.does_not_show(trace.property(), trace.cycle_from);
            assert_eq!(shown, None, "{}", case.name());
        }
    }
}

/// What the pages write in short, and what the page on notation must therefore explain.
#[test]
fn the_page_on_notation_explains_what_pages_write() {
    let pages: String = committed().iter().map(page::page).collect();
    let notation = notation::notation();
    let written = [
        "ground truth",
        "in flight",
        "knowing",
        "not on disk",
        "(STORED)",
        "(IN_TRANSFER)",
        "timers",
        "puts coordinated",
        "suspects",
        "members",
        "gossip: tip",
        "history:",
        "changes:",
        "what have you?",
        "all I have",
        "keep for",
        "kept for",
        "hand off",
        "handed off",
        "repair",
        "sync",
        "takes on",
        "it is so",
        "in person",
        "†w",
        "◀ decisive",
        "and then, for ever:",
        "and then nothing goes on",
        "[A:0+2]",
        "[A.1:1]",
        "has read",
        "root of partition",
        "has confirmed",
        "on the copy",
        "a commit after the copy",
        "at differing leaves",
    ];
    for token in written {
        assert!(pages.contains(token), "no page writes {token:?} any more");
        assert!(notation.contains(token), "NOTATION.md does not explain {token:?}");
    }
}
