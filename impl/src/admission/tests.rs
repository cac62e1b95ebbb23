use super::*;
use dynamo_model::ids::{ClientId, Key};
use dynamo_model::message::Operation;
use quickcheck::quickcheck;

const LIMITS: Limits = Limits { requests_per_address: 2, requests: 3, waiting: 2, under_way: 100 };

fn request(number: u64) -> RequestId {
    RequestId { client: ClientId(7), number }
}

fn admission() -> (Admission, Instant) {
    let now = Instant::now();
    (Admission::new(LIMITS, now), now)
}

fn message(number: u64) -> Message {
    let key = Key::new("k").unwrap();
    Message::Request(Operation::Get { request: request(number), key, pr: 0 })
}

/// Does the actor get the request at once?
fn is_given(
    admission: &mut Admission,
    from: usize,
    number: u64,
    under_way: usize,
    now: Instant,
) -> bool {
    admission.offer(Id::from(from), request(number), message(number), under_way, now).is_some()
}

fn overload(admission: &Admission) -> Overload {
    admission.overload(&Queue::default(), &Inspections::default())
}

#[test]
fn outstanding_requests_are_limited_for_each_address_and_in_all() {
    let (mut admission, now) = admission();
    let given = |admission: &mut Admission, from: usize, numbers: std::ops::Range<u64>| {
        numbers.filter(|number| is_given(admission, from, *number, 0, now)).count()
    };
    assert_eq!(given(&mut admission, 1, 0..1000), 2);
    assert_eq!(given(&mut admission, 2, 0..3), 1, "and another waits");
    assert_eq!(given(&mut admission, 3, 0..3), 0, "one waits, and there is no more room");
    let refused = admission.take_refused();
    assert_eq!(refused.values().map(|busy| busy.waits.len()).collect::<Vec<_>>(), [998, 1, 2]);
    assert!(refused[&Id::from(1)].wait_for(request(999)).is_some_and(|wait| !wait.is_zero()));
    let Overload { busy_address, busy_all, outstanding, .. } = overload(&admission);
    assert_eq!((busy_address, busy_all, outstanding), (998 + 1, 2, 5));
}

#[test]
fn waiting_requests_are_served_in_order_as_others_are_answered() {
    let (mut admission, now) = admission();
    let given: Vec<bool> = (1..=5).map(|from| is_given(&mut admission, from, 0, 0, now)).collect();
    assert_eq!(given, [true, true, true, false, false]);
    assert_eq!(admission.next(now), None);
    admission.end(Id::from(2), request(0));
    assert!(!is_given(&mut admission, 6, 0, 0, now), "waiting requests come first");
    assert_eq!(admission.next(now), Some((Id::from(4), message(0))));
    assert_eq!(admission.next(now), None);
    assert!(!is_given(&mut admission, 5, 0, 0, now + REPEATED_AFTER), "it waits already");
    admission.end(Id::from(1), request(0));
    assert_eq!(admission.next(now), Some((Id::from(5), message(0))));
}

#[test]
fn refused_clients_come_before_others() {
    let limits = Limits { requests: 1, waiting: 4, ..LIMITS };
    let now = Instant::now();
    let mut admission = Admission::new(limits, now);
    assert_eq!((1..=6).filter(|from| is_given(&mut admission, *from, 0, 0, now)).count(), 1);
    assert_eq!(overload(&admission).busy_all, 1, "the last one is refused");
    admission.end(Id::from(1), request(0));
    assert!(admission.next(now).is_some());
    assert!(!is_given(&mut admission, 1, 1, 0, now));
    assert_eq!(
        overload(&admission).busy_all,
        2,
        "a quarter of the room is reserved for refused clients"
    );
    assert!(!is_given(&mut admission, 6, 0, 0, now));
    assert_eq!(overload(&admission).busy_all, 2);
}

#[test]
fn a_retransmitted_request_counts_once_and_is_given_again_after_a_while() {
    let (mut admission, now) = admission();
    let mut given = |milliseconds: u64| {
        is_given(&mut admission, 1, 0, 0, now + Duration::from_millis(milliseconds))
    };
    assert_eq!([0, 1, 99, 100, 150, 350].map(&mut given), [true, false, false, true, false, true]);
    assert_eq!(admission.outstanding.len(), 1);
    assert!(admission.take_refused().is_empty(), "it is admitted already, so it is not refused");
}

#[test]
fn a_request_that_is_never_answered_expires() {
    let (mut admission, now) = admission();
    assert!((0..2).all(|number| is_given(&mut admission, 1, number, 0, now)));
    assert!(!is_given(&mut admission, 1, 2, 0, now));
    let later = now + OUTSTANDING_MAX;
    admission.on_time(later);
    assert!(is_given(&mut admission, 1, 2, 0, later));
}

#[test]
fn nothing_is_admitted_while_the_coordinator_has_too_many_requests() {
    let (mut admission, now) = admission();
    assert!(is_given(&mut admission, 1, 0, 99, now));
    assert!(!is_given(&mut admission, 2, 0, 100, now));
    assert_eq!(overload(&admission).busy_under_way, 1);
}

#[test]
fn a_refusal_is_no_larger_than_the_requests_it_refuses() {
    use crate::wire::Datagram;
    let (mut datagram, mut busy) = (Datagram::default(), Busy::default());
    for number in 0..TOLD_MAX as u64 {
        datagram.push(&message(number)).unwrap();
        busy.push(request(number), Duration::from_millis(500));
    }
    assert!(busy.encode().len() <= datagram.bytes(), "{} bytes", busy.encode().len());
}

quickcheck! {
    fn a_refusal_is_decoded_as_it_was_encoded(
        requests: Vec<(u64, u64, u32)>,
        at: usize,
        bit: u8
    ) -> bool {
        let waits = requests.into_iter().map(|(client, number, ms)| {
            (RequestId { client: ClientId(client), number }, ms)
        });
        let busy = Busy { waits: waits.collect() };
        let good = busy.encode();
        let mut damaged = good.clone();
        let at = at % damaged.len();
        damaged[at] ^= 1 << (bit % 8);
        Busy::decode(&good) == Some(busy) && Busy::decode(&damaged).is_none()
    }

    fn noise_is_no_refusal(bytes: Vec<u8>) -> bool {
        Busy::decode(&bytes).is_none()
    }
}
