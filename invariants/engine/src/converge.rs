//! Convergence: once faults and new requests stop, does every run eventually satisfy the
//! properties, and keep satisfying them?
//!
//! The steps that remain then form a graph on the reachable states. Under strong fairness, every
//! step that stays possible is eventually taken. So a run ends in a *terminal component*: a set of
//! states that all lead to each other and to no other state. That is a single state without steps,
//! or a cycle. The model converges if the condition is true in all states of every terminal
//! component.
//!
//! Tarjan's algorithm finds the components, cut short. The first component that a walk completes is
//! terminal, unless the walk has met a *settled* state. A settled state is known to lead to a
//! terminal component that has been judged. In both cases every state on the walk's stack leads
//! there too, and becomes settled. So most states cost one look at one successor, and one bit.
//!
//! Without the boundary, a step may lead out of a terminal component. Then the component is no
//! *end*: see [`Convergence::is_cut`]. Only ends violate a property. The check looks for such steps
//! only where a property is violated, and until it has found one end.

use crate::assembly::Assembly;
use crate::explorer::Explorer;
use crate::judge::Found;
use crate::parts::unpair;
use crate::search::{Board, Location, Share, location_of};
use crate::space::Space;
use crate::subject::{Filter, History, Subject};
use foldhash::{HashMap, HashMapExt};
use parking_lot::Mutex;
use stateright::Model as _;
use stateright::actor::{ActorModel, ActorModelState};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A condition that must eventually be true, and stay true.
pub type Condition<A, C, H> = fn(&ActorModel<A, C, H>, &ActorModelState<A, H>) -> bool;

