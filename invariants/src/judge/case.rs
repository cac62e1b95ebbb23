//! One key of a run: its scope, and its state as a property sees it.

mod happened;

use super::part;
use crate::catalogue::PROPERTIES;
use crate::property::{Kind, LooksAt, Property};
use crate::scope::instance::Instance;
use crate::scope::{Faults, Scope};
use crate::system::{System, SystemState};
use crate::truth::{Ghost, Outcome, Read, observer};
use dynamo_model::client::{Client, ClientState};
use dynamo_model::ids::{ClientId, Key, NodeId};
use dynamo_model::message::Message;
use dynamo_model::node::{Durable, State};
use dynamo_model::process::{Circumstances, Fate, Process, ProcessState};
use dynamo_model::rules::Rules;
use stateright::actor::{Actor as _, Envelope, Id, Network, Out, RandomChoices, Timers};
use std::sync::Arc;

/// A client of a run, and what it asks.
#[derive(Clone, Debug)]
pub struct Script {
    /// The client.
    pub id: ClientId,
    /// The actor that asks.
    pub client: Client,
}

/// A property that a run violates.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The property.
    pub property: &'static Property,
    /// The scope of the key that it is violated for.
    pub scope: Scope,
    /// The facts that the verdict rests on.
    pub evidence: Vec<String>,
}

#[expect(clippy::struct_excessive_bools, reason = "the parts change independently")]
/// Which parts of a case have changed since it was last judged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Changed {
    truth: bool,
    /// What is on a disk, but for who is a member.
    disk: bool,
    /// Who is a member, by a disk.
    view: bool,
    memory: bool,
    /// A message was sent.
    network: bool,
}

impl Changed {
    /// Can the property have another verdict now?
    pub(super) fn concerns(self, property: &Property) -> bool {
        let Changed { truth, disk, view, memory, network } = self;
        match property.looks_at {
            LooksAt::Truth => truth,
            LooksAt::Views => truth || view,
            LooksAt::Disks | LooksAt::Versions => truth || disk || view,
            LooksAt::Clients | LooksAt::Gets => truth || disk || view || memory,
            LooksAt::Everything => truth || disk || view || memory || network,
            LooksAt::Exchanges | LooksAt::Repeats => network,
        }
    }
}

/// One key of a run.
pub(super) struct Case {
    /// Of timeouts, retries of clients and crashes, its scope has only those that have happened.
    /// Until the first one, the run is a path through the scope without it.
    pub(super) model: System,
    /// The scope with all faults that may happen.
    scope: Scope,
    /// In flight is only what was sent since the case was last judged.
    pub(super) state: SystemState,
    sent: Vec<Envelope<Message>>,
    changed: Changed,
    /// The nodes that have lost their disks.
    lost: Vec<NodeId>,
    /// The *always* properties that the scope does not rule out.
    always: Vec<&'static Property>,
}

impl Case {
    pub(super) fn new(scope: Scope, clients: Vec<ClientId>, rules: &Rules) -> Case {
        Case::of(scope, scope.instance_with(clients), rules)
    }

    /// The case of this instance of the scope.
    pub(super) fn of(scope: Scope, mut instance: Instance, rules: &Rules) -> Case {
        // Preconditions rest on what has happened, not on what may happen later.
        instance.sees_crashes = true;
        let Faults { timeouts, client_retries, crashes, .. } = &mut instance.scope.faults;
        (*timeouts, *client_retries, *crashes) = (None, 0, 0);
        let model = scope.model_of(instance, rules, []);
        let state = before_all(&model);
        let always = always(&scope);
        Case {
            model,
            scope,
            state,
            sent: Vec::new(),
            changed: Changed::default(),
            lost: Vec::new(),
            always,
        }
    }

    pub(super) fn add_bystanders(&mut self) {
        let instance = &mut self.model.cfg;
        instance.bystanders = self.scope.bystanders(&instance.key);
    }

