//! The version algebra, first half: dots and contexts (Dynamo paper §4.4; dotted version vectors
//! after Preguiça, Baquero et al., 2010).
//!
//! A [`Dot`] names one put for ever. A [`Context`] is a set of dots in a compact form. It has a
//! *version vector*: for each issuer, the counter up to which every dot is in the set. It also has
//! single dots beyond the vector. They are needed for a client that put `A:3` and has not seen
//! `A:2`: no plain vector can express that.

mod requests;
mod written;

use crate::algebra::ids::{NodeId, RequestId};
use requests::Requests;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The issuer of a key's dots: a node, for as long as it has kept what it knows of the key.
///
/// A node that has lost its disk, or has dropped the key, no longer knows which counters it has
/// issued. It continues under another incarnation, or in another epoch. So it is a new issuer, and
/// its dots never repeat the forgotten ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Issuer {
    /// The node.
    pub node: NodeId,
    /// Which of the node's disks: a number that no other disk of the node ever had.
    pub incarnation: u64,
    /// The epoch in which the node has kept the key: a number that it never gave to this key
    /// before, on that disk.
    pub epoch: u64,
}

/// Shown as the node: `A`. An incarnation other than 0 is shown as `A~7`, and an epoch other than 0
/// as `A.3`.
impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Issuer { node, incarnation, epoch } = self;
        write!(f, "{node}")?;
        if *incarnation > 0 {
            write!(f, "~{incarnation}")?;
        }
        if *epoch > 0 { write!(f, ".{epoch}") } else { Ok(()) }
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<NodeId> for Issuer {
    /// The node with its first disk, as scopes number them, and a key that it has never dropped.
    fn from(node: NodeId) -> Self {
        Issuer { node, incarnation: 0, epoch: 0 }
    }
}

/// The dots that a node has issued for a key since it has kept the key. The node forgets them along
/// with the key.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Epoch {
    /// The number of the epoch: see [`Issuer::epoch`].
    pub number: u64,
    /// The counter of the last dot issued in the epoch. 0: none was issued yet.
    pub issued: u64,
}

/// The name of one put of a key: the coordinator, and its own count of puts of that key. No dot is
/// issued twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dot {
    /// The coordinator that issued the dot.
    pub issuer: Issuer,
    /// The coordinator's count of puts of the key, from 1.
    pub counter: u64,
}

impl Issuer {
    /// The issuer with its node renamed.
    #[must_use]
    pub fn renamed(self, name: impl Fn(NodeId) -> NodeId) -> Self {
        Issuer { node: name(self.node), ..self }
    }
}

impl Dot {
    /// The dot with its node renamed.
    #[must_use]
    pub fn renamed(self, name: impl Fn(NodeId) -> NodeId) -> Self {
        Dot { issuer: self.issuer.renamed(name), ..self }
    }
}

impl fmt::Debug for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.issuer, self.counter)
    }
}

/// How two contexts compare. The order of clocks *is* the causal order (I2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Causality {
    /// Both have the same dots.
    Equal,
    /// The first is a proper subset of the second.
    Before,
    /// The second is a proper subset of the first.
    After,
    /// Neither includes the other: siblings.
    Concurrent,
}

/// A set of dots: what a client has read, or all that a replica has ever learnt of a key.
///
/// Laws (tested): [`merge`](Context::merge) is associative, commutative and idempotent, and is
/// union. [`covers`](Context::covers) is membership. Equal sets have equal representations.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "written::UncheckedContext")]
pub struct Context {
    /// Sorted by issuer. Counters start at 1. Every dot of the issuer up to the counter is in the
    /// set.
    vector: Vec<(Issuer, u64)>,
    /// Sorted. None of them is covered by the vector, or directly follows it.
    dots: Vec<Dot>,
    /// The requests of the latest dots of each issuer.
    requests: Requests,
}

impl Context {
    /// The empty set: "I have read nothing".
    pub fn new() -> Self {
        Self::default()
    }

    /// The counter up to which every dot of the issuer is in the set. 0: the vector has none.
    pub fn counter(&self, issuer: Issuer) -> u64 {
        match self.vector.binary_search_by_key(&issuer, |entry| entry.0) {
            Ok(index) => self.vector[index].1,
            Err(_) => 0,
        }
    }

