//! Local steps: what one actor does when it is given an envelope, when its timer fires, when it crashes. Each is computed once.
//!
//! A step follows stateright's semantics to the letter: a delivery that changes nothing is no transition, unless the network is
//! ordered; a crashed actor receives nothing; a fired timer is unset before the handler's commands apply; a crash clears timers and
//! random choices and keeps the storage.

use crate::coverage::Coverage;
use crate::network::{Change, Kind, Taken};
use crate::parts::{Local, Parts};
use crate::shared::Values;
use crate::subject::{History, Subject};
use foldhash::{HashMap, HashMapExt};
use parking_lot::RwLock;
use stateright::actor::{ActorModel, Command, Envelope, Id, Out, is_no_op, is_no_op_with_timer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

/// What a step makes of its actor, of the network and of the history: numbers of a local, a change, and a sequence of records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) local: u32,
    pub(crate) change: u32,
    pub(crate) records: u32,
}

/// A message that the history may record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Record {
    In(u32),
    Out(u32),
}

/// All that an actor may do by itself.
pub(crate) struct OwnSteps {
    pub(crate) crashed: bool,
    /// Fired timers, random choices, recovery.
    pub(crate) steps: Vec<Step>,
    /// Which of the actor's timers the first of these steps are for.
    timers: Vec<usize>,
    /// Offered only while few enough actors are crashed.
    pub(crate) crash: Option<Step>,
}

/// The steps computed so far, and what the history makes of them.
pub(crate) struct Steps<'m, A: Subject, C, H: History> {
    pub(crate) model: &'m ActorModel<A, C, H>,
    deliveries: RwLock<HashMap<(u32, u32, u32), Option<Step>>>,
    own: RwLock<HashMap<(u32, u32), Arc<OwnSteps>>>,
    records: Values<Vec<Record>>,
    histories: RwLock<HashMap<(u32, u32), u32>>,
    coverage: Coverage,
}

impl<'m, A: Subject, C, H: History> Steps<'m, A, C, H> {
    pub(crate) fn new(model: &'m ActorModel<A, C, H>) -> Self {
        Steps {
            model,
            deliveries: RwLock::new(HashMap::new()),
            own: RwLock::new(HashMap::new()),
            records: Values::default(),
            histories: RwLock::new(HashMap::new()),
            coverage: Coverage::default(),
        }
    }

    /// How many steps of each kind were computed.
    pub(crate) fn coverage(&self, parts: &Parts<A, H>) -> BTreeMap<String, usize> {
        let losses = Coverage::default();
        if parts.lossy {
            // Whatever is sent may be lost.
            parts.envelopes.each(|envelope| losses.count("lose", Some(&envelope.msg)));
        }
        let mut counts = self.coverage.counts();
        counts.extend(losses.counts());
        counts
    }

    /// What the delivery of an envelope to its actor does, if anything.
    pub(crate) fn delivery(&self, parts: &Parts<A, H>, actor: usize, local: u32, envelope: u32) -> Option<Step> {
        let key = (actor as u32, local, envelope);
        if let Some(known) = self.deliveries.read().get(&key) {
            return *known;
        }
        let step = self.deliver(parts, actor, local, envelope);
        if self.deliveries.write().insert(key, step).is_none() && step.is_some() {
            parts.envelopes.with(envelope, |envelope| self.coverage.count("deliver", Some(&envelope.msg)));
        }
        step
    }

    fn deliver(&self, parts: &Parts<A, H>, actor: usize, local: u32, envelope: u32) -> Option<Step> {
        let before = parts.locals[actor].with(local, Local::clone);
        if before.crashed {
            return None;
        }
        let Envelope { src, dst, msg } = parts.envelopes.with(envelope, Envelope::clone);
        let (mut state, mut out) = (Cow::Borrowed(&*before.state), Out::new());
        self.model.actors[actor].on_msg(dst, &mut state, src, msg, &mut out);
        if is_no_op(&state, &out) && parts.kind != Kind::Ordered {
            return None;
        }
        let after = after(&before, state);
        Some(self.finish(parts, actor, after, out, Taken::Delivered(envelope)))
    }

    /// All that an actor may do by itself.
    pub(crate) fn own(&self, parts: &Parts<A, H>, actor: usize, local: u32) -> Arc<OwnSteps> {
        let key = (actor as u32, local);
        if let Some(known) = self.own.read().get(&key) {
            return Arc::clone(known);
        }
        let before = parts.locals[actor].with(local, Local::clone);
        let own = Arc::new(if before.crashed {
            let steps = vec![self.recover(parts, actor, &before)];
            OwnSteps { crashed: true, steps, timers: Vec::new(), crash: None }
        } else {
            let fire = |(number, timer)| Some((number, self.time_out(parts, actor, &before, timer)?));
            let (timers, mut steps): (Vec<_>, Vec<_>) = before.timers.iter().enumerate().filter_map(fire).unzip();
            steps.extend(self.choices(parts, actor, &before));
            OwnSteps { crashed: false, steps, timers, crash: Some(self.crash(parts, actor, &before)) }
        });
        if self.own.write().insert(key, Arc::clone(&own)).is_none() {
            self.count_own(&before, &own);
        }
        own
    }

