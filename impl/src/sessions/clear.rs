//! What takes the cipher's place in most simulated runs: nothing is encrypted, and a checksum stands
//! where the tag would be. Formats and lengths are those of the cipher. A handshake with the cipher
//! costs as much time as hundreds of other simulated events.

use super::envelope::{NOISE_BYTES, TAG_BYTES};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The number of a handshake message. No sealed datagram has it.
const HANDSHAKE: u64 = u64::MAX;
const CONTENT_BYTES: usize = NOISE_BYTES - TAG_BYTES;

/// A handshake message with this payload.
pub(super) fn message(payload: u64) -> [u8; NOISE_BYTES] {
    let (mut content, mut message) = ([0; CONTENT_BYTES], [0; NOISE_BYTES]);
    content[..8].copy_from_slice(&payload.to_le_bytes());
    seal(HANDSHAKE, &content, &mut message);
    message
}

/// The payload of a handshake message. `None`: it is damaged.
pub(super) fn payload(message: &[u8]) -> Option<u64> {
    let mut content = [0; NOISE_BYTES];
    open(HANDSHAKE, message, &mut content)?;
    content.first_chunk().map(|payload| u64::from_le_bytes(*payload))
}

/// Writes a payload and its checksum.
pub(super) fn seal(number: u64, payload: &[u8], sealed: &mut [u8]) {
    let (content, tag) = sealed.split_at_mut(payload.len());
    content.copy_from_slice(payload);
    tag.copy_from_slice(&xxh3_128_with_seed(payload, number).to_le_bytes());
}

/// Reads a payload. Returns its length; `None`: it is damaged.
pub(super) fn open(number: u64, sealed: &[u8], opened: &mut [u8]) -> Option<usize> {
    let (content, tag) = sealed.split_last_chunk::<TAG_BYTES>()?;
    let is_whole = xxh3_128_with_seed(content, number).to_le_bytes() == *tag;
    opened.get_mut(..content.len()).filter(|_| is_whole)?.copy_from_slice(content);
    Some(content.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_datagram_is_not_opened() {
        let mut sealed = [0; 5 + TAG_BYTES];
        seal(7, b"hello", &mut sealed);
        let mut opened = [0; 64];
        assert_eq!(open(7, &sealed, &mut opened), Some(5));
        assert_eq!(&opened[..5], b"hello");
        assert_eq!(open(8, &sealed, &mut opened), None, "another number");
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(7, &damaged, &mut opened), None, "bit {bit}");
        }
        assert_eq!(open(7, &[], &mut opened), None);
        assert_eq!(payload(&message(12)), Some(12));
    }
}
