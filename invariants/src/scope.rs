//! Bounded configurations: what a scope says, and the model it makes.

use crate::boundary;
use crate::ghost::Ghost;
use crate::property::Property;
use crate::record;
use dynamo_model::client::{Client, Line, Via};
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId};
use dynamo_model::node::Node;
use dynamo_model::process::{Circumstances, Process};
use dynamo_model::ring::Ring;
use dynamo_model::route::Routes;
use dynamo_model::rules::Rules;
use dynamo_model::wish::Wish;
use stateright::actor::{ActorModel, ActorModelState, LossyNetwork, Network};

pub use crate::setting::Setting;

/// The model that a scope makes.
pub type System = ActorModel<Process, Setting, Ghost>;
/// A state of it.
pub type SystemState = ActorModelState<Process, Ghost>;

/// What a scripted client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Put without having read.
    Put,
    /// The same, to be acknowledged only once W intended replicas have it themselves.
    PutInPerson,
    /// Put with the context of the answer just before.
    PutOver,
    /// Delete what the answer just before showed.
    Delete,
    /// Read.
    Get,
    /// The same, to be answered only once R intended replicas have spoken themselves.
    GetInPerson,
    /// Let the node at this place join.
    Join(usize),
    /// Let the node at this place leave.
    Leave(usize),
    /// Give up the node at this place.
    Remove(usize),
}

impl Ask {
    /// Does it read?
    pub fn is_get(self) -> bool {
        matches!(self, Ask::Get | Ask::GetInPerson)
    }

    /// Does it replace what the answer before showed?
    pub fn is_informed(self) -> bool {
        matches!(self, Ask::PutOver | Ask::Delete)
    }

    /// Does it put or delete?
    pub fn is_put(self) -> bool {
        !self.is_get() && self.moves().is_none()
    }

    /// The node that it lets join or leave, by its place.
    pub fn moves(self) -> Option<usize> {
        match self {
            Ask::Join(place) | Ask::Leave(place) | Ask::Remove(place) => Some(place),
            _ => None,
        }
    }

    /// Are only intended replicas' own words enough?
    pub fn is_in_person(self) -> bool {
        matches!(self, Ask::PutInPerson | Ask::GetInPerson)
    }
}

/// One line of a scope's script: through which node, counted clockwise from the key (0 to N−1 are
/// its preference list, once all have joined) or [`OWN_VIEW`], and what.
pub type ScriptLine = (usize, Ask);

/// Through the node that is responsible by what the client knows of the members.
pub const OWN_VIEW: usize = usize::MAX;

/// Does a client with this script choose nodes by a view of its own?
pub(crate) fn chooses_nodes(script: &[ScriptLine]) -> bool {
    script.iter().any(|(via, _)| *via == OWN_VIEW)
}

/// What may go wrong besides messages being delayed and reordered, which always may; and what goes
/// on in the background.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on one another")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Messages may be lost.
    pub loss: bool,
    /// Messages may be delivered again, any number of times.
    pub duplication: bool,
    /// How many nodes may be down at one time. A node that is down may come back at any moment with
    /// what it has saved, and may go down again.
    pub crashes: usize,
    /// Coordinators may lose patience at any moment; how often they send again first.
    pub timeouts: Option<u8>,
    /// How often a client may ask again, at any moment.
    pub client_retries: u8,
    /// How often a hint may be sent to its recipient as long as it does not grow.
    pub handoffs: u8,
    /// The node whose disk may be lost, once, at any moment; counted clockwise from the key.
    pub lost_disk: Option<usize>,
    /// The node that may be started on an older copy of its disk, once, at any moment; counted
    /// clockwise from the key. What it has sent since the copy was made has arrived by then, or is
    /// lost; and it does not crash otherwise.
    pub old_disk: Option<usize>,
    /// How often it is asked whether tombstones may be reaped. Where it is at all, no message lives
    /// longer than tombstones do.
    pub reaps: u8,
    /// Do nodes gossip?
    pub gossip: bool,
    /// Do replicas compare what they hold?
    pub exchange: bool,
}

impl Faults {
    /// The node whose disk is lost, or older at some time.
    pub(crate) fn bad_disk(&self) -> Option<usize> {
        self.lost_disk.or(self.old_disk)
    }
}

/// Why a scope does not claim some properties.
#[derive(Clone, Copy, Debug)]
pub struct Excuse {
    /// Their names, as in [`Property::name`].
    pub properties: &'static [&'static str],
    /// The reason.
    pub reason: &'static str,
}

const NOBODY_STANDS_IN: Excuse = Excuse {
    properties: &["I4.acknowledged-on-a-hint", "I8.hint-is-handed-over"],
    reason: "there is no fallback here, or nobody is ever suspected",
};

const NOT_IN_PERSON: Excuse = Excuse {
    properties: &["I1.in-person-put-is-read-in-person"],
    reason: "nobody asks for intended replicas in person here",
};

