//! Temporary folders for the tests' files.

use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;

/// A folder, in memory if there is room, so that no test waits for a disk.
///
/// A node writes and syncs there as on a disk, and its files survive when it is killed. The
/// variable TMPDIR sets another location.
pub(crate) fn folder() -> TempDir {
    let in_memory = std::env::var_os("TMPDIR").is_none() && *IS_ROOMY;
    let made = in_memory.then(|| tempfile::tempdir_in(MEMORY).ok()).flatten();
    made.unwrap_or_else(|| tempfile::tempdir().unwrap())
}

const MEMORY: &str = "/dev/shm";

/// Containers often have only 64 MiB there, which may be too little.
static IS_ROOMY: LazyLock<bool> = LazyLock::new(|| {
    const NEEDED_KIB: u64 = 1 << 20;
    let output = Command::new("df").args(["-Pk", MEMORY]).output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    // The second line: file system, size, used, available, …
    let free = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse().ok());
    free.is_some_and(|free: u64| free > NEEDED_KIB)
});
