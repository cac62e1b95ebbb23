//! Begins on a new disk, when the present one is an older copy of itself: moves the files aside.

use super::{RuntimeError, Settings, start};
use crate::founding::{self, Founding};
use crate::identity::ClusterId;
use crate::memory::Evidence;
use crate::store::{Store, put_aside};
use dynamo_model::ids::NodeId;
use dynamo_model::moment::Moment;
use std::path::Path;

/// The evidence in the directory itself that the database is older than the file DIR/cluster. A
/// start is written to the database first and then to the file.
pub(super) fn evidence_in(store: &Store, last_start: u64) -> Option<Evidence> {
    let known = store.past().last()?;
    let remembered = Moment { start: last_start, commit: 0 };
    (known.start < last_start).then_some(Evidence { by: None, remembered, known })
}

/// Moves the data aside, and makes a new disk under a new incarnation. The old disk's membership
/// history and memories of other nodes stay: they are true however old they are.
pub(super) fn begin_anew(
    settings: &Settings,
    store: Store,
    evidence: &Evidence,
) -> Result<(), RuntimeError> {
    let Settings { id, data, node, .. } = settings;
    let (old, heard) = (store.committed().clone(), store.heard().clone());
    drop(store);
    let aside = put_aside(data, *id)?;
    log_new_disk(*id, evidence, aside.as_deref().unwrap_or(Path::new("-")));
    let mut new = start::open(settings)?;
    new.remember(&heard);
    new.commit(&node.new_disk_after(&old, new.committed().incarnation))?;
    let known = founding::read(data)?;
    let founding = known
        .map_or_else(|| Founding::new(ClusterId::UNKNOWN, &node.config), |(founding, _)| founding);
    let last = known.map_or(0, |(_, last)| last).max(evidence.remembered.start);
    // The next start must be later than every start that anybody remembers, even if the clock went
    // back.
    if known.is_some() {
        founding::begin(data, &founding, last)?;
    }
    Ok(())
}

fn log_new_disk(node: NodeId, evidence: &Evidence, aside: &Path) {
    if evidence.is_of_lost_disk() {
        tracing::warn!(
            %node,
            "the node has lost an earlier disk, and its clock is behind: {evidence}. \
             The node begins once more, with a later start. Set the clock of this machine"
        );
        return;
    }
    tracing::error!(
        %node,
        "the data is an older copy of itself: {evidence}. The node moved it aside, to {}, \
         and begins on an empty disk under a new incarnation. It gets its keys back from others",
        aside.display()
    );
}

/// Opens a node's data. If the database is older than the file beside it, begins on an empty disk.
pub(super) fn open(settings: &Settings) -> Result<(Store, Option<Evidence>), RuntimeError> {
    let store = start::open(settings)?;
    let last_start = founding::read(&settings.data)?.map_or(0, |(_, last)| last);
    let Some(evidence) = evidence_in(&store, last_start) else { return Ok((store, None)) };
    begin_anew(settings, store, &evidence)?;
    Ok((start::open(settings)?, Some(evidence)))
}
