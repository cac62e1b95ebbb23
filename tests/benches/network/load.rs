//! Clients that send the next request as soon as the last is answered, and compare every answer
//! with what they know.

use anyhow::{Result, ensure};
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use dynamo_model::siblings::Version;
use hdrhistogram::Histogram;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// The length of each value, in bytes.
pub(crate) const VALUE_BYTES: usize = 200;
/// How many clients prepare and verify the keys.
const HELPERS: usize = 16;
/// Consecutive requests almost never go to neighbouring keys. A prime, so that every key gets its
/// turn.
const STRIDE: usize = 7919;

/// A session with one node.
pub(crate) trait Session: Sized {
    /// Connects to the node at this address.
    fn connect(node: SocketAddr) -> Result<Self>;
    /// Puts a value. Returns the context for the next put.
    fn put(&self, key: &str, value: &[u8], context: &StampedContext) -> Result<StampedContext>;
    /// Gets all siblings.
    fn get(&self, key: &str) -> Result<Vec<Version>>;
}

impl Session for Client {
    fn connect(node: SocketAddr) -> Result<Self> {
        Ok(Client::connect(node)?)
    }

    fn put(&self, key: &str, value: &[u8], context: &StampedContext) -> Result<StampedContext> {
        Ok(Client::put(self, key, value, context)?)
    }

    fn get(&self, key: &str) -> Result<Vec<Version>> {
        Ok(Client::get(self, key)?.siblings)
    }
}

/// A key, and what its only writer knows of it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    key: String,
    context: StampedContext,
    /// The number in the value of the latest put that was tried, and of the latest acknowledged.
    tried: u64,
    acknowledged: u64,
}

/// The result of a load.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Requests that were answered successfully.
    pub(crate) done: u64,
    /// Requests that failed or were not answered.
    pub(crate) failed: u64,
    /// Wall-clock time.
    pub(crate) seconds: f64,
    /// Of each successful request, in nanoseconds.
    pub(crate) latencies: Histogram<u64>,
}

/// What the clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Put over what was read.
    Put,
    /// Get.
    Get,
}

/// This many keys, never put.
pub(crate) fn slots(keys: usize) -> Vec<Slot> {
    let slot = |index| Slot {
        key: format!("key-{index:05}"),
        context: StampedContext::new(),
        tried: 0,
        acknowledged: 0,
    };
    (0..keys).map(slot).collect()
}

/// An empty histogram of latencies up to a minute, with three digits.
pub(crate) fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are in order")
}

impl Slot {
    /// The key's name.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    fn put(&mut self, client: &impl Session) -> Result<()> {
        self.tried += 1;
        let mut value = [7; VALUE_BYTES];
        value[..8].copy_from_slice(&self.tried.to_le_bytes());
        self.context = client.put(&self.key, &value, &self.context)?;
        self.acknowledged = self.tried;
        Ok(())
    }

    fn get(&self, client: &impl Session) -> Result<()> {
        let found = client.get(&self.key)?;
        assert!(
            self.is_there(&found),
            "{}: put {} was acknowledged, found is {found:?}",
            self.key,
            self.acknowledged
        );
        Ok(())
    }

    /// Is the latest acknowledged put there, or a later one?
    fn is_there(&self, found: &[Version]) -> bool {
        let number = |value: &[u8]| Some(u64::from_le_bytes(*value.first_chunk()?));
        let mut numbers = found.iter().filter_map(|version| number(version.content.bytes()));
        self.acknowledged == 0
            || numbers.any(|number| (self.acknowledged..=self.tried).contains(&number))
    }
}

/// Puts every key once.
pub(crate) fn prepare<S: Session>(nodes: &[SocketAddr], slots: &mut [Slot]) -> Result<()> {
    each::<S>(nodes, slots, Slot::put)
}

/// Gets every key once. Acknowledged puts must be there.
pub(crate) fn verify<S: Session>(nodes: &[SocketAddr], slots: &mut [Slot]) -> Result<()> {
    each::<S>(nodes, slots, |slot, client| slot.get(client))
}

fn each<S: Session>(
    nodes: &[SocketAddr],
    slots: &mut [Slot],
    act: impl Fn(&mut Slot, &S) -> Result<()> + Sync,
) -> Result<()> {
    let act = &act;
    thread::scope(|scope| {
        let shares = slots.chunks_mut(slots.len().div_ceil(HELPERS)).zip(nodes.iter().cycle());
        let helpers: Vec<_> = shares
            .map(|(share, node)| {
                scope.spawn(move || {
                    let client = S::connect(*node)?;
                    share.iter_mut().try_for_each(|slot| act(slot, &client))
                })
            })
            .collect();
        helpers
            .into_iter()
            .try_for_each(|helper| helper.join().expect("the helper's assertions hold"))
    })
}

/// Lets this many clients send requests for this time. Each has its own keys and one node.
pub(crate) fn run<S: Session>(
    kind: Kind,
    nodes: &[SocketAddr],
    slots: &mut [Slot],
    clients: usize,
    time: Duration,
) -> Result<Outcome> {
    ensure!(slots.len() >= clients, "{clients} clients need as many keys");
    let begun = Instant::now();
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let shares =
            slots.chunks_mut(slots.len() / clients).take(clients).zip(nodes.iter().cycle());
        let running: Vec<_> = shares
            .map(|(share, node)| {
                scope.spawn(move || one_client::<S>(kind, *node, share, begun, time))
            })
            .collect();
        running
            .into_iter()
            .map(|client| client.join().expect("the client's assertions hold"))
            .collect::<Result<_>>()
    })?;
    let mut total = Outcome {
        done: 0,
        failed: 0,
        seconds: begun.elapsed().as_secs_f64(),
        latencies: latencies(),
    };
    for outcome in outcomes {
        total.done += outcome.done;
        total.failed += outcome.failed;
        total.latencies.add(outcome.latencies)?;
    }
    ensure!(total.latencies.len() == total.done, "not every request was counted");
    Ok(total)
}

fn one_client<S: Session>(
    kind: Kind,
    node: SocketAddr,
    share: &mut [Slot],
    begun: Instant,
    time: Duration,
) -> Result<Outcome> {
    let client = S::connect(node)?;
    let mut outcome = Outcome { done: 0, failed: 0, seconds: 0.0, latencies: latencies() };
    let mut next = 0;
    while begun.elapsed() < time {
        next = (next + STRIDE) % share.len();
        let slot = &mut share[next];
        let asked = Instant::now();
        let answer = match kind {
            Kind::Put => slot.put(&client),
            Kind::Get => slot.get(&client),
        };
        if let Err(error) = answer {
            eprintln!("{kind:?} failed: {error}");
            outcome.failed += 1;
            continue;
        }
        outcome.done += 1;
        outcome.latencies.record(u64::try_from(asked.elapsed().as_nanos())?)?;
    }
    Ok(outcome)
}
