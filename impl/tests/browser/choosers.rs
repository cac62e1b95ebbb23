//! Choosing a scope, rules and known limits by typing.

use crate::browser::{Browser, Page, with_browser};
use crate::looks::is_accessible;

const ENTRIES: &str = "return [...document.querySelectorAll('dialog[open] .entries button')]
    .map(it => it.dataset.name).join(' ')";

async fn entries(browser: &Browser) -> Vec<String> {
    let all = browser.script(ENTRIES).await;
    all.as_str().expect("names").split_whitespace().map(str::to_owned).collect()
}

const ENTER: char = '\u{e007}';
const DOWN: char = '\u{e015}';

#[test]
fn a_scope_is_found_by_words_of_its_aim_and_by_the_keyboard_alone() {
    with_browser(&["one-client"], Page::Wide, async |browser| {
        browser.click("#scope").await;
        let all = entries(browser).await.len();
        assert!(all > 100, "all scopes are listed: {all}");
        browser.type_into("dialog[open] input", "fallback hint").await;
        let fewer = entries(browser).await.len();
        assert!(0 < fewer && fewer < all, "the list is filtered: {fewer} of {all}");
        browser.script("document.querySelector('dialog[open] input').select()").await;
        browser.type_into("dialog[open] input", "stand in for").await;
        let left = entries(browser).await;
        assert!(left.contains(&"stand-in-for-all".to_owned()), "{left:?}");
        assert!(browser.text("dialog[open] [role=status]").await.contains(" of "));
        browser.press(DOWN).await;
        assert!(browser.is("document.activeElement.dataset.name !== undefined").await);
        browser.press(ENTER).await;
        let chosen = format!("location.pathname.startsWith('/{}/')", left[0]);
        browser.until("it is open", async |browser| browser.is(&chosen).await).await;
        assert!(!browser.is_there("dialog[open]").await);
    });
}

#[test]
fn defects_stand_by_invariant_and_the_scopes_own_come_first() {
    with_browser(&["stand-in"], Page::Wide, async |browser| {
        browser.click("#rules").await;
        let heads = browser.text("dialog[open] h3").await;
        assert!(heads.contains("Defects of this scope, stand-in"), "{heads}");
        assert!(heads.contains("Defects that break I9"), "{heads}");
        browser.type_into("dialog[open] input", "hint dropped").await;
        let left = entries(browser).await;
        assert!(left.contains(&"hint-dropped-when-sent".to_owned()), "{left:?}");
        assert!(!left.contains(&"repair-skipped".to_owned()), "{left:?}");
        browser.press(ENTER).await;
        let chosen = format!("location.pathname.includes('/{}/')", left[0]);
        browser.until("the first is chosen", async |browser| browser.is(&chosen).await).await;
    });
}

#[test]
fn a_known_limit_is_an_entry_that_opens_its_run() {
    with_browser(&["one-client"], Page::Wide, async |browser| {
        browser.pick("#rules", "stale-read-when-quorums-miss").await;
        browser
            .until("its run is open", async |browser| {
                browser.text("#verdict").await.contains("does not apply here")
            })
            .await;
        assert!(browser.is("location.pathname.includes('/protocol/')").await);
    });
}

#[test]
fn an_open_list_is_fine_to_all() {
    for (page, width) in [(Page::Wide, 1280), (Page::Dark, 1280), (Page::Phone, 390)] {
        with_browser(&["stand-in"], page, async |browser| {
            browser.click("#rules").await;
            is_accessible(browser, width, page).await;
        });
    }
}

#[test]
fn a_search_lists_only_what_the_scope_can_have() {
    with_browser(&["one-client"], Page::Wide, async |browser| {
        let listed = "[...document.querySelectorAll('#goal option')].map(it => it.value)";
        assert!(!browser.is(&format!("{listed}.includes('goal.hint-kept')")).await);
        assert!(browser.text("#not-here summary").await.starts_with("not in this scope: "));
        browser.click("#not-here summary").await;
        let reasons = browser.text("#not-here li").await;
        assert!(reasons.contains("hint-kept: no node keeps a hint here"), "{reasons}");
        browser.pick("#scope", "stand-in").await;
        let is_listed = format!("{listed}.includes('goal.hint-kept')");
        browser.until("it is listed", async |browser| browser.is(&is_listed).await).await;
    });
}
