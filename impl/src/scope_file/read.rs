//! Reads a scope from a file's text.

use super::error::{ScopeFileError, Wrong};
use super::fields::{Fields, Value, at, in_line, number};
use super::{AIM, FAULTS, KEY, NAME, WORDS};
use dynamo_invariants::catalogue;
use dynamo_invariants::scope::own::{Line, OwnScope, OwnScopeError, Part, Quorum};
use dynamo_invariants::scope::{Faults, Scope};
use dynamo_model::config::Config;
use toml::de::DeTable;

const CLIENTS: &str = "clients = [[\"put via 0\", \"get via 1\"]]";
const REQUESTS: &str = "a list of requests, such as [\"put via 0\", \"get via 1\"]";

/// A scope as a file has it, which may not be valid.
#[derive(Clone, Debug)]
pub struct Written {
    /// The scope.
    pub own: OwnScope,
    text: String,
    /// In which line each part is that the file has.
    lines: Vec<(Part, usize)>,
}

impl Written {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// If it is not TOML, or has other words or values than a scope has.
    pub fn read(text: &str) -> Result<Written, ScopeFileError> {
        let table = DeTable::parse(text).map_err(|error| {
            let wrong = Wrong::Syntax(error.message().to_owned());
            at(text, error.span().map_or(0, |span| span.start), wrong)
        })?;
        let fields = Fields { table: table.get_ref(), text };
        let is_fault = |word: &str| FAULTS.iter().any(|(fault, ..)| *fault == word);
        fields.refuse_others(&WORDS, |word| match word {
            word if is_fault(&word) => Wrong::IsFault(word),
            word => Wrong::NoWord(word),
        })?;
        let mut lines = parts(&fields);
        // A word below [faults] that belongs above would else be missing.
        let faults = faults(&fields, &mut lines)?;
        let nodes_max = OwnScope::NODES_MAX;
        let nodes = needed(fields.number("nodes", 1, nodes_max)?, "nodes", "nodes = 3")?;
        let of_quorum = |word, example| {
            let number = fields.number(word, 1, Config::N_MAX as u16)?;
            needed(number, word, example).map(usize::from)
        };
        let (n, r, w) =
            (of_quorum("n", "n = 3")?, of_quorum("r", "r = 2")?, of_quorum("w", "w = 2")?);
        let clients = needed(fields.value("clients"), "clients", CLIENTS)?;
        let own = OwnScope {
            name: fields.text_of("name")?.unwrap_or_else(|| NAME.to_owned()),
            aim: fields.text_of("aim")?.unwrap_or_else(|| AIM.to_owned()),
            key: fields.text_of("key")?.unwrap_or_else(|| KEY.to_owned()),
            nodes: nodes.into(),
            quorum: Quorum { n, r, w },
            clients: scripts(&fields, clients, &mut lines)?,
            faults,
        };
        Ok(Written { own, text: text.to_owned(), lines })
    }

    /// The scope, made static.
    ///
    /// # Errors
    /// If it is not valid.
    pub fn scope(&self) -> Result<&'static Scope, ScopeFileError> {
        catalogue::own_scope(&self.own).map_err(|error| self.invalid(error))
    }

    fn invalid(&self, error: OwnScopeError) -> ScopeFileError {
        let wanted = error.part();
        let line = self.lines.iter().find(|(part, _)| wanted == Some(*part)).map(|(_, line)| *line);
        in_line(&self.text, line, Wrong::Scope(error))
    }
}

fn needed<T>(
    value: Option<T>,
    word: &'static str,
    example: &'static str,
) -> Result<T, ScopeFileError> {
    value.ok_or(ScopeFileError { line: None, wrong: Wrong::Missing { word, example } })
}

/// The lines of the parts that have a word above the faults.
fn parts(fields: &Fields<'_>) -> Vec<(Part, usize)> {
    let words = [
        (Part::Name, "name"),
        (Part::Aim, "aim"),
        (Part::Key, "key"),
        (Part::Nodes, "nodes"),
        (Part::N, "n"),
        (Part::R, "r"),
        (Part::W, "w"),
        (Part::Clients, "clients"),
    ];
    words.into_iter().filter_map(|(part, word)| Some((part, fields.line(word)?))).collect()
}

fn scripts(
    fields: &Fields<'_>,
    clients: Value<'_>,
    lines: &mut Vec<(Part, usize)>,
) -> Result<Vec<Vec<Line>>, ScopeFileError> {
    let wanted = format!("a list of clients, each {REQUESTS}");
    let mut scripts = Vec::new();
    for (index, requests) in fields.list("clients", clients, &wanted)?.iter().enumerate() {
        let client = index + 1;
        lines.push((Part::Client(client), number(fields.text, requests.span().start)));
        let mut script = Vec::new();
        let what = format!("client {client}");
        for (index, request) in fields.list(&what, requests, REQUESTS)?.iter().enumerate() {
            let line = index + 1;
            lines.push((Part::Line { client, line }, number(fields.text, request.span().start)));
            let Some(sentence) = request.get_ref().as_str() else {
                let what = format!("request {line} of client {client}");
                let wanted = "a sentence between quotation marks, such as \"put via 0\"";
                return Err(fields.other_type(&what, request, wanted));
            };
            script.push(sentence.parse().map_err(|error| {
                fields.wrong(request, Wrong::Sentence { client, request: line, error })
            })?);
        }
        scripts.push(script);
    }
    Ok(scripts)
}

fn faults(fields: &Fields<'_>, lines: &mut Vec<(Part, usize)>) -> Result<Faults, ScopeFileError> {
    let Some(value) = fields.value("faults") else { return Ok(Faults::default()) };
    let Some(table) = value.get_ref().as_table() else {
        let wanted = "a line [faults], and a line for each fault below it";
        return Err(fields.other_type("faults", value, wanted));
    };
    let faults = Fields { table, text: fields.text };
    let words = FAULTS.map(|(word, ..)| word);
    faults.refuse_others(&words, |word| match word {
        word if WORDS.contains(&word.as_str()) => Wrong::IsNoFault(word),
        word => Wrong::NoFault(word),
    })?;
    lines.extend(words.iter().filter_map(|word| Some((Part::Fault(word), faults.line(word)?))));
    let times = |word| faults.number(word, 0, OwnScope::TRIES_MAX.into());
    let position = |word| {
        let number = faults.number(word, 0, OwnScope::NODES_MAX - 1)?;
        Ok(number.map(usize::from))
    };
    Ok(Faults {
        loss: faults.flag("loss")?,
        duplication: faults.flag("duplication")?,
        crashes: faults.number("crashes", 0, OwnScope::NODES_MAX)?.unwrap_or_default().into(),
        timeouts: times("timeouts")?,
        client_retries: times("client-retries")?.unwrap_or_default(),
        handoffs: times("handoffs")?.unwrap_or_default(),
        lost_disk: position("lost-disk")?,
        old_disk: position("old-disk")?,
        reaps: times("reaps")?.unwrap_or_default(),
        gossip: faults.flag("gossip")?,
        exchange: faults.flag("exchange")?,
        second_key: faults.flag("second-key")?,
        small_exchanges: faults.flag("small-exchanges")?,
        moved: position("moved")?,
        more_histories: times("more-histories")?.unwrap_or_default(),
        endless: faults.flag("endless")?,
    })
}
