//! Coordinating a put (traces 1 and 6; Dynamo paper §4.3, §4.5): give it a dot, store it here, send the set to the other intended
//! replicas, acknowledge at W, keep collecting to N.

use crate::ids::{ClientId, Key, NodeId, RequestId, Value};
use crate::message::{Answer, Message, Refusal};
use crate::node::{Issued, Step, Timer};
use crate::rules::Freshness;
use crate::siblings::{Siblings, Version};
use crate::tally::Tally;
use crate::version::{Context, Dot};
use stateright::actor::Id;

/// A put under way at its coordinator. Volatile: after a crash the client's retry starts it again, under the same dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunningPut {
    /// Whom to answer.
    pub client: Id,
    /// Where.
    pub key: Key,
    /// The context the client is to get back.
    pub context: Context,
    /// Which replicas have it on disk.
    pub tally: Tally,
    /// Has the client been told?
    pub acknowledged: bool,
    /// How often the replicas that are missing will be sent it again.
    pub retransmissions_left: u8,
}

impl Step<'_, '_> {
    pub(crate) fn on_put(&mut self, client: Id, request: RequestId, key: Key, value: Value, read: &Context) {
        if let Some(running) = self.state.puts.get(&request) {
            if running.acknowledged {
                let context = running.context.clone();
                self.out.send(client, Message::Answer(Answer::PutAcknowledged { request, context }));
            }
            return;
        }
        let remembered = self.state.durable.issued.get(&request.client);
        let answer = match (self.node.rules.put_freshness(remembered, request), remembered) {
            (Freshness::Outdated, _) => return,
            (Freshness::Repeated, Some(issued)) => issued.answer.clone(),
            (Freshness::New | Freshness::Repeated, _) => self.issue(request, &key, value, read),
        };
        match answer {
            Ok(context) => self.collect_stored(client, request, key, context),
            Err(refusal) => self.out.send(client, Message::Answer(Answer::PutRefused { request, refusal })),
        }
    }

    /// Gives the put its dot and makes it durable here, or refuses it. Either is remembered.
    fn issue(&mut self, request: RequestId, key: &Key, value: Value, read: &Context) -> Result<Context, Refusal> {
        let before = self.held(key);
        let stored = self.put_version(&before, value, read);
        let must_save = stored.as_ref().map_or(true, |(after, _)| self.node.rules.must_save(&before, after));
        let durable = &mut self.state.to_mut().durable;
        let answer = stored.map(|(after, context)| {
            durable.counter += 1;
            durable.store.insert(key.clone(), after);
            context
        });
        let issued = Issued { number: request.number, counter: durable.counter, answer: answer.clone() };
        durable.issued.insert(request.client, issued);
        self.forget_old_clients();
        if must_save {
            self.save();
        }
        answer
    }

    /// The set after the put, and the context its client is to get back.
    fn put_version(&self, before: &Siblings, value: Value, read: &Context) -> Result<(Siblings, Context), Refusal> {
        let (rules, bytes_max) = (self.node.rules, self.node.config.siblings_bytes_max());
        // A foreign context that another coordinator could not recognise may have told the set of dots this node has not issued.
        let largest = self.state.durable.counter.max(before.context().counter_max(self.id));
        if read.counter_max(self.id) > largest {
            return Err(Refusal::ForeignContext);
        }
        let dot = Dot { node: self.id, counter: largest.checked_add(1).ok_or(Refusal::ForeignContext)? };
        if read.bytes_max() > bytes_max {
            return Err(Refusal::SiblingsTooLarge { bytes: read.bytes_max(), bytes_max });
        }
        let context = rules.put_context(read, dot, before);
        let version = Version { dot, clock: context.clone(), value };
        let after = before.put(version, |sibling| rules.version_replaces(read, dot, sibling));
        let bytes = after.bytes_max();
        if bytes > bytes_max { Err(Refusal::SiblingsTooLarge { bytes, bytes_max }) } else { Ok((after, context)) }
    }

    /// Every so many puts, forgets the clients that have put nothing since: the memory for retries stays bounded.
    fn forget_old_clients(&mut self) {
        let remembered = self.node.config.puts_remembered();
        let durable = &mut self.state.to_mut().durable;
        if durable.counter > 0 && durable.counter.is_multiple_of(remembered) {
            let oldest = durable.counter - remembered;
            let old = |(client, issued): (&ClientId, &Issued)| (issued.counter <= oldest).then_some(*client);
            let forgotten: Vec<ClientId> = durable.issued.iter().filter_map(old).collect();
            for client in forgotten {
                durable.issued.remove(&client);
            }
        }
    }

    /// Sends the set to the other intended replicas and starts to count; this node, which has it on disk, is the first.
    fn collect_stored(&mut self, client: Id, request: RequestId, key: Key, context: Context) {
        let mut tally = Tally::new(self.preference_list(&key));
        tally.add(self.id);
        let patience = self.node.config.patience();
        let retransmissions_left = patience.map_or(0, |patience| patience.retransmissions);
        let running = RunningPut { client, key, context, tally, acknowledged: false, retransmissions_left };
        self.state.to_mut().puts.insert(request, running);
        self.send_store(request);
        if let Some(patience) = patience {
            self.out.set_timer(Timer::Put(self.id, request), patience.answer_within..patience.answer_within);
        }
        self.conclude_put(request);
    }

    /// Sends what this node holds now to every replica that has not answered.
    fn send_store(&mut self, request: RequestId) {
        let running = &self.state.puts[&request];
        let key = running.key.clone();
        let missing: Vec<NodeId> = running.tally.missing().collect();
        let siblings = self.held(&key);
        for replica in missing {
            self.send(replica, Message::Store { request, key: key.clone(), siblings: siblings.clone() });
        }
    }

    pub(crate) fn on_stored(&mut self, from: NodeId, request: RequestId) {
        let Some(running) = self.state.puts.get(&request) else { return };
        if self.node.rules.reply_counts(&running.tally, from) {
            self.running_put(request).tally.add(from);
            self.conclude_put(request);
        }
    }

    pub(crate) fn on_put_timeout(&mut self, request: RequestId) {
        let (Some(running), Some(patience)) = (self.state.puts.get(&request), self.node.config.patience()) else {
            return;
        };
        if running.retransmissions_left > 0 {
            self.running_put(request).retransmissions_left -= 1;
            self.send_store(request);
            self.out.set_timer(Timer::Put(self.id, request), patience.answer_within..patience.answer_within);
        } else {
            self.running_put(request).tally.give_up();
            self.conclude_put(request);
        }
    }

    /// Acknowledges if the rules allow it now; forgets the put once nobody is waited for.
    fn conclude_put(&mut self, request: RequestId) {
        let needed = self.node.config.w();
        let running = &self.state.puts[&request];
        let client = running.client;
        let finished = running.tally.is_complete() || !running.tally.waiting;
        if !running.acknowledged && self.node.rules.put_may_ack(&running.tally, needed) {
            let context = running.context.clone();
            self.out.send(client, Message::Answer(Answer::PutAcknowledged { request, context }));
            self.running_put(request).acknowledged = true;
        } else if !running.acknowledged && finished {
            let stored = running.tally.answered.len();
            self.out.send(client, Message::Answer(Answer::PutFailed { request, stored, needed }));
        }
        if finished {
            self.state.to_mut().puts.remove(&request);
            if self.node.config.patience().is_some() {
                self.out.cancel_timer(Timer::Put(self.id, request));
            }
        }
    }

    fn running_put(&mut self, request: RequestId) -> &mut RunningPut {
        self.state.to_mut().puts.get_mut(&request).expect("the put is under way")
    }
}
