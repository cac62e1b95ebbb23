//! The protocol's own rules: [`Rules::default`]. A rule that takes more than one line is the
//! function of the same name below it.

use super::{Freshness, HandoffEvent, Remains, Rules, Word};
use crate::algebra::ids::{ClientId, NodeId, RequestId};
use crate::algebra::membership::{Act, Change, History, Standing};
use crate::algebra::siblings::Siblings;
use crate::algebra::tally::{Tally, Verdict};
use crate::algebra::version::{Context, Epoch, Issuer};
use crate::state::collecting::Reply;
use crate::state::durable::Issued;
use std::collections::BTreeSet;

impl Default for Rules {
    // Inlined elsewhere, the closures would have several addresses. A test could then not tell
    // which rule a defect replaces.
    #[inline(never)]
    fn default() -> Self {
        Rules {
            coordinators,
            new_incarnation: |unused| unused,
            disk_is_old: |remembered, known| known.lacks(remembered),
            put_freshness,
            change_freshness,
            clients_to_forget,
            version_replaces: |read, _put, sibling| read.covers_put(sibling.dot, sibling.request()),
            put_context: |read, put, request, _before| read.clone().with_put(put, request),
            merge_siblings: Siblings::merge,
            must_save: |_cause, before, after| before != after,
            reply_counts_for,
            stand_in,
            put_may_ack: |tally, w, pw| tally.verdict(w) == Verdict::Met && tally.in_person() >= pw,
            get_may_answer: |tally, r, pr| {
                tally.verdict(r) == Verdict::Met && tally.in_person() >= pr
            },
            repair_targets,
            repair_content: |_own, merged| merged.clone(),
            hint_may_clear,
            hint_lands: Siblings::merge,
            is_deleted,
            is_unchanged: |held, tombstones| held == tombstones,
            is_clear,
            may_hold: |standing| matches!(standing, Standing::Member | Standing::Leaving),
            whom_to_survey,
            tombstone_may_reap: |clear, members, _intended| {
                members.iter().all(|member| clear.contains(member))
            },
            epoch,
            standing,
            history_merge: History::union_if_it_fits,
            history_must_save: |before, after| before != after,
            must_tell: |own, theirs| own != theirs,
            may_serve: |is_same_view, is_meant| is_same_view || is_meant,
            may_stand_in: |own| own == Standing::Member,
            hands_over_to,
            hint_goes_to,
            may_be_gone: |is_empty| is_empty,
            may_retire: |is_known, is_busy| is_known && !is_busy,
            awaits_anew: |is_moved, appeared| is_moved || appeared > 0,
            whom_to_await: |entered, others| if entered > 0 { others.to_vec() } else { Vec::new() },
            may_give_word,
            asking_tells: |word| word == Word::Stored,
            is_all_handed_over: |kept| kept == 0,
            key_digest: |key, held| held.digest(key),
            tree_follows: |_before, _after| true,
            goes_down: |own, theirs| own != theirs,
            must_sync: |own, theirs| own != theirs,
            may_sync: |is_shared| is_shared,
            must_answer: |held, sent| !held.knows_the_same(sent),
            handoff_is_due: |_occasion| true,
            asked: |_rule| {},
        }
    }
}

