//! A storage node: its state, and the dispatch of what happens to it. The acts themselves are in
//! [`put`](crate::put), [`get`](crate::get), [`forward`](crate::forward),
//! [`replica`](crate::replica), [`settle`](crate::settle), [`handoff`](crate::handoff),
//! [`reap`](crate::reap), [`gossip`](crate::gossip), [`transfer`](crate::transfer) and
//! [`exchange`](crate::exchange).

use crate::address::Address;
use crate::config::Config;
use crate::forward::RunningForward;
use crate::get::RunningGet;
use crate::handoff::HintId;
use crate::ids::{ClientId, Key, NodeId, RequestId};
use crate::membership::{History, Standing, Tip};
use crate::message::{Message, Refusal};
use crate::put::RunningPut;
use crate::rules::{Cause, Occasion, Rules};
use crate::settle::{Gathering, Settling};
use crate::siblings::Siblings;
use crate::tree::Trees;
use crate::version::{Context, Epoch};
use crate::view::View;
use serde::{Deserialize, Serialize};
use stateright::actor::{Actor, Id, Out};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use strum::VariantNames;

/// What does not change while a node runs. The same value is checked and run.
#[derive(Clone, Debug)]
pub struct Node {
    /// N, R, W and patience.
    pub config: Config,
    /// What it knows of the members before it was told anything.
    pub founders: History,
    /// Where it can be reached, if that is known.
    pub address: Option<Address>,
    /// The protocol's decisions.
    pub rules: Rules,
}

/// The latest put that a client asked this node to coordinate, kept so that a retry is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Issued {
    /// The number of the request.
    pub number: u64,
    /// This node's count of puts then.
    pub counter: u64,
    /// The context its client is to get back, or why it was refused: it stays refused.
    pub answer: Result<Context, Refusal>,
}

/// What survives a crash. Persistent maps, so that cloning is O(1) and the runtime can write just
/// the difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Durable {
    /// Which of the node's disks this is.
    pub incarnation: u64,
    /// How many puts this node has coordinated; or more. Larger than the number of any epoch that
    /// it has begun.
    pub counter: u64,
    /// What it holds as a replica.
    pub store: im::OrdMap<Key, Siblings>,
    /// Of each key that it holds, and has coordinated a put of since it holds it: the dots it has
    /// given to it.
    pub epochs: im::OrdMap<Key, Epoch>,
    /// For each client its latest put through this node.
    pub issued: im::OrdMap<ClientId, Issued>,
    /// What it keeps for other nodes.
    pub hints: im::OrdMap<HintId, Siblings>,
    /// All it knows of who is a member.
    pub history: History,
    /// Of what it has become a replica, until it has settled there.
    pub settling: Settling,
}

impl Durable {
    /// Is nothing kept, for the node itself or for others?
    pub(crate) fn has_nothing(&self) -> bool {
        self.store.is_empty() && self.hints.is_empty()
    }
}

// By hand, because im's maps hash their entries without a length: entries must not wander unseen
// from one map to the next.
impl Hash for Durable {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.incarnation.hash(hasher);
        self.counter.hash(hasher);
        self.store.len().hash(hasher);
        self.store.hash(hasher);
        self.epochs.len().hash(hasher);
        self.epochs.hash(hasher);
        self.issued.len().hash(hasher);
        self.issued.hash(hasher);
        self.hints.len().hash(hasher);
        self.hints.hash(hasher);
        self.history.hash(hasher);
        self.settling.hash(hasher);
    }
}

