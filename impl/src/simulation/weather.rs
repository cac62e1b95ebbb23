//! What goes wrong in a run, and how often.

use crate::drawn::Chance;
use dynamo_model::ids::NodeId;
use serde::Serialize;
use std::time::Duration;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// How hostile a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Nothing goes wrong.
    Calm,
    /// Some messages are lost, late or doubled; nodes crash now and then.
    Rough,
    /// The same, ten times as often. A node may lose its disk, or run on an older copy of it.
    Hostile,
    /// As in rough runs, or in a third of them as in hostile ones, and nodes join, leave and are
    /// removed.
    Churn,
}

/// A set of nodes: bit `n` says whether node `n` is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nodes(u16);

impl Nodes {
    /// No node.
    pub const NONE: Nodes = Nodes(0);

    pub(crate) fn contains(self, node: NodeId) -> bool {
        self.0 & 1 << node.0 != 0
    }

    /// One of the nodes in the set, or any node of this many if the set is empty.
    pub(crate) fn one(self, nodes: usize, chance: &mut Chance) -> usize {
        let all: Vec<usize> = (0..nodes).filter(|node| self.0 & 1 << node != 0).collect();
        if all.is_empty() { chance.below(nodes) } else { chance.one_of(&all) }
    }

    /// Each of so many nodes with one in two; or only one of them.
    fn draw(nodes: u16, chance: &mut Chance) -> Nodes {
        let some = (0..nodes).fold(0, |all, node| all | u16::from(chance.is_so(5_000)) << node);
        let one = 1 << chance.below(usize::from(nodes));
        Nodes(if chance.is_so(3_300) { one } else { some })
    }
}

/// A set of directions between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Links(Option<u64>);

impl Links {
    /// No direction.
    pub const NONE: Links = Links(None);

    /// Each direction with one in four.
    fn draw(chance: &mut Chance) -> Links {
        Links(Some(chance.below(1 << 20) as u64))
    }

    pub(crate) fn contains(self, from: NodeId, to: NodeId) -> bool {
        let number = u64::from(from.0) << 16 | u64::from(to.0);
        self.0.is_some_and(|drawn| Chance::of(drawn, number).is_so(2_500))
    }
}

/// Who does not hear whom while the network is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cuts {
    /// Two nodes do not hear one another.
    Pairs,
    /// One node hears no other.
    Nodes,
    /// Some nodes do not hear the others.
    Halves,
}

/// What the network, the disks and the machines of a run do. Probabilities are in ten thousand.
#[derive(Clone, Debug, PartialEq)]
pub struct Weather {
    /// The shortest and the longest time that a datagram takes.
    pub delay: (Duration, Duration),
    /// The nodes with a slow connection. Nodes that are fast wait for them, and overtake them.
    pub slow: Nodes,
    /// The directions that are slow. They are not so in runs with slow nodes.
    pub clogged: Links,
    /// The longest time that a datagram takes more if it comes from a slow node, goes to one, or
    /// goes in a slow direction.
    pub slow_by: Duration,
    /// How many datagrams take a much longer time.
    pub straggles: u32,
    /// The longest time that one of those takes.
    pub straggles_for: Duration,
    /// How many datagrams are lost.
    pub loss: u32,
    /// How many arrive twice.
    pub duplication: u32,
    /// How many arrive with a changed bit.
    pub corruption: u32,
    /// The nodes that crash and that are cut off. All nodes, if there is none here. So some runs
    /// have nodes that stay up, and fallbacks that stand in for a long time.
    pub frail: Nodes,
    /// The mean time until the next node crashes, if any does.
    pub crash_every: Option<Duration>,
    /// The longest time that a node is down.
    pub down_for: Duration,
    /// How many commits are cut off by a crash: before the data is on disk, or just after.
    pub torn: u32,
    /// How many batches are the last ones of their process: it crashes once it has sent all.
    pub sent_and_stopped: u32,
    /// The mean time until the network is cut, in one direction or in both, if it ever is.
    pub cut_every: Option<Duration>,
    /// Who does not hear whom then.
    pub cuts: Cuts,
    /// The longest time for which they do not.
    pub cut_for: Duration,
    /// The mean time until the next node stands still for a while, if any does.
    pub pause_every: Option<Duration>,
    /// The longest time for which it does.
    pub pause_for: Duration,
    /// How many commits take a long time.
    pub slow_commits: u32,
    /// The longest time that one of those takes.
    pub slow_for: Duration,
    /// The mean time until the next disk is full, if any ever is. Then a commit fails, and the node
    /// stops.
    pub full_every: Option<Duration>,
    /// The longest time for which it is.
    pub full_for: Duration,
    /// The most by which a node's clock runs too fast or too slow, in millionths.
    pub drift: u32,
    /// The most by which the date is wrong when a node starts.
    pub wrong_date: Duration,
    /// Are all nodes restarted once, one after another?
    pub rolls: bool,
    /// Larger datagrams do not arrive.
    pub datagram_bytes_max: Option<usize>,
}

