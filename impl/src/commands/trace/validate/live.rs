//! Validates records while nodes write them.

use crate::output::note;
use dynamo::record::{Join, Judged, Report};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// So long the records rest before they are read again.
const PAUSE: Duration = Duration::from_millis(200);

/// Follows the records until something is wrong, or the user stops it. `None`: the user stopped it
/// before it had caught up with the nodes.
pub(super) fn follow(join: Join, judged: &mut Judged, stop: &AtomicBool) -> Option<Report> {
    let style = ProgressStyle::with_template("{spinner} {msg}").expect("the template is valid");
    let bar = ProgressBar::new_spinner().with_style(style);
    let mut has_told = false;
    let goes_on = || !stop.load(Ordering::Relaxed);
    let report = join.follow_live(judged, &goes_on, &mut |join, judged| {
        if let Some(limit) = judged.limit().filter(|_| !has_told) {
            has_told = true;
            let (node, at, why) = (limit.node, &limit.at, &limit.why);
            bar.suspend(|| note!("no property is judged after node {node}, {at}: {why}"));
        }
        let [followed, known] = [join.events(), judged.events()].map(HumanCount);
        bar.set_message(format!("{followed} events, {known} judged, nothing wrong (Ctrl-C ends)"));
        bar.tick();
        let is_wrong = !join.faults().is_empty() || judged.is_violated() || join.has_damage();
        if !is_wrong && goes_on() {
            thread::sleep(PAUSE);
        }
        !is_wrong && goes_on()
    });
    bar.finish_and_clear();
    report
}
