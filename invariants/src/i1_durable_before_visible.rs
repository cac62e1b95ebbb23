//! I1, durable before visible: its statement, and the properties that state it exactly.

mod defects;
mod scopes;

use crate::facts;
use crate::invariant::Invariant;
use crate::property::occasions::{GET, IN_PERSON, MUST_SEE, PUT};
use crate::property::{
    LooksAt, Property, always, answered_reads, by_the_run, given, is_answered, looking_at,
    reachable, replies_at_least,
};
use crate::scope::Ask;
use crate::scope::instance::Instance;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::system::world::World;
use crate::truth::{Outcome, Read};
use dynamo_model::ids::{NodeId, RequestId};

/// Everything that belongs to I1.
pub(crate) const INVARIANT: Invariant = Invariant {
    id: "I1",
    name: "durable before visible",
    statement: "The coordinator acknowledges a put only when W nodes have it on disk.",
    exceptions: "Each disk that is lost, or started on an older copy, lowers the number of copies \
                 by one. A get can miss an acknowledged put with R+W<=N, or when a fallback stands \
                 in for a replica. It can also miss one through a replica that lost its disk, or \
                 through a removed node that is alive. Where the ring changes, it can miss one \
                 through a new replica that did not wait for a silent node.",
    paper: "§4.3, §4.5",
    scenario: "1-quorum",
    properties: PROPERTIES,
    defects: defects::DEFECTS,
    first_defect: "word-before-disk",
    limits: defects::LIMITS,
    defects_sources: &[
        include_str!("i1_durable_before_visible/defects.rs"),
        include_str!("i1_durable_before_visible/defects/moves.rs"),
    ],
    scopes: scopes::SCOPES,
    deep_scopes: scopes::DEEP,
};

