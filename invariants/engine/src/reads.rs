//! The parts of a state that a property or the boundary reads.

use stateright::actor::{Actor, Envelope};
use std::collections::BTreeMap;

/// The parts of a state that a property or the boundary reads.
///
/// The engine evaluates a condition once for all states that look the same to it. If a condition
/// reads more than it declares, verdicts are wrong. [`Options::doubt`](crate::Options::doubt) finds
/// such a condition. If you are not sure, declare [`Reads::everything`].
///
/// A part that is not declared may come from any state that occurred. A network that is not
/// declared is empty.
pub struct Reads<A: Actor, C, H> {
    pub(crate) locals: LocalReads<A, C>,
    pub(crate) history: HistoryReads<C, H>,
    pub(crate) network: NetworkReads<A, C>,
}

impl<A: Actor, C, H> Clone for Reads<A, C, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Actor, C, H> Copy for Reads<A, C, H> {}

/// Appends a condition's summary of the history. The condition must be the same for histories with
/// the same words.
pub type HistorySummary<C, H> = fn(&C, &H, &mut Vec<u64>);

/// Appends a condition's summary of the messages in flight, which may repeat.
pub type NetworkSummary<A, C> = fn(&C, &mut Messages<'_, A>, &mut Vec<u64>);

/// The messages in flight.
pub type Messages<'a, A> = dyn Iterator<Item = Envelope<&'a <A as Actor>::Msg>> + 'a;

/// Appends a condition's summary of one actor.
pub type ActorSummary<A, C> = fn(&C, &ActorPart<'_, A>, &mut Vec<u64>);

/// Everything in a state that belongs to one actor.
pub struct ActorPart<'a, A: Actor> {
    /// The actor's index.
    pub index: usize,
    /// Its volatile state. A crashed actor keeps the state before the crash.
    pub state: &'a A::State,
    /// The timers that are set, in ascending order.
    pub timers: &'a [A::Timer],
    /// The open random choices, by name.
    pub random: &'a BTreeMap<String, Vec<A::Random>>,
    /// Is it crashed?
    pub crashed: bool,
    /// What it has saved.
    pub storage: Option<&'a A::Storage>,
}

/// What is read of the history.
pub(crate) enum HistoryReads<C, H> {
    Nothing,
    Everything,
    By(HistorySummary<C, H>),
}

impl<C, H> Clone for HistoryReads<C, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, H> Copy for HistoryReads<C, H> {}

/// What is read of the network.
pub(crate) enum NetworkReads<A: Actor, C> {
    Nothing,
    Everything,
    By(NetworkSummary<A, C>),
}

impl<A: Actor, C> Clone for NetworkReads<A, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Actor, C> Copy for NetworkReads<A, C> {}

/// What is read of the actors: these parts as a whole, and a summary.
#[expect(clippy::struct_excessive_bools, reason = "a set of independent parts, each read or not")]
pub(crate) struct LocalReads<A: Actor, C> {
    pub(crate) states: bool,
    pub(crate) timers: bool,
    pub(crate) random: bool,
    pub(crate) crashed: bool,
    pub(crate) storages: bool,
    pub(crate) by: Option<ActorSummary<A, C>>,
}

impl<A: Actor, C> Clone for LocalReads<A, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Actor, C> Copy for LocalReads<A, C> {}

impl<A: Actor, C> LocalReads<A, C> {
    const NOTHING: Self = LocalReads {
        states: false,
        timers: false,
        random: false,
        crashed: false,
        storages: false,
        by: None,
    };

    /// Is this certainly the same as the other? Functions with one address are the same. If one
    /// function has two addresses, a result is computed twice.
    fn is_same(self, other: Self) -> bool {
        let flags = |reads: &Self| {
            [reads.states, reads.timers, reads.random, reads.crashed, reads.storages]
        };
        let by = match (self.by, other.by) {
            (None, None) => true,
            (Some(one), Some(other)) => std::ptr::fn_addr_eq(one, other),
            _ => false,
        };
        flags(&self) == flags(&other) && by
    }
}

impl<A: Actor, C, H> Reads<A, C, H> {
    /// Everything: the condition is evaluated on every state.
    pub fn everything() -> Self {
        let all = LocalReads {
            states: true,
            timers: true,
            random: true,
            crashed: true,
            storages: true,
            by: None,
        };
        Reads { locals: all, history: HistoryReads::Everything, network: NetworkReads::Everything }
    }

    /// Nothing. The other methods add what is read.
    pub fn nothing() -> Self {
        Reads {
            locals: LocalReads::NOTHING,
            history: HistoryReads::Nothing,
            network: NetworkReads::Nothing,
        }
    }

    /// Adds the actors' states.
    #[must_use]
    pub fn states(mut self) -> Self {
        self.locals.states = true;
        self
    }

    /// Adds the set timers.
    #[must_use]
    pub fn timers(mut self) -> Self {
        self.locals.timers = true;
        self
    }

    /// Adds the open random choices.
    #[must_use]
    pub fn random(mut self) -> Self {
        self.locals.random = true;
        self
    }

    /// Adds which actors are crashed.
    #[must_use]
    pub fn crashed(mut self) -> Self {
        self.locals.crashed = true;
        self
    }

    /// Adds what the actors have saved.
    #[must_use]
    pub fn storages(mut self) -> Self {
        self.locals.storages = true;
        self
    }

    /// Adds this summary of each actor.
    #[must_use]
    pub fn actors_by(mut self, summary: ActorSummary<A, C>) -> Self {
        self.locals.by = Some(summary);
        self
    }

    /// Adds the history.
    #[must_use]
    pub fn history(mut self) -> Self {
        self.history = HistoryReads::Everything;
        self
    }

    /// Adds this summary of the history.
    #[must_use]
    pub fn history_by(mut self, summary: HistorySummary<C, H>) -> Self {
        self.history = HistoryReads::By(summary);
        self
    }

    /// Adds this summary of the network.
    #[must_use]
    pub fn network_by(mut self, summary: NetworkSummary<A, C>) -> Self {
        self.network = NetworkReads::By(summary);
        self
    }

    pub(crate) fn reads_network(&self) -> bool {
        !matches!(self.network, NetworkReads::Nothing)
    }

    /// Do both read the same parts of the actors and the history?
    pub(crate) fn look_alike(&self, other: &Self) -> bool {
        let histories = match (self.history, other.history) {
            (HistoryReads::Nothing, HistoryReads::Nothing)
            | (HistoryReads::Everything, HistoryReads::Everything) => true,
            (HistoryReads::By(one), HistoryReads::By(other)) => std::ptr::fn_addr_eq(one, other),
            _ => false,
        };
        histories && self.locals.is_same(other.locals)
    }
}
