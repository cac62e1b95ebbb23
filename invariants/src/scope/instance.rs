//! A scope with its key, its ring and its request ids worked out.

use crate::scope::recorded::Recorded;
use crate::scope::standings::members_among;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::scope::{Ask, Scope, ScriptLine, chooses_nodes};
use dynamo_model::address::Address;
use dynamo_model::config::{AntiEntropy, Config, Handoff, Patience};
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::{Act, History};
use dynamo_model::node::Durable;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::tree::Shape;
use dynamo_model::version::{Context, Dot};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// A scope with its key, its ring and its request ids worked out. Properties and the observer may
/// read it.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of the scope")]
#[derive(Clone, Debug)]
pub struct Instance {
    /// The scope.
    pub scope: Scope,
    /// N, R, W.
    pub config: Config,
    /// The id of each client. In a scope they follow those of the nodes; in a simulation of many
    /// keys, no two keys share a client.
    pub clients: Vec<ClientId>,
    /// The key that all clients use, but for one if there is a second key.
    pub key: Key,
    /// The key that the last client uses. It is in the same partition of the ring.
    pub second_key: Option<Key>,
    /// The puts to the second key.
    pub second_puts: WriteSet,
    /// The key's intended replicas, as if all nodes had joined.
    pub preference_list: Vec<NodeId>,
    /// All nodes, whether they have joined or not, in the order in which the key finds them on the
    /// ring.
    pub clockwise: Vec<NodeId>,
    /// The history that every node starts with, but for a node that has moved.
    pub founders: History,
    /// The node that has moved before the start, and its new address.
    pub moved: Option<(NodeId, Address)>,
    /// Does the ring change?
    pub changes: bool,
    /// Does anything go on without end, so that a boundary is needed?
    pub is_endless: bool,
    /// The node that may be started on an older copy of its disk.
    pub copied: Option<NodeId>,
    /// The nodes that may lose their disks, or be started on older copies. A scope has one at most.
    /// In a recorded run, these are the nodes that have lost their disks.
    pub spoilt: Vec<NodeId>,
    /// In a run, the nodes that had lost their disks before a put began, and not since then. In a
    /// scope the observer sees only messages, and does not know when a disk is lost.
    pub lost_before: BTreeMap<RequestId, Vec<NodeId>>,
    /// Does the ground truth hear of each crash, as in a run? In a scope the observer sees only
    /// messages, and infers from them that a coordinator has forgotten what it had heard.
    pub sees_crashes: bool,
    /// May a node reap a tombstone without a message to another node, because it is the key's only
    /// replica?
    pub reaps_alone: bool,
    /// Other keys that all their replicas have on disk in the initial state. They never differ, so
    /// no exchange may send them. Only scopes with exchanges have any. The first is at the same
    /// tree leaf as the key. If there is a second one, its replicas are not those of the key.
    pub bystanders: Vec<Bystander>,
    /// Every put of every script, by [`WriteId`].
    pub puts: Vec<RequestId>,
    /// Every get of every script.
    pub gets: Vec<RequestId>,
    /// Every request to change a member.
    pub changes_asked: Vec<RequestId>,
    /// What each of them asks for.
    pub wishes: Vec<(NodeId, Act)>,
    /// What clients have asked so far, if this is a key of a recorded run. There are no scripts.
    pub recorded: Option<Recorded>,
}

