use super::*;
use crate::address::{Callers, client_id};
use dynamo_model::hint::HintId;
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::{History, Tip};
use dynamo_model::message::{Answer, Leaf, Operation, Refusal, Subtree};
use dynamo_model::ring::Partition;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::tree::{Digest, Place};
use dynamo_model::version::{Context, Dot, Issuer};
use dynamo_model::wish::{ChangeRefusal, Wish};
use quickcheck::{Arbitrary, Gen, QuickCheck};
use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};
use stateright::actor::Id;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Any message. A separate type, because quickcheck's trait and the message are both from other
/// crates.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AnyMessage(pub(crate) Message);

fn issuer(g: &mut Gen) -> Issuer {
    Issuer {
        node: NodeId(u16::arbitrary(g)),
        incarnation: u64::arbitrary(g) % 3,
        epoch: u64::arbitrary(g) % 3,
    }
}

fn address(g: &mut Gen) -> SocketAddr {
    SocketAddr::new(IpAddr::arbitrary(g).to_canonical(), u16::arbitrary(g))
}

fn request(g: &mut Gen) -> RequestId {
    RequestId { client: ClientId(u64::arbitrary(g)), number: u64::arbitrary(g) }
}

fn context(g: &mut Gen) -> Context {
    let dot = |g: &mut Gen| Dot { issuer: issuer(g), counter: 1 + u64::from(u32::arbitrary(g)) };
    (0..u8::arbitrary(g) % 5).fold(Context::new(), |context, _| {
        let (dot, request) = (dot(g), request(g));
        if bool::arbitrary(g) { context.with(dot) } else { context.with_put(dot, request) }
    })
}

fn content(g: &mut Gen) -> Content {
    let value = Value::new(&Vec::<u8>::arbitrary(g)).unwrap();
    if bool::arbitrary(g) { Content::Value(value) } else { Content::Tombstone(value) }
}

fn siblings(g: &mut Gen) -> Siblings {
    (1..=u64::arbitrary(g) % 4).fold(Siblings::new(), |siblings, counter| {
        let dot = Dot { issuer: NodeId(u16::arbitrary(g) % 3).into(), counter };
        if siblings.context().covers(dot) {
            return siblings;
        }
        let clock = Context::new().with_put(dot, request(g));
        let content = content(g);
        let replaces = bool::arbitrary(g);
        siblings.put(Version { dot, clock, content }, |_| replaces)
    })
}

fn operation(g: &mut Gen, request: RequestId, key: Key) -> Operation {
    if bool::arbitrary(g) {
        return Operation::Get { request, key, pr: u8::arbitrary(g) };
    }
    Operation::Put { request, key, content: content(g), context: context(g), pw: u8::arbitrary(g) }
}

fn history(g: &mut Gen) -> History {
    let founded = History::founded_by(Vec::<u16>::arbitrary(g).into_iter().map(NodeId));
    founded.moved(NodeId(u16::arbitrary(g)), address(g).into())
}

fn digest(g: &mut Gen) -> Digest {
    Digest(u64::arbitrary(g))
}

fn place(g: &mut Gen) -> Place {
    Place {
        partition: Partition(u32::arbitrary(g)),
        depth: u8::arbitrary(g),
        index: u32::arbitrary(g),
    }
}

fn answer(g: &mut Gen, request: RequestId, key: Key) -> Answer {
    let held = siblings(g);
    let refusal = match u8::arbitrary(g) % 3 {
        0 => Refusal::ForeignContext,
        1 => Refusal::TooManyReplicas { required: u8::arbitrary(g), n: usize::arbitrary(g) },
        _ => {
            Refusal::SiblingsTooLarge { bytes: usize::arbitrary(g), bytes_max: usize::arbitrary(g) }
        }
    };
    match u8::arbitrary(g) % 9 {
        8 => Answer::GetRefused { request, refusal },
        5 => Answer::Changed { request, history: history(g) },
        6 => Answer::ChangeRefused {
            request,
            refusal: ChangeRefusal::NoMember(NodeId(u16::arbitrary(g))),
        },
        7 => Answer::NoRoute { request },
        0 => Answer::PutAcknowledged { request, key, context: context(g) },
        1 => {
            let [stored, needed, in_person] = [(); 3].map(|()| usize::arbitrary(g));
            Answer::PutFailed { request, stored, needed, in_person, pw: u8::arbitrary(g) }
        }
        2 => Answer::PutRefused { request, refusal },
        3 => {
            let [answered, needed, in_person] = [(); 3].map(|()| usize::arbitrary(g));
            Answer::GetFailed { request, answered, needed, in_person, pr: u8::arbitrary(g) }
        }
        _ => {
            let (siblings, context) = (held.versions().to_vec(), held.context().clone());
            Answer::GetAnswered { request, key, siblings, context }
        }
    }
}

