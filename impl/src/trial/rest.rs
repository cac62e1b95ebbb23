//! Detects that nodes are at rest: nothing more follows from what has happened.

use crate::client::{Client, ClientError};
use crate::inspect::{HintLine, Status};
use dynamo_model::hint::HintState;
use dynamo_model::ids::NodeId;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use thiserror::Error;

/// It did not happen in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not within {} s", .0.as_secs_f64())]
pub struct NotInTime(Duration);

/// Looks again and again until there is something.
///
/// # Errors
/// If there is nothing within this time.
pub fn until<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Result<T, NotInTime> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if Instant::now() > deadline {
            return Err(NotInTime(within));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The hints that a node has on its disk.
///
/// # Errors
/// If the node does not answer.
pub fn kept(client: &Client) -> Result<Vec<HintLine>, ClientError> {
    let mut hints = client.hints()?;
    hints.retain(|hint| hint.state != HintState::Created);
    Ok(hints)
}

/// A node's state as seen from outside.
struct Sight {
    status: Status,
    hints: Vec<HintLine>,
}

/// Waits until nodes are at rest.
pub struct Rest<'a> {
    /// The addresses of all nodes.
    pub addresses: &'a [SocketAddr],
    /// The running nodes, each with the nodes that it reaches.
    pub reached: BTreeMap<usize, Vec<usize>>,
    /// Longer than a coordinator takes to suspect a node that is away and to ask another instead.
    pub patience: Duration,
}

impl Rest<'_> {
    /// If every member reaches every other, they are at rest when they agree. If one is away,
    /// others may still wait for it, which is not visible. Then nothing must change for a while.
    ///
    /// # Errors
    /// If they are not at rest within this time.
    pub fn wait(&self, within: Duration) -> Result<(), NotInTime> {
        let begun = Instant::now();
        let mut unchanged: Option<(Vec<String>, Instant)> = None;
        until(within, || {
            let sights = self.look().ok()?;
            if !sights
                .iter()
                .all(|(node, sight)| self.has_rest(*node, sight, &sights, begun.elapsed()))
            {
                unchanged = None;
                return None;
            }
            if sights.values().all(|sight| self.away(sight).next().is_none()) {
                return Some(());
            }
            let picture: Vec<String> = sights.values().map(picture).collect();
            match &unchanged {
                Some((before, since)) if *before == picture => {
                    (since.elapsed() >= self.patience).then_some(())
                }
                _ => {
                    unchanged = Some((picture, Instant::now()));
                    None
                }
            }
        })
    }

    fn look(&self) -> Result<BTreeMap<usize, Sight>, ClientError> {
        let look = |node: &usize| {
            let client = Client::connect(self.addresses[*node])?;
            Ok((*node, Sight { status: client.status()?, hints: client.hints()? }))
        };
        self.reached.keys().map(look).collect()
    }

    /// The members that a node knows but does not reach.
    fn away<'a>(&'a self, Sight { status, .. }: &'a Sight) -> impl Iterator<Item = NodeId> + 'a {
        let members = status.members.iter().copied();
        members.filter(|member| *member != status.id && !self.reaches(status.id, *member))
    }

    fn reaches(&self, node: NodeId, other: NodeId) -> bool {
        self.reached[&usize::from(node.0)].contains(&usize::from(other.0))
    }

    /// Has a node finished all its work? What it heard before `begun` does not count.
    fn has_rest(
        &self,
        node: usize,
        sight: &Sight,
        all: &BTreeMap<usize, Sight>,
        since: Duration,
    ) -> bool {
        let Sight { status, hints } = sight;
        let is_recent = |ago_ms: u64| u128::from(ago_ms) < since.as_millis();
        let in_reach = |other: &NodeId| self.reaches(status.id, *other);
        !status.planting
            && self.reached[&node].iter().all(|other| all[other].status.tip == status.tip)
            && !status.suspected.iter().any(in_reach)
            && !hints
                .iter()
                .any(|hint| hint.state == HintState::Created || in_reach(&hint.recipient))
            && status.exchanges.iter().filter(|line| in_reach(&line.peer)).all(|line| {
                // The node has compared this partition, and found nothing to repair.
                line.agreed_ms.is_some() && line.last_ms.is_some_and(is_recent)
            })
    }
}

/// Everything that changes only if something happens.
fn picture(Sight { status, hints }: &Sight) -> String {
    let hints: Vec<_> = hints.iter().map(|hint| (hint.recipient, &hint.key)).collect();
    let Status { tip, members, suspected, keys, .. } = status;
    format!("{tip:?} {members:?} {suspected:?} {keys} {hints:?}")
}
