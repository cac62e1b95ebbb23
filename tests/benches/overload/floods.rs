//! Floods: datagrams sent at a fixed rate, whatever the answers are.

use crate::clients::Told;
use anyhow::Result;
use dynamo::client::Client;
use dynamo::identity::Parties;
use dynamo::inspect::{Numbered, Question};
use dynamo::secret::Credentials;
use dynamo::sessions::{Callee, Heard, SealedSocket, Sessions};
use dynamo::stamp::{Stamp, StampedContext};
use dynamo::wire::{self, Datagram};
use dynamo_model::ids::{ClientId, Content, Key, RequestId, Value};
use dynamo_model::message::{Answer, Message, Operation};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The key in floods of gets.
const LARGE_KEY: &str = "large";
/// The number of gets in a datagram of the flood.
const GETS: u64 = 1000;
/// The number of keys in an open-loop load.
const KEYS: u64 = 4096;
/// The number of sender addresses.
const SOCKETS: usize = 96;
/// An answer that comes later than this does not count.
const IN_TIME: Duration = Duration::from_secs(1);
/// A flood falls behind rather than send more than this at once.
const BURST_MAX: u64 = 2000;

/// The content of a flood.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Questions about the node.
    Questions,
    /// Datagrams with a thousand gets of a large key in each.
    ManyGets,
    /// Puts and gets, one in a datagram.
    Requests,
}

/// A flood that runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Flood {
    stop: Arc<AtomicBool>,
    sender: JoinHandle<Result<u64>>,
    receiver: JoinHandle<()>,
}

/// Puts a value of the largest size that siblings may have together.
pub(crate) fn prepare(nodes: &[SocketAddr]) -> Result<()> {
    for _ in 0..2 {
        Client::connect(nodes[0])?.put(
            LARGE_KEY,
            &[7; Value::BYTES_MAX],
            &StampedContext::new(),
        )?;
    }
    Ok(())
}

impl Flood {
    /// Sends this many datagrams a second to these nodes in turn.
    pub(crate) fn start(
        kind: Kind,
        per_second: f64,
        to: &[SocketAddr],
        told: &Arc<Told>,
    ) -> Result<Self> {
        let count = if matches!(kind, Kind::Requests) { SOCKETS } else { 1 };
        let socket = || -> Result<Arc<SealedSocket>> {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            Ok(Arc::new(SealedSocket::new(
                socket.try_into()?,
                Sessions::of_client(Credentials::open()),
                Callee::Node,
            )))
        };
        let sockets = (0..count).map(|_| socket()).collect::<Result<Vec<_>>>()?;
        let stop = Arc::new(AtomicBool::new(false));
        let (heard, sending, receiving) = (sockets.clone(), Arc::clone(&stop), Arc::clone(&stop));
        let (to, told) = (to.to_owned(), Arc::clone(told));
        let memory = Arc::new(Memory::new());
        let shared = Arc::clone(&memory);
        let sender =
            thread::spawn(move || send(kind, per_second, &to, &sockets, &sending, &shared));
        let receiver = thread::spawn(move || receive(&heard, &receiving, &told, &memory));
        Ok(Flood { stop, sender, receiver })
    }

    /// Signals the flood to stop.
    pub(crate) fn signal(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Stops the flood. Returns how many datagrams it sent a second in that time.
    #[expect(clippy::cast_precision_loss, reason = "a rate to look at")]
    pub(crate) fn stop(self, time: Duration) -> Result<f64> {
        self.signal();
        let sent = self.sender.join().expect("a flood does not panic")?;
        self.receiver.join().expect("a flood does not panic");
        Ok(sent as f64 / time.as_secs_f64())
    }
}

/// The contexts of an open-loop load, so that each put of a key replaces the last.
struct Memory {
    begun: Instant,
    /// Client ids count up from this one, one for each key.
    first_client: u64,
    contexts: Mutex<Vec<StampedContext>>,
}

impl Memory {
    fn new() -> Self {
        let contexts = Mutex::new(vec![StampedContext::new(); KEYS as usize]);
        Memory { begun: Instant::now(), first_client: rand::random::<u64>() >> 1, contexts }
    }

