//! One key of a run: its scope, and its state as a property sees it.

use crate::catalogue::PROPERTIES;
use crate::property::{Kind, LooksAt, Property};
use crate::scope::instance::Instance;
use crate::scope::{Faults, Scope};
use crate::system::{System, SystemState};
use crate::truth::{Ghost, Outcome, observer};
use dynamo_model::client::{Client, ClientState};
use dynamo_model::hint::HintId;
use dynamo_model::ids::{ClientId, Key, NodeId, RequestId};
use dynamo_model::message::Message;
use dynamo_model::node::{Durable, State};
use dynamo_model::process::{Process, ProcessState};
use dynamo_model::rules::Rules;
use stateright::Model as _;
use stateright::actor::{Envelope, Id};
use std::collections::BTreeMap;
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

/// Which parts of a case have changed since it was last judged.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Changed {
    truth: bool,
    disk: bool,
    memory: bool,
}

impl Changed {
    /// Can the property have another verdict now?
    pub(super) fn concerns(self, property: &Property) -> bool {
        let Changed { truth, disk, memory } = self;
        match property.looks_at {
            LooksAt::Truth => truth,
            LooksAt::Disks | LooksAt::Versions | LooksAt::Views => truth || disk,
            LooksAt::Clients | LooksAt::Gets | LooksAt::Everything => truth || disk || memory,
            LooksAt::Exchanges | LooksAt::Repeats => false,
        }
    }
}

/// One key of a run.
pub(super) struct Case {
    /// Of timeouts, retries of clients and crashes, its scope has only those that have happened.
    /// Until the first one, the run is a path through the scope without it.
    model: System,
    /// The scope with all faults that may happen.
    scope: Scope,
    state: SystemState,
    changed: Changed,
    /// The *always* properties that the scope does not rule out.
    always: Vec<&'static Property>,
}

impl Case {
    pub(super) fn new(scope: Scope, clients: Vec<ClientId>, rules: &Rules) -> Case {
        let mut instance = scope.instance_with(clients);
        // Preconditions rest on what has happened, not on what may happen later.
        let Faults { timeouts, client_retries, crashes, .. } = &mut instance.scope.faults;
        (*timeouts, *client_retries, *crashes) = (None, 0, 0);
        let model = scope.model_of(instance, rules, []);
        let mut state = model.init_states().remove(0);
        // The run itself has the messages, the timers and the choices.
        state.network = model.init_network.clone();
        let applies = |property: &&Property| {
            property.kind == Kind::Always
                && property.precondition.is_none_or(|it| (it.rules_out)(&scope).is_none())
        };
        let always = PROPERTIES.iter().filter(applies).collect();
        let mut case = Case { model, scope, state, changed: Changed::default(), always };
        // In the model all clients begin at once. In the run each begins at a time of its own, so
        // nothing has happened yet.
        case.state.history = case.model.init_history.clone();
        case
    }

    pub(super) fn without_bystanders(&mut self) {
        self.model.cfg.bystanders.clear();
    }