    /// The key, and others that no client uses.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        let bystanders = self.instance().bystanders.iter().map(|it| it.key.clone());
        std::iter::once(self.instance().key.clone()).chain(bystanders)
    }

    pub(super) fn instance(&self) -> &Instance {
        &self.model.cfg
    }

    pub(super) fn scripts(&self) -> impl Iterator<Item = Script> + '_ {
        let actors = self.model.actors.iter().filter_map(|actor| match actor {
            Process::Client(client) => Some(client.clone()),
            Process::Node(..) => None,
        });
        let clients = self.instance().clients.iter().zip(actors);
        clients.map(|(id, client)| Script { id: *id, client })
    }

    pub(super) fn sent(&mut self, from: Id, to: Id, message: &Message) {
        // A client of another key may be told of changes: what the node knows does not depend on it.
        let Some(src) = self.own(from) else { return };
        let envelope = Envelope { src, dst: self.own(to).unwrap_or(src), msg: message };
        let next = observer::record_out(&self.model.cfg, &self.state.history, envelope);
        self.sent.push(Envelope { src, dst: envelope.dst, msg: message.clone() });
        self.changed.network = true;
        self.follow(next);
    }

    pub(super) fn arrived(&mut self, from: Id, to: Id, message: &Message) {
        // A client of another key may tell of changes.
        let Some(dst) = self.own(to) else { return };
        let envelope = Envelope { src: self.own(from).unwrap_or(dst), dst, msg: message };
        let next = observer::record_in(&self.model.cfg, &self.state.history, envelope);
        self.follow(next);
    }

    pub(super) fn follow(&mut self, next: Option<Ghost>) {
        if let Some(next) = next {
            self.note_begun(&next);
            self.state.history = next;
            self.changed.truth = true;
        }
    }

    /// The id of a node or a client in the scope. `None`: it is a client of another key.
    fn own(&self, id: Id) -> Option<Id> {
        let nodes = usize::from(self.instance().scope.nodes);
        if usize::from(id) < nodes {
            return Some(id);
        }
        let client = self.instance().client_index(ClientId(usize::from(id) as u64));
        client.map(|index| Id::from(nodes + index))
    }

    pub(super) fn set_crashed(&mut self, node: NodeId, is_down: bool) {
        self.state.crashed[usize::from(node.0)] = is_down;
        if is_down {
            self.crashes();
        }
        // A coordinator that stops or starts forgets what it has heard.
        for read in &mut self.state.history.reads {
            read.hearings.retain(|hearing| hearing.coordinator != node);
        }
        self.changed.truth = true;
        self.changed.memory = true;
    }

    pub(super) fn set_node(&mut self, node: NodeId, state: &State, disk: &Durable) {
        let before = self.state.actor_storages[usize::from(node.0)].as_ref();
        if before.is_none_or(|before| !part::is_of_disk(self.instance(), before, disk)) {
            self.set_disk(node, part::of_disk(self.instance(), disk));
        }
        self.set_memory(node, state);
    }

    /// This part of a node's disk is about the key.
    pub(super) fn set_disk(&mut self, node: NodeId, part: Durable) {
        let disk = &mut self.state.actor_storages[usize::from(node.0)];
        let had = disk.as_ref().map(|before| &before.history);
        self.changed.view |= had != Some(&part.history);
        self.changed.disk = true;
        *disk = Some(part);
    }

    pub(super) fn set_memory(&mut self, node: NodeId, state: &State) {
        let index = usize::from(node.0);
        let before = self.state.actor_states[index].node();
        if before.is_none_or(|before| !part::is_of_memory(self.instance(), before, state)) {
            let memory = ProcessState::Node(part::of_memory(self.instance(), state));
            self.state.actor_states[index] = Arc::new(memory);
            self.changed.memory = true;
        }
    }

    pub(super) fn set_client(&mut self, client: ClientId, state: &ClientState) {
        let Some(index) = self.instance().client_index(client) else { return };
        let index = usize::from(self.instance().scope.nodes) + index;
        self.state.actor_states[index] = Arc::new(ProcessState::Client(state.clone()));
        self.changed.memory = true;
    }

    /// Has anything changed since the case was last judged?
    pub(super) fn has_changed(&self) -> bool {
        let Changed { truth, disk, view, memory, network } = self.changed;
        truth || disk || view || memory || network
    }

    /// What has changed since the last call. What was sent since then is in flight now.
    pub(super) fn take_changed(&mut self) -> Changed {
        let changed = std::mem::take(&mut self.changed);
        if changed.network || self.state.network.len() > 0 {
            self.state.network = Network::new_unordered_nonduplicating(self.sent.drain(..));
        }
        changed
    }

    pub(super) fn shows(&self, property: &Property) -> bool {
        (property.condition)(&self.model, &self.state)
    }

    /// The first *always* property that is violated now and that these changes may concern.
    pub(super) fn violated(&self, changed: Changed) -> Option<&'static Property> {
        let concerned = self.always.iter().copied().filter(|it| changed.concerns(it));
        concerned.into_iter().find(|property| !self.shows(property))
    }

    /// From now on, the network delivers no message twice. A scope's network may do so for ever,
    /// but that of a run does so only for a time.
    pub(super) fn calm(&mut self) {
        self.model.cfg.scope.faults.duplication = false;
        if self.state.network.len() > 0 {
            self.state.network = Network::new_unordered_nonduplicating([]);
        }
    }

    /// Nobody asks any more whether tombstones may be reaped.
    pub(super) fn reaps_no_more(&mut self) {
        (self.scope.faults.reaps, self.model.cfg.scope.faults.reaps) = (0, 0);
    }

    /// The first *converges* property that is not true now. The run has ended both in a scope with
    /// all faults that might have happened, and in one with those that did.
    pub(super) fn unsettled(&mut self) -> Option<&'static Property> {
        let happened = self.model.cfg.scope.faults;
        let possible = Faults { duplication: happened.duplication, ..self.scope.faults };
        let mut unsettled_with = |faults| {
            self.model.cfg.scope.faults = faults;
            PROPERTIES.iter().find(|property| {
                let scope = &self.model.cfg.scope;
                property.kind == Kind::Converges
                    && property.precondition.is_none_or(|it| (it.rules_out)(scope).is_none())
                    && !(property.condition)(&self.model, &self.state)
            })
        };
        // The last one stays.
        let possible = unsettled_with(possible);
        possible.or(unsettled_with(happened))
    }

    pub(super) fn violation(&self, property: &'static Property) -> Violation {
        let evidence = property.evidence(&self.model, &self.state);
        Violation { property, scope: self.instance().scope, evidence }
    }

    /// See [`Judge::missed_by_gets`](super::Judge::missed_by_gets). A reaped delete is not missed.
    pub(super) fn missed_by_gets(&self) -> impl Iterator<Item = usize> + '_ {
        let ghost = &self.state.history;
        let is_answered = |read: &&Read| matches!(read.outcome, Outcome::Answered { .. });
        ghost.reads.iter().filter(is_answered).map(|read| {
            let told = ghost.with_all_seen(read.shown).union(ghost.forgotten());
            read.acknowledged_before.minus(told).iter().count()
        })
    }

    pub(super) fn answered(&self) -> (usize, usize) {
        let ghost = &self.state.history;
        let outcomes = ghost.writes.iter().map(|it| it.outcome);
        let outcomes = outcomes.chain(ghost.reads.iter().map(|it| it.outcome));
        outcomes.fold((0, 0), |(answered, all), outcome| {
            let is_answered = matches!(outcome, Outcome::Answered { .. });
            (answered + usize::from(is_answered), all + 1)
        })
    }
}

