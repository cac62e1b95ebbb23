//! Sessions: a client and a node with one secret, and a network that damages, redirects and repeats
//! their datagrams.
//!
//! These must hold. A datagram is opened only if the other end sealed it, only once, and only from
//! its address. An answer goes only to the address that a datagram came from, and a stranger gets
//! no more bytes than it sent.

use super::{Execute, Outcome};
use crate::chance::Chance;
use crate::mutate;
use data_encoding::BASE64URL_NOPAD;
use dynamo::secret::{NodeSecret, Right, Secret};
use dynamo::sessions::{Callee, SessionError, Sessions};
use ring::hmac;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// The length of a hello, and the offset of its MAC.
const HELLO_BYTES: usize = 82;
const MAC_AT: usize = 10;
const NOISE_AT: usize = 26;
/// The number of sent datagrams that are kept, to be mutated and repeated.
const SENT_MAX: usize = 64;
/// The beginning of every payload.
const PAYLOAD: &[u8] = b"payload ";

/// One of the two ends.
type End = usize;
const CLIENT: End = 0;
const NODE: End = 1;

/// Both ends, and the network between them.
struct Network {
    ends: [Sessions; 2],
    mac_key: hmac::Key,
    now: Instant,
    /// The latest datagrams that were sent.
    sent: Vec<Vec<u8>>,
    /// The receiver of each.
    receivers: Vec<End>,
    /// Payloads that were sealed and not opened yet, by receiver.
    fresh: HashSet<(End, Vec<u8>)>,
    /// The index of the next one in `sent`.
    next: usize,
}

fn address(end: End) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], end as u16 + 1))
}

/// One of a few strangers, on this machine and on others.
fn stranger(chance: &mut Chance) -> SocketAddr {
    SocketAddr::from(([*chance.pick(&[127, 10]), 0, 0, 9], 1 + chance.below(4) as u16))
}

/// [`Sessions`]: each round with new keys.
pub(super) fn begin(chance: &mut Chance) -> Execute {
    let secret = if chance.one_in(4) { NodeSecret::OPEN } else { NodeSecret::generate() };
    let mut network = Network::new(&secret);
    network.meet();
    Box::new(move |chance, input| network.execute(chance, input))
}

/// The key of the MAC of a client's hellos: the first half of its secret.
fn mac_key(secret: &NodeSecret) -> hmac::Key {
    let text = Secret::Other(secret.credentials(Right::Client)).to_text();
    let encoded = text.strip_prefix("dynamo-client-").expect("a client's secret");
    let keys = BASE64URL_NOPAD.decode(encoded.as_bytes()).expect("a secret is base64");
    hmac::Key::new(hmac::HMAC_SHA256, &keys[..32])
}

impl Network {
    fn new(secret: &NodeSecret) -> Self {
        let ends =
            [Sessions::of_client(secret.credentials(Right::Client)), Sessions::of_node(secret)];
        let (sent, receivers, fresh) = (Vec::new(), Vec::new(), HashSet::new());
        Network {
            ends,
            mac_key: mac_key(secret),
            now: Instant::now(),
            sent,
            receivers,
            fresh,
            next: 0,
        }
    }

    /// The handshake, and a datagram in each direction.
    fn meet(&mut self) {
        self.seal(CLIENT, b"payload first");
        for _ in 0..4 {
            let (datagram, receiver) =
                (self.sent[self.next - 1].clone(), self.receivers[self.next - 1]);
            let _ = self.ends[receiver].open(address(1 - receiver), &datagram, self.now);
            self.fresh.remove(&(receiver, datagram));
            self.collect(receiver, None);
        }
        self.seal(NODE, b"payload second");
        assert!(self.sent.len() >= 4, "the client and the node have met");
    }

    /// An end sends a payload.
    fn seal(&mut self, sender: End, payload: &[u8]) {
        let (receiver, callee) =
            (1 - sender, if sender == CLIENT { Callee::Node } else { Callee::Client });
        if let Some(sealed) = self.ends[sender].seal(address(receiver), callee, payload, self.now) {
            let sealed = sealed.to_vec();
            self.note(receiver, sealed);
        }
        self.collect(sender, None);
    }

