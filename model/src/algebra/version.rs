//! The version algebra, first half: dots and contexts (Dynamo paper §4.4; dotted version
//! vectors after Preguiça, Baquero et al., 2010).
//!
//! A [`Dot`] names one put for ever. A [`Context`] is a set of dots, written compactly: a *version
//! vector* (issuer → the counter up to which every dot is in the set) and, beside it, single dots
//! beyond it. The single dots matter: a client that put `A:3` without having seen `A:2` must be
//! able to say so, and no plain vector can.

mod requests;
mod written;

use crate::algebra::ids::{NodeId, RequestId};
use requests::Requests;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who names the puts of a key: a node, as long as it has kept what it knows of the key.
///
/// A node that has lost its disk, or has dropped the key, no longer knows which counters it has
/// given. It goes on under another incarnation, or in another epoch: it is somebody new, and says
/// nothing of what it has forgotten.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Issuer {
    /// The node.
    pub node: NodeId,
    /// Which of its disks: a number that no other disk of that node ever had.
    pub incarnation: u64,
    /// Since when it has kept the key: a number that it never gave to this key before, on that
    /// disk.
    pub epoch: u64,
}

/// Shown as the node, `A`; with an incarnation that is not 0 as `A~7`, with an epoch that is not 0
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
    /// The node with its first disk, as scopes count them, and a key that it has never dropped.
    fn from(node: NodeId) -> Self {
        Issuer { node, incarnation: 0, epoch: 0 }
    }
}

/// The dots that a node has given to a key since it has kept the key. It is forgotten along with
/// the key.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Epoch {
    /// Which epoch it is: see [`Issuer::epoch`].
    pub number: u64,
    /// The counter of the last dot given in it; 0: none was given yet.
    pub issued: u64,
}

/// The name of one put of a key: the coordinator, and the coordinator's own count of puts of that
/// key. Never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dot {
    /// The coordinator that issued it.
    pub issuer: Issuer,
    /// Its count of puts of the key, from 1.
    pub counter: u64,
}

impl Issuer {
    /// The issuer with its node called by another name.
    #[must_use]
    pub fn renamed(self, name: impl Fn(NodeId) -> NodeId) -> Self {
        Issuer { node: name(self.node), ..self }
    }
}

impl Dot {
    /// The dot with its node called by another name.
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

/// How two histories stand to one another. The order of clocks *is* the order of causes (I2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Causality {
    /// The same history.
    Equal,
    /// The first is part of the second.
    Before,
    /// The second is part of the first.
    After,
    /// Neither is part of the other: siblings.
    Concurrent,
}

/// A set of dots: what a client has read, or all that a replica has ever learnt of a key.
///
/// Laws (tested): [`merge`](Context::merge) is associative, commutative, idempotent, and is union;
/// [`covers`](Context::covers) is membership; equal sets have equal representations.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "written::UncheckedContext")]
pub struct Context {
    /// Sorted by issuer, counters from 1: every dot of the issuer up to the counter is in the set.
    vector: Vec<(Issuer, u64)>,
    /// Sorted; none is covered by the vector, nor next after it.
    dots: Vec<Dot>,
    /// The requests of the latest of all these dots.
    requests: Requests,
}

impl Context {
    /// The empty set: "I have read nothing".
    pub fn new() -> Self {
        Self::default()
    }

    /// The counter up to which every dot of the issuer is in the set, 0 where none is.
    pub fn counter(&self, issuer: Issuer) -> u64 {
        match self.vector.binary_search_by_key(&issuer, |entry| entry.0) {
            Ok(index) => self.vector[index].1,
            Err(_) => 0,
        }
    }

    /// The largest counter of the issuer in the set, by vector or by single dot; 0 where there is
    /// none.
    pub fn counter_max(&self, issuer: Issuer) -> u64 {
        let single =
            self.dots.iter().filter(|dot| dot.issuer == issuer).map(|dot| dot.counter).max();
        single.unwrap_or(0).max(self.counter(issuer))
    }

    /// Is the dot in the set?
    pub fn covers(&self, dot: Dot) -> bool {
        dot.counter <= self.counter(dot.issuer) || self.dots.binary_search(&dot).is_ok()
    }

    /// The set and one dot more.
    #[must_use]
    pub fn with(mut self, dot: Dot) -> Self {
        if !self.covers(dot) {
            let index = self.dots.partition_point(|other| *other < dot);
            self.dots.insert(index, dot);
            self.absorb();
        }
        self
    }