fn coordinators(
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

fn put_freshness(remembered: Option<&Issued>, request: RequestId, known: &Context) -> Freshness {
    match change_freshness(remembered, request) {
        Freshness::New if known.dots_of(request).next().is_some() => Freshness::Known,
        freshness => freshness,
    }
}

fn change_freshness(remembered: Option<&Issued>, request: RequestId) -> Freshness {
    match remembered {
        Some(issued) if request.number < issued.number => Freshness::Outdated,
        Some(issued) if request.number == issued.number => Freshness::Repeated,
        _ => Freshness::New,
    }
}

fn epoch(kept: Option<Epoch>, held: &Context, new: Issuer) -> Epoch {
    let knows_more =
        |kept: &Epoch| held.counter_max(Issuer { epoch: kept.number, ..new }) > kept.issued;
    kept.filter(|kept| !knows_more(kept)).unwrap_or(Epoch { number: new.epoch, issued: 0 })
}

fn clients_to_forget(issued: &im::OrdMap<ClientId, Issued>, remembered: usize) -> Vec<ClientId> {
    if issued.len() < remembered.saturating_mul(2) {
        return Vec::new();
    }
    let mut by_age: Vec<(u64, ClientId)> =
        issued.iter().map(|(client, put)| (put.counter, *client)).collect();
    by_age.sort_unstable();
    by_age.truncate(by_age.len().saturating_sub(remembered));
    by_age.into_iter().map(|(_, client)| client).collect()
}

fn reply_counts_for(tally: &Tally, from: NodeId, named: Option<NodeId>) -> Option<NodeId> {
    let stood_in_for =
        || tally.stand_ins.iter().filter(|stand_in| stand_in.fallback == from).map(|s| s.intended);
    let own = tally.asked.iter().copied().filter(|intended| *intended == from);
    let is_meant = |intended: &NodeId| named.is_none_or(|named| named == *intended);
    let is_news = |intended: &NodeId| {
        if *intended == from { !tally.is_in_person(from) } else { !tally.is_counted(*intended) }
    };
    own.chain(stood_in_for()).find(|intended| is_meant(intended) && is_news(intended))
}

fn stand_in(tally: &Tally, fallbacks: &[NodeId], suspected: &BTreeSet<NodeId>) -> Option<NodeId> {
    let is_free =
        |fallback: &&NodeId| tally.stand_ins.iter().all(|stand_in| stand_in.fallback != **fallback);
    fallbacks.iter().filter(is_free).min_by_key(|fallback| suspected.contains(*fallback)).copied()
}

fn repair_targets(replies: &[Reply], intended: &[NodeId], merged: &Siblings) -> Vec<NodeId> {
    let stale = replies.iter().filter(|(node, held)| intended.contains(node) && held != merged);
    stale.map(|(node, _)| *node).collect()
}

fn hint_may_clear(hint: &Siblings, event: &HandoffEvent<'_>) -> bool {
    let on_disk = |context: &Context| context.includes(hint.context());
    matches!(event, HandoffEvent::Acknowledged { context, is_same_view: true, are_enough: true } if on_disk(context))
}

fn is_deleted(held: &Siblings) -> bool {
    let mut versions = held.versions().iter();
    !held.versions().is_empty() && versions.all(|version| version.content.value().is_none())
}

fn is_clear(remains: &Remains<'_>, tombstones: &Siblings) -> bool {
    let holds = if remains.is_intended {
        remains.held == tombstones
    } else {
        remains.held.versions().is_empty()
    };
    holds && !remains.is_hinted && !remains.is_busy
}

fn whom_to_survey(
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

fn standing(changes: &[Change]) -> Standing {
    let is_removed = changes.iter().any(|change| change.act == Act::Remove);
    let latest = changes
        .iter()
        .filter(|change| !matches!(change.act, Act::Move(_) | Act::Remove))
        .max_by_key(|change| {
            // Acts are ordered: join, leave, gone.
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

fn hands_over_to(node: NodeId, before: &[NodeId], after: &[NodeId]) -> Vec<NodeId> {
    let stays = after.contains(&node);
    after
        .iter()
        .copied()
        .filter(|other| *other != node && (!stays || !before.contains(other)))
        .collect()
}

fn may_give_word(
    _word: Word,
    awaited: &im::OrdSet<NodeId>,
    answered: &BTreeSet<NodeId>,
    suspected: &BTreeSet<NodeId>,
) -> bool {
    awaited.iter().all(|node| answered.contains(node) || suspected.contains(node))
}

fn hint_goes_to(recipient: NodeId, before: &[NodeId], now: &[NodeId]) -> Vec<NodeId> {
    let stays = now.contains(&recipient);
    now.iter()
        .copied()
        .filter(|node| !stays || *node == recipient || !before.contains(node))
        .collect()
}

#[cfg(test)]
mod tests;
