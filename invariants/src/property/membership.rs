//! Who is in the ring, and what moves when that changes (I4, I7, I9; traces 7 and 9).

use super::{
    LooksAt, MISPLACED, Property, SERVED, SPREADS, VIEWS_DIFFER, always, converges, evidence,
    looking_at, reachable,
};
use crate::scope::{System, SystemState};
use crate::view::View;
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Standing};
use dynamo_model::rules::Rules;

pub(super) const PROPERTIES: &[Property] = &[
    looking_at(
        LooksAt::Views,
        always(
            "I9.change-is-never-unlearned",
            &[evidence::known],
            SPREADS,
            "Trace 9: what a node was told, or has said that it knows, of who is a member is on its disk, crashes or not; as long as that \
         is not lost, and it is not gone: then it may have stopped, and hears nothing.",
            |model, state| {
                let view = View { model, state };
                let known = |node: NodeId| state.history.known.get(usize::from(node.0));
                let keeps =
                    |node| known(node).is_none_or(|known| view.history(node).includes(known));
                view.nodes()
                    .all(|node| view.lost_its_disk(node) || view.is_gone(node) || keeps(node))
            },
        ),
    ),
    looking_at(
        LooksAt::Views,
        reachable(
            "I9.change-spreads",
            &[evidence::views],
            "A node other than the one asked knows of a change.",
            |model, state| {
                let view = View { model, state };
                let knows = |node: &NodeId| view.history(*node).len() > model.cfg.founders.len();
                model.cfg.changes && view.nodes().filter(knows).count() >= 2
            },
        ),
    ),
    converges(
        "I7.views-agree-in-the-end",
        &[evidence::views],
        VIEWS_DIFFER,
        "Traces 7 and 9: in the end all members know the same, and so have the same preference lists. Does not hold without gossip.",
        |model, state| {
            if !model.cfg.changes {
                return true;
            }
            let view = View { model, state };
            let all = view.all_history();
            let standings = Rules::default().standings(&all);
            let is_member = |node: &NodeId| standings.get(node) == Some(&Standing::Member);
            view.nodes().filter(is_member).all(|node| *view.history(node) == all)
        },
    ),
    looking_at(
        LooksAt::Views,
        reachable(
            "I7.views-differ",
            &[evidence::views],
            "Two nodes do not know the same of who is a member.",
            |model, state| {
                let view = View { model, state };
                model.cfg.changes
                    && view.nodes().any(|node| view.history(node) != view.history(NodeId(0)))
            },
        ),
    ),
    converges(
        "I7.who-is-served-learns",
        &[evidence::owed],
        SERVED,
        "Trace 7: nobody is served under another view and not told: in the end a coordinator, and a client that has chosen it by a view \
     of its own, knows what those knew who have served it, whether there is gossip or not. Does not hold without it where messages \
     are lost.",
        |model, state| {
            let view = View { model, state };
            let owed = |node: NodeId| state.history.owed.get(usize::from(node.0));
            view.nodes().all(|node| owed(node).is_none_or(|owed| view.history(node).includes(owed)))
                && clients(model, state).all(|client| client.knows_what_it_is_owed())
        },
    ),
    looking_at(
        LooksAt::Views,
        reachable(
            "I7.served-by-one-who-knows-more",
            &[evidence::owed],
            "A coordinator was served by one that knows of a change that it does not know of.",
            |model, state| {
                let view = View { model, state };
                let owed = |node: NodeId| state.history.owed.get(usize::from(node.0));
                view.nodes()
                    .any(|node| owed(node).is_some_and(|owed| !view.history(node).includes(owed)))
            },
        ),
    ),
    looking_at(
        LooksAt::Clients,
        reachable(
            "I7.client-with-an-old-view",
            &[evidence::owed],
            "A client has asked a node by a view of its own that is older than the node's.",
            |model, state| clients(model, state).any(|client| !client.knows_what_it_is_owed()),
        ),
    ),
    looking_at(
        LooksAt::Clients,
        reachable(
            "I7.client-is-told",
            &[evidence::owed],
            "A client has asked a node by a view of its own that was older than the node's, and knows better now.",
            |model, state| {
                clients(model, state)
                    .any(|client| client.was_told() && client.knows_what_it_is_owed())
            },
        ),
    ),
    converges(
        "I4.misplaced-is-handed-over",
        &[evidence::misplaced, evidence::replicas],
        MISPLACED,
        "Dynamo paper §4.9: in the end only intended replicas have anything of the key, but for nodes removed for good. Does not hold \
         without gossip.",
        |model, state| {
            let view = View { model, state };
            let intended = view.intended();
            let has_nothing = |node| view.sets(node).next().is_none();
            !model.cfg.changes
                || view.nodes().all(|node| {
                    intended.contains(&node) || has_nothing(node) || view.is_removed(node)
                })
        },
    ),
    reachable(
        "I4.replica-is-misplaced",
        &[evidence::misplaced, evidence::replicas],
        "A node has something of the key on its disk that it was an intended replica of, and is not any more.",
        |model, state| {
            let view = View { model, state };
            let intended = view.intended();
            let has_something = |node| view.sets(node).next().is_some();
            model.cfg.changes
                && view.nodes().any(|node| !intended.contains(&node) && has_something(node))
        },
    ),
    reachable(
        "I4.replica-is-handed-over",
        &[evidence::vouched, evidence::replicas],
        "A node that has vouched for an acknowledged put has nothing any more; and all intended replicas have it.",
        |model, state| {
            let view = View { model, state };
            let acknowledged = state.history.acknowledged();
            let has_nothing = |node: &NodeId| view.sets(*node).next().is_none();
            let mut emptied = view.nodes().filter(has_nothing);
            model.cfg.changes
                && emptied.any(|node| {
                    let had = state.history.vouched[usize::from(node.0)];
                    let had = had.minus(had.minus(acknowledged));
                    !had.is_empty()
                        && view.intended().iter().all(|other| had.is_subset(view.stored(*other)))
                })
        },
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