/// The *always* properties that a scope does not rule out.
fn always(scope: &Scope) -> Vec<&'static Property> {
    let applies = |property: &&Property| {
        property.kind == Kind::Always
            && property.precondition.is_none_or(|it| (it.rules_out)(scope).is_none())
    };
    PROPERTIES.iter().filter(applies).collect()
}

/// The state in which no node has started, and no client has begun: in a run, each begins at a time
/// of its own. The run itself has the messages, the timers and the choices, but for the one that
/// tells whether a disk is still there.
fn before_all(model: &System) -> SystemState {
    let idle = Arc::new(ProcessState::Node(State::default()));
    let actor_state = |(index, actor): (usize, &Process)| match actor {
        Process::Node(..) => Arc::clone(&idle),
        Process::Client(client) => {
            let state = client.on_start(Id::from(index), &None, &mut Out::new());
            Arc::new(ProcessState::Client(state))
        }
    };
    let random_choices = |actor: &Process| {
        let mut choices = RandomChoices::default();
        if let Process::Node(_, Circumstances { loses_its_disk: true, .. }) = actor {
            choices.insert("fate".to_owned(), vec![Fate::LoseDisk]);
        }
        choices
    };
    let actors = &model.actors;
    SystemState {
        actor_states: actors.iter().enumerate().map(actor_state).collect(),
        network: model.init_network.clone(),
        timers_set: vec![Timers::new(); actors.len()],
        random_choices: actors.iter().map(random_choices).collect(),
        crashed: vec![false; actors.len()],
        history: model.init_history.clone(),
        actor_storages: vec![None; actors.len()],
    }
}
