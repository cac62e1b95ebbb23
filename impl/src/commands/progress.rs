//! Shows the progress of a check on standard error, if that is a terminal.

use dynamo_invariants::check::Progress;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SHOW_EVERY: Duration = Duration::from_millis(100);

/// Watches one check: shows its progress, measures the process's memory, and stops it when the user
/// asks.
pub(super) struct Watch<'a> {
    stop: &'a AtomicBool,
    bar: ProgressBar,
    begun: Instant,
    shown: Option<Instant>,
    peak_memory_bytes: usize,
}

impl<'a> Watch<'a> {
    pub(super) fn new(what: String, stop: &'a AtomicBool) -> Self {
        let style = ProgressStyle::with_template("{spinner} {prefix}: {msg}")
            .expect("the template is valid");
        let bar = ProgressBar::new_spinner().with_style(style).with_prefix(what);
        let mut watch =
            Watch { stop, bar, begun: Instant::now(), shown: None, peak_memory_bytes: 0 };
        watch.measure();
        watch
    }

    pub(super) fn tick(&mut self, progress: Progress) -> ControlFlow<()> {
        if self.shown.is_none_or(|shown| shown.elapsed() >= SHOW_EVERY) {
            self.shown = Some(Instant::now());
            self.measure();
            self.bar.set_message(message(progress, self.begun.elapsed()));
            self.bar.tick();
        }
        if self.stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Clears the line. Returns the highest memory use measured, in bytes.
    pub(super) fn finish(mut self) -> usize {
        self.measure();
        self.bar.finish_and_clear();
        self.peak_memory_bytes
    }

    fn measure(&mut self) {
        let now = memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem);
        self.peak_memory_bytes = self.peak_memory_bytes.max(now);
    }
}

/// A progress bar over `count` items.
pub(super) fn bar(count: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{pos}/{len} {wide_msg}").expect("the template is valid");
    ProgressBar::new(count as u64).with_style(style)
}

/// A progress bar over `count` scopes that are drawn at random.
pub(super) fn drawn(count: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} scopes: {wide_msg}")
        .expect("the template is valid");
    ProgressBar::new(count).with_style(style)
}

/// A progress bar over `count` simulated runs.
pub(super) fn runs(count: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} runs: {wide_msg}")
        .expect("the template is valid");
    ProgressBar::new(count).with_style(style)
}

#[expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "a rate to look at")]
fn message(progress: Progress, elapsed: Duration) -> String {
    let per_second = progress.unique_states as f64 / elapsed.as_secs_f64().max(0.001);
    let mut parts = vec![
        format!("{} unique states", HumanCount(progress.unique_states as u64)),
        format!("{} generated", HumanCount(progress.generated_states as u64)),
        format!("depth {}", progress.depth),
        format!("{}/s", HumanCount(per_second as u64)),
    ];
    let settled = progress.settled_states.filter(|settled| *settled > 0);
    parts.extend(
        settled.map(|settled| format!("{} checked for convergence", HumanCount(settled as u64))),
    );
    parts.extend(
        progress.frontier.map(|frontier| format!("frontier {}", HumanCount(frontier as u64))),
    );
    parts.extend(progress.memory_bytes.map(|bytes| HumanBytes(bytes as u64).to_string()));
    parts.join(", ")
}
