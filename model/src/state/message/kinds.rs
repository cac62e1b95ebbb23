//! The kinds of messages, with their names and their documentation.

use super::{Message, MessageKind};
use crate::state::request::{AnswerKind, OperationKind};
use std::fmt;
use strum::{EnumMessage, VariantArray};

/// The names of all kinds of messages, as users see them: `Request Put`, `Store`, …
pub fn kinds() -> Vec<String> {
    documented().into_iter().map(|(name, _)| name).collect()
}

/// The documentation of a kind of messages, by its name; `None`: there is no such kind.
pub fn documentation(kind: &str) -> Option<String> {
    documented().into_iter().find(|(name, _)| name == kind).map(|(_, text)| text)
}

impl Message {
    /// The place of this message's kind in the list of [`kinds`].
    pub fn kind(&self) -> usize {
        let outer = MessageKind::from(self);
        let inner = match self {
            Message::Request(operation) => OperationKind::from(operation) as usize,
            Message::Answer(answer) => AnswerKind::from(answer) as usize,
            _ => 0,
        };
        // Requests and answers take more than one place in the list.
        let more = |kind: MessageKind, count: usize| {
            if outer as usize > kind as usize { count - 1 } else { 0 }
        };
        outer as usize
            + inner
            + more(MessageKind::Request, OperationKind::VARIANTS.len())
            + more(MessageKind::Answer, AnswerKind::VARIANTS.len())
    }
}

/// Every kind: its name, and its documentation. That of a request or an answer is the message's
/// own, and then the request's or the answer's.
fn documented() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for outer in MessageKind::VARIANTS {
        let inner = match outer {
            MessageKind::Request => texts(OperationKind::VARIANTS),
            MessageKind::Answer => texts(AnswerKind::VARIANTS),
            _ => Vec::new(),
        };
        let text = outer.get_documentation().unwrap_or_default();
        if inner.is_empty() {
            all.push((format!("{outer:?}"), text.to_owned()));
        }
        let both = |(name, more)| (format!("{outer:?} {name}"), format!("{text}\n\n{more}"));
        all.extend(inner.into_iter().map(both));
    }
    all
}

fn texts<Kind: EnumMessage + fmt::Debug>(kinds: &[Kind]) -> Vec<(String, &'static str)> {
    let text = |kind: &Kind| kind.get_documentation().unwrap_or_default();
    kinds.iter().map(|kind| (format!("{kind:?}"), text(kind))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algebra::ids::{ClientId, Key, RequestId};
    use crate::state::request::{Answer, Operation};

    #[test]
    fn a_message_knows_the_place_of_its_kind() {
        let request = RequestId { client: ClientId(7), number: 0 };
        let key = Key::new("k").expect("a valid key");
        let get = Operation::Get { request, key, pr: 0 };
        for (message, name) in [
            (Message::Request(get), "Request Get"),
            (Message::Answer(Answer::NoRoute { request }), "Answer NoRoute"),
            (Message::Forwarded { request }, "Forwarded"),
            (Message::Stored { request }, "Stored"),
        ] {
            assert_eq!(kinds()[message.kind()], name);
        }
    }

    #[test]
    fn every_kind_is_documented() {
        for kind in kinds() {
            let text = documentation(&kind).expect("it is a kind");
            assert!(text.len() > 40 && text.trim().ends_with('.'), "{kind}: {text}");
        }
        assert!(documentation("Store").expect("a kind").starts_with("Coordinator → replica"));
        assert!(documentation("Request Put").expect("a kind").contains("Store a value"));
        assert_eq!(documentation("Nothing"), None);
    }
}