impl Arbitrary for AnyMessage {
    fn arbitrary(g: &mut Gen) -> Self {
        let request = request(g);
        let key =
            Key::new(&format!("k{}", String::arbitrary(g).chars().take(40).collect::<String>()))
                .unwrap();
        let tip = Tip(u64::arbitrary(g));
        AnyMessage(match u8::arbitrary(g) % 27 {
            0 => Message::Request(operation(g, request, key)),
            1 => Message::Answer(answer(g, request, key)),
            2 => Message::Forward {
                tip,
                client: Id::from(usize::arbitrary(g)),
                operation: operation(g, request, key),
            },
            3 => Message::Store { tip, request, key, siblings: siblings(g) },
            4 => Message::Stored { request },
            5 => Message::Fetch { tip, request, key },
            6 => Message::Fetched { request, siblings: siblings(g) },
            7 => {
                let hint = HintId { recipient: NodeId(u16::arbitrary(g)), key };
                Message::StoreHint { tip, request, hint, siblings: siblings(g) }
            }
            8 => Message::StoredHint { request, recipient: NodeId(u16::arbitrary(g)) },
            9 => Message::HandOff { tip, key, siblings: siblings(g), is_all: bool::arbitrary(g) },
            10 => Message::HandedOff { tip, key, context: context(g) },
            11 => Message::Survey { tip, key, siblings: siblings(g) },
            12 => Message::Surveyed { tip, key, siblings: siblings(g) },
            13 => Message::Reap { tip, key, siblings: siblings(g) },
            14 => {
                let wishes = [
                    Wish::Join(None),
                    Wish::Join(Some(address(g).into())),
                    Wish::Leave,
                    Wish::Remove,
                ];
                let (node, wish) = (NodeId(u16::arbitrary(g)), *g.choose(&wishes).unwrap());
                Message::Administer { request, node, wish }
            }
            15 => Message::Gossip { tip },
            16 => Message::History { history: history(g) },
            17 => Message::Changes { changes: history(g) },
            18 => Message::Routed { tip, operation: operation(g, request, key) },
            19 => Message::Roots { tip, roots: vec![(Partition(u32::arbitrary(g)), digest(g)); 3] },
            20 => {
                let children = (0..u16::arbitrary(g) % 5).map(|turn| (turn, digest(g))).collect();
                Message::Subtrees { tip, subtrees: vec![Subtree { place: place(g), children }] }
            }
            21 => {
                let (after, keys) =
                    (bool::arbitrary(g).then(|| key.clone()), vec![(key, digest(g))]);
                Message::Leaves {
                    tip,
                    leaves: vec![Leaf { place: place(g), after, keys, is_cut: bool::arbitrary(g) }],
                }
            }
            23 => Message::Forwarded { request },
            22 => Message::Sync { tip, key, siblings: siblings(g) },
            24 => Message::Gather { tip, key },
            25 => Message::Gathered { tip, key, siblings: siblings(g), is_all: bool::arbitrary(g) },
            _ => Message::Repair { tip, request, key, siblings: siblings(g) },
        })
    }
}

fn sealed(messages: &[AnyMessage]) -> Vec<u8> {
    let mut datagram = Datagram::default();
    for AnyMessage(message) in messages {
        datagram.push(message).unwrap();
    }
    datagram.seal(&Parties::default()).to_vec()
}

