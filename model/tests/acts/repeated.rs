//! Requests of administrators that come again.

use super::bench::{Bench, CLIENT, answers};
use super::membership::administer;
use dynamo_model::ids::{ClientId, NodeId, RequestId};
use dynamo_model::message::{Answer, Message};
use dynamo_model::wish::Wish;

#[test]
fn a_request_that_comes_again_after_the_member_was_changed_anew_changes_nothing() {
    let mut a = Bench::new(3, 2, 2);
    let (leave, join) =
        (administer(NodeId(2), Wish::Leave), administer(NodeId(2), Wish::Join(None)));
    a.receive(CLIENT, leave.clone());
    let sent = a.receive(CLIENT, leave.clone());
    assert!(matches!(answers(&sent)[..], [Answer::Changed { .. }]), "a retry is answered");
    a.receive(CLIENT, join);
    let history = a.state.durable.history.clone();
    a.crash();
    assert!(a.receive(CLIENT, leave).is_empty(), "the client has had its answer");
    assert_eq!(a.state.durable.history, history);
}

#[test]
fn a_refused_request_that_comes_again_is_refused_again() {
    let mut a = Bench::new(3, 2, 3);
    let leave = administer(NodeId(1), Wish::Leave);
    let mut is_refused = |message| {
        let sent = a.receive(CLIENT, message);
        let is_refused = matches!(answers(&sent)[..], [Answer::ChangeRefused { .. }]);
        a.crash();
        is_refused
    };
    assert!(is_refused(leave.clone()), "too few members would be left");
    let other = RequestId { client: ClientId(8), number: 0 };
    let join = Message::Administer { request: other, node: NodeId(3), wish: Wish::Join(None) };
    assert!(!is_refused(join));
    assert!(is_refused(leave), "the administrator was told so");
}
