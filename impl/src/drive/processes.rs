//! Processes of this machine that a driver leads along a trace. Each node is a process of the
//! program `dynamo-driven-node`, with a UDP socket and a data directory of its own.
//!
//! Loopback keeps what was sent: once a process has sent a datagram, it is in the receiver's
//! buffer. So the driver need not guess how long to wait.

use super::endpoint::{Place, Protection};
use super::machines::{Machines, Sent, Trouble};
use super::post::Parcel;
use super::scene::Scene;
use super::sight::Look;
use crate::address::client_id;
use crate::admission::REPEATED_AFTER;
use crate::runtime::led::{Ask, Reply, Seat};
use crate::secret::NodeSecret;
use crate::server::Order;
use crate::sessions::Cipher;
use crate::store::Store;
use crate::trial::addresses::{Claim, claim};
use dynamo_model::ids::NodeId;
use dynamo_model::node::Durable;
use stateright::actor::Id;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a process may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the driver waits for what a process has sent already.
const ARRIVES_WITHIN: Duration = Duration::from_secs(1);

/// The processes of a trace's nodes, on loopback addresses. Dropping them kills them.
pub struct Processes {
    program: PathBuf,
    folder: PathBuf,
    claims: Vec<Claim>,
    sockets: BTreeMap<Place, UdpSocket>,
    running: Vec<Option<Running>>,
    /// The incarnation of each node's next new disk.
    next_incarnations: Vec<u64>,
    /// When a client's datagram last went to a node.
    last_asked: Option<Instant>,
}

/// One process.
struct Running {
    process: Child,
    asks: ChildStdin,
    replies: Receiver<Reply>,
    /// What it looks like. `None`: it is starting, or begins on a new disk.
    look: Option<Look>,
    /// How many datagrams it has told of that the driver has not received yet. Negative while the
    /// process starts: then it tells of them later.
    outstanding: i64,
}

fn refused(what: &'static str) -> impl FnOnce(io::Error) -> Trouble {
    move |source| Trouble::System { what, source }
}

impl Processes {
    /// Addresses and sockets for the nodes and clients of this scene, whose trace is this text. The
    /// program runs the nodes. Their data and logs go to the folder, which is empty.
    ///
    /// # Errors
    /// If there are no free addresses, or the folder cannot be written.
    pub fn prepare(
        scene: &Scene,
        trace: &str,
        program: &Path,
        folder: &Path,
    ) -> Result<Self, Trouble> {
        let ids = 0..scene.nodes.len() as u16;
        let links = ids.clone().flat_map(|one| ids.clone().map(move |other| (one, other)));
        let link = |(one, other)| Place::Node { stands_for: NodeId(one), towards: NodeId(other) };
        let places = links.filter(|(one, other)| one != other).map(link);
        let places = places.chain(scene.clients.iter().copied().map(Place::Client));
        let bind = |place| {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            Ok((place, socket))
        };
        let sockets = places.map(bind).collect::<io::Result<_>>();
        fs::write(folder.join("trace.json"), trace).map_err(refused("write the trace"))?;
        Ok(Processes {
            program: program.to_owned(),
            folder: folder.to_owned(),
            claims: claim(scene.nodes.len()).map_err(refused("find free addresses"))?,
            sockets: sockets.map_err(refused("open a socket"))?,
            running: scene.nodes.iter().map(|_| None).collect(),
            next_incarnations: vec![0; scene.nodes.len()],
            last_asked: None,
        })
    }

    fn address(&self, node: NodeId) -> SocketAddr {
        self.claims[usize::from(node.0)].address
    }

    fn data(&self, node: NodeId) -> PathBuf {
        self.folder.join(node.to_string())
    }

    fn copy(&self, node: NodeId) -> PathBuf {
        self.folder.join(format!("{node}-copy"))
    }

    fn log(&self, node: NodeId) -> PathBuf {
        self.folder.join(format!("{node}.log"))
    }