/// Everything a node knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct State {
    /// What survives a crash.
    pub durable: Durable,
    /// Who is responsible for what: it follows from the history.
    #[serde(skip)]
    pub view: Arc<View>,
    /// Has it left, handed over everything, and heard that this is known? It then does nothing any
    /// more.
    pub retired: bool,
    /// Puts that this node coordinates and still collects answers for.
    pub puts: BTreeMap<RequestId, RunningPut>,
    /// Gets that this node coordinates and still collects answers for.
    pub gets: BTreeMap<RequestId, RunningGet>,
    /// Requests that this node has forwarded, and that no coordinator has taken on yet.
    pub forwards: BTreeMap<RequestId, RunningForward>,
    /// Keys that this node, a new replica, gathers before it gives its word on them.
    pub gatherings: BTreeMap<Key, Gathering>,
    /// Peers that did not answer in time, and have not been heard from since.
    pub suspected: BTreeSet<NodeId>,
    /// For each node that hints are kept for how often they were sent since the first of them came,
    /// the start, or its last answer; counted no further than pauses grow. A handoff timer runs for
    /// each member.
    pub handoffs: BTreeMap<NodeId, u8>,
    /// Where replicas compare what they hold: the trees of what is held. They follow from the
    /// store.
    pub trees: Trees,
    /// After a start: the first key that is not in its tree yet. `None`: all are.
    pub unplanted: Option<Key>,
    /// The keys that this node is to reap, each with the nodes that are known to be clear of it.
    /// Intended replicas come first: others are asked only once these are clear.
    pub reaping: BTreeMap<Key, BTreeSet<NodeId>>,
}

/// A node's timers. Each carries its owner, because stateright's fingerprint cannot tell which of
/// two nodes has a timer set.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantNames,
)]
pub enum Timer {
    /// Replicas have had their time to store a put.
    Put(NodeId, RequestId),
    /// Replicas have had their time to answer a get.
    Get(NodeId, RequestId),
    /// A coordinator has had its time to take on a request that was forwarded to it.
    Forward(NodeId, RequestId),
    /// Others have had their time to say what they have of a key that this node is a new replica
    /// of.
    Gather(NodeId, Key),
    /// Hints are to be sent to the node they are kept for: holder and recipient.
    Handoff(NodeId, NodeId),
    /// Tombstones may have outlived what they stand in the way of.
    Reap(NodeId, Key),
    /// A peer is to be told this node's tip.
    Gossip(NodeId),
    /// A peer is to be compared with: this one, or any.
    Exchange(NodeId, Option<NodeId>),
    /// After a start, more keys are to be entered in their trees.
    Plant(NodeId),
    /// A scripted client has waited long enough for an answer.
    Client(ClientId),
}

impl Timer {
    /// The names of all kinds of timers.
    pub const KINDS: &'static [&'static str] = Timer::VARIANTS;
}

/// What chance has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Choice {
    /// The peer to gossip with.
    Gossip(NodeId),
    /// The peer to compare with.
    Exchange(NodeId),
}

/// One step of one node: what it reads and what it may change. Handlers are methods of this, one
/// file per act.
pub(crate) struct Step<'a, 's> {
    pub(crate) node: &'a Node,
    pub(crate) id: NodeId,
    pub(crate) state: &'a mut Cow<'s, State>,
    pub(crate) out: &'a mut Out<Node>,
}

impl Step<'_, '_> {
    pub(crate) fn send(&mut self, to: NodeId, message: Message) {
        self.out.send(to.actor(), message);
    }

    pub(crate) fn save(&mut self) {
        self.out.save(self.state.durable.clone());
    }

    pub(crate) fn preference_list(&self, key: &Key) -> &[NodeId] {
        self.state.view.ring().preference_list(key, self.node.config.n())
    }

    pub(crate) fn tip(&self) -> Tip {
        self.state.view.tip()
    }

    /// Is this node an intended replica of a key?
    pub(crate) fn is_replica_of(&self, key: &Key) -> bool {
        self.preference_list(key).contains(&self.id)
    }

    /// What this node holds for a key.
    pub(crate) fn held(&self, key: &Key) -> Siblings {
        self.state.durable.store.get(key).cloned().unwrap_or_default()
    }

