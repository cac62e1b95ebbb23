//! The same path under other rules: how far it can be taken there, and what differs.

use super::location::{Location, Named, PROTOCOL};
use super::{Refusal, aside, scene};
use crate::beside::{self, Protocol};
use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use dynamo_invariants::catalogue::PROPERTIES;
use dynamo_invariants::describe::Change;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::trace::digest;
use dynamo_invariants::trace::replay::{Run, Stopped};
use serde::Deserialize;
use serde_json::{Value, json};

/// A location, and the rules to take its path under.
#[derive(Deserialize)]
pub(super) struct Changed {
    #[serde(flatten)]
    location: Named,
    to: String,
}

/// How much of a location's path can be taken under other rules.
pub(super) async fn kept(changed: Result<Query<Changed>, QueryRejection>) -> super::Answer {
    let Query(Changed { location, to }) = changed.map_err(|error| refused(&error))?;
    let begin = initial(&location, &to)?;
    let location = Location::named(&location)?;
    let keep = move || {
        let run = location.run()?;
        let (kept, stopped) = Run::of(begin.scope(), begin.rules(), &run.events);
        let ended = stopped.map(|why| {
            let step = kept.events.len();
            json!({
                "step": step + 1, "text": run.events[step].to_string(), "why": in_words(why),
            })
        });
        Ok(json!({
            "url": begin.after(&kept).url(), "kept": kept.events.len(), "of": run.events.len(),
            "ended": ended,
        }))
    };
    aside(keep).await.map(Json)
}

/// The initial state of a location's scope under other rules.
fn initial(location: &Named, rules: &str) -> Result<Location, Refusal> {
    let (scope, path) = (location.scope.clone(), String::new());
    Location::named(&Named { scope, rules: rules.to_owned(), path })
}

/// Why a step cannot be taken, with what a reader needs to know of it.
fn in_words(why: Stopped) -> String {
    match why {
        Stopped::CannotHappen => "it is not possible there: no such message is in flight, \
                                  the timer is not set, or the node is not in that condition"
            .to_owned(),
        Stopped::ChangesNothing | Stopped::OutOfScope => why.to_string(),
    }
}

/// A location, and at which of its steps to compare.
#[derive(Deserialize)]
pub(super) struct Compared {
    #[serde(flatten)]
    location: Named,
    here: String,
}

/// A defect's path beside the same steps under the protocol: both states after so many steps, and
/// the first difference on the whole path.
pub(super) async fn compare(compared: Result<Query<Compared>, QueryRejection>) -> super::Answer {
    let Query(Compared { location, here }) = compared.map_err(|error| refused(&error))?;
    let correct = initial(&location, PROTOCOL)?;
    let location = Location::named(&location)?;
    let here: usize = here.parse().map_err(|_| {
        Refusal::unprocessable("here is the number of a step: 0 is the initial state".to_owned())
    })?;
    aside(move || both(&correct, &location, here)).await.map(Json)
}

fn both(correct: &Location, location: &Location, here: usize) -> Result<Value, Refusal> {
    let run = location.run()?;
    let first = beside::decisive(location.scope(), &run).map(|step| first(location, &run, step));
    let run = until(location, &run, here);
    let protocol = Protocol::after(location.scope(), &run.events);
    let end = beside::differences(&protocol.run, &run);
    Ok(json!({
        "protocol": scene::scene(&correct.after(&protocol.run), &protocol.run, None)?,
        "defect": scene::scene(&location.after(&run), &run, None)?,
        "skipped": protocol.skipped, "but_for": protocol.skipped_in_words(),
        "differences": end.iter().map(difference).collect::<Vec<_>>(),
        "first": first,
    }))
}

/// The first so many steps of a run.
fn until(location: &Location, run: &Run, here: usize) -> Run {
    let here = here.min(run.events.len());
    Run::of(location.scope(), location.rules(), &run.events[..here]).0
}

