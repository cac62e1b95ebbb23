//! A scope with its key, its ring and its request ids worked out.

use crate::scope::write_set::{WriteId, WriteSet};
use crate::scope::{Ask, Scope, ScriptLine, chooses_nodes};
use dynamo_model::config::{AntiEntropy, Config, Handoff, Patience};
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::{Act, History, Standing};
use dynamo_model::node::Durable;
use dynamo_model::ring::Ring;
use dynamo_model::rules::Rules;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::tree::Shape;
use dynamo_model::version::{Context, Dot};
use std::time::Duration;

/// A scope with its key, its ring and its request ids worked out. Properties and the observer may
/// read it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The scope.
    pub scope: Scope,
    /// N, R, W.
    pub config: Config,
    /// The key that all clients use, but for one if there is a second key.
    pub key: Key,
    /// The key that the last client uses. It is in the same partition of the ring.
    pub second_key: Option<Key>,
    /// The puts to the second key.
    pub second_puts: WriteSet,
    /// The key's intended replicas, as if all nodes had joined.
    pub preference_list: Vec<NodeId>,
    /// The key's intended replicas for each set of members. Bit `n` of the index says whether node
    /// `n` is a member.
    pub preference_lists: Vec<Vec<NodeId>>,
    /// The history that every node starts with.
    pub founders: History,
    /// Does the ring change?
    pub changes: bool,
    /// Does anything go on without end, so that a boundary is needed?
    pub is_endless: bool,
    /// The node that may be started on an older copy of its disk.
    pub copied: Option<NodeId>,
    /// The node that may lose its disk, or be started on an older copy of it.
    pub spoilt: Option<NodeId>,
    /// May a node reap a tombstone without a message to another node, because it is the key's only
    /// replica?
    pub reaps_alone: bool,
    /// A second key that every replica has on disk in the initial state, at the same tree leaf as
    /// the key. It never differs, so no exchange may send it. Only scopes with exchanges have it.
    pub bystander: Option<(Key, Siblings)>,
    /// Every put of every script, by [`WriteId`].
    pub puts: Vec<RequestId>,
    /// Every get of every script.
    pub gets: Vec<RequestId>,
    /// Every change of a member that a script asks for.
    pub wishes: Vec<(NodeId, Act)>,
}

impl Instance {
    /// The put with this request id.
    pub fn write(&self, request: RequestId) -> Option<WriteId> {
        self.puts.iter().position(|put| *put == request).map(|index| WriteId(index as u8))
    }

    /// The keys that clients use.
    pub fn keys(&self) -> impl Iterator<Item = &Key> + Clone {
        std::iter::once(&self.key).chain(&self.second_key)
    }

    /// Does a client use this key?
    pub(crate) fn uses_key(&self, key: &Key) -> bool {
        self.keys().any(|used| used == key)
    }

    /// The key that a client uses.
    pub(crate) fn key_of(&self, client: ClientId) -> &Key {
        let second = self.second_key.as_ref().filter(|_| self.scope.uses_second_key(client));
        second.unwrap_or(&self.key)
    }

    /// Those of these puts that are to the key of a request.
    pub(crate) fn to_its_key(&self, request: RequestId, puts: WriteSet) -> WriteSet {
        let others = puts.minus(self.second_puts);
        if self.scope.uses_second_key(request.client) { puts.minus(others) } else { others }
    }

    /// What the request asks.
    pub fn ask(&self, request: RequestId) -> Option<Ask> {
        Some(self.line(request)?.1)
    }

    /// The line of a script that the request comes from.
    fn line(&self, request: RequestId) -> Option<ScriptLine> {
        let client = (request.client.0 as usize).checked_sub(usize::from(self.scope.nodes))?;
        self.scope.clients.get(client)?.get(request.number as usize).copied()
    }