/// A key that no client uses, and what its replicas have of it.
#[derive(Clone, Debug)]
pub struct Bystander {
    /// The key.
    pub key: Key,
    /// Its replicas.
    pub replicas: Vec<NodeId>,
    /// What each of them has.
    pub siblings: Siblings,
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
        let second = self.second_key.as_ref().filter(|_| self.uses_second_key(client));
        second.unwrap_or(&self.key)
    }

    /// Does this client use the second key? Only the last one does, if there is a second key.
    fn uses_second_key(&self, client: ClientId) -> bool {
        self.scope.faults.second_key && self.clients.last() == Some(&client)
    }

    /// Those of these puts that are to the key of a request.
    pub(crate) fn to_its_key(&self, request: RequestId, puts: WriteSet) -> WriteSet {
        let others = puts.minus(self.second_puts);
        if self.uses_second_key(request.client) { puts.minus(others) } else { others }
    }

    /// What the request asks.
    pub fn ask(&self, request: RequestId) -> Option<Ask> {
        Some(self.line(request)?.1)
    }

    /// The line of a script that the request comes from.
    fn line(&self, request: RequestId) -> Option<ScriptLine> {
        if let Some(recorded) = &self.recorded {
            return recorded.line(request);
        }
        let client = self.client_index(request.client)?;
        self.scope.clients[client].get(request.number as usize).copied()
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
        let is_retried = is_asked_again && (self.changes || !self.spoilt.is_empty());
        // A node that never times out does not remember what it has forwarded.
        self.config.patience().is_some() && is_forwarded || is_retried
    }

    /// Does the client choose nodes by its own view of the members?
    pub fn has_own_view(&self, client: ClientId) -> bool {
        self.client_index(client).is_some_and(|index| chooses_nodes(self.scope.clients[index]))
    }

    /// The key's intended replicas by a history.
    pub fn replicas_by(&self, history: &History) -> Vec<NodeId> {
        members_among(&self.clockwise, history, self.config.n())
    }

    /// Does the request come from a client of the scope, or from the recorded run?
    pub(crate) fn has_request(&self, request: RequestId) -> bool {
        match &self.recorded {
            Some(recorded) => recorded.line(request).is_some(),
            None => self.client_index(request.client).is_some(),
        }
    }

    /// Which of the scope's clients this is. All clients of a recorded run count as one: what each
    /// has read is told with each request.
    pub fn client_index(&self, client: ClientId) -> Option<usize> {
        if self.recorded.is_some() {
            return Some(0);
        }
        self.clients.iter().position(|known| *known == client)
    }

    /// The index of the get with this request id.
    pub fn read(&self, request: RequestId) -> Option<usize> {
        self.gets.iter().position(|get| *get == request)
    }

    /// The index of the request to change a member, with what it asks for.
    pub fn wish(&self, request: RequestId) -> Option<(usize, NodeId, Act)> {
        let index = self.changes_asked.iter().position(|asked| *asked == request)?;
        let (node, act) = self.wishes[index];
        Some((index, node, act))
    }

    /// The history that a node starts with. One that has moved has lost the count of its moves: it
    /// tells its new address with the time that the others know its old one with.
    pub fn first_history(&self, node: NodeId) -> History {
        match self.moved {
            Some((moved, address)) if moved == node => self
                .founders
                .changes()
                .filter(|change| change.act == Act::Join)
                .copied()
                .collect::<History>()
                .moved(node, address),
            _ => self.founders.clone(),
        }
    }

    /// What a node has on disk in the initial state, if anything.
    pub(crate) fn disk(&self, node: NodeId) -> Option<Durable> {
        let mut disk = Durable::default();
        for Bystander { key, replicas, siblings } in &self.bystanders {
            if replicas.contains(&node) {
                let is_own = |version: &Version| version.dot.issuer.node == node;
                disk.counter += u64::from(siblings.versions().iter().any(is_own));
                disk.store.insert(key.clone(), siblings.clone());
            }
        }
        if self.moved.is_some_and(|(moved, _)| moved == node) {
            disk.history = self.first_history(node);
        }
        (!disk.store.is_empty() || !disk.history.is_empty()).then_some(disk)
    }
}

impl Scope {
    /// The scope with its key, its ring and its request ids worked out.
    pub fn instance(&self) -> Instance {
        let nodes = u64::from(self.nodes);
        let clients = (nodes..).map(ClientId).take(self.clients.len()).collect();
        let instance = self.instance_with(clients);
        Instance { bystanders: self.bystanders(&instance.key), ..instance }
    }

