//! Valid inputs, which are then mutated. They are small, so that mutations hit the important bytes
//! more often, and more of them run in a second.

use dynamo::identity::{ClusterId, Life, Parties, Sender};
use dynamo::memory::Recall;
use dynamo::stamp::STAMP_BYTES;
use dynamo::wire::Datagram;
use dynamo_model::hint::HintId;
use dynamo_model::ids::{ClientId, Content, Key, NodeId, RequestId, Value};
use dynamo_model::membership::{History, Tip};
use dynamo_model::message::{Answer, Leaf, Message, Operation, Refusal, Subtree};
use dynamo_model::moment::Moment;
use dynamo_model::ring::Partition;
use dynamo_model::siblings::{Siblings, Version};
use dynamo_model::tree::{Digest, Place};
use dynamo_model::version::{Context, Dot};
use dynamo_model::wish::{ChangeRefusal, Wish};
use std::fs;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::Path;

/// The key in all seeds.
pub(crate) const KEY: &str = "cart-7";
/// Longer files are left out, in bytes.
const FILE_BYTES_MAX: u64 = 8_000;

fn key() -> Key {
    Key::new(KEY).expect("a key")
}

fn request(number: u64) -> RequestId {
    RequestId { client: ClientId(0x1234_5678_9abc_def0), number }
}

fn dot(node: u16, counter: u64) -> Dot {
    Dot { issuer: NodeId(node).into(), counter }
}

/// A context of three nodes, with a gap and with requests.
pub(crate) fn context() -> Context {
    let some = Context::new().with(dot(0, 1)).with(dot(0, 2)).with(dot(1, 300));
    some.with_put(dot(2, 70_000), request(9)).with_put(dot(0, 3), request(10))
}

/// Two siblings.
pub(crate) fn siblings() -> Siblings {
    [(0, Content::Value(value(b"milk"))), (1, Content::Tombstone(value(b"")))].into_iter().fold(
        Siblings::new(),
        |siblings, (node, content)| {
            let dot = dot(node, 5);
            let clock = Context::new().with_put(dot, request(u64::from(node)));
            siblings.put(Version { dot, clock, content }, |_| false)
        },
    )
}

fn value(bytes: &[u8]) -> Value {
    Value::new(bytes).expect("a short value")
}

/// A membership history.
pub(crate) fn history() -> History {
    History::founded_by([0, 1, 2].map(NodeId))
        .moved(NodeId(1), SocketAddr::from(([127, 0, 0, 1], 8080)).into())
}

/// One message of every kind.
pub(crate) fn messages() -> Vec<Message> {
    [operations(), answers(), of_replicas(), of_trees()].concat()
}

fn operations() -> Vec<Message> {
    let (tip, key, request) = (Tip(77), key(), request(1));
    let put = Operation::Put {
        request,
        key: key.clone(),
        content: Content::Value(value(b"eggs")),
        context: context(),
        pw: 1,
    };
    let get = Operation::Get { request, key, pr: 0 };
    vec![
        Message::Request(put.clone()),
        Message::Request(get.clone()),
        Message::Routed { tip, operation: put.clone() },
        Message::Forward { tip, client: 70_000.into(), operation: put },
        Message::Routed { tip, operation: get },
        Message::Administer {
            request,
            node: NodeId(3),
            wish: Wish::Join(Some(SocketAddr::from((Ipv6Addr::LOCALHOST, 258)).into())),
        },
        Message::Administer { request, node: NodeId(3), wish: Wish::Leave },
    ]
}

