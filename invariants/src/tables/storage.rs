//! Tables of stored data: quorums, divergence, read repair, hints and Merkle trees.

use super::scene::{Act, Put, Scene};
use super::{Kind, NOTHING, set};
use crate::notation::Who;
use crate::trace::Event;
use crate::truth::Outcome;
use dynamo_model::hint::HintState;
use dynamo_model::ids::NodeId;
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::version::Issuer;
use stateright::actor::Envelope;

pub(super) const QUORUM: Kind = Kind {
    title: "Replicated Key Version Under Quorum",
    lines: &[
        "coordinator_visible_version",
        "replica_A_version",
        "replica_B_version",
        "write_quorum_state",
        "read_visible_versions",
        "client_trying_put_or_get",
    ],
    cells: |scene| {
        let put = scene.put();
        let coordinator = put.and_then(|put| scene.coordinator(put)).unwrap_or(scene.cast.node(0));
        let is_running = put.is_some_and(|put| scene.outcome(put) == Outcome::Running);
        let pending = if is_running
            && put.is_some_and(|put| scene.names(coordinator).contains(&scene.name(put)))
        {
            " pending"
        } else {
            ""
        };
        vec![
            format!("{}{pending}", version(scene, coordinator)),
            version(scene, scene.cast.node(0)),
            version(scene, scene.cast.node(1)),
            put.map_or(NOTHING.to_owned(), |put| write_quorum(scene, put)),
            shown(scene).map_or(NOTHING.to_owned(), set),
            client(scene),
        ]
    },
};

fn version(scene: &Scene<'_>, node: NodeId) -> String {
    let names = scene.names(node);
    if names.is_empty() { NOTHING.to_owned() } else { names.join(",") }
}

fn write_quorum(scene: &Scene<'_>, put: Put) -> String {
    match scene.outcome(put) {
        Outcome::Unsent | Outcome::Running => "W pending".to_owned(),
        Outcome::Answered { .. } => format!("W@{}", scene.name(put)),
        Outcome::Failed => "W failed".to_owned(),
    }
}

/// The versions in the last answer to a get.
fn shown<'a>(scene: &Scene<'a>) -> Option<Vec<&'a str>> {
    scene.events().find_map(|event| match event {
        Event::Deliver {
            message: Message::Answer(Answer::GetAnswered { siblings, .. }), ..
        } => Some(scene.names_of(siblings)),
        _ => None,
    })
}

fn client(scene: &Scene<'_>) -> String {
    match scene.act() {
        Some(Act::Asked(_, Operation::Put { content, context, .. })) => {
            let name = scene.cast.version(content).unwrap_or_default();
            let is_merge =
                context.entries() > 1 && shown(scene).is_some_and(|names| names.len() > 1);
            if is_merge { format!("merge put({name})") } else { format!("put({name})") }
        }
        Some(Act::Asked(_, Operation::Get { .. })) => "get()".to_owned(),
        Some(Act::Told(Answer::GetAnswered { siblings, .. })) => {
            format!("get()->{}", set(scene.names_of(siblings)))
        }
        _ => NOTHING.to_owned(),
    }
}

pub(super) const DIVERGENCE: Kind = Kind {
    title: "Divergent Versions And Vector Clock Causality",
    lines: &[
        "object_versions",
        "vector_clock_frontier",
        "replica_A_versions",
        "replica_B_versions",
        "client_trying_reconcile",
    ],
    cells: |scene| {
        let nodes = (0..scene.run.model.cfg.scope.nodes).map(NodeId);
        let all = nodes.fold(Siblings::new(), |all, node| all.merge(&scene.held(node)));
        vec![
            set(scene.names_of(all.versions())),
            frontier(scene, all.versions()),
            set(scene.names(scene.cast.node(0))),
            set(scene.names(scene.cast.node(1))),
            client(scene),
        ]
    },
};

/// The clock of a single version. Of siblings: for each, the clock entries that are greater than in
/// every other sibling.
fn frontier(scene: &Scene<'_>, versions: &[Version]) -> String {
    let clock = |version: &Version| {
        let others = versions.iter().filter(|other| other.dot != version.dot);
        let is_told = |issuer: &Issuer| {
            let counter = version.clock.counter_max(*issuer);
            others.clone().all(|other| other.clock.counter_max(*issuer) < counter)
        };
        let nodes = scene.cast.nodes.iter().map(|node| (*node, Issuer::from(*node)));
        let told =
            nodes.filter(|(_, issuer)| version.clock.counter_max(*issuer) > 0 && is_told(issuer));
        let name = |(node, issuer)| {
            format!("{}:{}", scene.cast.name(node), version.clock.counter_max(issuer))
        };
        let mut entries: Vec<String> = told.map(name).collect();
        entries.sort_unstable();
        format!("[{}]", entries.join(","))
    };
    let clocks: Vec<String> = versions.iter().map(clock).collect();
    if clocks.is_empty() { NOTHING.to_owned() } else { clocks.join(" || ") }
}

