//! What goes wrong in a run, and how often.

use crate::drawn::Chance;
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
    /// As in rough runs, and nodes join, leave and are removed.
    Churn,
}

/// What the network, the disks and the machines of a run do. Probabilities are in ten thousand.
#[derive(Clone, Debug, PartialEq)]
pub struct Weather {
    /// The shortest and the longest time that a datagram takes.
    pub delay: (Duration, Duration),
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
    /// The mean time until the next node crashes, if any does.
    pub crash_every: Option<Duration>,
    /// The longest time that a node is down.
    pub down_for: Duration,
    /// How many commits are cut off by a crash: before the data is on disk, or just after.
    pub torn: u32,
    /// The mean time until the next pair of nodes no longer hears one another, in one direction or
    /// in both, if any does.
    pub cut_every: Option<Duration>,
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

impl Weather {
    /// Nothing goes wrong.
    pub const CALM: Weather = Weather {
        delay: (Duration::from_micros(100), ms(2)),
        straggles: 0,
        straggles_for: Duration::ZERO,
        loss: 0,
        duplication: 0,
        corruption: 0,
        crash_every: None,
        down_for: Duration::ZERO,
        torn: 0,
        cut_every: None,
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

    /// The longest time that a message takes, with the time that it waits in nodes.
    pub(crate) fn messages_live_for(&self) -> Duration {
        let stands_still = self.pause_for + self.slow_for;
        self.straggles_for.max(self.delay.1) + WAITS_IN_NODES + stands_still
    }

    /// Draws which faults there are at all, each with one in two, and how often they happen. So
    /// many runs have few kinds of faults, and no fault hides another in every run.
    pub(crate) fn draw(profile: Profile, chance: &mut Chance) -> Weather {
        let hard = match profile {
            Profile::Calm => return Weather::CALM,
            Profile::Rough | Profile::Churn => 1,
            Profile::Hostile => 10,
        };
        let coin = |chance: &mut Chance| chance.is_so(5_000);
        let rate = |chance: &mut Chance, most: usize| {
            let drawn = 1 + chance.below(most * hard) as u32;
            if chance.is_so(5_000) { drawn } else { 0 }
        };
        let every = |chance: &mut Chance| {
            let drawn = chance.between(ms(300), ms(30_000) / hard as u32);
            chance.is_so(5_000).then_some(drawn)
        };
        let up_to = |chance: &mut Chance, most: Duration| {
            let drawn = chance.between(ms(1), most);
            if chance.is_so(5_000) { drawn } else { Duration::ZERO }
        };
        let longest = if coin(chance) { ms(5) } else { ms(20 * hard as u64) };
        Weather {
            delay: (Duration::from_micros(100), longest),
            straggles: rate(chance, 50),
            straggles_for: chance.between(ms(50), ms(500 * hard as u64)),
            loss: rate(chance, 300),
            duplication: rate(chance, 200),
            corruption: rate(chance, 30),
            crash_every: every(chance),
            down_for: chance.between(ms(50), ms(8_000)),
            torn: rate(chance, 20),
            cut_every: every(chance),
            cut_for: chance.between(ms(100), ms(8_000)),
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
        }
    }
}
