//! A register that is one variable on one server. A second server with its own variable is the
//! mistake.

use super::client::{Message, Server, Value};
use stateright::actor::Id;
use std::borrow::Cow;

#[derive(Clone, Copy, Debug)]
pub(crate) struct SingleCopy;

impl Server for SingleCopy {
    type Message = ();
    type State = Value;

    fn start(&self) -> Value {
        0
    }

    fn receive(
        &self,
        _id: Id,
        state: &mut Cow<'_, Value>,
        src: Id,
        message: Message<()>,
    ) -> Vec<(Id, Message<()>)> {
        match message {
            Message::Write(value) => {
                *state.to_mut() = value;
                vec![(src, Message::Written)]
            }
            Message::Read => vec![(src, Message::Found(**state))],
            _ => Vec::new(),
        }
    }
}