/// The longest time that a message waits in a node for a session, and until the node serves.
const WAITS_IN_NODES: Duration = ms(1_500);
/// If a round trip takes no longer, a session begins before what waits for it is dropped.
const MEETS_WITHIN: Duration = ms(800);
/// In runs where messages do not live long: the most of each of their delays.
const SHORT_LIFE: Duration = ms(200);

impl Weather {
    /// Nothing goes wrong.
    pub const CALM: Weather = Weather {
        delay: (Duration::from_micros(100), ms(2)),
        slow: Nodes::NONE,
        clogged: Links::NONE,
        slow_by: Duration::ZERO,
        straggles: 0,
        straggles_for: Duration::ZERO,
        loss: 0,
        duplication: 0,
        corruption: 0,
        frail: Nodes::NONE,
        crash_every: None,
        down_for: Duration::ZERO,
        torn: 0,
        sent_and_stopped: 0,
        cut_every: None,
        cuts: Cuts::Pairs,
        cut_for: Duration::ZERO,
        pause_every: None,
        pause_for: Duration::ZERO,
        slow_commits: 0,
        slow_for: Duration::ZERO,
        full_every: None,
        full_for: Duration::ZERO,
        drift: 0,
        wrong_date: Duration::ZERO,
        rolls: false,
        datagram_bytes_max: None,
    };

    /// The longest time that a message takes, with the time that it waits in nodes. It may come from
    /// a slow node and go to another.
    pub(crate) fn messages_live_for(&self) -> Duration {
        let stands_still = self.pause_for + self.slow_for;
        self.straggles_for.max(self.delay.1) + 2 * self.slow_by + WAITS_IN_NODES + stands_still
    }

    /// May a message not arrive? What waits for a session is dropped if the other end stands still,
    /// or if datagrams take so long that the session begins too late.
    pub(crate) fn loses(&self) -> bool {
        let slowest = self.straggles_for.max(self.delay.1) + 2 * self.slow_by;
        let is_dropped = self.loss > 0 || self.corruption > 0 || self.datagram_bytes_max.is_some();
        let stands_still = self.pause_every.is_some() || self.slow_commits > 0;
        let is_late = 2 * slowest > MEETS_WITHIN;
        is_dropped || stands_still || is_late || self.cut_every.is_some() || self.crashes()
    }

    /// May a node crash?
    pub(crate) fn crashes(&self) -> bool {
        let amid_batches = self.torn > 0 || self.sent_and_stopped > 0;
        amid_batches || self.rolls || self.crash_every.is_some() || self.full_every.is_some()
    }

