//! What the protocol decides, where that takes more than a line: each of these is the rule of the
//! same name.

use super::{Freshness, HandoffEvent, Remains, Word};
use crate::get::Reply;
use crate::ids::{ClientId, NodeId, RequestId};
use crate::membership::{Act, Change, Standing};
use crate::node::Issued;
use crate::siblings::Siblings;
use crate::tally::Tally;
use crate::version::{Context, Epoch, Issuer};
use std::collections::BTreeSet;

pub(super) fn coordinators(
    request: RequestId,
    preference_list: &[NodeId],
    fallbacks: &[NodeId],
    suspected: &BTreeSet<NodeId>,
) -> Vec<NodeId> {
    let turn = request.client.0.wrapping_add(request.number) % preference_list.len() as u64;
    let (before, after) = preference_list.split_at(turn as usize);
    let in_turn = || after.iter().chain(before).copied();
    let seems_up = |node: &NodeId| !suspected.contains(node);
    let first = in_turn().chain(fallbacks.iter().copied()).find(seems_up);
    first.or_else(|| in_turn().next()).into_iter().collect()
}

pub(super) fn put_freshness(
    remembered: Option<&Issued>,
    request: RequestId,
    known: &Context,
) -> Freshness {
    match remembered {
        Some(issued) if request.number < issued.number => Freshness::Outdated,
        Some(issued) if request.number == issued.number => Freshness::Repeated,
        _ if known.dots_of(request).next().is_some() => Freshness::Known,
        _ => Freshness::New,
    }
}

pub(super) fn epoch(kept: Option<Epoch>, held: &Context, new: Issuer) -> Epoch {
    let knows_more =
        |kept: &Epoch| held.counter_max(Issuer { epoch: kept.number, ..new }) > kept.issued;
    kept.filter(|kept| !knows_more(kept)).unwrap_or(Epoch { number: new.epoch, issued: 0 })
}

pub(super) fn clients_to_forget(
    issued: &im::OrdMap<ClientId, Issued>,
    remembered: usize,
) -> Vec<ClientId> {
    if issued.len() < remembered.saturating_mul(2) {
        return Vec::new();
    }
    let mut by_age: Vec<(u64, ClientId)> =
        issued.iter().map(|(client, put)| (put.counter, *client)).collect();
    by_age.sort_unstable();
    by_age.truncate(by_age.len().saturating_sub(remembered));
    by_age.into_iter().map(|(_, client)| client).collect()
}

pub(super) fn reply_counts_for(
    tally: &Tally,
    from: NodeId,
    named: Option<NodeId>,
) -> Option<NodeId> {
    let stood_in_for =
        || tally.stand_ins.iter().filter(|stand_in| stand_in.fallback == from).map(|s| s.intended);
    let own = tally.asked.iter().copied().filter(|intended| *intended == from);
    let is_meant = |intended: &NodeId| named.is_none_or(|named| named == *intended);
    let is_news = |intended: &NodeId| {
        if *intended == from { !tally.is_in_person(from) } else { !tally.is_taken(*intended) }
    };
    own.chain(stood_in_for()).find(|intended| is_meant(intended) && is_news(intended))
}

pub(super) fn stand_in(
    tally: &Tally,
    fallbacks: &[NodeId],
    suspected: &BTreeSet<NodeId>,
) -> Option<NodeId> {
    let is_free =
        |fallback: &&NodeId| tally.stand_ins.iter().all(|stand_in| stand_in.fallback != **fallback);
    fallbacks.iter().filter(is_free).min_by_key(|fallback| suspected.contains(*fallback)).copied()
}

pub(super) fn repair_targets(
    replies: &[Reply],
    intended: &[NodeId],
    merged: &Siblings,
) -> Vec<NodeId> {
    let stale = replies.iter().filter(|(node, held)| intended.contains(node) && held != merged);
    stale.map(|(node, _)| *node).collect()
}

