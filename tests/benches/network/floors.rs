//! What the machine can do at best, at the time of the run: other figures mean little without.

use crate::load::latencies;
use anyhow::{Result, ensure};
use hdrhistogram::Histogram;
use std::fs::OpenOptions;
use std::io::Write;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long a record is that is synced, in bytes.
const RECORD_BYTES: usize = 200;
/// How many records share a sync.
pub(crate) const GROUP: usize = 64;

/// A thread that sends back what it receives. It ends with the process.
#[derive(Debug)]
pub(crate) struct Echo {
    address: SocketAddr,
    /// Every round trip so far, in nanoseconds.
    pub(crate) round_trips: Histogram<u64>,
}

impl Echo {
    /// Starts the thread.
    pub(crate) fn start() -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let _ = socket.send_to(&buffer[..length], from);
            }
        });
        Ok(Echo { address, round_trips: latencies() })
    }

    /// Measures round trips for that long: two threads, two sockets, blocking calls.
    pub(crate) fn measure(&mut self, time: Duration) -> Result<()> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_secs(1)))?;
        let mut buffer = [0; 2048];
        let begun = Instant::now();
        while begun.elapsed() < time {
            let sent = Instant::now();
            socket.send_to(&[7; RECORD_BYTES], self.address)?;
            ensure!(socket.recv(&mut buffer)? == RECORD_BYTES, "the echo came back whole");
            self.round_trips.record(u64::try_from(sent.elapsed().as_nanos())?)?;
        }
        Ok(())
    }
}

/// How long it takes to append so many records to a file in that directory and to sync once: the median, in nanoseconds.
pub(crate) fn sync(directory: &Path, records: usize, time: Duration) -> Result<u64> {
    let mut file = OpenOptions::new().create(true).append(true).open(directory.join("floor"))?;
    let mut times = latencies();
    let begun = Instant::now();
    while begun.elapsed() < time {
        let start = Instant::now();
        for _ in 0..records {
            file.write_all(&[7; RECORD_BYTES])?;
        }
        file.sync_data()?;
        times.record(u64::try_from(start.elapsed().as_nanos())?)?;
    }
    Ok(times.value_at_quantile(0.5))
}
