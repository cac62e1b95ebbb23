//! Mutations: what damage and attackers do to valid input.

use crate::chance::Chance;

/// The longest input, in bytes.
const BYTES_MAX: usize = 4096;
/// The longest noise, in bytes.
const NOISE_BYTES_MAX: usize = 160;
/// Numbers at the limits of arithmetic.
const EDGES: [u64; 12] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
];
/// The longest numbers in postcard's encoding, and one that is too long.
const VARINTS: [&[u8]; 4] = [
    &[0xff, 0xff, 0x03],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff; 10],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
];

/// Fills `input` with a valid input with up to three mutations, or with noise.
pub(crate) fn from_seeds(chance: &mut Chance, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    input.clear();
    if chance.one_in(32) {
        input.resize(chance.below(NOISE_BYTES_MAX), 0);
        chance.fill(input);
        return;
    }
    input.extend(chance.pick(seeds));
    for _ in 0..chance.below(4) {
        bytes(chance, input, seeds);
    }
}

/// Fills `input` with a text: mutates lines and words too.
pub(crate) fn from_texts(chance: &mut Chance, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    input.clear();
    input.extend(chance.pick(seeds));
    for _ in 0..chance.below(4) {
        match chance.below(8) {
            0 => bytes(chance, input, seeds),
            1..=3 => lines(chance, input, seeds),
            _ => words(chance, input, seeds),
        }
    }
}

/// Applies one mutation.
pub(crate) fn bytes(chance: &mut Chance, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    if input.is_empty() {
        input.push(chance.byte());
        return;
    }
    let at = chance.below(input.len());
    match chance.below(12) {
        0 | 1 => input[at] ^= 1 << chance.below(8),
        2 => input[at] = chance.byte(),
        3 => input[at] = *chance.pick(&EDGES) as u8,
        4 => input[at] = input[at].wrapping_add(chance.below(9) as u8).wrapping_sub(4),
        5 => block(chance, input, at),
        6 => input.truncate(at),
        7 => extend(chance, input),
        8 => number(chance, input, at),
        9 => replace(input, at, 1, chance.pick::<&[u8]>(&VARINTS)),
        10 => splice(chance, input, at, seeds),
        _ => repeat(chance, input, at),
    }
}

/// Overwrites a block with zeros or ones.
fn block(chance: &mut Chance, input: &mut [u8], at: usize) {
    let end = input.len().min(at + 1 + chance.below(64));
    input[at..end].fill(if chance.one_in(4) { 0xff } else { 0 });
}

/// Appends bytes.
fn extend(chance: &mut Chance, input: &mut Vec<u8>) {
    let length = input.len();
    input.resize((length + 1 + chance.below(32)).min(BYTES_MAX.max(length)), 0);
    chance.fill(&mut input[length..]);
}

/// Writes a little-endian number of 2, 4 or 8 bytes, as in fields for lengths.
fn number(chance: &mut Chance, input: &mut [u8], at: usize) {
    let number = chance.pick(&EDGES).to_le_bytes();
    let end = input.len().min(at + *chance.pick(&[2, 4, 8]));
    input[at..end].copy_from_slice(&number[..end - at]);
}

/// Continues with another valid input from `at` on.
fn splice(chance: &mut Chance, input: &mut Vec<u8>, at: usize, seeds: &[Vec<u8>]) {
    let other = chance.pick(seeds);
    let from = if chance.one_in(2) { at.min(other.len()) } else { chance.below(other.len() + 1) };
    input.truncate(at);
    input.extend(&other[from..]);
    input.truncate(BYTES_MAX.max(at));
}

/// Duplicates a part of the input.
fn repeat(chance: &mut Chance, input: &mut Vec<u8>, at: usize) {
    let part = input[at..input.len().min(at + 1 + chance.below(48))].to_vec();
    replace(input, at, 0, &part);
}

/// Replaces `length` bytes.
fn replace(input: &mut Vec<u8>, at: usize, length: usize, bytes: &[u8]) {
    let end = input.len().min(at + length);
    if input.len() < BYTES_MAX {
        input.splice(at..end, bytes.iter().copied());
    }
}

/// Removes, duplicates or moves a line, or takes one from another input.
fn lines(chance: &mut Chance, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let mut lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.is_empty() {
        return;
    }
    let other: Vec<&[u8]> = chance.pick(seeds).split_inclusive(|byte| *byte == b'\n').collect();
    let (at, from) = (chance.below(lines.len()), chance.below(lines.len()));
    match chance.below(4) {
        0 => drop(lines.remove(at)),
        1 => lines.swap(at, from),
        2 if input.len() < 4 * BYTES_MAX => lines.insert(at, lines[from]),
        _ => lines[at] = chance.pick::<&[u8]>(&other),
    }
    *input = lines.concat();
}

/// Replaces a word by one of another input, or by a number.
fn words(chance: &mut Chance, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let Some((start, end)) = word(chance, input) else { return };
    let other = chance.pick(seeds);
    match (chance.below(4), word(chance, other)) {
        (0, _) => drop(input.splice(start..end, chance.pick(&EDGES).to_string().into_bytes())),
        (1, _) => drop(input.drain(start..end)),
        (_, Some((from, to))) => drop(input.splice(start..end, other[from..to].iter().copied())),
        (_, None) => {}
    }
}

/// The range of a word in a text.
fn word(chance: &mut Chance, text: &[u8]) -> Option<(usize, usize)> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let from = chance.below(text.len().max(1));
    let start = from + text.get(from..)?.iter().position(is_letter)?;
    let length =
        text[start..].iter().position(|byte| !is_letter(byte)).unwrap_or(text.len() - start);
    Some((start, start + length))
}
