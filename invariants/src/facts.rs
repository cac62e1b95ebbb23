//! The facts that a verdict rests on, in words: the ground truth that a property speaks of, and
//! what disks hold.
//!
//! Without any fact the property has nothing to speak of yet, so it had no occasion. A test checks
//! this.

use crate::notation::words::{changes, held, shortened};
use crate::notation::{self, Who, addressed, list};
use crate::property::is_answered;
use crate::scope::Ask;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::system::world::{self, World};

use crate::truth::{Outcome, Read};
use dynamo_model::ids::{NodeId, RequestId};
use dynamo_model::membership::History;
use dynamo_model::message::Message;
use dynamo_model::process::Stage;
use stateright::actor::Id;

/// Acknowledged puts: how many nodes confirmed each, and where it is.
pub fn acknowledged(world: &World<'_>) -> Vec<String> {
    let acknowledged = world.state.history.acknowledged();
    acknowledged.iter().map(|write| put(world, write)).collect()
}

/// Acknowledged puts that counted intended replicas only.
pub fn acknowledged_in_person(world: &World<'_>) -> Vec<String> {
    let acknowledged = world.state.history.acknowledged();
    let asked = acknowledged
        .iter()
        .filter(|write| is_in_person(world, &world.model.cfg.puts[usize::from(write.0)]));
    asked.map(|write| put(world, write)).collect()
}

/// Puts that were acknowledged or reported failed.
pub fn ended(world: &World<'_>) -> Vec<String> {
    let ended = world
        .state
        .history
        .puts()
        .filter(|(_, write)| !matches!(write.outcome, Outcome::Unsent | Outcome::Running));
    ended.map(|(write, _)| put(world, write)).collect()
}

fn put(world: &World<'_>, write: WriteId) -> String {
    let (_, _, needed) = world.model.cfg.scope.quorum;
    let outcome = world.state.history.writes[usize::from(write.0)].outcome;
    let told = on_the_word_of(outcome, "acknowledged", 'W', needed);
    let asked = asked_for(world, &world.model.cfg.puts[usize::from(write.0)]);
    format!("{write} is {told}{asked}; {}", whereabouts(world, write))
}

/// The disks that hold a put or one that supersedes it; and whether it was reaped.
fn whereabouts(world: &World<'_>, write: WriteId) -> String {
    let own = list(world.nodes().filter(|node| world.on_disk(*node).contains(write)));
    let kept = world.nodes().flat_map(|node| {
        let recipients = world.hints(node).map(|(recipient, _)| recipient);
        let for_it =
            recipients.filter(move |recipient| world.kept(node, *recipient).contains(write));
        for_it.map(move |recipient| format!("kept by {node} as a hint for {recipient}"))
    });
    let gone =
        world.nodes().filter(|node| world.is_gone(*node)).map(|node| format!("{node} is gone"));
    let is_reaped = world.forgotten().contains(write);
    let reaped = is_reaped.then(|| "it was reaped, or a reaped tombstone replaced it".to_owned());
    let own = if own.is_empty() {
        "on no replica's disk".to_owned()
    } else {
        format!("on the disk of {own}")
    };
    std::iter::once(own).chain(kept).chain(gone).chain(reaped).collect::<Vec<_>>().join(", ")
}

fn on_the_word_of(outcome: Outcome, done: &str, quorum: char, needed: usize) -> String {
    let told = notation::outcome(outcome, done).unwrap_or_default();
    match outcome {
        Outcome::Answered { in_person, .. } => {
            format!("{told}, {in_person} of them intended replicas, where {quorum} is {needed}")
        }
        _ => told,
    }
}

/// Puts on this node's disk as a replica, and the puts those supersede. Reaped puts are not
/// required.
fn has(world: &World<'_>, node: NodeId) -> String {
    let (there, reaped) = (world.on_disk(node), world.forgotten());
    if reaped.is_empty() {
        there.to_string()
    } else {
        format!("{there} (reaped, with what it replaced: {reaped})")
    }
}

fn asked_for(world: &World<'_>, request: &RequestId) -> &'static str {
    if is_in_person(world, request) { ", and counted intended replicas only" } else { "" }
}

fn is_in_person(world: &World<'_>, request: &RequestId) -> bool {
    world.model.cfg.ask(*request).is_some_and(Ask::is_in_person)
}

/// Answered gets: how many nodes replied, what each shows, and what it had to show.
pub fn answered(world: &World<'_>) -> Vec<String> {
    answers(world).map(|(request, read)| get(world, request, read)).collect()
}

/// Answered gets that counted intended replicas only.
pub fn answered_in_person(world: &World<'_>) -> Vec<String> {
    let asked = answers(world).filter(|(request, _)| is_in_person(world, request));
    asked.map(|(request, read)| get(world, request, read)).collect()
}

fn answers<'a>(world: &World<'a>) -> impl Iterator<Item = (&'a RequestId, &'a Read)> + use<'a> {
    let reads = world.model.cfg.gets.iter().zip(&world.state.history.reads);
    reads.filter(|(_, read)| is_answered(read))
}

