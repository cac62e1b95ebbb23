//! Threads that work through a series of numbers. The results come in the order of the numbers.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How long to wait for a result before the progress is shown again.
const SHOW_EVERY: Duration = Duration::from_millis(100);

/// A series of numbers.
#[derive(Clone, Copy)]
pub(super) struct Series {
    pub(super) from: u64,
    pub(super) count: u64,
    pub(super) threads: usize,
}

/// Does the work for every number, on several threads. `work` also gets a function that says
/// whether to go on. Calls `each` on this thread with every result, in the order of the numbers, and with
/// `None` when none was ready for a while. The work under way is dropped when `each` breaks or
/// somebody sets `stop`.
pub(super) fn do_all<T: Send>(
    series: Series,
    stop: &AtomicBool,
    work: impl Fn(u64, &dyn Fn() -> bool) -> T + Sync,
    mut each: impl FnMut(Option<T>) -> ControlFlow<()>,
) {
    let Series { from, count, threads } = series;
    let (next, is_enough) = (AtomicU64::new(from), AtomicBool::new(false));
    let goes_on = || !stop.load(Ordering::Relaxed) && !is_enough.load(Ordering::Relaxed);
    let (ready, received) = mpsc::channel();
    thread::scope(|crew| {
        for _ in 0..threads {
            let (ready, next, work, goes_on) = (ready.clone(), &next, &work, &goes_on);
            crew.spawn(move || {
                while goes_on() {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // Nobody receives a result if enough is known.
                    if number >= from + count
                        || ready.send((number, work(number, goes_on))).is_err()
                    {
                        return;
                    }
                }
            });
        }
        drop(ready);
        in_order(from, &received, &mut each);
        is_enough.store(true, Ordering::Relaxed);
    });
}

/// Passes on the results in the order of their numbers, until the threads have ended.
fn in_order<T>(
    from: u64,
    received: &Receiver<(u64, T)>,
    each: &mut impl FnMut(Option<T>) -> ControlFlow<()>,
) {
    let mut waiting: BTreeMap<u64, T> = BTreeMap::new();
    let mut due = from;
    loop {
        match received.recv_timeout(SHOW_EVERY) {
            Ok((number, result)) => drop(waiting.insert(number, result)),
            Err(RecvTimeoutError::Timeout) if each(None).is_break() => return,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some(result) = waiting.remove(&due) {
            due += 1;
            if each(Some(result)).is_break() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_none_is_left_out() {
        let (series, stop) = (Series { from: 3, count: 200, threads: 4 }, AtomicBool::new(false));
        let mut seen = Vec::new();
        do_all(
            series,
            &stop,
            |number, _| number,
            |result| {
                seen.extend(result);
                ControlFlow::Continue(())
            },
        );
        assert!(seen.iter().copied().eq(3..203));
    }

    #[test]
    fn the_crew_stops_when_enough_is_known() {
        let (series, stop) =
            (Series { from: 0, count: u64::MAX, threads: 2 }, AtomicBool::new(false));
        let mut last = None;
        do_all(
            series,
            &stop,
            |number, _| number,
            |result| {
                last = result.or(last);
                if last >= Some(5) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(last, Some(5));
    }
}
