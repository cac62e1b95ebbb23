//! What one thread knows about each envelope, by its number.

use crate::network::{Change, Taken};
use crate::parts::Parts;
use crate::space::Space;
use crate::subject::{Filter, History, Subject};
use stateright::actor::{ActorModelAction, Envelope};

#[derive(Default)]
pub(crate) struct Envelopes {
    /// The receiving actor.
    recipients: Vec<usize>,
    /// The change that is its loss, if messages may be lost.
    losses: Vec<u32>,
    /// What may happen to it under the filter.
    going_on: Vec<GoesOn>,
}

/// What may happen to an envelope.
#[derive(Clone, Copy)]
pub(crate) struct GoesOn {
    pub(crate) delivered: bool,
    pub(crate) lost: bool,
}

impl Envelopes {
    pub(crate) fn recipient<A: Subject, H: History>(
        &mut self,
        parts: &Parts<A, H>,
        envelope: u32,
    ) -> usize {
        while self.recipients.len() <= envelope as usize {
            let next = self.recipients.len() as u32;
            self.recipients.push(usize::from(parts.envelopes.get(next).dst));
        }
        self.recipients[envelope as usize]
    }

    pub(crate) fn loss<A: Subject, H: History>(
        &mut self,
        parts: &Parts<A, H>,
        envelope: u32,
    ) -> u32 {
        while self.losses.len() <= envelope as usize {
            let taken = Taken::Lost(self.losses.len() as u32);
            self.losses.push(parts.changes.insert(Change { taken, sent: Vec::new() }));
        }
        self.losses[envelope as usize]
    }

    /// What may happen to an envelope under the filter. The filter must be the same in every call.
    pub(crate) fn goes_on<A: Subject, C, H: History>(
        &mut self,
        space: &Space<'_, A, C, H>,
        filter: Option<Filter<A, C>>,
        envelope: u32,
    ) -> GoesOn {
        let Some(goes_on) = filter else { return GoesOn { delivered: true, lost: true } };
        let Space { parts, steps, .. } = space;
        while self.going_on.len() <= envelope as usize {
            let next = self.going_on.len() as u32;
            let lost = parts.envelopes.get(next).clone();
            let Envelope { src, dst, msg } = lost.clone();
            self.going_on.push(GoesOn {
                delivered: goes_on(&steps.model.cfg, &ActorModelAction::Deliver { src, dst, msg }),
                lost: goes_on(&steps.model.cfg, &ActorModelAction::Drop(lost)),
            });
        }
        self.going_on[envelope as usize]
    }
}
