//! States and steps in words, for readers: what is on disks, in memory and in flight, and what a
//! step changed. No program reads these texts.

pub mod diagram;
pub mod flight;
pub mod rings;
mod surroundings;
mod truth;

use crate::notation::words::{counted, held, timer};
use crate::notation::{Who, addressed, list, members, words};
use crate::system::{System, SystemState};
use dynamo_model::client::{Client, ClientState, Via};
use dynamo_model::hint::HintId;
use dynamo_model::node::{Durable, Node, State};
use dynamo_model::process::{Process, ProcessState};
use dynamo_model::tally::{Counted, Tally};
use stateright::actor::{Id, Timers};
use std::collections::BTreeMap;
use std::fmt;

pub use surroundings::surroundings;

/// The name under which [`facts`] lists messages in flight.
pub const MESSAGES: &str = "in flight";
/// The name under which [`facts`] lists the ground truth.
pub const TRUTH: &str = "ground truth";

/// One fact about a state.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fact {
    /// The node or client that the fact belongs to, or [`TRUTH`], or [`MESSAGES`].
    pub of: String,
    /// The subject, such as `stores k`.
    pub about: String,
    /// The fact.
    pub text: String,
}

/// A fact that a step has changed, added or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The node or client that the fact belongs to, or [`TRUTH`], or [`MESSAGES`].
    pub of: String,
    /// The subject, such as `stores k`.
    pub about: String,
    /// The fact before the step. `None`: it is new.
    pub before: Option<String>,
    /// The fact after the step. `None`: it is gone.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { of, about, before, after } = self;
        match (of == MESSAGES, before, after) {
            (true, None, _) => write!(f, "sent: {about}"),
            (true, Some(_), None) => write!(f, "no longer in flight: {about}"),
            (_, None, Some(after)) => write!(f, "{of}: {about}: {after}"),
            (_, Some(before), Some(after)) => write!(f, "{of}: {about}: {before} → {after}"),
            (_, before, None) => {
                write!(f, "{of}: {about}: {} → nothing", before.as_deref().unwrap_or("nothing"))
            }
        }
    }
}

/// All facts about a state: of each node, of each client, the ground truth, and the messages in
/// flight.
pub fn facts(model: &System, state: &SystemState) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (index, process) in state.actor_states.iter().enumerate() {
        let of = Who::of(Id::from(index), process).to_string();
        let told = match (&**process, &model.actors[index]) {
            (
                ProcessState::Node(inner) | ProcessState::Copied(inner, _),
                Process::Node(node, _),
            ) => of_node(model, state, index, inner, node),
            (ProcessState::Client(inner), Process::Client(client)) => {
                of_client(model, inner, client)
            }
            _ => unreachable!("a process keeps its kind"),
        };
        facts.extend(told.into_iter().map(|(about, text)| Fact { of: of.clone(), about, text }));
    }
    facts.extend(truth::facts(&model.cfg, &state.history));
    let mut in_flight = BTreeMap::<String, usize>::new();
    for envelope in state.network.iter_all() {
        *in_flight.entry(addressed(state, envelope)).or_default() += 1;
    }
    facts.extend(in_flight.into_iter().map(|(about, count)| Fact {
        of: MESSAGES.to_owned(),
        about,
        text: if count == 1 { "once".to_owned() } else { counted(count, "time") },
    }));
    facts
}

/// The facts that differ between two states.
pub fn changes(before: &[Fact], after: &[Fact]) -> Vec<Change> {
    let same = |one: &Fact, other: &Fact| one.of == other.of && one.about == other.about;
    let mut changes = Vec::new();
    for fact in after {
        let was = before.iter().find(|other| same(fact, other)).map(|other| other.text.clone());
        if was.as_ref() != Some(&fact.text) {
            changes.push(change(fact, was, Some(fact.text.clone())));
        }
    }
    for fact in before.iter().filter(|fact| !after.iter().any(|other| same(fact, other))) {
        changes.push(change(fact, Some(fact.text.clone()), None));
    }
    // Changes of nodes and clients come before the messages that they sent.
    changes.sort_by_key(|change| change.of == MESSAGES);
    changes
}

fn change(fact: &Fact, before: Option<String>, after: Option<String>) -> Change {
    Change { of: fact.of.clone(), about: fact.about.clone(), before, after }
}

type Told = Vec<(String, String)>;

