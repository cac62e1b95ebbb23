//! Sets of a scope's puts, small enough to be compared at every state.

use dynamo_model::ids::{Content, Value};
use std::fmt;

/// One put of a scope's scripts, in the order of clients and lines. Its value is `w` and this
/// number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteId(pub u8);

impl WriteId {
    /// The most puts a scope may have.
    pub const MAX: usize = 10;

    /// The most puts of a key that a recorded run may have at one time.
    pub const LIVE_MAX: usize = 64;

    /// The numbers that values have: `w0`, `w1`, … Numbers above 9 are characters after the digits.
    const NUMBERS: std::ops::Range<u8> = b'0'..b'0' + Self::LIVE_MAX as u8;

    /// The value that this put, and no other, stores.
    pub fn value(self) -> Value {
        Value::new(&[b'w', b'0' + self.0]).expect("two bytes are not too many")
    }

    /// The put that stored this value, or set this tombstone.
    ///
    /// # Panics
    /// Where no put of any scope stores it: the protocol made a value up.
    pub fn of(content: &Content) -> Self {
        match content.bytes() {
            [b'w', number] if Self::NUMBERS.contains(number) => WriteId(number - b'0'),
            other => panic!("no put ever stored {other:?}"),
        }
    }
}

impl fmt::Display for WriteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "w{}", self.0)
    }
}

/// A set of puts.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WriteSet(u64);

impl WriteSet {
    /// No put.
    pub const EMPTY: Self = WriteSet(0);

    /// The set and one put more.
    #[must_use]
    pub fn with(self, write: WriteId) -> Self {
        WriteSet(self.0 | 1 << write.0)
    }

    /// Is the put in the set?
    pub fn contains(self, write: WriteId) -> bool {
        self.0 & 1 << write.0 != 0
    }

    /// Both sets together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        WriteSet(self.0 | other.0)
    }

    /// What is in this set but not in the other.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        WriteSet(self.0 & !other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        WriteSet(self.0 & other.0)
    }

    /// Is all of this set in the other?
    pub fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// The set as a number: a bit for each put.
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// Is nothing in it?
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many puts are in it.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The puts, ascending.
    pub fn iter(self) -> impl Iterator<Item = WriteId> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let first = (left != 0).then(|| WriteId(left.trailing_zeros() as u8))?;
            left &= left - 1;
            Some(first)
        })
    }
}

impl FromIterator<WriteId> for WriteSet {
    fn from_iter<I: IntoIterator<Item = WriteId>>(writes: I) -> Self {
        writes.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Display for WriteSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing");
        }
        let names: Vec<String> = self.iter().map(|write| write.to_string()).collect();
        f.write_str(&names.join(", "))
    }
}

impl fmt::Debug for WriteSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(WriteId::value)).finish()
    }
}