    /// The key, and others that no client uses.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        let bystanders = self.instance().bystanders.iter().map(|it| it.key.clone());
        std::iter::once(self.instance().key.clone()).chain(bystanders)
    }

    pub(super) fn instance(&self) -> &Instance {
        &self.model.cfg
    }

    /// A coordinator has waited in vain.
    pub(super) fn timed_out(&mut self) {
        self.model.cfg.scope.faults.timeouts = self.scope.faults.timeouts;
    }

    /// A client has asked again.
    pub(super) fn retried(&mut self) {
        self.model.cfg.scope.faults.client_retries = self.scope.faults.client_retries;
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
        let Some(envelope) = self.envelope(from, to, message) else { return };
        let next = observer::record_out(&self.model.cfg, &self.state.history, envelope);
        self.follow(next);
    }

    pub(super) fn arrived(&mut self, from: Id, to: Id, message: &Message) {
        let Some(envelope) = self.envelope(from, to, message) else { return };
        let next = observer::record_in(&self.model.cfg, &self.state.history, envelope);
        self.follow(next);
    }

    fn follow(&mut self, next: Option<Ghost>) {
        if let Some(next) = next {
            self.state.history = next;
            self.changed.truth = true;
        }
    }

    /// The message with the ids that sender and receiver have in the scope. `None`: one of them is
    /// a client of another key.
    fn envelope<'m>(
        &self,
        from: Id,
        to: Id,
        message: &'m Message,
    ) -> Option<Envelope<&'m Message>> {
        let nodes = usize::from(self.instance().scope.nodes);
        let own = |id: Id| {
            let client = self.instance().client_index(ClientId(usize::from(id) as u64));
            let client = client.map(|index| Id::from(nodes + index));
            client.or_else(|| Some(id).filter(|id| usize::from(*id) < nodes))
        };
        Some(Envelope { src: own(from)?, dst: own(to)?, msg: message })
    }

    pub(super) fn set_crashed(&mut self, node: NodeId, is_down: bool) {
        self.state.crashed[usize::from(node.0)] = is_down;
        if is_down {
            self.model.cfg.scope.faults.crashes = self.scope.faults.crashes;
        }
        self.changed.memory = true;
    }

    pub(super) fn lose_disk(&mut self, node: NodeId) {
        self.state.random_choices[usize::from(node.0)].remove(&"fate".to_owned());
        self.changed.disk = true;
    }

    pub(super) fn set_node(&mut self, node: NodeId, state: &State, disk: &Durable) {
        let index = usize::from(node.0);
        let disk = Some(self.its_part_of(disk));
        if self.state.actor_storages[index] != disk {
            self.state.actor_storages[index] = disk;
            self.changed.disk = true;
        }
        let memory = ProcessState::Node(self.its_memory(state));
        if *self.state.actor_states[index] != memory {
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

    /// What a disk has of this key; and one other key, if it has any. Properties say of a node that
    /// it has nothing left.
    fn its_part_of(&self, disk: &Durable) -> Durable {
        let key = &self.instance().key;
        let nodes = (0..self.instance().scope.nodes).map(NodeId);
        let hints = nodes.filter_map(|recipient| {
            let id = HintId { recipient, key: key.clone() };
            let siblings = disk.hints.get(&id)?.clone();
            Some((id, siblings))
        });
        let stored = || disk.store.iter();
        let hinted = disk.hints.iter().map(|(id, siblings)| (&id.key, siblings));
        let other = stored().chain(hinted).find(|(other, _)| *other != key);
        let own = disk.store.get_key_value(key);
        let store = own.into_iter().chain(other);
        Durable {
            incarnation: disk.incarnation,
            store: store.map(|(key, siblings)| (key.clone(), siblings.clone())).collect(),
            hints: hints.collect(),
            history: disk.history.clone(),
            ..Durable::default()
        }
    }

    /// What a node remembers of this key.
    fn its_memory(&self, state: &State) -> State {
        let key = &self.instance().key;
        State {
            view: Arc::clone(&state.view),
            retired: state.retired,
            puts: self.its_requests(&state.puts),
            gets: self.its_requests(&state.gets),
            forwards: self.its_requests(&state.forwards),
            gatherings: its_key(key, &state.gatherings),
            suspected: state.suspected.clone(),
            reaping: its_key(key, &state.reaping),
            ..State::default()
        }
    }

    fn its_requests<T: Clone>(&self, all: &BTreeMap<RequestId, T>) -> BTreeMap<RequestId, T> {
        let is_its = |(request, _): &(&RequestId, &T)| {
            self.instance().client_index(request.client).is_some()
        };
        all.iter().filter(is_its).map(|(request, it)| (*request, it.clone())).collect()
    }

    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
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

fn its_key<T: Clone>(key: &Key, all: &BTreeMap<Key, T>) -> BTreeMap<Key, T> {
    all.get(key).map(|it| (key.clone(), it.clone())).into_iter().collect()
}
