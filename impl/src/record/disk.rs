//! A node's store together with its recorder.

use super::Recorder;
use crate::interpreter::{Batch, Disk, Event};
use crate::recording::Recording;
use crate::storage::Storage;
use dynamo_model::hint::HintId;
use dynamo_model::ids::NodeId;
use dynamo_model::moment::{Moment, Past};
use dynamo_model::node::Durable;
use im::OrdMap;
use std::time::Duration;

/// A node's disk, of which each batch is recorded, if there is a recorder.
#[derive(Debug)]
pub struct RecordedDisk<'a, S> {
    /// The disk.
    pub storage: &'a mut S,
    /// The recorder.
    pub recorder: Option<&'a mut Recorder>,
    /// Takes a copy of the events that are recorded.
    pub events: Option<&'a mut Vec<Event>>,
}

impl<S: Storage> Disk for RecordedDisk<'_, S> {
    type Error = S::Error;

    fn note(&mut self, batch: Batch<'_>) {
        if let Some(recorder) = &mut self.recorder {
            if let Some(events) = &mut self.events {
                events.extend_from_slice(batch.events);
            }
            recorder.note(batch);
        }
    }

    fn commit(&mut self, durable: &Durable) -> Result<(), S::Error> {
        self.storage.commit(durable)
    }
}

impl<S: Storage> Storage for RecordedDisk<'_, S> {
    fn sequence(&self) -> u64 {
        self.storage.sequence()
    }

    fn past(&self) -> Past {
        self.storage.past()
    }

    fn heard(&self) -> &OrdMap<NodeId, Moment> {
        self.storage.heard()
    }

    fn remember(&mut self, heard: &OrdMap<NodeId, Moment>) {
        self.storage.remember(heard);
    }

    fn save_heard(&mut self) -> Result<(), S::Error> {
        self.storage.save_heard()
    }

    fn recording(&self) -> Recording {
        match &self.recorder {
            None => Recording::Off,
            Some(recorder) if recorder.is_going_on() => Recording::On,
            Some(_) => Recording::Stopped,
        }
    }

    fn hint_age(&self, hint: &HintId) -> Duration {
        self.storage.hint_age(hint)
    }
}
