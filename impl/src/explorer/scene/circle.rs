//! The ring, the nodes on it, and what is in flight between them.

use dynamo_invariants::describe::{self, diagram};
use dynamo_invariants::notation::{Who, words};
use dynamo_invariants::system::SystemState;
use dynamo_invariants::tables::Cast;
use dynamo_invariants::trace::replay::Run;
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::tally::Tally;
use serde_json::{Value, json};
use stateright::actor::Id;

/// The rings that nodes see, each with the replicas of every partition.
pub(super) fn rings(run: &Run) -> Vec<Value> {
    let names = |nodes: &[NodeId]| nodes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (n, _, _) = run.model.cfg.scope.quorum;
    let rings = describe::rings::rings(&run.model, run.last()).into_iter();
    let rings = rings.map(|seen| {
        let replicas =
            seen.ring.partitions().map(|partition| names(seen.ring.replicas(partition, n)));
        json!({ "by": names(&seen.by), "partitions": replicas.collect::<Vec<_>>() })
    });
    rings.collect()
}

/// Nodes clockwise from the key, then clients.
pub(super) fn actors(run: &Run) -> Vec<Value> {
    let setting = &run.model.cfg;
    let state = run.last();
    let clockwise = Cast::of(setting).nodes;
    let position_of = |who: &Who| match who {
        Who::Node(node) => clockwise.iter().position(|other| other == node),
        Who::Client(_) => None,
    };
    let mut everyone: Vec<(Option<usize>, usize, Who)> = diagram::everyone(run)
        .into_iter()
        .enumerate()
        .map(|(index, who)| (position_of(&who), index, who))
        .collect();
    everyone.sort_by_key(|(position, index, _)| (position.is_none(), *position, *index));
    let suspects = |of: usize| {
        let nodes =
            state.actor_states.iter().enumerate().filter(|(index, _)| !state.crashed[*index]);
        let suspicious = nodes.filter(move |(_, other)| {
            other.node().is_some_and(|node| {
                node.suspected.iter().any(|node| usize::from(node.actor()) == of)
            })
        });
        suspicious
            .map(|(index, other)| Who::of(Id::from(index), other).to_string())
            .collect::<Vec<_>>()
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
            "digests": digests(run, index),
        })
    });
    shown.collect()
}

/// The puts and gets that a node coordinates, each with how many have answered of how many that
/// must.
fn tallies(run: &Run, index: usize) -> Vec<String> {
    let (_, r, w) = run.model.cfg.scope.quorum;
    let state = run.last();
    let Some(node) = state.actor_states[index].node().filter(|_| !state.crashed[index]) else {
        return Vec::new();
    };
    let tally = |what, request: RequestId, tally: &Tally, needed| {
        format!("{what} {request:?}: {}/{needed}", tally.counted.len())
    };
    let puts =
        node.puts.iter().map(|(request, put)| tally("put", *request, &put.collecting.tally, w));
    puts.chain(
        node.gets.iter().map(|(request, get)| tally("get", *request, &get.collecting.tally, r)),
    )
    .collect()
}

/// What a node has digests of, as far as they may differ: who is a member, and each partition that
/// replicas compare.
fn digests(run: &Run, index: usize) -> Vec<Value> {
    let state = run.last();
    let Some(node) = state.actor_states[index].node().filter(|_| !state.crashed[index]) else {
        return Vec::new();
    };
    let digest = |what: String, digest| json!({ "what": what, "digest": words::shortened(digest) });
    let tip =
        run.model.cfg.changes.then(|| digest("members".to_owned(), node.durable.history.tip().0));
    let trees = node.trees.partitions();
    let roots = trees
        .map(|partition| digest(format!("tree of {partition:?}"), node.trees.root(partition).0));
    tip.into_iter().chain(roots).collect()
}

pub(super) fn messages(run: &Run) -> Vec<Value> {
    let in_flight = |state: &SystemState| {
        let mut all: Vec<(String, String, String)> = state
            .network
            .iter_all()
            .map(|envelope| {
                let name = |id: Id| Who::of(id, &state.actor_states[usize::from(id)]).to_string();
                (name(envelope.src), name(envelope.dst), words::brief(envelope.msg))
            })
            .collect();
        all.sort();
        all
    };
    let mut before = run
        .states
        .len()
        .checked_sub(2)
        .map(|index| in_flight(&run.states[index]))
        .unwrap_or_default();
    let now = in_flight(run.last()).into_iter().map(|message| {
        let known = before.iter().position(|other| *other == message);
        if let Some(index) = known {
            before.swap_remove(index);
        }
        let (from, to, text) = message;
        json!({ "from": from, "to": to, "text": text, "is_new": known.is_none() })
    });
    now.collect()
}
