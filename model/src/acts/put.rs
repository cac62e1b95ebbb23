//! Coordinating a put (Dynamo paper §4.3, §4.5, §4.6). The coordinator takes these steps:
//!
//! 1. It gives the put a dot, and saves its own copy.
//! 2. It sends its set to the other intended replicas. If some do not answer in time, it sends the
//!    set to fallbacks, which store it as hints.
//! 3. It acknowledges at W, and keeps collecting to N: see [`collect`](crate::collect).
//!
//! If all intended replicas are suspected, a fallback coordinates. It stores the put as a hint for
//! each of them, and stands in for one.

use crate::acts::handler::Handler;
use crate::algebra::ids::{Content, Key, NodeId, RequestId};
use crate::algebra::siblings::{Siblings, Version};
use crate::algebra::tally::{Counted, StandIn};
use crate::algebra::version::{Context, Dot, Epoch, Issuer};
use crate::rules::{Cause, Freshness, Occasion};
use crate::state::collecting::{Collection, RunningPut};
use crate::state::durable::{Decision, Issued};
use crate::state::hint::HintId;
use crate::state::message::{Answer, Message, Refusal};
use stateright::actor::Id;

/// The context that the client had read, with all known dots of its put.
fn named_by(read: &Context, known: &Context, request: RequestId) -> Context {
    known.dots_of(request).fold(read.clone(), |context, dot| context.with_put(dot, request))
}

impl Handler<'_, '_> {
    pub(crate) fn on_put(
        &mut self,
        client: Id,
        request: RequestId,
        key: Key,
        content: Content,
        read: &Context,
        pw: u8,
    ) {
        if let Some(running) = self.state.puts.get(&request) {
            if running.collecting.is_answered {
                let context = running.context.clone();
                self.out.send(
                    client,
                    Message::Answer(Answer::PutAcknowledged { request, key, context }),
                );
            }
            return;
        }
        let remembered = self.state.durable.issued.get(&request.client);
        let held = self.held(&key);
        let answer = match (
            self.node.rules.put_freshness(remembered, request, held.context()),
            remembered,
        ) {
            (Freshness::Outdated, _) => return,
            (Freshness::Repeated, Some(Issued { answer: Decision::Put(answer), .. })) => {
                answer.clone()
            }
            (Freshness::Known, _) => Ok(named_by(read, held.context(), request)),
            (Freshness::New | Freshness::Repeated, _) => self.issue(request, &key, content, read),
        };
        match answer {
            Ok(context) if !self.held_in_any_form(&key).context().includes(&context) => {
                // This node has dropped the key since. It can neither count itself nor send the put
                // to others.
                let needed = self.node.config.w();
                self.out.send(
                    client,
                    Message::Answer(Answer::PutFailed {
                        request,
                        stored: 0,
                        needed,
                        in_person: 0,
                        pw,
                    }),
                );
            }
            Ok(context) => self.collect_stored(client, request, key, context, pw),
            Err(refusal) => {
                self.out.send(client, Message::Answer(Answer::PutRefused { request, refusal }));
            }
        }
    }

    /// Gives the put its dot and saves it, or refuses it. The node remembers either answer for
    /// retries. A fallback stores only this put as a hint for each intended replica. It does not
    /// copy hints from one recipient to another.
    fn issue(
        &mut self,
        request: RequestId,
        key: &Key,
        content: Content,
        read: &Context,
    ) -> Result<Context, Refusal> {
        let before = self.held(key);
        let stored = self.put_version(request, key, &before, content, read);
        let must_save = stored
            .as_ref()
            .map_or(true, |(after, ..)| self.node.rules.must_save(Cause::Put, &before, after));
        let answer = stored.map(|(after, context, epoch)| {
            let durable = &mut self.state.to_mut().durable;
            durable.counter = durable.counter.max(epoch.number) + 1;
            durable.epochs.insert(key.clone(), epoch);
            if self.is_replica_of(key) {
                self.write(key, &before, after);
            } else {
                self.keep_for_all(key, &after);
            }
            context
        });
        self.remember(request, Decision::Put(answer.clone()));
        self.consider_reaping(key);
        if must_save {
            self.save();
        }
        answer
    }

