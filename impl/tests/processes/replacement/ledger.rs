//! A ledger of what clients did, and a check that the nodes' final answers are consistent with it.
//!
//! The ledger uses what the clients read, not clocks. A put supersedes the versions that its client
//! had read, and every version that their puts superseded. Clocks have two uses only. They tell
//! which delete made a tombstone, because all tombstones are empty. And they tell which operation
//! to look at if a version is lost.

use dynamo_model::ids::Content;
use dynamo_model::siblings::Version;
use dynamo_model::version::{Causality, Context, Dot, Issuer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// A put or a delete, as its client knows it.
pub(crate) struct Operation {
    pub(crate) client: usize,
    /// The client's count of operations. Client and sequence together identify an operation.
    pub(crate) sequence: usize,
    pub(crate) key: String,
    /// The value, which no other operation puts. `None` for a delete.
    pub(crate) value: Option<String>,
    /// The versions in the get whose context the client passed; empty for a blind put.
    pub(crate) saw: Vec<Version>,
    /// The context that the client passed.
    pub(crate) passed: Context,
    /// The context in the acknowledgement. `None`: the operation failed or timed out, and its
    /// version may be stored or not.
    pub(crate) acknowledged: Option<Context>,
    /// When the client had the outcome, since the start of the run.
    pub(crate) ended: Duration,
}

impl Operation {
    /// Can this delete have made the tombstone? One delete can make two tombstones: a client that
    /// retransmits while the ring changes may reach two coordinators.
    fn may_have_made(&self, Version { dot, clock, .. }: &Version) -> bool {
        let read = || self.passed.clone();
        let may_be = [read().with(*dot), read().with_all_up_to(dot.issuer, dot.counter)];
        self.value.is_none()
            && may_be.iter().any(|context| context.compare(clock) == Causality::Equal)
    }

    /// The dot under which the operation is acknowledged, if one of these issuers gave it.
    fn dot(&self, issuers: &BTreeSet<Issuer>) -> Option<Dot> {
        let acknowledged = self.acknowledged.as_ref()?;
        let last =
            |issuer: &Issuer| Dot { issuer: *issuer, counter: acknowledged.counter_max(*issuer) };
        issuers.iter().map(last).find(|dot| !self.passed.covers(*dot))
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.value.is_some() { "put" } else { "delete" };
        let outcome = if self.acknowledged.is_some() { "acknowledged" } else { "maybe stored" };
        let Operation { client, sequence, saw, acknowledged, ended, .. } = self;
        write!(f, "{what} c{client}-{sequence} ({outcome} at {ended:.2?}, saw {}", list(saw))?;
        acknowledged.iter().try_for_each(|context| write!(f, ", got {context}"))?;
        write!(f, ")")
    }
}

/// Versions as a failure shows them: content and dot.
fn list(versions: &[Version]) -> String {
    let show = |version: &Version| {
        let content = String::from_utf8_lossy(version.content.bytes());
        let content = if version.content.value().is_some() { &content } else { "tombstone" };
        format!("{content}@{:?}", version.dot)
    };
    format!("[{}]", versions.iter().map(show).collect::<Vec<_>>().join(", "))
}

/// The operations on one key, and which of them read which versions.
struct Ledger<'a> {
    operations: &'a [&'a Operation],
    by_value: BTreeMap<&'a [u8], usize>,
    /// For each operation: the operations whose versions its client read.
    seen: Vec<Vec<usize>>,
    /// For each operation: the operations whose clients read its version.
    seers: Vec<Vec<usize>>,
}

