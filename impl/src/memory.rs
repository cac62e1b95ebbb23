//! What nodes remember of one another's disks, so that a node finds out when it was started on an
//! older copy of its own.
//!
//! A node numbers its starts and its commits, and keeps both numbers with its data. Every datagram
//! between nodes tells the sender's present start and last commit, and what the sender remembers of
//! the receiver: the latest start and commit that it has heard of. Each node keeps what it
//! remembers on its own disk, in the commits that it makes anyway.
//!
//! ```text
//! A, starting          ── start 9, commit 41; I ask ──▶      B, C   A serves nobody yet
//! A                    ◀── start 5, commit 88; I remember your start 8, commit 40 ── B
//! ```
//! A's disk must know start 8 with 40 commits or more. If it does not, it is an older copy
//! ([`Rules::disk_is_old`]): A puts its files aside and begins on an empty disk under a new
//! incarnation.
//!
//! - A node waits for all other members, but only [`WAIT`] for those that are silent: it must be
//!   able to start while others are down.
//! - A node takes nothing from a new start of a node of which it remembers an earlier one until
//!   that says that it has heard what is remembered, and that its disk knows it. So nobody is
//!   misled by an old copy whose witness was down, and says what it remembers only now.
//! - A node that serves already, and hears that others remember a start of it after its own, has
//!   not got an old disk: another process has its id, and was started later
//!   ([`doorkeeper`](crate::doorkeeper)). If it put its data aside then, the two would do so in
//!   turn for ever.
//! - A first start on an empty directory waits for nobody: no other node can know more of that
//!   disk.
//!
//! Not found is an older copy of which nobody who is up has heard more. Nor is one whose witnesses
//! have heard of later commits only from others: whoever has heard from the node itself must be up,
//! or come back.

use crate::identity::Life;
use dynamo_model::ids::NodeId;
use dynamo_model::moment::{Moment, Past};
use dynamo_model::rules::Rules;
use im::OrdMap;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a node that starts waits for others that do not say what they remember. Those that are
/// up answer in a round trip.
pub const WAIT: Duration = Duration::from_millis(300);
/// After this time those that are silent are asked again.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(30);

/// What a datagram tells of disks, besides its sender's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recall {
    /// The number of the sender's last commit.
    pub commit: u64,
    /// What the sender remembers of the receiver.
    pub remembered: Option<Moment>,
    /// Has the sender heard, since its start, what the receiver remembers of it, and does its disk
    /// know that?
    pub is_confirmed: bool,
    /// Is the receiver asked to say what it remembers?
    pub asks: bool,
}

impl Recall {
    /// How long it is in a datagram, in bytes: commit 8, start remembered 8, commit remembered 8,
    /// flags 1; all little-endian.
    pub(crate) const BYTES: usize = 25;
    const CONFIRMED: u8 = 1;
    const ASKS: u8 = 2;
    const REMEMBERS: u8 = 4;

    pub(crate) fn encode(&self) -> [u8; Self::BYTES] {
        let moment = self.remembered.unwrap_or_default();
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.commit.to_le_bytes());
        bytes[8..16].copy_from_slice(&moment.start.to_le_bytes());
        bytes[16..24].copy_from_slice(&moment.commit.to_le_bytes());
        bytes[24] = flag(self.is_confirmed, Self::CONFIRMED)
            | flag(self.asks, Self::ASKS)
            | flag(self.remembered.is_some(), Self::REMEMBERS);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8; Self::BYTES]) -> Self {
        let long = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
        let is_set = |flag: u8| bytes[24] & flag != 0;
        let remembered =
            is_set(Self::REMEMBERS).then(|| Moment { start: long(8), commit: long(16) });
        Recall {
            commit: long(0),
            remembered,
            is_confirmed: is_set(Self::CONFIRMED),
            asks: is_set(Self::ASKS),
        }
    }
}

/// Another node remembers something of this one that this one's disk does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Who remembers it; `None`: the file DIR/cluster of this node.
    pub by: Option<NodeId>,
    /// What it remembers.
    pub remembered: Moment,
    /// The last start and commit that the disk knows.
    pub known: Moment,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evidence { by, remembered, known } = self;
        match by {
            Some(node) => {
                write!(
                    f,
                    "node {node} remembers start {} with commit {}",
                    remembered.start, remembered.commit
                )?;
            }
            None => write!(f, "the file \"cluster\" remembers start {}", remembered.start)?,
        }
        write!(f, ", and the data ends with start {}, commit {}", known.start, known.commit)
    }
}

/// What a node remembers of others, and has heard of itself.
#[derive(Clone, Debug)]
pub struct Memories {
    rules: Rules,
    /// What its disk knew when it was opened, and the present start.
    past: Past,
    /// The number of its last commit.
    commit: Arc<AtomicU64>,
    remembered: OrdMap<NodeId, Moment>,
    /// Those that have said, since the start, what they remember, and nothing that the disk does
    /// not know.
    confirmed: BTreeSet<NodeId>,
    evidence: Option<Evidence>,
    /// Has the node heard what there was to hear at its start?
    is_serving: bool,
}

impl Default for Memories {
    fn default() -> Self {
        Memories::new(Rules::default(), Past::default(), Arc::default(), OrdMap::new())
    }
}

impl Memories {
    /// Of a node whose disk knows this past, in its present start too; with the number of its last
    /// commit.
    pub fn new(
        rules: Rules,
        past: Past,
        commit: Arc<AtomicU64>,
        remembered: OrdMap<NodeId, Moment>,
    ) -> Self {
        let (confirmed, evidence, is_serving) = (BTreeSet::new(), None, false);
        Memories { rules, past, commit, remembered, confirmed, evidence, is_serving }
    }

