//! What a node does about an older copy of its own disk: it asks the others at its start, and
//! begins anew where one remembers more.

use super::{RuntimeError, Settings, start};
use crate::founding::{self, Founding};
use crate::identity::ClusterId;
use crate::memory::{ASK_AGAIN, Evidence, WAIT};
use crate::socket::{NodeSocket, Received};
use crate::store::{Store, put_aside};
use dynamo_model::ids::NodeId;
use dynamo_model::moment::Moment;
use std::io;
use std::path::Path;
use std::time::Instant;

/// At most so many datagrams with messages are kept that come while the others are asked.
const KEPT_MAX: usize = 256;

/// Asks the other members what they remember of this node's disk. Where the disk has been used
/// before, this waits for their answers, and for those that are silent only so long. Returns what
/// else has come in meanwhile.
pub(super) fn ask(
    socket: &mut NodeSocket,
    others: &[NodeId],
    is_used: bool,
) -> io::Result<Vec<Received>> {
    let (begin, mut kept) = (Instant::now(), Vec::new());
    let missing = |socket: &NodeSocket| -> Vec<NodeId> {
        let is_missing = |node: &&NodeId| !socket.doorkeeper.memories.is_confirmed(**node);
        others.iter().filter(is_missing).copied().collect()
    };
    let mut asked: Option<Instant> = None;
    loop {
        let silent = missing(socket);
        let is_late = begin.elapsed() >= WAIT;
        if silent.is_empty() || is_late || socket.doorkeeper.memories.evidence().is_some() {
            if is_late && !silent.is_empty() {
                let names: Vec<String> = silent.iter().map(NodeId::to_string).collect();
                tracing::warn!(
                    "{} did not say within {} ms what they remember of this node's disk; the node starts all the same",
                    names.join(", "),
                    WAIT.as_millis()
                );
            }
            return Ok(kept);
        }
        if asked.is_none_or(|asked| asked.elapsed() >= ASK_AGAIN) {
            for node in &silent {
                socket.ask(*node);
            }
            asked = Some(Instant::now());
        }
        if !is_used {
            return Ok(kept);
        }
        let received = socket.receive_within(ASK_AGAIN)?;
        kept.extend(
            received
                .filter(|received| !matches!(received, Received::Nothing) && kept.len() < KEPT_MAX),
        );
    }
}

/// Does the directory itself show that its database is older than the rest? The database hears of
/// each start first, and the file DIR/cluster after it.
pub(super) fn evidence_in(store: &Store, last_start: u64) -> Option<Evidence> {
    let known = store.past().last()?;
    let remembered = Moment { start: last_start, commit: 0 };
    (known.start < last_start).then_some(Evidence { by: None, remembered, known })
}

/// Puts the data aside, and makes a new disk for the node, under a new incarnation. What the old
/// one knows of members, and of what was heard of others, is true however old it is, and stays.
pub(super) fn begin_anew(
    settings: &Settings,
    store: Store,
    evidence: &Evidence,
) -> Result<(), RuntimeError> {
    let Settings { id, data, node, .. } = settings;
    let (old, heard) = (store.committed().clone(), store.heard().clone());
    drop(store);
    let aside = put_aside(data, *id)?;
    let aside = aside.as_deref().unwrap_or(Path::new("-"));
    tracing::error!(
        node = %id,
        "the data is an older copy of itself: {evidence}. It was put aside, in {}; the node begins on an empty disk under a new incarnation, \
         and gets its keys back from the others",
        aside.display()
    );
    let mut new = Store::open(data, *id)?;
    new.remember(&heard);
    new.commit(&node.new_disk_after(&old, new.committed().incarnation))?;
    let known = founding::read(data)?;
    let founding = known
        .map_or_else(|| Founding::new(ClusterId::UNKNOWN, &node.config), |(founding, _)| founding);
    let last = known.map_or(0, |(_, last)| last).max(evidence.remembered.start);
    // The next start is later than every one that anybody remembers, also if the clock went back.
    if known.is_some() {
        founding::begin(data, &founding, last)?;
    }
    Ok(())
}

/// Opens a node's data. If they are older than the file beside them, the node begins anew.
pub(super) fn open(settings: &Settings) -> Result<(Store, Option<Evidence>), RuntimeError> {
    let store = start::open(settings)?;
    let last_start = founding::read(&settings.data)?.map_or(0, |(_, last)| last);
    let Some(evidence) = evidence_in(&store, last_start) else { return Ok((store, None)) };
    begin_anew(settings, store, &evidence)?;
    Ok((start::open(settings)?, Some(evidence)))
}
