//! Configurations as seen by a property that reads only some of them: those that look the same have the same number.

use crate::index::{SliceSet, hash_words};
use crate::parts::{Local, Parts};
use crate::reads::LocalReads;
use crate::shared::Values;
use crate::subject::{History, Subject};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A thread's numbers for what configurations look like.
pub(crate) struct Projection<A: Subject> {
    reads: LocalReads,
    /// For each actor what its locals look like, with what is not read made equal.
    looks: Vec<Values<Local<A>>>,
    /// For each actor and local the number of its looks plus one, or 0.
    known: Vec<Vec<u32>>,
    configurations: SliceSet,
    buffer: Vec<u32>,
}

impl<A: Subject> Projection<A> {
    pub(crate) fn new(reads: LocalReads, actors: usize) -> Self {
        Projection {
            reads,
            looks: (0..actors).map(|_| Values::default()).collect(),
            known: vec![Vec::new(); actors],
            configurations: SliceSet::default(),
            buffer: Vec::new(),
        }
    }

    pub(crate) fn reads(&self) -> LocalReads {
        self.reads
    }

    /// The number of what a configuration with these slots looks like, and whether it is seen for the first time.
    pub(crate) fn number<H: History>(&mut self, parts: &Parts<A, H>, slots: &[u32]) -> (u32, bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let (locals, history) = slots.split_at(parts.actors);
        buffer.extend(locals.iter().enumerate().map(|(actor, local)| self.look(parts, actor, *local)));
        if self.reads.history {
            buffer.extend(history);
        }
        let before = self.configurations.len();
        let number = self.configurations.insert(&buffer, hash_words(&buffer));
        self.buffer = buffer;
        (number, number == before)
    }

    /// Do two configurations look the same that differ in no more than one actor's local and the history?
    pub(crate) fn look_the_same<H: History>(
        &mut self,
        parts: &Parts<A, H>,
        actor: usize,
        before: (u32, u32),
        after: (u32, u32),
    ) -> bool {
        (before.1 == after.1 || !self.reads.history)
            && (before.0 == after.0 || self.look(parts, actor, before.0) == self.look(parts, actor, after.0))
    }

    fn look<H: History>(&mut self, parts: &Parts<A, H>, actor: usize, local: u32) -> u32 {
        let known = &mut self.known[actor];
        if known.len() <= local as usize {
            known.resize(local as usize + 1, 0);
        }
        if known[local as usize] == 0 {
            // What is not read is made that of the actor's first local.
            let any_state = Arc::clone(&parts.locals[actor].get(0).state);
            let mut look = parts.locals[actor].get(local).clone();
            let LocalReads { states, timers, random, crashed, storages, history: _ } = self.reads;
            if !states {
                look.state = any_state;
            }
            if !timers {
                look.timers = Vec::new();
            }
            if !random {
                look.random = BTreeMap::new();
            }
            if !storages {
                look.storage = None;
            }
            look.crashed &= crashed;
            known[local as usize] = self.looks[actor].insert(look) + 1;
        }
        known[local as usize] - 1
    }

    pub(crate) fn bytes(&self) -> usize {
        self.configurations.bytes()
    }
}
