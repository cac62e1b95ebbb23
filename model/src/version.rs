//! The version algebra, first half: dots and contexts (trace 2; Dynamo paper §4.4; dotted version vectors after
//! Preguiça, Baquero et al., 2010).
//!
//! A [`Dot`] names one put for ever. A [`Context`] is a set of dots, written compactly: a *version vector* (node → the
//! counter up to which every dot is in the set) and, beside it, single dots beyond it. The single dots matter: a client that
//! put `A:3` without having seen `A:2` must be able to say so, and no plain vector can.

use crate::ids::NodeId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name of one put: the coordinator, and the coordinator's own count of puts. Never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dot {
    /// The coordinator that issued it.
    pub node: NodeId,
    /// Its count of puts, from 1.
    pub counter: u64,
}

impl Dot {
    /// The dot with its node called by another name.
    #[must_use]
    pub fn renamed(self, name: impl Fn(NodeId) -> NodeId) -> Self {
        Dot { node: name(self.node), ..self }
    }
}

impl fmt::Debug for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.node, self.counter)
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
/// Laws (tested): [`merge`](Context::merge) is associative, commutative, idempotent, and is union; [`covers`](Context::covers)
/// is membership; equal sets have equal representations.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "UncheckedContext")]
pub struct Context {
    /// Sorted by node, counters from 1: every dot of the node up to the counter is in the set.
    vector: Vec<(NodeId, u64)>,
    /// Sorted; none is covered by the vector, nor next after it.
    dots: Vec<Dot>,
}

impl Context {
    /// The empty set: "I have read nothing".
    pub fn new() -> Self {
        Self::default()
    }

    /// The counter up to which every dot of `node` is in the set, 0 where none is.
    pub fn counter(&self, node: NodeId) -> u64 {
        match self.vector.binary_search_by_key(&node, |entry| entry.0) {
            Ok(index) => self.vector[index].1,
            Err(_) => 0,
        }
    }

    /// The largest counter of `node` in the set, by vector or by single dot; 0 where there is none.
    pub fn counter_max(&self, node: NodeId) -> u64 {
        let single = self.dots.iter().filter(|dot| dot.node == node).map(|dot| dot.counter).max();
        single.unwrap_or(0).max(self.counter(node))
    }

    /// Is the dot in the set?
    pub fn covers(&self, dot: Dot) -> bool {
        dot.counter <= self.counter(dot.node) || self.dots.binary_search(&dot).is_ok()
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

    /// The set and every dot of `node` up to `counter`.
    #[must_use]
    pub fn with_all_up_to(mut self, node: NodeId, counter: u64) -> Self {
        if counter > self.counter(node) {
            match self.vector.binary_search_by_key(&node, |entry| entry.0) {
                Ok(index) => self.vector[index].1 = counter,
                Err(index) => self.vector.insert(index, (node, counter)),
            }
            self.absorb();
        }
        self
    }

    /// The union of both sets.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let mut union = self.clone();
        for &(node, counter) in &other.vector {
            match union.vector.binary_search_by_key(&node, |entry| entry.0) {
                Ok(index) => union.vector[index].1 = union.vector[index].1.max(counter),
                Err(index) => union.vector.insert(index, (node, counter)),
            }
        }
        union.dots.extend(&other.dots);
        union.dots.sort_unstable();
        union.dots.dedup();
        union.absorb();
        union
    }

    /// Is every dot of `other` in this set?
    pub fn includes(&self, other: &Self) -> bool {
        // A context's own form is canonical: if the vector's last dot is covered only by single dots, so are not all below it.
        other.vector.iter().all(|&(node, counter)| counter <= self.counter(node))
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

    /// The set with every node called by another name, different nodes by different names. Only a checker asks: for a protocol that
    /// treats nodes alike, what holds of one state holds of it renamed.
    #[must_use]
    pub fn renamed(&self, name: impl Fn(NodeId) -> NodeId) -> Self {
        let mut vector: Vec<_> = self.vector.iter().map(|&(node, counter)| (name(node), counter)).collect();
        let mut dots: Vec<_> = self.dots.iter().map(|dot| dot.renamed(&name)).collect();
        vector.sort_unstable();
        dots.sort_unstable();
        Context { vector, dots }
    }

    /// Is it the empty set?
    pub fn is_empty(&self) -> bool {
        self.vector.is_empty() && self.dots.is_empty()
    }

    /// Entries of the vector and single dots: what the set costs to store and send.
    pub fn entries(&self) -> usize {
        self.vector.len() + self.dots.len()
    }

    /// Upper bound on the encoded size, in bytes.
    pub fn bytes_max(&self) -> usize {
        // A varint of 64 bits takes at most 10 bytes, a node id 3: 13 an entry or dot, and a few for lengths.
        8 + 13 * self.entries()
    }

    /// Restores the canonical form: single dots next after the vector move into it, covered ones vanish.
    fn absorb(&mut self) {
        let mut single = Vec::with_capacity(self.dots.len());
        for dot in std::mem::take(&mut self.dots) {
            match self.vector.binary_search_by_key(&dot.node, |entry| entry.0) {
                Ok(index) if dot.counter <= self.vector[index].1 => {}
                Ok(index) if dot.counter == self.vector[index].1 + 1 => self.vector[index].1 += 1,
                Err(index) if dot.counter == 1 => self.vector.insert(index, (dot.node, 1)),
                _ => single.push(dot),
            }
        }
        self.dots = single;
    }
}

/// Shows `[A:2,B:1]`; a single dot beyond its vector entry as `[A:1+3,B:1]`: A's dots up to 1, and A:3.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut nodes: Vec<NodeId> = self.vector.iter().map(|entry| entry.0).collect();
        nodes.extend(self.dots.iter().map(|dot| dot.node));
        nodes.sort_unstable();
        nodes.dedup();
        f.write_str("[")?;
        for (index, node) in nodes.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{node}:{}", self.counter(node))?;
            for dot in self.dots.iter().filter(|dot| dot.node == node) {
                write!(f, "+{}", dot.counter)?;
            }
        }
        f.write_str("]")
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A context as it comes from outside, before its form is known to be canonical.
#[derive(Deserialize)]
struct UncheckedContext {
    vector: Vec<(NodeId, u64)>,
    dots: Vec<Dot>,
}