#[test]
fn messages_arrive_as_they_were_sent() {
    fn round_trip(messages: Vec<AnyMessage>) -> bool {
        messages.is_empty()
            || decode(&sealed(&messages)).unwrap().messages
                == messages.into_iter().map(|m| m.0).collect::<Vec<_>>()
    }
    QuickCheck::new().tests(2000).quickcheck(round_trip as fn(Vec<AnyMessage>) -> bool);
}

#[test]
fn a_stamp_follows_each_message_that_has_one() {
    fn round_trip(messages: Vec<(AnyMessage, u8)>) -> bool {
        let mut datagram = Datagram::default();
        for (AnyMessage(message), byte) in &messages {
            datagram.push_stamped(message, &[*byte; STAMP_BYTES]).unwrap();
        }
        let letter = decode(datagram.seal(&Parties::default())).unwrap();
        let stamp = |message: &Message, byte| stamp::stamped(message).map(|_| [byte; STAMP_BYTES]);
        letter.into_stamped().eq(messages.into_iter().map(|(AnyMessage(message), byte)| {
            let stamp = stamp(&message, byte);
            (message, stamp)
        }))
    }
    QuickCheck::new().tests(500).quickcheck(round_trip as fn(Vec<(AnyMessage, u8)>) -> bool);
}

#[test]
fn the_clients_address_follows_each_forwarded_request() {
    fn round_trip(messages: Vec<AnyMessage>, addresses: Vec<(IpAddr, u16)>) -> bool {
        let mut addresses =
            addresses.into_iter().map(|(ip, port)| SocketAddr::new(ip.to_canonical(), port));
        let (mut callers, mut expected, mut datagram) =
            (Callers::default(), Vec::new(), Datagram::default());
        for AnyMessage(mut message) in messages {
            if let (Message::Forward { client, .. }, Some(address)) =
                (&mut message, addresses.next())
            {
                *client = client_id(address);
                callers.remember(address);
                expected.push((message.clone(), address));
            }
            datagram.push(&message).unwrap();
        }
        datagram.introduce(|client| callers.address(client));
        let letter = decode(datagram.seal(&Parties::default())).unwrap();
        let told: BTreeSet<SocketAddr> = letter.callers.into_iter().collect();
        expected
            .iter()
            .all(|(message, address)| letter.messages.contains(message) && told.contains(address))
    }
    let round_trip = round_trip as fn(Vec<AnyMessage>, Vec<(IpAddr, u16)>) -> bool;
    QuickCheck::new().tests(2000).quickcheck(round_trip);
}

#[test]
fn each_kind_of_damage_has_its_error() {
    let good = sealed(&[AnyMessage(Message::Stored {
        request: RequestId { client: ClientId(1), number: 2 },
    })]);
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        decode(&bytes)
    };
    assert_eq!(decode(&good[..SUMMED_AT - 1]), Err(WireError::TooShort));
    assert_eq!(decode(&[]), Err(WireError::TooShort));
    assert_eq!(with(0, b'X'), Err(WireError::NotOurs));
    assert_eq!(with(4, 1), Err(WireError::Version(1)));
    assert_eq!(with(good.len() - 1, 7), Err(WireError::Checksum));
    assert_eq!(decode(&good[..good.len() - 1]), Err(WireError::Checksum));
}

#[test]
fn a_wrong_count_is_malformed_even_with_a_valid_checksum() {
    let message =
        AnyMessage(Message::Stored { request: RequestId { client: ClientId(1), number: 2 } });
    for wrong in [0, 1, 3] {
        let mut datagram = Datagram::default();
        datagram.push(&message.0).unwrap();
        datagram.push(&message.0).unwrap();
        datagram.messages = wrong;
        assert_eq!(decode(datagram.seal(&Parties::default())), Err(WireError::Malformed));
    }
}

/// A message with this many siblings, each of another coordinator, with values of the largest size.
pub(crate) fn large(siblings: u16) -> Message {
    let request = RequestId { client: ClientId(1), number: 2 };
    Message::Fetched { request, siblings: large_set(siblings) }
}

