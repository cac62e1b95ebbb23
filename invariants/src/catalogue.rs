//! The nine rooms joined: every invariant, property, defect, known limit and scope, and how to find
//! one by its name.

use crate::defect::{Defect, Limit, Loss};
use crate::goals::GOALS;
use crate::harms::HARMS;
use crate::historic::{HISTORIC, Historic};
use crate::invariant::Invariant;
use crate::joined::joined;
use crate::property::Property;
use crate::scope::Scope;
use crate::scope::own::{OwnScope, OwnScopeError};
pub use crate::stories::STORIES;
use crate::{
    i1_durable_before_visible as i1, i2_no_lost_concurrency as i2, i3_stale_replica_repaired as i3,
    i4_hint_preserves_durability as i4, i5_anti_entropy_converges as i5, i6_no_ack_before_w as i6,
    i7_routing_converges as i7, i8_hint_is_kept as i8, i9_membership_only_grows as i9,
};
use std::sync::LazyLock;

/// The nine invariants.
pub const INVARIANTS: [Invariant; 9] = [
    i1::INVARIANT,
    i2::INVARIANT,
    i3::INVARIANT,
    i4::INVARIANT,
    i5::INVARIANT,
    i6::INVARIANT,
    i7::INVARIANT,
    i8::INVARIANT,
    i9::INVARIANT,
];

/// Joins what all rooms have of one kind, in the order of the invariants.
macro_rules! from_all_rooms {
    ($kind:ty, $field:ident) => {{
        const PARTS: [&[$kind]; INVARIANTS.len()] = {
            let mut parts: [&[$kind]; INVARIANTS.len()] = [&[]; INVARIANTS.len()];
            let mut room = 0;
            while room < parts.len() {
                parts[room] = INVARIANTS[room].$field;
                room += 1;
            }
            parts
        };
        &joined::<$kind, { total(&PARTS) }>(&PARTS)
    }};
}

const fn total<T>(parts: &[&[T]]) -> usize {
    let (mut sum, mut part) = (0, 0);
    while part < parts.len() {
        sum += parts[part].len();
        part += 1;
    }
    sum
}

/// Every property. The check evaluates each in every scope, unless it does not apply there.
pub static PROPERTIES: &[Property] = from_all_rooms!(Property, properties);
/// Every defect. Every rule has at least one, except those of [`WITHOUT_DEFECT`].
pub static DEFECTS: &[Defect] = from_all_rooms!(Defect, defects);
/// Every known limit.
pub static LIMITS: &[Limit] = from_all_rooms!(Limit, limits);
/// Every scope of the default set.
pub static SCOPES: &[Scope] = from_all_rooms!(Scope, scopes);
/// Larger scopes, for `dynamo check --deep` and `cargo test --release -- --ignored`. Together they
/// take about 20 minutes and 5 GiB.
pub static DEEP: &[Scope] = from_all_rooms!(Scope, deep_scopes);

/// The rules that no defect replaces, and the reason for each.
pub static WITHOUT_DEFECT: &[(&str, &str)] = &[
    (
        "clients_to_forget",
        "A coordinator that has forgotten a client breaks I2 under the right rule too, if that \
         client retries late. So the property that a defect breaks would not hold in a scope that \
         is small enough to make a coordinator forget. A unit test covers the rule.",
    ),
    (
        "is_all_handed_over",
        "A defect shows only if a second key moves to the new replica later than the first one. \
         The scope two-keys-join-and-read has two keys and finds it, and so does a test in \
         model/tests/acts/settle.rs. The gallery has no page of it yet.",
    ),
];

/// The scope with this name: of the default set, a deep one, or one for a story.
pub fn scope_named(name: &str) -> Option<&'static Scope> {
    SCOPES.iter().chain(DEEP).chain(STORIES).find(|scope| scope.name == name)
}

/// The property, harm or goal with this name.
pub fn property_named(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().chain(HARMS).chain(GOALS).find(|property| property.name == name)
}