impl TryFrom<UncheckedContext> for Context {
    type Error = &'static str;

    fn try_from(unchecked: UncheckedContext) -> Result<Self, Self::Error> {
        let UncheckedContext { vector, dots } = unchecked;
        let ascending = vector.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let sorted = dots.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || !sorted || vector.iter().any(|entry| entry.1 == 0) {
            return Err("a context's entries are out of order");
        }
        let context = Context { vector, dots };
        let apart = |dot: &Dot| dot.counter.checked_sub(1).is_some_and(|before| before > context.counter(dot.node));
        if context.dots.iter().all(apart) { Ok(context) } else { Err("a context's single dots repeat its vector") }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use quickcheck::{Arbitrary, Gen, quickcheck};
    use std::collections::BTreeSet;

    impl Arbitrary for Dot {
        fn arbitrary(g: &mut Gen) -> Self {
            Dot { node: NodeId(u16::arbitrary(g) % 3), counter: 1 + u64::arbitrary(g) % 5 }
        }
    }

    impl Arbitrary for Context {
        fn arbitrary(g: &mut Gen) -> Self {
            Vec::<Dot>::arbitrary(g).into_iter().take(8).fold(Context::new(), Context::with)
        }
    }

    /// The dumb second implementation: the set itself.
    fn dots_of(context: &Context) -> BTreeSet<Dot> {
        let every = (0..3).flat_map(|node| (1..=8).map(move |counter| Dot { node: NodeId(node), counter }));
        every.filter(|dot| context.covers(*dot)).collect()
    }

    quickcheck! {
        fn a_context_is_the_set_of_its_dots(dots: Vec<Dot>) -> bool {
            let context = dots.iter().copied().fold(Context::new(), Context::with);
            dots_of(&context) == dots.into_iter().collect()
        }

        fn merge_is_union(a: Context, b: Context) -> bool {
            dots_of(&a.merge(&b)) == &dots_of(&a) | &dots_of(&b)
        }

        fn equal_sets_have_equal_forms(a: Context, b: Context) -> bool {
            (a == b) == (dots_of(&a) == dots_of(&b))
        }

        fn merge_is_a_semilattice(a: Context, b: Context, c: Context) -> bool {
            a.merge(&b) == b.merge(&a) && a.merge(&a) == a && a.merge(&b).merge(&c) == a.merge(&b.merge(&c))
        }

        fn compare_is_inclusion(a: Context, b: Context) -> bool {
            let (x, y) = (dots_of(&a), dots_of(&b));
            a.compare(&b) == match (x.is_subset(&y), y.is_subset(&x)) {
                (true, true) => Causality::Equal,
                (true, false) => Causality::Before,
                (false, true) => Causality::After,
                (false, false) => Causality::Concurrent,
            }
        }

        fn renaming_is_renaming_every_dot(a: Context, b: Context, by: u16) -> bool {
            let name = |node: NodeId| NodeId((node.0 + by % 3) % 3);
            let renamed: BTreeSet<Dot> = dots_of(&a).into_iter().map(|dot| dot.renamed(name)).collect();
            dots_of(&a.renamed(name)) == renamed
                && a.merge(&b).renamed(name) == a.renamed(name).merge(&b.renamed(name))
                && a.compare(&b) == a.renamed(name).compare(&b.renamed(name))
        }

        fn filling_up_covers_all_below(a: Context, dot: Dot) -> bool {
            let below = (1..=dot.counter).map(|counter| Dot { node: dot.node, counter }).collect();
            dots_of(&a.clone().with_all_up_to(dot.node, dot.counter)) == &dots_of(&a) | &below
        }
    }

    #[test]
    fn contexts_show_as_in_the_trace() {
        let dot = |node, counter| Dot { node: NodeId(node), counter };
        let context = Context::new().with(dot(0, 1)).with(dot(0, 2)).with(dot(1, 1));
        assert_eq!(context.to_string(), "[A:2,B:1]");
        assert_eq!(context.with(dot(0, 5)).with(dot(2, 3)).to_string(), "[A:2+5,B:1,C:0+3]");
    }
}
