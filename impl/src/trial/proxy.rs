//! A bad network between nodes on loopback: each datagram may be lost, duplicated, or delayed, so
//! that others overtake it.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::collections::BinaryHeap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Probabilities in percent.
#[derive(Clone, Copy, Debug)]
pub struct Badness {
    /// How many datagrams are lost.
    pub lost: u32,
    /// How many datagrams are duplicated.
    pub doubled: u32,
    /// The longest delay in milliseconds. Each datagram has its own.
    pub late_ms: u64,
}

/// A delayed datagram. The latest sorts last.
#[derive(PartialEq, Eq)]
struct Late {
    due: Instant,
    from: usize,
    to: usize,
    datagram: Vec<u8>,
}

impl Ord for Late {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.due, &other.datagram).cmp(&(self.due, &self.datagram))
    }
}

impl PartialOrd for Late {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A socket for every ordered pair of nodes. What the first node sends there reaches the second, as
/// if it came from the second node's socket for the first.
pub struct Proxy {
    /// By sender and receiver.
    addresses: Vec<Vec<SocketAddr>>,
    good: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    /// No datagram passes between two of these sides, nor to or from a node that is in none.
    sides: Arc<Mutex<Vec<Vec<usize>>>>,
    /// How many datagrams were lost and duplicated.
    pub harm: Arc<(AtomicU64, AtomicU64)>,
    threads: Vec<JoinHandle<()>>,
}

impl Proxy {
    /// A network between these nodes.
    ///
    /// # Errors
    /// If no sockets are free.
    pub fn start(nodes: &[SocketAddr], badness: Badness, seed: u64) -> io::Result<Self> {
        let count = nodes.len();
        let sockets: Vec<Vec<Arc<UdpSocket>>> =
            (0..count).map(|_| (0..count).map(|_| socket()).collect()).collect::<Result<_, _>>()?;
        let addresses =
            sockets.iter().map(|row| row.iter().map(|socket| socket.local_addr()).collect());
        let addresses: Vec<Vec<SocketAddr>> = addresses.collect::<Result<_, _>>()?;
        let (good, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let harm = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let queue: Arc<Mutex<BinaryHeap<Late>>> = Arc::default();
        let sides = Arc::default();
        let mut proxy = Proxy { addresses, good, stop, sides, harm, threads: Vec::new() };
        let pairs = (0..count)
            .flat_map(|from| (0..count).map(move |to| (from, to)))
            .filter(|(from, to)| from != to);
        for (from, to) in pairs {
            let (socket, queue) = (Arc::clone(&sockets[from][to]), Arc::clone(&queue));
            let (good, stop, harm) =
                (Arc::clone(&proxy.good), Arc::clone(&proxy.stop), Arc::clone(&proxy.harm));
            let sides = Arc::clone(&proxy.sides);
            let mut random = SmallRng::seed_from_u64(seed ^ (from * count + to) as u64);
            proxy.threads.push(thread::spawn(move || {
                let mut buffer = vec![0; 65_536];
                while !stop.load(Ordering::Relaxed) {
                    let Ok((length, _)) = socket.recv_from(&mut buffer) else { continue };
                    let mut copies = 1;
                    let side = |node| locked(&sides).iter().position(|it| it.contains(&node));
                    if side(from) != side(to) {
                        continue;
                    }
                    if !good.load(Ordering::Relaxed) {
                        if random.random_ratio(badness.lost, 100) {
                            harm.0.fetch_add(1, Ordering::Relaxed);
                            copies = 0;
                        } else if random.random_ratio(badness.doubled, 100) {
                            harm.1.fetch_add(1, Ordering::Relaxed);
                            copies = 2;
                        }
                    }
                    for _ in 0..copies {
                        let late = Duration::from_millis(random.random_range(0..=badness.late_ms));
                        let late = Late {
                            due: Instant::now() + late,
                            from,
                            to,
                            datagram: buffer[..length].to_vec(),
                        };
                        locked(&queue).push(late);
                    }
                }
            }));
        }
        let (nodes, stop) = (nodes.to_vec(), Arc::clone(&proxy.stop));
        proxy.threads.push(thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let mut waiting = locked(&queue);
                while let Some(late) = waiting.pop() {
                    if late.due > Instant::now() {
                        waiting.push(late);
                        break;
                    }
                    let _ = sockets[late.to][late.from].send_to(&late.datagram, nodes[late.to]);
                }
                drop(waiting);
                thread::sleep(Duration::from_millis(1));
            }
        }));
        Ok(proxy)
    }

    /// The addresses at which a node reaches the others; for itself, its own address.
    pub fn detour(&self, node: usize, own: SocketAddr) -> Vec<SocketAddr> {
        let mut addresses = self.addresses[node].clone();
        addresses[node] = own;
        addresses
    }

    /// Sets the sides of a partition. With no sides, there is no partition.
    pub fn partition(&self, sides: Vec<Vec<usize>>) {
        *locked(&self.sides) = sides;
    }

    /// From now on, nothing is lost or duplicated.
    pub fn mend(&self) {
        self.good.store(true, Ordering::Relaxed);
    }
}

/// A socket on which a thread waits for a moment, and then looks whether it should stop.
fn socket() -> io::Result<Arc<UdpSocket>> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_millis(50)))?;
    Ok(Arc::new(socket))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a thread that panicked has left behind is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
