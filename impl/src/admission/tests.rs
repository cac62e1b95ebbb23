use super::*;
use dynamo_model::ids::ClientId;
use quickcheck::quickcheck;

const LIMITS: Limits = Limits { requests_per_address: 2, requests: 5, under_way: 100 };

fn request(number: u64) -> RequestId {
    RequestId { client: ClientId(7), number }
}

fn admission() -> (Admission, Instant) {
    let now = Instant::now();
    (Admission::new(LIMITS, now), now)
}

#[test]
fn an_address_has_so_many_outstanding_and_all_together_so_many() {
    let (mut admission, now) = admission();
    let admitted = |admission: &mut Admission, from: usize, numbers: std::ops::Range<u64>| {
        numbers.filter(|number| admission.admits(Id::from(from), request(*number), 0, now)).count()
    };
    assert_eq!(admitted(&mut admission, 1, 0..1000), 2);
    assert_eq!(admitted(&mut admission, 2, 0..3), 2);
    assert_eq!(admitted(&mut admission, 3, 0..3), 1);
    let refused = admission.take_refused();
    assert_eq!(refused.values().map(|busy| busy.waits.len()).collect::<Vec<_>>(), [998, 1, 2]);
    assert!(refused[&Id::from(1)].wait_for(request(999)).is_some_and(|wait| !wait.is_zero()));
    admission.end(Id::from(1), request(0));
    assert_eq!(admitted(&mut admission, 3, 5..7), 1);
    let Overload { busy_address, busy_all, outstanding, .. } =
        admission.overload(&Queue::default(), &Inspections::default());
    assert_eq!((busy_address, busy_all, outstanding), (998 + 1, 2 + 1, 5));
}

#[test]
fn a_request_that_comes_again_counts_once_and_is_given_now_and_then() {
    let (mut admission, now) = admission();
    let mut given = |milliseconds: u64| {
        let now = now + Duration::from_millis(milliseconds);
        admission.admits(Id::from(1), request(0), 0, now)
    };
    assert_eq!([0, 1, 99, 100, 150, 350].map(&mut given), [true, false, false, true, false, true]);
    assert_eq!(admission.outstanding.len(), 1);
    assert!(admission.take_refused().is_empty(), "it is not refused, for it is under way");
}

#[test]
fn what_is_never_answered_makes_room_after_a_time() {
    let (mut admission, now) = admission();
    assert!((0..2).all(|number| admission.admits(Id::from(1), request(number), 0, now)));
    assert!(!admission.admits(Id::from(1), request(2), 0, now));
    let later = now + OUTSTANDING_MAX;
    admission.on_time(later);
    assert!(admission.admits(Id::from(1), request(2), 0, later));
}

#[test]
fn nothing_is_admitted_while_too_much_is_under_way() {
    let (mut admission, now) = admission();
    assert!(admission.admits(Id::from(1), request(0), 99, now));
    assert!(!admission.admits(Id::from(2), request(0), 100, now));
    assert_eq!(admission.overload(&Queue::default(), &Inspections::default()).busy_under_way, 1);
}

#[test]
fn a_refusal_is_no_larger_than_what_it_refuses() {
    use crate::wire::Datagram;
    use dynamo_model::ids::Key;
    use dynamo_model::message::Operation;
    let (mut datagram, mut busy) = (Datagram::default(), Busy::default());
    for number in 0..TOLD_MAX as u64 {
        let get = Operation::Get { request: request(number), key: Key::new("k").unwrap(), pr: 0 };
        datagram.push(&Message::Request(get)).unwrap();
        busy.push(request(number), Duration::from_millis(500));
    }
    assert!(busy.encode().len() <= datagram.bytes(), "{} bytes", busy.encode().len());
}

quickcheck! {
    fn a_refusal_arrives_as_it_was_sent(requests: Vec<(u64, u64, u32)>, at: usize, bit: u8) -> bool {
        let waits = requests.into_iter().map(|(client, number, ms)| (RequestId { client: ClientId(client), number }, ms));
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
