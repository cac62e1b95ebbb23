//! The model performs scenarios. Messages arrive in the order in which they were sent. Timers fire
//! only at `settle`.

use super::{Command, Expectation, Outcome, Scenario};
use crate::notation::Who;
use crate::system::SystemState;
use crate::tables::{Cast, Table};
use crate::trace::Event;
use crate::trace::replay::{Run, Stopped};
use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::membership::Standing;
use dynamo_model::message::{Answer, Message};
use dynamo_model::node::Timer;
use dynamo_model::process::Process;
use dynamo_model::rules::Rules;
use stateright::actor::{Id, Timers};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a scenario cannot be performed, or an expectation in it does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct StageError {
    /// The number of the line in the script.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// A scenario that the model has performed.
pub struct Performance {
    /// The run.
    pub run: Run,
    /// The names of nodes and versions in its table.
    pub cast: Cast,
}

impl Performance {
    /// The scenario's table of this run.
    pub fn table(&self, scenario: &Scenario) -> Table {
        Table::of(scenario.number, &self.run, &self.cast)
            .expect("a parsed script has a number with a table")
    }
}

/// How often `settle` fires all timers at most: enough for every retransmission and its reply.
const ROUNDS: usize = 12;

type Envelope = (usize, usize, Message);

struct Stage<'a> {
    scenario: &'a Scenario,
    performance: Performance,
    /// The messages in flight, in the order in which they were sent.
    waiting: Vec<Envelope>,
    /// The sides of the present partition. Empty: there is none.
    sides: Vec<Vec<NodeId>>,
}

impl Scenario {
    /// Performs the scenario by the protocol's rules.
    ///
    /// # Errors
    /// If a command cannot be performed, or an expectation does not hold.
    pub fn perform(&self) -> Result<Performance, StageError> {
        self.perform_by(&Rules::default())
    }

    /// Performs the scenario by these rules.
    ///
    /// # Errors
    /// If a command cannot be performed, or an expectation does not hold.
    pub fn perform_by(&self, rules: &Rules) -> Result<Performance, StageError> {
        let mut stage = Stage::set(self, rules);
        for (line, command) in &self.commands {
            stage.perform(command).map_err(|what| StageError { line: *line, what })?;
        }
        Ok(stage.performance)
    }
}

impl<'a> Stage<'a> {
    fn set(scenario: &'a Scenario, rules: &Rules) -> Self {
        let scope = scenario.scope();
        let (key, nodes) = scenario.stage();
        let instance = scope.instance_on(key);
        let partition = scope.ring().partition(&instance.key);
        let cast =
            Cast { nodes, names: scenario.nodes.clone(), versions: scenario.versions(), partition };
        let mut model = scope.model_of(instance, rules, []).within_boundary(|_, _| true);
        for actor in &mut model.actors {
            if let Process::Node(_, circumstances) = actor {
                circumstances.takes_all = true;
            }
        }
        let performance = Performance { run: Run::begin(model), cast };
        Stage { scenario, performance, waiting: Vec::new(), sides: Vec::new() }
    }

    /// The real node with this name in the script.
    fn real(&self, name: NodeId) -> NodeId {
        let position = self
            .scenario
            .nodes
            .iter()
            .position(|other| *other == name)
            .expect("a script names only its own nodes");
        self.performance.cast.nodes[position]
    }

    fn state(&self) -> &SystemState {
        self.performance.run.last()
    }

