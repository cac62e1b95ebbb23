//! `impl/MESSAGES.md` explains every message that a node logs, every error that a node or a command
//! for operators prints, and every counter of `dynamo status`. The sources say which there are.

use crate::tidy::{read, root, sources};
use std::fs;
use syn::parse::ParseStream;
use syn::visit::{self, Visit};
use syn::{Attribute, ExprMethodCall, ImplItemFn, ItemFn, ItemMod, ItemStruct, LitStr, Macro};

const PAGE: &str = "impl/MESSAGES.md";

/// Stands for what differs from message to message: a placeholder of a format string.
const ANYTHING: &str = "…";

/// The fewest letters of a row that can stand for one message only.
const LETTERS_MIN: usize = 7;

/// Files and messages that no operator sees.
const NOT_SEEN: &[(&str, &str)] = &[
    ("impl/src/drive", "it runs nodes for a trace, not for an operator"),
    ("impl/src/runtime/led.rs", "it runs nodes for a trace, not for an operator"),
    ("impl/src/explorer", "the explorer runs no node"),
    ("impl/src/export", "it exports traces of the model"),
    ("impl/src/gallery", "it writes the gallery"),
    ("impl/src/commands/scenario", "it runs nodes for a script, not for an operator"),
    ("impl/src/scope_file", "it reads scopes for the checker, which runs no node"),
    ("impl/src/trial", "it runs nodes for scripts and tests"),
    ("impl/src/wire.rs", "dynamo status counts these errors"),
    ("impl/src/sessions/envelope.rs", "dynamo status counts these errors"),
    ("model/src/algebra/ring.rs", "no list of members makes such a ring"),
    ("… names not one table", "commands for operators show no table"),
    ("there is no defect", "commands for operators take no defect"),
];

/// A message, and where it comes from.
#[derive(Debug)]
struct Message {
    /// The level of a log line.
    level: Option<&'static str>,
    /// The text, with [`ANYTHING`] in place of each placeholder.
    text: String,
    file: String,
}

/// Collects the messages in a file.
struct Reader {
    file: String,
    found: Vec<Message>,
}

impl Reader {
    fn add(&mut self, level: Option<&'static str>, literal: Option<String>) {
        let Some(literal) = literal else { return };
        let text = template(&literal);
        self.found.push(Message { level, text, file: self.file.clone() });
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_macro(&mut self, called: &'ast Macro) {
        let name = called.path.segments.last().expect("a macro has a name").ident.to_string();
        let level = match name.as_str() {
            "error" => Some("ERROR"),
            "warn" => Some("WARN"),
            "info" => Some("INFO"),
            "note" | "anyhow" | "bail" => None,
            _ => return,
        };
        self.add(level, called.parse_body_with(first_literal).ok().flatten());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("error") {
            self.add(None, attribute.parse_args_with(first_literal).ok().flatten());
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "context" || call.method == "with_context" {
            let mut texts = Texts::default();
            call.args.iter().for_each(|argument| texts.visit_expr(argument));
            self.add(None, texts.0.into_iter().next());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }
}

/// All string literals in a piece of code, including the first one of each macro.
#[derive(Default)]
struct Texts(Vec<String>);

impl<'ast> Visit<'ast> for Texts {
    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.0.push(literal.value());
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.0.extend(called.parse_body_with(first_literal).ok().flatten());
    }
}

/// The first string literal among these tokens.
fn first_literal(input: ParseStream<'_>) -> syn::Result<Option<String>> {
    let mut found = None;
    while !input.is_empty() {
        if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            found.get_or_insert(literal.value());
        } else {
            input.step(|cursor| {
                let (_, rest) = cursor.token_tree().ok_or_else(|| cursor.error("the end"))?;
                Ok(((), rest))
            })?;
        }
    }
    Ok(found)
}

/// A format string with [`ANYTHING`] in place of each placeholder, and single spaces.
fn template(text: &str) -> String {
    let mut made = String::new();
    let mut depth = 0;
    for letter in text.chars() {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                made += ANYTHING;
            }
            other if depth == 0 => made.push(other),
            _ => {}
        }
    }
    made.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Does a command talk to nodes, or run them? Then it needs their secret.
fn is_for_operators(file: &str, text: &str) -> bool {
    !file.starts_with("impl/src/commands/")
        || text.contains("session.connect()")
        || text.contains("ecret")
}

