//! A place, as the page shows it.

use super::Refusal;
use super::place::{Place, code};
use dynamo_invariants::picture::{self, Change, Fact, MESSAGES, TRUTH, diagram};
use dynamo_invariants::property::{Kind, PROPERTIES, Property};
use dynamo_invariants::scope::SystemState;
use dynamo_invariants::tables::{Cast, Table};
use dynamo_invariants::trace::replay::Run;
use dynamo_invariants::trace::{Event, Who};
use dynamo_model::ids::RequestId;
use dynamo_model::message::Message;
use dynamo_model::tally::Tally;
use serde_json::{Value, json};
use stateright::actor::Id;

/// The state at the end of a run, what led there, and what may come next.
pub(super) fn scene(place: &Place, run: &Run, table: Option<usize>) -> Result<Value, Refusal> {
    let facts = picture::facts(&run.model, run.last());
    let before = run.states.len().checked_sub(2).map(|index| picture::facts(&run.model, &run.states[index]));
    let changes = before.map(|before| picture::changes(&before, &facts)).unwrap_or_default();
    let mut steps = run.steps();
    steps.sort_by_cached_key(|(event, _)| (group(event), event.to_string()));
    let steps: Vec<Value> = steps.iter().map(|step| next(place, run, &facts, step)).collect();
    let table = table.map(|number| {
        let table = Table::of(number, run, &Cast::of(&run.model.cfg));
        table.ok_or_else(|| Refusal::not_found(format!("there is no table {number}: there are 1 to {}", Table::COUNT)))
    });
    let table = table.transpose()?.map(|table| json!({ "title": table.title, "lines": table.lines }));
    Ok(json!({
        "scope": place.scope().name,
        "rules": place.rules_name(),
        "url": place.url(),
        "way": way(place, run),
        "actors": actors(run),
        "facts": told(&facts, &changes),
        "messages": messages(run),
        "partition": run.model.cfg.scope.ring().partition(&run.model.cfg.key).0,
        "steps": steps,
        "properties": PROPERTIES.iter().map(|property| verdict(place, run, property)).collect::<Vec<_>>(),
        "table": table,
        "tables": (1..=Table::COUNT).map(Table::title).collect::<Vec<_>>(),
    }))
}

/// The steps so far, each as a line of a space-time diagram.
fn way(place: &Place, run: &Run) -> Value {
    let rows = diagram::rows(run).into_iter().zip(place.way());
    let rows =
        rows.map(|(row, code)| json!({ "code": code, "lanes": row.lanes, "text": row.text, "is_fault": row.is_fault }));
    json!({ "head": diagram::head(run), "rows": rows.collect::<Vec<_>>() })
}

/// Nodes clockwise from the key, then clients.
fn actors(run: &Run) -> Vec<Value> {
    let setting = &run.model.cfg;
    let state = run.last();
    let clockwise = Cast::of(setting).nodes;
    let place_of = |who: &Who| match who {
        Who::Node(node) => clockwise.iter().position(|other| other == node),
        Who::Client(_) => None,
    };
    let mut everyone: Vec<(Option<usize>, usize, Who)> =
        diagram::everyone(run).into_iter().enumerate().map(|(index, who)| (place_of(&who), index, who)).collect();
    everyone.sort_by_key(|(place, index, _)| (place.is_none(), *place, *index));
    let suspects = |of: usize| {
        let nodes = state.actor_states.iter().enumerate().filter(|(index, _)| !state.crashed[*index]);
        let suspicious = nodes.filter(move |(_, other)| {
            other.node().is_some_and(|node| node.suspected.iter().any(|node| usize::from(node.actor()) == of))
        });
        suspicious.map(|(index, other)| Who::of(Id::from(index), other).to_string()).collect::<Vec<_>>()
    };
    let shown = everyone.into_iter().map(|(clockwise, index, who)| {
        json!({
            "name": who.to_string(),
            "is_node": clockwise.is_some(),
            // As of the beginning: where the ring changes, the nodes' own words tell how it is now.
            "replica": setting.preference_list.iter().position(|node| who == Who::Node(*node)),
            "is_down": state.crashed[index],
            "is_retired": !state.crashed[index] && state.actor_states[index].node().is_some_and(|node| node.retired),
            "suspected_by": suspects(index),
            "tallies": tallies(run, index),
        })
    });
    shown.collect()
}

