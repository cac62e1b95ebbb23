//! What belongs to one invariant: the type of each room's table of contents.

use crate::defect::{Defect, Limit};
use crate::property::Property;
use crate::scope::Scope;

/// One of the nine invariants, with all that states it, tests it and breaks it.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// `I1` to `I9`: the names of its properties begin with this.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub statement: &'static str,
    /// Where it does not hold, or holds in a weaker form: the preconditions and exceptions of its
    /// properties in short.
    pub exceptions: &'static str,
    /// The sections of the Dynamo paper that it comes from.
    pub paper: &'static str,
    /// The script in `tests/scenarios/` that tells it, without its ending.
    pub scenario: &'static str,
    /// The properties that state it exactly.
    pub properties: &'static [Property],
    /// The defects whose most telling violation is one of these properties.
    pub defects: &'static [Defect],
    /// The defect that a newcomer should see first.
    pub first_defect: &'static str,
    /// Known limits: what Dynamo does not promise of it.
    pub limits: &'static [Limit],
    /// The source texts of its defects, which pages quote.
    pub(crate) defects_sources: &'static [&'static str],
    /// The scopes of the default set that are aimed at it.
    pub scopes: &'static [Scope],
    /// Its larger scopes, for `dynamo check --deep`.
    pub deep_scopes: &'static [Scope],
}
