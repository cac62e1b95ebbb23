//! The first page: the nine invariants. Each has a run that shows it hold, a run that breaks it,
//! and the rule that protects it.

use super::location::Location;
use super::{Refusal, aside, lessons, pages};
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use dynamo_invariants::catalogue::{INVARIANTS, LIMITS};
use dynamo_invariants::check::find;
use dynamo_invariants::defect::{Defect, Limit};
use dynamo_invariants::invariant::Invariant;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::trace::replay::Run;
use dynamo_model::rules::Rules;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The address of the first page.
pub(super) const ADDRESS: &str = "/invariants";

/// An invariant, its defect, the property that this breaks first, and the *reachable* partner of
/// that property.
struct Shown {
    invariant: Invariant,
    defect: &'static Defect,
    property: &'static Property,
    partner: &'static Property,
}

fn shown(invariant: Invariant) -> Shown {
    let defect = Defect::named(invariant.first_defect).expect("a defect for each invariant");
    let property = defect.properties().next().expect("a defect breaks something");
    let is_reachable = |partner: &&Property| defect.scope().excuse(partner).is_none();
    let mut partners = property.occasions.iter().filter_map(|name| Property::named(name));
    let partner = partners.find(is_reachable).expect("a partner that the scope reaches");
    Shown { invariant, defect, property, partner }
}

/// The nine, for the page.
pub(super) fn catalogue() -> Vec<Value> {
    let one = |invariant: Invariant| {
        let Shown { invariant, defect, property, partner } = shown(invariant);
        json!({
            "id": invariant.id, "name": invariant.name, "statement": invariant.statement,
            "scope": defect.scope, "property": property.name, "partner": partner.statement,
            "rule": defect.rule, "documentation": Rules::documentation(defect.rule).map(plain),
            "defect": defect.name, "what": defect.what,
            "hold": format!("{ADDRESS}/{}/hold", invariant.id),
            "break": format!("{ADDRESS}/{}/break", invariant.id),
            "lesson": lessons::of(invariant.id),
        })
    };
    INVARIANTS.into_iter().map(one).collect()
}

/// A documentation's paragraphs, a line each, without links.
pub(super) fn plain(documentation: &str) -> String {
    let paragraphs = documentation.split("\n\n").flat_map(|part| part.split("\n \n"));
    let joined = paragraphs.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    joined.collect::<Vec<_>>().join("\n").replace("[`", "").replace("`]", "").replace('`', "")
}

/// Leads to the run that shows an invariant hold, or to the one that breaks it. The run is searched
/// for once.
pub(super) async fn lead(Path((id, which)): Path<(String, String)>) -> Response {
    to(aside(move || address(&id, &which)).await)
}

/// Where the address of a known limit leads to its run.
pub(super) fn address_of_limit(limit: &Limit) -> String {
    format!("/limits/{}", limit.name)
}

/// Leads to the run that shows a known limit. The run is searched for once.
pub(super) async fn lead_to_limit(Path(name): Path<String>) -> Response {
    let search = move || {
        let limit = LIMITS.iter().find(|limit| limit.name == name);
        let limit = limit.ok_or_else(|| {
            Refusal::not_found(format!("there is no known limit {name:?}: see the rules' list"))
        })?;
        found_once(address_of_limit(limit), || search_limit(limit))
    };
    to(aside(search).await)
}

fn to(led: Result<String, Refusal>) -> Response {
    match led {
        Ok(address) => Redirect::temporary(&address).into_response(),
        Err(refusal) => pages::in_words(&refusal),
    }
}

fn address(id: &str, which: &str) -> Result<String, Refusal> {
    let unknown = || Refusal::not_found("there is nothing at this address".to_owned());
    let invariant = INVARIANTS.into_iter().find(|it| it.id == id).ok_or_else(unknown)?;
    let is_break = match which {
        "break" => true,
        "hold" => false,
        _ => return Err(unknown()),
    };
    found_once(format!("{id} {which}"), || search(&shown(invariant), is_break))
}

/// The address that a search finds. A later call with the same name does not search again.
fn found_once(name: String, search: impl FnOnce() -> Option<String>) -> Result<String, Refusal> {
    static FOUND: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    // Held while searching: whoever asks for the same waits for one search.
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = found.get(&name) {
        return Ok(known.clone());
    }
    let none = || Refusal::not_found("no run shows this any more".to_owned());
    let address = search().ok_or_else(none)?;
    found.insert(name, address.clone());
    Ok(address)
}

/// The address of the run. Behind `#` stands the property to look at, and `:never` if the run shows
/// that it never becomes true.
fn search(shown: &Shown, is_break: bool) -> Option<String> {
    let Shown { defect, property, partner, .. } = shown;
    let begin = Location::begin(defect.scope(), is_break.then_some(*defect));
    let goal = if is_break { property } else { partner };
    let finding = find(defect.scope(), begin.rules(), goal).0?;
    let mut run = Run::found(defect.scope(), begin.rules(), &finding);
    if !is_break && property.kind == Kind::Converges {
        run.settle(property);
    }
    let is_never = is_break && property.kind == Kind::Converges;
    Some(looking_at(property, is_never, &begin.after(&run)))
}

fn search_limit(limit: &'static Limit) -> Option<String> {
    let begin = Location::begin(limit.scope(), None);
    let property = limit.property();
    let finding = find(limit.scope(), begin.rules(), property).0?;
    Some(looking_at(property, property.kind == Kind::Converges, &begin.found(&finding)))
}

fn looking_at(property: &Property, is_never: bool, location: &Location) -> String {
    let never = if is_never { ":never" } else { "" };
    format!("{}#{}{never}", location.url(), property.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_invariant_has_a_run_where_it_holds_and_one_where_it_breaks() {
        for invariant in INVARIANTS {
            let Shown { property, partner, .. } = shown(invariant);
            for which in ["hold", "break"] {
                let address = address(invariant.id, which).expect("it is found");
                let (path, name) = address.split_once('#').expect("a property");
                assert_eq!(name.trim_end_matches(":never"), property.name);
                let run =
                    Location::at(path).expect("a location").run().expect("its steps can be taken");
                let holds = |property: &Property| (property.condition)(&run.model, run.last());
                if which == "hold" {
                    assert!(holds(property), "{} does not hold at {path}", property.name);
                    let mut states = run.states.iter();
                    let is_shown = states.any(|state| (partner.condition)(&run.model, state));
                    assert!(is_shown, "{} is not shown by {path}", partner.name);
                } else if property.kind == Kind::Always {
                    assert!(!holds(property), "{} holds at {path}", property.name);
                }
            }
        }
    }
    #[test]
    fn each_limit_has_a_run_in_which_its_property_fails() {
        for limit in LIMITS {
            let address = search_limit(limit).expect("it is found");
            let (path, name) = address.split_once('#').expect("a property");
            assert_eq!(name.trim_end_matches(":never"), limit.property);
            let run =
                Location::at(path).expect("a location").run().expect("its steps can be taken");
            let property = limit.property();
            let ends_badly = run.states.iter().any(|it| !(property.condition)(&run.model, it));
            assert!(ends_badly, "{} holds along {path}", property.name);
        }
    }
}