const NOBODY_MOVES: Excuse = Excuse {
    properties: &[
        "I4.replica-is-misplaced",
        "I4.replica-is-handed-over",
        "I7.views-differ",
        "I7.served-by-one-who-knows-more",
        "I9.change-spreads",
    ],
    reason: "nobody joins or leaves here",
};

const NOBODY_ROUTES: Excuse = Excuse {
    properties: &["I7.client-with-an-old-view", "I7.client-is-told"],
    reason: "no client has a view of its own here",
};

const NOBODY_COMPARES: Excuse = Excuse {
    properties: &["I5.a-key-is-exchanged"],
    reason: "replicas do not compare what they hold here",
};

const NO_BYSTANDER: Excuse = Excuse {
    properties: &["I5.one-of-two-keys-is-exchanged"],
    reason: "there is no key here of which it is certain that it never differs",
};

const NO_OLD_DISK: Excuse = Excuse {
    properties: &["I2.old-disk-is-found", "I2.old-disk-is-believed", "I2.old-disk-is-found-later"],
    reason: "no node is started on an older copy of its disk here",
};

const NO_LATER_WITNESS: Excuse = Excuse {
    properties: &["I2.old-disk-is-found-later"],
    reason: "no node is ever down here, so no witness comes back",
};

const NOTHING_REAPED: Excuse =
    Excuse { properties: &["I4.tombstone-is-reaped"], reason: "nothing is reaped here" };

/// No faults.
pub const NO_FAULTS: Faults = Faults {
    loss: false,
    duplication: false,
    crashes: 0,
    timeouts: None,
    client_retries: 0,
    handoffs: 0,
    lost_disk: None,
    old_disk: None,
    reaps: 0,
    gossip: false,
    exchange: false,
};

/// A named bounded configuration, and what the check of it must find.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it aims at, in a sentence.
    pub aim: &'static str,
    /// How many nodes are in the ring.
    pub nodes: u16,
    /// N, R and W.
    pub quorum: (usize, usize, usize),
    /// One script for each client.
    pub clients: &'static [&'static [ScriptLine]],
    /// What may go wrong.
    pub faults: Faults,
    /// What this scope does not claim. An excuse that is not needed is an error: see
    /// [`Scope::excuse`].
    pub excused: &'static [Excuse],
    /// How many unique states there are: a changed count is a changed protocol.
    pub unique_states: usize,
}