    /// The same with these ids of the clients, without bystanders.
    pub(crate) fn instance_with(&self, clients: Vec<ClientId>) -> Instance {
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
            let is_small = self.faults.small_exchanges;
            let (window, message_bytes) =
                if is_small { (1, 1) } else { (4, AntiEntropy::LOCAL.message_bytes) };
            // A node that restarts enters two keys in its tree in two steps.
            let (planted_at_a_time, shape) = (1, self.shape());
            let how =
                AntiEntropy { every, again_after, window, planted_at_a_time, message_bytes, shape };
            config = config.with_anti_entropy(how);
        }
        if self.faults.gossip {
            config = config.with_gossip_every(Duration::ZERO);
        }
        if self.faults.reaps > 0 {
            config = config.with_reaping_after(Duration::ZERO);
        }
        let clockwise = self.clockwise(&key);
        let preference_list = clockwise.iter().copied().take(n).collect();
        let requests = |is_meant: fn(Ask) -> bool| {
            let mut requests = Vec::new();
            for (client, script) in clients.iter().copied().zip(self.clients) {
                let lines = script.iter().enumerate().filter(|(_, (_, ask))| is_meant(*ask));
                requests
                    .extend(lines.map(|(number, _)| RequestId { client, number: number as u64 }));
            }
            requests
        };
        let (puts, gets) = (requests(Ask::is_put), requests(Ask::is_get));
        let second_key = self.faults.second_key.then(|| self.second_key(&key));
        let last = clients.last().filter(|_| self.faults.second_key).copied();
        let is_second = |(_, put): &(WriteId, &RequestId)| last == Some(put.client);
        let second_puts = (0..).map(WriteId).zip(&puts).filter(is_second);
        let second_puts = second_puts.map(|(write, _)| write).collect();
        let at = |position: usize| clockwise[position];
        // The old address is the larger one: of equal times, it would win.
        let [old, new] =
            [2, 1].map(|last| Address::from(SocketAddr::from(([127, 0, 0, last], 4100))));
        let moved = self.faults.moved.map(|position| (at(position), new));
        let mut founders = History::founded_by(self.founders(&key));
        if let Some((node, _)) = moved {
            founders = founders.moved(node, old);
        }
        let (changes, is_endless) = (self.changes(), self.is_endless());
        let copied = self.faults.old_disk.map(at);
        let spoilt = self.faults.bad_disk().map(at).into_iter().collect();
        let wish = |ask: Ask| match ask {
            Ask::Join(position) => Some((at(position), Act::Join)),
            Ask::Leave(position) => Some((at(position), Act::Leave)),
            Ask::Remove(position) => Some((at(position), Act::Remove)),
            _ => None,
        };
        let wishes = self.asked().filter_map(wish).collect();
        let changes_asked = requests(|ask| ask.moves().is_some());
        assert!(puts.len() <= WriteId::MAX, "scope {} has too many puts", self.name);
        Instance {
            scope: *self,
            config,
            clients,
            key,
            second_key,
            second_puts,
            preference_list,
            clockwise,
            founders,
            moved,
            changes,
            is_endless,
            copied,
            spoilt,
            lost_before: BTreeMap::new(),
            sees_crashes: false,
            reaps_alone: self.faults.reaps > 0 && (n == 1 || self.members_min() == 1),
            bystanders: Vec::new(),
            puts,
            gets,
            changes_asked,
            wishes,
            recorded: None,
        }
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

    /// How trees branch here.
    fn shape(&self) -> Shape {
        if self.faults.small_exchanges { Shape::DEEP } else { Shape::TINY }
    }

    /// See [`Instance::bystanders`].
    pub(crate) fn bystanders(&self, key: &Key) -> Vec<Bystander> {
        if !self.has_bystander() {
            return Vec::new();
        }
        let (ring, shape) = (self.ring(), self.shape());
        let named = |number| Key::new(&format!("b{number}")).expect("a valid key");
        let replicas = |key: &Key| ring.preference_list(key, self.quorum.0).to_vec();
        let leaf = |key: &Key| (ring.partition(key), shape.leaf(key));
        let neighbour = (0..100_000).map(named).find(|other| leaf(other) == leaf(key));
        let neighbour = neighbour.expect("some key is at that leaf");
        // It comes before the key in an exchange, in which the trees go by partitions.
        let comes_before = |other: &Key| {
            ring.partition(other) < ring.partition(key)
                && replicas(other).iter().any(|node| !replicas(key).contains(node))
        };
        let is_small = self.faults.small_exchanges && usize::from(self.nodes) > self.quorum.0;
        let stranger = is_small.then(|| (0..100).map(named).find(comes_before)).flatten();
        let bystander = |key: Key| {
            let replicas = replicas(&key);
            let dot = Dot { issuer: replicas[0].into(), counter: 1 };
            let content = Content::Value(Value::new(b"bystander").expect("it is short"));
            let version = Version { dot, clock: Context::new().with(dot), content };
            Bystander { key, replicas, siblings: Siblings::new().put(version, |_| false) }
        };
        std::iter::once(neighbour).chain(stranger).map(bystander).collect()
    }
}
