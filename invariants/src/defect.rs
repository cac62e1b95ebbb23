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
    /// The broken rules.
    pub rules: fn() -> Rules,
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
    /// The property that fails; the scope excuses it.
    pub property: &'static str,
    /// The scope in which it fails.
    pub scope: &'static str,
}
