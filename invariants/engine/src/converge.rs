//! Convergence: once nothing new goes wrong and nothing new is asked, does everything end as it
//! should?
//!
//! The steps that still go on then make a graph of their own on the reachable states. If every step
//! that stays possible is taken at some time (strong fairness), a run ends in a *terminal
//! component*, a set of states that all lead to one another and nowhere else: a single state where
//! nothing goes on, or a cycle for ever. Converged means that the condition is true in all states
//! of every terminal component.
//!
//! Components are found by Tarjan's algorithm, cut short: the first component that a walk completes
//! is terminal, unless the walk has met a *settled* state, one that is known to lead to a terminal
//! component that has been looked at. Either way every state on the walk's stack leads there too,
//! and is settled. So most states cost one look at one successor, and one bit.

use crate::assembly::Assembly;
use crate::explorer::Explorer;
use crate::judge::Found;
use crate::parts::unpair;
use crate::search::{Board, Place, Share, place_of};
use crate::space::Space;
use crate::subject::{ActorAction, History, Subject};
use foldhash::{HashMap, HashMapExt};
use parking_lot::Mutex;
use stateright::actor::{ActorModel, ActorModelState};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

/// Does this step still happen once nothing new goes wrong and nothing new is asked?
pub type Filter<A, C> = fn(&C, &ActorAction<A>) -> bool;

/// What must be so in the end.
pub type Condition<A, C, H> = fn(&ActorModel<A, C, H>, &ActorModelState<A, H>) -> bool;

/// What must be so in the end, and which steps go on until then. Every step that goes on and stays
/// possible is taken at some time.
pub struct Convergence<A: Subject, C, H: History> {
    /// The steps that go on.
    pub goes_on: Filter<A, C>,
    /// Names and conditions.
    pub properties: Vec<(&'static str, Condition<A, C, H>)>,
}

/// How many states a thread settles before it looks up from its work.
const BATCH: usize = 512;

/// What is known of how states end. Shared by all threads.
pub(crate) struct Ends<'s, A: Subject, C, H: History> {
    convergence: &'s Convergence<A, C, H>,
    shares: &'s [Share],
    /// For each share a bit for each state: is it settled?
    settled: Vec<Vec<AtomicU64>>,
    /// For each property the shallowest state of a terminal component that violates it.
    found: Mutex<Vec<Option<Found>>>,
}

impl<'s, A: Subject, C, H: History> Ends<'s, A, C, H> {
    pub(crate) fn new(convergence: &'s Convergence<A, C, H>, shares: &'s [Share]) -> Self {
        let bits = |share: &Share| {
            (0..share.states.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect()
        };
        Ends {
            convergence,
            shares,
            settled: shares.iter().map(bits).collect(),
            found: Mutex::new(vec![None; convergence.properties.len()]),
        }
    }

    /// The shallowest state of a terminal component that violates a property, by the property's
    /// index.
    pub(crate) fn found(&self) -> Vec<(usize, Found)> {
        self.found
            .lock()
            .iter()
            .enumerate()
            .filter_map(|(index, found)| Some((index, (*found)?)))
            .collect()
    }

    fn is_settled(&self, (owner, number): Place) -> bool {
        self.settled[owner][number as usize / 64].load(Ordering::Relaxed) & 1 << (number % 64) != 0
    }

    fn settle(&self, (owner, number): Place) {
        self.settled[owner][number as usize / 64].fetch_or(1 << (number % 64), Ordering::Relaxed);
    }

    fn depth(&self, (owner, number): Place) -> usize {
        self.shares[owner].depth(number)
    }

    /// Looks at a terminal component.
    fn judge(
        &self,
        space: &Space<'_, A, C, H>,
        assembly: &mut Assembly<A, H>,
        component: &[(u64, Place)],
    ) {
        let entry =
            component.iter().map(|&(state, place)| Found { depth: self.depth(place), state });
        let entry = entry.min_by_key(|found| found.depth).expect("a component has a state");
        let mut violated = vec![false; self.convergence.properties.len()];
        for (state, _) in component {
            let (configuration, network) = unpair(*state);
            let state = assembly.state(&space.parts, configuration, Some(network));
            for ((_, condition), violated) in self.convergence.properties.iter().zip(&mut violated)
            {
                *violated |= !condition(space.steps.model, state);
            }
        }
        let mut found = self.found.lock();
        for (known, _) in found.iter_mut().zip(violated).filter(|(_, violated)| *violated) {
            if known.is_none_or(|known| entry.depth < known.depth) {
                *known = Some(entry);
            }
        }
    }
}

/// A state on a walk, between two of its successors.
struct Frame {
    order: u32,
    /// The least order on the stack that is known to be reached from here.
    low: u32,
    successors: Vec<(u64, Place)>,
    next: usize,
}

/// One thread's walks.
pub(crate) struct Walker<'s, 'm, A: Subject, C, H: History> {
    number: usize,
    space: &'s Space<'m, A, C, H>,
    ends: &'s Ends<'s, A, C, H>,
    board: &'s Board,
    explorer: Explorer<'s, 'm, A, C, H>,
    assembly: Assembly<A, H>,
    /// The states of the walk, in the order in which they were met. All of them lead to the last.
    stack: Vec<(u64, Place)>,
    /// Their orders.
    orders: HashMap<u64, u32>,
    frames: Vec<Frame>,
}

impl<'s, 'm, A: Subject, C, H: History> Walker<'s, 'm, A, C, H> {
    pub(crate) fn new(
        number: usize,
        space: &'s Space<'m, A, C, H>,
        ends: &'s Ends<'s, A, C, H>,
        board: &'s Board,
        explorer: Explorer<'s, 'm, A, C, H>,
    ) -> Self {
        Walker {
            number,
            space,
            ends,
            board,
            explorer: explorer.looking_only_at(ends.convergence.goes_on),
            assembly: Assembly::new(),
            stack: Vec::new(),
            orders: HashMap::new(),
            frames: Vec::new(),
        }
    }

