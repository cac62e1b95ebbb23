//! Reads a node's record, which may be damaged: it never panics, and says what is wrong and where.

use super::entry::{self, Batch, Entry, FORMAT, Head, Snapshot, Start};
use super::files::{self, FileNumber, RecordFile};
use super::frame::{self, Found};
use dynamo_model::ids::NodeId;
use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A place in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file.
    pub file: PathBuf,
    /// The offset of an entry in it, in bytes.
    pub offset: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, byte {}", self.file.display(), self.offset)
    }
}

/// What is wrong with a record. It is no fault of the protocol.
#[derive(Debug, Error)]
pub enum Damage {
    /// The bytes are not those that the node wrote.
    #[error("{at}: the record is damaged: {what}")]
    Changed {
        /// Where.
        at: Position,
        /// What.
        what: String,
    },
    /// A file is missing, cannot be read, or is of another format.
    #[error("{file}: the record cannot be read: {what}")]
    Unreadable {
        /// The file or the directory.
        file: PathBuf,
        /// What is wrong, and what to do.
        what: String,
    },
}

/// How a part of a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The node was stopped.
    Stopped,
    /// The record ends without a word: the node runs still, or was killed.
    Open,
    /// The last entry is incomplete: the node was killed amid a write.
    Torn,
    /// The node could not write its record any more, and went on without it.
    Cut,
}

/// What comes next in a record.
#[derive(Debug)]
pub enum Next {
    /// A start of the node.
    Start(Box<Head>, Box<Start>),
    /// The node's state: the record goes on in the next file, or its older files were deleted.
    Snapshot(Box<Head>, Box<Snapshot>),
    /// A batch.
    Batch(Batch),
    /// This life of the node ends.
    Ending(Ending),
    /// The record is followed, and nothing more is in it yet.
    NotYet,
    /// There is nothing more.
    End,
}

/// Reads one node's record from its first file to its last.
#[derive(Debug)]
pub struct Reader {
    directory: PathBuf,
    /// Does the node go on to write it?
    grows: bool,
    files: VecDeque<RecordFile>,
    bytes: Vec<u8>,
    at: Position,
    /// Where the next entry begins.
    offset: usize,
    /// The number of the file that these bytes are of.
    number: Option<FileNumber>,
    /// The number of the next file, if one was read.
    expected: Option<FileNumber>,
    /// Is a life of the node under way?
    is_alive: bool,
    ending: Ending,
}

