//! Texts: secrets, contexts, scenarios, and the JSON of traces.

use super::decoders::is_kept;
use super::{Execute, Outcome};
use crate::chance::Chance;
use crate::{mutate, seeds};
use data_encoding::BASE64URL_NOPAD;
use dynamo::context_text::{ContextTextError, from_text, to_text};
use dynamo::secret::{NodeSecret, Right, Secret};
use dynamo::stamp::{STAMP_BYTES, StampedContext};
use dynamo_invariants::scenario::Scenario;
use dynamo_invariants::trace::{ReadError, Trace};
use dynamo_model::version::Context;

/// The text of a secret.
pub(super) fn secrets(_: &mut Chance) -> Execute {
    let open = NodeSecret::OPEN;
    let others = Right::ALL.map(|right| Secret::Other(open.credentials(right)).to_text());
    // A node's credentials are never in a file. As a seed they make a secret of the wrong length.
    let seeds: Vec<_> =
        others.into_iter().chain([Secret::Node(open).to_text()]).map(String::into_bytes).collect();
    Box::new(move |chance, input| {
        mutate::from_seeds(chance, input, &seeds);
        let Ok(text) = str::from_utf8(input) else { return Outcome::Refused };
        match text.parse::<Secret>() {
            Ok(secret) => {
                assert_eq!(secret.to_text(), text.trim(), "a secret has one text");
                Outcome::Taken
            }
            Err(_) if text.starts_with("dynamo-") => Outcome::Checked,
            Err(_) => Outcome::Refused,
        }
    })
}

/// [`from_text`]: mutated before and after the base64 encoding.
pub(super) fn contexts(_: &mut Chance) -> Execute {
    let stamped = |context| StampedContext::with_stamp(context, [7; STAMP_BYTES]);
    let texts = [Context::new(), seeds::context(), seeds::siblings().context().clone()]
        .map(|context| to_text(seeds::KEY, &stamped(context)));
    let decoded =
        texts.map(|text| BASE64URL_NOPAD.decode(text.as_bytes()).expect("the text of a context"));
    let (version, seeds) = (decoded[0][0], decoded.to_vec());
    let mut text = String::new();
    Box::new(move |chance, input| {
        mutate::from_seeds(chance, input, &seeds);
        let mut is_repaired = !chance.one_in(4) && repair_context(version, input);
        text.clear();
        BASE64URL_NOPAD.encode_append(input, &mut text);
        if chance.one_in(8) {
            is_repaired = false;
            text_of_context(chance, input, &mut text);
        }
        match from_text(seeds::KEY, &text) {
            Ok(context) => {
                let is_same = |again: &[u8]| {
                    from_text(seeds::KEY, str::from_utf8(again).unwrap()).as_ref() == Ok(&context)
                };
                is_kept(text.as_bytes(), to_text(seeds::KEY, &context).as_bytes(), is_same);
                Outcome::Taken
            }
            Err(ContextTextError::Damaged) if is_repaired => Outcome::Checked,
            Err(_) => Outcome::Refused,
        }
    })
}

/// Corrects the version and the checksum of a context for its key.
fn repair_context(version: u8, input: &mut [u8]) -> bool {
    let Some((header, encoded)) = input.split_at_mut_checked(5) else { return false };
    let checksum = crc32fast::hash(&[seeds::KEY.as_bytes(), encoded].concat());
    header[0] = version;
    header[1..].copy_from_slice(&checksum.to_le_bytes());
    true
}

/// Mutates the text itself.
fn text_of_context(chance: &mut Chance, input: &mut Vec<u8>, text: &mut String) {
    input.clear();
    input.extend(text.as_bytes());
    mutate::bytes(chance, input, &[text.clone().into_bytes()]);
    *text = String::from_utf8_lossy(input).into_owned();
}

/// The script of a scenario. It is not performed, because its scope would stay in memory.
pub(super) fn scenarios(_: &mut Chance) -> Execute {
    let seeds = seeds::files("tests/scenarios", "txt");
    Box::new(move |chance, input| {
        mutate::from_texts(chance, input, &seeds);
        let Ok(text) = str::from_utf8(input) else { return Outcome::Refused };
        match text.parse::<Scenario>() {
            Ok(scenario) => {
                assert!(
                    scenario.clients().len() <= scenario.commands.len()
                        && scenario.founders().len() <= 6
                );
                Outcome::Taken
            }
            Err(error) if error.line.is_none() => Outcome::Checked,
            Err(_) => Outcome::Refused,
        }
    })
}

/// [`Trace::from_json`]. Some readable traces are replayed, and may then diverge.
pub(super) fn traces(_: &mut Chance) -> Execute {
    let seeds = seeds::files("counterexamples", "json");
    Box::new(move |chance, input| {
        mutate::from_texts(chance, input, &seeds);
        match Trace::from_json(input) {
            Ok(trace) => {
                assert_eq!(
                    Trace::from_json(trace.to_json().as_bytes()).ok().as_ref(),
                    Some(&trace)
                );
                if chance.one_in(4) {
                    drop(trace.replay());
                }
                Outcome::Taken
            }
            Err(ReadError::Malformed(_)) => Outcome::Refused,
            Err(_) => Outcome::Checked,
        }
    })
}
