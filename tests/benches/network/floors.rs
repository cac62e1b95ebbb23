//! The machine's limits at the time of the run. Other figures mean little without them.

use anyhow::{Result, ensure};
use hdrhistogram::Histogram;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::UdpSocket;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The length of a record that is synced, in bytes.
const RECORD_BYTES: usize = 200;
/// How many records share a sync.
pub(crate) const GROUP: usize = 64;

/// How the two ends of a round trip wait for the next datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// They sleep until it arrives.
    Asleep,
    /// They poll.
    Awake,
}

/// Round trips of a datagram between two threads. Adds the time of each, in nanoseconds.
pub(crate) fn round_trips(wait: Wait, time: Duration, times: &mut Histogram<u64>) -> Result<()> {
    let (here, there) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    here.connect(there.local_addr()?)?;
    there.connect(here.local_addr()?)?;
    for socket in [&here, &there] {
        socket.set_read_timeout(Some(Duration::from_secs(1)))?;
        socket.set_nonblocking(wait == Wait::Awake)?;
    }
    thread::scope(|scope| {
        scope.spawn(move || {
            // An empty datagram ends the loop.
            while let Some(length @ 1..) = receive(&there) {
                let _ = there.send(&[7; RECORD_BYTES][..length]);
            }
        });
        let begun = Instant::now();
        while begun.elapsed() < time {
            let sent = Instant::now();
            here.send(&[7; RECORD_BYTES])?;
            ensure!(receive(&here) == Some(RECORD_BYTES), "the datagram came back whole");
            times.record(u64::try_from(sent.elapsed().as_nanos())?)?;
        }
        here.send(&[])?;
        Ok(())
    })
}

/// Waits for a datagram. Returns its length.
fn receive(socket: &UdpSocket) -> Option<usize> {
    let mut buffer = [0; 2 * RECORD_BYTES];
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        match socket.recv(&mut buffer) {
            Ok(length) => return Some(length),
            Err(_) => thread::yield_now(),
        }
    }
    None
}

/// Appends this many records to a file in that directory and syncs once, repeatedly. Adds the time
/// of each round, in nanoseconds.
pub(crate) fn syncs(
    records: usize,
    directory: &Path,
    time: Duration,
    times: &mut Histogram<u64>,
) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(directory.join("floor"))?;
    let begun = Instant::now();
    while begun.elapsed() < time {
        let start = Instant::now();
        for _ in 0..records {
            file.write_all(&[7; RECORD_BYTES])?;
        }
        file.sync_data()?;
        times.record(u64::try_from(start.elapsed().as_nanos())?)?;
    }
    Ok(())
}
