//! The lines of a client's script as sentences, such as `put over via 0` or `join 3 via view`.

use super::Line;
use crate::scope::Ask;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// How each request is written, without the node that gets it, and what it means.
pub const REQUESTS: [(&str, &str); 9] = [
    ("put", "put without a context, as a client that has read nothing"),
    ("put in person", "put without a context, with PW=W: only intended replicas count"),
    ("put over", "put over what the client's last answer showed"),
    ("delete", "delete what the client's last answer showed"),
    ("get", "read"),
    ("get in person", "read with PR=R: only intended replicas count"),
    ("join 1", "let the node at position 1 join; it is no member before"),
    ("leave 1", "let the node at position 1 leave"),
    ("remove 1", "remove the node at position 1 for good"),
];

/// Which node gets a request, and what it means.
pub const NODES: [(&str, &str); 2] = [
    ("via 0", "the node at position 0; positions count nodes clockwise from the key"),
    ("via view", "a node that the client chooses by its own view of the members"),
];

/// Why a sentence is no line of a script.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SentenceError {
    /// It does not name the node that gets the request.
    #[error(
        "{0:?} does not name the node that is asked: end it with \"via 0\", another position, or \
         \"via view\""
    )]
    NoNode(String),
    /// What it asks is unknown.
    #[error("{0:?} is no request: before \"via\" use {requests}", requests = requests())]
    NoRequest(String),
    /// A join, leave or removal that does not name a node.
    #[error("{0:?} does not say which node: write \"{0} 1\", with a position")]
    NoPosition(String),
    /// A position that is no number.
    #[error(
        "{0:?} is no position: use 0, 1, 2, … for the nodes clockwise from the key; \
         0 to N-1 are the preference list"
    )]
    NotAPosition(String),
}

fn requests() -> String {
    REQUESTS.map(|(request, _)| format!("{request:?}")).join(", ")
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ask::Put => f.write_str("put"),
            Ask::PutInPerson => f.write_str("put in person"),
            Ask::PutOver => f.write_str("put over"),
            Ask::Delete => f.write_str("delete"),
            Ask::Get => f.write_str("get"),
            Ask::GetInPerson => f.write_str("get in person"),
            Ask::Join(position) => write!(f, "join {position}"),
            Ask::Leave(position) => write!(f, "leave {position}"),
            Ask::Remove(position) => write!(f, "remove {position}"),
        }
    }
}

impl FromStr for Ask {
    type Err = SentenceError;

    fn from_str(text: &str) -> Result<Ask, SentenceError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        Ok(match words[..] {
            ["put"] => Ask::Put,
            ["put", "in", "person"] => Ask::PutInPerson,
            ["put", "over"] => Ask::PutOver,
            ["delete"] => Ask::Delete,
            ["get"] => Ask::Get,
            ["get", "in", "person"] => Ask::GetInPerson,
            ["join", node] => Ask::Join(position(node)?),
            ["leave", node] => Ask::Leave(position(node)?),
            ["remove", node] => Ask::Remove(position(node)?),
            [change @ ("join" | "leave" | "remove")] => {
                return Err(SentenceError::NoPosition(change.to_owned()));
            }
            _ => return Err(SentenceError::NoRequest(text.trim().to_owned())),
        })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.via {
            Some(position) => write!(f, "{} via {position}", self.ask),
            None => write!(f, "{} via view", self.ask),
        }
    }
}

impl FromStr for Line {
    type Err = SentenceError;

    fn from_str(text: &str) -> Result<Line, SentenceError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let Some(at) = words.iter().position(|word| *word == "via") else {
            return Err(SentenceError::NoNode(text.trim().to_owned()));
        };
        let ask = words[..at].join(" ").parse()?;
        let via = match words[at + 1..] {
            [] => return Err(SentenceError::NoNode(text.trim().to_owned())),
            ["view"] => None,
            _ => Some(position(&words[at + 1..].join(" "))?),
        };
        Ok(Line { via, ask })
    }
}

fn position(word: &str) -> Result<usize, SentenceError> {
    let not = || SentenceError::NotAPosition(word.to_owned());
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { word.parse().map_err(|_| not()) } else { Err(not()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_is_written() {
        for via in [Some(0), Some(5), None] {
            for (request, _) in REQUESTS {
                let ask: Ask = request.parse().expect(request);
                assert_eq!(ask.to_string(), request);
                let line = Line { via, ask };
                assert_eq!(line.to_string().parse(), Ok(line), "{line}");
            }
        }
        let line = Line { via: Some(2), ask: Ask::PutInPerson };
        assert_eq!("  put  in person via 2 ".parse(), Ok(line), "spaces do not matter");
    }

    #[test]
    fn a_sentence_that_is_no_line_is_refused_with_what_is_allowed() {
        for (text, why) in [
            ("put", "\"put\" does not name the node that is asked: end it with \"via 0\", another"),
            ("put via", "\"put via\" does not name the node that is asked"),
            ("put through 0", "\"put through 0\" does not name the node that is asked"),
            ("", "\"\" does not name the node that is asked"),
            ("pt via 0", "\"pt\" is no request: before \"via\" use \"put\", \"put in person\", "),
            ("Put via 0", "\"Put\" is no request"),
            ("via 0", "\"\" is no request"),
            ("get 1 via 0", "\"get 1\" is no request"),
            ("join via 0", "\"join\" does not say which node: write \"join 1\""),
            ("join B via 0", "\"B\" is no position: use 0, 1, 2"),
            ("put via A", "\"A\" is no position"),
            ("put via -1", "\"-1\" is no position"),
            ("put via +1", "\"+1\" is no position"),
            ("put via 1 2", "\"1 2\" is no position"),
            ("put via 99999999999999999999", "\"99999999999999999999\" is no position"),
            ("put via \u{1b}[2J", "\"\\u{1b}[2J\" is no position"),
        ] {
            let error = text.parse::<Line>().expect_err(text).to_string();
            assert!(error.starts_with(why), "{text}: {error}");
        }
    }
}
