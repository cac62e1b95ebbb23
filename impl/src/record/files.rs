//! The files of a record: `record-0000000001.log` and so on, in the order of their numbers.

use super::RecordError;
use super::entry::{self, Entry};
use super::frame::{self, Found};
use dynamo_model::ids::NodeId;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// A file may take this part of what a record may take.
pub(super) const SHARES: u64 = 8;

const PREFIX: &str = "record-";
const LOG: &str = "log";
/// How the name of a file ends after which the node went on, but could not write its record.
pub(super) const CUT: &str = "cut";
/// The most bytes that the first entry of a file takes.
const HEAD_BYTES_MAX: u64 = 1 << 20;

/// The number of a file in its record. It only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FileNumber(u64);

impl FileNumber {
    pub(super) const FIRST: Self = FileNumber(1);

    pub(super) fn next(self) -> Self {
        FileNumber(self.0 + 1)
    }

    pub(super) fn file_name(self) -> String {
        format!("{PREFIX}{:010}.{LOG}", self.0)
    }
}

/// A file of a record.
#[derive(Clone, Debug)]
pub(super) struct RecordFile {
    pub(super) number: FileNumber,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// Could the node not write on?
    pub(super) is_cut: bool,
}

/// The files of a record in order. Other files are ignored.
pub(super) fn list(directory: &Path) -> io::Result<Vec<RecordFile>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let is_cut = ending == Some(CUT);
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let number = stem.and_then(|stem| stem.strip_prefix(PREFIX)?.parse().ok()).map(FileNumber);
        if let Some(number) = number.filter(|_| is_cut || ending == Some(LOG)) {
            files.push(RecordFile { number, bytes: entry.metadata()?.len(), path, is_cut });
        }
    }
    files.sort_by_key(|file| file.number);
    Ok(files)
}

/// Makes the directory if it does not exist. Checks that it has no record of another node.
pub(super) fn check(directory: &Path, node: NodeId) -> Result<(), RecordError> {
    let unusable = |source| RecordError::Unusable { directory: directory.to_owned(), source };
    // Other users of the machine must not read the values.
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unusable)?;
    let Some(last) = list(directory).map_err(unusable)?.pop() else { return Ok(()) };
    match first_entry(&last.path).map_err(unusable)? {
        Some(Entry::Head(head)) if head.node != node => {
            let (directory, owner) = (directory.to_owned(), head.node);
            Err(RecordError::OtherNode { directory, owner, asked: node })
        }
        _ => Ok(()),
    }
}

/// The first entry of a file. `None`: it is damaged or incomplete.
pub(super) fn first_entry(file: &Path) -> io::Result<Option<Entry>> {
    let mut first = Vec::new();
    File::open(file)?.take(HEAD_BYTES_MAX).read_to_end(&mut first)?;
    Ok(match frame::find(&first, 0) {
        Found::Content(content, _) => entry::decode(content),
        _ => None,
    })
}
