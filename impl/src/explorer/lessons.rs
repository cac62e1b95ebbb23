//! Lessons: runs told step by step, with questions, as files in the folder `lessons/`.
//!
//! | request | answer |
//! |---|---|
//! | `GET /lessons` | the page with all lessons |
//! | `GET /lessons/NAME`, `GET /lessons/NAME/TRACK/STEP` | the page of a lesson; TRACK is `off` or `on`, STEP counts from 1 |
//! | `GET /api/lessons` | `lessons`: each with `number`, `name`, `title`, `invariant`, `intro` |
//! | `GET /api/lessons/NAME` | the lesson without its steps |
//! | `GET /api/lessons/NAME/TRACK/STEP?answer=` | a narrated step; `answer` is the number of an answer, from 0, to the question there |
//!
//! A narrated step has its `text`, its `scene` (the fields of a state, see [`super`]), its `choice`
//! and, in the last step, its `end`. What is new in the scene is what the whole narrated step
//! changed. Clients and values have the names that the lesson gives them.

mod data;
mod names;
mod tell;
mod walk;

use super::{Answer, Refusal, aside, pages};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use data::{Lesson, Track};
use serde::Deserialize;
use serde_json::json;
use std::sync::LazyLock;

const PAGE: &str = include_str!("web/lesson.html");

/// A file's name, and its text.
macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../lessons/", $name)))
    };
}

/// The files in the order of the course. A test compares this list with the folder.
const FILES: &[(&str, &str)] = &[
    file!("01-acknowledged-too-early.toml"),
    file!("02-read-and-write-quorums.toml"),
    file!("03-memory-is-not-disk.toml"),
    file!("04-siblings.toml"),
    file!("05-no-silent-overwrite.toml"),
    file!("06-read-repair.toml"),
    file!("07-hints.toml"),
    file!("08-hint-dropped-early.toml"),
    file!("09-fallback-counted-twice.toml"),
    file!("10-comparing-trees.toml"),
    file!("11-told-of-a-new-view.toml"),
    file!("12-membership-forgotten.toml"),
];

/// All lessons, or what is wrong with the first file that cannot be read.
static LESSONS: LazyLock<Result<Vec<Lesson>, String>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| {
        Lesson::read(text).map_err(|error| format!("lessons/{name}: {}", super::in_full(&error)))
    };
    FILES.iter().map(read).collect()
});

fn lessons() -> Result<&'static [Lesson], Refusal> {
    let broken = |why: &String| Refusal(StatusCode::INTERNAL_SERVER_ERROR, why.clone());
    LESSONS.as_ref().map(Vec::as_slice).map_err(broken)
}

fn lesson(name: &str) -> Result<&'static Lesson, Refusal> {
    let found = lessons()?.iter().find(|lesson| lesson.name == name);
    found.ok_or_else(|| {
        Refusal::not_found(format!("there is no lesson {name:?}: /lessons lists them"))
    })
}

/// The address of the lesson that teaches an invariant, if there is one.
pub(super) fn of(invariant: &str) -> Option<String> {
    let teaches = |it: &&Lesson| it.invariant.is_some_and(|taught| taught.id == invariant);
    let lesson = LESSONS.as_ref().ok()?.iter().find(teaches)?;
    Some(format!("/lessons/{}", lesson.name))
}

fn track(
    name: &str,
    track: &str,
    step: &str,
) -> Result<(&'static Lesson, &'static Track, usize), Refusal> {
    let lesson = lesson(name)?;
    let found = lesson.track(track).ok_or_else(|| {
        Refusal::not_found(format!("there is no track {track:?}: a lesson has `off` and `on`"))
    })?;
    let count = found.steps.len();
    let step = step.parse().ok().filter(|step| (1..=count).contains(step));
    let step =
        step.ok_or_else(|| Refusal::not_found(format!("this track has the steps 1 to {count}")))?;
    Ok((lesson, found, step))
}

/// The routes of the lessons.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/lessons", get(|| std::future::ready(Html(PAGE))))
        .route("/lessons/{name}", get(page))
        .route("/lessons/{name}/{track}/{step}", get(page_of_step))
        .route("/api/lessons", get(list))
        .route("/api/lessons/{name}", get(one))
        .route("/api/lessons/{name}/{track}/{step}", get(told))
}

fn page_or(refusal: Result<(), Refusal>) -> Response {
    match refusal {
        Ok(()) => Html(PAGE).into_response(),
        Err(refusal) => pages::in_words(&refusal),
    }
}

async fn page(Path(name): Path<String>) -> Response {
    page_or(lesson(&name).map(|_| ()))
}

async fn page_of_step(Path((name, which, step)): Path<(String, String, String)>) -> Response {
    page_or(track(&name, &which, &step).map(|_| ()))
}

async fn list() -> Answer {
    let lessons = lessons()?.iter().map(tell::heading);
    Ok(Json(json!({ "lessons": lessons.collect::<Vec<_>>() })))
}

async fn one(Path(name): Path<String>) -> Answer {
    let lesson = lesson(&name)?;
    let next = lessons()?.iter().find(|other| other.number == lesson.number + 1);
    Ok(Json(tell::lesson(lesson, next)))
}

/// The answer that the reader has chosen.
#[derive(Deserialize)]
struct Chosen {
    answer: Option<usize>,
}

async fn told(
    Path((name, which, step)): Path<(String, String, String)>,
    chosen: Result<Query<Chosen>, QueryRejection>,
) -> Answer {
    let Query(Chosen { answer }) =
        chosen.map_err(|error| Refusal::unprocessable(error.to_string()))?;
    let (lesson, track, step) = track(&name, &which, &step)?;
    aside(move || tell::step(lesson, track, step, answer)).await.map(Json)
}

#[cfg(test)]
mod tests;
