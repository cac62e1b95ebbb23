//! Judges the joined run by all properties of the catalogue, as the simulator judges its runs.
//!
//! The judge hears of each batch once it is committed, and judges after it. It needs the whole
//! ground truth. Where the records do not tell it, it stops and says why: it never passes what it
//! has not seen.

use super::entry::{Batch, Head};
use super::listen::{Ended, Listener, Lost, Started, Stepped};
use super::quiet::Quiet;
use super::reader::{Ending, Position};
use crate::interpreter::Event;
use dynamo_invariants::judge::{ClusterOfRecord, KeyViolation, RecordJudge, Tally};
use dynamo_model::ids::NodeId;
use dynamo_model::membership::{History, Tip};
use dynamo_model::node::{Durable, State};
use dynamo_model::rules::Rules;
use std::collections::{BTreeMap, HashMap};
use std::panic::{self, AssertUnwindSafe};

/// Where and why judging ended before the records do.
#[derive(Clone, Debug)]
pub struct Limit {
    /// The node.
    pub node: NodeId,
    /// Where in its record.
    pub at: Position,
    /// Why.
    pub why: String,
}

/// Where a property falls.
#[derive(Clone, Debug)]
pub struct Fall {
    /// The node that did the batch after which the property is false.
    pub node: NodeId,
    /// The batch, in the node's record.
    pub at: Position,
    /// The number of the batch's first event in this life of the node, from 0.
    pub event: u64,
    /// What happened in the batch.
    pub batch: Batch,
    /// The property, the key, and the evidence.
    pub violation: KeyViolation,
}

/// What the judge found.
#[derive(Debug, Default)]
pub struct Judgement {
    /// How many events were judged.
    pub events: u64,
    /// The keys and requests. `None`: nothing was judged.
    pub tally: Option<Tally>,
    /// Where judging ended. `None`: it came to the ends of all records, or to a violation.
    pub limit: Option<Limit>,
    /// The first violation of an *always* property.
    pub fall: Option<Box<Fall>>,
    /// What the *converges* properties say.
    pub rest: Rest,
}

/// What the properties say that must be true eventually.
#[derive(Debug)]
pub enum Rest {
    /// Nothing, because the run had not come to rest when the records end.
    NotJudged(String),
    /// All of them are true when the records end.
    Holds,
    /// One of them is not.
    Violated(Box<KeyViolation>),
}

impl Default for Rest {
    fn default() -> Self {
        Rest::NotJudged("the run was not judged to the ends of the records".to_owned())
    }
}

/// Judges a run.
pub struct Judged {
    judge: Option<RecordJudge>,
    /// One more than the largest index of a node with a record.
    nodes: u16,
    cluster: Option<ClusterOfRecord>,
    /// The digest of each node's history.
    tips: HashMap<NodeId, Tip>,
    quiet: Quiet,
    /// How each node stopped whose record has come to its end. `None`: it was killed, or runs.
    ends: BTreeMap<NodeId, Option<(State, Durable)>>,
    found: Judgement,
}

impl Judged {
    /// Judges the run of these nodes.
    pub fn new(nodes: impl IntoIterator<Item = NodeId>) -> Self {
        let nodes = nodes.into_iter().map(|node| node.0.saturating_add(1)).max().unwrap_or(0);
        Judged {
            judge: None,
            nodes,
            cluster: None,
            tips: HashMap::new(),
            quiet: Quiet::default(),
            ends: BTreeMap::new(),
            found: Judgement::default(),
        }
    }

    /// All records have been followed.
    pub fn finish(mut self) -> Judgement {
        if self.is_judging()
            && let Some(mut judge) = self.judge.take()
        {
            self.found.tally = Some(judge.tally());
            let at_rest = || self.judge_rest(&mut judge);
            let rest = panic::catch_unwind(AssertUnwindSafe(at_rest));
            let contradicts = |_| Rest::NotJudged("the records contradict one another".to_owned());
            self.found.rest = rest.unwrap_or_else(contradicts);
        }
        self.found
    }

