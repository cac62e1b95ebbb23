//! Defects: the protocol with one rule exchanged, and what that breaks. Each shows why its rule is
//! as it is.

mod copies;
mod exchange;
mod hints;
mod historic;
mod limits;
mod membership;
mod moves;
mod quorum;
mod reaping;
mod repair;
mod versions;

pub use historic::{HISTORIC, Historic, Told};

use crate::property::Property;
use crate::scope::Scope;
use crate::scopes;
use crate::table::joined;
use dynamo_model::rules::Rules;

/// One rule broken on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Defect {
    /// Its name on the command line.
    pub name: &'static str,
    /// The rule exchanged: a field of [`Rules`].
    pub rule: &'static str,
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

impl Defect {
    /// The scope in which it is found.
    pub fn scope(&self) -> &'static Scope {
        scopes::named(self.scope).expect("a defect names a scope that exists")
    }

    /// The properties it breaks, the most telling first.
    pub fn properties(&self) -> impl Iterator<Item = &'static Property> {
        self.breaks
            .iter()
            .map(|name| Property::named(name).expect("a defect names properties that exist"))
    }

    /// Where it really happened.
    pub fn seen_in(&self) -> impl Iterator<Item = &'static Historic> {
        told_by(self.name)
    }

    /// The broken rules, as they are written.
    pub fn code(&self) -> &'static str {
        let beginning = format!("        name: \"{}\",\n", self.name);
        let code = SOURCES.iter().find_map(|source| source.split_once(&beginning)).and_then(
            |(_, after)| {
                let (defect, _) = after.split_once("\n    },\n")?;
                defect.split_once("        rules: || ").map(|(_, code)| code.trim_end_matches(','))
            },
        );
        code.expect("a defect is written as all are")
    }

    /// The defect with this name.
    pub fn named(name: &str) -> Option<&'static Defect> {
        DEFECTS.iter().find(|defect| defect.name == name)
    }
}

/// The defects of each of these modules, their number, and their source texts.
macro_rules! parts {
    ($($part:ident),*) => {
        const PARTS: &[&[Defect]] = &[$($part::DEFECTS),*];
        const COUNT: usize = 0 $(+ $part::DEFECTS.len())*;
        const SOURCES: &[&str] = &[$(include_str!(concat!("defects/", stringify!($part), ".rs"))),*];
    };
}
parts!(quorum, versions, repair, hints, reaping, membership, moves, exchange, copies);

/// Every defect. Every rule has one at least, except those of [`WITHOUT_DEFECT`].
pub static DEFECTS: &[Defect] = &joined::<Defect, COUNT>(PARTS);

/// The rules that no defect exchanges, and why.
pub static WITHOUT_DEFECT: &[(&str, &str)] = &[
    (
        "clients_to_forget",
        "A coordinator that must forget some client breaks I2 for it under the right rule too, if that client asks again late. \
         A scope so small that it forgets would have to excuse what the defect breaks. The rule has a unit test.",
    ),
    (
        "is_all_handed_over",
        "It takes a second key that moves to the new replica later than the first, and clients of scopes use one key. The rule has a test \
         of the act.",
    ),
];

/// Something that Dynamo does not promise, shown on the correct rules.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is not promised, and what to choose where it is needed.
    pub what: &'static str,
    /// Why a weaker check misses it: what must be tried, or looked at, to see it.
    pub missed_by: &'static str,
    /// The property that fails; the scope excuses it.
    pub property: &'static str,
    /// The scope in which it fails.
    pub scope: &'static str,
}

impl Limit {
    /// The scope in which it is found.
    pub fn scope(&self) -> &'static Scope {
        scopes::named(self.scope).expect("a limit names a scope that exists")
    }

    /// Where it really happened.
    pub fn seen_in(&self) -> impl Iterator<Item = &'static Historic> {
        told_by(self.name)
    }

    /// The property that fails.
    pub fn property(&self) -> &'static Property {
        Property::named(self.property).expect("a limit names a property that exists")
    }
}

/// The historic defects that this one of ours tells.
fn told_by(name: &'static str) -> impl Iterator<Item = &'static Historic> {
    HISTORIC.iter().filter(move |historic| historic.told_by().contains(&name))
}

/// Every known limit.
pub static LIMITS: &[Limit] = limits::LIMITS;
