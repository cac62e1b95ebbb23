//! The part of a disk with which older copies of it are found: the node's starts on this disk, and
//! the moments heard of other nodes.

use super::{PAST, Store, StoreError};
use dynamo_model::ids::NodeId;
use dynamo_model::moment::{Moment, Past};
use fjall::PersistMode;
use im::OrdMap;

impl Store {
    /// The node's starts on this disk, each with its last commit.
    pub fn past(&self) -> Past {
        self.past.clone().with_last_commit(self.sequence())
    }

    /// The latest start and commit heard of each other node.
    pub fn heard(&self) -> &OrdMap<NodeId, Moment> {
        &self.heard
    }

    /// Records a new start. It is on disk when this returns.
    ///
    /// # Errors
    /// If writing or syncing fails.
    pub fn begin(&mut self, start: u64) -> Result<(), StoreError> {
        let (tables, sequence) = (&self.tables, self.sequence() + 1);
        let mut changes = tables.begin(PersistMode::SyncAll, self.progress.digest);
        // The disk has the past as the last start left it.
        let on_disk = tables
            .past
            .get(PAST, &mut super::Digest::default())
            .map_err(|what| self.damaged(what))?;
        let past = self.past().with_start(start, sequence);
        tables.past.insert(&mut changes, PAST, Some(&on_disk), &past);
        let failed = |source| StoreError::Commit { path: self.path.clone(), source };
        let progress = tables.commit(changes, sequence).map_err(failed)?;
        self.sequence.write(sequence).map_err(|source| failed(source.into()))?;
        (self.past, self.progress) = (past, progress);
        Ok(())
    }

    /// Sets the moments heard of other nodes. The next commit writes them.
    pub fn remember(&mut self, heard: &OrdMap<NodeId, Moment>) {
        self.to_remember = heard.clone();
    }

    /// Writes the moments heard, if they have changed, without a sync. They survive `kill -9`, but
    /// perhaps not a power failure. This is not a commit: other nodes would remember its number,
    /// which would cause a commit there, and so on.
    ///
    /// # Errors
    /// If writing fails.
    pub fn save_heard(&mut self) -> Result<(), StoreError> {
        let mut changes = self.tables.begin(PersistMode::Buffer, self.progress.digest);
        self.tables.heard.write_difference(&mut changes, &self.heard, &self.to_remember);
        if changes.batch.is_empty() {
            return Ok(());
        }
        let failed = |source| StoreError::Commit { path: self.path.clone(), source };
        self.progress = self.tables.commit(changes, self.progress.sequence).map_err(failed)?;
        self.heard = self.to_remember.clone();
        Ok(())
    }

    fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), what }
    }
}