    fn perform(&mut self, command: &Command) -> Result<(), String> {
        match command {
            Command::Put { over, client, .. } => {
                let shown = self.shown_to(client);
                if !over.is_empty() && shown.as_ref() != Some(over) {
                    return Err(format!(
                        "{client} replaces {over:?}, but its last answer showed {shown:?}"
                    ));
                }
                self.ask(client)
            }
            Command::Get { client, .. } => self.ask(client),
            Command::Join { .. } => self.ask(super::ADMINISTRATOR),
            Command::Partition(sides) => {
                self.sides = sides
                    .iter()
                    .map(|side| side.iter().map(|node| self.real(*node)).collect())
                    .collect();
                Ok(())
            }
            Command::Heal => {
                self.sides.clear();
                Ok(())
            }
            Command::Crash(node) => self.happen(&Event::Crash { at: Who::Node(self.real(*node)) }),
            Command::Recover(node) => {
                self.happen(&Event::Recover { at: Who::Node(self.real(*node)) })
            }
            Command::Gossip(node, peer) => self
                .happen(&Event::Gossip { at: Who::Node(self.real(*node)), with: self.real(*peer) }),
            Command::Compare(node, peer) => self.happen(&Event::Exchange {
                at: Who::Node(self.real(*node)),
                with: self.real(*peer),
            }),
            Command::Settle => {
                self.settle();
                Ok(())
            }
            Command::Expect(expectation) => self.look(expectation),
        }
    }

    /// A client's next request arrives.
    fn ask(&mut self, client: &str) -> Result<(), String> {
        let id = self.id(client);
        let asks = |message: &Message| {
            matches!(
                message,
                Message::Request(_) | Message::Routed { .. } | Message::Administer { .. }
            )
        };
        let mut envelopes = self.state().network.iter_all();
        let asked =
            envelopes.find(|envelope| usize::from(envelope.src) == id && asks(envelope.msg));
        let asked = asked.map(|envelope| (id, usize::from(envelope.dst), envelope.msg.clone()));
        let asked = asked
            .ok_or_else(|| format!("{client} still waits for the answer to its last request"))?;
        let event = self.delivery(&asked);
        self.happen(&event)
    }

    fn id(&self, client: &str) -> usize {
        let clients = self.scenario.clients();
        let index = clients.iter().position(|other| *other == client);
        self.scenario.nodes.len() + index.expect("a script names only its own clients")
    }

    fn who(&self, index: usize) -> Who {
        Who::of(Id::from(index), &self.state().actor_states[index])
    }

    fn delivery(&self, (from, to, message): &Envelope) -> Event {
        Event::Deliver { from: self.who(*from), to: self.who(*to), message: message.clone() }
    }

    /// An event happens. Then all messages that follow from it arrive or are lost.
    fn happen(&mut self, event: &Event) -> Result<(), String> {
        self.step(event).map_err(|stopped| format!("{event}: {stopped}"))?;
        self.deliver_all();
        Ok(())
    }

    fn step(&mut self, event: &Event) -> Result<(), Stopped> {
        self.performance.run.take(event)?;
        self.note_what_waits();
        Ok(())
    }

