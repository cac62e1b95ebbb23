//! Single fragments, and their reassembly.
//!
//! ```text
//! "DYNF"  version  crc32 of the rest  message id  index  count  total  the piece
//! 4       1        4, little-endian   8, LE       2, LE  2, LE  4, LE  the rest
//! ```

use super::decoders::{SUMMED_AT, repair};
use super::{Execute, Outcome};
use crate::chance::Chance;
use crate::{mutate, seeds};
use dynamo::fragments::Fragment;
use dynamo::reassembly::Reassembly;
use dynamo::wire::{MESSAGE_BYTES_MAX, WireError};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const MAGIC: [u8; 4] = *b"DYNF";
/// The number of messages in flight.
const MESSAGES: usize = 8;
/// The number of senders' addresses.
const SENDERS: usize = 40;
/// The unfinished messages are checked after this many executions.
const LOOK_EVERY: u64 = 2048;
/// The most unfinished messages.
const UNFINISHED_MAX: usize = 1024;

/// Cuts a message into `count` pieces.
fn cut(message: &[u8], id: u64, count: usize) -> Vec<Vec<u8>> {
    let pieces: Vec<&[u8]> = message.chunks(message.len().div_ceil(count)).collect();
    let numbers = |index: usize| {
        let (index, count) = ((index as u16).to_le_bytes(), (pieces.len() as u16).to_le_bytes());
        [&id.to_le_bytes()[..], &index, &count, &(message.len() as u32).to_le_bytes()].concat()
    };
    let fragment = |(index, piece): (usize, &&[u8])| {
        let mut fragment = [&[0; SUMMED_AT][..], &numbers(index), piece].concat();
        repair(MAGIC, &mut fragment);
        fragment
    };
    pieces.iter().enumerate().map(fragment).collect()
}

/// [`Fragment::decode`].
pub(super) fn single(_: &mut Chance) -> Execute {
    let seeds: Vec<_> =
        seeds::datagrams().iter().take(8).flat_map(|whole| cut(whole, 9, 3)).collect();
    Box::new(move |chance, input| {
        mutate::from_seeds(chance, input, &seeds);
        let is_repaired = !chance.one_in(4) && repair(MAGIC, input);
        match Fragment::decode(input) {
            Ok(Fragment { index, count, total, piece, .. }) => {
                assert!(index < count && piece.len() <= total && total <= MESSAGE_BYTES_MAX);
                Outcome::Taken
            }
            Err(_) if is_repaired => Outcome::Checked,
            Err(_) => Outcome::Refused,
        }
    })
}

/// [`Reassembly::receive`]: several messages of many senders are in flight, and some are damaged.
pub(super) fn together(chance: &mut Chance) -> Execute {
    let (wholes, mut now) = (seeds::datagrams(), Instant::now());
    let new = move |chance: &mut Chance| {
        let count = 2 + chance.below(4);
        cut(chance.pick::<Vec<u8>>(&wholes), chance.number(), count)
    };
    let mut messages: Vec<_> = (0..MESSAGES).map(|_| new(chance)).collect();
    let (mut reassembly, mut executions) = (Reassembly::default(), 0);
    Box::new(move |chance, input| {
        if chance.one_in(16) {
            *chance.pick_mut(&mut messages) = new(chance);
        }
        let fragments = chance.pick(&messages);
        let from = SocketAddr::from(([127, 0, 0, 1], chance.below(SENDERS) as u16));
        let from = if chance.one_in(4) { from } else { SocketAddr::from(([127, 0, 0, 1], 0)) };
        let is_repaired = fragment(chance, input, fragments);
        now += Duration::from_millis(chance.below(8) as u64);
        let received = reassembly.receive(from, input, now);
        executions += 1;
        if executions % LOOK_EVERY == 0 {
            let unfinished = format!("{reassembly:?}").matches("Unfinished {").count();
            assert!(unfinished <= UNFINISHED_MAX, "{unfinished} unfinished messages");
        }
        match received {
            Ok(Some(_)) => Outcome::Taken,
            Err(WireError::Checksum | WireError::NotOurs) if !is_repaired => Outcome::Refused,
            _ => Outcome::Checked,
        }
    })
}

/// One of these fragments, mostly unchanged. Returns whether its checksum is right.
fn fragment(chance: &mut Chance, input: &mut Vec<u8>, fragments: &[Vec<u8>]) -> bool {
    if chance.one_in(2) {
        mutate::from_seeds(chance, input, fragments);
        return !chance.one_in(4) && repair(MAGIC, input);
    }
    input.clear();
    input.extend(chance.pick(fragments));
    // Sometimes another message with the same id.
    if chance.one_in(64) {
        let at = SUMMED_AT + 8 + chance.below(8);
        input[at] = chance.byte();
        repair(MAGIC, input);
    }
    true
}
