//! Digests of states. They are equal on every machine and in every version of the code, because
//! their algorithms are specified: XXH3 (64 bits, seed 0) of postcard's encoding. Views and the
//! ground truth are left out, because they follow from the other parts and the path.

use crate::notation::Who;
use crate::system::SystemState;
use crate::trace::Event;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stateright::actor::{Id, Timers};
use std::collections::BTreeMap;
use std::fmt;
use xxhash_rust::xxh3::xxh3_64;

/// A digest of a state, or of a part of one. In files it has 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateDigest(pub u64);

impl fmt::Display for StateDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for StateDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StateDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(&text, 16).ok().filter(|_| digits);
        number
            .map(StateDigest)
            .ok_or_else(|| serde::de::Error::custom("a digest has 16 hexadecimal digits"))
    }
}

/// The digest of an event. With it, a path can be written in a few letters for each step.
pub fn event(event: &Event) -> StateDigest {
    of(event)
}

fn of(part: &impl Serialize) -> StateDigest {
    StateDigest(xxh3_64(
        &postcard::to_stdvec(part).expect("postcard can encode every part of a state"),
    ))
}

/// The name of the part that consists of all messages in flight.
pub const MESSAGES: &str = "messages";

/// The digests of a state's parts, by name: each node, each client, and [`MESSAGES`].
pub fn parts(state: &SystemState) -> BTreeMap<String, StateDigest> {
    let process = |index: usize| {
        let timers: Vec<_> = sorted(state.timers_set.get(index).into_iter().flat_map(Timers::iter));
        let choices: BTreeMap<_, _> = state.random_choices[index].map.iter().collect();
        let disk = &state.actor_storages[index];
        let digest =
            of(&(&*state.actor_states[index], disk, timers, choices, state.crashed[index]));
        (Who::of(Id::from(index), &state.actor_states[index]).to_string(), digest)
    };
    let envelopes = state.network.iter_all();
    let messages = sorted(
        envelopes
            .map(|envelope| (usize::from(envelope.src), usize::from(envelope.dst), envelope.msg)),
    );
    let messages = (MESSAGES.to_owned(), of(&messages));
    (0..state.actor_states.len()).map(process).chain([messages]).collect()
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut sorted: Vec<T> = items.collect();
    sorted.sort_unstable();
    sorted
}

/// The digests after a step of the parts that it changed.
pub fn difference(
    before: &BTreeMap<String, StateDigest>,
    after: &BTreeMap<String, StateDigest>,
) -> BTreeMap<String, StateDigest> {
    let changed = after.iter().filter(|(part, digest)| before.get(*part) != Some(digest));
    changed.map(|(part, digest)| (part.clone(), *digest)).collect()
}

/// The digest of a whole state, computed from the digests of its parts.
pub fn whole(parts: &BTreeMap<String, StateDigest>) -> StateDigest {
    of(&parts.iter().map(|(part, digest)| (part.as_str(), digest.0)).collect::<Vec<_>>())
}
