//! Assembles the model of a scope: nodes and clients, the network, the observer of all messages,
//! the boundary, and the properties to check.

use crate::property::Property;
use crate::scope::instance::Instance;
use crate::scope::{Ask, Scope, ScriptLine};
use crate::system::{System, boundary};
use crate::truth::{Ghost, observer};
use dynamo_model::client::{Client, Line, Via};
use dynamo_model::ids::{Content, NodeId, RequestId};
use dynamo_model::node::Node;
use dynamo_model::process::{Circumstances, Process, Takes};
use dynamo_model::route::Routes;
use dynamo_model::rules::Rules;
use dynamo_model::wish::Wish;
use stateright::actor::{ActorModel, LossyNetwork, Network};

impl Scope {
    /// The model: nodes first, then clients. The nodes follow `rules`. *Converges* properties are
    /// left out: stateright has no such kind.
    pub fn model(
        &self,
        rules: Rules,
        properties: impl IntoIterator<Item = &'static Property>,
    ) -> System {
        self.model_of(self.instance(), &rules, properties)
    }

    /// The model of this scope, on the key and the ring of this instance.
    pub(crate) fn model_of(
        &self,
        instance: Instance,
        rules: &Rules,
        properties: impl IntoIterator<Item = &'static Property>,
    ) -> System {
        let address = |id| instance.moved.filter(|(node, _)| node.0 == id).map(|(_, new)| new);
        let node = |id| Node {
            config: instance.config,
            founders: instance.founders.clone(),
            address: address(id),
            rules: *rules,
        };
        let routes = Routes::new(instance.founders.clone(), instance.config.n());
        let client = |index| self.client(&instance, index, routes.clone());
        let clients: Vec<Process> = (0..self.clients.len()).map(client).collect();
        let network = if self.faults.duplication {
            Network::new_unordered_duplicating([])
        } else {
            Network::new_unordered_nonduplicating([])
        };
        let ghost = Ghost::new(&instance);
        let bad = self.faults.lost_disk.map(|position| self.node_at(position, &instance.key));
        let circumstances = |id| Circumstances {
            loses_its_disk: bad == Some(NodeId(id)),
            returns_to_a_copy: instance.copied == Some(NodeId(id)),
            takes: Takes { replies: self.takes_late_replies(), others: instance.is_endless },
            disk: instance.disk(NodeId(id)),
        };
        let nodes: Vec<Process> =
            (0..self.nodes).map(|id| Process::Node(node(id), circumstances(id))).collect();
        let mut model = ActorModel::new(instance, ghost)
            .actors(nodes)
            .actors(clients)
            .init_network(network)
            .lossy_network(if self.faults.loss { LossyNetwork::Yes } else { LossyNetwork::No })
            .max_crashes(self.faults.crashes)
            .record_msg_in(observer::record_in)
            .record_msg_out(observer::record_out)
            .within_boundary(boundary::is_in_scope);
        for property in properties {
            if let Some(expectation) = property.expectation() {
                model = model.property(expectation, property.name, property.condition);
            }
        }
        model
    }

    fn client(&self, instance: &Instance, index: usize, routes: Routes) -> Process {
        let clockwise = &instance.clockwise;
        let client = instance.clients[index];
        let line = |(number, (via, ask)): (usize, &ScriptLine)| {
            let value = || {
                let request = RequestId { client, number: number as u64 };
                instance.write(request).expect("a put of the script").value()
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
                Ask::Join(position) => {
                    Line::Administer { node: clockwise[*position], wish: Wish::Join(None) }
                }
                Ask::Leave(position) => {
                    Line::Administer { node: clockwise[*position], wish: Wish::Leave }
                }
                Ask::Remove(position) => {
                    Line::Administer { node: clockwise[*position], wish: Wish::Remove }
                }
            };
            (clockwise.get(*via).map_or(Via::OwnView, |node| Via::Node(*node)), line)
        };
        let script = self.clients[index].iter().enumerate().map(line).collect();
        Process::Client(Client {
            key: instance.key_of(client).clone(),
            script,
            routes,
            retries: self.faults.client_retries,
        })
    }
}
