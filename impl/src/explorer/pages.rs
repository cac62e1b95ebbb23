//! The page, and what it is made of: in the binary, so that nothing need be installed or fetched.

use super::location::{Location, Named};
use super::{Refusal, aside};
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Response};

const PAGE: &str = include_str!("web/index.html");
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Name, kind, content.
const ASSETS: &[(&str, &str, &str)] = &[
    ("app.js", JAVASCRIPT, include_str!("web/app.js")),
    ("beside.js", JAVASCRIPT, include_str!("web/beside.js")),
    ("chooser.js", JAVASCRIPT, include_str!("web/chooser.js")),
    ("diagram.js", JAVASCRIPT, include_str!("web/diagram.js")),
    ("front.js", JAVASCRIPT, include_str!("web/front.js")),
    ("panels.js", JAVASCRIPT, include_str!("web/panels.js")),
    ("lesson.js", JAVASCRIPT, include_str!("web/lesson.js")),
    ("lesson.css", CSS, include_str!("web/lesson.css")),
    ("properties.js", JAVASCRIPT, include_str!("web/properties.js")),
    ("ring.js", JAVASCRIPT, include_str!("web/ring.js")),
    ("search.js", JAVASCRIPT, include_str!("web/search.js")),
    ("server.js", JAVASCRIPT, include_str!("web/server.js")),
    ("words.js", JAVASCRIPT, include_str!("web/words.js")),
    ("layout.css", CSS, include_str!("web/layout.css")),
    ("style.css", CSS, include_str!("web/style.css")),
    ("lit-html.js", JAVASCRIPT, include_str!("web/vendor/lit-html.js")),
    ("icon.svg", "image/svg+xml", include_str!("web/icon.svg")),
];

pub(super) async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|(known, _, _)| *known == name) {
        Some((_, kind, content)) => ([(CONTENT_TYPE, *kind)], *content).into_response(),
        None => nothing_there().await,
    }
}

/// The first page, with the nine invariants: the same frame with another script.
pub(super) async fn front() -> Html<String> {
    Html(PAGE.replace("/assets/app.js", "/assets/front.js"))
}

/// The page of a location, if there is such a location.
pub(super) async fn page(Path(parts): Path<Vec<String>>) -> Response {
    let part = |index: usize| parts.get(index).cloned().unwrap_or_default();
    let named = Named { scope: part(0), rules: part(1), path: part(2) };
    let there = aside(move || Location::named(&named)?.run().map(|_| ())).await;
    match there {
        Ok(()) => Html(PAGE).into_response(),
        Err(refusal) => in_words(&refusal),
    }
}

pub(super) async fn nothing_there() -> Response {
    in_words(&Refusal::not_found("there is nothing at this address".to_owned()))
}

/// A page for a person that says what is wrong.
pub(super) fn in_words(Refusal(status, why): &Refusal) -> Response {
    let escaped = why.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{status}</title><link rel=\"stylesheet\" href=\"/assets/style.css\">\
         <main class=\"wrong\"><h1>{status}</h1><p>{escaped}.</p>\
         <p><a href=\"/invariants\">The nine invariants</a></p></main></html>"
    );
    (*status, Html(page)).into_response()
}