/// All messages that an operator may see.
fn messages() -> Vec<Message> {
    let mut found = Vec::new();
    for path in ["impl/src", "model/src"].into_iter().flat_map(sources) {
        let file = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap();
        if file.contains("/tests") || !is_for_operators(&file, &text) {
            continue;
        }
        let mut reader = Reader { file, found: Vec::new() };
        reader.visit_file(&syn::parse_file(&text).unwrap());
        found.append(&mut reader.found);
    }
    found.retain(|Message { text, file, .. }| {
        NOT_SEEN.iter().all(|(what, _)| !file.starts_with(what) && !text.starts_with(what))
    });
    found
}

/// The first cells of the page's tables that quote something: what is before the first quotation,
/// and the quotations.
fn rows(page: &str) -> Vec<(String, Vec<String>)> {
    let first_cells = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let row = |cell: &str| {
        let mut parts = cell.split('`').map(str::to_owned);
        let before = parts.next().unwrap_or_default();
        (before, parts.step_by(2).collect::<Vec<_>>())
    };
    first_cells.map(row).filter(|(_, quoted)| !quoted.is_empty()).collect()
}

/// Does a row's quotation stand for this message?
fn stands_for(quoted: &str, text: &str) -> bool {
    let letters = quoted.chars().filter(|letter| letter.is_alphabetic()).count();
    letters >= LETTERS_MIN && text.contains(quoted)
}

#[test]
fn every_message_that_an_operator_may_see_is_explained() {
    let (page, messages) = (read(PAGE), messages());
    let rows = rows(&page);
    let is_explained = |message: &&Message| {
        rows.iter().any(|(before, quoted)| {
            quoted.iter().any(|quoted| stands_for(quoted, &message.text))
                && message.level.is_none_or(|level| before.contains(level))
        })
    };
    let missing: Vec<&Message> = messages.iter().filter(|message| !is_explained(message)).collect();
    assert!(missing.is_empty(), "{PAGE} has no row for {missing:#?}");
}

/// The string literals in the functions with this name in a file.
fn literals_in(file: &str, function: &str) -> Vec<String> {
    struct Functions<'a>(&'a str, Texts);
    impl<'ast> Visit<'ast> for Functions<'_> {
        fn visit_item_fn(&mut self, item: &'ast ItemFn) {
            if item.sig.ident == self.0 {
                self.1.visit_block(&item.block);
            }
        }
        fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
            if item.sig.ident == self.0 {
                self.1.visit_block(&item.block);
            }
        }
    }
    let mut functions = Functions(function, Texts::default());
    functions.visit_file(&syn::parse_file(&read(file)).unwrap());
    functions.1.0
}

/// The names of a struct's fields.
fn fields_of(file: &str, name: &str) -> Vec<String> {
    struct Fields<'a>(&'a str, Vec<String>);
    impl<'ast> Visit<'ast> for Fields<'_> {
        fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
            if item.ident == self.0 {
                let names = item.fields.iter().filter_map(|field| field.ident.as_ref());
                self.1.extend(names.map(ToString::to_string));
            }
        }
    }
    let mut fields = Fields(name, Vec::new());
    fields.visit_file(&syn::parse_file(&read(file)).unwrap());
    fields.1
}

/// What `dynamo status` may count, in its own words.
fn counters() -> Vec<String> {
    let dropped = fields_of("impl/src/counters.rs", "Dropped");
    let dropped = dropped.iter().map(|field| field.replace('_', " "));
    let refused = literals_in("impl/src/doorkeeper.rs", "words");
    let busy = literals_in("impl/src/commands/status.rs", "busy");
    let is_counter = |text: &String| text.contains(' ') && text != "not at all";
    let busy =
        busy.into_iter().filter(|text| is_counter(text) && !text.contains('{') && text != ", ");
    dropped.chain(refused).chain(busy).collect()
}

#[test]
fn every_counter_of_the_status_is_explained() {
    let (page, counters) = (read(PAGE), counters());
    let rows = rows(&page);
    let is_explained = |counter: &&String| rows.iter().any(|(_, quoted)| quoted.contains(*counter));
    let missing: Vec<&String> = counters.iter().filter(|counter| !is_explained(counter)).collect();
    assert!(missing.is_empty(), "{PAGE} has no row for {missing:#?}");
}

#[test]
fn every_row_explains_something_that_exists() {
    let (page, messages, counters) = (read(PAGE), messages(), counters());
    let exists = |quoted: &String| {
        counters.contains(quoted) || messages.iter().any(|known| stands_for(quoted, &known.text))
    };
    let rows = rows(&page);
    let stale: Vec<&String> =
        rows.iter().flat_map(|(_, quoted)| quoted).filter(|quoted| !exists(quoted)).collect();
    assert!(stale.is_empty(), "{PAGE} explains what no source has: {stale:#?}");
}
