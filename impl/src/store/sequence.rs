//! The number of the last commit, in a file beside the database.
//!
//! A database that lost the end of its journal looks like one that never had more. This file tells
//! the two apart: if the last commit in the database has a smaller number than the file, commits
//! are lost.
//!
//! The node writes the number after the commit has returned, and does not sync it. After `kill -9`
//! the file holds that number or the one before. After a power failure it may hold an older one.
//! Then the check is weaker, but never wrong, because the file is never ahead of the database.
//!
//! ```text
//! the file   two records; commit n writes record n % 2, so that one of them is always whole
//! a record   incarnation, 8 bytes; commit number, 8; crc32 of both, 4 (all little-endian)
//! ```

use super::names::SEQUENCE;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

const RECORD_BYTES: usize = 20;

/// The open file.
#[derive(Debug)]
pub(super) struct SequenceFile {
    file: File,
    incarnation: u64,
}

impl SequenceFile {
    /// Makes the file. It is on disk when this returns.
    pub(super) fn create(path: &Path, incarnation: u64, sequence: u64) -> io::Result<()> {
        let file = File::create(path.join(SEQUENCE))?;
        file.write_all_at(&[0; 2 * RECORD_BYTES], 0)?;
        SequenceFile { file, incarnation }.write_synced(sequence)
    }

    /// Opens the file. Returns the number that it holds for this incarnation, if any.
    pub(super) fn open(path: &Path, incarnation: u64) -> io::Result<(Self, Option<u64>)> {
        let mut file = File::options().read(true).write(true).open(path.join(SEQUENCE))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let records = bytes.chunks_exact(RECORD_BYTES).filter_map(decode);
        let own = records.filter(|(of, _)| *of == incarnation).map(|(_, sequence)| sequence).max();
        Ok((SequenceFile { file, incarnation }, own))
    }

    pub(super) fn write(&self, sequence: u64) -> io::Result<()> {
        self.file
            .write_all_at(&encode(self.incarnation, sequence), sequence % 2 * RECORD_BYTES as u64)
    }

    pub(super) fn write_synced(&self, sequence: u64) -> io::Result<()> {
        self.write(sequence)?;
        self.file.sync_all()
    }
}

fn encode(incarnation: u64, sequence: u64) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[..8].copy_from_slice(&incarnation.to_le_bytes());
    record[8..16].copy_from_slice(&sequence.to_le_bytes());
    let checksum = crc32fast::hash(&record[..16]);
    record[16..].copy_from_slice(&checksum.to_le_bytes());
    record
}

/// The incarnation and number; `None` if the record is damaged or was never written. The crc32 of
/// zeros is not zero.
fn decode(record: &[u8]) -> Option<(u64, u64)> {
    let (incarnation, rest) = record.split_first_chunk()?;
    let (sequence, checksum) = rest.split_first_chunk()?;
    let is_whole = crc32fast::hash(&record[..16]).to_le_bytes() == checksum;
    is_whole.then_some((u64::from_le_bytes(*incarnation), u64::from_le_bytes(*sequence)))
}
