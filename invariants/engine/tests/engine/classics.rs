//! Well-known algorithms, some with a well-known mistake. The engine, stateright and the simple
//! search agree on each, and on the numbers here.

use crate::algorithms::abd::Abd;
use crate::algorithms::client::{LINEARIZABLE, READ, Server};
use crate::algorithms::paxos::{AGREEMENT, LATE, VALIDITY};
use crate::algorithms::single_copy::SingleCopy;
use crate::algorithms::{client, paxos};
use crate::support::{assert_engine_finds, assert_stateright_finds, explore};
use interned_checker::Reads;
use stateright::actor::{Actor, ActorModel, Network};
use std::fmt::Debug;
use std::hash::Hash;

const STATES_MAX: usize = 100_000;

/// Unique and generated states.
type Counts = (usize, usize);
/// The properties that some state decides, and the depth of the first such state.
type Decided<'a> = &'a [(&'static str, usize)];

fn network<M: Eq + Hash>(ordered: bool) -> Network<M> {
    if ordered { Network::new_ordered([]) } else { Network::new_unordered_nonduplicating([]) }
}

fn assert_found<A, H>(
    model: impl Fn() -> ActorModel<A, (), H>,
    reads: impl Fn(&'static str) -> Reads<A, (), H>,
    counts: Counts,
    decided: Decided<'_>,
) where
    A: Actor + Send + Sync + 'static,
    A::Msg: Ord + Send + Sync,
    A::Timer: Ord + Send + Sync,
    A::State: Eq + Send + Sync,
    A::Storage: Send + Sync,
    A::Random: Send + Sync,
    H: Clone + Debug + Hash + Eq + Send + Sync + 'static,
{
    let exact = explore(&model(), STATES_MAX).expect("not so many states");
    assert_eq!((exact.unique, exact.generated), counts);
    assert_eq!(exact.decided, decided.iter().copied().collect());
    assert_engine_finds(&exact, &model(), reads, 1);
    assert_engine_finds(&exact, &model(), |_| Reads::everything(), 2);
    assert_stateright_finds(&exact, model());
}

fn assert_register<S>(servers: &[S], ordered: bool, counts: Counts, decided: Decided<'_>)
where
    S: Server + Clone + Send + Sync + 'static,
{
    let reads = |name| match name {
        LINEARIZABLE => Reads::nothing().history(),
        READ => Reads::nothing().states(),
        _ => Reads::nothing(),
    };
    assert_found(|| client::model(servers.to_vec(), network(ordered)), reads, counts, decided);
}

#[test]
fn one_copy_is_linearizable() {
    assert_register(&[SingleCopy], false, (93, 121), &[(READ, 8)]);
    assert_register(&[SingleCopy], true, (93, 121), &[(READ, 8)]);
}

/// The acknowledged write is missing in the read from the other copy: four messages.
#[test]
fn two_copies_are_not_linearizable() {
    assert_register(&[SingleCopy; 2], false, (62, 81), &[(LINEARIZABLE, 4)]);
    assert_register(&[SingleCopy; 2], true, (62, 81), &[(LINEARIZABLE, 4)]);
}

/// An operation takes six messages: request, query, answer, update, acknowledgement, reply.
#[test]
fn quorums_that_intersect_are_linearizable() {
    let servers = [Abd { count: 2, quorum: 2 }; 2];
    assert_register(&servers, false, (544, 875), &[(READ, 24)]);
    assert_register(&servers, true, (620, 883), &[(READ, 24)]);
}

#[test]
fn quorums_that_do_not_intersect_are_not_linearizable() {
    let servers = [Abd { count: 2, quorum: 1 }; 2];
    assert_register(&servers, true, (17_957, 47_245), &[(LINEARIZABLE, 4), (READ, 10)]);
}

fn assert_paxos(listens: bool, ordered: bool, counts: Counts, decided: Decided<'_>) {
    let reads = |name| match name {
        AGREEMENT => Reads::nothing().history(),
        VALIDITY => Reads::nothing().states().history(),
        LATE => Reads::nothing().states(),
        _ => Reads::nothing(),
    };
    assert_found(|| paxos::model(listens, network(ordered)), reads, counts, decided);
}

#[test]
fn paxos_agrees() {
    assert_paxos(true, false, (30_976, 100_246), &[(LATE, 13)]);
    assert_paxos(true, true, (78_056, 320_893), &[(LATE, 13)]);
}

/// Choosing a value takes two prepares, two promises and two votes. Choosing two values takes twice
/// as much.
#[test]
fn paxos_that_ignores_votes_does_not_agree() {
    assert_paxos(false, false, (30_976, 100_246), &[(AGREEMENT, 12)]);
}