pub(super) fn hint_may_clear(hint: &Siblings, event: &HandoffEvent<'_>) -> bool {
    let on_disk = |context: &Context| context.includes(hint.context());
    matches!(event, HandoffEvent::Acknowledged { context, is_same_view: true, are_enough: true } if on_disk(context))
}

pub(super) fn is_deleted(held: &Siblings) -> bool {
    let mut versions = held.versions().iter();
    !held.versions().is_empty() && versions.all(|version| version.content.value().is_none())
}

pub(super) fn is_clear(remains: &Remains<'_>, tombstones: &Siblings) -> bool {
    let holds = if remains.is_intended {
        remains.held == tombstones
    } else {
        remains.held.versions().is_empty()
    };
    holds && !remains.is_hinted && !remains.is_busy
}

pub(super) fn whom_to_survey(
    clear: &BTreeSet<NodeId>,
    holders: &[NodeId],
    intended: &[NodeId],
) -> Vec<NodeId> {
    let not_clear = |nodes: &[NodeId]| {
        nodes.iter().copied().filter(|node| !clear.contains(node)).collect::<Vec<_>>()
    };
    let first = not_clear(intended);
    if first.is_empty() { not_clear(holders) } else { first }
}

pub(super) fn standing(changes: &[Change]) -> Standing {
    let is_removed = changes.iter().any(|change| change.act == Act::Remove);
    let latest = changes
        .iter()
        .filter(|change| !matches!(change.act, Act::Move(_) | Act::Remove))
        .max_by_key(|change| {
            // In this order acts follow one another.
            (change.time, change.act)
        });
    match latest.map(|change| change.act) {
        _ if is_removed => Standing::Removed,
        Some(Act::Join) => Standing::Member,
        Some(Act::Leave) => Standing::Leaving,
        Some(Act::Gone) => Standing::Gone,
        _ => Standing::Unknown,
    }
}

pub(super) fn hands_over_to(node: NodeId, before: &[NodeId], after: &[NodeId]) -> Vec<NodeId> {
    let stays = after.contains(&node);
    after
        .iter()
        .copied()
        .filter(|other| *other != node && (!stays || !before.contains(other)))
        .collect()
}

pub(super) fn may_give_word(
    _word: Word,
    awaited: &im::OrdSet<NodeId>,
    answered: &BTreeSet<NodeId>,
    suspected: &BTreeSet<NodeId>,
) -> bool {
    awaited.iter().all(|node| answered.contains(node) || suspected.contains(node))
}

pub(super) fn hint_goes_to(recipient: NodeId, before: &[NodeId], now: &[NodeId]) -> Vec<NodeId> {
    let stays = now.contains(&recipient);
    now.iter()
        .copied()
        .filter(|node| !stays || *node == recipient || !before.contains(node))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    /// What a coordinator remembers after these clients have put, one after the other.
    fn issued(clients: impl IntoIterator<Item = u64>) -> im::OrdMap<ClientId, Issued> {
        let put = |(counter, client)| {
            let answer = Ok(Context::new());
            (ClientId(client), Issued { number: 0, counter, answer })
        };
        (1..).zip(clients).map(put).collect()
    }

    #[test]
    fn the_oldest_clients_are_forgotten_and_only_once_there_are_twice_as_many() {
        let forgotten = |clients: &[u64]| {
            (Rules::default().clients_to_forget)(&issued(clients.iter().copied()), 3)
        };
        assert_eq!(forgotten(&[9, 8, 7, 6, 5]), []);
        assert_eq!(
            forgotten(&[9, 8, 7, 6, 5, 4]),
            [9, 8, 7].map(ClientId),
            "the last to put stay, whatever their ids"
        );
        assert_eq!(forgotten(&[1, 2, 3, 4, 5, 6, 7]), [1, 2, 3, 4].map(ClientId));
        assert_eq!(forgotten(&[]), []);
    }
}
