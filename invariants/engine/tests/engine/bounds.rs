//! What ends a search, what is refused, and what does not depend on the number of threads.

use interned_checker::{Ending, Options, Progress, Reads, Refused, Report, check};
use stateright::Expectation;
use stateright::actor::{Actor, ActorModel, Id, LossyNetwork, Network, Out, model_timeout};
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Counts its own ticks up to a limit, and sends every third one to the next clock.
#[derive(Clone)]
struct Clock {
    most: u32,
    next: Id,
}

impl Actor for Clock {
    type Msg = u32;
    type State = u32;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, _id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> u32 {
        out.set_timer((), model_timeout());
        0
    }

    fn on_msg(&self, _id: Id, state: &mut Cow<'_, u32>, _src: Id, msg: u32, _out: &mut Out<Self>) {
        if msg > **state {
            *state.to_mut() = msg;
        }
    }

    fn on_timeout(&self, _id: Id, state: &mut Cow<'_, u32>, (): &(), out: &mut Out<Self>) {
        if **state < self.most {
            let ticks = state.to_mut();
            *ticks += 1;
            if ticks.is_multiple_of(3) {
                out.send(self.next, *ticks);
            }
            out.set_timer((), model_timeout());
        }
    }
}

const NEVER: &str = "clocks do not go backwards";
const BOTH: &str = "two are at seven";
const FAR: &str = "none is at nine";

fn clocks(most: u32) -> ActorModel<Clock> {
    ActorModel::new((), ())
        .actors((1..=3).map(|next| Clock { most, next: Id::from(next % 3) }))
        .init_network(Network::new_unordered_nonduplicating([]))
        .lossy_network(LossyNetwork::Yes)
        .property(Expectation::Always, NEVER, |_, _| true)
        .property(Expectation::Sometimes, BOTH, |_, state| {
            state.actor_states.iter().filter(|ticks| ***ticks == 7).count() == 2
        })
        .property(Expectation::Always, FAR, |_, state| {
            state.actor_states.iter().all(|ticks| **ticks != 9)
        })
}

