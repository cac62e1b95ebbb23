//! The version algebra, second half: what a replica holds for one key (Dynamo paper §4.4).
//!
//! The algebra is small and closed, and its fields are private. Whatever is done through it, a
//! sibling's dot is in the set's context, and siblings are in the order of their dots.

use crate::algebra::ids::{Content, Key, NodeId, RequestId};
use crate::algebra::tree::Digest;
use crate::algebra::version::{Causality, Context, Dot};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The value of one put, with the dot that names the put and the clock that says what it
/// superseded.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// The dot that names the put.
    pub dot: Dot,
    /// The context that the client had read, and the put's own dot. The client gets this back. It
    /// names no request but the put's own.
    pub clock: Context,
    /// The value that was put, or a tombstone.
    pub content: Content,
}

impl Version {
    /// The request that asked for the put.
    pub fn request(&self) -> Option<RequestId> {
        self.clock.request_of(self.dot)
    }

    /// The version with its nodes, requests and value renamed: see [`Context::renamed`].
    #[must_use]
    pub fn renamed(
        &self,
        name: impl Fn(NodeId) -> NodeId,
        request: impl Fn(RequestId) -> RequestId,
        content: impl Fn(&Content) -> Content,
    ) -> Self {
        let (dot, clock) = (self.dot.renamed(&name), self.clock.renamed(&name, request));
        Version { dot, clock, content: content(&self.content) }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{:?}{}", self.content, self.dot, self.clock)
    }
}

/// The siblings of one key, with one shared context. Every dot of the context that is not a
/// sibling's was superseded.
///
/// Laws (tested): [`merge`](Siblings::merge) is associative, commutative and idempotent on sets
/// from one run. After any sequence of puts and merges, the siblings are exactly the maximal puts
/// of the real causal order.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "UncheckedSiblings")]
pub struct Siblings {
    /// Shared, because sets are copied far more often than changed: with every state that a checker
    /// keeps, and with every tree node of the store that a put touches.
    set: Arc<Set>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
struct Set {
    context: Context,
    versions: Vec<Version>,
}

impl Set {
    /// What holds for every set, even under a defect:
    ///
    /// * No two siblings share a dot, and siblings are in the order of their dots.
    /// * The context covers the clock of each sibling.
    /// * The clock of each sibling covers its dot.
    ///
    /// Under the protocol's rules, more holds: no sibling's clock covers another sibling's dot (the
    /// siblings are an *antichain*). A defect may keep what a put superseded beside the put. So
    /// [`put`](Siblings::put) cannot promise an antichain. [`merge`](Siblings::merge) does, given
    /// antichains.
    fn soundness(&self) -> Result<(), &'static str> {
        if !self.versions.windows(2).all(|pair| pair[0].dot < pair[1].dot) {
            return Err("siblings are out of order");
        }
        if !self.versions.iter().all(|version| version.clock.covers(version.dot)) {
            return Err("a sibling's dot is not in its clock");
        }
        if !self.versions.iter().all(|version| self.context.includes(&version.clock)) {
            return Err("a sibling's clock is not in the context");
        }
        Ok(())
    }
}

impl Serialize for Siblings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.set.serialize(serializer)
    }
}

impl Siblings {
    /// The set of a key that was never put.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every dot that this set has learnt, superseded ones included. A client that reads the set
    /// takes this as its context.
    pub fn context(&self) -> &Context {
        &self.set.context
    }

    /// The siblings, in ascending order of their dots.
    pub fn versions(&self) -> &[Version] {
        &self.set.versions
    }

    /// How this set's context compares to that of `other`.
    pub fn compare(&self, other: &Self) -> Causality {
        self.set.context.compare(&other.set.context)
    }

