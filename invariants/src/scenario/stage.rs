//! Scenarios, performed by the model: messages arrive in the order in which they were sent, and
//! time passes when the script says so.

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

/// Why a scenario cannot be performed, or does not come out as it says.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct StageError {
    /// Which line of the script.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// A scenario, performed.
pub struct Performance {
    /// What happened.
    pub run: Run,
    /// How its table calls what is in it.
    pub cast: Cast,
}

impl Performance {
    /// The table of the trace that the scenario tells.
    pub fn table(&self, scenario: &Scenario) -> Table {
        Table::of(scenario.trace, &self.run, &self.cast)
            .expect("a script that was read names a trace that exists")
    }
}

/// How often all timers fire when time passes: enough for every attempt to be made, and its answer
/// to come.
const ROUNDS: usize = 12;

type Envelope = (usize, usize, Message);

struct Stage<'a> {
    scenario: &'a Scenario,
    performance: Performance,
    /// What nodes have sent, in order.
    waiting: Vec<Envelope>,
    sides: Vec<Vec<NodeId>>,
}

impl Scenario {
    /// Performs it.
    ///
    /// # Errors
    /// Where something that it asks for cannot happen, or something that it expects is not so.
    pub fn perform(&self) -> Result<Performance, StageError> {
        self.perform_by(&Rules::default())
    }

    /// Performs it by these rules.
    ///
    /// # Errors
    /// As above.
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

    /// The node that the script calls so.
    fn real(&self, name: NodeId) -> NodeId {
        let place = self
            .scenario
            .nodes
            .iter()
            .position(|other| *other == name)
            .expect("the script was read");
        self.performance.cast.nodes[place]
    }

    fn state(&self) -> &SystemState {
        self.performance.run.last()
    }

    fn perform(&mut self, command: &Command) -> Result<(), String> {
        match command {
            Command::Put { over, client, .. } => {
                let shown = self.shown_to(client);
                if !over.is_empty() && shown.as_ref() != Some(over) {
                    return Err(format!("{client} was shown {shown:?} just before"));
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

    /// The next thing that a client wants to ask arrives.
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
        let asked = asked.ok_or_else(|| format!("{client} still waits for an answer"))?;
        let event = self.delivery(&asked);
        self.happen(&event)
    }

    fn id(&self, client: &str) -> usize {
        let clients = self.scenario.clients();
        let place = clients.iter().position(|other| *other == client).expect("the script was read");
        self.scenario.nodes.len() + place
    }

    fn who(&self, index: usize) -> Who {
        Who::of(Id::from(index), &self.state().actor_states[index])
    }

    fn delivery(&self, (from, to, message): &Envelope) -> Event {
        Event::Deliver { from: self.who(*from), to: self.who(*to), message: message.clone() }
    }

    /// This happens, and everything that follows at once.
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

    /// What was sent just now comes after what waits already.
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

    /// Everything arrives, or is lost: what would go from one side to another, or to a node that is
    /// down, or tells nobody anything.
    fn deliver_all(&mut self) {
        while let Some(envelope) = self.waiting.first().cloned() {
            let delivery = self.delivery(&envelope);
            if self.is_cut(&envelope) || self.step(&delivery).is_err() {
                let (from, to, message) = (self.who(envelope.0), self.who(envelope.1), envelope.2);
                self.step(&Event::Lose { from, to, message })
                    .expect("whatever is on its way may be lost");
            }
        }
    }

    fn is_cut(&self, (from, to, _): &Envelope) -> bool {
        let side =
            |index: usize| self.sides.iter().position(|side| side.contains(&NodeId(index as u16)));
        let are_nodes = (*from).max(*to) < self.scenario.nodes.len();
        are_nodes && side(*from) != side(*to)
    }

    /// Timers fire, and what they bring about happens, until it is the same again.
    fn settle(&mut self) {
        let mut seen = Vec::new();
        for _ in 0..ROUNDS {
            for (index, timer) in self.timers() {
                let event = Event::TimeOut { at: self.who(index), timer };
                // One that an earlier one has called off does not fire.
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

    /// What the last answer to a client was about.
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
        Err(format!("expected {expected:?}, and it is {actual:?}"))
    }
}