/// The first difference: in which step, and in which facts. Where nodes and clients look alike, the
/// facts of a verdict that differs tell it. Else only the parts of the state are named.
fn first(location: &Location, run: &Run, step: usize) -> Value {
    let run = until(location, run, step);
    let protocol = Protocol::after(location.scope(), &run.events);
    let (theirs, ours) = (digest::parts(protocol.run.last()), digest::parts(run.last()));
    let parts = digest::difference(&theirs, &ours);
    let mut differences: Vec<Value> =
        beside::differences(&protocol.run, &run).iter().map(difference).collect();
    if differences.is_empty() {
        differences =
            PROPERTIES.iter().filter_map(|it| evidence(it, &protocol.run, &run)).collect();
    }
    json!({
        "step": step, "text": run.events[step - 1].to_string(),
        "is_impossible": protocol.skipped.contains(&step),
        "differences": differences,
        "parts": parts.keys().collect::<Vec<_>>(),
    })
}

/// On which facts a verdict rests that is not the same at the end of both runs.
fn evidence(property: &Property, protocol: &Run, defect: &Run) -> Option<Value> {
    let holds = |run: &Run| (property.condition)(&run.model, run.last());
    let facts = |run: &Run| property.evidence(&run.model, run.last());
    let (theirs, ours) = (facts(protocol), facts(defect));
    let only = |one: &[String], other: &[String]| {
        let own = one.iter().filter(|fact| !other.contains(fact));
        own.cloned().collect::<Vec<_>>().join("; ")
    };
    (property.kind == Kind::Always && holds(protocol) != holds(defect)).then(|| {
        json!({
            "of": property.name, "about": "the facts",
            "protocol": only(&theirs, &ours), "defect": only(&ours, &theirs),
        })
    })
}

fn difference(change: &Change) -> Value {
    let Change { of, about, before, after } = change;
    json!({ "of": of, "about": about, "protocol": before, "defect": after })
}

fn refused(error: &QueryRejection) -> Refusal {
    Refusal::unprocessable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_invariants::check::find;
    use dynamo_invariants::defect::Defect;

    /// The location of a defect's counterexample, and the same scope under the protocol.
    fn counterexample(name: &str) -> (Location, Location) {
        let defect = Defect::named(name).expect("a defect");
        let begin = Location::begin(defect.scope(), Some(defect));
        let property = defect.properties().next().expect("it breaks something");
        let finding = find(defect.scope(), begin.rules(), property).0.expect("it is found");
        (begin.found(&finding), Location::begin(defect.scope(), None))
    }

    #[test]
    fn the_first_difference_names_its_step_and_its_facts() {
        let (location, correct) = counterexample("hint-dropped-when-sent");
        let steps = location.path().len();
        let told = both(&correct, &location, steps).expect("it is compared");
        let first = &told["first"];
        assert_eq!(first["step"], steps);
        let differences = first["differences"].as_array().expect("a list");
        let hint = differences.iter().find(|fact| fact["about"] == "keeps k for C");
        let hint = hint.expect("the hint is gone under the defect");
        assert!(hint["defect"].is_null() && !hint["protocol"].is_null(), "{hint}");
        let before = both(&correct, &location, steps - 1).expect("it is compared");
        assert_eq!(before["differences"], json!([]), "nothing differs before");
        assert_eq!(&before["first"], first, "the whole path is searched");
    }

    #[test]
    fn a_first_difference_that_words_do_not_show_names_the_parts() {
        for defect in dynamo_invariants::catalogue::DEFECTS.iter().take(20) {
            let (location, correct) = counterexample(defect.name);
            let told = both(&correct, &location, 0).expect("it is compared");
            let first = &told["first"];
            let names = |what: &str| first[what].as_array().map_or(0, Vec::len);
            let is_told = first.is_null() || names("parts") > 0 || first["is_impossible"] == true;
            assert!(is_told, "{}: {first}", defect.name);
        }
    }
}