    /// The largest counter of the issuer in the set, in the vector or as a single dot. 0: the set
    /// has no dot of the issuer.
    pub fn counter_max(&self, issuer: Issuer) -> u64 {
        let single =
            self.dots.iter().filter(|dot| dot.issuer == issuer).map(|dot| dot.counter).max();
        single.unwrap_or(0).max(self.counter(issuer))
    }

    /// Is the dot in the set?
    pub fn covers(&self, dot: Dot) -> bool {
        dot.counter <= self.counter(dot.issuer) || self.dots.binary_search(&dot).is_ok()
    }

    /// Adds a dot to the set.
    #[must_use]
    pub fn with(mut self, dot: Dot) -> Self {
        if !self.covers(dot) {
            let index = self.dots.partition_point(|other| *other < dot);
            self.dots.insert(index, dot);
            self.absorb();
        }
        self
    }

    /// Adds a dot to the set, for a put that this request asked for.
    #[must_use]
    pub fn with_put(self, dot: Dot, request: RequestId) -> Self {
        let mut context = self.with(dot);
        context.requests = context.requests.with(dot, request);
        context
    }

    /// For how many dots of each issuer a set names the request. These are the latest ones.
    pub const REQUESTS_NAMED: usize = Requests::KEPT;

    /// The request that asked for a dot's put, if the set still names it.
    pub fn request_of(&self, dot: Dot) -> Option<RequestId> {
        self.requests.of(dot)
    }

    /// The dots known to belong to the one put that this request asked for.
    pub fn dots_of(&self, request: RequestId) -> impl Iterator<Item = Dot> {
        self.requests.dots_of(request)
    }

    /// The set, with no request named but the one of this dot.
    #[must_use]
    pub fn naming_only(mut self, dot: Dot) -> Self {
        self.requests = self.requests.only(dot);
        self
    }

    /// Is the put in the set, under this dot or another one?
    pub fn covers_put(&self, dot: Dot, request: Option<RequestId>) -> bool {
        self.covers(dot) || request.is_some_and(|request| self.dots_of(request).next().is_some())
    }

    /// Adds every dot of the issuer up to `counter`.
    #[must_use]
    pub fn with_all_up_to(mut self, issuer: impl Into<Issuer>, counter: u64) -> Self {
        let issuer = issuer.into();
        if counter > self.counter(issuer) {
            match self.vector.binary_search_by_key(&issuer, |entry| entry.0) {
                Ok(index) => self.vector[index].1 = counter,
                Err(index) => self.vector.insert(index, (issuer, counter)),
            }
            self.absorb();
        }
        self
    }