    fn judge_rest(&self, judge: &mut RecordJudge) -> Rest {
        let tally = judge.tally();
        if tally.keys <= tally.unjudged.values().sum() {
            return Rest::NotJudged("no key was judged to the end".to_owned());
        }
        if let Some(why) = self.disturbance(judge) {
            return Rest::NotJudged(why);
        }
        let out: Vec<NodeId> =
            self.ends.keys().copied().filter(|node| judge.is_out(*node)).collect();
        let nodes = self.ends.iter().filter_map(|(node, last)| {
            let (state, disk) = last.as_ref().filter(|_| !out.contains(node))?;
            Some((*node, state, disk))
        });
        match judge.verdict_at_rest(&nodes) {
            Some(violation) => Rest::Violated(Box::new(violation)),
            None => Rest::Holds,
        }
    }

    /// Why the run had not come to rest.
    fn disturbance(&self, judge: &RecordJudge) -> Option<String> {
        // A node that was removed is most often dead, and one that has left has stopped.
        let counts = |node: NodeId| !judge.is_out(node);
        let killed = self.ends.iter().find(|(node, last)| last.is_none() && counts(**node));
        if let Some((node, _)) = killed {
            return Some(format!("node {node} was killed, or runs still"));
        }
        if let Some(why) = self.unheard(judge) {
            return Some(why);
        }
        let mut pairs = judge.neighbours().into_iter();
        if let Some((one, other)) = pairs.find(|(a, b)| !self.quiet.have_compared(*a, *b)) {
            return Some(format!(
                "nodes {one} and {other} have not compared twice since the last request, start, \
                 transfer or change of the members"
            ));
        }
        let disks = self.ends.iter().filter_map(|(node, last)| Some((*node, &last.as_ref()?.1)));
        let disks = disks.filter(|(node, _)| counts(*node));
        let kept = disks.flat_map(|(node, disk)| disk.hints.keys().map(move |hint| (node, hint)));
        let mut early =
            kept.filter(|(node, hint)| !self.quiet.has_handed_over(*node, hint.recipient));
        let (node, hint) = early.next()?;
        let to = hint.recipient;
        Some(format!("node {node} has a hint for {to} that it had no time to hand over"))
    }

    /// Why nodes may know different members: they had no time to tell one another, or nobody has
    /// heard it from a node that is out.
    fn unheard(&self, judge: &RecordJudge) -> Option<String> {
        let known = |last: &'_ Option<(State, Durable)>| Some(last.as_ref()?.1.history.clone());
        let known = self.ends.iter().filter_map(|(node, last)| Some((*node, known(last)?)));
        let (out, within): (Vec<_>, Vec<_>) = known.partition(|(node, _)| judge.is_out(*node));
        for (index, (one, first)) in within.iter().enumerate() {
            let mut others = within[index + 1..].iter();
            let is_early = |(other, its): &&(NodeId, History)| {
                first != its && !self.quiet.have_gossiped(*one, *other)
            };
            if let Some((other, _)) = others.find(is_early) {
                return Some(format!(
                    "nodes {one} and {other} know different members, and had no time to tell one \
                     another"
                ));
            }
        }
        let all = within.iter().fold(History::default(), |all, (_, its)| all.union(its));
        let (node, _) = out.iter().find(|(_, its)| !all.includes(its))?;
        Some(format!("only node {node}, which is out of the cluster, knows of a change"))
    }

    /// How many events were judged so far.
    pub fn events(&self) -> u64 {
        self.found.events
    }

    /// Where judging ended, if it did.
    pub fn limit(&self) -> Option<&Limit> {
        self.found.limit.as_ref()
    }

    /// Is a property violated that must always hold?
    pub fn is_violated(&self) -> bool {
        self.found.fall.is_some()
    }

    fn is_judging(&self) -> bool {
        self.found.limit.is_none() && self.found.fall.is_none()
    }

    fn stop(&mut self, node: NodeId, at: &Position, why: String) {
        if self.is_judging() {
            self.found.limit = Some(Limit { node, at: at.clone(), why });
            self.found.tally = self.judge.as_ref().map(RecordJudge::tally);
        }
    }