fn get(world: &World<'_>, request: &RequestId, read: &Read) -> String {
    let (_, needed, _) = world.model.cfg.scope.quorum;
    let Read { acknowledged_before, shown, sources, omitted, outcome, .. } = read;
    let (told, asked) =
        (on_the_word_of(*outcome, "answered", 'R', needed), asked_for(world, request));
    format!(
        "get {request:?} is {told}{asked}; it used replies of {}, shows {shown}, leaves out {omitted}; acknowledged before it \
         began: {acknowledged_before}",
        list(sources.iter().copied())
    )
}

/// Gets whose coordinator received replies: what it knew, and what those replicas have on disk now.
pub fn heard(world: &World<'_>) -> Vec<String> {
    let reads = world.model.cfg.gets.iter().zip(&world.state.history.reads).enumerate();
    let heard = reads.flat_map(|(index, (request, read))| {
        read.hearings.iter().map(move |h| (index, request, read, h))
    });
    let told = heard.map(|(index, request, read, hearing)| {
        let stage = if world.is_over(index, hearing) { "over" } else { "running, or interrupted" };
        let replicas = hearing.heard.iter().filter(|node| world.is_replica_heard(**node, hearing));
        let have = replicas.map(|node| format!("{node} has {}", has(world, *node)));
        let have = have.collect::<Vec<_>>().join(", ");
        format!(
            "get {request:?} is {stage}; its coordinator {} knew {}; of the replicas that replied, {have}",
            hearing.coordinator,
            read.knew(hearing)
        )
    });
    told.collect()
}

/// What nodes have confirmed, and what they have on disk.
pub fn confirmed(world: &World<'_>) -> Vec<String> {
    let confirmed = world
        .nodes()
        .zip(&world.state.history.confirmed)
        .filter(|(_, confirmed)| !confirmed.is_empty());
    let told = confirmed.map(|(node, confirmed)| {
        let but = match (world.lost_its_disk(node), world.is_intended(node, node)) {
            (true, _) => "; it has lost its disk",
            (false, false) => "; by its own view it is no intended replica",
            (false, true) => "",
        };
        format!(
            "{node} has confirmed {confirmed}; on its disk, or superseded there: {}{but}",
            has(world, node)
        )
    });
    told.collect()
}

/// What the client of each put had really read.
pub fn saw(world: &World<'_>) -> Vec<String> {
    let informed = world.state.history.puts().filter(|(_, write)| !write.saw.is_empty());
    informed
        .map(|(id, write)| format!("the client of {id} had really read {}", write.saw))
        .collect()
}

/// What is on disks, with dots and clocks.
pub fn disks(world: &World<'_>) -> Vec<String> {
    let of = |node: NodeId| {
        let own =
            world.disks(node).map(move |siblings| format!("{node} stores {}", held(siblings)));
        let kept = world.hints(node).map(move |(other, siblings)| {
            format!("{node} keeps a hint for {other}: {}", held(siblings))
        });
        own.into_iter().chain(kept)
    };
    world.nodes().flat_map(of).collect()
}

/// The stage of each node whose disk was copied.
pub fn copies(world: &World<'_>) -> Vec<String> {
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
    world.nodes().filter_map(|node| Some((node, world.stage(node)?))).map(told).collect()
}

/// Which version each put is.
pub fn dots(world: &World<'_>) -> Vec<String> {
    let mut dots: Vec<_> = world.versions().collect();
    dots.sort_unstable();
    dots.dedup();
    dots.into_iter().map(|(write, dot)| format!("{write} is {dot:?}")).collect()
}

/// The hints that nodes have confirmed, and where their puts are.
pub fn hinted(world: &World<'_>) -> Vec<String> {
    let told = world.state.history.hinted.iter().map(|hinted| {
        let (holder, recipient) = (hinted.holder, hinted.recipient);
        format!(
            "{holder} has confirmed to keep {} for {recipient}; it keeps {}, and {recipient} has {}",
            hinted.writes,
            world.kept(holder, recipient),
            has(world, recipient)
        )
    });
    told.collect()
}

/// What was reaped, and what that had replaced.
pub fn reaped(world: &World<'_>) -> Vec<String> {
    let ghost = &world.state.history;
    if ghost.reaped.is_empty() {
        return Vec::new();
    }
    let replaced = world.forgotten().minus(ghost.reaped);
    let on_disks: WriteSet = world.versions().map(|(write, _)| write).collect();
    vec![format!(
        "{} was reaped, and had replaced {replaced}; still on disks: {on_disks}",
        ghost.reaped
    )]
}