fn of_node(model: &System, state: &SystemState, index: usize, inner: &State, node: &Node) -> Told {
    let none = Durable::default();
    let disk = state.actor_storages[index].as_ref().unwrap_or(&none);
    let mut told = Told::new();
    if state.crashed[index] {
        told.push(("is".to_owned(), "down".to_owned()));
        told.extend(of_disk(model, disk, disk, |_| String::new()));
        return told;
    }
    if inner.retired {
        told.push(("is".to_owned(), "retired".to_owned()));
    }
    let hint_state = |id: &HintId| {
        let state = serde_json::to_value(inner.hint_state(node, id))
            .expect("the state of a hint has a name");
        format!(" ({})", state.as_str().unwrap_or_default())
    };
    told.extend(of_disk(model, &inner.durable, disk, hint_state));
    told.extend(under_way(inner));
    let mut timers: Vec<String> =
        state.timers_set.get(index).into_iter().flat_map(Timers::iter).map(timer).collect();
    timers.sort();
    if !timers.is_empty() {
        told.push(("timers".to_owned(), timers.join("; ")));
    }
    told
}

/// What a node has in memory, and whether the same is on its disk.
fn of_disk(
    model: &System,
    has: &Durable,
    disk: &Durable,
    hint_state: impl Fn(&HintId) -> String,
) -> Told {
    let mut told = Told::new();
    let on_disk = |same: bool| if same { "" } else { ", not on disk" };
    if has.incarnation > 0 {
        told.push(("disk".to_owned(), format!("number {}", has.incarnation + 1)));
    }
    for (key, siblings) in &has.store {
        let is_saved = on_disk(disk.store.get(key) == Some(siblings));
        told.push((format!("stores {key:?}"), format!("{}{is_saved}", held(siblings))));
    }
    for key in disk.store.keys().filter(|key| !has.store.contains_key(*key)) {
        told.push((format!("stores {key:?}"), "on disk only".to_owned()));
    }
    for (id, siblings) in &has.hints {
        let is_saved = on_disk(disk.hints.get(id) == Some(siblings));
        let state = hint_state(id);
        told.push((
            format!("keeps {:?} for {}", id.key, id.recipient),
            format!("{}{state}{is_saved}", held(siblings)),
        ));
    }
    if has.counter > 0 {
        told.push((
            "puts coordinated".to_owned(),
            format!("{}{}", has.counter, on_disk(disk.counter == has.counter)),
        ));
    }
    if model.cfg.changes {
        let is_saved = on_disk(disk.history == has.history || disk.history.is_empty());
        told.push(("members".to_owned(), format!("{}{is_saved}", members(&has.history))));
    }
    told
}

fn heard(tally: &Tally) -> String {
    let one = |Counted { by, intended }: &Counted| {
        if by == intended { by.to_string() } else { format!("{by} for {intended}") }
    };
    let counted: Vec<String> = tally.counted.iter().map(one).collect();
    let asked = list(
        tally.asked.iter().copied().chain(tally.stand_ins.iter().map(|stand_in| stand_in.fallback)),
    );
    format!(
        "{} of {asked}",
        if counted.is_empty() { "none".to_owned() } else { counted.join(", ") }
    )
}

/// What a node has only in memory.
fn under_way(inner: &State) -> Told {
    let mut told = Told::new();
    for (request, put) in &inner.puts {
        let end = if put.collecting.is_answered { "; acknowledged" } else { "" };
        told.push((
            format!("put {request:?}"),
            format!("stored by {}{end}", heard(&put.collecting.tally)),
        ));
    }
    for (request, get) in &inner.gets {
        let end = if get.collecting.is_answered { "; answered" } else { "" };
        let replies =
            get.replies.iter().map(|(node, siblings)| format!("{node} has {}", held(siblings)));
        let replies = replies.collect::<Vec<_>>().join(", ");
        told.push((
            format!("get {request:?}"),
            format!("heard {}: {replies}{end}", heard(&get.collecting.tally)),
        ));
    }
    for (key, clear) in &inner.reaping {
        let clear = if clear.is_empty() { "none".to_owned() } else { list(clear.iter().copied()) };
        told.push((format!("reaps {key:?}"), format!("known to be clear: {clear}")));
    }
    if !inner.suspected.is_empty() {
        told.push(("suspects".to_owned(), list(inner.suspected.iter().copied())));
    }
    for partition in inner.trees.partitions() {
        let root = format!("{:?}", inner.trees.root(partition));
        told.push((format!("root of partition {}", partition.0), root[..9].to_owned()));
    }
    told
}

fn of_client(model: &System, inner: &ClientState, client: &Client) -> Told {
    let mut told = Told::new();
    let asks = client.script.get(inner.line).map(|(via, line)| words::line(*via, line));
    told.push(("asks".to_owned(), asks.unwrap_or_else(|| "nothing more".to_owned())));
    if client.is_informed(inner.line) {
        told.push(("has read".to_owned(), inner.context.to_string()));
    }
    if client.retries > 0 {
        told.push(("may retry".to_owned(), counted(inner.retries_left.into(), "time")));
    }
    if model.cfg.changes && client.script.iter().any(|(via, _)| *via == Via::OwnView) {
        told.push(("members".to_owned(), members(inner.routes.history())));
    }
    told
}
