//! The model performs scenarios. Messages arrive in the order in which they were sent. Timers fire
//! only at `settle`.

use super::{Command, Scenario, StageError};
use crate::notation::Who;
use crate::system::SystemState;
use crate::tables::{Cast, Table};
use crate::trace::Event;
use crate::trace::replay::{Run, Stopped};
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::node::Timer;
use dynamo_model::rules::Rules;
use stateright::actor::{Id, Timers};
use std::collections::BTreeMap;

/// A scenario that the model has performed, or a part of it.
pub struct Performance {
    /// The run.
    pub run: Run,
    /// The names of nodes and versions in its table.
    pub cast: Cast,
    /// How many commands were performed.
    pub performed: usize,
}

impl Performance {
    /// The table of this run with this number, from 1. `None`: there is no such table.
    pub fn table(&self, number: usize) -> Option<Table> {
        Table::of(number, &self.run, &self.cast)
    }
}

/// Why a command was not performed, or an expectation does not hold.
pub(super) enum Trouble {
    /// An expectation does not hold.
    Unexpected { expected: String, actual: String },
    /// A command cannot be performed.
    Impossible(String),
    /// Messages and timers go on for too long.
    TooLong,
}

/// How often `settle` fires all timers at most: enough for every retransmission and its reply.
const ROUNDS: usize = 12;

type Envelope = (usize, usize, Message);

pub(super) struct Stage<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) performance: Performance,
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
        match self.play(rules)? {
            (performance, None) => Ok(performance),
            (_, Some(error)) => Err(error),
        }
    }

    /// Performs the scenario by these rules, up to the first command that cannot be performed or
    /// expectation that does not hold. Returns what was performed, and that error.
    ///
    /// # Errors
    /// If the program has met too many scopes of readers' own.
    pub fn play(&self, rules: &Rules) -> Result<(Performance, Option<StageError>), StageError> {
        let mut stage = Stage::set(self, rules)?;
        for (line, command) in &self.commands {
            if let Err(trouble) = stage.perform(command) {
                return Ok((stage.performance, Some(StageError::at(*line, trouble))));
            }
            stage.performance.performed += 1;
        }
        Ok((stage.performance, None))
    }
}

impl<'a> Stage<'a> {
    fn set(scenario: &'a Scenario, rules: &Rules) -> Result<Self, StageError> {
        let scope = scenario.own_scope().scope().map_err(StageError::Scope)?;
        let (_, nodes) = scenario.stage();
        let run = Run::begin(scope.model(*rules, []));
        let partition = scope.ring().partition(&run.model.cfg.key);
        let cast =
            Cast { nodes, names: scenario.nodes.clone(), versions: scenario.versions(), partition };
        let performance = Performance { run, cast, performed: 0 };
        Ok(Stage { scenario, performance, waiting: Vec::new(), sides: Vec::new() })
    }

    /// The real node with this name in the script.
    pub(super) fn real(&self, name: NodeId) -> NodeId {
        let position = self
            .scenario
            .nodes
            .iter()
            .position(|other| *other == name)
            .expect("a script names only its own nodes");
        self.performance.cast.nodes[position]
    }

    pub(super) fn state(&self) -> &SystemState {
        self.performance.run.last()
    }

    fn perform(&mut self, command: &Command) -> Result<(), Trouble> {
        match command {
            Command::Put { over, client, .. } => {
                if !over.is_empty() {
                    self.expect_shown(over, client)?;
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
            Command::Crash(node) if self.is_down(*node) => {
                Err(Trouble::Impossible(format!("{node} is down already")))
            }
            Command::Crash(node) => self.happen(&Event::Crash { at: Who::Node(self.real(*node)) }),
            Command::Recover(node) if !self.is_down(*node) => {
                Err(Trouble::Impossible(format!("{node} is up already")))
            }
            Command::Recover(node) => {
                self.happen(&Event::Recover { at: Who::Node(self.real(*node)) })
            }
            Command::Gossip(node, peer) => self
                .happen(&Event::Gossip { at: Who::Node(self.real(*node)), with: self.real(*peer) }),
            Command::Compare(node, peer) => self.happen(&Event::Exchange {
                at: Who::Node(self.real(*node)),
                with: self.real(*peer),
            }),
            Command::Settle => self.settle(),
            Command::Expect(expectation) => self.look(expectation),
        }
    }

    /// A client's next request arrives.
    fn ask(&mut self, client: &str) -> Result<(), Trouble> {
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
        let waits = || format!("{client} still waits for the answer to the request before");
        let asked = asked.ok_or_else(|| Trouble::Impossible(waits()))?;
        let event = self.delivery(&asked);
        self.happen(&event)
    }

    /// The index of a client among the actors.
    pub(super) fn id(&self, client: &str) -> usize {
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

    fn is_down(&self, node: NodeId) -> bool {
        self.state().crashed[usize::from(self.real(node).0)]
    }

    /// An event happens. Then all messages that follow from it arrive or are lost.
    fn happen(&mut self, event: &Event) -> Result<(), Trouble> {
        self.step(event).map_err(|stopped| Trouble::Impossible(format!("{event}: {stopped}")))?;
        self.deliver_all()
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
    fn deliver_all(&mut self) -> Result<(), Trouble> {
        while let Some(envelope) = self.waiting.first().cloned() {
            // Broken rules may let messages go on for ever.
            if self.performance.run.events.len() >= Scenario::STEPS_MAX {
                return Err(Trouble::TooLong);
            }
            let delivery = self.delivery(&envelope);
            if self.is_cut(&envelope) || self.step(&delivery).is_err() {
                let (from, to, message) = (self.who(envelope.0), self.who(envelope.1), envelope.2);
                self.step(&Event::Lose { from, to, message })
                    .expect("any message in flight may be lost");
            }
        }
        Ok(())
    }

    fn is_cut(&self, (from, to, _): &Envelope) -> bool {
        let side =
            |index: usize| self.sides.iter().position(|side| side.contains(&NodeId(index as u16)));
        let are_nodes = (*from).max(*to) < self.scenario.nodes.len();
        are_nodes && side(*from) != side(*to)
    }

    /// Fires all timers, round by round, until a round ends in a state that an earlier one ended
    /// in.
    fn settle(&mut self) -> Result<(), Trouble> {
        let mut seen = Vec::new();
        for _ in 0..ROUNDS {
            for (index, timer) in self.timers() {
                let event = Event::TimeOut { at: self.who(index), timer };
                // An earlier timer of this round may have cancelled this one.
                if self.step(&event).is_ok() {
                    self.deliver_all()?;
                }
            }
            if seen.contains(self.state()) {
                break;
            }
            seen.push(self.state().clone());
        }
        Ok(())
    }

    fn timers(&self) -> Vec<(usize, Timer)> {
        let sets = self.state().timers_set.iter().enumerate();
        let mut timers: Vec<(usize, Timer)> = sets
            .flat_map(|(index, set)| Timers::iter(set).map(move |timer| (index, timer.clone())))
            .collect();
        timers.sort_unstable();
        timers
    }
}
