//! The kinds of messages, with their names and their documentation.

use super::MessageKind;
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
