//! Tables of workflows: put coordination, membership, hinted handoff and gossip.

use super::scene::{Act, Put, Scene};
use super::storage::nodes;
use super::{Kind, NOTHING};
use crate::notation::Who;
use crate::scope::standings::members;
use crate::trace::Event;
use crate::truth::Outcome;
use dynamo_model::hint::HintState;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::History;
use dynamo_model::message::Message;
use dynamo_model::process::ProcessState;

pub(super) const PUT: Kind = Kind {
    title: "Put Coordination Under Sloppy Quorum",
    lines: &[
        "request_state",
        "coordinator_node",
        "reachable_preference_nodes",
        "write_ack_progress",
        "actor_trying_to_coordinate",
    ],
    cells: |scene| {
        let Some(put) = scene.put() else { return vec![NOTHING.to_owned(); 5] };
        let Some(coordinator) = scene.coordinator(put) else { return vec![NOTHING.to_owned(); 5] };
        let stage = Stage::of(scene, put);
        vec![
            stage.name().to_owned(),
            scene.cast.name(coordinator).to_string(),
            match stage {
                Stage::Received | Stage::Forwarded => {
                    nodes(scene, reachable(scene, put, coordinator))
                }
                Stage::Acknowledged => "W satisfied".to_owned(),
                Stage::RepairPending => "hinted handoff left".to_owned(),
                Stage::Done | Stage::Failed => NOTHING.to_owned(),
            },
            progress(scene, put, stage),
            stage.act().to_owned(),
        ]
    },
};

/// How far a put has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// A node has the request, and no coordinator has begun.
    Received,
    /// The coordinator has stored the version, and has sent it to the other replicas.
    Forwarded,
    /// W replicas have confirmed, and the answer to the client is in flight.
    Acknowledged,
    /// The client has its answer, and a node still keeps a hint.
    RepairPending,
    /// The client has its answer, and no hint is left.
    Done,
    /// The coordinator has reported that the put failed.
    Failed,
}

impl Stage {
    fn of(scene: &Scene<'_>, put: Put) -> Stage {
        match scene.outcome(put) {
            Outcome::Failed => Stage::Failed,
            Outcome::Unsent | Outcome::Running if scene.running(put).is_none() => Stage::Received,
            Outcome::Unsent | Outcome::Running => Stage::Forwarded,
            Outcome::Answered { .. } => {
                let is_answer = |message: &Message| matches!(message, Message::Answer(answer) if answer.request() == put.request);
                if scene.is_in_flight(is_answer) {
                    Stage::Acknowledged
                } else if scene.hints().next().is_some() {
                    Stage::RepairPending
                } else {
                    Stage::Done
                }
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            Stage::Received => "RECEIVED",
            Stage::Forwarded => "FORWARDED",
            Stage::Acknowledged => "ACKED",
            Stage::RepairPending => "REPAIR_PENDING",
            Stage::Done => "DONE",
            Stage::Failed => "FAILED",
        }
    }

    fn act(self) -> &'static str {
        match self {
            Stage::Received => "accept put",
            Stage::Forwarded => "send to replicas",
            Stage::Acknowledged => "reply success",
            Stage::RepairPending => "schedule handoff",
            Stage::Done => NOTHING,
            Stage::Failed => "reply failure",
        }
    }
}

/// The nodes that the coordinator asks, or will ask. A fallback stands in for each suspected
/// replica.
fn reachable(scene: &Scene<'_>, put: Put, coordinator: NodeId) -> Vec<NodeId> {
    if let Some((_, running)) = scene.running(put) {
        let asked = |node: &NodeId| {
            let stand_in = running
                .collecting
                .tally
                .stand_ins
                .iter()
                .find(|stand_in| stand_in.intended == *node);
            stand_in
                .filter(|_| !running.collecting.tally.is_in_person(*node))
                .map_or(*node, |stand_in| stand_in.fallback)
        };
        return running.collecting.tally.asked.iter().map(asked).collect();
    }
    let suspected = scene.node(coordinator).map(|state| &state.suspected);
    let is_suspected = |node: &NodeId| suspected.is_some_and(|suspected| suspected.contains(node));
    let intended = scene.intended();
    let mut fallbacks = scene
        .cast
        .nodes
        .iter()
        .copied()
        .filter(|node| !intended.contains(node) && !is_suspected(node));
    let asked =
        |node: &NodeId| if is_suspected(node) { fallbacks.next().unwrap_or(*node) } else { *node };
    intended.iter().map(asked).collect()
}