impl Scope {
    /// The reason for which this scope does not claim the property, if it does not. The check of
    /// the scope then finds that the property fails here, and finds fault with the excuse if it
    /// does not.
    pub fn excuse(&self, property: &Property) -> Option<&'static str> {
        let without_stand_ins =
            Some(&NOBODY_STANDS_IN).filter(|_| !self.has_stand_ins() && !self.changes());
        let nobody_reaps = Some(&NOTHING_REAPED).filter(|_| self.faults.reaps == 0);
        let nobody_asks = Some(&NOT_IN_PERSON)
            .filter(|_| !self.asks(Ask::PutInPerson) || !self.asks(Ask::GetInPerson));
        let nobody_moves = Some(&NOBODY_MOVES).filter(|_| !self.changes());
        let nobody_routes = Some(&NOBODY_ROUTES).filter(|_| !self.routes());
        let nobody_compares = Some(&NOBODY_COMPARES).filter(|_| !self.faults.exchange);
        let no_bystander = Some(&NO_BYSTANDER).filter(|_| !self.has_bystander());
        let no_old_disk = Some(&NO_OLD_DISK).filter(|_| self.faults.old_disk.is_none());
        let no_later_witness = Some(&NO_LATER_WITNESS).filter(|_| self.faults.crashes == 0);
        let structural = [
            without_stand_ins,
            nobody_asks,
            nobody_reaps,
            nobody_moves,
            nobody_routes,
            nobody_compares,
            no_bystander,
        ];
        let excuses = self
            .excused
            .iter()
            .chain(structural.into_iter().flatten())
            .chain(no_old_disk)
            .chain(no_later_witness);
        let mut excuses = excuses;
        let excuse = excuses.find(|excuse| excuse.properties.contains(&property.name));
        excuse.map(|excuse| excuse.reason)
    }

    /// May a fallback stand in for an intended replica here?
    fn has_stand_ins(&self) -> bool {
        usize::from(self.nodes) > self.quorum.0 && self.faults.timeouts.is_some()
    }

    fn asks(&self, what: Ask) -> bool {
        self.clients.iter().any(|script| script.iter().any(|(_, ask)| *ask == what))
    }

    /// Does any client choose nodes by a view of its own?
    fn routes(&self) -> bool {
        self.clients.iter().any(|script| chooses_nodes(script))
    }

    /// The model: nodes first, then clients; the protocol under `rules`; with those of these
    /// properties that stateright has a word for.
    pub fn model(
        &self,
        rules: Rules,
        properties: impl IntoIterator<Item = &'static Property>,
    ) -> System {
        self.model_of(self.setting(), &rules, properties)
    }

    /// The same, of this scope made concrete.
    pub(crate) fn model_of(
        &self,
        setting: Setting,
        rules: &Rules,
        properties: impl IntoIterator<Item = &'static Property>,
    ) -> System {
        let node = Node {
            config: setting.config,
            founders: setting.founders.clone(),
            address: None,
            rules: *rules,
        };
        let clients: Vec<Process> =
            (0..self.clients.len()).map(|index| self.client(&setting, index)).collect();
        let network = if self.faults.duplication {
            Network::new_unordered_duplicating([])
        } else {
            Network::new_unordered_nonduplicating([])
        };
        let ghost = Ghost::new(&setting);
        let bad = self.faults.lost_disk.map(|place| self.node_at(place, &setting.key));
        let circumstances = |id| Circumstances {
            loses_its_disk: bad == Some(NodeId(id)),
            returns_to_a_copy: setting.copied == Some(NodeId(id)),
            takes_all: setting.is_endless,
            disk: setting.disk(NodeId(id)),
        };
        let nodes: Vec<Process> =
            (0..self.nodes).map(|id| Process::Node(node.clone(), circumstances(id))).collect();
        let mut model = ActorModel::new(setting, ghost)
            .actors(nodes)
            .actors(clients)
            .init_network(network)
            .lossy_network(if self.faults.loss { LossyNetwork::Yes } else { LossyNetwork::No })
            .max_crashes(self.faults.crashes)
            .record_msg_in(record::record_in)
            .record_msg_out(record::record_out)
            .within_boundary(boundary::is_in_scope);
        for property in properties {
            if let Some(expectation) = property.expectation() {
                model = model.property(expectation, property.name, property.condition);
            }
        }
        model
    }

    /// All nodes, whether they have joined or not.
    pub fn ring(&self) -> Ring {
        let members: Vec<NodeId> = (0..self.nodes).map(NodeId).collect();
        Ring::of(&members)
    }

    /// The node at this place, counted clockwise from the key.
    pub(crate) fn node_at(&self, place: usize, key: &Key) -> NodeId {
        self.ring().preference_list(key, usize::from(self.nodes))[place]
    }

    /// Does anybody join or leave?
    pub fn changes(&self) -> bool {
        self.asks_to_move().next().is_some()
    }

    /// Does anything go on without end: the telling of histories, the comparing of trees?
    pub fn is_endless(&self) -> bool {
        self.changes() || self.faults.exchange
    }

    fn asks_to_move(&self) -> impl Iterator<Item = Ask> {
        let asks = self.clients.iter().flat_map(|script| script.iter().map(|(_, ask)| *ask));
        asks.filter(|ask| ask.moves().is_some())
    }

    /// The members from the beginning: all nodes but those of which the first that anyone wants is
    /// that they join.
    pub(crate) fn founders(&self, key: &Key) -> Vec<NodeId> {
        let clockwise = self.ring().preference_list(key, usize::from(self.nodes)).to_vec();
        let joins_first = |node: &NodeId| {
            let first = self
                .asks_to_move()
                .find(|ask| ask.moves().is_some_and(|place| clockwise[place] == *node));
            matches!(first, Some(Ask::Join(_)))
        };
        (0..self.nodes).map(NodeId).filter(|node| !joins_first(node)).collect()
    }

    fn client(&self, setting: &Setting, index: usize) -> Process {
        let ring = self.ring();
        let clockwise = ring.preference_list(&setting.key, usize::from(self.nodes)).to_vec();
        let client = ClientId(u64::from(self.nodes) + index as u64);
        let line = |(number, (via, ask)): (usize, &ScriptLine)| {
            let value = || {
                let request = RequestId { client, number: number as u64 };
                setting.write(request).expect("a put of the script").value()
            };
            let (_, r, w) = self.quorum;
            let line = match ask {
                Ask::Put => Line::PutBlind { content: Content::Value(value()), pw: 0 },
                Ask::PutInPerson => {
                    Line::PutBlind { content: Content::Value(value()), pw: w as u8 }
                }
                Ask::PutOver => Line::PutInformed(Content::Value(value())),
                Ask::Delete => Line::PutInformed(Content::Tombstone(value())),
                Ask::Get => Line::Get { pr: 0 },
                Ask::GetInPerson => Line::Get { pr: r as u8 },
                Ask::Join(place) => {
                    Line::Administer { node: clockwise[*place], wish: Wish::Join(None) }
                }
                Ask::Leave(place) => {
                    Line::Administer { node: clockwise[*place], wish: Wish::Leave }
                }
                Ask::Remove(place) => {
                    Line::Administer { node: clockwise[*place], wish: Wish::Remove }
                }
            };
            (clockwise.get(*via).map_or(Via::OwnView, |node| Via::Node(*node)), line)
        };
        let script = self.clients[index].iter().enumerate().map(line).collect();
        let routes = Routes::new(setting.founders.clone(), setting.config.n());
        Process::Client(Client {
            key: setting.key.clone(),
            script,
            routes,
            retries: self.faults.client_retries,
        })
    }
}