const PROPERTIES: &[Property] = &[
    always(
        "I1.acknowledged-put-is-on-w-disks",
        &[facts::acknowledged],
        PUT,
        "An acknowledged put is on the disks of at least W distinct nodes (Dynamo paper §4.5, \
         §4.6). A put that supersedes it counts for it, and so do hints. The disk of a node that \
         is gone does not count. Exception: each disk that is lost, or started on an older copy, \
         lowers W by one. In a simulated or recorded run, it does so only for puts that began \
         before. Exception: a reaped put, or one that a reaped put superseded, need not be on any \
         disk.",
        |model, state| {
            let world = World { model, state };
            let on_disk = |node: &NodeId, write| {
                !world.is_gone(*node) && world.durable(*node).contains(write)
            };
            let on_disks = |write| world.nodes().filter(|node| on_disk(node, write)).count();
            let w = model.cfg.config.w();
            let kept = state.history.acknowledged().minus(world.forgotten());
            kept.iter().all(|write| on_disks(write) + world.losses_of(write) >= w)
        },
    ),
    looking_at(
        LooksAt::Truth,
        always(
            "I1.get-rests-on-r-replies",
            &[facts::answered],
            GET,
            "When a coordinator answers a get, at least R distinct nodes have told what they hold \
             (Dynamo paper §4.5). Fallbacks count, and the coordinator itself always counts.",
            |model, state| {
                replies_at_least(
                    state.history.reads.iter().map(|read| read.outcome),
                    model.cfg.config.r(),
                )
            },
        ),
    ),
    always(
        "I1.get-shows-the-merge",
        &[facts::answered, facts::disks],
        GET,
        "A get's answer omits no put that a node which replied had confirmed, unless it shows a \
         put that supersedes that one (Dynamo paper §4.4). The answer shows only puts that are on \
         the disks of these nodes. The coordinator is one of them. If a fallback replied, or the \
         ring changes, the disks of all nodes count. Exception: the answer may omit a reaped put. \
         Exception: where the ring changes, it may omit what only the coordinator itself had \
         confirmed. Does not hold when one of the disks that count is lost, or started on an older \
         copy.",
        |model, state| {
            let world = World { model, state };
            let intended = if model.cfg.changes { &[][..] } else { &model.cfg.preference_list };
            // A fallback may have handed over what it showed since then. Where the ring changes, a
            // replica may have too.
            let disks = |node: &NodeId| {
                if intended.contains(node) { vec![*node] } else { world.nodes().collect() }
            };
            let on_disk = |read: &Read| {
                let disks = read.sources.iter().flat_map(disks);
                disks.fold(WriteSet::EMPTY, |all, node| all.union(world.durable(node)))
            };
            let lost = |read: &Read| {
                let mut counted = read.sources.iter().flat_map(disks);
                counted.any(|node| world.lost_its_disk(node))
            };
            let is_merge = |read: &Read| {
                read.omitted.is_subset(world.forgotten()) && read.shown.is_subset(on_disk(read))
            };
            state.history.reads.iter().all(|read| lost(read) || is_merge(read))
        },
    ),
    given(
        by_the_run,
        |model, state| {
            let world = World { model, state };
            answered_reads(state).all(|read| missed(&world, read).is_empty())
        },
        always(
            "I1.get-sees-acknowledged-puts",
            &[facts::answered, facts::saw],
            MUST_SEE,
            "A get shows every put that was acknowledged before the get began, if the two quorums \
             overlap (Dynamo paper §4.5). P is the number of intended replicas that had confirmed \
             the put when it was acknowledged. Q is the number of intended replicas that the \
             coordinator of the get had heard when it answered. The quorums overlap if P+Q>N. With \
             R+W>N they do, unless a fallback stood in for a replica. A put that supersedes the \
             acknowledged one counts for it. All this holds also while keys move. Exception: the \
             get may omit a reaped put, or one that a reaped put superseded. Precondition: P+Q>N, \
             after P+Q is lowered by one for each node that the coordinator heard and that has \
             lost its disk or started on an older copy. In a simulated or recorded run, such a \
             disk counts only if the put began before. Precondition: the node that answered was \
             not removed for good. Precondition: where the ring changes, P is larger than the \
             number of nodes that were removed for good or lost their disks. Precondition: where \
             the ring changes, R+W>N, lowered as P+Q is. Precondition: the \
             ring does not change, or coordinators never time out. A new replica does not wait for \
             a node that it suspects.",
            |model, state| {
                let world = World { model, state };
                let misses = |read: &Read| {
                    let mut missed = missed(&world, read).iter();
                    missed.any(|write| must_see(&world, read, write, Asked::AnyNode))
                };
                !answered_reads(state).any(misses)
            },
        ),
    ),
    given(
        by_the_run,
        |model, state| !shows_less(&World { model, state }, |_, _| true),
        always(
            "I1.next-get-shows-as-much",
            &[facts::answered, facts::saw],
            MUST_SEE,
            "A client's get shows every put that an earlier get of this client showed (monotonic \
             reads). A put that supersedes it counts for it. Exception: the get may omit a reaped \
             put, or one that a reaped put superseded. Precondition: the put was acknowledged \
             before the later get began, and the preconditions of I1.get-sees-acknowledged-puts \
             are met. A get may show a put that is not acknowledged yet, and the next get may ask \
             replicas that do not have it.",
            |model, state| {
                let world = World { model, state };
                !shows_less(&world, |read, write| {
                    read.acknowledged_before.contains(write)
                        && must_see(&world, read, write, Asked::AnyNode)
                })
            },
        ),
    ),
    reachable(
        "I1.get-must-see-a-put",
        &[facts::answered],
        "A coordinator answers a get that must see an acknowledged put. The intended replicas that \
         it heard overlap with those that had confirmed the put when it was acknowledged, before \
         the get began.",
        |model, state| {
            let world = World { model, state };
            answered_reads(state).any(|read| {
                read.acknowledged_before
                    .iter()
                    .any(|write| must_see(&world, read, write, Asked::AnyNode))
            })
        },
    ),
    looking_at(
        LooksAt::Disks,
        always(
            "I1.in-person-get-sees-in-person-puts",
            &[facts::answered_in_person, facts::saw],
            IN_PERSON,
            "With PR+PW>N, a get that asked for PR intended replicas shows every put that asked \
             for PW of them and was acknowledged before the get began (Dynamo paper §4.5, §4.6). A \
             put that supersedes it counts for it. This holds also while fallbacks stand in for \
             replicas. Does not hold where a precondition of I1.get-sees-acknowledged-puts is not \
             met.",
            |model, state| {
                let Instance { puts, gets, .. } = &model.cfg;
                let in_person =
                    |request: &RequestId| model.cfg.ask(*request).is_some_and(Ask::is_in_person);
                let asked = (0..).map(WriteId).zip(puts).filter(|(_, put)| in_person(put));
                let asked: WriteSet = asked.map(|(write, _)| write).collect();
                let reads = state
                    .history
                    .reads
                    .iter()
                    .zip(gets)
                    .filter(|(read, get)| is_answered(read) && in_person(get));
                let world = World { model, state };
                let misses = |read: &Read| {
                    let mut missed = missed(&world, read).iter();
                    missed.any(|write| {
                        asked.contains(write) && must_see(&world, read, write, Asked::InPerson)
                    })
                };
                !reads.map(|(read, _)| read).any(misses)
            },
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I1.in-person-put-is-read-in-person",
            &[facts::answered_in_person, facts::acknowledged_in_person],
            "A coordinator answers a get that asked for PR intended replicas, and shows a put that \
             asked for PW of them.",
            |model, state| {
                let Instance { puts, gets, .. } = &model.cfg;
                let in_person =
                    |request: &RequestId| model.cfg.ask(*request).is_some_and(Ask::is_in_person);
                let reads = state
                    .history
                    .reads
                    .iter()
                    .zip(gets)
                    .filter(|(read, get)| is_answered(read) && in_person(get));
                reads.map(|(read, _)| read).any(|read| {
                    read.shown.iter().any(|write| in_person(&puts[usize::from(write.0)]))
                })
            },
        ),
    ),
    looking_at(
        LooksAt::Truth,
        reachable(
            "I1.acknowledged-put-is-read",
            &[facts::answered],
            "A coordinator answers a get with a put that was acknowledged before the get began.",
            |_, state| {
                answered_reads(state)
                    .any(|read| !read.shown.minus(read.acknowledged_before).eq(&read.shown))
            },
        ),
    ),
    reachable(
        "I1.acknowledged-before-all-have-it",
        &[facts::acknowledged],
        "A put is acknowledged, and an intended replica does not have it on disk.",
        |model, state| {
            let world = World { model, state };
            let lacks =
                |write| world.intended().iter().any(|node| !world.stored(*node).contains(write));
            state.history.acknowledged().iter().any(lacks)
        },
    ),
];

