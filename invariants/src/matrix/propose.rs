//! A small scope for two acts or faults, composed from what each needs.

use super::happening::{Happening, Happenings};
use super::walk::{Together, Walks};
use crate::random::{Examined, Outcome, examine};
use crate::scope::own::{Line, OwnScope, Quorum};
use crate::scope::{Ask, Faults, Scope};
use dynamo_model::rules::Rules;

use Happening as H;

/// A scope that may show two acts or faults.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The scope, which can be written to a file and checked.
    pub scope: OwnScope,
    /// Does a walk show both in it?
    pub is_shown: bool,
    /// What its complete check says, and how many states it has, if it has no more than were
    /// allowed.
    pub examined: Examined,
}

/// How many walks look for the pair in a proposed scope.
const WALKS: Walks = Walks { count: 400, steps: 60 };

/// The proposed scope with the fewest states, among those in which a walk shows both; or one that
/// violates a property. If no walk shows both in any, it is the smallest cluster. A check visits at
/// most `states_max` states of each candidate.
pub fn propose(pair: (Happening, Happening), states_max: usize) -> Proposal {
    let sought: Happenings = [pair.0, pair.1].into_iter().collect();
    let leaked = candidates(pair).into_iter().filter_map(|own| Some((own.leak().ok()?, own)));
    let valid: Vec<(Scope, OwnScope)> = leaked.collect();
    let shows = |scope: &Scope| Together::of(scope, WALKS, sought).has(pair.0, pair.1);
    let mut shown: Vec<&(Scope, OwnScope)> =
        valid.iter().filter(|(scope, _)| shows(scope)).collect();
    let is_shown = !shown.is_empty();
    if !is_shown {
        shown.extend(valid.first());
    }
    let mut best: Option<Proposal> = None;
    let mut allowed = states_max;
    for (scope, own) in shown {
        let examined = examine(scope, Rules::default(), allowed, || true);
        // A violation says more than any number of states.
        if let Outcome::Violates(_) = examined.outcome {
            return Proposal { scope: own.clone(), is_shown, examined };
        }
        let is_small = matches!(examined.outcome, Outcome::Holds);
        if best.is_none() || is_small {
            allowed = if is_small { examined.states.saturating_sub(1) } else { allowed };
            best = Some(Proposal { scope: own.clone(), is_shown, examined });
        }
    }
    best.expect("some candidate is a valid scope")
}

/// Candidates, the smallest cluster first. A cluster of one node would say little. So would the
/// removal of the only replica, which loses the data. A change of the members concerns a replica of
/// the key: the change of another node would move nothing.
fn candidates(pair: (Happening, Happening)) -> Vec<OwnScope> {
    let mut all = Vec::new();
    let removes = pair.0 == H::Remove || pair.1 == H::Remove;
    for n in if removes { 2..=2 } else { 1..=2 } {
        for extra in if n == 1 { 1..=1 } else { 0..=1 } {
            for is_apart in [false, true] {
                for w in 1..=n {
                    all.push(Draft::of(pair, n, n + extra, w, is_apart).scope);
                }
            }
        }
    }
    let mut distinct = Vec::new();
    for scope in all {
        if !distinct.contains(&scope) {
            distinct.push(scope);
        }
    }
    distinct
}

/// A scope that gets what acts and faults need, one after the other.
struct Draft {
    scope: OwnScope,
    /// Do changes of the members come from a client of their own?
    is_apart: bool,
}

impl Draft {
    fn of(pair: (H, H), n: usize, nodes: usize, w: usize, is_apart: bool) -> Draft {
        let name = format!("{}-and-{}", pair.0, pair.1).replace(' ', "-");
        let scope = OwnScope {
            name: name.chars().take(OwnScope::NAME_MAX).collect(),
            aim: format!("One run has both: {} and {}.", pair.0, pair.1),
            key: "k".to_owned(),
            nodes: nodes as u16,
            quorum: Quorum { n, r: 1, w },
            clients: vec![vec![line(0, Ask::Put)]],
            faults: Faults::default(),
        };
        let mut draft = Draft { scope, is_apart };
        // A change of the members comes before or beside a read, and after a put.
        let mut both = [pair.0, pair.1];
        both.sort_by_key(|it| (*it == H::Get || *it == H::ReadRepair, *it));
        for it in both {
            draft.add(it);
        }
        draft
    }