    /// May two nodes, or one node on two disks, coordinate this put? A node that forwarded it may
    /// give up waiting and coordinate it too, or forward it to another. A request that arrives
    /// again may reach another coordinator where the ring changes, and another disk where one is
    /// lost.
    pub fn may_fail_over(&self, write: WriteId) -> bool {
        let Scope { faults, .. } = self.scope;
        let line = self.line(self.puts[usize::from(write.0)]);
        let is_forwarded = self.changes || line.is_some_and(|(via, _)| via >= self.config.n());
        let is_asked_again = faults.client_retries > 0 || faults.duplication;
        let is_retried = is_asked_again && (self.changes || self.spoilt.is_some());
        faults.timeouts.is_some() && is_forwarded || is_retried
    }

    /// Does the client choose nodes by its own view of the members?
    pub fn has_own_view(&self, client: ClientId) -> bool {
        let index = (client.0 as usize).checked_sub(usize::from(self.scope.nodes));
        let script =
            index.and_then(|index| self.scope.clients.get(index)).copied().unwrap_or_default();
        chooses_nodes(script)
    }

    /// The key's intended replicas by a history.
    pub fn replicas_by(&self, history: &History) -> &[NodeId] {
        &self.preference_lists[members(history).fold(0, |bits, node| bits | 1 << node.0)]
    }

    /// The index of the get with this request id.
    pub fn read(&self, request: RequestId) -> Option<usize> {
        self.gets.iter().position(|get| *get == request)
    }

    /// How often administrators ask for this change of a node.
    pub fn asked_for(&self, node: NodeId, change: Act) -> usize {
        self.wishes.iter().filter(|wish| **wish == (node, change)).count()
    }

    /// What a node has on disk in the initial state, if anything.
    pub(crate) fn disk(&self, node: NodeId) -> Option<Durable> {
        let (key, siblings) =
            self.bystander.as_ref().filter(|_| self.preference_list.contains(&node))?;
        let counter =
            u64::from(siblings.versions().iter().any(|version| version.dot.issuer.node == node));
        let mut disk = Durable { counter, ..Durable::default() };
        disk.store.insert(key.clone(), siblings.clone());
        Some(disk)
    }
}

