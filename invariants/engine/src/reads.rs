//! What of a state a property, or the boundary, looks at.

use stateright::actor::{Actor, Envelope};
use std::collections::BTreeMap;

/// What of a state a property, or the boundary, looks at.
///
/// The engine evaluates a condition once for all states that look the same to it, and remembers the
/// verdict. A condition that looks at more than it declares gets wrong verdicts.
/// [`Options::doubt`](crate::Options::doubt) finds such a condition; in doubt, declare
/// [`Reads::everything`].
///
/// Parts that a condition does not declare may be those of any state that occurred; a network that
/// it does not declare is empty.
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

/// Appends the words that a condition makes of the history. Histories of which it makes the same
/// words are the same to it.
pub type HistorySummary<C, H> = fn(&C, &H, &mut Vec<u64>);

/// Appends the words that a condition makes of the messages in flight, each as often as it is.
pub type NetworkSummary<A, C> = fn(&C, &mut Messages<'_, A>, &mut Vec<u64>);

/// The messages in flight.
pub type Messages<'a, A> = dyn Iterator<Item = Envelope<&'a <A as Actor>::Msg>> + 'a;

/// Appends the words that a condition makes of one actor.
pub type ActorSummary<A, C> = fn(&C, &ActorPart<'_, A>, &mut Vec<u64>);

/// All of a state that belongs to one actor.
pub struct ActorPart<'a, A: Actor> {
    /// The actor's index.
    pub index: usize,
    /// Its volatile state. That of a crashed actor is the one before the crash.
    pub state: &'a A::State,
    /// The timers that are set, ascending.
    pub timers: &'a [A::Timer],
    /// The random choices that are open, by name.
    pub random: &'a BTreeMap<String, Vec<A::Random>>,
    /// Is it crashed?
    pub crashed: bool,
    /// What it has saved.
    pub storage: Option<&'a A::Storage>,
}

/// What of the history is looked at.
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

/// What of the network is looked at.
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

/// What of the actors is looked at: these parts whole, and besides what a function makes of an
/// actor.
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

    /// Is it certainly the same as the other? Functions with one address do the same; where one
    /// function has two addresses, a result is only computed twice.
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
    /// Possibly everything: evaluated at every state.
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

    /// Nothing yet: to be followed by what is read.
    pub fn nothing() -> Self {
        Reads {
            locals: LocalReads::NOTHING,
            history: HistoryReads::Nothing,
            network: NetworkReads::Nothing,
        }
    }

    /// And the actors' states.
    #[must_use]
    pub fn states(mut self) -> Self {
        self.locals.states = true;
        self
    }

    /// And which timers are set.
    #[must_use]
    pub fn timers(mut self) -> Self {
        self.locals.timers = true;
        self
    }

    /// And which random choices are open.
    #[must_use]
    pub fn random(mut self) -> Self {
        self.locals.random = true;
        self
    }

    /// And which actors are crashed.
    #[must_use]
    pub fn crashed(mut self) -> Self {
        self.locals.crashed = true;
        self
    }

    /// And what the actors have saved.
    #[must_use]
    pub fn storages(mut self) -> Self {
        self.locals.storages = true;
        self
    }

    /// And of each actor what this function makes of it.
    #[must_use]
    pub fn actors_by(mut self, summary: ActorSummary<A, C>) -> Self {
        self.locals.by = Some(summary);
        self
    }

    /// And the history.
    #[must_use]
    pub fn history(mut self) -> Self {
        self.history = HistoryReads::Everything;
        self
    }

    /// And of the history only what this function makes of it.
    #[must_use]
    pub fn history_by(mut self, summary: HistorySummary<C, H>) -> Self {
        self.history = HistoryReads::By(summary);
        self
    }

    /// And of the network only what this function makes of it.
    #[must_use]
    pub fn network_by(mut self, summary: NetworkSummary<A, C>) -> Self {
        self.network = NetworkReads::By(summary);
        self
    }

    pub(crate) fn reads_network(&self) -> bool {
        !matches!(self.network, NetworkReads::Nothing)
    }

    /// Do both look at the same of the actors and the history?
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
