//! Faults with one less, or with bounds: the steps in which a scope is simplified.

use super::Faults;

impl Faults {
    /// These faults with bounds, if they are [endless](Faults::endless): each hint, and each survey
    /// of tombstones, is repeated at most so often.
    #[must_use]
    pub fn bounded(self, times: u8) -> Faults {
        let if_any = |has_any: bool| if has_any { times } else { 0 };
        Faults {
            endless: false,
            handoffs: if_any(self.handoffs > 0),
            reaps: if_any(self.reaps > 0),
            more_histories: if_any(!self.gossip),
            ..self
        }
    }

    /// These faults with one less, the most promising first.
    pub(crate) fn fewer(self) -> Vec<Faults> {
        let all = [
            Faults { loss: false, ..self },
            Faults { duplication: false, ..self },
            Faults { crashes: 0, ..self },
            Faults { timeouts: None, handoffs: 0, ..self },
            Faults { timeouts: self.timeouts.map(|_| 0), ..self },
            Faults { client_retries: 0, ..self },
            Faults { handoffs: self.handoffs.saturating_sub(1), ..self },
            Faults { lost_disk: None, ..self },
            Faults { old_disk: None, ..self },
            Faults { reaps: self.reaps.saturating_sub(1), ..self },
            Faults { gossip: false, ..self },
            Faults { exchange: false, small_exchanges: false, ..self },
            Faults { small_exchanges: false, ..self },
            Faults { moved: None, ..self },
            Faults { second_key: false, ..self },
            Faults { more_histories: self.more_histories.saturating_sub(1), ..self },
        ];
        all.into_iter().filter(|fewer| *fewer != self).collect()
    }
}
