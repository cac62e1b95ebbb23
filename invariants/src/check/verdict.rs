//! What a check concludes about each property.

use crate::catalogue::PROPERTIES;
use crate::property::{Kind, Property};
use crate::scope::Scope;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a check of one scope, or of several, concludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// True in every reachable state, although it could have been violated: an occasion arose. A
    /// *reachable* property: some state shows it.
    Holds,
    /// True in every reachable state, but no occasion arose to violate it: an occasion was never
    /// shown, or no run ends within the scope (converges). So the scope shows nothing.
    NoOccasion,
    /// Some reachable state violates it (always), or some run never makes it true (converges).
    Violated,
    /// No reachable state shows it, and the scope claims that one does (reachable).
    NotShown,
    /// It does not apply here (always, converges), or no state shows it and the scope does not
    /// claim that one does (reachable). There is a reason.
    Excused,
    /// A state shows it, although the scope says that none does (reachable).
    ExcusedButHolds,
    /// The check stopped before it could tell.
    Unknown,
}

/// The conclusions that fail a check, the worst first.
pub(super) const FAILURES: [Conclusion; 3] =
    [Conclusion::Violated, Conclusion::NotShown, Conclusion::ExcusedButHolds];

/// The verdict on one property.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// [`Property::name`].
    pub name: &'static str,
    /// Always, reachable or converges.
    pub kind: Kind,
    /// What the check concludes.
    pub verdict: Conclusion,
    /// Is no visited state a violation (always, converges), or does one show it (reachable)?
    /// [`Verdict::verdict`] says whether that means anything. `None`, which JSON shows as `null`:
    /// the check stopped before it could tell.
    pub holds: Option<bool>,
    /// The fewest steps to a state that violates it (always, converges) or shows it (reachable), if
    /// there is one. With stateright's engine, or with [`partial_order`], not always the fewest.
    ///
    /// [`partial_order`]: super::Effort::partial_order
    pub depth: Option<usize>,
    /// Why it does not apply in the scope, or why the scope does not claim that a state shows it.
    pub excused: Option<&'static str>,
}

impl Verdict {
    /// Is the property as the scope claims? Claimed properties are true, and a *reachable* one that
    /// is not claimed is never shown. Nothing is said of other properties that are not claimed. An
    /// incomplete check says so of each property that it has not refuted.
    pub fn is_as_claimed(&self) -> bool {
        match (self.excused, self.kind) {
            (None, _) => self.holds != Some(false),
            (Some(_), Kind::Reachable) => self.holds != Some(true),
            (Some(_), Kind::Always | Kind::Converges) => true,
        }
    }

    /// Is the property violated where it applies? An incomplete check can know that.
    pub fn is_violation(&self) -> bool {
        self.verdict == Conclusion::Violated
    }

    /// Is the property known not to be as the scope claims? An incomplete check can know that.
    pub fn is_failure(&self) -> bool {
        FAILURES.contains(&self.verdict)
    }
}

/// What a check has seen of a scope.
pub(super) struct Searched<'s> {
    /// The properties that were violated (always, converges) or shown (reachable), and after how
    /// many steps.
    pub(super) seen: &'s BTreeMap<&'static str, usize>,
    /// Does some run end within the scope?
    pub(super) has_end: bool,
    /// Was every reachable state visited?
    pub(super) complete: bool,
}

/// The verdicts on these properties.
pub(super) fn verdicts(
    scope: &Scope,
    checked: impl Iterator<Item = &'static Property>,
    &Searched { seen, has_end, complete }: &Searched<'_>,
) -> Vec<Verdict> {
    let verdict = |property: &'static Property| {
        let depth = seen.get(property.name).copied();
        let holds = (property.kind == Kind::Reachable) == depth.is_some();
        let excused = excuse(scope, property, holds);
        let is_tested = property.kind != Kind::Converges || has_end;
        let occasion = is_tested
            && (property.occasions.is_empty()
                || property.occasions.iter().any(|shown| seen.contains_key(shown)));
        let found = Found { holds, excused: excused.is_some(), occasion, complete };
        let verdict = found.conclusion(property.kind);
        let holds = (verdict != Conclusion::Unknown).then_some(holds);
        Verdict { name: property.name, kind: property.kind, verdict, holds, depth, excused }
    };
    checked.map(verdict).collect()
}

/// Why the scope does not claim the property. A scope whose number of states is not pinned claims
/// no *reachable* property. One that is shown there is not an error.
fn excuse(scope: &Scope, property: &Property, holds: bool) -> Option<&'static str> {
    let excuse = scope.excuse(property);
    match property.kind {
        Kind::Reachable if !scope.is_pinned() => (!holds)
            .then(|| excuse.unwrap_or("this scope claims nothing about what can be reached")),
        _ => excuse,
    }
}

/// What a check has seen of one property.
#[expect(clippy::struct_excessive_bools, reason = "four answers that do not depend on each other")]
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// Always and converges: no violation was seen. Reachable: a state showed it.
    pub holds: bool,
    /// Is there a reason for which the scope does not claim it?
    pub excused: bool,
    /// Was one of its occasions shown, or has it none?
    pub occasion: bool,
    /// Was every reachable state visited?
    pub complete: bool,
}

impl Found {
    /// What follows for a property of this kind.
    pub fn conclusion(&self, kind: Kind) -> Conclusion {
        let Found { holds, excused, occasion, complete } = *self;
        match (kind, holds) {
            // One state decides these. No other state can change the conclusion.
            (Kind::Reachable, true) if !excused => Conclusion::Holds,
            (Kind::Reachable, true) => Conclusion::ExcusedButHolds,
            (Kind::Always | Kind::Converges, false) if !excused => Conclusion::Violated,
            (Kind::Always | Kind::Converges, false) => Conclusion::Excused,
            // These conclusions need all states.
            _ if !complete => Conclusion::Unknown,
            _ if excused => Conclusion::Excused,
            (Kind::Reachable, false) => Conclusion::NotShown,
            (Kind::Always | Kind::Converges, true) if occasion => Conclusion::Holds,
            (Kind::Always | Kind::Converges, true) => Conclusion::NoOccasion,
        }
    }
}

/// The properties of a kind that can be violated: *always* and *converges*.
pub(super) fn can_be_violated() -> impl Iterator<Item = &'static Property> {
    PROPERTIES.iter().filter(|property| property.kind != Kind::Reachable)
}
