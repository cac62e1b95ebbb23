//! Where a state leads once nothing new goes wrong and nothing new is asked.

use super::steps;
use crate::property::goes_on;
use crate::system::{System, SystemState};
use crate::trace::Event;
use std::collections::{HashMap, VecDeque};

/// All states that one leads to, the nearest first, and the steps between them.
pub(super) struct Onward {
    /// The states; the first is the one from which all begins.
    pub(super) states: Vec<SystemState>,
    /// For each where its steps lead.
    next: Vec<Vec<usize>>,
    /// For each but the first, by which step from which state it was reached first.
    first_reached: Vec<Option<(usize, Event)>>,
}

impl Onward {
    /// The most states that are looked at: a file may begin its way round anywhere.
    const STATES_MAX: usize = 20_000;

    /// Where a state leads. `None`: to more states than are looked at.
    pub(super) fn of(model: &System, state: &SystemState) -> Option<Onward> {
        let mut places = HashMap::from([(state.clone(), 0)]);
        let mut onward =
            Onward { states: vec![state.clone()], next: Vec::new(), first_reached: vec![None] };
        while onward.next.len() < onward.states.len() {
            let place = onward.next.len();
            let mut next = Vec::new();
            let goes_on = |action: &_| goes_on(&model.cfg, action);
            for (event, state) in steps(model, &onward.states[place], goes_on) {
                let known = places.get(&state).copied();
                next.push(known.unwrap_or(onward.states.len()));
                if known.is_none() {
                    places.insert(state.clone(), onward.states.len());
                    onward.states.push(state);
                    onward.first_reached.push(Some((place, event)));
                }
            }
            onward.next.push(next);
            if onward.states.len() > Onward::STATES_MAX {
                return None;
            }
        }
        Some(onward)
    }

    /// Does every one of them lead back to the first? Then, whatever happens, everything on the way
    /// comes again and again.
    pub(super) fn always_leads_back(&self) -> bool {
        let mut before = vec![Vec::new(); self.states.len()];
        for (place, next) in self.next.iter().enumerate() {
            for next in next {
                before[*next].push(place);
            }
        }
        reached(0, &before).len() == self.states.len()
    }

    /// The states that one of them leads to, itself among them.
    pub(super) fn reached_from(&self, place: usize) -> impl Iterator<Item = &SystemState> {
        reached(place, &self.next).into_iter().map(|place| &self.states[place])
    }

    /// The steps of a shortest way to one of them.
    pub(super) fn way_to(&self, place: usize) -> Vec<Event> {
        let mut way: Vec<Event> = Vec::new();
        let mut place = place;
        while let Some((from, event)) = &self.first_reached[place] {
            way.push(event.clone());
            place = *from;
        }
        way.reverse();
        way
    }
}

fn reached(from: usize, next: &[Vec<usize>]) -> Vec<usize> {
    let mut seen = vec![false; next.len()];
    seen[from] = true;
    let (mut reached, mut queue) = (vec![from], VecDeque::from([from]));
    while let Some(place) = queue.pop_front() {
        for place in &next[place] {
            if !std::mem::replace(&mut seen[*place], true) {
                reached.push(*place);
                queue.push_back(*place);
            }
        }
    }
    reached
}