    /// Where the process of a node is, and whom it meets.
    fn seat(&self, id: NodeId) -> io::Result<Seat> {
        let (mut others, mut clients) = (Vec::new(), Vec::new());
        for (place, socket) in &self.sockets {
            let address = socket.local_addr()?;
            match place {
                Place::Node { stands_for, towards } if *towards == id => {
                    others.push((*stands_for, address));
                }
                Place::Node { .. } => {}
                Place::Client(client) => clients
                    .push((usize::from(client_id(address)) as u64, usize::from(*client) as u64)),
            }
        }
        let next_incarnation = self.next_incarnations[usize::from(id.0)];
        let (listen, data) = (self.address(id), self.data(id));
        Ok(Seat { id, listen, data, others, clients, next_incarnation })
    }

    fn spawn(&self, node: NodeId) -> io::Result<Running> {
        let seat = serde_json::to_string(&self.seat(node)?)?;
        let log = File::options().create(true).append(true).open(self.log(node))?;
        let mut process = Command::new(&self.program)
            .arg(self.folder.join("trace.json"))
            .arg(seat)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let (Some(asks), Some(stdout)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(io::Error::other("the process has no standard input or output"));
        };
        let (sender, replies) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let Ok(reply) = serde_json::from_str(&line) else { return };
                if sender.send(reply).is_err() {
                    return;
                }
            }
        });
        Ok(Running { process, asks, replies, look: None, outstanding: 0 })
    }

    fn ended(&self, node: NodeId) -> Trouble {
        let log = fs::read_to_string(self.log(node)).unwrap_or_default();
        let last = log.trim().lines().last().unwrap_or("it said nothing");
        Trouble::Process { node, what: format!("has ended or is stuck: {last}") }
    }

    /// Asks a process to do something, and waits until it has. `None`: there is no process, or it
    /// is starting. A process that is starting takes datagrams by itself.
    fn ask(&mut self, node: NodeId, ask: &Ask) -> Result<Option<bool>, Trouble> {
        let running = self.running[usize::from(node.0)].as_mut();
        let Some(running) = running.filter(|running| running.look.is_some()) else {
            return Ok(None);
        };
        let line = serde_json::to_string(ask).expect("an ask can be written as JSON");
        if writeln!(running.asks, "{line}").is_err() {
            return Err(self.ended(node));
        }
        match running.replies.recv_timeout(PATIENCE) {
            Ok(reply) => Ok(Some(running.take(reply))),
            Err(_) => Err(self.ended(node)),
        }
    }

    /// Receives what has arrived at all places.
    fn receive(&mut self) -> io::Result<Vec<Sent>> {
        let (mut received, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
        for (place, socket) in &self.sockets {
            loop {
                let (length, from) = match socket.recv_from(&mut buffer) {
                    Ok(arrived) => arrived,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    // An earlier datagram did not reach a process that is down.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                    Err(error) => return Err(error),
                };
                let Some(from) = self.claims.iter().position(|claim| claim.address == from) else {
                    continue;
                };
                if let Some(running) = &mut self.running[from] {
                    running.outstanding -= 1;
                }
                let from = NodeId(from as u16);
                received.push(Sent { from, at: *place, datagram: buffer[..length].to_vec() });
            }
        }
        Ok(received)
    }
}

impl Running {
    fn take(&mut self, reply: Reply) -> bool {
        self.outstanding += reply.sent.cast_signed();
        self.look = reply.look;
        reply.is_done
    }
}

impl Machines for Processes {
    fn addresses(&self) -> Vec<SocketAddr> {
        self.claims.iter().map(|claim| claim.address).collect()
    }

    fn address_of_client(&self, client: Id) -> Option<SocketAddr> {
        self.sockets.get(&Place::Client(client))?.local_addr().ok()
    }