    /// The set after a put, at the coordinator that issued the version's dot. The siblings that
    /// `replaces` names are gone, and the new version is in. The context then covers what the
    /// client had read, and the version's dot.
    ///
    /// # Panics
    /// If the context covers the version's dot already: a dot was issued twice.
    #[must_use]
    pub fn put(&self, version: Version, replaces: impl Fn(&Version) -> bool) -> Self {
        assert!(
            !self.set.context.covers(version.dot),
            "the dot {:?} was issued twice",
            version.dot
        );
        let mut versions: Vec<Version> =
            self.set.versions.iter().filter(|old| !replaces(old)).cloned().collect();
        let context = self.set.context.merge(&version.clock).with(version.dot);
        let version = Version { clock: version.clock.naming_only(version.dot), ..version };
        let index = versions.partition_point(|old| old.dot < version.dot);
        versions.insert(index, version);
        Siblings::of(context, versions)
    }

    /// The merge of both sets. A sibling stays if both sets hold it, or if the other set has never
    /// learnt of it. If two nodes have coordinated one put, it is two siblings until it is
    /// superseded. A set that has learnt of the put and holds neither sibling proves that it was.
    ///
    /// A dot names one put. A damaged or copied disk may still cause two sets to hold different
    /// versions under one dot. Each set then keeps its own, so neither value is lost unnoticed. A
    /// put that has read them replaces both.
    ///
    /// # Panics
    /// If a sibling of one set supersedes a sibling that only the other set has, and both stay.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let stays = |version: &&Version, there: &Self| {
            there.holds(version.dot) || !there.has_replaced(version)
        };
        let (own, others) = (self.set.versions.iter(), other.set.versions.iter());
        let own: Vec<&Version> = own.filter(|version| stays(version, other)).collect();
        let new: Vec<&Version> =
            others.filter(|version| !self.holds(version.dot) && stays(version, self)).collect();
        let supersedes = |one: &Version, two: &Version| {
            one.clock.covers(two.dot) || (two.clock.covers(one.dot) && !other.holds(one.dot))
        };
        let is_chain = |one: &&Version| new.iter().any(|two| supersedes(one, two));
        assert!(
            !own.iter().any(is_chain),
            "siblings of which one supersedes another were merged: {self:?}, {other:?}"
        );
        let mut versions: Vec<Version> = own.into_iter().chain(new).cloned().collect();
        versions.sort_unstable_by_key(|version| version.dot);
        Siblings::of(self.set.context.merge(&other.set.context), versions)
    }

    /// Keeps only the sibling with the largest counter, as a last-write-wins store would. No rule
    /// of the protocol uses it, but defects do.
    #[must_use]
    pub fn newest_only(mut self) -> Self {
        let newest =
            self.set.versions.iter().map(|version| (version.dot.counter, version.dot.issuer)).max();
        Arc::make_mut(&mut self.set)
            .versions
            .retain(|version| Some((version.dot.counter, version.dot.issuer)) == newest);
        self
    }

    /// The set with its nodes, requests and values renamed: see [`Context::renamed`].
    #[must_use]
    pub fn renamed(
        &self,
        name: impl Fn(NodeId) -> NodeId,
        request: impl Fn(RequestId) -> RequestId,
        content: impl Fn(&Content) -> Content,
    ) -> Self {
        let mut versions: Vec<Version> = self
            .set
            .versions
            .iter()
            .map(|version| version.renamed(&name, &request, &content))
            .collect();
        versions.sort_unstable_by_key(|version| version.dot);
        Siblings::of(self.set.context.renamed(name, request), versions)
    }

    /// The set with other contents: those that `content` gives for its versions. A version for
    /// which it gives none is left out. The context stays.
    #[must_use]
    pub fn with_contents(&self, content: impl Fn(&Version) -> Option<Content>) -> Self {
        let other = |version: &Version| {
            let Version { dot, clock, .. } = version;
            content(version).map(|content| Version { dot: *dot, clock: clock.clone(), content })
        };
        let versions = self.set.versions.iter().filter_map(other).collect();
        Siblings::of(self.set.context.clone(), versions)
    }

    /// Do both sets have equal contexts, and siblings with equal dots? Merging them then changes
    /// neither, and two replicas have nothing left to exchange. Values are not compared. No message
    /// can settle different values under one dot, so replicas that compared them would send them
    /// for ever.
    pub fn knows_the_same(&self, other: &Self) -> bool {
        let dots =
            |set: &Self| set.set.versions.iter().map(|version| version.dot).collect::<Vec<_>>();
        self.set.context == other.set.context && dots(self) == dots(other)
    }

    /// A digest of the key and of all that the set holds: its context, and the dot, clock, kind and
    /// bytes of each version. Different sets of a key have different digests, but for a chance of
    /// one in 2^64.
    pub fn digest(&self, key: &Key) -> Digest {
        let mut bytes = Vec::with_capacity(256);
        self.set.context.encode(&mut bytes);
        for Version { dot, clock, content } in &self.set.versions {
            Context::new().with(*dot).encode(&mut bytes);
            clock.encode(&mut bytes);
            let kind = match content {
                Content::Value(_) => 0,
                Content::Tombstone(_) => 1,
            };
            // The length keeps the encodings of any two lists of versions different.
            bytes.push(kind);
            bytes.extend((content.bytes().len() as u64).to_be_bytes());
            bytes.extend(content.bytes());
        }
        bytes.extend(key.as_str().as_bytes());
        Digest(xxh3_64(&bytes))
    }

    /// Upper bound on the encoded size, in bytes.
    pub fn bytes_max(&self) -> usize {
        let version =
            |version: &Version| 24 + version.clock.bytes_max() + version.content.bytes().len();
        self.set.context.bytes_max() + self.set.versions.iter().map(version).sum::<usize>()
    }

    /// # Panics
    /// If the set is not sound, which means that the algebra has a bug.
    fn of(context: Context, versions: Vec<Version>) -> Self {
        let set = Set { context, versions };
        if let Err(broken) = set.soundness() {
            panic!("{broken}: {set:?}");
        }
        Siblings { set: Arc::new(set) }
    }

    /// Has this set learnt of the version's put, and does it no longer hold it, under any dot?
    fn has_replaced(&self, version: &Version) -> bool {
        let is_held =
            |request| self.set.versions.iter().any(|held| held.request() == Some(request));
        let request = version.request().filter(|request| !is_held(*request));
        self.set.context.covers_put(version.dot, request)
    }

    fn holds(&self, dot: Dot) -> bool {
        self.set.versions.binary_search_by_key(&dot, |version| version.dot).is_ok()
    }
}

