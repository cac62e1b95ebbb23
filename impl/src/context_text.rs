//! A context as text, for command lines and JSON: opaque, safe to paste, with a checksum over it
//! and its key. The checksum finds a context given with another key before anything is sent. Nodes
//! check the context's [`stamp`](crate::stamp) themselves.

use crate::stamp::{STAMP_BYTES, StampedContext};
use data_encoding::BASE64URL_NOPAD;
use thiserror::Error;

const VERSION: u8 = 2;
const HEADER_BYTES: usize = 5;

/// Why a text is not a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ContextTextError {
    /// The text is empty.
    #[error("the context is empty: leave it out for a put that replaces nothing")]
    Empty,
    /// The text has been changed or cut short, or belongs to another key.
    #[error(
        "the context is damaged, or belongs to another key: pass it with its key, \
         exactly as the get or put printed it"
    )]
    Damaged,
    /// The context is from another release.
    #[error(
        "the context has format {0}, but this program reads format {VERSION}: \
         get the key again with this release"
    )]
    Version(u8),
}

/// Writes a context of a key as text.
pub fn to_text(key: &str, StampedContext { context, stamp }: &StampedContext) -> String {
    let encoded = postcard::to_extend(context, stamp.to_vec())
        .expect("sequences of known length, written to memory");
    let mut bytes = vec![VERSION];
    bytes.extend(checksum(key, &encoded));
    bytes.extend(encoded);
    BASE64URL_NOPAD.encode(&bytes)
}

/// Reads the context from a text that [`to_text`] made for the same key.
///
/// # Errors
/// If [`to_text`] did not make the text for this key.
pub fn from_text(key: &str, text: &str) -> Result<StampedContext, ContextTextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ContextTextError::Empty);
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| ContextTextError::Damaged)?;
    let (header, encoded) =
        bytes.split_at_checked(HEADER_BYTES).ok_or(ContextTextError::Damaged)?;
    if header[0] != VERSION {
        return Err(ContextTextError::Version(header[0]));
    }
    if header[1..] != checksum(key, encoded) {
        return Err(ContextTextError::Damaged);
    }
    let (stamp, encoded) =
        encoded.split_first_chunk::<STAMP_BYTES>().ok_or(ContextTextError::Damaged)?;
    match postcard::take_from_bytes(encoded) {
        Ok((context, [])) => Ok(StampedContext { context, stamp: *stamp }),
        _ => Err(ContextTextError::Damaged),
    }
}

fn checksum(key: &str, encoded: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(encoded);
    hasher.finalize().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dynamo_model::ids::NodeId;
    use dynamo_model::version::{Context, Dot};
    use quickcheck::quickcheck;

    fn context(dots: &[(u16, u64)]) -> StampedContext {
        let dot = |&(node, counter): &(u16, u64)| Dot {
            issuer: NodeId(node).into(),
            counter: counter.clamp(1, u64::MAX - 1),
        };
        let context = dots.iter().map(dot).fold(Context::new(), Context::with);
        StampedContext { context, stamp: [dots.len() as u8; STAMP_BYTES] }
    }

    quickcheck! {
        fn a_context_reads_back_as_it_is_shown(dots: Vec<(u16, u64)>) -> bool {
            let context = context(&dots);
            from_text("k", &to_text("k", &context)) == Ok(context)
        }

        fn any_text_is_a_context_or_an_error(text: String) -> bool {
            from_text("k", &text).is_err()
        }
    }

    #[test]
    fn every_changed_or_missing_character_is_found() {
        let text = to_text("k", &context(&[(0, 1), (0, 2), (1, 7)]));
        for at in 0..text.len() {
            assert!(from_text("k", &text[..at]).is_err());
            for other in *b"AZaz09-_ =" {
                let mut changed = text.clone().into_bytes();
                if std::mem::replace(&mut changed[at], other) != other {
                    let changed = String::from_utf8(changed).unwrap();
                    // White space around a pasted text is ignored, so it is not tried here.
                    assert!(from_text("k", &changed).is_err(), "{text} = {changed}");
                }
            }
        }
    }

    #[test]
    fn a_context_belongs_to_one_key() {
        let text = to_text("shopping", &context(&[(0, 1), (0, 2)]));
        assert_eq!(from_text("other", &text), Err(ContextTextError::Damaged));
    }

    #[test]
    fn errors_say_what_to_do() {
        assert_eq!(from_text("k", ""), Err(ContextTextError::Empty));
        assert_eq!(from_text("k", "hello!"), Err(ContextTextError::Damaged));
        assert_eq!(
            from_text("k", &BASE64URL_NOPAD.encode(&[9; 20])),
            Err(ContextTextError::Version(9))
        );
        assert_eq!(
            from_text("k", &format!(" {}\n", to_text("k", &context(&[])))),
            Ok(context(&[]))
        );
    }
}
