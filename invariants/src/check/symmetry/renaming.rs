//! How the engine renames each part of a state.

use super::{
    ClientState, Durable, Ghost, Hinted, Message, Process, ProcessState, Renaming, State, Symmetry,
    Timer, Write, WriteId, WriteSet, moved, sorted,
};

impl Renaming<Process, Ghost> for Symmetry {
    fn actor(&self, actor: usize) -> usize {
        match actor.checked_sub(self.nodes.len()) {
            None => usize::from(self.nodes[actor].0),
            Some(client) => self.nodes.len() + self.clients[client],
        }
    }

    fn state(&self, state: &ProcessState) -> ProcessState {
        match state {
            // Views, trees and forwarded requests are not renamed. A scope in which they matter has
            // no symmetries.
            ProcessState::Node(node) => ProcessState::Node(State {
                durable: self.durable(&node.durable),
                puts: node
                    .puts
                    .iter()
                    .map(|(request, put)| (self.request(*request), self.running_put(put)))
                    .collect(),
                gets: node
                    .gets
                    .iter()
                    .map(|(request, get)| (self.request(*request), self.running_get(get)))
                    .collect(),
                suspected: node.suspected.iter().map(|node| self.node(*node)).collect(),
                reaping: node
                    .reaping
                    .iter()
                    .map(|(key, clear)| {
                        (key.clone(), clear.iter().map(|node| self.node(*node)).collect())
                    })
                    .collect(),
                handoffs: node
                    .handoffs
                    .iter()
                    .map(|(node, attempts)| (self.node(*node), *attempts))
                    .collect(),
                ..node.clone()
            }),
            ProcessState::Copied(..) => state.clone(),
            ProcessState::Client(client) => ProcessState::Client(ClientState {
                context: self.context(&client.context),
                ..client.clone()
            }),
        }
    }

    fn message(&self, message: &Message) -> Message {
        let mut renamed = message.clone();
        match &mut renamed {
            Message::Request(operation) | Message::Routed { operation, .. } => *operation = self.operation(operation),
            Message::Answer(answer) => *answer = self.answer(answer),
            Message::Forward { client, operation, .. } => {
                (*client, *operation) = (self.id(*client), self.operation(operation));
            }
            Message::Store { request, siblings, .. }
            | Message::Fetched { request, siblings, .. }
            | Message::Repair { request, siblings, .. } => {
                (*request, *siblings) = (self.request(*request), self.siblings(siblings));
            }
            Message::Stored { request } | Message::Forwarded { request } | Message::Fetch { request, .. } => {
                *request = self.request(*request);
            }
            Message::StoreHint { request, hint, siblings, .. } => {
                (*request, *hint, *siblings) = (self.request(*request), self.hint(hint), self.siblings(siblings));
            }
            Message::StoredHint { request, recipient } => {
                (*request, *recipient) = (self.request(*request), self.node(*recipient));
            }
            Message::HandOff { siblings, .. }
            | Message::Survey { siblings, .. }
            | Message::Surveyed { siblings, .. }
            | Message::Reap { siblings, .. } => *siblings = self.siblings(siblings),
            Message::HandedOff { context, .. } => *context = self.context(context),
            Message::Gather { .. }
            | Message::Gathered { .. }
            // A scope with membership changes or anti-entropy exchanges has no symmetries.
            | Message::Administer { .. }
            | Message::Gossip { .. }
            | Message::History { .. }
            | Message::Changes { .. }
            | Message::Roots { .. } | Message::Subtrees { .. } | Message::Leaves { .. }
            | Message::Sync { .. } | Message::Dated { .. } => {}
        }
        renamed
    }

    fn timer(&self, timer: &Timer) -> Timer {
        match timer {
            Timer::Put(node, request) => Timer::Put(self.node(*node), self.request(*request)),
            Timer::Get(node, request) => Timer::Get(self.node(*node), self.request(*request)),
            Timer::Forward(node, request) => {
                Timer::Forward(self.node(*node), self.request(*request))
            }
            Timer::Handoff(node, recipient) => {
                Timer::Handoff(self.node(*node), self.node(*recipient))
            }
            Timer::Gather(node, key) => Timer::Gather(self.node(*node), key.clone()),
            Timer::Reap(node, key) => Timer::Reap(self.node(*node), key.clone()),
            Timer::Gossip(node) => Timer::Gossip(self.node(*node)),
            Timer::Plant(node) => Timer::Plant(self.node(*node)),
            Timer::Exchange(node, peer) => {
                Timer::Exchange(self.node(*node), peer.map(|peer| self.node(peer)))
            }
            Timer::Client(client) => Timer::Client(self.client(*client)),
        }
    }

    fn storage(&self, storage: &Durable) -> Durable {
        self.durable(storage)
    }

    fn history(&self, history: &Ghost) -> Ghost {
        let write = |write: &Write| Write { saw: self.writes(write.saw), outcome: write.outcome };
        let writes = |writes: &WriteSet| self.writes(*writes);
        Ghost {
            copied: history.copied,
            sent_needlessly: history.sent_needlessly,
            writes: moved(
                &history.writes,
                |index| usize::from(self.write(WriteId(index as u8)).0),
                write,
            ),
            reads: moved(&history.reads, |index| self.read(index), |read| self.ghost_read(read)),
            confirmed: moved(&history.confirmed, |index| usize::from(self.nodes[index].0), writes),
            hinted: sorted(history.hinted.iter().map(|hinted| Hinted {
                holder: self.node(hinted.holder),
                recipient: self.node(hinted.recipient),
                of_second_key: hinted.of_second_key,
                writes: self.writes(hinted.writes),
                sent: hinted.sent,
                is_moved: hinted.is_moved,
            })),
            reaped: self.writes(history.reaped),
            just_asked: history.just_asked,
            just_asked_amid_exchanges: history
                .just_asked_amid_exchanges
                .map(|(asker, replaced)| (self.node(asker), replaced)),
            surveyed: history.surveyed,
            decided: history.decided,
            changed_again: history.changed_again,
            known: history.known.clone(),
            owed: history.owed.clone(),
            clients: moved(&history.clients, |index| self.clients[index], writes),
        }
    }
}
