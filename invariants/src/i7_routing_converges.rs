//! I7, routing converges: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::{SERVED, VIEWS_DIFFER};
use crate::property::{LooksAt, Property, converges, looking_at, reachable};
use crate::system::world::World;
use crate::system::{System, SystemState};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Standing};
use dynamo_model::rules::Rules;

/// All that belongs to I7.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I7",
    name: "routing converges",
    statement: "All members come to the same view of the ring, and a node that serves a request made under a \
                    different view tells the sender.",
    exceptions: "",
    paper: "§4.8, §4.9",
    scenario: "7-membership",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i7_routing_converges/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    converges(
        "I7.views-agree-in-the-end",
        &[facts::views],
        VIEWS_DIFFER,
        "Traces 7 and 9: in the end all members know the same, and so have the same preference lists. Does not hold without gossip.",
        |model, state| {
            if !model.cfg.changes {
                return true;
            }
            let world = World { model, state };
            let all = world.all_history();
            let standings = all.standings(&Rules::default());
            let is_member = |node: &NodeId| standings.get(node) == Some(&Standing::Member);
            world.nodes().filter(is_member).all(|node| *world.history(node) == all)
        },
    ),
    looking_at(
        LooksAt::Views,
        reachable(
            "I7.views-differ",
            &[facts::views],
            "Two nodes do not know the same of who is a member.",
            |model, state| {
                let world = World { model, state };
                model.cfg.changes
                    && world.nodes().any(|node| world.history(node) != world.history(NodeId(0)))
            },
        ),
    ),
    converges(
        "I7.who-is-served-learns",
        &[facts::owed],
        SERVED,
        "Trace 7: nobody is served under another view and not told: in the end a coordinator, and a client that has chosen it by a view \
     of its own, knows what those knew who have served it, whether there is gossip or not. Does not hold without it where messages \
     are lost.",
        |model, state| {
            let world = World { model, state };
            let owed = |node: NodeId| state.history.owed.get(usize::from(node.0));
            world
                .nodes()
                .all(|node| owed(node).is_none_or(|owed| world.history(node).includes(owed)))
                && clients(model, state).all(|client| client.knows_what_it_is_owed())
        },
    ),
    looking_at(
        LooksAt::Views,
        reachable(
            "I7.served-by-one-who-knows-more",
            &[facts::owed],
            "A coordinator was served by one that knows of a change that it does not know of.",
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
        LooksAt::Clients,
        reachable(
            "I7.client-with-an-old-view",
            &[facts::owed],
            "A client has asked a node by a view of its own that is older than the node's.",
            |model, state| clients(model, state).any(|client| !client.knows_what_it_is_owed()),
        ),
    ),
    looking_at(
        LooksAt::Clients,
        reachable(
            "I7.client-is-told",
            &[facts::owed],
            "A client has asked a node by a view of its own that was older than the node's, and knows better now.",
            |model, state| {
                clients(model, state)
                    .any(|client| client.was_told() && client.knows_what_it_is_owed())
            },
        ),
    ),
];

/// A client, as to who is a member: what it knows, and what those knew that it has asked by a view
/// of its own.
struct InformedClient<'a> {
    founders: &'a History,
    known: &'a History,
    owed: &'a History,
}

impl InformedClient<'_> {
    fn knows_what_it_is_owed(&self) -> bool {
        self.known.includes(self.owed)
    }

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
