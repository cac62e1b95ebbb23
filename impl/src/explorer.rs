//! The explorer: a scope's state space, walked step by step in a browser.
//!
//! The page and the API are served by the one binary. A location in a state space is named by its
//! scope, its rules and the path to it, so that the server keeps nothing of who browses: each
//! request takes the path anew. What takes long — searches and checks — runs as a job, one at a
//! time.
//!
//! | request | answer |
//! |---|---|
//! | `GET /` | leads to the first page, or to the location that the command line names |
//! | `GET /invariants` | the first page: the nine invariants |
//! | `GET /invariants/ID/hold`, `GET /invariants/ID/break` | leads to a run that shows the invariant hold, or breaks it |
//! | `GET /lessons…`, `GET /api/lessons…` | lessons: `explorer/lessons.rs` lists these requests |
//! | `GET /limits/NAME` | leads to a run that shows a known limit |
//! | `GET /SCOPE/RULES/PATH` | the page; SCOPE is a name, or `own-` and a whole scope; RULES is `protocol` or a defect's name, PATH six letters a step. `?beside=protocol` shows the protocol's run beside a defect's |
//! | `GET /api/catalogue` | invariants, scopes, defects, known limits, properties, goals, the glossary and the notation |
//! | `GET /api/state?scope=&rules=&path=&table=` | the state there, the steps from it, the path to it; `table` is a trace table's number |
//! | `GET /api/kept?scope=&rules=&path=&to=` | how much of the path can be taken under the rules `to`, and where and why it ends |
//! | `GET /api/beside?scope=&rules=&path=&here=` | the state after `here` steps, and the protocol's state after the same steps; the `first` difference on the whole path |
//! | `GET /api/shown?scope=&rules=&path=` | the property that the path violates or shows |
//! | `GET /api/trace?scope=&rules=&path=` | a trace file of the path, if it shows a property |
//! | `POST /api/trace` | the location that a trace file leads to |
//! | `POST /api/jobs` | begins `{"kind": "find", "scope", "rules", "goal"}` or `{"kind": "check", "scope", "rules"}`, ending the one before |
//! | `GET /api/jobs/ID`, `DELETE /api/jobs/ID` | how far it is and what it found; ends it |
//!
//! Errors are `{"error": text}` with a status of 4xx; 500 if the program itself goes wrong.
//!
//! A state has these fields:
//!
//! | field | what |
//! |---|---|
//! | `scope`, `rules`, `url` | where it is |
//! | `own_scope` | the scope in words, if it is one of a reader's own; else `null` |
//! | `actors` | nodes clockwise from the key, then clients: `name`, `is_node`, `replica` (its position in the key's preference list, from 0), `is_down`, `is_retired`, `suspected_by`, `tallies` (such as `put c3#0: 1/2`), `digests` (`what`, `digest`) |
//! | `rings`, `partition` | for each view there is, `by` whom, and the replicas of all `partitions`; and in which partition the key lies |
//! | `messages` | in flight: `from`, `to`, `text`, `is_new` |
//! | `facts` | all that is so: `of`, `about`, `text`, `is_truth`, `is_new`, `before`; what is no more has `null` for a text |
//! | `steps` | what may come next: `code`, `group`, `text`, what it `changes`, which properties it `breaks` |
//! | `path` | `actors`; `rows`, the steps: `code`, `text`, `at`, `is_fault`, who is `down`; `flights`, the messages: `from`, `to`, `text`, in which step `sent` and `ended`, `is_lost` |
//! | `properties` | `name`, `kind`, `holds`, the `evidence` in words, `excuse` (why it does not apply here), and where it was `first` violated or shown |
//! | `out_of_reach` | goals and properties that no search in this scope finds, each with the reason |
//! | `table`, `tables` | the trace table asked for, `title` and `lines`; all titles |

mod catalogue;
mod front;
mod guard;
mod jobs;
mod lessons;
mod location;
mod other_rules;
mod pages;
mod scene;
mod scopes;
mod words;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use dynamo_invariants::trace::Trace;
use serde::Deserialize;
use serde_json::{Value, json};
use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;

use jobs::{Jobs, Wanted};
pub use location::Location;

/// Why a request is not served: the status, and what is wrong, in words.
#[derive(Debug)]
pub(crate) struct Refusal(StatusCode, String);

impl Refusal {
    fn not_found(what: String) -> Refusal {
        Refusal(StatusCode::NOT_FOUND, what)
    }