    /// Draws which faults there are at all, each with one in two, and how often they happen. So
    /// many runs have few kinds of faults, and no fault hides another in every run.
    ///
    /// Times are drawn by their order of magnitude. What a fault does depends on which of two
    /// times is the longer one: that of a datagram or of a coordinator's patience, that of a node
    /// that is down or of a handoff.
    pub(crate) fn draw(
        profile: Profile,
        nodes: u16,
        unsafe_for: Duration,
        chance: &mut Chance,
    ) -> Weather {
        let hard = match profile {
            Profile::Calm => return Weather::CALM,
            Profile::Rough => 1,
            Profile::Churn => chance.one_of(&[1, 1, 10]),
            Profile::Hostile => 10,
        };
        let coin = |chance: &mut Chance| chance.is_so(5_000);
        let rate = |chance: &mut Chance, most: usize| {
            let drawn = 1 + chance.below(most * hard) as u32;
            if coin(chance) { drawn } else { 0 }
        };
        let often = chance.one_of(&[hard.min(3) as u32, hard as u32]);
        let every = |chance: &mut Chance| {
            let drawn = magnitude(chance, unsafe_for / 60, unsafe_for) / often;
            coin(chance).then_some(drawn.max(ms(20)))
        };
        let up_to = |chance: &mut Chance, most: Duration| {
            let drawn = chance.between(ms(1), most);
            if chance.is_so(5_000) { drawn } else { Duration::ZERO }
        };
        let longest = magnitude(chance, ms(1), ms(200 * hard as u64));
        let straggles = rate(chance, 50) * chance.one_of(&[1, 1, 5]);
        let straggles_for = magnitude(chance, ms(50), ms(500 * hard as u64));
        let is_slow = coin(chance);
        let slow = Nodes::draw(nodes, chance);
        let clogged = Links::draw(chance);
        let are_links = coin(chance);
        let slow_by = magnitude(chance, ms(20), ms(3_000));
        let frail = Nodes::draw(nodes, chance);
        // A handoff that failed some times is tried again much later, and tombstones wait for it.
        let time_away = |chance: &mut Chance| {
            let drawn = magnitude(chance, ms(50), unsafe_for.max(ms(100)));
            if chance.is_so(2_500) { unsafe_for } else { drawn }
        };
        let is_quiet = match profile {
            Profile::Calm | Profile::Hostile => false,
            Profile::Rough => chance.is_so(3_000),
            // Where nothing stops, coordinators need not time out. Only then must gets see all puts
            // while members change.
            Profile::Churn => coin(chance),
        };
        let weather = Weather {
            delay: (Duration::from_micros(100), longest),
            slow: if is_slow && !are_links { slow } else { Nodes::NONE },
            clogged: if is_slow && are_links { clogged } else { Links::NONE },
            slow_by: if is_slow { slow_by } else { Duration::ZERO },
            straggles,
            straggles_for: if straggles > 0 { straggles_for } else { Duration::ZERO },
            loss: rate(chance, 300),
            duplication: rate(chance, 200),
            corruption: rate(chance, 30),
            frail: if coin(chance) { frail } else { Nodes::NONE },
            crash_every: every(chance),
            down_for: time_away(chance),
            torn: rate(chance, 20),
            sent_and_stopped: if chance.is_so(2_500) { 1 + chance.below(200) as u32 } else { 0 },
            cut_every: every(chance),
            cuts: chance.one_of(&[Cuts::Pairs, Cuts::Pairs, Cuts::Nodes, Cuts::Halves]),
            cut_for: time_away(chance),
            pause_every: every(chance),
            pause_for: up_to(chance, ms(3_000)),
            slow_commits: rate(chance, 100),
            slow_for: up_to(chance, ms(500)),
            full_every: every(chance).map(|every| 10 * every),
            full_for: chance.between(ms(100), ms(5_000)),
            drift: if coin(chance) { chance.below(50_000) as u32 } else { 0 },
            wrong_date: up_to(chance, ms(3_600_000)),
            rolls: chance.is_so(2_500),
            datagram_bytes_max: chance.is_so(2_500).then(|| 200 + chance.below(1_300)),
        };
        if is_quiet { weather.with_delays_only() } else { weather }
    }

    /// Nothing is lost and no node stops, but some messages overtake others.
    fn with_delays_only(self) -> Weather {
        let Weather { delay, slow, clogged, slow_by, straggles, straggles_for, .. } = self;
        Weather { delay, slow, clogged, slow_by, straggles, straggles_for, ..Weather::CALM }
    }

    /// No message lives long, so tombstones are reaped soon. Nodes are down, and cut off from one
    /// another, for as long as ever.
    pub(crate) fn with_short_lives(self) -> Weather {
        let most = SHORT_LIFE;
        Weather {
            delay: (self.delay.0.min(most), self.delay.1.min(most)),
            slow_by: self.slow_by.min(most),
            straggles_for: self.straggles_for.min(most),
            pause_for: self.pause_for.min(most),
            slow_for: self.slow_for.min(most),
            ..self
        }
    }
}

/// A time between the two, whose order of magnitude is drawn first.
pub(super) fn magnitude(chance: &mut Chance, least: Duration, most: Duration) -> Duration {
    let mut bounds = vec![least];
    while let Some(last) = bounds.last().copied()
        && last < most
    {
        bounds.push((last * 3).max(Duration::from_micros(1)).min(most));
    }
    let index = chance.below(bounds.len() - 1 + usize::from(bounds.len() == 1));
    let upper = bounds.get(index + 1).copied().unwrap_or(most);
    chance.between(bounds[index].min(upper), upper)
}
