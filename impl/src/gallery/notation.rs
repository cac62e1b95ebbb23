//! The page that explains what the other pages write in short.

use super::MADE_BY;
#[cfg(feature = "explorer")]
use crate::markdown;

const TEXT: &str = "\
# Notation

Every page of the [gallery](README.md) writes states, messages and steps in this notation.

## Names

| written | meaning |
|---|---|
| `A`, `B`, `C` | Nodes. |
| `c3`, `c4` | Clients. The numbers continue after the nodes. |
| `k`, `b1` | Keys. Clients use the key `k`. |
| `w0`, `w1` | The values that clients put, numbered in the order of the clients' scripts. |
| `†w1` | A tombstone: client `c3` or another deleted the key with the request that would put `w1`. |
| `c3#0` | The first request of client `c3`. A retry keeps the number. |
| N, R, W | The number of replicas of a key, the replies that a get needs, and those that a put needs. |
| 1 in person | The client asks that one reply at least comes from an intended replica, not a fallback. |
| preference list | The intended replicas of the key, in their order clockwise from the key. |

## Versions and clocks

| written | meaning |
|---|---|
| `A:1` | A dot, the name of one version: the first put of the key that `A` coordinated. |
| `w0 [A:1]` | The version `w0` and its clock. The clock has the version's own dot and all dots that its client had read. |
| `[A:2,B:1]` | The dots `A:1`, `A:2` and `B:1`. |
| `[A:0+2]` | The dot `A:2` without `A:1`. The number before `+` is how far the dots are complete; each number after `+` is a single dot. |
| `[A.1:1]` | A dot of `A`'s epoch 1 for the key. A node begins an epoch when it first puts the key, and again after it has dropped the key. The epoch's number is how many puts of any key the node had coordinated; 0 is not shown. |
| `[A~1:1]` | A dot of `A`'s next incarnation: `A` lost its disk and counts from 1 under a new name. |
| `w0 [A:1] \\|\\| w2 [A:0+2]` | Siblings: two concurrent versions of the key. |
| `w2 [A:0+2], knowing [A:2]` | The node stores `w2` and has also learnt of the other dots in `[A:2]`. So it treats the versions of those dots as replaced. |
| `put w1 over [A:1]` | The client had read the versions with these dots, so `w1` replaces them. |

## The diagram

| written | meaning |
|---|---|
| `│` | A node's or client's lifeline. Time runs downwards. |
| `┊` | The node is down. |
| `├────▶●` | A message arrives at the dot. |
| `├───✕` | A message is lost. |
| `●` alone | A timer fires, or the node acts by itself. |
| `✕` alone | The node crashes. |
| (sent in step 2) | The step in which the message was sent, unless that was the step before. |
| ◀ decisive | The first step after which the protocol and the defect differ. |
| and then, for ever: | The steps below form a cycle. |
| and then nothing goes on | No further step is possible without a new fault or a new request. |

## The table of changes

| written | meaning |
|---|---|
| A: stores k | What `A` has as a replica of `k`. |
| A: keeps k for C | A hint: what `A` keeps for `C`, apart from its own data. |
| (STORED), (IN_TRANSFER) | `A` has the hint on disk, and has sent it or not. (UNDELIVERABLE): the recipient is no member. |
| not on disk | The node has it in memory only. A crash would lose it. |
| puts coordinated | How many puts `A` has given a dot. |
| put c3#0: stored by A, B for C of A, C | The coordinator asked `A` and `C`. It counts the replies of `A`, and of `B` for `C`. |
| get c3#4: heard A of A, B: A has … | The coordinator of the get asked `A` and `B`, and has heard from `A`. |
| timers | The timers that are set. |
| members: A, B, C (leaving) | The members that the node's history of changes gives. |
| suspects | The nodes that the node takes for unreachable. |
| root of partition 0 | The digest at the root of the node's Merkle tree. |
| c3: asks | The client's current request. |
| c3: has read | The dots in the context that the client holds. |
| x → y | The state before and after the step. `nothing` means that the entry is gone. |
| sent: | A message is now in flight. |
| in flight | Messages that have been sent and have neither arrived nor been lost. |
| ground truth | What really happened. The checker records it; no node sees it. |
| ground truth: w0: acknowledged after the replies of 2 nodes, had seen w1 | What the client was told of its put, and what it had read. |
| ground truth: A has confirmed: w0 | `A` has told another node, or itself as coordinator, that it has `w0`. |

## Messages

| written | meaning |
|---|---|
| put, get, delete | A client's request. |
| acknowledged, answer, failed, refused | The coordinator's reply to a client. |
| forward put, takes on c3#0 | A node outside the preference list forwards a request; the coordinator accepts it. |
| store, stored | The coordinator sends a version to a replica; the replica confirms that it is on disk. |
| keep for C, kept for C | The coordinator asks a fallback to keep a hint for `C`; the fallback confirms. |
| fetch, fetched | The coordinator of a get asks a replica; the replica replies with what it has. |
| repair | The coordinator of a get writes the merge of all replies to a stale replica. |
| hand off, handed off | A node sends a hint to its recipient; the recipient confirms. |
| what have you?, all I have | A new replica asks another node for the key; that node replies. \"Nothing else for you\" means that it has no hint either. |
| anything besides?, nothing besides, reap | A node asks all others before it forgets tombstones; they reply; it tells them to forget. |
| roots, subtrees, at differing leaves, sync | The steps of one anti-entropy exchange between two replicas. |
| let C join, let C leave, remove C, it is so | An administrator's request, and its reply. |
| gossip: tip 630ae0 | The digest of the sender's history of membership changes. |
| history:, changes: | All membership changes that the sender knows; those that the receiver lacks. |
| a commit after the copy, on the copy | The message is dated after the disk was copied; the sender runs on the copy. |

";

/// A table of the page.
#[cfg(feature = "explorer")]
#[derive(serde::Serialize)]
pub(crate) struct Section {
    /// Its heading.
    title: &'static str,
    /// What is written, and what it means.
    rows: Vec<(String, String)>,
}

/// The page's tables, for other places that explain the notation.
#[cfg(feature = "explorer")]
pub(crate) fn sections() -> Vec<Section> {
    let parts = TEXT.split("\n## ").skip(1);
    let section = |part: &'static str| {
        let (title, table) = part.split_once('\n').unwrap_or((part, ""));
        Section { title, rows: markdown::rows(table) }
    };
    parts.map(section).collect()
}

/// The page.
pub(super) fn notation() -> String {
    format!("{TEXT}{MADE_BY} [All counterexamples](README.md)*\n")
}
