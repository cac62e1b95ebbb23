//! Local steps: what one actor does when it receives an envelope, when its timer fires, or when it
//! crashes. Each step is computed once.
//!
//! Steps follow stateright's semantics exactly. A delivery that changes nothing is not a
//! transition, unless the network is ordered. A crashed actor receives nothing. A fired timer is
//! unset before the handler's commands apply. A crash clears timers and random choices, and keeps
//! the storage.

use crate::coverage::Coverage;
use crate::marks::{Marks, listen};
use crate::network::{Change, Kind, Taken};
use crate::parts::{Local, Parts};
use crate::shared::Values;
use crate::subject::{ActorAction, History, Subject};
use foldhash::{HashMap, HashMapExt};
use parking_lot::RwLock;
use stateright::actor::{
    ActorModel, ActorModelAction, Command, Envelope, Id, Out, is_no_op, is_no_op_with_timer,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

/// The result of a step: the numbers of a local, a network change, and a sequence of history
/// records.
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

/// An actor's own steps: fired timers, random choices, recovery, and a crash, which is offered only
/// while few enough actors are crashed.
pub(crate) struct OwnSteps<A: Subject> {
    pub(crate) crashed: bool,
    pub(crate) steps: Vec<Taking<A>>,
}

/// An action, its result, and the marks of its handler.
pub(crate) struct Taking<A: Subject> {
    pub(crate) action: ActorAction<A>,
    pub(crate) step: Step,
    marks: Marks,
}

/// By actor and local.
type OwnByLocal<A> = RwLock<HashMap<(u32, u32), Arc<OwnSteps<A>>>>;

/// The steps computed so far, and their effects on the history.
pub(crate) struct Steps<'m, A: Subject, C, H: History> {
    pub(crate) model: &'m ActorModel<A, C, H>,
    deliveries: RwLock<HashMap<(u32, u32, u32), Option<Step>>>,
    own: OwnByLocal<A>,
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
            // Every message that is sent may be lost.
            parts.envelopes.iter().for_each(|envelope| losses.count("lose", Some(&envelope.msg)));
        }
        let mut counts = self.coverage.counts();
        counts.extend(losses.counts());
        counts
    }

    /// The step that delivers an envelope to its actor, if it does anything.
    pub(crate) fn delivery(
        &self,
        parts: &Parts<A, H>,
        actor: usize,
        local: u32,
        envelope: u32,
    ) -> Option<Step> {
        let key = (actor as u32, local, envelope);
        if let Some(known) = self.deliveries.read().get(&key) {
            return *known;
        }
        let (step, marks) = self.deliver(parts, actor, local, envelope).unzip();
        if self.deliveries.write().insert(key, step).is_none() && step.is_some() {
            self.coverage.count("deliver", Some(&parts.envelopes.get(envelope).msg));
            self.coverage.count_marks(&marks.unwrap_or_default());
        }
        step
    }

    fn deliver(
        &self,
        parts: &Parts<A, H>,
        actor: usize,
        local: u32,
        envelope: u32,
    ) -> Option<(Step, Marks)> {
        let before = parts.locals[actor].get(local);
        if before.crashed {
            return None;
        }
        let Envelope { src, dst, msg } = parts.envelopes.get(envelope).clone();
        let (mut state, mut out) = (Cow::Borrowed(&*before.state), Out::new());
        let ((), marks) =
            listen(|| self.model.actors[actor].on_msg(dst, &mut state, src, msg, &mut out));
        if is_no_op(&state, &out) && parts.kind != Kind::Ordered {
            return None;
        }
        let after = after(before, state);
        Some((self.finish(parts, actor, after, out, Taken::Delivered(envelope)), marks))
    }

    /// An actor's own steps.
    pub(crate) fn own(&self, parts: &Parts<A, H>, actor: usize, local: u32) -> Arc<OwnSteps<A>> {
        let key = (actor as u32, local);
        if let Some(known) = self.own.read().get(&key) {
            return Arc::clone(known);
        }
        let before = parts.locals[actor].get(local);
        let steps = if before.crashed {
            vec![self.recover(parts, actor, before)]
        } else {
            let fired =
                before.timers.iter().filter_map(|timer| self.time_out(parts, actor, before, timer));
            let chosen = self.choices(parts, actor, before);
            fired.chain(chosen).chain(self.crash(parts, actor, before)).collect()
        };
        let own = Arc::new(OwnSteps { crashed: before.crashed, steps });
        if self.own.write().insert(key, Arc::clone(&own)).is_none() {
            own.steps.iter().for_each(|taking| self.count_own(taking));
        }
        own
    }

    fn count_own(&self, Taking { action, marks, .. }: &Taking<A>) {
        self.coverage.count_marks(marks);
        match action {
            ActorModelAction::Timeout(_, timer) => self.coverage.count("time out", Some(timer)),
            ActorModelAction::SelectRandom { .. } => self.coverage.count("choose", None),
            ActorModelAction::Crash(_) => self.coverage.count("crash", None),
            ActorModelAction::Recover(_) => self.coverage.count("recover", None),
            ActorModelAction::Deliver { .. } | ActorModelAction::Drop(_) => {
                unreachable!("nobody delivers to itself")
            }
        }
    }

    fn time_out(
        &self,
        parts: &Parts<A, H>,
        actor: usize,
        before: &Local<A>,
        timer: &A::Timer,
    ) -> Option<Taking<A>> {
        let (id, mut state, mut out) = (Id::from(actor), Cow::Borrowed(&*before.state), Out::new());
        let ((), marks) =
            listen(|| self.model.actors[actor].on_timeout(id, &mut state, timer, &mut out));
        if is_no_op_with_timer(&state, &out, timer) {
            return None;
        }
        let mut after = after(before, state);
        after.timers.retain(|other| other != timer);
        let step = self.finish(parts, actor, after, out, Taken::Nothing);
        Some(Taking { action: ActorModelAction::Timeout(id, timer.clone()), step, marks })
    }

    fn choices(&self, parts: &Parts<A, H>, actor: usize, before: &Local<A>) -> Vec<Taking<A>> {
        let choices = before
            .random
            .iter()
            .flat_map(|(key, choices)| choices.iter().map(move |choice| (key, choice)));
        let choose = |(key, choice): (&String, &A::Random)| {
            let (id, mut state, mut out) =
                (Id::from(actor), Cow::Borrowed(&*before.state), Out::new());
            let ((), marks) =
                listen(|| self.model.actors[actor].on_random(id, &mut state, choice, &mut out));
            let mut after = after(before, state);
            after.random.remove(key);
            let step = self.finish(parts, actor, after, out, Taken::Nothing);
            let action = ActorModelAction::SelectRandom {
                actor: id,
                key: key.clone(),
                random: choice.clone(),
            };
            Taking { action, step, marks }
        };
        choices.map(choose).collect()
    }

    fn crash(&self, parts: &Parts<A, H>, actor: usize, before: &Local<A>) -> Option<Taking<A>> {
        let mut after = before.clone();
        after.timers.clear();
        after.random.clear();
        after.crashed = true;
        let step = || self.finish(parts, actor, after, Out::new(), Taken::Nothing);
        let action = ActorModelAction::Crash(Id::from(actor));
        (self.model.max_crashes > 0).then(|| Taking { action, step: step(), marks: Marks::new() })
    }

    fn recover(&self, parts: &Parts<A, H>, actor: usize, before: &Local<A>) -> Taking<A> {
        let (id, mut out) = (Id::from(actor), Out::new());
        let (state, marks) =
            listen(|| self.model.actors[actor].on_start(id, &before.storage, &mut out));
        let after = Local { state: Arc::new(state), crashed: false, ..before.clone() };
        let step = self.finish(parts, actor, after, out, Taken::Nothing);
        Taking { action: ActorModelAction::Recover(id), step, marks }
    }

    /// Applies the commands, and stores the result.
    fn finish(
        &self,
        parts: &Parts<A, H>,
        actor: usize,
        mut after: Local<A>,
        out: Out<A>,
        taken: Taken,
    ) -> Step {
        let mut records = match taken {
            Taken::Delivered(envelope) => vec![Record::In(envelope)],
            Taken::Lost(_) | Taken::Nothing => Vec::new(),
        };
        let mut sent = Vec::new();
        for command in out {
            match command {
                Command::Send(dst, msg) => {
                    let envelope =
                        parts.envelopes.insert(Envelope { src: Id::from(actor), dst, msg });
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
        let mut history = parts.histories.get(before).clone();
        for &record in self.records.get(records) {
            let (Record::In(number) | Record::Out(number)) = record;
            let envelope = parts.envelopes.get(number);
            let envelope = Envelope { src: envelope.src, dst: envelope.dst, msg: &envelope.msg };
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
