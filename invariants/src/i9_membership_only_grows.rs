//! I9, membership only grows: what it says, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::SPREADS;
use crate::property::{LooksAt, Property, always, looking_at, reachable};
use crate::system::world::World;
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::Standing;
use dynamo_model::message::Message;
use dynamo_model::rules::Rules;
use dynamo_model::wish::Wish;
use stateright::actor::Id;

/// All that belongs to I9.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I9",
    name: "membership only grows",
    statement: "No node forgets a membership change that it knew, crashes included.",
    exceptions: "A node that loses its disk, or starts on an older copy of it, may forget changes. \
                 A node that is gone may have stopped, and learns nothing more. A node takes over \
                 no changes that would make its history too large for one datagram.",
    paper: "§4.8",
    scenario: "9-gossip",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "longer-history-wins",
    limits: defects::LIMITS,
    defects_sources: &[include_str!("i9_membership_only_grows/defects.rs")],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    looking_at(
        LooksAt::Views,
        always(
            "I9.change-is-never-unlearned",
            &[facts::known],
            SPREADS,
            "A membership change that a node was told, or has said that it knows, is on this \
             node's disk, also after a crash. Does not hold when the node's disk is lost or \
             started on an older copy. Does not hold for a node that is gone: it may have stopped, \
             and learns nothing more.",
            |model, state| {
                let world = World { model, state };
                let known = |node: NodeId| state.history.known.get(usize::from(node.0));
                let keeps =
                    |node| known(node).is_none_or(|known| world.history(node).includes(known));
                world
                    .nodes()
                    .all(|node| world.lost_its_disk(node) || world.is_gone(node) || keeps(node))
            },
        ),
    ),
    looking_at(
        LooksAt::Views,
        always(
            "I9.request-acts-once",
            &[facts::views],
            SPREADS,
            "A request to let a member join or leave, or to remove it, changes the member once at \
             most. Once a node has answered the request, the request changes nothing any more, \
             whether the node had made the change, had nothing to change or had refused. So a \
             request that comes again, after the member was changed anew, changes nothing. Does \
             not hold when a disk is lost or started on an older copy.",
            |model, state| World { model, state }.disks_lost() > 0 || !state.history.changed_again,
        ),
    ),
    looking_at(
        LooksAt::Everything,
        reachable(
            "I9.old-request-is-under-way",
            &[facts::views],
            "A node makes a change and tells the administrator. Another change of the same member \
             follows, and a copy of the first request is still in flight.",
            |model, state| {
                let world = World { model, state };
                let answered = |client: Id, request: RequestId| {
                    let line = state.actor_states[usize::from(client)].client().map(|it| it.line);
                    line.is_some_and(|line| line as u64 > request.number)
                };
                let is_undone = |node, wish| {
                    let standings = Rules::default().standings(&world.all_history());
                    let is_member = standings.get(&node) == Some(&Standing::Member);
                    is_member != matches!(wish, Wish::Join(_))
                };
                model.cfg.changes
                    && state.network.iter_deliverable().any(|envelope| match *envelope.msg {
                        Message::Administer { request, node, wish } => {
                            answered(envelope.src, request) && is_undone(node, wish)
                        }
                        _ => false,
                    })
            },
        ),
    ),
    looking_at(
        LooksAt::Views,
        reachable(
            "I9.change-spreads",
            &[facts::views],
            "At least two nodes know of a membership change that was made after the start.",
            |model, state| {
                let world = World { model, state };
                let knows = |node: &NodeId| world.history(*node).len() > model.cfg.founders.len();
                model.cfg.changes && world.nodes().filter(knows).count() >= 2
            },
        ),
    ),
];
