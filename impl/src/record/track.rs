//! One node in a validation: its record, and the actor that follows it.

use super::entry::{Batch, Head, Start};
use super::fault::{Fault, Wrong};
use super::letters;
use super::reader::{Damage, Ending, Next, Position, Reader};
use super::replay::Replay;
use dynamo_model::ids::{Key, NodeId};
use dynamo_model::membership::Change;
use dynamo_model::node::Durable;
use dynamo_model::rules::Rules;
use dynamo_model::siblings::Siblings;
use std::panic::{self, AssertUnwindSafe};

/// What a record does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The record begins after the node's first start, or its first files were deleted.
    BeginsLate,
    /// The node was started without being recorded in between, or on an older copy of its disk.
    Unrecorded,
    /// At a start, the disk knew more than the record. A power failure takes the end of a record,
    /// but nothing of the disk. A node that joins writes to its disk before it is recorded.
    DiskIsAhead,
    /// The node could not write its record any more, and went on.
    Cut,
    /// The record ends while the node runs, or where it was killed.
    Open,
    /// The record is damaged. What comes after is not known.
    Damaged,
}

impl Gap {
    /// What it means, in words.
    pub fn told(&self) -> &'static str {
        match self {
            Gap::BeginsLate => "the record begins after the node's first start",
            Gap::Unrecorded => "the node ran without a record before this start",
            Gap::DiskIsAhead => "at this start the disk knew more than the record",
            Gap::Cut => "the node went on without its record",
            Gap::Open => "what the node did after this is not known",
            Gap::Damaged => "what comes after this is not read",
        }
    }
}

/// How far a node was followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Starts.
    pub lives: u64,
    /// Starts on a disk that was not the last one.
    pub new_disks: u64,
    /// Batches.
    pub batches: u64,
    /// Events of all kinds.
    pub events: u64,
    /// Messages received.
    pub received: u64,
    /// Messages sent.
    pub sent: u64,
}

/// A batch that waits until all that it received has been sent.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) at: Position,
    pub(super) batch: Batch,
    /// So many of its events have been looked at.
    pub(super) checked: usize,
}

/// What comes after what was read of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is not known yet.
    Unread,
    /// The node has not written it yet.
    NotWritten,
    /// Nothing.
    Nothing,
}

/// A batch that the actor has followed, or from which it differs.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) at: Position,
    pub(super) batch: Batch,
    pub(super) is_followed: bool,
}

/// A start that waits until another node tells this one that it has joined.
#[derive(Debug)]
pub(super) struct Starting {
    pub(super) head: Box<Head>,
    /// Is the disk a new one, in the place of one that the node has lost?
    pub(super) is_new_disk: bool,
}

/// What happens next at a node.
pub(super) enum Turn {
    /// A batch. It is in `waiting`.
    Batch,
    /// A start.
    Started(Box<Head>),
    /// The record goes on in the next file.
    GoesOn,
    /// A life has ended. The last batch may not have been committed.
    Ended,
    /// The record is followed, and nothing more is in it yet.
    NotYet,
    /// There is nothing more.
    Over,
}

/// One node.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) id: NodeId,
    reader: Reader,
    rules: Rules,
    /// `None`: no life is under way, or it differs from the model.
    pub(super) replay: Option<Replay>,
    pub(super) waiting: Option<Waiting>,
    pub(super) starting: Option<Starting>,
    /// What another node has told this one of members before the present or last start: a node that
    /// joins asks one of them.
    pub(super) untold: Vec<Change>,
    /// The last batch, until the next entry, or another node that received something of it, shows
    /// that it was committed.
    pub(super) done: Option<Done>,
    /// The actor of the life that the present one follows. It has done the last batch.
    pub(super) former: Option<Replay>,
    /// At the present start, the disk did not have the last batch of the life before.
    pub(super) is_undone: bool,
    /// Has the listener heard that the node has started, and not yet that it has stopped?
    pub(super) is_running: bool,
    /// How many events of this life the listener has been told.
    pub(super) told: u64,
    pub(super) rest: Rest,
    /// So many entries were read.
    pub(super) entries: u64,
    /// The number of the present or last start.
    start: Option<u64>,
    /// How many events of this life were recorded before the next batch.
    pub(super) events: u64,
    pub(super) counts: Counts,
    pub(super) gaps: Vec<(Position, Gap)>,
    pub(super) damage: Option<Damage>,
    pub(super) ending: Option<Ending>,
}

impl Track {
    pub(super) fn new(id: NodeId, reader: Reader, rules: &Rules) -> Self {
        Track {
            id,
            reader,
            rules: *rules,
            replay: None,
            waiting: None,
            starting: None,
            untold: Vec::new(),
            done: None,
            former: None,
            is_undone: false,
            is_running: false,
            told: 0,
            rest: Rest::Unread,
            entries: 0,
            start: None,
            events: 0,
            counts: Counts::default(),
            gaps: Vec::new(),
            damage: None,
            ending: None,
        }
    }

    /// Where the record was read last.
    pub(super) fn position(&self) -> &Position {
        self.reader.position()
    }

    /// May the node have sent something that its record lacks?
    pub(super) fn may_lack_sends(&self) -> bool {
        !self.gaps.is_empty()
    }

    fn note(&mut self, gap: Gap) {
        self.gaps.push((self.reader.position().clone(), gap));
    }

