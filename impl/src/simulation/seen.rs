//! What has occurred in runs, and what never has: kinds of messages, faults, acts and pairs of
//! them, and rules.

use dynamo_invariants::matrix::{Happening, Happenings, pairs};
use dynamo_invariants::scope::Ask;
use dynamo_model::message::{self, Answer, Message};
use dynamo_model::node::{State, Timer};
use dynamo_model::rules::Rules;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use Happening as H;

/// One run of so many notes which rules it asks: a note takes about as long as a rule. The number is
/// odd, because runs take the four profiles in turn: each of them comes round.
pub const NOTES_RULES_EVERY: u64 = 17;

/// A fault of the network, of a disk or of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A datagram is lost.
    Lost,
    /// A datagram is lost because its receiver does not hear its sender.
    CutOff,
    /// A datagram arrives twice.
    Doubled,
    /// A datagram takes much longer than others.
    Late,
    /// A datagram arrives with a changed bit.
    Damaged,
    /// A node crashes.
    Crash,
    /// A node crashes amid a commit, and the data is not on disk.
    CommitLost,
    /// A node crashes after a commit, and before it has sent anything.
    CommitUntold,
    /// A node loses its disk.
    DiskLost,
    /// A node is started on an older copy of its disk.
    DiskOld,
    /// A commit takes a long time.
    CommitSlow,
    /// A disk is full.
    DiskFull,
    /// A node stands still for a while.
    Pause,
}

impl Fault {
    /// All faults, each with its name.
    pub const ALL: [(Fault, &'static str); 13] = [
        (Fault::Lost, "datagram lost"),
        (Fault::CutOff, "datagram cut off"),
        (Fault::Doubled, "datagram doubled"),
        (Fault::Late, "datagram late"),
        (Fault::Damaged, "datagram damaged"),
        (Fault::Crash, "crash"),
        (Fault::CommitLost, "crash before a commit is done"),
        (Fault::CommitUntold, "crash between commit and sending"),
        (Fault::DiskLost, "disk lost"),
        (Fault::DiskOld, "older copy of a disk"),
        (Fault::CommitSlow, "slow commit"),
        (Fault::DiskFull, "full disk"),
        (Fault::Pause, "node stands still"),
    ];
}

/// What has occurred in a run, or in many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many messages of each kind have arrived. The places are those of [`message::kinds`].
    messages: Vec<u64>,
    faults: BTreeMap<Fault, u64>,
    /// In how many runs each act or fault has occurred.
    acts: BTreeMap<Happening, u64>,
    /// In how many runs both of each pair have occurred.
    together: BTreeMap<(Happening, Happening), u64>,
    rules: BTreeSet<&'static str>,
}

impl Seen {
    /// How many messages of each kind have arrived.
    pub fn messages(&self) -> impl Iterator<Item = (String, u64)> + '_ {
        let count = |place| self.messages.get(place).copied().unwrap_or_default();
        // The date is the envelope of a message of another kind.
        let kinds = message::kinds().into_iter().enumerate().filter(|(_, kind)| kind != "Dated");
        kinds.map(move |(place, kind)| (kind, count(place)))
    }

    /// How often each fault has occurred.
    pub fn faults(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let count = |fault| self.faults.get(&fault).copied().unwrap_or_default();
        Fault::ALL.into_iter().map(move |(fault, name)| (name, count(fault)))
    }

    /// In how many runs each act or fault has occurred.
    pub fn acts(&self) -> impl Iterator<Item = (Happening, u64)> + '_ {
        let mut all: Vec<Happening> = pairs().flat_map(|(one, other)| [one, other]).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|act| (act, self.acts.get(&act).copied().unwrap_or_default()))
    }

    /// In how many runs both of each pair have occurred.
    pub fn pairs(&self) -> impl Iterator<Item = ((Happening, Happening), u64)> + '_ {
        pairs().map(|pair| (pair, self.together.get(&pair).copied().unwrap_or_default()))
    }

    /// The rules that no run has asked.
    pub fn rules_never_asked(&self) -> impl Iterator<Item = &'static str> + '_ {
        Rules::NAMES.iter().copied().filter(|rule| !self.rules.contains(rule))
    }

    /// Adds what has occurred in another run.
    pub fn add(&mut self, other: &Seen) {
        self.messages.resize(self.messages.len().max(other.messages.len()), 0);
        for (own, others) in self.messages.iter_mut().zip(&other.messages) {
            *own += others;
        }
        add(&mut self.faults, &other.faults);
        add(&mut self.acts, &other.acts);
        add(&mut self.together, &other.together);
        self.rules.extend(&other.rules);
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    pub(super) fn arrived(&mut self, messages: &[&Message]) {
        for message in messages {
            let place = message.as_undated().kind();
            if self.messages.len() <= place {
                self.messages.resize(place + 1, 0);
            }
            self.messages[place] += 1;
        }
    }

    /// The end of a run in which these acts and faults have occurred.
    pub(super) fn finish(mut self, all: Happenings) -> Seen {
        self.acts = all.iter().map(|act| (act, 1)).collect();
        let both = |(one, other): &(Happening, Happening)| all.has(*one) && all.has(*other);
        self.together = pairs().filter(both).map(|pair| (pair, 1)).collect();
        self.rules = ASKED.take();
        self
    }
}

