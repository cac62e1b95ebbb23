//! Symmetries of a scope: renamings of interchangeable nodes and clients that leave the scope
//! unchanged.
//!
//! The protocol treats the replicas of a key alike, and clients differ only in their names. A scope
//! distinguishes them only by its scripts: which client sends which request to which node. So a
//! renaming permutes the positions of the ring and the clients. Each client's script, with permuted
//! positions, must equal the script of the client that it becomes.
//!
//! A scope has no symmetries if a request is forwarded, or if a node is not a replica. The replica
//! that gets a forwarded request depends on the client's number and on the order of the preference
//! list. It has none either if nodes choose peers at random: they choose from a list in the order
//! of the ring.
//!
//! Symmetry needs rules that treat all nodes alike. A rule that compares node ids must not be
//! checked with it. [`Siblings::newest_only`] is such a rule, for a defect whose scope has no
//! symmetries.

mod renaming;

use crate::scope::instance::Instance;
use crate::scope::write_set::{WriteId, WriteSet};
use crate::scope::{Ask, Scope};
use crate::truth::{Ghost, Hearing, Hinted, Read, Write};
use dynamo_model::client::ClientState;
use dynamo_model::collecting::{Collecting, RunningGet, RunningPut};
use dynamo_model::hint::HintId;
use dynamo_model::ids::{ClientId, Content, NodeId, RequestId};
use dynamo_model::message::{Answer, Message, Operation};
use dynamo_model::node::{Decision, Durable, Issued, State, Timer};
use dynamo_model::process::{Process, ProcessState};
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::tally::{Counted, StandIn, Tally};
use dynamo_model::version::Context;
use interned_checker::Renaming;
use stateright::actor::Id;

/// A renaming of a scope's nodes and clients that leaves the scope unchanged.
#[derive(Clone, Debug)]
pub struct Symmetry {
    instance: Instance,
    /// The new id of each node.
    nodes: Vec<NodeId>,
    /// The new index of each client.
    clients: Vec<usize>,
}

impl Scope {
    /// All renamings that leave the scope unchanged, except the identity. With the identity they
    /// form a group.
    pub fn symmetries(&self) -> Vec<Symmetry> {
        let replicas = self.quorum.0;
        let forwards =
            self.clients.iter().any(|script| script.iter().any(|(via, _)| *via >= replicas));
        let treats_one_apart = self.faults.bad_disk().is_some()
            || self.faults.reaps > 0
            || self.faults.second_key
            || self.faults.gossip
            || self.is_endless();
        if treats_one_apart || forwards || replicas != usize::from(self.nodes) {
            return Vec::new();
        }
        let instance = self.instance();
        let all_clients = permutations(self.clients.len());
        let mut symmetries = Vec::new();
        for positions in permutations(replicas) {
            for clients in &all_clients {
                let alike = (0..clients.len())
                    .all(|client| self.becomes(client, clients[client], &positions));
                if alike && !is_identity(&positions, clients) {
                    let mut nodes = instance.preference_list.clone();
                    for (node, to) in instance.preference_list.iter().zip(&positions) {
                        nodes[usize::from(node.0)] = instance.preference_list[*to];
                    }
                    symmetries.push(Symmetry {
                        instance: instance.clone(),
                        nodes,
                        clients: clients.clone(),
                    });
                }
            }
        }
        symmetries
    }

    /// Does a client's script, with permuted positions, equal the other client's script?
    fn becomes(&self, client: usize, other: usize, positions: &[usize]) -> bool {
        let permuted = |&(via, ask): &(usize, Ask)| (positions[via], ask);
        self.clients[client].iter().map(permuted).eq(self.clients[other].iter().copied())
    }
}

fn is_identity(positions: &[usize], clients: &[usize]) -> bool {
    positions.iter().copied().eq(0..positions.len()) && clients.iter().copied().eq(0..clients.len())
}

/// All permutations of `0..len`.
fn permutations(len: usize) -> Vec<Vec<usize>> {
    let Some(last) = len.checked_sub(1) else { return vec![Vec::new()] };
    let with_last = |shorter: Vec<usize>| {
        (0..len).map(move |index| {
            let mut longer = shorter.clone();
            longer.insert(index, last);
            longer
        })
    };
    permutations(last).into_iter().flat_map(with_last).collect()
}

