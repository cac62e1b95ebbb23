//! The file in a data directory that says which cluster its node belongs to, and which start of the
//! node was the last.
//!
//! ```text
//! DIR/cluster    cluster 00112233445566aa, N=3, R=2, W=2, start 1764370000000, check 1a2b3c4d
//! ```
//! `check` is the CRC-32 of the text before it, in hexadecimal. After `start 0` it may be left out,
//! so that a person can write the line.

use crate::identity::ClusterId;
use dynamo_model::config::Config;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// How many start numbers each millisecond of the Unix epoch has. A start takes one of them at
/// random. So two copies of a directory get different numbers, even if they start at the same
/// moment or the clock is behind.
const IN_A_MILLISECOND: u64 = 1 << 20;

const FILE: &str = "cluster";
const NEW_FILE: &str = "cluster.new";

/// What all nodes of a cluster have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Founding {
    /// Its id.
    pub cluster: ClusterId,
    /// N: replicas of each key.
    pub n: usize,
    /// R: nodes that must answer a get.
    pub r: usize,
    /// W: nodes that must store a put.
    pub w: usize,
}

impl Founding {
    /// The cluster with the quorums of this configuration.
    pub fn new(cluster: ClusterId, config: &Config) -> Self {
        Founding { cluster, n: config.n(), r: config.r(), w: config.w() }
    }

    /// Checks that a configuration has this cluster's quorums.
    ///
    /// # Errors
    /// If N, R or W differ.
    pub fn check(&self, config: &Config) -> Result<(), FoundingError> {
        let own = Founding::new(self.cluster, config);
        if own == *self { Ok(()) } else { Err(FoundingError::OtherQuorums { founded: *self, own }) }
    }
}

impl fmt::Display for Founding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Founding { cluster, n, r, w } = self;
        write!(f, "cluster {cluster}, N={n}, R={r}, W={w}")
    }
}

/// Why a node cannot be in its cluster, or cannot use its directory.
#[derive(Debug, Error)]
pub enum FoundingError {
    /// The node was started with other quorums than its cluster's.
    #[error(
        "the cluster has N={}, R={} and W={}, and this node was started with N={}, R={} and W={}: \
         start it with those of the cluster",
        founded.n, founded.r, founded.w, own.n, own.r, own.w
    )]
    OtherQuorums {
        /// The cluster's quorums.
        founded: Founding,
        /// The node's quorums.
        own: Founding,
    },
    /// The data belongs to another cluster than the contact.
    #[error(
        "the data in {path} belongs to cluster {own}, but the contact belongs to cluster \
         {contact}: name a member of cluster {own}, or an empty directory"
    )]
    OtherCluster {
        /// The data directory.
        path: PathBuf,
        /// The cluster of the data.
        own: ClusterId,
        /// The cluster of the contact.
        contact: ClusterId,
    },
    /// The file is damaged.
    #[error(
        "{0} is damaged: it is not \"cluster …, N=…, R=…, W=…, start …, check …\", or the check \
         does not match. Copy the line up to the start from another node of the cluster, and \
         write \"start 0\" after it"
    )]
    Damaged(PathBuf),
    /// The file cannot be read or written.
    #[error("{path} cannot be read or written; check the path and its permissions")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// The cluster and the number of the last start in a directory; `None` before the first start.
///
/// # Errors
/// If the file cannot be read, or is damaged.
pub fn read(directory: &Path) -> Result<Option<(Founding, u64)>, FoundingError> {
    let path = directory.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text).map(Some).ok_or(FoundingError::Damaged(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(FoundingError::Damaged(path))
        }
        Err(source) => Err(FoundingError::Unusable { path, source }),
    }
}

/// The number of a new start. It is larger than those of all earlier starts on this disk. While the
/// clock is right, it is larger than those on other disks too.
pub fn next(last: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    next_at(now, last, rand::random())
}

/// The number of a new start at this time since the Unix epoch. `random` may be any number.
pub(crate) fn next_at(now: Duration, last: u64, random: u64) -> u64 {
    (now.as_millis() as u64)
        .saturating_mul(IN_A_MILLISECOND)
        .max(last.saturating_add(1))
        .saturating_add(random % IN_A_MILLISECOND)
}