/// The convergence properties, and the steps that remain. Every step that remains and stays
/// possible is eventually taken.
pub struct Convergence<A: Subject, C, H: History> {
    /// The steps that remain.
    pub goes_on: Filter<A, C>,
    /// Does only the boundary keep a run out of this state? It is asked about states outside the
    /// boundary to which a remaining step leads from a terminal component. If it is true, and the
    /// component takes that step in none of its states, a run of the unbounded system need not end
    /// in the component. Then the component proves and violates nothing.
    ///
    /// With [`Check::symmetry`](crate::Check::symmetry), steps of two actors that were renamed
    /// count as different ones, so fewer components are ends.
    pub is_cut: Condition<A, C, H>,
    /// Names and conditions.
    pub properties: Vec<(&'static str, Condition<A, C, H>)>,
}

/// How many states a thread settles before it checks for a stop and reports.
const BATCH: usize = 512;

/// What is known about convergence. Shared by all threads.
pub(crate) struct Ends<'s, A: Subject, C, H: History> {
    convergence: &'s Convergence<A, C, H>,
    shares: &'s [Share],
    /// For each share, a bit for each state: is it settled?
    settled: Vec<Vec<AtomicU64>>,
    /// For each property, the shallowest state of an end that violates it.
    found: Mutex<Vec<Option<Found>>>,
    /// Was an end found?
    has_end: AtomicBool,
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
            has_end: AtomicBool::new(false),
        }
    }

    /// Was an end found? If not, no property was tested.
    pub(crate) fn has_end(&self) -> bool {
        self.has_end.load(Ordering::Relaxed)
    }

    /// The shallowest state of an end that violates a property, with the property's index.
    pub(crate) fn found(&self) -> Vec<(usize, Found)> {
        self.found
            .lock()
            .iter()
            .enumerate()
            .filter_map(|(index, found)| Some((index, (*found)?)))
            .collect()
    }

    fn is_settled(&self, (owner, number): Location) -> bool {
        self.settled[owner][number as usize / 64].load(Ordering::Relaxed) & 1 << (number % 64) != 0
    }

    fn settle(&self, (owner, number): Location) {
        self.settled[owner][number as usize / 64].fetch_or(1 << (number % 64), Ordering::Relaxed);
    }

    fn depth(&self, (owner, number): Location) -> usize {
        self.shares[owner].depth(number)
    }

    /// Does only the boundary keep a run in this component? Then a step leads out of the boundary
    /// that the component takes nowhere within. Other steps are only put off.
    fn is_cut(
        &self,
        space: &Space<'_, A, C, H>,
        assembly: &mut Assembly<A, H>,
        component: &[(u64, Location)],
    ) -> bool {
        let Convergence { goes_on, is_cut, .. } = self.convergence;
        let (model, mut cut, mut taken) = (space.steps.model, Vec::new(), Vec::new());
        for (state, _) in component {
            let (configuration, network) = unpair(*state);
            let state = assembly.state(&space.parts, configuration, Some(network));
            for (action, next) in model.next_steps(state) {
                if !goes_on(&model.cfg, &action) {
                    continue;
                }
                if (model.within_boundary)(&model.cfg, &next) {
                    taken.push(action);
                } else if is_cut(model, &next) {
                    cut.push(action);
                }
            }
        }
        cut.iter().any(|action| !taken.contains(action))
    }

    /// Evaluates the properties on a terminal component.
    fn judge(
        &self,
        space: &Space<'_, A, C, H>,
        assembly: &mut Assembly<A, H>,
        component: &[(u64, Location)],
    ) {
        let entry =
            component.iter().map(|&(state, location)| Found { depth: self.depth(location), state });
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
        if self.has_end() && !violated.contains(&true) {
            return;
        }
        if self.is_cut(space, assembly, component) {
            return;
        }
        self.has_end.store(true, Ordering::Relaxed);
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
    /// The least order on the stack that is known to be reachable from here.
    low: u32,
    successors: Vec<(u64, Location)>,
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
    /// The states of the walk in the order of visiting. All of them lead to the last.
    stack: Vec<(u64, Location)>,
    /// The orders of these states.
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
        // Deep states are near the end. States before them then find them settled.
        let mut numbers = (0..states.len()).rev();
        while numbers.len() > 0 {
            let mut settled = 0;
            for number in numbers.by_ref().take(BATCH) {
                if self.board.stop.load(Ordering::Relaxed) {
                    return;
                }
                let location = (self.number, number);
                if !self.ends.is_settled(location) {
                    self.walk(states.get(number), location);
                }
                settled += 1;
            }
            self.board.settled.fetch_add(settled, Ordering::Relaxed);
            let bytes = states.bytes() + states.len() as usize / 8 + self.explorer.bytes();
            let common = if self.number == 0 { self.space.parts.bytes() } else { 0 };
            self.board.bytes[self.number].store(bytes + common, Ordering::Relaxed);
        }
    }

    /// Walks from an unsettled state until it is settled.
    fn walk(&mut self, state: u64, location: Location) {
        let mut over = self.visit(state, location);
        while over.is_continue() {
            over = self.go_on();
        }
        for (_, location) in self.stack.drain(..) {
            self.ends.settle(location);
        }
        self.orders.clear();
        self.frames.clear();
    }

    /// Visits a state. Breaks if a successor is settled.
    fn visit(&mut self, state: u64, location: Location) -> ControlFlow<()> {
        self.stack.push((state, location));
        let (mut successors, mut over) = (Vec::new(), ControlFlow::Continue(()));
        self.explorer.successors(state, |next| {
            let Some(location) = location_of(self.ends.shares, next) else {
                return ControlFlow::Continue(());
            };
            if self.ends.is_settled(location) {
                over = ControlFlow::Break(());
            } else {
                successors.push((next, location));
            }
            over
        });
        over?;
        let order = self.stack.len() as u32 - 1;
        self.orders.insert(state, order);
        self.frames.push(Frame { order, low: order, successors, next: 0 });
        ControlFlow::Continue(())
    }

    /// Takes one step of the walk. Breaks when the walk has met a settled state or completed a
    /// component.
    fn go_on(&mut self) -> ControlFlow<()> {
        let frame = self.frames.last_mut().expect("a walk that is not over has a state");
        if let Some(&(next, location)) = frame.successors.get(frame.next) {
            frame.next += 1;
            if let Some(order) = self.orders.get(&next) {
                frame.low = frame.low.min(*order);
                return ControlFlow::Continue(());
            }
            return self.visit(next, location);
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