    /// Collects what an end sends by itself. If a datagram caused it, it goes back to that sender,
    /// and a stranger gets no more bytes than it sent.
    fn collect(&mut self, sender: End, cause: Option<(SocketAddr, usize)>) {
        let mut bytes = 0;
        for (to, datagram) in self.ends[sender].take_outgoing() {
            bytes += datagram.len();
            if let Some((from, length)) = cause {
                assert_eq!(to, from, "an answer goes back to the sender");
                assert!(
                    from == address(1 - sender) || bytes <= length,
                    "{bytes} bytes for {length}"
                );
            }
            if to == address(1 - sender) {
                self.note(1 - sender, datagram);
            }
        }
    }

    fn note(&mut self, receiver: End, datagram: Vec<u8>) {
        if datagram.starts_with(b"DYNS") {
            self.fresh.insert((receiver, datagram.clone()));
        }
        if self.sent.len() < SENT_MAX {
            self.sent.push(datagram);
            self.receivers.push(receiver);
            self.next = self.sent.len();
        } else {
            self.next = self.next % SENT_MAX + 1;
            (self.sent[self.next - 1], self.receivers[self.next - 1]) = (datagram, receiver);
        }
    }

    fn execute(&mut self, chance: &mut Chance, input: &mut Vec<u8>) -> Outcome {
        self.now += Duration::from_micros(chance.below(2000) as u64);
        if chance.one_in(4) {
            let number = chance.below(1000).to_string();
            self.seal(chance.below(2), &[PAYLOAD, number.as_bytes()].concat());
        }
        if chance.one_in(256) {
            self.ends.iter_mut().for_each(|end| end.forget_old(self.now));
        }
        let receiver = self.datagram(chance, input);
        let from = if chance.one_in(8) { stranger(chance) } else { address(1 - receiver) };
        let outcome = self.deliver(receiver, from, input);
        self.collect(receiver, Some((from, input.len())));
        outcome
    }

    /// A sent datagram, mostly mutated, and its receiver.
    fn datagram(&self, chance: &mut Chance, input: &mut Vec<u8>) -> End {
        let at = if chance.one_in(2) { self.next - 1 } else { chance.below(self.sent.len()) };
        input.clear();
        input.extend(&self.sent[at]);
        if chance.one_in(32) {
            mutate::from_seeds(chance, input, &self.sent);
        } else if !chance.one_in(4) {
            (0..=chance.below(3)).for_each(|_| mutate::bytes(chance, input, &self.sent));
        }
        if input.len() == HELLO_BYTES && input.starts_with(b"DYNH") && chance.one_in(16) {
            let mac = hmac::sign(&self.mac_key, &[&input[..MAC_AT], &input[NOISE_AT..]].concat());
            input[MAC_AT..NOISE_AT].copy_from_slice(&mac.as_ref()[..NOISE_AT - MAC_AT]);
        }
        if chance.one_in(16) { 1 - self.receivers[at] } else { self.receivers[at] }
    }

    fn deliver(&mut self, receiver: End, from: SocketAddr, datagram: &[u8]) -> Outcome {
        match self.ends[receiver].open(from, datagram, self.now) {
            Ok(Some(opened)) => {
                assert_eq!(
                    from,
                    address(1 - receiver),
                    "it was opened though it came from elsewhere"
                );
                assert!(opened.payload.starts_with(PAYLOAD), "nobody has sealed this payload");
                let was_fresh = self.fresh.remove(&(receiver, datagram.to_vec()));
                assert!(
                    was_fresh,
                    "it was opened though nobody has sealed it, or it was opened before"
                );
                Outcome::Taken
            }
            Err(SessionError::NotOurs | SessionError::Length | SessionError::Version(_)) => {
                Outcome::Refused
            }
            Ok(None) | Err(_) => Outcome::Checked,
        }
    }
}