/// What the intended replicas have, once any has something.
pub fn replicas(world: &World<'_>) -> Vec<String> {
    let intended = world.intended();
    if intended.iter().all(|node| world.stored(*node).is_empty()) {
        return Vec::new();
    }
    intended
        .iter()
        .map(|node| format!("{node}, an intended replica, has {}", has(world, *node)))
        .collect()
}

/// What other nodes than the intended replicas have, where the ring changes.
pub fn misplaced(world: &World<'_>) -> Vec<String> {
    let others =
        world.nodes().filter(|node| world.model.cfg.changes && !world.intended().contains(node));
    let holding = others.filter(|node| world.sets(*node).next().is_some());
    holding
        .map(|node| format!("{node}, no intended replica, has {}", world.durable(node)))
        .collect()
}

/// What replicas send because an exchange found them to differ, and whether they had to.
pub fn exchanged(world: &World<'_>) -> Vec<String> {
    let network = world.state.network.iter_deliverable();
    let syncs = network.filter(|envelope| matches!(envelope.msg, Message::Sync { .. }));
    let mut told: Vec<String> =
        syncs.map(|sync| format!("in flight: {}", addressed(world.state, sync))).collect();
    told.sort_unstable();
    if world.state.history.sent_needlessly {
        told.push("a replica sent a key that never differed between replicas".to_owned());
    }
    told
}

/// The messages of exchanges in flight that carry more than the roots of trees.
pub fn exchanging(world: &World<'_>) -> Vec<String> {
    let network = world.state.network.iter_deliverable();
    let told = network.filter(|envelope| world::is_exchanging(std::iter::once(*envelope)));
    let mut told: Vec<String> =
        told.map(|it| format!("in flight: {}", addressed(world.state, it))).collect();
    told.sort_unstable();
    told
}

/// Nodes that wait for replies.
pub fn waiting(world: &World<'_>) -> Vec<String> {
    world
        .nodes()
        .filter(|node| world.waits(*node) || world.waits_for_others(*node))
        .map(|node| format!("{node} waits for replies"))
        .collect()
}

/// The messages of which two equal copies are in flight, because a node sent them again.
pub fn repeated(world: &World<'_>) -> Vec<String> {
    let (of_replica, of_fallback) = world::repeated(world.state.network.iter_all());
    let told = [(of_replica, "a replica"), (of_fallback, "a fallback")].into_iter();
    let asked = |whom| format!("two equal messages that ask {whom} are in flight");
    told.filter(|(is_asked, _)| *is_asked).map(|(_, whom)| asked(whom)).collect()
}

/// The membership changes that nodes must know, and those on their disks.
pub fn known(world: &World<'_>) -> Vec<String> {
    let known =
        world.nodes().zip(&world.state.history.known).filter(|(_, known)| !known.is_empty());
    known
        .map(|(node, known)| {
            let on_disk = world.history(node);
            // Two histories may give the same members, so the changes are named.
            let lost = known.minus(on_disk);
            let lacks = if on_disk.includes(known) {
                String::new()
            } else {
                format!("; the disk lacks the change: {}", changes(&lost))
            };
            let (known, on_disk) = (tipped(known), tipped(on_disk));
            format!("{node} was told, or has told, {known}; on its disk: {on_disk}{lacks}")
        })
        .collect()
}

/// Every node's history, where the ring changes.
pub fn views(world: &World<'_>) -> Vec<String> {
    let nodes = world.nodes().filter(|_| world.model.cfg.changes);
    nodes.map(|node| format!("{node} knows {}", tipped(world.history(node)))).collect()
}

/// The address of a node that has moved, and what each node takes it to be.
pub fn addresses(world: &World<'_>) -> Vec<String> {
    let Some((moved, now)) = world.model.cfg.moved else { return Vec::new() };
    let told = world.nodes().map(|node| {
        let known = world.history(node).address(moved);
        let known = known.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
        format!("the address of {moved} is {now}; by what {node} knows it is {known}")
    });
    told.collect()
}

/// What the nodes knew that served a node or a client, and what it knows itself.
pub fn owed(world: &World<'_>) -> Vec<String> {
    let served = world.state.history.owed.iter().enumerate().filter(|(_, owed)| !owed.is_empty());
    let told = served.map(|(index, owed)| {
        let actor = &world.state.actor_states[index];
        let known = match actor.client() {
            Some(client) => client.routes.history(),
            None => world.history(NodeId(index as u16)),
        };
        let who = Who::of(Id::from(index), actor);
        format!("{who} was served by nodes that knew {}; it knows {}", tipped(owed), tipped(known))
    });
    told.collect()
}

fn tipped(history: &History) -> String {
    format!("the members {} (tip {})", notation::members(history), shortened(history.tip().0))
}
