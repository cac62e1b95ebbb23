//! Configurations as a condition sees them by its declared reads. Configurations that look the same
//! have the same number.

use crate::index::{SliceSet, hash_words};
use crate::parts::{Local, Parts};
use crate::reads::{ActorPart, HistoryReads, Reads};
use crate::shared::Values;
use crate::subject::{History, Subject};
use crate::summaries::Summaries;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One thread's numbers for what configurations look like.
pub(crate) struct Projection<A: Subject, C, H> {
    reads: Reads<A, C, H>,
    /// For each actor, its distinct looks: the local with the parts that are not read made equal,
    /// and the words of the summary.
    looks: Vec<Values<(Local<A>, Vec<u64>)>>,
    /// For each actor and local, the number of its look plus one, or 0.
    known: Vec<Vec<u32>>,
    histories: Summaries,
    configurations: SliceSet,
    buffer: Vec<u32>,
}

impl<A: Subject, C, H: History> Projection<A, C, H> {
    pub(crate) fn new(reads: Reads<A, C, H>, actors: usize) -> Self {
        Projection {
            reads,
            looks: (0..actors).map(|_| Values::default()).collect(),
            known: vec![Vec::new(); actors],
            histories: Summaries::default(),
            configurations: SliceSet::default(),
            buffer: Vec::new(),
        }
    }

    pub(crate) fn reads(&self) -> &Reads<A, C, H> {
        &self.reads
    }

    /// The number of what a configuration with these slots looks like, and whether it is new.
    pub(crate) fn number(
        &mut self,
        parts: &Parts<A, H>,
        setting: &C,
        slots: &[u32],
    ) -> (u32, bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let (locals, history) = slots.split_at(parts.actors);
        buffer.extend(
            locals
                .iter()
                .enumerate()
                .map(|(actor, local)| self.look(parts, setting, actor, *local)),
        );
        buffer.push(self.history(parts, setting, history[0]));
        let before = self.configurations.len();
        let number = self.configurations.insert(&buffer, hash_words(&buffer));
        self.buffer = buffer;
        (number, number == before)
    }

    /// Do two configurations look the same that differ only in one actor's local and the history?
    pub(crate) fn look_the_same(
        &mut self,
        parts: &Parts<A, H>,
        setting: &C,
        actor: usize,
        before: (u32, u32),
        after: (u32, u32),
    ) -> bool {
        (before.1 == after.1
            || self.history(parts, setting, before.1) == self.history(parts, setting, after.1))
            && (before.0 == after.0
                || self.look(parts, setting, actor, before.0)
                    == self.look(parts, setting, actor, after.0))
    }

    /// The number of what a history looks like.
    fn history(&mut self, parts: &Parts<A, H>, setting: &C, history: u32) -> u32 {
        match self.reads.history {
            HistoryReads::Nothing => 0,
            HistoryReads::Everything => history,
            HistoryReads::By(summary) => self
                .histories
                .number(history, |words| summary(setting, parts.histories.get(history), words)),
        }
    }

    fn look(&mut self, parts: &Parts<A, H>, setting: &C, actor: usize, local: u32) -> u32 {
        let known = &mut self.known[actor];
        if known.len() <= local as usize {
            known.resize(local as usize + 1, 0);
        }
        if known[local as usize] == 0 {
            let reads = &self.reads.locals;
            let whole = parts.locals[actor].get(local);
            let mut words = Vec::new();
            if let Some(summary) = reads.by {
                summary(setting, &actor_part(actor, whole), &mut words);
            }
            // Parts that are not read are replaced by those of the actor's first local.
            let any_state = &parts.locals[actor].get(0).state;
            let look = Local {
                state: Arc::clone(if reads.states { &whole.state } else { any_state }),
                timers: if reads.timers { whole.timers.clone() } else { Vec::new() },
                random: if reads.random { whole.random.clone() } else { BTreeMap::new() },
                crashed: reads.crashed && whole.crashed,
                storage: whole.storage.as_ref().filter(|_| reads.storages).cloned(),
            };
            known[local as usize] = self.looks[actor].insert((look, words)) + 1;
        }
        known[local as usize] - 1
    }

    pub(crate) fn bytes(&self) -> usize {
        self.configurations.bytes() + self.histories.bytes()
    }
}

fn actor_part<A: Subject>(index: usize, local: &Local<A>) -> ActorPart<'_, A> {
    ActorPart {
        index,
        state: &local.state,
        timers: &local.timers,
        random: &local.random,
        crashed: local.crashed,
        storage: local.storage.as_ref(),
    }
}