impl Scope {
    /// The scope with its key, its ring and its request ids worked out.
    pub fn instance(&self) -> Instance {
        let key = self.key();
        let (n, r, w) = self.quorum;
        let mut config = Config::new(n, r, w).expect("a scope's N, R and W are valid");
        if let Some(retransmissions) = self.faults.timeouts {
            config =
                config.with_patience(Patience { answer_within: Duration::ZERO, retransmissions });
        }
        // Where each hint is sent a bounded number of times, an answer about one hint must not be a
        // reason to send another that is in flight already.
        let window = if self.faults.second_key && !self.changes() { 2 } else { 1 };
        // A scope has no clock, so pauses mean nothing: attempts are counted no further than one.
        config = config.with_handoff(Handoff { first_after: Duration::ZERO, doublings: 1, window });
        if self.faults.exchange {
            let (every, again_after) = (Duration::ZERO, Duration::ZERO);
            // A node that restarts enters two keys in its tree in two steps.
            let (window, planted_at_a_time, shape) = (4, 1, Shape::TINY);
            let how = AntiEntropy { every, again_after, window, planted_at_a_time, shape };
            config = config.with_anti_entropy(how);
        }
        if self.faults.gossip {
            config = config.with_gossip_every(Duration::ZERO);
        }
        if self.faults.reaps > 0 {
            config = config.with_reaping_after(Duration::ZERO);
        }
        let preference_list = self.ring().preference_list(&key, n).to_vec();
        let preference_lists = (0..1 << self.nodes).map(|bits: usize| {
            let members: Vec<NodeId> =
                (0..self.nodes).filter(|node| bits & 1 << node != 0).map(NodeId).collect();
            Ring::of(&members).preference_list(&key, n).to_vec()
        });
        let preference_lists = preference_lists.collect();
        let requests = |is_meant: fn(Ask) -> bool| {
            let mut requests = Vec::new();
            for (index, script) in self.clients.iter().enumerate() {
                let client = ClientId(u64::from(self.nodes) + index as u64);
                let lines = script.iter().enumerate().filter(|(_, (_, ask))| is_meant(*ask));
                requests
                    .extend(lines.map(|(number, _)| RequestId { client, number: number as u64 }));
            }
            requests
        };
        let (puts, gets) = (requests(Ask::is_put), requests(Ask::is_get));
        let second_key = self.faults.second_key.then(|| self.second_key(&key));
        let is_second = |(_, put): &(WriteId, &RequestId)| self.uses_second_key(put.client);
        let second_puts = (0..).map(WriteId).zip(&puts).filter(is_second);
        let second_puts = second_puts.map(|(write, _)| write).collect();
        let founders = History::founded_by(self.founders(&key));
        let (changes, is_endless) = (self.changes(), self.is_endless());
        let bystander = self.bystander(&key, preference_list[0]);
        let at = |position: usize| self.node_at(position, &key);
        let (copied, spoilt) = (self.faults.old_disk.map(at), self.faults.bad_disk().map(at));
        let wish = |ask: Ask| match ask {
            Ask::Join(position) => Some((at(position), Act::Join)),
            Ask::Leave(position) => Some((at(position), Act::Leave)),
            Ask::Remove(position) => Some((at(position), Act::Remove)),
            _ => None,
        };
        let wishes = self.asked().filter_map(wish).collect();
        assert!(puts.len() <= WriteId::MAX, "scope {} has too many puts", self.name);
        Instance {
            scope: *self,
            config,
            key,
            second_key,
            second_puts,
            preference_list,
            preference_lists,
            founders,
            changes,
            is_endless,
            copied,
            spoilt,
            reaps_alone: self.faults.reaps > 0 && (n == 1 || self.members_min() == 1),
            bystander,
            puts,
            gets,
            wishes,
        }
    }

    /// Does this client use the second key? Only the last one does, if there is a second key.
    fn uses_second_key(&self, client: ClientId) -> bool {
        let clients_end = u64::from(self.nodes) + self.clients.len() as u64;
        self.faults.second_key && client.0 + 1 == clients_end
    }

    /// A key in the same partition of the ring.
    fn second_key(&self, key: &Key) -> Key {
        let ring = self.ring();
        let mut names = (2..).map(|number| Key::new(&format!("{}{number}", key.as_str())));
        let is_near = |other: &Key| ring.partition(other) == ring.partition(key);
        names.find_map(|name| name.ok().filter(is_near)).expect("some key is in that partition")
    }

    /// Is there a key that no client uses and that never differs? A key that moves with the ring,
    /// or is lost with a disk, would differ.
    pub(crate) fn has_bystander(&self) -> bool {
        self.faults.exchange && !self.changes() && self.faults.bad_disk().is_none()
    }

    fn bystander(&self, key: &Key, issuer: NodeId) -> Option<(Key, Siblings)> {
        if !self.has_bystander() {
            return None;
        }
        let ring = self.ring();
        let leaf = |key: &Key| (ring.partition(key), Shape::TINY.leaf(key));
        let mut names = (0..).map(|number| Key::new(&format!("b{number}")).expect("a valid key"));
        let neighbour =
            names.find(|other| leaf(other) == leaf(key)).expect("some key is at that leaf");
        let dot = Dot { issuer: issuer.into(), counter: 1 };
        let content = Content::Value(Value::new(b"bystander").expect("it is short"));
        let version = Version { dot, clock: Context::new().with(dot), content };
        Some((neighbour, Siblings::new().put(version, |_| false)))
    }
}

/// The members that follow from a history.
pub(crate) fn members(history: &History) -> impl Iterator<Item = NodeId> + use<> {
    let standings = Rules::default().standings(history);
    standings
        .into_iter()
        .filter(|(_, standing)| *standing == Standing::Member)
        .map(|(node, _)| node)
}
