//! What a verdict rests on, in words: the ghost facts that a property speaks of, and what is on the
//! disks that they are held against.
//!
//! Where there is none of it, the property has nothing to speak of yet: what is always to hold
//! holds for want of occasion. A test says so.

use crate::ghost::{Outcome, Read};
use crate::picture::{self, addressed, held, list};
use crate::scope::Ask;
use crate::trace::Who;
use crate::view::View;
use crate::write_set::{WriteId, WriteSet};
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::History;
use dynamo_model::message::Message;
use dynamo_model::process::Stage;
use stateright::actor::Id;

/// One kind of facts: a sentence each.
pub(crate) type Evidence = fn(&View<'_>) -> Vec<String>;

/// Puts that clients were told are done: on whose word, and where they are.
pub(super) fn acknowledged(view: &View<'_>) -> Vec<String> {
    let acknowledged = view.state.history.acknowledged();
    acknowledged.iter().map(|write| put(view, write)).collect()
}

/// The same of those that asked for intended replicas.
pub(super) fn acknowledged_in_person(view: &View<'_>) -> Vec<String> {
    let acknowledged = view.state.history.acknowledged();
    let asked = acknowledged
        .iter()
        .filter(|write| is_in_person(view, &view.model.cfg.puts[usize::from(write.0)]));
    asked.map(|write| put(view, write)).collect()
}

/// Puts that clients were told are done, or have failed.
pub(super) fn ended(view: &View<'_>) -> Vec<String> {
    let ended = view
        .state
        .history
        .puts()
        .filter(|(_, write)| !matches!(write.outcome, Outcome::Unsent | Outcome::Running));
    ended.map(|(write, _)| put(view, write)).collect()
}

fn put(view: &View<'_>, write: WriteId) -> String {
    let (_, _, needed) = view.model.cfg.scope.quorum;
    let outcome = view.state.history.writes[usize::from(write.0)].outcome;
    let told = on_the_word_of(outcome, "acknowledged", 'W', needed);
    let asked = asked_for(view, &view.model.cfg.puts[usize::from(write.0)]);
    format!("{write} is {told}{asked}; {}", whereabouts(view, write))
}

/// On which disks a put is, or one that saw it; and whether it need be on any.
fn whereabouts(view: &View<'_>, write: WriteId) -> String {
    let own = list(view.nodes().filter(|node| view.on_disk(*node).contains(write)));
    let kept = view.nodes().flat_map(|node| {
        let recipients = view.hints(node).map(|(recipient, _)| recipient);
        let for_it =
            recipients.filter(move |recipient| view.kept(node, *recipient).contains(write));
        for_it.map(move |recipient| format!("kept by {node} for {recipient}"))
    });
    let gone =
        view.nodes().filter(|node| view.is_gone(*node)).map(|node| format!("{node} is gone"));
    let is_reaped = view.state.history.forgotten().contains(write);
    let reaped = is_reaped.then(|| "it is reaped, or was replaced by what is".to_owned());
    let own = if own.is_empty() {
        "on no replica's disk".to_owned()
    } else {
        format!("on the disk of {own}")
    };
    std::iter::once(own).chain(kept).chain(gone).chain(reaped).collect::<Vec<_>>().join(", ")
}

fn on_the_word_of(outcome: Outcome, done: &str, quorum: char, needed: usize) -> String {
    let told = picture::outcome(outcome, done).unwrap_or_default();
    match outcome {
        Outcome::Answered { in_person, .. } => {
            format!("{told}, {in_person} of them intended replicas, where {quorum} is {needed}")
        }
        _ => told,
    }
}

/// What a node has on its disk as a replica, or what is there has seen. What was reaped nobody need
/// have any more.
fn has(view: &View<'_>, node: NodeId) -> String {
    let (there, reaped) = (view.on_disk(node), view.state.history.forgotten());
    if reaped.is_empty() {
        there.to_string()
    } else {
        format!("{there} (reaped, with what it replaced: {reaped})")
    }
}

fn asked_for(view: &View<'_>, request: &RequestId) -> &'static str {
    if is_in_person(view, request) { ", and asked for intended replicas" } else { "" }
}

fn is_in_person(view: &View<'_>, request: &RequestId) -> bool {
    view.model.cfg.ask(*request).is_some_and(Ask::is_in_person)
}

/// Gets that were answered: on whose word, what they show, and what they had to.
pub(super) fn answered(view: &View<'_>) -> Vec<String> {
    answers(view).map(|(request, read)| get(view, request, read)).collect()
}

/// The same of those that asked for intended replicas.
pub(super) fn answered_in_person(view: &View<'_>) -> Vec<String> {
    let asked = answers(view).filter(|(request, _)| is_in_person(view, request));
    asked.map(|(request, read)| get(view, request, read)).collect()
}

fn answers<'a>(view: &View<'a>) -> impl Iterator<Item = (&'a RequestId, &'a Read)> + use<'a> {
    let reads = view.model.cfg.gets.iter().zip(&view.state.history.reads);
    reads.filter(|(_, read)| super::is_answered(read))
}