impl fmt::Debug for Siblings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.set.context, self.set.versions)
    }
}

/// A sibling set from outside, before its form is checked.
#[derive(Deserialize)]
struct UncheckedSiblings {
    context: Context,
    versions: Vec<Version>,
}

impl TryFrom<UncheckedSiblings> for Siblings {
    type Error = &'static str;

    fn try_from(unchecked: UncheckedSiblings) -> Result<Self, Self::Error> {
        let UncheckedSiblings { context, versions } = unchecked;
        let set = Set { context, versions };
        set.soundness()?;
        Ok(Siblings { set: Arc::new(set) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::ids::Value;
    use std::collections::BTreeSet;

    /// A set of one version, always under one dot.
    fn of(content: Content, clock: u64) -> Siblings {
        let dot = Dot { issuer: NodeId(0).into(), counter: 1 };
        let clock = Context::new().with(dot).with(Dot { issuer: NodeId(1).into(), counter: clock });
        let known = Context::new().with(dot).with_all_up_to(NodeId(1), 9);
        Siblings::of(known, vec![Version { dot, clock, content }])
    }

    fn several() -> Vec<Siblings> {
        let value = |bytes: &[u8]| Value::new(bytes).unwrap();
        vec![
            of(Content::Value(value(b"v")), 1),
            of(Content::Value(value(b"w")), 1),
            of(Content::Value(value(b"")), 1),
            of(Content::Tombstone(value(b"v")), 1),
            of(Content::Value(value(b"v")), 2),
        ]
    }

    #[test]
    fn different_versions_under_one_dot_have_different_digests() {
        let key = Key::new("k").unwrap();
        let digests: BTreeSet<Digest> =
            several().iter().map(|siblings| siblings.digest(&key)).collect();
        assert_eq!(digests.len(), several().len());
    }

    #[test]
    fn different_versions_under_one_dot_are_not_exchanged() {
        for one in several() {
            for other in several() {
                assert!(one.knows_the_same(&other));
                assert_eq!(one.merge(&other), one);
            }
        }
    }
}
