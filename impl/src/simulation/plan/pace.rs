//! How fast clients and nodes go on, and what nodes do at all.
//!
//! Two things go wrong together only if they happen at one time. A request takes milliseconds, so
//! in half a minute two requests never meet. So the time in which clients begin, the pauses of
//! clients and the intervals of nodes are drawn by their order of magnitude, each by itself.

use crate::drawn::Chance;
use crate::simulation::weather::{Profile, Weather, magnitude};
use dynamo_model::config::{AntiEntropy, Config, Handoff, Patience};
use std::time::Duration;

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// How long a client waits before it asks again.
const CLIENT_WAITS: Duration = Duration::from_secs(1);
/// In a run that is longer, changes of members spread over the run, and nodes gossip and compare as
/// seldom as those of large clusters do.
const LONG: Duration = Duration::from_mins(30);
/// How often a client asks again. One that does not may wait for ever.
const CLIENT_RETRIES: [u8; 4] = [0, 1, 1, 3];

/// How fast clients and nodes go on, and what nodes do at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// The virtual time in which clients begin.
    pub begins_within: Duration,
    /// The longest pause of a client between an answer and its next request.
    pub thinks_for: Duration,
    /// The longest pause of an administrator. In long runs it is so long that the changes of members
    /// spread over the run.
    pub administers_every: Duration,
    /// How often a client asks again.
    pub client_retries: u8,
    /// How long a coordinator waits. `None`: for ever.
    pub patience: Option<Patience>,
    /// The pause before a handoff.
    pub handoff_after: Duration,
    /// The interval between two gossips of a node. `None`: no node gossips.
    pub gossip_every: Option<Duration>,
    /// The interval between two exchanges of a node. `None`: replicas do not compare.
    pub exchange_every: Option<Duration>,
    /// The age at which tombstones may be reaped.
    pub reap_after: Duration,
}

impl Pace {
    pub(super) fn draw(
        profile: Profile,
        weather: &Weather,
        unsafe_for: Duration,
        chance: &mut Chance,
    ) -> Pace {
        let client_retries = chance.one_of(&CLIENT_RETRIES);
        // Where nothing is lost, every coordinator hears from all that it asks.
        let waits = chance.is_so(5_000) || weather.loses();
        // A coordinator that asks nobody twice soon asks fallbacks.
        let patience = Patience {
            answer_within: ms(chance.one_of(&[10, 40, 40, 200])),
            retransmissions: chance.one_of(&[0, 1, Patience::LOCAL.retransmissions]),
        };
        let thinks_for = magnitude(chance, ms(10), unsafe_for / 2);
        // No request and no datagram is to be older than half of the delay before reaping.
        let asked_for = weather.messages_live_for() + u32::from(client_retries) * CLIENT_WAITS;
        // In some runs, a coordinator may still wait while another node reaps.
        let is_slow_to_give_up = chance.is_so(1_000);
        let patience = if is_slow_to_give_up {
            let answer_within = asked_for * chance.one_of(&[2, 4, 8]);
            Patience { answer_within, retransmissions: 0 }
        } else {
            patience
        };
        let attempts = if is_slow_to_give_up { 0 } else { patience.retransmissions + 1 };
        let oldest = asked_for + u32::from(attempts) * patience.answer_within;
        let gossips = profile == Profile::Churn || chance.is_so(7_500);
        let compares = chance.is_so(5_000);
        let thinks_for = if chance.is_so(5_000) { thinks_for } else { Duration::ZERO };
        let is_long = unsafe_for > LONG;
        let (gossip, exchange) = if is_long {
            ((ms(5_000), ms(30_000)), (ms(5_000), ms(60_000)))
        } else {
            ((ms(200), ms(10_000)), (ms(200), ms(10_000)))
        };
        Pace {
            administers_every: if is_long { unsafe_for / 15 } else { thinks_for },
            begins_within: magnitude(chance, ms(10), unsafe_for),
            thinks_for,
            client_retries,
            patience: waits.then_some(patience),
            handoff_after: magnitude(chance, ms(10), Handoff::LOCAL.first_after),
            gossip_every: gossips.then_some(magnitude(chance, gossip.0, gossip.1)),
            exchange_every: compares.then_some(magnitude(chance, exchange.0, exchange.1)),
            reap_after: oldest * if chance.is_so(7_500) { 9 } else { 40 } / 4,
        }
    }

    /// A configuration of a scope with this pace.
    pub(super) fn of(&self, config: Config) -> Config {
        let mut config = config
            .with_handoff(Handoff { window: 1, first_after: self.handoff_after, ..Handoff::LOCAL })
            .with_reaping_after(self.reap_after);
        if let Some(patience) = self.patience {
            config = config.with_patience(patience);
        }
        if let Some(every) = self.gossip_every {
            config = config.with_gossip_every(every);
        }
        if let (Some(every), Some(exchange)) = (self.exchange_every, config.anti_entropy()) {
            let again_after = AntiEntropy::LOCAL.again_after;
            config = config.with_anti_entropy(AntiEntropy { every, again_after, ..exchange });
        }
        config
    }
}