    /// Appends the messages sent by the last step to the messages in flight.
    fn note_what_waits(&mut self) {
        let mut count = BTreeMap::<Envelope, usize>::new();
        for envelope in self.performance.run.last().network.iter_all() {
            let is_request = usize::from(envelope.src) >= self.scenario.nodes.len()
                && !matches!(envelope.msg, Message::Changes { .. });
            if !is_request {
                *count
                    .entry((envelope.src.into(), envelope.dst.into(), envelope.msg.clone()))
                    .or_default() += 1;
            }
        }
        self.waiting.retain(|envelope| match count.get_mut(envelope) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        });
        for (envelope, left) in count {
            self.waiting.extend(std::iter::repeat_n(envelope, left));
        }
    }

    /// Delivers all messages in flight, oldest first. A message is lost if it crosses the
    /// partition, if its recipient is down, or if it would change nothing.
    fn deliver_all(&mut self) {
        while let Some(envelope) = self.waiting.first().cloned() {
            let delivery = self.delivery(&envelope);
            if self.is_cut(&envelope) || self.step(&delivery).is_err() {
                let (from, to, message) = (self.who(envelope.0), self.who(envelope.1), envelope.2);
                self.step(&Event::Lose { from, to, message })
                    .expect("any message in flight may be lost");
            }
        }
    }

    fn is_cut(&self, (from, to, _): &Envelope) -> bool {
        let side =
            |index: usize| self.sides.iter().position(|side| side.contains(&NodeId(index as u16)));
        let are_nodes = (*from).max(*to) < self.scenario.nodes.len();
        are_nodes && side(*from) != side(*to)
    }

    /// Fires all timers, round by round, until a round ends in a state that an earlier one ended
    /// in.
    fn settle(&mut self) {
        let mut seen = Vec::new();
        for _ in 0..ROUNDS {
            for (index, timer) in self.timers() {
                let event = Event::TimeOut { at: self.who(index), timer };
                // An earlier timer of this round may have cancelled this one.
                if self.step(&event).is_ok() {
                    self.deliver_all();
                }
            }
            if seen.contains(self.state()) {
                return;
            }
            seen.push(self.state().clone());
        }
    }

    fn timers(&self) -> Vec<(usize, Timer)> {
        let sets = self.state().timers_set.iter().enumerate();
        let mut timers: Vec<(usize, Timer)> = sets
            .flat_map(|(index, set)| Timers::iter(set).map(move |timer| (index, timer.clone())))
            .collect();
        timers.sort_unstable();
        timers
    }

    /// The last answer to a client.
    fn answer_to(&self, client: &str) -> Option<&Answer> {
        let id = ClientId(self.id(client) as u64);
        self.performance.run.events.iter().rev().find_map(|event| match event {
            Event::Deliver { to: Who::Client(to), message: Message::Answer(answer), .. }
                if *to == id =>
            {
                Some(answer)
            }
            _ => None,
        })
    }

    /// The versions in a client's last answer; after a put, the version that was put.
    fn shown_to(&self, client: &str) -> Option<Vec<String>> {
        match self.answer_to(client)? {
            Answer::GetAnswered { siblings, .. } => {
                let names =
                    siblings.iter().filter_map(|version| self.name(version.content.bytes()));
                let mut names: Vec<String> = names.collect();
                names.sort_unstable();
                Some(names)
            }
            Answer::PutAcknowledged { request, .. } => {
                let write = self.performance.run.model.cfg.write(*request)?;
                Some(vec![self.performance.cast.versions[usize::from(write.0)].clone()])
            }
            _ => None,
        }
    }

    fn name(&self, value: &[u8]) -> Option<String> {
        let versions = self.performance.cast.versions.iter().enumerate();
        let mut named = versions.filter(|(index, _)| format!("w{index}").as_bytes() == value);
        named.next().map(|(_, name)| name.clone())
    }

    fn look(&self, expectation: &Expectation) -> Result<(), String> {
        match expectation {
            Expectation::Put(version, expected) => expect(expected, &self.outcome(version)),
            Expectation::Get(versions, client) => {
                let mut versions = versions.clone();
                versions.sort_unstable();
                expect(&Some(versions), &self.shown_to(client))
            }
            Expectation::Hint(holder, recipient) => {
                let disk = self.state().actor_storages[usize::from(self.real(*holder).0)].as_ref();
                let ids = disk.into_iter().flat_map(|disk| disk.hints.keys());
                let keeps: Vec<NodeId> =
                    ids.map(|id| self.performance.cast.name(id.recipient)).collect();
                expect(&recipient.iter().copied().collect::<Vec<_>>(), &keeps)
            }
            Expectation::Members(members, node) => {
                let state = self.state().actor_states[usize::from(self.real(*node).0)]
                    .node()
                    .expect("a node");
                let all = self.scenario.nodes.iter().copied();
                let known =
                    all.filter(|other| state.view.standing(self.real(*other)) == Standing::Member);
                let sorted = |mut nodes: Vec<NodeId>| {
                    nodes.sort_unstable();
                    nodes
                };
                expect(&sorted(members.clone()), &sorted(known.collect()))
            }
        }
    }

    fn outcome(&self, version: &str) -> Outcome {
        let versions = &self.performance.cast.versions;
        let write = versions.iter().position(|name| name == version);
        match write.map(|write| self.state().history.writes[write].outcome) {
            Some(crate::truth::Outcome::Answered { .. }) => Outcome::Acknowledged,
            Some(crate::truth::Outcome::Failed) => Outcome::Failed,
            _ => Outcome::Pending,
        }
    }
}

fn expect<T: PartialEq + std::fmt::Debug>(expected: &T, actual: &T) -> Result<(), String> {
    if expected == actual {
        Ok(())
    } else {
        Err(format!("expected {expected:?}, found {actual:?}"))
    }
}