/// This many siblings, each of another coordinator, with values of the largest size.
pub(crate) fn large_set(siblings: u16) -> Siblings {
    (0..siblings).fold(Siblings::new(), |siblings, index| {
        let dot = Dot { issuer: NodeId(100 + index).into(), counter: 1 };
        let content = Content::Value(Value::new(&[index as u8; Value::BYTES_MAX]).unwrap());
        siblings.put(Version { dot, clock: Context::new().with(dot), content }, |_| false)
    })
}

#[test]
fn a_large_message_has_its_own_datagram() {
    let mut datagram = Datagram::default();
    datagram.push(&large(25)).unwrap();
    assert!(datagram.bytes() > 200_000);
    assert_eq!(decode(datagram.seal(&Parties::default())).unwrap().messages, [large(25)]);
    let small = Message::Stored { request: RequestId { client: ClientId(1), number: 2 } };
    let refused = datagram.push(&small).unwrap_err();
    assert_eq!((datagram.messages(), refused.bytes_max), (1, PAYLOAD_BYTES_MAX));
    datagram.clear();
    assert!(datagram.bytes.capacity() <= 2 * DATAGRAM_BYTES_MAX, "the memory is freed");
    datagram.push(&small).unwrap();
    assert!(datagram.push(&large(25)).is_err());
    assert_eq!(decode(datagram.seal(&Parties::default())).unwrap().messages, [small]);
    datagram.clear();
    datagram.push(&large(500)).unwrap();
    datagram.clear();
    let refused = datagram.push(&large(520)).unwrap_err();
    assert_eq!((datagram.messages(), refused.bytes_max), (0, MESSAGE_BYTES_MAX));
}

#[test]
fn a_message_that_does_not_fit_leaves_the_datagram_unchanged() {
    let value = Value::new(&[7; Value::BYTES_MAX]).unwrap();
    let request = RequestId { client: ClientId(1), number: 2 };
    let (key, content) = (Key::new("k").unwrap(), Content::Value(value));
    let operation = Operation::Put { request, key, content, context: Context::new(), pw: 0 };
    let mut datagram = Datagram::default();
    while datagram.push(&Message::Request(operation.clone())).is_ok() {}
    assert_eq!(datagram.messages(), 7);
    assert_eq!(decode(datagram.seal(&Parties::default())).unwrap().messages.len(), 7);
}

/// A million datagrams: noise, noise after a header, and mutated valid ones, with and without a
/// corrected checksum.
#[test]
fn no_input_makes_decoding_panic() {
    let mut random = SmallRng::seed_from_u64(1);
    let mut g = Gen::new(10);
    let good: Vec<Vec<u8>> = (0..200)
        .map(|_| sealed(&[AnyMessage::arbitrary(&mut g), AnyMessage::arbitrary(&mut g)]))
        .collect();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..1_000_000 {
        let mut bytes = good[random.random_range(0..good.len())].clone();
        if round % 4 < 2 {
            bytes.resize(random.random_range(0..64), 0);
            let from = if round % 4 == 0 { 0 } else { bytes.len().min(CHECKSUM_AT) };
            random.fill_bytes(&mut bytes[from..]);
        } else {
            for _ in 0..random.random_range(1..4) {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
            if random.random_ratio(1, 8) {
                bytes.truncate(random.random_range(0..=bytes.len()));
            }
        }
        if round % 2 == 1 && bytes.len() >= HEADER_BYTES {
            let checksum = crc32fast::hash(&bytes[SUMMED_AT..]).to_le_bytes();
            bytes[CHECKSUM_AT..SUMMED_AT].copy_from_slice(&checksum);
        }
        let outcome = match decode(&bytes) {
            Ok(_) => "decoded".to_owned(),
            Err(WireError::Version(_)) => "version".to_owned(),
            Err(error) => format!("{error:?}"),
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    let seen: Vec<&str> = outcomes.keys().map(String::as_str).collect();
    assert_eq!(
        seen,
        ["Checksum", "Malformed", "NotOurs", "TooShort", "decoded", "version"],
        "{outcomes:?}"
    );
}
