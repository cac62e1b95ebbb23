//! A path through a scope's state space, told step by step.

use crate::check::Finding;
use crate::property::{Kind, Property};
use crate::scope::{Scope, System};
use dynamo_model::ids::NodeId;
use dynamo_model::node::Choice;
use dynamo_model::process::Fate;
use stateright::Model;
use stateright::actor::{ActorModelAction, Envelope, Id};

/// One line a step, numbered: who sent what to whom, who crashed, whose timer fired; and what goes on for ever after that, if the
/// property is one that converges.
pub fn lines(scope: &Scope, property: &Property, finding: &Finding) -> Vec<String> {
    let actions = finding.path.clone().into_actions();
    let numbered = |(index, action)| format!("{:>3}. {}", index + 1, step(scope, action));
    let mut lines: Vec<String> = actions.iter().enumerate().map(numbered).collect();
    if property.kind == Kind::Converges {
        let comes =
            if actions.len() == finding.depth { "  …  nothing goes on" } else { "  …  and then, for ever:" };
        lines.insert(finding.depth, comes.to_owned());
    }
    lines
}

fn step(scope: &Scope, action: &<System as Model>::Action) -> String {
    let name = |id: &Id| actor_name(scope, *id);
    match action {
        ActorModelAction::Deliver { src, dst, msg } => format!("{} → {}: {msg:?}", name(src), name(dst)),
        ActorModelAction::Drop(Envelope { src, dst, msg }) => {
            format!("{} → {}: lost: {msg:?}", name(src), name(dst))
        }
        ActorModelAction::Timeout(id, timer) => format!("{}: timer {timer:?} fires", name(id)),
        ActorModelAction::Crash(id) => format!("{}: crashes", name(id)),
        ActorModelAction::Recover(id) => format!("{}: comes back with what it saved", name(id)),
        ActorModelAction::SelectRandom { actor, random: Fate::LoseDisk, .. } => {
            format!("{}: loses its disk", name(actor))
        }
        ActorModelAction::SelectRandom { actor, random: Fate::Choose(choice), .. } => match choice {
            Choice::Gossip(peer) => format!("{}: gossips with {peer}", name(actor)),
            Choice::Exchange(peer) => format!("{}: compares with {peer}", name(actor)),
        },
    }
}

/// Nodes as in the protocol, clients as in their request ids: `A`, `B`, …, `c3`.
pub fn actor_name(scope: &Scope, id: Id) -> String {
    let index = usize::from(id);
    if index < usize::from(scope.nodes) { NodeId(index as u16).to_string() } else { format!("c{index}") }
}