    /// Settles every state of this thread's share, unless it is stopped.
    pub(crate) fn run(mut self) {
        let states = &self.ends.shares[self.number].states;
        self.explorer.allow((states.len() as usize / 16).max(1 << 20));
        // Deep states are near the end; those before them then find them settled.
        let mut numbers = (0..states.len()).rev();
        while numbers.len() > 0 {
            let mut settled = 0;
            for number in numbers.by_ref().take(BATCH) {
                if self.board.stop.load(Ordering::Relaxed) {
                    return;
                }
                let place = (self.number, number);
                if !self.ends.is_settled(place) {
                    self.walk(states.get(number), place);
                }
                settled += 1;
            }
            self.board.settled.fetch_add(settled, Ordering::Relaxed);
            let bytes = states.bytes() + states.len() as usize / 8 + self.explorer.bytes();
            let common = if self.number == 0 { self.space.parts.bytes() } else { 0 };
            self.board.bytes[self.number].store(bytes + common, Ordering::Relaxed);
        }
    }

    /// Walks from a state that is not settled until it is.
    fn walk(&mut self, state: u64, place: Place) {
        let mut over = self.visit(state, place);
        while over.is_continue() {
            over = self.go_on();
        }
        for (_, place) in self.stack.drain(..) {
            self.ends.settle(place);
        }
        self.orders.clear();
        self.frames.clear();
    }

    /// Meets a state. Breaks if a successor is settled.
    fn visit(&mut self, state: u64, place: Place) -> ControlFlow<()> {
        self.stack.push((state, place));
        let (mut successors, mut over) = (Vec::new(), ControlFlow::Continue(()));
        self.explorer.successors(state, |next| {
            let Some(place) = place_of(self.ends.shares, next) else {
                return ControlFlow::Continue(());
            };
            if self.ends.is_settled(place) {
                over = ControlFlow::Break(());
            } else {
                successors.push((next, place));
            }
            over
        });
        over?;
        let order = self.stack.len() as u32 - 1;
        self.orders.insert(state, order);
        self.frames.push(Frame { order, low: order, successors, next: 0 });
        ControlFlow::Continue(())
    }

    /// Takes the walk a step further. Breaks when it has met a settled state or completed a
    /// component.
    fn go_on(&mut self) -> ControlFlow<()> {
        let frame = self.frames.last_mut().expect("a walk that is not over has a state");
        if let Some(&(next, place)) = frame.successors.get(frame.next) {
            frame.next += 1;
            if let Some(order) = self.orders.get(&next) {
                frame.low = frame.low.min(*order);
                return ControlFlow::Continue(());
            }
            return self.visit(next, place);
        }
        if frame.low == frame.order {
            let component = &self.stack[frame.order as usize..];
            self.ends.judge(self.space, &mut self.assembly, component);
            return ControlFlow::Break(());
        }
        let low = frame.low;
        self.frames.pop();
        let before = self.frames.last_mut().expect("the first state of a walk has the least order");
        before.low = before.low.min(low);
        ControlFlow::Continue(())
    }
}
