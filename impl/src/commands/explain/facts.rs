//! What there is to tell of each kind of meaning.

use super::super::names::Meaning;
use super::super::table;
use dynamo::gallery::Case;
use dynamo_invariants::catalogue::{INVARIANTS, PROPERTIES, WITHOUT_DEFECT};
use dynamo_invariants::describe;
use dynamo_invariants::invariant::Invariant;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::scope::Scope;
use dynamo_model::message;
use dynamo_model::rules::Rules;

/// One thing that is told of a word.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) about: &'static str,
    /// Paragraphs, or the items of a list.
    pub(super) lines: Vec<String>,
}

/// Facts, without those that have nothing to tell.
#[derive(Default)]
struct Facts(Vec<Fact>);

impl Facts {
    fn with(mut self, about: &'static str, lines: impl IntoIterator<Item = String>) -> Self {
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        if !lines.is_empty() {
            self.0.push(Fact { about, lines });
        }
        self
    }

    fn text(self, about: &'static str, text: &str) -> Self {
        self.with(about, paragraphs(text))
    }
}

/// Everything that is told of a meaning, the most important first.
pub(super) fn of(meaning: &Meaning) -> Vec<Fact> {
    let facts = match meaning {
        Meaning::Word(word) => Facts::default().text("means", word.means),
        Meaning::Rule(name) => of_rule(name, meaning),
        Meaning::Property(property) => of_property(property, meaning),
        Meaning::Invariant(invariant) => of_invariant(invariant),
        Meaning::Scope(scope) => of_scope(scope, meaning),
        Meaning::Case(case) => of_case(case),
        Meaning::Goal(goal) => Facts::default()
            .text("statement", goal.statement)
            .text("see", "dynamo explore SCOPE, and choose it under Search"),
        Meaning::Message(kind) => {
            Facts::default().text("means", &message::documentation(kind).unwrap_or_default())
        }
        Meaning::ExitCode(code) => Facts::default().text("means", code.says),
    };
    facts.0
}

fn of_rule(name: &'static str, meaning: &Meaning) -> Facts {
    let cases = meaning.cases();
    let broken = |invariant: &Invariant| {
        let breaks =
            |case: &Case| case.properties().iter().any(|it| it.invariant() == invariant.id);
        cases.iter().any(breaks)
    };
    let without = WITHOUT_DEFECT.iter().find(|(rule, _)| *rule == name).map(|(_, why)| *why);
    Facts::default()
        .text("decides", Rules::documentation(name).unwrap_or_default())
        .with("protects", INVARIANTS.iter().filter(|it| broken(it)).map(named))
        .with("defects", cases.iter().map(broken_by))
        .text("no defect", without.unwrap_or_default())
        .with("see", (!cases.is_empty()).then(|| format!("dynamo defects {name}")))
}

fn of_property(property: &Property, meaning: &Meaning) -> Facts {
    let (defects, limits): (Vec<Case>, Vec<Case>) =
        meaning.cases().into_iter().partition(|case| case.defect().is_some());
    let kind = match property.kind {
        Kind::Always => "always: true in every reachable state",
        Kind::Reachable => "reachable: true in at least one reachable state",
        Kind::Converges => {
            "converges: eventually true, and from then on, once faults and new requests stop"
        }
    };
    let see = (!defects.is_empty()).then(|| format!("dynamo defects {}", property.name));
    Facts::default()
        .text("statement", property.statement)
        .text("kind", kind)
        .text("invariant", &named(Invariant::of(property)))
        .with("occasions", property.occasions.iter().map(|&name| name.to_owned()))
        .with("defects", defects.iter().map(replaced_by))
        .with("known limits", limits.iter().map(titled))
        .with("see", see)
}

