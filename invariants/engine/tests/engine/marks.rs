//! Handlers' marks are counted once for each step.

use interned_checker::{Ending, History, Options, Reads, check, mark};
use stateright::actor::{Actor, ActorModel, Envelope, Id, Network, Out, model_timeout};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

/// Keeps the largest number that it receives, at most 2. Then its timer turns it into 3. It also
/// tosses a coin once.
#[derive(Clone)]
struct Talker;

/// Is slow, so that several threads compute the same step at once.
fn slowly(what: &'static str) {
    mark(what);
    std::thread::sleep(Duration::from_millis(1));
}

impl Actor for Talker {
    type Msg = u8;
    type State = u8;
    type Timer = ();
    type Random = bool;
    type Storage = ();

    fn on_start(&self, _id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> u8 {
        slowly("start");
        out.set_timer((), model_timeout());
        out.choose_random("coin", vec![false, true]);
        0
    }

    fn on_msg(&self, _id: Id, state: &mut Cow<'_, u8>, _src: Id, msg: u8, _out: &mut Out<Self>) {
        slowly("compare");
        if msg > **state {
            mark("larger");
            *state.to_mut() = msg;
        } else {
            mark("not larger");
        }
    }

    fn on_timeout(&self, _id: Id, state: &mut Cow<'_, u8>, (): &(), out: &mut Out<Self>) {
        if **state == 2 {
            ["ring", "ring", "once more", "ring"].into_iter().for_each(slowly);
            *state.to_mut() = 3;
        } else {
            mark("too early");
            out.set_timer((), model_timeout());
        }
    }

    fn on_random(&self, _id: Id, _state: &mut Cow<'_, u8>, heads: &bool, _out: &mut Out<Self>) {
        slowly(if *heads { "heads" } else { "tails" });
    }
}

/// The counts of a model, by kind of step and by mark.
fn counted<H: History>(
    model: &ActorModel<Talker, (), H>,
    threads: usize,
) -> BTreeMap<String, usize> {
    let options = Options { threads, ..Options::default() };
    let report = check(model, |_| Reads::everything(), &options, |_| ControlFlow::Continue(()));
    let report = report.expect("nothing is refused");
    assert_eq!(report.ending, Ending::Exhausted);
    report.coverage
}

fn assert_counted<H: History>(model: &ActorModel<Talker, (), H>, expected: &[(&str, usize)]) {
    let expected: BTreeMap<String, usize> =
        expected.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect();
    for threads in [1, 2, 3, 5] {
        assert_eq!(counted(model, threads), expected, "with {threads} threads");
    }
}

/// A talker is at 0, 1, 2 or 3, with its coin tossed or not. "not larger" and "too early" change
/// nothing. The first start is not a step either.
#[test]
fn marks_are_counted_once_for_each_step() {
    const TALKERS: usize = 3;
    let envelope = |talker: usize, msg| Envelope { src: talker.into(), dst: talker.into(), msg };
    let envelopes = (0..TALKERS).flat_map(|talker| [envelope(talker, 1), envelope(talker, 2)]);
    let model = ActorModel::<Talker>::new((), ())
        .actors([const { Talker }; TALKERS])
        .init_network(Network::new_unordered_nonduplicating(envelopes))
        .max_crashes(1);
    let expected = [
        // 1 at 0, 2 at 0, 2 at 1.
        ("deliver 1", 2),
        ("deliver 2", 4),
        ("compare", 6),
        ("larger", 6),
        // At 2.
        ("time out ()", 2),
        ("ring", 2),
        ("once more", 2),
        // In any state, as long as there is a coin to toss.
        ("choose", 8),
        ("heads", 4),
        ("tails", 4),
        ("crash", 8),
        // A crash loses the coin too.
        ("recover", 4),
        ("start", 4),
    ];
    assert_counted(&model, &expected.map(|(what, count)| (what, count * TALKERS)));
}

/// The history records the last sender, so that one layer has many states with the same talker.
/// Several threads compute its steps at once.
#[test]
fn a_step_that_several_threads_compute_is_counted_once() {
    const HEARD: usize = 12;
    let envelopes = (1..=HEARD).map(|src| Envelope { src: src.into(), dst: 0.into(), msg: 2 });
    let model = ActorModel::<Talker, (), usize>::new((), 0)
        .actor(Talker)
        .init_network(Network::new_unordered_nonduplicating(envelopes))
        .record_msg_in(|(), _, envelope| Some(envelope.src.into()))
        .max_crashes(1)
        .within_boundary(|(), state| state.network.len() + 2 >= HEARD);
    let expected = [
        ("deliver 2", 2 * HEARD),
        ("compare", 2 * HEARD),
        ("larger", 2 * HEARD),
        ("time out ()", 2),
        ("ring", 2),
        ("once more", 2),
        ("choose", 6),
        ("heads", 3),
        ("tails", 3),
        ("crash", 6),
        ("recover", 3),
        ("start", 3),
    ];
    assert_counted(&model, &expected);
}