impl<'a> Ledger<'a> {
    fn new(operations: &'a [&'a Operation]) -> Self {
        let values = operations.iter().enumerate();
        let by_value = values
            .filter_map(|(index, one)| Some((one.value.as_ref()?.as_bytes(), index)))
            .collect();
        let mut ledger = Ledger {
            operations,
            by_value,
            seen: Vec::new(),
            seers: vec![Vec::new(); operations.len()],
        };
        for (seer, operation) in operations.iter().enumerate() {
            let seen: Vec<usize> =
                operation.saw.iter().filter_map(|version| ledger.maker(version)).collect();
            for maker in &seen {
                ledger.seers[*maker].push(seer);
            }
            ledger.seen.push(seen);
        }
        ledger
    }

    /// The operation that made a version.
    fn maker(&self, version: &Version) -> Option<usize> {
        match &version.content {
            Content::Value(value) => self.by_value.get(value.as_bytes()).copied(),
            Content::Tombstone(_) => {
                let rank = |one: &Operation| match &one.acknowledged {
                    Some(acknowledged)
                        if acknowledged.compare(&version.clock) == Causality::Equal =>
                    {
                        0
                    }
                    None => 1,
                    // This delete is acknowledged under another dot. It may have been stored twice.
                    Some(_) => 2,
                };
                let makers = (0..self.operations.len())
                    .filter(|one| self.operations[*one].may_have_made(version));
                makers.min_by_key(|one| rank(self.operations[*one]))
            }
        }
    }

    /// These operations, and all that are reachable from them along `links`.
    fn closure(&self, links: &[Vec<usize>], from: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut reached = vec![false; self.operations.len()];
        let mut queue: Vec<usize> = from.into_iter().collect();
        while let Some(index) = queue.pop() {
            if !std::mem::replace(&mut reached[index], true) {
                queue.extend(&links[index]);
            }
        }
        reached
    }

    /// The acknowledged operations whose version is neither in the answer nor superseded, directly
    /// or through others, by a version in the answer. If a lost version superseded others, only the
    /// last is returned.
    fn lost(&self, answer: &[Version]) -> Vec<usize> {
        let survives =
            self.closure(&self.seen, answer.iter().filter_map(|version| self.maker(version)));
        let is_lost =
            |index: &usize| self.operations[*index].acknowledged.is_some() && !survives[*index];
        let lost: Vec<usize> = (0..self.operations.len()).filter(is_lost).collect();
        let below = self
            .closure(&self.seen, lost.iter().flat_map(|index| self.seen[*index].iter().copied()));
        lost.into_iter().filter(|index| !below[*index]).collect()
    }

    /// The first operation whose context covers a lost version although its client never read that
    /// version, directly or through others. It shows where to look for the cause.
    fn first_unseen_cover(&self, lost: usize, answer: &[Version]) -> Option<usize> {
        let versions = self.operations.iter().flat_map(|operation| &operation.saw).chain(answer);
        let issuers: BTreeSet<Issuer> = versions.map(|version| version.dot.issuer).collect();
        let dot = self.operations[lost].dot(&issuers)?;
        let saw = self.closure(&self.seers, [lost]);
        let covers = |index: &usize| {
            let Operation { passed, acknowledged, .. } = self.operations[*index];
            !saw[*index]
                && [Some(passed), acknowledged.as_ref()]
                    .into_iter()
                    .flatten()
                    .any(|one| one.covers(dot))
        };
        (0..self.operations.len()).filter(covers).min_by_key(|index| self.operations[*index].ended)
    }

    /// An operation that superseded a version and is known to be stored: it is acknowledged, or its
    /// own version is in the answer.
    ///
    /// Only operations count whose client read the version under this dot. A client that
    /// retransmits while the ring changes may store its value under two dots. A put that read one
    /// of them does not supersede the other.
    fn superseder(&self, version: &Version, answer: &[Version]) -> Option<usize> {
        let saw = |operation: &Operation| operation.saw.iter().any(|seen| seen.dot == version.dot);
        let direct = (0..self.operations.len()).filter(|index| saw(self.operations[*index]));
        let all = self.closure(&self.seers, direct);
        let answered: Vec<usize> =
            answer.iter().filter_map(|version| self.maker(version)).collect();
        let is_stored = |index: &usize| {
            self.operations[*index].acknowledged.is_some() || answered.contains(index)
        };
        (0..all.len()).find(|index| all[*index] && is_stored(index))
    }
}

