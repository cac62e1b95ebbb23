use super::*;
use std::path::Path;

fn committed() -> Vec<(Case, Trace)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../counterexamples");
    let read = |case: Case| {
        let text = std::fs::read(folder.join(case.trace_file())).expect("a committed trace");
        (case, Trace::from_json(&text).expect("a trace"))
    };
    Case::all().map(read).collect()
}

#[cfg(feature = "explorer")]
#[test]
fn the_link_to_the_explorer_leads_to_the_end_of_the_trace() {
    use crate::explorer::Location;
    for (case, trace) in committed() {
        let page = page::page(&case, &trace);
        let (_, link) = page.split_once("](http://127.0.0.1:3000").expect("a link");
        let (link, _) = link.split_once(')').expect("its end");
        let run = Location::at(link).expect("a location").run().expect("its steps can be taken");
        let shown = run.does_not_show(trace.property(), trace.cycle_from);
        assert_eq!(shown, None, "{}", case.name());
    }
}

/// What the pages write in short, and what the page on notation must therefore explain.
#[test]
fn the_page_on_notation_explains_what_pages_write() {
    let pages: String = committed().iter().map(|(case, trace)| page::page(case, trace)).collect();
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