    /// See [`Reader::has_committed`].
    pub(super) fn has_committed(&self) -> bool {
        self.reader.has_committed()
    }

    /// See [`Reader::set_grows`].
    pub(super) fn set_grows(&mut self, grows: bool) {
        self.reader.set_grows(grows);
    }

    /// Reads on. What differs from the model goes to `faults`.
    pub(super) fn advance(&mut self, faults: &mut Vec<Fault>) -> Turn {
        self.rest = Rest::Unread;
        let read = self.reader.read_on();
        self.entries += u64::from(!matches!(read, Ok(Next::NotYet)));
        match read {
            Ok(Next::NotYet) => {
                self.rest = Rest::NotWritten;
                Turn::NotYet
            }
            Ok(Next::Batch(batch)) => {
                let at = self.reader.position().clone();
                self.waiting = Some(Waiting { at, batch, checked: 0 });
                Turn::Batch
            }
            Ok(Next::Start(head, start)) => {
                self.begin(&head, &start, faults);
                Turn::Started(head)
            }
            Ok(Next::Snapshot(head, snapshot)) => {
                let is_first = self.start.is_none();
                if let Some(replay) = &mut self.replay {
                    if let Err(difference) = replay.compare(&snapshot) {
                        faults.push(self.fault(Wrong::Differs(difference)));
                        self.replay = None;
                    }
                } else if is_first {
                    self.note(Gap::BeginsLate);
                    self.replay = Replay::go_on(&head, &snapshot, &self.rules);
                }
                self.events = snapshot.events;
                self.start = Some(head.life.start);
                if is_first { Turn::Started(head) } else { Turn::GoesOn }
            }
            Ok(Next::Ending(ending)) => {
                self.ending = Some(ending);
                if ending == Ending::Cut {
                    self.note(Gap::Cut);
                }
                Turn::Ended
            }
            Ok(Next::End) => {
                if matches!(self.ending, Some(Ending::Open | Ending::Torn)) {
                    self.note(Gap::Open);
                }
                self.rest = Rest::Nothing;
                Turn::Over
            }
            Err(damage) => {
                (self.damage, self.ending) = (Some(damage), None);
                self.note(Gap::Damaged);
                self.rest = Rest::Nothing;
                Turn::Over
            }
        }
    }

    fn fault(&self, what: Wrong) -> Fault {
        let (node, at) = (self.id, self.reader.position().clone());
        Fault { node, at, event: self.events, what, around: Vec::new(), index: 0 }
    }

    fn begin(&mut self, head: &Head, start: &Start, faults: &mut Vec<Fault>) {
        self.former = self.replay.take();
        self.is_undone = false;
        let before = self.former.as_ref();
        let founders = head.settings.founders();
        let known = before.filter(|_| start.previous.is_some());
        let known = known.map_or(founders, |before| &before.disks()[1].history);
        self.untold = letters::told_by_others(&start.durable.history, &[founders, known]);
        self.counts.lives += 1;
        self.events = 0;
        let last = self.start.replace(head.life.start);
        let is_first = last.is_none();
        match (start.previous, last) {
            (None, None) => {}
            (Some(_), None) => self.note(Gap::BeginsLate),
            (None, Some(_)) => self.counts.new_disks += 1,
            (previous, last) if previous != last => self.note(Gap::Unrecorded),
            _ => {
                let disks = before.map(Replay::disks);
                match disks {
                    Some([_, after]) if *after == start.durable => {}
                    Some([before, _]) if *before == start.durable => self.is_undone = true,
                    Some([_, after]) if self.has_joined(head, after, &start.durable) => {}
                    Some([before, _]) if self.has_joined(head, before, &start.durable) => {
                        self.is_undone = true;
                    }
                    Some([_, after]) if is_ahead(&start.durable, after) => {
                        self.note(Gap::DiskIsAhead);
                    }
                    Some(_) => faults.push(self.fault(Wrong::DiskLacks)),
                    None => {}
                }
            }
        }
        self.replay = Replay::start(head, start, &self.rules);
        if self.replay.is_none() {
            let what = "no node can have the settings of this start".to_owned();
            self.damage = Some(Damage::Changed { at: self.reader.position().clone(), what });
            if is_first {
                self.note(Gap::BeginsLate);
            }
        }
    }
}

impl Track {
    /// Is this disk what the other one becomes when the node joins again, before it starts?
    fn has_joined(&self, head: &Head, before: &Durable, disk: &Durable) -> bool {
        let Some(node) = head.settings.node(&self.rules).filter(|_| !self.untold.is_empty()) else {
            return false;
        };
        let joined = || node.joined(self.id, before, &disk.history) == *disk;
        panic::catch_unwind(AssertUnwindSafe(joined)).unwrap_or(false)
    }
}

/// Has this disk all that the other has? Tombstones may have been reaped.
fn is_ahead(disk: &Durable, other: &Durable) -> bool {
    let is_deleted =
        |held: &Siblings| held.versions().iter().all(|it| it.content.value().is_none());
    let includes = |(key, held): (&Key, &Siblings)| match disk.store.get(key) {
        Some(now) => now.context().includes(held.context()),
        None => is_deleted(held),
    };
    disk.incarnation == other.incarnation
        && disk.counter >= other.counter
        && disk.history.includes(&other.history)
        && other.store.iter().all(includes)
}