/// All problems of the final answer for a key, given all operations on the key.
pub(crate) fn problems(operations: &[&Operation], answer: &[Version]) -> Vec<String> {
    let ledger = Ledger::new(operations);
    let mut problems = Vec::new();
    for index in ledger.lost(answer) {
        let trail = match ledger.first_unseen_cover(index, answer) {
            Some(culprit) => {
                format!("the first whose context covers it unseen is {}", operations[culprit])
            }
            None => "no client's context covers it unseen".to_owned(),
        };
        problems.push(format!(
            "lost: {}; nothing in the answer superseded it; {trail}",
            operations[index]
        ));
    }
    for version in answer {
        if let Some(index) = ledger.superseder(version, answer) {
            let version = list(std::slice::from_ref(version));
            problems.push(format!("came back: {version}, superseded by {}", operations[index]));
        }
    }
    let versions = operations.iter().flat_map(|operation| &operation.saw).chain(answer);
    let versions: BTreeSet<&Version> = versions.collect();
    let mut last: Option<&Version> = None;
    // Versions are ordered by dot.
    for version in versions {
        if let Some(last) = last.replace(version).filter(|last| last.dot == version.dot) {
            problems.push(format!(
                "two versions have one dot: {}",
                list(&[last.clone(), version.clone()])
            ));
        }
        if ledger.maker(version).is_none() {
            problems.push(format!("nobody put {}", list(std::slice::from_ref(version))));
        }
    }
    problems
        .into_iter()
        .map(|problem| format!("{problem}; the answer is {}", list(answer)))
        .collect()
}

