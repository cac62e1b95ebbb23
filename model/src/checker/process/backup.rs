//! A checker's event: a node's disk is copied, and later the node is started on that copy, once.
//!
//! The runtime numbers starts and commits, and puts both numbers in every datagram. Nodes remember
//! what they heard of one another (`impl/src/memory.rs`). A node that starts asks the others what
//! they remember of it, before it serves any request. In the model all this is one step:
//!
//! ```text
//! CopyDisk                      the disk is copied, at any moment
//! ReturnToCopy { witnessed }    the node is started on the copy. Has a node that is up heard of a
//!                               commit not in the copy (a witness)?
//! HearOfLaterCommit             the node runs on the copy, and a witness comes back
//! ```
//! In the last two, [`Rules::disk_is_old`](crate::rules::Rules::disk_is_old) decides. The node goes
//! on with the copy, or begins on an empty disk under a new incarnation. The node cannot see
//! whether there is a witness. So both cases are steps, and the checker's boundary leaves out the
//! one that is not true. To know which, the checker [dates](Message::Dated) messages that prove a
//! later commit.

use super::{Fate, Process, ProcessState, start_again};
use crate::acts::handler::Node;
use crate::algebra::ids::NodeId;
use crate::algebra::moment::{Moment, Past};
use crate::state::State;
use crate::state::durable::Durable;
use crate::state::message::{Message, Since};
use serde::Serialize;
use stateright::actor::{Command, Id, Out};

/// A copy of a node's disk, and what has happened to the node since.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Backup {
    /// What is on the copy. Empty once the node has a new disk.
    pub disk: Durable,
    /// What has happened to the node since its disk was copied.
    pub stage: Stage,
}

/// What has happened to a node since its disk was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Stage {
    /// It has committed nothing since the copy.
    Copied,
    /// It has committed something that is not in the copy.
    Ahead,
    /// It was started on the copy, and continues on it.
    Returned {
        /// Has it heard from a node that has heard of a commit not in the copy?
        witnessed: bool,
    },
    /// It has a new disk, under a new incarnation, because the copy was found to be old.
    Renewed {
        /// Did it run on the copy first?
        late: bool,
    },
}

impl Stage {
    /// Was the node started on the copy?
    pub fn is_back(self) -> bool {
        matches!(self, Stage::Returned { .. } | Stage::Renewed { .. })
    }
}

impl Backup {
    /// The node's state and this backup, after a step of the node.
    pub(super) fn keep_with(&self, state: State) -> ProcessState {
        let is_ahead = self.stage == Stage::Copied && state.durable != self.disk;
        let stage = if is_ahead { Stage::Ahead } else { self.stage };
        ProcessState::Copied(state, Backup { stage, ..self.clone() })
    }
}

/// The last commit before the copy was made.
const COPIED: Moment = Moment { start: 0, commit: 0 };
/// The first commit after the copy was made.
const LATER: Moment = Moment { start: 0, commit: 1 };
/// The first commit of the start on the copy.
const RETURNED: Moment = Moment { start: 1, commit: 1 };

/// The process's state after this fate. `None`: it does not apply to this process.
pub(super) fn meet(
    node: &Node,
    id: Id,
    state: &ProcessState,
    fate: Fate,
    out: &mut Out<Process>,
) -> Option<ProcessState> {
    let backup = |disk: Durable, stage| Backup { disk, stage };
    let (before, copy) = match (fate, state) {
        (Fate::CopyDisk, ProcessState::Node(before)) => {
            let fates = [true, false].map(|witnessed| Fate::ReturnToCopy { witnessed });
            out.choose_random("fate", fates.to_vec());
            let copy = backup(before.durable.clone(), Stage::Copied);
            return Some(ProcessState::Copied(before.clone(), copy));
        }
        (_, ProcessState::Copied(before, copy)) => (before, copy),
        _ => return None,
    };
    let (remembered, past) = match fate {
        Fate::ReturnToCopy { witnessed: false } => (COPIED, Past::from([COPIED])),
        Fate::ReturnToCopy { witnessed: true } => (LATER, Past::from([COPIED])),
        _ => (LATER, Past::from([COPIED, RETURNED])),
    };
    if node.rules.disk_is_old(remembered, &past) {
        let disk = node.new_disk_after(&copy.disk, before.durable.incarnation + 1);
        let after = start_again(node, id, before, disk, out);
        let stage = Stage::Renewed { late: fate == Fate::HearOfLaterCommit };
        return Some(ProcessState::Copied(after, backup(Durable::default(), stage)));
    }
    let stage = Stage::Returned { witnessed: remembered == LATER };
    if fate == Fate::HearOfLaterCommit {
        return Some(ProcessState::Copied(before.clone(), backup(copy.disk.clone(), stage)));
    }
    if remembered != LATER {
        out.choose_random("fate", vec![Fate::HearOfLaterCommit]);
    }
    let after = start_again(node, id, before, copy.disk.clone(), out);
    Some(ProcessState::Copied(after, backup(copy.disk.clone(), stage)))
}

/// Passes on a step's commands, and dates its messages to other nodes.
pub(super) fn date(sent: Out<Process>, state: &ProcessState, out: &mut Out<Process>) {
    let ProcessState::Copied(node, Backup { stage, .. }) = state else { return };
    let since = match stage {
        Stage::Copied | Stage::Renewed { .. } => None,
        Stage::Ahead => Some(Since::Copied),
        Stage::Returned { .. } => Some(Since::Returned),
    };
    let is_peer =
        |id: Id| NodeId::from_actor(id).is_some_and(|id| node.view.ring().members().contains(&id));
    for command in sent {
        match (command, since) {
            (Command::Send(to, message), Some(since)) if is_peer(to) => {
                out.send(to, Message::Dated { since, message: Box::new(message) });
            }
            (Command::Send(to, message), _) => out.send(to, message),
            (Command::SetTimer(timer, after), _) => out.set_timer(timer, after),
            (Command::CancelTimer(timer), _) => out.cancel_timer(timer),
            (Command::ChooseRandom(key, choices), _) => out.choose_random(key, choices),
            (Command::Save(durable), _) => out.save(durable),
        }
    }
}
