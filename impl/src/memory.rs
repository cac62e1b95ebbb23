//! What nodes remember of each other's disks, so that a node notices if it runs on an older copy of
//! its own disk.
//!
//! A node numbers its starts and commits, and stores both numbers with its data. Every datagram
//! between nodes carries the sender's present start and last commit. It also carries the latest
//! start and commit of the receiver that the sender remembers. Each node stores what it remembers
//! on its own disk, in the commits that it makes anyway.
//!
//! ```text
//! A, starting   ── start 9, commit 41; I ask ──▶          B, C   A serves nobody yet
//! A             ◀── start 5, commit 88; I remember your start 8, commit 40 ── B
//! ```
//! A's disk must contain start 8 with commit 40 or later. If it does not, the disk is an older copy
//! ([`Rules::disk_is_old`]). Then A moves its files aside, and begins on an empty disk under a new
//! incarnation.
//!
//! - A starting node waits for all other members, but only [`WAIT`] for silent ones: it must be
//!   able to start while others are down.
//! - Suppose a node remembers an earlier start of its peer. It accepts nothing from a new start
//!   until the peer confirms that it has heard what is remembered, and that its disk contains it.
//!   So an old copy whose witness was down misleads nobody.
//! - A serving node may hear that others remember a later start than its own. Then its disk is not
//!   old: another process has its id, and was started later ([`doorkeeper`](crate::doorkeeper)). If
//!   it moved its data aside then, the two would do so in turn for ever.
//! - A first start on an empty directory asks and waits too. The node may have lost an earlier
//!   disk. If the clock is behind, others remember a later start of that disk than the present one.
//!   Then the node begins once more, with a later start than they remember.
//!
//! An older copy is not found if no other running node has heard more of the disk. A node that has
//! heard of later commits only from others does not count as a witness. A witness must have heard
//! them from the node itself.

use crate::life::Life;
use dynamo_model::ids::NodeId;
use dynamo_model::moment::{Moment, Past};
use dynamo_model::rules::Rules;
use im::OrdMap;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a starting node waits for members that do not reply. Running members reply in one round
/// trip.
pub const WAIT: Duration = Duration::from_millis(300);
/// How long until a silent member is asked again.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(30);

/// What a datagram says about disks, besides the sender's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recall {
    /// The number of the sender's last commit.
    pub commit: u64,
    /// The latest moment of the receiver that the sender remembers.
    pub remembered: Option<Moment>,
    /// Since its start, has the sender heard what the receiver remembers of it, and does its disk
    /// contain that?
    pub is_confirmed: bool,
    /// Is the receiver asked to say what it remembers?
    pub asks: bool,
}

impl Recall {
    /// The encoded length in bytes: commit 8, remembered start 8, remembered commit 8, flags 1; all
    /// little-endian.
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

/// Another node remembers a moment of this node that this node's disk does not contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The node that remembers it; `None`: the file `cluster` in this node's directory.
    pub by: Option<NodeId>,
    /// The remembered moment.
    pub remembered: Moment,
    /// The last start and commit on the disk.
    pub known: Moment,
}

impl Evidence {
    /// Is it about an earlier disk, which the node has lost? The present one is new: it contains no
    /// start before the present one.
    pub fn is_of_lost_disk(&self) -> bool {
        self.by.is_some() && self.known == Moment::default()
    }
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
        if self.is_of_lost_disk() {
            return f.write_str(", and the data is new");
        }
        write!(f, ", and the data ends with start {}, commit {}", known.start, known.commit)
    }
}

/// What a node remembers of others, and what others have told it about itself.
#[derive(Clone, Debug)]
pub struct Memories {
    rules: Rules,
    /// What its disk contained when it was opened, and the present start.
    past: Past,
    /// The number of its last commit.
    commit: Arc<AtomicU64>,
    remembered: OrdMap<NodeId, Moment>,
    /// The nodes that have said, since the start, what they remember, if the disk contains it.
    confirmed: BTreeSet<NodeId>,
    evidence: Option<Evidence>,
    /// Has the node finished asking at its start?
    is_serving: bool,
}