/// Renames each item, and moves it to its new index.
fn moved<T: Clone>(
    things: &[T],
    new_index: impl Fn(usize) -> usize,
    renamed: impl Fn(&T) -> T,
) -> Vec<T> {
    let mut all = things.to_vec();
    things.iter().enumerate().for_each(|(index, thing)| all[new_index(index)] = renamed(thing));
    all
}

fn sorted<T: Ord>(things: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = things.collect();
    all.sort_unstable();
    all
}

impl Symmetry {
    fn node(&self, node: NodeId) -> NodeId {
        self.nodes[usize::from(node.0)]
    }

    fn id(&self, id: Id) -> Id {
        Id::from(self.actor(usize::from(id)))
    }

    fn client(&self, client: ClientId) -> ClientId {
        ClientId(self.actor(client.0 as usize) as u64)
    }

    fn request(&self, request: RequestId) -> RequestId {
        RequestId { client: self.client(request.client), ..request }
    }

    /// A put becomes the put in the same script line of the renamed client.
    fn write(&self, write: WriteId) -> WriteId {
        let request = self.request(self.instance.puts[usize::from(write.0)]);
        self.instance.write(request).expect("the renamed client has an equal script")
    }

    fn read(&self, read: usize) -> usize {
        let request = self.request(self.instance.gets[read]);
        self.instance.read(request).expect("the renamed client has an equal script")
    }

    fn content(&self, content: &Content) -> Content {
        let renamed = self.write(WriteId::of(content)).value();
        match content {
            Content::Value(_) => Content::Value(renamed),
            Content::Tombstone(_) => Content::Tombstone(renamed),
        }
    }

    fn writes(&self, writes: WriteSet) -> WriteSet {
        writes.iter().map(|write| self.write(write)).collect()
    }

    fn context(&self, context: &Context) -> Context {
        context.renamed(|node| self.node(node), |request| self.request(request))
    }

    fn siblings(&self, siblings: &Siblings) -> Siblings {
        siblings.renamed(
            |node| self.node(node),
            |request| self.request(request),
            |content| self.content(content),
        )
    }

    /// The siblings of an answer, sorted by dot.
    fn versions(&self, versions: &[Version]) -> Vec<Version> {
        let (node, request) = (|node| self.node(node), |request| self.request(request));
        let renamed =
            |version: &Version| version.renamed(node, request, |content| self.content(content));
        let mut all: Vec<Version> = versions.iter().map(renamed).collect();
        all.sort_unstable_by_key(|version| version.dot);
        all
    }

    /// Sorts the renamed nodes: a coordinator asks replicas in the order of the preference list.
    fn tally(&self, tally: &Tally) -> Tally {
        let mut asked: Vec<NodeId> = tally.asked.iter().map(|node| self.node(*node)).collect();
        asked.sort_unstable_by_key(|node| {
            self.instance.preference_list.iter().position(|other| other == node)
        });
        let stand_in = |stand_in: &StandIn| StandIn {
            fallback: self.node(stand_in.fallback),
            intended: self.node(stand_in.intended),
        };
        let counted = |answer: &Counted| Counted {
            intended: self.node(answer.intended),
            by: self.node(answer.by),
        };
        Tally {
            asked,
            stand_ins: tally.stand_ins.iter().map(stand_in).collect(),
            counted: sorted(tally.counted.iter().map(counted)),
            waiting: tally.waiting,
        }
    }

    fn collecting(&self, it: &Collecting) -> Collecting {
        Collecting {
            client: self.id(it.client),
            key: it.key.clone(),
            tally: self.tally(&it.tally),
            ..*it
        }
    }

    fn running_put(&self, put: &RunningPut) -> RunningPut {
        let RunningPut { collecting, context } = put;
        RunningPut { collecting: self.collecting(collecting), context: self.context(context) }
    }

    fn running_get(&self, get: &RunningGet) -> RunningGet {
        let RunningGet { collecting, replies } = get;
        let renamed = replies.iter().map(|(node, held)| (self.node(*node), self.siblings(held)));
        let mut replies: Vec<_> = renamed.collect();
        replies.sort_unstable_by_key(|(node, _)| *node);
        RunningGet { collecting: self.collecting(collecting), replies }
    }