    /// The set and one dot more, of a put that this request has asked for.
    #[must_use]
    pub fn with_put(self, dot: Dot, request: RequestId) -> Self {
        let mut context = self.with(dot);
        context.requests = context.requests.with(dot, request);
        context
    }

    /// Of how many dots of each issuer a set names the request: of the latest.
    pub const REQUESTS_NAMED: usize = Requests::KEPT;

    /// The request that asked for the put of a dot, if the set still names it.
    pub fn request_of(&self, dot: Dot) -> Option<RequestId> {
        self.requests.of(dot)
    }

    /// The dots of the set that are known to be of one put, the one that this request asked for.
    pub fn dots_of(&self, request: RequestId) -> impl Iterator<Item = Dot> {
        self.requests.dots_of(request)
    }

    /// The set, naming no request but that of this dot.
    #[must_use]
    pub fn naming_only(mut self, dot: Dot) -> Self {
        self.requests = self.requests.only(dot);
        self
    }

    /// Is the put in the set, under this dot or under another?
    pub fn covers_put(&self, dot: Dot, request: Option<RequestId>) -> bool {
        self.covers(dot) || request.is_some_and(|request| self.dots_of(request).next().is_some())
    }

    /// The set and every dot of the issuer up to `counter`.
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
        // A context's own form is canonical: if the vector's last dot is covered only by single
        // dots, so are not all below it.
        other.vector.iter().all(|&(issuer, counter)| counter <= self.counter(issuer))
            && other.dots.iter().all(|&dot| self.covers(dot))
    }

    /// How this set stands to `other`.
    pub fn compare(&self, other: &Self) -> Causality {
        match (other.includes(self), self.includes(other)) {
            (true, true) => Causality::Equal,
            (true, false) => Causality::Before,
            (false, true) => Causality::After,
            (false, false) => Causality::Concurrent,
        }
    }

    /// The set with every node, and every request, called by another name, different ones by
    /// different names. Only a checker asks: for a protocol that treats nodes alike, what holds of
    /// one state holds of it renamed.
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

    /// Appends the set in a form that is the same for equal sets, on every machine.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        let mut dot = |issuer: Issuer, counter: u64| {
            bytes.extend(issuer.node.0.to_le_bytes());
            bytes.extend(issuer.incarnation.to_le_bytes());
            bytes.extend(issuer.epoch.to_le_bytes());
            bytes.extend(counter.to_le_bytes());
        };
        self.vector.iter().for_each(|(issuer, counter)| dot(*issuer, *counter));
        // No counter is 0: where the single dots begin is plain.
        dot(Issuer::from(NodeId(0)), 0);
        self.dots.iter().for_each(|single| dot(single.issuer, single.counter));
        dot(Issuer::from(NodeId(0)), 0);
        for (named, RequestId { client, number }) in self.requests.iter() {
            dot(named.issuer, named.counter);
            // In the form of a dot, so that where the requests end is plain, too.
            dot(Issuer { node: NodeId(0), incarnation: client.0, epoch: *number }, 1);
        }
        dot(Issuer::from(NodeId(0)), 0);
    }

    /// Everyone of whom a dot is in the set, each once.
    pub fn issuers(&self) -> impl Iterator<Item = Issuer> {
        let mut issuers: Vec<Issuer> = self.vector.iter().map(|entry| entry.0).collect();
        issuers.extend(self.dots.iter().map(|dot| dot.issuer));
        issuers.sort_unstable();
        issuers.dedup();
        issuers.into_iter()
    }

    /// Is it the empty set?
    pub fn is_empty(&self) -> bool {
        self.vector.is_empty() && self.dots.is_empty()
    }

    /// Entries of the vector and single dots.
    pub fn entries(&self) -> usize {
        self.vector.len() + self.dots.len()
    }

    /// Upper bound on the encoded size, in bytes.
    pub fn bytes_max(&self) -> usize {
        // A varint of 64 bits takes at most 10 bytes, a node id 3: 33 an entry or dot, and a few
        // for lengths. The same goes for the counter and the request that are named.
        12 + 33 * self.entries() + 33 * self.requests.iter().count()
    }

    /// Restores the canonical form: single dots next after the vector move into it, covered ones
    /// vanish.
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

/// Shows `[A:2,B:1]`; a node with two disks as `[A:2,A~7:1]`, one with two epochs as `[A:2,A.3:1]`;
/// a single dot beyond its vector entry as `[A:1+3,B:1]`: A's dots up to 1, and A:3.
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

/// The name of one of these issuers. The first of a node's disks among them needs no telling which.
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
