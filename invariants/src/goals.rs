//! Goals: states that you may want to search for, besides those of the *reachable* properties.
//!
//! No property claims that a goal is reachable in a scope, so a search may find none. Some searches
//! are hopeless from the start: [`Scope::out_of_reach`] names those that the scope's data rule out.

use crate::property::{Kind, LooksAt, Property};
use crate::scope::{Ask, Scope};
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

/// The goal with this name.
pub fn named(name: &str) -> Option<&'static Property> {
    GOALS.iter().find(|goal| goal.name == name)
}

impl Scope {
    /// Why a search cannot succeed in this scope; `None` if it may. The scope's data decide this:
    ///
    /// - a goal or a *reachable* property, if the scope lacks what it needs;
    /// - an *always* property, if no state of the scope can put it to the test under the correct
    ///   rules.
    pub fn out_of_reach(&self, sought: &Property) -> Option<&'static str> {
        match sought.kind {
            Kind::Reachable => self.excuse(sought).or_else(|| self.rules_out(sought.name)),
            Kind::Always if self.excuse(sought).is_none() => self.never_tests(sought),
            Kind::Always | Kind::Converges => None,
        }
    }

    fn rules_out(&self, goal: &str) -> Option<&'static str> {
        let has_hints = self.has_stand_ins() || self.changes();
        let (is_possible, reason) = match goal {
            "goal.hint-kept" | "goal.hint-in-transfer" => {
                (has_hints, "no node keeps a hint here: there are no fallbacks and no moves")
            }
            "goal.tombstone" => (self.asks(Ask::Delete), "no client deletes here"),
            _ => (true, ""),
        };
        (!is_possible).then_some(reason)
    }

    /// Why nothing tests an *always* property here: each state that could violate it is of a kind
    /// that the scope does not have.
    fn never_tests(&self, property: &Property) -> Option<&'static str> {
        let occasions = property.occasions.iter().filter_map(|name| Property::named(name));
        let reasons: Vec<_> = occasions.map(|occasion| self.excuse(occasion)).collect();
        let is_tested = reasons.iter().any(Option::is_none);
        reasons.first().copied().flatten().filter(|_| !is_tested)
    }
}

fn is_on_a_disk(model: &System, state: &SystemState, is_so: impl Fn(&Siblings) -> bool) -> bool {
    let world = World { model, state };
    world.nodes().any(|node| world.sets(node).any(&is_so))
}
