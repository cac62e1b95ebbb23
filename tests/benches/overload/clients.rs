//! Honest clients: each asks one thing at a time, through the client library, and heeds what it is told.

use anyhow::Result;
use dynamo::client::Client;
use dynamo_model::version::Context;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long each value is, in bytes.
const VALUE_BYTES: usize = 200;
/// What a client's thread needs. There may be thousands of them.
const STACK_BYTES: usize = 256 * 1024;

/// What clients, or a flood, were told so far.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Puts acknowledged and gets answered.
    pub(crate) good: AtomicU64,
    /// Requests that failed, or were not answered in time.
    pub(crate) failed: AtomicU64,
}

/// Clients that ask until they are stopped.
#[derive(Debug)]
pub(crate) struct Clients {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<()>>>,
}

impl Clients {
    /// Lets so many clients ask, half puts, half gets, each with keys of its own.
    pub(crate) fn start(name: &str, count: usize, nodes: &[SocketAddr], told: &Arc<Told>) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let start = |index: usize| {
            let (node, prefix) = (nodes[index % nodes.len()], format!("{name}-{index}"));
            let (stop, told) = (Arc::clone(&stop), Arc::clone(told));
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            builder.spawn(move || ask(node, &prefix, &stop, &told))
        };
        let threads = (0..count).map(start).collect::<Result<_, _>>()?;
        Ok(Clients { stop, threads })
    }

    /// Tells them to stop. What they have asked already they still wait for.
    pub(crate) fn signal(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Stops them.
    pub(crate) fn stop(self) -> Result<()> {
        self.signal();
        self.threads.into_iter().try_for_each(|client| client.join().expect("clients do not panic"))
    }
}

fn ask(node: SocketAddr, prefix: &str, stop: &AtomicBool, told: &Told) -> Result<()> {
    let client = Client::connect(node)?.with_timeout(Duration::from_secs(5));
    let mut contexts = vec![Context::new(); 4];
    for turn in 0_usize.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let index = turn / 2 % contexts.len();
        let key = format!("{prefix}-{index}");
        let answer = if turn.is_multiple_of(2) {
            client.put(&key, &[7; VALUE_BYTES], &contexts[index]).map(|context| contexts[index] = context)
        } else {
            client.get(&key).map(drop)
        };
        let counter = if answer.is_ok() { &told.good } else { &told.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
