//! The nine invariants, each in a sentence. Properties state them exactly, one or more for each.

/// One of the nine invariants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// `I1` to `I9`: what the names of its properties begin with.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub statement: &'static str,
}

/// All of them.
pub const INVARIANTS: [Invariant; 9] = [
    Invariant {
        id: "I1",
        name: "durable before visible",
        statement: "The coordinator acknowledges a put only when W nodes have it on disk.",
    },
    Invariant {
        id: "I2",
        name: "no lost concurrency",
        statement: "A version disappears only when a put whose client had read it replaces it.",
    },
    Invariant {
        id: "I3",
        name: "stale replica repaired",
        statement: "A replica that a read found stale does not stay stale.",
    },
    Invariant {
        id: "I4",
        name: "hint preserves durability",
        statement: "At every moment W intended replicas have an acknowledged put on disk, or other nodes keep hints with \
                    it for them.",
    },
    Invariant {
        id: "I5",
        name: "anti-entropy converges",
        statement: "Replicas that compare what they hold become equal, and only keys that differ travel.",
    },
    Invariant {
        id: "I6",
        name: "no acknowledgement before W",
        statement: "No put is acknowledged before W distinct replicas, or fallbacks in their place, have stored it.",
    },
    Invariant {
        id: "I7",
        name: "routing converges",
        statement: "All members come to the same view of the ring, and a node that serves a request made under a \
                    different view tells the sender.",
    },
    Invariant {
        id: "I8",
        name: "no hint dropped before delivery",
        statement: "A fallback keeps a hint until the recipient has all of it on disk.",
    },
    Invariant {
        id: "I9",
        name: "membership only grows",
        statement: "No node forgets a membership change that it knew, crashes included.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::property::{Kind, PROPERTIES};

    #[test]
    fn every_property_states_one_of_the_nine_and_each_is_stated() {
        for property in PROPERTIES {
            assert!(
                INVARIANTS.iter().any(|invariant| invariant.id == property.invariant()),
                "{}",
                property.name
            );
        }
        for invariant in INVARIANTS {
            let mut of_it =
                PROPERTIES.iter().filter(|property| property.invariant() == invariant.id);
            assert!(of_it.any(|property| property.kind != Kind::Reachable), "{}", invariant.id);
        }
    }
}
