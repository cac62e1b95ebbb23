//! Well-behaved clients: each makes one request at a time through the client library, and obeys
//! refusals.

use anyhow::{Context as _, Result};
use dynamo::client::Client;
use dynamo::stamp::StampedContext;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The length of each value, in bytes.
const VALUE_BYTES: usize = 200;
/// How many keys each client has.
const KEYS: usize = 2;
/// How often a client tries the first put of a key.
const TRIES: usize = 20;
/// The stack of a client's thread. There may be thousands of them.
const STACK_BYTES: usize = 256 * 1024;

/// How the requests of clients or of a flood ended so far.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Puts acknowledged and gets answered.
    pub(crate) good: AtomicU64,
    /// Requests that failed, or were not answered in time.
    pub(crate) failed: AtomicU64,
}

/// What clients do in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Wait,
    Ask,
    /// They finish their requests and pause: ending thousands of threads at once takes the machine
    /// a while.
    Rest,
    End,
}

/// The phase, and the clients that wait for the next.
#[derive(Debug)]
struct Signal {
    phase: Mutex<Phase>,
    changed: Condvar,
    /// Is the phase `Ask`? Checked between requests.
    is_asking: AtomicBool,
    /// How many clients are ready.
    ready: AtomicUsize,
}

/// Clients, each with its own thread.
#[derive(Debug)]
pub(crate) struct Clients {
    signal: Arc<Signal>,
    threads: Vec<JoinHandle<Result<()>>>,
}

impl Clients {
    /// This many clients, ready to start: half put, half get, and each has its own keys.
    pub(crate) fn new(
        name: &str,
        count: usize,
        nodes: &[SocketAddr],
        told: &Arc<Told>,
    ) -> Result<Self> {
        let (phase, changed, is_asking) =
            (Mutex::new(Phase::Wait), Condvar::new(), AtomicBool::new(false));
        let signal = Arc::new(Signal { phase, changed, is_asking, ready: AtomicUsize::new(0) });
        let start = |index: usize| {
            let (client, prefix) =
                (Client::connect(nodes[index % nodes.len()])?, format!("{name}-{index}"));
            let (signal, told) = (Arc::clone(&signal), Arc::clone(told));
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            Ok(builder.spawn(move || {
                let mut contexts = prepare(&client, &prefix)?;
                signal.ready.fetch_add(1, Ordering::Relaxed);
                signal.wait_for(Phase::Ask);
                ask(&client, &prefix, &mut contexts, &signal.is_asking, &told);
                signal.wait_for(Phase::End);
                Ok(())
            })?)
        };
        let threads: Vec<_> = (0..count).map(start).collect::<Result<_>>()?;
        while signal.ready.load(Ordering::Relaxed) < count
            && threads.iter().all(|thread| !thread.is_finished())
        {
            thread::sleep(Duration::from_millis(10));
        }
        Ok(Clients { signal, threads })
    }

    /// Starts the requests.
    pub(crate) fn go(&self) {
        self.signal.set(Phase::Ask);
    }

    /// Pauses the requests. Clients still wait for answers to requests in flight.
    pub(crate) fn rest(&self) {
        self.signal.set(Phase::Rest);
    }

    /// Ends them.
    pub(crate) fn end(self) -> Result<()> {
        self.signal.set(Phase::End);
        self.threads.into_iter().try_for_each(|client| client.join().expect("clients do not panic"))
    }
}

impl Signal {
    fn set(&self, phase: Phase) {
        *self.phase.lock().expect("nobody panics") = phase;
        self.is_asking.store(phase == Phase::Ask, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Waits for this phase, or for the end.
    fn wait_for(&self, phase: Phase) {
        let now = self.phase.lock().expect("nobody panics");
        drop(self.changed.wait_while(now, |now| *now != phase && *now != Phase::End));
    }
}

/// Puts each key once, despite refusals: the first put of a key costs more than later ones.
fn prepare(client: &Client, prefix: &str) -> Result<Vec<StampedContext>> {
    let put = |index: usize| {
        let put =
            || client.put(&format!("{prefix}-{index}"), &[7; VALUE_BYTES], &StampedContext::new());
        (0..TRIES).find_map(|_| put().ok()).context("a key was not put once")
    };
    (0..KEYS).map(put).collect()
}

fn ask(
    client: &Client,
    prefix: &str,
    contexts: &mut [StampedContext],
    is_asking: &AtomicBool,
    told: &Told,
) {
    for turn in 0_usize.. {
        if !is_asking.load(Ordering::Relaxed) {
            break;
        }
        let index = turn / 2 % contexts.len();
        let key = format!("{prefix}-{index}");
        let answer = if turn.is_multiple_of(2) {
            client
                .put(&key, &[7; VALUE_BYTES], &contexts[index])
                .map(|context| contexts[index] = context)
        } else {
            client.get(&key).map(drop)
        };
        let counter = if answer.is_ok() { &told.good } else { &told.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
