//! The types of defects and known limits. A defect is the protocol with one rule replaced; it shows
//! why the rule is as it is.

use dynamo_model::rules::Rules;

/// One rule broken on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Defect {
    /// Its name on the command line.
    pub name: &'static str,
    /// The rule exchanged: a field of [`Rules`].
    pub rule: &'static str,
    /// Its shortest trace as a story: three sentences with two named clients. It may be empty.
    pub story: &'static str,
    /// What it does, and what follows.
    pub what: &'static str,
    /// Every *always* property that it breaks in its scope, the most telling first. It breaks these
    /// and no others.
    pub breaks: &'static [&'static str],
    /// The scope in which it is found.
    pub scope: &'static str,
    /// Why a weaker check misses it: what must be tried, or looked at, to see it.
    pub missed_by: &'static str,
    /// What it costs.
    pub cost: Cost,
    /// The broken rules.
    pub rules: fn() -> Rules,
}

/// What it costs to skip a rule.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// When it happens.
    pub when: When,
    /// What a builder skips: it completes "You skip …".
    pub skip: &'static str,
    /// What follows: it completes "You lose …".
    pub lose: &'static str,
    /// The run in which a client loses something.
    pub loss: Loss,
}

/// The run in which a client loses something.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// The shortest run of this scope that ends in this harm, or in a request that waits for ever.
    /// The protocol never ends so there.
    Told {
        /// The scope.
        scope: &'static str,
        /// The harm, or the property that says that every request ends.
        harm: &'static str,
        /// The end of the run, as its client sees it.
        ending: &'static str,
    },
    /// No such run was found. Why the invariant matters all the same.
    Untold(&'static str),
}

/// When a skipped rule hurts, in the words that a builder searches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
pub enum When {
    /// Without any fault.
    NoFault,
    /// Two clients at the same time.
    TwoClients,
    /// A replica is slow or down.
    ReplicaDown,
    /// Messages are late, lost or doubled.
    MessagesLost,
    /// A node restarts after a crash.
    Restart,
    /// A disk is lost, or an old copy is restored.
    ReplaceDisk,
    /// A client retries a put.
    Retry,
    /// A key is deleted.
    Delete,
    /// A node joins.
    AddNode,
    /// A node leaves or is removed.
    RemoveNode,
    /// Replicas compare what they hold.
    Compare,
}

impl When {
    /// Every occasion, in the order of the index.
    pub fn all() -> impl Iterator<Item = When> {
        <When as strum::IntoEnumIterator>::iter()
    }

    /// The heading of the index.
    pub fn heading(self) -> &'static str {
        match self {
            When::NoFault => "Reading and writing, without any fault",
            When::TwoClients => "Two clients at the same time",
            When::ReplicaDown => "A replica is slow or down",
            When::MessagesLost => "Messages are late, lost, or arrive twice",
            When::Restart => "Restarting after a crash",
            When::ReplaceDisk => "Losing a disk, or restoring an old copy of it",
            When::Retry => "Retrying a put",
            When::Delete => "Deleting, and forgetting tombstones",
            When::AddNode => "Adding a node, or replacing a replica",
            When::RemoveNode => "Removing a node",
            When::Compare => "Comparing replicas: anti-entropy",
        }
    }
}

/// Something that Dynamo does not promise, shown on the correct rules.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its shortest trace as a story: three sentences with two named clients. It may be empty.
    pub story: &'static str,
    /// What is not promised, and what to choose where it is needed.
    pub what: &'static str,
    /// Why a weaker check misses it: what must be tried, or looked at, to see it.
    pub missed_by: &'static str,
    /// The property that fails, because its precondition is not met.
    pub property: &'static str,
    /// The scope in which it fails.
    pub scope: &'static str,
}