    fn count_own(&self, before: &Local<A>, own: &OwnSteps) {
        if own.crashed {
            return self.coverage.count("recover", None);
        }
        own.timers.iter().for_each(|fired| self.coverage.count("time out", Some(&before.timers[*fired])));
        own.steps[own.timers.len()..].iter().for_each(|_| self.coverage.count("choose", None));
        if self.model.max_crashes > 0 {
            self.coverage.count("crash", None);
        }
    }

    fn time_out(&self, parts: &Parts<A, H>, actor: usize, before: &Local<A>, timer: &A::Timer) -> Option<Step> {
        let (mut state, mut out) = (Cow::Borrowed(&*before.state), Out::new());
        self.model.actors[actor].on_timeout(Id::from(actor), &mut state, timer, &mut out);
        if is_no_op_with_timer(&state, &out, timer) {
            return None;
        }
        let mut after = after(before, state);
        after.timers.retain(|other| other != timer);
        Some(self.finish(parts, actor, after, out, Taken::Nothing))
    }

    fn choices(&self, parts: &Parts<A, H>, actor: usize, before: &Local<A>) -> Vec<Step> {
        let choices = before.random.iter().flat_map(|(key, choices)| choices.iter().map(move |choice| (key, choice)));
        let choose = |(key, choice): (&String, &A::Random)| {
            let (mut state, mut out) = (Cow::Borrowed(&*before.state), Out::new());
            self.model.actors[actor].on_random(Id::from(actor), &mut state, choice, &mut out);
            let mut after = after(before, state);
            after.random.remove(key);
            self.finish(parts, actor, after, out, Taken::Nothing)
        };
        choices.map(choose).collect()
    }

    fn crash(&self, parts: &Parts<A, H>, actor: usize, before: &Local<A>) -> Step {
        let mut after = before.clone();
        after.timers.clear();
        after.random.clear();
        after.crashed = true;
        self.finish(parts, actor, after, Out::new(), Taken::Nothing)
    }

    fn recover(&self, parts: &Parts<A, H>, actor: usize, before: &Local<A>) -> Step {
        let mut out = Out::new();
        let state = self.model.actors[actor].on_start(Id::from(actor), &before.storage, &mut out);
        let after = Local { state: Arc::new(state), crashed: false, ..before.clone() };
        self.finish(parts, actor, after, out, Taken::Nothing)
    }

    /// Applies the commands, and stores what comes of it.
    fn finish(&self, parts: &Parts<A, H>, actor: usize, mut after: Local<A>, out: Out<A>, taken: Taken) -> Step {
        let mut records = match taken {
            Taken::Delivered(envelope) => vec![Record::In(envelope)],
            Taken::Lost(_) | Taken::Nothing => Vec::new(),
        };
        let mut sent = Vec::new();
        for command in out {
            match command {
                Command::Send(dst, msg) => {
                    let envelope = parts.envelopes.insert(Envelope { src: Id::from(actor), dst, msg });
                    sent.push(envelope);
                    records.push(Record::Out(envelope));
                }
                Command::SetTimer(timer, _) => {
                    if let Err(position) = after.timers.binary_search(&timer) {
                        after.timers.insert(position, timer);
                    }
                }
                Command::CancelTimer(timer) => after.timers.retain(|other| *other != timer),
                Command::ChooseRandom(key, choices) if choices.is_empty() => {
                    after.random.remove(&key);
                }
                Command::ChooseRandom(key, choices) => {
                    after.random.insert(key, choices);
                }
                Command::Save(storage) => after.storage = Some(storage),
            }
        }
        Step {
            local: parts.locals[actor].insert(after),
            change: parts.changes.insert(Change { taken, sent }),
            records: self.records.insert(records),
        }
    }

    /// The history after a step.
    pub(crate) fn history(&self, parts: &Parts<A, H>, before: u32, records: u32) -> u32 {
        if let Some(known) = self.histories.read().get(&(before, records)) {
            return *known;
        }
        let mut history = parts.histories.with(before, H::clone);
        for record in self.records.with(records, Vec::clone) {
            let (Record::In(number) | Record::Out(number)) = record;
            let envelope = parts.envelopes.with(number, Envelope::clone);
            let Envelope { src, dst, ref msg } = envelope;
            let envelope = Envelope { src, dst, msg };
            let next = match record {
                Record::In(_) => (self.model.record_msg_in)(&self.model.cfg, &history, envelope),
                Record::Out(_) => (self.model.record_msg_out)(&self.model.cfg, &history, envelope),
            };
            history = next.unwrap_or(history);
        }
        let after = parts.histories.insert(history);
        self.histories.write().insert((before, records), after);
        after
    }
}

fn after<A: Subject>(before: &Local<A>, state: Cow<'_, A::State>) -> Local<A> {
    match state {
        Cow::Borrowed(_) => before.clone(),
        Cow::Owned(state) => Local { state: Arc::new(state), ..before.clone() },
    }
}
