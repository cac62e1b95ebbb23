//! What is checked, and the threads that check it.

use crate::claims::{self, Claims};
use crate::converge::{Convergence, Ends, Walker};
use crate::judge::{Found, Judge, Judged};
use crate::partial_order::First;
use crate::parts::{Parts, unpair};
use crate::path;
use crate::reads::Reads;
use crate::search::{Board, Share, Worker};
use crate::space::{Space, initial_states};
use crate::steps::Steps;
use crate::subject::{History, Subject};
use crate::symmetry::{Orbits, Renaming, is_group, is_one_to_one};
use crate::{BOUNDARY, Discovery, Ending, Options, Progress, Refused, Report};
use parking_lot::Mutex;
use stateright::actor::{ActorModel, ActorModelState};
use stateright::{Expectation, Model as _};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How often the watcher is called.
const WATCH_EVERY: Duration = Duration::from_millis(20);

/// Visits every reachable state of the model and evaluates its properties: a [`Check`] without
/// options.
///
/// # Errors
/// If the model needs something that this engine does not support.
pub fn check<A: Subject, C: Sync, H: History>(
    model: &ActorModel<A, C, H>,
    reads: impl Fn(&'static str) -> Reads<A, C, H>,
    options: &Options,
    watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<Report<A, H>, Refused> {
    Check::new(model, reads).run(options, watch)
}

/// A check of a model.
pub struct Check<'m, A: Subject, C, H: History> {
    model: &'m ActorModel<A, C, H>,
    judged: Vec<Judged<A, C, H>>,
    boundary: Reads<A, C, H>,
    convergence: Option<Convergence<A, C, H>>,
    renamings: Vec<Box<dyn Renaming<A, H> + 'm>>,
    first: Option<First<A, C>>,
}

impl<'m, A: Subject, C: Sync, H: History> Check<'m, A, C, H> {
    /// A check of the model's own properties. `reads` declares what each property reads, by its
    /// name, and for [`BOUNDARY`] what the boundary reads.
    pub fn new(
        model: &'m ActorModel<A, C, H>,
        reads: impl Fn(&'static str) -> Reads<A, C, H>,
    ) -> Self {
        let properties = model.properties().into_iter();
        let judged = properties.map(|property| (property.clone(), reads(property.name))).collect();
        Check {
            model,
            judged,
            boundary: reads(BOUNDARY),
            convergence: None,
            renamings: Vec::new(),
            first: None,
        }
    }

    /// Also checks convergence, if there are convergence properties.
    #[must_use]
    pub fn converges(mut self, convergence: Convergence<A, C, H>) -> Self {
        self.convergence =
            Some(convergence).filter(|convergence| !convergence.properties.is_empty());
        self
    }

    /// Declares interchangeable actors: all renamings under which the model stays the same, except
    /// the identity. Together with the identity they must be a group: the composition of any two is
    /// one of them. Of states that differ only by a renaming, the check visits one. Verdicts and
    /// depths stay the same. Paths are paths of the model.
    ///
    /// The engine tests this in some states, and refuses the model if it is untrue there: see
    /// [`Renaming`].
    #[must_use]
    pub fn symmetry(mut self, renamings: Vec<Box<dyn Renaming<A, H> + 'm>>) -> Self {
        self.renamings = renamings;
        self
    }

    /// Declares deliveries that may be taken first: in a state with such a delivery, the check
    /// follows only it and the loss of its message. Verdicts stay the same. Depths may grow: paths
    /// are paths of the model, but not always the shortest. Counts are those of the reduced graph.
    ///
    /// The engine tests this in some states, and refuses the model if it is untrue there: see
    /// [`First`].
    #[must_use]
    pub fn partial_order(mut self, first: First<A, C>) -> Self {
        self.first = Some(first);
        self
    }

    /// Visits every reachable state of the model. Calls `watch` several times a second on the
    /// calling thread. When `watch` breaks, the search is cut off.
    ///
    /// # Errors
    /// If the model needs something that this engine does not support.
    pub fn run(
        self,
        options: &Options,
        mut watch: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Report<A, H>, Refused> {
        self.run_watched(options, &mut watch)
    }

    /// [`Check::run`], compiled once for each model instead of once for each type of closure.
    fn run_watched(
        mut self,
        options: &Options,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Report<A, H>, Refused> {
        self.refuse(options)?;
        let space = self.space(options);
        let board = Board::new(options.threads);
        let claims = Claims {
            model: self.model,
            renamings: &space.renamings,
            first: space.first,
            convergence: self.convergence.as_ref(),
        };
        claims.test_whole(options.doubt)?;
        let mut crew = Crew { board: &board, options, begun: Instant::now(), watch };
        let mut initial = initial_states(&space);
        if let Some(mut orbits) = Orbits::new(&space.parts, &space.renamings) {
            for state in &mut initial {
                *state = orbits.representative(*state);
            }
        }
        let left = crew.work(|number| Worker::new(number, &space, &board).run(&initial, options));
        let (shares, explorers): (Vec<_>, Vec<_>) = left.into_iter().unzip();
        claims.test_sample(visited(&space.parts, &shares))?;
        let mut ending = match (board.progress().frontier, board.stop.load(Ordering::Relaxed)) {
            (0, _) => Ending::Exhausted,
            (_, true) => Ending::CutOff,
            (_, false) if space.judge.is_violated(&options.stop_when_violated) => Ending::Violated,
            (_, false) => Ending::Decided,
        };
        let discovery = |found: Found| {
            let path = options.paths.then(|| path::shortest(&space, &shares, found));
            Discovery { depth: found.depth, path }
        };
        let found = space.judge.found().into_iter();
        let mut discoveries: BTreeMap<_, _> =
            found.map(|(name, found)| (name, discovery(found))).collect();
        let mut has_end = false;
        if let (Some(convergence), Ending::Exhausted) = (&self.convergence, ending) {
            let ends = Ends::new(convergence, &shares);
            let explorers: Vec<_> =
                explorers.into_iter().map(|explorer| Mutex::new(Some(explorer))).collect();
            crew.work(|number| {
                let explorer = explorers[number].lock().take().expect("each thread takes its own");
                Walker::new(number, &space, &ends, &board, explorer).run();
            });
            let lassos = ends.found().into_iter().map(|(index, found)| {
                let (name, condition) = convergence.properties[index];
                let lasso =
                    || path::lasso(&space, &shares, found, (convergence.goes_on, condition));
                (name, Discovery { depth: found.depth, path: options.paths.then(lasso) })
            });
            discoveries.extend(lassos);
            has_end = ends.has_end();
            if board.progress().settled_states < board.progress().unique_states {
                ending = Ending::CutOff;
            }
        }
        Ok(Report {
            ending,
            progress: board.progress(),
            discoveries,
            has_end,
            coverage: space.steps.coverage(&space.parts),
        })
    }

    fn refuse(&self, options: &Options) -> Result<(), Refused> {
        let properties = self.model.properties();
        if let Some(eventually) =
            properties.iter().find(|property| property.expectation == Expectation::Eventually)
        {
            return Err(Refused::Eventually(eventually.name));
        }
        if properties.len() > 64 {
            return Err(Refused::TooManyProperties(properties.len()));
        }
        let mut names: Vec<&'static str> =
            properties.iter().map(|property| property.name).collect();
        names.extend(
            self.convergence
                .iter()
                .flat_map(|convergence| &convergence.properties)
                .map(|(name, _)| name),
        );
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Refused::SameName(pair[0]));
        }
        if !self
            .renamings
            .iter()
            .all(|renaming| is_one_to_one(&**renaming, self.model.actors.len()))
        {
            return Err(Refused::NotOneToOne);
        }
        if !is_group(&self.renamings, self.model.actors.len()) {
            return Err(Refused::NotAGroup);
        }
        if options.threads == 0 {
            return Err(Refused::NoThread);
        }
        if options.doubt && options.threads > 1 {
            return Err(Refused::DoubtShared);
        }
        Ok(())
    }

    fn space(&mut self, options: &Options) -> Space<'m, A, C, H> {
        Space {
            parts: Parts::new(self.model),
            steps: Steps::new(self.model),
            judge: Judge::new(std::mem::take(&mut self.judged)),
            // In doubt, states outside the boundary are visited too.
            boundary: if options.doubt { Reads::everything() } else { self.boundary },
            declared_boundary: self.boundary,
            renamings: std::mem::take(&mut self.renamings),
            first: self.first,
        }
    }
}

/// A sample of the states that were visited, put together.
fn visited<'s, A: Subject, H: History>(
    parts: &'s Parts<A, H>,
    shares: &'s [Share],
) -> impl Iterator<Item = ActorModelState<A, H>> + 's {
    let count: usize = shares.iter().map(|share| share.states.len() as usize).sum();
    let all = shares
        .iter()
        .flat_map(|share| (0..share.states.len()).map(|number| share.states.get(number)));
    all.step_by((count / claims::SAMPLE).max(1)).map(|state| {
        let (configuration, network) = unpair(state);
        parts.put_together(configuration, parts.network(Some(network)))
    })
}

