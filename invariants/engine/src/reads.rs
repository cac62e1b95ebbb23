//! What of a state a property, or the boundary, looks at.

use stateright::actor::{Actor, Network};

/// What of a state a property, or the boundary, looks at. It is evaluated once for each state that it can tell apart. Whoever says less
/// than is true gets wrong verdicts; in doubt, [`Reads::everything`].
///
/// What a condition does not read it may find to be any that occurred together with what it reads; the network it does not read,
/// empty.
pub struct Reads<A: Actor, C> {
    pub(crate) locals: LocalReads,
    pub(crate) network: NetworkReads<A, C>,
}

impl<A: Actor, C> Clone for Reads<A, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Actor, C> Copy for Reads<A, C> {}

/// What of the actors and the history is looked at.
#[expect(clippy::struct_excessive_bools, reason = "a set of independent parts, each read or not")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocalReads {
    pub(crate) states: bool,
    pub(crate) timers: bool,
    pub(crate) random: bool,
    pub(crate) crashed: bool,
    pub(crate) storages: bool,
    pub(crate) history: bool,
}

/// What of the network is looked at.
pub(crate) enum NetworkReads<A: Actor, C> {
    Nothing,
    Everything,
    By(Summary<A, C>),
}

/// What a property makes of the network.
pub(crate) type Summary<A, C> = fn(&C, &Network<<A as Actor>::Msg>) -> u64;

impl<A: Actor, C> Clone for NetworkReads<A, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Actor, C> Copy for NetworkReads<A, C> {}

impl<A: Actor, C> Reads<A, C> {
    /// Possibly everything: evaluated at every state.
    pub fn everything() -> Self {
        let locals =
            LocalReads { states: true, timers: true, random: true, crashed: true, storages: true, history: true };
        Reads { locals, network: NetworkReads::Everything }
    }

    /// Nothing yet: to be followed by what is read.
    pub fn nothing() -> Self {
        Reads { locals: LocalReads::default(), network: NetworkReads::Nothing }
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

    /// And the history.
    #[must_use]
    pub fn history(mut self) -> Self {
        self.locals.history = true;
        self
    }

    /// And of the network only what this function makes of it.
    #[must_use]
    pub fn network_by(mut self, summary: Summary<A, C>) -> Self {
        self.network = NetworkReads::By(summary);
        self
    }
}