fn of_invariant(invariant: &Invariant) -> Facts {
    let cases: Vec<Case> = Case::all().filter(|case| case.invariant().id == invariant.id).collect();
    let (defects, limits): (Vec<Case>, Vec<Case>) =
        cases.into_iter().partition(|case| case.defect().is_some());
    let property = |property: &Property| format!("{}: {}", property.name, property.statement);
    let claims = invariant.properties.iter().filter(|property| property.kind != Kind::Reachable);
    Facts::default()
        .text("name", invariant.name)
        .text("statement", invariant.statement)
        .text("exceptions", invariant.exceptions)
        .text("paper", invariant.paper)
        .with("properties", claims.map(property))
        .with("defects", defects.iter().map(replaced_by))
        .with("known limits", limits.iter().map(titled))
        .text("scenario", &format!("tests/scenarios/{}.txt", invariant.scenario))
        .with("scopes", invariant.scopes.iter().map(|scope| scope.name.to_owned()))
        .with(
            "see",
            [
                format!("dynamo check {}", invariant.id),
                format!("dynamo defects {}", invariant.first_defect),
            ],
        )
}

fn of_scope(scope: &Scope, meaning: &Meaning) -> Facts {
    let has = |scopes: &[Scope]| scopes.iter().any(|other| other.name == scope.name);
    let aimed = INVARIANTS.iter().filter(|it| has(it.scopes) || has(it.deep_scopes)).map(named);
    let is_deep = INVARIANTS.iter().any(|invariant| has(invariant.deep_scopes));
    let deep = if is_deep { ", checked only with --deep" } else { "" };
    let states = if scope.is_pinned() {
        format!("{}{deep}", table::count(scope.unique_states))
    } else {
        "not pinned: the scope is for a story".to_owned()
    };
    let reason =
        |property: &Property| Some(format!("{}: {}", property.name, scope.excuse(property)?));
    Facts::default()
        .text("aim", scope.aim)
        .with("has", describe::surroundings(scope))
        .text("states", &states)
        .with("aimed at", aimed)
        .with("finds", meaning.cases().iter().map(titled))
        .with("does not claim", PROPERTIES.iter().filter_map(reason))
        .with(
            "see",
            [format!("dynamo explore {}", scope.name), format!("dynamo check {}", scope.name)],
        )
}

fn of_case(case: &Case) -> Facts {
    let rule = case.defect().map(|defect| defect.rule).unwrap_or_default();
    let properties = case.properties();
    let property = |property: &&Property| format!("{}: {}", property.name, property.statement);
    let about = if case.defect().is_some() { "breaks" } else { "not promised" };
    let happened = case.seen_in().into_iter().map(|historic| {
        format!(
            "{} ({}, {}): {}",
            historic.system, historic.reference, historic.year, historic.cause
        )
    });
    Facts::default()
        .text("what", case.what())
        .text("story", case.story())
        .text("rule", rule)
        .with(about, properties.iter().map(property))
        .text("scope", case.scope().name)
        .text("missed by", case.missed_by())
        .with("happened in", happened)
        .text("page", &format!("counterexamples/{}", case.page_file()))
        .with(
            "see",
            [format!("dynamo defects {}", case.name()), format!("dynamo explore {}", case.name())],
        )
}

fn named(invariant: &Invariant) -> String {
    format!("{} {}: {}", invariant.id, invariant.name, invariant.statement)
}

/// A defect of a rule.
fn broken_by(case: &Case) -> String {
    format!("{} breaks {}", case.name(), case.properties()[0].name)
}

/// A defect that breaks a property.
fn replaced_by(case: &Case) -> String {
    let rule = case.defect().map(|defect| defect.rule).unwrap_or_default();
    format!("{} replaces {rule}", case.name())
}

/// A defect or known limit.
fn titled(case: &Case) -> String {
    format!("{}: {}", case.name(), case.what())
}

/// A documentation's paragraphs, a line each, without the marks of links and code.
fn paragraphs(text: &str) -> Vec<String> {
    let lines = |part: &str| {
        let words: Vec<&str> = part.split_whitespace().collect();
        words.join(" ").replace("[`", "").replace("`]", "").replace(['`', '*'], "")
    };
    let text = text.replace("\n \n", "\n\n");
    text.split("\n\n").map(lines).filter(|part| !part.is_empty()).collect()
}
