//! Writes a node's record.
//!
//! The recorder writes a batch with one system call, before the node commits the batch and sends
//! anything. So `kill -9` loses nothing that another node may have heard. Nothing is synced: a power
//! failure may cost the end of the record.
//!
//! If the record cannot be written, for example because the disk is full, the node goes on without
//! it. The recorder cuts the last file off after its last whole entry, and renames it to end in
//! `.cut`, so that the validator knows that the node went on.

use super::digest::Digests;
use super::entry::{self, FORMAT, Head, NodeSettings, Snapshot, Start};
use super::files::{self, FileNumber};
use super::{Limits, RecordError};
use crate::identity::{ClusterId, Life};
use crate::interpreter::Batch;
use crate::timers::Timers;
use dynamo_model::ids::NodeId;
use dynamo_model::node::{Durable, Node, State, Timer};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Who is recorded, from one start on.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The node.
    pub id: NodeId,
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its life.
    pub life: Life,
    /// The number of the start before this one on the same disk. `None`: the disk is new.
    pub previous: Option<u64>,
    /// The actor.
    pub node: Node,
}

/// Records one life of a node.
#[derive(Debug)]
pub struct Recorder {
    limits: Limits,
    head: Head,
    /// `None`: the record could not be written.
    open: Option<OpenFile>,
    digests: Digests,
    events: u64,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct OpenFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// How many bytes the file may have before the next one is begun.
    bytes_max: u64,
}

impl Recorder {
    /// Begins to record a node that starts on this disk. Makes the directory if it does not exist.
    ///
    /// # Errors
    /// If the directory cannot be used, or has the record of another node.
    pub fn begin(limits: Limits, subject: Subject, durable: &Durable) -> Result<Self, RecordError> {
        let Subject { id, cluster, life, previous, node } = subject;
        files::check(&limits.directory, id)?;
        let (version, settings) = (env!("CARGO_PKG_VERSION").to_owned(), NodeSettings::of(&node));
        let head = Head { format: FORMAT, version, node: id, cluster, life, begun: 0, settings };
        let (directory, digests) = (limits.directory.clone(), Digests::new(durable.clone()));
        let mut this =
            Recorder { limits, head, open: None, digests, events: 0, buffer: Vec::new() };
        this.append_head();
        entry::append_start(&mut this.buffer, &Start { previous, durable: durable.clone() });
        this.begin_file().map_err(|source| RecordError::Unusable { directory, source })?;
        Ok(this)
    }

    /// Is the record being written? Otherwise it could not be.
    pub fn is_going_on(&self) -> bool {
        self.open.is_some()
    }

    /// Records a batch, and takes its events.
    pub fn note(&mut self, batch: Batch<'_>) {
        let Batch { events, saves, state, timers } = batch;
        if self.open.is_some() && (saves || !events.is_empty()) {
            let changed = self.digests.after(events, saves, state);
            self.buffer.clear();
            entry::append_batch(&mut self.buffer, events, saves, &changed);
            self.events += events.len() as u64;
            let written = self.write().and_then(|()| self.rotate(state, timers));
            written.unwrap_or_else(|error| self.give_up(&error));
        }
        events.clear();
    }

    /// The node stops, after it has sent everything.
    pub fn stop(mut self) {
        self.buffer.clear();
        entry::append_stop(&mut self.buffer);
        self.write().unwrap_or_else(|error| self.give_up(&error));
    }

    fn append_head(&mut self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.buffer.clear();
        self.head.begun = now.as_secs();
        entry::append_head(&mut self.buffer, &self.head);
    }

    fn write(&mut self) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.file.write_all(&self.buffer)?;
        open.bytes += self.buffer.len() as u64;
        Ok(())
    }

    /// Begins the next file, once the present one is large enough.
    fn rotate(&mut self, state: &State, timers: &Timers<Timer>) -> io::Result<()> {
        if self.open.as_ref().is_none_or(|open| open.bytes < open.bytes_max) {
            return Ok(());
        }
        self.append_head();
        let snapshot = Snapshot::of(state, entry::names(timers), self.events);
        entry::append_snapshot(&mut self.buffer, &snapshot);
        self.digests = Digests::new(state.durable.clone());
        self.begin_file()
    }

    /// Begins a file with what is in the buffer, and deletes the oldest files that exceed the
    /// limit.
    fn begin_file(&mut self) -> io::Result<()> {
        let Limits { directory, bytes_max } = self.limits.clone();
        let first = self.buffer.len() as u64;
        // With a large state, a file has at least as much after its first entries as in them. So
        // most of the work and of the room goes to what happens.
        let of_file = (bytes_max / files::SHARES).max(2 * first);
        if of_file > bytes_max / 2 {
            return Err(io::Error::other(format!(
                "the node's state alone takes {first} bytes, and the record may take {bytes_max}: \
                 allow more with --record-max-bytes"
            )));
        }
        let others = files::list(&directory)?;
        let number = others.last().map_or(FileNumber::FIRST, |last| last.number.next());
        let path = directory.join(number.file_name());
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path)?;
        self.open = Some(OpenFile { path, file, bytes: 0, bytes_max: of_file });
        self.write()?;
        let mut total = others.iter().map(|other| other.bytes).sum::<u64>() + of_file;
        for oldest in others {
            if total <= bytes_max {
                break;
            }
            fs::remove_file(&oldest.path)?;
            total -= oldest.bytes;
        }
        Ok(())
    }

    /// Records no more. The node goes on.
    fn give_up(&mut self, error: &io::Error) {
        tracing::error!(
            node = %self.head.node, directory = %self.limits.directory.display(),
            "the record cannot be written: {error}. The node goes on without it. To record again, \
             make room and restart the node"
        );
        let Some(OpenFile { path, file, bytes, .. }) = self.open.take() else { return };
        // What was written in part is no entry. Both steps may fail on a broken disk. The validator
        // then reports a torn file, or messages that this record lacks.
        let _ = file.set_len(bytes);
        let _ = fs::rename(&path, path.with_extension(files::CUT));
    }
}

#[cfg(test)]
impl Recorder {
    /// From now on, every write fails as on a full disk.
    pub(super) fn fill_disk(&mut self) {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has a full disk");
        self.open.as_mut().expect("it records").file = full;
    }
}