    /// The union of both sets.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for &(issuer, counter) in &other.vector {
            match union.vector.binary_search_by_key(&issuer, |entry| entry.0) {
                Ok(index) => union.vector[index].1 = union.vector[index].1.max(counter),
                Err(index) => union.vector.insert(index, (issuer, counter)),
            }
        }
        union.dots.extend(&other.dots);
        union.dots.sort_unstable();
        union.dots.dedup();
        union.absorb();
        union.requests = self.requests.merge(&other.requests);
        union
    }

    /// Is every dot of `other` in this set?
    pub fn includes(&self, other: &Self) -> bool {
        // Contexts are canonical. If this set covers the vector's last dot only as a single dot,
        // then the dot right after its own vector is missing.
        other.vector.iter().all(|&(issuer, counter)| counter <= self.counter(issuer))
            && other.dots.iter().all(|&dot| self.covers(dot))
    }

    /// How this set compares to `other`.
    pub fn compare(&self, other: &Self) -> Causality {
        match (other.includes(self), self.includes(other)) {
            (true, true) => Causality::Equal,
            (true, false) => Causality::Before,
            (false, true) => Causality::After,
            (false, false) => Causality::Concurrent,
        }
    }

    /// Renames every node and every request. Different ones must get different names. Only a
    /// checker uses this. A protocol that treats nodes alike has the same properties in a state and
    /// in its renamed form.
    #[must_use]
    pub fn renamed(
        &self,
        name: impl Fn(NodeId) -> NodeId,
        request: impl Fn(RequestId) -> RequestId,
    ) -> Self {
        let mut vector: Vec<_> =
            self.vector.iter().map(|&(issuer, counter)| (issuer.renamed(&name), counter)).collect();
        let mut dots: Vec<_> = self.dots.iter().map(|dot| dot.renamed(&name)).collect();
        vector.sort_unstable();
        dots.sort_unstable();
        Context { vector, dots, requests: self.requests.renamed(name, request) }
    }

    /// Appends an encoding of the set. Equal sets have equal encodings on every machine.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        let mut dot = |issuer: Issuer, counter: u64| {
            bytes.extend(issuer.node.0.to_le_bytes());
            bytes.extend(issuer.incarnation.to_le_bytes());
            bytes.extend(issuer.epoch.to_le_bytes());
            bytes.extend(counter.to_le_bytes());
        };
        self.vector.iter().for_each(|(issuer, counter)| dot(*issuer, *counter));
        // No counter is 0, so this separator marks where the single dots begin.
        dot(Issuer::from(NodeId(0)), 0);
        self.dots.iter().for_each(|single| dot(single.issuer, single.counter));
        dot(Issuer::from(NodeId(0)), 0);
        for (named, RequestId { client, number }) in self.requests.iter() {
            dot(named.issuer, named.counter);
            // Encoded like a dot with a counter other than 0, so the end of the requests is clear
            // too.
            dot(Issuer { node: NodeId(0), incarnation: client.0, epoch: *number }, 1);
        }
        dot(Issuer::from(NodeId(0)), 0);
    }

    /// Every issuer of a dot in the set, each once.
    pub fn issuers(&self) -> impl Iterator<Item = Issuer> {
        let mut issuers: Vec<Issuer> = self.vector.iter().map(|entry| entry.0).collect();
        issuers.extend(self.dots.iter().map(|dot| dot.issuer));
        issuers.sort_unstable();
        issuers.dedup();
        issuers.into_iter()
    }

    /// Is the set empty?
    pub fn is_empty(&self) -> bool {
        self.vector.is_empty() && self.dots.is_empty()
    }

    /// The number of entries in the vector and of single dots.
    pub fn entries(&self) -> usize {
        self.vector.len() + self.dots.len()
    }

    /// Upper bound on the encoded size, in bytes.
    pub fn bytes_max(&self) -> usize {
        // A varint of 64 bits takes at most 10 bytes, and a node id 3. That makes 33 bytes for each
        // entry, single dot or named request, and a few for lengths.
        12 + 33 * self.entries() + 33 * self.requests.iter().count()
    }

    /// Restores the canonical form. Single dots that directly follow the vector move into it. Dots
    /// that it covers are dropped.
    fn absorb(&mut self) {
        let mut single = Vec::with_capacity(self.dots.len());
        for dot in std::mem::take(&mut self.dots) {
            match self.vector.binary_search_by_key(&dot.issuer, |entry| entry.0) {
                Ok(index) if dot.counter <= self.vector[index].1 => {}
                Ok(index) if dot.counter == self.vector[index].1 + 1 => self.vector[index].1 += 1,
                Err(index) if dot.counter == 1 => self.vector.insert(index, (dot.issuer, 1)),
                _ => single.push(dot),
            }
        }
        self.dots = single;
    }
}

/// Shows `[A:2,B:1]`, a node with two disks as `[A:2,A~7:1]`, and one with two epochs as
/// `[A:2,A.3:1]`. `[A:1+3,B:1]` has a single dot beyond the vector: A's dots up to 1, and A:3.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuers: Vec<Issuer> = self.issuers().collect();
        f.write_str("[")?;
        for (index, issuer) in issuers.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}:{}", shown(&issuers, index), self.counter(*issuer))?;
            for dot in self.dots.iter().filter(|dot| dot.issuer == *issuer) {
                write!(f, "+{}", dot.counter)?;
            }
        }
        f.write_str("]")
    }
}

/// The name of one of these issuers. The first of a node's disks in the list is shown without a
/// number.
fn shown(issuers: &[Issuer], index: usize) -> String {
    let issuer = issuers[index];
    let first = issuers.iter().find(|other| other.node == issuer.node);
    let is_first_disk = first.is_some_and(|first| first.incarnation == issuer.incarnation);
    if is_first_disk { Issuer { incarnation: 0, ..issuer }.to_string() } else { issuer.to_string() }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
pub(crate) mod tests;
