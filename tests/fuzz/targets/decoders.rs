//! Datagrams with a checksum: letters, questions, replies and refusals.
//!
//! ```text
//! magic  version  crc32 of the rest  the rest
//! 4      1        4, little-endian
//! ```

use super::{Execute, Outcome};
use crate::chance::Chance;
use crate::{mutate, seeds};
use dynamo::admission::{Busy, Overload};
use dynamo::counters::Dropped;
use dynamo::doorkeeper::{Refusals, Refused, Twin};
use dynamo::founding::Founding;
use dynamo::identity::ClusterId;
use dynamo::inspect::{ExchangeLine, HintLine, Numbered, Question, Reply, Status};
use dynamo::recording::Recording;
use dynamo::wire::{self, Datagram, Letter, VERSION};
use dynamo_model::hint::{HintId, HintState};
use dynamo_model::ids::{ClientId, Key, NodeId, RequestId};
use dynamo_model::membership::Tip;
use dynamo_model::ring::Partition;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The offset of the first byte under the checksum.
pub(super) const SUMMED_AT: usize = 9;

/// Corrects the start of a datagram: magic, version and checksum. Returns false if it is too short.
pub(super) fn repair(magic: [u8; 4], input: &mut [u8]) -> bool {
    let Some((start, summed)) = input.split_at_mut_checked(SUMMED_AT) else { return false };
    start[..4].copy_from_slice(&magic);
    start[4] = VERSION;
    start[5..].copy_from_slice(&crc32fast::hash(summed).to_le_bytes());
    true
}

/// Mutates these seeds, corrects three in four, and decodes. `decode` returns whether it could
/// decode.
fn decoder(magic: [u8; 4], seeds: Vec<Vec<u8>>, decode: fn(&[u8]) -> bool) -> Execute {
    Box::new(move |chance, input| {
        mutate::from_seeds(chance, input, &seeds);
        let is_repaired = !chance.one_in(4) && repair(magic, input);
        match (decode(input), is_repaired) {
            (true, _) => Outcome::Taken,
            (false, true) => Outcome::Checked,
            (false, false) => Outcome::Refused,
        }
    })
}

/// [`wire::decode`].
pub(super) fn datagrams(_: &mut Chance) -> Execute {
    decoder(*b"DYNM", seeds::datagrams(), |input| {
        let Ok(letter) = wire::decode(input) else { return false };
        assert!(
            letter.messages.capacity() <= input.len(),
            "no more memory is allocated than there are bytes"
        );
        let mut again = Datagram::default();
        for (message, stamp) in letter.clone().into_stamped() {
            again
                .push_stamped(&message, &stamp.unwrap_or_default())
                .expect("it came in a datagram");
        }
        let encoded = again.seal(&letter.parties);
        assert!(encoded.len() <= input.len(), "{} bytes became {}", input.len(), encoded.len());
        // The addresses of clients in forwarded requests are lost when it is encoded again.
        assert_eq!(wire::decode(encoded), Ok(Letter { callers: Vec::new(), ..letter }));
        true
    })
}

/// [`Numbered::<Question>::decode`].
pub(super) fn questions(_: &mut Chance) -> Execute {
    let hint = HintId { recipient: NodeId(2), key: Key::new(seeds::KEY).expect("a key") };
    let questions =
        [Question::Status, Question::Hints { after: None }, Question::Hints { after: Some(hint) }];
    let seeds = questions.map(|content| Numbered { number: 7, content }.encode());
    decoder(*b"DYNQ", seeds.to_vec(), |input| {
        let question = Numbered::<Question>::decode(input);
        let Some(question) = question else { return false };
        is_kept(input, &question.encode(), |encoded| {
            Numbered::<Question>::decode(encoded).as_ref() == Some(&question)
        })
    })
}

/// [`Numbered::<Reply>::decode`].
pub(super) fn replies(_: &mut Chance) -> Execute {
    let hint = HintLine {
        recipient: NodeId(2),
        key: Key::new(seeds::KEY).expect("a key"),
        bytes: 300,
        state: HintState::InTransfer,
        age_ms: 70_000,
        attempts: 3,
    };
    let hints = Reply::Hints { hints: vec![hint.clone(), hint], more: true };
    let replies = [Reply::Status(Box::new(status())), hints];
    let seeds = replies.map(|content| Numbered { number: 7, content }.encode());
    decoder(*b"DYNR", seeds.to_vec(), |input| {
        let reply = Numbered::<Reply>::decode(input);
        let Some(reply) = reply else { return false };
        is_kept(input, &reply.encode(), |encoded| {
            Numbered::<Reply>::decode(encoded).as_ref() == Some(&reply)
        })
    })
}

/// [`Busy::decode`].
pub(super) fn refusals(_: &mut Chance) -> Execute {
    let busy = |count: u64| {
        (0..count).fold(Busy::default(), |mut busy, number| {
            busy.push(
                RequestId { client: ClientId(number << 20), number },
                Duration::from_millis(40 * number),
            );
            busy
        })
    };
    decoder(*b"DYNB", [0, 1, 3, 20].map(|count| busy(count).encode()).to_vec(), |input| {
        let Some(busy) = Busy::decode(input) else { return false };
        assert!(
            busy.waits.capacity() <= 4 * input.len(),
            "no more memory is allocated than there are bytes"
        );
        is_kept(input, &busy.encode(), |encoded| Busy::decode(encoded).as_ref() == Some(&busy))
    })
}

/// Checks that a decoded value is no longer than its input when it is encoded again, and decodes to
/// the same value.
pub(super) fn is_kept(input: &[u8], encoded: &[u8], is_same: impl Fn(&[u8]) -> bool) -> bool {
    assert!(encoded.len() <= input.len(), "{} bytes became {}", input.len(), encoded.len());
    assert!(is_same(encoded), "encoded again, it is another value");
    true
}

/// A status with one of everything.
fn status() -> Status {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    Status {
        id: NodeId(1),
        tip: Tip(9),
        cluster: Founding { cluster: ClusterId::UNKNOWN.named("fuzz"), n: 3, r: 2, w: 2 },
        members: [0, 1, 2].map(NodeId).to_vec(),
        agreed_ms: vec![(NodeId(2), 300)],
        suspected: vec![NodeId(0)],
        keys: 70_000,
        hints: 1,
        planting: true,
        dropped: Dropped { checksum: 5, ..Dropped::default() },
        overload: Overload { busy_all: 300, ..Overload::default() },
        refusals: vec![Refusals { why: Refused::OtherCluster, count: 2, last_from: address }],
        twins: vec![Twin { node: NodeId(2), heard_at: address, ago_ms: 5 }],
        exchanges: vec![ExchangeLine {
            partition: Partition(5),
            peer: NodeId(2),
            last_ms: Some(7),
            agreed_ms: None,
            repaired: 1,
        }],
        found_old: Some("an older copy".to_owned()),
        recording: Recording::On,
    }
}
