//! A location, as the page shows it.

mod circle;
mod path;

use super::Refusal;
use super::location::{Location, code};
use crate::explorer_address::scope_name;
use dynamo_invariants::catalogue::{PROPERTIES, as_own, claim_named};
use dynamo_invariants::defect::Defect;
use dynamo_invariants::describe::{self, Change, Fact, MESSAGES, TRUTH};
use dynamo_invariants::goals::GOALS;
use dynamo_invariants::property::{Kind, Property};
use dynamo_invariants::system::SystemState;
use dynamo_invariants::tables::{Cast, Table};
use dynamo_invariants::trace::Event;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::message::Message;
use serde_json::{Map, Value, json};

/// The state at the end of a run, what led there, and what may come next.
pub(super) fn scene(
    location: &Location,
    run: &Run,
    table: Option<usize>,
) -> Result<Value, Refusal> {
    let facts = describe::facts(&run.model, run.last());
    let before = run
        .states
        .len()
        .checked_sub(2)
        .map(|index| describe::facts(&run.model, &run.states[index]));
    let changes = before.map(|before| describe::changes(&before, &facts)).unwrap_or_default();
    let mut steps = run.steps();
    steps.sort_by_cached_key(|(event, _)| (group(event), event.to_string()));
    let steps: Vec<Value> = steps.iter().map(|step| next(location, run, &facts, step)).collect();
    let table = table.map(|number| {
        let table = Table::of(number, run, &Cast::of(&run.model.cfg));
        table.ok_or_else(|| {
            Refusal::not_found(format!(
                "there is no table {number}: there are 1 to {}",
                Table::COUNT
            ))
        })
    });
    let table =
        table.transpose()?.map(|table| json!({ "title": table.title, "lines": table.lines }));
    Ok(json!({
        "scope": scope_name(location.scope()),
        "own_scope": as_own(location.scope()).map(|_| super::catalogue::scope(location.scope())),
        "rules": location.rules_name(),
        "url": location.url(),
        "path": path::path(location, run),
        "actors": circle::actors(run),
        "facts": told(&facts, &changes),
        "messages": circle::messages(run),
        "partition": run.model.cfg.scope.ring().partition(&run.model.cfg.key).0,
        "rings": circle::rings(run),
        "steps": steps,
        "properties": PROPERTIES
            .iter()
            .map(|property| verdict(location, run, property))
            .collect::<Vec<_>>(),
        "out_of_reach": out_of_reach(location),
        "table": table,
        "tables": (1..=Table::COUNT).map(Table::title).collect::<Vec<_>>(),
    }))
}

/// The goals and properties that the scope's data rule out, each with the reason. What a defect
/// breaks is not ruled out.
fn out_of_reach(location: &Location) -> Map<String, Value> {
    let scope = location.scope();
    let broken = Defect::named(location.rules_name()).map_or(&[][..], |defect| defect.breaks);
    let all = GOALS.iter().chain(PROPERTIES).filter(|it| !broken.contains(&it.name));
    let reasons = all.filter_map(|sought| Some((sought.name, scope.out_of_reach(sought)?)));
    reasons.map(|(name, reason)| (name.to_owned(), json!(reason))).collect()
}

/// What is so, and how it was before the last step if that changed it; then what that ended.
fn told(facts: &[Fact], changes: &[Change]) -> Vec<Value> {
    let find = |fact: &Fact| {
        changes.iter().find(|change| change.of == fact.of && change.about == fact.about)
    };
    let is = facts.iter().filter(|fact| fact.of != MESSAGES).map(|fact| {
        let change = find(fact);
        json!({
            "of": fact.of, "about": fact.about, "text": fact.text, "is_truth": fact.of == TRUTH,
            "is_new": change.is_some(), "before": change.and_then(|change| change.before.clone()),
        })
    });
    let gone = changes.iter().filter(|change| change.after.is_none() && change.of != MESSAGES);
    let ended = gone.map(|change| {
        json!({
            "of": change.of, "about": change.about, "text": null, "is_truth": change.of == TRUTH,
            "is_new": true, "before": change.before,
        })
    });
    is.chain(ended).collect()
}

/// In which order steps are listed, and under which head.
fn group(event: &Event) -> (usize, &'static str) {
    match event {
        Event::Deliver { message: Message::Administer { .. }, .. } => (7, "operator"),
        Event::Deliver { .. } => (0, "deliver"),
        Event::TimeOut { .. } => (1, "time out"),
        Event::Gossip { .. } | Event::Exchange { .. } => (2, "in the background"),
        Event::Crash { .. } => (3, "crash"),
        Event::Recover { .. } => (4, "recover"),
        Event::Lose { .. } => (5, "drop"),
        Event::LoseDisk { .. } => (6, "lose a disk"),
        Event::CopyDisk { .. } => (6, "copy a disk"),
        Event::ReturnToCopy { .. } => (6, "start on an old disk"),
        Event::HearOfLaterCommit { .. } => (6, "hear of a later commit"),
    }
}

/// A step that may be taken, what it would change, and what would not hold any more.
fn next(
    location: &Location,
    run: &Run,
    facts: &[Fact],
    (event, state): &(Event, SystemState),
) -> Value {
    let after = describe::facts(&run.model, state);
    let changes: Vec<String> =
        describe::changes(facts, &after).iter().map(ToString::to_string).collect();
    let falls = |property: &&Property| {
        property.kind == Kind::Always
            && location.scope().excuse(property).is_none()
            && (property.condition)(&run.model, run.last())
            && !(property.condition)(&run.model, state)
    };
    let breaks: Vec<&str> = PROPERTIES.iter().filter(falls).map(|property| property.name).collect();
    json!({
        "code": code(event), "group": group(event).1, "text": event.to_string(),
        "changes": changes, "breaks": breaks,
    })
}

/// What a property says of the last state, on which facts, and why it does not apply there.
fn verdict(location: &Location, run: &Run, property: &Property) -> Value {
    let claim = claim_named(property.name).unwrap_or(property);
    let holds = |state: &SystemState| (claim.condition)(&run.model, state);
    let applies = holds(run.last()) || !(property.condition)(&run.model, run.last());
    let outside = (!applies).then_some("its precondition is not met");
    let first =
        run.states.iter().position(|state| holds(state) == (property.kind == Kind::Reachable));
    json!({
        "name": property.name,
        "kind": property.kind,
        "holds": holds(run.last()),
        "evidence": property.evidence(&run.model, run.last()),
        "excuse": location.scope().excuse(property).or(outside),
        "first": first,
    })
}