/// The threads, with the watcher and the limits.
struct Crew<'a> {
    board: &'a Board,
    options: &'a Options,
    begun: Instant,
    watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
}

impl Crew<'_> {
    /// Runs the work on every thread. Returns the results of all threads.
    fn work<T: Send>(&mut self, share: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let Crew { board, options, begun, watch } = self;
        // Nothing is ever sent: the channel closes when every thread has ended.
        let (running, ended) = channel::<()>();
        std::thread::scope(|scope| {
            let start = |number| {
                let (share, running) = (&share, running.clone());
                scope.spawn(move || {
                    let _running = running;
                    share(number)
                })
            };
            let threads: Vec<_> = (0..options.threads).map(start).collect();
            drop(running);
            let _guard = StopOnPanic(board);
            while ended.recv_timeout(WATCH_EVERY) == Err(RecvTimeoutError::Timeout) {
                let progress = board.progress();
                let over = options.memory_bytes.is_some_and(|most| progress.memory_bytes > most)
                    || options.time.is_some_and(|most| begun.elapsed() > most);
                if watch(progress).is_break() || over {
                    board.stop.store(true, Ordering::Relaxed);
                }
            }
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        })
    }
}

/// Stops the threads if the watcher panics, because their scope waits for them.
struct StopOnPanic<'a>(&'a Board);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop.store(true, Ordering::Relaxed);
        }
    }
}