static CLAIMS: LazyLock<Vec<Property>> =
    LazyLock::new(|| PROPERTIES.iter().map(Property::without_precondition).collect());

/// The property, harm or goal with this name, without its precondition if it has one.
pub fn claim_named(name: &str) -> Option<&'static Property> {
    CLAIMS.iter().find(|property| property.name == name).or_else(|| property_named(name))
}

/// A scope of a reader's own, made static.
///
/// # Errors
/// If a value is not valid, the name is taken, or the program has met too many such scopes.
pub fn own_scope(own: &OwnScope) -> Result<&'static Scope, OwnScopeError> {
    if scope_named(&own.name).is_some() {
        return Err(OwnScopeError::NameTaken(own.name.clone()));
    }
    own.scope()
}

/// The scope as one of a reader's own; `None`: it is one of the catalogue.
pub fn as_own(scope: &Scope) -> Option<OwnScope> {
    scope_named(scope.name).is_none().then(|| OwnScope::from(scope))
}

impl Invariant {
    /// The invariant that a property belongs to.
    pub fn of(property: &Property) -> &'static Invariant {
        const ALL: &[Invariant] = &INVARIANTS;
        ALL.iter()
            .find(|invariant| invariant.id == property.invariant())
            .expect("a property's name begins with an invariant's id")
    }
}

impl Property {
    /// The property with this name.
    pub fn named(name: &str) -> Option<&'static Property> {
        PROPERTIES.iter().find(|property| property.name == name)
    }
}

impl Defect {
    /// The defect with this name.
    pub fn named(name: &str) -> Option<&'static Defect> {
        DEFECTS.iter().find(|defect| defect.name == name)
    }

    /// The scope in which the check finds it.
    pub fn scope(&self) -> &'static Scope {
        scope_named(self.scope).expect("a defect names a scope that exists")
    }

    /// The properties that it breaks, the most telling first.
    pub fn properties(&self) -> impl Iterator<Item = &'static Property> {
        self.breaks
            .iter()
            .map(|name| Property::named(name).expect("a defect names properties that exist"))
    }

    /// The scope and the harm of the run in which a client loses something, if there is one.
    pub fn loss(&self) -> Option<(&'static Scope, &'static Property)> {
        let Loss::Told { scope, harm, .. } = self.cost.loss else { return None };
        let scope = scope_named(scope).expect("a loss names a scope that exists");
        Some((scope, property_named(harm).expect("a loss names a harm that exists")))
    }

    /// Where it really happened.
    pub fn seen_in(&self) -> impl Iterator<Item = &'static Historic> {
        told_by(self.name)
    }

    /// The broken rules, as they are written.
    pub fn code(&self) -> &'static str {
        let beginning = format!("        name: \"{}\",\n", self.name);
        let code = INVARIANTS
            .iter()
            .flat_map(|invariant| invariant.defects_sources)
            .find_map(|source| source.split_once(&beginning))
            .and_then(|(_, after)| {
                let (defect, _) = after.split_once("\n    },\n")?;
                defect.split_once("        rules: || ").map(|(_, code)| code.trim_end_matches(','))
            });
        code.expect("a defect is written as all are")
    }
}

impl Limit {
    /// The scope in which the check finds it.
    pub fn scope(&self) -> &'static Scope {
        scope_named(self.scope).expect("a limit names a scope that exists")
    }

    /// The property that fails, without its precondition.
    pub fn property(&self) -> &'static Property {
        claim_named(self.property).expect("a limit names a property that exists")
    }

    /// Where it really happened.
    pub fn seen_in(&self) -> impl Iterator<Item = &'static Historic> {
        told_by(self.name)
    }
}

/// The historic defects that have the same root cause as this defect or limit.
fn told_by(name: &'static str) -> impl Iterator<Item = &'static Historic> {
    HISTORIC.iter().filter(move |historic| historic.told_by().contains(&name))
}