fn progress(scene: &Scene<'_>, put: Put, stage: Stage) -> String {
    let needed = scene.run.model.cfg.config.w();
    let taken = scene.running(put).map_or(0, |(_, running)| running.collecting.tally.counted.len());
    match stage {
        Stage::Received | Stage::Forwarded | Stage::Failed => {
            format!("{}/{needed}", taken.min(needed))
        }
        Stage::Acknowledged | Stage::Done => format!("{needed}/{needed}"),
        Stage::RepairPending => format!("{needed}/{needed} + hint"),
    }
}

pub(super) const MEMBERSHIP: Kind = Kind {
    title: "Membership View And Preference List",
    lines: &[
        "member_set",
        "membership_history_tip",
        "preference_list_for_key",
        "staleness_boundary",
        "actor_trying_to_route_request",
    ],
    cells: |scene| {
        let history = scene.history(scene.cast.node(0));
        let preference: Vec<String> =
            scene.intended().iter().map(|node| scene.cast.name(*node).to_string()).collect();
        vec![
            nodes(scene, members(history)),
            tip(scene, history),
            format!("[{}]", preference.join(",")),
            staleness(scene).to_owned(),
            routing(scene),
        ]
    },
};

/// A history's name: `m` and its length. If an earlier history of the run has the same length and
/// other changes, a letter follows. Two nodes that are each asked for a change have such histories.
pub(super) fn tip(scene: &Scene<'_>, history: &History) -> String {
    let mut alike = Vec::new();
    for moment in scene.end().before().chain([scene.end()]) {
        let there = scene.cast.nodes.iter().map(|node| moment.history(*node));
        for tip in there.filter(|other| other.len() == history.len()).map(History::tip) {
            if !alike.contains(&tip) {
                alike.push(tip);
            }
        }
    }
    let before = alike.iter().position(|tip| *tip == history.tip()).unwrap_or(0);
    let letter = before
        .checked_sub(1)
        .and_then(|index| ('b'..='z').nth(index))
        .map(String::from)
        .unwrap_or_default();
    format!("m{}{letter}", history.len())
}

/// The history of the first client that chooses nodes by its own view.
fn client_history<'a>(scene: &Scene<'a>) -> Option<&'a History> {
    let clients =
        scene.state().actor_states.iter().enumerate().filter_map(|(index, state)| match &**state {
            ProcessState::Client(client) => Some((index, client)),
            ProcessState::Node(_) | ProcessState::Copied(..) => None,
        });
    let instance = &scene.run.model.cfg;
    let mut routing = clients
        .filter(|(index, _)| instance.has_own_view(dynamo_model::ids::ClientId(*index as u64)));
    routing.next().map(|(_, client)| client.routes.history())
}

fn is_stale(scene: &Scene<'_>) -> bool {
    client_history(scene)
        .is_some_and(|known| known.tip() != scene.history(scene.cast.node(0)).tip())
}

