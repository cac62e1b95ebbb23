use super::*;
use crate::fragments::Cutter;
use crate::fragments::tests::encoded;
use crate::identity::Parties;
use crate::wire::Datagram;
use crate::wire::tests::AnyMessage;
use dynamo_model::ids::{ClientId, RequestId};
use dynamo_model::message::Message;
use quickcheck::{QuickCheck, quickcheck};
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use std::borrow::Cow;
use std::collections::BTreeSet;

fn address(number: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, number], 4100))
}

fn sealed(message: &Message) -> Vec<u8> {
    let mut datagram = Datagram::default();
    datagram.push(message).unwrap();
    datagram.seal(&Parties::default()).to_vec()
}

fn stored(number: u64) -> Message {
    Message::Stored { request: RequestId { client: ClientId(1), number } }
}

/// All messages in some datagrams, with their senders.
fn received(reassembly: &mut Reassembly, datagrams: &[(u8, Vec<u8>)]) -> Vec<(u8, Message)> {
    let now = Instant::now();
    let mut received = Vec::new();
    for (from, datagram) in datagrams {
        let letter = reassembly.receive(address(*from), datagram, now).unwrap_or_default();
        received.extend(
            letter.into_iter().flat_map(|letter| letter.messages).map(|message| (*from, message)),
        );
    }
    received.sort_unstable();
    received
}

/// Cuts messages of three senders, loses and duplicates fragments, and shuffles all. Exactly the
/// messages without a lost fragment come out, once each.
#[test]
fn exactly_the_complete_messages_come_out() {
    fn complete_messages_come_out(
        messages: Vec<(u8, AnyMessage)>,
        seed: u64,
        lost: bool,
        mixed: bool,
    ) -> bool {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut cutters = [(); 3].map(|()| Cutter::default());
        let (mut datagrams, mut complete) = (Vec::new(), Vec::new());
        for (from, AnyMessage(message)) in messages.into_iter().take(Limits::LOCAL.sender.messages)
        {
            let (from, sealed) = (from % 3, sealed(&message));
            let longest = random.random_range(1..sealed.len());
            let mut is_complete = true;
            for fragment in cutters[usize::from(from)].pieces(&sealed, longest) {
                let copies =
                    if lost && random.random_ratio(1, 20) { 0 } else { random.random_range(1..3) };
                is_complete &= copies > 0;
                datagrams.extend(std::iter::repeat_n((from, fragment), copies));
            }
            complete.extend(is_complete.then_some((from, message)));
        }
        if mixed {
            datagrams.shuffle(&mut random);
        }
        complete.sort_unstable();
        received(&mut Reassembly::default(), &datagrams) == complete
    }
    type Property = fn(Vec<(u8, AnyMessage)>, u64, bool, bool) -> bool;
    QuickCheck::new().tests(200).quickcheck(complete_messages_come_out as Property);
}

/// Damages fragments and corrects the checksum of each, so that only the checksum of the whole
/// message can tell.
#[test]
fn no_fragment_causes_a_panic_or_a_message_that_was_not_sent() {
    let mut random = SmallRng::seed_from_u64(1);
    let (mut reassembly, mut cutter) = (Reassembly::default(), Cutter::default());
    let now = Instant::now();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let mut sent = BTreeSet::new();
    for number in 0..50_000 {
        sent.insert(stored(number));
        let mut fragments: Vec<Vec<u8>> =
            cutter.pieces(&sealed(&stored(number)), random.random_range(3..12)).collect();
        fragments.shuffle(&mut random);
        for fragment in &mut fragments {
            if random.random_ratio(1, 6) {
                let at = random.random_range(0..fragment.len());
                fragment[at] = random.random_range(0..4);
                if random.random_ratio(4, 5) {
                    wire::seal(*b"DYNF", fragment);
                }
            }
            let outcome =
                match reassembly.receive(address(random.random_range(0..2)), fragment, now) {
                    Ok(letter) => {
                        let messages: Vec<Message> =
                            letter.into_iter().flat_map(|letter| letter.messages).collect();
                        // A damaged id may complete an earlier message, with a piece that both
                        // messages have.
                        assert!(
                            messages.iter().all(|message| sent.contains(message)),
                            "{messages:?}"
                        );
                        if messages.is_empty() {
                            "unfinished".to_owned()
                        } else {
                            "complete".to_owned()
                        }
                    }
                    Err(error) => format!("{error:?}"),
                };
            *outcomes.entry(outcome).or_default() += 1;
        }
    }
    let seen: Vec<&str> = outcomes.keys().map(String::as_str).collect();
    let expected = [
        "Checksum",
        "FragmentContradicts",
        "FragmentMalformed",
        "FragmentNotNeeded",
        "complete",
        "unfinished",
    ];
    assert!(expected.iter().all(|outcome| seen.contains(outcome)), "{outcomes:?}");
}