impl Reader {
    /// Opens the record in a directory. `None`: the directory has none.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub fn open(directory: &Path) -> Result<Option<Self>, Damage> {
        let unreadable = |error: std::io::Error| Damage::Unreadable {
            file: directory.to_owned(),
            what: error.to_string(),
        };
        let files: VecDeque<RecordFile> = files::list(directory).map_err(unreadable)?.into();
        let Some(first) = files.front() else { return Ok(None) };
        let at = Position { file: first.path.clone(), offset: 0 };
        Ok(Some(Reader {
            directory: directory.to_owned(),
            grows: false,
            files,
            bytes: Vec::new(),
            at,
            offset: 0,
            number: None,
            expected: None,
            is_alive: false,
            ending: Ending::Open,
        }))
    }

    /// The node goes on to write the record, or no longer does so. While it does, the end of what is
    /// written is not the end.
    pub(super) fn set_grows(&mut self, grows: bool) {
        self.grows = grows;
    }

    /// Was the last batch committed, by what was read after it? The node was stopped after it, or
    /// could not record another one.
    pub(super) fn has_committed(&self) -> bool {
        matches!(self.ending, Ending::Stopped | Ending::Cut)
    }

    /// The node whose record this is: the first file that begins with a whole entry names it.
    ///
    /// # Errors
    /// If no file does.
    pub fn owner(&self) -> Result<NodeId, Damage> {
        let head = |file: &RecordFile| match files::first_entry(&file.path).ok()? {
            Some(Entry::Head(head)) => Some(head.node),
            _ => None,
        };
        self.files.iter().find_map(head).ok_or_else(|| Damage::Unreadable {
            file: self.at.file.clone(),
            what: "no file of it begins with a whole entry".to_owned(),
        })
    }

    /// Where the last entry was, or what could not be read.
    pub fn position(&self) -> &Position {
        &self.at
    }

    /// Reads on.
    ///
    /// # Errors
    /// If the record is damaged here. Nothing after that can be read.
    pub fn read_on(&mut self) -> Result<Next, Damage> {
        self.at.offset = self.offset;
        match frame::find(&self.bytes, self.offset) {
            Found::Content(content, next) => {
                let entry = entry::decode(content);
                self.offset = next;
                match entry {
                    Some(Entry::Batch(batch)) if self.ending != Ending::Stopped => {
                        Ok(Next::Batch(batch))
                    }
                    Some(Entry::Stop) if self.ending == Ending::Open => {
                        self.ending = Ending::Stopped;
                        self.read_on()
                    }
                    Some(_) => Err(self.changed("the entry is not expected here")),
                    None => Err(self.changed("the entry cannot be decoded")),
                }
            }
            Found::Torn if self.ending == Ending::Open => self.end_file(Ending::Torn),
            Found::End | Found::Torn => self.end_file(self.ending),
            Found::Damaged(what) => Err(self.changed(what)),
        }
    }

    /// This is the end of what is known of the file. If nothing comes later, it ends so.
    fn end_file(&mut self, ending: Ending) -> Result<Next, Damage> {
        if self.grows {
            if self.has_grown()? {
                return self.read_on();
            }
            if self.files.is_empty() && self.ending != Ending::Cut {
                return Ok(Next::NotYet);
            }
        }
        self.ending = if self.ending == Ending::Cut { Ending::Cut } else { ending };
        self.next_file()
    }

    /// Has the node written more to this file? If not, looks for the files after it. A node begins
    /// the next file after its last write to this one.
    fn has_grown(&mut self) -> Result<bool, Damage> {
        let unreadable = |file: &Path, what| Damage::Unreadable { file: file.to_owned(), what };
        let listed = files::list(&self.directory)
            .map_err(|error| unreadable(&self.directory, error.to_string()))?;
        let is_unread = |file: &&RecordFile| self.expected.is_none_or(|next| file.number >= next);
        self.files = listed.iter().filter(is_unread).cloned().collect();
        let Some(number) = self.number else { return Ok(false) };
        let Some(own) = listed.iter().find(|file| file.number == number) else {
            let what = "the node deleted it before it was read: give --record-max-bytes more";
            return Err(unreadable(&self.at.file, what.to_owned()));
        };
        if own.is_cut && self.ending == Ending::Open {
            // The node has taken back what it had written in part.
            self.ending = Ending::Cut;
            self.bytes.truncate(self.offset);
        }
        let before = self.bytes.len();
        self.at.file.clone_from(&own.path);
        let end = self.bytes.len() as u64;
        let mut file = match File::open(&own.path) {
            // The node has just cut the file off, and renamed it.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.files.clear();
                return Ok(false);
            }
            opened => opened.map_err(|error| unreadable(&own.path, error.to_string()))?,
        };
        file.seek(SeekFrom::Start(end))
            .map_err(|error| unreadable(&own.path, error.to_string()))?;
        file.read_to_end(&mut self.bytes)
            .map_err(|error| unreadable(&own.path, error.to_string()))?;
        Ok(self.bytes.len() > before)
    }

    fn changed(&self, what: &str) -> Damage {
        Damage::Changed { at: self.at.clone(), what: what.to_owned() }
    }

    /// Begins the next file. Before a start, the life before ends.
    fn next_file(&mut self) -> Result<Next, Damage> {
        while let Some(file) = self.files.front().cloned() {
            if let Some(next) = self.begin(&file)? {
                return Ok(next);
            }
        }
        if !self.grows {
            Ok(self.end_life().unwrap_or(Next::End))
        } else if self.ending == Ending::Cut {
            Ok(self.end_life().unwrap_or(Next::NotYet))
        } else {
            Ok(Next::NotYet)
        }
    }

    /// Begins a file. `None`: the node was killed before the file had two whole entries.
    fn begin(&mut self, file: &RecordFile) -> Result<Option<Next>, Damage> {
        let unreadable = |what| Damage::Unreadable { file: file.path.clone(), what };
        if self.expected.is_some_and(|expected| expected != file.number) {
            return Err(unreadable("the file before this one is missing".to_owned()));
        }
        let bytes = fs::read(&file.path).map_err(|error| unreadable(error.to_string()))?;
        let at = Position { file: file.path.clone(), offset: 0 };
        let changed = |what: &str| Damage::Changed { at: at.clone(), what: what.to_owned() };
        let Found::Content(content, second) = frame::find(&bytes, 0) else {
            // A node that was killed amid its start has left a file without a whole entry.
            if matches!(frame::find(&bytes, 0), Found::Damaged(_)) {
                return Err(changed("the first entry does not match its checksum"));
            }
            return Ok(self.leave(file));
        };
        let Some(Entry::Head(head)) = entry::decode(content) else {
            return Err(changed("the first entry is no head of format 1"));
        };
        if head.format != FORMAT {
            return Err(unreadable(format!(
                "it has format {}, and this program reads format {FORMAT}: use dynamo {}",
                head.format, head.version
            )));
        }
        let content = match frame::find(&bytes, second) {
            Found::Content(content, next) => Some((content, next)),
            Found::Damaged(what) => return Err(changed(what)),
            Found::End | Found::Torn => None,
        };
        let Some((content, next)) = content else {
            return Ok(self.leave(file));
        };
        let entry = entry::decode(content);
        if matches!(entry, Some(Entry::Start(_)))
            && let Some(ending) = self.end_life()
        {
            return Ok(Some(ending));
        }
        if self.is_alive && self.ending != Ending::Open {
            return Err(self.changed(
                "the file ends amid an entry, or after the node's stop, and the next file \
                 continues it",
            ));
        }
        self.pass(file);
        (self.bytes, self.at, self.offset) = (bytes, at, next);
        self.number = Some(file.number);
        self.at.offset = second;
        (self.is_alive, self.ending) = (true, if file.is_cut { Ending::Cut } else { Ending::Open });
        match entry {
            Some(Entry::Start(start)) => Ok(Some(Next::Start(head, start))),
            Some(Entry::Snapshot(snapshot)) => Ok(Some(Next::Snapshot(head, snapshot))),
            _ => Err(self.changed("the second entry is neither a start nor a snapshot")),
        }
    }

    /// Passes a file that does not have two whole entries, unless the node may still write them.
    /// Another file after it shows that it does not.
    fn leave(&mut self, file: &RecordFile) -> Option<Next> {
        if self.grows && !file.is_cut && self.files.len() == 1 {
            return Some(Next::NotYet);
        }
        if file.is_cut && self.is_alive && self.ending == Ending::Open {
            self.ending = Ending::Cut;
        }
        self.pass(file);
        None
    }

    fn pass(&mut self, file: &RecordFile) {
        self.files.pop_front();
        self.expected = Some(file.number.next());
    }

    fn end_life(&mut self) -> Option<Next> {
        std::mem::take(&mut self.is_alive).then_some(Next::Ending(self.ending))
    }
}
