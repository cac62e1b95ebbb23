//! Detects an older copy of a node's own disk: the node asks the others at its start, and begins on
//! an empty disk if one of them remembers more.

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

/// The most datagrams that are kept while the node asks the others.
const KEPT_MAX: usize = 256;

/// Asks the other members what they remember of this node's disk, and waits for their replies, for
/// a limited time. Returns what else came in meanwhile.
///
/// A node on a new disk waits too. It may have lost an earlier disk, and the others may remember a
/// later start of that one than the present start: the clock may have gone back. Once the node
/// serves, it could not tell that from a second process that was started later.
pub(super) fn ask(socket: &mut NodeSocket, others: &[NodeId]) -> io::Result<Vec<Received>> {
    let (begin, mut kept) = (Instant::now(), Vec::new());
    let mut asked: Option<Instant> = None;
    loop {
        let silent = silent(socket, others);
        let is_late = begin.elapsed() >= WAIT;
        if silent.is_empty() || is_late || socket.doorkeeper.memories.evidence().is_some() {
            return Ok(kept);
        }
        if asked.is_none_or(|asked| asked.elapsed() >= ASK_AGAIN) {
            for node in &silent {
                socket.ask(*node);
            }
            asked = Some(Instant::now());
        }
        let received = socket.receive_within(ASK_AGAIN)?;
        kept.extend(
            received
                .filter(|received| !matches!(received, Received::Nothing) && kept.len() < KEPT_MAX),
        );
    }
}

/// The nodes among these that have not said yet what they remember of this node's disk.
fn silent(socket: &NodeSocket, others: &[NodeId]) -> Vec<NodeId> {
    let is_silent = |node: &&NodeId| !socket.doorkeeper.memories.is_confirmed(**node);
    others.iter().filter(is_silent).copied().collect()
}

/// Warns of the nodes among these that have not said what they remember of a disk that the node has
/// used before.
pub(super) fn warn_of_silent(socket: &NodeSocket, others: &[NodeId]) {
    let silent = silent(socket, others);
    if !silent.is_empty() && socket.doorkeeper.memories.evidence().is_none() {
        let names: Vec<String> = silent.iter().map(NodeId::to_string).collect();
        tracing::warn!(
            "{} did not say within {} ms what they remember of this node's disk; \
             the node starts anyway",
            names.join(", "),
            WAIT.as_millis()
        );
    }
}

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
    let mut new = Store::open(data, *id)?;
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