fn get(view: &View<'_>, request: &RequestId, read: &Read) -> String {
    let (_, needed, _) = view.model.cfg.scope.quorum;
    let Read { acknowledged_before, shown, sources, omitted, outcome, .. } = read;
    let (told, asked) =
        (on_the_word_of(*outcome, "answered", 'R', needed), asked_for(view, request));
    format!(
        "get {request:?} is {told}{asked}; it rests on {}, shows {shown}, leaves out {omitted}; acknowledged before it began: \
         {acknowledged_before}",
        list(sources.iter().copied())
    )
}

/// Gets that have heard others: what they knew, and what those have on disk now.
pub(super) fn heard(view: &View<'_>) -> Vec<String> {
    let reads = view.model.cfg.gets.iter().zip(&view.state.history.reads).enumerate();
    let heard = reads.flat_map(|(index, (request, read))| {
        read.hearings.iter().map(move |h| (index, request, read, h))
    });
    let told = heard.map(|(index, request, read, hearing)| {
        let stage = if view.is_under_way(index) { "under way" } else { "over" };
        let have =
            view.replicas_heard(hearing).map(|node| format!("{node} has {}", has(view, node)));
        let have = have.collect::<Vec<_>>().join(", ");
        format!(
            "get {request:?} is {stage}, and {} knew {}; of the replicas it heard {have}",
            hearing.coordinator,
            read.knew(hearing)
        )
    });
    told.collect()
}

/// What nodes have given their word for, and have on disk of it.
pub(super) fn vouched(view: &View<'_>) -> Vec<String> {
    let vouched =
        view.nodes().zip(&view.state.history.vouched).filter(|(_, vouched)| !vouched.is_empty());
    let told = vouched.map(|(node, vouched)| {
        let but = match (view.lost_its_disk(node), view.is_intended(node, node)) {
            (true, _) => "; it has lost its disk",
            (false, false) => "; by its own view it is no intended replica",
            (false, true) => "",
        };
        format!(
            "{node} has given its word for {vouched}; on its disk, or seen by what is there: {}{but}",
            has(view, node)
        )
    });
    told.collect()
}

/// What puts really saw.
pub(super) fn saw(view: &View<'_>) -> Vec<String> {
    let informed = view.state.history.puts().filter(|(_, write)| !write.saw.is_empty());
    informed.map(|(id, write)| format!("{id} really saw {}", write.saw)).collect()
}

/// What is on disks, with dots and clocks.
pub(super) fn disks(view: &View<'_>) -> Vec<String> {
    let of = |node: NodeId| {
        let own = view.disk(node).map(|siblings| format!("{node} stores {}", held(siblings)));
        let kept = view
            .hints(node)
            .map(move |(other, siblings)| format!("{node} keeps {} for {other}", held(siblings)));
        own.into_iter().chain(kept)
    };
    view.nodes().flat_map(of).collect()
}

/// What has become of the nodes whose disks were copied.
pub(super) fn copies(view: &View<'_>) -> Vec<String> {
    let told = |(node, stage): (NodeId, Stage)| match stage {
        Stage::Copied => format!("{node}'s disk was copied, and is as it was then"),
        Stage::Ahead => format!("{node}'s disk was copied, and has changed since"),
        Stage::Returned { witnessed: true } => {
            format!("{node} runs on the copy of its disk, and others know of later commits")
        }
        Stage::Returned { witnessed: false } => format!("{node} runs on the copy of its disk"),
        Stage::Renewed { late: false } => {
            format!("{node} was started on the copy of its disk, and has a new disk")
        }
        Stage::Renewed { late: true } => {
            format!("{node} ran on the copy of its disk, and has a new disk")
        }
    };
    view.nodes().filter_map(|node| Some((node, view.stage(node)?))).map(told).collect()
}

