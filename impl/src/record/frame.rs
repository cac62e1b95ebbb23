//! How one entry lies in a file.
//!
//! ```text
//! length  crc32 of the content  check of the 8 bytes before  content
//! 4, LE   4, LE                 2, LE                        length
//! ```
//! The header has a check of its own. So a file that ends amid an entry, because its process was
//! killed amid a write, differs from a file in which a bit of a length was flipped.

const HEADER_BYTES: usize = 10;
const SUMMED_BYTES: usize = 8;

/// Begins an entry at the end of a buffer. Its content comes next.
pub(super) fn begin(buffer: &mut Vec<u8>) -> usize {
    let start = buffer.len();
    buffer.extend([0; HEADER_BYTES]);
    start
}

/// Ends the entry that began at `start`.
pub(super) fn end(buffer: &mut [u8], start: usize) {
    let content = &buffer[start + HEADER_BYTES..];
    let length = u32::try_from(content.len()).expect("an entry has less than 4 GiB");
    let header = header(length, crc32fast::hash(content));
    buffer[start..start + HEADER_BYTES].copy_from_slice(&header);
}

fn header(length: u32, checksum: u32) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&length.to_le_bytes());
    header[4..SUMMED_BYTES].copy_from_slice(&checksum.to_le_bytes());
    let check = crc32fast::hash(&header[..SUMMED_BYTES]) as u16;
    header[SUMMED_BYTES..].copy_from_slice(&check.to_le_bytes());
    header
}

/// What is at an offset of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// An entry, and the offset of what follows it.
    Content(&'a [u8], usize),
    /// The end of the file.
    End,
    /// The file ends amid an entry. After a power failure its last bytes may be zeros instead.
    Torn,
    /// The bytes are not those that were written.
    Damaged(&'static str),
}

/// What is at this offset of a file?
pub(super) fn find(file: &[u8], offset: usize) -> Found<'_> {
    let rest = file.get(offset..).unwrap_or_default();
    if rest.is_empty() {
        return Found::End;
    }
    let Some((head, rest)) = rest.split_first_chunk::<HEADER_BYTES>() else { return Found::Torn };
    let number = |at: usize| {
        let bytes = head[at..at + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes)
    };
    let (length, checksum) = (number(0), number(4));
    if *head != header(length, checksum) {
        let is_unwritten = head.iter().chain(rest).all(|byte| *byte == 0);
        let damaged = Found::Damaged("the header of the entry does not match its check");
        return if is_unwritten { Found::Torn } else { damaged };
    }
    let Some(content) = rest.get(..length as usize) else { return Found::Torn };
    if crc32fast::hash(content) == checksum {
        return Found::Content(content, offset + HEADER_BYTES + content.len());
    }
    let is_last = rest.len() == content.len();
    let is_unwritten = is_last && content.last() == Some(&0) && content.ends_with(&[0; 64]);
    if is_unwritten { Found::Torn } else { Found::Damaged("the entry does not match its checksum") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    fn written(contents: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Vec::new();
        for content in contents {
            let start = begin(&mut file);
            file.extend(content);
            end(&mut file, start);
        }
        file
    }

    /// All that can be read, and why reading ends.
    fn read(file: &[u8]) -> (Vec<Vec<u8>>, Found<'_>) {
        let (mut contents, mut offset) = (Vec::new(), 0);
        loop {
            match find(file, offset) {
                Found::Content(content, next) => {
                    contents.push(content.to_vec());
                    offset = next;
                }
                ended => return (contents, ended),
            }
        }
    }

    quickcheck! {
        fn what_was_written_is_read(contents: Vec<Vec<u8>>) -> bool {
            read(&written(&contents)) == (contents, Found::End)
        }

        fn a_file_that_was_cut_off_is_torn_and_not_damaged(contents: Vec<Vec<u8>>, at: usize) -> bool {
            let mut file = written(&contents);
            file.truncate(at % (file.len() + 1));
            let (whole, ended) = read(&file);
            contents.starts_with(&whole) && matches!(ended, Found::End | Found::Torn)
        }

        fn a_flipped_bit_is_damage(contents: Vec<Vec<u8>>, at: usize) -> bool {
            let mut file = written(&contents);
            if file.is_empty() {
                return true;
            }
            let bit = at % (file.len() * 8);
            file[bit / 8] ^= 1 << (bit % 8);
            let (whole, ended) = read(&file);
            contents.starts_with(&whole) && matches!(ended, Found::Damaged(_))
        }
    }
}
