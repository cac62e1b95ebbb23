//! Output of the commands: [`say!`] prints on standard output, [`note!`] on standard error.
//!
//! `println!` panics if a write fails, so a lint forbids it in this crate. Here the first failed
//! write is remembered, and all later output is dropped. At the end, [`ending`] tells `main`
//! whether that is an error:
//!
//! * The reader has closed the pipe (`dynamo check --list | head -1`): no error, it has read
//!   enough.
//! * Anything else, such as a full disk: an error, because the output is incomplete.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

/// The first write to standard output that failed.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Prints a line on standard output. Colours are removed if the terminal shows none.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::output::print(format_args!("{}\n", format_args!($($argument)*)))
    };
}

/// Prints a line on standard error. Ignores a failed write.
macro_rules! note {
    ($($argument:tt)*) => {
        $crate::output::print_note(format_args!($($argument)*))
    };
}

pub(crate) use {note, say};

/// Prints text on standard output. Colours are removed if the terminal shows none.
pub(crate) fn print(text: fmt::Arguments<'_>) {
    attempt(|| anstream::stdout().write_fmt(text));
}

/// Prints bytes on standard output unchanged.
pub(crate) fn print_bytes(bytes: &[u8]) {
    attempt(|| io::stdout().write_all(bytes));
}

/// Implements [`note!`].
pub(crate) fn print_note(line: fmt::Arguments<'_>) {
    // The failure cannot be reported anywhere else.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints a line for a long-running command (a node, a cluster, the explorer). Ignores a failed
/// write.
pub(crate) fn announce(line: fmt::Arguments<'_>) {
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Has the reader closed the pipe? Then further output need not be computed.
pub(crate) fn is_closed() -> bool {
    FAILED.get().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Flushes standard output. Fails if not all output was written, unless the reader closed the pipe.
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