    fn durable(&self, durable: &Durable) -> Durable {
        let Durable { incarnation, counter, store, epochs, issued, hints, history, settling } =
            durable;
        let hint = |(id, siblings): (&HintId, &Siblings)| (self.hint(id), self.siblings(siblings));
        let issued = issued.iter().map(|(client, Issued { number, counter, answer })| {
            let answer = match answer {
                Decision::Put(Ok(context)) => Decision::Put(Ok(self.context(context))),
                Decision::Put(Err(_)) | Decision::Change(_) => answer.clone(),
            };
            (self.client(*client), Issued { number: *number, counter: *counter, answer })
        });
        Durable {
            incarnation: *incarnation,
            counter: *counter,
            epochs: epochs.clone(),
            store: store
                .iter()
                .map(|(key, siblings)| (key.clone(), self.siblings(siblings)))
                .collect(),
            issued: issued.collect(),
            hints: hints.iter().map(hint).collect(),
            // In a scope with symmetries every node is a founder, and none joins or leaves.
            history: history.clone(),
            settling: settling.clone(),
        }
    }

    fn hint(&self, hint: &HintId) -> HintId {
        HintId { recipient: self.node(hint.recipient), key: hint.key.clone() }
    }

    fn operation(&self, operation: &Operation) -> Operation {
        match operation {
            Operation::Put { request, key, content, context, pw } => Operation::Put {
                request: self.request(*request),
                key: key.clone(),
                content: self.content(content),
                context: self.context(context),
                pw: *pw,
            },
            Operation::Get { request, key, pr } => {
                Operation::Get { request: self.request(*request), key: key.clone(), pr: *pr }
            }
        }
    }

    fn answer(&self, answer: &Answer) -> Answer {
        let request = self.request(answer.request());
        match answer {
            Answer::PutAcknowledged { key, context, .. } => Answer::PutAcknowledged {
                request,
                key: key.clone(),
                context: self.context(context),
            },
            Answer::PutFailed { stored, needed, in_person, pw, .. } => {
                let (stored, needed, in_person, pw) = (*stored, *needed, *in_person, *pw);
                Answer::PutFailed { request, stored, needed, in_person, pw }
            }
            Answer::NoRoute { .. } => Answer::NoRoute { request },
            Answer::PutRefused { refusal, .. } => Answer::PutRefused { request, refusal: *refusal },
            Answer::GetRefused { refusal, .. } => Answer::GetRefused { request, refusal: *refusal },
            Answer::GetAnswered { key, siblings, context, .. } => {
                let siblings = self.versions(siblings);
                Answer::GetAnswered {
                    request,
                    key: key.clone(),
                    siblings,
                    context: self.context(context),
                }
            }
            Answer::Changed { history, .. } => {
                Answer::Changed { request, history: history.clone() }
            }
            Answer::ChangeRefused { refusal, .. } => {
                Answer::ChangeRefused { request, refusal: *refusal }
            }
            Answer::GetFailed { answered, needed, in_person, pr, .. } => {
                let (answered, needed, in_person, pr) = (*answered, *needed, *in_person, *pr);
                Answer::GetFailed { request, answered, needed, in_person, pr }
            }
        }
    }

    fn ghost_read(&self, read: &Read) -> Read {
        Read {
            acknowledged_before: self.writes(read.acknowledged_before),
            hearings: sorted(read.hearings.iter().map(|hearing| {
                Hearing {
                    coordinator: self.node(hearing.coordinator),
                    heard: sorted(hearing.heard.iter().map(|node| self.node(*node))),
                    known: self.writes(hearing.known),
                    repairs: sorted(
                        hearing
                            .repairs
                            .iter()
                            .map(|(node, writes)| (self.node(*node), self.writes(*writes))),
                    ),
                }
            })),
            by: read.by.map(|node| self.node(node)),
            shown: self.writes(read.shown),
            sources: sorted(read.sources.iter().map(|node| self.node(*node))),
            omitted: self.writes(read.omitted),
            outcome: read.outcome,
        }
    }
}
