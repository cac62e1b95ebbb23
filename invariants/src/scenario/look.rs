//! What a script expects is compared with the present state of the stage.

use super::stage::{Performance, Stage, Trouble};
use super::{Expectation, Outcome, Scenario};
use crate::notation::Who;
use crate::trace::Event;
use crate::truth;
use dynamo_model::ids::{ClientId, NodeId};
use dynamo_model::membership::Standing;
use dynamo_model::message::{Answer, Message};
use std::fmt;

impl Performance {
    /// The answers that reached a client, the last one first.
    fn answers_to(&self, client: ClientId) -> impl Iterator<Item = &Answer> {
        self.run.events.iter().rev().filter_map(move |event| match event {
            Event::Deliver { to: Who::Client(to), message: Message::Answer(answer), .. }
                if *to == client =>
            {
                Some(answer)
            }
            _ => None,
        })
    }

    /// The names of the versions in an answer; after a put, the version that was put.
    pub(super) fn shown_by(&self, answer: &Answer) -> Option<Vec<String>> {
        match answer {
            Answer::GetAnswered { siblings, .. } => {
                let names = siblings.iter().filter_map(|it| self.cast.version(&it.content));
                let mut names: Vec<String> = names.map(str::to_owned).collect();
                names.sort_unstable();
                Some(names)
            }
            Answer::PutAcknowledged { request, .. } => {
                let write = self.run.model.cfg.write(*request)?;
                Some(vec![self.cast.versions[usize::from(write.0)].clone()])
            }
            _ => None,
        }
    }

    /// The answer to this request of a client, if it has arrived.
    pub(super) fn answer_to(&self, client: ClientId, number: u64) -> Option<&Answer> {
        self.answers_to(client).find(|answer| answer.request().number == number)
    }
}

impl Stage<'_> {
    /// The versions that a client's last answer showed.
    fn shown_to(&self, client: &str) -> Option<Vec<String>> {
        let id = ClientId(self.id(client) as u64);
        self.performance.shown_by(self.performance.answers_to(id).next()?)
    }

    pub(super) fn expect_shown(&self, versions: &[String], client: &str) -> Result<(), Trouble> {
        let mut versions = versions.to_vec();
        versions.sort_unstable();
        expect(&Shown(Some(versions)), &Shown(self.shown_to(client)))
    }

    pub(super) fn look(&self, expectation: &Expectation) -> Result<(), Trouble> {
        match expectation {
            Expectation::Put(version, expected) => expect(expected, &self.outcome(version)),
            Expectation::Get(versions, client) => self.expect_shown(versions, client),
            Expectation::Hint(holder, recipient) => {
                let disk = self.state().actor_storages[usize::from(self.real(*holder).0)].as_ref();
                let ids = disk.into_iter().flat_map(|disk| disk.hints.keys());
                let keeps = ids.map(|id| self.performance.cast.name(id.recipient)).collect();
                expect(&Hints(recipient.iter().copied().collect()), &Hints(keeps))
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
                    Members(nodes)
                };
                expect(&sorted(members.clone()), &sorted(known.collect()))
            }
        }
    }

    fn outcome(&self, version: &str) -> Outcome {
        let versions = &self.performance.cast.versions;
        let write = versions.iter().position(|name| name == version);
        match write.map(|write| self.state().history.writes[write].outcome) {
            Some(truth::Outcome::Answered { .. }) => Outcome::Acknowledged,
            Some(truth::Outcome::Failed) => Outcome::Failed,
            _ => Outcome::Pending,
        }
    }
}

fn expect<T: PartialEq + fmt::Display>(expected: &T, actual: &T) -> Result<(), Trouble> {
    if expected == actual {
        return Ok(());
    }
    Err(Trouble::Unexpected { expected: expected.to_string(), actual: actual.to_string() })
}

/// The versions in an answer. `None`: there is no answer.
#[derive(PartialEq)]
struct Shown(Option<Vec<String>>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_deref() {
            None => f.write_str("no answer with versions"),
            Some([]) => f.write_str("nothing"),
            Some(versions) => f.write_str(&versions.join(" ")),
        }
    }
}

/// The recipients of a node's hints.
#[derive(PartialEq)]
struct Hints(Vec<NodeId>);

impl fmt::Display for Hints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("no hint"),
            nodes => write!(f, "a hint for {}", listed(nodes)),
        }
    }
}

/// The members of a view.
#[derive(PartialEq)]
struct Members(Vec<NodeId>);

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "members {}", listed(&self.0))
    }
}

fn listed(nodes: &[NodeId]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

impl Scenario {
    /// Every request that was made, with its answer.
    pub fn answers(&self, performance: &Performance) -> Vec<Answered> {
        let mut numbers = vec![0; self.clients().len()];
        let mut answers = Vec::new();
        for (line, command) in &self.commands[..performance.performed] {
            let Some(name) = command.client() else { continue };
            let clients = self.clients();
            let index = clients.iter().position(|other| *other == name).expect("a client");
            let id = ClientId((self.nodes.len() + index) as u64);
            let answer = performance.answer_to(id, numbers[index]);
            numbers[index] += 1;
            answers.push(Answered {
                line: *line,
                request: command.to_string(),
                answer: answer.map_or("no answer".to_owned(), |answer| performance.told(answer)),
            });
        }
        answers
    }
}

/// A request that a script made, and its answer, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The line of the script.
    pub line: usize,
    /// The request.
    pub request: String,
    /// The answer.
    pub answer: String,
}

impl Performance {
    fn told(&self, answer: &Answer) -> String {
        match answer {
            Answer::GetAnswered { .. } => Shown(self.shown_by(answer)).to_string(),
            Answer::PutAcknowledged { .. } => "acknowledged".to_owned(),
            Answer::PutFailed { stored, needed, .. } => {
                format!("failed: {stored} of {needed} nodes confirmed it in time")
            }
            Answer::GetFailed { answered, needed, .. } => {
                format!("failed: {answered} of {needed} nodes answered in time")
            }
            Answer::Changed { .. } => "done".to_owned(),
            Answer::PutRefused { .. }
            | Answer::GetRefused { .. }
            | Answer::ChangeRefused { .. } => "refused".to_owned(),
            Answer::NoRoute { .. } => "failed: the node knows of no member".to_owned(),
        }
    }
}