/// Do all limits hold, for each sender and in all?
fn is_within_limits(reassembly: &Reassembly) -> bool {
    let Limits { sender, all, .. } = reassembly.limits;
    let of = |from: u8| reassembly.taken(|message| message.name.0 == address(from));
    let held: usize = reassembly
        .unfinished
        .iter()
        .flat_map(|message| message.pieces.values())
        .map(|p| p.len())
        .sum();
    !reassembly.taken(|_| true).exceeds(all)
        && (0..=255).all(|from| !of(from).exceeds(sender))
        && held <= reassembly.taken(|_| true).bytes
        && reassembly.ended.len() <= ENDED_MAX
}

quickcheck! {
    fn a_flood_stays_within_limits(fragments: Vec<(u8, u8, u16, u16, u32)>) -> bool {
        let (sender, all) = (Room { messages: 3, bytes: 1000 }, Room { messages: 7, bytes: 3000 });
        let limits = Limits { sender, all, age: Duration::from_secs(5) };
        let mut reassembly = Reassembly::within(limits);
        fragments.into_iter().all(|(from, message, index, count, total)| {
            let (count, total) = (2 + count % 20, 300 + total as usize % 3000);
            let (index, length) = (index % count, total.div_ceil(usize::from(count)));
            let piece = vec![7; length.min(total.saturating_sub(length * usize::from(index)))];
            let message = message.into();
            let fragment = encoded(&Fragment { message, index, count, total, piece: &piece });
            let _ = reassembly.receive(address(from % 5), &fragment, Instant::now());
            is_within_limits(&reassembly)
        })
    }
}

/// The first fragment of a message in 65,535 pieces of one byte.
fn first_of_many(message: u64) -> Vec<u8> {
    encoded(&Fragment { message, index: 0, count: u16::MAX, total: u16::MAX.into(), piece: &[7] })
}

#[test]
fn the_oldest_message_of_a_sender_makes_room_and_other_senders_keep_theirs() {
    let (mut reassembly, now) = (Reassembly::default(), Instant::now());
    let halves: Vec<Vec<u8>> = Cutter::default().pieces(&sealed(&stored(1)), 10).collect();
    reassembly.receive(address(1), &halves[0], now).unwrap();
    let most = Limits::LOCAL.sender.messages as u64;
    for message in 0..most + 10 {
        reassembly.receive(address(2), &first_of_many(message), now).unwrap();
    }
    assert_eq!(reassembly.given_up(), GivenUp { too_old: 0, no_room: 10 });
    let theirs: Vec<u64> =
        reassembly.unfinished.iter().skip(1).map(|message| message.name.1).collect();
    assert_eq!(theirs, (10..most + 10).collect::<Vec<_>>());
    assert_eq!(
        reassembly.receive(address(2), &first_of_many(9), now),
        Err(WireError::FragmentNotNeeded)
    );
    // Many addresses together take the room of all. Then the oldest message is given up.
    for from in 3..=255 {
        for message in 0..5 {
            reassembly.receive(address(from), &first_of_many(message), now).unwrap();
        }
    }
    assert!(is_within_limits(&reassembly));
    assert_eq!(reassembly.receive(address(1), &halves[1], now), Ok(None));
    assert_eq!(reassembly.taken(|_| true).messages, Limits::LOCAL.all.messages);
}

