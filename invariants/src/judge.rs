//! Judges a run of a whole cluster, with many keys, by the properties that judge every scope.
//!
//! For one key, a run of a cluster is a path through a scope: its clients' scripts, the same nodes,
//! and whatever goes wrong. So the judge keeps a case for each key: the scope, and the state of
//! it as a property sees it, with only that key on disks and in memory. The ground truth comes from
//! the observer that the checker has. No property is written twice, and none is weaker here.
//!
//! Of the messages in flight, a case has only those that were sent since it was last judged.

mod case;
mod members;
mod messages;
mod nodes;
mod part;
mod record;
mod recorded;
mod retire;

use crate::catalogue::PROPERTIES;
use crate::property::{Kind, Property};
use crate::scope::{Ask, Scope};
use case::Case;
use dynamo_model::client::ClientState;
use dynamo_model::ids::{ClientId, Key, NodeId, RequestId};
use dynamo_model::membership::Tip;
use dynamo_model::message::Message;
use dynamo_model::node::{Durable, State, Timer};
use dynamo_model::rules::Rules;
use stateright::actor::Id;
use std::collections::{BTreeSet, HashMap};

pub use case::{Script, Violation};
pub use nodes::Nodes;
pub use record::{ClusterOfRecord, RecordJudge, Tally};
pub use recorded::{KeyViolation, Unjudged};

/// The judge looks for *reachable* properties with so many keys of a run. It looks for violations
/// with all.
const KEYS_WATCHED: usize = 4;

/// The ground truth of a run, and what it has shown so far.
pub struct Judge {
    cases: Vec<Case>,
    of_key: HashMap<Key, usize>,
    of_client: HashMap<ClientId, Vec<usize>>,
    /// The cases that have changed since they were last judged.
    changed: BTreeSet<usize>,
    /// The *reachable* properties that no state has shown yet.
    unreached: Vec<&'static Property>,
    reached: BTreeSet<&'static str>,
    /// The digest of each node's history when it last stepped.
    tips: HashMap<NodeId, Tip>,
    /// The case that was found unsettled last.
    unsettled: usize,
}

impl Judge {
    /// Judges a run with these keys, each in a scope of its own with these clients. All scopes have
    /// the same nodes. No two share a key, or a client, but for one that only changes members.
    pub fn new(keys: Vec<(Scope, Vec<ClientId>)>, rules: &Rules) -> Judge {
        let mut cases: Vec<Case> =
            keys.into_iter().map(|(scope, clients)| Case::new(scope, clients, rules)).collect();
        // In other runs, the other keys are what bystanders stand for.
        if let [only] = cases.as_mut_slice() {
            only.add_bystanders();
        }
        let of_key = cases.iter().enumerate();
        let of_key = of_key.flat_map(|(index, case)| case.keys().map(move |key| (key, index)));
        let of_key = of_key.collect();
        let mut of_client: HashMap<ClientId, Vec<usize>> = HashMap::new();
        for (index, case) in cases.iter().enumerate() {
            for client in &case.instance().clients {
                of_client.entry(*client).or_default().push(index);
            }
        }
        let is_reachable = |property: &&Property| property.kind == Kind::Reachable;
        let unreached = PROPERTIES.iter().filter(is_reachable).collect();
        let (changed, reached) = (BTreeSet::new(), BTreeSet::new());
        Judge {
            cases,
            of_key,
            of_client,
            changed,
            unreached,
            reached,
            tips: HashMap::new(),
            unsettled: 0,
        }
    }

