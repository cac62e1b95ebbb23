use super::*;
use quickcheck::{TestResult, quickcheck};
use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};

/// Encodes a fragment, even with invalid numbers.
pub(crate) fn encoded(fragment: &Fragment<'_>) -> Vec<u8> {
    fragment.encode()
}

quickcheck! {
    fn the_pieces_in_order_are_the_message(sealed: Vec<u8>, longest: usize) -> TestResult {
        if sealed.len() < 2 {
            return TestResult::discard();
        }
        let longest = 1 + longest % (sealed.len() - 1);
        let datagrams: Vec<Vec<u8>> = Cutter::default().pieces(&sealed, longest).collect();
        let fragments: Vec<Fragment<'_>> =
            datagrams.iter().map(|bytes| Fragment::decode(bytes).unwrap()).collect();

        let is_numbered = |(index, fragment): (usize, &Fragment<'_>)| {
            let Fragment { message, count, total, .. } = *fragment;
            let numbers = (usize::from(fragment.index), usize::from(count), total);
            numbers == (index, fragments.len(), sealed.len()) && message == fragments[0].message
        };
        let pieces: Vec<&[u8]> = fragments.iter().map(|fragment| fragment.piece).collect();
        let is_short = pieces.iter().all(|piece| (1..=longest).contains(&piece.len()));
        let are_numbered = fragments.iter().enumerate().all(is_numbered);
        TestResult::from_bool(is_short && are_numbered && pieces.concat() == sealed)
    }
}

#[test]
fn what_fits_a_datagram_is_not_cut() {
    let mut cutter = Cutter::default();
    let bytes = vec![7; PAYLOAD_BYTES_MAX + 1];
    let whole: Vec<Cow<'_, [u8]>> = cutter.cut(&bytes[1..]).collect();
    assert!(matches!(&whole[..], [Cow::Borrowed(same)] if *same == &bytes[1..]));
    let mut ids = Vec::new();
    for _ in 0..2 {
        let cut: Vec<Cow<'_, [u8]>> = cutter.cut(&bytes).collect();
        assert_eq!(cut.len(), bytes.len().div_ceil(PIECE_BYTES_MAX));
        assert!(cut.iter().all(|datagram| datagram.len() <= HEADER_BYTES + PIECE_BYTES_MAX));
        ids.push(Fragment::decode(&cut[0]).unwrap().message);
    }
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn inconsistent_numbers_are_malformed() {
    let decode = |index, count, total, length| {
        let bytes = Fragment { message: 1, index, count, total, piece: &vec![0; length] }.encode();
        Fragment::decode(&bytes).map(|fragment| fragment.piece.len())
    };
    assert_eq!(decode(0, 3, 10, 4), Ok(4));
    assert_eq!(decode(2, 3, 10, 2), Ok(2));
    let largest = MESSAGE_BYTES_MAX;
    assert_eq!(decode(99, 100, largest, largest - 99 * largest.div_ceil(100)), Ok(41_848));
    for (what, index, count, total, length) in [
        ("no pieces", 0, 0, 10, 10),
        ("a single piece", 0, 1, 10, 10),
        ("no such piece", 3, 3, 10, 2),
        ("a piece too long", 0, 3, 10, 5),
        ("a piece too short", 0, 3, 10, 3),
        ("a last piece too long", 2, 3, 10, 4),
        ("an empty piece", 2, 3, 10, 0),
        ("nothing at all", 0, 2, 0, 0),
        ("more pieces than bytes", 0, 11, 10, 1),
        // With pieces of 2 bytes, the first five contain everything.
        ("pieces without bytes", 0, 7, 10, 2),
        ("too large a message", 0, 2, largest + 1, largest / 2 + 1),
        ("a far too large message", 0, u16::MAX, u32::MAX as usize, 65_000),
    ] {
        assert_eq!(
            decode(index, count, total, length),
            Err(WireError::FragmentMalformed),
            "{what}"
        );
    }
}

#[test]
fn each_kind_of_damage_has_its_error() {
    let good = Fragment { message: 1, index: 0, count: 2, total: 20, piece: &[7; 10] }.encode();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        Fragment::decode(&bytes).unwrap_err()
    };
    assert_eq!(Fragment::decode(&good[..SUMMED_AT - 1]), Err(WireError::TooShort));
    assert_eq!(with(3, b'M'), WireError::NotOurs);
    assert_eq!(with(4, 4), WireError::Version(4));
    assert_eq!(with(good.len() - 1, 8), WireError::Checksum);
    assert_eq!(Fragment::decode(&good[..good.len() - 1]), Err(WireError::Checksum));
    assert_eq!(wire::decode(&good), Err(WireError::NotOurs), "a fragment is not a whole message");
}

#[test]
fn no_header_makes_decoding_panic() {
    let mut random = SmallRng::seed_from_u64(1);
    let mut decoded = 0;
    for round in 0..200_000 {
        let mut bytes = vec![0; random.random_range(0..64)];
        random.fill_bytes(&mut bytes);
        if bytes.len() >= SUMMED_AT {
            // Half of the numbers are small, so that some of them are consistent.
            if round % 2 == 0 && bytes.len() >= HEADER_BYTES {
                let small: Vec<u8> = (0..3).map(|_| random.random_range(0..5)).collect();
                bytes[INDEX_AT..HEADER_BYTES].copy_from_slice(&[
                    small[0],
                    0,
                    small[1],
                    0,
                    10 * small[2],
                    0,
                    0,
                    0,
                ]);
            }
            wire::seal(MAGIC, &mut bytes);
        }
        decoded += usize::from(Fragment::decode(&bytes).is_ok());
    }
    assert!(decoded > 100, "{decoded} were fragments");
}
