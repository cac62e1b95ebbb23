//! What a scope says of its nodes and clients, before anything happens, and what its states say of
//! the nodes.

use super::sight::Sight;
use dynamo_invariants::system::{System, SystemState};
use dynamo_model::ids::NodeId;
use dynamo_model::node::{Durable, Node};
use dynamo_model::rules::Rules;
use stateright::actor::{Id, Network};

/// A node of a scope.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The actor.
    pub node: Node,
    /// What is on its disk before its first start; `None`: nothing.
    pub disk: Option<Durable>,
}

/// The nodes and clients of a scope.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The nodes, in the order of their ids.
    pub nodes: Vec<Cast>,
    /// The ids of the clients.
    pub clients: Vec<Id>,
    /// May a message arrive more than once?
    pub duplicates: bool,
}

impl Scene {
    /// Of this model.
    pub fn of(model: &System) -> Scene {
        let cast = |(index, actor): (usize, &dynamo_model::process::Process)| {
            let (Some(node), Some(circumstances)) = (actor.node(), actor.circumstances()) else {
                return Err(Id::from(index));
            };
            Ok(Cast { node: node.clone(), disk: circumstances.disk.clone() })
        };
        let (mut nodes, mut clients) = (Vec::new(), Vec::new());
        for actor in model.actors.iter().enumerate().map(cast) {
            match actor {
                Ok(cast) => nodes.push(cast),
                Err(client) => clients.push(client),
            }
        }
        let duplicates = matches!(model.init_network, Network::UnorderedDuplicating(..));
        Scene { nodes, clients, duplicates }
    }

    /// The scene with other rules. Nodes that follow them differ from the model.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Scene {
        for cast in &mut self.nodes {
            cast.node.rules = rules;
        }
        self
    }
}

/// The nodes that are up in a state, each with what a driver should see of it.
pub(super) fn sights(model: &System, state: &SystemState) -> Vec<(NodeId, Sight)> {
    let sight = |index: usize| {
        let node = model.actors[index].node()?;
        let inner = state.actor_states[index].node().filter(|_| !state.crashed[index])?;
        let (id, timers) = (NodeId(index as u16), state.timers_set.get(index)?);
        Some((id, Sight::of(node, id, inner.clone(), timers.iter())))
    };
    (0..model.actors.len()).filter_map(sight).collect()
}