pub(super) const READ_REPAIR: Kind = Kind {
    title: "Read Repair",
    lines: &[
        "coordinator_returned_version",
        "stale_replica_version",
        "fresh_replica_version",
        "repair_writeback_state",
        "coordinator_trying_read_repair",
    ],
    cells: |scene| {
        let (stale, fresh) = stale_and_fresh(scene);
        let is_repaired = scene.events().any(|event| repaired(event).is_some());
        let is_repairing = scene.is_in_flight(|message| matches!(message, Message::Repair { .. }));
        let shown = returned(scene);
        let trying = match (&shown, is_repairing, is_repaired) {
            (Some(_), true, _) => format!("writeback {}", written_back(scene)),
            (Some(_), false, true) => "done".to_owned(),
            (Some(names), false, false) => format!("get()->{}", set(names.iter().copied())),
            (None, ..) => NOTHING.to_owned(),
        };
        vec![
            shown
                .filter(|names| !names.is_empty())
                .map_or(NOTHING.to_owned(), |names| names.join(",")),
            version(scene, stale),
            version(scene, fresh),
            (if is_repairing {
                "repairing"
            } else if is_repaired {
                "repaired"
            } else {
                NOTHING
            })
            .to_owned(),
            trying,
        ]
    },
};

/// The versions in a coordinator's answer to a get, in flight or arrived.
fn returned<'a>(scene: &Scene<'a>) -> Option<Vec<&'a str>> {
    let in_flight = scene.messages().find_map(|envelope| match envelope.msg {
        Message::Answer(Answer::GetAnswered { siblings, .. }) => Some(scene.names_of(siblings)),
        _ => None,
    });
    in_flight.or_else(|| shown(scene))
}

/// The versions in a repair that is in flight.
fn written_back(scene: &Scene<'_>) -> String {
    let names = scene.messages().find_map(|envelope| match envelope.msg {
        Message::Repair { siblings, .. } => Some(scene.names_of(siblings.versions())),
        _ => None,
    });
    names.unwrap_or_default().join(",")
}

/// The replica to which a repair is sent at any moment of the run, and another replica. The other
/// one has a version at the end, if one does.
fn stale_and_fresh(scene: &Scene<'_>) -> (NodeId, NodeId) {
    let sent = |event: &Event| match event {
        Event::Deliver { to: Who::Node(node), message: Message::Repair { .. }, .. }
        | Event::Lose { to: Who::Node(node), message: Message::Repair { .. }, .. } => Some(*node),
        _ => None,
    };
    let end = scene.end();
    let in_flight = |envelope: Envelope<&Message>| match envelope.msg {
        Message::Repair { .. } => NodeId::from_actor(envelope.dst),
        _ => None,
    };
    let stale =
        scene.run.events.iter().find_map(sent).or_else(|| end.messages().find_map(in_flight));
    let stale = stale.unwrap_or(scene.cast.node(2));
    let has_something = |node: &NodeId| !end.held(*node).versions().is_empty();
    let others = || end.intended().into_iter().filter(|node| *node != stale);
    let fresh = others().rfind(has_something).or_else(|| others().next_back());
    (stale, fresh.unwrap_or(stale))
}

fn repaired(event: &Event) -> Option<NodeId> {
    match event {
        Event::Deliver { to: Who::Node(node), message: Message::Repair { .. }, .. } => Some(*node),
        _ => None,
    }
}

pub(super) const HINT_DURABILITY: Kind = Kind {
    title: "Hinted Handoff Replica Durability",
    lines: &[
        "intended_replica_set",
        "reachable_write_set",
        "hinted_replica_state",
        "durable_replica_count",
        "coordinator_trying_handoff",
    ],
    cells: |scene| {
        vec![
            nodes(scene, scene.intended().iter().copied()),
            nodes(scene, reachable(scene)),
            hinted(scene),
            durable(scene),
            handing_off(scene),
        ]
    },
};

pub(super) fn nodes(scene: &Scene<'_>, nodes: impl IntoIterator<Item = NodeId>) -> String {
    let mut nodes: Vec<NodeId> = nodes.into_iter().map(|node| scene.cast.name(node)).collect();
    nodes.sort_unstable();
    let names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    set(names.iter().map(String::as_str))
}

/// For each intended replica, the node that has the last put or is asked to store it: the replica
/// itself, or the fallback that stands in for it.
fn reachable(scene: &Scene<'_>) -> Vec<NodeId> {
    let running = scene.put().and_then(|put| scene.running(put));
    let stands_in = |intended: NodeId| {
        let asked = running.iter().flat_map(|(_, put)| put.collecting.tally.stand_ins.iter());
        let asked = asked
            .filter(|stand_in| stand_in.intended == intended)
            .map(|stand_in| stand_in.fallback);
        let keeps =
            scene.hints().filter(|(_, id, _)| id.recipient == intended).map(|(holder, ..)| holder);
        let is_there = running.is_some_and(|(_, put)| put.collecting.tally.is_in_person(intended));
        asked.filter(|_| !is_there).chain(keeps).next()
    };
    scene.intended().iter().map(|intended| stands_in(*intended).unwrap_or(*intended)).collect()
}