    fn protection(&self) -> Protection {
        Protection { secret: NodeSecret::OPEN, cipher: Cipher::Noise }
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn start(&mut self, node: NodeId) -> Result<(), Trouble> {
        let running = self.spawn(node).map_err(refused("start a process"))?;
        self.running[usize::from(node.0)] = Some(running);
        Ok(())
    }

    fn is_starting(&mut self, node: NodeId) -> Result<bool, Trouble> {
        let Some(running) = &mut self.running[usize::from(node.0)] else { return Ok(false) };
        if running.look.is_some() {
            return Ok(false);
        }
        match running.replies.recv_timeout(Duration::from_micros(200)) {
            Ok(reply) => {
                running.take(reply);
                Ok(running.look.is_none())
            }
            Err(RecvTimeoutError::Timeout) => Ok(true),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended(node)),
        }
    }

    fn kill(&mut self, node: NodeId) -> Result<(), Trouble> {
        let Some(mut running) = self.running[usize::from(node.0)].take() else { return Ok(()) };
        let killed = running.process.kill().and_then(|()| running.process.wait());
        killed.map(|_| ()).map_err(refused("kill a process"))
    }

    fn lose_disk(&mut self, node: NodeId) -> Result<(), Trouble> {
        self.next_incarnations[usize::from(node.0)] = self.disk(node)?.incarnation + 1;
        fs::remove_dir_all(self.data(node)).map_err(refused("delete a data directory"))
    }

    fn copy_disk(&mut self, node: NodeId) -> Result<(), Trouble> {
        copy_folder(&self.data(node), &self.copy(node)).map_err(refused("copy a data directory"))
    }

    fn return_to_copy(&mut self, node: NodeId) -> Result<(), Trouble> {
        if !self.copy(node).exists() {
            return Err(Trouble::NoCopy(node));
        }
        self.lose_disk(node)?;
        fs::rename(self.copy(node), self.data(node)).map_err(refused("put a copy in its place"))
    }

    fn bring(&mut self, Parcel { from, to, datagram }: Parcel) -> Result<(), Trouble> {
        let Some(socket) = self.sockets.get(&from) else { return Ok(()) };
        if self.running[usize::from(to.0)].is_none() {
            return Ok(());
        }
        if matches!(from, Place::Client(_)) {
            // A node drops a request that its client repeats too soon.
            let since =
                self.last_asked.replace(Instant::now()).map_or(REPEATED_AFTER, |it| it.elapsed());
            thread::sleep(REPEATED_AFTER.saturating_sub(since));
        }
        match socket.send_to(&datagram, self.address(to)) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => {
                return Err(refused("send a datagram")(error));
            }
            _ => {}
        }
        self.ask(to, &Ask::Receive).map(|_| ())
    }

    fn order(&mut self, node: NodeId, order: &Order) -> Result<(), Trouble> {
        match self.ask(node, &Ask::Carry(order.clone()))? {
            Some(true) => Ok(()),
            Some(false) | None => Err(Trouble::NoTimer(node)),
        }
    }

    fn take_sent(&mut self) -> Result<Vec<Sent>, Trouble> {
        let begun = Instant::now();
        let mut sent = Vec::new();
        loop {
            sent.extend(self.receive().map_err(refused("receive a datagram"))?);
            let is_missing = self.running.iter().flatten().any(|running| running.outstanding > 0);
            if !is_missing || begun.elapsed() > ARRIVES_WITHIN {
                return Ok(sent);
            }
            thread::yield_now();
        }
    }

    fn look(&self, node: NodeId) -> Option<Look> {
        self.running[usize::from(node.0)].as_ref()?.look.clone()
    }

    fn disk(&mut self, node: NodeId) -> Result<Durable, Trouble> {
        let store = Store::open(&self.data(node), node);
        store
            .map(|store| store.committed().clone())
            .map_err(|source| Trouble::Disk { node, source })
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for running in self.running.iter_mut().flatten() {
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
