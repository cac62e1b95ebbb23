//! I7, routing converges: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::{CLIENT_TOLD, MISPLACED, SERVED, VIEWS_DIFFER};
use crate::property::{
    LooksAt, Property, WITHOUT_GOSSIP, always, converges, given, looking_at, reachable,
};
use crate::scope::Faults;
use crate::scope::standings::standing;
use crate::system::world::World;
use crate::system::{System, SystemState};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Standing};
use dynamo_model::message::Message;
use stateright::actor::Envelope;

/// All that belongs to I7.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I7",
    name: "routing converges",
    statement: "All members come to the same view of the ring, and a node that serves a request \
                made under a different view tells the sender.",
    exceptions: "Without gossip a node learns of a change only from the nodes that it asks or that \
                 ask it. Without gossip and with lost messages it may never learn of the change. A \
                 lost disk may take a change with it. A node that has stopped learns nothing until \
                 it is started again.",
    paper: "§4.8, §4.9",
    scenario: "7-membership",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "served-and-not-told",
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i7_routing_converges/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    given(
        |scope| (scope.changes() && !scope.faults.gossip).then_some(WITHOUT_GOSSIP),
        |model, state| {
            let world = World { model, state };
            lagging(&world).is_empty()
        },
        converges(
            "I7.views-agree-eventually",
            &[facts::views],
            VIEWS_DIFFER,
            "Eventually every member knows every membership change that any node knows (Dynamo \
             paper §4.8). So all members have the same preference lists. Exception: a node that \
             has stopped does not hear that it is to join again. Exception: a change that only \
             removed nodes know does not count, nor, once a disk is lost, one that only stopped \
             nodes know. Exception: nodes that do not know of one another. If all members leave or \
             are removed at once, those that join later may not. Precondition: nodes gossip.",
            |model, state| {
                let world = World { model, state };
                lagging(&world).into_iter().all(|node| world.is_gone(node))
            },
        ),
    ),
    converges(
        "I7.addresses-are-true-eventually",
        &[facts::addresses],
        VIEWS_DIFFER,
        "Eventually every member knows the address that a node has now, if the node has moved. \
         So nodes do not send to an old address for ever. Exception: without gossip. Exception: a \
         node that has stopped.",
        |model, state| {
            let world = World { model, state };
            let knows = |by: NodeId| {
                let moved = model.cfg.moved;
                moved.is_none_or(|(node, now)| world.history(by).address(node) == Some(now))
            };
            !model.cfg.scope.faults.gossip
                || world.nodes().all(|node| knows(node) || world.is_gone(node))
        },
    ),
    converges(
        "I7.leaver-is-gone-eventually",
        &[facts::views],
        MISPLACED,
        "Eventually a node that leaves, and has handed over all that it had, says that it is gone. \
         So the others do not ask it for ever.",
        |model, state| {
            let world = World { model, state };
            !model.cfg.changes || !world.nodes().any(|node| world.leaves_empty_handed(node))
        },
    ),
    looking_at(
        LooksAt::Views,
        reachable(
            "I7.views-differ",
            &[facts::views],
            "Two nodes know different membership changes.",
            |model, state| {
                let world = World { model, state };
                model.cfg.changes
                    && world.nodes().any(|node| world.history(node) != world.history(NodeId(0)))
            },
        ),
    ),
    given(
        |scope| {
            let Faults { loss, gossip, .. } = scope.faults;
            let is_lost = scope.changes() && loss && !gossip;
            is_lost.then_some("the message that tells of a change may be lost, and no node gossips")
        },
        everyone_served_knows,
        converges(
            "I7.who-is-served-learns",
            &[facts::owed],
            SERVED,
            "A coordinator eventually knows every membership change that a node knew when it \
             served this coordinator. So does a client that chose a node by its own view: it \
             eventually knows what that node knew. Exception: a node that is gone or was removed, \
             and so may have stopped. Exception: a client, if messages may be lost. Only its own requests \
             tell it of changes, and it may have none left. Precondition: no disk is lost. \
             Precondition: no message is lost, or nodes gossip.",
            |model, state| {
                let world = World { model, state };
                let is_forgotten = world.disks_lost() > 0;
                let may_have_stopped = |node| world.is_gone(node) || world.is_removed(node);
                let knows = |node| knows_its_due(&world, node) || may_have_stopped(node);
                let nodes_know = || world.nodes().all(knows);
                let clients_know =
                    || model.cfg.scope.faults.loss || every_client_served_knows(model, state);
                is_forgotten || nodes_know() && clients_know()
            },
        ),
    ),
    looking_at(
        LooksAt::Views,
        reachable(
            "I7.served-by-one-who-knows-more",
            &[facts::owed],
            "A node that knows of a membership change has served a coordinator that does not know \
             of it yet.",
            |model, state| {
                let world = World { model, state };
                let owed = |node: NodeId| state.history.owed.get(usize::from(node.0));
                world
                    .nodes()
                    .any(|node| owed(node).is_some_and(|owed| !world.history(node).includes(owed)))
            },
        ),
    ),
    looking_at(
        LooksAt::Everything,
        always(
            "I7.client-asks-a-replica",
            &[facts::owed],
            CLIENT_TOLD,
            "A client that chooses nodes by its own view asks an intended replica by all the \
             changes that it knows. So once it is told of a change, its next request follows it.",
            |model, state| {
                let asks_one = |envelope: Envelope<&Message>| {
                    let Message::Routed { tip, operation } = envelope.msg else { return true };
                    let client = state.actor_states[usize::from(envelope.src)].client();
                    client.is_none_or(|client| {
                        let is_current = client.routes.tip() == *tip
                            && client.line as u64 == operation.request().number;
                        let intended = model.cfg.replicas_by(client.routes.history());
                        !is_current
                            || NodeId::from_actor(envelope.dst)
                                .is_some_and(|node| intended.contains(&node))
                    })
                };
                !model.cfg.changes
                    || !model.cfg.scope.routes()
                    || state.network.iter_deliverable().all(asks_one)
            },
        ),
    ),
    looking_at(
        LooksAt::Clients,
        reachable(
            "I7.client-with-an-old-view",
            &[facts::owed],
            "A client chose a node by its own view, and does not know yet of a membership change \
             that the node knew.",
            |model, state| clients(model, state).any(|client| !client.knows_what_it_is_owed()),
        ),
    ),
    looking_at(
        LooksAt::Everything,
        reachable(
            "I7.client-tells",
            &[facts::owed],
            "A client that was told of a membership change tells it to a node that it chose by its \
             own view, and that did not know of the change.",
            |model, state| {
                let is_client = |id| usize::from(id) >= usize::from(model.cfg.scope.nodes);
                model.cfg.changes
                    && state.network.iter_deliverable().any(|envelope| {
                        is_client(envelope.src) && matches!(envelope.msg, Message::Changes { .. })
                    })
            },
        ),
    ),
    looking_at(
        LooksAt::Clients,
        reachable(
            "I7.client-is-told",
            &[facts::owed],
            "A client chose a node by its own view, and the node knew of a change that was made \
             after the start. By now the client knows all that the node knew.",
            |model, state| {
                clients(model, state)
                    .any(|client| client.was_told() && client.knows_what_it_is_owed())
            },
        ),
    ),
];