/// Which version each put is.
pub(super) fn dots(view: &View<'_>) -> Vec<String> {
    let mut dots: Vec<_> = view.versions().collect();
    dots.sort_unstable();
    dots.dedup();
    dots.into_iter().map(|(write, dot)| format!("{write} is {dot:?}")).collect()
}

/// What nodes have said they keep for others, and where it is.
pub(super) fn hinted(view: &View<'_>) -> Vec<String> {
    let told = view.state.history.hinted.iter().map(|hinted| {
        let (holder, recipient) = (hinted.holder, hinted.recipient);
        format!(
            "{holder} has given its word to keep {} for {recipient}; it keeps {}, and {recipient} has {}",
            hinted.writes,
            view.kept(holder, recipient),
            has(view, recipient)
        )
    });
    told.collect()
}

/// What is reaped, and what that had replaced.
pub(super) fn reaped(view: &View<'_>) -> Vec<String> {
    let ghost = &view.state.history;
    if ghost.reaped.is_empty() {
        return Vec::new();
    }
    let replaced = ghost.forgotten().minus(ghost.reaped);
    let on_disks: WriteSet = view.versions().map(|(write, _)| write).collect();
    vec![format!(
        "{} was reaped, which had replaced {replaced}; still on disks: {on_disks}",
        ghost.reaped
    )]
}

/// What intended replicas have, once one has anything.
pub(super) fn replicas(view: &View<'_>) -> Vec<String> {
    let intended = view.intended();
    if intended.iter().all(|node| view.stored(*node).is_empty()) {
        return Vec::new();
    }
    intended
        .iter()
        .map(|node| format!("{node}, an intended replica, has {}", has(view, *node)))
        .collect()
}

/// What others have than the intended replicas, where the ring changes.
pub(super) fn misplaced(view: &View<'_>) -> Vec<String> {
    let others =
        view.nodes().filter(|node| view.model.cfg.changes && !view.intended().contains(node));
    let holding = others.filter(|node| view.sets(*node).next().is_some());
    holding.map(|node| format!("{node}, no intended replica, has {}", view.durable(node))).collect()
}

/// What is on its way because replicas were found to differ; and whether it had to be.
pub(super) fn exchanged(view: &View<'_>) -> Vec<String> {
    let network = view.state.network.iter_deliverable();
    let syncs = network.filter(|envelope| matches!(envelope.msg, Message::Sync { .. }));
    let mut told: Vec<String> =
        syncs.map(|sync| format!("in flight: {}", addressed(view.state, sync))).collect();
    told.sort_unstable();
    if view.state.history.sent_needlessly {
        told.push("a key was sent that was the same on all replicas from the beginning".to_owned());
    }
    told
}

/// Who waits for answers.
pub(super) fn waiting(view: &View<'_>) -> Vec<String> {
    view.nodes()
        .filter(|node| view.waits(*node))
        .map(|node| format!("{node} waits for answers"))
        .collect()
}

/// What nodes are held to know of who is a member, and what they have on disk of it.
pub(super) fn known(view: &View<'_>) -> Vec<String> {
    let known = view.nodes().zip(&view.state.history.known).filter(|(_, known)| !known.is_empty());
    known
        .map(|(node, known)| {
            format!(
                "{node} was told, or has said, {}; on its disk: {}",
                tipped(known),
                tipped(view.history(node))
            )
        })
        .collect()
}

/// What every node knows of who is a member, where that changes.
pub(super) fn views(view: &View<'_>) -> Vec<String> {
    let nodes = view.nodes().filter(|_| view.model.cfg.changes);
    nodes.map(|node| format!("{node} knows {}", tipped(view.history(node)))).collect()
}

/// What those knew who have served a node or a client, and what it knows itself.
pub(super) fn owed(view: &View<'_>) -> Vec<String> {
    let served = view.state.history.owed.iter().enumerate().filter(|(_, owed)| !owed.is_empty());
    let told = served.map(|(index, owed)| {
        let actor = &view.state.actor_states[index];
        let known = match actor.client() {
            Some(client) => client.routes.history(),
            None => view.history(NodeId(index as u16)),
        };
        let who = Who::of(Id::from(index), actor);
        format!("{who} was served by who knew {}; it knows {}", tipped(owed), tipped(known))
    });
    told.collect()
}

fn tipped(history: &History) -> String {
    format!(
        "the members {} (tip {})",
        picture::members(history),
        picture::shortened(history.tip().0)
    )
}