    /// The set after the put, the context that the client gets back, and the epoch that the node
    /// remembers with the key.
    fn put_version(
        &self,
        request: RequestId,
        key: &Key,
        before: &Siblings,
        content: Content,
        read: &Context,
    ) -> Result<(Siblings, Context, Epoch), Refusal> {
        let (rules, bytes_max) = (self.node.rules, self.node.config.siblings_bytes_max());
        if self.is_foreign(key, before.context(), read) {
            return Err(Refusal::ForeignContext);
        }
        if read.bytes_max() > bytes_max {
            return Err(Refusal::SiblingsTooLarge { bytes: read.bytes_max(), bytes_max });
        }
        let epoch = self.epoch(key, before.context(), read);
        let dot = Dot { issuer: self.issuer(epoch.number), counter: epoch.issued + 1 };
        let epoch = Epoch { issued: dot.counter, ..epoch };
        let context = rules.put_context(read, dot, request, before);
        let version = Version { dot, clock: context.clone(), content };
        let after = before.put(version, |sibling| rules.version_replaces(read, dot, sibling));
        let bytes = after.bytes_max();
        if bytes > bytes_max {
            Err(Refusal::SiblingsTooLarge { bytes, bytes_max })
        } else {
            Ok((after, context, epoch))
        }
    }

    fn issuer(&self, epoch: u64) -> Issuer {
        Issuer { node: self.id, incarnation: self.state.durable.incarnation, epoch }
    }

    /// The epoch in which the next put of a key gets its dot.
    fn epoch(&self, key: &Key, held: &Context, read: &Context) -> Epoch {
        let durable = &self.state.durable;
        // A foreign context may name epochs that have not begun yet.
        let is_unused = |number: &u64| {
            [held, read].iter().all(|context| context.counter_max(self.issuer(*number)) == 0)
        };
        let names_at_most = (held.entries() + read.entries()) as u64;
        let unused = (durable.counter..=durable.counter + names_at_most).find(is_unused);
        let unused = unused.expect("there are more numbers than contexts name");
        self.node.rules.epoch(durable.epochs.get(key).copied(), held, self.issuer(unused))
    }

    /// Does a context name dots that this node never issued and the key's own context does not
    /// name? Then the context is from another cluster. A node checks only its own dots, and only
    /// those in the current epoch of the key or in epochs that have not begun. So it does not
    /// detect every foreign context.
    fn is_foreign(&self, key: &Key, held: &Context, read: &Context) -> bool {
        let durable = &self.state.durable;
        let given = |epoch: u64| match durable.epochs.get(key) {
            Some(kept) if kept.number == epoch => kept.issued,
            _ if epoch < durable.counter => u64::MAX,
            _ => 0,
        };
        read.issuers().filter(|issuer| *issuer == self.issuer(issuer.epoch)).any(|issuer| {
            read.counter_max(issuer) > given(issuer.epoch).max(held.counter_max(issuer))
        })
    }

    /// Remembers the latest request of a client for retries. Forgets those of the clients that the
    /// rule names, so that this memory stays bounded.
    pub(crate) fn remember(&mut self, request: RequestId, answer: Decision) {
        let durable = &mut self.state.to_mut().durable;
        let issued = Issued { number: request.number, counter: durable.counter, answer };
        durable.issued.insert(request.client, issued);
        let remembered = self.node.config.puts_remembered();
        let forgotten = self.node.rules.clients_to_forget(&self.state.durable.issued, remembered);
        for client in &forgotten {
            self.state.to_mut().durable.issued.remove(client);
        }
    }

    /// Stores a put as a hint for each intended replica of its key.
    fn keep_for_all(&mut self, key: &Key, siblings: &Siblings) {
        for recipient in self.preference_list(key).to_vec() {
            self.keep_for(recipient, key, siblings);
            self.schedule_handoff(recipient, Occasion::Stored);
        }
    }

