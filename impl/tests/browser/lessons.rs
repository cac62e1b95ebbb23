//! Lessons: each is walked through both tracks, with a wrong answer to every question.

use crate::browser::{Browser, Page, with_browser};
use crate::looks::is_accessible;
use serde_json::Value;

/// What an address of the API answers.
async fn api(browser: &Browser, address: &str) -> Value {
    let script = format!(
        "const told = arguments[0]; fetch('/api{address}').then(it => it.json()).then(told, told)"
    );
    browser.script_that_tells(&script).await
}

/// The names of all lessons.
async fn names(browser: &Browser) -> Vec<String> {
    let told = api(browser, "/lessons").await;
    let lessons = told["lessons"].as_array().expect("a list").iter();
    lessons.map(|lesson| lesson["name"].as_str().expect("a name").to_owned()).collect()
}

async fn is_at(browser: &Browser, address: &str) {
    let is_there =
        format!("location.pathname === '{address}' && !!document.querySelector('#step')");
    browser.until(address, async |browser| browser.is(&is_there).await).await;
    let shown = "document.querySelector('#step').innerText.split(' ')[0] \
                 === location.pathname.split('/').pop()";
    browser.until("its step is shown", async |browser| browser.is(shown).await).await;
}

/// Clicks in the middle of the screen: on a phone, some buttons stay in sight at its end.
async fn click(browser: &Browser, css: &str) {
    let scroll = format!("document.querySelector({css:?}).scrollIntoView({{ block: 'center' }})");
    browser.script(&scroll).await;
    browser.click(css).await;
}

/// Answers the question of a step: with a wrong answer, and then with the right one.
async fn answer(browser: &Browser, choice: &Value) {
    let answers = choice["answers"].as_array().expect("answers");
    let number = |is_right: bool| {
        let found = answers.iter().position(|answer| answer["is_right"] == is_right);
        format!("#question li:nth-child({}) button", found.expect("an answer") + 1)
    };
    click(browser, &number(false)).await;
    browser.until("it is explained", async |browser| browser.is_there("#why").await).await;
    click(browser, "#undo").await;
    browser.until("it is taken back", async |browser| !browser.is_there("#why").await).await;
    click(browser, &number(true)).await;
}

/// Walks a track from its first step to its end. Returns how it ends.
async fn walk(browser: &Browser, name: &str, track: &str, page: Page) -> String {
    browser.open(&format!("lessons/{name}/{track}/1")).await;
    for step in 1.. {
        let address = format!("/lessons/{name}/{track}/{step}");
        is_at(browser, &address).await;
        fits(browser, page, &address).await;
        if browser.is_there("#end").await {
            break;
        }
        let told = api(browser, &address).await;
        match &told["choice"] {
            Value::Null if page == Page::Wide => browser.press('\u{e014}').await,
            Value::Null => browser.click("#next").await,
            choice => answer(browser, choice).await,
        }
    }
    browser.find("#end").await.attr("class").await.expect("an attribute").expect("a class")
}

/// On a wide screen, nothing of the page lies below what is seen.
async fn fits(browser: &Browser, page: Page, address: &str) {
    let is_long = "document.documentElement.scrollHeight > innerHeight";
    assert!(page == Page::Phone || !browser.is(is_long).await, "{address} scrolls");
}

fn every_lesson_is_walked_on(page: Page, width: u64, picture: &str) {
    with_browser(&[], page, async |browser| {
        if page != Page::Phone {
            browser.client.set_window_size(1280, 800).await.expect("a size");
        }
        browser.open("lessons").await;
        browser
            .until("lessons are listed", async |browser| browser.is_there("#lessons section").await)
            .await;
        is_accessible(browser, width, page).await;
        let names = names(browser).await;
        assert!(!names.is_empty());
        for name in names {
            for (track, kind) in [("off", "loss"), ("on", "kept")] {
                assert_eq!(walk(browser, &name, track, page).await, kind, "{name}/{track}");
                is_accessible(browser, width, page).await;
            }
        }
        browser.open("lessons/acknowledged-too-early/off/4").await;
        is_at(browser, "/lessons/acknowledged-too-early/off/4").await;
        click(browser, "#question li button").await;
        browser.until("it is explained", async |browser| browser.is_there("#why").await).await;
        is_accessible(browser, width, page).await;
        browser.picture(picture).await;
    });
}

#[test]
fn every_lesson_is_walked_on_a_wide_screen() {
    every_lesson_is_walked_on(Page::Wide, 1280, "lesson");
}

#[test]
fn every_lesson_is_walked_by_night() {
    every_lesson_is_walked_on(Page::Dark, 1280, "lesson-night");
}

#[test]
fn every_lesson_is_walked_on_a_phone() {
    every_lesson_is_walked_on(Page::Phone, 390, "lesson-phone");
}

#[test]
fn the_keyboard_alone_takes_a_lesson_and_leaves_for_the_explorer() {
    with_browser(&[], Page::Wide, async |browser| {
        browser.open("lessons/acknowledged-too-early").await;
        browser.until("it begins", async |browser| browser.is_there("#begin").await).await;
        for step in 1..=4 {
            browser.press('\u{e014}').await;
            is_at(browser, &format!("/lessons/acknowledged-too-early/off/{step}")).await;
        }
        browser.press('1').await;
        browser.until("it is explained", async |browser| browser.is_there("#why").await).await;
        browser.press('\u{e012}').await;
        browser.until("it is taken back", async |browser| !browser.is_there("#why").await).await;
        browser.press('2').await;
        is_at(browser, "/lessons/acknowledged-too-early/off/5").await;
        browser.press('\u{e012}').await;
        is_at(browser, "/lessons/acknowledged-too-early/off/4").await;
        browser.open("lessons/acknowledged-too-early/off/7").await;
        is_at(browser, "/lessons/acknowledged-too-early/off/7").await;
        browser.script("document.querySelector('#walk-on').focus()").await;
        browser.press('\u{e007}').await;
        browser
            .until("the explorer opens", async |browser| browser.is_there("#verdict").await)
            .await;
        assert!(browser.text("#verdict").await.contains("not hold here"));
    });
}

#[test]
fn a_lesson_is_found_from_the_first_page() {
    with_browser(&[], Page::Wide, async |browser| {
        browser.click("[aria-labelledby=I6] [data-which=lesson]").await;
        browser.until("it begins", async |browser| browser.is_there("#begin").await).await;
        browser.click("#begin").await;
        is_at(browser, "/lessons/acknowledged-too-early/off/1").await;
        browser.open("lessons/no-such").await;
        assert!(browser.text(".wrong").await.contains("no lesson"));
        browser.open("lessons/acknowledged-too-early/off/99").await;
        assert!(browser.text(".wrong").await.contains("steps 1 to 7"));
        browser.forgive("404");
    });
}