/// How many values of a key clients read under more than one dot.
pub(crate) fn stored_twice(operations: &[&Operation], answer: &[Version]) -> usize {
    let mut dots: BTreeMap<&Content, Vec<_>> = BTreeMap::new();
    for version in operations.iter().flat_map(|operation| &operation.saw).chain(answer) {
        if version.content.value().is_some() {
            dots.entry(&version.content).or_default().push(version.dot);
        }
    }
    dots.values().filter(|dots| dots.iter().any(|dot| *dot != dots[0])).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_model::ids::{NodeId, Value};

    /// A's version with this counter, whose writer had read these.
    fn version(value: Option<&str>, counter: u64, read: &[u64]) -> Version {
        let dot = |counter| Dot { issuer: NodeId(0).into(), counter };
        let clock =
            read.iter().fold(Context::new(), |context, counter| context.with(dot(*counter)));
        let bytes = Value::new(value.unwrap_or_default().as_bytes()).unwrap();
        let content =
            if value.is_some() { Content::Value(bytes) } else { Content::Tombstone(bytes) };
        Version { dot: dot(counter), clock: clock.with(dot(counter)), content }
    }

    /// The operation that made a version after a get of others.
    fn operation(made: &Version, saw: &[&Version], acknowledged: bool) -> Operation {
        let saw: Vec<Version> = saw.iter().copied().cloned().collect();
        let passed =
            saw.iter().fold(Context::new(), |context, version| context.merge(&version.clock));
        Operation {
            client: 0,
            sequence: made.dot.counter as usize,
            key: "k".to_owned(),
            value: made
                .content
                .value()
                .map(|value| String::from_utf8(value.as_bytes().to_vec()).unwrap()),
            saw,
            passed,
            acknowledged: acknowledged.then(|| made.clock.clone()),
            ended: Duration::ZERO,
        }
    }

    fn verdict(operations: &[Operation], answer: &[&Version]) -> Vec<String> {
        let answer: Vec<Version> = answer.iter().copied().cloned().collect();
        let cut =
            |problem: String| problem.split([',', ';']).next().unwrap().replace(" at 0.00ns", "");
        problems(&operations.iter().collect::<Vec<_>>(), &answer).into_iter().map(cut).collect()
    }

    /// Three puts in a chain: the second has no known outcome.
    #[test]
    fn an_acknowledged_put_may_be_superseded_by_one_with_unknown_outcome() {
        let [first, second, third] = [("1", &[][..]), ("2", &[1]), ("3", &[1, 2])]
            .map(|(value, read)| version(Some(value), value.parse().unwrap(), read));
        let chain = [operation(&first, &[], true), operation(&second, &[&first], false)];
        for answer in [&first, &second] {
            assert!(verdict(&chain, &[answer]).is_empty());
        }
        assert_eq!(verdict(&chain, &[]), ["lost: put c0-1 (acknowledged"]);
        // The second replaces the first. An answer with both is wrong.
        assert_eq!(verdict(&chain, &[&first, &second]), ["came back: [1@A:1]"]);

        let chain = [
            chain,
            [
                operation(&third, &[&second], true),
                operation(&version(Some("4"), 4, &[]), &[], false),
            ],
        ];
        let chain: Vec<Operation> = chain.into_iter().flatten().collect();
        assert!(verdict(&chain, &[&third]).is_empty());
        assert_eq!(
            verdict(&chain, &[]),
            ["lost: put c0-3 (acknowledged"],
            "only the last of the chain is named"
        );
        assert_eq!(
            verdict(&chain, &[&third, &first]),
            ["came back: [1@A:1]"],
            "also what the third never read"
        );
    }

    /// A coordinator that has forgotten its first put answers the next one with a context that
    /// covers both.
    #[test]
    fn a_lost_put_is_reported_with_the_operation_that_covered_it_unread() {
        let [lost, over, next] = [("1", &[][..]), ("2", &[1]), ("3", &[1, 2])]
            .map(|(value, read)| version(Some(value), value.parse().unwrap(), read));
        let culprit = Operation {
            passed: Context::new(),
            ended: Duration::from_secs(1),
            ..operation(&over, &[], true)
        };
        let later = Operation { ended: Duration::from_secs(2), ..operation(&next, &[&over], true) };
        let operations = [operation(&lost, &[], true), later, culprit];
        let problems =
            problems(&operations.iter().collect::<Vec<_>>(), std::slice::from_ref(&next));
        assert!(problems.len() == 1 && problems[0].contains("unseen is put c0-2"), "{problems:?}");
    }

    #[test]
    fn deleted_versions_stay_deleted_and_tombstones_are_told_apart() {
        let (put, blind) = (version(Some("1"), 1, &[]), version(Some("2"), 2, &[]));
        let [acknowledged, other] = [3, 4].map(|counter| version(None, counter, &[1]));
        let operations = [
            operation(&put, &[], true),
            operation(&blind, &[], true),
            operation(&acknowledged, &[&put], true),
            operation(&other, &[&put], false),
        ];
        assert!(verdict(&operations, &[&blind, &acknowledged]).is_empty());
        assert!(verdict(&operations, &[&blind, &acknowledged, &other]).is_empty());
        assert_eq!(verdict(&operations, &[&blind, &other]), ["lost: delete c0-3 (acknowledged"]);
        assert_eq!(verdict(&operations, &[&put, &blind, &acknowledged]), ["came back: [1@A:1]"]);
        assert_eq!(verdict(&operations, &[&acknowledged]), ["lost: put c0-2 (acknowledged"]);
        let again = version(None, 5, &[1]);
        assert!(
            verdict(&operations, &[&blind, &acknowledged, &again]).is_empty(),
            "a delete may be stored twice"
        );
    }

    #[test]
    fn a_value_stored_under_two_dots_is_superseded_only_under_dots_that_were_read() {
        let [first, again] = [1, 2].map(|counter| version(Some("1"), counter, &[]));
        let over = version(Some("3"), 3, &[1]);
        let operations = [operation(&first, &[], true), operation(&over, &[&first], true)];
        assert!(verdict(&operations, &[&again, &over]).is_empty());
        assert_eq!(verdict(&operations, &[&first, &over]), ["came back: [1@A:1]"]);
        let answer = [again, over];
        assert_eq!(stored_twice(&operations.iter().collect::<Vec<_>>(), &answer), 1);
    }

    #[test]
    fn versions_that_nobody_put_and_dots_given_twice_are_reported() {
        let (one, two) = (version(Some("1"), 1, &[]), version(Some("2"), 1, &[]));
        let operations = [operation(&one, &[], true), operation(&two, &[], false)];
        assert_eq!(verdict(&operations, &[&one, &two]), ["two versions have one dot: [1@A:1"]);
        assert_eq!(
            verdict(&operations[..1], &[&one, &version(None, 2, &[])]),
            ["nobody put [tombstone@A:2]"]
        );
    }
}