    fn unprocessable(what: String) -> Refusal {
        Refusal(StatusCode::UNPROCESSABLE_ENTITY, what)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

type Answer = Result<Json<Value>, Refusal>;

/// Serves the explorer until `stop` is done. `/` leads to the `first` location; `None`: to the nine
/// invariants.
///
/// # Errors
/// Where the socket cannot be used.
pub async fn serve(
    listener: TcpListener,
    first: Option<Location>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let jobs = Arc::new(Jobs::default());
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = router(first.as_ref(), Arc::clone(&jobs));
    // No request takes long; one that is never finished must not keep the program from stopping.
    let served = tokio::select! {
        served = std::future::IntoFuture::into_future(axum::serve(listener, router)) => served,
        () = stop => Ok(()),
    };
    jobs.end();
    served
}

fn router(first: Option<&Location>, jobs: Arc<Jobs>) -> Router {
    let first = first.map_or_else(|| front::ADDRESS.to_owned(), Location::url);
    Router::new()
        .route("/", get(move || std::future::ready(axum::response::Redirect::temporary(&first))))
        .route("/api/catalogue", get(|| std::future::ready(Json(catalogue::catalogue()))))
        .route("/api/state", get(state))
        .route("/api/kept", get(other_rules::kept))
        .route("/api/beside", get(other_rules::compare))
        .route("/api/shown", get(shown))
        .route("/api/trace", get(save).post(load))
        .route("/api/jobs", post(begin))
        .route("/api/jobs/{id}", get(look).delete(end))
        .route("/assets/{name}", get(pages::asset))
        .route(front::ADDRESS, get(pages::front))
        .route("/invariants/{id}/{which}", get(front::lead))
        .route("/limits/{name}", get(front::lead_to_limit))
        .merge(lessons::routes())
        .route("/{scope}/{rules}", get(pages::page))
        .route("/{scope}/{rules}/", get(pages::page))
        .route("/{scope}/{rules}/{path}", get(pages::page))
        .fallback(pages::nothing_there)
        .layer(DefaultBodyLimit::max(Trace::BYTES_MAX))
        .layer(middleware::from_fn(guard::guard))
        .with_state(jobs)
}

/// Which location, and which of the trace tables to show of the path.
#[derive(Deserialize)]
struct Asked {
    #[serde(flatten)]
    location: location::Named,
    table: Option<String>,
}

async fn state(asked: Result<Query<Asked>, QueryRejection>) -> Answer {
    let Query(Asked { location, table }) =
        asked.map_err(|error| Refusal::unprocessable(error.to_string()))?;
    let location = Location::named(&location)?;
    let table = match table.as_deref().map(str::parse) {
        None => None,
        Some(Ok(number)) => Some(number),
        Some(Err(_)) => {
            return Err(Refusal::unprocessable("table is the number of a trace table".to_owned()));
        }
    };
    aside(move || scene::scene(&location, &location.run()?, table)).await.map(Json)
}

async fn save(asked: Result<Query<location::Named>, QueryRejection>) -> Result<Response, Refusal> {
    let Query(asked) = asked.map_err(|error| Refusal::unprocessable(error.to_string()))?;
    let location = Location::named(&asked)?;
    let trace = aside(move || location.trace(&location.run()?)).await?;
    // As text, and not to be read by a browser: its numbers are too small for some of ours.
    Ok(([(CONTENT_TYPE, "application/json")], trace.to_json()).into_response())
}

async fn load(text: axum::body::Bytes) -> Answer {
    let trace = Trace::from_json(&text).map_err(|error| Refusal::unprocessable(in_full(&error)))?;
    let replayed = aside(move || match trace.replay() {
        Ok(_) => Ok(trace),
        Err(divergence) => Err(Refusal::unprocessable(divergence.to_string())),
    });
    let trace = replayed.await?;
    Ok(Json(json!({
        "url": Location::of(&trace).url(), "property": trace.property,
        "is_never": trace.cycle_from.is_some(),
    })))
}

/// The property that a path shows or violates, if any: what its trace would be saved as.
async fn shown(asked: Result<Query<location::Named>, QueryRejection>) -> Answer {
    let Query(asked) = asked.map_err(|error| Refusal::unprocessable(error.to_string()))?;
    let location = Location::named(&asked)?;
    let look = move || {
        let trace = location.trace(&location.run()?).ok();
        Ok(json!({
            "property": trace.as_ref().map(|trace| &trace.property),
            "is_never": trace.is_some_and(|trace| trace.cycle_from.is_some()),
        }))
    };
    aside(look).await.map(Json)
}

/// Does what may take its time where it keeps nobody waiting. If a defect makes the protocol panic,
/// that is told.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| {
        let why = "the program went wrong there; what it says is where it was started";
        Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, why.to_owned()))
    })
}

/// An error and its causes.
fn in_full(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

async fn begin(
    State(jobs): State<Arc<Jobs>>,
    wanted: Result<Json<Wanted>, JsonRejection>,
) -> Answer {
    let Json(wanted) = wanted.map_err(|error| Refusal::unprocessable(error.body_text()))?;
    Ok(Json(json!({ "id": jobs.begin(&wanted)? })))
}

async fn look(State(jobs): State<Arc<Jobs>>, Path(id): Path<String>) -> Answer {
    jobs.look(&id).map(Json)
}

async fn end(State(jobs): State<Arc<Jobs>>, Path(id): Path<String>) -> Answer {
    jobs.look(&id)?;
    jobs.end();
    jobs.look(&id).map(Json)
}
