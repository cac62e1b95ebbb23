//! What must hold, stated against ghost truth and against what is really on disk.
//!
//! Each invariant has *always* properties, which hold at every reachable state, and *reachable* partners, which show that the
//! interesting thing does happen, so that the first kind is not true for want of occasion.

use crate::ghost::{Outcome, Read, writes_of};
use crate::scope::{Setting, System, SystemState};
use crate::view::{View, summary};
use crate::write_set::{WriteId, WriteSet};
use dynamo_model::ids::NodeId;
use dynamo_model::process::Process;
use dynamo_model::siblings::Siblings;
use interned_checker::{ActorAction, Reads};
use stateright::Expectation;
use stateright::actor::{ActorModelAction, Id};

/// How a property is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// True at every reachable state.
    Always,
    /// True at one reachable state at least.
    Reachable,
    /// True in the end, and from then on, once nothing new goes wrong and nothing new is asked: see [`goes_on`].
    Converges,
}

/// Something that must hold.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// The invariant's number, a dot, and the property's name.
    pub name: &'static str,
    /// Always, reachable or converges.
    pub kind: Kind,
    /// In a sentence, with its source, and where it does not hold.
    pub statement: &'static str,
    /// The *reachable* ones any of which shows that it can be violated at all; none if it is one itself.
    pub occasions: &'static [&'static str],
    /// Does it look at whether a get is under way, that is at timers, volatile states and messages? Disks and history all
    /// properties look at.
    pub reads_what_is_under_way: bool,
    /// Is it true at this state?
    pub condition: fn(&System, &SystemState) -> bool,
}

impl Property {
    /// The invariant this belongs to: `I1`, `I2`, …
    pub fn invariant(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(invariant, _)| invariant)
    }

    /// The same in stateright's words, which has none for *converges*: its *eventually* knows no fairness.
    pub fn expectation(&self) -> Option<Expectation> {
        match self.kind {
            Kind::Always => Some(Expectation::Always),
            Kind::Reachable => Some(Expectation::Sometimes),
            Kind::Converges => None,
        }
    }

    /// What it looks at, so that it is evaluated only where that is new.
    pub fn reads(&self) -> Reads<Process, Setting> {
        let reads = Reads::nothing().storages().history();
        if self.reads_what_is_under_way { reads.states().timers().network_by(summary) } else { reads }
    }

    /// The property with this name.
    pub fn named(name: &str) -> Option<&'static Property> {
        PROPERTIES.iter().find(|property| property.name == name)
    }
}

const fn always(
    name: &'static str,
    occasions: &'static [&'static str],
    statement: &'static str,
    condition: fn(&System, &SystemState) -> bool,
) -> Property {
    Property { name, kind: Kind::Always, statement, occasions, reads_what_is_under_way: false, condition }
}

const fn reachable(
    name: &'static str,
    statement: &'static str,
    condition: fn(&System, &SystemState) -> bool,
) -> Property {
    Property { name, kind: Kind::Reachable, statement, occasions: &[], reads_what_is_under_way: false, condition }
}

const fn converges(
    name: &'static str,
    occasions: &'static [&'static str],
    statement: &'static str,
    condition: fn(&System, &SystemState) -> bool,
) -> Property {
    Property { name, kind: Kind::Converges, statement, occasions, reads_what_is_under_way: false, condition }
}

const fn reading_what_is_under_way(property: Property) -> Property {
    Property { reads_what_is_under_way: true, ..property }
}

const PUT: &[&str] = &["I6.acknowledged-by-exactly-w"];
const GET: &[&str] = &["I1.acknowledged-put-is-read", "I3.a-read-is-over"];
const GET_AFTER_ACK: &[&str] = &["I1.acknowledged-put-is-read"];
const READ_OVER: &[&str] = &["I3.a-read-is-over"];

/// Does this step go on once nothing new goes wrong and nothing new is asked? Messages still arrive, coordinators still lose
/// patience, nodes that are down come back. No message is lost any more, no node goes down, and clients, who hear no more answers and
/// lose no more patience, ask nothing.
pub fn goes_on(setting: &Setting, action: &ActorAction<Process>) -> bool {
    let is_client = |id: &Id| usize::from(*id) >= usize::from(setting.scope.nodes);
    match action {
        ActorModelAction::Deliver { dst, .. } => !is_client(dst),
        ActorModelAction::Timeout(id, _) => !is_client(id),
        ActorModelAction::Recover(_) | ActorModelAction::SelectRandom { .. } => true,
        ActorModelAction::Drop(_) | ActorModelAction::Crash(_) => false,
    }
}

