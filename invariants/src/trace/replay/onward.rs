//! The states that can be reached without new faults and without new requests.

use super::steps;
use crate::property::goes_on;
use crate::system::{System, SystemState};
use crate::trace::Event;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// All states that can be reached from one state, the nearest first, and the steps between them.
pub(super) struct Onward {
    /// The states. The first one is the state that the others are reached from.
    pub(super) states: Vec<SystemState>,
    /// For each state, the states after its steps.
    next: Vec<Vec<usize>>,
    /// For each state, the step and the state that first led to it. The first state has none.
    first_reached: Vec<Option<(usize, Event)>>,
}

impl Onward {
    /// The most states that are visited. A file from elsewhere may name a cycle anywhere.
    pub(super) const STATES_MAX: usize = 20_000;

    /// The states that can be reached from this one. `None`: they are more than `states_max`.
    pub(super) fn of(model: &System, state: &SystemState, states_max: usize) -> Option<Onward> {
        let mut indices = HashMap::from([(state.clone(), 0)]);
        let mut onward =
            Onward { states: vec![state.clone()], next: Vec::new(), first_reached: vec![None] };
        while onward.next.len() < onward.states.len() {
            let index = onward.next.len();
            let mut next = Vec::new();
            let goes_on = |action: &_| goes_on(&model.cfg, action);
            for (event, state) in steps(model, &onward.states[index], goes_on) {
                let known = indices.get(&state).copied();
                next.push(known.unwrap_or(onward.states.len()));
                if known.is_none() {
                    indices.insert(state.clone(), onward.states.len());
                    onward.states.push(state);
                    onward.first_reached.push(Some((index, event)));
                }
            }
            onward.next.push(next);
            if onward.states.len() > states_max {
                return None;
            }
        }
        Some(onward)
    }

    /// Can the first state be reached again from every state? Then a run that is fair visits each
    /// state again and again.
    pub(super) fn always_leads_back(&self) -> bool {
        reached(0, &self.before()).len() == self.states.len()
    }

    /// The states of one terminal component: each of them leads to all others, and to no other
    /// state.
    pub(super) fn terminal(&self) -> BTreeSet<usize> {
        let before = self.before();
        let mut from = 0;
        loop {
            let all: BTreeSet<usize> = reached(from, &self.next).into_iter().collect();
            let leads_back: BTreeSet<usize> = reached(from, &before).into_iter().collect();
            let Some(leaves) = all.difference(&leads_back).next() else { return all };
            from = *leaves;
        }
    }

    /// For each state, the states before its steps.
    fn before(&self) -> Vec<Vec<usize>> {
        let mut before = vec![Vec::new(); self.states.len()];
        for (index, next) in self.next.iter().enumerate() {
            for next in next {
                before[*next].push(index);
            }
        }
        before
    }

    /// The states that can be reached from the state with this index, including itself.
    pub(super) fn reached_from(&self, index: usize) -> impl Iterator<Item = &SystemState> {
        reached(index, &self.next).into_iter().map(|index| &self.states[index])
    }

    /// The steps of a shortest path to the state with this index.
    pub(super) fn path_to(&self, index: usize) -> Vec<Event> {
        let mut path: Vec<Event> = Vec::new();
        let mut index = index;
        while let Some((from, event)) = &self.first_reached[index] {
            path.push(event.clone());
            index = *from;
        }
        path.reverse();
        path
    }
}

fn reached(from: usize, next: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; next.len()];
    seen[from] = true;
    let (mut reached, mut queue) = (vec![from], VecDeque::from([from]));
    while let Some(index) = queue.pop_front() {
        for index in &next[index] {
            if !std::mem::replace(&mut seen[*index], true) {
                reached.push(*index);
                queue.push_back(*index);
            }
        }
    }
    reached
}