    /// What this node holds for a key, for itself and for others.
    pub(crate) fn held_in_any_form(&self, key: &Key) -> Siblings {
        let merge = |all, hint| self.node.rules.merge_siblings(&all, hint);
        self.state.hinted(key).fold(self.held(key), merge)
    }

    /// Is it a member, or was it one, and may still have something to say?
    fn is_peer(&self, node: NodeId) -> bool {
        matches!(
            self.state.view.standing(node),
            Standing::Member | Standing::Leaving | Standing::Gone
        )
    }

    /// What only another member may say. From anyone else it is ignored.
    fn on_peer(&mut self, from: NodeId, message: Message) {
        if !message.is_reply() {
            self.heard_from(from);
        }
        if let Some(tip) = message.tip() {
            self.tell(from.actor(), tip);
            if !self.node.rules.may_serve(self.tip() == tip, self.is_meant(&message)) {
                return;
            }
        }
        match message {
            Message::Forward { client, operation, .. } => self.on_forward(from, client, operation),
            Message::Forwarded { request } => self.on_forwarded(from, request),
            Message::Store { tip, request, key, siblings } => {
                self.on_store(from, tip, request, &key, &siblings)
            }
            Message::Stored { request } => self.on_stored(from, request, from),
            Message::StoredHint { request, recipient } => self.on_stored(from, request, recipient),
            Message::Fetch { tip, request, key } => self.on_fetch(from, tip, request, &key),
            Message::Fetched { request, siblings } => self.on_fetched(from, request, siblings),
            Message::Repair { key, siblings, .. } => self.absorb(Cause::Repair, &key, &siblings),
            Message::StoreHint { request, hint, siblings, .. } => {
                self.on_store_hint(from, request, hint, &siblings)
            }
            Message::HandOff { tip, key, siblings, is_all } => {
                self.on_hand_off(from, tip, key, &siblings, is_all)
            }
            Message::HandedOff { tip, key, context } => {
                self.on_handed_off(from, tip, key, &context)
            }
            Message::Gather { tip, key } => self.on_gather(from, tip, key),
            Message::Gathered { tip, key, siblings, is_all } => {
                self.on_gathered(from, tip, &key, &siblings, is_all)
            }
            Message::Survey { tip, key, siblings } => self.on_survey(from, tip, key, siblings),
            Message::Surveyed { tip, key, siblings } => {
                self.on_surveyed(from, tip, &key, &siblings)
            }
            Message::Reap { key, siblings, .. } => self.on_reap(&key, &siblings),
            Message::Roots { roots, .. } => self.on_roots(from, &roots),
            Message::Subtrees { subtrees, .. } => self.on_subtrees(from, &subtrees),
            Message::Leaves { leaves, .. } => self.on_leaves(from, &leaves),
            Message::Sync { key, siblings, .. } => self.on_sync(from, &key, &siblings),
            Message::Request(_)
            | Message::Routed { .. }
            | Message::Answer(_)
            | Message::Administer { .. }
            | Message::Gossip { .. }
            | Message::History { .. }
            | Message::Changes { .. }
            | Message::Dated { .. } => {}
        }
    }
}

impl Node {
    /// What is on a new disk, given a number that no disk of this node ever had.
    pub fn new_disk(&self, unused: u64) -> Durable {
        Durable { incarnation: self.rules.new_incarnation(unused), ..Durable::default() }
    }

    /// What is on a node's new disk, when the old one is no longer believed: see
    /// [`Rules::disk_is_old`]. Of that only the history stays. It is true, however old it is, and
    /// tells the node whom to ask. Nothing else may stay: what was deleted and reaped since the
    /// copy would come back.
    pub fn new_disk_after(&self, old: &Durable, unused: u64) -> Durable {
        Durable { history: old.history.clone(), ..self.new_disk(unused) }
    }

    /// What a node knows when it starts: what is on its disk, or the founders; and where it is
    /// itself.
    fn history_at_start(&self, id: Id, on_disk: &History) -> History {
        let known = if on_disk.is_empty() { &self.founders } else { on_disk };
        match (self.address, NodeId::from_actor(id)) {
            (Some(address), Some(id)) => known.moved(id, address),
            _ => known.clone(),
        }
    }
}

