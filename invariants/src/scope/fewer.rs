//! Faults with one less: the steps in which a scope is simplified.

use super::Faults;

impl Faults {
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
