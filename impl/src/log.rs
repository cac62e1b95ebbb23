//! The log, on standard error. `RUST_LOG` chooses what is in it.
//!
//! A node must not stop, nor wait, because nobody takes its log: the reader of the pipe may be gone
//! or stuck, or the disk full. So a thread of its own writes the lines. A line that finds too many
//! others waiting, or that cannot be written, is lost. Lost lines are counted, and the next line
//! that can be written is preceded by their number.

use crate::output::note;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How many lines may wait to be written.
const WAITING_MAX: usize = 1_000;
/// How long a process that ends waits for the last lines. Only a reader that is stuck takes longer.
const LAST_LINES_WITHIN: Duration = Duration::from_secs(2);
const TRY_EVERY: Duration = Duration::from_millis(1);

/// What the writing thread is given.
enum Entry {
    Line(Vec<u8>),
    /// Everything before this is to be written, and then its sender told.
    Flush(Sender<()>),
}

/// The log's end that takes lines. Its clones take lines for the same log.
#[derive(Clone)]
pub(crate) struct Log {
    entries: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

/// Sets up the log of this process.
pub(crate) fn start() -> Log {
    let log = Log::to(io::stderr());
    let colours = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let layer = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(log.clone());
    // What it would say about a failed write would go to the same place, with a panic when that
    // fails.
    let layer = layer.log_internal_errors(false).with_filter(wanted());
    tracing_subscriber::registry().with(layer).init();
    log
}

/// What `RUST_LOG` asks for, such as `info` or `dynamo=debug`. Errors, and this program's warnings,
/// where it is not set.
fn wanted() -> Targets {
    let default =
        Targets::new().with_default(LevelFilter::ERROR).with_target("dynamo", LevelFilter::WARN);
    match std::env::var("RUST_LOG") {
        Err(_) => default,
        Ok(asked) => asked.parse().unwrap_or_else(|error| {
            note!("RUST_LOG=\"{asked}\" is ignored: {error}; use a level, such as info, or dynamo=debug");
            default
        }),
    }
}

impl Log {
    fn to(target: impl Write + Send + 'static) -> Self {
        let (entries, waiting) = sync_channel(WAITING_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        thread::spawn(move || write_all(&waiting, target, &counted));
        Log { entries, lost }
    }

    /// Writes a process's last line after all others, and waits until that is done, but not for
    /// long.
    pub(crate) fn end_with(&self, line: &str) {
        let deadline = Instant::now() + LAST_LINES_WITHIN;
        if self.push(Entry::Line(format!("{line}\n").into_bytes()), deadline) {
            self.flush_until(deadline);
        }
    }

    /// Waits until the lines so far are written, but not for long.
    pub(crate) fn flush(&self) {
        self.flush_until(Instant::now() + LAST_LINES_WITHIN);
    }

    fn flush_until(&self, deadline: Instant) {
        let (done, written) = channel();
        if self.push(Entry::Flush(done), deadline) {
            let _ = written.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        }
    }

    /// Hands over an entry, as soon as there is room for it.
    fn push(&self, mut entry: Entry, deadline: Instant) -> bool {
        loop {
            match self.entries.try_send(entry) {
                Ok(()) => return true,
                Err(TrySendError::Full(refused)) if Instant::now() < deadline => entry = refused,
                Err(_) => return false,
            }
            thread::sleep(TRY_EVERY);
        }
    }
}

fn write_all(waiting: &Receiver<Entry>, mut target: impl Write, lost: &AtomicU64) {
    for entry in waiting {
        match entry {
            Entry::Line(line) => {
                let before = lost.swap(0, Ordering::Relaxed);
                if write_line(&mut target, before, &line).is_err() {
                    lost.fetch_add(before + 1, Ordering::Relaxed);
                }
            }
            Entry::Flush(done) => drop(done.send(())),
        }
    }
}

fn write_line(target: &mut impl Write, lost: u64, line: &[u8]) -> io::Result<()> {
    if lost > 0 {
        writeln!(target, "log lines that could not be written: {lost}")?;
    }
    target.write_all(line)?;
    target.flush()
}

/// A whole line at a time: that is how the subscriber writes.
impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.entries.try_send(Entry::Line(line.to_owned())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Refuses so many writes, and keeps what comes after them.
    struct Refusing {
        refusals: usize,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Refusing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.refusals > 0 {
                self.refusals -= 1;
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.taken.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lost_lines_are_counted_and_told_with_the_next_that_can_be_written() {
        let taken = Arc::default();
        let mut log = Log::to(Refusing { refusals: 2, taken: Arc::clone(&taken) });
        for line in ["one\n", "two\n", "three\n", "four\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        log.flush();
        let text = String::from_utf8(taken.lock().unwrap().clone()).unwrap();
        assert_eq!(text, "log lines that could not be written: 2\nthree\nfour\n");
    }

    #[test]
    fn whoever_logs_never_waits_for_a_log_that_nobody_takes() {
        struct Stuck;
        impl Write for Stuck {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                loop {
                    thread::park();
                }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (mut log, start) = (Log::to(Stuck), Instant::now());
        for _ in 0..WAITING_MAX + 10 {
            log.write_all(b"line\n").unwrap();
        }
        assert!(start.elapsed() < LAST_LINES_WITHIN);
        log.end_with("error: nobody reads this either");
    }
}
