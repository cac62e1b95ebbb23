//! Folders for files that outlive no test.

use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;

/// A folder: in memory, where there is room for it, so that no test waits for a disk.
///
/// A node writes and syncs there just as it does on a disk, and what it wrote outlives it when it
/// is killed. TMPDIR in the environment names another place.
pub(crate) fn folder() -> TempDir {
    let in_memory = std::env::var_os("TMPDIR").is_none() && *IS_ROOMY;
    let made = in_memory.then(|| tempfile::tempdir_in(MEMORY).ok()).flatten();
    made.unwrap_or_else(|| tempfile::tempdir().unwrap())
}

const MEMORY: &str = "/dev/shm";

/// Containers often have 64 MiB there, which may be too little.
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
