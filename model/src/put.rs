//! Coordinating a put (traces 1 and 6; Dynamo paper §4.3, §4.5, §4.6): give it a dot, store it
//! here, send the set to the other intended replicas, to fallbacks in the place of those that do
//! not answer, acknowledge at W, keep collecting to N. If no intended replica seems to be up, a
//! fallback coordinates: it keeps the put for all of them, and stands in for one.

use crate::handoff::HintId;
use crate::ids::{Content, Key, NodeId, RequestId};
use crate::message::{Answer, Message, Refusal};
use crate::node::{Issued, Step, Timer};
use crate::rules::{Cause, Freshness, Occasion};
use crate::siblings::{Siblings, Version};
use crate::sloppy::Next;
use crate::tally::{StandIn, Taken, Tally};
use crate::version::{Context, Dot, Epoch, Issuer};
use serde::Serialize;
use stateright::actor::Id;

/// A put under way at its coordinator. Volatile: after a crash the client's retry starts it again,
/// under the same dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct RunningPut {
    /// Whom to answer.
    pub client: Id,
    /// Where.
    pub key: Key,
    /// The context the client is to get back.
    pub context: Context,
    /// How many intended replicas must have it themselves.
    pub pw: u8,
    /// Who has it on disk, in whose place.
    pub tally: Tally,
    /// Has the client been told?
    pub acknowledged: bool,
    /// How often the replicas that are missing will be sent it again.
    pub retransmissions_left: u8,
}

/// What a client had read, and its put under the dots that it is known by.
fn named_by(read: &Context, known: &Context, request: RequestId) -> Context {
    known.dots_of(request).fold(read.clone(), |context, dot| context.with_put(dot, request))
}