/// Begins a start: writes its number to the file.
///
/// # Errors
/// If the file cannot be written.
pub fn begin(directory: &Path, founding: &Founding, start: u64) -> Result<(), FoundingError> {
    let (path, temporary) = (directory.join(FILE), directory.join(NEW_FILE));
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(line(founding, start).as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(|source| FoundingError::Unusable { path: path.clone(), source })
}

/// Is this the file of this module? It stays when the rest of the data is moved aside.
pub(crate) fn is_kept_in(file: &OsStr) -> bool {
    file == FILE || file == NEW_FILE
}

fn parse(text: &str) -> Option<(Founding, u64)> {
    let mut parts = text.trim_end().split(", ");
    let mut part = |prefix: &str| parts.next()?.strip_prefix(prefix);
    let cluster = part("cluster ")?.parse().ok()?;
    let (n, r, w) =
        (part("N=")?.parse().ok()?, part("R=")?.parse().ok()?, part("W=")?.parse().ok()?);
    let start = part("start ")?.parse().ok()?;
    let founding = Founding { cluster, n, r, w };
    let by_hand = format!("{founding}, start 0");
    (text.trim_end() == by_hand || text == line(&founding, start)).then_some((founding, start))
}

/// The content of the file.
fn line(founding: &Founding, start: u64) -> String {
    let line = format!("{founding}, start {start}");
    format!("{line}, check {:08x}\n", crc32fast::hash(line.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_stored_and_the_next_number_is_larger() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).unwrap(), None);
        let founding = Founding { cluster: "00112233445566aa".parse().unwrap(), n: 3, r: 2, w: 1 };
        let first = next(0);
        begin(directory.path(), &founding, first).unwrap();
        assert_eq!(read(directory.path()).unwrap(), Some((founding, first)));
        let future = first + 1_000_000_000;
        let starts = [next(future), next(future)];
        assert!(
            starts[0] > future && starts[1] > future,
            "even if the clock goes back: {starts:?}"
        );
        assert_ne!(starts[0], starts[1], "two copies of a directory get different numbers");
        begin(directory.path(), &founding, future + 1).unwrap();
        assert_eq!(read(directory.path()).unwrap(), Some((founding, future + 1)));
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let write = |bytes: &[u8]| fs::write(directory.path().join(FILE), bytes).unwrap();
        let founding = Founding { cluster: "00112233445566aa".parse().unwrap(), n: 3, r: 2, w: 1 };
        let good = line(&founding, 5).into_bytes();
        for cut in 0..good.len() {
            write(&good[..cut]);
            assert!(
                matches!(read(directory.path()), Err(FoundingError::Damaged(_))),
                "cut at {cut}"
            );
        }
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            write(&flipped);
            assert!(
                matches!(read(directory.path()), Err(FoundingError::Damaged(_))),
                "flipped bit {bit}"
            );
        }
        write(b"cluster 00112233445566aa, N=3, R=2, W=1, start 0\n");
        assert_eq!(read(directory.path()).unwrap(), Some((founding, 0)), "written by a person");
        write(b"cluster 00112233445566aa, N=3, R=2, W=1, start 0");
        assert_eq!(
            read(directory.path()).unwrap(),
            Some((founding, 0)),
            "without the end of the line"
        );
        fs::write(directory.path().join(FILE), [0xff, 0xfe]).unwrap();
        assert!(matches!(read(directory.path()), Err(FoundingError::Damaged(_))));
    }

    #[test]
    fn other_quorums_are_refused() {
        let founding = Founding::new(ClusterId::UNKNOWN, &Config::new(3, 2, 2).unwrap());
        assert!(founding.check(&Config::new(3, 2, 2).unwrap()).is_ok());
        let error = founding.check(&Config::new(3, 1, 2).unwrap()).unwrap_err().to_string();
        assert!(
            error.contains("N=3, R=2 and W=2, and this node was started with N=3, R=1 and W=2"),
            "{error}"
        );
    }
}