/// Does everyone that a node served know the changes that the node knew?
fn everyone_served_knows(model: &System, state: &SystemState) -> bool {
    let world = World { model, state };
    world.nodes().all(|node| knows_its_due(&world, node)) && every_client_served_knows(model, state)
}

/// Does a coordinator know the changes that the nodes knew which served it?
fn knows_its_due(world: &World<'_>, coordinator: NodeId) -> bool {
    let owed = world.state.history.owed.get(usize::from(coordinator.0));
    owed.is_none_or(|owed| world.history(coordinator).includes(owed))
}

/// Does every client know the changes that the nodes knew which it chose by its own view?
fn every_client_served_knows(model: &System, state: &SystemState) -> bool {
    clients(model, state).all(|client| client.knows_what_it_is_owed())
}

/// The members that lack a membership change of a node that they know, or that knows them.
fn lagging(world: &World<'_>) -> Vec<NodeId> {
    if !world.model.cfg.changes {
        return Vec::new();
    }
    let (removed, is_lost) = (world.removed(), world.disks_lost() > 0);
    let is_mute = |node: &NodeId| removed.contains(node) || is_lost && world.is_gone(*node);
    let told: Vec<NodeId> = world.nodes().filter(|node| !is_mute(node)).collect();
    let founders = world.model.cfg.founders.clone();
    let all = told.iter().fold(founders, |all, node| all.union(world.history(*node)));
    let has_joined = |node: NodeId, by: &History| {
        matches!(standing(by, node), Standing::Member | Standing::Leaving)
    };
    let lags = |node: &NodeId| {
        let known = world.history(*node);
        *known != all
            && told.iter().any(|other| {
                let others = world.history(*other);
                !known.includes(others) && (has_joined(*other, known) || has_joined(*node, others))
            })
    };
    let is_member = |node: &NodeId| standing(&all, *node) == Standing::Member;
    world.nodes().filter(|node| lags(node) && is_member(node) && !removed.contains(node)).collect()
}

/// What a client knows of the members, and what those nodes knew that it chose by its own view.
struct InformedClient<'a> {
    /// What every node and client knew at the start.
    founders: &'a History,
    /// What the client knows.
    known: &'a History,
    /// What the nodes knew that the client chose by its own view.
    owed: &'a History,
}

impl InformedClient<'_> {
    /// Does it know all that those nodes knew?
    fn knows_what_it_is_owed(&self) -> bool {
        self.known.includes(self.owed)
    }

    /// Did a node that it chose know of a change that was made after the start?
    fn was_told(&self) -> bool {
        !self.founders.includes(self.owed)
    }
}

fn clients<'a>(
    model: &'a System,
    state: &'a SystemState,
) -> impl Iterator<Item = InformedClient<'a>> {
    let owed = state.history.owed.iter().skip(usize::from(model.cfg.scope.nodes));
    let clients = state.actor_states.iter().filter_map(|actor| actor.client());
    let founders = &model.cfg.founders;
    clients.zip(owed).map(|(client, owed)| InformedClient {
        founders,
        known: client.routes.history(),
        owed,
    })
}
