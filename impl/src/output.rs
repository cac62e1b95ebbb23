//! Where commands print: standard output with [`say!`], standard error with [`note!`].
//!
//! `println!` panics when a write fails, so this crate does not use it (a lint forbids it). Here a
//! failed write is remembered, everything after it is dropped, and [`ending`] tells `main` what to
//! do at the end:
//!
//! * the reader has closed the pipe (`dynamo check --list | head -1`): nothing, it has read enough;
//! * anything else (a full disk): an error, for the output is not complete.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

/// The first write to standard output that failed.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Prints a line on standard output; colours only where they are shown.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::output::print(format_args!("{}\n", format_args!($($argument)*)))
    };
}

/// Prints a line on standard error. One that cannot be written is dropped.
macro_rules! note {
    ($($argument:tt)*) => {
        $crate::output::print_note(format_args!($($argument)*))
    };
}

pub(crate) use {note, say};

/// Prints text on standard output as it stands, but for colours that nobody would see.
pub(crate) fn print(text: fmt::Arguments<'_>) {
    attempt(|| anstream::stdout().write_fmt(text));
}

/// Prints bytes on standard output as they are.
pub(crate) fn print_bytes(bytes: &[u8]) {
    attempt(|| io::stdout().write_all(bytes));
}

/// What [`note!`] does.
pub(crate) fn print_note(line: fmt::Arguments<'_>) {
    // There is nowhere left to say that it failed.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints a line on behalf of something that goes on whether or not anyone reads it: a node, a
/// cluster, the explorer.
pub(crate) fn announce(line: fmt::Arguments<'_>) {
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Nobody reads any further: whatever is still to be worked out need not be.
pub(crate) fn is_closed() -> bool {
    FAILED.get().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Flushes standard output, and tells whether all of it was written, or as much as its reader
/// wanted.
pub(crate) fn ending() -> Result<(), &'static io::Error> {
    attempt(|| io::stdout().flush());
    match FAILED.get() {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

fn attempt(write: impl FnOnce() -> io::Result<()>) {
    if FAILED.get().is_none()
        && let Err(error) = write()
    {
        let _ = FAILED.set(error);
    }
}