impl Default for Memories {
    fn default() -> Self {
        Memories::new(Rules::default(), Past::default(), Arc::default(), OrdMap::new())
    }
}

impl Memories {
    /// The memories of a node with this past, which includes its present start. `commit` is the
    /// number of its last commit.
    pub fn new(
        rules: Rules,
        past: Past,
        commit: Arc<AtomicU64>,
        remembered: OrdMap<NodeId, Moment>,
    ) -> Self {
        let (confirmed, evidence, is_serving) = (BTreeSet::new(), None, false);
        Memories { rules, past, commit, remembered, confirmed, evidence, is_serving }
    }

    /// What to write in a datagram for this node; `None` for a client or an unknown node.
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

    /// Handles what a node says in a datagram. Returns whether to accept its messages. If so,
    /// remembers its present start and commit.
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

    /// Records that the node serves requests from now on.
    pub(crate) fn serve(&mut self) {
        self.is_serving = true;
    }

    /// Has this node said, since the start, what it remembers?
    pub fn is_confirmed(&self, node: NodeId) -> bool {
        self.confirmed.contains(&node)
    }

    /// The evidence that the disk is an older copy, if there is any.
    pub fn evidence(&self) -> Option<Evidence> {
        self.evidence
    }

    /// The latest start and commit that the node has heard of each other node.
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
        fn a_recall_is_decoded_as_it_was_encoded(
            commit: u64,
            start: u64,
            other: u64,
            flags: (bool, bool, bool)
        ) -> bool {
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
    fn a_new_start_is_accepted_only_once_it_has_heard_what_is_remembered() {
        let mut own = node(Past::default().with_start(1, 1), 1);
        let told = |commit, is_confirmed| Recall { commit, is_confirmed, ..Recall::default() };
        assert!(own.hear(B, life(5), &told(10, false)), "nothing of B is remembered yet");
        assert!(own.hear(B, life(5), &told(12, false)) && own.hear(B, life(5), &told(11, false)));
        assert_eq!(
            own.recall(Some(B)).remembered,
            Some(Moment { start: 5, commit: 12 }),
            "the latest is remembered"
        );
        assert!(!own.hear(B, life(6), &told(13, false)));
        assert_eq!(own.recall(Some(B)).remembered, Some(Moment { start: 5, commit: 12 }));
        assert!(own.hear(B, life(6), &told(13, true)));
        assert_eq!(own.recall(Some(B)).remembered, Some(Moment { start: 6, commit: 13 }));
        assert_eq!(own.recall(None), told(1, false));
    }

    #[test]
    fn a_serving_node_takes_a_later_start_for_that_of_another_process() {
        let mut serving = node(Past::default().with_start(1, 40).with_start(5, 41), 50);
        serving.serve();
        let remembers = |start, commit| Recall {
            remembered: Some(Moment { start, commit }),
            ..Recall::default()
        };
        assert!(serving.hear(B, life(3), &remembers(6, 1)));
        assert!(
            serving.evidence().is_none() && !serving.is_confirmed(B),
            "it keeps its data, and nothing is confirmed"
        );
        assert!(
            !serving.hear(B, life(3), &remembers(4, 1)) && serving.evidence().is_some(),
            "an earlier start that its disk lacks"
        );
    }

    /// The disk is new, and its first start is earlier than one that another node remembers.
    #[test]
    fn a_new_disk_lacks_a_later_start_of_a_lost_one() {
        let mut new = node(Past::default().with_start(5, 1), 1);
        let remembered = Some(Moment { start: 6, commit: 40 });
        assert!(!new.hear(B, life(3), &Recall { remembered, ..Recall::default() }));
        let evidence = new.evidence().unwrap();
        assert!(evidence.is_of_lost_disk(), "{evidence}");
        assert!(evidence.to_string().ends_with("start 6 with commit 40, and the data is new"));
        let earlier = Some(Moment { start: 4, commit: 40 });
        let mut in_time = node(Past::default().with_start(5, 1), 1);
        assert!(in_time.hear(B, life(3), &Recall { remembered: earlier, ..Recall::default() }));
    }

    #[test]
    fn a_disk_that_lacks_a_remembered_moment_is_old() {
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