    /// Starts to collect. This node has the put on disk. It counts first, if it is still a replica
    /// and has settled, or if it stands in for a replica.
    fn collect_stored(
        &mut self,
        client: Id,
        request: RequestId,
        key: Key,
        context: Context,
        pw: u8,
    ) {
        let collecting = self.new_collecting(client, key, pw);
        self.state.to_mut().puts.insert(request, RunningPut { collecting, context });
        self.begin_collecting(Collection::Put(request));
    }

    /// Sends the set that this node holds now to these replicas and fallbacks.
    pub(crate) fn ask_to_store(
        &mut self,
        request: RequestId,
        replicas: &[NodeId],
        stand_ins: &[StandIn],
    ) {
        let key = self.state.puts[&request].collecting.key.clone();
        if !replicas.is_empty() {
            let (tip, siblings) = (self.tip(), self.held_in_any_form(&key));
            for &replica in replicas {
                if replica == self.id {
                    self.on_store(replica, tip, request, &key, &siblings);
                    continue;
                }
                let (key, siblings) = (key.clone(), siblings.clone());
                self.send(replica, Message::Store { tip, request, key, siblings });
            }
        }
        if !stand_ins.is_empty() {
            self.ask_stand_ins(request, &key, stand_ins);
        }
    }

    fn ask_stand_ins(&mut self, request: RequestId, key: &Key, stand_ins: &[StandIn]) {
        let (tip, siblings) = (self.tip(), self.held_in_any_form(key));
        // A hint of nothing would count as a copy of the put.
        let has_nothing = siblings == Siblings::default();
        for &StandIn { fallback, intended } in stand_ins {
            if fallback == self.id {
                // This node coordinates as a fallback, and has stored a hint for each intended
                // replica.
                self.running_put(request)
                    .collecting
                    .tally
                    .count(Counted { intended, by: fallback });
                continue;
            }
            if has_nothing {
                continue;
            }
            let hint = HintId { recipient: intended, key: key.clone() };
            let siblings = siblings.clone();
            self.send(fallback, Message::StoreHint { tip, request, hint, siblings });
        }
    }

    /// A node confirms that it has stored a put, as a replica or as a hint for the replica that it
    /// names.
    pub(crate) fn on_stored(&mut self, from: NodeId, request: RequestId, intended: NodeId) {
        if !self.state.puts.contains_key(&request) {
            return;
        }
        self.heard_from(from);
        self.count_stored(from, request, intended);
        self.conclude(Collection::Put(request));
    }

    /// Counts an answer to a put under way, if the rules allow it.
    pub(crate) fn count_stored(&mut self, from: NodeId, request: RequestId, named: NodeId) {
        let Some(running) = self.state.puts.get(&request) else { return };
        let tally = &running.collecting.tally;
        if let Some(intended) = self.node.rules.reply_counts_for(tally, from, Some(named)) {
            self.running_put(request).collecting.tally.count(Counted { intended, by: from });
        }
    }

    /// Tells the client that the put is on W disks.
    pub(crate) fn acknowledge_put(&mut self, request: RequestId) {
        let RunningPut { collecting, context } = &self.state.puts[&request];
        let (key, context) = (collecting.key.clone(), context.clone());
        let answer = Answer::PutAcknowledged { request, key, context };
        self.out.send(collecting.client, Message::Answer(answer));
    }

    /// Tells the client that too few nodes have confirmed the put: fewer than W, or too few
    /// replicas in person. The put may be stored all the same.
    pub(crate) fn fail_put(&mut self, request: RequestId) {
        let collecting = &self.state.puts[&request].collecting;
        let tally = &collecting.tally;
        let answer = Answer::PutFailed {
            request,
            stored: tally.counted.len(),
            needed: self.node.config.w(),
            in_person: tally.in_person(),
            pw: collecting.in_person,
        };
        self.out.send(collecting.client, Message::Answer(answer));
    }

    fn running_put(&mut self, request: RequestId) -> &mut RunningPut {
        self.state.to_mut().puts.get_mut(&request).expect("the put is under way")
    }
}
