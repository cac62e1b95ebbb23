//! A barrier at which all threads wait for each other, but not for a thread that has panicked.

use parking_lot::{Condvar, Mutex, MutexGuard};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How often a thread polls before it sleeps: sleeping and waking takes longer than a small layer.
const LOOKS: usize = 64;

/// Like `std::sync::Barrier`, but a thread that panics abandons it, so that the others do not wait
/// for ever.
pub(crate) struct Meeting {
    threads: usize,
    state: Mutex<State>,
    /// How often all threads have arrived. Written under the lock of the state.
    round: AtomicUsize,
    all_are_here: Condvar,
}

#[derive(Default)]
struct State {
    here: usize,
    abandoned: bool,
}

/// Some thread has panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Abandoned;

impl Meeting {
    pub(crate) fn new(threads: usize) -> Self {
        Meeting {
            threads,
            state: Mutex::default(),
            round: AtomicUsize::new(0),
            all_are_here: Condvar::new(),
        }
    }

    /// Waits until every thread has called this.
    pub(crate) fn wait(&self) -> Result<(), Abandoned> {
        let mut state = self.state.lock();
        let round = self.round.load(Ordering::Relaxed);
        let over = || self.round.load(Ordering::Acquire) != round;
        state.here += 1;
        if state.here == self.threads {
            state.here = 0;
            self.round.store(round + 1, Ordering::Release);
            self.all_are_here.notify_all();
        }
        if !over() {
            let look = || (0..LOOKS).take_while(|_| !over()).for_each(|_| std::thread::yield_now());
            MutexGuard::unlocked(&mut state, look);
        }
        while !over() && !state.abandoned {
            self.all_are_here.wait(&mut state);
        }
        if state.abandoned { Err(Abandoned) } else { Ok(()) }
    }

    fn abandon(&self) {
        self.state.lock().abandoned = true;
        self.all_are_here.notify_all();
    }
}

/// Abandons the meeting if its thread panics.
pub(crate) struct AbandonOnPanic<'a>(pub(crate) &'a Meeting);

impl Drop for AbandonOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_thread_waits_for_one_that_panicked() {
        let meeting = Meeting::new(2);
        let waited = std::thread::scope(|scope| {
            let dies = scope.spawn(|| {
                let _guard = AbandonOnPanic(&meeting);
                meeting.wait().unwrap();
                panic!("on purpose");
            });
            let waits = scope.spawn(|| (meeting.wait(), meeting.wait()));
            assert!(dies.join().is_err());
            waits.join().unwrap()
        });
        assert_eq!(waited, (Ok(()), Err(Abandoned)));
    }
}