impl Step<'_, '_> {
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
            if running.acknowledged {
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
            (Freshness::Repeated, Some(issued)) => issued.answer.clone(),
            (Freshness::Known, _) => Ok(named_by(read, held.context(), request)),
            (Freshness::New | Freshness::Repeated, _) => self.issue(request, &key, content, read),
        };
        match answer {
            Ok(context) if !self.held_in_any_form(&key).context().includes(&context) => {
                // This node has dropped the key since: it can neither count itself, nor send the
                // put to others.
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
                self.out.send(client, Message::Answer(Answer::PutRefused { request, refusal }))
            }
        }
    }

    /// Gives the put its dot and makes it durable here, or refuses it. Either is remembered. A
    /// fallback keeps the put for all intended replicas, and no more than the put: what it keeps
    /// for them already stays apart.
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
        let durable = &mut self.state.to_mut().durable;
        let issued =
            Issued { number: request.number, counter: durable.counter, answer: answer.clone() };
        durable.issued.insert(request.client, issued);
        self.forget_old_clients();
        self.consider_reaping(key);
        if must_save {
            self.save();
        }
        answer
    }

    /// The set after the put, the context its client is to get back, and what is to be remembered
    /// of the dots of the key.
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
        // A foreign context may have named epochs that have not begun yet.
        let is_unused = |number: &u64| {
            [held, read].iter().all(|context| context.counter_max(self.issuer(*number)) == 0)
        };
        let names_at_most = (held.entries() + read.entries()) as u64;
        let unused = (durable.counter..=durable.counter + names_at_most).find(is_unused);
        let unused = unused.expect("there are more numbers than contexts name");
        self.node.rules.epoch(durable.epochs.get(key).copied(), held, self.issuer(unused))
    }

    /// Does a context tell of dots of this node that it has not given, nor has the key's own
    /// context told of them? Then it is from another cluster. A node knows only its own dots, and
    /// of those only the latest of each key: not every foreign context is recognised.
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

    /// Forgets the latest puts of the clients that the rule names: the memory for retries stays
    /// bounded.
    fn forget_old_clients(&mut self) {
        let remembered = self.node.config.puts_remembered();
        let forgotten = self.node.rules.clients_to_forget(&self.state.durable.issued, remembered);
        for client in &forgotten {
            self.state.to_mut().durable.issued.remove(client);
        }
    }

    /// Keeps what it has of a key for all its intended replicas.
    fn keep_for_all(&mut self, key: &Key, siblings: &Siblings) {
        for recipient in self.preference_list(key).to_vec() {
            self.keep_for(recipient, key, siblings);
            self.schedule_handoff(recipient, Occasion::Stored);
        }
    }

    /// Sends the set to the other replicas and starts to count; this node, which has it on disk, is
    /// the first, if it is one of them still and has settled, or stands in for one.
    fn collect_stored(
        &mut self,
        client: Id,
        request: RequestId,
        key: Key,
        context: Context,
        pw: u8,
    ) {
        let tally = self.new_tally(&key);
        let retransmissions_left = self.retransmissions();
        let running = RunningPut {
            client,
            key,
            context,
            pw,
            tally,
            acknowledged: false,
            retransmissions_left,
        };
        self.state.to_mut().puts.insert(request, running);
        self.ask_missing(request);
        self.set_put_timer(request);
        self.conclude_put(request);
    }

    fn set_put_timer(&mut self, request: RequestId) {
        if let Some(patience) = self.node.config.patience() {
            self.out.set_timer(
                Timer::Put(self.id, request),
                patience.answer_within..patience.answer_within,
            );
        }
    }

    /// Sends what this node holds now to everyone asked who has not answered, and whom nobody
    /// relieved.
    pub(crate) fn ask_missing(&mut self, request: RequestId) {
        self.ask_missing_among(request, |_| true);
    }

    /// The same, as far as it is one of these.
    pub(crate) fn ask_missing_among(&mut self, request: RequestId, among: impl Fn(NodeId) -> bool) {
        let RunningPut { key, tally, .. } = &self.state.puts[&request];
        let silent: Vec<NodeId> = tally.silent().filter(|node| among(*node)).collect();
        let stand_ins = tally.missing_stand_ins().filter(|stand_in| among(stand_in.fallback));
        let (key, stand_ins): (Key, Vec<StandIn>) = (key.clone(), stand_ins.collect());
        let (tip, siblings) = (self.tip(), self.held_in_any_form(&key));
        for replica in silent {
            if replica == self.id {
                self.on_store(replica, tip, request, &key, &siblings);
                continue;
            }
            self.send(
                replica,
                Message::Store { tip, request, key: key.clone(), siblings: siblings.clone() },
            );
        }
        self.ask_stand_ins(request, &stand_ins);
    }

    fn ask_stand_ins(&mut self, request: RequestId, stand_ins: &[StandIn]) {
        let key = self.state.puts[&request].key.clone();
        let (tip, siblings) = (self.tip(), self.held_in_any_form(&key));
        for &StandIn { fallback, intended } in stand_ins {
            if fallback == self.id {
                // It coordinates as a fallback, and keeps the put for all.
                self.running_put(request).tally.take(Taken { intended, by: fallback });
                continue;
            }
            let hint = HintId { recipient: intended, key: key.clone() };
            self.send(
                fallback,
                Message::StoreHint { tip, request, hint, siblings: siblings.clone() },
            );
        }
    }

    /// A node has stored a put, itself as a replica or for the one whose place it names.
    pub(crate) fn on_stored(&mut self, from: NodeId, request: RequestId, place: NodeId) {
        if !self.state.puts.contains_key(&request) {
            return;
        }
        self.heard_from(from);
        self.count_stored(from, request, place);
        self.conclude_put(request);
    }

    /// Counts a word for a put under way, if the rules let it count.
    pub(crate) fn count_stored(&mut self, from: NodeId, request: RequestId, place: NodeId) {
        let Some(running) = self.state.puts.get(&request) else { return };
        if let Some(intended) = self.node.rules.reply_counts_for(&running.tally, from, Some(place))
        {
            self.running_put(request).tally.take(Taken { intended, by: from });
        }
    }

    pub(crate) fn on_put_timeout(&mut self, request: RequestId) {
        let Some(running) = self.state.puts.get(&request) else { return };
        let (key, mut tally, mut left) =
            (running.key.clone(), running.tally.clone(), running.retransmissions_left);
        let next = self.after_timeout(&key, &mut tally, &mut left);
        let running = self.running_put(request);
        (running.tally, running.retransmissions_left) = (tally, left);
        match next {
            Next::AskAgain => self.ask_missing(request),
            Next::AskStandIns(stand_ins) => self.ask_stand_ins(request, &stand_ins),
            Next::GiveUp => return self.conclude_put(request),
        }
        self.set_put_timer(request);
        self.conclude_put(request);
    }

    /// Acknowledges if the rules allow it now; forgets the put once nobody is waited for.
    pub(crate) fn conclude_put(&mut self, request: RequestId) {
        let needed = self.node.config.w();
        let running = &self.state.puts[&request];
        let client = running.client;
        let finished = running.tally.is_over();
        if !running.acknowledged
            && self.node.rules.put_may_ack(&running.tally, needed, usize::from(running.pw))
        {
            let (key, context) = (running.key.clone(), running.context.clone());
            self.out
                .send(client, Message::Answer(Answer::PutAcknowledged { request, key, context }));
            self.running_put(request).acknowledged = true;
        } else if !running.acknowledged && finished {
            let (stored, in_person, pw) =
                (running.tally.taken.len(), running.tally.in_person(), running.pw);
            self.out.send(
                client,
                Message::Answer(Answer::PutFailed { request, stored, needed, in_person, pw }),
            );
        }
        if finished {
            self.state.to_mut().puts.remove(&request);
            if self.node.config.patience().is_some() {
                self.out.cancel_timer(Timer::Put(self.id, request));
            }
        }
    }

    pub(crate) fn running_put(&mut self, request: RequestId) -> &mut RunningPut {
        self.state.to_mut().puts.get_mut(&request).expect("the put is under way")
    }
}
