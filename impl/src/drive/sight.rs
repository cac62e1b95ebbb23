//! What a driver sees of a node: a digest of each part of its state, in the words of the model.
//!
//! A real node knows a client by its address, and a node of a scope by its number. So the digests
//! are of the state with the model's ids of the clients.

use crate::doorkeeper::Refusals;
use crate::record::Part;
use crate::server::Server;
use dynamo_model::ids::NodeId;
use dynamo_model::message::Message;
use dynamo_model::node::{Durable, Node, State, Timer};
use dynamo_model::process::seen;
use serde::{Deserialize, Serialize};
use stateright::actor::Id;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// The ids by which nodes know the clients, each with the client's id in the model.
#[derive(Clone, Debug, Default)]
pub struct Clients(pub BTreeMap<Id, Id>);

impl Clients {
    fn in_model(&self, id: Id) -> Id {
        self.0.get(&id).copied().unwrap_or(id)
    }

    /// The message with the client's id of the model.
    pub fn named_in(&self, message: Message) -> Message {
        match message.undated() {
            Message::Forward { tip, client, operation } => {
                Message::Forward { tip, client: self.in_model(client), operation }
            }
            message => message,
        }
    }

    fn named_in_state(&self, mut state: State) -> State {
        let puts = state.puts.values_mut().map(|put| &mut put.collecting.client);
        let gets = state.gets.values_mut().map(|get| &mut get.collecting.client);
        let forwards = state.forwards.values_mut().map(|forward| &mut forward.client);
        for client in puts.chain(gets).chain(forwards) {
            *client = self.in_model(*client);
        }
        state
    }
}

/// A digest of each part of a node's state, in the order of [`Part::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight(Vec<u64>);

impl Sight {
    /// Of this state, with these timers set.
    pub fn of<'a>(
        node: &Node,
        id: NodeId,
        state: State,
        timers: impl Iterator<Item = &'a Timer>,
    ) -> Sight {
        let state = seen(node, id.actor(), state);
        // In the model, a node may gossip or begin an exchange at any time.
        let is_told = |timer: &&Timer| !matches!(timer, Timer::Gossip(_) | Timer::Exchange(..));
        let mut timers: Vec<&Timer> = timers.filter(is_told).collect();
        timers.sort_unstable();
        Sight(Part::ALL.into_iter().map(|part| digest_of(part, &state, &timers)).collect())
    }

    /// Of a running server.
    pub fn of_server(server: &Server, id: NodeId, clients: &Clients) -> Sight {
        let interpreter = server.interpreter();
        let state = clients.named_in_state(interpreter.state().clone());
        Sight::of(interpreter.node(), id, state, interpreter.timers().names())
    }

    /// The parts in which the two differ.
    pub fn differences(&self, other: &Sight) -> Vec<Part> {
        let pairs = Part::ALL.into_iter().zip(self.0.iter().zip(&other.0));
        pairs.filter(|(_, (one, other))| one != other).map(|(part, _)| part).collect()
    }
}

/// What a node's process tells its driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The node's state.
    pub sight: Sight,
    /// How many messages the actor has received since the process started.
    pub heard: u64,
    /// The datagrams that the process has refused, by reason.
    pub refused: Vec<Refusals>,
}

/// The parts in which two disks differ.
pub(super) fn differences_on_disk(one: &Durable, other: &Durable) -> Vec<Part> {
    let digests = |disk: &Durable| {
        let state = State { durable: disk.clone(), ..State::default() };
        Sight(Part::ALL.into_iter().map(|part| digest_of(part, &state, &[])).collect())
    };
    digests(one).differences(&digests(other))
}

fn digest_of(part: Part, state: &State, timers: &[&Timer]) -> u64 {
    let disk = &state.durable;
    match part {
        Part::Counter => of(&(disk.incarnation, disk.counter)),
        Part::Store => of(&disk.store),
        Part::Epochs => of(&disk.epochs),
        Part::Issued => of(&disk.issued),
        Part::Hints => of(&disk.hints),
        Part::History => of(&disk.history),
        Part::Settling => of(&disk.settling),
        Part::Retired => of(&state.retired),
        Part::Puts => of(&state.puts),
        Part::Gets => of(&state.gets),
        Part::Forwards => of(&state.forwards),
        Part::Gatherings => of(&state.gatherings),
        Part::Suspected => of(&state.suspected),
        Part::Handoffs => of(&state.handoffs),
        // The Merkle trees, and the keys that are not in them yet.
        Part::Unplanted => of(&(&state.unplanted, &state.trees)),
        Part::Reaping => of(&state.reaping),
        Part::Timers => of(&timers),
    }
}

fn of(value: &impl Serialize) -> u64 {
    xxh3_64(&postcard::to_stdvec(value).expect("postcard can encode every part of a state"))
}