#[test]
fn no_memory_is_allocated_for_what_a_fragment_announces() {
    let mut reassembly = Reassembly::default();
    let (total, piece) = (MESSAGE_BYTES_MAX, vec![7; MESSAGE_BYTES_MAX / 128]);
    let first = encoded(&Fragment { message: 1, index: 127, count: 128, total, piece: &piece });
    reassembly.receive(address(1), &first, Instant::now()).unwrap();
    assert_eq!(
        reassembly.taken(|_| true),
        Room { messages: 1, bytes: piece.len() + PIECE_EXTRA_BYTES }
    );
}

#[test]
fn the_largest_message_has_room_beside_others() {
    let mut reassembly = Reassembly::default();
    let frame = vec![7; MESSAGE_BYTES_MAX];
    for round in 0..3 {
        let fragments: Vec<Vec<u8>> = Cutter::default().cut(&frame).map(Cow::into_owned).collect();
        let (last, others) = fragments.split_last().unwrap();
        for fragment in others {
            assert_eq!(reassembly.receive(address(1), fragment, Instant::now()), Ok(None));
        }
        if round == 2 {
            // All its fragments were kept: only its content is refused.
            assert_eq!(
                reassembly.receive(address(1), last, Instant::now()),
                Err(WireError::NotOurs)
            );
        }
    }
    assert!(is_within_limits(&reassembly));
}

#[test]
fn a_message_that_stays_unfinished_is_given_up() {
    let (mut reassembly, start) = (Reassembly::default(), Instant::now());
    let fragments: Vec<Vec<u8>> = Cutter::default().pieces(&sealed(&stored(1)), 5).collect();
    let age = Limits::LOCAL.age;
    reassembly.receive(address(1), &fragments[0], start).unwrap();
    reassembly.receive(address(1), &fragments[1], start + age).unwrap();
    reassembly.forget_old(start + age);
    assert_eq!(reassembly.given_up(), GivenUp::default());
    reassembly.forget_old(start + age + Duration::from_millis(1));
    assert_eq!(reassembly.given_up(), GivenUp { too_old: 1, no_room: 0 });
    assert_eq!(reassembly.taken(|_| true), Room::default());
    let late = reassembly.receive(address(1), &fragments[2], start + age);
    assert_eq!(late, Err(WireError::FragmentNotNeeded));
}

#[test]
fn a_contradicting_fragment_does_not_harm_its_message() {
    let (mut reassembly, now) = (Reassembly::default(), Instant::now());
    let fragments: Vec<Vec<u8>> = Cutter::default().pieces(&sealed(&stored(1)), 8).collect();
    let Fragment { message, count, .. } = Fragment::decode(&fragments[0]).unwrap();
    let other = encoded(&Fragment {
        message,
        index: 1,
        count,
        total: 2 * usize::from(count),
        piece: &[7; 2],
    });
    reassembly.receive(address(1), &fragments[0], now).unwrap();
    assert_eq!(reassembly.receive(address(1), &other, now), Err(WireError::FragmentContradicts));
    // The same id from another sender is another message.
    assert_eq!(reassembly.receive(address(2), &other, now), Ok(None));
    for fragment in &fragments[1..fragments.len() - 1] {
        assert_eq!(reassembly.receive(address(1), fragment, now), Ok(None));
    }
    let letter = Letter {
        parties: Parties::default(),
        messages: vec![stored(1)],
        stamps: Vec::new(),
        callers: Vec::new(),
    };
    assert_eq!(reassembly.receive(address(1), fragments.last().unwrap(), now), Ok(Some(letter)));
}