/// Every property. Every one runs in every scope, unless the scope says why not.
pub static PROPERTIES: &[Property] = &[
    always(
        "I1.acknowledged-put-is-on-w-disks",
        PUT,
        "Trace 1: from its acknowledgement on, a put is on the disks of W distinct nodes, or a put that saw it is there \
         instead. Does not hold when disks are lost.",
        |model, state| {
            let view = View { model, state };
            let on_disks = |write| view.nodes().filter(|node| view.durable(*node).contains(write)).count();
            state.history.acknowledged().iter().all(|write| on_disks(write) >= model.cfg.config.w())
        },
    ),
    always(
        "I1.get-rests-on-r-words",
        GET,
        "Trace 1: when a get is answered, R distinct replicas have said what they hold.",
        |model, state| words_at_least(state.history.reads.iter().map(|read| read.outcome), model.cfg.config.r()),
    ),
    always(
        "I1.get-shows-the-merge",
        GET,
        "Trace 1: an answer leaves nothing out that a replica it rests on held, and shows nothing that none of them has on \
         disk.",
        |model, state| {
            let view = View { model, state };
            let on_disk =
                |read: &Read| read.sources.iter().fold(WriteSet::EMPTY, |all, node| all.union(view.durable(*node)));
            state.history.reads.iter().all(|read| read.omitted.is_empty() && read.shown.is_subset(on_disk(read)))
        },
    ),
    always(
        "I1.get-sees-acknowledged-puts",
        GET_AFTER_ACK,
        "Trace 1: with R+W>N a get shows every put that was acknowledged before it began, or one that saw it. Does not hold \
         with R+W<=N.",
        |_, state| {
            let ghost = &state.history;
            let fresh = |read: &Read| read.acknowledged_before.is_subset(ghost.with_all_seen(read.shown));
            answered_reads(state).all(fresh)
        },
    ),
    reachable(
        "I1.acknowledged-put-is-read",
        "A get is answered that shows a put acknowledged before it began.",
        |_, state| answered_reads(state).any(|read| !read.shown.minus(read.acknowledged_before).eq(&read.shown)),
    ),
    reachable(
        "I1.acknowledged-before-all-have-it",
        "A put is acknowledged while an intended replica does not have it yet.",
        |model, state| {
            let view = View { model, state };
            let lacks = |write| model.cfg.preference_list.iter().any(|node| !view.durable(*node).contains(write));
            state.history.acknowledged().iter().any(lacks)
        },
    ),
    always(
        "I2.vouched-for-is-kept",
        PUT,
        "Trace 2: whatever put a node has vouched for stays on its disk until a put that really saw it replaces it.",
        |model, state| {
            let view = View { model, state };
            let vouched = |node: NodeId| state.history.vouched[usize::from(node.0)];
            view.nodes().all(|node| vouched(node).is_subset(view.durable(node)))
        },
    ),
    always(
        "I2.siblings-are-an-antichain",
        PUT,
        "Trace 2: of the siblings on a disk or in an answer, none really saw another.",
        |model, state| {
            let view = View { model, state };
            let ghost = &state.history;
            let on_disk = |node| ghost.is_antichain(writes_of(view.disk(node).map_or(&[], Siblings::versions)));
            view.nodes().all(on_disk) && ghost.reads.iter().all(|read| ghost.is_antichain(read.shown))
        },
    ),
    always(
        "I2.clocks-are-causal",
        PUT,
        "Trace 2: a version's clock covers another's dot exactly if its writer really saw it; a replica's context, exactly if \
         the replica has it or one that saw it.",
        |model, state| View { model, state }.clocks_are_causal(),
    ),
    always(
        "I2.one-put-one-version",
        PUT,
        "Trace 6: however often it is sent, a put is one version under one dot.",
        |model, state| {
            let view = View { model, state };
            view.versions().all(|(write, dot)| view.versions().all(|(other, dot2)| (write == other) == (dot == dot2)))
        },
    ),
    reachable("I2.siblings-are-read", "A get shows two concurrent siblings.", |_, state| {
        state.history.reads.iter().any(|read| read.shown.len() >= 2)
    }),
    reachable("I2.siblings-are-reconciled", "A put that saw two concurrent puts is acknowledged.", |_, state| {
        let ghost = &state.history;
        let reconciles = |write| {
            let saw = ghost.saw(write);
            saw.iter().any(|one| saw.iter().any(|other| ghost.is_antichain(pair(one, other)) && one != other))
        };
        ghost.acknowledged().iter().any(reconciles)
    }),
    reading_what_is_under_way(always(
        "I3.stale-replica-is-repaired",
        READ_OVER,
        "Trace 3: once a read is over, every replica it heard has on disk all that the read knew. Does not hold when messages \
         are lost or the coordinator crashes: repair is sent once, and the next read tries again.",
        |model, state| {
            let view = View { model, state };
            let repaired = |read: &Read| {
                let known = read.known.union(read.shown);
                read.heard.iter().all(|node| known.is_subset(view.durable(*node)))
            };
            let reads = state.history.reads.iter();
            let mut over = reads.enumerate().filter(|(get, _)| !view.is_under_way(*get));
            over.all(|(_, read)| repaired(read))
        },
    )),
    reachable(
        "I3.stale-replica-is-seen",
        "A read has heard a replica that lacks what the read knows.",
        |model, state| {
            let view = View { model, state };
            let stale = |read: &Read| read.heard.iter().any(|node| !read.known.is_subset(view.durable(*node)));
            state.history.reads.iter().any(stale)
        },
    ),
    reading_what_is_under_way(reachable(
        "I3.a-read-is-over",
        "A read that heard another replica is over: nothing of it is under way.",
        |model, state| {
            let view = View { model, state };
            let mut reads = state.history.reads.iter().enumerate();
            reads.any(|(get, read)| read.heard.len() > 1 && !view.is_under_way(get))
        },
    )),
    converges(
        "I5.replicas-agree-in-the-end",
        &["I5.replicas-differ"],
        "Trace 5: in the end all intended replicas have the same puts on disk. Does not hold when messages are lost: only another \
         read would bring them together.",
        |model, state| View { model, state }.replicas_agree(),
    ),
    reachable("I5.replicas-differ", "An intended replica lacks what another has on disk.", |model, state| {
        !View { model, state }.replicas_agree()
    }),
    converges(
        "I6.every-request-ends",
        PUT,
        "Trace 6: in the end no coordinator waits for answers any more. Does not hold where messages are doubled for ever: a request \
         that arrives again runs again.",
        |model, state| {
            let view = View { model, state };
            view.nodes().all(|node| !view.waits(node))
        },
    ),
    always(
        "I6.no-ack-before-w",
        PUT,
        "Trace 6: when a put is acknowledged, W distinct nodes have said that they stored it.",
        |model, state| words_at_least(state.history.writes.iter().map(|write| write.outcome), model.cfg.config.w()),
    ),
    reachable(
        "I6.acknowledged-by-exactly-w",
        "A put is acknowledged as soon as W nodes have stored it.",
        |model, state| {
            let exactly = Outcome::Answered { words: model.cfg.config.w() };
            state.history.writes.iter().any(|write| write.outcome == exactly)
        },
    ),
    reachable("I6.failed-but-possibly-stored", "A put is reported failed, and is on a disk.", |model, state| {
        let view = View { model, state };
        let failed = |write: WriteId| state.history.writes[usize::from(write.0)].outcome == Outcome::Failed;
        view.versions().any(|(write, _)| failed(write))
    }),
];

fn pair(one: WriteId, other: WriteId) -> WriteSet {
    WriteSet::EMPTY.with(one).with(other)
}

fn answered_reads(state: &SystemState) -> impl Iterator<Item = &Read> {
    state.history.reads.iter().filter(|read| matches!(read.outcome, Outcome::Answered { .. }))
}

fn words_at_least(mut outcomes: impl Iterator<Item = Outcome>, needed: usize) -> bool {
    outcomes.all(|outcome| !matches!(outcome, Outcome::Answered { words } if words < needed))
}
