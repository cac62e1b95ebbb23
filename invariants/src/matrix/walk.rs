//! Random walks through a scope, and what happens together in them.

use super::happening::{Happening, Happenings};
use super::shown::Step;
use crate::notation::Who;
use crate::scope::Scope;
use crate::system::{System, SystemState};
use crate::trace::Event;
use dynamo_model::rules::Rules;
use stateright::Model;
use stateright::actor::ActorModelAction;
use std::collections::BTreeSet;
use strum::VariantArray;
use xxhash_rust::xxh3::xxh3_64;

const COUNT: usize = Happening::VARIANTS.len();

type Action = <System as Model>::Action;

/// How many walks to take, and how long each may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walks {
    /// The number of walks through each scope.
    pub count: usize,
    /// The most steps of a walk.
    pub steps: usize,
}

impl Default for Walks {
    fn default() -> Walks {
        Walks { count: 400, steps: 60 }
    }
}

/// Which acts and faults occur together in one walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// For each two: everything that some walk has besides both.
    with_both: Vec<Happenings>,
}

impl Together {
    /// Takes the walks. Stops early once a walk has had all that is `sought`, if that is anything.
    /// The same arguments give the same walks.
    pub fn of(scope: &Scope, walks: Walks, sought: Happenings) -> Together {
        let model = scope.model(Rules::default(), []);
        let mut together = Together { with_both: vec![Happenings::EMPTY; COUNT * COUNT] };
        let mut dice = Dice(xxh3_64(scope.name.as_bytes()));
        let mut seen = BTreeSet::new();
        for number in 0..walks.count {
            let all = walk(&model, Habit::of(number), walks.steps, &mut |below| dice.below(below));
            if seen.insert(all) {
                together.note(all);
            }
            if sought != Happenings::EMPTY && all.includes(sought) {
                break;
            }
        }
        together
    }

    /// Does one walk have both?
    pub fn has(&self, one: Happening, other: Happening) -> bool {
        self.with_both(one, other).has(one)
    }

    /// Everything that happens in some walk that has both.
    pub fn with_both(&self, one: Happening, other: Happening) -> Happenings {
        self.with_both[one as usize * COUNT + other as usize]
    }

    fn note(&mut self, all: Happenings) {
        for one in all.iter() {
            for other in all.iter() {
                let with = &mut self.with_both[one as usize * COUNT + other as usize];
                *with = with.union(all);
            }
        }
    }
}

/// How a walk chooses. One habit alone would miss much: a walk that loses every second message
/// never finishes a put.
#[derive(Clone, Copy)]
enum Habit {
    /// Each possible step is as likely as any other.
    AnyStep,
    /// First the kind of step and then the step, so that rare faults come early.
    AnyKind,
    /// Mostly deliveries of messages, so that requests end.
    MostlyDeliveries,
    /// Faults only now and then.
    FewFaults,
}

impl Habit {
    fn of(walk: usize) -> Habit {
        [Habit::AnyStep, Habit::AnyKind, Habit::MostlyDeliveries, Habit::FewFaults][walk % 4]
    }

    /// How many tickets a kind of step gets in the draw. `None`: one for each step.
    fn tickets(self, kind: Kind) -> Option<usize> {
        Some(match (self, kind) {
            (Habit::AnyStep, _) => return None,
            (Habit::AnyKind, _) | (_, Kind::Lose) => 1,
            (Habit::MostlyDeliveries, Kind::Deliver) => 9,
            (Habit::FewFaults, Kind::Deliver) => 40,
            (Habit::FewFaults, Kind::Recover) => 8,
            (Habit::MostlyDeliveries | Habit::FewFaults, _) => 2,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Deliver,
    Lose,
    TimeOut,
    Crash,
    Recover,
    Choose,
}

impl Kind {
    fn of(action: &Action) -> Kind {
        match action {
            ActorModelAction::Deliver { .. } => Kind::Deliver,
            ActorModelAction::Drop(_) => Kind::Lose,
            ActorModelAction::Timeout(..) => Kind::TimeOut,
            ActorModelAction::Crash(_) => Kind::Crash,
            ActorModelAction::Recover(_) => Kind::Recover,
            ActorModelAction::SelectRandom { .. } => Kind::Choose,
        }
    }
}

/// Everything that happens in one walk. `choose` picks a number below the given one.
fn walk(
    model: &System,
    habit: Habit,
    steps: usize,
    choose: &mut dyn FnMut(usize) -> usize,
) -> Happenings {
    let mut state = model.init_states().remove(0);
    let mut arrived: Vec<Action> = Vec::new();
    let mut all = Happenings::EMPTY;
    for _ in 0..steps {
        let mut possible = Vec::new();
        model.actions(&state, &mut possible);
        let Some((action, after)) = next(model, &state, possible, habit, choose) else { break };
        let is_again = arrived.contains(&action);
        let event = Event::of(model.cfg.scope.nodes, &action);
        let step = Step { model, before: &state, event: &event, after: &after, is_again };
        all = all.union(step.shows());
        if model.cfg.scope.faults.duplication && is_from_a_node(&event) && !is_again {
            arrived.push(action);
        }
        state = after;
    }
    all
}

fn is_from_a_node(event: &Event) -> bool {
    matches!(event, Event::Deliver { from: Who::Node(_), .. })
}

/// A step that changes something and stays in the scope. `None`: there is none.
fn next(
    model: &System,
    state: &SystemState,
    mut possible: Vec<Action>,
    habit: Habit,
    choose: &mut dyn FnMut(usize) -> usize,
) -> Option<(Action, SystemState)> {
    loop {
        let index = chosen(&possible, habit, choose)?;
        let action = possible.swap_remove(index);
        let after = model.next_state(state, action.clone());
        let is_a_step =
            |after: &SystemState| after != state && (model.within_boundary)(&model.cfg, after);
        if let Some(after) = after.filter(is_a_step) {
            return Some((action, after));
        }
    }
}

/// The index of one of these. `None`: there are none.
fn chosen(
    possible: &[Action],
    habit: Habit,
    choose: &mut dyn FnMut(usize) -> usize,
) -> Option<usize> {
    if possible.is_empty() {
        return None;
    }
    let kinds: BTreeSet<Kind> = possible.iter().map(Kind::of).collect();
    let tickets: Option<Vec<(Kind, usize)>> =
        kinds.into_iter().map(|kind| Some((kind, habit.tickets(kind)?))).collect();
    let Some(tickets) = tickets else { return Some(choose(possible.len())) };
    let mut drawn = choose(tickets.iter().map(|(_, count)| count).sum());
    let kind = tickets.iter().find(|(_, count)| {
        let is_it = drawn < *count;
        drawn = drawn.saturating_sub(*count);
        is_it
    });
    let (kind, _) = kind?;
    let of_kind: Vec<usize> =
        (0..possible.len()).filter(|index| Kind::of(&possible[*index]) == *kind).collect();
    Some(of_kind[choose(of_kind.len())])
}

/// Numbers that look random and are the same on every machine, by `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % count as u64) as usize
    }
}
