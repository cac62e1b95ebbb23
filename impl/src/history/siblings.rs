//! Checks what clients read against what they put: every acknowledged put is read, or one that
//! replaced it. A history of `add` and `read` (Jepsen's set) is one in which no put replaces
//! another.
//!
//! It knows the puts that a put replaces from the history: from their values, or from the answer in
//! which the client got its context.
//!
//! It takes time proportional to the number of puts times the number of gets of a key.

use super::error::HistoryError;
use super::{Act, Datum, History, Operation, Outcome};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// What a check found. Lines are those of the history, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Keys.
    pub keys: usize,
    /// Puts and deletes that were acknowledged.
    pub acknowledged: usize,
    /// Gets that were answered.
    pub gets: usize,
    /// Acknowledged puts that no later get was to show, because there was none.
    pub unread: usize,
    /// Gets that missed an acknowledged put, or showed what was deleted, where a later get was
    /// right. That is allowed without quorums that overlap, and under a sloppy quorum.
    pub stale: usize,
    /// Contexts that no answer in the history has. What was put before such a context was used may
    /// be replaced, so it is not missed.
    pub unknown_contexts: usize,
    /// Acknowledged puts that the last get of their key does not show, nor one that replaced it.
    pub lost: Vec<Value>,
    /// Values that the last get of their key shows, although an acknowledged delete replaced them.
    pub resurrected: Vec<Value>,
    /// Values that a get shows although nobody had put them, or the put had failed.
    pub phantom: Vec<Value>,
    /// Values that a get shows beside one that replaced them.
    pub not_replaced: Vec<Value>,
}

/// A value of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Value {
    /// The key.
    pub key: Datum,
    /// The value.
    pub value: Datum,
    /// The line with the end of the get that is wrong.
    pub line: usize,
}

impl Findings {
    /// Is nothing wrong? Stale gets are not.
    pub fn holds(&self) -> bool {
        let Findings { lost, resurrected, phantom, not_replaced, .. } = self;
        [lost, resurrected, phantom, not_replaced].into_iter().all(Vec::is_empty)
    }
}

/// Checks a history.
///
/// # Errors
/// If two puts of a key have the same value.
pub fn check(history: &History) -> Result<Findings, HistoryError> {
    let mut findings = Findings::default();
    for (key, operations) in history.by_key() {
        findings.keys += 1;
        Story::of(key, &operations, &mut findings)?.check(&mut findings);
    }
    Ok(findings)
}

/// A put or delete, and all that it replaces, directly or by way of others.
struct Write<'a> {
    operation: &'a Operation,
    replaced: BTreeSet<usize>,
}

/// A get that was answered.
struct Get<'a> {
    operation: &'a Operation,
    /// The puts that it shows.
    shown: Vec<usize>,
    /// These, and what they replaced.
    covered: BTreeSet<usize>,
}

/// What happened to one key.
struct Story<'a> {
    key: &'a Datum,
    writes: Vec<Write<'a>>,
    gets: Vec<Get<'a>>,
}

