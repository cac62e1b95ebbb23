use super::*;
use crate::algebra::tally::{Counted, StandIn};
use crate::state::durable::Decision;
use quickcheck::quickcheck;
use std::collections::BTreeSet;

/// What a coordinator remembers after these clients have put, one after the other.
fn issued(clients: impl IntoIterator<Item = u64>) -> im::OrdMap<ClientId, Issued> {
    let put = |(counter, client)| {
        let answer = Decision::Put(Ok(Context::new()));
        (ClientId(client), Issued { number: 0, counter, answer })
    };
    (1..).zip(clients).map(put).collect()
}

#[test]
fn the_oldest_clients_are_forgotten_and_only_once_there_are_twice_as_many() {
    let forgotten =
        |clients: &[u64]| (Rules::default().clients_to_forget)(&issued(clients.iter().copied()), 3);
    assert_eq!(forgotten(&[9, 8, 7, 6, 5]), []);
    assert_eq!(
        forgotten(&[9, 8, 7, 6, 5, 4]),
        [9, 8, 7].map(ClientId),
        "the clients that put last stay, whatever their ids"
    );
    assert_eq!(forgotten(&[1, 2, 3, 4, 5, 6, 7]), [1, 2, 3, 4].map(ClientId));
    assert_eq!(forgotten(&[]), []);
}

/// Counts answers from arbitrary nodes, duplicates and strangers included, as a coordinator does.
/// With three intended replicas or more, node 6 stands in for node 0, and node 7 for node 1.
fn tally_of(asked: u8, answers: &[u8]) -> Tally {
    let asked: Vec<NodeId> = (0..u16::from(asked % 6)).map(NodeId).collect();
    let mut tally = Tally::new(&asked);
    if asked.len() >= 3 {
        let stand_in =
            |fallback, intended| StandIn { fallback: NodeId(fallback), intended: NodeId(intended) };
        tally.stand_ins = vec![stand_in(6, 0), stand_in(7, 1)];
    }
    for answer in answers {
        count(&mut tally, NodeId(u16::from(answer % 9)));
    }
    tally
}

fn count(tally: &mut Tally, by: NodeId) {
    if let Some(intended) = Rules::default().reply_counts_for(tally, by, None) {
        tally.count(Counted { intended, by });
    }
}

fn intended(tally: &Tally) -> Vec<NodeId> {
    tally.counted.iter().map(|answer| answer.intended).collect()
}

quickcheck! {
    fn each_replica_counts_once_and_each_node_for_one_replica(asked: u8, answers: Vec<u8>) -> bool {
        let tally = tally_of(asked, &answers);
        let by: BTreeSet<NodeId> = tally.counted.iter().map(|answer| answer.by).collect();
        let counts_for = |answer: &u8| match (asked % 6, answer % 9) {
            (3.., 6) => Some(0),
            (3.., 7) => Some(1),
            (replicas, node) => (node < replicas).then_some(node),
        };
        let expected: BTreeSet<u8> = answers.iter().filter_map(counts_for).collect();
        intended(&tally) == expected.into_iter().map(|node| NodeId(u16::from(node))).collect::<Vec<_>>()
            && by.len() == tally.counted.len()
    }

    fn the_order_of_answers_does_not_matter(asked: u8, answers: Vec<u8>) -> bool {
        let reversed: Vec<u8> = answers.iter().rev().copied().collect();
        intended(&tally_of(asked, &answers)) == intended(&tally_of(asked, &reversed))
    }

    fn met_and_impossible_are_final(asked: u8, answers: Vec<u8>, more: u8, needed: u8, gave_up: bool) -> bool {
        let mut tally = tally_of(asked, &answers);
        if gave_up {
            tally.give_up();
        }
        let before = tally.verdict(usize::from(needed % 6));
        if !gave_up {
            count(&mut tally, NodeId(u16::from(more % 9)));
        }
        before == Verdict::Pending || tally.verdict(usize::from(needed % 6)) == before
    }

    fn a_tally_is_over_once_all_replicas_have_answered_themselves(asked: u8, answers: Vec<u8>) -> bool {
        let tally = tally_of(asked, &answers);
        let missing: BTreeSet<NodeId> = tally.missing_stand_ins().map(|stand_in| stand_in.intended).collect();
        tally.is_over() == (tally.in_person() == tally.asked.len())
            && missing.iter().all(|intended| !tally.is_counted(*intended))
    }

    fn a_replica_that_answers_is_counted_in_person(asked: u8, answers: Vec<u8>) -> bool {
        let tally = tally_of(asked, &answers);
        tally.asked.iter().all(|node| {
            let has_answered = answers.iter().any(|answer| u16::from(answer % 9) == node.0);
            tally.is_in_person(*node) == has_answered
        })
    }
}

fn history(changes: &[Change]) -> History {
    changes.iter().copied().collect()
}

quickcheck! {
    fn a_removed_node_never_comes_back(changes: Vec<Change>, more: Vec<Change>) -> bool {
        let (before, after) = (history(&changes), history(&changes).union(&history(&more)));
        let removed = |history: &History| -> Vec<NodeId> {
            let standings = Rules::default().standings(history).into_iter();
            standings.filter(|(_, standing)| *standing == Standing::Removed).map(|(node, _)| node).collect()
        };
        removed(&before).iter().all(|node| removed(&after).contains(node))
    }
}

/// The table at the top of `algebra/membership.rs`, without addresses.
#[test]
fn contradictions_about_members_have_one_outcome() {
    let node = NodeId(0);
    let said = |acts: &[(u32, Act)]| {
        let changes: Vec<Change> =
            acts.iter().map(|(time, act)| Change { node, time: *time, act: *act }).collect();
        Rules::default().standings(&history(&changes))[&node]
    };
    assert_eq!(said(&[(1, Act::Join)]), Standing::Member);
    assert_eq!(said(&[(1, Act::Join), (1, Act::Leave)]), Standing::Leaving);
    assert_eq!(said(&[(1, Act::Join), (1, Act::Leave), (2, Act::Join)]), Standing::Member);
    assert_eq!(said(&[(1, Act::Join), (1, Act::Leave), (1, Act::Gone)]), Standing::Gone);
    assert_eq!(said(&[(1, Act::Join), (1, Act::Remove), (2, Act::Join)]), Standing::Removed);
}