/// The puts acknowledged before a get began that its answer neither shows nor replaces.
fn missed(world: &World<'_>, read: &Read) -> WriteSet {
    omitted_of(world, read.acknowledged_before, read)
}

/// Those of these puts that a get's answer neither shows nor replaces. Reaped puts are left out. So
/// are all deletes where no message tells of a reap: a delete that is stored again may have been
/// reaped when the get was answered.
fn omitted_of(world: &World<'_>, puts: WriteSet, read: &Read) -> WriteSet {
    let (instance, ghost) = (&world.model.cfg, &world.state.history);
    let is_delete =
        |write: &WriteId| instance.ask(instance.puts[usize::from(write.0)]) == Some(Ask::Delete);
    let mut reaped = world.forgotten();
    if instance.reaps_alone {
        reaped =
            ghost.with_all_seen(reaped.union(ghost.begun().iter().filter(is_delete).collect()));
    }
    puts.minus(ghost.with_all_seen(read.shown).union(reaped))
}

/// Does a client's get omit such a put that an earlier get of this client showed?
fn shows_less(world: &World<'_>, is_meant: impl Fn(&Read, WriteId) -> bool) -> bool {
    let gets = || world.model.cfg.gets.iter().zip(&world.state.history.reads);
    let answered = || gets().filter(|(_, read)| is_answered(read));
    answered().any(|(later, read)| {
        let earlier = answered()
            .filter(|(get, _)| get.client == later.client && get.number < later.number)
            .fold(WriteSet::EMPTY, |all, (_, earlier)| all.union(earlier.shown));
        let mut omitted = omitted_of(world, earlier, read).iter();
        omitted.any(|write| is_meant(read, write))
    })
}

/// Must the replicas that the coordinator of a get heard include one that had confirmed the put
/// when it was acknowledged? More than N of them, counted together, cannot all be different nodes.
/// A coordinator that answers too early must not escape by its small count: where no fallback may
/// count, W and R replicas had to.
fn must_see(world: &World<'_>, read: &Read, write: WriteId, asked: Asked) -> bool {
    let instance = &world.model.cfg;
    let in_person = |outcome, least: usize| match outcome {
        Outcome::Answered { in_person, .. } => in_person.max(least),
        _ => 0,
    };
    let may_stand_in = instance.scope.has_stand_ins() && asked == Asked::AnyNode;
    let (w, r) = if may_stand_in { (0, 0) } else { (instance.config.w(), instance.config.r()) };
    let confirmed = in_person(world.state.history.writes[usize::from(write.0)].outcome, w);
    let heard = in_person(read.outcome, r);
    let lost = read.sources.iter().filter(|node| world.may_have_lost(**node, write)).count();
    let is_current = read.by.is_none_or(|node| !world.is_removed(node))
        && !(instance.changes && instance.scope.faults.timeouts.is_some());
    // A new replica gathers what W replicas may have confirmed from as many as R need not ask.
    let must_overlap = instance.config.w() + instance.config.r() > instance.config.n() + lost;
    let is_current = is_current && (!instance.changes || must_overlap);
    let removed = || world.removed().len();
    let forgotten = if instance.changes { removed() + world.losses_of(write) } else { 0 };
    is_current && confirmed > forgotten && confirmed + heard > instance.config.n() + lost
}

/// Whose answers may count for a put and for a get.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Fallbacks too.
    AnyNode,
    /// Both asked for W and R intended replicas.
    InPerson,
}