fn hinted(scene: &Scene<'_>) -> String {
    if let Some((holder, id, _)) = scene.hints().next() {
        return format!(
            "{} holds hint({})",
            scene.cast.name(holder),
            scene.cast.name(id.recipient)
        );
    }
    let before = scene
        .before()
        .filter_map(|before| before.hints().next().map(|(_, id, _)| id.recipient))
        .last();
    let Some(recipient) = before else { return NOTHING.to_owned() };
    let has_it = scene.put().is_some_and(|put| {
        scene.names_of(scene.held(recipient).versions()).contains(&scene.name(put))
    });
    if has_it { format!("delivered to {}", scene.cast.name(recipient)) } else { "gone".to_owned() }
}

fn durable(scene: &Scene<'_>) -> String {
    let Some(put) = scene.put() else { return "0".to_owned() };
    let has = |siblings: &Siblings| scene.names_of(siblings.versions()).contains(&scene.name(put));
    let count = scene.intended().iter().filter(|node| has(&scene.held(**node))).count();
    let is_hinted = scene.hints().any(|(holder, id, _)| {
        let disk = scene.disk(holder).and_then(|disk| disk.hints.get(id));
        disk.is_some_and(has)
    });
    match (count == scene.intended().len(), is_hinted) {
        (true, _) => format!("{count} intended"),
        (false, true) => format!("{count}+hint"),
        (false, false) => count.to_string(),
    }
}

fn handing_off(scene: &Scene<'_>) -> String {
    let asked = scene.messages().find_map(|envelope| match envelope.msg {
        Message::StoreHint { .. } => NodeId::from_actor(envelope.dst)
            .map(|fallback| format!("put via {}", scene.cast.name(fallback))),
        _ => None,
    });
    let hands_over =
        |message: &Message| matches!(message, Message::HandOff { .. } | Message::HandedOff { .. });
    match scene.hints().next() {
        None => asked.unwrap_or_else(|| NOTHING.to_owned()),
        Some(_) if scene.is_in_flight(hands_over) => "transfer then delete".to_owned(),
        Some((.., HintState::InTransfer)) => "transfer then delete".to_owned(),
        Some(_) => "retain hint".to_owned(),
    }
}

pub(super) const ANTI_ENTROPY: Kind = Kind {
    title: "Merkle Anti-Entropy",
    lines: &[
        "range_merkle_root_A",
        "range_merkle_root_B",
        "divergence_scope",
        "repair_transfer_state",
        "actor_trying_anti_entropy",
    ],
    cells: |scene| {
        let (a, b) = (scene.cast.node(0), scene.cast.node(1));
        let is_same = root(scene, a) == root(scene, b);
        let mismatch = if is_same { "" } else { " mismatch" };
        let scope = if is_same { NOTHING } else { "subtree/key range" };
        vec![
            name_of_root(scene, a),
            format!("{}{mismatch}", name_of_root(scene, b)),
            scope.to_owned(),
            transfer(scene, is_same).to_owned(),
            comparing(scene).to_owned(),
        ]
    },
};

fn root(scene: &Scene<'_>, node: NodeId) -> u64 {
    scene.node(node).map_or(0, |state| state.trees.root(scene.cast.partition).0)
}

/// The name of a node's root: `h` and a number, in the order in which roots appear in the run.
fn name_of_root(scene: &Scene<'_>, node: NodeId) -> String {
    let mut seen = Vec::new();
    let until_now = scene.before().chain([Scene { at: scene.at, ..*scene }]);
    for then in until_now {
        for node in [scene.cast.node(0), scene.cast.node(1)] {
            let root = root(&then, node);
            if !seen.contains(&root) {
                seen.push(root);
            }
        }
    }
    let index =
        seen.iter().position(|other| *other == root(scene, node)).expect("it was seen just now");
    format!("h{index}")
}

fn is_of_an_exchange(message: &Message) -> bool {
    matches!(
        message,
        Message::Roots { .. }
            | Message::Subtrees { .. }
            | Message::Leaves { .. }
            | Message::Sync { .. }
    )
}

fn transfer(scene: &Scene<'_>, is_same: bool) -> &'static str {
    let has_moved =
        |event: &Event| matches!(event, Event::Deliver { message: Message::Sync { .. }, .. });
    match (is_same, scene.events().any(has_moved)) {
        (true, true) => "synchronized",
        (false, _) if scene.is_in_flight(is_of_an_exchange) => "syncing",
        _ => "idle",
    }
}

fn comparing(scene: &Scene<'_>) -> &'static str {
    let is = |is_meant: fn(&Message) -> bool| scene.is_in_flight(is_meant);
    if is(|message| matches!(message, Message::Sync { .. })) {
        "transfer missing keys"
    } else if is(|message| matches!(message, Message::Subtrees { .. } | Message::Leaves { .. })) {
        "descend tree"
    } else if is(|message| matches!(message, Message::Roots { .. })) {
        "compare roots"
    } else {
        NOTHING
    }
}
