//! The log, on standard error. `RUST_LOG` selects what it contains.
//!
//! A node must neither stop nor wait if its log cannot be written, because the pipe's reader is
//! gone or stuck, or the disk is full. So a separate thread writes the lines. A line is lost if too
//! many lines wait, or if it cannot be written. The next line that is written is preceded by the
//! number of lost lines.

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

/// The most lines that wait to be written.
const WAITING_MAX: usize = 1_000;
/// How long an ending process waits for its last lines. Only a stuck reader takes longer.
const LAST_LINES_WITHIN: Duration = Duration::from_secs(2);
const TRY_EVERY: Duration = Duration::from_millis(1);

/// What the writing thread receives.
enum Entry {
    Line(Vec<u8>),
    /// Asks for a reply when everything before it is written.
    Flush(Sender<()>),
}

/// The sending end of the log. Clones send to the same log.
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
    // The layer would report a failed write to the same file, and panic if that failed too.
    let layer = layer.log_internal_errors(false).with_filter(wanted());
    tracing_subscriber::registry().with(layer).init();
    log
}

/// The filter in `RUST_LOG`, such as `info` or `dynamo=debug`. By default, errors of all crates and
/// warnings of this program.
fn wanted() -> Targets {
    let default =
        Targets::new().with_default(LevelFilter::ERROR).with_target("dynamo", LevelFilter::WARN);
    match std::env::var("RUST_LOG") {
        Err(_) => default,
        Ok(asked) => asked.parse().unwrap_or_else(|error| {
            note!(
                "RUST_LOG=\"{asked}\" is ignored: {error}; \
                 use a level, such as info, or dynamo=debug"
            );
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

    /// Writes the process's last line, and waits a limited time until it is written.
    pub(crate) fn end_with(&self, line: &str) {
        let deadline = Instant::now() + LAST_LINES_WITHIN;
        if self.push(Entry::Line(format!("{line}\n").into_bytes()), deadline) {
            self.flush_until(deadline);
        }
    }

    /// Waits a limited time until all lines so far are written.
    pub(crate) fn flush(&self) {
        self.flush_until(Instant::now() + LAST_LINES_WITHIN);
    }

    fn flush_until(&self, deadline: Instant) {
        let (done, written) = channel();
        if self.push(Entry::Flush(done), deadline) {
            let _ = written.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        }
    }

    /// Sends an entry as soon as there is room. Returns false at the deadline.
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

/// The subscriber writes whole lines.
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

    /// Refuses the first writes, and keeps what comes after them.
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
    fn lost_lines_are_counted_in_the_next_line_that_is_written() {
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
    fn logging_never_waits_for_a_stuck_reader() {
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