    fn add(&mut self, it: Happening) {
        let last = self.last();
        let faults = &mut self.scope.faults;
        match it {
            H::Put => {}
            H::PutOver => self.ask(Ask::PutOver),
            H::Delete => self.ask(Ask::Delete),
            H::Get => self.read(Ask::Get),
            H::InPerson => self.scope.clients[0][0].ask = Ask::PutInPerson,
            H::Forwarded => self.forward(),
            H::OwnView => self.scope.clients[0].iter_mut().for_each(|line| line.via = None),
            H::Retry => faults.client_retries = 1,
            H::StandIn => self.stand_in(0),
            H::Handoff => self.stand_in(1),
            H::ReadRepair => {
                self.scope.quorum.r = self.scope.quorum.n;
                self.read(Ask::Get);
            }
            H::Exchange => faults.exchange = true,
            H::Reap => {
                faults.reaps = 1;
                faults.loss |= faults.duplication;
                if !self.scope.clients[0].iter().any(|line| line.ask == Ask::Delete) {
                    self.ask(Ask::Delete);
                }
            }
            H::Join => self.change(&[(last, Ask::Join(0))]),
            H::Leave | H::LateByRingChange => self.change(&[(last, Ask::Leave(0))]),
            H::Remove => self.change(&[(last, Ask::Remove(0))]),
            H::Rejoin => self.change(&[(last, Ask::Leave(0)), (last, Ask::Join(0))]),
            H::Move => {
                faults.moved = Some(0);
                faults.gossip = true;
            }
            H::Loss => faults.loss = true,
            H::Duplication => {
                faults.duplication = true;
                faults.loss |= faults.reaps > 0;
            }
            H::Crash => faults.crashes = 1,
            H::LostDisk => faults.lost_disk = Some(0),
            H::OldDisk => faults.old_disk = Some(0),
            H::Timeout => faults.timeouts = faults.timeouts.or(Some(0)),
            H::Retransmission => faults.timeouts = Some(1),
        }
    }

    fn last(&self) -> usize {
        usize::from(self.scope.nodes) - 1
    }

    fn ask(&mut self, ask: Ask) {
        let via = self.scope.clients[0][0].via;
        self.scope.clients[0].push(Line { via, ask });
    }

    /// Reads through another node than the one that coordinated the put.
    fn read(&mut self, ask: Ask) {
        let via = self.scope.quorum.n - 1;
        let is_own = self.scope.clients[0][0].via.is_none();
        self.scope.clients[0].push(if is_own { Line { via: None, ask } } else { line(via, ask) });
    }

    fn forward(&mut self) {
        let last = self.last();
        let lines = self.scope.clients[0].iter_mut().filter(|line| line.ask.moves().is_none());
        lines.for_each(|line| line.via = Some(last));
    }

    fn stand_in(&mut self, handoffs: u8) {
        let faults = &mut self.scope.faults;
        faults.timeouts = faults.timeouts.or(Some(0));
        faults.handoffs = faults.handoffs.max(handoffs);
    }

    fn change(&mut self, lines: &[(usize, Ask)]) {
        let has_change = self.scope.clients.iter().flatten().any(|line| line.ask.moves().is_some());
        let lines = lines.iter().map(|(via, ask)| line(*via, *ask));
        if self.is_apart && !has_change {
            self.scope.clients.push(lines.collect());
        } else {
            let client = self.scope.clients.last_mut().expect("there is a client");
            client.extend(lines);
        }
    }
}

fn line(via: usize, ask: Ask) -> Line {
    Line { via: Some(via), ask }
}
