//! Goals: states that you may want to search for, besides those of the *reachable* properties.
//!
//! No property claims that a goal is reachable in a scope, so a search may find none.
//! [`Scope::out_of_reach`](crate::scope::Scope::out_of_reach) names the searches that the scope's
//! data rule out.

use crate::property::{Kind, LooksAt, Property};
use crate::system::world::World;
use crate::system::{System, SystemState};
use crate::truth::Outcome;
use dynamo_model::hint::HintState;
use dynamo_model::ids::Content;
use dynamo_model::process::Process;
use dynamo_model::siblings::Siblings;

const fn goal(
    name: &'static str,
    statement: &'static str,
    condition: fn(&System, &SystemState) -> bool,
) -> Property {
    Property {
        name,
        kind: Kind::Reachable,
        statement,
        occasions: &[],
        looks_at: LooksAt::Everything,
        evidence: &[],
        precondition: None,
        condition,
    }
}

/// Every goal.
pub static GOALS: &[Property] = &[
    goal(
        "goal.two-siblings",
        "A node has at least two siblings of the key on its disk.",
        |model, state| is_on_a_disk(model, state, |siblings| siblings.versions().len() > 1),
    ),
    goal("goal.tombstone", "A node has a tombstone on its disk.", |model, state| {
        is_on_a_disk(model, state, |siblings| {
            siblings
                .versions()
                .iter()
                .any(|version| matches!(version.content, Content::Tombstone(_)))
        })
    }),
    goal("goal.hint-kept", "A node keeps a hint for another node on its disk.", |model, state| {
        let world = World { model, state };
        world.nodes().any(|node| world.hints(node).next().is_some())
    }),
    goal(
        "goal.hint-in-transfer",
        "A node has sent a hint to its recipient, which has not confirmed it yet.",
        |model, state| {
            state.actor_states.iter().zip(&model.actors).any(|(process, actor)| {
                match (process.node(), actor) {
                    (Some(inner), Process::Node(node, _)) => inner
                        .durable
                        .hints
                        .keys()
                        .any(|id| inner.hint_state(node, id) == HintState::InTransfer),
                    _ => false,
                }
            })
        },
    ),
    goal("goal.suspected", "A node suspects another node.", |_, state| {
        state
            .actor_states
            .iter()
            .filter_map(|process| process.node())
            .any(|node| !node.suspected.is_empty())
    }),
    goal("goal.put-failed", "A node has reported to a client that its put failed.", |_, state| {
        state.history.writes.iter().any(|write| write.outcome == Outcome::Failed)
    }),
    goal("goal.get-failed", "A node has reported to a client that its get failed.", |_, state| {
        state.history.reads.iter().any(|read| read.outcome == Outcome::Failed)
    }),
];

fn is_on_a_disk(model: &System, state: &SystemState, is_so: impl Fn(&Siblings) -> bool) -> bool {
    let world = World { model, state };
    world.nodes().any(|node| world.sets(node).any(&is_so))
}