    /// What the first node that starts tells of the cluster.
    fn meet(&mut self, head: &Head) -> Result<(), &'static str> {
        let node = head.settings.node(&Rules::default()).ok_or("its settings are invalid")?;
        match &self.cluster {
            None => {
                let named = node.founders.changes().map(|change| change.node.0.saturating_add(1));
                let nodes = named.fold(self.nodes, u16::max);
                let cluster =
                    ClusterOfRecord { nodes, config: node.config, founders: node.founders };
                let judge = RecordJudge::new(&cluster);
                self.judge = Some(
                    judge
                        .ok_or("the cluster has more than 64 nodes, or no founder is known yet")?,
                );
                self.cluster = Some(cluster);
                Ok(())
            }
            Some(known) if known.config != node.config => {
                Err("its settings are not those of the other nodes")
            }
            // A node that joins has no founders.
            Some(_) if node.founders.is_empty() => Ok(()),
            Some(known) if known.founders != node.founders => {
                Err("it was not founded with the other nodes")
            }
            Some(_) => Ok(()),
        }
    }

    /// A node has this history. Returns a node that it names and that has no record: nobody can say
    /// what that node holds.
    fn stranger(&mut self, node: NodeId, history: &History) -> Option<NodeId> {
        let tip = history.tip();
        if self.tips.insert(node, tip) == Some(tip) {
            return None;
        }
        self.quiet.disturb();
        let nodes = self.cluster.as_ref()?.nodes;
        history.changes().map(|change| change.node).find(|node| node.0 >= nodes)
    }

    fn judge(&mut self, step: &Stepped<'_>) {
        let Stepped { node, at, event, batch, state, disk } = *step;
        if !self.is_judging() {
            return;
        }
        if let Some(stranger) = self.stranger(node, &disk.history) {
            return self.stop(node, at, without_record(stranger));
        }
        let Some(judge) = &mut self.judge else { return };
        self.quiet.hear(node, batch);
        let told = || tell(judge, node, batch, state, disk);
        match panic::catch_unwind(AssertUnwindSafe(told)) {
            Ok(None) => self.found.events += batch.events.len() as u64,
            Ok(Some(violation)) => {
                self.found.events += batch.events.len() as u64;
                self.found.tally = Some(judge.tally());
                let (at, batch) = (at.clone(), batch.clone());
                let fall = Fall { node, at, event, batch, violation };
                self.found.fall = Some(Box::new(fall));
            }
            Err(_) => self.stop(node, at, "this batch contradicts the others".to_owned()),
        }
    }
}

fn without_record(node: NodeId) -> String {
    format!("node {node}, which has no record, joins here")
}

/// Tells the judge what a node did in a batch, and judges.
fn tell(
    judge: &mut RecordJudge,
    node: NodeId,
    batch: &Batch,
    state: &State,
    disk: &Durable,
) -> Option<KeyViolation> {
    for event in &batch.events {
        match event {
            Event::Received(from, message) => judge.received(*from, node, message),
            Event::Sent(to, message) => judge.sent(node, *to, message),
            Event::Fired(timer) => judge.fired(timer),
            // The ground truth does not hear it either.
            Event::Ignored(..) | Event::Chose(_) => {}
        }
    }
    judge.stepped(node, state, disk);
    judge.verdict()
}

impl Listener for Judged {
    fn started(&mut self, start: &Started<'_>) {
        let Started { node, at, head, is_new_disk, state, disk } = *start;
        if !self.is_judging() {
            return;
        }
        self.quiet.disturb();
        if let Err(why) = self.meet(head) {
            return self.stop(node, at, why.to_owned());
        }
        if let Some(stranger) = self.stranger(node, &disk.history) {
            return self.stop(node, at, without_record(stranger));
        }
        let Some(judge) = &mut self.judge else { return };
        let told = || {
            if is_new_disk {
                judge.lost_disk(node);
            }
            judge.started(node, state, disk);
        };
        if panic::catch_unwind(AssertUnwindSafe(told)).is_err() {
            self.stop(node, at, "this start contradicts the other records".to_owned());
        }
    }

    fn stepped(&mut self, step: &Stepped<'_>) {
        self.judge(step);
    }

    fn ended(&mut self, end: &Ended<'_>) {
        let last = end.last.filter(|_| end.how == Some(Ending::Stopped));
        let last = last.map(|(state, disk)| (state.clone(), disk.clone()));
        self.ends.insert(end.node, last);
        if self.is_judging()
            && let Some(judge) = &mut self.judge
        {
            judge.crashed(end.node);
        }
    }

    fn lost_sight(&mut self, node: NodeId, at: &Position, why: &Lost) {
        self.stop(node, at, why.to_string());
    }
}