fn add<K: Copy + Ord>(own: &mut BTreeMap<K, u64>, others: &BTreeMap<K, u64>) {
    for (what, count) in others {
        *own.entry(*what).or_default() += count;
    }
}

thread_local! {
    static ASKED: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
}

/// These rules, for the run with this number. In some runs they note which of them are asked.
pub(super) fn noted(rules: &Rules, number: u64) -> Rules {
    ASKED.take();
    if !number.is_multiple_of(NOTES_RULES_EVERY) {
        return *rules;
    }
    Rules { asked: note, ..*rules }
}

fn note(rule: &'static str) {
    ASKED.with_borrow_mut(|asked| asked.insert(rule));
}

/// What a message at a node shows. Its view of the ring is that before the message.
pub(super) fn shown_by_message(message: &Message, state: Option<&State>) -> Happenings {
    let message = message.as_undated();
    let mut shown = Happenings::EMPTY;
    let tip = state.map(|state| state.view.tip());
    if message.tip().is_some_and(|sent| tip.is_some_and(|tip| tip != sent)) {
        shown.add(H::LateByRingChange);
    }
    let act = match message {
        Message::Forward { .. } => H::Forwarded,
        Message::Routed { .. } => H::OwnView,
        Message::HandOff { .. } => H::Handoff,
        Message::Sync { .. } => H::Exchange,
        Message::StoreHint { .. } => H::StandIn,
        Message::Repair { .. } => H::ReadRepair,
        Message::Reap { .. } => H::Reap,
        _ => return shown,
    };
    shown.add(act);
    shown
}

/// What a timer of a node shows. `after` is the node's state after the timer.
pub(super) fn shown_by_timer(timer: &Timer, after: &State) -> Option<Happening> {
    let asks_again = match timer {
        Timer::Put(_, request) => after.puts.contains_key(request),
        Timer::Get(_, request) => after.gets.contains_key(request),
        Timer::Forward(..) => false,
        _ => return None,
    };
    Some(if asks_again { H::Retransmission } else { H::Timeout })
}

/// What an answer to a client shows. `had_left` are the positions of the nodes that had left.
pub(super) fn shown_by_answer(
    answer: &Answer,
    ask: Ask,
    had_left: &mut BTreeSet<usize>,
) -> Happenings {
    let mut shown = Happenings::EMPTY;
    let succeeds = matches!(
        answer,
        Answer::PutAcknowledged { .. } | Answer::GetAnswered { .. } | Answer::Changed { .. }
    );
    if !succeeds {
        return shown;
    }
    if ask.is_in_person() {
        shown.add(H::InPerson);
    }
    shown.add(match ask {
        Ask::Put | Ask::PutInPerson => H::Put,
        Ask::PutOver => H::PutOver,
        Ask::Delete => H::Delete,
        Ask::Get | Ask::GetInPerson => H::Get,
        Ask::Join(position) if had_left.contains(&position) => H::Rejoin,
        Ask::Join(_) => H::Join,
        Ask::Leave(position) => {
            had_left.insert(position);
            H::Leave
        }
        Ask::Remove(_) => H::Remove,
    });
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_model::ids::{ClientId, RequestId};
    use dynamo_model::membership::History;

    #[test]
    fn what_never_occurred_is_counted_as_zero() {
        let request = RequestId { client: ClientId(7), number: 0 };
        let mut seen = Seen::default();
        seen.arrived(&[&Message::Stored { request }, &Message::Stored { request }]);
        seen.fault(Fault::Crash);
        let seen = seen.finish([H::Put, H::Crash].into_iter().collect());
        let mut all = seen.clone();
        all.add(&seen);
        let of_kind = |kind: &str| all.messages().find(|(name, _)| name == kind).expect("a kind").1;
        assert_eq!((of_kind("Stored"), of_kind("Gossip")), (4, 0));
        assert_eq!(
            all.faults().filter(|(_, count)| *count > 0).collect::<Vec<_>>(),
            [("crash", 2)]
        );
        let pair = all.pairs().filter(|(_, runs)| *runs > 0).collect::<Vec<_>>();
        assert_eq!(pair, [((H::Put, H::Crash), 2)]);
        assert_eq!(all.rules_never_asked().count(), Rules::NAMES.len());
    }

    #[test]
    fn some_runs_note_the_rules_that_they_ask() {
        (noted(&Rules::default(), 1).asked)("must_save");
        assert!(Seen::default().finish(Happenings::EMPTY).rules.is_empty());
        (noted(&Rules::default(), 0).asked)("must_save");
        assert!(Seen::default().finish(Happenings::EMPTY).rules.contains("must_save"));
    }

    #[test]
    fn a_node_that_has_left_joins_again() {
        let request = RequestId { client: ClientId(7), number: 0 };
        let changed = Answer::Changed { request, history: History::default() };
        let mut had_left = BTreeSet::new();
        let mut shown = |ask| shown_by_answer(&changed, ask, &mut had_left);
        let shown = [Ask::Join(1), Ask::Leave(1), Ask::Join(1)].map(&mut shown);
        let expected = [H::Join, H::Leave, H::Rejoin].map(|act| [act].into_iter().collect());
        assert_eq!(shown, expected);
        let refused = Answer::NoRoute { request };
        assert_eq!(shown_by_answer(&refused, Ask::Put, &mut had_left), Happenings::EMPTY);
    }
}