fn run(
    model: &ActorModel<Clock>,
    options: &Options,
    watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Report<Clock, ()> {
    check(model, |_| Reads::nothing().states(), options, watch).expect("nothing is refused")
}

/// Longer than a search may run on after any limit here.
const PATIENCE: Duration = Duration::from_secs(30);

/// Searches an endless model, and expects the search to be cut off with its results so far.
fn assert_cut_off(options: &Options, stop: impl Fn(Progress) -> bool) -> Progress {
    let (begun, endless) = (Instant::now(), clocks(u32::MAX));
    let report = run(&endless, options, |progress| {
        if stop(progress) || begun.elapsed() > PATIENCE {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(begun.elapsed() < PATIENCE, "cut off in time: {:?}", report.progress);
    assert_eq!(report.ending, Ending::CutOff);
    assert!(report.progress.frontier > 0, "{:?}", report.progress);
    for discovery in report.discoveries.values() {
        assert_eq!(discovery.path.is_some(), options.paths);
    }
    report.progress
}

#[test]
fn memory_is_limited() {
    for threads in [1, 2] {
        let most = 4 << 20;
        let options =
            Options { threads, memory_bytes: Some(most), paths: true, ..Options::default() };
        let progress = assert_cut_off(&options, |_| false);
        // The search may run on for a moment after it has reached the limit, but may not stop
        // before.
        assert!(
            progress.memory_bytes > most && progress.unique_states * 8 > most / 64,
            "{progress:?}"
        );
    }
}

#[test]
fn time_is_limited() {
    for threads in [1, 2] {
        for time in [Duration::ZERO, Duration::from_millis(60)] {
            assert_cut_off(&Options { threads, time: Some(time), ..Options::default() }, |_| false);
        }
    }
}

#[test]
fn a_watcher_can_stop_the_search() {
    for threads in [1, 2] {
        let options = Options { threads, ..Options::default() };
        assert!(
            assert_cut_off(&options, |progress| progress.unique_states > 1000).unique_states > 1000
        );
    }
}

#[test]
fn a_search_whose_properties_are_decided_may_stop() {
    let mut model = clocks(u32::MAX);
    model.properties.retain(|property| property.name != NEVER);
    let report = run(&model, &Options { stop_when_decided: true, ..Options::default() }, |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(report.ending, Ending::Decided);
    let deepest = report.discoveries.values().map(|discovery| discovery.depth).max();
    assert_eq!((report.discoveries.len(), deepest), (2, Some(report.progress.depth)));
    // A property that is never decided keeps the search from stopping early.
    let report =
        run(&clocks(9), &Options { stop_when_decided: true, ..Options::default() }, |_| {
            ControlFlow::Continue(())
        });
    assert_eq!((report.ending, report.progress.frontier), (Ending::Exhausted, 0));
}

#[test]
fn a_search_may_stop_after_the_layer_with_the_first_violation() {
    let endless = clocks(u32::MAX);
    for threads in [1, 2] {
        let stop = |names: &[&'static str]| Options {
            threads,
            stop_when_violated: names.to_vec(),
            ..Options::default()
        };
        let report = run(&endless, &stop(&[NEVER, FAR]), |_| ControlFlow::Continue(()));
        assert_eq!(report.ending, Ending::Violated);
        assert_eq!(report.discoveries[FAR].depth, report.progress.depth);
        assert!(report.progress.frontier > 0, "{:?}", report.progress);
        // The layer is complete, so the count does not depend on the names or on the threads.
        let whole = run(&endless, &stop(&[FAR]), |_| ControlFlow::Continue(()));
        assert_eq!(whole.progress.unique_states, report.progress.unique_states);
    }
    // A property that nobody named, and a reachable one, stop nothing.
    for names in [vec![], vec![NEVER, BOTH]] {
        let options = Options { stop_when_violated: names, ..Options::default() };
        let report = run(&clocks(9), &options, |_| ControlFlow::Continue(()));
        assert_eq!(report.ending, Ending::Exhausted);
        assert!(report.discoveries.contains_key(FAR) && report.discoveries.contains_key(BOTH));
    }
}

#[test]
fn threads_make_no_difference() {
    let model = clocks(13);
    let found = [1, 2, 3, 5].map(|threads| {
        let report = run(&model, &Options { threads, paths: true, ..Options::default() }, |_| {
            ControlFlow::Continue(())
        });
        assert_eq!(report.ending, Ending::Exhausted);
        let Progress { unique_states, generated_states, depth, frontier, .. } = report.progress;
        let ways = report.discoveries.into_iter().map(|(name, found)| {
            (name, found.depth, found.path.expect("paths are on").into_actions().len())
        });
        (unique_states, generated_states, depth, frontier, ways.collect::<Vec<_>>())
    });
    assert!(found[0].0 > 50_000, "more than a few: {found:?}");
    for other in &found {
        assert_eq!(*other, found[0]);
    }
}

fn refused(model: &ActorModel<Clock>, threads: usize) -> Option<Refused> {
    let options = Options { threads, ..Options::default() };
    check(model, |_| Reads::everything(), &options, |_| ControlFlow::Continue(())).err()
}

#[test]
fn models_that_cannot_be_checked_are_refused() {
    assert_eq!(refused(&clocks(1), 1), None);
    assert_eq!(refused(&clocks(1), 0), Some(Refused::NoThread));
    let mut twins = clocks(1);
    twins.properties.extend(clocks(1).properties);
    assert!(matches!(refused(&twins, 1), Some(Refused::SameName(_))));
    let eventually = clocks(1).property(Expectation::Eventually, "they stop", |_, _| true);
    assert_eq!(refused(&eventually, 1), Some(Refused::Eventually("they stop")));
}

#[test]
fn sixty_four_properties_are_checked_and_no_more() {
    let name = |number: usize| -> &'static str { format!("property {number}").leak() };
    let mut model = clocks(1);
    model.properties.clear();
    let mut model = (0..64).fold(model, |model, number| {
        model.property(Expectation::Sometimes, name(number), |_, _| true)
    });
    let report = run(&model, &Options::default(), |_| ControlFlow::Continue(()));
    assert_eq!(report.discoveries.len(), 64);
    model = model.property(Expectation::Always, "one more", |_, _| true);
    assert_eq!(refused(&model, 1), Some(Refused::TooManyProperties(65)));
}

/// A model may panic in any thread. The others must not wait for that thread.
#[test]
fn a_panic_in_the_model_reaches_the_caller() {
    for threads in [1, 2, 3] {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let model = clocks(9).property(Expectation::Always, "panics", |_, state| {
                assert!(*state.actor_states[0] < 5, "this panic is part of the test");
                true
            });
            let options = Options { threads, ..Options::default() };
            let caught = catch_unwind(AssertUnwindSafe(|| {
                run(&model, &options, |_| ControlFlow::Continue(())).ending
            }));
            sender.send(caught.is_err()).expect("somebody waits");
        });
        assert_eq!(receiver.recv_timeout(PATIENCE), Ok(true), "with {threads} threads");
    }
}

/// A watcher that panics must not leave the search running for ever.
#[test]
fn a_panic_in_the_watcher_reaches_the_caller() {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let options = Options { threads: 2, ..Options::default() };
        let caught = catch_unwind(AssertUnwindSafe(|| {
            run(&clocks(10_000), &options, |_| panic!("this panic is part of the test")).ending
        }));
        sender.send(caught.is_err()).expect("somebody waits");
    });
    assert_eq!(receiver.recv_timeout(PATIENCE), Ok(true));
}