fn answers() -> Vec<Message> {
    let (key, request, siblings) = (key(), request(1), siblings());
    let (versions, context) = (siblings.versions().to_vec(), siblings.context().clone());
    let answers = [
        Answer::PutAcknowledged { request, key: key.clone(), context: self::context() },
        Answer::GetAnswered { request, key, siblings: versions, context },
        Answer::PutFailed { request, stored: 1, needed: 2, in_person: 0, pw: 0 },
        Answer::GetFailed { request, answered: 1, needed: 2, in_person: 300, pr: 1 },
        Answer::PutRefused { request, refusal: Refusal::ForeignContext },
        Answer::PutRefused {
            request,
            refusal: Refusal::SiblingsTooLarge { bytes: 70_000, bytes_max: 21_333 },
        },
        Answer::GetRefused { request, refusal: Refusal::TooManyReplicas { required: 4, n: 3 } },
        Answer::Changed { request, history: history() },
        Answer::ChangeRefused { request, refusal: ChangeRefusal::NoMember(NodeId(9)) },
        Answer::NoRoute { request },
    ];
    answers.into_iter().map(Message::Answer).collect()
}

fn of_replicas() -> Vec<Message> {
    let (tip, key, request, siblings) = (Tip(u64::MAX), key(), request(300), siblings());
    let hint = HintId { recipient: NodeId(2), key: key.clone() };
    vec![
        Message::Store { tip, request, key: key.clone(), siblings: siblings.clone() },
        Message::Stored { request },
        Message::Fetch { tip, request, key: key.clone() },
        Message::Fetched { request, siblings: siblings.clone() },
        Message::StoreHint { tip, request, hint, siblings: siblings.clone() },
        Message::StoredHint { request, recipient: NodeId(2) },
        Message::HandOff { tip, key: key.clone(), siblings: siblings.clone(), is_all: true },
        Message::HandedOff { tip, key: key.clone(), context: context() },
        Message::Survey { tip, key: key.clone(), siblings: siblings.clone() },
        Message::Gather { tip, key: key.clone() },
        Message::Gathered { tip, key: key.clone(), siblings: siblings.clone(), is_all: false },
        Message::Repair { tip, request, key, siblings },
        Message::Forwarded { request },
    ]
}

fn of_trees() -> Vec<Message> {
    let (tip, place) = (Tip(3), Place { partition: Partition(5), depth: 1, index: 9 });
    let digest = Digest(0x0102_0304_0506_0708);
    let leaf = Leaf { place, after: Some(key()), keys: vec![(key(), digest)], is_cut: true };
    vec![
        Message::Gossip { tip },
        Message::History { history: history() },
        Message::Changes { changes: history() },
        Message::Roots { tip, roots: vec![(Partition(5), digest); 3] },
        Message::Subtrees {
            tip,
            subtrees: vec![Subtree { place, children: vec![(1, digest), (7, digest)] }],
        },
        Message::Leaves { tip, leaves: vec![leaf] },
        Message::Sync { tip, key: key(), siblings: siblings() },
    ]
}

/// Two headers for datagrams.
fn parties() -> [Parties; 2] {
    let recall = Recall {
        commit: 41,
        remembered: Some(Moment { start: 8, commit: 40 }),
        is_confirmed: true,
        asks: true,
    };
    let cluster = ClusterId::UNKNOWN.named("fuzz");
    let from = Sender::Node(NodeId(1), Life { incarnation: 3, start: 9 });
    [Parties::default(), Parties { cluster, from, to: Some(NodeId(2)), recall }]
}

/// A datagram with these messages.
fn datagram(messages: &[Message], parties: &Parties) -> Vec<u8> {
    let mut datagram = Datagram::default();
    for message in messages {
        datagram.push_stamped(message, &[7; STAMP_BYTES]).expect("short messages");
    }
    datagram.seal(parties).to_vec()
}

/// A datagram for each message, one without any, and some with several.
pub(crate) fn datagrams() -> Vec<Vec<u8>> {
    let (messages, [client, node]) = (messages(), parties());
    let single = messages.chunks(1).map(|one| datagram(one, &client));
    let several = messages.chunks(3).map(|some| datagram(some, &node));
    single.chain(several).chain([datagram(&[], &node)]).collect()
}

/// The contents of the project's files in a folder with this ending.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let entries = fs::read_dir(&folder)
        .expect("a folder of the project")
        .map(|entry| entry.expect("an entry"));
    let mut paths: Vec<_> = entries
        .filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.len() <= FILE_BYTES_MAX))
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == ending))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file of the project")).collect()
}
