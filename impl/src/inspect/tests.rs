use super::*;
use crate::doorkeeper::Refused;
use crate::identity::ClusterId;
use crate::recording::Recording;
use dynamo_model::config::Config;
use dynamo_model::membership::History;
use dynamo_model::ring::Ring;
use dynamo_model::rules::Rules;
use dynamo_model::siblings::Siblings;
use quickcheck::quickcheck;

struct Nothing;

impl Watch for Nothing {
    fn hint_age_ms(&self, _: &HintId) -> u64 {
        0
    }
    fn agreed_ms(&self, _: NodeId) -> Option<u64> {
        None
    }
    fn dropped(&self) -> Dropped {
        Dropped::default()
    }
    fn overload(&self) -> Overload {
        Overload::default()
    }
    fn cluster(&self) -> Founding {
        Founding { cluster: ClusterId::UNKNOWN, n: 1, r: 1, w: 1 }
    }
    fn refusals(&self) -> Vec<Refusals> {
        Vec::new()
    }
    fn twins(&self) -> Vec<Twin> {
        Vec::new()
    }
    fn exchanges(&self) -> Vec<ExchangeLine> {
        Vec::new()
    }
    fn found_old(&self) -> Option<String> {
        None
    }
    fn recording(&self) -> Recording {
        Recording::Off
    }
}

quickcheck! {
    fn questions_arrive_as_they_were_asked(number: u64, recipient: u16, key: String) -> bool {
        let key = Key::new(&format!("k{}", key.chars().take(50).collect::<String>())).unwrap();
        let content = Question::Hints { after: Some(HintId { recipient: NodeId(recipient), key }) };
        let question = Numbered { number, content };
        Numbered::<Question>::decode(&question.encode()) == Some(question.clone())
            && Numbered::<Reply>::decode(&question.encode()).is_none()
    }

    fn noise_is_no_question(bytes: Vec<u8>, at: usize, bit: u8) -> bool {
        let mut good = Numbered { number: 7, content: Question::Status }.encode();
        let at = at % good.len();
        good[at] ^= 1 << (bit % 8);
        [bytes, good].iter().all(|bytes| Numbered::<Question>::decode(bytes).is_none())
    }
}

/// A client asks page by page, and gets every hint once, in order.
#[test]
fn all_hints_are_listed_page_by_page() {
    let founders = History::founded_by([0, 1, 2].map(NodeId));
    let node = Node {
        config: Config::new(2, 1, 1).unwrap(),
        founders,
        address: None,
        rules: Rules::default(),
    };
    let mut state = State::default();
    let id = |index: u16| HintId {
        recipient: NodeId(index % 3),
        key: Key::new(&format!("{index:04}")).unwrap(),
    };
    let count = 2 * HINTS_MAX as u16 + 7;
    state.durable.hints.extend((0..count).map(|index| (id(index), Siblings::new())));
    let (mut told, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let question = Question::Hints { after: after.clone() };
        let Reply::Hints { hints, more } =
            Reply::new(&question, &node, NodeId(0), &state, &Nothing)
        else {
            panic!()
        };
        told.extend(
            hints.into_iter().map(|HintLine { recipient, key, .. }| HintId { recipient, key }),
        );
        (after, pages) = (told.last().cloned(), pages + 1);
        if !more {
            break;
        }
    }
    assert!(told.iter().eq(state.durable.hints.keys()));
    assert_eq!(pages, 3);
}

#[test]
fn the_largest_reply_fits_a_datagram() {
    let line = || HintLine {
        recipient: NodeId(u16::MAX),
        key: Key::new(&"k".repeat(Key::BYTES_MAX)).unwrap(),
        bytes: usize::MAX,
        state: HintState::Undeliverable,
        age_ms: u64::MAX,
        attempts: u8::MAX,
    };
    // The hints kept, and the hints that others are asked to keep.
    let hints = (0..HINTS_MAX + CREATED_MAX).map(|_| line()).collect();
    let reply = Numbered { number: u64::MAX, content: Reply::Hints { hints, more: true } };
    assert!(reply.encode().len() <= PAYLOAD_BYTES_MAX);

    let exchanges = (0..Ring::PARTITIONS * (Config::N_MAX as u32 - 1)).map(|index| ExchangeLine {
        partition: Partition(index % Ring::PARTITIONS),
        peer: NodeId(u16::MAX),
        // A century.
        last_ms: Some(3_200_000_000_000),
        agreed_ms: Some(3_200_000_000_000),
        repaired: 1 << 40,
    });
    let members: Vec<NodeId> = (u16::MAX - 1_000..u16::MAX).map(NodeId).collect();
    let (members_of_many, at) = (members[..100].to_vec(), "255.255.255.255:65535".parse().unwrap());
    let status = Status {
        id: NodeId(0),
        tip: Tip(u64::MAX),
        cluster: Founding {
            cluster: ClusterId::UNKNOWN,
            n: Config::N_MAX,
            r: Config::N_MAX,
            w: Config::N_MAX,
        },
        agreed_ms: members.iter().map(|member| (*member, 3_200_000_000_000)).collect(),
        suspected: members.clone(),
        members,
        keys: usize::MAX,
        hints: usize::MAX,
        planting: true,
        dropped: everything_dropped(),
        overload: Overload {
            busy_address: u64::MAX,
            busy_all: u64::MAX,
            busy_under_way: u64::MAX,
            repeated: u64::MAX,
            untold: u64::MAX,
            datagrams: u64::MAX,
            others: u64::MAX,
            questions: u64::MAX,
            outstanding: u64::MAX,
        },
        refusals: vec![Refusals { why: Refused::EarlierStart, count: u64::MAX, last_from: at }; 9],
        twins: members_of_many
            .iter()
            .map(|node| Twin { node: *node, heard_at: at, ago_ms: 1 << 40 })
            .collect(),
        exchanges: exchanges.collect(),
        found_old: Some("x".repeat(200)),
        recording: Recording::Stopped,
    };
    let reply = Numbered { number: u64::MAX, content: Reply::Status(Box::new(status)) };
    assert!(reply.encode().len() <= PAYLOAD_BYTES_MAX);
}

/// The largest count for every reason.
fn everything_dropped() -> Dropped {
    let mut dropped = serde_json::to_value(Dropped::default()).unwrap();
    dropped.as_object_mut().unwrap().values_mut().for_each(|count| *count = u64::MAX.into());
    serde_json::from_value(dropped).unwrap()
}