fn staleness(scene: &Scene<'_>) -> &'static str {
    if is_stale(scene) {
        "stale at client"
    } else if scene.before().any(|before| is_stale(&before)) {
        "refreshed"
    } else {
        "fresh"
    }
}

fn routing(scene: &Scene<'_>) -> String {
    match scene.act() {
        Some(Act::Asked(node, _)) if scene.intended().contains(&node) => {
            format!("client->{}", scene.cast.name(node))
        }
        Some(Act::Asked(node, _)) => format!("client uses old {}", scene.cast.name(node)),
        Some(Act::Refreshed) => "client refreshes".to_owned(),
        _ => NOTHING.to_owned(),
    }
}

pub(super) const HANDOFF: Kind = Kind {
    title: "Hinted Handoff Workflow",
    lines: &[
        "hint_state",
        "holder_node",
        "intended_recipient",
        "delivery_deadline_or_retry",
        "actor_trying_to_transfer_hint",
    ],
    cells: |scene| {
        let Some((holder, recipient)) = first_hint(scene) else {
            return vec![NOTHING.to_owned(); 5];
        };
        let kept = scene.hints().find(|(node, id, _)| (*node, id.recipient) == (holder, recipient));
        let asked = |message: &Message| matches!(message, Message::StoreHint { hint, .. } if hint.recipient == recipient);
        let was_kept = || scene.before().any(|before| before.hints().next().is_some());
        let (holder, recipient) = (scene.cast.name(holder), scene.cast.name(recipient));
        let (state, holder, deadline, act) = match kept.map(|(.., state)| state) {
            Some(HintState::InTransfer) => {
                ("IN_TRANSFER", holder.to_string(), "retry now", "send replica")
            }
            Some(_) => ("STORED", holder.to_string(), "t2", "wait for A"),
            None if was_kept() => ("CLEARED", NOTHING.to_owned(), "-", "delete hint"),
            None if scene.is_in_flight(asked) => ("CREATED", holder.to_string(), "t1", NOTHING),
            None => return vec![NOTHING.to_owned(); 5],
        };
        let act = act.replace('A', &recipient.to_string());
        vec![state.to_owned(), holder, recipient.to_string(), deadline.to_owned(), act]
    },
};

/// The first hint of the run: the node that is asked to keep it, and the recipient.
fn first_hint(scene: &Scene<'_>) -> Option<(NodeId, NodeId)> {
    scene.run.events.iter().find_map(|event| match event {
        Event::Deliver {
            to: Who::Node(holder), message: Message::StoreHint { hint, .. }, ..
        } => Some((*holder, hint.recipient)),
        _ => None,
    })
}

pub(super) const GOSSIP: Kind = Kind {
    title: "Gossip Membership Reconciliation",
    lines: &[
        "local_membership_history",
        "peer_membership_history",
        "reconciled_history_tip",
        "next_gossip_tick",
        "actor_trying_to_gossip",
    ],
    cells: |scene| {
        let (local, peer) = (scene.cast.node(0), scene.cast.node(1));
        let (ours, theirs) = (scene.history(local), scene.history(peer));
        let first = Scene { at: 0, ..*scene };
        let is_same = ours.tip() == theirs.tip();
        let grown = |history: &History, at: NodeId| {
            let before = first.history(at);
            let has_grown = history.tip() != before.tip();
            let now = tip(scene, history);
            if has_grown { format!("{},{now}", tip(scene, before)) } else { now }
        };
        // When both have the same history, the cell does not say how it grew.
        let ours_told = if is_same { tip(scene, ours) } else { grown(ours, local) };
        let ticks =
            scene.events().filter(|event| matches!(event, Event::Gossip { .. })).count() + 1;
        vec![
            ours_told,
            grown(theirs, peer),
            if is_same { tip(scene, ours) } else { "reconciling".to_owned() },
            format!("t{ticks}"),
            gossiping(scene, local, peer),
        ]
    },
};

fn gossiping(scene: &Scene<'_>, local: NodeId, peer: NodeId) -> String {
    let is_told =
        |message: &Message| matches!(message, Message::History { .. } | Message::Changes { .. });
    let has_merged = scene
        .events()
        .next()
        .is_some_and(|event| matches!(event, Event::Deliver { to: Who::Node(_), message, .. } if is_told(message)));
    if has_merged {
        "merge histories".to_owned()
    } else if scene
        .is_in_flight(|message| is_told(message) || matches!(message, Message::Gossip { .. }))
    {
        "exchange".to_owned()
    } else {
        format!("{}<->{}", scene.cast.name(local), scene.cast.name(peer))
    }
}