    /// What a datagram to this node tells; `None`: to a client, or to whoever is there.
    pub fn recall(&self, to: Option<NodeId>) -> Recall {
        let remembered = to.and_then(|to| self.remembered.get(&to)).copied();
        let is_confirmed = to.is_some_and(|to| self.confirmed.contains(&to));
        Recall {
            commit: self.commit.load(Ordering::Relaxed),
            remembered,
            is_confirmed,
            asks: false,
        }
    }

    /// A node tells this from its present life. May its messages be taken? If so it is remembered.
    pub fn hear(&mut self, node: NodeId, life: Life, recall: &Recall) -> bool {
        self.check(node, recall.remembered);
        let told = Moment { start: life.start, commit: recall.commit };
        let known = self.remembered.get(&node).copied();
        if known.is_some_and(|known| known.start < told.start) && !recall.is_confirmed {
            return false;
        }
        if known.is_none_or(|known| known < told) {
            self.remembered.insert(node, told);
        }
        self.evidence.is_none()
    }

    fn check(&mut self, node: NodeId, remembered: Option<Moment>) {
        let past = self.past.clone().with_last_commit(self.commit.load(Ordering::Relaxed));
        let is_of_a_later =
            |moment: Moment| past.last().is_some_and(|own| moment.start > own.start);
        match remembered {
            Some(remembered) if self.is_serving && is_of_a_later(remembered) => {}
            Some(remembered) if self.rules.disk_is_old(remembered, &past) => {
                let known = past.before_last().unwrap_or_default();
                self.evidence.get_or_insert(Evidence { by: Some(node), remembered, known });
            }
            _ => drop(self.confirmed.insert(node)),
        }
    }

    /// The node serves from now on.
    pub(crate) fn serve(&mut self) {
        self.is_serving = true;
    }

    /// Has this node said, since the start, what it remembers?
    pub fn is_confirmed(&self, node: NodeId) -> bool {
        self.confirmed.contains(&node)
    }

    /// What shows that the disk is an older copy, if anything does.
    pub fn evidence(&self) -> Option<Evidence> {
        self.evidence
    }

    /// The latest start and commit that it has heard of each other node.
    pub fn remembered(&self) -> &OrdMap<NodeId, Moment> {
        &self.remembered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    const B: NodeId = NodeId(1);

    quickcheck! {
        fn what_is_told_is_decoded_as_it_was_encoded(commit: u64, start: u64, other: u64, flags: (bool, bool, bool)) -> bool {
            let (is_confirmed, asks, remembers) = flags;
            let remembered = remembers.then_some(Moment { start, commit: other });
            let recall = Recall { commit, remembered, is_confirmed, asks };
            Recall::decode(&recall.encode()) == recall
        }
    }

    fn node(past: Past, commit: u64) -> Memories {
        Memories::new(Rules::default(), past, Arc::new(AtomicU64::new(commit)), OrdMap::new())
    }

    fn life(start: u64) -> Life {
        Life { incarnation: 7, start }
    }

    #[test]
    fn a_node_is_taken_from_in_a_new_start_only_once_it_has_heard_what_is_remembered() {
        let mut own = node(Past::default().with_start(1, 1), 1);
        let told = |commit, is_confirmed| Recall { commit, is_confirmed, ..Recall::default() };
        assert!(own.hear(B, life(5), &told(10, false)), "nothing is remembered of it yet");
        assert!(own.hear(B, life(5), &told(12, false)) && own.hear(B, life(5), &told(11, false)));
        assert_eq!(
            own.recall(Some(B)).remembered,
            Some(Moment { start: 5, commit: 12 }),
            "the latest"
        );
        assert!(!own.hear(B, life(6), &told(13, false)));
        assert_eq!(own.recall(Some(B)).remembered, Some(Moment { start: 5, commit: 12 }));
        assert!(own.hear(B, life(6), &told(13, true)));
        assert_eq!(own.recall(Some(B)).remembered, Some(Moment { start: 6, commit: 13 }));
        assert_eq!(own.recall(None), told(1, false));
    }

    #[test]
    fn a_node_that_serves_takes_a_later_start_for_that_of_another_process() {
        let mut serving = node(Past::default().with_start(1, 40).with_start(5, 41), 50);
        serving.serve();
        let remembers = |start, commit| Recall {
            remembered: Some(Moment { start, commit }),
            ..Recall::default()
        };
        assert!(serving.hear(B, life(3), &remembers(6, 1)));
        assert!(
            serving.evidence().is_none() && !serving.is_confirmed(B),
            "its data stays; nothing is confirmed"
        );
        assert!(
            !serving.hear(B, life(3), &remembers(4, 1)) && serving.evidence().is_some(),
            "an earlier one that it lacks"
        );
    }

    #[test]
    fn a_disk_that_lacks_what_another_remembers_is_told_apart_from_one_that_does_not() {
        let past = Past::default().with_start(1, 40).with_start(2, 41);
        let remembers = |start, commit| Recall {
            remembered: Some(Moment { start, commit }),
            ..Recall::default()
        };
        let mut good = node(past.clone(), 50);
        assert!(
            good.hear(B, life(3), &remembers(1, 40)) && good.hear(B, life(3), &remembers(2, 50))
        );
        assert!(
            good.is_confirmed(B) && good.evidence().is_none() && good.recall(Some(B)).is_confirmed
        );
        for (start, commit) in [(1, 41), (2, 51), (3, 1)] {
            let mut old = node(past.clone(), 50);
            assert!(!old.hear(B, life(3), &remembers(start, commit)) && !old.is_confirmed(B));
            let remembered = Moment { start, commit };
            let known = Moment { start: 1, commit: 40 };
            assert_eq!(old.evidence(), Some(Evidence { by: Some(B), remembered, known }));
        }
    }
}
