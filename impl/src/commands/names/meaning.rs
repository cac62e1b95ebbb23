//! What a word may mean.

use super::super::exit_codes::{self, Code};
use super::glossary::{self, Word};
use dynamo::gallery::Case;
use dynamo_invariants::catalogue::{DEEP, INVARIANTS, PROPERTIES, SCOPES, STORIES};
use dynamo_invariants::goals::GOALS;
use dynamo_invariants::invariant::Invariant;
use dynamo_invariants::property::Property;
use dynamo_invariants::scope::Scope;
use dynamo_model::message;
use dynamo_model::rules::Rules;
use std::sync::LazyLock;

/// Something that has a name.
#[derive(Clone, Copy, Debug)]
pub(in crate::commands) enum Meaning {
    /// A defect or a known limit.
    Case(Case),
    /// A rule, by its name.
    Rule(&'static str),
    /// A property.
    Property(&'static Property),
    /// An invariant.
    Invariant(&'static Invariant),
    /// A scope.
    Scope(&'static Scope),
    /// A goal: a state to search for.
    Goal(&'static Property),
    /// A word of the glossary.
    Word(Word),
    /// A kind of messages, by its name.
    Message(&'static str),
    /// An exit code.
    ExitCode(Code),
}

/// The kinds of messages.
static MESSAGES: LazyLock<Vec<String>> = LazyLock::new(message::kinds);

impl Meaning {
    /// Everything that has a name.
    pub(in crate::commands) fn all() -> impl Iterator<Item = Meaning> {
        static INVARIANTS_FOR_EVER: [Invariant; 9] = INVARIANTS;
        let named = INVARIANTS_FOR_EVER.iter().map(Meaning::Invariant);
        let words = glossary::WORDS.iter().copied().map(Meaning::Word);
        words
            .chain(named)
            .chain(Case::all().map(Meaning::Case))
            .chain(Rules::NAMES.iter().map(|name| Meaning::Rule(name)))
            .chain(PROPERTIES.iter().map(Meaning::Property))
            .chain(SCOPES.iter().chain(DEEP).chain(STORIES).map(Meaning::Scope))
            .chain(GOALS.iter().map(Meaning::Goal))
            .chain(MESSAGES.iter().map(|kind| Meaning::Message(kind)))
            .chain(exit_codes::ALL.iter().copied().map(Meaning::ExitCode))
    }

    /// What kind of thing it is.
    pub(in crate::commands) fn kind(&self) -> &'static str {
        match self {
            Meaning::Case(case) if case.defect().is_some() => "defect",
            Meaning::Case(_) => "known limit",
            Meaning::Rule(_) => "rule",
            Meaning::Property(_) => "property",
            Meaning::Invariant(_) => "invariant",
            Meaning::Scope(_) => "scope",
            Meaning::Goal(_) => "goal",
            Meaning::Word(_) => "word of the glossary",
            Meaning::Message(_) => "kind of messages",
            Meaning::ExitCode(_) => "exit code",
        }
    }

    /// Its names, the full one first.
    pub(in crate::commands) fn names(&self) -> Vec<String> {
        match self {
            Meaning::Case(case) => {
                let (number, name) = (case.number, case.name());
                vec![name.to_owned(), number.to_string(), format!("{number:03}-{name}")]
            }
            Meaning::Rule(name) => vec![(*name).to_owned()],
            Meaning::Property(property) | Meaning::Goal(property) => {
                let short = property.name.split_once('.').map(|(_, short)| short);
                [property.name].into_iter().chain(short).map(str::to_owned).collect()
            }
            Meaning::Invariant(invariant) => {
                vec![invariant.id.to_owned(), invariant.name.to_owned()]
            }
            Meaning::Scope(scope) => vec![scope.name.to_owned()],
            Meaning::Word(word) => word.names(),
            Meaning::Message(kind) => vec![(*kind).to_owned()],
            Meaning::ExitCode(code) => {
                vec![code.number.to_string(), format!("exit code {}", code.number)]
            }
        }
    }

    /// The defects and known limits that it stands for. A property stands for the defects that
    /// break it first, if there are any, else for all that break it.
    pub(in crate::commands) fn cases(&self) -> Vec<Case> {
        let those = |is_meant: &dyn Fn(&Case) -> bool| Case::all().filter(is_meant).collect();
        match self {
            Meaning::Case(case) => vec![*case],
            Meaning::Rule(rule) => {
                those(&|case| case.defect().is_some_and(|defect| defect.rule == *rule))
            }
            Meaning::Property(property) => {
                let breaks_first = |case: &Case| case.properties()[0].name == property.name;
                let breaks =
                    |case: &Case| case.properties().iter().any(|other| other.name == property.name);
                let first: Vec<Case> = those(&breaks_first);
                if first.is_empty() { those(&breaks) } else { first }
            }
            Meaning::Invariant(invariant) => those(&|case| case.invariant().id == invariant.id),
            Meaning::Scope(scope) => those(&|case| case.scope().name == scope.name),
            Meaning::Goal(_) | Meaning::Word(_) | Meaning::Message(_) | Meaning::ExitCode(_) => {
                Vec::new()
            }
        }
    }

    /// The scopes that it stands for.
    pub(super) fn scopes(&self) -> Vec<&'static Scope> {
        match self {
            Meaning::Scope(scope) => vec![scope],
            Meaning::Invariant(invariant) => invariant.scopes.iter().collect(),
            Meaning::Case(case) if case.defect().is_none() => vec![case.scope()],
            _ => Vec::new(),
        }
    }
}