    /// Requests are numbered by the time of sending, in microseconds.
    fn now(&self) -> u64 {
        self.begun.elapsed().as_micros() as u64
    }

    /// A put or a get of the next key.
    fn next(&self, number: u64) -> Result<(Operation, Stamp)> {
        let index = number / 2 % KEYS;
        let key = Key::new(&format!("open-{index}"))?;
        let client = ClientId(self.first_client + index + KEYS * (number % 2));
        let request = RequestId { client, number: self.now() };
        if !number.is_multiple_of(2) {
            return Ok((Operation::Get { request, key, pr: 0 }, Stamp::default()));
        }
        let content = Content::Value(Value::new(&[7; 200])?);
        let stamped = self.contexts.lock().expect("nobody panics")[index as usize].clone();
        Ok((
            Operation::Put { request, key, content, context: stamped.context().clone(), pw: 0 },
            *stamped.stamp(),
        ))
    }

    /// Is it a successful answer, and in time?
    fn take(&self, answer: Answer, stamp: Stamp) -> bool {
        let request = answer.request();
        let is_in_time = self.now().saturating_sub(request.number) <= IN_TIME.as_micros() as u64;
        match answer {
            Answer::PutAcknowledged { context, .. } => {
                let index = request.client.0.wrapping_sub(self.first_client);
                if let Some(last) =
                    self.contexts.lock().expect("nobody panics").get_mut(index as usize)
                {
                    *last = StampedContext::with_stamp(context, stamp);
                }
                is_in_time
            }
            Answer::GetAnswered { .. } => is_in_time,
            _ => false,
        }
    }
}

#[expect(clippy::cast_sign_loss, reason = "a rate is positive")]
fn send(
    kind: Kind,
    per_second: f64,
    to: &[SocketAddr],
    sockets: &[Arc<SealedSocket>],
    stop: &AtomicBool,
    memory: &Memory,
) -> Result<u64> {
    let (begun, mut number, mut behind) = (Instant::now(), 0_u64, 0_u64);
    let mut datagram = Datagram::default();
    while !stop.load(Ordering::Relaxed) {
        let due = (begun.elapsed().as_secs_f64() * per_second) as u64;
        behind += due.saturating_sub(number + behind + BURST_MAX);
        while number + behind < due {
            let socket = &sockets[number as usize % sockets.len()];
            let bytes = encode(kind, number, &mut datagram, memory)?;
            // All requests for a key go to one node: at another node a retry would be a new put.
            let _ = socket.send_to(&bytes, to[(number / 2) as usize % to.len()]);
            number += 1;
        }
        thread::sleep(Duration::from_micros(500));
    }
    Ok(number)
}

fn encode(kind: Kind, number: u64, datagram: &mut Datagram, memory: &Memory) -> Result<Vec<u8>> {
    datagram.clear();
    match kind {
        Kind::Questions => return Ok(Numbered { number, content: Question::Status }.encode()),
        Kind::ManyGets => {
            let client = ClientId(rand::random());
            for number in 0..GETS {
                let request = RequestId { client, number };
                datagram.push(&Message::Request(Operation::Get {
                    request,
                    key: Key::new(LARGE_KEY)?,
                    pr: 0,
                }))?;
            }
        }
        Kind::Requests => {
            let (operation, stamp) = memory.next(number)?;
            datagram.push_stamped(&Message::Request(operation), &stamp)?;
        }
    }
    Ok(datagram.seal(&Parties::default()).to_vec())
}

fn receive(sockets: &[Arc<SealedSocket>], stop: &AtomicBool, told: &Told, memory: &Memory) {
    let mut buffer = vec![0; wire::DATAGRAM_BYTES_MAX];
    while !stop.load(Ordering::Relaxed) {
        for socket in sockets {
            while let Ok((heard, _)) = socket.receive_from(&mut buffer) {
                let Heard::Payload(payload) = heard else { continue };
                let Ok(letter) = wire::decode(&payload) else { continue };
                for (message, stamp) in letter.into_stamped() {
                    let Message::Answer(answer) = message else { continue };
                    let counter = if memory.take(answer, stamp.unwrap_or_default()) {
                        &told.good
                    } else {
                        &told.failed
                    };
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
}