    /// The clients of the run, each with its script. A client of several keys comes several times.
    pub fn scripts(&self) -> impl Iterator<Item = Script> + '_ {
        self.cases.iter().flat_map(Case::scripts)
    }

    /// What a node has on disk at the start, if anything.
    pub fn first_disk(&self, node: NodeId) -> Option<Durable> {
        self.cases.iter().find_map(|case| case.instance().disk(node))
    }

    /// A node or a client sends a message.
    pub fn sent(&mut self, from: Id, to: Id, message: &Message) {
        for index in self.cases_of(message) {
            self.cases[index].sent(from, to, message);
            self.changed.insert(index);
        }
    }

    /// A message arrives at a node that is up, or at a client.
    pub fn arrived(&mut self, from: Id, to: Id, message: &Message) {
        for index in self.cases_of(message) {
            self.cases[index].arrived(from, to, message);
            self.changed.insert(index);
        }
    }

    /// A timer of a node has fired.
    pub fn fired(&mut self, timer: &Timer) {
        if let Timer::Put(..) | Timer::Get(..) | Timer::Forward(..) | Timer::Gather(..) = timer {
            self.cases.iter_mut().for_each(Case::timed_out);
        }
        let index = match timer {
            Timer::Put(_, request) | Timer::Get(_, request) | Timer::Forward(_, request) => {
                self.of_client.get(&request.client).and_then(|its| its.first())
            }
            Timer::Gather(_, key) | Timer::Reap(_, key) => self.of_key.get(key),
            _ => None,
        };
        self.changed.extend(index);
    }

    /// A node has ended a batch of steps: this is what it knows, and what it has on disk.
    pub fn stepped(&mut self, node: NodeId, state: &State, disk: &Durable) {
        // A node may say of itself that it is gone, and find nobody to tell.
        let tip = disk.history.tip();
        if self.tips.insert(node, tip) != Some(tip) {
            self.changed.extend(0..self.cases.len());
        }
        for index in &self.changed {
            self.cases[*index].set_node(node, state, disk);
        }
    }

    /// A client has taken a step: this is what it knows now.
    pub fn client_stepped(&mut self, client: ClientId, state: &ClientState) {
        for index in self.of_client.get(&client).into_iter().flatten() {
            self.cases[*index].set_client(client, state);
            self.changed.insert(*index);
        }
    }

    /// A client asks again.
    pub fn retried(&mut self, client: ClientId) {
        for index in self.of_client.get(&client).into_iter().flatten() {
            self.cases[*index].retried();
        }
    }

    /// A node crashes.
    pub fn crashed(&mut self, node: NodeId) {
        self.cases.iter_mut().for_each(|case| case.set_crashed(node, true));
    }

    /// A node has restarted.
    pub fn restarted(&mut self, node: NodeId, state: &State, disk: &Durable) {
        for case in &mut self.cases {
            case.set_crashed(node, false);
            case.set_node(node, state, disk);
        }
        self.changed.extend(0..self.cases.len());
    }

    /// A node loses its disk, and will restart on an empty one.
    pub fn lost_disk(&mut self, node: NodeId) {
        self.cases.iter_mut().for_each(|case| case.lose_disk(node));
    }

    /// Judges all cases that have changed since the last call. Returns the first violation of an
    /// *always* property.
    pub fn verdict(&mut self) -> Option<Violation> {
        for index in std::mem::take(&mut self.changed) {
            let case = &mut self.cases[index];
            let changed = case.take_changed();
            let reached = &mut self.reached;
            if index < KEYS_WATCHED {
                self.unreached.retain(|property| {
                    let is_shown = changed.concerns(property) && case.shows(property);
                    if is_shown {
                        reached.insert(property.name);
                    }
                    !is_shown
                });
            }
            if let Some(property) = case.violated(changed) {
                return Some(case.violation(property));
            }
        }
        None
    }

    /// Judges the end of a run, long after the last fault and the last request: what must be so
    /// eventually must be so now. See [`Nodes`].
    pub fn verdict_at_rest<'a>(&mut self, nodes: &impl Nodes<'a>) -> Option<Violation> {
        let (index, property) = self.unsettled(nodes)?;
        Some(self.cases[index].violation(property))
    }

    /// Is all now as it must be eventually?
    pub fn is_at_rest<'a>(&mut self, nodes: &impl Nodes<'a>) -> bool {
        self.unsettled(nodes).is_none()
    }

    /// A case for which something is not yet as it must be eventually.
    fn unsettled<'a>(&mut self, nodes: &impl Nodes<'a>) -> Option<(usize, &'static Property)> {
        self.cases.iter_mut().for_each(Case::calm);
        // What was unsettled at the last look most often still is.
        let order = std::iter::once(self.unsettled).chain(0..self.cases.len());
        for index in order {
            let Some(case) = self.cases.get_mut(index) else { continue };
            nodes.clone().for_each(|(node, state, disk)| case.set_node(node, state, disk));
            if let Some(property) = case.unsettled() {
                self.unsettled = index;
                return Some((index, property));
            }
        }
        None
    }

    /// The *reachable* properties that the run has shown.
    pub fn reached(&self) -> &BTreeSet<&'static str> {
        &self.reached
    }

    /// How many requests of clients were answered, and how many there are.
    pub fn answered(&self) -> (usize, usize) {
        let both = self.cases.iter().map(Case::answered);
        both.fold((0, 0), |(answered, all), (its, of)| (answered + its, all + of))
    }

    /// What a request of a script asks. A request to change members is in the script of every key.
    pub fn ask(&self, request: RequestId) -> Option<Ask> {
        let case = self.of_client.get(&request.client)?.first()?;
        self.cases[*case].instance().ask(request)
    }

    /// For each answered get: how many puts its last answer misses, of those that were acknowledged
    /// before the get began.
    pub fn missed_by_gets(&self) -> impl Iterator<Item = usize> + '_ {
        self.cases.iter().flat_map(Case::missed_by_gets)
    }

    /// The cases that a message is about. One that tells who is a member is about all of them.
    fn cases_of(&self, message: &Message) -> Vec<usize> {
        if let Some(request) = message.request() {
            return self.of_client.get(&request.client).cloned().unwrap_or_default();
        }
        if let Some(key) = message.key() {
            return self.of_key.get(key).copied().into_iter().collect();
        }
        let is_about_members = matches!(message, Message::History { .. } | Message::Changes { .. });
        if is_about_members { (0..self.cases.len()).collect() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests;