/// The puts and gets that a node coordinates, each with how many have answered of how many that must.
fn tallies(run: &Run, index: usize) -> Vec<String> {
    let (_, r, w) = run.model.cfg.scope.quorum;
    let state = run.last();
    let Some(node) = state.actor_states[index].node().filter(|_| !state.crashed[index]) else { return Vec::new() };
    let tally =
        |what, request: RequestId, tally: &Tally, needed| format!("{what} {request:?}: {}/{needed}", tally.taken.len());
    let puts = node.puts.iter().map(|(request, put)| tally("put", *request, &put.tally, w));
    puts.chain(node.gets.iter().map(|(request, get)| tally("get", *request, &get.tally, r))).collect()
}

/// What is so, and how it was before the last step if that changed it; then what that ended.
fn told(facts: &[Fact], changes: &[Change]) -> Vec<Value> {
    let find = |fact: &Fact| changes.iter().find(|change| change.of == fact.of && change.about == fact.about);
    let is = facts.iter().filter(|fact| fact.of != MESSAGES).map(|fact| {
        let change = find(fact);
        json!({
            "of": fact.of, "about": fact.about, "text": fact.text, "is_truth": fact.of == TRUTH,
            "is_new": change.is_some(), "before": change.and_then(|change| change.before.clone()),
        })
    });
    let ended = changes.iter().filter(|change| change.after.is_none() && change.of != MESSAGES).map(|change| {
        json!({
            "of": change.of, "about": change.about, "text": null, "is_truth": change.of == TRUTH,
            "is_new": true, "before": change.before,
        })
    });
    is.chain(ended).collect()
}

fn messages(run: &Run) -> Vec<Value> {
    let on_its_way = |state: &SystemState| {
        let mut all: Vec<(String, String, String)> = state
            .network
            .iter_all()
            .map(|envelope| {
                let name = |id: Id| Who::of(id, &state.actor_states[usize::from(id)]).to_string();
                (name(envelope.src), name(envelope.dst), picture::brief(envelope.msg))
            })
            .collect();
        all.sort();
        all
    };
    let mut before = run.states.len().checked_sub(2).map(|index| on_its_way(&run.states[index])).unwrap_or_default();
    let now = on_its_way(run.last()).into_iter().map(|message| {
        let known = before.iter().position(|other| *other == message);
        if let Some(index) = known {
            before.swap_remove(index);
        }
        let (from, to, text) = message;
        json!({ "from": from, "to": to, "text": text, "is_new": known.is_none() })
    });
    now.collect()
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
    }
}

/// A step that may be taken, what it would change, and what would not hold any more.
fn next(place: &Place, run: &Run, facts: &[Fact], (event, state): &(Event, SystemState)) -> Value {
    let after = picture::facts(&run.model, state);
    let changes: Vec<String> = picture::changes(facts, &after).iter().map(ToString::to_string).collect();
    let falls = |property: &&Property| {
        property.kind == Kind::Always
            && place.scope().excuse(property).is_none()
            && (property.condition)(&run.model, run.last())
            && !(property.condition)(&run.model, state)
    };
    let breaks: Vec<&str> = PROPERTIES.iter().filter(falls).map(|property| property.name).collect();
    json!({ "code": code(event), "group": group(event).1, "text": event.to_string(), "changes": changes, "breaks": breaks })
}

/// What a property says of the last state, and whether the scope claims it.
fn verdict(place: &Place, run: &Run, property: &Property) -> Value {
    let holds = |state: &SystemState| (property.condition)(&run.model, state);
    let first = run.states.iter().position(|state| holds(state) == (property.kind == Kind::Reachable));
    json!({
        "name": property.name,
        "kind": property.kind,
        "holds": holds(run.last()),
        "excuse": place.scope().excuse(property),
        "first": first,
    })
}