impl Actor for Node {
    type Msg = Message;
    type Timer = Timer;
    type State = State;
    type Storage = Durable;
    type Random = Choice;

    /// Starts anew, or again with what survived the crash. Puts and gets under way are forgotten;
    /// their clients ask again. Hints are handed over.
    fn on_start(&self, id: Id, storage: &Option<Durable>, out: &mut Out<Self>) -> State {
        let durable = storage.clone().unwrap_or_default();
        let history = self.history_at_start(id, &durable.history);
        let is_new = history != durable.history && storage.is_some();
        let view = Arc::new(View::of(&history, &self.rules));
        let durable = Durable { history, ..durable };
        let mut state = Cow::Owned(State { durable, view, ..State::default() });
        if let Some(id) = NodeId::from_actor(id) {
            let mut step = Step { node: self, id, state: &mut state, out };
            if is_new {
                step.save();
            }
            step.schedule_handoffs(Occasion::Started);
            step.resume_reaping();
            step.set_gossip_timer();
            step.begin_planting();
        }
        state.into_owned()
    }

    fn on_msg(
        &self,
        id: Id,
        state: &mut Cow<'_, State>,
        src: Id,
        msg: Message,
        out: &mut Out<Self>,
    ) {
        let Some(id) = NodeId::from_actor(id) else { return };
        let mut step = Step { node: self, id, state, out };
        if step.state.retired {
            return;
        }
        match (msg, NodeId::from_actor(src).filter(|peer| step.is_peer(*peer))) {
            (Message::Gossip { tip }, _) => step.on_gossip(src, tip),
            (Message::History { history }, _) => step.on_history(src, &history),
            (Message::Changes { changes }, _) => step.on_changes(src, &changes),
            (Message::Request(operation), None) => step.on_request(src, operation),
            (Message::Routed { tip, operation }, None) => {
                step.tell(src, tip);
                step.on_routed(src, operation);
            }
            (Message::Administer { request, node, wish }, None) => {
                step.on_administer(src, request, node, wish)
            }
            (message, Some(peer)) => step.on_peer(peer, message),
            // Perhaps it is a member, and this node does not know it yet.
            (message, None) => message.tip().into_iter().for_each(|tip| step.tell(src, tip)),
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<'_, State>, timer: &Timer, out: &mut Out<Self>) {
        let Some(id) = NodeId::from_actor(id) else { return };
        let mut step = Step { node: self, id, state, out };
        if step.state.retired {
            return;
        }
        match timer {
            Timer::Put(_, request) => step.on_put_timeout(*request),
            Timer::Get(_, request) => step.on_get_timeout(*request),
            Timer::Forward(_, request) => step.on_forward_timeout(*request),
            Timer::Gather(_, key) => step.on_gather_timeout(key),
            Timer::Handoff(_, recipient) => step.on_handoff_timeout(*recipient),
            Timer::Reap(_, key) => step.on_reap_timeout(key),
            Timer::Gossip(_) => step.on_gossip_timeout(),
            Timer::Exchange(_, Some(peer)) => step.exchange_again(*peer),
            Timer::Exchange(_, None) => step.on_exchange_timeout(),
            Timer::Plant(_) => step.plant_some(),
            Timer::Client(_) => {}
        }
    }

    fn on_random(&self, id: Id, state: &mut Cow<'_, State>, choice: &Choice, out: &mut Out<Self>) {
        let Some(id) = NodeId::from_actor(id) else { return };
        let mut step = Step { node: self, id, state, out };
        if step.state.retired {
            return;
        }
        match choice {
            Choice::Gossip(peer) => step.gossip_with(*peer),
            Choice::Exchange(peer) => step.exchange_with(*peer),
        }
    }

    fn name(&self) -> String {
        "Node".to_owned()
    }
}
