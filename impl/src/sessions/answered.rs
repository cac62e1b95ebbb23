//! The hellos that were answered lately.

use super::envelope::{MAC_BYTES, SessionError};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

/// How many hellos are remembered.
const REMEMBERED_MAX: usize = 4096;

type Mac = [u8; MAC_BYTES];

/// Remembers hellos by their MACs, with the welcome that answered each.
#[derive(Debug, Default)]
pub(super) struct Answered {
    welcomes: HashMap<Mac, (SocketAddr, Vec<u8>)>,
    /// Oldest first.
    order: VecDeque<Mac>,
}

impl Answered {
    /// The answer to a hello that was answered before: the same welcome for the same caller, and an
    /// error for another address.
    pub(super) fn answer_to(
        &self,
        mac: Mac,
        from: SocketAddr,
    ) -> Option<Result<Vec<u8>, SessionError>> {
        let (caller, welcome) = self.welcomes.get(&mac)?;
        Some(if *caller == from { Ok(welcome.clone()) } else { Err(SessionError::Replayed) })
    }

    /// Remembers the answer to a hello.
    pub(super) fn remember(&mut self, mac: Mac, from: SocketAddr, welcome: &[u8]) {
        if self.order.len() == REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.welcomes.remove(&oldest);
        }
        self.welcomes.insert(mac, (from, welcome.to_vec()));
        self.order.push_back(mac);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_hellos_are_remembered_for_their_caller_only() {
        let (mut answered, at) =
            (Answered::default(), |port: u16| SocketAddr::from(([127, 0, 0, 1], port)));
        let mac = |number: usize| [number.to_le_bytes(), [0; 8]].concat().try_into().unwrap();
        for number in 0..=REMEMBERED_MAX {
            answered.remember(mac(number), at(1), &[number as u8]);
        }
        assert_eq!(answered.welcomes.len(), REMEMBERED_MAX);
        assert_eq!(answered.answer_to(mac(0), at(1)), None);
        assert_eq!(answered.answer_to(mac(1), at(1)), Some(Ok(vec![1])));
        assert_eq!(answered.answer_to(mac(1), at(2)), Some(Err(SessionError::Replayed)));
    }
}