impl<'a> Story<'a> {
    fn of(
        key: &'a Datum,
        operations: &[&'a Operation],
        findings: &mut Findings,
    ) -> Result<Self, HistoryError> {
        let places = places(key, operations)?;
        let mut contexts: HashMap<&str, BTreeSet<usize>> = HashMap::new();
        let mut all = Story { key, writes: Vec::new(), gets: Vec::new() };
        // An answer with a context ends before the operation that uses the context begins.
        let mut ends: Vec<(usize, bool, &'a Operation)> = Vec::new();
        for &operation in operations {
            ends.push((operation.began, true, operation));
            let is_done = operation.outcome == Outcome::Done;
            ends.extend(operation.ended.filter(|_| is_done).map(|line| (line, false, operation)));
        }
        ends.sort_by_key(|(line, ..)| *line);
        let mut place = HashMap::new();
        for (line, begins, operation) in ends {
            if begins && !matches!(operation.act, Act::Get(_)) {
                place.insert(line, all.writes.len());
                let replaced = all.replaced(operation, &places, &contexts, findings);
                all.writes.push(Write { operation, replaced });
            } else if !begins {
                let covered = match place.get(&operation.began) {
                    Some(own) => {
                        let mut covered = all.writes[*own].replaced.clone();
                        covered.insert(*own);
                        covered
                    }
                    None => all.get(operation, &places, findings),
                };
                let context = operation.new_context.as_deref();
                contexts.extend(context.map(|context| (context, covered)));
            }
        }
        Ok(all)
    }

    /// What a put or delete that begins now replaces.
    fn replaced(
        &self,
        operation: &Operation,
        places: &HashMap<&Datum, usize>,
        contexts: &HashMap<&str, BTreeSet<usize>>,
        findings: &mut Findings,
    ) -> BTreeSet<usize> {
        let begun = |place: &usize| *place < self.writes.len();
        let over = operation.over.iter().filter_map(|value| places.get(value));
        let mut replaced: BTreeSet<usize> = over.copied().filter(begun).collect();
        match operation.context.as_deref().map(|context| contexts.get(context)) {
            Some(Some(known)) => replaced.extend(known),
            Some(None) => {
                findings.unknown_contexts += 1;
                replaced.extend(0..self.writes.len());
            }
            None => {}
        }
        self.with_replaced(&replaced)
    }

    fn with_replaced(&self, places: &BTreeSet<usize>) -> BTreeSet<usize> {
        let earlier = places.iter().flat_map(|place| &self.writes[*place].replaced);
        places.iter().chain(earlier).copied().collect()
    }

    /// Adds a get, and returns what it covers.
    fn get(
        &mut self,
        operation: &'a Operation,
        places: &HashMap<&Datum, usize>,
        findings: &mut Findings,
    ) -> BTreeSet<usize> {
        let Act::Get(read) = &operation.act else { return BTreeSet::new() };
        let mut shown = Vec::new();
        for value in values(read) {
            let place = places.get(value).filter(|place| {
                let is_put = |write: &Write<'_>| write.operation.outcome != Outcome::Failed;
                self.writes.get(**place).is_some_and(is_put)
            });
            match place {
                Some(place) => shown.push(*place),
                None => findings.phantom.push(self.value(value, operation)),
            }
        }
        let covered = self.with_replaced(&shown.iter().copied().collect());
        self.gets.push(Get { operation, shown, covered: covered.clone() });
        covered
    }

    fn value(&self, value: &Datum, get: &Operation) -> Value {
        let line = get.ended.unwrap_or(get.began);
        Value { key: self.key.clone(), value: value.clone(), line }
    }

    fn check(mut self, findings: &mut Findings) {
        self.gets.sort_by_key(|get| get.operation.began);
        findings.gets += self.gets.len();
        let mut is_stale = vec![false; self.gets.len()];
        for (place, write) in self.writes.iter().enumerate() {
            if write.operation.outcome != Outcome::Done {
                continue;
            }
            findings.acknowledged += 1;
            let after = |(_, get): &(usize, &Get<'a>)| write.operation.is_before(get.operation);
            let later: Vec<(usize, &Get<'a>)> =
                self.gets.iter().enumerate().filter(after).collect();
            let is_put = matches!(write.operation.act, Act::Put(_));
            findings.unread += usize::from(is_put && later.is_empty());
            let is_wrong = |get: &Get<'a>| match &write.operation.act {
                Act::Put(_) => !get.covered.contains(&place) && !self.may_be_deleted(place, get),
                _ => get.shown.iter().any(|shown| write.replaced.contains(shown)),
            };
            for (number, get) in &later {
                is_stale[*number] |= is_wrong(get);
            }
            if let Some((number, get)) = later.last().filter(|(_, get)| is_wrong(get)) {
                is_stale[*number] = false;
                self.tell(write, get, findings);
            }
        }
        for get in &self.gets {
            let replaced = |place: &&usize| {
                get.shown.iter().any(|other| self.writes[*other].replaced.contains(place))
            };
            let values = get.shown.iter().filter(replaced).filter_map(|place| self.put(*place));
            findings.not_replaced.extend(values.map(|value| self.value(value, get.operation)));
        }
        findings.stale += is_stale.into_iter().filter(|it| *it).count();
    }

    /// The last get is wrong about this put or delete.
    fn tell(&self, write: &Write<'a>, get: &Get<'a>, findings: &mut Findings) {
        if let Act::Put(value) = &write.operation.act {
            findings.lost.push(self.value(value, get.operation));
        } else {
            let back = get.shown.iter().filter(|shown| write.replaced.contains(shown));
            for value in back.filter_map(|place| self.put(*place)) {
                let value = self.value(value, get.operation);
                if !findings.resurrected.contains(&value) {
                    findings.resurrected.push(value);
                }
            }
        }
    }

    /// The value of a put.
    fn put(&self, place: usize) -> Option<&'a Datum> {
        match &self.writes[place].operation.act {
            Act::Put(value) => Some(value),
            _ => None,
        }
    }

    /// May a get not show a put because a delete replaced it, or another put whose value a delete
    /// replaced?
    fn may_be_deleted(&self, place: usize, get: &Get<'a>) -> bool {
        let Operation { began, ended, .. } = *get.operation;
        self.writes.iter().any(|write| {
            matches!(write.operation.act, Act::Delete)
                && write.operation.outcome != Outcome::Failed
                && write.operation.began < ended.unwrap_or(began)
                && write.replaced.contains(&place)
        })
    }
}

/// The place of each value among the puts and deletes of the key.
fn places<'a>(
    key: &Datum,
    operations: &[&'a Operation],
) -> Result<HashMap<&'a Datum, usize>, HistoryError> {
    let mut places = HashMap::new();
    let writes = operations.iter().filter(|operation| !matches!(operation.act, Act::Get(_)));
    for (place, operation) in writes.enumerate() {
        if let Act::Put(value) = &operation.act
            && places.insert(value, place).is_some()
        {
            let (key, value) = (key.to_string(), value.to_string());
            return Err(HistoryError::SameValue { key, value });
        }
    }
    Ok(places)
}

/// The values that a get was answered.
fn values(read: &Datum) -> &[Datum] {
    match read {
        Datum::Null => &[],
        Datum::Array(all) => all,
        one => std::slice::from_ref(one),
    }
}
